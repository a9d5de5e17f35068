"""Entries: the links of the chain.

    {"prev":"<64 hex>","record":{...},"seq":17,"time":"2026-11-20T08:00:00Z"}

An entry is canonical JSON without a newline; its bytes are one leaf of the ledger's RFC 6962 tree. `prev` is the
SHA-256 of the previous entry's bytes in lower-case hex, 64 zeros for seq 0. `time` is UTC and never goes back; all
entries of one batch carry one time.
"""

import re
from dataclasses import dataclass
from typing import cast

from ledger.core.canonical import MAX_SIZE, parse_canonical
from ledger.core.encoding import format_hex, parse_hex, parse_time
from ledger.core.errors import FormatError
from ledger.core.record import RECORD_DOMAIN, Record, format_record, parse_record, record_tail

__all__ = ["FIRST_PREV", "Entry", "certificate_of", "format_entry", "is_index", "parse_entry", "seq_of"]

FIRST_PREV = bytes(32)
_MEMBERS = frozenset(("prev", "record", "seq", "time"))
_TOO_LATE = "9999"  # its last hours have no day in China
RECORD_START = len('{"prev":"') + 64 + len('","record":')
SIG_LENGTH = len(',"sig":""') + 86
_CERTIFICATE = re.compile(rb'"code":"([0-9A-Z]{22})"[,}]')
_KIND = re.compile(rb'"type":"certificate\.[a-z]+","v":1},"seq":[0-9]+,"time":"[^"]+"}\Z')
_INDEX = b'"type":"index","v":1},"seq":'
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


def format_entry(seq: int, prev: bytes, time: str, record: Record) -> bytes:
    """Return the bytes of an entry: `prev` is the SHA-256 (32 bytes) of the entry before it."""
    start = b'{"prev":"%b","record":' % format_hex(prev).encode()
    raw = b'%b%b,"seq":%d,"time":"%b"}' % (start, format_record(record), seq, time.encode())
    if len(raw) > MAX_SIZE:
        raise FormatError("entry", f"more than {MAX_SIZE} bytes")
    return raw


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
    unix = parse_time(time, "time")
    if time >= _TOO_LATE:
        raise FormatError("entry", "time must be before the year 9999")
    record = value["record"]
    message = None
    if isinstance(record, dict) and isinstance(record.get("type"), str):
        # The signed bytes are in `raw` already: everything of the record but its `sig`.
        tail = record_tail(cast("str", record["type"]))
        end = len(raw) - len(f',"seq":{seq},"time":"{time}"}}')
        message = RECORD_DOMAIN + raw[RECORD_START : end - len(tail) - SIG_LENGTH] + tail
    return Entry(seq, parse_hex(prev, 32, "prev"), time, unix, parse_record(record, message), raw)


def seq_of(raw: bytes) -> int:
    """Return the sequence number at the end of an entry's bytes, without parsing the rest. Raises FormatError."""
    found = _SEQ.search(raw, max(0, len(raw) - 60))
    if found is None or found.end() != len(raw):
        raise FormatError("entry", "does not end with seq and time")
    return int(cast("bytes", found[1]))


def certificate_of(raw: bytes) -> str | None:
    """Return the number that an entry is about if it is about a certificate, without parsing it.

    It tells the truth about every entry that `parse_entry` takes; of others, it is a claim.
    """
    found = _CERTIFICATE.search(raw)
    if found is None or _KIND.search(raw, max(0, len(raw) - 120)) is None:
        return None
    return found[1].decode()


def is_index(raw: bytes) -> bool:
    """Whether an entry is an index entry, without parsing it; as true as `certificate_of`."""
    return _INDEX in raw[-120:]
