"""The values of a roster other than names and numbers: document type, occupation, level, dates, organisations, sex.

Each reader takes a cell and returns the normalised text and what is wrong with it; "" if it could not be
read. Nothing is guessed: a bare number is no date, a year of two digits is no year, 1991.1 is no month.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime

from ledger.core.code import normalise_code
from ledger.core.profile import Form, Level, Profile
from ledger.forms.findings import COMPUTED, Problem
from ledger.forms.readers import Cell

__all__ = ["EXTRA", "SHARED", "Read", "ValueReader", "control_character", "level_spellings", "read_date", "read_loose"]

MAX_TEXT = 200
SHARED = (  # the fields that many rows have in common
    *("doc_type", "employer", "occupation_name", "job", "level", "issued", "evaluator", "issuer_name"),
    *("org", "occupation_code", "sex"),
)
EXTRA = (  # what a form only carries along: the columns of 山东 附件3 and 浙江 附件5 that no certificate says
    *("own_staff", "work_since", "post", "joined", "education", "work_years", "theory", "practice"),
)

_NO_JOB = frozenset({"", "—", "——", "-", "--", "/", "无"})  # 渝人社发〔2020〕83号 附件5 注3: 工种名称如无，请填写“——”
_DATE = re.compile(
    r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|年(\d{1,2})月(\d{1,2})日)"
)
_TWO_DIGITS = re.compile(r"\d{2}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")
_MIDNIGHT = re.compile(r"[ T]0{1,2}:00(:00(\.0+)?)?$")
_TIME_OF_DAY = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
_SERIAL = re.compile(r"\d{5}(\.0+)?")
_MONTH = re.compile(r"(\d{4})(?:[-/.](\d{1,2})|年(\d{1,2})月|(\d{2}))")
_OCCUPATION = re.compile(r"[1-8]-\d{2}-\d{2}-\d{2}", re.ASCII)
_SEXES = {"男": "男", "男性": "男", "女": "女", "女性": "女"}
_TYPE_SIGNS = re.compile(r"[\s=:_-]")

Read = tuple[str, tuple[Problem, ...]]


class ValueReader:
    """Readers for one profile's form. `titles`: an enterprise's own levels by name, as filed -> code of the level."""

    def __init__(self, profile: Profile, form: Form, titles: Mapping[str, str] | None = None) -> None:
        self.required = {column.field for column in form.columns if column.required}
        self.titles = {_fold(name): name for name in titles or {}}
        self.levels = level_spellings(profile.levels) | {_fold(name): code for name, code in (titles or {}).items()}
        self.types: dict[str, str] = {}
        for kind in profile.document_types:
            name = _fold(kind.zh)
            self.types |= dict.fromkeys((kind.code, name, kind.code + name), kind.code)
        self.type_codes = "、".join(kind.code for kind in profile.document_types)
        self.level_names = "、".join((*(level.zh for level in profile.levels), *(titles or {})))
        self.readers: dict[str, Callable[[Cell], Read]] = {
            "doc_type": self.doc_type,
            "level": self.level,
            "issued": read_date,
            "job": _job,
            "org": _org,
            "occupation_code": _occupation_code,
            "sex": _sex,
            "birth": _birth,
            "birth_month": _birth_month,
            **dict.fromkeys(EXTRA, read_loose),
        }

    def read(self, field: str, cell: Cell) -> Read:
        """Read the cell of one field; a blank one is a problem where the form wants it filled in."""
        if cell is COMPUTED:
            return "", ()
        value, wrong = self.readers.get(field, _text)(cell)
        if not value and not wrong and field in self.required:
            return "", (Problem("cell.empty"),)
        return value, wrong

    def read_all(
        self, fields: Sequence[str], cells: Sequence[Cell]
    ) -> tuple[dict[str, str], list[tuple[str, Problem]]]:
        """Read a cell of each of `fields`; return the values by field, and (field, problem) of what is wrong."""
        values, problems = {}, []
        for field, cell in zip(fields, cells, strict=True):
            values[field], wrong = self.read(field, cell)
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

    def title(self, cell: Cell) -> str:
        """Return the enterprise's own level that a level's cell names, as filed; "" for a level of the profile."""
        return self.titles.get(_fold(cell), "") if isinstance(cell, str) else ""


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


def read_loose(cell: Cell) -> Read:
    """Read what a form only carries along: a text, or a number or date as it shows."""
    if isinstance(cell, datetime):
        return cell.isoformat(" ").removesuffix(" 00:00:00"), ()
    if isinstance(cell, date):
        return cell.isoformat(), ()
    return (f"{cell:.15g}", ()) if isinstance(cell, float) else _text(cell)


def _job(cell: Cell) -> Read:
    text, problems = _text(cell)
    return ("" if text in _NO_JOB else text), problems


def _org(cell: Cell) -> Read:
    text, problems = _text(cell)
    return normalise_code(text), problems


def _occupation_code(cell: Cell) -> Read:
    """鲁人社字〔2020〕20号 附件2附表: 职业编码 of 大典, such as 6-18-01-01."""
    text, problems = _text(cell)
    text = _fold(text)
    return (text, problems) if problems or not text or _OCCUPATION.fullmatch(text) else _wrong("occupation.code")


def _sex(cell: Cell) -> Read:
    text = _fold(cell) if isinstance(cell, str) else "?"
    return (_SEXES.get(text, ""), ()) if not text or text in _SEXES else _wrong("sex.form")


def _birth(cell: Cell) -> Read:
    value, problems = read_date(cell)
    return _wrong("birth.form") if problems else (value, ())


def _birth_month(cell: Cell) -> Read:
    """Read 出生年月 as YYYY-MM. A numeric 1991.1 may have been 1991.10, so that it is no month."""
    if isinstance(cell, str) and (match := _MONTH.fullmatch(_fold(cell))):
        month = int(next(part for part in match.groups()[1:] if part))
        return (f"{match[1]}-{month:02}", ()) if 1 <= month <= 12 else _wrong("birth.form")
    value, problems = _birth(cell)
    return value[:7], problems


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
