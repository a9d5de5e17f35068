"""Workbooks made to hurt their reader, each read in a process of its own with caps on memory and time.

What is refused is refused with its rule; what is within the limits is read. Nothing may need more than the caps.
"""

import io
import json
import random
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.forms import package
from ledger.forms.workbook import write_workbook

MEMORY = 1 << 30  # bytes of address space, libraries included
SECONDS = 20  # of processor time
SHEET, STRINGS, WORKBOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
READ = """
import json, resource, sys
from pathlib import Path
from ledger.forms.findings import FileError
from ledger.forms.readers import read_table
try:
    rule = f"read {sum(len(sheet.rows) for sheet in read_table(Path(sys.argv[1])).sheets)}"
except FileError as error:
    rule = error.problem.rule
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([rule, used.ru_maxrss >> 10, round(used.ru_utime + used.ru_stime, 2)]))
"""
Parts = dict[str, bytes]
_PLAIN: Parts = {}


def plain() -> Parts:
    """The parts of a small workbook."""
    return dict(_PLAIN)


def packed(parts: Parts, *, level: int = 9) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def sheet(cells: bytes, *, hidden: bool = False) -> Parts:
    """A workbook whose sheet has these rows; `hidden` behind noise from the limit on the ratio of a part."""
    parts = plain()
    head = parts[SHEET].split(b"<sheetData>")[0]
    comment = b"<!--" + noise(256 << 10).hex().encode() + b"-->" if hidden else b""
    return {**parts, SHEET: head + b"<sheetData>" + cells + b"</sheetData>" + comment + b"</worksheet>"}


def changed(part: str, old: bytes, new: bytes) -> Parts:
    parts = plain()
    assert old in parts[part]
    return {**parts, part: parts[part].replace(old, new, 1)}


def added(name: str, content: bytes = b"<x/>") -> Parts:
    return {**plain(), name: content}


def noise(size: int) -> bytes:
    """Bytes that do not compress, so that a bomb beside them keeps its ratio low."""
    return random.Random(1).randbytes(size)


def cell(place: bytes, inner: bytes = b"<v>1</v>", more: bytes = b"") -> bytes:
    return b'<c r="' + place + b'"' + more + b">" + inner + b"</c>"


def row(number: int, *cells: bytes) -> bytes:
    return b'<row r="%d">' % number + b"".join(cells) + b"</row>"


def corners(last: int, column: bytes) -> bytes:
    """A sheet of two cells, as far from each other as they can be: a dense reader fills what is between them."""
    return packed(sheet(row(1, cell(b"A1")) + row(last, cell(column + b"%d" % last))))


def zip_bomb() -> bytes:
    return packed({**plain(), STRINGS: b"<sst>" + b" " * (180 << 20) + b"</sst>"})


def many_bombs() -> bytes:
    """Twenty parts of 100 MB, each under the limit of one part, all of them over the limit of a file."""
    content = b"<x>" + bytes(range(1, 60)) * (100 << 14) + b"</x>"
    return packed({**plain(), **{f"xl/media/{n}.bin": content for n in range(20)}}, level=1)


def entities() -> bytes:
    lol = b'<!ENTITY a "lol">' + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
    parts = plain()
    return packed({**parts, STRINGS: parts[STRINGS].replace(b"<sst", b"<!DOCTYPE sst [" + lol + b"]><sst")})


def empty_strings() -> bytes:
    """48 million empty texts in 190 MB of XML, beside noise that keeps the ratio of the part low."""
    parts = plain()
    return packed(
        {**parts, STRINGS: b"<sst>" + b"<si/>" * (30 << 20) + b"<!--" + noise(1 << 20).hex().encode() + b"--></sst>"}
    )


def slow_cells() -> bytes:
    """Cells without an end: a pattern that crosses "<" would search to the end of the file from each of them."""
    return packed(sheet(row(1, cell(b"A1", b"<f>1</f>")) + b'<c r="A1" ' * (1 << 20), hidden=True))


def slow_tag() -> bytes:
    """One tag of megabytes with t="e" again and again."""
    return packed(sheet(b'<row r="1"><c ' + b't="e" ' * (1 << 20) + b"/></row>", hidden=True))


def slow_prefix() -> bytes:
    """A text of colons, each of which looks like the end of a prefix."""
    text = b'<c r="A1" t="inlineStr"><is><t>' + b" x:c " * (4 << 20) + b"</t></is></c>"
    return packed(sheet(b'<row r="1">' + text + b"</row>", hidden=True))


def deep() -> bytes:
    return packed(changed(WORKBOOK, b"<sheets>", b"<a>" * 200_000 + b"<sheets>"))


def many_sheets() -> bytes:
    parts = plain()
    one = b'<sheet name="s%d" sheetId="%d" r:id="rId1"/>'
    sheets = b"".join(one % (n, n) for n in range(2, 100_000))
    return packed({**parts, WORKBOOK: parts[WORKBOOK].replace(b"</sheets>", sheets + b"</sheets>")}, level=1)


