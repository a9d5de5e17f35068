"""Auditing: replay a whole ledger from a place, trusting nothing but the pinned keys.

1. `checkpoint` and `head`: signed by the log key, the one inside the other, the index entry last.
2. Every bundle in order: the chain, the tree and its tiles, the registry, every index entry recomputed.
3. Every shard with its masked file, on all cores: signatures, histories, rules, public views.
4. What is kept beside: older heads, index tiles, partial tiles, shards of earlier bits, published lists; gaps.
5. Where a place can be listed: nothing that does not belong there.

A publication under way is no forgery: files ahead of the head, or not deleted yet, make the result "not checked".

Memory holds some bundles, some shards a core, and a few hundred bytes a shard: entries are not kept. A shard of earlier
bits may be the whole ledger (2^0); it is read in pieces.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing, suppress

from ledger.app.audited import Reading
from ledger.app.blocks import Block, Context, begin_work, work_on
from ledger.app.places import MAX_FILE, AbsentError, Place
from ledger.app.published import is_under_way, list_problems, published_lists, step_problems
from ledger.app.workdays import working_day
from ledger.core.audit import MAX_FINDINGS, Audit, ShardTally
from ledger.core.checklist import Absent
from ledger.core.checkpoint import Checkpoint, open_checkpoint
from ledger.core.custody import is_former, open_own
from ledger.core.errors import FormatError, LedgerError
from ledger.core.gates import Gate
from ledger.core.index import KEPT, Head, index_tiles, open_head, parse_head
from ledger.core.note import parse_note
from ledger.core.policy import parse_policy
from ledger.core.profile import Profile
from ledger.core.reader import Reader
from ledger.core.registry import Registry
from ledger.core.replay import Chain, KeptIndex, ShardFindings
from ledger.core.shard import leaf_of_shard
from ledger.core.subject import masked_path, shard_path
from ledger.core.tiles import entries_path, format_bundle, parse_bundle
from ledger.core.tlogproof import format_proof
from ledger.core.trust import Trust, format_trust
from ledger.core.witness import check_lines, quorum_time
from ledger.core.workflow import Workflow
from ledger.crypto.pynacl_verify import verify

__all__ = ["Audit", "audit_place", "replay_place"]

Progress = Callable[[str, int, int], None]  # phase, done, total

BLOCK = 32  # shards audited by one call of a worker
_AHEAD = 8  # bundles fetched at a time


def audit_place(
    place: Place,
    trust: Trust,
    profiles: Mapping[str, Profile],
    *,
    jobs: int = 1,
    since: Checkpoint | None = None,
    progress: Progress = lambda *_: None,
) -> Audit:
    """Audit everything that `place` holds, with `jobs` processes.

    `since` is a checkpoint kept from an audit that found nothing: the ledger must continue it, and the signatures
    before it are not verified again.
    """
    run = _Run(place, trust, profiles, jobs, progress, since)
    with suppress(_Unreadable):
        run.all()
    run.audit.findings = run.audit.findings[:MAX_FINDINGS]
    return run.audit


def replay_place(
    place: Place, trust: Trust, profiles: Mapping[str, Profile], *, progress: Progress = lambda *_: None
) -> tuple[Audit, Chain | None]:
    """Read the entries of `place` alone: chain, tree, registry and workflow. None where they could not be read."""
    run = _Run(place, trust, profiles, 1, progress)
    with suppress(_Unreadable):
        return run.audit, run.chain(run.head()[1], set())
    return run.audit, None


class _Unreadable(Exception):  # noqa: N818 - the audit ends here; what it found says why
    pass


class _Run(Reading):
    def __init__(
        self,
        place: Place,
        trust: Trust,
        profiles: Mapping[str, Profile],
        jobs: int,
        progress: Progress,
        since: Checkpoint | None = None,
    ) -> None:
        super().__init__(place)
        self.trust, self.profiles, self.jobs, self.progress = trust, profiles, jobs, progress
        self.policy = parse_policy(trust.witness)
        self.since = since
        self.bytes = 0  # of all bundles
        self.beside: Checkpoint | None = None  # the file checkpoint, where it is another than the one in the head

    def all(self) -> None:
        head, checkpoint = self.head()
        heads = self.older_heads(head)
        chain = self.chain(checkpoint, {older.index.bits for older in heads})
        self.shards(chain)
        self.lists(chain.workflow)
        self.kept(chain, heads)
        if chain.announcements.behind:
            self.audit.updating.append("trust.json")
            self.expected.add("trust.json")
        else:
            self.compare("trust.json", format_trust(self.trust))
        for path, problem in step_problems(chain.announcements.made, self.read):
            self.find("trust", path, problem)
        self.nothing_else()

    # -- 1 ---------------------------------------------------------------------------------------------------------

    def head(self) -> tuple[Head, Checkpoint]:
        note, data = self.read("checkpoint"), self.read("head")
        if note is None or data is None:
            raise _Unreadable
        try:
            beside = open_checkpoint(note, self.trust.log, verify)
        except LedgerError as error:
            if is_former(note, self.trust, verify):
                self.audit.updating.append("checkpoint")
            else:
                self.find("checkpoint_signature", "checkpoint", error)
            raise _Unreadable from error
        try:
            head, checkpoint = self.whole_head(data)
        except LedgerError as error:
            self.find("head_malformed", "head", error)
            raise _Unreadable from error
        if head.proof.note != note:
            if beside.size == checkpoint.size:
                self.find("root", "checkpoint", "is not the one in the head, at the same size")
            self.beside = beside
            self.audit.updating.append("checkpoint")
        if self.policy.quorum and quorum_time(parse_note(head.proof.note), self.policy, verify) is None:
            self.find("quorum_not_met", "head", "too few witnesses of the policy have cosigned the checkpoint")
        self.audit.checkpoint, self.audit.as_of = checkpoint, head.entry.time
        return head, checkpoint

    def whole_head(self, data: bytes) -> tuple[Head, Checkpoint]:
        """Return a head in its one form, with no signatures besides the log's and those of its witnesses."""
        log = self.trust.log_at(parse_head(data).index.size)
        head, checkpoint = open_head(data, log, verify)
        if format_proof(head.proof) != data:
            raise FormatError("head", "is not in its one form")
        if not self.trust.version:  # a policy that has changed since had other witnesses
            check_lines(parse_note(head.proof.note), log, self.policy, verify)
        return head, checkpoint

    def older_heads(self, newest: Head) -> list[Head]:
        """Return the kept heads, newest first."""
        heads = [newest]
        previous = newest.index.previous
        newest_data = self.place.fetch("head")
        if isinstance(newest_data, bytes):
            self.compare(f"heads/{newest.index.size}", newest_data)
        while previous is not None and len(heads) < KEPT:
            data = self.read(f"heads/{previous}")
            if data is None:
                break
            try:
                head, _ = self.whole_head(data)
                if head.index.size != previous:
                    raise FormatError("head", "is not the head of that entry")
            except LedgerError as error:
                self.find("head_malformed", f"heads/{previous}", error)
                break
            heads.append(head)
            previous = head.index.previous
        return heads

    # -- 2 ---------------------------------------------------------------------------------------------------------

    def chain(self, checkpoint: Checkpoint, keep_bits: set[int]) -> Chain:
        chain = Chain(self.trust, verify, checkpoint.size, keep_bits, Workflow(self.profiles, working_day))
        for number, rows in self.bundles(checkpoint.size):
            for raw in rows:
                for path, data in chain.take(raw):
                    self.compare(path, data)
                if chain.ended_with_index:
                    self.audit.growth.append((raw[-22:-2].decode(errors="replace"), chain.tiles.size))
                if self.since is not None and chain.tiles.size == self.since.size:
                    self.continues(chain.tiles.root())
            self.progress("entries", min(checkpoint.size, (number + 1) * 256), checkpoint.size)
        if self.since is not None and self.since.size > checkpoint.size:
            self.audit.unreachable.append("checkpoint")  # an older state than the one that was kept
            self.since = None
        self.audit.entries = chain.tiles.size
        self.audit.findings.extend(chain.findings)
        self.audit.warnings.extend(chain.warnings)
        if chain.tiles.root() != checkpoint.root:
            self.find("root", "checkpoint", "the entries have another root than the checkpoint signs")
        if not chain.ended_with_index:
            self.find("index", "checkpoint", "the ledger does not end with an index entry")
        return chain

    def continues(self, root: bytes) -> None:
        """Hold the tree against the checkpoint kept earlier; what it does not continue is checked from the start."""
        if self.since is not None and root != self.since.root:
            self.find("forked", "checkpoint", f"contradicts the kept checkpoint of {self.since.size} entries")
            self.since = None

    def bundles(self, size: int) -> Iterator[tuple[int, list[bytes]]]:
        total = -(-size // 256)
        for start in range(0, total, _AHEAD):
            numbers = range(start, min(start + _AHEAD, total))
            paths = {number: entries_path(number, min(256, size - number * 256)) for number in numbers}
            answers = self.place.fetch_all(paths.values())
            for number, path in paths.items():
                self.expected.add(path)
                data = self.got(path, answers[path])
                if data is None:
                    raise _Unreadable
                self.bytes += len(data)
                try:
                    yield number, parse_bundle(data, min(256, size - number * 256))
                except FormatError as error:
                    self.find("bundle_malformed", path, error)
                    raise _Unreadable from error

    # -- 3 ---------------------------------------------------------------------------------------------------------

    def shards(self, chain: Chain) -> None:
        if not chain.kept:
            return
        newest = chain.kept[-1]
        bits = newest.index.bits
        count = 1 << bits
        blocks = [range(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK)]
        common = newest.index.size, chain.disclosure == "masked", self.since.size if self.since else 0
        jobs = [Block(block, bits, newest.leaves[block.start : block.stop], *common) for block in blocks]
        gate = Gate(chain.workflow, chain.evidence_required)
        tally = ShardTally(self.audit, self.profiles)
        for job, result in zip(jobs, self.audited(jobs, chain.registry, gate), strict=True):
            for part in result:
                tally.take(part)
            self.progress("shards", job.numbers.stop, count)
        tally.finish(gate)

    def audited(self, jobs: list[Block], registry: Registry, gate: Gate) -> Iterator[list[ShardFindings]]:
        """Read the files of each block here; check them in other processes when there are several, else here."""
        work = ((job, self.block_files(job)) for job in jobs)
        if self.jobs == 1 or len(jobs) == 1:
            reader = Reader()
            for job, files in work:
                yield job.check(files, Context(registry, self.profiles, gate, reader))
            return
        given = registry, gate.workflow.steps, gate.required
        with ProcessPoolExecutor(self.jobs, initializer=begin_work, initargs=given) as pool:
            running: list[Future[list[ShardFindings]]] = []
            for job, files in work:
                running.append(pool.submit(work_on, job, files))
                if len(running) > _AHEAD:
                    yield running.pop(0).result()
            for future in running:
                yield future.result()

    def block_files(self, job: Block) -> list[tuple[bytes, bytes] | None]:
        paths = [(shard_path(job.bits, number), masked_path(job.bits, number)) for number in job.numbers]
        answers = self.place.fetch_all(path for pair in paths for path in pair)
        files: list[tuple[bytes, bytes] | None] = []
        for shard, masked in paths:
            self.expected.update((shard, masked))
            data, views = self.got(shard, answers[shard]), self.got(masked, answers[masked])
            files.append((data, views) if data is not None and views is not None else None)
        return files

    # -- 4, 5 ------------------------------------------------------------------------------------------------------

    def lists(self, workflow: Workflow) -> None:
        """Hold each published list to its notice; one that is not there was erased."""
        for path, notice, data in published_lists(self.place, workflow):
            self.expected.add(path)
            if data is Absent.UNREACHABLE:
                self.audit.unreachable.append(path)
            for rule, problem in list_problems(notice, data) if isinstance(data, bytes) else ():
                self.find(rule, path, problem)

    def kept(self, chain: Chain, heads: list[Head]) -> None:
        roots = {kept.index.size: kept for kept in chain.kept}
        if sorted(roots) != sorted(head.index.size for head in heads):
            self.find("heads", "heads/", "the kept heads are not those of the newest index entries")
        if self.beside is not None and (known := roots.get(self.beside.size - 1)) and known.root != self.beside.root:
            self.find("root", "checkpoint", "signs another history of its size")
        for head in heads:
            kept = roots.get(head.index.size)
            if kept is not None:
                self.kept_index(head, kept)
        newest = chain.kept[-1].index if chain.kept else None
        if newest is not None:
            # Without its head (found missing above) the hashes of older bits were not kept.
            for bits in {head.index.bits for head in heads} & {kept.index.bits for kept in chain.kept} - {newest.bits}:
                self.earlier_shards(chain, bits)

    def kept_index(self, head: Head, kept: KeptIndex) -> None:
        where = f"heads/{head.index.size}"
        if head.entry.raw != kept.entry:
            self.find("head_malformed", where, "holds another entry than the ledger")
        try:
            checkpoint = open_own(head.proof.note, self.trust, verify)
            if (checkpoint.size, checkpoint.root) != (kept.index.size + 1, kept.root):
                self.find("root", where, "signs another history of this size")
        except LedgerError as error:
            self.find("checkpoint_signature", where, error)
        for path, data in kept.partial_tiles.items():
            self.compare(path, data)
        for path, data in index_tiles(kept.leaves).items():
            self.compare(f"index/{kept.index.size}/{path}", data)
        self.partial_bundle(kept.index.size + 1)

    def partial_bundle(self, size: int) -> None:
        """A partial bundle of a kept size is the beginning of the bundle that replaced it."""
        if not size % 256 or self.audit.checkpoint is None:
            return
        number, width = divmod(size, 256)
        last = self.audit.checkpoint.size
        whole = self.place.fetch(entries_path(number, min(256, last - number * 256)))
        if isinstance(whole, bytes):
            try:
                rows = parse_bundle(whole, min(256, last - number * 256))
            except FormatError:
                return  # found in the first pass
            self.compare(entries_path(number, width), format_bundle(rows[:width]))

    def earlier_shards(self, chain: Chain, bits: int) -> None:
        """Shards of earlier bits are still appended to, so they are the whole ledger too."""
        size = chain.kept[-1].index.size
        limit = self.bytes + MAX_FILE  # the ledger's entries, and those that a publication under way has added
        for number, leaf in enumerate(chain.shards.leaves(bits)):
            path = shard_path(bits, number)
            self.expected.add(path)
            try:
                with closing(self.place.pieces(path, limit)) as pieces:
                    found, last = leaf_of_shard(pieces, size)
                if found != leaf:
                    self.find("shard_differs", path, "is not the ledger filtered to its subjects")
                elif last >= size:
                    self.audit.updating.append(path)
            except AbsentError as error:
                self.got(path, error.absent)
            except FormatError as error:
                self.find("shard_malformed", path, error)

    def nothing_else(self) -> None:
        listing = self.place.listing()
        for path in listing or ():
            if path in self.expected:
                continue
            if is_under_way(path, self.audit.entries):
                self.audit.updating.append(path)
            else:
                self.find("file_unknown", path, "does not belong into a public folder")
