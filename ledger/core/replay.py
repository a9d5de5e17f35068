"""Replay: the audit of a whole ledger, in two passes that never hold it in memory.

`Chain` takes the entries in order: chain links, times, the tree with all its tiles, the registry, the workflow, and
every index entry recomputed from the entries before it. It reads an entry only as far as its place and its subject.

`check_shard` takes one shard of the newest index: its bytes must have the leaf that the chain gave it, so it holds the
very entries of its subjects. Each is now read whole: canonical form, signature, the number's history, the rules, the
public view. What the first pass took an entry to be about is confirmed here, so no entry stays unread. Shards are
independent of each other, and are audited in any order.

Both collect findings {rule, where, problem} instead of stopping at the first.
"""

import re
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import cast

from ledger.core.canonical import Value
from ledger.core.code import CodeParts, serial_scope
from ledger.core.custody import Announcements
from ledger.core.digest import sha256
from ledger.core.disclosure import digest_of, is_public_view
from ledger.core.ed25519 import Verify
from ledger.core.entry import FIRST_PREV, Entry, parse_entry, seq_of
from ledger.core.errors import FormatError, LedgerError, RuleError, SignatureError
from ledger.core.evidence import EVIDENCE_TYPES
from ledger.core.filing_rules import registry_problems
from ledger.core.finding import Finding
from ledger.core.gates import Gate
from ledger.core.history import Event, History, step
from ledger.core.index import KEPT, Index, ShardHashes, index_of
from ledger.core.merkle import leaf_hash
from ledger.core.merkle import root as merkle_root
from ledger.core.profile import Profile
from ledger.core.reader import Reader
from ledger.core.record import check_record
from ledger.core.registry import NumberRange, Registry
from ledger.core.rules import check_event, check_facts
from ledger.core.shard import parse_masked, parse_shard
from ledger.core.subject import choose_bits, shard_number, subject_hash
from ledger.core.tilestack import TileStack
from ledger.core.trust import Trust
from ledger.core.workflow import Workflow

__all__ = ["Chain", "KeptIndex", "ShardFindings", "check_shard"]

_CERTIFICATE = re.compile(rb'"code":"([0-9A-Z]{22})"[,}]')
_KIND = re.compile(rb'"type":"certificate\.[a-z]+","v":1},"seq":[0-9]+,"time":"[^"]+"}\Z')
_PREV = len(b'{"prev":"')


@dataclass(frozen=True, slots=True)
class KeptIndex:
    """What must be published for one of the newest index entries."""

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
        self._size = size
        self.shards = ShardHashes(choose_bits(size), keep_bits)
        self._prev = FIRST_PREV
        self._time = b""
        self._last_index: int | None = None
        self._merging: dict[str, set[str]] = {}  # successor -> organisations retired into it in this batch

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
            self.workflow.end_batch(self.tiles.size, self.tiles.root)
            self.announcements.end_batch(self.tiles.size, self.tiles.root)
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
        found = _CERTIFICATE.search(raw)
        if found is not None and _KIND.search(raw, max(0, len(raw) - 120)) is not None:
            return found[1].decode()
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


@dataclass(slots=True)
class ShardFindings:
    """The result of one shard: findings, certificate entries read, and per serial scope [numbers, largest serial].

    `withdrawn`: views that were taken back, as after an erasure; no error in a ledger.
    `ahead`: the files already show entries that the index does not have yet, because a publication is under way.
    """

    findings: list[Finding] = field(default_factory=list)
    withdrawn: list[Finding] = field(default_factory=list)
    entries: int = 0
    ahead: bool = False
    serials: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    issued: dict[int, int] = field(default_factory=dict)  # closed notice of results -> issues that rest on it


def check_shard(
    data: bytes,
    masked: bytes,
    *,
    number: int,
    bits: int,
    size: int,
    leaf: bytes,
    views_due: bool,
    registry: Registry,
    profiles: Mapping[str, Profile],
    verify: Verify,
    gate: Gate,
    reader: Reader | None = None,
    since: int = 0,
) -> ShardFindings:
    """Audit the shard `number` of 2^`bits` under an index of `size` whose leaf for it is `leaf`.

    `views_due`: the ledger's preset publishes a view of every number, so one that is missing was taken away. `gate`
    holds issues to their evidence, as the first pass left it. `reader`, where it has read other shards before, saves
    most of the parsing. The signatures of entries before `since` were verified at another time: they are not again.
    """
    result = ShardFindings()
    where = f"shard {number}"
    try:
        shard = parse_shard(data)
        views = parse_masked(masked)
    except FormatError as error:
        result.findings.append(Finding("shard_malformed", where, str(error)))
        return result
    if shard.leaf(size) != leaf:
        result.findings.append(Finding("shard_differs", where, "is not the ledger filtered to its subjects"))
    broken: set[str] = set()
    problems: list[tuple[int, Finding]] = []

    def found(seq: int, subject: str | None, error: LedgerError) -> None:
        broken.add(subject or "")
        problems.append((seq, Finding(_rule_of(error), f"entry {seq}", str(error))))

    # Step by step for the whole shard, not entry by entry: with the signatures in a row an audit is a sixth faster.
    read = parse_entry if reader is None else reader.read
    newer: dict[str, list[str]] = {}
    certificates: list[Entry] = []
    for seq, raw in shard.lines:
        subject = None
        try:
            entry = read(raw)
            subject = entry.record.subject
            if seq >= size:
                result.ahead = True
                newer.setdefault(subject or "", []).extend(_digests(entry.record.body))
            elif subject is None or shard_number(subject_hash(subject), bits) != number:
                raise RuleError("shard_differs", "the entry does not belong into this shard")
            elif len(subject) == 22:
                certificates.append(entry)
        except LedgerError as error:
            found(seq, subject, error)
    result.entries = len(certificates)
    events: list[Event] = []
    for entry in certificates:
        try:
            events.append(_event(entry, registry, verify if entry.seq >= since else None))
        except LedgerError as error:
            found(entry.seq, entry.record.subject, error)
    histories: dict[str, History] = {}
    numbers: dict[str, CodeParts] = {}
    for event in events:
        subject = cast("str", event.entry.record.subject)
        try:
            history = histories[subject] = step(histories.get(subject), event)
            parts = _rules(history, event, registry, profiles, ranges_due=gate.required)
            if parts is not None:
                _evidence(result, history, event, gate, profiles)
                if len(history.events) == 1:
                    numbers[subject] = parts
        except LedgerError as error:
            found(event.entry.seq, subject, error)
    result.findings += [finding for _, finding in sorted(problems, key=itemgetter(0))]
    for code, parts in numbers.items():
        if code not in broken:
            ranges = registry.organisations[parts.org].ranges
            _count_serial(result, code, parts, ranges, profiles[cast("str", histories[code].facts["profile"])])
    _views(result, {code: text for code, text in views.items() if code not in broken}, histories, newer, where)
    if views_due:
        for code in sorted(histories.keys() - views.keys()):
            result.findings.append(Finding("view_missing", f"{where}, {code}", "its public view is not there"))
    return result


