"""Checking and proving: one number, one entry in a place, by the core's procedures."""

from collections.abc import Generator, Mapping, Sequence
from typing import TypeVar

from ledger.app.places import Place
from ledger.core.checklist import Answers
from ledger.core.disclosure import Typed
from ledger.core.ed25519 import Verify
from ledger.core.entryproof import prove_entry
from ledger.core.profile import Profile
from ledger.core.report import Report
from ledger.core.trust import Trust
from ledger.core.verify import lookup
from ledger.crypto.pynacl_verify import verify

__all__ = ["check_certificate", "prove"]

T = TypeVar("T")


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
    verify: Verify = verify,
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
    return _answer(procedure, place)


def prove(seq: int, place: Place, trust: Trust) -> bytes:
    """Return the proof of the entry `seq` from the files in `place`; raises what `prove_entry` raises."""
    return _answer(prove_entry(seq, trust, verify), place)


def _answer(asking: Generator[tuple[str, ...], Answers, T], place: Place) -> T:
    """Give `asking` the files it asks for, until it returns."""
    try:
        asked = next(asking)
        while True:
            asked = asking.send(place.fetch_all(asked))
    except StopIteration as end:
        result: T = end.value
        return result
