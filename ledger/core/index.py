"""The index: one root over all shards, committed by an entry of the ledger itself.

With `bits` = b there are 2^b shards, and a shard is the ledger filtered to the subjects whose hash begins with its
number. For an index entry of `size` N:

    leaf data of a shard   the concatenation of (uint64be seq || SHA-256(0x00 || entry)) over its entries with seq < N
    leaf of a shard        SHA-256(0x00 || leaf data)
    root                   the RFC 6962 root over all 2^b leaves (b = 0: the one leaf)

The `index` record is the last entry of its batch, so N is its own seq: {"bits":b,"previous":p,"root":"...","size":N}.
`previous` is the seq of the index entry before it (absent in the first): with it a reader can walk back through the
kept heads and tell a shard that is not copied yet from one that was tampered with.

`head` is the C2SP tlog-proof of that entry under the newest checkpoint; its extra data are the entry's bytes.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from ledger.core.canonical import Value
from ledger.core.checkpoint import Checkpoint, open_checkpoint
from ledger.core.digest import sha256
from ledger.core.ed25519 import Verify
from ledger.core.encoding import format_base64, parse_base64
from ledger.core.entry import Entry, parse_entry
from ledger.core.errors import FormatError, ProofError
from ledger.core.merkle import check_inclusion, leaf_hash, root
from ledger.core.note import VerifierKey
from ledger.core.subject import MEAN_SHARD, choose_bits
from ledger.core.tiles import tile_path
from ledger.core.tlogproof import TlogProof, parse_proof

__all__ = [
    "KEPT",
    "Head",
    "Index",
    "ShardHashes",
    "check_head",
    "index_of",
    "index_tiles",
    "open_head",
    "parse_head",
    "shard_leaf",
]

KEPT = 8  # index entries whose proofs stay in the public folder


def shard_leaf(pairs: Iterable[tuple[int, bytes]]) -> bytes:
    """Return the leaf of a shard from (seq, leaf hash of the entry) in seq order."""
    return sha256(b"\0" + b"".join(seq.to_bytes(8, "big") + leaf for seq, leaf in pairs))


@dataclass(frozen=True, slots=True)
class Index:
    """The body of an index record. `root` is 32 bytes; `previous` is None in the first one."""

    bits: int
    root: bytes
    size: int
    previous: int | None

    def body(self) -> dict[str, Value]:
        """Return the body as a record carries it."""
        body: dict[str, Value] = {"bits": self.bits, "root": format_base64(self.root), "size": self.size}
        if self.previous is not None:
            body["previous"] = self.previous
        return body


def index_of(entry: Entry) -> Index:
    """Return the index that an entry commits. Raises FormatError if it is not an index entry for its own place."""
    body = entry.record.body
    if entry.record.type != "index" or body["size"] != entry.seq:
        raise FormatError("index entry", "not an index record for its own seq")
    previous = cast("int | None", body.get("previous"))
    if previous is not None and previous >= entry.seq:
        raise FormatError("index entry", "previous must come before it")
    return Index(cast("int", body["bits"]), parse_base64(cast("str", body["root"]), "root", 32), entry.seq, previous)


class ShardHashes:
    """Running leaves of all shards while entries come in seq order: hash states, not the entries.

    `add` takes every entry; `leaves` answers for the entries added so far. The states of every b still to come run from
    the first entry on, so they are there when the ledger outgrows its shards; those of a b that it has outgrown are
    dropped, unless it is to be kept. All in all an entry is added to fewer than three of them.

    A state takes some 330 bytes, and there are two for every 32 to 64 entries: 10 to 20 bytes an entry, where its leaf
    data would take 40 for every b.
    """

    def __init__(self, final_bits: int, keep: Iterable[int] = ()) -> None:
        """Prepare for every b up to `final_bits`, the largest that will be asked for; never drop those in `keep`."""
        self.subjects = 0
        self._states: dict[int, dict[int, hashlib._Hash]] = {bits: {} for bits in range(final_bits + 1)}
        self._keep = frozenset(keep)
        self._limit = MEAN_SHARD  # the next entry over it drops the smallest b that is not kept

    def add(self, seq: int, leaf: bytes, digest: bytes | None) -> None:
        """Take the entry `seq` with its Merkle leaf hash and subject hash (None: it has no subject)."""
        if digest is None:
            return
        self.subjects += 1
        if self.subjects > self._limit:
            outgrown = self.bits - 1
            self._limit = MEAN_SHARD << self.bits
            if outgrown not in self._keep:
                self._states.pop(outgrown, None)
        piece = seq.to_bytes(8, "big") + leaf
        place = int.from_bytes(digest[:4], "big")
        for bits, states in self._states.items():
            number = place >> (32 - bits)
            state = states.get(number)
            if state is None:
                states[number] = hashlib.sha256(b"\0" + piece)
            else:
                state.update(piece)

    @property
    def bits(self) -> int:
        """The b that an index entry written now must have."""
        return choose_bits(self.subjects)

    def leaves(self, bits: int | None = None) -> list[bytes]:
        """Return the leaves of all 2^b shards; b is the current one unless a kept one is asked for."""
        asked = self.bits if bits is None else bits
        states = self._states[asked]
        empty = sha256(b"\0")
        return [states[number].digest() if number in states else empty for number in range(1 << asked)]

    def to_read(self) -> Sequence[int]:
        """Return the numbers of the shards that an audit has to read: all."""
        return range(1 << self.bits)


def index_tiles(leaves: list[bytes]) -> dict[str, bytes]:
    """Return all tiles (path below index/<N>/ -> bytes) of the tree over the shards' leaves."""
    tiles: dict[str, bytes] = {}
    row, level = leaves, 0
    while row:
        for start in range(0, len(row), 256):
            tile = row[start : start + 256]
            tiles[tile_path(level, start // 256, len(tile))] = b"".join(tile)
        row = [root(row[start : start + 256]) for start in range(0, len(row) - 255, 256)]
        level += 1
    return tiles


@dataclass(frozen=True, slots=True)
class Head:
    """The newest index entry with its proof; nothing in it is trusted before `check_head`."""

    entry: Entry
    index: Index
    proof: TlogProof


def parse_head(data: bytes) -> Head:
    """Return the head that a file describes, unchecked. Raises FormatError."""
    proof = parse_proof(data)
    if proof.extra is None:
        raise FormatError("head", "the entry is missing")
    entry = parse_entry(proof.extra)
    return Head(entry, index_of(entry), proof)


def check_head(head: Head, checkpoint: Checkpoint) -> None:
    """Raise ProofError unless the head's entry is the last entry of the tree that `checkpoint` signs."""
    if head.proof.index != head.entry.seq or head.entry.seq + 1 != checkpoint.size:
        raise ProofError("the index entry is not the last entry of the checkpoint")
    check_inclusion(leaf_hash(head.entry.raw), head.entry.seq, checkpoint.size, head.proof.path, checkpoint.root)


def open_head(data: bytes, key: VerifierKey, verify: Verify) -> tuple[Head, Checkpoint]:
    """Return a head and its checkpoint, proven under the log key. Raises FormatError, SignatureError, ProofError."""
    head = parse_head(data)
    checkpoint = open_checkpoint(head.proof.note, key, verify)
    check_head(head, checkpoint)
    return head, checkpoint
