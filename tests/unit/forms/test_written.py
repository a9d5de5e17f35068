"""What is written: workbooks of text, the filled form, the list of codes, annotated copies, samples."""

import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sample_rosters import ENTERPRISE, SCHOOL, main, make_roster, write_samples
from stdnum.cn import uscc

from ledger.core.code import check_org_code
from ledger.forms.annotate import write_annotated
from ledger.forms.check import Filing, ScopeItem, check_rows
from ledger.forms.filled import CodeRow, write_codes, write_filled
from ledger.forms.readers import read_table
from ledger.forms.roster import normal_form, read_roster
from ledger.forms.workbook import escape, write_workbook
from ledger.profiles import load
from tests.fixtures.forms import FILING, HEADER, PROFILE, TODAY, person, write_xlsx


def values(path: Path) -> list[list[object]]:
    """The cells as another library reads them; every one must be text."""
    sheet = openpyxl.load_workbook(path).active
    assert isinstance(sheet, Worksheet)
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value is not None} <= {"s"}
    return [["" if cell is None else cell for cell in row] for row in sheet.iter_rows(values_only=True)]


AWKWARD = ["=1+1", "<b>&amp;</b>", ' "x" ', "360426199101010071", "_x0041_", "a\x01b", "line\nbreak", "𠮷", "", "\r"]


def test_texts_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    assert write_workbook(path, "表 & <1>", [f"h{n}" for n in range(len(AWKWARD))], [AWKWARD, AWKWARD]) == 2
    sheet = read_table(path).sheets[0]
    assert sheet.name == "表 & <1>"
    assert [list(row) for row in sheet.rows[1:]] == [AWKWARD, AWKWARD]
    assert [row[:4] for row in values(path)[1:]] == [AWKWARD[:4]] * 2


