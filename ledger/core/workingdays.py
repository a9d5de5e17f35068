"""Working days from a table, for a browser, which has no calendar of its own.

    {"first":2020,"last":2026,"off":["2026-10-01",...],"on":["2026-10-10",...]}

`first` and `last` are the years it knows, `off` the weekdays without work, `on` the weekends with it.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import cast

from ledger.core.canonical import Value

__all__ = ["working_day_of"]


def working_day_of(table: Mapping[str, Value]) -> Callable[[date, int], date | None]:
    """Return the function `working_day` of a table; it answers None where a term leads into a year it does not know."""
    first, last = cast("int", table["first"]), cast("int", table["last"])
    off, on = frozenset(cast("list[str]", table["off"])), frozenset(cast("list[str]", table["on"]))

    def working_day(day: date, number: int) -> date | None:
        """Return the `number`-th working day after `day` (before it if negative); `day` itself if it is 0."""
        one, left = timedelta(1 if number > 0 else -1), abs(number)
        while left:
            day += one
            if not first <= day.year <= last:
                return None
            text = day.isoformat()
            left -= text in on or (day.weekday() < 5 and text not in off)
        return day

    return working_day
