"""The forms of the notices as data: what stands where on the page, what each field is, and what must add up.

A layout is one TOML text:

    id, title, en, source, sheet, landscape, widths (of the columns of the page, in characters)
                (a field in the title is printed and not read)
    bare        true: header and rows only, no title (附件6 of Anhui forbids notes in the reported file)
    blank_rows  empty lines of a blank table
    [fields]    id -> label, kind, required: everything outside table and items
    [[rows]]    the page downwards: {line = "标签：{field}"} across the page, {cells = [...]} in frames,
                {part = "table"}, {part = "items"}, {part = "vetoes"}
    [[columns]] of the table: field, header, kind, required, span
    [[blocks]]  of a supervision form: name, points, and items: id, zh, name, standard, points, ways
    [[vetoes]]  id, zh; veto_note says what a tick does
    [[checks]]  rule, field, of

A cell is {text, span, rows, left}; in a text, {field} stands for its value. `ways` are the ways in which an item can
score: each is a list of parts, each part the points it may have; what is allowed is every sum of one way.
`load_layout` refuses unknown keys and fields, and scores that do not add up.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Final, Literal, TypeAlias, cast

from ledger.core.errors import FormatError
from ledger.core.table import Table

__all__ = [
    "Block",
    "Check",
    "Field",
    "Item",
    "Layout",
    "PageCell",
    "PageRow",
    "TableColumn",
    "Veto",
    "layout_ids",
    "load_layout",
    "parse_layout",
]

Kind: TypeAlias = Literal["text", "id", "day", "date", "count", "score", "tick"]
Part: TypeAlias = Literal["line", "cells", "table", "items", "vetoes"]
KINDS: Final[tuple[Kind, ...]] = ("text", "id", "day", "date", "count", "score", "tick")
PARTS: Final[tuple[Literal["table", "items", "vetoes"], ...]] = ("table", "items", "vetoes")
RULES: Final = ("sum.row", "sum.column", "sum.equal", "sum.order", "sum.listed")
FULL_SCORE: Final = 100
PLACEHOLDER = re.compile(r"\{(\w+)\}")
# In the order of the requirements that they fulfil: H1, H2, H4, H5, H6, H7, H8, F6, B1.
_IDS: Final = (
    *("summary", "certificates", "roster-shandong", "register-zhejiang", "scores"),
    *("supervision-internal", "supervision-external", "confirmation", "receipt"),
)


@dataclass(frozen=True, slots=True)
class Field:
    """A value of a form.

    Kinds: text; id, a number that must stay text; day 2026年11月18日; date 2026-11-18; count; score; tick √ or blank.
    """

    id: str
    label: str
    kind: Kind
    required: bool


@dataclass(frozen=True, slots=True)
class PageCell:
    """A cell of the page over `span` columns and `rows` rows; `left`: its text is not centred."""

    text: str
    span: int
    rows: int
    left: bool

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields in the text, in order."""
        return tuple(PLACEHOLDER.findall(self.text))


@dataclass(frozen=True, slots=True)
class PageRow:
    """A row of the page: a line, framed cells, or the place of table, items or vetoes."""

    part: Part
    cells: tuple[PageCell, ...]


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a form's table."""

    field: Field
    span: int


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a supervision form: its name and standard as printed, and the scores that its wording allows."""

    id: str
    zh: str
    name: str
    standard: str
    points: int
    allowed: frozenset[int]


@dataclass(frozen=True, slots=True)
class Block:
    """核心指标: a group of items with its points."""

    name: str
    points: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Veto:
    """否决项: any one makes the score 0."""

    id: str
    zh: str


@dataclass(frozen=True, slots=True)
class Check:
    """What must add up: `field` is the sum of (row, column), equal to or not above `of`; see pages.py."""

    rule: str
    field: str
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A form. `fields` holds every field outside the table by id: those of [fields], of items, of vetoes."""

    id: str
    title: str
    en: str
    source: str
    sheet: str
    landscape: bool
    bare: bool
    widths: tuple[int, ...]
    blank_rows: int
    fields: Mapping[str, Field]
    rows: tuple[PageRow, ...]
    columns: tuple[TableColumn, ...]
    blocks: tuple[Block, ...]
    vetoes: tuple[Veto, ...]
    veto_note: str
    checks: tuple[Check, ...]

    @property
    def printed_title(self) -> str:
        """The title as the empty form has it: a field in it stands as its label in brackets."""
        return PLACEHOLDER.sub(lambda match: f"（{self.fields[match[1]].label}）", self.title)

    @property
    def items(self) -> tuple[Item, ...]:
        """The items of all blocks, in order."""
        return tuple(item for block in self.blocks for item in block.items)

    @property
    def table_fields(self) -> Mapping[str, Field]:
        """The fields of the table's columns by id."""
        return {column.field.id: column.field for column in self.columns}


def layout_ids() -> tuple[str, ...]:
    """Return the ids of all forms."""
    return _IDS


@cache
def load_layout(form_id: str) -> Layout:
    """Return the layout of a form. Raises KeyError for an unknown one."""
    if form_id not in _IDS:
        raise KeyError(form_id)
    return parse_layout(files(__name__).joinpath(f"{form_id}.toml").read_text(encoding="utf-8"), form_id)


