"""Rosters: the header is found wherever it is, every finding comes at once, and the same people are the same bytes."""

import csv
import hashlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from ledger.forms.findings import Finding
from ledger.forms.roster import Roster, normal_form, read_roster
from tests.fixtures.forms import HEADER, PROFILE, SCHOOL, TODAY, person, resident, write_xlsx

TITLE = ["企业职业技能等级认定合格人员证书信息表", *[None] * 10]
UNIT = ["填报单位（章）：" + SCHOOL]


def read(path: Path) -> Roster:
    return read_roster(path, PROFILE, TODAY)


def read_rows(tmp_path: Path, *rows: list[object], header: tuple[str, ...] = HEADER) -> Roster:
    return read(write_xlsx(tmp_path / "a.xlsx", [header, *rows]))


def told(findings: list[Finding]) -> list[tuple[int, str, str]]:
    return [(finding.row, finding.column, finding.rule) for finding in findings]


def test_the_form_as_it_is_printed(tmp_path: Path) -> None:
    rows: list[Sequence[object]] = [TITLE, UNIT, HEADER, person("19910101"), person("19910102", 工种名称="——")]
    roster = read(write_xlsx(tmp_path / "a.xlsx", rows, title="名册", merged=["A1:K1", "A2:K2"]))
    assert roster.ok
    assert roster.findings == []
    assert (roster.sheet, roster.header_row) == ("名册", 3)
    assert roster.columns["doc_no"] == ("C", "证件号码")
    number = resident("19910101")
    assert roster.rows[0][:12] == (
        *(4, "张云岭", "201", number, SCHOOL, "车工", "数控车工", "3", "", "2026-11-18", SCHOOL, SCHOOL),
    )
    assert roster.rows[1].job == ""


def test_headers_as_people_write_them(tmp_path: Path) -> None:
    header = (
        "姓 名",
        "证件\n类型",
        "证件号码*",
        "所在\u3000单位",
        "职业名称：",
        "工种名称",
        "职业技能\r\n等级",
        "证书编号（由账本填写）",
        "发证日期(YYYY-MM-DD)",
        "评价\n机构",
        " 发证机构 ",
    )
    assert read_rows(tmp_path, person(), header=header).ok


def test_columns_in_any_order(tmp_path: Path) -> None:
    order = [10, 3, 7, 0, 2, 1, 9, 8, 6, 5, 4]
    shuffled = [[row[n] for n in order] for row in (HEADER, person())]
    roster = read(write_xlsx(tmp_path / "a.xlsx", shuffled))
    assert roster.ok
    assert roster.columns["name"] == ("D", "姓名")
    assert roster.rows[0].name == "张云岭"


def test_missing_doubled_and_extra_columns(tmp_path: Path) -> None:
    header = ("序号", "姓名", "姓名", *HEADER[2:])
    roster = read_rows(tmp_path, ["1", "张", "张", *person()[2:]], header=header)
    assert not roster.ok
    assert roster.rows == []
    assert told(roster.findings) == [
        (1, "", "form.column_missing"),
        (1, "A", "form.column_extra"),
        (1, "B", "form.column_twice"),
    ]
    assert "证件类型" in roster.findings[0].zh
    assert roster.findings[1].severity == "warning"


def test_a_sheet_without_a_header(tmp_path: Path) -> None:
    roster = read(write_xlsx(tmp_path / "空.xlsx", [["姓名", "备注"], ["张三", "x"]]))
    assert told(roster.findings) == [(0, "", "form.no_header")]
    assert roster.findings[0].sheet == "空.xlsx"
    assert roster.table is None


