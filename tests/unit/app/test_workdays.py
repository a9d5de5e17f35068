"""Working days: the vectors of two calendar libraries, make-up days, and years that nobody has announced."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger.app.workdays import working_day
from ledger.core.duties import Counting
from ledger.core.workflow import Workflow
from tests.simulator import PROFILES

# exam -> the latest day of filing, ten working days ahead
BEFORE = {
    "2020-10-12": "2020-09-22",
    "2020-10-09": "2020-09-18",
    "2021-05-06": "2021-04-20",
    "2024-02-19": "2024-01-31",
    "2024-02-26": "2024-02-06",
    "2025-10-09": "2025-09-18",
    "2026-02-24": "2026-02-03",
    "2026-03-02": "2026-02-10",
    "2026-10-12": "2026-09-21",
}
# end of publicity -> the last of ten working days; the last two end on a day off
AFTER = {
    "2020-09-25": "2020-10-15",
    "2024-02-02": "2024-02-21",
    "2026-02-10": "2026-03-02",
    "2026-09-25": "2026-10-15",
    "2026-02-21": "2026-03-06",
}
MADE_UP = ("2020-09-27", "2024-02-04", "2024-02-18", "2026-09-20", "2026-02-14", "2026-02-28", "2026-10-10")


@pytest.mark.domain("D1", "D2")
@pytest.mark.parametrize(("exam", "latest"), BEFORE.items())
def test_ten_working_days_ahead(exam: str, latest: str) -> None:
    assert working_day(date.fromisoformat(exam), -10) == date.fromisoformat(latest)


@pytest.mark.domain("G1")
@pytest.mark.parametrize(("end", "last"), AFTER.items())
def test_ten_working_days_behind(end: str, last: str) -> None:
    assert working_day(date.fromisoformat(end), 10) == date.fromisoformat(last)


@pytest.mark.parametrize("day", MADE_UP)
def test_a_make_up_day_is_a_working_day(day: str) -> None:
    made_up = date.fromisoformat(day)
    assert made_up.weekday() >= 5
    assert working_day(made_up - timedelta(1), 1) == working_day(made_up + timedelta(1), -1) == made_up


@pytest.mark.parametrize("day", ["2026-10-01", "2026-10-07", "2026-02-17", "2026-11-21"])
def test_a_holiday_or_weekend_is_none(day: str) -> None:
    off = date.fromisoformat(day)
    assert off not in (working_day(off - timedelta(1), 1), working_day(off + timedelta(1), -1))


def test_no_day_is_the_day_itself_even_a_holiday() -> None:
    assert working_day(date(2026, 10, 1), 0) == date(2026, 10, 1)


def test_a_year_that_is_not_announced_is_unknown_and_not_guessed() -> None:
    assert working_day(date(2026, 12, 31), -1) == date(2026, 12, 30)
    assert working_day(date(2026, 12, 31), 1) is None
    assert working_day(date(2027, 3, 8), -10) is None
    assert working_day(date(2027, 1, 4), -1) is None
    assert working_day(date(2004, 1, 5), -10) is None, "the library begins in 2004"


def test_terms_count_as_the_profile_declares() -> None:
    """Whether the first day counts is the profile's to say: the notices do not."""
    plain = PROFILES["cn-chongqing-2020-1"]
    including = replace(plain, counting=Counting(include_start=True, rule=plain.counting.rule))
    workflow = Workflow(PROFILES, working_day)
    monday = date(2026, 10, 12)
    ends = [workflow.term(profile, "publicity", monday, 1) for profile in (plain, including)]
    assert [end.day for end in ends if end] == [date(2026, 10, 19), date(2026, 10, 16)]
    latest = [workflow.term(profile, "plan-before-exam", monday, 1, back=True) for profile in (plain, including)]
    assert [end.day for end in latest if end] == [date(2026, 9, 21), date(2026, 9, 22)]
    anhui = PROFILES["cn-anhui-2020-1"]
    calendar_days = workflow.term(anhui, "publicity", monday, 1)
    assert calendar_days is not None
    assert calendar_days.day == date(2026, 10, 19), "seven days are calendar days there"
    assert workflow.undecided == []
    assert workflow.term(plain, "publicity", date(2026, 12, 28), 9) is None
    assert workflow.undecided == [9]
