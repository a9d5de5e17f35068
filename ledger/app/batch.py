"""Appending a batch: what an organisation signed on a machine of its own, checked and appended by the authority.

1. The file has its form, and its organisation's key signed the whole of it.
2. Every row holds (`batchcheck`): nothing is believed because somebody signed it.
3. Any error: nothing changes; the findings are written beside the batch, for the organisation.
4. Else all of it is appended in one transaction, and published. The same batch again changes nothing.

The authority has no holder's data: the register keeps what is public.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.app.batchcheck import Ground, Line, check_lines
from ledger.app.batchother import Work, append_others, batch_finding
from ledger.app.evidence import read_workflow
from ledger.app.gating import rule_finding
from ledger.app.home import Home
from ledger.app.issuing import AT_ONCE
from ledger.app.roster import plan_counter
from ledger.app.writing import log_signer, publish, trust_of_ledger, writing
from ledger.core.batchfile import CERTIFICATES, MAX_BYTES, BatchFile, BatchHead, check_batch, is_batch, parse_batch
from ledger.core.custody import open_own
from ledger.core.entry import parse_entry
from ledger.core.errors import FormatError, LedgerError, RuleError, SignatureError
from ledger.core.gates import Gate
from ledger.core.profile import Profile
from ledger.core.registry import Registry
from ledger.crypto.keyring import Keyring
from ledger.crypto.pynacl_verify import verify
from ledger.forms.findings import Finding, Place, Problem, has_errors
from ledger.publish.durable import write_atomic
from ledger.publish.projection import Progress
from ledger.store import Batch, CertificateRow, Store

__all__ = ["BatchAppended", "BatchRefused", "append_batch", "begins_as_batch"]

_MOST = 1000  # findings written


class BatchRefused(LedgerError):  # noqa: N818 - the batch was refused; the program has no error
    """Nothing was changed; `findings` say why, `files` are their copies beside the batch."""

    def __init__(self, findings: Sequence[Finding], files: Sequence[Path]) -> None:
        """Carry the findings in the order of the file's lines."""
        super().__init__(f"{sum(finding.severity == 'error' for finding in findings)} errors")
        self.findings, self.files = list(findings), list(files)


def begins_as_batch(path: Path) -> bool:
    """Whether a file says that it is a batch; else it is a roster. Raises OSError."""
    with path.open("rb") as file:
        return is_batch(file.read(64))


@dataclass(frozen=True, slots=True)
class BatchAppended:
    """What an append of a batch did. `kind`: what its rows are. `again`: it was appended before, and nothing changed.

    `first` and `last` are the numbers of certificates; of evidence and events, the numbers of their entries.
    """

    kind: str
    batch: str
    org: str
    numbers: int
    first: str
    last: str
    again: bool
    warnings: list[Finding]
    size: int


def append_batch(
    home: Home,
    store: Store,
    keyring: Keyring,
    path: Path,
    profiles: Mapping[str, Profile],
    *,
    now: int,
    progress: Progress = lambda *_: None,
) -> BatchAppended:
    """Append the batch at `path`. The log key alone is needed.

    Raises BatchRefused with every finding, NoKeyError, HomeError or StoreError; then nothing changed.
    """
    progress("batch", 0, 1)
    registry, workflow = read_workflow(store, profiles)
    gate = Gate(workflow, home.config.evidence == "required")
    try:
        batch, lines = _read(path)
    except FormatError as error:
        raise _refused(path, "", [batch_finding(Problem("batch.malformed", {"detail": str(error)}), path)]) from error
    head = batch.head
    known = store.find_batch(bytes.fromhex(head.batch))
    if known is not None and _same(store, known, lines):
        publish(home, store, progress)
        return _appended(head, known, lines, [], again=True)
    findings = _whole(home, store, registry, batch, path)
    if known is not None:
        findings.append(batch_finding(Problem("batch.known", {"detail": f"entry {known.first}"}), path, 2))
    work = Work(home, store, keyring, registry, gate, profiles, path, now)
    if not findings and head.kind != CERTIFICATES:
        findings, accepted = append_others(work, head, lines)
    elif not findings:
        findings, accepted = _append_certificates(work, head, lines, progress)
    if has_errors(findings):
        raise _refused(path, head.batch, findings)
    publish(home, store, progress)
    return _appended(head, accepted, lines, findings, again=False)


