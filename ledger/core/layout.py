"""Layout: how a notice wants the printed certificate, as measures. Whoever prints one follows it; nothing else does.

Lengths are whole millimetres, sizes of type whole points, the frame's line hundredths of a point. A typeface is the
notice's; its own words say that the sample is for reference only, so another of the same kind may stand in.
"""

from collections.abc import Collection
from dataclasses import dataclass

from ledger.core.table import Table

__all__ = ["Layout", "read_layout"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The page (width, height), the frame on it, its line, the type and its sizes, the photo and the QR code."""

    page: tuple[int, int]
    frame: tuple[int, int]
    frame_line: int
    typeface: str
    title_points: int
    body_points: int
    link_points: int
    photo: str  # the trade's name of the size, "2寸"
    photo_ground: str
    qr: int  # the length of a side
    rule: str


def read_layout(table: Table | None, rules: Collection[str]) -> Layout | None:
    """Read the layout. No table: the notice prescribes none. The frame must fit on the page."""
    if table is None:
        return None
    page, frame = (_pair(table, key) for key in ("page", "frame"))
    layout = Layout(
        page,
        frame,
        table.number("frame_line"),
        table.text("typeface"),
        table.number("title_points"),
        table.number("body_points"),
        table.number("link_points"),
        table.text("photo"),
        table.text("photo_ground"),
        table.number("qr"),
        table.member("rule", rules, "rule"),
    )
    table.close()
    if frame[0] >= page[0] or frame[1] >= page[1]:
        raise table.error("the frame does not fit on the page")
    return layout


def _pair(table: Table, key: str) -> tuple[int, int]:
    sides = table.numbers(key)
    if len(sides) != 2:
        raise table.error(f"{key} is not [width, height]")
    return sides[0], sides[1]
