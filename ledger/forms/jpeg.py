"""JPEG photos: the shape of a plain one, and a grey picture of that shape to set in its place.

A typesetter decodes every photo that it places, only to put the file as it is into the PDF. So it is given a grey
picture of the same shape, one for all of a batch, and the photo is put in afterwards (`ledger.forms.pdfpages`).

A photo is plain if nothing but its shape decides how it is embedded: eight bits, one component or the three of JFIF,
no profile, no orientation, its tables there, its end there. Of every other photo `shape_of` says None: the typesetter
gets it, and judges it.
"""

import struct
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Shape", "grey", "shape_of"]

_FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended, progressive; all with Huffman codes
_SCAN, _TABLES, _CODES = 0xDA, 0xDB, 0xC4
_OTHERS = {0xE0, 0xFE, 0xDD}  # JFIF, a comment, the restart interval
_END = b"\xff\xd9"


class Shape(NamedTuple):
    """Pixels, and the number of components: 1 or 3."""

    width: int
    height: int
    components: int


def shape_of(data: bytes) -> Shape | None:
    """Return the shape of a plain JPEG file, None for any other."""
    if not data.startswith(b"\xff\xd8") or not data.endswith(_END):
        return None
    at, shape, asked = 2, None, set[int]()
    tables: set[int] = set()
    coded = False
    while at + 4 <= len(data):
        mark, kind, length = struct.unpack_from(">BBH", data, at)
        body = data[at + 4 : at + 2 + length]
        if mark != 0xFF or length < 2 or len(body) != length - 2:
            return None
        if kind == _SCAN:
            whole = shape is not None and coded and asked <= tables and at + 2 + length < len(data) - 2
            return shape if whole else None
        if kind in _FRAMES and shape is None:
            shape, asked = _frame(body)
            if shape is None:
                return None
        elif kind == _TABLES:
            tables |= _table_numbers(body)
        elif kind == _CODES:
            coded = True
        elif kind not in _OTHERS:
            return None
        at += 2 + length
    return None


def _frame(body: bytes) -> tuple[Shape | None, set[int]]:
    """Return shape and numbers of the quantization tables of a frame header."""
    if len(body) < 6:
        return None, set()
    bits, height, width, count = struct.unpack_from(">BHHB", body)
    parts = [body[at : at + 3] for at in range(6, len(body), 3)]
    named = bytes(part[0] for part in parts)
    if bits != 8 or 0 in (width, height) or len(body) != 6 + 3 * count:
        return None, set()
    if count != 1 and named != b"\x01\x02\x03":  # RGB, CMYK, and what only a decoder can tell
        return None, set()
    return Shape(width, height, count), {part[2] for part in parts}


def _table_numbers(body: bytes) -> set[int]:
    numbers, at = set(), 0
    while at < len(body):
        numbers.add(body[at] & 15)
        at += 129 if body[at] >> 4 else 65
    return numbers if at == len(body) else set()


@lru_cache(maxsize=64)
def grey(shape: Shape) -> bytes:
    """Return a grey JPEG picture of `shape`: each block is two bits, "no difference" and "end of block"."""
    width, height, count = shape
    named = bytes(range(1, count + 1))
    frame = struct.pack(">BHHB", 8, height, width, count) + b"".join(bytes([n, 0x11, 0]) for n in named)
    code = bytes([1, *[0] * 15, 0])  # one code, of one bit, for the symbol 0
    scan = bytes([count]) + b"".join(bytes([n, 0]) for n in named) + b"\x00\x3f\x00"
    parts = [
        (_TABLES, b"\x00" + b"\x01" * 64),
        (0xC0, frame),
        (_CODES, b"\x00" + code + b"\x10" + code),
        (_SCAN, scan),
    ]
    head = b"".join(struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body for kind, body in parts)
    bits = -(-width // 8) * -(-height // 8) * count * 2
    rest = b"" if bits % 8 == 0 else bytes([0xFF >> bits % 8])  # filled up with ones
    return b"\xff\xd8" + head + bytes(bits // 8) + rest + _END
