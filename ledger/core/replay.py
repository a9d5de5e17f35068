"""Replay: the first pass over a whole ledger, which never holds it in memory; `shardaudit` is the second.

`Chain` takes the entries in order: chain links, times, the tree with all its tiles, the registry, the workflow, and
every index entry recomputed from the entries before it. It reads an entry only as far as its place and its subject.
It begins with the first entry, or goes on from what an earlier audit has kept.

It collects findings {rule, where, problem} instead of stopping at the first.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from ledger.core.custody import Announcements
from ledger.core.digest import sha256
from ledger.core.ed25519 import Verify
from ledger.core.entry import FIRST_PREV, Entry, certificate_of, parse_entry, seq_of
from ledger.core.errors import FormatError, RuleError, SignatureError
from ledger.core.evidence import EVIDENCE_TYPES
from ledger.core.filing_rules import registry_problems
from ledger.core.finding import Finding
from ledger.core.index import KEPT, Index, ShardHashes, index_of
from ledger.core.keptaudit import BatchEnd, KeptAudit
from ledger.core.merkle import leaf_hash
from ledger.core.merkle import root as merkle_root
from ledger.core.record import check_record
from ledger.core.registry import Registry
from ledger.core.shardleaves import ShardLeaves
from ledger.core.subject import choose_bits, subject_hash
from ledger.core.tilestack import TileStack
from ledger.core.trust import Trust
from ledger.core.workflow import Workflow

__all__ = ["Chain", "KeptIndex"]

_PREV = len(b'{"prev":"')


@dataclass(frozen=True, slots=True)
class KeptIndex:
    """What must be published for one of the newest index entries.

    Without `leaves` and tiles it is one whose files an earlier audit has read.
    """

    index: Index
    entry: bytes
    root: bytes  # of the tree that ends with this entry
    leaves: list[bytes]  # of all shards
    partial_tiles: dict[str, bytes]


class Chain:
    """The first pass. `registry`, `kept` (newest last), `tiles.size` and `findings` are its result."""

    def __init__(self, trust: Trust, verify: Verify, size: int, keep_bits: Iterable[int], workflow: Workflow) -> None:
        """Prepare for a ledger of `size` entries whose kept index entries have `keep_bits`; `workflow` is empty."""
        self.trust = trust
        self.verify = verify
        self.registry = Registry.of(trust)
        self.workflow = workflow
        self.evidence_required = False
        self.tiles = TileStack()
        self.kept: deque[KeptIndex] = deque(maxlen=KEPT)
        self.findings: list[Finding] = []
        self.warnings: list[Finding] = []  # what breaks no binding rule
        self.ended_with_index = False
        self.disclosure = ""  # the preset that the ledger opened with
        self.announcements = Announcements(trust, verify)
        self.before = 0  # entries that an earlier audit has read
        self.said: list[bytes | BatchEnd] = []  # what a later audit will have to know: all but the certificates
        self._size = size
        self.shards: ShardHashes | ShardLeaves = ShardHashes(choose_bits(size), keep_bits)
        self._prev = FIRST_PREV
        self._time = b""
        self._last_index: int | None = None
        self._merging: dict[str, set[str]] = {}  # successor -> organisations retired into it in this batch

    def go_on(self, kept: KeptAudit) -> None:
        """Begin behind the entries that an earlier audit has read. Raises LedgerError if they contradict themselves.

        What it kept of them is taken like any entry, but for their signatures, which it has verified.
        """
        verify, self.verify = self.verify, lambda *_: True
        for said in kept.said:
            if isinstance(said, BatchEnd):
                self._end_batch(said)
            else:
                self._ledger_entry(parse_entry(said))
        self.verify = verify
        if self.findings:
            raise RuleError("kept_differs", str(self.findings[0].problem))
        self.tiles = TileStack(kept.checkpoint.size, kept.tiles)
        self.shards = ShardLeaves(kept.subjects, kept.leaves)
        self.before = kept.checkpoint.size
        last = kept.indexes[-1]
        self._prev, self._time, self._last_index = sha256(last), last[-22:-2], kept.checkpoint.size - 1
        roots = {said.size: said.root for said in kept.said if isinstance(said, BatchEnd)}
        self.kept.extend(KeptIndex(index, raw, roots[index.size + 1], [], {}) for raw, index in kept.read_indexes())
        self.ended_with_index = True

    def take(self, raw: bytes) -> list[tuple[str, bytes]]:
        """Take the next entry's bytes; return the full hash tiles that it completes."""
        seq = self.tiles.size
        digest = None
        try:
            subject = self._read(raw, seq)
            digest = subject_hash(subject) if subject is not None else None
        except FormatError as error:
            self._find("entry_malformed", seq, error)
        leaf = leaf_hash(raw)
        full = self.tiles.append(leaf)
        self.shards.add(seq, leaf, digest)
        self._prev = sha256(raw)
        if self.ended_with_index:
            self._keep(raw)
            self._end_batch(BatchEnd(self.tiles.size, self.tiles.root(), self._time.decode(errors="replace")))
        if self.tiles.size == self._size and (problem := self.announcements.problem()):
            self._find("trust", seq, problem)
        return full

    def _read(self, raw: bytes, seq: int) -> str | None:
        """Check the entry's place in the chain and return its subject; what is no certificate is read whole."""
        if seq_of(raw) != seq:
            raise FormatError("entry", f"says seq {seq_of(raw)} at place {seq}")
        if raw[_PREV : _PREV + 64] != self._prev.hex().encode():
            self._find("chain", seq, "prev is not the hash of the entry before")
        time = raw[-22:-2]
        new_batch = self.ended_with_index or seq == 0
        if time < self._time or (time != self._time and not new_batch):
            self._find("time", seq, "the time goes back, or changes inside a batch")
        self._time = time
        self.ended_with_index = False
        code = certificate_of(raw)
        if code is not None:
            return code
        entry = parse_entry(raw)
        try:
            self._ledger_entry(entry)
        except RuleError as error:
            self._find(error.rule, seq, error)
        except SignatureError as error:
            self._find("record_signature", seq, error)
        return entry.record.subject  # an unlawful entry stands in its shard all the same

    def _ledger_entry(self, entry: Entry) -> None:
        kind = entry.record.type
        if kind != "index":
            self.said.append(entry.raw)
        if (kind == "ledger.open") != (entry.seq == 0):
            raise RuleError("opening", "a ledger opens once, with its first entry")
        if kind == "ledger.open":
            check_record(entry.record, self.trust.log_at(0), self.verify)
            policy = cast("dict[str, str]", entry.record.body["policy"])
            self.disclosure, self.evidence_required = policy["disclosure"], policy.get("evidence") == "required"
            self.announcements.open(entry)
        elif kind == "index":
            self.ended_with_index = True
            check_record(entry.record, self.trust.log_at(entry.seq), self.verify)
            self._index(entry)
        elif kind == "trust.update":
            self.announcements.take(entry)
        elif kind in EVIDENCE_TYPES:
            check_record(entry.record, self.registry.signer_of_evidence(entry), self.verify)
            self.workflow.add(entry, self.registry)
        else:
            profiles, whole = self.workflow.profiles, self.evidence_required
            broken = list(registry_problems(kind, entry.record.body, self.registry, profiles, whole=whole))
            self.registry.add(entry, self.verify)
            if entry.record.body.get("profile", self.trust.profiles[0]) not in self.trust.profiles:
                self._find("profile_differs", entry.seq, "the ledger did not open for this rule set")
            for one in broken:
                found = Finding(one.rule, f"entry {entry.seq}", str(one))
                (self.findings if one.binding else self.warnings).append(found)
            self._merger(entry)

    def _end_batch(self, batch: BatchEnd) -> None:
        self.said.append(batch)
        self.workflow.end_batch(batch.size, batch.root)
        self.announcements.end_batch(batch.size, batch.root)

    def _merger(self, entry: Entry) -> None:
        """A merger is one `org.merge`, right behind one `org.retire` for each of the old organisations."""
        body = entry.record.body
        if entry.record.type == "org.retire" and "into" in body:
            into = cast("str", body["into"])
            successor = self.registry.organisations.get(into)
            if successor is None or successor.ended_at(entry.seq):
                raise RuleError("merge", f"{into} is not filed, or has ended")
            self._merging.setdefault(into, set()).add(cast("str", body["org"]))
        elif entry.record.type == "org.merge":
            retired = self._merging.pop(cast("str", body["org"]), set())
            if retired != set(cast("list[str]", body["from"])):
                raise RuleError("merge", "in this batch, others were retired into the new organisation")

    def _index(self, entry: Entry) -> None:
        index = index_of(entry)
        merging, self._merging = self._merging, {}
        for into in merging:
            self._find("merge", entry.seq, f"organisations were retired into {into}, and no org.merge follows")
        previous, self._last_index = self._last_index, entry.seq
        if index.previous != previous:
            raise RuleError("index", f"previous is {index.previous}, the index entry before is {previous}")
        if index.bits != self.shards.bits:
            raise RuleError("index", f"{index.bits} bits where {self.shards.bits} are due")
        if merkle_root(self.shards.leaves()) != index.root:
            raise RuleError("index", "the root over the shards is another one")

    def _keep(self, raw: bytes) -> None:
        try:
            index = index_of(parse_entry(raw))
        except FormatError:
            return
        if (index.bits, index.size) != (self.shards.bits, self.tiles.size - 1):
            return  # a lie that was found: nothing can be held against it
        self.kept.append(KeptIndex(index, raw, self.tiles.root(), self.shards.leaves(), self.tiles.partial_tiles()))

    def _find(self, rule: str, seq: int, problem: object) -> None:
        self.findings.append(Finding(rule, f"entry {seq}", str(problem)))
