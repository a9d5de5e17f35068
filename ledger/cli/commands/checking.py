"""`ledger check` and `ledger verify`: what a stranger runs; neither needs a home or a key."""

import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.commands.sealed import Opened, differ, open_sealed, tell
from ledger.cli.failures import COULD_NOT_CHECK, DONE, REFUSED, USAGE, CommandError
from ledger.cli.filed import file_report, rule_lines
from ledger.cli.memory import Memory, state_folder
from ledger.cli.personal import read_toml
from ledger.cli.pinning import pinned_trust
from ledger.cli.session import Session
from ledger.cli.show import audit_lines, print_report

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.places import Place
    from ledger.core.audit import Audit
    from ledger.core.checkpoint import Checkpoint
    from ledger.core.disclosure import Typed
    from ledger.core.keptaudit import KeptAudit
    from ledger.core.trust import Trust

__all__ = ["check", "verify"]

_MATCHED = ("code", "name", "doc_no")  # members of what --match names; the first is the verification code
_AUDIT_CODES = {"verified": DONE, "not_verified": REFUSED, "not_checked": COULD_NOT_CHECK}


def check(
    session: Session,
    *,
    number: str | None,
    in_: str | None,
    proof: Path | None,
    pdf: Path | None,
    qr: Path | None,
    credential: Path | None,
    receipt: Path | None,
    match: Path | None,
    code_file: Path | None,
    photo: Path | None,
    json_: bool,
    trust: Path | None,
    at: int | None,
    state: Path | None,
) -> int:
    """Check one certificate; exit 0 only if it is valid now and, with `match`, what is in that file matches.

    With `code_file` its sealed details are opened, held to the record and shown, their photo written to `photo`.
    """
    from ledger.app.checking import check_certificate
    from ledger.app.home import load_profiles
    from ledger.app.places import RecordingPlace, open_place
    from ledger.core.receipt import Receipt, format_receipt
    from ledger.core.report import EXIT_CODES

    if credential is not None:
        if any(value is not None for value in (proof, pdf, qr, receipt, match, code_file, photo)):
            raise CommandError("cli.check.credential.with", code=USAGE)
        from ledger.cli.commands.credentials import Asked, check_credential

        asked = None if in_ is None else Asked(in_, trust, at, state, as_json=json_)
        return check_credential(session, number, credential, asked)
    if proof is not None or pdf is not None or qr is not None:
        others = (in_, match, receipt, state, code_file, photo)
        if sum(file is not None for file in (proof, pdf, qr)) > 1 or any(value is not None for value in others):
            raise CommandError("cli.check.proof.alone", code=USAGE)
        from ledger.cli.commands.kept import check_compact, check_kept

        if qr is not None:
            return check_compact(session, number, qr, trust=trust, as_json=json_, at=at)
        return check_kept(session, number, proof, pdf, trust=trust, as_json=json_, at=at)
    if number is None or in_ is None:
        raise CommandError("cli.check.needed", "cli.check.needed.hint", code=USAGE)
    if photo is not None and code_file is None:
        raise CommandError("cli.check.photo.alone", code=USAGE)
    typed = None if match is None else _typed(match)
    session.failing = COULD_NOT_CHECK
    place = RecordingPlace(open_place(in_))
    pinned = pinned_trust(session, place, trust)
    opened = None if code_file is None else open_sealed(place, number, code_file)
    place.files.clear()  # neither the keys a place offers nor sealed details are a part of what it proves
    memory = Memory(session, state or state_folder(session.environment), pinned.origin)
    profiles = load_profiles()
    now = session.now() if at is None else at
    known = None if trust is not None else memory.known
    ask = partial(
        check_certificate, number, place, trust=pinned, profiles=profiles, now=now, seen=memory.seen, known=known
    )
    report = ask(typed=typed, disclosures=opened.disclosures if opened is not None else ())
    if opened is not None and differ(report):  # of an earlier record, on a host that has not deleted them yet
        opened, report = Opened(problem="differs", code=REFUSED), ask(typed=typed)
    memory.keep(report.seen, report.trust)
    print_report(session, report, profiles, as_json=json_)
    if receipt is not None:
        if "as_of" not in report.sections:
            raise CommandError("cli.check.no_receipt")
        receipt.write_bytes(format_receipt(Receipt(report.code, place.files)))
        session.terminal.say("cli.check.receipt", path=receipt)
    matched = report.sections.get("matched")
    if matched == {}:
        raise CommandError("cli.match.nothing", "cli.match.fields", code=USAGE)
    differs = isinstance(matched, dict) and not all(matched.values())
    told = DONE if opened is None else tell(session, opened, report, photo)
    return max(EXIT_CODES[report.verdict], REFUSED if differs else DONE, told)


def _typed(file: Path) -> "Typed":
    from ledger.core.disclosure import Typed

    values = read_toml(file, "cli.match.fields", ", ".join(_MATCHED))
    texts = all(isinstance(value, str) and value.strip() for value in values.values())
    known = values.keys() <= set(_MATCHED)
    if not texts or not known or "code" not in values:
        raise CommandError("cli.match.content", "cli.match.fields", code=USAGE, path=file)
    return Typed(values["code"], values.get("name", ""), values.get("doc_no", ""))


