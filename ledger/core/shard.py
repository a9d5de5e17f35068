"""Shards: the ledger, filtered. A shard file holds the exact entry lines of its subjects, each ended by a newline, in
seq order; it only ever grows. A masked file holds the public disclosures of the same numbers, apart from the ledger so
that they can be erased: one canonical line {"code":"...","disclosure":"..."} a number, in code order.

A reader of an index entry of size N leaves out the lines with seq >= N, so an older head still verifies against newer
shards.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ledger.core.canonical import MAX_SIZE
from ledger.core.entry import Entry, parse_entry, seq_of
from ledger.core.errors import FormatError
from ledger.core.index import shard_leaf
from ledger.core.merkle import leaf_hash
from ledger.core.reader import Reader
from ledger.core.subject import shard_number, subject_hash

__all__ = ["Shard", "format_masked", "format_shard", "hash_of_shard", "leaf_of_shard", "parse_masked", "parse_shard"]


@dataclass(frozen=True, slots=True)
class Shard:
    """The lines of a shard file as (seq, entry bytes), in seq order; the entries are not parsed yet."""

    lines: tuple[tuple[int, bytes], ...]

    def leaf(self, size: int) -> bytes:
        """Return the shard's leaf under an index entry of `size`."""
        return _leaf(self.lines, size)

    def last_seq(self) -> int | None:
        """Return the seq of the last line; None for an empty shard."""
        return self.lines[-1][0] if self.lines else None

    def entries(self, subject: str, size: int, bits: int, number: int) -> list[Entry]:
        """Return the entries about `subject` with seq < `size`.

        Raises FormatError if a line is no entry or its subject does not belong into the shard `number` of 2^`bits`.
        """
        read = parse_entry if len(subject) > _ORG else _filing
        return [read(raw) for raw in _by_subject(self.lines, size, bits, number).get(subject, ())]

    def later(self, subject: str, size: int) -> list[Entry]:
        """Return the entries about `subject` that an index of `size` does not have yet; nothing proves them.

        Raises FormatError if one of them is no entry.
        """
        entries = (parse_entry(raw) for seq, raw in self.lines if seq >= size)
        return [entry for entry in entries if entry.record.subject == subject]


# Certificates that are looked up one after another, to be printed or listed, share their shards.
@lru_cache(maxsize=8)
def _leaf(lines: tuple[tuple[int, bytes], ...], size: int) -> bytes:
    return shard_leaf((seq, leaf_hash(raw)) for seq, raw in lines if seq < size)


@lru_cache(maxsize=8)
def _by_subject(lines: tuple[tuple[int, bytes], ...], size: int, bits: int, number: int) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    reader = Reader()
    for seq, raw in lines:
        if seq >= size:
            break
        about = reader.read(raw).record.subject
        if about is None or shard_number(subject_hash(about), bits) != number:
            raise FormatError("shard", f"entry {seq} does not belong here")
        found.setdefault(about, []).append(raw)
    return found


_ORG = 13  # characters of an organisation code
_filing = lru_cache(maxsize=64)(parse_entry)  # an organisation's are read for each of its certificates


def format_shard(lines: Iterable[bytes]) -> bytes:
    """Return the bytes of a shard file from entries in seq order."""
    return b"".join(line + b"\n" for line in lines)


def parse_shard(data: bytes) -> Shard:
    """Return the lines of a shard file. Raises FormatError unless they end in newlines and their seqs ascend."""
    lines = []
    last = -1
    for raw in _lines(data, "shard"):
        seq = seq_of(raw)
        if seq <= last:
            raise FormatError("shard", f"entry {seq} comes after entry {last}")
        lines.append((seq, raw))
        last = seq
    return Shard(tuple(lines))


def leaf_of_shard(pieces: Iterable[bytes], size: int) -> tuple[bytes, int]:
    """Return a shard file's leaf under an index of `size`, and the seq of its last line (-1 if it is empty).

    Like `parse_shard(data).leaf(size)`, but the file comes in pieces, cut anywhere, and only a line or two are held:
    a shard of 2^0 is the whole ledger. Raises FormatError.
    """
    state, last = hash_of_shard(pieces, size)
    return state.digest(), last


def hash_of_shard(pieces: Iterable[bytes], size: int) -> tuple["hashlib._Hash", int]:
    """Return what `leaf_of_shard` does, the leaf as a hash that can go on with later entries."""
    state = hashlib.sha256(b"\0")
    last = -1
    for raw in _joined_lines(pieces):
        seq = seq_of(raw)
        if seq <= last:
            raise FormatError("shard", f"entry {seq} comes after entry {last}")
        if seq < size:
            state.update(seq.to_bytes(8, "big") + leaf_hash(raw))
        last = seq
    return state, last


def format_masked(views: Iterable[tuple[str, str]]) -> bytes:
    """Return the bytes of a masked file from (code, disclosure) in code order."""
    lines = [f'{{"code":"{code}","disclosure":"{text}"}}\n' for code, text in views]
    return "".join(lines).encode()


def parse_masked(data: bytes) -> dict[str, str]:
    """Return the public disclosures of a masked file by number; an empty one was withdrawn. Raises FormatError."""
    views: dict[str, str] = {}
    last = ""
    for raw in _lines(data, "masked file"):
        found = _MASKED.fullmatch(raw)
        if found is None:
            raise FormatError("masked line", "is not a certificate number with a disclosure, in canonical form")
        code, disclosure = found[1].decode(), found[2].decode()
        if code <= last:
            raise FormatError("masked line", f"{code} comes after {last}")
        views[code] = disclosure
        last = code
    return views


_MASKED = re.compile(rb'\{"code":"([0-9A-Z]{22})","disclosure":"([0-9A-Za-z_-]{0,60000})"\}')


def _joined_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        if max(map(len, (*lines, rest))) > MAX_SIZE:
            raise FormatError("shard", f"a line of more than {MAX_SIZE} bytes")
        yield from lines
    if rest:
        raise FormatError("shard", "the last line is cut off")


def _lines(data: bytes, what: str) -> list[bytes]:
    if not data:
        return []
    if not data.endswith(b"\n"):
        raise FormatError(what, "the last line is cut off")
    return data[:-1].split(b"\n")
