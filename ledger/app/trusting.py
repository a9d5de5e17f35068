"""The trust root at work: an update is drafted, signed by custodians elsewhere, and announced.

1. `draft_update` states the next version and signs it with the log key in use, and with the one to come if any.
2. The file goes round: each custodian reads it and adds a line (`sign_update` of the core), on a machine of their own.
3. `announce` holds it to the core's procedure and appends it in a batch of its own. *That transaction is the moment*:
   its index entry and checkpoint are by the new log key already. Then the keyring drops the key that went.

Killed between the two, the keyring holds both seeds, and every command picks the one that the ledger announces.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ledger.app.home import Home, HomeError, Random
from ledger.app.writing import log_signer, publish, trust_of_ledger, writing
from ledger.core.custody import format_update, open_update, sign_update
from ledger.core.encoding import format_time
from ledger.core.errors import LedgerError
from ledger.core.note import Signer, VerifierKey
from ledger.core.record import sign_record
from ledger.core.trust import Custodians, Trust, format_trust, parse_trust
from ledger.crypto.keyring import Keyring, NoKeyError, next_name
from ledger.crypto.pynacl_verify import verify
from ledger.crypto.sealed import Seal
from ledger.store import Store

__all__ = ["Changes", "announce", "draft_update", "prepare_key", "settle"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What an update changes; None leaves it as it is. `profiles` are added to those there are."""

    custodians: tuple[VerifierKey, ...] | None = None
    threshold: int | None = None
    expires: str | None = None
    registrars: tuple[VerifierKey, ...] | None = None
    witness: str | None = None
    max_age: int | None = None
    profiles: tuple[str, ...] = ()
    new_log: bool = False
    new_registrar: bool = False


def prepare_key(home: Home, keyring: Keyring, seal: Seal, name: str, random: Random) -> Keyring:
    """Return a keyring with a seed to come for `name`, durably saved: a key that is announced must never be lost."""
    if next_name(name) in keyring.sign:
        return keyring
    keyring = keyring.with_signing_key(next_name(name), random(32))
    home.save_keyring(keyring, seal, random)
    return keyring


def draft_update(
    home: Home, store: Store, passphrase: str, changes: Changes, *, now: int, random: Random, allow_test: bool = False
) -> tuple[Trust, bytes]:
    """Return the next version of the trust with `changes`, and its note with the lines of this machine's keys.

    Raises HomeError for changes that make no trust.
    """
    keyring, seal = home.open_keyring(passphrase, allow_test=allow_test)
    pinned = trust_of_ledger(store)
    keyring = settle(home, keyring, seal, pinned, random)
    log: Signer = log_signer(keyring, store)
    signers, registrars = [log], changes.registrars or pinned.registrars
    if changes.new_log:
        keyring = prepare_key(home, keyring, seal, pinned.origin, random)
        log = keyring.next_signer(pinned.origin)
        signers.append(log)
    if changes.new_registrar:
        name = home.config.registrar
        keyring = prepare_key(home, keyring, seal, name, random)
        # The key in use goes, those of other registrars stay.
        registrars = (*(key for key in registrars if key.name != name), keyring.next_signer(name).key)
    stated = replace(
        pinned,
        version=pinned.version + 1,
        log=log.key,
        registrars=registrars,
        witness=pinned.witness if changes.witness is None else changes.witness,
        max_age=pinned.max_age if changes.max_age is None else changes.max_age,
        profiles=(*pinned.profiles, *(name for name in changes.profiles if name not in pinned.profiles)),
        custodians=_custodians(pinned.custodians, changes, now),
        log_terms=(),
        registrar_terms=(),
    )
    try:
        parse_trust(format_trust(stated))
    except LedgerError as error:
        raise HomeError(f"this makes no trust: {error}") from error
    return stated, sign_update(format_update(stated), signers)


def _custodians(pinned: Custodians | None, changes: Changes, now: int) -> Custodians | None:
    keys = changes.custodians or (pinned.keys if pinned is not None else None)
    threshold = changes.threshold or (pinned.threshold if pinned is not None else None)
    expires = changes.expires or (pinned.expires if pinned is not None else None)
    if keys is None and threshold is None and expires is None:
        return None
    if keys is None or threshold is None or expires is None:
        raise HomeError("custodians need their keys, a threshold and the time when the trust expires")
    if expires <= format_time(now):
        raise HomeError(f"the trust would have expired already, at {expires}")
    return Custodians(keys, threshold, expires)


def announce(
    home: Home, store: Store, passphrase: str, note: bytes, *, now: int, random: Random, allow_test: bool = False
) -> tuple[Trust, int]:
    """Append the update `note`; return the trust from then on, and the entry's seq.

    Raises RuleError, SignatureError, FormatError for an update that may not follow, HomeError if it is expired,
    NoKeyError where its log key is not on this machine; then nothing is changed.
    """
    keyring, seal = home.open_keyring(passphrase, allow_test=allow_test)
    pinned = trust_of_ledger(store)
    keyring = settle(home, keyring, seal, pinned, random)
    stated = open_update(note, pinned, verify)
    if stated.expired_at(now):
        raise HomeError("the update has expired meanwhile: draft it again")
    new = keyring.signer_of(stated.origin, [stated.log])
    with writing(home, store, new, now, 2) as draft:
        seq = draft.add(sign_record("trust.update", {"note": note.decode()}, _announcer(keyring, pinned, new)))
    # The update has happened. What the keyring holds of before is of no use any more, to us or to a thief.
    publish(home, store)
    trust = trust_of_ledger(store)
    settle(home, keyring, seal, trust, random)
    return trust, seq


def _announcer(keyring: Keyring, pinned: Trust, new: Signer) -> Signer:
    """The log key of before announces the one after it, if it is still here."""
    try:
        return keyring.signer_of(pinned.origin, [pinned.log])
    except NoKeyError:
        return new


def settle(home: Home, keyring: Keyring, seal: Seal, trust: Trust, random: Random) -> Keyring:
    """Return the keyring without the seeds of keys that `trust` has replaced, saved if there were any."""
    settled = keyring
    replaced: Sequence[tuple[str, Sequence[VerifierKey]]] = (
        (trust.origin, [trust.log]),
        (home.config.registrar, trust.registrars),
    )
    for name, keys in replaced:
        if next_name(name) in settled.sign and settled.next_signer(name).key in keys:
            settled = settled.succeeded(name)
    if settled is not keyring:
        home.save_keyring(settled, seal, random)
    return settled
