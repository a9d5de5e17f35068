"""Fonts of a PDF cut down to the glyphs of one page: TrueType outlines, as typst puts them into a PDF.

    font = Font(objects, number)     read once
    cut = font.cut(order)            for the glyphs `order`: the objects that take the place of the font's

Glyphs are numbered as they come on the page, behind glyph 0, which stands for what is missing. Outlines and widths are
those of the font; glyphs have no names. Nothing is deflated: outlines hardly get smaller, it would take longer than all
the rest, and the bytes would depend on the zlib at hand. The tag before the font's name is made of the font file.
"""

import hashlib
import re
import struct
import zlib
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final

__all__ = ["Font", "Object", "ShapeError", "find", "number_in", "opened"]

Object = tuple[bytes, bytes]  # what stands before a stream, or the whole of an object; and the stream, or nothing

_TAG = re.compile(rb"/[A-Z]{6}\+")
_WIDTH_RUNS = re.compile(rb"(\d+) (\d+) ([\d.]+)")
_MAPPED = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
_TABLES: Final = (b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp", b"name", b"post")
_DIRECTORY: Final = 12 + 16 * len(_TABLES)
_PART: Final = 100  # characters in a part of a map
_MAGIC: Final = 0xB1B0AFBA
_POST: Final = 32  # bytes of the table of names without names
_MAP_HEAD: Final = b"""/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo 3 dict dup begin
    /Registry (Adobe) def
    /Ordering (Identity) def
    /Supplement 0 def
end def
/CMapName /Custom def
/CMapVersion 1 def
/CMapType 0 def
/WMode 0 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
"""
_MAP_END: Final = b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"


class ShapeError(Exception):
    """The PDF has another shape than those that typst writes here."""


def find(pattern: bytes, body: bytes) -> bytes:
    """Return what the one group of `pattern` is, where it first stands. Raises ShapeError."""
    found = re.search(pattern, body)
    if found is None:
        raise ShapeError
    return found[1]


def number_in(pattern: bytes, body: bytes) -> int:
    """Return the number that `find` finds."""
    return int(find(pattern, body))


def opened(members: bytes, stream: bytes) -> bytes:
    """Return a stream, inflated if its members say that it is deflated."""
    return zlib.decompress(stream) if b"/FlateDecode" in members else stream


class Font:
    """One font of a PDF, with the numbers of its objects."""

    def __init__(self, objects: Sequence[Object], number: int) -> None:
        """Read the font whose object is `number`. Raises ShapeError."""
        self.top, self.top_body = number, objects[number][0]
        self.cid = number_in(rb"/DescendantFonts\[(\d+) 0 R\]", self.top_body)
        self.cid_body = objects[self.cid][0]
        self.descriptor = number_in(rb"/FontDescriptor (\d+) 0 R", self.cid_body)
        self.descriptor_body = objects[self.descriptor][0]
        self.file = number_in(rb"/FontFile2 (\d+) 0 R", self.descriptor_body)
        self.map = number_in(rb"/ToUnicode (\d+) 0 R", self.top_body)
        self.meanings = {int(cid, 16): text for cid, text in _MAPPED.findall(opened(*objects[self.map]))}
        self.widths: dict[int, bytes] = {}
        for first, last, width in _WIDTH_RUNS.findall(find(rb"/W\[([^\]]*)\]", self.cid_body)):
            self.widths.update(dict.fromkeys(range(int(first), int(last) + 1), width))
        self._read(opened(*objects[self.file]))

    def _read(self, data: bytes) -> None:
        """Read the font file."""
        count = int.from_bytes(data[4:6])
        entries = [struct.unpack_from(">4s4xII", data, 12 + 16 * at) for at in range(count)]
        tables = {tag: data[start : start + size] for tag, start, size in entries}
        if tuple(tables) != _TABLES:  # hinted fonts have more
            raise ShapeError
        self.tables, glyphs = tables, int.from_bytes(tables[b"maxp"][4:6])
        wide = tables[b"head"][50:52] != b"\0\0"
        places = struct.unpack(f">{glyphs + 1}{'I' if wide else 'H'}", tables[b"loca"])
        scale = 1 if wide else 2
        outlines = tables[b"glyf"]
        self.glyphs = [_padded(outlines[a * scale : b * scale]) for a, b in pairwise(places)]
        if self.widths.keys() != set(range(glyphs)):
            raise ShapeError
        self.sums = [*map(_sum, self.glyphs)]
        # A glyph that is composed of others says so by a negative number of contours.
        self.composed = {cid for cid, glyph in enumerate(self.glyphs) if glyph[:1] >= b"\x80"}
        # That of the page's glyphs would do, but this is the same for all pages.
        em = int.from_bytes(tables[b"head"][18:20])
        corners = [round(place * 1000 / em) for place in struct.unpack_from(">4h", tables[b"head"], 36)]
        box = b"/FontBBox[%d %d %d %d]" % (*corners,)
        whole_body = re.sub(rb"/CIDSet \d+ 0 R", b"", self.descriptor_body)
        self.descriptor_body = re.sub(rb"/FontBBox\[[^\]]*\]", box, whole_body)
        metrics, whole = tables[b"hmtx"], int.from_bytes(tables[b"hhea"][34:36])
        self.metrics = [metrics[4 * at : 4 * at + 4] for at in range(whole)]
        # Those behind have the same width as the last of them, and only a bearing of their own.
        bearings = metrics[4 * whole :]
        self.metrics += [self.metrics[-1][:2] + bearings[2 * at : 2 * at + 2] for at in range(glyphs - whole)]

    def cut(self, order: Sequence[int]) -> dict[int, Object]:
        """Return the font's objects for the glyphs `order`, 0 first. Raises ShapeError for one composed of others."""
        if not self.composed.isdisjoint(order):
            raise ShapeError
        file = self._file(order)
        tag = b"/" + bytes(65 + byte % 26 for byte in hashlib.sha256(file).digest()[:6]) + b"+"
        widths = b"/W[0[%b]]" % b" ".join([self.widths[cid] for cid in order])
        mapped = self._map(order)
        return {
            self.top: (_TAG.sub(tag, self.top_body), b""),
            self.cid: (re.sub(rb"/W\[[^\]]*\]", widths, _TAG.sub(tag, self.cid_body)), b""),
            self.descriptor: (_TAG.sub(tag, self.descriptor_body), b""),
            self.file: (b"<</Length %d>>" % len(file), file),
            self.map: (b"<</Length %d/Type/CMap/WMode 0>>" % len(mapped), mapped),
        }

    def _file(self, order: Sequence[int]) -> bytes:
        """Return the font file."""
        glyphs = [self.glyphs[cid] for cid in order]
        places = [0, *accumulate(map(len, glyphs))]
        if places[-1] > 0x1FFFE:
            raise ShapeError
        count = len(glyphs).to_bytes(2)
        old = self.tables
        head = old[b"head"][:8] + bytes(4) + old[b"head"][12:50] + bytes(2) + old[b"head"][52:]
        tables = {
            b"head": head,
            b"hhea": old[b"hhea"][:34] + count,
            b"hmtx": b"".join([self.metrics[cid] for cid in order]),
            b"loca": struct.pack(f">{len(places)}H", *[place // 2 for place in places]),
            b"maxp": old[b"maxp"][:4] + count + old[b"maxp"][6:],
            b"name": old[b"name"],
            b"post": b"\0\3\0\0" + old[b"post"][4:_POST],
        }
        sums = {tag: _sum(data) for tag, data in tables.items()}
        sums[b"glyf"] = sum([self.sums[cid] for cid in order]) & 0xFFFFFFFF
        sizes = {b"glyf": places[-1], **{tag: len(data) for tag, data in tables.items()}}
        at, entries = _DIRECTORY, [struct.pack(">IHHHH", 0x00010000, len(_TABLES), 128, 3, 0)]
        for tag in _TABLES:
            entries.append(struct.pack(">4sIII", tag, sums[tag], at, sizes[tag]))
            at += -sizes[tag] % 4 + sizes[tag]
        directory = b"".join(entries)
        whole = (_MAGIC - _sum(directory) - sum(sums.values())) & 0xFFFFFFFF
        tables[b"head"] = head[:8] + whole.to_bytes(4) + head[12:]
        rest = [_padded(tables[tag]) for tag in _TABLES[1:]]
        return b"".join((directory, *glyphs, *rest))

    def _map(self, order: Sequence[int]) -> bytes:
        """Return what the glyphs mean."""
        lines = [b"<%04X> <%b>\n" % (new, self.meanings[cid]) for new, cid in enumerate(order) if cid in self.meanings]
        parts = [lines[at : at + _PART] for at in range(0, len(lines), _PART)]
        body = b"".join(b"%d beginbfchar\n%bendbfchar\n" % (len(part), b"".join(part)) for part in parts)
        return _MAP_HEAD + body + _MAP_END


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _sum(data: bytes) -> int:
    """Return the checksum of a table, or of a part of one that ends at a word."""
    words = _padded(data)
    total: int = sum(struct.unpack(f">{len(words) // 4}I", words))
    return total & 0xFFFFFFFF
