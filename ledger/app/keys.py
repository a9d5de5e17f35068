"""Organisations' keys, key files of custodians, and the keyring's backup.

A key of an organisation is added and revoked by the registrar (`key.add`, `key.revoke`), and acts by seq: revoked, it
signs nothing from that entry on, and what it signed before stays good. The log key and registrars' keys change with the
trust (`trusting`).

A custodian's key is a file of its own: a sealed keyring with one seed.
"""

from collections.abc import Mapping
from pathlib import Path

from ledger.app.filing import read_registry
from ledger.app.home import Home, HomeError, Random, open_keyring_file, save_keyring_file
from ledger.app.opening import DATA_KEY
from ledger.app.organisations import Done, change_keys
from ledger.app.writing import trust_of_ledger
from ledger.core.errors import FormatError, RuleError
from ledger.core.note import VerifierKey, check_key_name, format_vkey
from ledger.core.profile import Profile
from ledger.crypto.keyring import Keyring, next_name
from ledger.crypto.sealed import STANDARD, KdfProfile, Seal
from ledger.crypto.signer import Ed25519Signer
from ledger.store import Store

__all__ = [
    "add_key",
    "back_up_keyring",
    "make_key_file",
    "open_key_file",
    "restore_keyring",
    "revoke_key",
    "rotate_key",
]


def make_key_file(path: Path, name: str, passphrase: str, *, random: Random, kdf: KdfProfile = STANDARD) -> VerifierKey:
    """Make a key file with a fresh key; return the public key. Raises HomeError if there is a file already."""
    try:
        check_key_name(name, "key")
    except FormatError as error:
        raise HomeError(f"a key cannot be named so: {error}") from error
    if path.exists():
        raise HomeError(f"{path} is there already; a key file is never overwritten")
    keyring = Keyring({name: random(32)})
    save_keyring_file(path, keyring, Seal(passphrase, salt=random(16), profile=kdf), random)
    return keyring.signer(name).key


def open_key_file(path: Path, passphrase: str, *, allow_test: bool = False) -> Ed25519Signer:
    """Return the signer in a key file. Raises SealError for a wrong passphrase, HomeError for another kind of file."""
    keyring, _ = open_keyring_file(path, passphrase, allow_test=allow_test)
    if len(keyring.sign) != 1 or keyring.data:
        raise HomeError(f"{path} holds the keys of a home, not the one key of a custodian")
    return keyring.signer(next(iter(keyring.sign)))


def add_key(
    home: Home, store: Store, keyring: Keyring, org: str, key: VerifierKey, profiles: Mapping[str, Profile], *, now: int
) -> Done:
    """Add a key that an organisation made itself. Raises RuleError."""
    if key.name != org:
        raise RuleError("key_unknown", f"the key is named {key.name}, not {org}")
    if key in read_registry(store).living_keys(org):
        raise RuleError("key_unknown", f"{org} has this key already")
    return change_keys(home, store, keyring, org, [("key.add", {"key": format_vkey(key)})], profiles, now=now)


def revoke_key(
    home: Home,
    store: Store,
    keyring: Keyring,
    org: str,
    key_id: str,
    reason: str,
    profiles: Mapping[str, Profile],
    *,
    now: int,
) -> Done:
    """Revoke a key of an organisation (`key_id` in hex). Raises RuleError if it is not one that it signs with."""
    body = {"key_id": key_id, "reason": reason}
    return change_keys(home, store, keyring, org, [("key.revoke", body)], profiles, now=now)


def rotate_key(
    home: Home,
    store: Store,
    passphrase: str,
    org: str,
    reason: str,
    profiles: Mapping[str, Profile],
    *,
    now: int,
    random: Random,
    allow_test: bool = False,
) -> tuple[Done, VerifierKey]:
    """Give an organisation whose key is on this machine a fresh one, and revoke the old, in one batch.

    Returns what was done and the new key. Raises RuleError, or NoKeyError where the key is on another machine.
    """
    keyring, seal = home.open_keyring(passphrase, allow_test=allow_test)
    living = read_registry(store).living_keys(org)
    if next_name(org) in keyring.sign and keyring.next_signer(org).key in living:  # killed before the keyring knew
        keyring = keyring.succeeded(org)
        home.save_keyring(keyring, seal, random)
    old = keyring.signer_of(org, living).key
    if next_name(org) not in keyring.sign:
        keyring = keyring.with_signing_key(next_name(org), random(32))
        home.save_keyring(keyring, seal, random)  # before the record that names it
    new = keyring.next_signer(org).key
    changes = [("key.add", {"key": format_vkey(new)}), ("key.revoke", {"key_id": old.key_id.hex(), "reason": reason})]
    done = change_keys(home, store, keyring, org, changes, profiles, now=now)
    home.save_keyring(keyring.succeeded(org), seal, random)
    return done, new


def back_up_keyring(home: Home, passphrase: str, out: Path, *, random: Random, allow_test: bool = False) -> Keyring:
    """Write a copy of the keyring to `out`, and open it again before anybody relies on it. Raises HomeError."""
    keyring, seal = home.open_keyring(passphrase, allow_test=allow_test)
    if out.exists():
        raise HomeError(f"{out} is there already; a backup is never overwritten")
    if out.absolute().is_relative_to(home.path.absolute()):
        raise HomeError(f"{out} is inside the home: whoever loses the home would lose the backup too")
    save_keyring_file(out, keyring, seal, random)
    copied, _ = open_keyring_file(out, passphrase, allow_test=allow_test)
    if copied != keyring:
        raise HomeError(f"{out} does not hold what was written: the disk is not to be trusted")
    return copied


def restore_keyring(
    home: Home, store: Store, passphrase: str, backup: Path, *, random: Random, allow_test: bool = False
) -> Keyring:
    """Put a backup of the keyring back. Raises HomeError if it is of another ledger, or older than the one there is."""
    keyring, seal = open_keyring_file(backup, passphrase, allow_test=allow_test)
    trust = trust_of_ledger(store)
    if DATA_KEY not in keyring.data:
        raise HomeError(f"{backup} is not the keyring of a home")
    keyring.signer_of(trust.origin, [trust.log])  # NoKeyError: of another ledger, or of before a change of the log key
    if home.keyring_file.exists():
        present, _ = home.open_keyring(passphrase, allow_test=allow_test)
        lost = [name for name, seed in present.sign.items() if keyring.sign.get(name) != seed]
        if lost or dict(present.data) != dict(keyring.data):
            raise HomeError(f"the keyring there is has keys that the backup does not: {', '.join(lost) or 'data keys'}")
    save_keyring_file(home.keyring_file, keyring, seal, random)
    return keyring
