"""The audit of a whole ledger, trusting nothing but the pinned keys: one procedure for a command and for a browser.

1. `checkpoint` and `head`: signed by the log key, the one inside the other, the index entry last.
2. Every bundle in order: the chain, the tree and its tiles, the registry, every index entry recomputed.
3. Every shard with its masked file: signatures, histories, rules, public views, gaps between numbers, what is owed.
4. What is kept beside (ledger.core.copies): older heads, index tiles, partial tiles, shards of earlier bits, published
   lists, steps of the trust.
5. Where a place can be listed: nothing that does not belong there; of sealed details their names, sizes and number.

An audit may go on from what an earlier one, that found nothing, has kept (`keptaudit`). It then reads the new entries,
the shards that they change, and of those the numbers that something new is said of; what stays as it was is not read
again, and of it only that it is still there can be found, by a listing. Where the new entries change what was counted
of the old ones, it raises OutgrownError, and only a whole audit can tell.

A publication under way is no forgery: files ahead of the head, or not deleted yet, make the result "not checked".

`LedgerAudit.run` asks for files as ledger.core.auditfiles says. Memory holds some bundles, some shards, and a few
hundred bytes a shard: entries are not kept.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import date
from operator import attrgetter

from ledger.core.audit import MAX_FINDINGS, Audit, ShardTally
from ledger.core.auditfiles import AuditFiles, Requesting, UnreadError
from ledger.core.checklist import Absent
from ledger.core.checkpoint import Checkpoint, open_checkpoint
from ledger.core.copies import Copies, SignedHead, is_under_way, old_paths
from ledger.core.crew import Alone, Block, Context, Crew, ShardFiles
from ledger.core.custody import is_former
from ledger.core.details import SIZES as DETAILS_SIZES
from ledger.core.details import is_details_path
from ledger.core.ed25519 import Verify
from ledger.core.entry import is_index
from ledger.core.errors import FormatError, LedgerError, RuleError
from ledger.core.gates import Gate
from ledger.core.index import KEPT, open_head, parse_head
from ledger.core.keptaudit import BatchEnd, KeptAudit, MadeWith, trust_digest
from ledger.core.merkle import leaf_hash
from ledger.core.note import parse_note
from ledger.core.policy import parse_policy
from ledger.core.profile import Profile
from ledger.core.replay import Chain
from ledger.core.shard import hash_of_shard
from ledger.core.shardleaves import OutgrownError, ShardLeaves
from ledger.core.subject import masked_path, shard_path
from ledger.core.tiles import entries_path, parse_bundle
from ledger.core.tlogproof import format_proof
from ledger.core.trust import Trust
from ledger.core.witness import check_lines, quorum_time
from ledger.core.workflow import Workflow

__all__ = ["LedgerAudit", "Progress"]

Progress = Callable[[str, int, int], None]  # phase, done, total

_BUNDLES = 8  # asked for at a time
_DETAILS = 64  # the same
_SHARDS = 64  # asked for at a time
_HELD = 1024  # shards kept until they are read again, some 60 MB


class LedgerAudit:
    """One audit; `audit` is what it has found so far."""

    def __init__(
        self,
        trust: Trust,
        profiles: Mapping[str, Profile],
        verify: Verify,
        working_day: Callable[[date, int], date | None],
        *,
        crew: Crew | None = None,
        since: Checkpoint | None = None,
        kept: KeptAudit | None = None,
        progress: Progress = lambda *_: None,
    ) -> None:
        """Prepare to audit the ledger of `trust`; `progress` is told of each phase: "entries", "shards", "copies".

        `since` is a checkpoint kept from an audit that found nothing: the ledger must continue it, and the signatures
        before it are not verified again. `kept` is what such an audit has kept; `check_kept` has taken it.
        """
        self.files = AuditFiles()
        self._trust, self._profiles, self._verify, self._working_day = trust, profiles, verify, working_day
        self._crew: Crew = crew or Alone()
        self._since, self._kept, self._progress = since, kept, progress
        self._policy = parse_policy(trust.witness)
        self._beside: Checkpoint | None = None  # the file checkpoint, where it is another than the one in the head
        self._bytes = 0  # of all bundles
        self._held: dict[str, bytes] = {}  # shards read for their leaves, to be read for what they say
        self._counted: list[str] = []  # sealed details that were not read
        self._done: tuple[SignedHead, Chain, ShardTally] | None = None  # where `run` came to its end

    @property
    def audit(self) -> Audit:
        """What was found so far."""
        return self.files.audit

    def run(self) -> Requesting[Audit]:
        """Audit everything."""
        with suppress(UnreadError):
            newest = yield from self._head()
            heads = yield from self._older_heads(newest)
            chain = yield from self._chain(newest.checkpoint, {head.index.bits for head in heads})
            if self._kept is not None:
                self._check_counted(chain, self._kept)
            tally = yield from self._shards(chain)
            self._progress("copies", 0, 1)
            copies = Copies(self.files, self._trust, self._verify, chain, self._bytes)
            yield from copies.run(heads, self._beside)
            self._progress("copies", 1, 1)
            self._done = newest, chain, tally
        self.audit.findings = self.audit.findings[:MAX_FINDINGS]
        return self.audit

    def replay(self) -> Requesting[Chain | None]:
        """Read the entries alone: chain, tree, registry and workflow. None where they could not be read."""
        with suppress(UnreadError):
            newest = yield from self._head()
            return (yield from self._chain(newest.checkpoint, ()))
        return None

    def hold_listing(self, paths: Iterable[str]) -> Requesting[None]:
        """Step 5, after `run`: `paths` are all that there are. An audit that ended early knows nothing of them."""
        if self._done is None:
            return
        unread, details = self.unread(), list[str]()
        for path in paths:
            if unread.pop(path, None) is not None or path in self.files.expected:
                continue
            if is_details_path(path):
                details.append(path)
            elif is_under_way(path, self.audit.entries):
                self.audit.updating.append(path)
            else:
                self.files.find("file_unknown", path, "does not belong into a public folder")
        for path in sorted(path for path, needed in unread.items() if needed):
            self.files.find("file_missing", path, "is not there")
        yield from self._details(details)

    def unread(self) -> dict[str, bool]:
        """Return the files that an earlier audit has read and this one has not, and whether each must be there."""
        if self._done is None or self._kept is None:
            return {}
        old = {path: needed for path, needed in old_paths(self._done[1]) if path not in self.files.expected}
        return old | dict.fromkeys(self._counted, False)

    def keep(self, made_with: MadeWith) -> KeptAudit | None:
        """Return what a later audit can go on from, after `run`; None where this one found something, or not all."""
        if self._done is None or self.audit.verdict != "verified":
            return None
        newest, chain, tally = self._done
        return KeptAudit(
            newest.head.proof.note,
            made_with,
            trust_digest(self._trust),
            self._kept.whole if self._kept is not None else self.audit.as_of,
            chain.shards.subjects,
            chain.tiles.rows,
            chain.shards.leaves(),
            chain.said,
            [kept.entry for kept in chain.kept],
            tally.serials,
            tally.issued,
            sorted(tally.withdrawn.values(), key=attrgetter("where")),
        )

    def _details(self, paths: list[str]) -> Requesting[None]:
        """Hold sealed details to what can be told of them without a code."""
        if len(paths) > self.audit.certificates:
            if self.audit.updating:  # what belongs to them may be on its way
                self.audit.updating.append("details/")
            else:
                problem = f"has {len(paths)} files, of {self.audit.certificates} certificates"
                self.files.find("details_count", "details/", problem)
        if self._kept is not None:  # nobody can tell which of them are new
            self._counted = paths
            return
        for start in range(0, len(paths), _DETAILS):
            for path, data in (yield from self.files.ask(paths[start : start + _DETAILS])).items():
                if data is Absent.MISSING:  # it was there when the folder was listed
                    self.audit.updating.append(path)
                elif data is Absent.UNREACHABLE:
                    self.audit.unreachable.append(path)
                elif len(data) not in DETAILS_SIZES:
                    self.files.find("details_size", path, "has a size that sealed details do not have")

    # -- 1 ---------------------------------------------------------------------------------------------------------

    def _head(self) -> Requesting[SignedHead]:
        note, data = yield from self.files.need("checkpoint", "head")
        beside = self._own_checkpoint(note)
        try:
            signed = self._whole_head(data)
        except LedgerError as error:
            self.files.find("head_malformed", "head", error)
            raise UnreadError from error
        head, checkpoint = signed.head, signed.checkpoint
        if head.proof.note != note:
            if beside.size == checkpoint.size:
                self.files.find("root", "checkpoint", "is not the one in the head, at the same size")
            self._beside = beside
            self.audit.updating.append("checkpoint")
        if self._policy.quorum and quorum_time(parse_note(head.proof.note), self._policy, self._verify) is None:
            problem = "too few witnesses of the policy have cosigned the checkpoint"
            self.files.find("quorum_not_met", "head", problem)
        self.audit.checkpoint, self.audit.as_of = checkpoint, head.entry.time
        return signed

    def _own_checkpoint(self, note: bytes) -> Checkpoint:
        try:
            return open_checkpoint(note, self._trust.log, self._verify)
        except LedgerError as error:
            if is_former(note, self._trust, self._verify):
                self.audit.updating.append("checkpoint")  # an old copy, or a thief of a key that was replaced
            else:
                self.files.find("checkpoint_signature", "checkpoint", error)
            raise UnreadError from error

    def _whole_head(self, data: bytes) -> SignedHead:
        """Return a head, with no signatures besides the log's and those of its witnesses."""
        log = self._trust.log_at(parse_head(data).index.size)
        head, checkpoint = open_head(data, log, self._verify)
        if not self._trust.version:  # a policy that has changed since had other witnesses
            check_lines(parse_note(head.proof.note), log, self._policy, self._verify)
        return SignedHead(head, checkpoint)

    def _older_heads(self, newest: SignedHead) -> Requesting[list[SignedHead]]:
        """Return the kept heads, newest first."""
        yield from self.files.compare({f"heads/{newest.index.size}": format_proof(newest.head.proof)})
        heads = [newest]
        previous = newest.index.previous
        while previous is not None and len(heads) < KEPT:
            path = f"heads/{previous}"
            found = yield from self.files.read([path])
            if path not in found:
                break
            try:
                head = self._whole_head(found[path])
                if head.index.size != previous:
                    raise FormatError("head", "is not the head of that entry")
            except LedgerError as error:
                self.files.find("head_malformed", path, error)
                break
            heads.append(head)
            previous = head.index.previous
        return heads

    # -- 2 ---------------------------------------------------------------------------------------------------------

    def _chain(self, checkpoint: Checkpoint, keep_bits: Iterable[int]) -> Requesting[Chain]:
        size = checkpoint.size
        chain = Chain(self._trust, self._verify, size, keep_bits, Workflow(self._profiles, self._working_day))
        if self._kept is not None:
            self._go_on(chain, self._kept, size)
        begun, known = chain.before // 256, chain.tiles.rows[0]
        self._progress("entries", 0, size)
        bundles = -(-size // 256)
        for start in range(begun, bundles, _BUNDLES):
            numbers = range(start, min(start + _BUNDLES, bundles))
            tiles: dict[str, bytes] = {}
            for number, rows in enumerate((yield from self._bundles(numbers, size)), start):
                if number == begun and [*map(leaf_hash, rows[: len(known)])] != known:
                    self.files.find("forked", "checkpoint", "contradicts what was kept of its entries")
                    raise UnreadError
                for raw in rows[len(known) if number == begun else 0 :]:
                    if isinstance(chain.shards, ShardLeaves) and is_index(raw):
                        yield from self._open_shards(chain.shards, chain.before)
                    tiles.update(chain.take(raw))
                    if chain.ended_with_index:
                        self.audit.growth.append((raw[-22:-2].decode(errors="replace"), chain.tiles.size))
                    self._continues(chain)
            yield from self.files.compare(tiles)
            self._progress("entries", min(size, numbers.stop * 256), size)
        if self._since is not None and self._since.size > size:
            self.audit.unreachable.append("checkpoint")  # an older state than the one that was kept
            self._since = None
        self.audit.entries = chain.tiles.size
        self.audit.findings += chain.findings
        self.audit.warnings += chain.warnings
        if chain.tiles.root() != checkpoint.root:
            self.files.find("root", "checkpoint", "the entries have another root than the checkpoint signs")
        if not chain.ended_with_index:
            self.files.find("index", "checkpoint", "the ledger does not end with an index entry")
        return chain

    def _go_on(self, chain: Chain, kept: KeptAudit, size: int) -> None:
        """Begin behind the entries that were kept. Raises RuleError if what was kept contradicts itself."""
        if size < kept.checkpoint.size:
            raise OutgrownError  # an older state than the one that was kept, which a whole audit tells
        try:
            chain.go_on(kept)
        except (LedgerError, LookupError) as error:
            raise RuleError("kept_differs", str(error)) from error
        self.audit.before, self.audit.whole = chain.before, kept.whole
        self.audit.growth = [(one.time, one.size) for one in kept.said if isinstance(one, BatchEnd)]

    def _open_shards(self, leaves: ShardLeaves, size: int) -> Requesting[None]:
        """Read the shards that the entries of a batch change, as they were at `size`."""
        waiting = leaves.waiting()
        for start in range(0, len(waiting), _SHARDS):
            paths = {shard_path(leaves.bits, number): number for number in waiting[start : start + _SHARDS]}
            for path, data in zip(paths, (yield from self.files.need(*paths)), strict=True):
                try:
                    leaves.open(paths[path], hash_of_shard([data], size)[0])
                except LedgerError as error:
                    self.files.find("shard_differs", path, error)
                    raise UnreadError from error
                if len(self._held) < _HELD:
                    self._held[path] = data

    def _check_counted(self, chain: Chain, kept: KeptAudit) -> None:
        """Raise OutgrownError where an organisation that had numbers outside all ranges has another range now."""
        for org in chain.registry.organisations.values():
            if any(held.seq >= chain.before for held in org.ranges):
                scopes = (scope for _, scope in kept.serials if scope.startswith(org.org))
                if not all(" " in scope for scope in scopes):
                    raise OutgrownError

    def _bundles(self, numbers: range, size: int) -> Requesting[list[list[bytes]]]:
        widths = [min(256, size - number * 256) for number in numbers]
        paths = [entries_path(number, width) for number, width in zip(numbers, widths, strict=True)]
        files = yield from self.files.need(*paths)
        bundles = []
        for path, width, data in zip(paths, widths, files, strict=True):
            self._bytes += len(data)
            try:
                bundles.append(parse_bundle(data, width))
            except FormatError as error:
                self.files.find("bundle_malformed", path, error)
                raise UnreadError from error
        return bundles

    def _continues(self, chain: Chain) -> None:
        """Hold the tree against the checkpoint kept earlier; what it does not continue is checked from the start."""
        if self._since is None or chain.tiles.size != self._since.size or chain.tiles.root() == self._since.root:
            return
        self.files.find("forked", "checkpoint", f"contradicts the kept checkpoint of {self._since.size} entries")
        self._since = None

    # -- 3 ---------------------------------------------------------------------------------------------------------

    def _shards(self, chain: Chain) -> Requesting[ShardTally]:
        tally = ShardTally(self.audit, self._profiles, self._kept)
        if not chain.kept:
            return tally
        newest = chain.kept[-1]
        bits = newest.index.bits
        since = chain.before or (self._since.size if self._since else 0)
        common = newest.index.size, chain.disclosure == "masked", since, chain.before > 0
        gate = Gate(chain.workflow, chain.evidence_required)
        shards, step = chain.shards.to_read(), self._crew.block
        count = len(shards)
        self._crew.begin(Context(chain.registry, self._profiles, gate, self._verify), -(-count // step))
        for start in range(0, count, step):
            self._progress("shards", start, count)
            numbers = shards[start : start + step]
            files = yield from self._shard_files(bits, numbers)
            block = Block(numbers, bits, [newest.leaves[number] for number in numbers], *common)
            for part in self._crew.put(block, files):
                tally.take(part)
        for part in self._crew.rest():
            tally.take(part)
        self._progress("shards", count, count)
        tally.finish(gate)
        return tally

    def _shard_files(self, bits: int, numbers: Iterable[int]) -> Requesting[list[ShardFiles]]:
        paths = [(shard_path(bits, number), masked_path(bits, number)) for number in numbers]
        found = {path: self._held.pop(path) for pair in paths for path in pair if path in self._held}
        found |= yield from self.files.read(path for pair in paths for path in pair if path not in found)
        return [(found[one], found[two]) if one in found and two in found else None for one, two in paths]
