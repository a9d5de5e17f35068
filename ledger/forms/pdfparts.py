"""Parts of a PDF put in after it was set: the receipt and the photo, which a typesetter would only carry through.

`put_in` takes a PDF that typst has made with one stand-in of an attachment, and one of a JPEG picture if there is a
photo, and returns it with the real ones: their streams exchanged, the places of the objects behind them moved on, the
identifier of the file made anew from what went in. Nothing else changes. It knows the shape that typst writes and no
other, and returns None for anything else.

`pack` deflates an attachment line by line: the lines of a receipt are whole files of the ledger, the certificates
of a batch have most of them in common, and what was deflated once is put together again.
"""

import hashlib
import re
import zlib
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Part", "pack", "put_in"]

_ATTACHED = re.compile(
    rb"<</Length (\d+)/Type/EmbeddedFile(?:/Filter/FlateDecode)?/Subtype/text#2Fplain/Params<</Size \d+>>>>\nstream\n"
)
_MEMBERS = b"/Type/EmbeddedFile/Filter/FlateDecode/Subtype/text#2Fplain/Params<</Size %d>>>>"
_PICTURE = re.compile(rb"<</Length (\d+)(/Type/XObject/Subtype/Image/Filter/DCTDecode/[^>]+>>)\nstream\n")
_PLACES = re.compile(
    rb"(xref\n0 \d+\n\d{10} 65535 f\r\n)((?:\d{10} 00000 n\r\n)+)"
    rb"(trailer\n<<[^>]+/ID\[\([^()]+\)\(([^()]{24})\)\]>>\nstartxref\n)\d+\n%%EOF"
)
_LINE = 20  # bytes of a place


class Part(NamedTuple):
    """An attachment, deflated, and its size before that."""

    packed: bytes
    size: int


def pack(text: str) -> Part:
    """Return `text` as an attachment."""
    data = text.encode()
    pieces = [_deflated(line) for line in data.splitlines(keepends=True)]
    return Part(b"".join((b"\x78\x9c", *pieces, b"\x03\x00", zlib.adler32(data).to_bytes(4, "big"))), len(data))


@lru_cache(maxsize=64)
def _deflated(line: bytes) -> bytes:
    """Return a line deflated by itself, ended at a byte: such pieces follow one another (RFC 1951, 3.2.4)."""
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(line) + packer.flush(zlib.Z_FULL_FLUSH)


def put_in(pdf: bytes, attachment: Part, photo: bytes | None) -> bytes | None:
    """Return `pdf` with the attachment, and the photo, in place of the stand-ins; None if it has another shape."""
    places = _PLACES.search(pdf, pdf.rfind(b"\nxref\n"))
    attached, pictures = [*_ATTACHED.finditer(pdf)], [*_PICTURE.finditer(pdf)]
    if places is None or len(attached) != 1 or len(pictures) != (photo is not None):
        return None
    streams = [(attached[0], _MEMBERS % attachment.size, attachment.packed)]
    if photo is not None:
        streams.append((pictures[0], pictures[0][2], photo))
    pieces: list[bytes] = []
    moved: list[tuple[int, int]] = []  # from where on objects stand how many bytes further on
    at = 0
    for found, members, data in sorted(streams, key=lambda stream: stream[0].start()):
        stream = b"<</Length %d%b\nstream\n%b" % (len(data), members, data)
        end = found.end() + int(found[1])
        pieces += (pdf[at : found.start()], stream)
        moved.append((end, len(stream) - (end - found.start())))
        at = end
    identifier, rest = places[4], pdf[at : places.start()]
    if identifier not in rest:
        return None
    digest = hashlib.sha256(b"".join((identifier, attachment.packed, photo or b""))).digest()[:16]
    starts = [int(places[2][at : at + 10]) for at in range(0, len(places[2]), _LINE)]
    lines = [b"%010d 00000 n\r\n" % place for place in _moved(starts, moved)]
    tail = (rest, places[1], *lines, places[3], b"%d\n%%%%EOF" % _moved([places.start()], moved)[0])
    pieces.append(b"".join(tail).replace(identifier, b64encode(digest)))
    return b"".join(pieces)


def _moved(starts: Sequence[int], gaps: Sequence[tuple[int, int]]) -> list[int]:
    places = [*starts]
    for end, by in gaps:
        places = [place + by if start >= end else place for start, place in zip(starts, places, strict=True)]
    return places
