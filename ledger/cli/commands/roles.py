"""`ledger join`, `sign` and `collect`: an organisation on a machine of its own."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.commands.organisations import fingerprint
from ledger.cli.failures import DONE, USAGE, CommandError
from ledger.cli.finding_list import print_warnings, refused_roster
from ledger.cli.session import TEST_KEYS, Session
from ledger.core.note import format_vkey

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.collecting import Collected

__all__ = ["collect", "join", "sign"]


def join(session: Session, *, place: str, org: str, trust: Path | None, test_keys: bool) -> int:
    """Join a ledger: pin its keys, make the organisation's own, and print what is to be compared and filed."""
    from ledger.app.joining import join_ledger
    from ledger.app.places import open_place
    from ledger.core.trust import parse_trust
    from ledger.crypto.sealed import STANDARD, TEST

    folder = session.home_path or session.environment.get("LEDGER_HOME")
    if not folder:
        raise CommandError("cli.home.unnamed", "cli.home.unnamed.hint", code=USAGE)
    terminal, texts = session.terminal, session.texts
    pinned = parse_trust(trust.read_bytes()) if trust is not None else None
    opened = open_place(place)
    if test_keys:
        terminal.warning("cli.open.test_keys", variable=TEST_KEYS)
    passphrase = session.passphrase(confirm=True)
    home, keyring = join_ledger(
        Path(folder).absolute(),
        opened,
        org,
        passphrase,
        random=session.random,
        trust=pinned,
        kdf=TEST if test_keys else STANDARD,
    )
    known = home.trust
    terminal.result(texts("cli.join.done", org=org, origin=known.origin, home=home.path))
    for key, title in ((known.log, "cli.key.log"), *((key, "cli.key.registrar") for key in known.registrars)):
        terminal.result(texts(title, vkey=format_vkey(key)))
        terminal.result(texts("cli.key.fingerprint", fingerprint=fingerprint(key)))
    own = keyring.signer(org).key
    terminal.result(texts("cli.join.key", vkey=format_vkey(own)))
    terminal.result(texts("cli.key.fingerprint", fingerprint=fingerprint(own)))
    terminal.hint("cli.join.compare")
    terminal.hint("cli.join.next", folder=folder)
    return DONE


def sign(
    session: Session,
    *,
    roster: Path,
    in_: str,
    out: Path,
    plan: int | None,
    medium: str | None,
    issued: str | None,
    instead: str | None,
) -> int:
    """Sign a roster into a batch file."""
    from ledger.app.home import load_profiles
    from ledger.app.intake import RosterRefused
    from ledger.app.places import open_place
    from ledger.app.signing import sign_roster

    terminal, texts = session.terminal, session.texts
    passphrase = session.passphrase()
    with session.signing() as (home, register):
        keyring = home.open_keyring(passphrase, allow_test=session.allow_test)
        try:
            done = sign_roster(
                home,
                register,
                keyring,
                open_place(in_),
                roster,
                out,
                load_profiles(),
                now=session.now(),
                random=session.random,
                plan=plan,
                medium=medium,
                issued=issued or "",
                instead=instead,
                progress=terminal.progress,
            )
        except RosterRefused as refused:
            return refused_roster(session, refused, roster)
    _tell(session, done.collected)
    print_warnings(session, done.warnings)
    if done.again:
        terminal.say("cli.sign.again")
    terminal.result(texts("cli.sign.done", numbers=done.numbers, org=done.org, first=done.first, last=done.last))
    terminal.result(texts("cli.sign.batch", batch=done.batch[:16], out=out))
    for stale in done.stale:
        terminal.warning("cli.sign.stale", batch=stale[:16])
    terminal.hint("cli.sign.next", out=out)
    return DONE


def collect(session: Session, *, place: str) -> int:
    """Recognise the organisation's batches and write their papers."""
    from ledger.app.collecting import collect as collect_batches
    from ledger.app.home import load_profiles
    from ledger.app.places import open_place

    passphrase = session.passphrase()
    with session.signing() as (home, register):
        keyring = home.open_keyring(passphrase, allow_test=session.allow_test)
        profiles, progress = load_profiles(), session.terminal.progress
        found = collect_batches(home, register, keyring, open_place(place), profiles, progress=progress)
    if not found:
        session.terminal.say("cli.collect.none")
    _tell(session, found)
    return DONE


def _tell(session: Session, found: "Sequence[Collected]") -> None:
    terminal, texts = session.terminal, session.texts
    for one in found:
        values = {"batch": one.batch[:16], "numbers": one.numbers, "first": one.first, "last": one.last}
        terminal.result(texts("cli.collect.found", **values))
        for path in one.outputs:
            terminal.result(f"  {path}")
    if found:
        terminal.hint("cli.append.private")
