"""Hostile workbooks are refused before a parser sees them; each has one defect."""

import io
import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ledger.forms import package, readers
from ledger.forms.findings import FileError
from ledger.forms.package import inspect_workbook
from ledger.forms.readers import read_table
from ledger.forms.workbook import write_workbook
from tests.fixtures.forms import edit_part

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
WORKBOOK = "xl/workbook.xml"
NAMESPACE = b'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain.xlsx"
    write_workbook(path, "表", ["甲", "乙"], [["1", "2"]])
    return path


def refused(path: Path) -> str:
    with pytest.raises(FileError) as raised:
        read_table(path)
    return raised.value.problem.rule


def replace(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        assert old in content
        return content.replace(old, new)

    return change


def test_a_plain_workbook_is_read(plain: Path) -> None:
    assert [list(row) for row in read_table(plain).sheets[0].rows] == [["甲", "乙"], ["1", "2"]]


DEFECTS = {
    "cell-at-the-end": (SHEET, replace(b'r="B2"', b'r="XFD1048576"'), "file.too_large"),
    "row-at-the-end": (SHEET, replace(b'<row r="2"', b'<row r="1048576"'), "file.too_large"),
    "cell-in-column-BA": (SHEET, replace(b'r="B2"', b'r="BA2"'), "file.too_large"),
    "cell-in-row-200000": (SHEET, replace(b'r="B2"', b'r="B200000"'), "file.too_large"),
    "cell-with-single-quotes": (SHEET, replace(b'<c r="B2"', b"<c r='XFD1048576'"), "file.damaged"),
    "cell-after-a-tab": (SHEET, replace(b'<c r="B2"', b'<c\tr="XFD1048576"'), "file.damaged"),
    "cell-without-a-place": (SHEET, replace(b'<c r="B2" s="1"', b'<c s="1"'), "file.damaged"),
    "place-inside-another-attribute": (
        SHEET,
        replace(b'<c r="B2"', b'<c x=\' r="A1"\' r="XFD1048576"'),
        "file.damaged",
    ),
    "second-place": (SHEET, replace(b'<c r="B2"', b'<c ar="A1" r="XFD1048576"'), "file.too_large"),
    "cell-of-a-named-space": (SHEET, replace(b'<c r="B2"', b"<x:c " + NAMESPACE + b' r="B2"'), "file.damaged"),
    "place-as-an-entity": (SHEET, replace(b'r="B2"', b'r="&#88;FD1048576"'), "file.damaged"),
    "document-type": (WORKBOOK, replace(b"<workbook", b'<!DOCTYPE a [<!ENTITY b "c">]><workbook'), "file.damaged"),
    "document-type-in-a-sheet": (SHEET, replace(b"<worksheet", b"<!DOCTYPE a><worksheet"), "file.damaged"),
    "utf-16": (WORKBOOK, lambda content: content.decode().replace("UTF-8", "UTF-16").encode("utf-16"), "file.damaged"),
    "utf-16-sheet": (SHEET, lambda content: content.decode().encode("utf-16"), "file.damaged"),
    "xml-cut-off": (SHEET, lambda content: content[:-30], "file.damaged"),
    "workbook-cut-off": (WORKBOOK, lambda content: content[:-5], "file.damaged"),
    "string-that-is-not-there": (SHEET, replace(b"<v>3</v>", b"<v>99999</v>"), "file.damaged"),
    "huge-text": (STRINGS, replace(b">2<", b">" + b"A" * (package.MAX_RATIO * 20_000) + b"<"), "file.too_large"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_refused(plain: Path, defect: str) -> None:
    part, change, rule = DEFECTS[defect]
    assert refused(edit_part(plain, part, change)) == rule


@pytest.mark.parametrize(
    ("part", "rule"), [("xl/externalLinks/externalLink1.xml", "file.external"), ("xl/vbaProject.bin", "file.macros")]
)
def test_links_and_macros_are_refused(plain: Path, part: str, rule: str) -> None:
    assert refused(edit_part(plain, SHEET, bytes, {part: b"x"})) == rule


def test_a_declared_dimension_means_nothing(plain: Path) -> None:
    edit_part(plain, SHEET, replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>'))
    assert len(read_table(plain).sheets[0].rows) == 2


def test_a_text_that_looks_like_a_tag_is_a_text(plain: Path) -> None:
    text = b'<c r="B2" t="inlineStr"><is><t>x:c :row &lt;c r= :sheetData/</t></is></c>'
    edit_part(plain, SHEET, replace(b'<c r="B2" s="1" t="s"><v>3</v></c>', text))
    assert list(read_table(plain).sheets[0].rows[1]) == ["1", "x:c :row <c r= :sheetData/"]


def test_attributes_in_another_order_are_read(plain: Path) -> None:
    edit_part(plain, SHEET, replace(b'<c r="B2" s="1"', b'<c s="1" r="B2"'))
    assert list(read_table(plain).sheets[0].rows[1]) == ["1", "2"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", "file.kind"),
        (b"a,b\n", "file.kind"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), "file.old_or_encrypted"),
        (b"PK\3\4" + bytes(100), "file.damaged"),
    ],
)
def test_what_is_no_workbook(tmp_path: Path, data: bytes, rule: str) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(data)
    assert refused(path) == rule


def archive(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in entries.items():
            written.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("entries", "rule"),
    [
        ({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}, "file.kind"),
        ({"xl/workbook.bin": b"x", "xl/_rels/workbook.xml.rels": b"x"}, "file.kind"),
        ({f"{n}": b"" for n in range(package.MAX_ENTRIES + 1)}, "file.damaged"),
    ],
)
def test_other_archives(entries: dict[str, bytes], rule: str) -> None:
    with pytest.raises(FileError) as raised:
        inspect_workbook(archive(entries))
    assert raised.value.problem.rule == rule


def test_limits_are_counted_and_not_believed(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_TOTAL", 100)
    assert refused(plain) == "file.too_large"
    monkeypatch.setattr(package, "MAX_ENTRY", 10)
    assert refused(plain) == "file.too_large"
    monkeypatch.setattr(package, "MAX_FILE", 10)
    assert refused(plain) == "file.too_large"
    monkeypatch.setattr(readers, "MAX_FILE", 10)
    assert refused(plain) == "file.too_large"


def test_a_size_that_lies_does_not_reach_the_parser(plain: Path) -> None:
    """The directory says 100 bytes where there are more: one ZIP reader stops there, another goes on."""
    edit_part(plain, STRINGS, replace(b">2<", b">" + bytes(range(65, 91)) * 50 + b"<"))
    data = bytearray(plain.read_bytes())
    directory = data.rindex(STRINGS.encode()) - 46
    data[directory + 24 : directory + 28] = (100).to_bytes(4, "little")
    plain.write_bytes(data)
    assert refused(plain) == "file.damaged"


def test_an_encrypted_entry_is_refused(plain: Path) -> None:
    data = bytearray(plain.read_bytes())
    directory = data.rindex(STRINGS.encode()) - 46
    data[directory + 8] |= 1
    plain.write_bytes(data)
    assert refused(plain) == "file.old_or_encrypted"


def test_a_panic_of_the_parser_is_a_damaged_file(plain: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    class Broken:
        error: BaseException = PanicException()

        @classmethod
        def from_filelike(cls, _: object) -> None:
            raise cls.error

    monkeypatch.setattr(readers, "CalamineWorkbook", Broken)
    assert refused(plain) == "file.damaged"
    Broken.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        read_table(plain)


def test_broken_bits_are_read_or_refused_and_nothing_else(plain: Path) -> None:
    """Every 40th bit flipped and every 29th length cut: a table or a FileError, never another error."""
    data = plain.read_bytes()
    rng = random.Random(5)
    outcomes = {"read": 0, "refused": 0}
    for broken in (
        *(data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :] for at in range(0, len(data), 5)),
        *(data[:size] for size in range(0, len(data), 29)),
    ):
        plain.write_bytes(broken)
        try:
            read_table(plain)
        except FileError:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
    print(outcomes)
    assert outcomes["refused"] > outcomes["read"] > 0
