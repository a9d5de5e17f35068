"""Numbers in strangers' tables, and results as workbook and CSV, read back by other libraries."""

import io
import struct
import zlib
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from ledger.core import sheet
from ledger.core.errors import FormatError
from ledger.core.sheet import (
    MAX_FILE,
    MAX_NUMBERS,
    Asked,
    Numeric,
    find_numbers,
    format_csv,
    format_workbook,
    read_text,
    read_workbook,
)
from tests.simulator import number

A, B = number(1), number(2)
DIGITS = "5000003401234525300012"


def written(rows: list[list[object]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for line, row in enumerate(rows):
            for column, value in enumerate(row):
                page.write(line, column, value) if value is not None else None
    return out.getvalue()


PRINTABLE = st.characters(exclude_categories=("Cs", "Cc"))


class TestText:
    @pytest.mark.parametrize(
        "text",
        [
            f"{A}\n{B}",
            f"\ufeff{A}\r\n\r\n{B}\r\n",
            f"编号,姓名\n{A},甲\n{B},乙",
            f"姓名;证书编号\n甲;{A}\n乙;{B}",
            f"甲\t{A}\n乙\t{B}",
            f'"甲ab","{A}"\n"乙","{B}"',
            f'\'{A}\n="{B}"',
            f"{A[:4]} {A[4:].lower()}\n{B}",
        ],
    )
    def test_the_numbers_are_found(self, text: str) -> None:
        assert [asked.number for asked in find_numbers(read_text(text))] == [A, B]

    def test_where_they_stand_and_what_is_wrong(self) -> None:
        rows = read_text(f"证书编号\n{A}\n\n错的\n{A}\n5.00000340123453E+21")
        assert find_numbers(rows) == [
            Asked("2", A),
            Asked("4", "错的"),
            Asked("5", A, "duplicate"),
            Asked("6", "5.00000340123453E+21", "numeric"),
        ]

    @pytest.mark.parametrize("text", ["", "姓名\n甲", "x" * (MAX_FILE + 1)])
    def test_what_holds_none(self, text: str) -> None:
        with pytest.raises(FormatError):
            find_numbers(read_text(text))

    def test_too_many(self) -> None:
        text = "\n".join(number(serial) for serial in range(1, MAX_NUMBERS + 1))
        assert len(find_numbers(read_text(text))) == MAX_NUMBERS
        with pytest.raises(FormatError, match="more than 1000"):
            find_numbers(read_text(text + "\n" + number(5000)))


class TestWorkbook:
    def test_of_a_spreadsheet(self) -> None:
        data = written([["姓名", "证书编号"], ["甲 & <乙>", A], [None, None], ["丙", B], ["丁", 5.00000340123453e21]])
        rows = read_workbook(data)
        assert rows[1] == ["甲 & <乙>", A]
        assert find_numbers(rows) == [Asked("2", A), Asked("4", B), Asked("5", rows[-1][1], "numeric")]

    def test_a_column_of_numbers_kept_as_numbers(self) -> None:
        rows = read_workbook(written([["证书编号"], [5.00000340123453e21], [5.00000340123454e21]]))
        assert [asked.problem for asked in find_numbers(rows)] == ["numeric", "numeric"]
        assert isinstance(rows[1][0], Numeric)

    def test_of_another_library(self) -> None:
        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        for row in (["证书编号", "姓名", True], [A, "甲", 1.5], ["=A2", None, None], [B, "乙", None]):
            page.append(row)
        out = io.BytesIO()
        book.save(out)
        assert [asked.number for asked in find_numbers(read_workbook(out.getvalue()))] == [A, B]

    def test_of_our_own_rosters(self) -> None:
        fixtures = sorted((Path(__file__).parents[2] / "fixtures").rglob("*.xlsx"))
        for file in fixtures:
            theirs = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python(skip_empty_area=False)
            texts = [str(cell) for row in theirs for cell in row if isinstance(cell, str) and cell]
            ours = [cell for row in read_workbook(file.read_bytes()) for cell in row if cell]
            assert set(texts) <= set(ours), file.name

    @pytest.mark.parametrize(
        "cells",
        [
            f'<x:row r="1"><x:c r="B1" t="inlineStr"><x:is><x:t>{A}</x:t></x:is></x:c></x:row>',
            f'<row><c t="str"><v>{A[:5]}&#x{ord(A[5]):x};&#{ord(A[6])};{A[7:]}</v></c></row>',
            f'<row/><row><c r="AA1"/><c r="?" t="str"><v>{A}</v></c></row>',
        ],
    )
    def test_other_ways_to_write_a_cell(self, cells: str) -> None:
        data = sheet._zip({**sheet._FIXED, "xl/worksheets/sheet1.xml": f"<sheetData>{cells}</sheetData>"})
        assert [asked.number for asked in find_numbers(read_workbook(data))] == [A]

    def test_an_entity_beyond_unicode_and_a_string_that_is_not_there(self) -> None:
        cells = '<row><c t="str"><v>&#9999999;</v></c><c t="s"><v>7</v></c><c t="s"><v>x</v></c></row>'
        data = sheet._zip({**sheet._FIXED, "xl/worksheets/sheet1.xml": cells})
        assert read_workbook(data) == [["\ufffd", "", ""]]

    def test_targets_from_the_root(self) -> None:
        parts = dict(sheet._FIXED)
        parts["xl/_rels/workbook.xml.rels"] = parts["xl/_rels/workbook.xml.rels"].replace(
            'Target="worksheets', 'Target="/xl/worksheets'
        )
        assert read_workbook(sheet._zip({**parts, "xl/worksheets/sheet1.xml": ""})) == []

    def test_damaged_ones_are_refused(self) -> None:
        good = format_workbook([["编号"], [A]])
        stored = bytearray(good)
        end = good.rindex(b"PK\x05\x06")
        first = good.rindex(b"PK\x01\x02")  # of the sheet, which is written last
        bomb = sheet._zip({**sheet._FIXED, "xl/worksheets/sheet1.xml": " " * (61 << 20)})
        cells = "<row>" + "<c/>" * 500_001 + "</row>"

        def changed(at: int, new: bytes) -> bytes:
            return bytes(stored[:at]) + new + bytes(stored[at + len(new) :])

        for data in (
            b"",
            b"PK" + bytes(100),
            b"x" * (MAX_FILE + 1),
            good[:-1][:end],
            good[:end] + good[end : end + 10],
            changed(first, b"XX"),
            changed(first + 8, b"\1"),
            changed(first + 42, struct.pack("<I", 5)),
            changed(first + 10, b"\x09"),
            changed(good.rindex(b"PK\x03\x04") + 60, bytes(80)),
            sheet._zip({"a": "b"}),
            sheet._zip({name: text for name, text in sheet._FIXED.items() if "rels" not in name}),
            bomb,
            sheet._zip({**sheet._FIXED, "xl/worksheets/sheet1.xml": cells}),
            sheet._zip({**sheet._FIXED, "xl/worksheets/sheet1.xml": '<row><c r="ZZZ1"/></row>'}),
        ):
            with pytest.raises(FormatError):
                read_workbook(data)

    def test_a_stored_part(self) -> None:
        """A writer that does not compress."""
        data = b"x" * 3
        assert (
            sheet._part(
                b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, zlib.crc32(data), 3, 3, 1, 0) + b"a" + data,
                {"a": (0, 3, 0)},
                "a",
            )
            == "xxx"
        )


class TestResults:
    ROWS = (
        ["行", "证书编号", "说明"],
        ["1", A, "=cmd|' /C calc'!A0"],
        ["2", B, '甲,"乙"\n丙 <b>&amp; \x01'],
        ["3", "", "@x"],
    )

    def test_a_workbook_opens_in_other_libraries_as_text(self) -> None:
        data = format_workbook(self.ROWS)
        page = openpyxl.load_workbook(io.BytesIO(data)).active
        assert page is not None
        values = [[cell.value or "" for cell in row] for row in page.iter_rows()]
        assert values == [[cell.replace("\x01", "\ufffd") for cell in row] for row in self.ROWS]
        assert {cell.data_type for row in page.iter_rows() for cell in row if cell.value} == {"s"}
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
        assert sheet[1][1] == A
        assert read_workbook(data)[1] == list(self.ROWS[1])
        assert data == format_workbook(self.ROWS)

    def test_csv_runs_nothing(self) -> None:
        text = format_csv(self.ROWS)
        assert text.startswith('\ufeff"行","证书编号","说明"\r\n')
        assert "\"'=cmd" in text
        assert '"\'@x"' in text
        assert '"甲,""乙""' in text

    def test_wide_tables(self) -> None:
        cells = [str(at) for at in range(60)]
        assert read_workbook(format_workbook([cells])) == [cells]

    @given(st.lists(st.lists(st.text(PRINTABLE), min_size=1, max_size=4), max_size=5))
    def test_what_was_written_is_read(self, rows: list[list[str]]) -> None:
        assert read_workbook(format_workbook(rows)) == rows
