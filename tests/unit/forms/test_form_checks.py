"""Fixture plan 10: every score that a supervision form allows and those beside it, totals, vetoes, sums, counts."""

from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from ledger.forms.filling import FormValues, check_values, complete_values
from ledger.forms.layouts import Item, Layout, load_layout
from ledger.forms.page_reader import read_form
from ledger.forms.pages import write_form
from tests.fixtures.forms import write_xlsx
from tests.fixtures.pages import filled

INTERNAL, EXTERNAL, SUMMARY = (load_layout(f) for f in ("supervision-internal", "supervision-external", "summary"))
SUPERVISION = (INTERNAL, EXTERNAL)
SCORES = [
    pytest.param(layout, item, score, id=f"{layout.id}-{item.id}-{score}")
    for layout in SUPERVISION
    for item in layout.items
    for score in range(item.points + 2)
]


def told(layout: Layout, values: FormValues, listed: int | None = None) -> list[tuple[str, str]]:
    return [(finding.rule, finding.header) for finding in check_values(layout, values, listed=listed)]


def scored(layout: Layout, **scores: str) -> FormValues:
    """Full marks but for `scores`; the total follows."""
    values = filled(layout.id)
    fields = {name: text for name, text in values.fields.items() if name != "total"} | scores
    return complete_values(layout, FormValues(fields, values.rows))


@pytest.mark.domain("H7", "H8")
@pytest.mark.parametrize(("layout", "item", "score"), SCORES)
def test_each_score_is_allowed_or_refused_as_the_wording_says(layout: Layout, item: Item, score: int) -> None:
    findings = told(layout, scored(layout, **{item.id: str(score)}))
    assert findings == ([] if score in item.allowed else [("score.allowed", item.zh)])


@pytest.mark.domain("H7", "H8")
def test_the_scores_are_those_of_the_notice() -> None:
    allowed = {item.id: sorted(item.allowed) for item in INTERNAL.items}
    assert allowed["rooms"] == [3, 5]  # no 0 is defined
    assert allowed["papers"] == [0, 2, 4, 6, 8]
    assert allowed["examiners"] == allowed["score-entry"] == [0, 2, 3, 4, 5, 6, 7, 8, 10]
    paper_or_computer = sorted(next(item.allowed for item in EXTERNAL.items if item.id == "papers"))
    assert paper_or_computer == [0, 2, 3, 4, 5, 6, 7, 8, 10]
    assert [sum(item.points for item in layout.items) for layout in SUPERVISION] == [100, 100]
    assert len(SCORES) == sum(item.points + 2 for layout in SUPERVISION for item in layout.items)
    print(f"{len(SCORES)} scores")


@pytest.mark.domain("H7", "H8")
@pytest.mark.parametrize("layout", SUPERVISION, ids=lambda layout: layout.id)
@pytest.mark.parametrize("off", [-1, 1])
def test_a_total_off_by_one(layout: Layout, off: int) -> None:
    assert told(layout, filled(layout.id, total=str(100 + off))) == [
        ("score.total", "总分" if layout is INTERNAL else "得分")
    ]


VETOES = [
    pytest.param(layout, veto.id, id=f"{layout.id}-{veto.id}") for layout in SUPERVISION for veto in layout.vetoes
]


@pytest.mark.domain("H7", "H8")
@pytest.mark.parametrize(("layout", "veto"), VETOES)
def test_a_veto_makes_the_total_0(layout: Layout, veto: str) -> None:
    assert scored(layout, **{veto: "√"}).fields["total"] == "0"
    assert told(layout, scored(layout, **{veto: "√"})) == []
    assert [rule for rule, _ in told(layout, filled(layout.id, **{veto: "√"}))] == ["score.veto"]


@pytest.mark.domain("H7", "H8")
@pytest.mark.parametrize("layout", SUPERVISION, ids=lambda layout: layout.id)
def test_a_score_that_is_left_out_is_missing(layout: Layout) -> None:
    item = layout.items[3]
    assert ("field.empty", item.zh) in told(layout, filled(layout.id, **{item.id: ""}))


SUMS = [
    ({"total": "16"}, [("sum.column", "合计"), ("sum.equal", "合格人数")]),
    ({"total_5": "5"}, [("sum.column", "合计（初级）")]),
    ({"passed": "14"}, [("sum.equal", "合格人数"), ("sum.listed", "合格人数")]),
    ({"examined": "14"}, [("sum.order", "合格人数")]),
    ({"applied": "17"}, [("sum.order", "认定人数")]),
    ({"applied": "18", "examined": "18"}, []),
    ({"applied": "15", "examined": "15"}, []),
]


@pytest.mark.domain("H1")
@pytest.mark.parametrize(("changed", "expected"), SUMS, ids=[str(changed) for changed, _ in SUMS])
def test_sums_of_annex_5(changed: dict[str, str], expected: list[tuple[str, str]]) -> None:
    assert told(SUMMARY, filled("summary", **changed), listed=15) == expected


