"""Allocation: which certificate number each row gets.

    counted     the next serials of its scope, from 1, in the order of the rows
    ranges      the next free serials inside the ranges that the registrar assigned, range by range, in that order
    opaque      the notice does not publish the structure: the number stands in the row as the authority assigned it,
                or is the next free one of the numbers that an approval gave (赋码), else of the assigned ranges

Under the first two a number that is filled in must be the very one that is due. Under the third it must be one of
those that were given, if any were, and never used before. What is issued already is asked of `Issued`: the register at
the authority, the public folder at an organisation on a machine of its own.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ledger.core.code import format_code, serial_scope
from ledger.core.errors import RuleError
from ledger.core.profile import Profile
from ledger.core.registry import NumberRange, Organisation
from ledger.forms.findings import Problem

__all__ = ["Allocation", "Issued", "Line", "Pool", "Tell", "allocate", "next_number"]

_SERIAL = 6  # digits of a serial, which stand last in every structure that is published

Pool = Sequence[tuple[str, str]]  # numbers first to last, of one prefix, in the order in which they are used
Tell = Callable[[int, Problem, str], None]  # row number, problem, the number that is filled in


class Line(Protocol):
    """A row that wants a number. `issued` is YYYY-MM-DD, `code` what is filled in or ""."""

    @property
    def row_number(self) -> int:
        """Where it stands."""

    @property
    def level(self) -> str:
        """The code of its level."""

    @property
    def issued(self) -> str:
        """Its date of issue."""

    @property
    def code(self) -> str:
        """The number that is filled in."""


class Issued(Protocol):
    """What numbers are used."""

    def get_counter(self, scope: str) -> int:
        """Return the last serial of a scope; 0 before the first."""

    def highest_code(self, first: str, last: str) -> str | None:
        """Return the largest number used from `first` to `last`, which differ in their last digits; None if none."""


@dataclass(frozen=True, slots=True)
class Allocation:
    """The numbers of the rows, in order, and the last serial of each counted scope that they use."""

    codes: list[str]
    last: dict[str, int]


def allocate(
    rows: Sequence[Line],
    issued: Issued,
    profile: Profile,
    owner: Organisation,
    tell: Tell,
    *,
    seq: int,
    given: Pool = (),
    ranges_due: bool = False,
) -> Allocation:
    """Give every row its number. `given` are the numbers of approvals, `seq` is where the issues will begin.

    `ranges_due`: the ledger's policy asks for all that the profile does, an assigned range included. Problems go to
    `tell`; then there may be fewer numbers than rows.
    """
    ranges = [held for held in owner.ranges if held.seq < seq]
    if profile.opaque:
        return Allocation(_assigned(rows, issued, given or [(held.first, held.last) for held in ranges], tell), {})
    if ranges or (ranges_due and profile.ranges is not None and profile.ranges.value):
        return Allocation(_from_ranges(rows, issued, profile, owner.org, ranges, tell), {})
    return _counted(rows, issued, profile, owner.org, tell)


def next_number(code: str, last: str) -> str | None:
    """Return the number after `code` on the way to `last`; None at the end.

    >>> next_number("S0000500000012630000A9", "S0000500000012630000A9") is None
    True
    >>> next_number("S000050000001263000099", "S000050000001263000200")
    'S000050000001263000100'
    """
    if code >= last:
        return None
    digits = len(code) - next(n for n, (a, b) in enumerate(zip(code, last, strict=True)) if a != b)
    return f"{code[:-digits]}{int(code[-digits:]) + 1:0{digits}d}"


def _counted(rows: Sequence[Line], issued: Issued, profile: Profile, org: str, tell: Tell) -> Allocation:
    last: dict[str, int] = {}
    codes: list[str] = []
    for row in rows:
        year = int(row.issued[:4])
        scope = serial_scope(profile, org, year, row.level)
        serial = last[scope] = (last[scope] if scope in last else issued.get_counter(scope)) + 1
        try:
            code = format_code(org, year, row.level, serial, profile)
        except RuleError:
            tell(row.row_number, Problem("serial.exhausted", {"scope": scope}), "")
            break
        if row.code and row.code != code:
            tell(row.row_number, Problem("code.not_due", {"due": code}), row.code)
        codes.append(code)
    return Allocation(codes, last)


class _Free(NamedTuple):
    """The free numbers of one year and level, in order, and what they come from."""

    codes: Iterator[str]
    ranges: str


def _from_ranges(
    rows: Sequence[Line],
    issued: Issued,
    profile: Profile,
    org: str,
    ranges: Sequence[NumberRange],
    tell: Tell,
) -> list[str]:
    """Every notice counts by organisation, year and level, which the number says before its serial."""
    free: dict[str, _Free] = {}
    codes: list[str] = []
    for row in rows:
        year = int(row.issued[:4])
        scope = serial_scope(profile, org, year, row.level)
        if scope not in free:
            free[scope] = _free(issued, format_code(org, year, row.level, 1, profile)[:-_SERIAL], scope, ranges)
        code = next(free[scope].codes, None)
        if code is None:
            exhausted = Problem("serial.range_exhausted", {"range": free[scope].ranges})
            none = Problem("serial.no_range", {"scope": scope})
            tell(row.row_number, exhausted if free[scope].ranges else none, "")
            break
        if row.code and row.code != code:
            tell(row.row_number, Problem("code.not_due", {"due": code}), row.code)
        codes.append(code)
    return codes


def _free(issued: Issued, prefix: str, scope: str, ranges: Sequence[NumberRange]) -> _Free:
    before = issued.get_counter(scope)  # numbers older than all ranges: from 1 on, without a gap
    held = [(one, one.serials(prefix)) for one in ranges]
    named = "、".join(f"{one.first}–{one.last}" for one, serials in held if serials)

    def codes() -> Iterator[str]:
        for _, serials in held:
            if serials:
                numbers = f"{prefix}{serials[0]:0{_SERIAL}d}", f"{prefix}{serials[-1]:0{_SERIAL}d}"
                highest = issued.highest_code(*numbers)
                used = max(before, int(highest[-_SERIAL:]) if highest else 0)
                yield from (f"{prefix}{n:0{_SERIAL}d}" for n in range(max(serials.start, used + 1), serials.stop))

    return _Free(codes(), named)


def _assigned(rows: Sequence[Line], issued: Issued, pool: Pool, tell: Tell) -> list[str]:
    filled = {row.code for row in rows if row.code}
    free = _unused(issued, pool, filled)
    named = {"range": "、".join(f"{first}–{last}" for first, last in pool)}
    codes: list[str] = []
    for row in rows:
        code = row.code or next(free, "")
        if not code:
            tell(row.row_number, Problem("serial.range_exhausted", named) if pool else Problem("code.not_given"), "")
            break
        if row.code and pool and not any(first <= code <= last for first, last in pool):
            tell(row.row_number, Problem("code.outside", named), code)
        elif row.code and issued.highest_code(code, code) is not None:
            tell(row.row_number, Problem("code.issued"), code)
        codes.append(code)
    return codes


def _unused(issued: Issued, pool: Pool, filled: Iterable[str]) -> Iterator[str]:
    """Yield the numbers of a pool that are larger than any of it that is used, and not filled in in this roster."""
    taken = set(filled)
    for first, last in pool:
        highest = issued.highest_code(first, last)
        code: str | None = first if highest is None else next_number(highest, last)
        while code is not None:
            if code not in taken:
                yield code
                taken.add(code)
            code = next_number(code, last)
