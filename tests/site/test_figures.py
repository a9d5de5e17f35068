"""The page of figures: bars that say what the table beside them says, and nothing of what is hidden."""

import re
from html import unescape
from pathlib import Path

import pytest
from sitegen.figures import MOST, chart

from ledger.app.reports import Row
from ledger.app.suppression import Hidden, Shown
from tests.site.kit import REPOSITORY


def rows(*counts: Shown) -> tuple[Row, ...]:
    return tuple(Row(f"{n:02d}", f"机构{n}", f"organisation {n}", shown) for n, shown in enumerate(counts))


@pytest.mark.domain("G8")
def test_the_page_counts_valid_certificates_only(register_site: Path) -> None:
    """Of 32 issued, three are outside the scope, one is revoked and one suspended."""
    for language, said in (("", "证书共 27 张"), ("en/", "27 certificates can be found and are valid")):
        page = (register_site / f"{language}report" / "index.html").read_text("utf-8")
        assert said in page
        numbers = re.findall(r'<td class="number">([^<]+)</td>', page)
        assert numbers == ["18", "9", "27", "15", "12", "27", "6", "21", "27", "&lt;5", "&lt;5"]


def test_each_bar_stands_beside_its_row(register_site: Path) -> None:
    page = (register_site / "report" / "index.html").read_text("utf-8")
    figures = re.findall(r'<svg class="chart" role="img" aria-label="([^"]+)".*?</svg>.*?</table>', page, re.DOTALL)
    assert len(figures) == 5
    for section in page.split('<section class="block figure"')[1:]:
        drawn = [unescape(text) for text in re.findall(r'<text class="said"[^>]*>([^<]+)<', section)]
        told = [unescape(text) for text in re.findall(r'<td class="number">([^<]+)<', section)]
        assert set(drawn) <= set(told)
        assert len(drawn) in (len(told), len(told) - 1), "the bar of a year is its months'"


def test_lengths_follow_counts_and_a_hidden_count_has_none() -> None:
    made = chart("organisation", rows(200, 100, 0, Hidden.WITHHELD, Hidden.SMALL))
    widths = [bar.width for bar in made.bars]
    assert widths[0] == 2 * widths[1]
    assert widths[2:] == [0.0, 0.0, 0.0]
    assert [bar.hidden for bar in made.bars] == [False, False, False, True, True]
    assert made.height >= made.bars[-1].bar + made.thick


def test_nothing_is_drawn_of_hidden_counts_alone() -> None:
    assert {bar.width for bar in chart("level", rows(Hidden.SMALL, Hidden.SMALL)).bars} == {0.0}


def test_a_long_table_shows_its_first_rows_and_says_how_many_are_missing() -> None:
    made = chart("organisation", rows(*range(1000, 1000 - MOST - 7, -1)))
    assert (len(made.rows), len(made.bars), made.more) == (MOST, MOST, 7)


def test_of_many_months_the_newest_are_shown_each_under_its_year() -> None:
    months = []
    for year in range(2020, 2024):
        months.append(Row(str(year), str(year), str(year), 120))
        months += [Row(f"{year}-{n:02d}", f"{year}-{n:02d}", "", 10, inner=True) for n in range(1, 13)]
    made = chart("period", tuple(months))
    assert [bar.row.key for bar in made.bars][:2] == ["2022-05", "2022-06"]
    assert made.bars[-1].row.key == "2023-12"
    assert [row.key for row in made.rows if not row.inner] == ["2022", "2023"]
    assert made.more == 28


def test_charts_need_no_script_and_no_style(register_site: Path) -> None:
    page = (register_site / "report" / "index.html").read_text("utf-8")
    assert "<script" not in page
    assert " style=" not in page
    assert "chart" in (REPOSITORY / "site" / "assets" / "records.css").read_text("utf-8")
