"""The rosters of Shandong and Zhejiang: what their columns say, what their heads say, and what is never kept."""

from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest

from ledger.core.profile import Profile
from ledger.forms.annotate import write_annotated
from ledger.forms.check import Filing, check_rows, complete_rows
from ledger.forms.filled import layout_of, write_filled
from ledger.forms.findings import Finding
from ledger.forms.roster import FORM, Roster, normal_form, read_roster
from ledger.profiles import load
from tests.fixtures.forms import (
    COMPANY,
    EMAIL,
    MILL,
    PHONE,
    SHANDONG,
    SHANDONG_FILING,
    SHANDONG_HEADER,
    SHANDONG_ORG,
    TODAY,
    ZHEJIANG,
    ZHEJIANG_FILING,
    ZHEJIANG_HEADER,
    resident,
    shandong,
    write_xlsx,
    zhejiang,
    zhejiang_head,
)

TITLE = ["（企业名称）职业技能等级证书核发登记表"]
ISSUED = "2026-11-18"


def told(findings: Sequence[Finding]) -> list[tuple[int, str, str]]:
    return [(finding.row, finding.column, finding.rule) for finding in findings]


def read_shandong(tmp_path: Path, *rows: list[object], header: Sequence[object] = SHANDONG_HEADER) -> Roster:
    return read_roster(write_xlsx(tmp_path / "sd.xlsx", [header, *rows]), SHANDONG, TODAY)


def read_zhejiang(
    tmp_path: Path, *rows: list[object], head: list[object] | None = None, issued: str = ISSUED
) -> Roster:
    above: list[Sequence[object]] = [TITLE, zhejiang_head() if head is None else head]
    return read_roster(
        write_xlsx(tmp_path / "zj.xlsx", [*above, ZHEJIANG_HEADER, *rows]), ZHEJIANG, TODAY, issued=issued
    )


def checked(roster: Roster, profile: Profile, filing: Filing) -> list[tuple[int, str, str]]:
    return told(check_rows(complete_rows(roster, profile, filing), profile, filing, TODAY))


@pytest.mark.domain("H4")
def test_the_roster_of_21_columns(tmp_path: Path) -> None:
    roster = read_shandong(tmp_path, shandong())
    assert roster.findings == []
    row = roster.rows[0]
    assert row[:8] == (2, "张岱麓", "201", resident("19910101", "370902"), COMPANY, "车工", "数控车工", "3")
    assert row[8:12] == (SHANDONG_ORG + "263000001", ISSUED, COMPANY, COMPANY)
    assert (row.org, row.occupation_code, row.sex, row.birth) == (SHANDONG_ORG, "6-18-01-01", "女", "1991-01-01")
    assert dict(row.extra) == {"own_staff": "是", "work_since": "2015-07", "post": "车间一班", "joined": "2015年7月"}
    assert checked(roster, SHANDONG, SHANDONG_FILING) == []


@pytest.mark.domain("H4")
def test_headers_broken_into_lines_as_the_notice_prints_them(tmp_path: Path) -> None:
    broken = (
        "序\n\n号 评价\n\n机构\n\n编码 评价\n\n机构\n\n名称 姓名 证件\n\n类型 证件号 性别 出生\n\n日期 联系\n\n电话"
    )
    broken += (
        " 电子\n\n邮箱 是否\n\n本企业\n\n职工 所在\n\n单位 从事本职业\n\n（工种）\n\n时间 所在\n\n岗位 入职\n\n时间"
    )
    broken += " 职业\n\n编码 职业\n\n名称 工种\n\n名称 职业\n\n技能\n\n等级 证书\n\n编号 发证\n\n日期"
    printed = broken.split(" ")
    assert read_shandong(tmp_path, shandong(), header=printed).findings == []


