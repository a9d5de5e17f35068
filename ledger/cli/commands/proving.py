"""`ledger prove`, and `ledger check --proof` of what it made: one entry of the ledger, proven by itself."""

from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.failures import COULD_NOT_CHECK, DONE, CommandError
from ledger.cli.pinning import pinned_trust
from ledger.cli.session import Session

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.core.trust import Trust

__all__ = ["check_entry", "prove"]


def prove(session: Session, *, entry: int, in_: str, out: Path, trust: Path | None) -> int:
    """Write the proof of an entry."""
    from ledger.app.checking import prove as prove_entry
    from ledger.app.places import open_place
    from ledger.core.auditfiles import AbsentError

    session.failing = COULD_NOT_CHECK
    place = open_place(in_)
    pinned = pinned_trust(session, place, trust)
    try:
        data = prove_entry(entry, place, pinned)
    except AbsentError as error:
        raise CommandError(f"cli.prove.{error.absent.value}", "cli.prove.again", place=place.name) from error
    out.write_bytes(data)
    _tell(session, data, pinned, as_json=False)
    session.terminal.say("cli.prove.done", out=out)
    return DONE


def check_entry(session: Session, data: bytes, trust: "Trust", *, as_json: bool) -> int:
    """Check a proof of an entry. What came later it cannot know."""
    _tell(session, data, trust, as_json=as_json)
    session.terminal.hint("cli.prove.limits")
    return DONE


def _tell(session: Session, data: bytes, trust: "Trust", *, as_json: bool) -> None:
    from ledger.core.canonical import Value, format_canonical, parse_canonical
    from ledger.core.encoding import format_base64
    from ledger.core.entryproof import open_entry
    from ledger.crypto.pynacl_verify import verify as verify_signature

    entry, checkpoint = open_entry(data, trust, verify_signature)
    if as_json:
        under: Value = {
            "origin": checkpoint.origin,
            "root": format_base64(checkpoint.root),
            "size": checkpoint.size,
        }
        told: Value = {"checkpoint": under, "entry": parse_canonical(entry.raw)}
        session.terminal.result_bytes(format_canonical(told))
        return
    record = entry.record
    said = {"origin": checkpoint.origin, "size": checkpoint.size, "seq": entry.seq, "time": entry.time}
    session.terminal.result(session.texts("cli.prove.proven", **said))
    about = record.subject or session.texts("cli.prove.ledger")
    session.terminal.result(session.texts("cli.prove.entry", type=record.type, issuer=record.issuer, about=about))
