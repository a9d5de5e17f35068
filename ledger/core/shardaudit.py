"""The audit of shards, the second pass over a whole ledger: every entry about a certificate is read here.

`check_shard` takes one shard of the newest index: its bytes must have the leaf that the chain gave it, so it holds the
very entries of its subjects. Each is now read whole: canonical form, signature, the number's history, the rules, the
public view. What the first pass (`replay`) took an entry to be about is confirmed here, so no entry stays unread.
Shards are independent of each other, and are audited in any order.

Where an earlier audit has read the shard, only the numbers are read that something new is said of.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter
from typing import cast

from ledger.core.canonical import Value
from ledger.core.code import CodeParts, serial_scope
from ledger.core.disclosure import digest_of, is_public_view
from ledger.core.ed25519 import Verify
from ledger.core.entry import Entry, certificate_of, parse_entry
from ledger.core.errors import FormatError, LedgerError, RuleError, SignatureError
from ledger.core.finding import Finding
from ledger.core.gates import Gate
from ledger.core.history import Event, History, step
from ledger.core.profile import Profile
from ledger.core.reader import Reader
from ledger.core.record import check_record
from ledger.core.registry import NumberRange, Registry
from ledger.core.rules import check_event, check_facts
from ledger.core.shard import parse_masked, parse_shard
from ledger.core.subject import shard_number, subject_hash

__all__ = ["ShardFindings", "check_shard"]


@dataclass(slots=True)
class ShardFindings:
    """The result of one shard: findings, certificate entries read, and per serial scope [numbers, largest serial].

    `withdrawn`: views that were taken back, as after an erasure; no error in a ledger.
    `viewed`: where, of the numbers that something new is said of, if only those were read.
    `ahead`: the files already show entries that the index does not have yet, because a publication is under way.
    """

    findings: list[Finding] = field(default_factory=list)
    withdrawn: list[Finding] = field(default_factory=list)
    viewed: list[str] = field(default_factory=list)
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
    only_new: bool = False,
) -> ShardFindings:
    """Audit the shard `number` of 2^`bits` under an index of `size` whose leaf for it is `leaf`.

    `views_due`: the ledger's preset publishes a view of every number, so one that is missing was taken away. `gate`
    holds issues to their evidence, as the first pass left it. `reader`, where it has read other shards before, saves
    most of the parsing. The signatures of entries before `since` were verified at another time: they are not again.
    `only_new`: an earlier audit has read all entries before `since`, so only numbers that have others are read, and are
    counted only where they are new.
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
    lines, passed = _about_new(shard.lines, since, read) if only_new else (shard.lines, frozenset())
    for seq, raw in lines:
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
                notice = _evidence(history, event, gate, profiles)
                if len(history.events) == 1 and not (only_new and event.entry.seq < since):
                    numbers[subject] = parts
                    if notice is not None:
                        result.issued[notice] = result.issued.get(notice, 0) + 1
        except LedgerError as error:
            found(event.entry.seq, subject, error)
    result.findings += [finding for _, finding in sorted(problems, key=itemgetter(0))]
    for code, parts in numbers.items():
        if code not in broken:
            ranges = registry.organisations[parts.org].ranges
            _count_serial(result, code, parts, ranges, profiles[cast("str", histories[code].facts["profile"])])
    seen = {code: text for code, text in views.items() if code not in broken and code not in passed}
    _views(result, seen, histories, newer, where)
    if only_new:
        result.viewed = [f"{where}, {code}" for code in histories]
    if views_due:
        for code in sorted(histories.keys() - views.keys()):
            result.findings.append(Finding("view_missing", f"{where}, {code}", "its public view is not there"))
    return result


def _about_new(
    lines: Sequence[tuple[int, bytes]], since: int, read: Callable[[bytes], Entry]
) -> tuple[list[tuple[int, bytes]], frozenset[str]]:
    """Return the lines from `since` on and those about the same numbers, and the numbers of all others."""
    about: set[str | None] = set()
    for seq, raw in lines:
        if seq >= since:
            with suppress(FormatError):
                about.add(read(raw).record.subject)
    codes = [None if seq >= since else certificate_of(raw) for seq, raw in lines]
    wanted = [line for line, code in zip(lines, codes, strict=True) if line[0] >= since or code in about]
    return wanted, frozenset(code for code in codes if code is not None and code not in about)


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


def _evidence(history: History, event: Event, gate: Gate, profiles: Mapping[str, Profile]) -> int | None:
    """Hold an issue, and what a correction makes of it, to the evidence that there was when it was issued.

    Return the closed notice of results that it rests on.
    """
    body, issue = event.entry.record.body, history.events[0].entry
    if body["evidence"] != issue.record.body["evidence"]:
        raise RuleError("evidence_differs", "a correction cites what the issue cites")
    return gate.check(body, issue.seq, profiles[cast("str", body["profile"])])


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
