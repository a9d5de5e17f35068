"""The outside of a workbook: a ZIP file that may have been made to hurt its reader.

Before anything parses it: size, number of entries and declared sizes come from the ZIP directory; every part
is then inflated once with its size counted, because the directory may lie; the kinds of workbook we do not
read are named; and each sheet is searched for cells so far out that a dense reader would fill the memory with
the blanks before them (one cell at XFD1048576). What passes is bounded: MAX_ROWS rows, 52 columns (beyond 26 of them
fewer rows), MAX_STRINGS texts, MAX_TOTAL bytes of XML.

The patterns below are searched in bytes that somebody may have written to make them slow: each step of each of them
ends at the next "<", and no tag is longer than MAX_TAG.
"""

import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import IO
from xml.etree import ElementTree as ET

from ledger.forms.findings import FileError

__all__ = ["MAX_FILE", "MAX_ROWS", "SheetPart", "inspect_workbook"]

MAX_FILE = 64 << 20
MAX_ENTRIES = 1000
MAX_ENTRY = 192 << 20  # inflated
MAX_TOTAL = 320 << 20
MAX_RATIO = 200  # of an entry beyond SMALL; sheets of repeated text reach about 30
SMALL = 1 << 20
MAX_ROWS = 199_999
MAX_WIDE_ROWS = 99_999  # of a sheet with columns from AA on
MAX_SHEETS = 200
MAX_STRINGS = 2_500_000  # shared ones; each costs a reader some 50 bytes, even an empty one
MAX_TAG = 2000  # bytes of a cell's or row's tag

_KEPT = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/_rels/workbook\.xml\.rels|xl/[A-Za-z]+\.xml|xl/worksheets/[^/]+\.xml"
)
# Other files and data bases (a DDE link is an external link), and what runs: Excel 4 macro sheets, controls, objects.
_EXTERNAL = ("xl/externallinks/", "xl/connections.xml", "xl/querytables/")
_ACTIVE = ("xl/macrosheets/", "xl/dialogsheets/", "xl/activex/", "xl/ctrlprops/", "xl/embeddings/", "customui/")
_ZIP = b"PK\3\4"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and .xlsx with a password
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_RELATION_ID = (
    "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id",
    "{http://purl.oclc.org/ooxml/officeDocument/relationships}id",
)
# The first cell or row tag that does not say, in the plain spelling, that it is in columns A..AZ and rows 1..199999.
_ATTRIBUTES = rb'(?:[\w:]+="[^"<>]*" )*?'
_ROW_NUMBER = rb"(?:1[0-9]{5}|[1-9][0-9]{0,4})"
_FAR_CELL = re.compile(rb"<c(?:[>\t\r\n]| (?!" + _ATTRIBUTES + rb'r="A?[A-Z]' + _ROW_NUMBER + rb'"))')
_FAR_ROW = re.compile(rb"<row(?:[>\t\r\n]| (?!" + _ATTRIBUTES + rb'r="' + _ROW_NUMBER + rb'"))')
_WIDE_FAR = re.compile(rb' r="A[A-Z][0-9]'), re.compile(rb' r="A?[A-Z]1[0-9]{5}"')
_LONG_TAG = re.compile(rb"<(?:c|row)\s[^<>]{%d}" % MAX_TAG)
_FAR = re.compile(rb"<(?:c|row) " + _ATTRIBUTES + rb'r="(?:[A-Z]{1,3})?[1-9][0-9]{0,6}"')
_COLON = re.compile(rb":(?:c|row|sheetData)[\s/>]")  # rare, and so quickly looked for
_NAMED_TAG = re.compile(rb"<[^\s<>/]+:(?:c|row|sheetData)[\s/>]")  # <x:c: some programs give every tag a prefix
_COMPUTED = re.compile(
    rb"<c "
    + _ATTRIBUTES
    + rb'r="([A-Z]{1,2})([0-9]+)"(?:[^<>]* t="e"|[^<>]*>\s*<f[\s/>])|<c [^<>]*t="e"[^<>]* r="([A-Z]{1,2})([0-9]+)"'
)
_HIDDEN_ROW = re.compile(rb'<row [^<>]*hidden="(?:1|true)"')


@dataclass(frozen=True, slots=True)
class SheetPart:
    """What a dense reader does not tell about a visible sheet."""

    name: str
    computed: frozenset[tuple[int, str]]  # (row, column letters) of formulas and error values
    hidden_rows: bool
    booleans: bool


def inspect_workbook(data: bytes) -> tuple[list[SheetPart], bytes]:
    """Return the visible worksheets of the .xlsx `data` in order, and the archive for the parser.

    Raises FileError for all we refuse to read.
    """
    if data.startswith(_OLE):
        raise FileError("file.old_or_encrypted")
    if len(data) > MAX_FILE:
        raise FileError("file.too_large", limit=f"{MAX_FILE >> 20} MB")
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileError("file.damaged" if data.startswith(_ZIP) else "file.kind") from error
    with archive:
        try:
            parts = _inflate(archive)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
            raise FileError("file.damaged") from error
    return [_sheet(name, parts[path]) for name, path in _visible_sheets(parts)], _packed(parts)