@pytest.mark.domain("H1")
def test_a_subtotal_off_by_one() -> None:
    values = filled("summary")
    rows = [{**values.rows[0], "subtotal": "7"}, values.rows[1]]
    found = check_values(SUMMARY, FormValues(values.fields, rows))
    assert [(finding.rule, finding.header) for finding in found] == [("sum.row", "小计"), ("sum.column", "合计")]


@pytest.mark.domain("H1")
def test_those_who_passed_are_the_rows_of_annex_6() -> None:
    assert told(SUMMARY, filled("summary"), listed=15) == []
    assert told(SUMMARY, filled("summary"), listed=14) == [("sum.listed", "合格人数")]


@pytest.mark.domain("F6")
@pytest.mark.parametrize(
    ("listed", "expected"), [(3, []), (4, [("sum.listed", "人数")]), (2, [("sum.listed", "人数")])]
)
def test_a_confirmation_counts_the_list(listed: int, expected: list[tuple[str, str]]) -> None:
    assert told(load_layout("confirmation"), filled("confirmation"), listed=listed) == expected


@pytest.mark.domain("F6")
@pytest.mark.parametrize("field", ["occupation", "job", "level"])
def test_a_confirmation_says_the_same_twice(field: str) -> None:
    rules = [
        rule for rule, _ in told(load_layout("confirmation"), filled("confirmation", **{f"passed_{field}": "别的"}))
    ]
    assert rules == ["sum.equal"]


def reread(tmp_path: Path, layout: Layout, place: str, value: object) -> list[tuple[str, int, str]]:
    """What is told about a filled form after one cell was typed over."""
    path = tmp_path / "a.xlsx"
    write_form(path, layout, filled(layout.id))
    workbook = openpyxl.load_workbook(path)
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet[place].value = value
    workbook.save(path)
    return [(finding.rule, finding.row, finding.column) for finding in read_form(path, layout).findings]


CELLS = [
    (INTERNAL, "G6", "三", [("field.score", 6, "G"), ("score.total", 24, "G")]),
    (INTERNAL, "G6", "=1+2", [("cell.formula", 6, "G"), ("score.total", 24, "G")]),
    (INTERNAL, "G6", 4, [("score.allowed", 6, "G"), ("score.total", 24, "G")]),
    (INTERNAL, "G21", "x", [("field.tick", 21, "G")]),
    (INTERNAL, "G21", "√", [("score.veto", 24, "G")]),
    (INTERNAL, "B3", "去年", [("field.day", 3, "B")]),
    (INTERNAL, "B3", 45352, [("field.day", 3, "B")]),
    (INTERNAL, "B2", None, [("field.empty", 2, "")]),
    (SUMMARY, "F3", "二十", [("field.count", 3, "F")]),
    (SUMMARY, "F3", 20.5, [("field.count", 3, "F")]),
    (SUMMARY, "F3", 17, [("sum.order", 5, "B")]),
    (SUMMARY, "G8", 7, [("sum.row", 8, "G"), ("sum.column", 10, "G")]),
    (SUMMARY, "A8", None, [("field.empty", 8, "A")]),
    (load_layout("receipt"), "B4", 125000000000000171, [("cell.number", 4, "B")]),
    (load_layout("scores"), "D6", 500112199101010009, [("cell.number", 6, "D")]),
    (load_layout("scores"), "D6", "=A1", [("cell.formula", 6, "D")]),
    (load_layout("scores"), "C6", "张\u200b三", [("cell.control", 6, "C")]),
]


@pytest.mark.domain("H1", "H6", "H7", "B1")
@pytest.mark.parametrize(("layout", "place", "value", "expected"), CELLS, ids=range(len(CELLS)))
def test_one_cell_typed_over(
    tmp_path: Path, layout: Layout, place: str, value: object, expected: list[tuple[str, int, str]]
) -> None:
    assert sorted(reread(tmp_path, layout, place, value)) == sorted(expected)


def test_a_workbook_that_is_another_form(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["姓名", "备注"]])
    for layout in (*SUPERVISION, SUMMARY, load_layout("receipt")):
        reading = read_form(path, layout)
        assert [finding.rule for finding in reading.findings] == ["form.no_header"]
        assert not reading.ok
    path.write_bytes(b"x")
    assert [finding.rule for finding in read_form(path, SUMMARY).findings] == ["file.kind"]


def test_two_values_behind_one_label_are_not_put_together(tmp_path: Path) -> None:
    labels = ("单位名称", "机构备案编码", "统一社会信用代码", "注册地址", "办公地址", "法定代表人", "备案有效期")
    rows: list[list[object]] = [[label, "甲"] for label in labels]
    rows[0].append("乙")
    findings = read_form(write_xlsx(tmp_path / "a.xlsx", rows), load_layout("receipt")).findings
    assert ("form.unclear", 1, "C") in [(finding.rule, finding.row, finding.column) for finding in findings]
