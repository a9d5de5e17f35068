"""Step V7 of a verification: the shards of a subject are in the index root of the head.

A shard that does not match is either one of an earlier head, while a copy of the public folder is still running, or it
was tampered with. The first is unknown and the second a failure, so the earlier heads that are kept are asked for
before anything is said against the ledger.
"""

from collections.abc import Generator
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn

from ledger.core.checklist import Absent, Answers
from ledger.core.entry import Entry
from ledger.core.errors import FormatError, LedgerError, ProofError
from ledger.core.index import KEPT, Head, open_head
from ledger.core.merkle import check_inclusion
from ledger.core.shard import Shard, parse_shard
from ledger.core.subject import shard_number, shard_path, subject_hash
from ledger.core.tiles import inclusion_from_tiles, inclusion_tiles
from ledger.core.trustcheck import TrustChecklist

__all__ = ["ShardChecklist"]


@dataclass
class ShardChecklist(TrustChecklist):
    """A checklist that can prove shards under a head signed by the log key of `trust`."""

    def shard_files(self, subject: str, head: Head) -> tuple[str, ...]:
        """Return the paths that prove the shard of `subject`."""
        bits = head.index.bits
        number = shard_number(subject_hash(subject), bits)
        return (
            shard_path(bits, number),
            *(_index_path(head, path) for path in _tiles(number, 1 << bits)),
        )

    def shard(self, subject: str, head: Head) -> Generator[tuple[str, ...], Answers, list[Entry]]:
        """Return the entries of `subject`, from a shard that is proven under the head's index root."""
        number = shard_number(subject_hash(subject), head.index.bits)
        path = shard_path(head.index.bits, number)
        data = self.file("V7", path)
        if data and not data.startswith(b'{"prev":"'):
            self.undecided("V7", "wrong_file", {"file": path})
        self.whole("V7", path, data)
        try:
            shard = _shard(data)
        except FormatError as error:
            self.failed("V7", "shard_malformed", {"file": path, "problem": str(error)})
        if not self.proven(shard, number, head):
            yield from self.not_proven(shard, number, head, path)
        try:
            return shard.entries(subject, head.index.size, head.index.bits, number)
        except FormatError as error:
            self.failed("V7", "entry_malformed", {"file": path, "problem": str(error)})

    def proven(self, shard: Shard, number: int, head: Head) -> bool:
        """Tell whether the shard, as of `head`, is leaf `number` of its index root."""
        size = 1 << head.index.bits
        tiles = [self.file("V7", _index_path(head, path)) for path in _tiles(number, size)]
        try:
            path = _proof(number, size, *tiles)
        except FormatError as error:
            self.undecided("V7", "wrong_file", {"problem": str(error)})
        try:
            check_inclusion(shard.leaf(head.index.size), number, size, path, head.index.root)
        except ProofError:
            return False
        return True

    def not_proven(
        self, shard: Shard, number: int, head: Head, path: str
    ) -> Generator[tuple[str, ...], Answers, NoReturn]:
        """Tell a shard that is still an older one (a copy is under way) from one that was tampered with."""
        older, last = head, shard.last_seq()
        for _ in range(KEPT - 1):
            if older.index.previous is None:
                break
            name = f"heads/{older.index.previous}"
            yield from self.ask(name)
            data = self.files[name]
            if data is Absent.UNREACHABLE:
                self.undecided("V7", "unreachable", {"file": name})
            if data is Absent.MISSING:
                break  # not kept any more
            try:
                older, _ = open_head(data, self.trust.log_at(older.index.previous), self.verify)
            except LedgerError:
                break
            if older.index.bits != head.index.bits:
                break
            if last is None or last < older.index.size:
                yield from self.ask(*(_index_path(older, tile) for tile in _tiles(number, 1 << older.index.bits)))
                if self.proven(shard, number, older):
                    self.undecided("V7", "being_updated", {"file": path})
        self.failed("V7", "shard_differs", {"file": path})


# Numbers that are looked up one after another share their shards, or at least that of their organisation.
_shard = lru_cache(maxsize=8)(parse_shard)


@lru_cache(maxsize=8)
def _tiles(number: int, size: int) -> tuple[str, ...]:
    return tuple(inclusion_tiles(number, size))


@lru_cache(maxsize=8)
def _proof(number: int, size: int, *tiles: bytes) -> list[bytes]:
    return inclusion_from_tiles(number, size, dict(zip(_tiles(number, size), tiles, strict=True)))


def _index_path(head: Head, path: str) -> str:
    return f"index/{head.index.size}/{path}"