def verify(
    session: Session,
    *,
    place: str,
    json_: bool,
    trust: Path | None,
    jobs: int | None,
    state: Path | None,
    since: Path | None,
    keep: Path | None,
    after: str | None,
    rules: bool,
    report: Path | None,
) -> int:
    """Audit a ledger, whole or from what was kept on, and hold it against the checkpoint that was seen here last."""
    from ledger.app.auditing import audit_on
    from ledger.app.home import load_profiles
    from ledger.app.places import open_place
    from ledger.core.audit import format_audit
    from ledger.core.errors import RuleError

    session.failing = COULD_NOT_CHECK
    opened = open_place(place)
    pinned = pinned_trust(session, opened, trust)
    if pinned.custodians is not None and pinned.expired_at(session.now()):
        raise CommandError("cli.trust.expired", expires=pinned.custodians.expires)
    memory = Memory(session, state or state_folder(session.environment), pinned.origin)
    began = time.monotonic()
    processes = jobs or os.cpu_count() or 1
    profiles = load_profiles()
    before = None if since is None else _read_kept(since)
    checkpoint = _kept_checkpoint(since, pinned) if since is not None and before is None else None
    try:
        done = audit_on(
            opened, pinned, profiles, before, since=checkpoint, jobs=processes, progress=session.terminal.progress
        )
    except RuleError as error:
        raise CommandError(f"cli.verify.{error.rule}", "cli.verify.kept.hint", code=USAGE, file=since) from error
    audit = done.audit
    if after is not None:
        _follows(session, opened, after, audit)
    seconds = time.monotonic() - began
    relation = _hold_against(opened, pinned, memory, audit)
    if json_:
        session.terminal.result_bytes(format_audit(audit))
    else:
        for line in audit_lines(audit, session.texts):
            session.terminal.result(line)
        for line in rule_lines(audit, session.texts, pinned, profiles) if rules else ():
            session.terminal.result(line)
    if report is not None:
        file_report(session, audit, pinned, place, report)
    entries = audit.entries - audit.before
    rate = round(entries / max(seconds, 1e-3))
    session.terminal.say("cli.verify.speed", entries=entries, seconds=f"{seconds:.1f}", rate=rate)
    if before is not None and not done.new_only:
        session.terminal.say("cli.verify.whole")
    session.terminal.say(f"cli.verify.{relation}")
    if keep is not None:
        kept = done.kept if audit.verdict == "verified" else None
        _write_kept(session, keep, kept)
    if audit.verdict == "not_verified":
        session.terminal.hint("cli.verify.not_verified.hint")
    elif audit.verdict == "not_checked":
        session.terminal.hint("cli.verify.not_checked.hint")
    return _AUDIT_CODES[audit.verdict]


def _follows(session: Session, place: "Place", after: str, audit: "Audit") -> None:
    """Hold the ledger's word about its predecessor against that one, which is audited too."""
    from ledger.app.auditing import audit_place
    from ledger.app.home import load_profiles
    from ledger.app.places import open_place
    from ledger.app.succession import predecessor_of
    from ledger.core.finding import Finding

    said = predecessor_of(place, audit)
    if said is None:
        audit.findings.append(Finding("predecessor", "entry 0", "this ledger names none"))
        return
    opened = open_place(after)
    trust = pinned_trust(session, opened, None)
    if trust.log_at(said.checkpoint.size - 1) != said.log or trust.origin != said.checkpoint.origin:
        audit.findings.append(Finding("predecessor", "entry 0", "names another ledger, or another key of it"))
        return
    old = audit_place(opened, trust, load_profiles(), since=said.checkpoint, progress=session.terminal.progress)
    if old.findings:
        first = old.findings[0]
        audit.findings.append(Finding("predecessor", first.where, f"{first.rule}: {first.problem}"))
    audit.unreachable += [f"{after}: {path}" for path in (*old.unreachable, *old.updating)]


def _read_kept(file: Path) -> "KeptAudit | None":
    """Return what `--keep` wrote; None where a file is something else, as a checkpoint alone. Raises CommandError."""
    from ledger.core.errors import FormatError
    from ledger.core.keptaudit import is_kept, parse_kept

    data = file.read_bytes()
    if not is_kept(data):
        return None
    try:
        return parse_kept(data)
    except FormatError as error:
        told = {"file": file, "detail": error.reason}
        raise CommandError("cli.verify.kept.damaged", "cli.verify.kept.hint", code=USAGE, **told) from error


def _write_kept(session: Session, file: Path, kept: "KeptAudit | None") -> None:
    """Write what a later audit can go on from, if there is something."""
    from ledger.core.keptaudit import format_kept
    from ledger.publish.durable import write_atomic

    if kept is None:
        session.terminal.warning("cli.verify.kept.not", file=file)
        return
    write_atomic(file, format_kept(kept))
    session.terminal.say("cli.verify.kept", file=file)


def _kept_checkpoint(file: Path, trust: "Trust") -> "Checkpoint":
    """Return the checkpoint in a file that an auditor kept. Raises CommandError."""
    from ledger.core.custody import open_own
    from ledger.core.errors import LedgerError
    from ledger.crypto.pynacl_verify import verify as verify_signature

    try:
        return open_own(file.read_bytes(), trust, verify_signature)
    except LedgerError as error:
        raise CommandError("cli.verify.since", "cli.verify.since.hint", code=USAGE, file=file, detail=error) from error


def _hold_against(place: "Place", trust: "Trust", memory: "Memory", audit: "Audit") -> str:
    """Compare the audited ledger with the remembered checkpoint; what speaks against it goes into the audit."""
    from ledger.app.continuity import continuity
    from ledger.core.finding import Finding

    if audit.verdict != "verified" or audit.checkpoint is None:
        return "not_compared"
    relation = continuity(place, trust, memory.seen, audit.checkpoint)
    if relation == "forked":
        audit.findings.append(Finding("forked", "checkpoint", "contradicts the checkpoint that was seen here before"))
    elif relation in ("older_than_seen", "unreachable"):
        audit.unreachable.append("checkpoint")
    else:
        note = place.fetch("checkpoint")
        memory.keep(note if isinstance(note, bytes) else None)
    return relation
