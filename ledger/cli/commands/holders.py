"""`ledger erase`, `ledger holder`: what a holder may ask for."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.failures import DONE, REFUSED, USAGE, CommandError
from ledger.cli.personal import read_toml
from ledger.cli.session import Session

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.crypto.keyring import Keyring
    from ledger.store import Store

__all__ = ["erase", "holder", "purge"]

_DOCUMENT = ("doc_type", "doc_no")  # members of what --document names


def erase(session: Session, *, number: tuple[str, ...], document: Path | None, by: str, ground: str, yes: bool) -> int:
    """Erase holders' data for ever; without --yes only say what would be erased, and exit 1."""
    from ledger.app.erasing import erase as erase_holders
    from ledger.app.erasing import held_about, is_purged, journal
    from ledger.core.code import normalise_code

    if bool(number) == (document is not None):
        raise CommandError("cli.erase.which", code=USAGE)
    passphrase, texts = session.passphrase(), session.texts
    with session.writing() as (home, store):
        keyring = session.keyring(home, passphrase)
        codes = [normalise_code(code) for code in number] if document is None else _of(store, keyring, document)
        if not codes:
            raise CommandError("cli.erase.none", code=REFUSED)
        held = [held_about(home, store, keyring, code) for code in codes if not is_purged(store, code)]
        for one in held:
            session.terminal.result(texts("cli.erase.code", code=one.code))
            for path in one.outputs:
                text = "cli.erase.folder" if path.is_dir() else "cli.erase.file"
                session.terminal.result(texts(text, path=path))
        if not yes:
            session.terminal.hint("cli.erase.yes")
            return REFUSED
        erase_holders(home, store, codes, by=by, ground=ground, now=session.now())
        session.terminal.result(texts("cli.erase.done", count=len(codes)))
        session.terminal.hint("cli.erase.next", journal=journal(home))
    return DONE


def purge(session: Session, *, yes: bool) -> int:
    """Purge holders' data whose retention is over; without --yes only say which, and exit 1."""
    from ledger.app.erasing import erase as erase_holders
    from ledger.app.home import load_profiles
    from ledger.app.retention import due_for_purging
    from ledger.cli.wide import table
    from ledger.core.encoding import local_date

    texts, now = session.texts, session.now()
    with session.writing() as (home, store):
        due = list(due_for_purging(store, load_profiles(), local_date(now)))
        if not due:
            session.terminal.result(texts("cli.purge.none"))
            return DONE
        titles = [texts(f"cli.purge.{name}") for name in ("code", "since", "rule")]
        for line in table(titles, [[one.code, one.since, f"{one.profile} {one.rule}"] for one in due]):
            session.terminal.result(line)
        if not yes:
            session.terminal.hint("cli.purge.yes")
            return REFUSED
        codes = [one.code for one in due]
        erase_holders(home, store, codes, by="issuer", ground="retention", now=now, keep_view=True)
        session.terminal.result(texts("cli.purge.done", count=len(codes)))
    return DONE


def _of(store: "Store", keyring: "Keyring", file: Path) -> list[str]:
    """Return the numbers of the holder whose document a TOML file names."""
    from ledger.app.erasing import find_by_document

    values = read_toml(file, "cli.erase.fields", ", ".join(_DOCUMENT))
    if values.keys() != set(_DOCUMENT) or not all(isinstance(value, str) and value for value in values.values()):
        raise CommandError("cli.erase.content", "cli.erase.fields", code=USAGE, path=file, known=", ".join(_DOCUMENT))
    return find_by_document(store, keyring, values["doc_type"], values["doc_no"])


def holder(session: Session, *, number: str) -> int:
    """Print, as JSON, everything that is held about the holder of one certificate."""
    from dataclasses import asdict

    from ledger.app.erasing import held_about
    from ledger.core.code import normalise_code

    passphrase = session.passphrase()
    with session.reading() as (home, store):
        held = held_about(home, store, session.keyring(home, passphrase), normalise_code(number))
        entries = [seq for seq, _ in store.entries_of_subject(_subject(held.code))]
    told = {
        "certificate": held.code,
        "disclosures": held.disclosures,
        "entries": entries,
        "holder": asdict(held.holder),
        "masked": held.masked,
        "outputs": [str(folder) for folder in held.outputs],
        "state": held.state,
    }
    session.terminal.result(json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True))
    session.terminal.hint("cli.holder.personal")
    return DONE


def _subject(code: str) -> bytes:
    from ledger.core.subject import subject_hash

    return subject_hash(code)
