"""A secret sealed under a passphrase: the form of every private key file.

Three lines of ASCII, each ended by a newline::

    skill-ledger/sealed/v1
    {"aead":"aes-256-gcm","kdf":"argon2id","lanes":1,"memory":262144,"nonce":"…","passes":3,"profile":"standard","salt":"…"}
    <base64url of ciphertext ‖ 16-byte tag>

The second line is canonical JSON: memory in KiB, a salt of 16 bytes, a nonce of 12, both base64url. The key of
AES-256-GCM is Argon2id (RFC 9106) of the passphrase, NFC, in UTF-8. The first two lines with their newlines are
the associated data, so no parameter can be changed unnoticed.

The parameters are read from the file within bounds (256 MiB to 1 GiB, at least 3 passes): a planted file can
neither weaken a secret that is sealed again nor exhaust the machine. The profile "test" has 8 MiB; it is for
tests and demonstrations, and is opened only by a caller that says so.

Never a library's own encrypted PEM: that is PBKDF2 with 2,048 rounds.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.encoding import format_base64url, parse_base64url
from ledger.core.errors import FormatError, LedgerError

__all__ = [
    "STANDARD",
    "TEST",
    "KdfProfile",
    "Seal",
    "SealError",
    "WeakSealError",
    "WrongPassphraseError",
    "open_sealed",
    "seal",
    "unseal",
]

MAGIC: Final = b"skill-ledger/sealed/v1\n"
SALT_SIZE: Final = 16
NONCE_SIZE: Final = 12
MAX_SIZE: Final = 131_072  # bytes; a keyring of hundreds of keys


class SealError(LedgerError):
    """A sealed secret cannot be opened."""


class WrongPassphraseError(SealError):
    """The passphrase is wrong, or the file was changed: authenticated encryption cannot tell which."""

    def __init__(self) -> None:
        super().__init__("wrong passphrase, or the key file was changed")


class WeakSealError(SealError):
    """A file of the weak profile "test" was met where only real keys are accepted."""

    def __init__(self) -> None:
        super().__init__("the key file is sealed with the test profile, which protects nothing")


@dataclass(frozen=True, slots=True)
class KdfProfile:
    """Argon2id parameters under a name; `memory` in KiB."""

    name: str
    memory: int
    passes: int
    lanes: int


STANDARD: Final = KdfProfile("standard", memory=256 * 1024, passes=3, lanes=1)  # about 0.8 s; DESIGN 4.7
TEST: Final = KdfProfile("test", memory=8 * 1024, passes=1, lanes=1)  # tests and demonstrations only

_MEMORY: Final = range(256 * 1024, 1024 * 1024 + 1)
_PASSES: Final = range(3, 17)
_LANES: Final = range(1, 5)


class Seal:
    """A derived key with its salt and parameters: seals again without another Argon2id.

    A new nonce for every `seal` is the caller's duty: 12 random bytes.
    """

    __slots__ = ("_aead", "_profile", "_salt")

    def __init__(self, passphrase: str, *, salt: bytes, profile: KdfProfile = STANDARD) -> None:
        """Derive the key; `salt` is 16 random bytes. Costs what the profile says: time and memory."""
        if not passphrase:
            raise ValueError("an empty passphrase seals nothing")
        if len(salt) != SALT_SIZE:
            raise ValueError(f"a salt has {SALT_SIZE} bytes")
        _check_profile(profile)
        derived = Argon2id(
            salt=salt,
            length=32,
            iterations=profile.passes,
            lanes=profile.lanes,
            memory_cost=profile.memory,
        ).derive(unicodedata.normalize("NFC", passphrase).encode())
        self._aead = AESGCM(derived)
        self._salt = salt
        self._profile = profile

    def seal(self, secret: bytes, *, nonce: bytes) -> bytes:
        """Return the file's bytes."""
        if len(nonce) != NONCE_SIZE:
            raise ValueError(f"a nonce has {NONCE_SIZE} bytes")
        header = _format_header(self._profile, self._salt, nonce)
        return header + format_base64url(self._aead.encrypt(nonce, secret, header)).encode() + b"\n"

    def open(self, nonce: bytes, header: bytes, sealed: bytes) -> bytes:
        """Return the secret, or raise WrongPassphraseError."""
        try:
            return self._aead.decrypt(nonce, sealed, header)
        except InvalidTag:
            raise WrongPassphraseError from None


