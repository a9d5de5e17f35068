"""Reading a filled form back, whoever rebuilt it: by its labels, never by cell addresses.

The page is read downwards. A line or a framed row is found by its printed labels, below the row before it; a value is
what stands between its label and the next one. The table is found by its header and ends at the first label of what
follows it; a scored item is found by its name or its wording. What cannot be read that way is a finding.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.forms.filling import TICK, FormValues, check_values
from ledger.forms.findings import COMPUTED, FileError, Finding, Place, Problem, has_errors, make_finding
from ledger.forms.header import NOTE, find_header, key, spaced
from ledger.forms.layouts import PLACEHOLDER, Field, Kind, Layout, PageCell, PageRow
from ledger.forms.readers import Cell, Sheet, column_letters, read_table
from ledger.forms.values import read_date, read_loose

__all__ = ["FormReading", "read_form", "read_page"]

_TICKS = frozenset("√✓✔☑")
_BLANK = re.compile(r"[\s_年月日]*")
_COUNT = re.compile(r"[0-9]{1,9}")
_SCORE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")
_SCORE_HEADERS = ("核心指标", "分项指标", "评估标准", "分值", "得分")


@dataclass(frozen=True, slots=True)
class FormReading:
    """A form as read: its values, and what is wrong with it; both may be there at once."""

    values: FormValues
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        """Whether there is no error among the findings."""
        return not has_errors(self.findings)


def read_form(path: Path, layout: Layout, *, listed: int | None = None) -> FormReading:
    """Read the form at `path` and check it; `listed` as in `check_values`. Raises OSError; all else is a finding."""
    try:
        table = read_table(path)
    except FileError as error:
        return _unread(error.problem, path)
    readings = [reading for sheet in table.sheets if (reading := _Reading(sheet, layout)).is_the_form()]
    if len(readings) != 1:
        wanted = layout.title if not layout.columns else "、".join(one.field.label for one in layout.columns)
        return _unread(Problem("form.several" if readings else "form.no_header", {"wanted": wanted}), path)
    return readings[0].read(listed)


def read_page(sheet: Sheet, layout: Layout) -> FormValues | None:
    """Return the values of the form on a sheet, whatever is wrong with them; None if it is another sheet."""
    reading = _Reading(sheet, layout)
    return reading.read(None).values if reading.is_the_form() else None


def _unread(problem: Problem, path: Path) -> FormReading:
    return FormReading(FormValues(), [make_finding(problem, Place(path.name), None)])


class _Reading:
    """One sheet being read."""

    def __init__(self, sheet: Sheet, layout: Layout) -> None:
        self.sheet, self.layout = sheet, layout
        self.rows = sheet.rows
        self.keys = [[key(cell) for cell in row] for row in sheet.rows]
        self.at = 0  # the first row that has not been read
        self.fields: dict[str, str] = {}
        self.table: list[dict[str, str]] = []
        self.places: dict[str, Place] = {}
        self.findings: list[Finding] = []

    def is_the_form(self) -> bool:
        """Whether this sheet is the form: it has its table's header, or most of its labels."""
        if self.layout.columns:
            return self.header(0) is not None
        labels = {key(cell.text) for row in self.layout.rows for cell in row.cells if cell.text and not cell.fields}
        return 2 * len(labels & {cell for row in self.keys for cell in row}) > len(labels)

    def header(self, start: int) -> tuple[int, tuple[str, ...]] | None:
        """Return (row index, keys) of the table's header from row `start` on."""
        wanted = [column.field.label for column in self.layout.columns]
        part = Sheet(self.sheet.name, self.rows[start:])
        found = find_header(part, wanted, least=min(6, len(wanted)))
        return (start + found.at, found.keys) if found else None

    def read(self, listed: int | None) -> FormReading:
        """Read the page downwards, then check it."""
        for number, row in enumerate(self.layout.rows):
            match row.part:
                case "line":
                    self.line(row.cells[0])
                case "cells":
                    self.cells(row)
                case "table":
                    self.read_rows(self.layout.rows[number + 1 :])
                case "items":
                    self.items()
                case "vetoes":
                    self.vetoes()
        values = FormValues(self.fields, self.table)
        told = {(finding.header, finding.row) for finding in self.findings}
        checked = check_values(self.layout, values, listed=listed, places=self.places)
        # What could not be read is blank now, and has its finding already.
        self.findings += [f for f in checked if f.rule != "field.empty" or (f.header, f.row) not in told]
        self.findings.sort(key=lambda finding: (finding.row, len(finding.column), finding.column))
        return FormReading(values, self.findings)

    def tell(self, rule: str, row: int, column: int | None, label: str, value: object = None, **details: str) -> None:
        """Add a finding; `row` and `column` are indices."""
        letters = "" if column is None else column_letters(column)
        place = Place(self.sheet.name, row + 1, letters, label)
        problem = Problem(rule, {"source": self.layout.source, "wanted": label, **details})
        self.findings.append(make_finding(problem, place, None, value))

    def missing(self, fields: Sequence[str], labels: str) -> None:
        """Tell that a part of the page is not there, if it holds a field that must be filled in."""
        if any(self.layout.fields[field].required for field in fields):
            place = Place(self.sheet.name, 0, "", self.layout.fields[fields[0]].label)
            problem = Problem("form.label_missing", {"source": self.layout.source, "wanted": labels})
            self.findings.append(make_finding(problem, place, None))

    def line(self, cell: PageCell) -> None:
        """Read a line "label：value　label：value"; it may be spread over several cells."""
        if not cell.fields:
            return
        pattern = _line_pattern(cell.text, self.layout.fields)
        for at in range(self.at, len(self.rows)):
            match = pattern.fullmatch(_joined(self.rows[at]))
            if match:
                for field in cell.fields:
                    self.take(field, match[field].strip(), at, None)
                self.at = at + 1
                return
        self.missing(cell.fields, PLACEHOLDER.sub("", cell.text))

    def cells(self, row: PageRow) -> None:
        """Read a framed row: each value stands between its label and the next."""
        labels = [key(cell.text) for cell in row.cells if cell.text and not cell.fields]
        templates = [cell for cell in row.cells if cell.fields and cell.text != f"{{{cell.fields[0]}}}"]
        if not labels and templates:
            self.line(templates[0])
            return
        fields = [field for cell in row.cells for field in cell.fields]
        at = next((n for n in range(self.at, len(self.rows)) if _in_order(labels, self.keys[n])), None)
        if at is None:
            self.missing(fields, "、".join(labels)) if fields else None
            return
        self.at = at + 1
        ends = [*_positions(labels, self.keys[at]), len(self.rows[at])]
        column = 0
        for cell in row.cells:
            if cell.text and not cell.fields:
                column = ends.pop(0) + 1
                continue
            filled = [n for n in range(column, ends[0]) if not _is_blank(self.rows[at][n])]
            group = self.shared(row, cell, filled, self.keys[at].index(labels[0])) if len(ends) == 1 else filled
            self.between(cell, at, group)
            column = (group[-1] + 1) if group else column

    def shared(self, row: PageRow, cell: PageCell, filled: list[int], first: int) -> list[int]:
        """Return those of the columns `filled` that are the cell's own, where the label at `first` has several values.

        The totals behind 合计 stand each under its column.
        """
        labels = sum(not other.fields for other in row.cells)
        if labels > 1 or len(row.cells) == labels + 1:
            return filled
        start = first + sum(other.span for other in row.cells[: row.cells.index(cell)])
        return [n for n in filled if start <= n < start + cell.span]

    def between(self, cell: PageCell, at: int, columns: list[int]) -> None:
        """Take the value of the one filled cell between two labels."""
        if len(columns) > 1:
            self.tell("form.unclear", at, columns[1], self.layout.fields[cell.fields[0]].label)
            return
        column = columns[0] if columns else None
        value = "" if column is None else self.rows[at][column]
        if cell.text == f"{{{cell.fields[0]}}}":
            self.take(cell.fields[0], value, at, column)
            return
        match = _line_pattern(cell.text, self.layout.fields).fullmatch(_joined([value]))
        for field in cell.fields:
            self.take(field, match[field].strip() if match else "", at, column)

    def take(self, field_id: str, cell: Cell, row: int, column: int | None) -> None:
        """Keep the value of a field outside the table."""
        one = self.layout.fields[field_id]
        letters = "" if column is None else column_letters(column)
        self.places[field_id] = Place(self.sheet.name, row + 1, letters, one.label)
        self.fields[field_id] = self.value(one, cell, row, column)

    def value(self, one: Field, cell: Cell, row: int, column: int | None) -> str:
        """Read a cell by the kind of its field; what cannot be read is told and blank."""
        if column is not None and (row + 1, column_letters(column)) in self.sheet.computed:
            self.tell("cell.formula", row, column, one.label, COMPUTED)
            return ""
        text, problem = _read(one.kind, cell)
        if problem:
            self.tell(problem.rule, row, column, one.label, cell, **problem.details)
        return text

    def read_rows(self, below: Sequence[PageRow]) -> None:
        """Read the table: from its header to the first label of what stands below it."""
        found = self.header(0)
        if found is None:  # is_the_form has seen it
            return
        at, keys = found
        columns = {}
        for column in self.layout.columns:
            indices = [index for index, header in enumerate(keys) if header == key(column.field.label)]
            if len(indices) != 1:
                self.tell("form.column_twice" if indices else "form.column_missing", at, None, column.field.label)
            else:
                columns[column.field.id] = indices[0]
        ends = {key(text) for row in below for text in _first_labels(row)}
        self.at = at + 1
        while self.at < len(self.rows) and not self.ends(ends):
            filled = [field for field, n in columns.items() if not _is_blank(_cell(self.rows[self.at], n))]
            if set(filled) - {"seq"}:
                self.table_row(columns)
            self.at += 1

    def ends(self, labels: set[str]) -> bool:
        """Whether the row at hand is below the table: it begins with a label, or is a note in one cell."""
        filled = [cell for cell in self.rows[self.at] if not _is_blank(cell)]
        first = key(filled[0]) if filled else ""
        if any(first == label or (label and first.startswith(label)) for label in labels):
            return True
        return len(filled) == 1 and isinstance(filled[0], str) and NOTE.match(filled[0].strip()) is not None

    def table_row(self, columns: Mapping[str, int]) -> None:
        """Read one row of the table."""
        number = len(self.table)
        row: dict[str, str] = {}
        for field, column in columns.items():
            one = self.layout.table_fields[field]
            self.places[f"{number} {field}"] = Place(self.sheet.name, self.at + 1, column_letters(column), one.label)
            row[field] = self.value(one, _cell(self.rows[self.at], column), self.at, column)
        self.table.append(row)

    def score_column(self) -> int | None:
        """Return the column under 得分."""
        for row in self.keys:
            if len(set(row) & set(_SCORE_HEADERS)) >= 4 and _SCORE_HEADERS[-1] in row:
                return row.index(_SCORE_HEADERS[-1])
        return None

    def items(self) -> None:
        """Read the scores, each in the row of its item."""
        column = self.score_column()
        if column is None:
            self.missing([item.id for item in self.layout.items], "得分")
            return
        for item in self.layout.items:
            names = {key(item.standard)} | ({key(item.name)} if item.name == item.zh else set())
            self.in_row_of(item.id, names, column)

    def vetoes(self) -> None:
        """Read the ticks, each in the row of its veto."""
        column = self.score_column()
        for veto in self.layout.vetoes if column is not None else ():
            self.in_row_of(veto.id, {key(veto.zh)}, column or 0)

    def in_row_of(self, field: str, names: set[str], column: int) -> None:
        """Take the value at `column` of the one row that holds one of `names`."""
        rows = [n for n, row in enumerate(self.keys) if names & set(row)]
        if len(rows) != 1:
            label = self.layout.fields[field].label
            place = Place(self.sheet.name, rows[1] + 1 if rows else 0, "", label)
            rule = "form.unclear" if rows else "form.label_missing"
            problem = Problem(rule, {"source": self.layout.source, "wanted": label})
            self.findings.append(make_finding(problem, place, None))
            return
        self.take(field, _cell(self.rows[rows[0]], column), rows[0], column)
        self.at = max(self.at, rows[0] + 1)


