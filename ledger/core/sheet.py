r"""Sheets: certificate numbers found in a workbook or a table of text, and results written as a workbook or as CSV.

The page checks many numbers at once, and what it is given is a stranger's file: everything is bounded, nothing in it is
run or followed. It is our own reader and writer because the browser's Python has neither zipfile nor an XML parser, and
bringing them would cost every first visit 150 kB; only plain cells of the first sheet are read, which is all that is
needed. An issuer's rosters are read by `ledger.forms`, with a library.

    read_workbook(data) -> rows          every cell as text; a number that Excel keeps as a number is `Numeric`
    read_text(text) -> rows              lines, cells parted by tab, comma or semicolon; "…" quotes
    find_numbers(rows) -> [Asked(...)]   the column that holds most numbers, with what is wrong with a cell
    format_workbook(rows) -> bytes       text cells only
    format_csv(rows) -> str              UTF-8 with a mark; cells that a spreadsheet would run are made harmless

A number of 22 digits in a numeric cell has lost its last digits: it is told of, never repaired.

>>> rows = read_text("编号,姓名\nS000050000001263000001,甲\n")
>>> [(asked.place, asked.number) for asked in find_numbers(rows)]
[('2', 'S000050000001263000001')]
"""

import re
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ledger.core.code import normalise_code
from ledger.core.errors import FormatError

__all__ = [
    "MAX_FILE",
    "MAX_NUMBERS",
    "Asked",
    "Numeric",
    "find_numbers",
    "format_csv",
    "format_workbook",
    "read_text",
    "read_workbook",
]

MAX_FILE = 10 << 20  # bytes of the file
MAX_NUMBERS = 1000
_MAX_PART = 60 << 20  # bytes of one part of a workbook when it is inflated
_MAX_CELLS = 500_000
_MAX_ROWS = 1 << 20

_HEADER = re.compile(r"证书编号|证书号码|证书号|编号|certificate|number", re.IGNORECASE)
_LIKELY = re.compile(r"[0-9A-Z]{18,26}")
_LOST = re.compile(r"[0-9]+(?:\.[0-9]+)?E\+?[0-9]+|[0-9]{16,}", re.IGNORECASE)
_CELL = re.compile(r"<(?:\w+:)?c\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?c>)", re.DOTALL)
_ROW = re.compile(r"<(?:\w+:)?row\b([^>]*?)(?:/>|>(.*?)</(?:\w+:)?row>)", re.DOTALL)
_VALUE = re.compile(r"<(?:\w+:)?v\b[^>]*>(.*?)</(?:\w+:)?v>", re.DOTALL)
_TEXT = re.compile(r"<(?:\w+:)?t\b[^>]*?(?:/>|>(.*?)</(?:\w+:)?t>)", re.DOTALL)
_ITEM = re.compile(r"<(?:\w+:)?si\b[^>]*?(?:/>|>(.*?)</(?:\w+:)?si>)", re.DOTALL)
_PHONETIC = re.compile(r"<(?:\w+:)?rPh\b.*?</(?:\w+:)?rPh>", re.DOTALL)
_SHEET = re.compile(r'<(?:\w+:)?sheet\b[^>]*?\b\w+:id="([^"]+)"')
_RELATION = re.compile(r"<(?:\w+:)?Relationship\b([^>]*)>")
_MEMBER = re.compile(r'\b(Id|Target)="([^"]*)"')
_ATTRIBUTE = re.compile(r'\b([rt])="([^"]*)"')
_ENTITY = re.compile(r"&(?:#(\d{1,7})|#x([0-9A-Fa-f]{1,6})|(lt|gt|amp|quot|apos));")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_RUN = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of a formula


class Numeric(str):
    """The text of a cell that the workbook keeps as a number."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A number to check and where it stands ("A2", or a line); `problem`: "numeric", "duplicate" or ""."""

    place: str
    number: str
    problem: str = ""


Rows = Sequence[Sequence[str]]


def find_numbers(rows: Rows) -> list[Asked]:
    """Return what stands in the column of the numbers. Raises FormatError if there is none, or too many."""
    width = max((len(row) for row in rows), default=0)
    counts = [sum(_is_likely(row[at]) for row in rows if at < len(row)) for at in range(width)]
    if not counts or max(counts) == 0:
        raise FormatError("table", "no certificate number in it")
    column = counts.index(max(counts))
    found: list[Asked] = []
    seen: set[str] = set()
    for line, row in enumerate(rows, 1):
        cell = row[column].strip() if column < len(row) else ""
        if not cell or (not _is_likely(cell) and not found and _HEADER.search(cell)):
            continue
        number = normalise_code(cell)
        numeric = isinstance(row[column], Numeric) or (_LOST.fullmatch(cell) is not None and not _is_likely(cell))
        problem = "numeric" if numeric else "duplicate" if number in seen else ""
        seen.add(number)
        found.append(Asked(str(line), cell if numeric else number, problem))
        if len(found) > MAX_NUMBERS:
            raise FormatError("table", f"more than {MAX_NUMBERS} numbers")
    return found


