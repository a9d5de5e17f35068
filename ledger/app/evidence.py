"""Evidence: the workflow's records, replayed from the register, held to the rules, and written.

Before a record is written it is held to what an audit will hold it to (`core.workflow`). One thing more is refused
here: a term that runs into a year whose working days are not announced, because nobody could check it.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal, cast

from ledger.app.carried import Carried
from ledger.app.home import Home
from ledger.app.papers import keep_salts
from ledger.app.sources import with_source
from ledger.app.workdays import working_day
from ledger.app.writing import log_signer, publish, trust_of_ledger, writing
from ledger.core.batchfile import EVIDENCE, BatchRow
from ledger.core.canonical import Value
from ledger.core.custody import open_own
from ledger.core.duties import Evidence
from ledger.core.encoding import format_time
from ledger.core.entry import Entry, format_entry, parse_entry
from ledger.core.errors import RuleError
from ledger.core.evidence import EVIDENCE_TYPES
from ledger.core.gates import Gate, meets
from ledger.core.profile import Profile
from ledger.core.record import Record, check_record, sign_record
from ledger.core.registry import Registry
from ledger.core.trust import Trust
from ledger.core.workflow import Step, Workflow
from ledger.crypto.keyring import Keyring
from ledger.crypto.pynacl_verify import verify
from ledger.store import CommittedIndex, Store

__all__ = [
    "Book",
    "Piece",
    "Side",
    "append_evidence",
    "due_of",
    "evidence_of",
    "plan_of",
    "read_workflow",
    "record_evidence",
]

Side = Literal["organisation", "registrar"]
Book = Store | Carried  # the register of the ledger, or what an organisation's own machine knows of it


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence to be signed by a side.

    `published` is the list that a notice publishes; `salts` are those of the papers in the body (`papers`).
    """

    type: str
    body: dict[str, Value]
    side: Side
    published: bytes | None = None
    salts: Mapping[str, bytes] = field(default_factory=dict)


def read_workflow(store: Book, profiles: Mapping[str, Profile]) -> tuple[Registry, Workflow]:
    """Return the registry and the workflow that the ledger's own entries make.

    Evidence that an audit would not accept does not count here either. Raises SignatureError for a forged entry.
    """
    if isinstance(store, Carried):
        return store.known.registry, store.known.gate.workflow
    trust = trust_of_ledger(store)
    registry, workflow = Registry.of(trust), Workflow(profiles, working_day)
    entries = [parse_entry(raw) for raw in islice(store.registry_entries(), 1, None)]
    # Checkpoints matter to draws only: they are read from the first announcement on.
    announced = next((entry.seq for entry in entries if entry.record.type == "inspection.draw"), store.size())
    commits = deque(store.commits_since(announced))
    for entry in entries:
        while commits and commits[0].seq < entry.seq:
            _end_batch(workflow, commits.popleft(), trust)
        if entry.record.type in EVIDENCE_TYPES:
            with suppress(RuleError):
                _take(registry, workflow, entry)
        elif entry.record.type != "trust.update":  # the trust has taken those
            registry.add(entry, verify)
    for commit in commits:
        _end_batch(workflow, commit, trust)
    return registry, workflow


def _end_batch(workflow: Workflow, commit: CommittedIndex, trust: Trust) -> None:
    checkpoint = open_own(commit.note, trust, verify)
    workflow.end_batch(checkpoint.size, checkpoint.root)


def _take(registry: Registry, workflow: Workflow, entry: Entry) -> Step:
    check_record(entry.record, registry.signer_of_evidence(entry), verify)
    return workflow.add(entry, registry)


def record_evidence(
    home: Home,
    store: Book,
    keyring: Keyring,
    pieces: Sequence[Piece],
    profiles: Mapping[str, Profile],
    *,
    now: int,
) -> list[int]:
    """Sign and append evidence in one batch, or on an organisation's own machine write it out; return the seqs.

    Raises RuleError for what an audit would not accept, with the place in the notice, NoKeyError, or FormatError for a
    body that is not its type's; then nothing is changed.
    """
    records, registry = [], read_workflow(store, profiles)[0]
    for piece in pieces:
        name = home.config.registrar if piece.side == "registrar" else cast("str", piece.body["org"])
        records.append(sign_record(piece.type, piece.body, keyring.signer_of(name, registry.living_keys(name))))
    published = {n: piece.published for n, piece in enumerate(pieces) if piece.published is not None}
    salts = {digest: salt for piece in pieces for digest, salt in piece.salts.items()}
    return append_evidence(home, store, keyring, records, profiles, now=now, published=published, salts=salts)


