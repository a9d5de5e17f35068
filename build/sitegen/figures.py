"""The figures 统计: how many valid certificates, as bars beside the table that says the same.

A chart is drawn at the build as SVG without scripts or styles. Widths are percentages and texts have their own size, so
it stays readable on a narrow screen. A hidden count has no bar of any length: a dashed mark says that it is hidden.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from ledger.app.reports import Dimension, Report, Row
from ledger.app.suppression import Hidden, Shown
from sitegen.ledgerinfo import china_time
from sitegen.pages import Page, Renderer
from sitegen.texts import Catalogue

__all__ = ["Bar", "Chart", "chart", "figure_pages"]

MOST = 20  # bars, and rows, of one table on the page; the command line gives all
_LONGEST = 84  # percent of the width: the number stands behind the bar
_STEP = 46  # CSS pixels from one bar to the next
_LABEL, _BAR, _THICK = 14, 22, 14  # baseline of the label, top of the bar, its thickness


class Bar(NamedTuple):
    """A bar with its label above it: baselines and top in CSS pixels, `width` in percent."""

    row: Row
    label: int
    bar: int
    text: int
    width: float
    hidden: bool


class Chart(NamedTuple):
    """One table of the report as bars; `more` rows are not on the page."""

    name: Dimension
    rows: tuple[Row, ...]
    bars: tuple[Bar, ...]
    height: int
    thick: int
    more: int


def chart(name: Dimension, rows: tuple[Row, ...]) -> Chart:
    """The chart of a table: its first rows, the last ones of a table in order of time."""
    drawn = [row for row in rows if not (name == "period" and not row.inner)] or list(rows)
    shown = drawn[-MOST:] if name == "period" else drawn[:MOST]
    listed = rows[:MOST] if name != "period" else _with_years(rows, shown)
    most = max((row.shown for row in shown if isinstance(row.shown, int)), default=0)
    bars = []
    for number, row in enumerate(shown):
        known = row.shown if isinstance(row.shown, int) else 0
        width = round(_LONGEST * known / most, 2) if most else 0.0
        top = number * _STEP
        hidden = isinstance(row.shown, Hidden)
        bars.append(Bar(row, top + _LABEL, top + _BAR, top + _BAR + _THICK - 2, width, hidden))
    return Chart(name, tuple(listed), tuple(bars), max(len(bars), 1) * _STEP, _THICK, len(drawn) - len(shown))


def _with_years(rows: tuple[Row, ...], shown: list[Row]) -> tuple[Row, ...]:
    """The rows of the months shown, each year above its own."""
    months = {row.key for row in shown}
    years = {row.key[:4] for row in shown}
    return tuple(row for row in rows if row.key in (months if row.inner else years))


def figure_pages(renderer: Renderer, report: Report) -> Iterator[Page]:
    """The page of the report."""
    charts = [chart(name, rows) for name, rows in report.tables.items()]
    for language, texts in renderer.texts.items():
        said = partial(_said, texts)
        shared = {"current": "figures", "report": report, "charts": charts, "as_of": china_time(report.as_of)}
        yield renderer.page("report/", "figures.html.j2", language, said=said, **shared)


def _said(texts: Catalogue, shown: Shown) -> str:
    """A count as it is printed."""
    return f"{shown:,}" if isinstance(shown, int) else texts[f"figures.{shown.value}"]
