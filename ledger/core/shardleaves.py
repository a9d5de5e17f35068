"""Leaves of the newest shards, going on from those that an earlier audit has kept.

Leaves are hashes, and a hash cannot be taken up again. So what is added to a shard waits until somebody has `open`ed it
with the bytes that it had before: only the shards that something is new in are read. What the ledger outgrows with the
new entries cannot be gone on from: there are no leaves of its new shards.
"""

import hashlib
from collections.abc import Sequence

from ledger.core.errors import RuleError
from ledger.core.subject import MEAN_SHARD, choose_bits, shard_number

__all__ = ["OutgrownError", "ShardLeaves"]


class OutgrownError(Exception):
    """The new entries change what an earlier audit has counted or kept of the old ones: all must be read again."""


class ShardLeaves:
    """Running leaves of all shards, asked as `index.ShardHashes` is."""

    def __init__(self, subjects: int, leaves: Sequence[bytes]) -> None:
        """Go on from `leaves`, those of a ledger with so many entries that have a subject."""
        self.subjects = subjects
        self.bits = choose_bits(subjects)
        self._leaves = leaves
        self._states: dict[int, hashlib._Hash] = {}
        self._waiting: dict[int, bytes] = {}  # by the number of a shard that is not opened: what is added

    def add(self, seq: int, leaf: bytes, digest: bytes | None) -> None:
        """Take the entry `seq` with its Merkle leaf hash and subject hash. Raises OutgrownError."""
        if digest is None:
            return
        self.subjects += 1
        if self.subjects > MEAN_SHARD << self.bits:
            raise OutgrownError
        piece = seq.to_bytes(8, "big") + leaf
        number = shard_number(digest, self.bits)
        if number in self._states:
            self._states[number].update(piece)
        else:
            self._waiting[number] = self._waiting.get(number, b"") + piece

    def waiting(self) -> list[int]:
        """Return the number of every shard that must be opened before `leaves` are asked for."""
        return sorted(self._waiting)

    def open(self, number: int, state: "hashlib._Hash") -> None:
        """Open a shard with the hash of its entries so far. Raises RuleError if they are not those of before."""
        if state.digest() != self._leaves[number]:
            raise RuleError("shard_differs", "is not what it was at an earlier audit")
        state.update(self._waiting.pop(number))
        self._states[number] = state

    def leaves(self) -> list[bytes]:
        """Return the leaves of all 2^b shards."""
        leaves = list(self._leaves)
        for number, state in self._states.items():
            leaves[number] = state.digest()
        return leaves

    def to_read(self) -> Sequence[int]:
        """Return the numbers of the shards that something is new in."""
        return sorted(self._states)
