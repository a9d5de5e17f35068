"""Levels of an enterprise's own: 特级技师 stands where a level is asked for, and is a filed level of the profile."""

from pathlib import Path

import openpyxl
import pytest

from ledger.forms.filled import write_filled
from ledger.forms.roster import Roster, normal_form, read_roster
from ledger.forms.workbook import write_workbook
from tests.unit.app.world import HEADER, PROFILE, people

LEVEL = HEADER.index("职业技能等级")
TITLES = {"特级技师": "3", "首席技师（一档）": "4"}


def read(path: Path, *levels: str, titles: dict[str, str] | None = TITLES) -> Roster:
    from datetime import date

    rows = people(len(levels))
    for row, level in zip(rows, levels, strict=True):
        row[LEVEL] = level
    write_workbook(path / "r.xlsx", "测试数据", HEADER, iter(rows), above=(), widths=(20,) * 11)
    return read_roster(path / "r.xlsx", PROFILE, date(2026, 11, 20), titles=titles)


@pytest.mark.domain("A25")
def test_a_title_is_read_with_the_level_it_is_filed_for(tmp_path: Path) -> None:
    roster = read(tmp_path, " 特级 技师", "首席技师(一档)", "三级/高级工")
    assert roster.findings == []
    assert [(row.level, row.title) for row in roster.rows] == [("3", "特级技师"), ("4", "首席技师（一档）"), ("3", "")]


@pytest.mark.domain("A25")
def test_a_title_that_is_not_filed_is_no_level(tmp_path: Path) -> None:
    roster = read(tmp_path, "特级技师", titles=None)
    [finding] = roster.findings
    assert finding.rule == "level.unknown"
    assert "特级技师" not in finding.zh
    [finding] = read(tmp_path, "资深技师").findings
    assert "特级技师" in finding.zh


def test_it_is_part_of_what_a_roster_says(tmp_path: Path) -> None:
    titled, plain = (normal_form(read(tmp_path, level).rows) for level in ("特级技师", "三级"))
    assert titled != plain
    assert titled == plain.replace(b"\n", b"\x00", 1).replace(b"\n", "\ttitle=特级技师\n".encode(), 1).replace(
        b"\x00", b"\n"
    )


@pytest.mark.domain("A25")
def test_the_filled_form_says_it_again(tmp_path: Path) -> None:
    write_filled(tmp_path / "f.xlsx", read(tmp_path, "特级技师", "三级").rows, PROFILE)
    rows = list(openpyxl.load_workbook(tmp_path / "f.xlsx").worksheets[0].iter_rows(values_only=True))
    assert [row[LEVEL] for row in rows[-2:]] == ["特级技师", PROFILE.level("3").zh]  # type: ignore[union-attr]  # there is one
