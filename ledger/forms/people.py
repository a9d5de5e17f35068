"""Lists of people for a notice: whoever passed, or wants to be examined, from any sheet that has a column 姓名.

A roster, the score summary (浔人社发〔2023〕5号 附件1), a list written for the purpose: read are the name, the
admission ticket (准考证号), the level and the result, where there are such columns. A document number is looked at only
to see that it does not stand in the ticket's column too, and is forgotten.
"""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ledger.core.profile import Profile
from ledger.core.published import TICKET
from ledger.forms.findings import FileError, Finding, Place, Problem, has_errors, make_finding
from ledger.forms.header import NOTE, Header, find_header, key
from ledger.forms.names import check_name
from ledger.forms.readers import Cell, Sheet, column_letters, read_table
from ledger.forms.roster import FORM
from ledger.forms.values import ValueReader

__all__ = ["MAX_PEOPLE", "People", "Person", "read_people"]

MAX_PEOPLE = 20_000
_HEADERS: Mapping[str, tuple[str, ...]] = {
    "name": ("姓名",),
    "ticket": ("准考证号码",),
    "level": ("职业技能等级", "认定等级", "等级"),
    "result": ("结果", "认定结果", "是否合格"),
    "doc_no": ("证件号码", "身份证号码"),
}
_RESULTS = {"合格": "passed", "通过": "passed", "是": "passed", "不合格": "failed", "未通过": "failed", "否": "failed"}


class Person(NamedTuple):
    """One person of a list. `level` is a code, `result` "passed" or "failed"; "" where the list does not say."""

    name: str
    ticket: str
    level: str
    result: str


class People(NamedTuple):
    """A list as read: which fields it has, its people, and what is wrong with it."""

    fields: frozenset[str]
    people: list[Person]
    findings: list[Finding]


def read_people(path: Path, profile: Profile, levels: Collection[str]) -> People:
    """Read the list at `path`; its people's levels are among `levels`. Raises OSError only; all else is a finding."""
    try:
        table = read_table(path)
    except FileError as error:
        return _unread(error.problem, path, profile)
    wanted = [name for names in _HEADERS.values() for name in names]
    found = [(sheet, header) for sheet in table.sheets if (header := find_header(sheet, wanted, least=1)) is not None]
    found = [(sheet, header) for sheet, header in found if key(_HEADERS["name"][0]) in header.keys]
    if len(found) != 1:
        rule = "form.several" if found else "form.no_header"
        return _unread(Problem(rule, {"wanted": _HEADERS["name"][0]}), path, profile)
    return _Reading(*found[0], profile, levels).read()


def _unread(problem: Problem, path: Path, profile: Profile) -> People:
    return People(frozenset(), [], [make_finding(problem, Place(path.name), profile)])


def _tells(ticket: str, document: str) -> bool:
    """Whether a ticket's number is a part of a document number that tells something: an end of it, or six signs."""
    if not document or len(ticket) < 4:
        return False
    within = document.startswith(ticket) or document.endswith(ticket) or document in ticket
    return within or (len(ticket) >= 6 and ticket in document)


class _Reading:
    """One sheet being read."""

    def __init__(self, sheet: Sheet, header: Header, profile: Profile, levels: Collection[str]) -> None:
        self.sheet, self.header, self.profile, self.levels = sheet, header, profile, levels
        self.values = ValueReader(profile, profile.form(FORM))
        self.findings: list[Finding] = []
        self.columns: dict[str, int] = {}
        for field, names in _HEADERS.items():
            keys = [key(name) for name in names]
            at = next((header.keys.index(name) for name in keys if name in header.keys), None)
            if at is not None:
                self.columns[field] = at

    def read(self) -> People:
        """Read every person below the header."""
        people: list[Person] = []
        for number, row in enumerate(self.sheet.rows[self.header.at + 1 :], self.header.at + 2):
            cells = {field: row[at] if at < len(row) else "" for field, at in self.columns.items()}
            if cells["name"] == "" and self.is_no_person(row):
                continue
            if len(people) == MAX_PEOPLE:
                self.tell("list.long", number, "name", limit=str(MAX_PEOPLE))
                break
            people.append(self.person(cells, number))
        if not people:
            self.findings.append(make_finding(Problem("form.empty"), Place(self.sheet.name), self.profile))
        kept = [] if has_errors(self.findings) else people
        return People(frozenset(self.columns) - {"doc_no"}, kept, self.findings)

    def is_no_person(self, row: Sequence[Cell]) -> bool:
        """Whether a row without a name is blank, or one of the form's notes."""
        texts = [key(cell) for cell in row if cell != ""]
        return not texts or NOTE.match(texts[0]) is not None

    def person(self, cells: Mapping[str, Cell], number: int) -> Person:
        """Read one person."""
        for field, at in self.columns.items():
            if (number, column_letters(at)) in self.sheet.computed:
                self.tell("cell.formula", number, field)
        return Person(
            self.name(cells["name"], number),
            self.ticket(cells, number),
            self.level(cells.get("level", ""), number),
            self.result(cells.get("result", ""), number),
        )

    def name(self, cell: Cell, number: int) -> str:
        """Read a name."""
        if not isinstance(cell, str):
            self.tell("cell.kind", number, "name", cell)
            return ""
        name, problems = check_name(cell)
        for problem in problems:
            self.tell(problem.rule, number, "name", cell, **problem.details)
        if not name:
            self.tell("cell.empty", number, "name", cell)
        return name

    def ticket(self, cells: Mapping[str, Cell], number: int) -> str:
        """Read an admission ticket's number; a document number is none."""
        cell = cells.get("ticket", "")
        text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
        if not text:
            return ""
        document = str(cells.get("doc_no", "")).strip().upper()
        if TICKET.fullmatch(text) is None or _tells(text.upper(), document):
            self.tell("list.ticket", number, "ticket", cell)
            return ""
        return text

    def level(self, cell: Cell, number: int) -> str:
        """Read a level, one of the plan's."""
        level, problems = self.values.level(cell)
        for problem in problems:
            self.tell(problem.rule, number, "level", cell, **problem.details)
        if level and level not in self.levels:
            self.tell("list.level", number, "level", cell, wanted="、".join(sorted(self.levels)))
        return level

    def result(self, cell: Cell, number: int) -> str:
        """Read whether somebody passed."""
        text = key(cell)
        if text and text not in _RESULTS:
            self.tell("list.result", number, "result", cell, wanted="、".join(_RESULTS))
        return _RESULTS.get(text, "")

    def tell(self, rule: str, row: int, field: str, value: object = None, **details: str) -> None:
        """Add a finding."""
        at = self.columns[field]
        place = Place(self.sheet.name, row, column_letters(at), str(self.sheet.rows[self.header.at][at]))
        self.findings.append(make_finding(Problem(rule, details), place, self.profile, value))
