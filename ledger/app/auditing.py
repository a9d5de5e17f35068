"""Auditing a place: ledger.core.auditing asks, this answers from a folder or a URL, on as many cores as there are."""

from collections.abc import Mapping
from contextlib import closing
from typing import TypeVar

from ledger.app.places import Place
from ledger.app.processes import Processes
from ledger.app.workdays import working_day
from ledger.core.audit import Audit
from ledger.core.auditfiles import Pieces, Requesting
from ledger.core.auditing import LedgerAudit, Progress
from ledger.core.checkpoint import Checkpoint
from ledger.core.profile import Profile
from ledger.core.replay import Chain
from ledger.core.trust import Trust
from ledger.crypto.pynacl_verify import verify

__all__ = ["audit_place", "replay_place"]

T = TypeVar("T")


def audit_place(
    place: Place,
    trust: Trust,
    profiles: Mapping[str, Profile],
    *,
    jobs: int = 1,
    since: Checkpoint | None = None,
    progress: Progress = lambda *_: None,
) -> Audit:
    """Audit everything that `place` holds, with `jobs` processes; LedgerAudit says what `since` means."""
    with Processes(jobs) as crew:
        audit = LedgerAudit(trust, profiles, verify, working_day, crew=crew, since=since, progress=progress)
        found = _answer(audit.run(), place)
        _answer(audit.hold_listing(place.listing() or ()), place)
    return found


def replay_place(
    place: Place, trust: Trust, profiles: Mapping[str, Profile], *, progress: Progress = lambda *_: None
) -> tuple[Audit, Chain | None]:
    """Read the entries of `place` alone: chain, tree, registry and workflow. None where they could not be read."""
    audit = LedgerAudit(trust, profiles, verify, working_day, progress=progress)
    return audit.audit, _answer(audit.replay(), place)


def _answer(asking: Requesting[T], place: Place) -> T:
    """Give `asking` what it asks for, until it returns."""
    try:
        request = next(asking)
        while True:
            if isinstance(request, Pieces):
                with closing(place.pieces(request.path, request.limit)) as pieces:
                    request = asking.send(pieces)
            else:
                request = asking.send(place.fetch_all(request))
    except StopIteration as ended:
        result: T = ended.value
        return result
