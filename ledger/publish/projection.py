"""Projection: the public folder, made from the committed ledger.

public/ holds nothing that the register does not: it can be thrown away and is made again byte for byte. `project`
brings it up to the newest commit, from whatever state a kill left it in:

1. `checkpoint` in the folder says up to which size everything is there, because it is written last.
2. Tiles and bundles behind that size, shards and masked files that the new entries touch, the lists of new notices, the
   sealed details of new records: put aside, flushed to the disk, then each replaced as a whole.
3. Sealed details that were replaced or erased are deleted; then `heads/`, `trust/`, `trust.json`, `head`, and last
   `checkpoint`.
4. What no kept index entry needs any more is deleted, and lists that were erased: deleting again does no harm.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import groupby, islice
from pathlib import Path
from typing import Protocol

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.custody import format_step
from ledger.core.entry import parse_entry
from ledger.core.index import KEPT, ShardHashes, index_tiles
from ledger.core.merkle import prove_inclusion
from ledger.core.note import format_note, parse_note
from ledger.core.published import notice_path
from ledger.core.shard import format_masked, format_shard
from ledger.core.subject import choose_bits, masked_path, shard_number, shard_path, subject_hash
from ledger.core.tiles import entries_path, format_bundle, tile_path, tiles_of
from ledger.core.tilestack import TileStack
from ledger.publish.durable import Staging, write_atomic

__all__ = [
    "Commit",
    "Committed",
    "Progress",
    "project",
    "project_details",
    "project_lists",
    "project_masked",
    "published_size",
]

Progress = Callable[[str, int, int], None]  # phase, done, total


class Commit(Protocol):
    """One commit of the ledger."""

    @property
    def seq(self) -> int:
        """The seq of the index entry."""

    @property
    def bits(self) -> int:
        """Its bits."""

    @property
    def size(self) -> int:
        """The ledger's size with it."""

    @property
    def note(self) -> bytes:
        """The signed checkpoint."""

    @property
    def head(self) -> bytes:
        """The head file."""


