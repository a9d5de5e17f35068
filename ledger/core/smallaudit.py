"""The audit of a small ledger, for a browser: no I/O, and no more memory than some bundles and shards.

`SmallAudit.run` is a generator that yields the paths it needs under public/, is sent what was found there, and returns
an Audit, as a lookup does with its report. It follows the procedure of `ledger verify` in its first three steps:

    1. `checkpoint` and `head`: signed by the log key, the one inside the other, the index entry last
    2. every bundle in order: the chain, the tree, the registry, the trust, every index entry recomputed
    3. every shard with its public views: signatures, histories, rules, gaps between numbers, what is owed

Copies that are kept beside (tiles, older heads, shards of earlier bits, published lists) are left to the command line:
nothing above rests on them. Which days are working days is told by a table (`working_day_of`), because the browser has
no calendar of its own:

    {"first":2020,"last":2026,"off":["2026-10-01",...],"on":["2026-10-10",...]}

`first` and `last` are the years it knows, `off` the weekdays without work, `on` the weekends with it.
"""

from collections.abc import Callable, Generator, Mapping
from datetime import date, timedelta
from typing import cast

from ledger.core.audit import Audit, ShardTally
from ledger.core.canonical import Value
from ledger.core.checklist import Absent, Answers
from ledger.core.checkpoint import Checkpoint
from ledger.core.custody import is_former, open_own
from ledger.core.ed25519 import Verify
from ledger.core.errors import FormatError, LedgerError
from ledger.core.finding import Finding
from ledger.core.gates import Gate
from ledger.core.index import open_head, parse_head
from ledger.core.note import parse_note
from ledger.core.policy import parse_policy
from ledger.core.profile import Profile
from ledger.core.reader import Reader
from ledger.core.replay import Chain, check_shard
from ledger.core.subject import masked_path, shard_path
from ledger.core.tiles import entries_path, parse_bundle
from ledger.core.trust import Trust
from ledger.core.witness import quorum_time
from ledger.core.workflow import Workflow

__all__ = ["SmallAudit", "working_day_of"]

WorkingDay = Callable[[date, int], date | None]
Asking = Generator[tuple[str, ...], Answers, None]

_BUNDLES = 4  # asked for at a time
_SHARDS = 4


