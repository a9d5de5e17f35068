"""Learning: what an organisation on a machine of its own reads in the public folder before it signs.

Every entry is read in order and held to the checkpoint that the log key signed, and that checkpoint to the one seen
last time: nobody can show an organisation another past. From the entries come the registry, the workflow and the
ledger's policy, which of the organisation's numbers are used, and which of its batches were appended.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

from ledger.app.places import Place
from ledger.app.workdays import working_day
from ledger.core.checklist import Absent
from ledger.core.checkpoint import Checkpoint
from ledger.core.code import parse_code, serial_scope
from ledger.core.custody import open_own
from ledger.core.entry import Entry, parse_entry
from ledger.core.errors import LedgerError, RuleError
from ledger.core.gates import Gate
from ledger.core.index import open_head
from ledger.core.profile import Profile
from ledger.core.record import Body
from ledger.core.registry import NumberRange, Registry
from ledger.core.replay import Chain
from ledger.core.tiles import entries_path, parse_bundle
from ledger.core.trust import Trust
from ledger.core.workflow import Workflow
from ledger.crypto.pynacl_verify import verify

__all__ = ["Known", "Numbers", "PlaceError", "learn", "open_place_head"]

Progress = Callable[[str, int, int], None]  # phase, done, total
_AT_ONCE = 8  # bundles fetched at a time
# What tells of one entry only does not count in the replay; these say that the entries are not those of the ledger.
_BROKEN = frozenset(("chain", "time", "entry_malformed", "record_signature", "index", "opening", "trust"))
_KIND = re.compile(rb'"type":"certificate\.([a-z]+)","v":1},"seq":([0-9]+),"time":"([^"]+)"}\Z')
_BATCH = re.compile(rb'"body":\{"batch":"([0-9a-f]{64})"')
_EVIDENCE = re.compile(rb'"evidence":\[([0-9,]*)\]')


class PlaceError(LedgerError):
    """A public folder cannot be read, or is not the ledger that is trusted here."""


class Numbers:
    """Numbers that are used, asked as the register is asked (`allocation.Issued`)."""

    def __init__(self, codes: Iterable[str], profile: Profile, ranges: Iterable[NumberRange]) -> None:
        """Take the numbers of one organisation, with its profile and assigned ranges."""
        self._codes = sorted(codes)
        self._last: dict[str, int] = {}
        held = list(ranges)
        for code in self._codes if not profile.opaque else ():
            if any(one.holds(code) for one in held):
                continue  # counted by its range
            try:
                parts = parse_code(code, profile)
            except RuleError:
                continue  # of another profile, under which the organisation was filed before
            scope = serial_scope(profile, parts.org, cast("int", parts.year), cast("str", parts.level))
            self._last[scope] = max(self._last.get(scope, 0), cast("int", parts.serial))

    def get_counter(self, scope: str) -> int:
        """Return the last serial of a scope that is no range's; 0 before the first."""
        return self._last.get(scope, 0)

    def highest_code(self, first: str, last: str) -> str | None:
        """Return the largest number used from `first` to `last`; None if none is."""
        low, high = bisect_left(self._codes, first), bisect_right(self._codes, last)
        return self._codes[high - 1] if low < high else None


@dataclass(slots=True)
class Known:
    """The ledger as an organisation knows it. `note` is the checkpoint to remember.

    `codes` are the organisation's numbers, `revoked` those that were revoked, `about` the entries about the number that
    was asked for; `appended` holds, for the batches that were asked for, the issues in their order as (time, body);
    `cited` counts the issues that cite an entry.
    """

    checkpoint: Checkpoint
    note: bytes
    registry: Registry
    gate: Gate
    disclosure: str
    codes: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    appended: dict[str, list[tuple[str, Body]]] = field(default_factory=dict)
    about: list[Entry] = field(default_factory=list)
    cited: dict[int, int] = field(default_factory=dict)

    def on_plan(self, plan: int) -> int:
        """Return how many certificates were issued on a plan."""
        return self.cited.get(plan, 0)


