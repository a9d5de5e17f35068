"""Writing a form as a page that looks like the notice's: merged title, frames, widths, A4.

Every identifier is a text cell; only counts and scores are numbers. Nothing is ever a formula or a link. The same
values make the same bytes. A blank form is the form with no values.
"""

import os
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import IO, Literal, TypeAlias
from unicodedata import east_asian_width

import xlsxwriter
from xlsxwriter.format import Format

from ledger.core.encoding import parse_date
from ledger.forms.filling import FormValues
from ledger.forms.layouts import PLACEHOLDER, Field, Item, Layout, PageCell
from ledger.forms.workbook import make_workbook

__all__ = ["make_form", "write_form"]

Style: TypeAlias = Literal["title", "line", "label", "value", "left"]
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - the same bytes for the same values
_A4 = 9
_FONT = "宋体"
_LINE = 15.0  # points of a line of text
_GAP = "　　　　"  # where a blank is to be filled in by hand
_BLANK_DAY = "　　年　　月　　日"
_ITEM_HEADERS = ("核心指标", "分项指标", "评估标准", "分值", "得分")
_TICK_HINT = "涉及否决项在栏目后打钩。"
_STYLES: dict[Style, dict[str, object]] = {
    "title": {"bold": True, "font_size": 18, "align": "center", "valign": "vcenter", "text_wrap": True},
    "line": {"align": "left", "valign": "vcenter", "text_wrap": True},
    "label": {"border": 1, "align": "center", "valign": "vcenter", "text_wrap": True},
    "value": {"border": 1, "align": "center", "valign": "vcenter", "text_wrap": True},
    "left": {"border": 1, "align": "left", "valign": "vcenter", "text_wrap": True},
}


def write_form(path: Path, layout: Layout, values: FormValues | None = None) -> None:
    """Write the form with `values`, blank without. The file appears whole or not at all; raises OSError."""
    draft = path.with_name(path.name + ".part")
    try:
        with draft.open("wb") as file:
            make_form(file, layout, values or FormValues())
        os.replace(draft, path)  # noqa: PTH105 - the one call that replaces a file on Windows too
    except BaseException:
        with suppress(FileNotFoundError):
            draft.unlink()
        raise


def make_form(file: IO[bytes], layout: Layout, values: FormValues) -> None:
    """Write the form with `values` into an open file."""
    if layout.bare:
        header = [column.field.label for column in layout.columns]
        rows = ([row.get(field, "") for field in layout.table_fields] for row in values.rows)
        make_workbook(file, layout.sheet, header, rows, widths=layout.widths)
        return
    options = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, {**options, "in_memory": True}) as workbook:
        workbook.set_properties({"created": _CREATED, "title": layout.title})
        _Page(workbook, layout, values).write()


