"""Lists of people for a notice: found in any form, read whole, and never a document number where a ticket stands."""

from pathlib import Path

import pytest

from ledger.forms.people import People, Person, read_people
from ledger.profiles import load
from tests.fixtures.forms import HEADER, PROFILE, person, resident, write_xlsx

ZHEJIANG = load("cn-zhejiang-2023-1")
ID = resident("19900101", "330503")
SCORES = ["序号", "准考证号码", "姓名", "身份证号码", "所在单位", "实操成绩", "综合成绩", "备注"]


def read(path: Path, rows: list[list[object]]) -> People:
    return read_people(write_xlsx(path / "list.xlsx", rows), ZHEJIANG, ["3", "4"])


def rules(people: People) -> list[tuple[int, str, str]]:
    return [(finding.row, finding.column, finding.rule) for finding in people.findings]


def test_a_roster_is_a_list(tmp_path: Path) -> None:
    rows: list[list[object]] = [list(HEADER), person(), person("19920202", 姓名="欧阳青松")]
    people = read_people(write_xlsx(tmp_path / "roster.xlsx", rows), PROFILE, ["3"])
    assert people.people == [Person("张云岭", "", "3", ""), Person("欧阳青松", "", "3", "")]
    assert people.fields == {"name", "level"}
    assert people.findings == []


def test_the_score_summary_is_a_list_and_its_foot_is_left_out(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["职业技能等级认定实操（综合成绩汇总表）"],
        ["企业名称（盖章）：测试数据", "", "", "认定计划号：NX-1"],
        list(SCORES),
        [1, "2026001", "张苕溪", ID, "测试数据", 80, 81, ""],
        [2, 2026002, "李苕溪", resident("19900102", "330503"), "测试数据", 80, 81, ""],
        [],
        ["考评组长：", "", "", "考评组成员："],
    ]
    people = read(tmp_path, rows)
    assert people.findings == []
    assert people.people == [Person("张苕溪", "2026001", "", ""), Person("李苕溪", "2026002", "", "")]
    assert people.fields == {"name", "ticket"}


def test_a_list_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("姓名,准考证号,等级,结果\n张三,A-1,高级工,合格\n李四,A-2,四级,未通过\n王五,,,\n")
    people = read_people(tmp_path / "list.csv", ZHEJIANG, ["3", "4"])
    assert people.people == [
        Person("张三", "A-1", "3", "passed"),
        Person("李四", "A-2", "4", "failed"),
        Person("王五", "", "", ""),
    ]
    assert people.fields == {"name", "ticket", "level", "result"}


TELEPHONES = ("13800138000", "T13800138000", "138-0013-8000", "8613800138000")


@pytest.mark.domain("F5")
@pytest.mark.parametrize("ticket", [ID, ID[:14], ID[6:14], ID[-4:], ID[:6], *TELEPHONES, "1" * 15, "准考01", "330 1"])
def test_a_ticket_is_no_document_or_telephone_number(tmp_path: Path, ticket: str) -> None:
    people = read(tmp_path, [list(SCORES), [1, ticket, "张苕溪", ID, "测试数据", 80, 81, ""]])
    assert rules(people) == [(2, "B", "list.ticket")]
    assert people.people == []
    assert ticket not in str(people.findings), "the value itself is never told"


@pytest.mark.parametrize("ticket", ["1", "001", "0101", "X-17", "20261380013800"])
def test_a_ticket_may_look_like_a_part_of_a_number_by_chance(tmp_path: Path, ticket: str) -> None:
    people = read(tmp_path, [list(SCORES), [1, ticket, "张苕溪", ID, "测试数据", 80, 81, ""]])
    assert [one.ticket for one in people.people] == [ticket]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (["", "T1", "3", "合格"], [(2, "A", "cell.empty")]),
        ([17, "T1", "3", "合格"], [(2, "A", "cell.kind")]),
        (["张\u200b三", "T1", "3", "合格"], [(2, "A", "name.invisible")]),
        (["张三", "T1", "七级", "合格"], [(2, "C", "level.unknown")]),
        (["张三", "T1", "5", "合格"], [(2, "C", "list.level")]),
        (["张三", "T1", "3", "优秀"], [(2, "D", "list.result")]),
        (["=1+1", "T1", "3", "合格"], [(2, "A", "cell.formula"), (2, "A", "cell.empty")]),
    ],
)
def test_what_cannot_be_read_is_told_where_it_stands(
    tmp_path: Path, row: list[object], found: list[tuple[int, str, str]]
) -> None:
    people = read(tmp_path, [["姓名", "准考证号", "等级", "结果"], row])
    assert rules(people) == found
    assert people.people == []


def test_a_sheet_without_names_is_no_list(tmp_path: Path) -> None:
    assert rules(read(tmp_path, [["准考证号", "等级"], ["T1", "3"]])) == [(0, "", "form.no_header")]
    assert rules(read(tmp_path, [["姓名"], []])) == [(0, "", "form.empty")]
    two = write_xlsx(tmp_path / "two.xlsx", [["姓名"], ["张三"]], more={"others": [["姓名"], ["李四"]]})
    assert rules(read_people(two, ZHEJIANG, ["3"])) == [(0, "", "form.several")]
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    assert [finding.rule for finding in read_people(tmp_path / "broken.xlsx", ZHEJIANG, []).findings] == ["file.kind"]


def test_a_list_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.forms.people.MAX_PEOPLE", 2)
    assert rules(read(tmp_path, [["姓名"], ["张三"], ["李四"]])) == []
    assert rules(read(tmp_path, [["姓名"], ["张三"], ["李四"], ["王五"]])) == [(4, "A", "list.long")]
