"""Working days in China, make-up days (调休) included, from a calendar that knows only the years announced so far.

The counting convention is the profile's; here a working day is what the State Council made one. The notices bind by
working day without saying how it is counted, so the day on which a term starts is never counted here.
"""

from datetime import date, timedelta

from chinese_calendar import is_workday

from ledger.core.canonical import Value

__all__ = ["working_day", "working_day_table"]


def working_day(day: date, number: int) -> date | None:
    """Return the `number`-th working day after `day`, or before it if `number` is negative; `day` itself if it is 0.

    None if that leads into a year whose holidays are not announced: nobody can tell, and guessing would be worse.

    >>> working_day(date(2026, 10, 12), -10), working_day(date(2026, 9, 25), 10)
    (datetime.date(2026, 9, 21), datetime.date(2026, 10, 15))
    """
    one = timedelta(1 if number > 0 else -1)
    left = abs(number)
    while left:
        day += one
        try:
            left -= is_workday(day)
        except NotImplementedError:
            return None
    return day


def working_day_table(first: int) -> dict[str, Value]:
    """Return the calendar from the year `first` on as a table, for `ledger.core.workingdays.working_day_of`."""
    off: list[Value] = []
    on: list[Value] = []
    day, last = date(first, 1, 1), first
    while True:
        try:
            works = is_workday(day)
        except NotImplementedError:
            break
        if works != (day.weekday() < 5):
            (on if works else off).append(day.isoformat())
        last, day = day.year, day + timedelta(1)
    return {"first": first, "last": last, "off": off, "on": on}
