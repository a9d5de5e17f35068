"""What a form is filled in with, and whether it adds up.

Values are texts by field id: counts and scores as decimal numbers, days as YYYY-MM-DD, ticks as √. Sums that a form
asks for are filled in where they are left out (`complete_values`) and compared where they are not (`check_values`).
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from ledger.core.encoding import parse_date
from ledger.core.errors import FormatError
from ledger.forms.findings import Finding, Place, Problem, make_finding
from ledger.forms.layouts import Check, Field, Layout

__all__ = ["TICK", "FormValues", "check_values", "complete_values", "parse_values"]

TICK = "√"
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class FormValues:
    """The values of a form outside its table, by field, and the rows of its table. A blank value may be absent."""

    fields: Mapping[str, str] = field(default_factory=dict)
    rows: Sequence[Row] = ()


def parse_values(text: str, layout: Layout) -> FormValues:
    """Return the values in the TOML `text`: fields at the top, [[rows]] for the table, true for a tick.

    Raises FormatError naming a field that the form does not have, or a value that is none of its kind.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError("values", f"not TOML: {error}") from error
    rows = table.pop("rows", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FormatError("values", "rows is not a list of tables [[rows]]")
    shown = dict(layout.fields)
    return FormValues(
        {name: _value(name, value, shown) for name, value in table.items()},
        tuple({name: _value(name, value, layout.table_fields) for name, value in row.items()} for row in rows),
    )


def _value(name: str, value: object, known: Mapping[str, Field]) -> str:
    if name not in known:
        raise FormatError("values", f"{name!r} is no field here; there are: {', '.join(known)}")
    kind = known[name].kind
    if kind == "tick" and isinstance(value, bool):
        return TICK if value else ""
    if isinstance(value, date):
        value = value.isoformat()
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0 and kind in ("count", "score", "text"):
        return str(value)
    if isinstance(value, float) and kind == "score":
        return f"{value:g}"
    if not isinstance(value, str) or kind in ("tick", "count"):
        raise FormatError("values", f"{name!r} is not a {kind}")
    if kind in ("day", "date") and value:
        parse_date(value, name)
    return value


def complete_values(layout: Layout, values: FormValues) -> FormValues:
    """Return `values` with the sums filled in that are left out: subtotals, totals, the score; 0 after a veto."""
    rows = [dict(row) for row in values.rows]
    fields = dict(values.fields)
    for check in layout.checks:
        if check.rule == "sum.row":
            for row in rows:
                row.setdefault(check.field, str(sum(_number(row.get(name, "")) or 0 for name in check.of)))
        elif check.rule == "sum.column" and rows:
            fields.setdefault(check.field, str(sum(_number(row.get(check.of[0], "")) or 0 for row in rows)))
        elif check.rule == "sum.equal" and fields.get(check.of[0]):
            fields.setdefault(check.field, fields[check.of[0]])
    if layout.blocks and all(fields.get(item.id) for item in layout.items):
        fields.setdefault("total", str(_score(layout, fields)))
    return FormValues(fields, rows)


def check_values(
    layout: Layout,
    values: FormValues,
    *,
    listed: int | None = None,
    places: Mapping[str, Place] | None = None,
) -> list[Finding]:
    """Return what is missing, not allowed, or does not add up.

    `listed`: how many people the list has that the form is bound to, if known. `places`: where fields stand, and rows
    under their number ("0", "1" ...), if the values were read from a workbook.
    """
    checker = _Checker(layout, values, listed, places or {})
    checker.missing()
    for check in layout.checks:
        checker.check(check)
    if layout.blocks:
        checker.scores()
    return checker.findings


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None


def _score(layout: Layout, fields: Row) -> int:
    if any(fields.get(veto.id) for veto in layout.vetoes):
        return 0
    return sum(_number(fields.get(item.id, "")) or 0 for item in layout.items)


class _Checker:
    """One form being checked."""

    def __init__(self, layout: Layout, values: FormValues, listed: int | None, places: Mapping[str, Place]) -> None:
        self.layout, self.values, self.listed, self.places = layout, values, listed, places
        self.findings: list[Finding] = []

    def tell(self, rule: str, field_id: str, row: int | None = None, **details: str) -> None:
        """Add a finding at a field, or at a field of a row."""
        known = self.layout.fields if row is None else self.layout.table_fields
        label = known[field_id].label
        default = Place(self.layout.sheet, 0, "", label)
        place = self.places.get(field_id, default) if row is None else self.places.get(f"{row} {field_id}", default)
        problem = Problem(rule, {"source": self.layout.source, **details})
        self.findings.append(make_finding(problem, place._replace(header=label), None))

    def missing(self) -> None:
        """Tell the fields that the form wants filled in."""
        for one in self.layout.fields.values():
            if one.required and not self.values.fields.get(one.id):
                self.tell("field.empty", one.id)
        for number, row in enumerate(self.values.rows):
            for one in self.layout.table_fields.values():
                if one.required and not row.get(one.id):
                    self.tell("field.empty", one.id, number)

    def check(self, check: Check) -> None:
        """Compare one sum. A blank side has been told as missing, if it had to be filled in."""
        if check.rule == "sum.row":
            for number, row in enumerate(self.values.rows):
                wanted = sum(_number(row.get(name, "")) or 0 for name in check.of)
                if row.get(check.field) and _number(row[check.field]) != wanted:
                    self.tell("sum.row", check.field, number, wanted=str(wanted))
            return
        value = self.values.fields.get(check.field, "")
        if not value:
            return
        if check.rule == "sum.column":
            wanted = sum(_number(row.get(check.of[0], "")) or 0 for row in self.values.rows)
            if _number(value) != wanted:
                self.tell("sum.column", check.field, wanted=str(wanted))
        elif check.rule == "sum.equal":
            other = self.values.fields.get(check.of[0], "")
            if other and value != other:
                self.tell("sum.equal", check.field, wanted=self.layout.fields[check.of[0]].label)
        elif check.rule == "sum.order":
            self.order([check.field, *check.of])
        elif self.listed is not None and _number(value) != self.listed:
            self.tell("sum.listed", check.field, wanted=str(self.listed))

    def order(self, names: Sequence[str]) -> None:
        """Tell the first of the fields `names` whose number is above that of the next one."""
        filled = [(name, number) for name in names if (number := _number(self.values.fields.get(name, ""))) is not None]
        for (name, number), (other, most) in pairwise(filled):
            if number > most:
                self.tell("sum.order", name, wanted=self.layout.fields[other].label)
                return

    def scores(self) -> None:
        """Tell scores that the wording does not allow, a wrong total, and a total after a veto that is not 0."""
        fields = self.values.fields
        for item in self.layout.items:
            score = fields.get(item.id, "")
            if score and _number(score) not in item.allowed:
                self.tell("score.allowed", item.id, wanted="、".join(map(str, sorted(item.allowed, reverse=True))))
        total = fields.get("total", "")
        if not total:
            return
        wanted = _score(self.layout, fields)
        if _number(total) != wanted:
            vetoed = any(fields.get(veto.id) for veto in self.layout.vetoes)
            self.tell("score.veto" if vetoed else "score.total", "total", wanted=str(wanted))
