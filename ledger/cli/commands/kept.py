"""`ledger check` of something kept: a receipt, a certificate's PDF, a dense QR code. No place is asked."""

from pathlib import Path

from ledger.cli.failures import COULD_NOT_CHECK, DONE, REFUSED, USAGE, CommandError
from ledger.cli.session import Session
from ledger.cli.show import age, print_report

__all__ = ["check_compact", "check_kept"]


def check_kept(
    session: Session,
    number: str | None,
    proof: Path | None,
    pdf: Path | None,
    *,
    trust: Path | None,
    as_json: bool,
    at: int | None,
) -> int:
    """Follow a kept lookup again, as of its own time; exit 3 if that is too long ago to say anything about today.

    Of a PDF the text must be the signed one too.
    """
    from ledger.app.home import load_profiles
    from ledger.core.code import normalise_code
    from ledger.core.errors import FormatError
    from ledger.core.printed import differing, read_printed, signed_values
    from ledger.core.receipt import check_receipt, parse_receipt
    from ledger.core.report import EXIT_CODES
    from ledger.core.tlogproof import PROOF_START
    from ledger.core.trust import parse_trust
    from ledger.crypto.pynacl_verify import verify as verify_signature

    trust = _needed(session, trust)
    try:
        pinned = parse_trust(trust.read_bytes())
        data = proof.read_bytes() if proof is not None else b""
        if data.startswith(PROOF_START):
            from ledger.cli.commands.proving import check_entry

            return check_entry(session, data, pinned, as_json=as_json)
        printed = read_printed(pdf.read_bytes()) if pdf else None
        kept = printed.receipt if printed else parse_receipt(data)
    except FormatError as error:
        raise CommandError("cli.check.proof.form", "cli.check.proof.form.hint", detail=error) from error
    if number is not None and normalise_code(number) != kept.code:
        raise CommandError("cli.check.proof.other", code=REFUSED, code_=kept.code)
    profiles = load_profiles()
    now = session.now() if at is None else at
    checked = check_receipt(kept, trust=pinned, profiles=profiles, verify=verify_signature, now=now)
    print_report(session, checked.report, profiles, as_json=as_json)
    code = EXIT_CODES[checked.report.verdict]
    if printed is not None and "facts" in checked.report.sections:
        from ledger.app.reprinting import is_printed_again

        wrong = differing(printed.text, signed_values(checked.report, profiles))
        for name in wrong:
            session.terminal.say("cli.check.pdf.differs", what=session.texts(f"cli.printed.{name}"))
        if not wrong:
            session.terminal.say("cli.check.pdf.same")
        again = not wrong and is_printed_again(printed, checked.report, profiles)
        session.terminal.hint("cli.check.pdf.again" if again else "cli.check.pdf.look")
        if printed.photos:
            session.terminal.hint("cli.check.pdf.photo")
        code = max(code, REFUSED if wrong else DONE)
    if checked.age is None:
        return code
    session.terminal.say("cli.check.proof.age", age=age(checked.age, session.texts))
    too_old = checked.age > pinned.max_age
    if too_old:
        session.terminal.hint("cli.check.proof.old", number=kept.code)
    return max(code, COULD_NOT_CHECK if too_old and code == DONE else DONE)


def check_compact(
    session: Session, number: str | None, qr: Path, *, trust: Path | None, as_json: bool, at: int | None
) -> int:
    """Check what a dense QR code carries. It cannot know what came later, so the exit code is 3 at best."""
    from ledger.app.home import load_profiles
    from ledger.core.code import normalise_code
    from ledger.core.compact import check_compact as check_compact_proof
    from ledger.core.compact import open_link
    from ledger.core.errors import LedgerError
    from ledger.core.report import EXIT_CODES
    from ledger.core.trust import parse_trust
    from ledger.crypto.pynacl_verify import verify as verify_signature

    trust = _needed(session, trust)
    try:
        compact = open_link(qr.read_text(encoding="utf-8", errors="replace"))
        pinned = parse_trust(trust.read_bytes())
    except LedgerError as error:
        raise CommandError("cli.check.qr.form", "cli.check.qr.form.hint", detail=error) from error
    if number is not None and normalise_code(number) != compact.code:
        raise CommandError("cli.check.proof.other", code=REFUSED, code_=compact.code)
    profiles = load_profiles()
    now = session.now() if at is None else at
    report = check_compact_proof(compact, trust=pinned, profiles=profiles, verify=verify_signature, now=now)
    print_report(session, report, profiles, as_json=as_json)
    if report.reason == "compact":
        session.terminal.say("cli.check.qr.proven")
        session.terminal.hint("cli.check.qr.today", number=compact.code)
    return EXIT_CODES[report.verdict]


def _needed(session: Session, trust: Path | None) -> Path:
    """Return the file of the keys; without one nothing kept can be checked, since it cannot vouch for itself."""
    session.failing = COULD_NOT_CHECK
    if trust is None:
        raise CommandError("cli.check.proof.trust", "cli.check.proof.trust.hint", code=USAGE)
    return trust
