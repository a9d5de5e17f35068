"""Whatever stands in the cells, a form is read or told: no error but a finding, and no finding shows a value."""

import random
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from ledger.forms.check import check_rows, complete_rows
from ledger.forms.findings import Finding
from ledger.forms.layouts import layout_ids, load_layout
from ledger.forms.page_reader import read_form
from ledger.forms.pages import write_form
from ledger.forms.roster import read_roster
from ledger.profiles import load, names
from tests.fixtures.forms import FILING, TODAY, write_xlsx
from tests.fixtures.pages import filled

SECRET = "机密内容甲乙丙"
ODD: Sequence[object] = (
    *(
        None,
        "",
        " ",
        SECRET,
        0,
        -1,
        1e300,
        3.6042619910101e17,
        True,
        "=1+1",
        "#REF!",
        "√",
        "——",
        "合计",
        "备注",
        "姓名",
        "序号",
    ),
    *(
        date(2026, 1, 1),
        datetime(2026, 1, 1, 1, 1),  # noqa: DTZ001 - as a spreadsheet has it
        time(1, 2),
        "2026-13-45",
        "：",
        "（）",
        "\u200b",
        "𠮷" * 300,
        "1.说明",
        "年月日",
    ),
)
TIMES = 25


def shuffled(rows: list[list[object]], rng: random.Random) -> list[list[object]]:
    """Cells typed over, rows and columns left out, doubled or moved."""
    rows = [list(row) for row in rows]
    for _ in range(rng.randrange(1, 12)):
        row = rng.choice(rows)
        if row:
            row[rng.randrange(len(row))] = rng.choice(ODD)
    if rng.random() < 0.3:
        rng.shuffle(rows)
    if rng.random() < 0.3:
        rows.insert(rng.randrange(len(rows)), list(rng.choice(rows)))
    if rng.random() < 0.3:
        column = rng.randrange(max(map(len, rows)))
        rows = [row[:column] + row[column + 1 :] for row in rows]
    return rows


def cells(path: Path) -> list[list[object]]:
    sheet = openpyxl.load_workbook(path).active
    assert isinstance(sheet, Worksheet)
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def silent(findings: Sequence[Finding]) -> bool:
    return not any(SECRET in finding.zh + finding.en + finding.source for finding in findings)


@pytest.mark.parametrize("form_id", layout_ids())
def test_shuffled_forms(tmp_path: Path, form_id: str) -> None:
    layout, rng = load_layout(form_id), random.Random(form_id)
    write_form(tmp_path / "a.xlsx", layout, filled(form_id))
    rows = cells(tmp_path / "a.xlsx")
    told = 0
    for _ in range(TIMES):
        reading = read_form(write_xlsx(tmp_path / "b.xlsx", shuffled(rows, rng)), layout, listed=3)
        told += bool(reading.findings)
        assert silent(reading.findings)
    print(f"{form_id}: {told} of {TIMES} with findings")
    assert told > TIMES // 2


@pytest.mark.parametrize("name", names())
def test_shuffled_rosters(tmp_path: Path, name: str) -> None:
    profile, rng = load(name), random.Random(name)
    form_id = {"cn-shandong-2020-1": "roster-shandong", "cn-zhejiang-2023-1": "register-zhejiang"}.get(
        name, "certificates"
    )
    write_form(tmp_path / "a.xlsx", load_layout(form_id), filled(form_id))
    rows = cells(tmp_path / "a.xlsx")
    told = 0
    for _ in range(TIMES):
        path = write_xlsx(tmp_path / "b.xlsx", shuffled(rows, rng))
        roster = complete_rows(read_roster(path, profile, TODAY, issued="2026-11-18"), profile, FILING)
        findings = [*roster.findings, *check_rows(roster, profile, FILING, TODAY)]
        told += bool(findings)
        assert silent(findings)
    assert told == TIMES
