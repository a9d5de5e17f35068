"""Appending a roster: from a workbook to signed, chained certificates, where one body holds every key.

1. Read the whole sheet; check every row against the profile, the organisation's filing and the ledger.
2. Any error: nothing changes; an annotated copy is written beside the workbook, and RosterRefused carries the findings.
3. Allocate numbers (`allocation`), hold the issues to the evidence they cite (`gating`), make disclosures, sign, chain
   (`issuing`), seal details if they are asked for (`detailing`): inside the register's transaction.
4. Its commit is the point after which the batch has happened.
5. Publish, then write the issuer's papers. Killed before that, the same roster again finds its batch and does both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path

from ledger.app.allocation import Allocation, allocate
from ledger.app.collector import paused_collector
from ledger.app.detailing import Photos, details_row, take_photos
from ledger.app.evidence import read_workflow
from ledger.app.gating import Cited, cite, rehearse, rule_finding
from ledger.app.holders import open_holder, seal_holder
from ledger.app.home import Home, Random
from ledger.app.intake import Intake, RosterRefused, check_intake, find_holders, person_tags, take_in
from ledger.app.issuing import AT_ONCE, Issuing, Terms, write_papers
from ledger.app.opening import DATA_KEY, TAG_KEY
from ledger.app.writing import log_signer, publish, writing
from ledger.core.canonical import Value, format_canonical
from ledger.core.digest import sha256
from ledger.core.encoding import format_base64url, format_time, local_date, parse_time
from ledger.core.errors import RuleError
from ledger.core.gates import Gate
from ledger.core.profile import Profile
from ledger.crypto.keyring import Keyring
from ledger.crypto.rowseal import RowSealer
from ledger.forms.filled import CodeRow
from ledger.forms.findings import Finding, Problem, has_errors, make_finding
from ledger.publish.projection import Progress
from ledger.store import Batch, CertificateRow, Store

__all__ = ["Appended", "RosterRefused", "append_roster", "plan_counter"]


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did. `again` means that the same roster was accepted before and nothing changed."""

    batch: str
    org: str
    numbers: int
    first: str
    last: str
    again: bool
    outputs: list[Path]
    warnings: list[Finding]
    size: int


@paused_collector()
def append_roster(
    home: Home,
    store: Store,
    keyring: Keyring,
    path: Path,
    profiles: Mapping[str, Profile],
    *,
    org: str | None,
    now: int,
    random: Random,
    plan: int | None = None,
    medium: str | None = None,
    issued: str = "",
    details: bool = False,
    photos: Photos | None = None,
    progress: Progress = lambda *_: None,
) -> Appended:
    """Append the roster at `path` for the organisation `org` (None: the one whose filed name the rows carry).

    `plan` is the seq of the plan whose evidence the issues cite, `medium` "paper" or "electronic", `issued`
    (YYYY-MM-DD) the date of issue for a form without that column. `details`: sealed details are published of each
    certificate, with a photo from `photos` if that is given.

    Raises RosterRefused with every finding of the sheet, RuleError, HomeError, NoKeyError or StoreError; then nothing
    changed.
    """
    registry, workflow = read_workflow(store, profiles)
    gate = Gate(workflow, home.config.evidence == "required")
    progress("read", 0, 1)
    seq = store.size()
    key = keyring.data_key(TAG_KEY)
    intake = take_in(path, registry, profiles, seq=seq, org=org, now=now, key=key, issued=issued)
    roster, owner, profile = intake.roster, intake.owner, intake.profile
    findings = list(roster.findings)
    cited, on_plan = Cited(), 0
    if roster.ok:
        known = store.find_batch(intake.digest)
        if known is not None:
            publish(home, store, progress)
            return _issued_before(home, store, keyring, known, intake)
        findings += check_intake(intake, now)
        tags = person_tags(roster.rows, intake.filing, key)
        findings += find_holders(intake, tags, lambda some: _standing(store, some))
        try:
            cited = cite(gate, plan, seq)
        except RuleError as error:
            findings.append(rule_finding(error, roster.place(0), profile))
        thumbnails, bad = take_photos(photos, roster, profile) if photos is not None else ([], [])
        findings += bad
    if not has_errors(findings):
        numbers = _allocate(intake, store, seq, cited, gate, findings)
    if not has_errors(findings):
        sealer = RowSealer(keyring.data_key(DATA_KEY))
        terms = Terms(intake.digest.hex(), intake.filing, profile, cited.evidence, medium)
        issuing = Issuing(
            terms,
            keyring.signer_of(owner.org, registry.living_keys(owner.org)),
            home.config.disclosure,
            lambda code, holder, _row: seal_holder(sealer, code, holder),
            random,
        )
        if gate.required or cited.evidence:
            bodies = issuing.bodies(roster.rows, numbers.codes)
            earlier = store.get_counter(plan_counter(plan)) if plan is not None else 0
            broken, on_plan = rehearse(gate, bodies, seq, profile, earlier, roster.place)
            findings += broken
    if has_errors(findings):
        raise intake.refuse(findings)
    with writing(home, store, log_signer(keyring, store), now, len(roster.rows) + 1) as draft:
        first = draft.next_seq
        codes = []
        for start in range(0, len(roster.rows), AT_ONCE):
            some = slice(start, start + AT_ONCE)
            shown = [format_base64url(sha256(photo)) for photo in thumbnails[some]]
            made = issuing.issue(roster.rows[some], numbers.codes[some], shown)
            certificates = []
            for tag, code, (record, holder, masked, sealed) in zip(tags[some], numbers.codes[some], made, strict=True):
                certificates.append(CertificateRow(draft.add(record), code, "valid", tag, masked, sealed))
                codes.append(CodeRow(code, holder.name, holder.verification_code))
            store.add_certificates(certificates)
            if details:
                kept = zip(certificates, made, thumbnails[some] or repeat(b""), strict=False)
                store.add_details([details_row(c.seq, c.code, one.holder, photo, random) for c, one, photo in kept])
            progress("sign", start + len(made), len(roster.rows))
        for scope, serial in numbers.last.items():
            store.set_counter(scope, serial)
        if plan is not None:
            store.set_counter(plan_counter(plan), on_plan)
        summary: dict[str, Value] = {"file": path.name, "numbers": len(codes)}
        size = draft.next_seq + 1
        batch = Batch(
            intake.digest, "roster", owner.org, profile.name, first, size, format_time(now), format_canonical(summary)
        )
        store.add_batch(batch)
    publish(home, store, progress)
    filled = [row._replace(code=code) for row, code in zip(roster.rows, numbers.codes, strict=True)]
    outputs = write_papers(_folder(home, batch), profile, filled, codes, local_date(now).isoformat())
    findings.sort(key=lambda finding: (finding.row, finding.column))
    return _appended(batch, numbers.codes, outputs, findings, again=False)


