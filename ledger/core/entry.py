"""Entries: the links of the chain.

    {"prev":"<64 hex>","record":{...},"seq":17,"time":"2026-11-20T08:00:00Z"}

An entry is canonical JSON without a newline; its bytes are one leaf of the ledger's RFC 6962 tree. `prev` is the
SHA-256 of the previous entry's bytes in lower-case hex, 64 zeros for seq 0. `time` is UTC and never goes back; all
entries of one batch carry one time.
"""

import re
from dataclasses import dataclass
from typing import cast

from ledger.core.canonical import format_canonical, parse_canonical
from ledger.core.encoding import format_hex, parse_hex, parse_time
from ledger.core.errors import FormatError
from ledger.core.record import RECORD_DOMAIN, Record, format_record, parse_record

__all__ = ["FIRST_PREV", "Entry", "format_entry", "parse_entry", "seq_of"]

FIRST_PREV = bytes(32)
_MEMBERS = frozenset(("prev", "record", "seq", "time"))
_RECORD_START = len('{"prev":"') + 64 + len('","record":')
_SEQ = re.compile(rb',"seq":(0|[1-9][0-9]{0,15}),"time":"[0-9TZ:-]{20}"}', re.ASCII)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with the exact bytes it was read from. `prev` is 32 bytes, `time` as written, `unix` in seconds."""

    seq: int
    prev: bytes
    time: str
    unix: int
    record: Record
    raw: bytes

    @property
    def message(self) -> bytes:
        """The bytes that the record's signature covers, cut out of `raw` instead of formatted anew."""
        tail = f',"type":"{self.record.type}","v":1}}'.encode()
        end = len(self.raw) - len(f',"seq":{self.seq},"time":"{self.time}"}}')
        before_sig = end - len(tail) - len(',"sig":""') - 86
        return RECORD_DOMAIN + self.raw[_RECORD_START:before_sig] + tail


def format_entry(seq: int, prev: bytes, time: str, record: Record) -> bytes:
    """Return the bytes of an entry: `prev` is the SHA-256 (32 bytes) of the entry before it."""
    return format_canonical({"prev": format_hex(prev), "record": format_record(record), "seq": seq, "time": time})


def parse_entry(raw: bytes) -> Entry:
    """Return the entry that `raw` is. Raises FormatError unless `raw` is the one canonical form of an entry."""
    value = parse_canonical(raw, "entry")
    if not isinstance(value, dict) or value.keys() != _MEMBERS:
        raise FormatError("entry", "members must be exactly prev, record, seq, time")
    prev, seq, time = value["prev"], value["seq"], value["time"]
    if not (isinstance(prev, str) and isinstance(time, str)):
        raise FormatError("entry", "prev and time must be text")
    if not isinstance(seq, int) or isinstance(seq, bool) or seq < 0:
        raise FormatError("entry", "seq must be a number from 0")
    return Entry(seq, parse_hex(prev, 32, "prev"), time, parse_time(time, "time"), parse_record(value["record"]), raw)


def seq_of(raw: bytes) -> int:
    """Return the sequence number at the end of an entry's bytes, without parsing the rest. Raises FormatError."""
    found = _SEQ.search(raw, max(0, len(raw) - 60))
    if found is None or found.end() != len(raw):
        raise FormatError("entry", "does not end with seq and time")
    return int(cast("bytes", found[1]))
