"""Checking one certificate in a place gives the report of the core's procedure."""

import pytest

from ledger.app.checking import check_certificate
from ledger.app.places import MemoryPlace
from ledger.core.report import format_report
from tests.simulator import PROFILES, look_up
from tests.vectors.ledger_cases import CASES, SOUND, Case


@pytest.mark.parametrize("case", [*SOUND, *CASES[::5]], ids=lambda case: case.name)
def test_it_is_the_same_report(case: Case) -> None:
    s = case.make()
    here = check_certificate(
        s.code,
        MemoryPlace(s.files),
        trust=s.trust,
        profiles=PROFILES,
        now=s.now,
        seen=s.seen,
        known=s.known,
        disclosures=s.disclosures,
    )
    there = look_up(s.files, s.code, s.trust, now=s.now, seen=s.seen, known=s.known, disclosures=s.disclosures)
    assert format_report(here) == format_report(there)
    assert here.seen == there.seen