def plan_counter(plan: int) -> str:
    """Return the name of the counter of certificates that were issued on a plan, by its seq."""
    return f"plan/{plan}"


def _standing(store: Store, tags: Sequence[bytes]) -> dict[bytes, str]:
    """Return the first certificate of each tag that stands; a revoked one does not bar its person."""
    present = store.person_tags_present(tags)
    standing = {tag: [code for code, state in found if state != "revoked"] for tag, found in present.items()}
    return {tag: codes[0] for tag, codes in standing.items() if codes}


def _allocate(intake: Intake, store: Store, seq: int, cited: Cited, gate: Gate, findings: list[Finding]) -> Allocation:
    """Give every row its number; problems go into `findings`."""
    roster, profile = intake.roster, intake.profile

    def tell(row: int, problem: Problem, code: str) -> None:
        findings.append(make_finding(problem, roster.place(row, "code"), profile, code or None))

    due = gate.required
    return allocate(roster.rows, store, profile, intake.owner, tell, seq=seq, given=cited.numbers, ranges_due=due)


def _folder(home: Home, batch: Batch) -> Path:
    return home.outputs / batch.digest.hex()[:16]


def _issued_before(home: Home, store: Store, keyring: Keyring, batch: Batch, intake: Intake) -> Appended:
    """Write the papers of an accepted batch again; of an erased holder there is nothing to write.

    The same digest means the same rows in the same order. Who was corrected since is written as the register has it.
    """
    certificates = list(store.certificates(batch.first, batch.size))
    outputs = []
    if batch.kind == "roster":  # of a batch that its organisation signed, only the organisation has the holders
        sealer = RowSealer(keyring.data_key(DATA_KEY))
        rows, codes = [], []
        for row, certificate in zip(intake.roster.rows, certificates, strict=True):
            if certificate.sealed is not None:
                holder = open_holder(sealer, certificate.code, certificate.sealed)
                person = {name: getattr(holder, name) for name in ("name", "doc_type", "doc_no", "employer")}
                rows.append(row._replace(code=certificate.code, **person))
                codes.append(CodeRow(certificate.code, holder.name, holder.verification_code))
        day = local_date(parse_time(batch.created, "created")).isoformat()
        outputs = write_papers(_folder(home, batch), intake.profile, rows, codes, day)
    numbers = [certificate.code for certificate in certificates]
    return _appended(batch, numbers, outputs, list(intake.roster.findings), again=True)


def _appended(
    batch: Batch, codes: Sequence[str], outputs: list[Path], findings: list[Finding], *, again: bool
) -> Appended:
    return Appended(
        batch=batch.digest.hex(),
        org=batch.org,
        numbers=len(codes),
        first=codes[0],
        last=codes[-1],
        again=again,
        outputs=outputs,
        warnings=findings,
        size=batch.size,
    )
