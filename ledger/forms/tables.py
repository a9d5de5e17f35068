"""Workbooks of plain tables: a sheet each, a title, notes, a header row, numbers as numbers.

The same tables make the same bytes. A text is never a formula or a link.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import xlsxwriter

__all__ = ["TableSheet", "write_tables"]

_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - the same bytes for the same tables
_FONT = "宋体"
_A4 = 9


class TableSheet(NamedTuple):
    """One table: the sheet's name (31 characters at most), the lines above the header, columns with widths, rows."""

    name: str
    above: Sequence[str]
    header: Sequence[str]
    widths: Sequence[int]
    rows: Sequence[Sequence[str | int]]


def write_tables(path: Path, sheets: Sequence[TableSheet]) -> None:
    """Write the tables to `path`. The file appears whole or not at all; raises OSError."""
    draft = path.with_name(path.name + ".part")
    try:
        options = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
        with draft.open("wb") as file, xlsxwriter.Workbook(file, {**options, "in_memory": True}) as workbook:
            workbook.set_properties({"created": _CREATED, "title": sheets[0].above[0]})
            for sheet in sheets:
                _write(workbook, sheet)
        os.replace(draft, path)  # noqa: PTH105 - the one call that replaces a file on Windows too
    except BaseException:
        with suppress(FileNotFoundError):
            draft.unlink()
        raise


def _write(workbook: xlsxwriter.Workbook, sheet: TableSheet) -> None:
    plain = {"font_name": _FONT, "font_size": 11}
    title = workbook.add_format({**plain, "bold": True, "font_size": 14})
    text = workbook.add_format({**plain, "num_format": "@"})
    cell = workbook.add_format({**plain, "num_format": "@", "border": 1, "text_wrap": True, "valign": "vcenter"})
    head = workbook.add_format({**plain, "bold": True, "border": 1, "align": "center"})
    number = workbook.add_format({**plain, "num_format": "#,##0", "border": 1, "align": "right", "valign": "vcenter"})
    page = workbook.add_worksheet(sheet.name)
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width)
    for row, line in enumerate(sheet.above):
        page.write_string(row, 0, line, text if row else title)
    first = len(sheet.above)
    for column, name in enumerate(sheet.header):
        page.write_string(first, column, name, head)
    for row, values in enumerate(sheet.rows, first + 1):
        for column, value in enumerate(values):
            if isinstance(value, int):
                page.write_number(row, column, value, number)
            else:
                page.write_string(row, column, value, cell)
    page.freeze_panes(first + 1, 0)
    page.repeat_rows(first)
    page.set_paper(_A4)
    page.fit_to_pages(1, 0)
