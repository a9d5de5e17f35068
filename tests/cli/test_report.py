"""`ledger report`: the tables on the terminal and the workbook say the same, and only what is published counts."""

import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.cli.cases import csv, ledger, make_opened, must
from tests.fixtures.forms import person

FILING = """\
org = "S000050000001"
name = "重庆云岭技师学院（虚构）"
uscc = "125000000000000171"
profile = "cn-chongqing-2020-1"
valid_from = "2025-01-01"
valid_to = "2027-12-31"

[[scope]]
occupation = {code = "6-18-01-01", name = "车工", job = "数控车工"}
levels = ["3", "4", "5", "9"]
"""
LEVELS = {"三级/高级工": 9, "四级/中级工": 7, "五级/初级工": 3}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with 19 certificates of three levels; one of level 3 is revoked."""
    folder = tmp_path_factory.mktemp("report")
    make_opened(folder)
    (folder / "filing.toml").write_text(FILING, encoding="utf-8")
    must(ledger(folder, "--home", "home", "org", "file", "filing.toml"))
    people = [
        person(f"19{70 + n}{month:02d}01", 姓名="测试者", 职业技能等级=level)
        for month, (level, count) in enumerate(LEVELS.items(), 1)
        for n in range(count)
    ]
    (folder / "roster.csv").write_text(csv(people), encoding="utf-8")
    must(ledger(folder, "--home", "home", "append", "roster.csv"))
    must(ledger(folder, "--home", "home", "revoke", "S000050000001263000001", "--reason", "fraud"))
    return folder


@pytest.mark.domain("G8")
def test_the_terminal_shows_valid_certificates_by_level(home: Path) -> None:
    """Level 5 has three, so one more count is withheld: 18 - 8 would tell it."""
    ran = must(ledger(home, "--home", "home", "report", "--by", "level"))
    assert "valid: 18" in ran.out
    rows = [line for line in ran.out.splitlines() if line.startswith(("3  ", "4  ", "5  "))]
    assert [row.split("  ")[-1] for row in rows] == ["8", "withheld", "<5"]
    chinese = must(ledger(home, "--home", "home", "report", lang="zh")).out
    for shown in ("可查验且有效的证书：18 张", "重庆云岭技师学院（虚构）", "三级/高级工", "2026-11", "不公布", "<5"):
        assert shown in chinese, shown


def test_the_workbook_says_what_the_terminal_says(home: Path) -> None:
    must(ledger(home, "--home", "home", "report", "--out", "report.xlsx", lang="zh"))
    book = load_workbook(home / "report.xlsx")
    assert book.sheetnames == ["评价机构", "职业", "等级", "发证年月", "状态"]
    levels = [row for row in book["等级"].iter_rows(values_only=True) if row[0] in ("3", "4", "5")]
    assert levels == [("3", "三级/高级工", 8), ("4", "四级/中级工", "不公布"), ("5", "五级/初级工", "<5")]
    states = {row[0]: row[1] for row in book["状态"].iter_rows(values_only=True)}
    assert (states["有效"], states["已撤销"], states["已暂停"]) == (18, "<5", 0)
    again = ledger(home, "--home", "home", "report", "--out", "report.xlsx")
    assert (again.code, "is there already" in again.err) == (2, True)


def test_one_table_and_some_days_only(home: Path) -> None:
    must(ledger(home, "--home", "home", "report", "--by", "period", "--from", "2026-11-18", "--out", "period.xlsx"))
    book = load_workbook(home / "period.xlsx")
    assert book.sheetnames == ["Issued"]
    rows = [row for row in book["Issued"].iter_rows(values_only=True) if row[1] is not None]
    assert rows == [("Issued", "Certificates"), ("2026", 18), ("  2026-11", 18)]
    later = must(ledger(home, "--home", "home", "report", "--by", "period", "--from", "2026-11-19"))
    assert "valid: 0" in later.out


def test_no_personal_data_is_read_or_needed(home: Path, tmp_path: Path) -> None:
    """The report is the same without the register's keys: it comes from public/ alone."""
    before = must(ledger(home, "--home", "home", "report")).out
    copy = tmp_path / "home"
    shutil.copytree(home / "home", copy)
    shutil.rmtree(copy / "keys")
    assert must(ledger(tmp_path, "--home", "home", "report")).out == before


def test_a_public_folder_that_is_not_whole_is_refused(home: Path, tmp_path: Path) -> None:
    copy = tmp_path / "home"
    shutil.copytree(home / "home", copy)
    shard = copy / "public" / "shard" / "0" / "000.txt"
    shard.write_bytes(shard.read_bytes().replace(b'"level":"5"', b'"level":"3"', 1))
    ran = ledger(tmp_path, "--home", "home", "report")
    assert ran.code == 1
    assert "not whole" in ran.err
    assert "ledger verify" in ran.err
    assert ran.out == ""


def test_what_a_scraper_learns(home: Path) -> None:
    """19 certificates of one day: none is alone by its level, and all show the same surname."""
    ran = must(ledger(home, "--home", "home", "report", "--exposure"))
    for said in ("preset masked", "state: 19 certificates", "surname and **: 19 certificates", "withdrawn: 0"):
        assert said in ran.out, said
    rows = [" ".join(line.split()) for line in ran.out.splitlines() if line.startswith("and organisation, surname ")]
    assert rows == [f"and organisation, surname {period} 0 (0.0 %) 3 (15.8 %)" for period in ("year", "month", "day")]
    assert "独一无二" in must(ledger(home, "--home", "home", "report", "--exposure", lang="zh")).out
    other = ledger(home, "--home", "home", "report", "--exposure", "--by", "level")
    assert (other.code, "with no other option" in other.err) == (2, True)
