"""`ledger key new|list|add|revoke|rotate|backup|restore`."""

from pathlib import Path

from ledger.cli.commands.organisations import fingerprint
from ledger.cli.failures import DONE, USAGE, CommandError
from ledger.cli.session import TEST_KEYS, Session
from ledger.cli.wide import table
from ledger.core.errors import FormatError
from ledger.core.note import VerifierKey, format_vkey, parse_vkey

__all__ = ["add", "backup", "list_", "new", "parse_key", "restore", "revoke", "rotate", "tell_key"]


def new(session: Session, *, name: str, out: Path, test_keys: bool) -> int:
    """Make a key file for a custodian."""
    from ledger.app.keys import make_key_file
    from ledger.crypto.sealed import STANDARD, TEST
    from ledger.publish.durable import write_atomic

    if test_keys:
        session.terminal.warning("cli.open.test_keys", variable=TEST_KEYS)
    passphrase = session.passphrase(confirm=True)
    key = make_key_file(out, name, passphrase, random=session.random, kdf=TEST if test_keys else STANDARD)
    beside = out.with_name(f"{out.name}.vkey")
    write_atomic(beside, f"{format_vkey(key)}\n".encode())
    tell_key(session, "cli.key.own", key)
    session.terminal.hint("cli.key.new.next", out=out, vkey=beside)
    return DONE


def list_(session: Session) -> int:
    """List every key that the ledger knows, with the entries it signs for. No passphrase is needed."""
    from ledger.app.filing import read_registry
    from ledger.app.writing import trust_of_ledger
    from ledger.core.trust import KeyTerm

    with session.reading() as (_home, store):
        trust, registry = trust_of_ledger(store), read_registry(store)
    since = trust.log_terms[-1].before if trust.log_terms else None
    logs = [*trust.log_terms, KeyTerm(trust.log, -1 if since is None else since)]
    held = [("log", term) for term in logs] + [("registrar", term) for term in registry.registrars]
    held += [("org", term) for _, one in sorted(registry.organisations.items()) for term in one.keys]
    rows = []
    for use, term in held:
        first = str(max(term.after + 1, 0))
        last = "" if term.before is None else str(term.before - 1)
        name, key_id = term.key.name, term.key.key_id.hex()
        rows.append([session.texts(f"cli.key.use.{use}"), name, key_id, first, last, fingerprint(term.key)])
    if trust.custodians is not None:
        use = session.texts("cli.key.use.custodian")
        rows += [[use, key.name, key.key_id.hex(), "", "", fingerprint(key)] for key in trust.custodians.keys]
    columns = ("use", "name", "id", "first", "last", "fingerprint")
    titles = [session.texts(f"cli.key.column.{name}") for name in columns]
    for line in table(titles, rows):
        session.terminal.result(line)
    if trust.custodians is not None:
        told = {"count": len(trust.custodians.keys), "threshold": trust.custodians.threshold}
        session.terminal.result(session.texts("cli.key.custody", **told, expires=trust.custodians.expires))
    return DONE


def add(session: Session, *, org: str, key: str) -> int:
    """Add a key that an organisation made itself."""
    from ledger.app.home import load_profiles
    from ledger.app.keys import add_key

    added, passphrase = parse_key(key), session.passphrase()
    with session.writing() as (home, store):
        keyring = session.keyring(home, passphrase)
        done = add_key(home, store, keyring, org, added, load_profiles(), now=session.now())
    session.terminal.result(session.texts("cli.key.added", org=org, key_id=added.key_id.hex(), seq=done.seq))
    return DONE


def revoke(session: Session, *, org: str, key_id: str, reason: str) -> int:
    """Revoke a key of an organisation: from now on it signs nothing."""
    from ledger.app.home import load_profiles
    from ledger.app.keys import revoke_key

    passphrase = session.passphrase()
    with session.writing() as (home, store):
        keyring, now = session.keyring(home, passphrase), session.now()
        done = revoke_key(home, store, keyring, org, key_id, reason, load_profiles(), now=now)
    session.terminal.result(session.texts("cli.key.revoked_now", org=org, key_id=key_id, seq=done.seq))
    session.terminal.hint("cli.key.revoked_now.hint")
    return DONE


def rotate(session: Session, *, org: str | None, log: bool, reason: str) -> int:
    """Give an organisation a fresh key, or, where there are no custodians, the ledger."""
    from ledger.app.home import load_profiles
    from ledger.app.keys import rotate_key
    from ledger.app.trusting import Changes, announce, draft_update
    from ledger.app.writing import trust_of_ledger

    if (org is None) is not log:
        raise CommandError("cli.key.rotate.which", code=USAGE)
    passphrase = session.passphrase()
    with session.writing() as (home, store):
        now, random, allow = session.now(), session.random, session.allow_test
        if org is not None:
            done, key = rotate_key(
                home, store, passphrase, org, reason, load_profiles(), now=now, random=random, allow_test=allow
            )
            tell_key(session, "cli.key.own", key)
            session.terminal.result(session.texts("cli.key.rotated", name=org, seq=done.seq))
            return DONE
        if trust_of_ledger(store).custodians is not None:
            raise CommandError("cli.key.rotate.custodians", "cli.key.rotate.custodians.hint")
        changes = Changes(new_log=True)
        _, note = draft_update(home, store, passphrase, changes, now=now, random=random, allow_test=allow)
        trust, seq = announce(home, store, passphrase, note, now=now, random=random, allow_test=allow)
    tell_key(session, "cli.key.log", trust.log)
    session.terminal.result(session.texts("cli.key.rotated", name=trust.origin, seq=seq))
    session.terminal.hint("cli.trust.applied.hint")
    return DONE


def backup(session: Session, *, out: Path) -> int:
    """Write a copy of the keyring, sealed under the same passphrase."""
    from ledger.app.keys import back_up_keyring

    passphrase = session.passphrase()
    keyring = back_up_keyring(session.home(), passphrase, out, random=session.random, allow_test=session.allow_test)
    session.terminal.result(session.texts("cli.key.backed_up", out=out, names=", ".join(sorted(keyring.sign))))
    session.terminal.hint("cli.key.backed_up.hint")
    return DONE


def restore(session: Session, *, backup: Path) -> int:
    """Put a backup of the keyring back."""
    from ledger.app.keys import restore_keyring

    passphrase = session.passphrase()
    with session.writing() as (home, store):
        keyring = restore_keyring(home, store, passphrase, backup, random=session.random, allow_test=session.allow_test)
    names = ", ".join(sorted(keyring.sign))
    session.terminal.result(session.texts("cli.key.restored", home=home.path, names=names))
    return DONE


def parse_key(text: str) -> VerifierKey:
    """Return the key that an option or an argument writes, or the file that it names. Raises CommandError."""
    try:
        written = Path(text).read_text(encoding="utf-8").removesuffix("\n") if text.endswith(".vkey") else text
        return parse_vkey(written)
    except (FormatError, UnicodeDecodeError) as error:
        raise CommandError("cli.key.malformed", "cli.key.malformed.hint", code=USAGE, detail=error) from error


def tell_key(session: Session, text: str, key: VerifierKey) -> None:
    """Print a public key with its fingerprint."""
    session.terminal.result(session.texts(text, vkey=format_vkey(key), org=key.name))
    session.terminal.result(session.texts("cli.key.fingerprint", fingerprint=fingerprint(key)))
