"""Step 4 of an audit: what a public folder keeps beside the newest state, held against the chain that was replayed.

Older heads with their index tiles and partial tiles, shards of earlier bits, published lists, `trust.json` with the
steps of the trust. Nothing that is proven rests on them; a reader who is a few minutes behind does. What an earlier
audit has read and the new entries change nothing of is not read again: `old_paths` tells it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from ledger.core.auditfiles import AbsentError, AuditFiles, Requesting
from ledger.core.checklist import Absent
from ledger.core.checkpoint import Checkpoint
from ledger.core.custody import Announced, open_step, update_path
from ledger.core.ed25519 import Verify
from ledger.core.errors import FormatError, LedgerError
from ledger.core.index import Head, Index, ShardHashes, index_tiles
from ledger.core.merkle import leaf_hash
from ledger.core.published import list_problems, notice_path
from ledger.core.replay import Chain, KeptIndex
from ledger.core.shard import leaf_of_shard
from ledger.core.subject import masked_path, shard_path
from ledger.core.tiles import WIDTH, entries_path, parse_bundle, tile_path, tiles_of
from ledger.core.trust import Trust, format_trust

__all__ = ["Copies", "SignedHead", "is_under_way", "old_paths"]

_AT_ONCE = 256  # lists asked for at a time
_AHEAD = 64 << 20  # bytes that a publication under way may have added to a shard of earlier bits
_LIST = re.compile(r"notice/(0|[1-9][0-9]{0,15})\.json")
# What a publication writes ahead of the head, what it has not deleted yet, and drafts that a kill left.
_PUBLISHED = re.compile(
    r"heads/[0-9]+|trust/[0-9]+|(index/[0-9]+/)?tile/[0-9a-z/.]+|(shard|masked)/[0-9]+/[0-9x/]+\.txt|([0-9a-z/]+/)?\.[0-9a-z.]+\.tmp"
)


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head with the checkpoint in it, both signed."""

    head: Head
    checkpoint: Checkpoint

    @property
    def index(self) -> Index:
        """What the head's entry says."""
        return self.head.index


