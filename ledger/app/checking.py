"""Checking: one number in a place, by the core's procedure."""

from collections.abc import Mapping, Sequence

from ledger.app.places import Place
from ledger.core.disclosure import Typed
from ledger.core.profile import Profile
from ledger.core.report import Report
from ledger.core.trust import Trust
from ledger.core.verify import lookup
from ledger.crypto.pynacl_verify import verify

__all__ = ["check_certificate"]


def check_certificate(
    code: str,
    place: Place,
    *,
    trust: Trust,
    profiles: Mapping[str, Profile],
    now: int,
    seen: bytes | None = None,
    known: Trust | None = None,
    disclosures: Sequence[str] = (),
    typed: Typed | None = None,
) -> Report:
    """Return the report on `code` from the files in `place`, as of `now` (unix seconds)."""
    procedure = lookup(
        code,
        trust=trust,
        profiles=profiles,
        verify=verify,
        now=now,
        seen=seen,
        known=known,
        disclosures=disclosures,
        typed=typed,
    )
    try:
        asked = next(procedure)
        while True:
            asked = procedure.send(place.fetch_all(asked))
    except StopIteration as end:
        report: Report = end.value
        return report
