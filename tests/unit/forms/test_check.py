"""Rosters against the filing of their organisation."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from ledger.forms.check import check_rows, find_scope
from ledger.forms.roster import read_roster
from tests.fixtures.forms import FILING, HEADER, PROFILE, SCHOOL, TODAY, person, write_xlsx


def check(tmp_path: Path, *rows: list[object], today: date = TODAY) -> list[tuple[int, str, str]]:
    roster = read_roster(write_xlsx(tmp_path / "a.xlsx", [HEADER, *rows]), PROFILE, TODAY)
    return [(finding.row, finding.column, finding.rule) for finding in check_rows(roster, PROFILE, FILING, today)]


def test_a_good_roster_has_no_findings(tmp_path: Path) -> None:
    rows = [person("19910101"), person("19910102", 职业技能等级="9"), person("19910103", 工种名称="", 职业技能等级="5")]
    assert check(tmp_path, *rows) == []


def code(year: str = "26", level: str = "3", serial: str = "000001", org: str = FILING.org) -> str:
    return org + year + level + serial


@pytest.mark.parametrize(
    ("changed", "column", "rule"),
    [
        ({"职业名称": "焊工"}, "E", "scope.occupation"),
        ({"工种名称": "普通车工"}, "E", "scope.occupation"),
        ({"职业技能等级": "5"}, "G", "scope.level"),
        ({"工种名称": "", "职业技能等级": "3"}, "G", "scope.level"),
        ({"发证日期": "2026-11-21"}, "I", "issued.future"),
        ({"发证日期": "2024-12-31"}, "I", "issued.outside_filing"),
        ({"评价机构": "云岭技师学院", "发证机构": "云岭技师学院"}, "J", "evaluator.name"),
        ({"发证机构": "别的机构"}, "K", "issuer.same"),
        ({"证书编号": code()[:-1]}, "H", "code.form"),
        ({"证书编号": code(level="1")}, "H", "code.form"),
        ({"证书编号": code(org="S000050000002")}, "H", "code.org"),
        ({"证书编号": code(year="25")}, "H", "code.year"),
        ({"证书编号": code(level="4")}, "H", "code.level"),
    ],
)
def test_one_thing_wrong(tmp_path: Path, changed: dict[str, object], column: str, rule: str) -> None:
    assert check(tmp_path, person(**changed)) == [(2, column, rule)]


def test_a_right_number_filled_in(tmp_path: Path) -> None:
    assert check(tmp_path, person(证书编号=code())) == []


def test_the_last_day_of_the_filing(tmp_path: Path) -> None:
    rows = [person("19910101", 发证日期="2027-12-31"), person("19910102", 发证日期="2028-01-01")]
    assert check(tmp_path, *rows, today=date(2028, 6, 1)) == [(3, "I", "issued.outside_filing")]


def test_the_same_person_twice(tmp_path: Path) -> None:
    permit: dict[str, object] = {"证件类型": "210"}
    rows = [
        person("19910101"),
        person("19910102"),
        person("19910101", 职业技能等级="4"),
        person("19910101", 姓名="改名"),
        person(**permit, 证件号码="H1234567800"),
        person(**permit, 证件号码="H1234567801"),
    ]
    assert check(tmp_path, *rows) == [(5, "C", "person.twice"), (7, "C", "person.twice")]


def test_the_same_number_twice(tmp_path: Path) -> None:
    rows = [person("19910101", 证书编号=code()), person("19910102", 证书编号=code())]
    assert check(tmp_path, *rows) == [(3, "H", "code.twice")]


def test_what_could_not_be_read_has_its_finding_already(tmp_path: Path) -> None:
    row = person(证件类型="x", 职业技能等级="x", 发证日期="x", 职业名称="", 评价机构="", 发证机构="", 证书编号=code())
    assert check(tmp_path, row) == []


def test_findings_cite_the_notice(tmp_path: Path) -> None:
    roster = read_roster(write_xlsx(tmp_path / "a.xlsx", [HEADER, person(职业名称="焊工")]), PROFILE, TODAY)
    finding = check_rows(roster, PROFILE, FILING, TODAY)[0]
    assert finding.source == PROFILE.rules["scope.covered"].source
    assert finding.source.startswith("渝人社发〔2020〕83号")
    assert "车工/数控车工、车工" in finding.zh
    wrong_code = read_roster(write_xlsx(tmp_path / "a.xlsx", [HEADER, person(证书编号="1")]), PROFILE, TODAY)
    finding = check_rows(wrong_code, PROFILE, replace(FILING, name=SCHOOL), TODAY)[0]
    assert finding.source == PROFILE.rules["code.category"].source
    assert "第1位" in finding.zh


def test_scope_items_are_found_by_name_job_and_level() -> None:
    assert find_scope(FILING.scope, "车工", "", "5") is FILING.scope[1]
    assert find_scope(FILING.scope, "车工", "数控车工", "9") is FILING.scope[0]
    assert find_scope(FILING.scope, "车工", "数控车工", "5") is None