def test_a_header_broken_into_rows(tmp_path: Path) -> None:
    upper = [header[:2] for header in SHANDONG_HEADER]
    lower = [header[2:] or None for header in SHANDONG_HEADER]
    path = write_xlsx(tmp_path / "a.xlsx", [["名册"], upper, lower, shandong(), upper, lower], merged=["A1:U1"])
    roster = read_roster(path, SHANDONG, TODAY)
    assert (roster.header_row, len(roster.rows)) == (3, 1)
    assert told(roster.findings) == [(5, "", "form.header_again"), (6, "", "form.header_again")]


def test_misprints_and_full_width_signs_in_headers(tmp_path: Path) -> None:
    header = [h.replace("证件号", "证件号码").replace("（工种）", "(工 种)") for h in SHANDONG_HEADER]
    header[0] = "序 号 ："
    assert read_shandong(tmp_path, shandong(), header=header).ok


WRONG = [
    ({"性别": "男"}, "G", "person.sex"),
    ({"性别": "未知"}, "G", "sex.form"),
    ({"出生日期": "1991-01-02"}, "H", "person.birth"),
    ({"出生日期": "91.1.1"}, "H", "birth.form"),
    ({"职业编码": "6180101"}, "P", "occupation.code"),
    ({"所在岗位": "甲\u200b班"}, "N", "cell.control"),
]


@pytest.mark.domain("H4")
@pytest.mark.parametrize(("changed", "column", "rule"), WRONG, ids=str)
def test_one_thing_wrong_with_a_person(tmp_path: Path, changed: dict[str, object], column: str, rule: str) -> None:
    assert told(read_shandong(tmp_path, shandong(**changed)).findings) == [(2, column, rule)]


DISAGREES = [
    ({"评价机构编码": "Y000037090002"}, "B", "evaluator.code"),
    ({"评价机构名称": "别的公司"}, "C", "evaluator.name"),
    ({"职业编码": "6-18-01-02"}, "P", "occupation.differs"),
    ({"证书编号": "Y000037090002263000001"}, "T", "code.org"),
    ({"证书编号": SHANDONG_ORG + "253000001"}, "T", "code.known"),
    ({"证书编号": SHANDONG_ORG + "264000001"}, "T", "code.known"),
    ({"证书编号": SHANDONG_ORG + "26300001"}, "T", "code.form"),
]


@pytest.mark.domain("H4", "A19")
@pytest.mark.parametrize(("changed", "column", "rule"), DISAGREES, ids=str)
def test_one_thing_that_is_not_as_filed(tmp_path: Path, changed: dict[str, object], column: str, rule: str) -> None:
    roster = read_shandong(tmp_path, shandong(**changed))
    assert roster.ok
    assert checked(roster, SHANDONG, SHANDONG_FILING) == [(2, column, rule)]


@pytest.mark.domain("H4", "A19")
def test_year_and_level_of_an_unpublished_structure_only_warn(tmp_path: Path) -> None:
    roster = read_shandong(tmp_path, shandong(证书编号=SHANDONG_ORG + "254000001"))
    findings = check_rows(roster, SHANDONG, SHANDONG_FILING, TODAY)
    assert [(finding.rule, finding.severity) for finding in findings] == [("code.known", "warning")] * 2


@pytest.mark.domain("H4")
def test_sex_and_birth_of_documents_that_do_not_tell_are_taken_as_they_are(tmp_path: Path) -> None:
    row = shandong(证件类型="227", 证件号="E12345678", 性别="男", 出生日期="1980-05-05")
    roster = read_shandong(tmp_path, row)
    assert roster.ok
    assert (roster.rows[0].sex, roster.rows[0].birth) == ("男", "1980-05-05")


@pytest.mark.domain("H4")
def test_telephone_and_mail_never_leave_the_import(tmp_path: Path) -> None:
    roster = read_shandong(tmp_path, shandong(), shandong("19910102", 性别="男"))
    copy = write_annotated(tmp_path / "sd.xlsx", roster, roster.findings)
    shown = [
        cell for sheet in openpyxl.load_workbook(copy) for row in sheet.iter_rows(values_only=True) for cell in row
    ]
    assert "张岱麓" in shown
    for text in (repr(roster), repr(shown), normal_form(roster.rows).decode()):
        assert PHONE not in text
        assert EMAIL not in text