_DAY = r"\s*(?:\d{4}\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*日|年\s*月\s*日|\d{4}(?:[-/.]\d{1,2}){2})\s*"


def _line_pattern(text: str, fields: Mapping[str, Field]) -> re.Pattern[str]:
    """Return a pattern for a printed text with fields in it; a field without any label must be a day.

    A value ends before the next label with its colon. Where the next label has none, the value may hold its very words
    (职业培训师 职业), and reaches to the last of them that the rest allows.
    """
    if PLACEHOLDER.fullmatch(text):
        return re.compile(f"(?P<{text[1:-1]}>{_DAY})")
    parts = re.split(r"\{(\w+)\}", text)
    names = [*parts[1::2], ""]
    pattern = r"\s*"
    for label, name, behind in zip(parts[::2], names, [*parts[2::2], ""], strict=True):
        pattern += spaced(label)
        if not name:
            pattern += r"\s*"
        elif fields[name].kind == "day":
            pattern += rf"(?P<{name}>{_DAY}|\s*)"
        else:
            words = behind.strip() and not behind.strip().endswith(("：", ":"))
            pattern += rf"(?P<{name}>.*)" if words else rf"(?P<{name}>.*?)"
    return re.compile(pattern, re.DOTALL)


def _joined(row: Sequence[Cell]) -> str:
    return " ".join(text for cell in row if (text := read_loose(cell)[0] or (cell if isinstance(cell, str) else "")))