class Copies:
    """The copies of one audit."""

    def __init__(self, files: AuditFiles, trust: Trust, verify: Verify, chain: Chain, size: int) -> None:
        """Prepare to hold what `files` asks for against `chain`, whose entries have `size` bytes."""
        self._files, self._trust, self._verify, self._chain, self._bytes = files, trust, verify, chain, size

    def run(self, heads: Sequence[SignedHead], beside: Checkpoint | None) -> Requesting[None]:
        """Check everything: `heads` newest first, `beside` the file `checkpoint` if it is not the newest head's."""
        yield from self._lists()
        yield from self._kept(heads, beside)
        yield from self._trust_files()

    def _lists(self) -> Requesting[None]:
        """Hold each published list to its notice; one that is not there was erased."""
        steps = self._chain.workflow.steps.values()
        notices = [step for step in steps if step.type == "notice.open" and step.seq >= self._chain.before]
        for start in range(0, len(notices), _AT_ONCE):
            paths = {notice_path(step.seq): step for step in notices[start : start + _AT_ONCE]}
            answers = yield from self._files.ask(paths)
            for path, notice in paths.items():
                data = answers[path]
                if data is Absent.UNREACHABLE:
                    self._files.audit.unreachable.append(path)
                for rule, problem in list_problems(notice, data) if isinstance(data, bytes) else ():
                    self._files.find(rule, path, problem)

    def _kept(self, heads: Sequence[SignedHead], beside: Checkpoint | None) -> Requesting[None]:
        roots = {kept.index.size: kept for kept in self._chain.kept}
        out_of_reach = any(path.startswith("heads/") for path in self._files.audit.unreachable)
        if not out_of_reach and sorted(roots) != sorted(head.index.size for head in heads):
            self._files.find("heads", "heads/", "the kept heads are not those of the newest index entries")
        if beside is not None and (known := roots.get(beside.size - 1)) and known.root != beside.root:
            self._files.find("root", "checkpoint", "signs another history of its size")
        for head in heads:
            if (kept := roots.get(head.index.size)) is not None:
                yield from self._kept_index(head, kept)
        shards = self._chain.shards
        if not self._chain.kept or not isinstance(shards, ShardHashes):
            return  # of earlier bits nothing is kept for a later audit, which leaves them to a whole one
        newest = self._chain.kept[-1].index
        # Without its head (found missing above) the hashes of older bits were not kept.
        for bits in {head.index.bits for head in heads} & {kept.index.bits for kept in roots.values()} - {newest.bits}:
            yield from self._earlier_shards(bits, shards.leaves(bits), newest.size)

    def _kept_index(self, signed: SignedHead, kept: KeptIndex) -> Requesting[None]:
        where = f"heads/{kept.index.size}"
        if signed.head.entry.raw != kept.entry:
            self._files.find("head_malformed", where, "holds another entry than the ledger")
        if signed.checkpoint.root != kept.root:
            self._files.find("root", where, "signs another history of this size")
        if not kept.leaves:
            return
        tiles = {f"index/{kept.index.size}/{path}": data for path, data in index_tiles(kept.leaves).items()}
        yield from self._files.compare({**kept.partial_tiles, **tiles})
        yield from self._partial_bundle(kept.index.size + 1, kept.partial_tiles)

    def _partial_bundle(self, size: int, tiles: Mapping[str, bytes]) -> Requesting[None]:
        """A partial bundle of a kept size holds the entries of that size's partial tile."""
        number, width = divmod(size, 256)
        path = entries_path(number, width) if width else ""
        if not path or path in self._files.expected:  # there is none, or it is the newest
            return
        found = yield from self._files.read([path])
        for data in found.values():
            with suppress(FormatError):
                if b"".join(map(leaf_hash, parse_bundle(data, width))) == tiles[tile_path(0, number, width)]:
                    return
            self._files.find("file_differs", path, "is not what the ledger's entries make it")

    def _earlier_shards(self, bits: int, leaves: Sequence[bytes], size: int) -> Requesting[None]:
        """Shards of earlier bits are still appended to, so they are the whole ledger too; 2^0 is one file."""
        for number, leaf in enumerate(leaves):
            path = shard_path(bits, number)
            pieces = yield from self._files.pieces(path, self._bytes + _AHEAD)
            try:
                found, last = leaf_of_shard(pieces, size)
                if found != leaf:
                    self._files.find("shard_differs", path, "is not the ledger filtered to its subjects")
                elif last >= size:
                    self._files.audit.updating.append(path)
            except AbsentError as error:
                self._files.got(path, error.absent)
            except FormatError as error:
                self._files.find("shard_malformed", path, error)

    def _trust_files(self) -> Requesting[None]:
        """Hold `trust.json` and each step of the trust to what the ledger announced."""
        announcements = self._chain.announcements
        if announcements.behind:
            self._files.expected.add("trust.json")
            self._files.audit.updating.append("trust.json")
        else:
            yield from self._files.compare({"trust.json": format_trust(self._trust)})
        steps = {update_path(made.trust.version): (before, made) for before, made in pairwise(announcements.made)}
        found = yield from self._files.read(steps)
        for path, data in found.items():
            self._step(path, data, *steps[path])

    def _step(self, path: str, data: bytes, before: Announced, announced: Announced) -> None:
        try:
            _, entry, checkpoint = open_step(data, before.trust, self._verify)
        except LedgerError as error:
            self._files.find("trust", path, error)
            return
        if entry.raw != announced.raw or (checkpoint.size, checkpoint.root) != (announced.size, announced.root):
            self._files.find("trust", path, "is not the step that the ledger announced")


def old_paths(chain: Chain) -> Iterator[tuple[str, bool]]:
    """Yield (path, whether it must be there) of what an earlier audit has read and this one has not to read again."""
    tiles = [(tile, tile_path(*tile)) for tile in tiles_of(chain.before)]
    yield from ((path, True) for (_, _, width), path in tiles if width == WIDTH)
    yield from ((entries_path(number), True) for number in range(chain.before // WIDTH))
    newest = chain.kept[-1].index
    for bits in {kept.index.bits for kept in chain.kept}:
        yield from ((shard_path(bits, number), True) for number in range(1 << bits))
    yield from ((masked_path(newest.bits, number), True) for number in range(1 << newest.bits))
    for step in chain.workflow.steps.values():
        if step.type == "notice.open":
            yield notice_path(step.seq), False
    for kept in chain.kept:
        if not kept.leaves:
            size = kept.index.size + 1
            yield from (
                (f"index/{kept.index.size}/{tile_path(*tile)}", True) for tile in tiles_of(1 << kept.index.bits)
            )
            yield from ((tile_path(*tile), True) for tile in tiles_of(size) if tile[2] < WIDTH)
            if size % WIDTH:
                yield entries_path(*divmod(size, WIDTH)), True


def is_under_way(path: str, size: int) -> bool:
    """Whether a publication that is under way explains a file that a ledger of `size` entries does not need."""
    found = _LIST.fullmatch(path)
    return int(found[1]) >= size if found is not None else _PUBLISHED.fullmatch(path) is not None