def _append_certificates(
    work: Work, head: BatchHead, lines: Sequence[Line], progress: Progress
) -> tuple[list[Finding], Batch]:
    """Append issues; with errors among the findings nothing was written, and the batch is not to be used."""
    store, now = work.store, work.now
    ground = Ground(
        work.registry, work.gate, work.profiles, work.home.config.disclosure, store.size(), store,
        lambda plan: store.get_counter(plan_counter(plan)),
    )  # fmt: skip
    findings, last = check_lines(head, lines, ground, name=work.path.name, now=now)
    first = store.size()
    accepted = work.batch("batch", head, first, first + len(lines) + 1, len(lines))
    if has_errors(findings):
        return findings, accepted
    with writing(work.home, store, log_signer(work.keyring, work.store), now, len(lines) + 1) as draft:
        for start in range(0, len(lines), AT_ONCE):
            some = [row for _, row in lines[start : start + AT_ONCE]]
            rows = [(draft.add(row.record), str(row.record.body["code"]), row.disclosure) for row in some]
            store.add_certificates([CertificateRow(seq, code, "valid", None, view, None) for seq, code, view in rows])
            progress("append", start + len(some), len(lines))
        if head.plan is not None:
            last[plan_counter(head.plan)] = store.get_counter(plan_counter(head.plan)) + len(lines)
        for scope, number in last.items():
            store.set_counter(scope, number)
        store.add_batch(accepted)
    return findings, accepted


def _read(path: Path) -> tuple[BatchFile, list[Line]]:
    """Read a batch file, never more of it than a batch can have. Raises FormatError, OSError."""
    with path.open("rb") as file:
        batch = parse_batch(file.read(MAX_BYTES + 1))
    return batch, list(batch.rows())


def _whole(home: Home, store: Store, registry: Registry, batch: BatchFile, path: Path) -> list[Finding]:
    """Return what is wrong with a batch as a whole: its signer, its profile, the history it was made against."""
    head, size = batch.head, store.size()
    owner = registry.organisations.get(head.org)
    if owner is None:
        return [rule_finding(RuleError("org_unknown", f"{head.org} is not filed"), Place(path.name, 2), None)]
    if owner.ended_at(size):
        return [rule_finding(RuleError("org_ended", f"{head.org} had ended"), Place(path.name, 2), None)]
    try:
        check_batch(batch, [term.key for term in owner.keys if term.valid_at(size)], verify)
    except SignatureError as error:
        return [batch_finding(Problem("batch.signature", {"detail": error.reason}), path)]
    problem = _unseen(home, store, head)
    return [batch_finding(Problem("batch.head", {"detail": problem}), path, 2)] if problem else []


def _unseen(home: Home, store: Store, head: BatchHead) -> str:
    """Return why the checkpoint that a batch was made against is none of this ledger's; "" if it is one."""
    if head.seen.origin != home.config.origin:
        return f"made for the ledger {head.seen.origin}"
    commits = store.index_entries(newest=1, size=head.seen.size)
    if not commits or commits[-1].size != head.seen.size:
        return f"there is no checkpoint of {head.seen.size} entries here"
    checkpoint = open_own(commits[-1].note, trust_of_ledger(store), verify)
    return "" if checkpoint == head.seen else f"the checkpoint of {head.seen.size} entries has another root here"


def _same(store: Store, known: Batch, lines: Sequence[Line]) -> bool:
    """Whether a batch that was appended holds exactly these records."""
    raws = list(store.entries(known.first, known.size - 1))
    return len(raws) == len(lines) and all(
        parse_entry(raw).record == row.record for raw, (_, row) in zip(raws, lines, strict=True)
    )


def _refused(path: Path, batch: str, findings: Sequence[Finding]) -> BatchRefused:
    """Write the findings beside the batch, for a program and for a person, and return the refusal."""
    told = [
        {"en": one.en, "line": one.row, "rule": one.rule, "severity": one.severity, "source": one.source, "zh": one.zh}
        for one in findings[:_MOST]
    ]
    value = {"batch": batch, "file": path.name, "findings": told, "total": len(findings), "v": 1}
    as_json, as_text = (path.with_name(f"{path.name}.findings.{ending}") for ending in ("json", "txt"))
    write_atomic(as_json, (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode())
    lines = [f"{path.name}  {batch[:16]}"]
    for one in told:
        lines += ["", f"{one['line'] or '-'}  {one['severity']}  {one['rule']}", f"    {one['zh']}", f"    {one['en']}"]
        lines += [f"    {one['source']}"]
    write_atomic(as_text, ("\n".join(lines) + "\n").encode())
    return BatchRefused(findings, [as_json, as_text])


def _appended(
    head: BatchHead, batch: Batch, lines: Sequence[Line], findings: list[Finding], *, again: bool
) -> BatchAppended:
    if head.kind == CERTIFICATES:
        first, last = (str(lines[n][1].record.body["code"]) for n in (0, -1))
    else:
        first, last = str(batch.first), str(batch.size - 2)
    return BatchAppended(
        kind=head.kind,
        batch=batch.digest.hex(),
        org=batch.org,
        numbers=len(lines),
        first=first,
        last=last,
        again=again,
        warnings=findings,
        size=batch.size,
    )