def _is_likely(cell: str) -> bool:
    if isinstance(cell, Numeric):
        return _LOST.fullmatch(cell) is not None
    return _LIKELY.fullmatch(normalise_code(cell)) is not None


def read_text(text: str) -> list[list[str]]:
    """Return the lines of a text as cells."""
    if len(text) > MAX_FILE:
        raise FormatError("table", f"more than {MAX_FILE} characters")
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    parted = next((mark for mark in "\t,;" if mark in text), "\t")
    return [[_unquoted(cell) for cell in line.split(parted)] for line in lines]


def _unquoted(cell: str) -> str:
    cell = cell.strip()
    if len(cell) > 1 and cell[0] == cell[-1] == '"':
        cell = cell[1:-1].replace('""', '"')
    if cell.startswith('="') and cell.endswith('"'):  # how spreadsheets are told to keep a number's digits
        return cell[2:-1]
    return cell.removeprefix("'")


# -- workbooks ---------------------------------------------------------------------------------------------------------


def read_workbook(data: bytes) -> list[list[str]]:
    """Return the cells of the first sheet. Raises FormatError for what is no workbook of this kind."""
    if len(data) > MAX_FILE:
        raise FormatError("workbook", f"more than {MAX_FILE} bytes")
    parts = _entries(data)
    sheet = _first_sheet(data, parts)
    strings = [_joined(item) for item in _ITEM.findall(_part(data, parts, "xl/sharedStrings.xml", ""))]
    rows: list[list[str]] = []
    count = 0
    for place, content in _ROW.findall(sheet):
        line = dict(_ATTRIBUTE.findall(place)).get("r", "")
        if line.isdecimal() and len(rows) < int(line) - 1 < _MAX_ROWS:  # empty rows are not written
            rows += [[]] * (int(line) - 1 - len(rows))
        row: list[str] = []
        for attributes, inner in _CELL.findall(content):
            named = dict(_ATTRIBUTE.findall(attributes))
            column = _column(named.get("r", ""), len(row))
            row += [""] * (column - len(row))
            row.append(_cell(named.get("t", "n"), inner, strings))
            count += 1
            if count > _MAX_CELLS or column > 1000:
                raise FormatError("workbook", "too many cells")
        rows.append(row)
    return rows


def _first_sheet(data: bytes, parts: Mapping[str, tuple[int, int, int]]) -> str:
    relations = {}
    for attributes in _RELATION.findall(_part(data, parts, "xl/_rels/workbook.xml.rels", "")):
        members = dict(_MEMBER.findall(attributes))
        relations[members.get("Id", "")] = members.get("Target", "")
    first = _SHEET.search(_part(data, parts, "xl/workbook.xml"))
    target = relations.get(first[1], "") if first else ""
    path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return _part(data, parts, path)


def _cell(kind: str, inner: str, strings: Sequence[str]) -> str:
    value = _VALUE.search(inner)
    if kind == "inlineStr":
        return _joined(inner)
    if value is None:
        return ""
    text = _plain(value[1])
    if kind == "s":
        return strings[int(text)] if text.isdecimal() and int(text) < len(strings) else ""
    return text if kind in ("str", "e", "b", "d") else Numeric(text)


def _column(reference: str, default: int) -> int:
    """Return the index of the column in a reference like AB12."""
    letters = reference.rstrip("0123456789")
    if not letters.isascii() or not letters.isalpha() or len(letters) > 3:
        return default
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def _joined(item: str) -> str:
    return "".join(_plain(text) for text in _TEXT.findall(_PHONETIC.sub("", item)))


def _plain(text: str) -> str:
    return _ENTITY.sub(_entity, text)


