"""Cells keep their kinds; CSV files come in the encodings that spreadsheet programs write."""

from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from ledger.forms import readers
from ledger.forms.findings import FileError
from ledger.forms.readers import Cell, column_letters, read_table
from tests.fixtures.forms import write_xlsx


def cells(path: Path) -> list[Cell]:
    return list(read_table(path).sheets[0].rows[0])


def test_kinds_of_cells(tmp_path: Path) -> None:
    row = ["文本", 201, 360426199101010071, 45352, 45352, True, None, " a ", "#N/A"]
    path = write_xlsx(tmp_path / "a.xlsx", [row], {"E1": "yyyy-mm-dd"})
    assert cells(path) == ["文本", 201.0, 3.6042619910101e17, 45352.0, date(2024, 3, 1), "TRUE", "", " a ", ""]


@pytest.mark.parametrize("number_format", ["yyyy-mm-dd", 'yyyy"年"m"月"d"日"', "m/d/yy", "[$-804]yyyy-mm-dd;@"])
def test_styled_dates(tmp_path: Path, number_format: str) -> None:
    assert cells(write_xlsx(tmp_path / "a.xlsx", [[45352]], {"A1": number_format})) == [date(2024, 3, 1)]


def test_dates_of_the_1904_calendar(tmp_path: Path) -> None:
    row = [date(2024, 3, 1), datetime(2024, 3, 1, 10, 30)]  # noqa: DTZ001 - as a spreadsheet has it
    path = write_xlsx(tmp_path / "a.xlsx", [row], epoch=CALENDAR_MAC_1904)
    assert cells(path) == row


def test_formulas_errors_and_hidden_rows_are_listed(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["a", "=1+1", "#N/A"], ["b", "c", "=A1"], ["d", "e", "f"]], hidden=[3])
    sheet = read_table(path).sheets[0]
    assert sheet.computed == {(1, "B"), (1, "C"), (2, "C")}
    assert sheet.hidden_rows


def test_hidden_sheets_are_left_out(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", [["a"]], title="一", more={"二": [["b"]], "hidden": [["c"]]})
    table = read_table(path)
    assert table.kind == "xlsx"
    assert [sheet.name for sheet in table.sheets] == ["一", "二"]
    assert not table.sheets[0].hidden_rows


TEXT = "姓名,证件号码\r\n㐂云岭,500112199101010009\r\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("gb18030"),
        TEXT.replace("㐂", "张").encode("gbk"),
        TEXT.replace(",", "\t").encode(),
        TEXT.replace(",", ";").encode(),
        TEXT.replace("\r\n", "\n").encode(),
    ],
    ids=["utf-8", "bom", "gb18030", "gbk", "tab", "semicolon", "lf"],
)
def test_csv(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "名册.csv"
    path.write_bytes(data)
    table = read_table(path)
    assert table.kind == "csv"
    assert table.sheets[0].name == "名册"
    rows = [list(row) for row in table.sheets[0].rows]
    assert rows[0] == ["姓名", "证件号码"]
    assert rows[1][0] in ("㐂云岭", "张云岭")
    assert rows[1][1] == "500112199101010009"


def test_csv_with_a_line_break_inside_quotes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('"证件\n号码","a""b"\n1,2\n'.encode())
    assert [list(row) for row in read_table(path).sheets[0].rows] == [["证件\n号码", 'a"b'], ["1", "2"]]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (TEXT.encode("utf-16"), "file.encoding"),
        (b"\xff\xff\xff", "file.encoding"),
        (b"a,\0\n", "file.encoding"),
        (b'a,b\n"c"d,e\n', "file.csv"),
        (b'a,b\n"c,d', "file.csv"),
    ],
)
def test_csv_that_cannot_be_read(tmp_path: Path, data: bytes, rule: str) -> None:
    path = tmp_path / "a.CSV"
    path.write_bytes(data)
    with pytest.raises(FileError) as raised:
        read_table(path)
    assert raised.value.problem.rule == rule


def test_csv_with_too_many_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "MAX_ROWS", 2)
    path = tmp_path / "a.csv"
    path.write_bytes(b"a\nb\nc\n")
    with pytest.raises(FileError) as raised:
        read_table(path)
    assert raised.value.problem.rule == "file.too_large"


def test_column_letters() -> None:
    assert [column_letters(index) for index in (0, 10, 25, 26, 51, 52, 701, 702)] == [
        *("A", "K", "Z", "AA", "AZ", "BA", "ZZ", "AAA")
    ]
