"""The rows below a roster's header: which of them are persons, and what each says.

Values that many rows share (occupation, level, date, organisation) are read once; name, numbers and what a form only
carries along are read row by row. A value that could not be read is "", and has its finding.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import NamedTuple, Protocol

from ledger.core.code import normalise_code
from ledger.core.disclosure import normalise_doc_no
from ledger.forms.documents import born, check_document, is_male
from ledger.forms.findings import COMPUTED, Problem
from ledger.forms.header import NOTE, Header, key
from ledger.forms.names import check_name
from ledger.forms.readers import Cell, Sheet, column_letters
from ledger.forms.values import EXTRA, SHARED, ValueReader, control_character

__all__ = ["RosterRow", "RowReader"]

_ROUNDED = "360426199101010000"  # what a spreadsheet program makes of 360426199101010071 in a numeric cell
_MALE = "男"
_PLAIN = re.compile(r"[0-9A-Z]+")  # a number in its normal form


class RosterRow(NamedTuple):
    """One person, normalised. `issued` is YYYY-MM-DD; `level` and `doc_type` are codes; "" is blank or unreadable.

    The fields from `org` on are those of 山东 and 浙江: `org` is 评价机构编码, `sex` 男 or 女, `birth` YYYY-MM-DD or
    YYYY-MM, `extra` the columns that a form only carries along, as (field, text); `title` is an enterprise's own level
    (特级技师), which `level` is the filed level of.
    """

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
    org: str = ""
    occupation_code: str = ""
    sex: str = ""
    birth: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    title: str = ""


class Tell(Protocol):
    """Takes a problem with its place: row number, field, and the value whose class is told."""

    def __call__(self, problem: Problem, row: int, field: str = "", value: object = None) -> None: ...


class RowReader:
    """Reads the rows of one sheet.

    `indices`: field -> column index, of the columns that are read. `given`: the fields SHARED that have no column, with
    their value, and "title" if the level has none. `kind` is the table's. `today` bounds birth dates.
    """

    def __init__(
        self,
        values: ValueReader,
        indices: Mapping[str, int],
        given: Mapping[str, str],
        kind: str,
        today: date,
        tell: Tell,
    ) -> None:
        self.values, self.indices, self.kind, self.today, self.tell = values, indices, kind, today, tell
        self.shared = [field for field in SHARED if field in indices]
        self.carried = [field for field in EXTRA if field in indices]
        self.birth = next((field for field in ("birth", "birth_month") if field in indices), "")
        self.given = {field: given.get(field, "") for field in SHARED if field not in indices}
        self.title = given.get("title", "")
        self.blank_fields = [f for f in ("doc_type", "doc_no", "level", "code") if f in indices]

    def read(self, sheet: Sheet, header: Header) -> list[RosterRow]:
        """Return every person below the header."""
        first = header.at + 1
        name_at, number_at, code_at = (self.indices[field] for field in ("name", "doc_no", "code"))
        headers = sheet.rows[first - len(header.parts) : first]
        blank = ("", *(row[number_at] for row in headers if number_at < len(row)))
        type_at = self.indices.get("doc_type", number_at)
        pick = _picker([self.indices[field] for field in self.shared])
        width = max(self.indices.values()) + 1
        computed_rows = {row for row, _ in sheet.computed}
        known: dict[tuple[Cell, ...], tuple[tuple[str, ...], list[tuple[str, Problem]]]] = {}
        rows: list[RosterRow] = []
        for number, cells in enumerate(sheet.rows[first:], first + 1):
            if len(cells) < width:  # CSV rows end where they like
                cells = [*cells, *[""] * (width - len(cells))]  # noqa: PLW2901 - the row as it should have been
            if (cells[number_at] in blank or cells[type_at] == "") and self.is_no_person(
                cells, number, header, computed=number in computed_rows
            ):
                continue
            if number in computed_rows:
                cells = self.without_computed(cells, number, sheet)  # noqa: PLW2901 - nobody reads a formula
            raw = pick(cells)
            found = known.get(raw)
            if found is None:
                found = known[raw] = self.read_shared(raw)
            values, problems = found
            for field, problem in problems:
                self.tell(problem, number, field, cells[self.indices[field]])
            doc_type, employer, occupation, job, level, issued, evaluator, issuer, org, occupation_code, sex, title = (
                values
            )
            name, doc_no = self.name(cells[name_at], number), self.doc_no(cells[number_at], doc_type, number)
            code = self.code(cells[code_at], number) if cells[code_at] != "" else ""
            birth = self.own(self.birth, cells, number) if self.birth else ""
            if birth or sex:
                self.compare(number, doc_type, doc_no, sex, birth)
            extra = self.carry(cells, number) if self.carried else ()
            rows.append(
                RosterRow(
                    number,
                    name,
                    doc_type,
                    doc_no,
                    employer,
                    occupation,
                    job,
                    level,
                    code,
                    issued,
                    evaluator,
                    issuer,
                    org,
                    occupation_code,
                    sex,
                    birth,
                    extra,
                    title,
                )
            )
        return rows

    def read_shared(self, cells: Sequence[Cell]) -> tuple[tuple[str, ...], list[tuple[str, Problem]]]:
        """Read the cells that rows have in common; return the values of SHARED and the title, and the problems."""
        values, problems = self.values.read_all(self.shared, cells)
        values |= self.given
        if "issuer_name" not in self.indices:  # 谁评价、谁发证
            values["issuer_name"] = values["evaluator"]
        title = self.values.title(cells[self.shared.index("level")]) if "level" in self.indices else self.title
        return (*(values[field] for field in SHARED), title), problems

    def carry(self, cells: Sequence[Cell], number: int) -> tuple[tuple[str, str], ...]:
        """Return (field, text) of the columns that the form only carries along."""
        return tuple((field, text) for field in self.carried if (text := self.own(field, cells, number)))

    def own(self, field: str, cells: Sequence[Cell], number: int) -> str:
        """Read a cell that no other row shares."""
        cell = cells[self.indices[field]]
        value, problems = self.values.read(field, cell)
        for problem in problems:
            self.tell(problem, number, field, cell)
        return value

    def compare(self, number: int, doc_type: str, doc_no: str, sex: str, birth: str) -> None:
        """Tell where sex or birth date are not those of the document number (鲁人社字〔2020〕20号 附件3)."""
        day = born(doc_type, doc_no)
        if day is None:
            return
        if birth and not day.startswith(birth):
            self.tell(Problem("person.birth"), number, self.birth, birth)
        if sex and (sex == _MALE) != is_male(doc_no):
            self.tell(Problem("person.sex"), number, "sex", sex)

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
        plain = _PLAIN.fullmatch(text)
        doc_no = text if plain else normalise_doc_no(text)
        problems: list[Problem] = []
        found = None if plain else control_character(doc_no)
        if not doc_no:
            problems = [Problem("cell.empty")]
        elif found:
            problems, doc_no = [Problem("cell.control", {"found": found})], ""
        elif doc_type:
            problems = check_document(doc_type, doc_no, self.today)
            if self.kind == "csv" and len(doc_no) == len(_ROUNDED) and doc_no.endswith("000"):
                problems.append(Problem("document.rounded"))
        for problem in problems:
            self.tell(problem, number, "doc_no", cell)
        return doc_no

    def code(self, cell: Cell, number: int) -> str:
        """Read a certificate number, which may be left blank."""
        if isinstance(cell, str) and _PLAIN.fullmatch(cell):
            return cell
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

    def is_no_person(self, cells: Sequence[Cell], number: int, header: Header, *, computed: bool) -> bool:
        """Whether a row is blank, the header again, or the form's notes; the last two are told.

        A row whose only value is its 序号 is blank: forms are printed with numbered lines.
        """
        numbered = self.indices.get("seq")
        filled = [cell for at, cell in enumerate(cells) if at != numbered and not _is_blank(cell)]
        if not filled:
            return not computed
        at = sorted(self.indices.values())
        keys = [key(cells[index]) for index in at]
        if keys in [
            [part[index] if index < len(part) else "" for index in at] for part in (header.keys, *header.parts)
        ]:
            self.tell(Problem("form.header_again"), number)
            return True
        first = next(cell for cell in cells if not _is_blank(cell))
        blank = all(cells[self.indices[field]] == "" for field in self.blank_fields)
        if blank and isinstance(first, str) and NOTE.match(first.strip()):
            self.tell(Problem("form.notes"), number)
            return True
        return False

    def without_computed(self, cells: Sequence[Cell], number: int, sheet: Sheet) -> list[Cell]:
        """Tell the formulas of a row and blank them: their value is a memory of the last calculation."""
        values = list(cells)
        for field, at in self.indices.items():
            if (number, column_letters(at)) in sheet.computed:
                self.tell(Problem("cell.formula"), number, field, COMPUTED)
                values[at] = COMPUTED
        return values


def _is_blank(cell: Cell) -> bool:
    return cell == "" or (isinstance(cell, str) and not cell.strip())


def _picker(indices: Sequence[int]) -> Callable[[Sequence[Cell]], tuple[Cell, ...]]:
    """Return what takes the cells at `indices` out of a row, as a tuple even of one."""
    if len(indices) == 1:
        only = indices[0]
        return lambda cells: (cells[only],)
    return itemgetter(*indices)
