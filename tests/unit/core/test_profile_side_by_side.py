"""Several notices in one ledger: each organisation issues by its own; audit and lookup take each by its own."""

import pytest

from ledger.app.auditing import audit_place
from ledger.app.places import MemoryPlace
from ledger.core.errors import RuleError
from ledger.core.rules import check_number
from ledger.profiles import names
from tests.simulator import NOW, PROFILES, Simulator, issue_body, look_up, opening
from tests.unit.core.test_replay import replay

# organisation, profile, number: where the structure is known, year 26 and level 3 as the facts of `issue_body`
ISSUED = [
    ("Y000123100001", "cn-national-2018-1", "Y000123100001263000001"),
    ("Y000034030001", "cn-anhui-2020-1", "Y000034030001263000001"),
    ("S000050000001", "cn-chongqing-2020-1", "S000050000001263000001"),
    ("Y000037090001", "cn-shandong-2020-1", "Y00003709000119AB00X01"),
    ("Y000033050001", "cn-zhejiang-2023-1", "Y000033050001000000000"),
]


def five() -> Simulator:
    """A ledger that opened with every profile; each organisation has issued one certificate."""
    ledger = Simulator(first=opening(profiles=list(names())), filed=False)
    for org, profile, _ in ISSUED:
        ledger.file(org, profile=profile)
    ledger.batch(*(ledger.issued(org=org, profile=profile, code=code) for org, profile, code in ISSUED))
    return ledger


@pytest.mark.domain("A1", "A8", "A18", "A19", "A20")
def test_five_notices_issue_side_by_side() -> None:
    ledger = five()
    files = ledger.files()
    assert replay(files, ledger.trust) == []
    for org, profile, code in ISSUED:
        report = look_up(files, code, ledger, now=NOW + 3600)
        assert (report.verdict, report.reason) == ("valid", "valid")
        facts = report.sections["facts"]
        assert isinstance(facts, dict)
        assert (facts["org"], facts["profile"]) == (org, profile)


def test_a_number_of_another_notice_is_found_by_the_audit() -> None:
    ledger = five()
    ledger.batch(ledger.issued(org="Y000033050001", profile="cn-anhui-2020-1", code="Y000033050001263000002"))
    [finding] = replay(ledger.files(), ledger.trust)
    assert finding.rule == "code_form"


@pytest.mark.domain("A19")
def test_an_opaque_number_need_not_agree_with_year_and_level() -> None:
    shandong, chongqing = PROFILES["cn-shandong-2020-1"], PROFILES["cn-chongqing-2020-1"]
    parts = check_number(issue_body("Y000037090001194000001"), shandong)
    assert (parts.org, parts.year, parts.level, parts.serial) == ("Y000037090001", None, None, None)
    for code, reason in (("S000050000001193000001", "code_year"), ("S000050000001264000001", "code_level")):
        with pytest.raises(RuleError) as raised:
            check_number(issue_body(code), chongqing)
        assert raised.value.rule == reason


def test_an_opaque_number_is_counted_and_has_no_gap() -> None:
    """What its serial is nobody knows; of Anhui's, whose sequence binds, the skipped ones are told."""
    ledger = five()
    whole = audit_place(MemoryPlace(ledger.files()), ledger.trust, PROFILES, jobs=1)
    assert (whole.verdict, whole.certificates, whole.findings, whole.warnings) == ("verified", 5, [], [])
    for org, profile, code in (ISSUED[1], ISSUED[3]):
        ledger.batch(ledger.issued(org=org, profile=profile, code=f"{code[:-1]}9"))
    skipped = audit_place(MemoryPlace(ledger.files()), ledger.trust, PROFILES, jobs=1)
    assert [(finding.rule, finding.where) for finding in skipped.findings] == [("serial.order", "Y000034030001/2026/3")]
    assert (skipped.certificates, skipped.warnings) == (7, [])
