"""The crew of an audit: who checks its blocks of shards, one after another here, or several processes.

A block is some shards, neighbours as a rule. The audit `put`s each with its files and takes whatever results there are;
the `rest` comes at the end. In any order: shards are independent of each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.core.ed25519 import Verify
from ledger.core.gates import Gate
from ledger.core.profile import Profile
from ledger.core.reader import Reader
from ledger.core.registry import Registry
from ledger.core.shardaudit import ShardFindings, check_shard

__all__ = ["Alone", "Block", "Context", "Crew", "ShardFiles"]

ShardFiles = tuple[bytes, bytes] | None  # shard and masked file; None where one could not be read


@dataclass(frozen=True, slots=True)
class Context:
    """What every block needs."""

    registry: Registry
    profiles: Mapping[str, Profile]
    gate: Gate
    verify: Verify


@dataclass(frozen=True, slots=True)
class Block:
    """The shards `numbers` of 2^`bits` with the leaves that the chain gave them; `check_shard` says the rest."""

    numbers: Sequence[int]
    bits: int
    leaves: Sequence[bytes]
    size: int
    views_due: bool
    since: int
    only_new: bool

    def check(self, files: Sequence[ShardFiles], context: Context, reader: Reader) -> list[ShardFindings]:
        """Check the block's files, one pair a shard."""
        return [
            check_shard(
                pair[0],
                pair[1],
                number=number,
                bits=self.bits,
                size=self.size,
                leaf=leaf,
                views_due=self.views_due,
                registry=context.registry,
                profiles=context.profiles,
                verify=context.verify,
                gate=context.gate,
                reader=reader,
                since=self.since,
                only_new=self.only_new,
            )
            for number, leaf, pair in zip(self.numbers, self.leaves, files, strict=True)
            if pair is not None
        ]


class Crew(Protocol):
    """Who checks blocks; `block` is how many shards one has."""

    block: int

    def begin(self, context: Context, blocks: int) -> None:
        """Prepare for so many blocks."""

    def put(self, block: Block, files: Sequence[ShardFiles]) -> Iterable[ShardFindings]:
        """Take a block; return the results that are there."""

    def rest(self) -> Iterable[ShardFindings]:
        """Return all results that are still missing."""


class Alone:
    """One block after another, in this process."""

    block = 4

    def begin(self, context: Context, blocks: int) -> None:  # noqa: ARG002 - as many as come
        """Remember what every block needs."""
        self._context, self._reader = context, Reader()

    def put(self, block: Block, files: Sequence[ShardFiles]) -> list[ShardFindings]:
        """Check the block at once."""
        return block.check(files, self._context, self._reader)

    def rest(self) -> list[ShardFindings]:
        """Return nothing: all was returned."""
        return []
