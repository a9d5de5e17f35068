"""`ledger revoke|suspend|restore|reissue|correct`: what happens to one certificate."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ledger.cli.failures import DONE, USAGE, CommandError
from ledger.cli.personal import read_toml
from ledger.cli.session import Session
from ledger.core.code import normalise_code

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.events import Correction

__all__ = ["correct", "reissue", "restore", "revoke", "suspend"]

Side = Literal["organisation", "registrar"]

# What a correction may change; the first four are personal and come from a file, never from the command line.
_FIELDS = ("name", "doc_type", "doc_no", "employer", "job", "issued")


def _event(session: Session, kind: str, number: str, reason: str, effective: str | None, by: Side) -> int:
    from ledger.app.events import record_event

    code = normalise_code(number)
    passphrase = session.passphrase()
    with session.recording(code) as (home, store):
        keyring = session.keyring(home, passphrase)
        seq = record_event(
            home,
            store,
            keyring,
            f"certificate.{kind}",
            code,
            reason=reason,
            effective=effective,
            side=by,
            now=session.now(),
        )
    event, why = session.texts(f"event.certificate.{kind}"), session.texts(f"event_reason.{reason}")
    session.terminal.result(session.texts("cli.event.done", code=code, event=event, reason=why, seq=seq))
    if not session.is_organisations():
        session.terminal.hint("cli.event.build")
    return DONE


def revoke(session: Session, *, number: str, reason: str, effective: str | None, by: Side) -> int:
    """Revoke a certificate; it cannot be undone."""
    return _event(session, "revoke", number, reason, effective, by)


def suspend(session: Session, *, number: str, reason: str, effective: str | None, by: Side) -> int:
    """Suspend a certificate."""
    return _event(session, "suspend", number, reason, effective, by)


def restore(session: Session, *, number: str, reason: str, effective: str | None, by: Side) -> int:
    """End a suspension."""
    return _event(session, "restore", number, reason, effective, by)


def reissue(session: Session, *, number: str, reason: str, effective: str | None) -> int:
    """Record that a replacement was handed out under the same number."""
    return _event(session, "reissue", number, reason, effective, "organisation")


def correct(
    session: Session, *, number: str, reason: str, from_: Path | None, job: str | None, issued: str | None
) -> int:
    """Correct a certificate; its holder gets a new verification code, which is written to a private file."""
    from ledger.app.events import correct as record_correction
    from ledger.app.home import load_profiles
    from ledger.forms.filled import CodeRow, write_codes

    code = normalise_code(number)
    change = _change(from_, job, issued)
    passphrase = session.passphrase()
    with session.writing() as (home, store):
        holder = record_correction(
            home,
            store,
            session.keyring(home, passphrase),
            code,
            change,
            load_profiles(),
            reason=reason,
            now=session.now(),
            random=session.random,
        )
        path = home.correction_file(code, store.size())
        path.parent.mkdir(parents=True, exist_ok=True)
        write_codes(path, [CodeRow(code, holder.name, holder.verification_code)])
    event, why = session.texts("event.certificate.correct"), session.texts(f"event_reason.{reason}")
    session.terminal.result(session.texts("cli.correct.done", code=code, event=event, reason=why))
    session.terminal.result(f"  {path}")
    session.terminal.hint("cli.correct.new_code")
    session.terminal.hint("cli.event.build")
    return DONE


def _change(file: Path | None, job: str | None, issued: str | None) -> "Correction":
    from ledger.app.events import Correction

    values: dict[str, Any] = {}
    if file is not None:
        values = read_toml(file, "cli.correct.fields", ", ".join(_FIELDS))
    if "issued" in values:
        values["issued"] = str(values["issued"])  # TOML has dates of its own
    values |= {name: value for name, value in (("job", job), ("issued", issued)) if value is not None}
    for name, value in values.items():
        if name not in _FIELDS or not isinstance(value, str) or not value.strip():
            raise CommandError("cli.correct.field", "cli.correct.fields", name=name, known=", ".join(_FIELDS))
    if not values:
        raise CommandError("cli.correct.nothing", "cli.correct.fields", code=USAGE, known=", ".join(_FIELDS))
    return Correction(**values)
