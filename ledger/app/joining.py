"""Joining: the home of an organisation on a machine of its own.

    organisation.toml    the organisation's code; written once by `ledger join`
    trust.json           the keys of the ledger, pinned when joining; compare the printed fingerprints
    seen.checkpoint      the newest checkpoint seen; an older or another history is refused
    register.db          the holders of what was signed here, sealed, with their verification codes
    keys/keyring.sealed  the organisation's key and the keys of the register, under one passphrase
    outputs/             filled forms and verification codes: personal data
    home.lock            held by the one command that writes

There is no ledger in it: that is the authority's. What leaves this machine is a batch file (`signing`), and it holds
no personal data.
"""

import json
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.app.following import follow_place
from ledger.app.home import Config, Home, HomeError, Random, open_keyring_file, save_keyring_file
from ledger.app.learning import PlaceError, open_place_head
from ledger.app.opening import DATA_KEY, TAG_KEY
from ledger.app.places import Place
from ledger.core.checklist import Absent
from ledger.core.errors import FormatError
from ledger.core.shape import org_code
from ledger.core.trust import Trust, format_trust, parse_trust
from ledger.crypto.keyring import Keyring
from ledger.crypto.sealed import STANDARD, KdfProfile, Seal
from ledger.publish.durable import write_atomic
from ledger.store.holdings import Holdings

__all__ = ["FILE", "OrganisationHome", "join_ledger"]

FILE = "organisation.toml"


@dataclass(frozen=True, slots=True)
class OrganisationHome:
    """One organisation's folder: its code, and the ledger that it trusts."""

    path: Path
    org: str
    trust: Trust

    @classmethod
    def at(cls, path: Path) -> "OrganisationHome":
        """Return the home at `path`. Raises HomeError if there is none."""
        org = _read(path)
        try:
            return cls(path, org, parse_trust((path / "trust.json").read_bytes()))
        except (OSError, FormatError) as error:
            raise HomeError(f"{path / 'trust.json'} cannot be read: join again: {error}") from error

    def as_home(self, disclosure: str) -> Home:
        """Return the folder as the use cases of the workflow take it; `disclosure` is the ledger's preset."""
        trust = self.trust
        registrar = trust.registrars[0].name
        return Home(self.path, Config(trust.origin, self.org, registrar, disclosure, trust.max_age, (), "", "none"))

    def followed(self, place: Place) -> "OrganisationHome":
        """Return the home with the newest trust that follows what was pinned, and pin that. Raises FollowError."""
        trust = follow_place(place, self.trust)
        if trust != self.trust:
            write_atomic(self.path / "trust.json", format_trust(trust))
        return replace(self, trust=trust)

    @property
    def outputs(self) -> Path:
        """Where the issuer's papers are written."""
        return self.path / "outputs"

    @property
    def _keyring_file(self) -> Path:
        return self.path / "keys" / "keyring.sealed"

    def open_register(self, *, create: bool = False) -> Holdings:
        """Open the organisation's register."""
        return Holdings.open(f"sqlite:///{(self.path / 'register.db').as_posix()}", create=create)

    def open_keyring(self, passphrase: str, *, allow_test: bool = False) -> Keyring:
        """Unseal the keyring. Raises SealError for a wrong passphrase, HomeError when there is no keyring."""
        return open_keyring_file(self._keyring_file, passphrase, allow_test=allow_test)[0]

    @property
    def has_keyring(self) -> bool:
        """Whether the key was made."""
        return self._keyring_file.exists()

    def make_keyring(self, passphrase: str, random: Random, kdf: KdfProfile) -> Keyring:
        """Make the organisation's key and those of its register."""
        keyring = Keyring({self.org: random(32)}, {DATA_KEY: random(32), TAG_KEY: random(32)})
        save_keyring_file(self._keyring_file, keyring, Seal(passphrase, salt=random(16), profile=kdf), random)
        return keyring

    @property
    def seen(self) -> bytes | None:
        """The checkpoint note that was seen last; None before the first."""
        try:
            return (self.path / "seen.checkpoint").read_bytes()
        except FileNotFoundError:
            return None

    def keep_seen(self, note: bytes) -> None:
        """Remember a checkpoint."""
        write_atomic(self.path / "seen.checkpoint", note)


def join_ledger(
    path: Path,
    place: Place,
    org: str,
    passphrase: str,
    *,
    random: Random,
    trust: Trust | None = None,
    kdf: KdfProfile = STANDARD,
) -> tuple[OrganisationHome, Keyring]:
    """Make the home of the organisation `org` for the ledger at `place`; return it with its keyring.

    `trust` are the keys to pin, those of the place itself when None are given: then their fingerprints must be compared
    with what the authority announced. Interrupted, it can be run again. Raises HomeError, PlaceError.
    """
    if not org_code(org):
        raise HomeError(f"{org} is no organisation code: it has 13 characters A-Z 0-9")
    pinned = trust or _trust_of(place)
    _, note = open_place_head(place, pinned)
    if not (path / FILE).exists():
        if path.exists() and any(path.iterdir()):
            raise HomeError(f"{path} is not empty; choose a new folder")
        path.mkdir(parents=True, exist_ok=True)
        write_atomic(path / FILE, _format(org).encode())
    if _read(path) != org:
        raise HomeError(f"{path} is the home of {_read(path)}, not of {org}")
    file = path / "trust.json"
    if not file.exists():
        write_atomic(file, format_trust(pinned))
    home = OrganisationHome.at(path)
    if home.trust.origin != pinned.origin or (not pinned.version and home.trust != pinned):
        raise HomeError(f"{path} has joined another ledger, {home.trust.origin}, or the same one under other keys")
    if home.seen is None:
        home.keep_seen(note)
    home.open_register(create=True).close()
    if home.has_keyring:
        return home, home.open_keyring(passphrase, allow_test=kdf is not STANDARD)
    return home, home.make_keyring(passphrase, random, kdf)


def _trust_of(place: Place) -> Trust:
    data = place.fetch("trust.json")
    if isinstance(data, Absent):
        raise PlaceError(f"{place.name}: there is no trust.json that can be read: not a public folder, or not now")
    try:
        return parse_trust(data)
    except FormatError as error:
        raise PlaceError(f"{place.name}: {error}") from error


def _format(org: str) -> str:
    return f"# Made by `ledger join`; do not edit it.\nversion = 1\norg = {json.dumps(org)}\n"


def _read(path: Path) -> str:
    try:
        values = tomllib.loads((path / FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise HomeError(f"{path} is no organisation's home (no {FILE}): {error}") from error
    if values.keys() != {"org", "version"} or values["version"] != 1 or not org_code(values["org"]):
        raise HomeError(f"{path / FILE}: must have org and version = 1")
    return str(values["org"])