def test_a_second_sheet_is_passed_over_unless_it_is_a_roster(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    assert read(write_xlsx(path, [HEADER, person()], more={"说明": [["备注"]], "hidden": [HEADER, person()]})).ok
    roster = read(write_xlsx(path, [HEADER, person()], more={"二": [HEADER, person()]}))
    assert told(roster.findings) == [(0, "", "form.several")]


def test_a_roster_of_nobody(tmp_path: Path) -> None:
    assert told(read_rows(tmp_path).findings) == [(1, "", "form.empty")]


def test_notes_blank_rows_and_repeated_headers_are_left_out(tmp_path: Path) -> None:
    blank: list[object] = [" ", None, "\u3000"]
    roster = read_rows(
        tmp_path,
        person("19910101"),
        [],
        blank,
        list(HEADER),
        ["备注：1.本表一式三份，附于附件5之后。"],
        person("19910102"),
        ["2.证件类型为：201=居民身份证"],
        ["填报人：", None, None, "审核人："],
    )
    assert roster.ok
    assert [row.row_number for row in roster.rows] == [2, 7]
    assert told(roster.findings) == [
        (5, "", "form.header_again"),
        (6, "", "form.notes"),
        (8, "", "form.notes"),
        (9, "", "form.notes"),
    ]


def test_hidden_rows_are_read_and_told(tmp_path: Path) -> None:
    roster = read(write_xlsx(tmp_path / "a.xlsx", [HEADER, person(), person("19910102")], hidden=[3]))
    assert len(roster.rows) == 2
    assert told(roster.findings) == [(0, "", "form.hidden")]


def test_numeric_cells_are_refused_never_repaired(tmp_path: Path) -> None:
    roster = read_rows(
        tmp_path,
        person(证件号码=360426199101010071),
        person(证件号码=12345678.0, 证件类型="213"),
        person(证书编号=203000001),
        person(证件号码=date(1991, 1, 1)),
        person(姓名=7),
    )
    assert told(roster.findings) == [
        (2, "C", "cell.number"),
        (3, "C", "cell.number"),
        (4, "H", "cell.number"),
        (5, "C", "cell.kind"),
        (6, "A", "cell.kind"),
    ]
    assert [row.doc_no for row in roster.rows[:2]] == ["", ""]
    assert roster.rows[2].code == ""
    assert roster.findings[0].value_class == "number"
    assert roster.findings[3].value_class == "date"


def test_formulas_and_error_values_are_refused(tmp_path: Path) -> None:
    roster = read_rows(
        tmp_path, person(证件号码='="50011219910101"&"0009"', 证书编号="=A1", 所在单位="#N/A", 姓名="=B2"), ["=A1"]
    )
    assert told(roster.findings)[:4] == [(2, c, "cell.formula") for c in "ACDH"]
    assert roster.findings[1].value_class == "formula"
    assert roster.rows[0].doc_no == roster.rows[0].name == roster.rows[0].employer == ""
    assert (3, "A", "cell.formula") in told(roster.findings)


def test_a_zero_character_is_told_and_never_taken_for_a_blank(tmp_path: Path) -> None:
    """Spreadsheets write it _x0000_."""
    zero = "_x0000_"
    row = person(
        姓名=zero, 证件类型=zero, 证件号码=zero, 所在单位=zero, 职业技能等级=zero, 证书编号=zero, 发证日期=zero
    )
    assert {finding.column for finding in read_rows(tmp_path, row).findings} >= set("ABCDGI")


def test_every_finding_of_the_sheet_at_once(tmp_path: Path) -> None:
    roster = read_rows(
        tmp_path,
        person(姓名="阿卜杜•买买提", 证件类型="999", 职业技能等级="技师", 发证日期="24-3-1"),
        person(姓名="", 证件号码="", 所在单位=""),
        person(证件号码="500112199101010000"),
        person(证件号码="5001121991\u200b01010009"),
        person(发证日期=45352),
        person("19910103", 发证日期=date(2026, 11, 18), 证件类型=201, 职业技能等级=3),
    )
    assert told(roster.findings) == [
        (2, "A", "name.interpunct"),
        (2, "B", "document.type"),
        (2, "G", "level.unknown"),
        (2, "I", "issued.two_digits"),
        (3, "A", "cell.empty"),
        (3, "C", "cell.empty"),
        (3, "D", "cell.empty"),
        (4, "C", "document.checksum"),
        (5, "C", "cell.control"),
        (6, "I", "issued.serial"),
    ]
    assert roster.rows[-1][2:12] == (
        *("201", resident("19910103"), SCHOOL, "车工", "数控车工", "3", "", "2026-11-18", SCHOOL, SCHOOL),
    )
    for finding in roster.findings:
        assert finding.sheet == "Sheet1"
        assert finding.source
        assert finding.header == HEADER["ABCDEFGHIJK".index(finding.column)]


def test_no_finding_repeats_a_value(tmp_path: Path) -> None:
    name, number, employer = "阿卜杜•买买提", "500112199101010000", "某某\t保密单位"
    roster = read_rows(tmp_path, person(姓名=name, 证件号码=number, 所在单位=employer))
    assert len(roster.findings) == 3
    shown = "".join(str(finding) for finding in roster.findings)
    assert all(part not in shown for part in (name, "买买提", number, number[6:14], "保密单位"))


def test_numbers_are_normalised(tmp_path: Path) -> None:
    number = resident("19910101")
    roster = read_rows(
        tmp_path,
        person(证件号码=f" {number[:6]} {number[6:]}"),
        person(证件号码="'" + number),
        person(证件号码="h12345678", 证件类型="210", 证书编号="s000050000001-263-000001"),
    )
    assert [row.doc_no for row in roster.rows] == [number, number, "H12345678"]
    assert roster.rows[2].code == "S000050000001263000001"
    assert told(roster.findings) == [(3, "C", "cell.apostrophe")]
    assert roster.ok


def test_an_unknown_type_hides_no_other_finding(tmp_path: Path) -> None:
    roster = read_rows(tmp_path, person(证件类型="", 证件号码=""))
    assert told(roster.findings) == [(2, "B", "cell.empty"), (2, "C", "cell.empty")]


def test_a_number_rounded_in_a_csv_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    ends_in_zeros = resident("19600102")
    assert ends_in_zeros.endswith("0000")
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([HEADER, person("19600102")])
    roster = read(path)
    assert told(roster.findings) == [(2, "C", "document.rounded")]
    assert roster.ok


def test_short_rows_of_a_csv_are_filled_up(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",".join(HEADER) + "\n张云岭,201\n", encoding="utf-8")
    assert {finding.rule for finding in read(path).findings} == {"cell.empty"}


def test_the_same_people_are_the_same_bytes_in_every_file(tmp_path: Path) -> None:
    people = [person("19910101"), person("19910102", 姓名="㐂·𠮷")]
    header: list[object] = [*HEADER]
    spelled = [
        person("19910101", 证件类型="居民身份证", 职业技能等级="高级工", 发证日期="2026年11月18日"),
        person("19910102", 姓名=" 㐂·𠮷 ", 证件类型=201, 职业技能等级=3, 发证日期=date(2026, 11, 18)),
    ]
    turned = [list(reversed(row)) for row in (header, *people)]
    table = tmp_path / "c.csv"
    table.write_bytes("\n".join(",".join(map(str, row)) for row in (HEADER, *people)).encode("gb18030"))
    rosters = [
        read(write_xlsx(tmp_path / "a.xlsx", [HEADER, *people])),
        read(write_xlsx(tmp_path / "b.xlsx", [TITLE, UNIT, HEADER, [], *spelled, ["备注：无"]])),
        read(write_xlsx(tmp_path / "d.xlsx", turned)),
        read(table),
    ]
    assert all(roster.ok for roster in rosters)
    assert len({normal_form(roster.rows) for roster in rosters}) == 1
    other = read(write_xlsx(tmp_path / "e.xlsx", [HEADER, people[1], people[0]]))
    assert normal_form(other.rows) != normal_form(rosters[0].rows)


def test_the_normal_form_never_changes(tmp_path: Path) -> None:
    """These bytes identify batches in ledgers that exist: a change here would let a roster in twice."""
    roster = read_rows(tmp_path, person())
    number = resident("19910101")
    line = f"张云岭\t201\t{number}\t{SCHOOL}\t车工\t数控车工\t3\t\t2026-11-18\t{SCHOOL}\t{SCHOOL}"
    assert normal_form(roster.rows).decode() == f"skill-ledger/roster/v1\n{line}\n"
    assert len(hashlib.sha256(normal_form([])).hexdigest()) == 64


@pytest.mark.parametrize("name", ["a.xls", "a.docx", "a.xlsx"])
def test_a_file_that_is_no_table_is_a_finding(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    roster = read(path)
    assert told(roster.findings) == [(0, "", "file.old_or_encrypted")]
    assert not roster.ok