def test_the_same_rows_make_the_same_bytes(tmp_path: Path) -> None:
    rows = [[str(n), "x"] for n in range(1200)]
    for name in ("a.xlsx", "b.xlsx"):
        assert write_workbook(tmp_path / name, "表", ["甲", "乙"], iter(rows), above=["题"], widths=[9, 9]) == 1200
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_workbook(path, "表", ["甲"], [["1"]])
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        write_workbook(path, "表", ["甲"], ([str(1 // n)] for n in (1, 0)))
    assert path.read_bytes() == before
    assert [child.name for child in tmp_path.iterdir()] == ["a.xlsx"]


def test_lone_surrogates_do_not_break_the_file() -> None:
    assert escape("a\ud800b") == "a_xD800_b"


def test_the_filled_form_is_header_and_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    rows = [person("19910101"), person("19910102", 工种名称="", 职业技能等级="5")]
    roster = read_roster(write_xlsx(path, [["备注"], HEADER, *rows]), PROFILE, TODAY)
    filled = [row._replace(code=f"S00005000000126{row.level}00000{n}") for n, row in enumerate(roster.rows, 1)]
    out = tmp_path / "filled.xlsx"
    assert write_filled(out, filled, PROFILE) == 2
    cells = values(out)
    assert cells[0] == list(HEADER)
    assert [row[5:8] for row in cells[1:]] == [
        ["数控车工", "三级/高级工", "S000050000001263000001"],
        ["——", "五级/初级工", "S000050000001265000002"],
    ]
    assert len(cells) == 3
    again = read_roster(out, PROFILE, TODAY)
    assert normal_form(again.rows) == normal_form(filled)
    assert check_rows(again, PROFILE, FILING, TODAY) == []


def test_the_list_of_codes(tmp_path: Path) -> None:
    path = tmp_path / "codes.xlsx"
    assert write_codes(path, [CodeRow("S000050000001263000001", "㐂云岭", "0123456789ABCDEFGHJK")]) == 1
    cells = values(path)
    assert "只交给持证人本人" in str(cells[1][0])
    assert cells[-1] == ["S000050000001263000001", "㐂云岭", "0123 4567 89AB CDEF GHJK"]


def test_the_annotated_copy_shows_what_is_wrong_and_where(tmp_path: Path) -> None:
    path = tmp_path / "名册.xlsx"
    rows = [
        ["标题"],
        HEADER,
        person(证件号码=360426199101010071),
        person("19910102", 职业名称="焊工"),
        person("19910103"),
    ]
    write_xlsx(path, rows)
    before = path.read_bytes()
    roster = read_roster(path, PROFILE, TODAY)
    findings = [*roster.findings, *check_rows(roster, PROFILE, FILING, TODAY)]
    copy = write_annotated(path, roster, findings)
    assert copy.name == "名册.findings.xlsx"
    assert path.read_bytes() == before
    workbook = openpyxl.load_workbook(copy)
    sheet, listed = workbook.worksheets
    assert sheet["L2"].value == "问题 Findings"
    assert "数字单元格" in str(sheet["L3"].value)
    assert sheet["C3"].value == "3.6042619910101e+17"
    assert "数字单元格" in str(sheet["C3"].comment and sheet["C3"].comment.text)
    assert sheet["C3"].fill.fgColor.rgb == "FFF8CBAD"
    assert "备案范围" in str(sheet["L4"].value)
    assert sheet["L5"].value is None
    assert [row[4] for row in listed.iter_rows(values_only=True)][1:] == ["cell.number", "scope.occupation"]
    assert write_annotated(path, roster, findings).name == "名册.findings-2.xlsx"
    assert write_annotated(path, roster, findings).read_bytes() == copy.read_bytes()


def test_a_file_that_cannot_be_read_gets_a_list(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"x")
    roster = read_roster(path, PROFILE, TODAY)
    workbook = openpyxl.load_workbook(write_annotated(path, roster, roster.findings))
    assert workbook.sheetnames == ["问题 Findings"]


def test_the_samples_are_good_and_say_that_they_are_samples(tmp_path: Path) -> None:
    paths = write_samples(tmp_path)
    names, types = set(), set()
    for path, organisation, count in zip(paths, (SCHOOL, ENTERPRISE), (130, 110), strict=True):
        profile = load(organisation.profile)
        check_org_code(organisation.org, profile)
        assert uscc.calc_check_digit(organisation.uscc[:-1]) == organisation.uscc[-1]
        assert "测试数据" in str(read_table(path).sheets[0].rows[0][0])
        assert read_table(path).sheets[0].name == "测试数据"
        roster = read_roster(path, profile, TODAY)
        scope = tuple(ScopeItem(*job[:3], tuple(job[3])) for job in organisation.jobs)
        filing = Filing(organisation.org, organisation.name, scope, organisation.valid_from, organisation.valid_to)
        assert roster.findings + check_rows(roster, profile, filing, TODAY) == []
        assert len(roster.rows) == count
        assert all(row.doc_no[14:17] == "000" for row in roster.rows if row.doc_type in ("201", "237", "238"))
        assert {row.level for row in roster.rows} == set("".join(job[3] for job in organisation.jobs))
        names |= {row.name for row in roster.rows}
        types |= {row.doc_type for row in roster.rows}
    assert {"㐂云岭", "𠮷田禾"} <= names
    assert any(len(name) == 25 for name in names)
    assert any("·" in name for name in names)
    assert len(types) >= 10


def test_the_samples_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    first, again = write_samples(tmp_path / "a", 7), write_samples(tmp_path / "b", 7)
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in again]
    assert first[0].read_bytes() != write_samples(tmp_path / "c", 8)[0].read_bytes()


def test_a_roster_for_measuring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roster = read_roster(make_roster(tmp_path / "a.xlsx", 400), PROFILE, TODAY)
    assert roster.ok
    assert len({row.doc_no for row in roster.rows}) == len(roster.rows) == 400
    monkeypatch.setattr("sys.argv", ["sample_rosters.py", str(tmp_path / "b"), "--rows", "5"])
    main()
    monkeypatch.setattr("sys.argv", ["sample_rosters.py", str(tmp_path / "c")])
    main()
    assert len(list(tmp_path.glob("[bc]/*.xlsx"))) == 3