def open_place_head(place: Place, trust: Trust) -> tuple[Checkpoint, bytes]:
    """Return the newest checkpoint of `place` and its note, signed by the log key. Raises PlaceError."""
    data = place.fetch("head")
    if isinstance(data, Absent):
        raise PlaceError(f"{place.name}: there is no head that can be read: not a public folder, or not now")
    try:
        head, checkpoint = open_head(data, trust.log, verify)
    except LedgerError as error:
        raise PlaceError(f"{place.name}: the head is not signed by the log key that is pinned here: {error}") from error
    return checkpoint, head.proof.note


def learn(
    place: Place,
    trust: Trust,
    profiles: Mapping[str, Profile],
    org: str,
    *,
    seen: bytes | None,
    batches: Collection[str] = (),
    code: str = "",
    progress: Progress = lambda *_: None,
) -> Known:
    """Read the whole ledger at `place` for the organisation `org`; `seen` is the checkpoint remembered from before.

    `batches` are the digests (hex) of the organisation's own batches to look for, `code` is a number whose entries are
    wanted. Raises PlaceError where something
    cannot be read, is not what the log key signed, or contradicts what was seen.
    """
    checkpoint, note = open_place_head(place, trust)
    old = open_own(seen, trust, verify) if seen is not None else None
    if old is not None and old.size > checkpoint.size:
        raise PlaceError(f"{place.name}: has {checkpoint.size} entries, {old.size} were seen here before: an old copy")
    chain = Chain(trust, verify, checkpoint.size, (), Workflow(profiles, working_day))
    known = Known(checkpoint, note, chain.registry, Gate(chain.workflow, required=False), "")
    for raw in _entries(place, checkpoint.size, progress):
        chain.take(raw)
        if f'"code":"{org}'.encode() in raw:
            _note(raw, org, known, batches, code)
        if old is not None and chain.tiles.size == old.size and chain.tiles.root() != old.root:
            raise PlaceError(f"{place.name}: contradicts the checkpoint that was seen here before: a second history")
    broken = next((finding for finding in chain.findings if finding.rule in _BROKEN), None)
    if broken is not None:
        raise PlaceError(f"{place.name}: {broken.where}: {broken.problem}; run `ledger verify` on it")
    if chain.tiles.root() != checkpoint.root:
        raise PlaceError(f"{place.name}: the entries are not those that the checkpoint signs")
    known.gate.required, known.disclosure = chain.evidence_required, chain.disclosure
    return known


def _entries(place: Place, size: int, progress: Progress) -> Iterator[bytes]:
    total = -(-size // 256)
    for start in range(0, total, _AT_ONCE):
        widths = {number: min(256, size - number * 256) for number in range(start, min(start + _AT_ONCE, total))}
        answers = place.fetch_all(entries_path(number, width) for number, width in widths.items())
        for number, width in widths.items():
            path = entries_path(number, width)
            data = answers[path]
            if isinstance(data, Absent):
                raise PlaceError(f"{place.name}: {path} is missing or cannot be read")
            try:
                yield from parse_bundle(data, width)
            except LedgerError as error:
                raise PlaceError(f"{place.name}: {path}: {error}") from error
            progress("entries", number * 256 + width, size)


def _note(raw: bytes, org: str, known: Known, batches: Collection[str], wanted: str) -> None:
    """Note what an entry says of one of the organisation's numbers."""
    kind = _KIND.search(raw)
    at = raw.find(f'"code":"{org}'.encode()) + len('"code":"')
    code = raw[at : at + 22].decode("ascii", "replace")
    if kind is None or raw[at + 22 : at + 23] != b'"':
        return  # a filing or range that holds the same characters
    if code == wanted:
        known.about.append(parse_entry(raw))
    if kind[1] == b"revoke":
        known.revoked.add(code)
    if kind[1] != b"issue":
        return
    known.codes.append(code)
    cited = _EVIDENCE.search(raw)
    for seq in cited[1].split(b",") if cited is not None and cited[1] else ():
        known.cited[int(seq)] = known.cited.get(int(seq), 0) + 1
    batch = _BATCH.search(raw)
    digest = batch[1].decode() if batch is not None else ""
    if digest in batches:
        entry = parse_entry(raw)
        known.appended.setdefault(digest, []).append((entry.time, entry.record.body))
