"""Reading many entries: the issues of one batch differ in a few members only, and only those are read anew.

`Reader.read` gives what `parse_entry` gives, for every input. An issue entry is cut into its five changing members
(prev, code, disclosures, sig, seq) and the six pieces between them. When the same pieces have been parsed before, with
members of the same forms in the same places, the entry is canonical and its body well-formed exactly if its members
are; so they are put in place of the earlier ones. An audit spends its time on signatures then.
"""

import re

from ledger.core.canonical import MAX_SIZE
from ledger.core.encoding import MAX_INTEGER
from ledger.core.entry import RECORD_START, SIG_LENGTH, Entry, parse_entry
from ledger.core.record import RECORD_DOMAIN, Record, record_tail

__all__ = ["Reader"]

_MEMORY = 16_384  # different pieces remembered, about 1 kB each
_ISSUE = re.compile(
    rb'(\{"prev":")([0-9a-f]{64})'
    rb'(","record":\{"body":\{"batch":"[0-9a-f]{64}","code":")([0-9A-Z]{22})'
    rb'(","disclosures":\[")([0-9A-Za-z_-]{42}[AEIMQUYcgkosw048](?:","[0-9A-Za-z_-]{42}[AEIMQUYcgkosw048]){0,63})'
    rb'("\],.*,"key":"[0-9a-f]{8}","sig":")([0-9A-Za-z_-]{86})'
    rb'(","type":"certificate\.issue","v":1\},"seq":)(0|[1-9][0-9]{0,15})'
    rb'(,"time":"[0-9TZ:-]{20}"\})',
    re.DOTALL,
)
_TAIL = record_tail("certificate.issue")


class Reader:
    """Parses entries and remembers what they have in common."""

    def __init__(self) -> None:
        """Start with nothing remembered."""
        self._known: dict[tuple[bytes, ...], Entry] = {}

    def read(self, raw: bytes) -> Entry:
        """Return the entry that `raw` is. Raises FormatError exactly where `parse_entry` does."""
        found = _ISSUE.fullmatch(raw)
        if found is None or len(raw) > MAX_SIZE:
            return parse_entry(raw)
        parts = found.groups()
        pieces = parts[::2]
        model = self._known.get(pieces)
        if model is None:
            entry = parse_entry(raw)
            if len(self._known) == _MEMORY:
                self._known.clear()
            self._known[pieces] = entry
            return entry
        prev, code, listed, sig, seq = (part.decode("ascii") for part in parts[1::2])
        digests = listed.split('","')
        number = int(seq)
        if number > MAX_INTEGER or digests != sorted(set(digests)):
            return parse_entry(raw)  # refuses it, and says why
        record = model.record
        body = {**record.body, "code": code, "disclosures": [*digests]}
        message = RECORD_DOMAIN + raw[RECORD_START : found.end(8) - SIG_LENGTH + 1] + _TAIL
        signed = Record(record.type, body, record.issuer, record.key, sig, message)
        return Entry(number, bytes.fromhex(prev), model.time, model.unix, signed, raw)
