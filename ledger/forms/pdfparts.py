"""Parts of a PDF: an attachment, deflated line by line.

The lines of a receipt are whole files of the ledger, the certificates of a batch have most of them in common, and what
was deflated once is put together again.
"""

import zlib
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Part", "pack"]


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
