"""Rosters: the 企业职业技能等级认定合格人员证书信息表 (Annex 6) as rows of normalised texts.

The header may stand under title rows, in merged cells, with line breaks, spaces or full-width signs inside;
its columns may come in any order. Below it every row is a person, except blank rows and the form's notes,
which are told and left out. Every row is read to its end, so that all findings of a sheet come at once. A
value that could not be read is "".
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from ledger.core.code import normalise_code
from ledger.core.disclosure import normalise_doc_no
from ledger.core.profile import Form, Profile
from ledger.forms.documents import check_document
from ledger.forms.findings import COMPUTED, FileError, Finding, Place, Problem, has_errors, make_finding
from ledger.forms.names import check_name
from ledger.forms.readers import Cell, Sheet, Table, column_letters, read_table
from ledger.forms.values import ValueReader, control_character

__all__ = ["FORM", "Roster", "RosterRow", "normal_form", "read_roster"]

FORM = "roster"
MAX_HEADER_ROW = 60
LEAST_HEADERS = 6  # a row with so many headers is the header, and what it lacks is missing
_ROUNDED = "360426199101010000"  # what a spreadsheet program makes of 360426199101010071 in a numeric cell
_HINT = re.compile(r"[\s*:\u200b\ufeff]|\(.*?\)")
_NOTE = re.compile(
    r"备注|注[:：\d]|说明|填表|填报|审核人|复核人|制表人|负责人|联系人|联系电话|合计|共计|第\d+页|\d{1,2}[.、．)）]"
)


class RosterRow(NamedTuple):
    """One person, normalised. `issued` is YYYY-MM-DD; `level` and `doc_type` are codes; "" is blank or unreadable."""

    row_number: int
    name: str
    doc_type: str
    doc_no: str
    employer: str
    occupation_name: str
    job: str
    level: str
    code: str
    issued: str
    evaluator: str
    issuer_name: str


FIELDS = RosterRow._fields[1:]


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster as read: its sheet and header, field -> (column letters, header), the rows, and what is wrong."""

    table: Table | None
    sheet: str
    header_row: int
    columns: Mapping[str, tuple[str, str]]
    rows: list[RosterRow]
    findings: list[Finding]

    @property
    def ok(self) -> bool:
        """Whether there is no error among the findings."""
        return not has_errors(self.findings)

    def place(self, row: int, field: str = "") -> Place:
        """Return the place of `field` in `row`."""
        return Place(self.sheet, row, *self.columns.get(field, ("", "")))


def read_roster(path: Path, profile: Profile, today: date) -> Roster:
    """Read the roster at `path`. `today` (in China) bounds birth dates. Raises OSError only; all else is a finding."""
    try:
        table = read_table(path)
    except FileError as error:
        return _unread(make_finding(error.problem, Place(path.name), profile))
    form = profile.form(FORM)
    found = [(sheet, at) for sheet in table.sheets if (at := _find_header(sheet, form)) is not None]
    if len(found) != 1:
        rule = "form.several" if found else "form.no_header"
        return _unread(make_finding(Problem(rule), Place(path.name), profile))
    sheet, at = found[0]
    return _Reading(table, sheet, at, profile, form, today).roster()


def normal_form(rows: Iterable[RosterRow]) -> bytes:
    """Return the bytes that identify a roster whatever file it came in: its persons in order, field by field.

    A field holds no control character, so a tab ends it and a newline ends a person. Row numbers are left out.
    """
    lines = ["skill-ledger/roster/v1"]
    lines += ["\t".join(row[1:]) for row in rows]
    return ("\n".join(lines) + "\n").encode()


def _unread(finding: Finding) -> Roster:
    return Roster(None, finding.sheet, 0, {}, [], [finding])


def _key(cell: Cell) -> str:
    """Return a header cell without what forms put into it: spaces, line breaks, asterisks, hints in brackets."""
    return _HINT.sub("", unicodedata.normalize("NFKC", cell)) if isinstance(cell, str) else ""


def _find_header(sheet: Sheet, form: Form) -> int | None:
    headers = {_key(column.header) for column in form.columns}
    best, best_count = None, LEAST_HEADERS - 1
    for at, row in enumerate(sheet.rows[:MAX_HEADER_ROW]):
        count = len(headers & set(map(_key, row)))
        if count > best_count:
            best, best_count = at, count
    return best