class _Page:
    """One form being written, from the title downwards."""

    def __init__(self, workbook: xlsxwriter.Workbook, layout: Layout, values: FormValues) -> None:
        self.layout, self.values = layout, values
        self.sheet = workbook.add_worksheet(layout.sheet)
        self.formats: dict[Style, Format] = {
            style: workbook.add_format({"font_name": _FONT, "font_size": 11, "num_format": "@", **settings})
            for style, settings in _STYLES.items()
        }
        self.number = workbook.add_format({"font_name": _FONT, "font_size": 11, **_STYLES["value"]})
        self.at = 0
        self.taken: set[tuple[int, int]] = set()
        self.heights: dict[int, float] = {}

    def write(self) -> None:
        """Write everything, then the widths, heights and the settings for printing."""
        layout, sheet = self.layout, self.sheet
        for index, width in enumerate(layout.widths):
            sheet.set_column(index, index, width)
        title = PLACEHOLDER.sub(self.title_part, layout.title)
        self.put(0, len(layout.widths), 1, title, "title", least=34.0)
        self.at += 1
        parts: dict[str, Callable[[], None]] = {"table": self.table, "items": self.items, "vetoes": self.vetoes}
        for row in layout.rows:
            if row.part in parts:
                parts[row.part]()
            else:
                self.cells(row.cells, line=row.part == "line")
        for row_at, height in self.heights.items():
            sheet.set_row(row_at, height)
        sheet.set_paper(_A4)
        if layout.landscape:
            sheet.set_landscape()
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        sheet.center_horizontally()
        sheet.fit_to_pages(1, 0)
        sheet.print_area(0, 0, self.at - 1, len(layout.widths) - 1)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{self.at}"})

    def title_part(self, match: re.Match[str]) -> str:
        """Return what stands for a field in the title: its value, or its label in brackets."""
        name = match[1]
        return self.values.fields.get(name) or f"（{self.layout.fields[name].label}）"

    def cells(self, cells: Sequence[PageCell], *, line: bool) -> None:
        """Write one row of the page; cells that reach down from the row above keep their place."""
        column = 0
        for cell in cells:
            while (self.at, column) in self.taken:
                column += 1
            fields = cell.fields
            if not fields:
                style: Style = "line" if line else "left" if cell.left else "label"
                self.put(column, cell.span, cell.rows, cell.text, style)
            elif cell.text == f"{{{fields[0]}}}":
                self.put_value(column, cell, self.layout.fields[fields[0]])
            else:
                text = PLACEHOLDER.sub(lambda match: self.shown(self.layout.fields[match[1]]), cell.text)
                self.put(column, cell.span, cell.rows, text, "line" if line else "left" if cell.left else "value")
            column += cell.span
        self.at += 1

    def put_value(self, column: int, cell: PageCell, one: Field) -> None:
        """Write the cell of one field."""
        value = self.values.fields.get(one.id, "")
        if one.kind == "day":
            value = self.shown(one)
        if one.kind in ("count", "score") and value:
            self.put(column, cell.span, cell.rows, "", "value")
            self.sheet.write_number(self.at, column, float(value), self.number)
            return
        least = 48.0 if cell.left and not cell.text.startswith("（") else 24.0
        self.put(column, cell.span, cell.rows, value, "left" if cell.left else "value", least=least)

    def shown(self, one: Field) -> str:
        """Return a field as it stands inside a text."""
        value = self.values.fields.get(one.id, "")
        if one.kind == "day":
            return _day(value) if value else _BLANK_DAY
        return value or _GAP

    def table(self) -> None:
        """Write header and rows of the table; a blank form has blank lines."""
        columns = self.layout.columns
        starts = [sum(column.span for column in columns[:n]) for n in range(len(columns))]
        self.sheet.repeat_rows(self.at)
        for start, column in zip(starts, columns, strict=True):
            self.put(start, column.span, 1, column.field.label, "label")
        self.at += 1
        for row in self.values.rows or [{}] * self.layout.blank_rows:
            for start, column in zip(starts, columns, strict=True):
                value = row.get(column.field.id, "")
                self.put(start, column.span, 1, value, "value")
                if value and column.field.kind in ("count", "score"):
                    self.sheet.write_number(self.at, start, float(value), self.number)
            self.at += 1

    def items(self) -> None:
        """Write the scored items: block and name merged over their items."""
        spans = _item_spans(len(self.layout.widths))
        for (start, span), header in zip(spans, _ITEM_HEADERS, strict=True):
            self.put(start, span, 1, header, "label")
        self.at += 1
        for block in self.layout.blocks:
            self.put(*spans[0], len(block.items), block.name, "label")
            named: Item | None = None
            for n, item in enumerate(block.items):
                if named is None or item.name != named.name:
                    same = [other for other in block.items[n:] if other.name == item.name]
                    self.put(*spans[1], len(same), item.name, "label")
                named = item
                self.put(*spans[2], 1, item.standard.strip(), "left")
                self.put(*spans[3], 1, "", "value")
                self.sheet.write_number(self.at, spans[3][0], item.points, self.number)
                self.put(*spans[4], 1, "", "value")
                score = self.values.fields.get(item.id, "")
                if score:
                    self.sheet.write_number(self.at, spans[4][0], float(score), self.number)
                self.at += 1

    def vetoes(self) -> None:
        """Write the vetoes with their ticks."""
        spans = _item_spans(len(self.layout.widths))
        count = len(self.layout.vetoes)
        self.put(*spans[0], count, "否决项", "label")
        self.put(*spans[1], count, self.layout.veto_note, "left")
        self.put(*spans[3], count, _TICK_HINT, "label")
        for veto in self.layout.vetoes:
            self.put(*spans[2], 1, veto.zh, "left", least=36.0)
            self.put(*spans[4], 1, self.values.fields.get(veto.id, ""), "value")
            self.at += 1

    def put(self, column: int, span: int, rows: int, text: str, style: Style, *, least: float = 20.0) -> None:
        """Write a text over `span` columns and `rows` rows, and make their rows high enough for it."""
        last_row, last_column = self.at + rows - 1, column + span - 1
        look = self.formats[style]
        if rows * span > 1:
            self.sheet.merge_range(self.at, column, last_row, last_column, "", look)
        if text:
            self.sheet.write_string(self.at, column, text, look)
        else:
            self.sheet.write_blank(self.at, column, None, look)
        self.taken |= {(row, at) for row in range(self.at, last_row + 1) for at in range(column, last_column + 1)}
        size = 1.7 if style == "title" else 1.0
        needed = _lines(text, sum(self.layout.widths[column : last_column + 1]) / size) * _LINE * size + 6
        for row in range(self.at, last_row + 1):
            self.heights[row] = max(self.heights.get(row, 0.0), least, needed / rows)


def _item_spans(width: int) -> list[tuple[int, int]]:
    """Return (first column, span) of the five columns of items: the standard takes what the others leave."""
    wide = width - 4
    return [(0, 1), (1, 1), (2, wide), (width - 2, 1), (width - 1, 1)]


def _lines(text: str, width: float) -> int:
    """Return how many lines a text takes in a column of `width` characters; a 汉字 is two of them wide."""
    sizes = (sum(2.1 if east_asian_width(c) in "WFA" else 1.1 for c in line) for line in text.split("\n"))
    return sum(max(1, ceil(size / max(width - 1.5, 1))) for size in sizes)


def _day(value: str) -> str:
    day = parse_date(value, "day")
    return f"{day.year}年{day.month}月{day.day}日"
