"""The home of one ledger: a folder on the issuer's offline machine.

    ledger.toml          configuration, written once by `ledger open`
    register.db          the private register (or elsewhere, by a database URL)
    keys/keyring.sealed  private keys under one passphrase
    public/              what may leave the machine; a projection of the register
    outputs/             filled forms and verification codes of each batch: personal data
    home.lock            held by the one command that writes

The anchor is a copy of the newest checkpoint outside this folder: a restored backup that is older than it must not go
on, because it would sign a second history.
"""

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ledger.core.digest import sha256
from ledger.core.errors import FormatError, LedgerError
from ledger.core.profile import Profile, load_profile
from ledger.crypto.keyring import Keyring, format_keyring, parse_keyring
from ledger.crypto.sealed import Seal, unseal
from ledger.publish.durable import write_atomic
from ledger.store import Store

__all__ = [
    "RECORDED",
    "Config",
    "Home",
    "HomeError",
    "Random",
    "format_config",
    "load_profiles",
    "open_keyring_file",
    "parse_config",
    "rules_digest",
    "save_keyring_file",
]

Random = Callable[[int], bytes]  # n -> n random bytes

RECORDED = "recorded"
# The members of ledger.toml; the last two can be changed.
_ORDER = (
    "origin", "operator", "registrar", "disclosure", "max_age", "profiles", "evidence", "witness", "predecessor",
    "register", "anchor",
)  # fmt: skip
PROFILES = Path(__file__).resolve().parent.parent / "profiles"


class HomeError(LedgerError):
    """The folder is not a ledger's home, or neither it nor what lies beside it allows what was asked."""


@dataclass(frozen=True, slots=True)
class Config:
    """What `ledger open` decided.

    `max_age` in seconds; `register` is a database URL, a relative SQLite path is below the home; `anchor` is a file
    outside the home. `evidence`: whether an issue must cite the workflow's evidence ("required") or may ("recorded").
    `witness` is a C2SP tlog-policy text, empty if no witnesses are asked for. `predecessor` is what the first record
    says of a ledger that this one follows: origin, size, root and log key as text; empty if there is none.
    """

    origin: str
    operator: str
    registrar: str
    disclosure: str
    max_age: int
    profiles: tuple[str, ...]
    register: str
    anchor: str
    evidence: str = RECORDED
    witness: str = ""
    predecessor: tuple[str, ...] = ()


def format_config(config: Config) -> str:
    """Return ledger.toml."""
    lines = [
        "# Made by `ledger open`. The ledger's first record repeats all but the last two lines; do not edit them.",
        "version = 1",
    ]
    for name in _ORDER:
        value = getattr(config, name)
        if (name, value) in (("evidence", RECORDED), ("witness", ""), ("predecessor", ())):
            continue  # what is absent is nothing special
        lines.append(f"{name} = {json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def parse_config(text: str) -> Config:
    """Return the configuration in ledger.toml. Raises HomeError naming the member that is wrong."""
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise HomeError(f"ledger.toml: {error}") from error
    if values.pop("version", None) != 1:
        raise HomeError("ledger.toml: version must be 1")
    values.setdefault("evidence", RECORDED)
    values.setdefault("witness", "")
    values.setdefault("predecessor", [])
    if values.keys() != set(_ORDER):
        wrong = sorted(values.keys() ^ set(_ORDER))
        raise HomeError(f"ledger.toml: missing or unknown: {', '.join(wrong)}")
    values["profiles"] = tuple(values["profiles"])
    values["predecessor"] = tuple(values["predecessor"])
    return Config(**values)


def load_profiles() -> dict[str, Profile]:
    """Return all rule sets that this version knows, by name."""
    return {file.stem: load_profile(file.read_text(encoding="utf-8")) for file in sorted(PROFILES.glob("*.toml"))}


def rules_digest() -> str:
    """Return the SHA-256 over the files of all rule sets, in hex."""
    files = sorted(PROFILES.glob("*.toml"))
    return sha256(b"".join(sha256(part) for file in files for part in (file.name.encode(), file.read_bytes()))).hex()


@dataclass(frozen=True, slots=True)
class Home:
    """One ledger's folder and its configuration."""

    path: Path
    config: Config

    @classmethod
    def at(cls, path: Path) -> "Home":
        """Return the home at `path`. Raises HomeError if there is none."""
        try:
            text = (path / "ledger.toml").read_text(encoding="utf-8")
        except OSError as error:
            raise HomeError(f"{path} holds no ledger (no ledger.toml): {error.strerror}") from error
        return cls(path, parse_config(text))

    @property
    def public(self) -> Path:
        """The public folder."""
        return self.path / "public"

    @property
    def outputs(self) -> Path:
        """Where the issuer's papers are written."""
        return self.path / "outputs"

    def correction_file(self, code: str, size: int) -> Path:
        """Return where a correction's new verification code is written; `size` is the ledger's with it."""
        return self.outputs / "corrections" / f"{code}-{size}.xlsx"

    def correction_files(self, code: str) -> list[Path]:
        """Return the files that corrections of a certificate have written."""
        return sorted((self.outputs / "corrections").glob(f"{code}-*.xlsx"))

    @property
    def keyring_file(self) -> Path:
        """The sealed keyring."""
        return self.path / "keys" / "keyring.sealed"

    @property
    def anchor(self) -> Path:
        """The copy of the newest checkpoint, outside the home."""
        return (self.path / self.config.anchor).resolve()

    def open_store(self, *, create: bool = False) -> Store:
        """Open the private register."""
        url = self.config.register
        if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).is_absolute():
            url = f"sqlite:///{(self.path / url.removeprefix('sqlite:///')).as_posix()}"
        return Store.open(url, create=create)

    def open_keyring(self, passphrase: str, *, allow_test: bool = False) -> tuple[Keyring, Seal]:
        """Unseal the keyring. Raises SealError for a wrong passphrase, HomeError when there is no keyring."""
        return open_keyring_file(self.keyring_file, passphrase, allow_test=allow_test)

    def save_keyring(self, keyring: Keyring, seal: Seal, random: Random) -> None:
        """Seal and replace the keyring, durably: a key that signs must never be lost after its record is written."""
        save_keyring_file(self.keyring_file, keyring, seal, random)


def open_keyring_file(path: Path, passphrase: str, *, allow_test: bool = False) -> tuple[Keyring, Seal]:
    """Unseal a keyring. Raises SealError for a wrong passphrase, HomeError when there is no keyring."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HomeError(f"{path}: {error.strerror}") from error
    try:
        secret, seal = unseal(data, passphrase, allow_test=allow_test)
        return parse_keyring(secret), seal
    except FormatError as error:
        raise HomeError(f"{path}: {error}") from error


def save_keyring_file(path: Path, keyring: Keyring, seal: Seal, random: Random) -> None:
    """Seal and replace a keyring, durably."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, seal.seal(format_keyring(keyring), nonce=random(12)), private=True)
