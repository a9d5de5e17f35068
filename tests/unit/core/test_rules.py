"""The rules of an issue: each refused for its own reason, and the limits that are still good."""

from dataclasses import replace

import pytest

from ledger.core.canonical import Value
from ledger.core.duties import Binding
from ledger.core.entry import Entry, format_entry, parse_entry
from ledger.core.errors import RuleError
from ledger.core.record import sign_record
from ledger.core.registry import Filing, NumberRange, Organisation
from ledger.core.rules import check_event, check_facts, check_number, check_scope
from tests.simulator import PROFILES, SCHOOL, event_body, filing, issue_body, number, occupation, signer

PROFILE = PROFILES["cn-chongqing-2020-1"]
MORNING = "2026-11-19T16:00:00Z"  # midnight in China: the 20th has begun there
NIGHT = "2026-11-19T15:59:59Z"


def entry(body: dict[str, Value], time: str = MORNING, kind: str = "issue") -> Entry:
    return parse_entry(format_entry(50, bytes(32), time, sign_record(f"certificate.{kind}", body, signer(SCHOOL))))


def organisation(**changes: Value) -> Organisation:
    return Organisation(SCHOOL, [Filing(10, filing() | changes)])


def rule(body: dict[str, Value], time: str = MORNING, org: Organisation | None = None, at: int = 50) -> str:
    try:
        check_facts(entry(body, time), org or organisation(), PROFILE, at)
    except RuleError as error:
        return error.rule
    return ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"evaluator": "测试数据·云岭技师学院 "[:-2]}, "evaluator_differs"),
        ({"profile": "cn-anhui-2020-1"}, "profile_differs"),
        ({"level": "4"}, "code_level"),
        ({"code": number(1, level="4"), "level": "4"}, ""),
        ({"code": number(1, level="5"), "level": "5"}, "scope"),
        ({"occupation": occupation(job="普通车工")}, "scope"),
        ({"code": number(1, year="25")}, "code_year"),
        ({"issued": "2025-11-18"}, "code_year"),
        ({"code": number(1, level="7"), "level": "7"}, "code_form"),
        ({"code": number(0)}, "code_form"),
        ({"code": "X" + number(1)[1:]}, "code_form"),
        ({"issued": "2026-01-01"}, ""),
        ({"issued": "2026-11-20"}, ""),
        ({"issued": "2026-11-21"}, "future_issue"),
    ],
)
def test_an_issue(changes: dict[str, Value], reason: str) -> None:
    assert rule(issue_body(number(1)) | changes) == reason


def test_the_day_is_that_of_china() -> None:
    today = issue_body(number(1), issued="2026-11-20")
    assert [rule(today, time) for time in (NIGHT, MORNING)] == ["future_issue", ""]


@pytest.mark.domain("B2")
@pytest.mark.parametrize(
    ("first", "last", "reason"),
    [
        ("2026-11-18", "2026-11-18", ""),
        ("2026-11-19", "2028-12-31", "term"),
        ("2026-01-01", "2026-11-17", "term"),
    ],
)
def test_the_term_holds_its_first_and_last_day(first: str, last: str, reason: str) -> None:
    assert rule(issue_body(number(1)), org=organisation(valid_from=first, valid_to=last)) == reason


@pytest.mark.domain("B19")
def test_a_correction_is_held_to_the_filing_of_its_issue() -> None:
    org = organisation()
    org.filings.append(Filing(40, filing(name="新名")))
    assert rule(issue_body(number(1)), org=org, at=30) == ""
    assert rule(issue_body(number(1)), org=org, at=50) == "evaluator_differs"


@pytest.mark.domain("A21", "A22", "J6")
@pytest.mark.parametrize(
    ("ended", "reason"), [(None, ""), (30, ""), (29, "org_not_filed_then"), (5, "org_not_filed_then")]
)
def test_nothing_is_issued_under_the_code_of_an_organisation_that_ended(ended: int | None, reason: str) -> None:
    org = organisation()
    if ended is not None:
        body: dict[str, Value] = {"org": SCHOOL, "reason": "merged", "into": "S000050000002"}
        retire = sign_record("org.retire", body, signer(SCHOOL))
        org.ending = parse_entry(format_entry(ended, bytes(32), MORNING, retire))
    assert rule(issue_body(number(1)), org=org, at=30) == reason


def test_nothing_is_issued_before_the_filing() -> None:
    assert rule(issue_body(number(1)), at=10) == "org_not_filed_then"
    assert rule(issue_body(number(1)), at=11) == ""


def test_the_parts_of_a_number() -> None:
    parts = check_number(issue_body(number(7)), PROFILE)
    assert (parts.org, parts.year, parts.level, parts.serial) == (SCHOOL, 2026, "3", 7)


@pytest.mark.domain("B20")
def test_the_scope_alone() -> None:
    check_scope(issue_body(number(1)), Filing(0, filing()))
    with pytest.raises(RuleError) as caught:
        check_scope(issue_body(number(1), evaluator="别人"), Filing(0, filing()))
    assert caught.value.rule == "evaluator_differs"


@pytest.mark.parametrize(
    ("effective", "time", "good"),
    [
        ("2026-11-20", MORNING, True),
        ("2026-11-20", NIGHT, False),
        ("2020-01-01", MORNING, True),
        ("2026-11-21", MORNING, False),
    ],
)
def test_an_event_takes_effect_by_the_day_it_is_written(effective: str, time: str, good: bool) -> None:
    one = entry(event_body(number(1), effective=effective), time, "revoke")
    if good:
        check_event(one)
    else:
        with pytest.raises(RuleError) as caught:
            check_event(one)
        assert caught.value.rule == "event_future"


class TestRanges:
    """A number of an organisation with ranges, and of a notice that asks for them."""

    HELD = NumberRange(20, number(101), number(200))

    def held(self, code: str, at: int, *, due: bool) -> str:
        org = organisation()
        org.ranges.append(self.HELD)
        asked = replace(PROFILE, ranges=Binding(value=True, rule="serial.order"))
        try:
            check_facts(entry(issue_body(code)), org, asked, at, ranges_due=due)
        except RuleError as error:
            return error.rule
        return ""

    @pytest.mark.domain("A16")
    @pytest.mark.parametrize("due", [True, False])
    def test_every_number_is_in_a_range_assigned_before(self, due: bool) -> None:
        for serial, reason in ((100, "range"), (101, ""), (200, ""), (201, "range")):
            assert self.held(number(serial), 50, due=due) == reason

    @pytest.mark.domain("A16")
    def test_where_the_policy_asks_for_all_a_number_without_a_range_is_refused(self) -> None:
        assert self.held(number(101), 20, due=True) == "range"
        assert self.held(number(101), 20, due=False) == ""

    def test_a_notice_without_ranges_asks_for_none(self) -> None:
        for asked in (PROFILE, replace(PROFILE, ranges=Binding(value=False, rule="serial.order"))):
            check_facts(entry(issue_body(number(1))), organisation(), asked, 50, ranges_due=True)


class TestTitles:
    @pytest.mark.domain("A25")
    @pytest.mark.parametrize(
        ("title", "level", "reason"),
        [("特级技师", "3", ""), ("首席技师", "3", "title"), ("特级技师", "4", "title")],
    )
    def test_a_level_of_ones_own_is_filed_for_its_level(self, title: str, level: str, reason: str) -> None:
        org = organisation(titles=[{"level": "3", "name": "特级技师"}])
        body = issue_body(number(1, level=level), level=level, title=title)
        assert rule(body, org=org) == reason
        assert rule(body) == "title"
