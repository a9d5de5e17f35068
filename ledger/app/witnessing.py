"""A witness's own side: its home, and the one way to a cosignature.

    witness.toml          the witness's name; written once by `ledger witness new`
    keys/keyring.sealed   its key, under a passphrase
    logs/<h>/vkey         the key of a log that is followed; h = hex SHA-256 of its origin
    logs/<h>/before       the key it had before, if it has changed: what was admitted may still be under that one
    logs/<h>/checkpoint   the newest checkpoint admitted, as the log signed it; empty before the first
    home.lock             held by the one process that cosigns

`Witness.answer` follows the procedure of `ledger.core.witness`. What was admitted is on the disk before a signature
exists; killed anywhere, the next run admits only what continues it. A state that cannot be read, or a followed log
without its file, stops the witness: one that begins again at 0 could sign a second history.
"""

import json
import tomllib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.app.home import HomeError, Random, open_keyring_file, save_keyring_file
from ledger.core.checkpoint import Checkpoint, open_checkpoint
from ledger.core.digest import sha256
from ledger.core.errors import FormatError, LedgerError
from ledger.core.note import (
    COSIGNATURE,
    ED25519,
    NoteSignature,
    VerifierKey,
    check_key_name,
    format_vkey,
    open_note,
    parse_note,
    parse_vkey,
)
from ledger.core.witness import Refused, add_cosignatures, admit, cosign, parse_request
from ledger.crypto.keyring import Keyring
from ledger.crypto.pynacl_verify import verify
from ledger.crypto.sealed import STANDARD, KdfProfile, Seal
from ledger.crypto.signer import Ed25519Signer
from ledger.publish.durable import lock_home, write_atomic

__all__ = ["FILE", "Refused", "Witness", "WitnessHome", "follow_log", "log_folder", "make_witness", "witnessing"]

FILE = "witness.toml"


def log_folder(origin: str) -> str:
    """Return how the folder of the log `origin` is called, on the disk and in C2SP tlog-witness's URLs."""
    return sha256(origin.encode()).hex()