class SmallAudit:
    """One audit; `done` of `total` steps are behind it (0 of 0 before the size is known)."""

    def __init__(
        self, trust: Trust, profiles: Mapping[str, Profile], verify: Verify, working_day: WorkingDay
    ) -> None:
        """Prepare to audit the ledger of `trust`."""
        self.done = self.total = 0
        self.audit = Audit()
        self._trust, self._profiles, self._verify, self._working_day = trust, profiles, verify, working_day
        self._files: Answers = {}

    def run(self) -> Generator[tuple[str, ...], Answers, Audit]:
        """Audit; yields paths, takes their answers, returns what was found."""
        try:
            checkpoint = yield from self._head()
            chain = yield from self._chain(checkpoint)
            yield from self._shards(chain)
        except _UnreadableError:
            pass
        return self.audit

    def _find(self, rule: str, where: str, problem: object) -> None:
        self.audit.findings.append(Finding(rule, where, str(problem)))

    def _ask(self, *paths: str) -> Asking:
        self._files = yield paths

    def _read(self, path: str) -> bytes:
        data = self._files[path]
        if data is Absent.UNREACHABLE:
            self.audit.unreachable.append(path)
        elif data is Absent.MISSING:
            self._find("file_missing", path, "is not there")
        else:
            return data
        raise _UnreadableError

    def _head(self) -> Generator[tuple[str, ...], Answers, Checkpoint]:
        yield from self._ask("checkpoint", "head")
        note, data = self._read("checkpoint"), self._read("head")
        try:
            head, checkpoint = open_head(data, self._trust.log, self._verify)
        except LedgerError as error:
            self._wrong_head(data, error)
            raise _UnreadableError from error
        if head.proof.note != note:
            self._beside(note, checkpoint)
        policy = parse_policy(self._trust.witness)
        try:
            if policy.quorum and quorum_time(parse_note(head.proof.note), policy, self._verify) is None:
                self._find("quorum_not_met", "head", "too few witnesses of the policy have cosigned the checkpoint")
        except LedgerError as error:
            self._find("head_malformed", "head", error)
        self.audit.checkpoint, self.audit.as_of = checkpoint, head.entry.time
        return checkpoint

    def _beside(self, note: bytes, checkpoint: Checkpoint) -> None:
        """The file `checkpoint` is another than the one in the head: of another moment, or another history."""
        try:
            beside = open_own(note, self._trust, self._verify)
        except LedgerError as error:
            self._find("checkpoint_signature", "checkpoint", error)
            return
        if beside.size == checkpoint.size:
            self._find("root", "checkpoint", "is not the one in the head, at the same size")
        self.audit.updating.append("checkpoint")

    def _wrong_head(self, data: bytes, error: LedgerError) -> None:
        try:
            former = is_former(parse_head(data).proof.note, self._trust, self._verify)
        except FormatError:
            former = False
        if former:
            self.audit.updating.append("head")  # an old copy, or a thief of a key that was replaced
        else:
            self._find("head_malformed", "head", error)

    def _chain(self, checkpoint: Checkpoint) -> Generator[tuple[str, ...], Answers, Chain]:
        size = checkpoint.size
        bundles = -(-size // 256)
        chain = Chain(self._trust, self._verify, size, (), Workflow(self._profiles, self._working_day))
        self.total = 2 * bundles
        for start in range(0, bundles, _BUNDLES):
            widths = {n: min(256, size - n * 256) for n in range(start, min(start + _BUNDLES, bundles))}
            yield from self._ask(*(entries_path(n, width) for n, width in widths.items()))
            for n, width in widths.items():
                path = entries_path(n, width)
                try:
                    rows = parse_bundle(self._read(path), width)
                except FormatError as error:
                    self._find("bundle_malformed", path, error)
                    raise _UnreadableError from error
                for raw in rows:
                    chain.take(raw)
                    if chain.ended_with_index:
                        self.audit.growth.append((raw[-22:-2].decode(errors="replace"), chain.tiles.size))
                self.done += 1
        self.audit.entries = chain.tiles.size
        self.audit.findings += chain.findings
        self.audit.warnings += chain.warnings
        if chain.announcements.behind:
            self.audit.updating.append("trust.json")
        if chain.tiles.root() != checkpoint.root:
            self._find("root", "checkpoint", "the entries have another root than the checkpoint signs")
        if not chain.ended_with_index:
            self._find("index", "checkpoint", "the ledger does not end with an index entry")
        return chain

    def _shards(self, chain: Chain) -> Asking:
        if not chain.kept:
            return
        newest = chain.kept[-1]
        bits, bundles = newest.index.bits, self.done
        gate, reader = Gate(chain.workflow, chain.evidence_required), Reader()
        tally = ShardTally(self.audit, self._profiles)
        for start in range(0, 1 << bits, _SHARDS):
            numbers = range(start, min(start + _SHARDS, 1 << bits))
            yield from self._ask(*(path(bits, n) for n in numbers for path in (shard_path, masked_path)))
            for n in numbers:
                tally.take(
                    check_shard(
                        self._read(shard_path(bits, n)),
                        self._read(masked_path(bits, n)),
                        number=n,
                        bits=bits,
                        size=newest.index.size,
                        leaf=newest.leaves[n],
                        views_due=chain.disclosure == "masked",
                        registry=chain.registry,
                        profiles=self._profiles,
                        verify=self._verify,
                        gate=gate,
                        reader=reader,
                    )
                )
            self.done = bundles + bundles * numbers.stop // (1 << bits)
        tally.finish(gate)


class _UnreadableError(Exception):
    """The audit ends here; what it found says why."""


def working_day_of(table: Mapping[str, Value]) -> WorkingDay:
    """Return the function `working_day` of a table; it answers None where a term leads into a year it does not know."""
    first, last = cast("int", table["first"]), cast("int", table["last"])
    off, on = frozenset(cast("list[str]", table["off"])), frozenset(cast("list[str]", table["on"]))

    def working_day(day: date, number: int) -> date | None:
        """Return the `number`-th working day after `day` (before it if negative); `day` itself if it is 0."""
        one, left = timedelta(1 if number > 0 else -1), abs(number)
        while left:
            day += one
            if not first <= day.year <= last:
                return None
            text = day.isoformat()
            left -= text in on or (day.weekday() < 5 and text not in off)
        return day

    return working_day