def _rule_of(error: LedgerError) -> str:
    if isinstance(error, RuleError):
        return error.rule
    return "record_signature" if isinstance(error, SignatureError) else "entry_malformed"


def _event(entry: Entry, registry: Registry, verify: Verify | None) -> Event:
    """Return the event of an entry, whose signature is verified unless that was done before."""
    key = registry.signer_of(entry)
    if verify is not None:
        check_record(entry.record, key, verify)
    return Event(entry, registry.side_of(entry.record.issuer))


def _rules(
    history: History, event: Event, registry: Registry, profiles: Mapping[str, Profile], *, ranges_due: bool
) -> CodeParts | None:
    """Check the rules of one event; return the parts of the number where it has facts."""
    body = event.entry.record.body
    if "disclosures" not in body:
        check_event(event.entry)
        return None
    profile = profiles.get(cast("str", body["profile"]))
    if profile is None:
        raise RuleError("profile_unknown", f"no profile {body['profile']}")
    org = registry.organisations[cast("str", body["code"])[:13]]
    return check_facts(event.entry, org, profile, history.events[0].entry.seq, ranges_due=ranges_due)


def _evidence(
    result: ShardFindings, history: History, event: Event, gate: Gate, profiles: Mapping[str, Profile]
) -> None:
    """Hold an issue, and what a correction makes of it, to the evidence that there was when it was issued."""
    body, issue = event.entry.record.body, history.events[0].entry
    if body["evidence"] != issue.record.body["evidence"]:
        raise RuleError("evidence_differs", "a correction cites what the issue cites")
    notice = gate.check(body, issue.seq, profiles[cast("str", body["profile"])])
    if notice is not None and event.entry is issue:
        result.issued[notice] = result.issued.get(notice, 0) + 1


def _count_serial(
    result: ShardFindings, code: str, parts: CodeParts, ranges: Sequence[NumberRange], profile: Profile
) -> None:
    """Count a number in its scope, or in its range if it has one: there, serials begin where the range does."""
    scope, serial = parts.org, 0  # of an opaque structure: numbers that the authority gave, without a counter
    if parts.year is not None and parts.level is not None and parts.serial is not None:
        scope, serial = serial_scope(profile, parts.org, parts.year, parts.level), parts.serial
        if ranges:
            prefix = code[: profile.places["serial"][0]]
            held = next((held for held in ranges if held.holds(code)), None)
            if held is not None:
                scope, serial = f"{scope} {held.first}-{held.last}", serial - held.serials(prefix).start + 1
            else:  # it is older than the ranges, and their numbers are not missing among its like
                serial -= sum(bisect_right(held.serials(prefix), serial) for held in ranges)
    count = result.serials.setdefault((profile.name, scope), [0, 0])
    count[0] += 1
    count[1] = max(count[1], serial)


def _views(
    result: ShardFindings,
    views: Mapping[str, str],
    histories: Mapping[str, History],
    newer: Mapping[str, list[str]],
    where: str,
) -> None:
    for code, text in views.items():
        history = histories.get(code)
        if text == "" and history is not None:
            result.withdrawn.append(Finding("view_withdrawn", f"{where}, {code}", "its public view was withdrawn"))
            continue
        try:
            digest = digest_of(text)
            if digest in newer.get(code, ()):
                result.ahead = True  # the view of an entry still to come: nobody shows it before the index has it
            elif history is None or digest not in _digests(history.facts) or not is_public_view(text):
                problem = "a public view of no certificate, not the public one, or one that shows more than a surname"
                raise RuleError("disclosure_differs", problem)
        except LedgerError as error:
            result.findings.append(Finding("disclosure_differs", f"{where}, {code}", str(error)))


def _digests(body: Mapping[str, Value]) -> list[str]:
    return cast("list[str]", body.get("disclosures", []))