def append_evidence(
    home: Home,
    store: Book,
    keyring: Keyring,
    records: Sequence[Record],
    profiles: Mapping[str, Profile],
    *,
    now: int,
    published: Mapping[int, bytes] | None = None,
    salts: Mapping[str, bytes] | None = None,
    also: Callable[[list[int]], None] = lambda _seqs: None,
) -> list[int]:
    """Append records that are signed already, all or none; return their seqs.

    `published`: place in `records` -> the list that this notice publishes. `salts` are kept before the records are
    written; `also` is done in the same transaction. Raises as `record_evidence`, and SignatureError.
    """
    registry, workflow = read_workflow(store, profiles)
    for seq, record in enumerate(records, store.size()):
        _rehearse(registry, workflow, record, seq, now)
    keep_salts(home, salts or {})
    if isinstance(store, Carried):
        listed = published or {}
        rows = [BatchRow(record, published=listed.get(place)) for place, record in enumerate(records)]
        return store.write(EVIDENCE, rows, keyring.signer(store.org))
    with writing(home, store, log_signer(keyring, store), now, len(records) + 1) as draft:
        seqs = [draft.add(record) for record in records]
        for place, data in (published or {}).items():
            store.add_notice(seqs[place], data)
        also(seqs)
    publish(home, store)
    return seqs


def _rehearse(registry: Registry, workflow: Workflow, record: Record, seq: int, now: int) -> None:
    """Hold a record to every rule that an auditor will hold it to, before anything is written."""
    entry = parse_entry(format_entry(seq, bytes(32), format_time(now), record))
    try:
        _take(registry, workflow, entry)
    except RuleError as error:
        opened = workflow.steps.get(cast("int", record.body.get("notice", -1)))
        listed = (record.body if opened is None else opened.body).get("list", "")
        raise with_source(error, _profile(registry, workflow, record), record.body, cast("str", listed)) from error
    if seq in workflow.undecided:
        raise RuleError(
            "calendar_unknown",
            "a term of it runs into a year whose working days are not announced yet: file it when they are, with a "
            "version of this program that knows them",
        )


def _profile(registry: Registry, workflow: Workflow, record: Record) -> Profile | None:
    """Return the profile that a record is held to: the plan's, else the one of the organisation's filing."""
    plan = workflow.steps.get(cast("int", record.body.get("plan", -1))) if record.type != "plan.file" else None
    notice = workflow.steps.get(cast("int", record.body.get("notice", -1)))
    plan = plan or (notice.plan if notice else None)
    org = registry.organisations.get(cast("str", record.body.get("org", "")))
    body = plan.body if plan and plan.type == "plan.file" else org.filings[-1].body if org else {}
    return workflow.profiles.get(cast("str", body.get("profile", "")))


def plan_of(workflow: Workflow, seq: int, before: int) -> Step:
    """Return the plan filed as the entry `seq`, earlier than the entry `before`. Raises RuleError."""
    plan = workflow.steps.get(seq)
    if plan is None or plan.type != "plan.file" or seq >= before:
        raise RuleError("plan_unknown", f"entry {seq} is no plan.file that stands")
    return plan


def evidence_of(workflow: Workflow, plan_seq: int, before: int) -> list[int]:
    """Return the seqs that an issue of a plan cites, ascending: `body.evidence` of the entries from `before` on.

    Raises RuleError naming what is missing or stands against an issue, with the place in the notice.
    """
    plan = plan_of(workflow, plan_seq, before)
    profile = workflow.profile_of(plan)
    if any(part.type == "supervision.report" and part.body["vetoes"] for part in plan.parts):
        # Whatever else it lacks: it will never be issued on.
        raise with_source(RuleError("veto", "a supervision report vetoes this evaluation"), profile, plan.body)
    cited = {plan_seq}
    for item, step in due_of(plan, profile, before):
        if step is None:
            source = profile.rules[item.rule].source
            raise RuleError("evidence_missing", f"plan {plan_seq} has no {item.id} yet ({source})")
        cited.add(step.seq)
    evidence = sorted(cited)
    # An issue as the plan announces it passes every gate that the real ones will be held to.
    given = [part.text("first") for part in plan.all("approval.give") if part.seq in cited and "first" in part.body]
    code = given[-1] if given else plan.text("org") + "0" * 9
    days = [plan.text("exam_to"), *(part.text("last") for part in plan.all("notice.open") if part.closed is not None)]
    probe: dict[str, Value] = {"code": code, "evidence": list(evidence), "issued": max(days)}
    probe |= {"level": cast("list[str]", plan.body["levels"])[0], "occupation": plan.body["occupation"]}
    probe["profile"] = profile.name
    try:
        Gate(workflow, required=True).check(probe, before, profile)
    except RuleError as error:
        raise with_source(error, profile, probe) from error
    return evidence


def due_of(plan: Step, profile: Profile, before: int) -> list[tuple[Evidence, Step | None]]:
    """Return what an issue of `plan` must cite, in the notice's order, each with its newest step before `before`.

    None where there is none yet. What follows the publicity of results must follow the newest one.
    """
    items = [item for item in profile.evidence if item.kind not in ("plan", "report")]
    kinds = [item.kind for item in items]
    after, closing = -1, None
    if "results" in kinds:
        newest = plan.results()
        closing = newest.closed if newest is not None else None
        closing = closing if closing is not None and closing.seq < before else None
        after = closing.seq if closing is not None else before
    found: list[tuple[Evidence, Step | None]] = []
    bound = before
    for item in reversed(items):
        if item.kind == "results":
            step, after = closing, -1
        else:
            step = next((p for p in reversed(plan.parts) if after < p.seq < bound and meets(p, item)), None)
        if step is not None:
            bound = step.seq
        found.append((item, step))
    return found[::-1]