@pytest.mark.domain("H5")
def test_the_register_whose_head_speaks_for_every_row(tmp_path: Path) -> None:
    roster = read_zhejiang(tmp_path, zhejiang(), ["填表人 （签字）:", None, None, "复核人（签字）："])
    assert told(roster.findings) == [(5, "", "form.notes")]
    whole = complete_rows(roster, ZHEJIANG, ZHEJIANG_FILING)
    row = whole.rows[0]
    assert row[:8] == (4, "张苕溪", "201", resident("19910101", "330503"), MILL, "车工", "数控车工", "3")
    assert row[8:12] == ("", ISSUED, MILL, MILL)
    assert (row.org, row.occupation_code, row.sex, row.birth) == ("", "", "女", "1991-01")
    assert dict(row.extra) == {"education": "大专", "work_years": "8年", "theory": "86", "practice": "90.5"}
    assert checked(roster, ZHEJIANG, ZHEJIANG_FILING) == []


HEADS = [
    ["填表单位（盖章）：" + MILL, None, "工种：数控车工", None, "等级：三级"],
    ["填表单位（盖章）：", MILL, "工种：", "数控车工", "等级：", "三级/高级工"],
    ["填表单位", MILL, "工 种", "车工/数控车工", "等 级", "高级工"],
    ["填表单位:" + MILL + " 工种:车工（数控车工） 等级:3"],
]


@pytest.mark.domain("H5")
@pytest.mark.parametrize("head", HEADS, ids=range(len(HEADS)))
def test_heads_as_people_write_them(tmp_path: Path, head: list[object]) -> None:
    roster = complete_rows(read_zhejiang(tmp_path, zhejiang(), head=head), ZHEJIANG, ZHEJIANG_FILING)
    assert roster.findings == []
    row = roster.rows[0]
    assert (row.evaluator, row.occupation_name, row.job, row.level) == (MILL, "车工", "数控车工", "3")


BAD_HEADS = [
    (zhejiang_head(工种=""), (2, "", "head.missing")),
    (zhejiang_head(**{"等级 ": ""}), (2, "", "head.missing")),
    (["工种：数控车工  等级：三级"], (0, "", "head.missing")),
    (zhejiang_head(**{"等级 ": "七级"}), (2, "", "level.unknown")),
    (["填表单位：", MILL, "又一家", "工种：数控车工", "等级：三级"], (2, "", "head.unclear")),
]


@pytest.mark.domain("H5")
@pytest.mark.parametrize(("head", "finding"), BAD_HEADS, ids=range(len(BAD_HEADS)))
def test_a_head_that_cannot_be_read_is_not_guessed(
    tmp_path: Path, head: list[object], finding: tuple[int, str, str]
) -> None:
    roster = read_zhejiang(tmp_path, zhejiang(), head=head)
    assert not roster.ok
    assert finding in told(roster.findings)
    assert roster.rows == []


@pytest.mark.domain("H5")
def test_the_date_of_issue_is_given_or_missing(tmp_path: Path) -> None:
    assert told(read_zhejiang(tmp_path, zhejiang(), issued="").findings) == [(0, "", "head.issued")]
    assert read_zhejiang(tmp_path, zhejiang(), issued="2026-11-19").rows[0].issued == "2026-11-19"
    head = zhejiang_head(发证日期="2026年11月17日")
    assert read_zhejiang(tmp_path, zhejiang(), head=head, issued="").rows[0].issued == "2026-11-17"


MONTHS = [
    *(("1991-01", ""), ("1991.1", ""), ("199101", ""), ("1991年1月", ""), ("1991-01-01", "")),
    *((1991.1, "birth.form"), (199101, "birth.form"), ("1991-13", "birth.form"), ("1991-02", "person.birth")),
]