@dataclass(frozen=True, slots=True)
class WitnessHome:
    """One witness's folder, and its name."""

    path: Path
    name: str

    @classmethod
    def at(cls, path: Path) -> "WitnessHome":
        """Return the home at `path`. Raises HomeError if there is none."""
        try:
            values = tomllib.loads((path / FILE).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise HomeError(f"{path} is not the home of a witness ({FILE}): {error}") from error
        name = values.get("name")
        if values.keys() != {"name", "version"} or values["version"] != 1 or not isinstance(name, str):
            raise HomeError(f"{path / FILE}: it holds version = 1 and a name, nothing else")
        return cls(path, name)

    @property
    def keyring_file(self) -> Path:
        """The sealed keyring."""
        return self.path / "keys" / "keyring.sealed"

    def signer(self, passphrase: str, *, allow_test: bool = False) -> Ed25519Signer:
        """Unseal the witness's key. Raises SealError for a wrong passphrase."""
        keyring, _ = open_keyring_file(self.keyring_file, passphrase, allow_test=allow_test)
        return keyring.signer(self.name, COSIGNATURE)

    def logs(self) -> dict[str, VerifierKey]:
        """Return the keys of the logs that are followed, by origin."""
        keys = [self._key(file) for file in sorted((self.path / "logs").glob("*/vkey"))]
        return {key.name: key for key in keys}

    def _key(self, file: Path) -> VerifierKey:
        try:
            return parse_vkey(file.read_text(encoding="utf-8").removesuffix("\n"))
        except (OSError, UnicodeDecodeError, FormatError) as error:
            raise HomeError(f"the key in {file} cannot be read: {error}") from error

    def note(self, origin: str) -> bytes:
        """Return the newest note admitted of a log, empty before the first. Raises HomeError if it is gone."""
        file = self._file(origin)
        try:
            return file.read_bytes()
        except OSError as error:
            raise _lost(file, error.strerror) from error

    def kept(self, key: VerifierKey) -> Checkpoint | None:
        """Return the newest checkpoint admitted of a log, None before the first. Raises HomeError if it is damaged."""
        note = self.note(key.name)
        if not note:
            return None
        before = self._file(key.name).parent / "before"
        keys = [key, self._key(before)] if before.is_file() else [key]
        try:
            signed = open_note(note, keys, verify).verified[0]
            return open_checkpoint(note, signed, verify)
        except LedgerError as error:
            raise _lost(self._file(key.name), error) from error

    def keep(self, origin: str, note: bytes) -> None:
        """Write down, durably, what is going to be cosigned."""
        write_atomic(self._file(origin), note)

    def _file(self, origin: str) -> Path:
        return self.path / "logs" / log_folder(origin) / "checkpoint"


def _lost(file: Path, problem: object) -> HomeError:
    return HomeError(
        f"{file} cannot be read: {problem}: a witness that lost its state must not go on for this log; bring back the "
        "newest state, or make a new witness and have the log's policy name that one"
    )


def make_witness(
    path: Path, name: str, passphrase: str, *, random: Random, kdf: KdfProfile = STANDARD
) -> tuple[WitnessHome, VerifierKey]:
    """Make the home of a new witness with a fresh key; return it with the public key. Interrupted, run it again."""
    try:
        check_key_name(name, "witness")
    except FormatError as error:
        raise HomeError(f"a witness cannot be named so: {error}") from error
    home = WitnessHome(path, name)
    if (path / FILE).exists():
        if WitnessHome.at(path).name != name or home.keyring_file.exists():
            raise HomeError(f"{path} is the home of a witness already")
    elif path.exists() and any(path.iterdir()):
        raise HomeError(f"{path} is not empty; choose a new folder")
    path.mkdir(parents=True, exist_ok=True)
    write_atomic(path / FILE, f"version = 1\nname = {json.dumps(name, ensure_ascii=False)}\n".encode())
    keyring = Keyring({name: random(32)})
    save_keyring_file(home.keyring_file, keyring, Seal(passphrase, salt=random(16), profile=kdf), random)
    return home, keyring.signer(name, COSIGNATURE).key


def follow_log(home: WitnessHome, key: VerifierKey, before: Collection[VerifierKey] = ()) -> None:
    """Follow the log of `key` from now on; a log followed already must have had one of the keys `before`.

    What was admitted of it stays: a new key continues the old history. Raises HomeError.
    """
    if key.kind != ED25519:
        raise HomeError(f"{key.name}: not the key of a log")
    with lock_home(home.path):
        folder = home.path / "logs" / log_folder(key.name)
        if (folder / "vkey").exists():
            if home.logs()[key.name] not in before:
                raise HomeError(
                    f"{key.name} is followed already; a log that has changed its key is followed by --trust, with a "
                    "trust.json that names the key of before"
                )
            home.kept(home.logs()[key.name])  # raises for a lost state
            write_atomic(folder / "before", (folder / "vkey").read_bytes())
            write_atomic(folder / "vkey", f"{format_vkey(key)}\n".encode())
            return
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / "checkpoint", b"")
        write_atomic(folder / "vkey", f"{format_vkey(key)}\n".encode())


class Witness:
    """A witness at work, under its home's lock."""

    def __init__(self, home: WitnessHome, signer: Ed25519Signer) -> None:
        """Cosign with `signer`; made by `witnessing`."""
        self._home, self._signer = home, signer

    def answer(self, request: bytes, now: int) -> tuple[Checkpoint, NoteSignature]:
        """Return what was admitted and the cosignature at `now`. Raises Refused, and HomeError for a lost state."""
        logs = self._home.logs()
        kept = {origin: old for origin, key in logs.items() if (old := self._home.kept(key)) is not None}
        checkpoint, note = admit(request, logs, kept, verify)
        if kept.get(checkpoint.origin) != checkpoint:
            self._home.keep(checkpoint.origin, parse_request(request).note)
        # The promise is on the disk: from here on this witness signs nothing that does not continue it.
        return checkpoint, cosign(note.text, self._signer, now)

    def newest(self, folder: str, now: int) -> bytes | None:
        """Return the newest note admitted of the log with that `log_folder`, cosigned; None if there is none."""
        for origin in self._home.logs():
            if log_folder(origin) == folder and (note := self._home.note(origin)):
                return add_cosignatures(note, [cosign(parse_note(note).text, self._signer, now)])
        return None


@contextmanager
def witnessing(home: WitnessHome, signer: Ed25519Signer) -> Iterator[Witness]:
    """Hold the home's lock and give the witness at work."""
    with lock_home(home.path):
        yield Witness(home, signer)