def one_part_as_many_sheets() -> bytes:
    parts = plain()
    again = b'<sheet name="again" sheetId="2" r:id="rId1"/></sheets>'
    return packed({**parts, WORKBOOK: parts[WORKBOOK].replace(b"</sheets>", again)})


def wide_csv() -> bytes:
    return b"ab," * (20 << 20)


def wide_csv_row_of_many_lines() -> bytes:
    return (b'"a\n",' * 10 + b"b," * 100) * 100_000


MERGED = b'</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "zip-bomb": (zip_bomb, "file.too_large"),
    "many-bombs": (many_bombs, "file.too_large"),
    "entity-bomb": (entities, "file.damaged"),
    "empty-strings": (empty_strings, "file.too_large"),
    "cell-at-the-end": (lambda: corners(1048576, b"XFD"), "file.too_large"),
    "wide-and-long": (lambda: corners(199_999, b"AZ"), "file.too_large"),
    "long": (lambda: corners(199_999, b"Z"), "read 199999"),
    "wide": (lambda: corners(99_999, b"AZ"), "read 99999"),
    "declared-dimension": (
        lambda: packed(changed(SHEET, b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')),
        "read 2",
    ),
    "merged-cells": (lambda: packed(changed(SHEET, b"</sheetData>", MERGED)), "read 2"),
    "slow-cells": (slow_cells, "file.damaged"),
    "slow-tag": (slow_tag, "file.damaged"),
    "slow-prefix": (slow_prefix, "read 1"),
    "deep-xml": (deep, "file.damaged"),
    "many-sheets": (many_sheets, "file.too_large"),
    "one-part-as-many-sheets": (one_part_as_many_sheets, "file.damaged"),
    "external-link": (lambda: packed(added("xl/externalLinks/externalLink1.xml")), "file.external"),
    "dde-link": (lambda: packed(added("xl/externalLinks/link1.xml", b"<ddeLink/>")), "file.external"),
    "external-link-in-capitals": (lambda: packed(added("xl/ExternalLinks/externalLink1.xml")), "file.external"),
    "data-connection": (lambda: packed(added("xl/connections.xml")), "file.external"),
    "query-table": (lambda: packed(added("xl/queryTables/queryTable1.xml")), "file.external"),
    "macros": (lambda: packed(added("xl/vbaProject.bin")), "file.macros"),
    "excel-4-macros": (lambda: packed(added("xl/macrosheets/sheet1.xml")), "file.macros"),
    "activex": (lambda: packed(added("xl/activeX/activeX1.bin")), "file.macros"),
    "embedded-object": (lambda: packed(added("xl/embeddings/oleObject1.bin")), "file.macros"),
    "dde-formula": (lambda: packed(sheet(row(1, cell(b"A1", b"<f>cmd|'/c calc'!A0</f><v>1</v>")))), "read 1"),
    "old-xls": (lambda: bytes.fromhex("d0cf11e0a1b11ae1") + noise(4096), "file.old_or_encrypted"),
    "no-workbook": (lambda: noise(1 << 20), "file.kind"),
    "too-large": (lambda: b"PK\3\4" + noise(package.MAX_FILE), "file.too_large"),
    "csv-of-one-row": (wide_csv, "file.too_large"),
    "csv-of-one-row-in-many-lines": (wide_csv_row_of_many_lines, "file.too_large"),
    "csv-of-blank-lines": (lambda: b"\n" * (8 << 20), "file.too_large"),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    path = tmp_path_factory.mktemp("plain") / "plain.xlsx"
    write_workbook(path, "表", ["甲", "乙"], [["1", "2"]])
    with zipfile.ZipFile(path) as archive:
        _PLAIN.update({name: archive.read(name) for name in archive.namelist()})
    yield
    _PLAIN.clear()


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_file_is_refused_inside_the_caps(tmp_path: Path, case: str) -> None:
    make, expected = CASES[case]
    path = tmp_path / ("a.csv" if case.startswith("csv") else "a.xlsx")
    path.write_bytes(make())
    command = [sys.executable, "-c", READ, str(path)]
    done = subprocess.run(
        command,
        preexec_fn=limited,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.returncode}: {done.stderr[-500:]}"
    rule, megabytes, seconds = json.loads(done.stdout)
    print(f"{case}: {path.stat().st_size >> 10} kB, {rule}, {megabytes} MB, {seconds} s")
    assert rule == expected


def test_the_caps_are_felt(tmp_path: Path) -> None:
    """A reader without limits would not have passed: the same caps stop what needs more than they allow."""
    command = [sys.executable, "-c", f"x = bytes({MEMORY})"]
    done = subprocess.run(
        command,
        preexec_fn=limited,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "MemoryError" in done.stderr
