"""Signatories: whose keys sign for a number now, from the files that a lookup of it has proven."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from ledger.core.entry import Entry
from ledger.core.index import parse_head
from ledger.core.note import VerifierKey
from ledger.core.registry import Organisation, Registry
from ledger.core.shard import parse_shard
from ledger.core.subject import shard_number, shard_path, subject_hash
from ledger.core.trust import Trust
from ledger.crypto.didkey import format_did_key
from ledger.crypto.pynacl_verify import verify

__all__ = ["Signatories", "did_of", "read_signatories"]


@dataclass(frozen=True, slots=True)
class Signatories:
    """The organisation of a number, then those it was merged into, as of a ledger of `size`: the last one signs."""

    organisations: tuple[Organisation, ...]
    size: int

    @property
    def owner(self) -> Organisation:
        """The organisation that signs for the number; if it has ended, nobody does but the registrar."""
        return self.organisations[-1]

    def keys(self) -> list[VerifierKey]:
        """Return the keys that sign for the number now; none if its organisation has ended, or has no key."""
        if self.owner.ended_at(self.size):
            return []
        return [term.key for term in self.owner.keys if term.valid_at(self.size)]

    def holder_of(self, public: bytes) -> tuple[Organisation, bool] | None:
        """Return whose the key is or was, and whether it is unrevoked; None if it was filed for none of them."""
        for organisation in self.organisations:
            terms = [term for term in organisation.keys if term.key.public == public]
            if terms:
                return organisation, any(term.before is None for term in terms)
        return None


def read_signatories(code: str, files: Mapping[str, bytes], trust: Trust) -> Signatories:
    """Return the signatories of `code`. `files` are what a lookup read that passed V7 and V9; not proven again."""
    head = parse_head(files["head"])
    bits, size = head.index.bits, head.index.size
    found: dict[str, list[Entry]] = {}
    following: str | None = code[:13]
    while following is not None and following not in found:
        number = shard_number(subject_hash(following), bits)
        entries = parse_shard(files[shard_path(bits, number)]).entries(following, size, bits, number)
        found[following] = entries
        following = cast("str | None", entries[-1].record.body.get("into")) if entries else None
    registry = Registry.of(trust)
    for entry in sorted((entry for entries in found.values() for entry in entries), key=lambda entry: entry.seq):
        registry.add(entry, verify)
    return Signatories(tuple(registry.organisations[name] for name in found), size)


def did_of(key: VerifierKey) -> str:
    """Return a key as other people's verifiers show it."""
    return format_did_key(key.public)