def _entity(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        return _NAMED[name]
    point = int(decimal) if decimal else int(hexadecimal, 16)
    return chr(point) if point <= 0x10FFFF else "\ufffd"


def _entries(data: bytes) -> dict[str, tuple[int, int, int]]:
    """Return (method, size, offset) of each entry of a ZIP file, from its directory."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 66_000))
    if end < 0 or len(data) < end + 22:
        raise FormatError("workbook", "not a ZIP file, or cut off")
    count, _, at = struct.unpack_from("<HII", data, end + 10)
    entries: dict[str, tuple[int, int, int]] = {}
    for _ in range(count):
        if data[at : at + 4] != b"PK\x01\x02" or len(data) < at + 46:
            raise FormatError("workbook", "a damaged directory")
        flags, method = struct.unpack_from("<HH", data, at + 8)
        size, _, name_size, extra, comment = struct.unpack_from("<IIHHH", data, at + 20)
        if flags & 1:
            raise FormatError("workbook", "encrypted")
        name = data[at + 46 : at + 46 + name_size].decode("ascii", "replace")
        entries[name] = (method, size, struct.unpack_from("<I", data, at + 42)[0])
        at += 46 + name_size + extra + comment
    return entries


def _part(data: bytes, parts: Mapping[str, tuple[int, int, int]], name: str, absent: str | None = None) -> str:
    """Return a part as text; `absent` if it is not there, else FormatError."""
    if name not in parts:
        if absent is None:
            raise FormatError("workbook", "not an Excel workbook (.xlsx)")
        return absent
    method, size, at = parts[name]
    if data[at : at + 4] != b"PK\x03\x04" or len(data) < at + 30 or method not in (0, 8):
        raise FormatError("workbook", "a damaged part")
    name_size, extra = struct.unpack_from("<HH", data, at + 26)
    raw = data[at + 30 + name_size + extra :][:size]
    if method == 8:
        inflate = zlib.decompressobj(-15)
        try:
            raw = inflate.decompress(raw, _MAX_PART)
        except zlib.error as error:
            raise FormatError("workbook", "a damaged part") from error
        if inflate.unconsumed_tail:
            raise FormatError("workbook", f"a part of more than {_MAX_PART} bytes")
    return raw.decode("utf-8", "replace")


# -- results -----------------------------------------------------------------------------------------------------------


def format_csv(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV that a spreadsheet opens as text: UTF-8 with a mark, no cell that begins a formula."""
    lines = [",".join(_quoted(cell) for cell in row) for row in rows]
    return "\ufeff" + "".join(f"{line}\r\n" for line in lines)


def _quoted(cell: str) -> str:
    safe = f"'{cell}" if cell.startswith(_RUN) else cell
    return '"' + safe.replace('"', '""') + '"'


def format_workbook(rows: Iterable[Sequence[str]]) -> bytes:
    """Return a workbook of one sheet whose cells are all text; its first row is bold and stays in sight."""
    body = []
    for line, row in enumerate(rows, 1):
        style = ' s="1"' if line == 1 else ""
        cells = "".join(
            f'<c r="{_letters(at)}{line}"{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
            for at, text in enumerate(map(_escaped, row))
        )
        body.append(f'<row r="{line}">{cells}</row>')
    sheet = _SHEET_XML.replace("{rows}", "".join(body))
    return _zip({**_FIXED, "xl/worksheets/sheet1.xml": sheet})


def _letters(index: int) -> str:
    return chr(65 + index) if index < 26 else _letters(index // 26 - 1) + chr(65 + index % 26)


def _escaped(text: str) -> str:
    clean = "".join(character if character >= " " or character in "\t\n" else "\ufffd" for character in text[:32_000])
    return clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _zip(parts: Mapping[str, str]) -> bytes:
    """Return a ZIP file of deflated parts with a fixed date: the same parts, the same bytes."""
    out, directory = bytearray(), bytearray()
    for name, text in parts.items():
        data = text.encode()
        deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
        packed = deflate.compress(data) + deflate.flush()
        common = struct.pack("<HHHHHIIIHH", 20, 0, 8, 0, 33, zlib.crc32(data), len(packed), len(data), len(name), 0)
        directory += b"PK\x01\x02\x14\0" + common + struct.pack("<HHHII", 0, 0, 0, 0, len(out)) + name.encode()
        out += b"PK\x03\x04" + common + name.encode() + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(parts), len(parts), len(directory), len(out), 0)
    return bytes(out + directory + b"PK\x05\x06" + end)


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_XML = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    '<cols><col min="1" max="1" width="7" customWidth="1"/><col min="2" max="12" width="24" customWidth="1"/></cols>'
    "<sheetData>{rows}</sheetData></worksheet>"
)
_FIXED = {
    "[Content_Types].xml": (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="results" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'{_XML}<styleSheet xmlns="{_MAIN}">'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/>'
        '<name val="Calibri"/></font></fonts><fills count="1"><fill><patternFill patternType="none"/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf numFmtId="49"/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="49" xfId="0"/><xf numFmtId="49" fontId="1" xfId="0" applyFont="1"/></cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    ),
}
