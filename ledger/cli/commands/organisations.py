"""`ledger org file|list|show` and `ledger key show`."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ledger.cli.failures import DONE, REFUSED, USAGE, CommandError
from ledger.cli.problems import in_words
from ledger.cli.session import Session
from ledger.cli.wide import table
from ledger.core.digest import sha256
from ledger.core.errors import FormatError
from ledger.core.note import VerifierKey, format_vkey, parse_vkey

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.filing import Private
    from ledger.app.organisations import Done, FilingRefused
    from ledger.core.canonical import Value
    from ledger.core.filing_rules import Broken
    from ledger.core.profile import Profile
    from ledger.core.registry import Filing, Organisation
    from ledger.store import Store

__all__ = ["file", "fingerprint", "list_", "show", "show_keys"]


def fingerprint(key: VerifierKey) -> str:
    """Return what is printed on paper to compare a key with, as the site shows it.

    The first 128 bits of the SHA-256 of the vkey line, 32 hexadecimal digits in groups of four.
    """
    digits = sha256(format_vkey(key).encode()).hex()[:32]
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


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
            return _refused(session, refused)
    _warn(session, done)
    told = "cli.org.filed" if key is None else "cli.org.filed.own_key"
    session.terminal.result(session.texts(told, org=done.org, name=body["name"], seq=done.seq))
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


def _refused(session: Session, refused: "FilingRefused") -> int:
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


def list_(session: Session) -> int:
    """List the organisations."""
    from ledger.app.filing import read_registry

    with session.reading() as (_home, store):
        organisations = read_registry(store).organisations
        rows = [_row(session, store, organisation) for _, organisation in sorted(organisations.items())]
    if not rows:
        session.terminal.say("cli.org.none")
        return DONE
    header = [session.texts(f"cli.org.{name}") for name in ("code", "state", "valid", "profile", "name")]
    for line in table(header, rows):
        session.terminal.result(line)
    return DONE


def _row(session: Session, store: "Store", organisation: "Organisation") -> list[str]:
    filing = _newest(store, organisation)
    state = "retired" if organisation.ended_at(store.size()) else _term(session, filing)
    body = cast("dict[str, str]", filing.body)
    term = f"{body['valid_from']} – {body['valid_to']}"
    return [organisation.org, session.texts(f"organisation.{state}"), term, body["profile"], filing.name]


def _newest(store: "Store", organisation: "Organisation") -> "Filing":
    return organisation.filing_at(store.size()) or organisation.filings[-1]


def _term(session: Session, filing: "Filing") -> str:
    from ledger.core.encoding import local_date

    return "filed" if local_date(session.now()).isoformat() <= str(filing.body["valid_to"]) else "expired"


def show(session: Session, *, org: str) -> int:
    """Show one organisation: filing, scope, keys."""
    from ledger.app.filing import read_registry
    from ledger.app.home import load_profiles

    with session.reading() as (_home, store):
        organisation = read_registry(store).organisations.get(org)
        if organisation is None:
            raise CommandError("cli.org.unknown", "cli.org.unknown.hint", org=org)
        row = _row(session, store, organisation)
        filing = _newest(store, organisation)
    profile = load_profiles()[str(filing.body["profile"])]
    texts, result = session.texts, session.terminal.result
    lines = [["cli.org.code", org], ["cli.org.name", filing.name], ["cli.org.uscc", str(filing.body["uscc"])]]
    lines += [["cli.org.state", row[1]], ["cli.org.valid", row[2]], ["cli.org.profile", row[3]]]
    for line in table(["", ""], [[texts(title), value] for title, value in lines]):
        if line:
            result(line)
    result(texts("cli.org.scope"))
    for item in cast("list[dict[str, object]]", filing.body["scope"]):
        occupation = cast("dict[str, str]", item["occupation"])
        levels = [profile.level(code) for code in cast("list[str]", item["levels"])]
        names = [getattr(level, texts.language) if level else "?" for level in levels]
        job = texts("cli.occupation.job", job=occupation["job"]) if "job" in occupation else ""
        result(f"  {occupation['code']}  {occupation['name']}{job}  {'、'.join(names)}")
    for term in organisation.keys:
        result(texts("cli.key.org", org=org, vkey=format_vkey(term.key)))
        result(texts("cli.key.fingerprint", fingerprint=fingerprint(term.key)))
        if term.before is not None:
            result(texts("cli.key.revoked", seq=term.before))
    return DONE


def show_keys(session: Session) -> int:
    """Print every public key of the ledger with its fingerprint. No passphrase is needed: nothing here is secret."""
    from ledger.app.filing import read_registry
    from ledger.app.writing import trust_of_ledger

    with session.reading() as (_home, store):
        trust = trust_of_ledger(store)
        organisations = read_registry(store).organisations
    texts, result = session.texts, session.terminal.result
    keys = [("cli.key.log", trust.origin, trust.log)]
    keys += [("cli.key.registrar", key.name, key) for key in trust.registrars]
    for org, organisation in sorted(organisations.items()):
        keys += [("cli.key.org", org, term.key) for term in organisation.keys if term.before is None]
    for title, name, key in keys:
        result(texts(title, org=name, vkey=format_vkey(key)))
        result(texts("cli.key.fingerprint", fingerprint=fingerprint(key)))
    session.terminal.hint("cli.key.hint")
    return DONE
