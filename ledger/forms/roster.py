"""Rosters: the form "roster" of a profile, whatever its columns, as rows of normalised texts.

    安徽 附件6, also 重庆 and the national rule   11 columns, all that a certificate says
    山东 附件3                                    21 columns, with sex, birth date and work
    浙江 附件5                                    11 columns; organisation, occupation and level stand in the head

The header is found by header.py; its columns may come in any order. Below it every row is a person, except blank
rows and the form's notes, which are told and left out. Every row is read to its end, so that all findings of a sheet
come at once. A value that could not be read is "".

What a form has no column for comes from its head, or is known (浙江 has 身份证号 only, so the document is a resident
identity card; 谁评价、谁发证, so the issuer is the evaluating organisation), or is an argument, or is a finding.
Telephone numbers and e-mail addresses are blanked in the table itself before anything else looks at it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from ledger.core.profile import Form, Profile
from ledger.forms.findings import FileError, Finding, Place, Problem, has_errors, make_finding
from ledger.forms.header import Header, find_header, key, read_labels
from ledger.forms.readers import Sheet, Table, column_letters, read_table
from ledger.forms.rows import RosterRow, RowReader
from ledger.forms.values import SHARED, ValueReader

__all__ = ["FORM", "Roster", "RosterRow", "normal_form", "read_roster"]

FORM = "roster"
PRIVATE = ("phone", "email")  # never leave the import
_RESIDENT = "201"
# field -> how a form's head calls it, for the fields that a form may have no column for
_LABELS = {
    "evaluator": ("填表单位", "填报单位", "评价机构名称", "评价机构"),
    "occupation_name": ("职业名称", "认定职业", "职业"),
    "job": ("工种名称", "认定工种", "工种"),
    "level": ("职业技能等级", "认定等级", "等级"),
    "issued": ("发证日期", "发证时间"),
}
_OCCUPATION = ("occupation_name", "job")  # either is enough, check.complete_rows finds the other in the filing


_FIRST_OPTIONAL = RosterRow._fields.index("org")
_NO_OPTIONAL = ("", "", "", "", (), "")


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


def read_roster(
    path: Path, profile: Profile, today: date, *, issued: str = "", titles: Mapping[str, str] | None = None
) -> Roster:
    """Read the roster at `path`. `today` (in China) bounds birth dates. Raises OSError only; all else is a finding.

    `issued` (YYYY-MM-DD) is the date of issue for a form that has no column for it; `titles` are the levels of the
    organisation's own that may stand where a level is asked for, name -> code of the level.
    """
    try:
        table = read_table(path)
    except FileError as error:
        return _unread(make_finding(error.problem, Place(path.name), profile))
    form = profile.form(FORM)
    headers = [column.header for column in form.columns]
    found = [(sheet, header) for sheet in table.sheets if (header := find_header(sheet, headers)) is not None]
    if len(found) != 1:
        wanted = "、".join(headers)
        problem = Problem("form.several") if found else Problem("form.no_header", {"wanted": wanted})
        return _unread(make_finding(problem, Place(path.name), profile))
    return _Reading(table, *found[0], profile, form, today, issued, titles or {}).roster()


def normal_form(rows: Iterable[RosterRow]) -> bytes:
    """Return the bytes that identify a roster whatever file it came in: its persons in order, field by field.

    A field holds no control character, so a tab ends it and a newline ends a person. Row numbers are left out.
    Optional fields follow as name=value where they are filled in.
    """
    lines = ["skill-ledger/roster/v1"]
    for row in rows:
        line = "\t".join(row[1:_FIRST_OPTIONAL])  # type: ignore[arg-type]  # texts; the slice of a tuple forgets it
        if row[_FIRST_OPTIONAL:] != _NO_OPTIONAL:
            named = (*zip(RosterRow._fields[_FIRST_OPTIONAL:-2], row[_FIRST_OPTIONAL:-2], strict=True), *row.extra)
            named = (*named, ("title", row.title))
            line += "".join(f"\t{name}={value}" for name, value in named if value)
        lines.append(line)
    return ("\n".join(lines) + "\n").encode()


def _unread(finding: Finding) -> Roster:
    return Roster(None, finding.sheet, 0, {}, [], [finding])


class _Reading:
    """One sheet being read."""

    def __init__(
        self,
        table: Table,
        sheet: Sheet,
        header: Header,
        profile: Profile,
        form: Form,
        today: date,
        issued: str,
        titles: Mapping[str, str],
    ) -> None:
        self.table, self.sheet, self.header = table, sheet, header
        self.profile, self.form, self.today, self.issued = profile, form, today, issued
        self.findings: list[Finding] = []
        self.places: dict[str, tuple[str, str]] = {}
        self.indices: dict[str, int] = {}
        self.values = ValueReader(profile, form, titles)

    def roster(self) -> Roster:
        """Read the header and the head, then the rows."""
        rows: list[RosterRow] = []
        self.read_header()
        given = self.read_head()
        if not has_errors(self.findings):
            if self.sheet.hidden_rows:
                self.tell(Problem("form.hidden"), 0)
            reader = RowReader(self.values, self.indices, given, self.table.kind, self.today, self.tell)
            rows = reader.read(self.sheet, self.header)
            if not rows and not has_errors(self.findings):
                self.tell(Problem("form.empty"), self.header.at + 1)
        self.findings.sort(key=lambda finding: (finding.row, len(finding.column), finding.column))
        return Roster(self.table, self.sheet.name, self.header.at + 1, self.places, rows, self.findings)

    def tell(self, problem: Problem, row: int, field: str = "", value: object = None) -> None:
        """Add the finding that `problem` is at `field` in `row`."""
        place = Place(self.sheet.name, row, *self.places.get(field, ("", "")))
        self.findings.append(make_finding(problem, place, self.profile, value))

    def read_header(self) -> None:
        """Find every column of the form exactly once. Columns that are no part of it are told."""
        row = self.header.at + 1
        wanted = {key(column.header): column for column in self.form.columns}
        seen: set[str] = set()
        for index, header in enumerate(self.header.keys):
            column = wanted.get(header)
            if column is None:
                if header:
                    place = Place(self.sheet.name, row, column_letters(index), header[:20])
                    self.findings.append(make_finding(Problem("form.column_extra"), place, self.profile))
                continue
            if column.field in seen:
                self.tell(Problem("form.column_twice", {"wanted": column.header}), row, column.field)
                continue
            seen.add(column.field)
            self.places[column.field] = (column_letters(index), column.header)
            if column.field in PRIVATE:
                self.forget(index)
            else:
                self.indices[column.field] = index
        for column in self.form.columns:
            if column.field not in seen:
                self.tell(Problem("form.column_missing", {"wanted": column.header}), row)

    def forget(self, index: int) -> None:
        """Blank a column below the header, so that nothing can keep, copy or print it."""
        for row in self.sheet.rows[self.header.at + 1 :]:
            if index < len(row):
                row[index] = ""

    def read_head(self) -> dict[str, str]:
        """Return the value of each field that the form has no column for: from its head, or known."""
        present = {column.field for column in self.form.columns}
        absent = [field for field in SHARED if field not in present]
        lines = self.sheet.rows[: self.header.at + 1 - len(self.header.parts)]
        found = read_labels(lines, {field: _LABELS[field] for field in absent if field in _LABELS})
        given = {"doc_type": _RESIDENT} if "doc_type" in absent else {}
        for field in absent:
            values = {text: row for row, text in found.get(field, ()) if text}
            if len(values) > 1:
                self.tell(Problem("head.unclear", {"wanted": _LABELS[field][0]}), max(values.values()))
            for text, row in values.items():
                given[field], problems = self.values.read(field, text)
                if field == "level":
                    given["title"] = self.values.title(text)
                for problem in problems:
                    self.tell(problem, row, field, text)
        if "issued" in absent and not given.get("issued"):
            given["issued"] = self.issued
            if not self.issued:
                self.tell(Problem("head.issued"), 0)
        for field in ("evaluator", "level"):
            self.want(field, absent, found)
        if not any(field in present or given.get(field) for field in _OCCUPATION):
            self.want("job", absent, found)
        return given

    def want(self, field: str, absent: Sequence[str], found: Mapping[str, Sequence[tuple[int, str]]]) -> None:
        """Tell that the form has neither a column nor a value in its head for `field`."""
        if field in absent and not any(text for _, text in found.get(field, ())):
            row = max((row for row, _ in found.get(field, ())), default=0)
            self.tell(Problem("head.missing", {"wanted": _LABELS[field][-1]}), row)
