"""The values of a roster that many rows share: document type, employer, occupation, level, date,
organisations.

Each reader takes a cell and returns the normalised text and what is wrong with it; "" if it could not be
read. Nothing is guessed: a bare number is no date, a year of two digits is no year.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime

from ledger.core.profile import Form, Level, Profile
from ledger.forms.findings import COMPUTED, Problem
from ledger.forms.readers import Cell

__all__ = ["ValueReader", "control_character", "level_spellings", "read_date"]

MAX_TEXT = 200
SHARED = ("doc_type", "employer", "occupation_name", "job", "level", "issued", "evaluator", "issuer_name")

_NO_JOB = frozenset({"", "—", "——", "-", "--", "/", "无"})  # 渝人社发〔2020〕83号 附件5 注3: 工种名称如无，请填写“——”
_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
)
_TWO_DIGITS = re.compile(r"\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")
_MIDNIGHT = re.compile(r"[ T]0{1,2}:00(:00(\.0+)?)?$")
_TIME_OF_DAY = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
_SERIAL = re.compile(r"\d{5}(\.0+)?")
_TYPE_SIGNS = re.compile(r"[\s=:_-]")

Read = tuple[str, tuple[Problem, ...]]


class ValueReader:
    """Readers for one profile's form."""

    def __init__(self, profile: Profile, form: Form) -> None:
        self.required = {column.field for column in form.columns if column.required}
        self.levels = level_spellings(profile.levels)
        self.types: dict[str, str] = {}
        for kind in profile.document_types:
            name = _fold(kind.zh)
            self.types |= dict.fromkeys((kind.code, name, kind.code + name), kind.code)
        self.type_codes = "、".join(kind.code for kind in profile.document_types)
        self.level_names = "、".join(level.zh for level in profile.levels)
        self.readers: dict[str, Callable[[Cell], Read]] = {
            "doc_type": self.doc_type,
            "level": self.level,
            "issued": read_date,
            "job": _job,
        }

    def shared(self, cells: Sequence[Cell]) -> tuple[list[str], list[tuple[str, Problem]]]:
        """Read the cells of the fields SHARED, in their order; return the values and (field, problem) of each."""
        values, problems = [], []
        for field, cell in zip(SHARED, cells, strict=True):
            if cell is COMPUTED:
                values.append("")
                continue
            value, wrong = self.readers.get(field, _text)(cell)
            if not value and not wrong and field in self.required:
                wrong = (Problem("cell.empty"),)
            values.append(value)
            problems += [(field, problem) for problem in wrong]
        return values, problems

    def doc_type(self, cell: Cell) -> Read:
        """Read a document type: 201, 201.0, "201 ", full-width, the name, or 201=name."""
        text = _fold(_digits(cell))
        if not text:
            return "", ()
        code = self.types.get(text) or self.types.get(_TYPE_SIGNS.sub("", text))
        return (code, ()) if code else ("", (Problem("document.type", {"wanted": self.type_codes}),))

    def level(self, cell: Cell) -> Read:
        """Read a level: 3, 三级, 高级工, 三级/高级工 and the like."""
        text = _fold(_digits(cell))
        if not text:
            return "", ()
        code = self.levels.get(text)
        return (code, ()) if code else ("", (Problem("level.unknown", {"wanted": self.level_names}),))


def level_spellings(levels: Iterable[Level]) -> dict[str, str]:
    """Return every accepted spelling of the levels (folded) -> code: each name alone, and two of them together."""
    spellings: dict[str, str] = {}
    for level in levels:
        parts = {_fold(part) for part in level.zh.split("/")}
        names = {level.code, f"{level.code}级", _fold(level.zh), *parts, *map(_fold, level.aliases)}
        pairs = ((a, b) for a in names for b in names if a != b and "/" not in a + b)
        joined = {text for a, b in pairs for text in (f"{a}/{b}", f"{a}({b})", f"{a}{b}", f"{a}-{b}", f"{a}、{b}")}
        # A code is not joined to itself, and two one-character names would read as a number.
        spellings |= dict.fromkeys(names | {text for text in joined if not text.isdigit()}, level.code)
    return spellings


def read_date(cell: Cell) -> Read:
    """Read a date of issue as YYYY-MM-DD: a date cell, or text with year, month and day in that order."""
    if isinstance(cell, datetime):
        return (cell.date().isoformat(), ()) if cell.time() == datetime.min.time() else _wrong("issued.time")
    if isinstance(cell, date):
        return cell.isoformat(), ()
    if not isinstance(cell, str):
        return _wrong("issued.serial" if isinstance(cell, (int, float)) else "issued.form")
    text = unicodedata.normalize("NFKC", cell).strip()
    if not text:
        return "", ()
    text = _MIDNIGHT.sub("", text)
    if match := _DATE.fullmatch(text):
        year, month, day = (int(part) for part in match.groups() if part)
        try:
            return date(year, month, day).isoformat(), ()
        except ValueError:
            return _wrong("issued.calendar")
    if _TWO_DIGITS.fullmatch(text):
        return _wrong("issued.two_digits")
    if _TIME_OF_DAY.search(text):
        return _wrong("issued.time")
    return _wrong("issued.serial" if _SERIAL.fullmatch(text) else "issued.form")


def control_character(text: str) -> str | None:
    """Return the first character that has no place in a line of text as U+XXXX, or None."""
    if text.isprintable():  # then it holds no control, format, unassigned or private character, and no odd space
        return None
    for c in text:
        if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"):
            return f"U+{ord(c):04X}"
    return None


def _text(cell: Cell) -> Read:
    """Read a line of text: NFC, trimmed."""
    if not isinstance(cell, str):
        return _wrong("cell.kind")
    text = unicodedata.normalize("NFC", cell).strip()
    found = control_character(text)
    if found:
        return "", (Problem("cell.control", {"found": found}),)
    if len(text) > MAX_TEXT:
        return "", (Problem("cell.long", {"limit": str(MAX_TEXT)}),)
    return text, ()


def _job(cell: Cell) -> Read:
    text, problems = _text(cell)
    return ("" if text in _NO_JOB else text), problems


def _digits(cell: Cell) -> str:
    """Return the cell as text; a whole number without its ".0", which a numeric cell always has."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, str) else str(cell)


def _fold(text: str) -> str:
    """Return a text for comparison: full-width forms as ASCII, no white space."""
    text = "".join(unicodedata.normalize("NFKC", text).split())
    return text.removesuffix(".0")


def _wrong(rule: str) -> Read:
    return "", (Problem(rule),)