def _read(kind: Kind, cell: Cell) -> tuple[str, Problem | None]:
    """Return the text of a cell by the kind of its field, and what is wrong with it."""
    if kind in ("day", "date"):
        return _read_day(cell)
    if kind == "id" and not isinstance(cell, str):
        return "", Problem("cell.number" if isinstance(cell, float) else "cell.kind")
    text, problems = read_loose(cell)
    if problems:
        return "", problems[0]
    text = text if kind in ("text", "id") else "".join(unicodedata.normalize("NFKC", text).split())
    if kind == "tick":
        return (TICK if text in _TICKS else "", None) if not text or text in _TICKS else ("", Problem("field.tick"))
    if kind == "count" and text and not _COUNT.fullmatch(text):
        return "", Problem("field.count")
    if kind == "score" and text and not _SCORE.fullmatch(text):
        return "", Problem("field.score")
    return text, None


def _read_day(cell: Cell) -> tuple[str, Problem | None]:
    """Return a day as YYYY-MM-DD; the printed 年月日 with nothing before each is blank."""
    text: Cell = "".join(unicodedata.normalize("NFKC", cell).split()) if isinstance(cell, str) else cell
    if isinstance(text, str) and _BLANK.fullmatch(text):
        return "", None
    value, problems = read_date(text)
    return (value, None) if value and not problems else ("", Problem("field.day"))


def _in_order(labels: Sequence[str], keys: Sequence[str]) -> bool:
    """Whether all of `labels` stand in a row of keys, in their order."""
    remaining = iter(keys)
    return all(label in remaining for label in labels)


def _positions(labels: Sequence[str], keys: Sequence[str]) -> list[int]:
    """Return where each of `labels` stands in a row of keys that has them in order."""
    positions: list[int] = []
    for label in labels:
        positions.append(keys.index(label, positions[-1] + 1 if positions else 0))
    return positions


def _first_labels(row: PageRow) -> Iterator[str]:
    """Yield the printed text with which a row of the page begins, if it begins with one."""
    for cell in row.cells[:1]:
        text = cell.text.split("{")[0]
        if text.strip():
            yield text


def _cell(row: Sequence[Cell], column: int) -> Cell:
    return row[column] if column < len(row) else ""


def _is_blank(cell: Cell) -> bool:
    return isinstance(cell, str) and not cell.strip()
