"""`ledger org file|amend|retire|remove|merge`: what the registrar signs about organisations."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ledger.cli.failures import DONE, REFUSED, USAGE, CommandError
from ledger.cli.problems import in_words
from ledger.cli.session import Session
from ledger.core.errors import FormatError
from ledger.core.note import VerifierKey, parse_vkey

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.filing import Private
    from ledger.app.organisations import Done, FilingRefused
    from ledger.core.canonical import Value
    from ledger.core.filing_rules import Broken
    from ledger.core.profile import Profile

__all__ = ["amend", "file", "merge", "refused_filing", "remove", "retire"]


def file(session: Session, *, filing: Path, key: str | None) -> int:
    """File an organisation with a fresh key, or with one of its own."""
    from ledger.app.home import load_profiles
    from ledger.app.organisations import FilingRefused, file_organisation

    profiles = load_profiles()
    body, private = _filing(filing, profiles)
    passphrase = session.passphrase()
    with session.writing() as (home, store):
        try:
            done = file_organisation(
                *(home, store, body, profiles, passphrase),
                now=session.now(),
                random=session.random,
                allow_test=session.allow_test,
                private=private,
                folder=filing.parent,
                key=_own_key(key),
            )
        except FilingRefused as refused:
            return refused_filing(session, refused)
    _warn(session, done)
    told = "cli.org.filed" if key is None else "cli.org.filed.own_key"
    session.terminal.result(session.texts(told, org=done.org, name=body["name"], seq=done.seq))
    return DONE


def amend(session: Session, *, filing: Path) -> int:
    """File an organisation anew, whole."""
    from ledger.app.home import load_profiles
    from ledger.app.organisations import FilingRefused, amend_organisation

    profiles = load_profiles()
    body, private = _filing(filing, profiles)
    passphrase = session.passphrase()
    with session.writing() as (home, store):
        keyring = session.keyring(home, passphrase)
        try:
            done = amend_organisation(
                *(home, store, keyring, body, profiles),
                now=session.now(),
                random=session.random,
                private=private,
                folder=filing.parent,
            )
        except FilingRefused as refused:
            return refused_filing(session, refused)
    _warn(session, done)
    session.terminal.result(session.texts("cli.org.amended", org=done.org, name=body["name"], seq=done.seq))
    return DONE


def retire(session: Session, *, org: str, reason: str) -> int:
    """Retire an organisation: its code is void, and never given again."""
    return _end(session, org, "retire", reason)


def remove(session: Session, *, org: str, reason: str) -> int:
    """Remove an organisation from the list for what it did."""
    return _end(session, org, "remove", reason)


def _end(session: Session, org: str, how: Literal["retire", "remove"], reason: str) -> int:
    from ledger.app.organisations import end_organisation

    passphrase = session.passphrase()
    with session.writing() as (home, store):
        keyring = session.keyring(home, passphrase)
        done = end_organisation(home, store, keyring, org, how, reason=reason, now=session.now())
    word = session.texts(f"event_reason.{reason}")
    session.terminal.result(session.texts(f"cli.org.{how}d", org=org, reason=word, seq=done.seq))
    session.terminal.hint("cli.org.ended.hint")
    return DONE


def merge(session: Session, *, filing: Path, from_: Sequence[str], key: str | None) -> int:
    """Merge organisations into the one that the filing is about, which is filed first if it is not."""
    from ledger.app.home import load_profiles
    from ledger.app.organisations import FilingRefused, merge_organisations

    profiles = load_profiles()
    body, private = _filing(filing, profiles)
    passphrase = session.passphrase()
    with session.writing() as (home, store):
        try:
            done = merge_organisations(
                *(home, store, body, from_, profiles, passphrase),
                now=session.now(),
                random=session.random,
                allow_test=session.allow_test,
                private=private,
                folder=filing.parent,
                key=_own_key(key),
            )
        except FilingRefused as refused:
            return refused_filing(session, refused)
    _warn(session, done)
    old = session.texts("cli.list.separator").join(sorted(set(from_)))
    session.terminal.result(session.texts("cli.org.merged", org=done.org, name=body["name"], old=old))
    return DONE


def _filing(file: Path, profiles: "Mapping[str, Profile]") -> "tuple[dict[str, Value], Private]":
    from ledger.app.filing import parse_filing

    try:
        return parse_filing(file.read_text(encoding="utf-8"), profiles)
    except UnicodeDecodeError as error:
        raise CommandError("cli.not_utf8", path=file) from error


def _own_key(text: str | None) -> VerifierKey | None:
    """Return the public key that an organisation made on a machine of its own."""
    if text is None:
        return None
    try:
        return parse_vkey(text)
    except FormatError as error:
        raise CommandError("cli.org.key", code=USAGE, reason=error.reason) from error


def refused_filing(session: Session, refused: "FilingRefused") -> int:
    """Print every rule that a filing breaks; the exit code."""
    for broken in refused.broken:
        session.terminal.result(_line(session, broken))
    session.terminal.error(session.texts("cli.org.refused", count=len(refused.broken)))
    return REFUSED


def _line(session: Session, broken: "Broken") -> str:
    problem = in_words(session.texts, broken.problem)
    if not broken.source:
        return f"{broken.rule}  {problem}"
    return f"{broken.rule}  {session.texts('cli.org.broken', problem=problem, source=broken.source)}"


def _warn(session: Session, done: "Done") -> None:
    for broken in done.warnings:
        session.terminal.warning("cli.org.warning", line=_line(session, broken))