class _Reading:
    """One sheet being read."""

    def __init__(self, table: Table, sheet: Sheet, header_at: int, profile: Profile, form: Form, today: date) -> None:
        self.table, self.sheet, self.header_at = table, sheet, header_at
        self.profile, self.form, self.today = profile, form, today
        self.findings: list[Finding] = []
        self.doc_header: Cell = ""
        self.headers = [_key(cell) for cell in sheet.rows[header_at]]
        self.places: dict[str, tuple[str, str]] = {}
        self.indices: dict[str, int] = {}
        self.values = ValueReader(profile, form)
        self.computed_rows = {row for row, _ in sheet.computed}

    def roster(self) -> Roster:
        """Read the header, then the rows."""
        rows: list[RosterRow] = []
        if self.read_header():
            if self.sheet.hidden_rows:
                self.tell(Problem("form.hidden"), 0)
            rows = self.read_rows()
            if not rows and not has_errors(self.findings):
                self.tell(Problem("form.empty"), self.header_at + 1)
        self.findings.sort(key=lambda finding: (finding.row, len(finding.column), finding.column))
        return Roster(self.table, self.sheet.name, self.header_at + 1, self.places, rows, self.findings)

    def tell(self, problem: Problem, row: int, field: str = "", value: object = None) -> None:
        """Add the finding that `problem` is at `field` in `row`."""
        place = Place(self.sheet.name, row, *self.places.get(field, ("", "")))
        self.findings.append(make_finding(problem, place, self.profile, value))

    def read_header(self) -> bool:
        """Find every column of the form exactly once. Columns that are no part of it are told."""
        row = self.header_at + 1
        wanted = {_key(column.header): column for column in self.form.columns}
        for index, header in enumerate(self.headers):
            column = wanted.get(header)
            if column is None:
                if header:
                    place = Place(self.sheet.name, row, column_letters(index), header[:20])
                    self.findings.append(make_finding(Problem("form.column_extra"), place, self.profile))
            elif column.field in self.indices:
                self.tell(Problem("form.column_twice", {"wanted": column.header}), row, column.field)
            else:
                self.indices[column.field] = index
                self.places[column.field] = (column_letters(index), column.header)
        for column in self.form.columns:
            if column.field not in self.indices:
                self.tell(Problem("form.column_missing", {"wanted": column.header}), row)
        return not has_errors(self.findings)

    def read_rows(self) -> list[RosterRow]:
        """Return every person below the header."""
        pick: Callable[[Sequence[Cell]], tuple[Cell, ...]] = itemgetter(*(self.indices[field] for field in FIELDS))
        self.doc_header = self.sheet.rows[self.header_at][self.indices["doc_no"]]
        width = max(self.indices.values()) + 1
        shared: dict[tuple[Cell, ...], tuple[list[str], list[tuple[str, Problem]]]] = {}
        rows: list[RosterRow] = []
        for number, cells in enumerate(self.sheet.rows[self.header_at + 1 :], self.header_at + 2):
            if len(cells) < width:  # CSV rows end where they like
                cells = [*cells, *[""] * (width - len(cells))]  # noqa: PLW2901 - the row as it should have been
            raw = pick(cells)
            if self.is_no_person(raw, cells, number):
                continue
            if number in self.computed_rows:
                raw = self.without_computed(raw, number)
            key = (raw[1], *raw[3:7], *raw[8:])
            found = shared.get(key)
            if found is None:
                found = shared[key] = self.values.shared(key)
            values, problems = found
            for field, problem in problems:
                self.tell(problem, number, field, raw[FIELDS.index(field)])
            doc_type, employer, occupation, job, level, issued, evaluator, issuer = values
            name, doc_no = self.name(raw[0], number), self.doc_no(raw[2], doc_type, number)
            code = self.code(raw[7], number) if raw[7] != "" else ""
            rows.append(
                RosterRow(
                    number, name, doc_type, doc_no, employer, occupation, job, level, code, issued, evaluator, issuer
                )
            )
        return rows

    def name(self, cell: Cell, number: int) -> str:
        """Read a name."""
        if cell is COMPUTED:
            return ""
        if not isinstance(cell, str):
            self.tell(Problem("cell.kind"), number, "name", cell)
            return ""
        name, problems = check_name(cell)
        for problem in problems:
            self.tell(problem, number, "name", cell)
        if not name:
            self.tell(Problem("cell.empty"), number, "name", cell)
        return name

    def doc_no(self, cell: Cell, doc_type: str, number: int) -> str:
        """Read a document number. A numeric cell is refused, never repaired: it has lost digits."""
        if cell is COMPUTED:
            return ""
        text = self.number_text(cell, number, "doc_no")
        if text is None:
            return ""
        doc_no = normalise_doc_no(text)
        problems: list[Problem] = []
        found = control_character(doc_no)
        if not doc_no:
            problems = [Problem("cell.empty")]
        elif found:
            problems, doc_no = [Problem("cell.control", {"found": found})], ""
        elif doc_type:
            problems = check_document(doc_type, doc_no, self.today)
            if self.table.kind == "csv" and len(doc_no) == len(_ROUNDED) and doc_no.endswith("000"):
                problems.append(Problem("document.rounded"))
        for problem in problems:
            self.tell(problem, number, "doc_no", cell)
        return doc_no

    def code(self, cell: Cell, number: int) -> str:
        """Read a certificate number, which may be left blank."""
        text = None if cell is COMPUTED else self.number_text(cell, number, "code")
        return normalise_code(text) if text is not None else ""

    def number_text(self, cell: Cell, number: int, field: str) -> str | None:
        """Return a number as the text that it must be; None if the cell is of another kind, which is told."""
        if not isinstance(cell, str):
            numeric = isinstance(cell, (int, float))
            self.tell(Problem("cell.number" if numeric else "cell.kind"), number, field, cell)
            return None
        if cell.startswith("'"):
            self.tell(Problem("cell.apostrophe"), number, field, cell)
            return cell[1:]
        return cell

    def is_no_person(self, raw: tuple[Cell, ...], cells: Sequence[Cell], number: int) -> bool:
        """Whether a row is blank, the header again, or the form's notes; the last two are told."""
        if raw[1] != "" and raw[2] not in ("", self.doc_header):
            return False
        filled = [cell for cell in cells if cell != "" and not (isinstance(cell, str) and not cell.strip())]
        if not filled:
            return number not in self.computed_rows
        if [_key(cell) for cell in cells[: len(self.headers)]] == self.headers:
            self.tell(Problem("form.header_again"), number)
            return True
        if raw[1] == raw[2] == raw[6] == "" and isinstance(filled[0], str) and _NOTE.match(filled[0].strip()):
            self.tell(Problem("form.notes"), number)
            return True
        return False

    def without_computed(self, raw: tuple[Cell, ...], number: int) -> tuple[Cell, ...]:
        """Tell the formulas of a row and blank them: their value is a memory of the last calculation."""
        values = list(raw)
        for at, field in enumerate(FIELDS):
            if (number, self.places[field][0]) in self.sheet.computed:
                self.tell(Problem("cell.formula"), number, field, COMPUTED)
                values[at] = COMPUTED
        return tuple(values)
