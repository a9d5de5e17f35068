"""Compact proofs of a ledger's certificates, for the dense QR code: made of the files in its public folder."""

from collections.abc import Mapping
from typing import cast

from ledger.app.holders import Holder
from ledger.app.home import HomeError
from ledger.app.places import Place
from ledger.core.checkpoint import open_checkpoint
from ledger.core.compact import Compact, Grant
from ledger.core.encoding import parse_base64url, parse_hex
from ledger.core.entry import Entry
from ledger.core.index import parse_head
from ledger.core.note import parse_note, parse_vkey
from ledger.core.shard import parse_shard
from ledger.core.subject import shard_number, shard_path, subject_hash
from ledger.core.tiles import inclusion_from_tiles, inclusion_tiles
from ledger.core.trust import Trust
from ledger.crypto.pynacl_verify import verify

__all__ = ["Compacting"]

_FIELDS = ("name", "doc_type", "doc_no")  # what the certificate shows of its holder


class Compacting:
    """Makes compact proofs under a place's newest checkpoint, of certificates that were looked up there before."""

    def __init__(self, place: Place, trust: Trust) -> None:
        """Read the head. Raises HomeError if there is none."""
        head = place.fetch("head")
        if not isinstance(head, bytes):
            raise HomeError("the public folder has no head; run `ledger status`, which finishes a publication")
        self._place, self._trust, self._head = place, trust, parse_head(head)
        note = self._head.proof.note
        self._size = open_checkpoint(note, trust.log, verify).size
        [self._log_sig] = [
            line.payload
            for line in parse_note(note).signatures
            if (line.name, line.key_id) == (trust.log.name, trust.log.key_id)
        ]

    def make(self, code: str, holder: Holder) -> Compact:
        """Return the proof of a certificate. Raises HomeError where there can be none."""
        entry = [entry for entry in self._about(code) if "disclosures" in entry.record.body][-1]
        tiles = self._place.fetch_all(inclusion_tiles(entry.seq, self._size))
        path = inclusion_from_tiles(entry.seq, self._size, cast("Mapping[str, bytes]", tiles))
        return Compact(
            entry,
            self._grant(code, entry),
            tuple(path),
            self._size,
            self._log_sig,
            {name: value for name, value in holder.fields().items() if name in _FIELDS},
            holder.verification_code,
        )

    def _grant(self, code: str, entry: Entry) -> Grant:
        """Return the record by which a registrar that is pinned filed the key that signed the entry."""
        pinned = {(key.name, key.key_id.hex()) for key in self._trust.registrars}
        for added in self._about(code[:13]):
            record = added.record
            if record.type != "key.add" or (record.issuer, record.key) not in pinned:
                continue
            key = parse_vkey(cast("str", record.body["key"]))
            if (key.name, key.key_id.hex()) == (entry.record.issuer, entry.record.key):
                sig = parse_base64url(record.sig, "record signature", 64)
                return Grant(key.public, record.issuer, parse_hex(record.key, 4, "key id"), sig)
        raise HomeError(
            f"{code} has no compact proof: its key was not filed by a registrar that trust.json names, or its "
            "organisation was merged into another; print it with --qr link"
        )

    def _about(self, subject: str) -> list[Entry]:
        index = self._head.index
        number = shard_number(subject_hash(subject), index.bits)
        data = cast("bytes", self._place.fetch(shard_path(index.bits, number)))
        return parse_shard(data).entries(subject, index.size, index.bits, number)