class Committed(Protocol):
    """The committed ledger, as the register gives it out; `ledger.store.Store` says what each method returns."""

    def index_entries(self, newest: int, *, size: int | None = None) -> Sequence[Commit]:
        """Return the newest commits, those up to `size`, the oldest first."""

    def index_of_note(self, note: bytes) -> Commit | None:
        """Return the commit with that checkpoint."""

    def commits_since(self, seq: int) -> Sequence[Commit]:
        """Return the commits whose index entry is `seq` or a later one, the oldest first."""

    def leaves(self, end: int | None = None) -> Iterator[tuple[int, bytes | None, bytes]]:
        """Yield (seq, subject hash, leaf hash) of every entry, or of those before `end`."""

    def entries(self, first: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of entries."""

    def entries_in_hash_range(self, low: bytes, high: bytes | None) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield (seq, subject hash, bytes) in seq order."""

    def masked_lines(self, low: bytes, high: bytes | None) -> Sequence[tuple[str, str]]:
        """Return (code, public disclosure)."""

    def notices(self, first: int, end: int) -> Sequence[tuple[int, bytes]]:
        """Return (seq, list) of the notices among entries [first, end)."""

    def notice_seqs(self) -> Sequence[int]:
        """Return the seqs of all notices whose list is there."""

    def details(self, first: int, end: int) -> Iterator[tuple[str, bytes]]:
        """Yield (path, file) of the sealed details whose entry is in [first, end)."""

    def details_paths(self) -> AbstractSet[str]:
        """Return the paths of all sealed details."""


_RUN = 64  # shards of the newest bits written from one query: some megabytes at a time
_LINES = 512  # written at a time


def published_size(store: Committed, public: Path) -> int:
    """Return the size of the ledger that public/ shows completely; 0 when it has to be made from the start."""
    try:
        note = (public / "checkpoint").read_bytes()
    except OSError:
        return 0
    known = store.index_of_note(note)
    return known.size if known is not None else 0


def project(
    store: Committed, public: Path, trust: bytes, steps: Mapping[str, bytes], progress: Progress = lambda *_: None
) -> None:
    """Bring `public` up to the newest commit of `store`.

    `trust` are the bytes of trust.json, `steps` the entries that updated it, by the paths of their proofs.
    """
    done = published_size(store, public)
    kept = store.index_entries(newest=KEPT)
    if done < kept[-1].size:
        with Staging(public) as staging:
            writer = _Writer(store, public, staging, done, kept, progress)
            writer.tiles()
            writer.bundles()
            for bits in sorted({index.bits for index in kept}):
                writer.shards(bits)
            writer.masked()
            for seq, data in store.notices(done, kept[-1].size):
                writer.write(notice_path(seq), data)
            # Last, so that whoever sees more of them than certificates sees also that a publication is under way.
            for path, data in store.details(done, kept[-1].size):
                writer.write(path, data)
            staging.commit()
        # Before the head: behind it, nothing would say that a file too many is only not deleted yet.
        project_details(store, public)
    # Nothing below is reached before everything above is on the disk.
    for index in kept:
        _write(public, f"heads/{index.seq}", index.head)
    for path, raw in steps.items():
        if not (public / path).is_file():
            _write(public, path, _proven(store, raw))
    _write(public, "trust.json", trust)
    _write(public, "head", kept[-1].head)
    _write(public, "checkpoint", kept[-1].note)
    _prune(public, kept)
    project_lists(store, public)


def _proven(store: Committed, raw: bytes) -> bytes:
    """Return the proof of an entry under the checkpoint that its batch ended with, signed by the log alone."""
    entry = parse_entry(raw)
    commit = store.commits_since(entry.seq)[0]
    checkpoint = parse_note(commit.note)
    own = [line for line in checkpoint.signatures if line.name == parse_checkpoint(checkpoint.text).origin]
    leaves = [leaf for _, _, leaf in store.leaves(commit.size)]
    return format_step(entry, prove_inclusion(entry.seq, leaves), format_note(checkpoint.text, own[:1]))


def project_masked(store: Committed, public: Path, codes: Iterable[str]) -> None:
    """Write the masked files of `codes` again, as the register has them now; the rest of `public` must be there."""
    bits = store.index_entries(newest=1)[-1].bits
    for number in sorted({shard_number(subject_hash(code), bits) for code in codes}):
        views = store.masked_lines(*_hash_range(bits, [number]))
        _write(public, masked_path(bits, number), format_masked(sorted(views)))


def project_lists(store: Committed, public: Path) -> None:
    """Delete the lists that the register has no more; new ones come with their notices."""
    _keep_only(public / "notice", (Path(notice_path(seq)).name for seq in store.notice_seqs()))


def project_details(store: Committed, public: Path) -> None:
    """Delete the details that the register has no more; new ones come with the entries that they show."""
    wanted = store.details_paths()
    for folder in sorted((public / "details").iterdir()) if (public / "details").is_dir() else ():
        for file in sorted(folder.iterdir()):
            if file.relative_to(public).as_posix() not in wanted:
                file.unlink()
        if not any(folder.iterdir()):
            folder.rmdir()


def _write(public: Path, path: str, data: bytes) -> None:
    target = public / path
    if not target.is_file() or target.read_bytes() != data:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(target, data)


class _Writer:
    def __init__(
        self,
        store: Committed,
        public: Path,
        staging: Staging,
        done: int,
        kept: Sequence[Commit],
        progress: Progress,
    ) -> None:
        self.store, self.public, self.staging, self.done, self.kept = store, public, staging, done, kept
        self.progress = progress
        self.size = kept[-1].size
        self._new_subjects: list[bytes] = []

    def write(self, path: str, data: bytes) -> None:
        self.staging.write(self.public / path, data)

    def tiles(self) -> None:
        """Write the full tiles behind `done`, and partial tiles and index tiles of the kept sizes behind it."""
        stack = TileStack()
        shards = ShardHashes(choose_bits(self.size))
        sizes = {index.size: index for index in self.kept if index.size > self.done}
        for seq, digest, leaf in self.store.leaves():
            full = stack.append(leaf)
            if seq >= self.done:
                for path, data in full:
                    self.write(path, data)
                if digest is not None:
                    self._new_subjects.append(digest)
            index = sizes.get(stack.size)
            if index is not None:
                for path, data in stack.partial_tiles().items():
                    self.write(path, data)
                for path, data in index_tiles(shards.leaves(index.bits)).items():
                    self.write(f"index/{index.seq}/{path}", data)
            shards.add(seq, leaf, digest)
            if seq & 0xFFF == 0:
                self.progress("tiles", seq, self.size)

    def bundles(self) -> None:
        """Write the full bundles behind `done` and the partial ones of the kept sizes."""
        first = self.done // 256 * 256
        widths = {index.size for index in self.kept if index.size > self.done and index.size % 256}
        rows: list[bytes] = []
        for seq, raw in enumerate(self.store.entries(first, self.size), first):
            rows.append(raw)
            if len(rows) == 256:
                self.write(entries_path(seq // 256), format_bundle(rows))
                rows = []
                self.progress("entries", seq, self.size)
            elif seq + 1 in widths:
                self.write(entries_path(seq // 256, len(rows)), format_bundle(rows))

    def shards(self, bits: int) -> None:
        """Write the shards of 2^bits that the new entries touch; all of them if there were none of these bits yet."""
        before = self.store.index_entries(KEPT, size=self.done)
        all_of_them = bits not in {index.bits for index in before}
        numbers = self._touched(bits, all_of_them=all_of_them)
        for run in _runs(numbers, max(1, _RUN >> self.kept[-1].bits - bits)):
            rows = self.store.entries_in_hash_range(*_hash_range(bits, run))
            if len(run) == 1:  # of earlier bits it may be the whole ledger
                self.staging.write_pieces(self.public / shard_path(bits, run[0]), _pieces(rows))
            else:
                groups: dict[int, list[bytes]] = {number: [] for number in run}
                for _seq, digest, raw in rows:
                    groups[shard_number(digest, bits)].append(raw)
                for number, lines in groups.items():
                    self.write(shard_path(bits, number), format_shard(lines))
            self.progress("shards", run[-1] + 1, 1 << bits)

    def masked(self) -> None:
        """Write the masked files of the newest bits."""
        bits = self.kept[-1].bits
        before = self.store.index_entries(1, size=self.done)
        numbers = self._touched(bits, all_of_them=not before or before[-1].bits != bits)
        for run in _runs(numbers, _RUN):
            groups: dict[int, list[tuple[str, str]]] = {number: [] for number in run}
            for code, text in self.store.masked_lines(*_hash_range(bits, run)):
                groups[shard_number(subject_hash(code), bits)].append((code, text))
            for number, views in groups.items():
                self.write(masked_path(bits, number), format_masked(sorted(views)))

    def _touched(self, bits: int, *, all_of_them: bool) -> list[int]:
        if all_of_them:
            return list(range(1 << bits))
        return sorted({shard_number(digest, bits) for digest in self._new_subjects})


def _pieces(rows: Iterator[tuple[int, bytes, bytes]]) -> Iterator[bytes]:
    while piece := format_shard(raw for _, _, raw in islice(rows, _LINES)):
        yield piece


def _runs(numbers: list[int], most: int) -> Iterator[list[int]]:
    """Split ascending numbers into runs of neighbours, `most` at most."""
    for _, neighbours in groupby(enumerate(numbers), key=lambda pair: (pair[1] - pair[0], pair[1] // most)):
        yield [number for _, number in neighbours]


def _hash_range(bits: int, run: list[int]) -> tuple[bytes, bytes | None]:
    """Return the subject hashes [low, high) of a run of shards; high is None behind the last shard."""
    low = (run[0] << (256 - bits)).to_bytes(32, "big")
    high = (run[-1] + 1) << (256 - bits)
    return low, None if high >> 256 else high.to_bytes(32, "big")


def _prune(public: Path, kept: Sequence[Commit]) -> None:
    """Delete what belongs to index entries that are not kept any more."""
    seqs = {str(index.seq) for index in kept}
    bits = {str(index.bits) for index in kept}
    _keep_only(public / "heads", seqs)
    _keep_only(public / "index", seqs)
    _keep_only(public / "shard", bits)
    _keep_only(public / "masked", {str(kept[-1].bits)})
    for draft in list(public.glob(".*.tmp")):  # of `head`, `checkpoint` or `trust.json`, left by a power cut
        draft.unlink()
    partial = {tile_path(*tile) for index in kept for tile in tiles_of(index.size)}
    partial |= {entries_path(index.size // 256, index.size % 256) for index in kept if index.size % 256}
    for file in list((public / "tile").rglob("*.p/*")):
        if file.relative_to(public).as_posix() not in partial:
            file.unlink()
            if not any(file.parent.iterdir()):
                file.parent.rmdir()


def _keep_only(folder: Path, names: Iterable[str]) -> None:
    wanted = set(names)
    for child in sorted(folder.iterdir()) if folder.is_dir() else ():
        if child.name not in wanted:
            for file in sorted(child.rglob("*"), reverse=True):
                file.rmdir() if file.is_dir() else file.unlink()
            child.rmdir() if child.is_dir() else child.unlink()