def _inflate(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Return the parts that a table is made of; every entry is inflated and counted all the same."""
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or len({entry.filename for entry in entries}) != len(entries):
        raise FileError("file.damaged")
    for entry in entries:
        if entry.flag_bits & 1:
            raise FileError("file.old_or_encrypted")
        if entry.file_size > MAX_ENTRY or _ratio(entry.file_size, entry.compress_size) > MAX_RATIO:
            raise FileError("file.too_large", limit=f"{MAX_ENTRY >> 20} MB, 1:{MAX_RATIO}")
    _refuse_kinds({entry.filename for entry in entries})
    parts: dict[str, bytes] = {}
    total = 0
    for entry in entries:
        kept = _KEPT.fullmatch(entry.filename) is not None
        with archive.open(entry) as stream:
            size, content = _read_counted(stream, min(MAX_ENTRY, MAX_TOTAL - total), keep=kept)
        if _ratio(size, entry.compress_size) > MAX_RATIO:
            raise FileError("file.too_large", limit=f"1:{MAX_RATIO}")
        total += size
        if kept:
            _refuse_markup(content)
            parts[entry.filename] = content
    return parts


def _packed(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _refuse_markup(xml: bytes) -> None:
    """Refuse a document type (entities grow without end), other encodings (they hide one), and too many texts."""
    if b"!DOCTYPE" in xml or b"!ENTITY" in xml or b"\0" in xml:  # "<" is everywhere: a search for it takes long
        raise FileError("file.damaged")
    if len(xml) > MAX_STRINGS * len(b"<si/>") and xml.count(b"<si") > MAX_STRINGS:
        raise FileError("file.too_large", limit=f"{MAX_STRINGS} 个文本 texts")


def _refuse_kinds(names: set[str]) -> None:
    lower = {name.lower() for name in names}
    if any(name.startswith(_EXTERNAL) for name in lower):
        raise FileError("file.external")
    if any(name.startswith(_ACTIVE) or name.endswith(("vbaproject.bin", "vbadata.xml")) for name in lower):
        raise FileError("file.macros")
    if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
        raise FileError("file.kind")


def _ratio(size: int, packed: int) -> float:
    return size / max(packed, 1) if size > SMALL else 0


def _read_counted(stream: IO[bytes], limit: int, *, keep: bool) -> tuple[int, bytes]:
    """Return the size of a part, and its bytes if they are to be kept. Raises FileError beyond `limit` bytes."""
    size, chunks = 0, []
    while chunk := stream.read(1 << 20):
        size += len(chunk)
        if size > limit:
            raise FileError("file.too_large", limit=f"{MAX_TOTAL >> 20} MB")
        if keep:
            chunks.append(chunk)
    return size, b"".join(chunks)


def _visible_sheets(parts: dict[str, bytes]) -> list[tuple[str, str]]:
    """Return (name, part) of the worksheets that are not hidden."""
    workbook, relations = _xml(parts["xl/workbook.xml"]), _xml(parts["xl/_rels/workbook.xml.rels"])
    targets = {r.get("Id"): r.get("Target", "") for r in relations.iter(_RELATION)}
    sheets = []
    for main in (_MAIN, _STRICT):
        for sheet in workbook.iter(main + "sheet"):
            target = targets.get(next((sheet.get(key) for key in _RELATION_ID if sheet.get(key)), None), "")
            path = target[1:] if target.startswith("/") else "xl/" + target.removeprefix("./")
            if sheet.get("state", "visible") == "visible" and path in parts:
                sheets.append((sheet.get("name", ""), path))
    if len(sheets) > MAX_SHEETS:
        raise FileError("file.too_large", limit=f"{MAX_SHEETS} 个工作表 sheets")
    if len({path for _, path in sheets}) != len(sheets):  # one part read again and again
        raise FileError("file.damaged")
    return sheets


def _xml(data: bytes) -> ET.Element:
    try:
        return ET.fromstring(data)  # noqa: S314 - no document type, so no entities; and its size is bounded
    except ET.ParseError as error:
        raise FileError("file.damaged") from error


def _sheet(name: str, xml: bytes) -> SheetPart:
    if _COLON.search(xml) and _NAMED_TAG.search(xml):
        raise FileError("file.damaged")
    wide, wide_far = _WIDE_FAR
    if wide.search(xml) and wide_far.search(xml):
        raise FileError("file.too_large", limit=f"{MAX_WIDE_ROWS} 行 rows × 52 列 columns")
    far = _FAR_CELL.search(xml) or _FAR_ROW.search(xml)
    if far:
        # Far away in a plain spelling is a sheet too large; everything else is a sheet that no program writes.
        plain = _FAR.match(xml, far.start())
        raise (
            FileError("file.too_large", limit=f"{MAX_ROWS} 行 rows, 52 列 columns")
            if plain
            else FileError("file.damaged")
        )
    computed: frozenset[tuple[int, str]] = frozenset()
    if (b"<f" in xml or b't="e"' in xml or b"hidden=" in xml) and _LONG_TAG.search(xml):
        raise FileError("file.damaged")
    if b"<f" in xml or b't="e"' in xml:
        found = _COMPUTED.findall(xml)
        computed = frozenset((int(row or row2), (column or column2).decode()) for column, row, column2, row2 in found)
    hidden = b"hidden=" in xml and _HIDDEN_ROW.search(xml) is not None
    return SheetPart(name, computed, hidden, b't="b"' in xml)