def parse_layout(text: str, name: str) -> Layout:
    """Return the layout that the TOML `text` describes. Raises FormatError naming table and key."""
    try:
        return _layout(Table(tomllib.loads(text), "top"), name)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(f"layout {name}", f"not TOML: {error}") from error
    except FormatError as error:
        raise FormatError(f"layout {name}", error.reason) from error


def _layout(top: Table, name: str) -> Layout:
    if top.text("id") != name:
        raise top.error(f"id is not {name!r}")
    title, en, source, sheet = (top.text(key) for key in ("title", "en", "source", "sheet"))
    landscape, bare = top.flag("landscape", default=False), top.flag("bare", default=False)
    widths, blank_rows = top.numbers("widths"), top.number("blank_rows", 0)
    fields = _fields(top.table("fields")) if "fields" in top.values else {}
    rows = tuple(_row(table, len(widths)) for table in top.tables("rows", ()))
    columns = tuple(_column(table) for table in top.tables("columns", ()))
    blocks = tuple(_block(table) for table in top.tables("blocks", ()))
    vetoes = tuple(_veto(table) for table in top.tables("vetoes", ()))
    veto_note = top.text("veto_note") if vetoes else ""
    checks = tuple(_check(table) for table in top.tables("checks", ()))
    top.close()
    for block in blocks:
        fields |= {item.id: Field(item.id, item.zh, "score", required=True) for item in block.items}
    fields |= {veto.id: Field(veto.id, veto.zh, "tick", required=False) for veto in vetoes}
    layout = Layout(
        *(name, title, en, source, sheet, landscape, bare, widths, blank_rows),
        *(fields, rows, columns, blocks, vetoes, veto_note, checks),
    )
    _agree(top, layout)
    return layout


def _agree(top: Table, layout: Layout) -> None:
    """Refuse a layout whose parts contradict each other."""
    shown = PLACEHOLDER.findall(layout.title)
    shown += [field for row in layout.rows for cell in row.cells for field in cell.fields]
    placed = shown + [item.id for item in layout.items] + [veto.id for veto in layout.vetoes]
    if len(set(placed)) != len(placed) or set(placed) != set(layout.fields):
        raise top.error(f"a field is not placed exactly once: {sorted(set(placed) ^ set(layout.fields))}")
    if sum(column.span for column in layout.columns) not in (0, len(layout.widths)):
        raise top.error("the columns do not fill the page")
    if layout.blocks and sum(block.points for block in layout.blocks) != FULL_SCORE:
        raise top.error(f"the blocks do not add up to {FULL_SCORE}")
    known = set(layout.fields) | set(layout.table_fields)
    unknown = {field for check in layout.checks for field in (check.field, *check.of)} - known
    if unknown:
        raise top.error(f"a check names unknown fields {sorted(unknown)}")


def _fields(table: Table) -> dict[str, Field]:
    fields = {}
    for field_id in list(table.values):
        entry = table.table(field_id)
        fields[field_id] = _field(entry, field_id, entry.text("label"))
        entry.close()
    return fields


def _field(table: Table, field_id: str, label: str) -> Field:
    kind = table.choice("kind", KINDS) if "kind" in table.values else "text"
    return Field(field_id, label, kind, table.flag("required", default=False))


def _row(table: Table, width: int) -> PageRow:
    row: PageRow
    if "line" in table.values:
        row = PageRow("line", (PageCell(table.text("line"), width, 1, left=True),))
    elif "part" in table.values:
        row = PageRow(table.choice("part", PARTS), ())
    else:
        row = PageRow("cells", tuple(_cell(cell) for cell in table.tables("cells")))
    table.close()
    return row


def _cell(table: Table) -> PageCell:
    text = cast("str", table.values.pop("text", ""))
    cell = PageCell(text, table.number("span", 1), table.number("rows", 1), table.flag("left", default=False))
    table.close()
    return cell


def _column(table: Table) -> TableColumn:
    column = TableColumn(_field(table, table.text("field"), table.text("header")), table.number("span", 1))
    table.close()
    return column


def _block(table: Table) -> Block:
    name, points = table.text("name"), table.number("points")
    items = tuple(_item(item) for item in table.tables("items"))
    table.close()
    if sum(item.points for item in items) != points:
        raise table.error(f"the items do not add up to {points}")
    return Block(name, points, items)


def _item(table: Table) -> Item:
    item_id, zh, standard, points = table.text("id"), table.text("zh"), table.text("standard"), table.number("points")
    ways = cast("Sequence[Sequence[Sequence[int]]]", table.values.pop("ways", [[[points, 0]]]))
    name = table.text("name", zh)
    table.close()
    allowed = frozenset(sum(parts) for way in ways for parts in product(*way))
    if max(allowed) != points:
        raise table.error(f"no way of {item_id} adds up to {points}")
    return Item(item_id, zh, name, standard, points, allowed)


def _veto(table: Table) -> Veto:
    veto = Veto(table.text("id"), table.text("zh"))
    table.close()
    return veto


def _check(table: Table) -> Check:
    check = Check(table.choice("rule", RULES), table.text("field"), table.texts("of", ()))
    table.close()
    return check