@pytest.mark.domain("H5")
@pytest.mark.parametrize(("written", "rule"), MONTHS, ids=repr)
def test_months_of_birth(tmp_path: Path, written: object, rule: str) -> None:
    findings = told(read_zhejiang(tmp_path, zhejiang(出生年月=written)).findings)
    assert findings == ([(4, "D", rule)] if rule else [])


def test_numbered_lines_without_a_person_are_blank(tmp_path: Path) -> None:
    roster = read_zhejiang(tmp_path, zhejiang(), [2], [3], [4])
    assert (len(roster.rows), roster.findings) == (1, [])


@pytest.mark.domain("H5", "C1")
def test_an_occupation_that_is_named_in_one_field_is_looked_up_in_the_filing(tmp_path: Path) -> None:
    plain = read_zhejiang(tmp_path, zhejiang(), head=zhejiang_head(工种="车工", **{"等级 ": "五级"}))
    row = complete_rows(plain, ZHEJIANG, ZHEJIANG_FILING).rows[0]
    assert (row.occupation_name, row.job, row.level) == ("车工", "", "5")
    other = read_zhejiang(tmp_path, zhejiang(), head=zhejiang_head(工种="焊工"))
    assert checked(other, ZHEJIANG, ZHEJIANG_FILING) == [(4, "", "scope.occupation")]
    twice = (*ZHEJIANG_FILING.scope, ZHEJIANG_FILING.scope[0]._replace(name="铣工"))
    filing = Filing(ZHEJIANG_FILING.org, MILL, twice, "2025-01-01", "2027-12-31")
    unclear = complete_rows(read_zhejiang(tmp_path, zhejiang(), zhejiang("19910102")), ZHEJIANG, filing)
    assert told(unclear.findings) == [(4, "", "scope.unclear")]
    assert not unclear.ok


@pytest.mark.domain("H4", "H5")
def test_rows_of_other_forms_have_a_normal_form_of_their_own(tmp_path: Path) -> None:
    roster = read_shandong(tmp_path, shandong())
    line = normal_form(roster.rows).decode().splitlines()[1]
    assert line.endswith(
        f"\torg={SHANDONG_ORG}\toccupation_code=6-18-01-01\tsex=女\tbirth=1991-01-01"
        "\town_staff=是\twork_since=2015-07\tpost=车间一班\tjoined=2015年7月"
    )
    assert normal_form([roster.rows[0]._replace(sex="男")]) != normal_form(roster.rows)


@pytest.mark.domain("H4", "H5")
@pytest.mark.parametrize("name", ["cn-shandong-2020-1", "cn-zhejiang-2023-1"])
def test_the_filled_form_is_the_same_roster_again(tmp_path: Path, name: str) -> None:
    profile = load(name)
    if profile is SHANDONG or name == SHANDONG.name:
        roster = read_shandong(tmp_path, shandong(), shandong("19910102", 工种名称=""))
    else:
        read = read_zhejiang(tmp_path, zhejiang(), zhejiang("19910102", 证书编号="Y000033050001263000002"))
        roster = complete_rows(read, ZHEJIANG, ZHEJIANG_FILING)
    out = tmp_path / "filled.xlsx"
    assert write_filled(out, roster.rows, profile, filed="2026-11-20") == 2
    again = complete_rows(read_roster(out, profile, TODAY, issued=ISSUED), profile, ZHEJIANG_FILING)
    assert normal_form(again.rows) == normal_form(roster.rows)
    assert [finding for finding in again.findings if finding.rule != "form.notes"] == []


def test_every_profile_has_a_page_for_its_roster() -> None:
    pages = {name: layout_of(load(name).form(FORM)).id for name in ("cn-anhui-2020-1", "cn-chongqing-2020-1")}
    assert set(pages.values()) == {"certificates"}
    assert layout_of(load("cn-national-2018-1").form(FORM)).id == "certificates"
    assert (layout_of(SHANDONG.form(FORM)).id, layout_of(ZHEJIANG.form(FORM)).id) == (
        "roster-shandong",
        "register-zhejiang",
    )