def seal(
    secret: bytes,
    passphrase: str,
    *,
    salt: bytes,
    nonce: bytes,
    profile: KdfProfile = STANDARD,
) -> bytes:
    """Seal `secret`; `salt` (16) and `nonce` (12) are fresh random bytes. Returns the file's bytes."""
    return Seal(passphrase, salt=salt, profile=profile).seal(secret, nonce=nonce)


def open_sealed(data: bytes, passphrase: str, *, allow_test: bool = False) -> bytes:
    """Return the secret in `data`.

    Raises WrongPassphraseError, WeakSealError (weak profile, not allowed) or FormatError (not a sealed file).
    """
    return unseal(data, passphrase, allow_test=allow_test)[0]


def unseal(data: bytes, passphrase: str, *, allow_test: bool = False) -> tuple[bytes, Seal]:
    """Like `open_sealed`, and the Seal to seal a changed secret again at no cost."""
    profile, salt, nonce, header, sealed = _parse(data)
    if profile.name == TEST.name and not allow_test:
        raise WeakSealError
    key = Seal(passphrase, salt=salt, profile=profile)
    return key.open(nonce, header, sealed), key


def _format_header(profile: KdfProfile, salt: bytes, nonce: bytes) -> bytes:
    return (
        MAGIC
        + format_canonical(
            {
                "aead": "aes-256-gcm",
                "kdf": "argon2id",
                "lanes": profile.lanes,
                "memory": profile.memory,
                "nonce": format_base64url(nonce),
                "passes": profile.passes,
                "profile": profile.name,
                "salt": format_base64url(salt),
            }
        )
        + b"\n"
    )


def _parse(data: bytes) -> tuple[KdfProfile, bytes, bytes, bytes, bytes]:
    if len(data) > MAX_SIZE:
        raise FormatError("key file", "too long")
    lines = data.split(b"\n")
    if not data.startswith(MAGIC) or len(lines) != 4 or lines[3]:
        raise FormatError("key file", "not a sealed key file of version 1")
    fields = parse_canonical(lines[1], "key file header")
    if not isinstance(fields, dict):
        raise FormatError("key file header", "not an object")
    profile = KdfProfile(
        _text(fields, "profile"),
        memory=_number(fields, "memory"),
        passes=_number(fields, "passes"),
        lanes=_number(fields, "lanes"),
    )
    salt = parse_base64url(_text(fields, "salt"), "salt", SALT_SIZE)
    nonce = parse_base64url(_text(fields, "nonce"), "nonce", NONCE_SIZE)
    header = MAGIC + lines[1] + b"\n"
    # Written again and compared: this also refuses unknown fields, algorithms and versions.
    if header != _format_header(profile, salt, nonce):
        raise FormatError("key file header", "unknown fields or algorithms")
    try:
        _check_profile(profile)
    except ValueError as error:
        raise FormatError("key file header", str(error)) from None
    try:
        body = lines[2].decode("ascii")
    except UnicodeDecodeError:
        raise FormatError("key file", "not ASCII") from None
    return profile, salt, nonce, header, parse_base64url(body, "key file body")


def _check_profile(profile: KdfProfile) -> None:
    if profile == TEST:
        return
    if profile.name != STANDARD.name:
        raise ValueError(f"no profile of this name and strength: {profile.name}")
    if profile.memory not in _MEMORY or profile.passes not in _PASSES or profile.lanes not in _LANES:
        raise ValueError("Argon2id parameters out of bounds")


def _text(fields: dict[str, Value], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise FormatError("key file header", f"{name} is not a text")
    return value


def _number(fields: dict[str, Value], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise FormatError("key file header", f"{name} is not a number")
    return value
