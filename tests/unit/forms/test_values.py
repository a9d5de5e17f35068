"""Dates, levels and types in the spellings that people use; nothing is guessed."""

from datetime import date, datetime, time

import pytest

from ledger.forms.findings import COMPUTED
from ledger.forms.readers import Cell
from ledger.forms.values import SHARED, ValueReader, control_character, read_date
from ledger.profiles import load
from tests.fixtures.forms import PROFILE

READER = ValueReader(PROFILE, PROFILE.form("roster"))


@pytest.mark.parametrize(
    "cell",
    [
        "2024-03-01",
        "2024-3-1",
        "2024/3/1",
        "2024/03/01",
        "2024.03.01",
        "2024年3月1日",
        "２０２４－０３－０１",
        " 2024-03-01 ",
        "2024-03-01 00:00:00",
        "2024-03-01T00:00:00.000",
        date(2024, 3, 1),
        datetime(2024, 3, 1),  # noqa: DTZ001 - as a spreadsheet has it
    ],
)
def test_dates(cell: Cell) -> None:
    assert read_date(cell) == ("2024-03-01", ())


@pytest.mark.parametrize(
    ("cell", "rule"),
    [
        (45352.0, "issued.serial"),
        ("45352", "issued.serial"),
        ("24-3-1", "issued.two_digits"),
        ("24/3/1", "issued.two_digits"),
        ("24年3月1日", "issued.two_digits"),
        ("2024-02-30", "issued.calendar"),
        ("2024-13-01", "issued.calendar"),
        ("2024-03-01 10:30", "issued.time"),
        (datetime(2024, 3, 1, 10, 30), "issued.time"),  # noqa: DTZ001 - as a spreadsheet has it
        (time(10, 30), "issued.form"),
        ("3/1/2024", "issued.form"),
        ("20240301", "issued.form"),
        ("2024-3/1", "issued.form"),
        ("2024年3月", "issued.form"),
        ("去年", "issued.form"),
    ],
)
def test_no_dates(cell: Cell, rule: str) -> None:
    value, problems = read_date(cell)
    assert value == ""
    assert [problem.rule for problem in problems] == [rule]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        *(
            (cell, "3")
            for cell in (
                "3",
                3.0,
                "三级",
                "高级工",
                "高级",
                "三级/高级工",
                "三级／高级工",
                "高级工/三级",
                "3级",
                " 三 级 ",
            )
        ),
        *((cell, "3") for cell in ("三级（高级工）", "高级工(3级)", "三级高级工", "３", "3/高级工")),
        *((cell, "9") for cell in ("9", 9.0, "预备技师")),
        *((cell, "5") for cell in ("五级/初级工", "初级")),
    ],
    ids=repr,
)
def test_levels(cell: Cell, code: str) -> None:
    assert READER.level(cell) == (code, ())


@pytest.mark.parametrize("cell", ["2", "技师", "高级技师", "1", "6", 3.5, "三级/中级工", date(2024, 3, 1)])
def test_levels_of_no_technician_school(cell: Cell) -> None:
    value, problems = READER.level(cell)
    assert value == ""
    assert [problem.rule for problem in problems] == ["level.unknown"]


def test_anhui_has_five_levels_and_no_ninth() -> None:
    profile = load("cn-anhui-2020-1")
    reader = ValueReader(profile, profile.form("roster"))
    assert [reader.level(text)[0] for text in ("一级/高级技师", "高级技师", "技师", "二级", "预备技师")] == [
        "1",
        "1",
        "2",
        "2",
        "",
    ]


@pytest.mark.parametrize(
    "cell",
    ["201", 201.0, "201 ", "２０１", "201.0", "居民身份证", "201=居民身份证", "201 居民身份证", "201：居民身份证"],
    ids=repr,
)
def test_document_types(cell: Cell) -> None:
    assert READER.doc_type(cell) == ("201", ())


def test_long_names_of_document_types() -> None:
    assert READER.doc_type("《中华人民共和国外国人工作许可证》(A类)")[0] == "239"
    assert READER.doc_type("")[0] == ""
    value, problems = READER.doc_type("202")
    assert value == ""
    assert problems[0].rule == "document.type"
    assert problems[0].details["wanted"].startswith("201、227")


@pytest.mark.parametrize("cell", ["", "——", "—", "-", "无", "/"])
def test_no_job(cell: str) -> None:
    assert READER.read("job", cell) == ("", ())


def test_what_is_wrong_with_shared_values_is_told_with_its_field() -> None:
    cells = ("", 17.0, "车\n工", "字" * 201, "3", "", " 机构 ", COMPUTED)
    values, problems = READER.read_all(SHARED[:8], cells)
    assert list(values.values()) == ["", "", "", "", "3", "", "机构", ""]
    assert [(field, problem.rule) for field, problem in problems] == [
        ("doc_type", "cell.empty"),
        ("employer", "cell.kind"),
        ("occupation_name", "cell.control"),
        ("job", "cell.long"),
        ("issued", "cell.empty"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [("一 二", None), ("一\u3000二", None), ("a\tb", "U+0009"), ("a\u200bb", "U+200B"), ("a\ue000", "U+E000")],
)
def test_characters_that_have_no_place_in_a_line(text: str, found: str | None) -> None:
    assert control_character(text) == found
