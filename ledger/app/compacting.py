"""Compact proofs of a ledger's certificates, for the dense QR code: made of the register and of the public folder."""

from collections.abc import Mapping
from typing import cast

from ledger.app.holders import Holder
from ledger.app.home import HomeError
from ledger.app.places import Place
from ledger.core.checkpoint import open_checkpoint
from ledger.core.compact import Compact, Grant
from ledger.core.encoding import parse_base64url, parse_hex
from ledger.core.entry import Entry, parse_entry
from ledger.core.index import parse_head
from ledger.core.note import parse_note, parse_vkey
from ledger.core.record import Record
from ledger.core.subject import subject_hash
from ledger.core.tiles import inclusion_from_tiles, inclusion_tiles
from ledger.core.trust import Trust
from ledger.crypto.pynacl_verify import verify
from ledger.store import Store

__all__ = ["Compacting"]

_FIELDS = ("name", "doc_type", "doc_no")  # what the certificate shows of its holder


class Compacting:
    """Makes compact proofs under one checkpoint."""

    def __init__(self, store: Store, place: Place, trust: Trust) -> None:
        """Read the head and the keys that registrars filed. Raises HomeError if nothing is published."""
        head = place.fetch("head")
        if not isinstance(head, bytes):
            raise HomeError("the public folder has no head; run `ledger status`, which finishes a publication")
        note = parse_head(head).proof.note
        self._store, self._place = store, place
        self._size = open_checkpoint(note, trust.log, verify).size
        [self._log_sig] = [
            line.payload
            for line in parse_note(note).signatures
            if (line.name, line.key_id) == (trust.log.name, trust.log.key_id)
        ]
        pinned = {(key.name, key.key_id.hex()) for key in trust.registrars}
        entries = (parse_entry(raw) for raw in store.registry_entries())
        granted = (entry.record for entry in entries if entry.record.type == "key.add" and "org" in entry.record.body)
        self._granted: Mapping[tuple[str, str], Record] = {
            (key.name, key.key_id.hex()): record
            for record in granted
            if (record.issuer, record.key) in pinned
            for key in (parse_vkey(cast("str", record.body["key"])),)
        }

    def make(self, code: str, holder: Holder) -> Compact:
        """Return the proof of a certificate. Raises HomeError where there can be none."""
        entry = self._newest(code)
        record = entry.record
        grant = self._granted.get((record.issuer, record.key))
        if grant is None or record.issuer != code[:13]:
            raise HomeError(
                f"{code} has no compact proof: its key was not filed by a registrar that trust.json names, or its "
                "organisation was merged into another; print it with --qr link"
            )
        tiles = self._place.fetch_all(inclusion_tiles(entry.seq, self._size))
        path = inclusion_from_tiles(entry.seq, self._size, cast("Mapping[str, bytes]", tiles))
        return Compact(
            entry,
            Grant(
                parse_vkey(cast("str", grant.body["key"])).public,
                grant.issuer,
                parse_hex(grant.key, 4, "key id"),
                parse_base64url(grant.sig, "record signature", 64),
            ),
            tuple(path),
            self._size,
            self._log_sig,
            {name: value for name, value in holder.fields().items() if name in _FIELDS},
            holder.verification_code,
        )

    def _newest(self, code: str) -> Entry:
        """Return the entry whose facts stand: the newest correction, or the issue."""
        entries = [parse_entry(raw) for _, raw in self._store.entries_of_subject(subject_hash(code))]
        return [entry for entry in entries if "disclosures" in entry.record.body][-1]
