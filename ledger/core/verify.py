"""Verification of one certificate: the same procedure in the browser and on the command line.

`lookup` does no I/O: it is a generator that yields the paths it needs under public/, is sent what was found there, and
ends with a Report. It asks twice as a rule: for `head`, then for everything else at once, the same files whether the
number is there or not.

    V1  the number is well-formed under its profile
    V2  the checkpoint is signed by the pinned log key
    V3  the index entry is in the tree, and last
    V4  it is fresh enough
    V5  the witness quorum is met, if the trust asks for one
    V6  it is consistent with the last checkpoint this verifier saw
    V7  the shards of the number and of its organisation are in the index root
    V8  the number's history, or proof of absence
    V9  each record is signed by a key the registrar filed for that organisation at that time
    V10 the rules: organisation filed, occupation and level in scope, year and level agree
    V11 the state from the history
    V12 the masked view and the given disclosures match

A step fails only on evidence: right-looking bytes that do not match. What is missing, unreachable, of another form,
stale or ahead of a copy still running is unknown, and unknown is never green. After a failure the steps behind it are
not reached; so are they when an unknown leaves nothing to go on with.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from ledger.core.canonical import Value
from ledger.core.checklist import Absent, Answers, Asking, Stopped
from ledger.core.checkpoint import Checkpoint, open_checkpoint
from ledger.core.code import match_profiles, normalise_code
from ledger.core.custody import open_own
from ledger.core.disclosure import Typed, digest_of, match_disclosures, match_typed, open_masked
from ledger.core.ed25519 import Verify
from ledger.core.encoding import format_base64, format_time, local_date
from ledger.core.entry import Entry
from ledger.core.errors import FormatError, LedgerError, ProofError, RuleError, SignatureError
from ledger.core.history import Event, History, fold
from ledger.core.index import Head, check_head, parse_head
from ledger.core.merkle import check_consistency
from ledger.core.note import VerifierKey, parse_note
from ledger.core.policy import Policy, parse_policy
from ledger.core.profile import Profile
from ledger.core.record import Body, check_record
from ledger.core.registry import Registry
from ledger.core.report import Report
from ledger.core.rules import check_event, check_facts
from ledger.core.sections import event_value, organisation_value, revoked_keys
from ledger.core.shard import parse_masked, parse_shard
from ledger.core.shardcheck import ShardChecklist
from ledger.core.subject import masked_path, shard_number, shard_path, subject_hash
from ledger.core.tiles import consistency_from_tiles, consistency_tiles
from ledger.core.tlogproof import PROOF_START
from ledger.core.trust import Trust, format_trust
from ledger.core.witness import cosigned_times

__all__ = ["Absent", "Answers", "Asking", "lookup"]

_CLOCK_TOLERANCE = 300  # seconds a head may be ahead of the verifier's clock
_MERGERS = 8  # successors followed from one organisation


def lookup(
    code: str,
    *,
    trust: Trust,
    profiles: Mapping[str, Profile],
    verify: Verify,
    now: int,
    seen: bytes | None = None,
    known: Trust | None = None,
    disclosures: Sequence[str] = (),
    typed: Typed | None = None,
) -> Generator[tuple[str, ...], Answers, Report]:
    """Verify `code` as of `now` (unix seconds); yields paths, takes their answers, returns the report.

    `seen` and `known` are the checkpoint note and the trust that the last report told to remember, `disclosures` what
    the holder shows, `typed` what is to be compared with the record, yes or no.
    """
    rule_sets = {name: profiles[name] for name in trust.profiles if name in profiles}
    run = _Lookup(normalise_code(code), now, trust, verify, rule_sets, seen, known, tuple(disclosures), typed)
    with suppress(Stopped):
        yield from run.procedure()
    return run.report()


@dataclass(frozen=True, slots=True)
class _Witnessed:
    """When the witnesses that `policy` names cosigned the head, when its quorum was met, and what is wrong with one."""

    policy: Policy
    times: Mapping[VerifierKey, int]
    met: int | None
    problem: str = ""

    def names(self) -> list[Value]:
        """Return the names, in the policy, of those that cosigned."""
        return [name for name, witness in sorted(self.policy.witnesses.items()) if witness.key in self.times]


@dataclass
class _Lookup(ShardChecklist):
    profiles: Mapping[str, Profile]
    seen: bytes | None
    known: Trust | None
    disclosures: tuple[str, ...]
    typed: Typed | None

    # -- the procedure ---------------------------------------------------------------------------------------------

    def procedure(self) -> Asking:
        org = self.number()
        yield from self.pin(self.known)
        yield from self.ask("head")
        head, checkpoint = self.signed_head()
        witnessed = self.witnessed(head)
        self.freshness(head, witnessed)
        self.witnesses(head, witnessed)
        bits = head.index.bits
        mine = shard_number(subject_hash(self.code), bits)
        yield from self.ask(
            *self.seen_tiles(checkpoint),
            *self.shard_files(self.code, head),
            *self.shard_files(org, head),
            masked_path(bits, mine),
        )
        self.consistency(head, checkpoint)
        entries = yield from self.shard(self.code, head)
        filings = yield from self.filings(org, head)
        self.passed("V7", "shards_proven", {"bits": bits, "shard": mine})
        history = self.history(entries)
        registry = self.signatures(history, filings)
        self.rules(history, registry)
        self.signers(history, registry, filings)
        self.state(history)
        self.views(history, head)

    def number(self) -> str:
        matching = match_profiles(self.code, list(self.profiles.values()))
        if not matching:
            unknown = [name for name in self.trust.profiles if name not in self.profiles]
            if unknown:
                self.undecided("V1", "profile_unknown", {"profile": unknown[0]})
            self.failed("V1", "code_form")
        self.passed("V1", "well_formed", {"profiles": [profile.name for profile in matching]})
        return self.code[:13]

    def signed_head(self) -> tuple[Head, Checkpoint]:
        data = self.file("V2", "head")
        if not data.startswith(PROOF_START):
            self.undecided("V2", "not_a_head")  # a host's error page, not a forged head
        self.whole("V2", "head", data)
        try:
            head = _head(data)
        except FormatError as error:
            self.failed("V2", "head_malformed", {"problem": str(error)})
        try:
            checkpoint = open_checkpoint(head.proof.note, self.trust.log, self.verify)
        except LedgerError as error:
            self.former(head.proof.note)
            self.failed("V2", "checkpoint_signature", {"problem": str(error)})
        self.passed("V2", "signed", {"key": self.trust.log.key_id.hex()})
        try:
            check_head(head, checkpoint)
            check_record(head.entry.record, self.trust.log, self.verify)
        except LedgerError as error:
            self.failed("V3", "index_not_proven", {"problem": str(error)})
        self.passed("V3", "last_entry", {"seq": head.entry.seq})
        self.sections["checkpoint"] = {
            "origin": checkpoint.origin,
            "root": format_base64(checkpoint.root),
            "size": checkpoint.size,
        }
        return head, checkpoint

    def witnessed(self, head: Head) -> _Witnessed:
        """Return what the head's cosignatures say; a bad one is told of when its step comes."""
        policy = parse_policy(self.trust.witness)
        keys = {witness.key for witness in policy.witnesses.values()}
        try:
            times = cosigned_times(parse_note(head.proof.note), keys, self.verify)
        except SignatureError as error:
            return _Witnessed(policy, {}, None, str(error))
        return _Witnessed(policy, times, policy.met_at(times))

    def freshness(self, head: Head, witnessed: _Witnessed) -> None:
        """Judge the age by the witnesses' time where there is one: the ledger's own is the operator's word."""
        since = head.entry.unix if witnessed.met is None else witnessed.met
        self.sections["as_of"] = format_time(since)
        age = self.now - since
        limits: dict[str, Value] = {"age": age, "max_age": self.trust.max_age}
        if age < -_CLOCK_TOLERANCE:
            self.unknown("V4", "clock", limits)
        elif age > self.trust.max_age:
            self.unknown("V4", "stale", limits)
        elif self.trust.expired_at(self.now):
            self.unknown("V4", "trust_expired")
        else:
            self.passed("V4", "fresh", limits)

    def witnesses(self, head: Head, witnessed: _Witnessed) -> None:
        if witnessed.problem:
            self.failed("V5", "cosignature", {"problem": witnessed.problem})
        if witnessed.policy.quorum is None:
            self.passed("V5", "not_required")
        elif witnessed.met is None:
            self.unknown("V5", "quorum_not_met", {"witnesses": witnessed.names()})
        elif head.entry.unix - witnessed.met > _CLOCK_TOLERANCE:
            self.unknown("V5", "witnessed_before", {"entry": head.entry.time, "witnessed": format_time(witnessed.met)})
        else:
            self.sections["witnesses"] = witnessed.names()
            self.passed("V5", "quorum_met", {"witnesses": witnessed.names()})

    def consistency(self, head: Head, checkpoint: Checkpoint) -> None:
        old = self.seen_checkpoint()
        if old is None:
            self.passed("V6", "first_visit")
        elif old.size == checkpoint.size:
            if old.root != checkpoint.root:
                self.failed("V6", "forked", {"seen": old.size})
            self.passed("V6", "same")
        else:
            small, large = sorted((old, checkpoint), key=lambda c: c.size)
            tiles = {path: self.file("V6", path) for path in consistency_tiles(small.size, large.size)}
            try:
                path = consistency_from_tiles(small.size, large.size, tiles)
            except FormatError as error:
                self.undecided("V6", "wrong_file", {"problem": str(error)})
            try:
                check_consistency(small.size, small.root, large.size, large.root, path)
            except ProofError:
                self.failed("V6", "forked", {"seen": old.size})
            if old.size > checkpoint.size:
                self.undecided("V6", "older_than_seen", {"seen": old.size})
            self.passed("V6", "grown", {"seen": old.size})
        self.remember = head.proof.note
        if self.trust.custodians is not None:
            self.remember_trust = format_trust(self.trust)

    def filings(self, org: str, head: Head) -> Generator[tuple[str, ...], Answers, list[Entry]]:
        """Return the entries about the organisation and, after mergers, about its successors, in seq order."""
        found: dict[str, list[Entry]] = {}
        following: str | None = org
        while following is not None and following not in found and len(found) <= _MERGERS:
            yield from self.ask(*self.shard_files(following, head))
            entries = yield from self.shard(following, head)
            found[following] = entries
            last = entries[-1].record.body if entries else {}
            following = cast("str | None", last.get("into"))
        return sorted((entry for entries in found.values() for entry in entries), key=lambda entry: entry.seq)

    def history(self, entries: list[Entry]) -> History:
        if not entries:
            self.passed("V8", "absent")
            self.outcome = "absent"
            raise Stopped
        registrars = Registry.of(self.trust)
        events = [Event(entry, registrars.side_of(entry.record.issuer)) for entry in entries]
        self.sections["events"] = [event_value(event) for event in events]
        try:
            history = fold(events)
        except RuleError as error:
            self.failed("V8", "history", {"problem": str(error)})
        self.passed("V8", "history_whole", {"events": len(events)})
        return history

    def signatures(self, history: History, filings: list[Entry]) -> Registry:
        registry = Registry.of(self.trust)
        where = 0
        try:
            for filing in filings:
                where = filing.seq
                registry.add(filing, self.verify)
            for event in history.events:
                where = event.entry.seq
                key = registry.signer_of(event.entry)
                check_record(event.entry.record, key, self.verify)
        except RuleError as error:
            self.failed("V9", error.rule, {"problem": str(error), "seq": where})
        except SignatureError as error:
            self.failed("V9", "record_signature", {"problem": str(error), "seq": where})
        self.passed("V9", "signatures_verified", {"signatures": len(filings) + len(history.events)})
        return registry

    def rules(self, history: History, registry: Registry) -> None:
        org = registry.organisations[self.code[:13]]
        issued_at = history.events[0].entry.seq
        for event in history.events:
            body = event.entry.record.body
            try:
                if "disclosures" in body:
                    name = cast("str", body["profile"])
                    if name not in self.trust.profiles:
                        raise RuleError("profile_differs", f"the ledger did not open for {name}")
                    profile = self.profiles.get(name)
                    if profile is None:
                        self.undecided("V10", "profile_unknown", {"profile": name})
                    check_facts(event.entry, org, profile, issued_at)
                else:
                    check_event(event.entry)
            except RuleError as error:
                self.failed("V10", error.rule, {"problem": str(error), "seq": event.entry.seq})
        self.passed("V10", "rules_hold")

    def signers(self, history: History, registry: Registry, filings: list[Entry]) -> None:
        """Tell what became of those who signed; it changes no verdict, since keys and filings act by seq."""
        org = registry.organisations[self.code[:13]]
        self.sections["organisation"] = organisation_value(org, local_date(self.now).isoformat())
        revoked = revoked_keys(history.events, filings)
        if revoked:
            self.sections["revoked_keys"] = revoked

    def state(self, history: History) -> None:
        shown = ("code", "evaluator", "issued", "level", "occupation", "profile")
        facts: dict[str, Value] = {name: history.facts[name] for name in shown}
        facts["org"] = self.code[:13]
        self.sections["facts"] = facts
        if history.state != "valid":
            self.outcome = history.state
        elif history.origin != "issued":
            self.outcome = history.origin
        else:
            self.outcome = "valid"
        self.passed("V11", self.outcome)

    def views(self, history: History, head: Head) -> None:
        digests = _digests(history.facts)
        path = masked_path(head.index.bits, shard_number(subject_hash(self.code), head.index.bits))
        data = self.file("V12", path)
        if data and not data.startswith(b'{"code":"'):
            self.undecided("V12", "wrong_file", {"file": path})
        self.whole("V12", path, data)
        try:
            view = _masked(data).get(self.code)
        except FormatError as error:
            self.failed("V12", "masked_malformed", {"problem": str(error)})
        masked = view or None  # an empty view was withdrawn: its holder's data were erased
        if view == "":
            self.sections["withdrawn"] = True
        given = list(self.disclosures)
        try:
            if masked is not None:
                if digest_of(masked) not in digests and self.of_another_moment(masked, history, head):
                    self.undecided("V12", "being_updated", {"file": path})
                self.sections["masked"] = match_disclosures(digests, [masked])["masked"]
                given = [text for text in given if digest_of(text) != digest_of(masked)]
            shown = match_disclosures(digests, given)
        except (LedgerError, KeyError) as error:
            self.sections.pop("masked", None)
            self.failed("V12", "disclosure_differs", {"problem": str(error)})
        if shown:
            self.sections["disclosed"] = shown
        if self.typed is not None and all(step.state == "pass" for step in self.steps.values()):
            matched = match_typed(digests, self.typed)
            if not matched and view is None:  # a code alone: it opens the view that the preset `sealed` keeps
                opened = open_masked(digests, self.typed.verification_code)
                matched = {"masked": opened is not None}
                self.sections |= {"masked": cast("Value", opened)} if opened else {}
            self.sections["matched"] = matched
        nothing = "no_view" if view is None else "withdrawn"
        self.passed("V12", "views_match" if masked is not None or shown else nothing)

    def of_another_moment(self, masked: str, history: History, head: Head) -> bool:
        """Tell a view of an earlier record, or of one to come (a copy is under way), from one of no record at all."""
        path = shard_path(head.index.bits, shard_number(subject_hash(self.code), head.index.bits))
        to_come = parse_shard(cast("bytes", self.files[path])).later(self.code, head.index.size)
        entries = (*(event.entry for event in history.events), *to_come)
        return any(digest_of(masked) in _digests(entry.record.body) for entry in entries)

    # -- the checkpoint seen last time -----------------------------------------------------------------------------

    def seen_checkpoint(self) -> Checkpoint | None:
        if self.seen is None:
            return None
        try:
            return open_own(self.seen, self.trust, self.verify)
        except LedgerError:
            return None  # of another ledger, or not one of ours: nothing to compare with

    def seen_tiles(self, checkpoint: Checkpoint) -> list[str]:
        old = self.seen_checkpoint()
        if old is None or old.size == checkpoint.size:
            return []
        return consistency_tiles(min(old.size, checkpoint.size), max(old.size, checkpoint.size))


# Numbers that are looked up one after another share these files.
_head = lru_cache(maxsize=2)(parse_head)
_masked = lru_cache(maxsize=8)(parse_masked)


def _digests(body: Body) -> list[str]:
    return cast("list[str]", body.get("disclosures", []))
