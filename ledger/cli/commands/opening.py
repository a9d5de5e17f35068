"""`ledger open`."""

import os
from pathlib import Path

from ledger.cli.failures import DONE, USAGE, CommandError
from ledger.cli.session import TEST_KEYS, Session
from ledger.cli.wide import fold
from ledger.core.errors import FormatError

__all__ = ["open_", "witness_policy"]

_DAY = 86_400
_COLUMNS = 96


def open_(
    session: Session,
    *,
    origin: str,
    operator: str,
    registrar: str,
    disclosure: str,
    profile: tuple[str, ...],
    max_age: int,
    anchor: Path | None,
    evidence: str,
    witness: Path | None,
    after: str | None,
    test_keys: bool,
) -> int:
    """Open a ledger with fresh keys, and say what its disclosure preset lets anybody learn."""
    from ledger.app.home import Config
    from ledger.app.opening import open_ledger
    from ledger.crypto.sealed import STANDARD, TEST
    from ledger.profiles import names

    folder = session.home_path or session.environment.get("LEDGER_HOME")
    if not folder:
        raise CommandError("cli.home.unnamed", "cli.open.home.hint", code=USAGE)
    home_path = Path(folder).absolute()
    known = names()
    for name in profile:
        if name not in known:
            raise CommandError("cli.open.profile", code=USAGE, name=name, known=", ".join(known))
    config = Config(
        origin=origin,
        operator=operator,
        registrar=registrar,
        disclosure=disclosure,
        max_age=max_age * _DAY,
        profiles=profile or known,
        register="sqlite:///register.db",
        anchor=_anchor(home_path, anchor),
        evidence=evidence,
        witness=witness_policy(witness),
        predecessor=() if after is None else _predecessor(session, after),
    )
    if _finished(session, home_path, origin):
        return DONE
    if test_keys:
        session.terminal.warning("cli.open.test_keys", variable=TEST_KEYS)
    passphrase = session.passphrase(confirm=True)
    session.writes = True
    kdf = TEST if test_keys else STANDARD
    home = open_ledger(home_path, config, passphrase, now=session.now(), random=session.random, kdf=kdf)
    _tell(session, home_path, home.anchor, origin)
    session.terminal.result("")
    for line in session.texts(f"cli.disclosure.{disclosure}").split("\n"):
        for folded in fold(line, _COLUMNS):
            session.terminal.result(folded)
    session.terminal.hint("cli.open.next", folder=folder)
    return DONE


def _predecessor(session: Session, place: str) -> tuple[str, ...]:
    """Return origin, size, root and log key of the ledger at `place`, if its audit finds nothing."""
    from ledger.app.auditing import audit_place
    from ledger.app.home import load_profiles
    from ledger.app.places import open_place
    from ledger.cli.pinning import pinned_trust
    from ledger.core.encoding import format_base64
    from ledger.core.note import format_vkey

    opened = open_place(place)
    trust = pinned_trust(session, opened, None)
    audit = audit_place(opened, trust, load_profiles(), jobs=os.cpu_count() or 1, progress=session.terminal.progress)
    if audit.verdict != "verified" or audit.checkpoint is None:
        raise CommandError("cli.open.after", "cli.open.after.hint", place=place)
    old = audit.checkpoint
    return old.origin, str(old.size), format_base64(old.root), format_vkey(trust.log)


def witness_policy(file: Path | None) -> str:
    """Return the text of a witness policy. Raises CommandError naming the line that is wrong."""
    from ledger.core.policy import parse_policy

    if file is None:
        return ""
    try:
        text = file.read_text(encoding="utf-8")
        parse_policy(text)
    except (UnicodeDecodeError, FormatError) as error:
        raise CommandError("cli.open.witness", "cli.open.witness.hint", code=USAGE, file=file, detail=error) from error
    return text


def _finished(session: Session, home_path: Path, origin: str) -> bool:
    """Finish an opening whose first record is committed already. Raises CommandError if it is finished."""
    from ledger.app.home import Home
    from ledger.publish.durable import lock_home
    from ledger.store import StoreDamagedError, StoreMissingError

    if not (home_path / "ledger.toml").is_file():
        return False
    home = Home.at(home_path)
    try:
        with lock_home(home_path), home.open_store() as store:
            if store.last_entry() is None:
                return False
            session.writes = True
            if home.config.origin != origin or not session.finish(home, store):
                raise CommandError("cli.open.there", "cli.open.there.hint", folder=home_path)
    except (StoreDamagedError, StoreMissingError):  # interrupted before the register was made
        return False
    _tell(session, home_path, home.anchor, origin)
    return True


def _anchor(home: Path, anchor: Path | None) -> str:
    """Return the anchor's path as ledger.toml holds it: relative to the home where that is possible."""
    if anchor is None:
        return f"../{home.name}.anchor"
    path = anchor.absolute()
    if path.is_relative_to(home):
        raise CommandError("cli.open.anchor_inside", code=USAGE, anchor=anchor)
    try:
        return Path(os.path.relpath(path, home)).as_posix()
    except ValueError:  # another drive, on Windows
        return path.as_posix()


def _tell(session: Session, home: Path, anchor: Path, origin: str) -> None:
    from ledger.cli.commands.organisations import fingerprint
    from ledger.core.note import format_vkey
    from ledger.core.trust import parse_trust

    trust = parse_trust((home / "public" / "trust.json").read_bytes())
    result, texts = session.terminal.result, session.texts
    result(texts("cli.open.done", origin=origin, home=home))
    result(texts("cli.open.anchor", anchor=anchor))
    for key, title in ((trust.log, "cli.key.log"), *((key, "cli.key.registrar") for key in trust.registrars)):
        result(texts(title, vkey=format_vkey(key)))
        result(texts("cli.key.fingerprint", fingerprint=fingerprint(key)))
