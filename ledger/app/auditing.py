"""Auditing a place: ledger.core.auditing asks, this answers from a folder or a URL, on as many cores as there are.

`audit_on` goes on from what an earlier audit has kept, where it can, and keeps what the next one needs. Whatever it
finds in the new part is left to a whole audit to say: that is rare, and then the findings are those of a whole audit.
"""

from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import TypeVar

from ledger import __version__
from ledger.app.home import rules_digest
from ledger.app.places import Place
from ledger.app.processes import Processes
from ledger.app.workdays import working_day
from ledger.core.audit import Audit
from ledger.core.auditfiles import Pieces, Requesting
from ledger.core.auditing import LedgerAudit, Progress
from ledger.core.checkpoint import Checkpoint
from ledger.core.keptaudit import KeptAudit, MadeWith, check_kept
from ledger.core.profile import Profile
from ledger.core.replay import Chain
from ledger.core.shardleaves import OutgrownError
from ledger.core.trust import Trust
from ledger.crypto.pynacl_verify import verify

__all__ = ["AuditedOn", "audit_new", "audit_on", "audit_place", "replay_place"]

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
    return _run(place, trust, profiles, since=since, jobs=jobs, progress=progress)[1]


@dataclass(frozen=True, slots=True)
class AuditedOn:
    """An audit, whether it read the new part only, and what a later one can go on from, if it found nothing.

    `unread`: the old files that it did not read, and whether each must be there.
    """

    audit: Audit
    new_only: bool
    kept: KeptAudit | None
    unread: Mapping[str, bool]


def audit_on(
    place: Place,
    trust: Trust,
    profiles: Mapping[str, Profile],
    kept: KeptAudit | None = None,
    *,
    since: Checkpoint | None = None,
    jobs: int = 1,
    progress: Progress = lambda *_: None,
) -> AuditedOn:
    """Audit what is new at `place` since `kept`, or all of it. Raises RuleError where `kept` cannot be gone on from."""
    if kept is not None:
        done = audit_new(place, trust, profiles, kept, jobs=jobs, progress=progress)
        if done is not None:
            return done
        since = kept.checkpoint
    whole, found = _run(place, trust, profiles, since=since, jobs=jobs, progress=progress)
    return AuditedOn(found, new_only=False, kept=whole.keep(_made_with()), unread={})


def audit_new(
    place: Place,
    trust: Trust,
    profiles: Mapping[str, Profile],
    kept: KeptAudit,
    *,
    jobs: int = 1,
    progress: Progress = lambda *_: None,
) -> AuditedOn | None:
    """Audit what is new at `place` since `kept`; None where only a whole audit can tell. Raises RuleError as above."""
    check_kept(kept, trust, _made_with(), verify)
    with suppress(OutgrownError):
        part, found = _run(place, trust, profiles, kept=kept, jobs=jobs, progress=progress)
        if found.verdict != "not_verified":
            return AuditedOn(found, new_only=True, kept=part.keep(_made_with()), unread=part.unread())
    return None


def _made_with() -> MadeWith:
    return MadeWith(__version__, rules_digest())


def _run(
    place: Place,
    trust: Trust,
    profiles: Mapping[str, Profile],
    *,
    since: Checkpoint | None = None,
    kept: KeptAudit | None = None,
    jobs: int,
    progress: Progress,
) -> tuple[LedgerAudit, Audit]:
    with Processes(jobs) as crew:
        audit = LedgerAudit(trust, profiles, verify, working_day, crew=crew, since=since, kept=kept, progress=progress)
        found = _answer(audit.run(), place)
        listing = place.listing()
        if listing is not None:
            _answer(audit.hold_listing(listing), place)
    return audit, found


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
