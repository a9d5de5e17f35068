"""`ledger erase`, `ledger holder`: what a holder may ask for."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.erased import tell_papers, tell_taken
from ledger.cli.failures import DONE, REFUSED, USAGE, CommandError
from ledger.cli.personal import read_toml
from ledger.cli.session import Session

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from collections.abc import Sequence

    from ledger.app.listed import Listed
    from ledger.crypto.keyring import Keyring
    from ledger.store import Store

__all__ = ["erase", "holder", "purge"]

_DOCUMENT = ("doc_type", "doc_no")  # members of what --document names


def erase(
    session: Session,
    *,
    number: tuple[str, ...],
    document: Path | None,
    notice: tuple[int, ...],
    by: str,
    ground: str,
    yes: bool,
) -> int:
    """Erase holders' data or published lists for ever; without --yes only say what would be erased, and exit 1."""
    from ledger.app.erasing import erase as erase_holders
    from ledger.app.erasing import held_about, is_purged, journal
    from ledger.core.code import normalise_code
    from ledger.core.encoding import local_date

    if [bool(number), document is not None, bool(notice)].count(True) != 1:
        raise CommandError("cli.erase.which", code=USAGE)
    if session.is_organisations():
        if notice:
            raise CommandError("cli.erase.elsewhere", code=USAGE)
        return _erase_own(session, number, document, by=by, ground=ground, yes=yes)
    passphrase, texts, now = "" if notice else session.passphrase(), session.texts, session.now()
    with session.writing() as (home, store):
        codes = [normalise_code(code) for code in number]
        if not notice:
            keyring = session.keyring(home, passphrase)
            if document is not None:
                codes = _of(store, keyring, document)
            if not codes:
                raise CommandError("cli.erase.none", code=REFUSED)
            purged = [code for code in codes if is_purged(store, code)]
            held = [held_about(home, store, keyring, code) for code in codes if code not in purged]
            for code in purged:
                session.terminal.result(texts("cli.erase.view", code=code))
            for one in held:
                session.terminal.result(texts("cli.erase.code", code=one.code))
                tell_papers(session.terminal, one.outputs)
        lists = _lists(store, codes, notice)
        ended = [one for one in lists if one.has_ended(local_date(now))]
        for listed in lists:
            text = "cli.erase.list" if listed in ended else "cli.erase.list_later"
            session.terminal.result(texts(text, seq=listed.seq, count=listed.count, last=listed.last))
        if not yes:
            session.terminal.hint("cli.erase.yes")
            return REFUSED
        done = erase_holders(home, store, codes, lists, by=by, ground=ground, now=now)
        tell_taken(session.terminal, done.outputs, "cli.erase.list_gone")
        if codes:
            session.terminal.result(texts("cli.erase.done", count=len(codes)))
        if ended:
            session.terminal.result(texts("cli.erase.lists", count=len(ended)))
        session.terminal.hint("cli.erase.next", journal=journal(home))
    return DONE


def _lists(store: "Store", codes: "Sequence[str]", notices: "Sequence[int]") -> "list[Listed]":
    """Return the published lists that go: those of the notices, and those that may have a line of the numbers."""
    from ledger.app.evidence import read_workflow
    from ledger.app.home import load_profiles
    from ledger.app.listed import list_of_notice, lists_for

    _, workflow = read_workflow(store, load_profiles())
    found = [list_of_notice(store, workflow, seq) for seq in notices]
    found += [listed for code in codes for listed in lists_for(store, workflow, code)]
    return list(dict.fromkeys(found))


def _erase_own(
    session: Session, number: tuple[str, ...], document: Path | None, *, by: str, ground: str, yes: bool
) -> int:
    """Erase what an organisation's own machine holds about its holders."""
    from ledger.app.ownerasing import erase_own, own_journal, own_outputs, rows_by_document, rows_of
    from ledger.core.code import normalise_code

    passphrase, texts = session.passphrase(), session.texts
    with session.signing() as (home, register):
        keyring = home.open_keyring(passphrase, allow_test=session.allow_test)
        if document is not None:
            rows = rows_by_document(register, keyring, *_document(document))
        else:
            found = [row for code in number for row in rows_of(register, keyring, normalise_code(code))]
            rows = list(dict.fromkeys(found))
        if not rows:
            raise CommandError("cli.erase.none", code=REFUSED)
        for row in rows:
            session.terminal.result(texts("cli.erase.row", code=row.code, batch=row.digest.hex()[:16]))
            tell_papers(session.terminal, own_outputs(home, register, row))
        if not yes:
            session.terminal.hint("cli.erase.yes")
            return REFUSED
        done = erase_own(home, register, rows, by=by, ground=ground, now=session.now())
        tell_taken(session.terminal, done.outputs, "cli.erase.list_gone_own")
        session.terminal.result(texts("cli.erase.done", count=len({row.code for row in rows})))
        session.terminal.hint("cli.erase.next_own", journal=own_journal(home))
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
        done = erase_holders(home, store, codes, by="issuer", ground="retention", now=now, keep_view=True)
        tell_taken(session.terminal, done.outputs, "cli.erase.list_gone")
        session.terminal.result(texts("cli.purge.done", count=len(codes)))
    return DONE


def _of(store: "Store", keyring: "Keyring", file: Path) -> list[str]:
    """Return the numbers of the holder whose document a TOML file names."""
    from ledger.app.erasing import find_by_document

    return find_by_document(store, keyring, *_document(file))


def _document(file: Path) -> tuple[str, str]:
    """Return type and number of the document that a TOML file names."""
    values = read_toml(file, "cli.erase.fields", ", ".join(_DOCUMENT))
    if values.keys() != set(_DOCUMENT) or not all(isinstance(value, str) and value for value in values.values()):
        raise CommandError("cli.erase.content", "cli.erase.fields", code=USAGE, path=file, known=", ".join(_DOCUMENT))
    return values["doc_type"], values["doc_no"]


def holder(session: Session, *, number: str) -> int:
    """Print, as JSON, everything that is held about the holder of one certificate."""
    from dataclasses import asdict

    from ledger.app.erasing import held_about
    from ledger.core.code import normalise_code

    passphrase = session.passphrase()
    with session.reading() as (home, store):
        held = held_about(home, store, session.keyring(home, passphrase), normalise_code(number))
        entries = [seq for seq, _ in store.entries_of_subject(_subject(held.code))]
        lists = [listed.seq for listed in _lists(store, [held.code], ())]
    told = {
        "certificate": held.code,
        "details": held.details,
        "disclosures": held.disclosures,
        "entries": entries,
        "holder": asdict(held.holder),
        "lists": lists,
        "masked": held.masked,
        "outputs": [str(path) for path in held.outputs],
        "state": held.state,
    }
    session.terminal.result(json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True))
    session.terminal.hint("cli.holder.personal")
    return DONE


def _subject(code: str) -> bytes:
    from ledger.core.subject import subject_hash

    return subject_hash(code)
