"""Shortened: a list of people that the issuer got, as it would have been written without some of them.

    shorten(data, {"S000050000001263000001"})    the workbook without those lines; None if that cannot be had

A list is read and written again, and only where that gives the same workbook is it one of ours: then it holds nothing
that the reader did not see, and written without a line it has no trace of that line. A file that somebody has changed
or saved with another program is not shortened, nor is a list in which nobody would be left.
"""

import io
import re
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Final

from ledger.forms.filled import CODES_HEADER, CODES_NOTICE, make_codes
from ledger.forms.filling import FormValues
from ledger.forms.findings import FileError
from ledger.forms.layouts import PLACEHOLDER, Layout, load_layout
from ledger.forms.page_reader import read_page
from ledger.forms.pages import make_form
from ledger.forms.readers import Sheet, read_workbook

__all__ = ["shorten"]

_FORMS: Final = ("certificates", "roster-shandong", "register-zhejiang")  # those with a number on each line
_NUMBER, _SEQ = "code", "seq"  # fields of a line

Row = Mapping[str, str]
Make = Callable[[Sequence[Row]], bytes]  # a workbook of these lines, and of what else was read
Read = Callable[[Sheet], tuple[list[Row], Make] | None]  # the lines of a sheet; None if it is another list


def shorten(data: bytes, numbers: Collection[str]) -> bytes | None:
    """Return the workbook `data` without the lines of `numbers`; as it is where it has none of them."""
    try:
        sheets = read_workbook(data)
    except FileError:
        return None
    if len(sheets) != 1:
        return None
    readers: list[Read] = [_code_list, *(partial(_page, layout=load_layout(form)) for form in _FORMS)]
    for read in readers:
        found = read(sheets[0])
        if found is not None:
            lines, make = found
            if _parts(make(lines)) == _parts(data):
                kept = [line for line in lines if line.get(_NUMBER) not in numbers]
                return data if len(kept) == len(lines) else make(_numbered(kept)) if kept else None
    return None


def _code_list(sheet: Sheet) -> tuple[list[Row], Make] | None:
    """Read a list of verification codes."""
    above = len(CODES_NOTICE) + 1
    if len(sheet.rows) < above or tuple(sheet.rows[above - 1]) != CODES_HEADER:
        return None
    lines: list[Row] = [dict(zip((_NUMBER, "name", "held"), map(str, row), strict=True)) for row in sheet.rows[above:]]

    def make(rows: Sequence[Row]) -> bytes:
        file = io.BytesIO()
        make_codes(file, ([*row.values()] for row in rows))
        return file.getvalue()

    return lines, make


def _page(sheet: Sheet, layout: Layout) -> tuple[list[Row], Make] | None:
    """Read a form, filled in; one that is header and rows only, cell by cell."""
    fields = [*layout.table_fields]
    if not layout.bare:
        read = read_page(sheet, layout)
        values = read and FormValues({**read.fields, **_title(sheet, layout)}, read.rows)
    elif sheet.rows[:1] == [[column.field.label for column in layout.columns]]:
        rows = [dict(zip(fields, map(str, row), strict=True)) for row in sheet.rows[1:]]
        values = FormValues({}, rows)
    else:
        values = None
    if values is None:
        return None
    known = values.fields

    def make(rows: Sequence[Row]) -> bytes:
        file = io.BytesIO()
        make_form(file, layout, FormValues(known, rows))
        return file.getvalue()

    return [*values.rows], make


def _title(sheet: Sheet, layout: Layout) -> dict[str, str]:
    """Return the fields in the title, which a reader of values passes over."""
    parts = (
        f"(?P<{part}>.*)" if at % 2 else re.escape(part) for at, part in enumerate(PLACEHOLDER.split(layout.title))
    )
    found = re.fullmatch("".join(parts), str(sheet.rows[0][0]))
    return found.groupdict() if found else {}


def _numbered(lines: Sequence[Row]) -> list[Row]:
    return [{**line, _SEQ: str(at)} if _SEQ in line else line for at, line in enumerate(lines, 1)]


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
