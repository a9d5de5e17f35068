"""A list without a line is, byte for byte, the list that would have been written without that person."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from ledger.forms.filled import CodeRow, write_codes, write_filled
from ledger.forms.roster import RosterRow
from ledger.forms.shortened import shorten
from tests.leaks import Secrets, scan_bytes
from tests.simulator import PROFILES

NAMES = ("欧阳探鸢", "𠮷田雀羽", "=1+1 & <甲>", "司徒_x0041_画眉")


def row(n: int, name: str) -> RosterRow:
    return RosterRow(
        row_number=n, name=name, doc_type="201", doc_no=f"50010119900101{n:04}", employer=f"测试单位{n}",
        occupation_name="车工", job="", level="3", code=number(n), issued="2026-11-18",
        evaluator="某某学院（测试数据）", issuer_name="某某学院（测试数据）", org="S000050000001",
        occupation_code="6-18-01-01",
    )  # fmt: skip


def number(n: int) -> str:
    return f"S000050000001263{n:06}"


ROWS = [row(n, name) for n, name in enumerate(NAMES, 1)]


def filled(folder: Path, profile: str, rows: Sequence[RosterRow]) -> bytes:
    write_filled(folder / "filled.xlsx", rows, PROFILES[profile], filed="2026-11-20")
    return (folder / "filled.xlsx").read_bytes()


def codes(folder: Path, rows: Sequence[RosterRow]) -> bytes:
    write_codes(folder / "codes.xlsx", [CodeRow(one.code, one.name, f"{one.row_number:020}") for one in rows])
    return (folder / "codes.xlsx").read_bytes()


@pytest.mark.parametrize("gone", [(1,), (4,), (2, 3)])
@pytest.mark.parametrize("form", [*sorted(PROFILES), "codes"])
def test_as_if_they_had_never_been_in_it(tmp_path: Path, form: str, gone: tuple[int, ...]) -> None:
    def make(rows: Sequence[RosterRow]) -> bytes:
        return codes(tmp_path, rows) if form == "codes" else filled(tmp_path, form, rows)

    shorter = shorten(make(ROWS), {number(n) for n in gone})
    assert shorter == make([one for one in ROWS if one.row_number not in gone])
    secrets = Secrets({NAMES[n - 1] for n in gone}, {ROWS[n - 1].doc_no for n in gone}, {f"{n:020}" for n in gone})
    leaks = {leak.kind for leak in scan_bytes("list", shorter or b"", secrets)}
    assert leaks <= {"resident identity number"}  # the others'


@pytest.mark.parametrize("form", ["cn-chongqing-2020-1", "codes"])
def test_one_without_them_stays_as_it_is(tmp_path: Path, form: str) -> None:
    data = codes(tmp_path, ROWS) if form == "codes" else filled(tmp_path, form, ROWS)
    assert shorten(data, {number(9)}) is data


def test_nobody_left(tmp_path: Path) -> None:
    assert shorten(codes(tmp_path, ROWS[:1]), {number(1)}) is None


def test_what_somebody_has_changed_is_not_shortened(tmp_path: Path) -> None:
    data = filled(tmp_path, "cn-chongqing-2020-1", ROWS)
    book = openpyxl.load_workbook(io.BytesIO(data))
    book.worksheets[0]["Z1"] = NAMES[0]
    book.save(tmp_path / "changed.xlsx")
    hidden = io.BytesIO(data)
    with zipfile.ZipFile(hidden, "a") as archive:
        archive.writestr("xl/comments1.xml", NAMES[0])
    two = openpyxl.Workbook()
    two.create_sheet("测试数据")
    two.save(tmp_path / "two.xlsx")
    others = [(tmp_path / name).read_bytes() for name in ("changed.xlsx", "two.xlsx")]
    for other in (*others, hidden.getvalue(), data[:-30], b"", b"PK"):
        assert shorten(other, {number(1)}) is None
