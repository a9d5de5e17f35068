"""Batches that issue nothing: evidence of the workflow, and events of certificates, signed by their organisation.

Evidence is held to what `ledger plan` and the other commands hold it to when they are run at the authority; its day is
the day on which the authority appends it. A list that a notice publishes comes with it, masked. Events are held to the
history of their number.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ledger.app.batchcheck import Line
from ledger.app.events import history_of, rehearse_event
from ledger.app.evidence import append_evidence
from ledger.app.gating import rule_finding
from ledger.app.home import Home
from ledger.app.writing import log_signer, writing
from ledger.core.batchfile import EVENTS, BatchHead
from ledger.core.canonical import Value, format_canonical
from ledger.core.encoding import format_time, local_date
from ledger.core.errors import RuleError, SignatureError
from ledger.core.evidence import BY_EITHER, BY_ORGANISATION
from ledger.core.gates import Gate
from ledger.core.history import History
from ledger.core.profile import Profile
from ledger.core.published import list_problems
from ledger.core.registry import ORGANISATION_MAY, Registry
from ledger.core.workflow import Step
from ledger.crypto.keyring import Keyring
from ledger.forms.findings import Finding, Place, Problem, make_finding
from ledger.store import Batch, Store

__all__ = ["Work", "append_others", "batch_finding"]

_EVIDENCE = BY_ORGANISATION | BY_EITHER
# An issue has its own kind of batch; a correction needs the holder, whom only a register of holders has.
_EVENTS = ORGANISATION_MAY - {"certificate.issue", "certificate.correct"}


@dataclass(frozen=True, slots=True)
class Work:
    """What appending one batch works with."""

    home: Home
    store: Store
    keyring: Keyring
    registry: Registry
    gate: Gate
    profiles: Mapping[str, Profile]
    path: Path
    now: int

    def batch(self, kind: str, head: BatchHead, first: int, size: int, numbers: int) -> Batch:
        """Return the row by which the register recognises the batch."""
        summary: dict[str, Value] = {"file": self.path.name, "numbers": numbers}
        digest, created = bytes.fromhex(head.batch), format_time(self.now)
        return Batch(digest, kind, head.org, head.profile or "", first, size, created, format_canonical(summary))


def batch_finding(problem: Problem, path: Path, line: int = 0) -> Finding:
    """Return a finding about a batch file, or about a line of it."""
    return make_finding(problem, Place(path.name, line), None)


def append_others(work: Work, head: BatchHead, lines: Sequence[Line]) -> tuple[list[Finding], Batch]:
    """Append evidence or events; with findings nothing was written, and the batch is not to be used."""
    first = work.store.size()
    accepted = work.batch(head.kind, head, first, first + len(lines) + 1, len(lines))
    findings = list(_belong(work, head, lines))
    if not findings and head.kind == EVENTS:
        findings = _append_events(work, lines, accepted)
    elif not findings:
        findings = _append_evidence(work, lines, accepted)
    return findings, accepted


def _belong(work: Work, head: BatchHead, lines: Sequence[Line]) -> Iterator[Finding]:
    """Find rows that are not the organisation's own, of another kind, or without their list."""
    allowed = _EVENTS if head.kind == EVENTS else _EVIDENCE
    for line, row in lines:
        wrong = "type" if row.record.type not in allowed else "issuer" if row.record.issuer != head.org else ""
        if wrong:
            yield batch_finding(Problem("batch.foreign", {"member": wrong}), work.path, line)
        elif row.record.type == "notice.open":
            notice = Step(0, "notice.open", local_date(work.now), row.record.body)
            for rule, problem in list_problems(notice, row.published or b""):
                yield rule_finding(RuleError(rule, problem), Place(work.path.name, line), None)


def _append_evidence(work: Work, lines: Sequence[Line], accepted: Batch) -> list[Finding]:
    records = [row.record for _, row in lines]
    published = {place: row.published for place, (_, row) in enumerate(lines) if row.published is not None}
    line = lines[0][0] if len(lines) == 1 else 0
    try:
        append_evidence(
            work.home, work.store, work.keyring, records, work.profiles, now=work.now, published=published,
            also=lambda _seqs: work.store.add_batch(accepted),
        )  # fmt: skip
    except RuleError as error:
        return [rule_finding(error, Place(work.path.name, line), _profile(work, records[0].body))]
    except SignatureError as error:
        refusal = RuleError("record_signature", error.reason)
        return [rule_finding(refusal, Place(work.path.name, line), None)]
    return []


def _append_events(work: Work, lines: Sequence[Line], accepted: Batch) -> list[Finding]:
    findings: list[Finding] = []
    histories: dict[str, History] = {}
    for seq, (line, row) in enumerate(lines, work.store.size()):
        code = cast("str", row.record.body["code"])
        place = Place(work.path.name, line)
        try:
            history = histories.get(code) or history_of(work.store, work.registry, code)
            histories[code] = rehearse_event(work.registry, history, row.record, seq, work.now)
        except RuleError as error:
            findings.append(rule_finding(error, place, None))
        except SignatureError as error:
            findings.append(rule_finding(RuleError("record_signature", error.reason), place, None))
    if findings:
        return findings
    log = log_signer(work.keyring, work.store)
    with writing(work.home, work.store, log, work.now, len(lines) + 1) as draft:
        for _, row in lines:
            draft.add(row.record)
        for code, history in histories.items():
            work.store.set_state(code, history.state)
        work.store.add_batch(accepted)
    return []


def _profile(work: Work, body: Mapping[str, Value]) -> Profile | None:
    org = work.registry.organisations.get(str(body.get("org")))
    return work.profiles.get(str(org.filings[-1].body["profile"])) if org is not None else None
