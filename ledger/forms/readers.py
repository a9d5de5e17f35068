"""Tables: the cells of an .xlsx or .csv file, with their kinds, whatever program wrote it.

A cell is text (str), a number (float), a date (date or datetime, by the cell's style) or a time; an empty
cell is "". That a number was a number is never lost: a document number in a numeric cell has lost digits and
is refused later. A boolean cell is the text that it shows. Formulas and error values are listed apart, since
their value is only a memory of the last calculation.

calamine reads the sheets: it takes 12 µs for a row of eleven cells, openpyxl takes 150. It does not tell
formulas from values and fills a dense grid, so package.py looks at the workbook first.
"""

import codecs
import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Self, TypeAlias, cast

from python_calamine import CalamineError, CalamineWorkbook

from ledger.forms.findings import Computed, FileError
from ledger.forms.package import MAX_FILE, MAX_ROWS, inspect_workbook

__all__ = ["Cell", "Sheet", "Table", "column_letters", "read_table", "read_workbook"]

Cell: TypeAlias = str | float | bool | date | datetime | time | timedelta | Computed
_PANIC = "PanicException"  # what a defect in calamine raises; no subclass of Exception, and not importable
_ENCODINGS = ("utf-8-sig", "gb18030")  # GB18030 holds GBK and GB2312
_DELIMITERS = ",\t;"
MAX_COLUMNS = 500  # of a CSV; signs that stand inside quotes are counted too


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one sheet from row 1 on. `computed`: (row, column letters) of formulas and error values."""

    name: str
    rows: list[list[Cell]]
    computed: frozenset[tuple[int, str]] = frozenset()
    hidden_rows: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The visible sheets of a workbook, or a CSV file as one sheet called by the name of the file."""

    kind: str  # "xlsx" or "csv"
    sheets: tuple[Sheet, ...]


def read_table(path: Path) -> Table:
    """Read the file at `path`. Raises FileError for what is no .xlsx or .csv or is refused, and OSError."""
    with path.open("rb") as file:
        data = file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise FileError("file.too_large", limit=f"{MAX_FILE >> 20} MB")
    if path.suffix.lower() == ".csv":
        return Table("csv", (Sheet(path.stem, _csv_rows(data)),))
    return Table("xlsx", tuple(read_workbook(data)))


def column_letters(index: int) -> str:
    """Return the letters of the column at `index` (0 is A)."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def read_workbook(data: bytes) -> list[Sheet]:
    """Read the visible sheets of the .xlsx file `data`. Raises FileError."""
    parts, archive = inspect_workbook(data)
    sheets = []
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(archive)) as workbook:
            for part in parts:
                sheet = workbook.get_sheet_by_name(part.name)
                rows = cast("list[list[Cell]]", sheet.to_python(skip_empty_area=False))
                if part.booleans:
                    rows = [[str(c).upper() if isinstance(c, bool) else c for c in row] for row in rows]
                # Calamine ends a sheet with its last value; a formula that was never calculated has none.
                last = max((row for row, _ in part.computed), default=0)
                rows += [[""]] * (last - len(rows))
                sheets.append(Sheet(part.name, rows, part.computed, part.hidden_rows))
    except (CalamineError, ValueError, OSError) as error:
        raise FileError("file.damaged") from error
    except BaseException as error:
        if type(error).__name__ == _PANIC:
            raise FileError("file.damaged") from error
        raise
    return sheets


def _csv_rows(data: bytes) -> list[list[Cell]]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileError("file.encoding")
    text = _decode(data)
    if "\0" in text:
        raise FileError("file.encoding")
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    rows: list[list[Cell]] = []
    lines = _Lines(io.StringIO(text, newline=""), delimiter)
    try:
        for row in csv.reader(lines, delimiter=delimiter, strict=True):
            lines.columns = 0
            if len(rows) == MAX_ROWS:
                raise FileError("file.too_large", limit=f"{MAX_ROWS} 行 rows")
            rows.append([*row])
    except csv.Error as error:
        raise FileError("file.csv", row=str(len(rows) + 1)) from error
    return rows


class _Lines:
    """The lines of a CSV; refuses a row, however many lines it takes, that would have more than MAX_COLUMNS cells."""

    def __init__(self, stream: io.StringIO, delimiter: str) -> None:
        self.stream, self.delimiter, self.columns = stream, delimiter, 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        line = next(self.stream)
        self.columns += line.count(self.delimiter)
        if self.columns > MAX_COLUMNS:
            raise FileError("file.too_large", limit=f"{MAX_COLUMNS} 列 columns")
        return line


def _decode(data: bytes) -> str:
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileError("file.encoding")
