"""Opening a ledger: fresh keys, the register, the first record."""

from pathlib import Path

from ledger.app.home import RECORDED, Config, Home, HomeError, Random, format_config
from ledger.app.writing import publish, writing
from ledger.core.canonical import Value, format_canonical
from ledger.core.errors import LedgerError
from ledger.core.mask import masked_view
from ledger.core.note import check_key_name, format_vkey
from ledger.core.policy import parse_policy
from ledger.core.record import sign_record
from ledger.crypto.keyring import Keyring
from ledger.crypto.sealed import STANDARD, KdfProfile, Seal
from ledger.publish.durable import write_atomic

__all__ = ["DATA_KEY", "TAG_KEY", "open_ledger"]

DATA_KEY = "rows"
TAG_KEY = "person-tags"


def open_ledger(
    path: Path, config: Config, passphrase: str, *, now: int, random: Random, kdf: KdfProfile = STANDARD
) -> Home:
    """Make a home at `path` with fresh keys and the ledger's first record. Raises HomeError if there is one already.

    Interrupted, it can be run again: what is there is used, and nothing is signed twice.
    """
    _check(config)
    home = Home(path, config)
    if (path / "ledger.toml").exists():
        return _finish_opening(Home.at(path), passphrase, now, random, kdf)
    if path.exists() and any(path.iterdir()):
        raise HomeError(f"{path} is not empty; choose a new folder")
    path.mkdir(parents=True, exist_ok=True)
    write_atomic(path / "ledger.toml", format_config(config).encode())
    return _finish_opening(home, passphrase, now, random, kdf)


def _check(config: Config) -> None:
    """Refuse what the first record could not say, before anything is written."""
    try:
        check_key_name(config.origin, "origin")
        check_key_name(config.registrar, "registrar")
        format_canonical([config.origin, config.operator, config.registrar])
        masked_view(config.operator, config.disclosure)
        if parse_policy(config.witness).logs:
            raise HomeError("the witness policy must not name logs: this one has no key yet")
    except LedgerError as error:
        raise HomeError(f"the ledger cannot be opened like this: {error}") from error
    if config.origin.startswith("skill-ledger/"):
        raise HomeError("the origin must not begin with skill-ledger/: those names are for what records sign")
    if config.operator != config.operator.strip() or not 0 < len(config.operator) <= 200:
        raise HomeError("the operator's name has 1 to 200 characters and no space around it")
    if config.evidence not in (RECORDED, "required"):
        raise HomeError("evidence is required or recorded")
    if config.max_age <= 0:
        raise HomeError("max_age is a number of seconds, more than 0")


def _finish_opening(home: Home, passphrase: str, now: int, random: Random, kdf: KdfProfile) -> Home:
    config = home.config
    if home.keyring_file.exists():
        keyring, _ = home.open_keyring(passphrase, allow_test=kdf is not STANDARD)
    else:
        keyring = Keyring(
            {config.origin: random(32), config.registrar: random(32)},
            {DATA_KEY: random(32), TAG_KEY: random(32)},
        )
        home.save_keyring(keyring, Seal(passphrase, salt=random(16), profile=kdf), random)
    log = keyring.signer(config.origin)
    with home.open_store(create=True) as store:
        if store.last_entry() is not None:
            raise HomeError(f"{home.path} holds an open ledger already")
        policy: dict[str, Value] = {
            "disclosure": config.disclosure,
            "max_age": config.max_age,
            "witness": config.witness,
        }
        if config.evidence != RECORDED:
            policy["evidence"] = config.evidence
        body: dict[str, Value] = {
            "log_key": format_vkey(log.key),
            "operator": config.operator,
            "origin": config.origin,
            "policy": policy,
            "profiles": list(config.profiles),
            "registrar_keys": [format_vkey(keyring.signer(config.registrar).key)],
        }
        if config.predecessor:
            origin, size, root, log_key = config.predecessor
            body["predecessor"] = {"log_key": log_key, "origin": origin, "root": root, "size": int(size)}
        with writing(home, store, log, now, 2) as draft:
            draft.add(sign_record("ledger.open", body, log))
        publish(home, store)
    return home
