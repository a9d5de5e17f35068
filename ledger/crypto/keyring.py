"""Several private keys in one sealed secret: a command asks for one passphrase and pays Argon2id once.

The secret is canonical JSON; a key has 32 bytes, written base64url; the list is ordered by use, then name::

    {"keys":[{"key":"…","name":"rows","use":"data"},{"key":"…","name":"S000050000001","use":"sign"}],"v":1}

`sign` keys are Ed25519 seeds by the name in their vkey (an origin, a registrar's name, an organisation's
filing code; with "#next" behind it, the one that will take its place); `data` keys are symmetric, by what they do: seal
the register's rows, make person tags.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.encoding import format_base64url, parse_base64url
from ledger.core.errors import FormatError, LedgerError
from ledger.core.note import ED25519, VerifierKey
from ledger.crypto.signer import Ed25519Signer

__all__ = ["Keyring", "NoKeyError", "format_keyring", "next_name", "parse_keyring"]

KEY_SIZE: Final = 32


def next_name(name: str) -> str:
    """Return the name under which the seed is kept that will replace the one of `name`."""
    return f"{name}#next"


class NoKeyError(LedgerError):
    """The keyring has no key of that name: this machine is not the one that holds it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no key named {name} in the keyring")
        self.name = name


@dataclass(frozen=True, slots=True)
class Keyring:
    """Private keys by name; immutable, and its representation shows none of them."""

    sign: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    data: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for keys in (self.sign, self.data):
            for name, key in keys.items():
                if not name or len(key) != KEY_SIZE:
                    raise ValueError(f"a key has a name and {KEY_SIZE} bytes: {name}")
        object.__setattr__(self, "sign", MappingProxyType(dict(self.sign)))
        object.__setattr__(self, "data", MappingProxyType(dict(self.data)))

    def signer(self, name: str, kind: int = ED25519) -> Ed25519Signer:
        """Return the signer of that name, or raise NoKeyError. `kind`: COSIGNATURE for a witness."""
        seed = self.sign.get(name)
        if seed is None:
            raise NoKeyError(name)
        return Ed25519Signer(name, seed, kind)

    def signer_of(self, name: str, keys: Collection[VerifierKey]) -> Ed25519Signer:
        """Return the signer of that name whose public key is one of `keys`, or raise NoKeyError.

        While a key is replaced there are two seeds: the one in use, and the one to come under `next_name`.
        """
        for kept in (name, next_name(name)):
            if kept in self.sign and (signer := Ed25519Signer(name, self.sign[kept])).key in keys:
                return signer
        raise NoKeyError(name)

    def find_signer(self, key: VerifierKey) -> Ed25519Signer | None:
        """Return the signer with that key; None if it is not here."""
        try:
            return self.signer_of(key.name, [key])
        except NoKeyError:
            return None

    def next_signer(self, name: str) -> Ed25519Signer:
        """Return the signer with the seed to come, or raise NoKeyError."""
        if next_name(name) not in self.sign:
            raise NoKeyError(next_name(name))
        return Ed25519Signer(name, self.sign[next_name(name)])

    def succeeded(self, name: str) -> "Keyring":
        """Return a keyring in which the seed to come is the one in use, and the one before it is gone."""
        rest = {kept: seed for kept, seed in self.sign.items() if kept != next_name(name)}
        return Keyring({**rest, name: self.sign[next_name(name)]}, self.data)

    def data_key(self, name: str) -> bytes:
        """Return the symmetric key (32 bytes) of that name, or raise NoKeyError."""
        key = self.data.get(name)
        if key is None:
            raise NoKeyError(name)
        return key

    def with_signing_key(self, name: str, seed: bytes) -> "Keyring":
        """Return a keyring with one more seed; a name is never given a second key (ValueError)."""
        if name in self.sign:
            raise ValueError(f"the keyring has a key named {name}")
        return Keyring({**self.sign, name: seed}, self.data)

    def with_data_key(self, name: str, key: bytes) -> "Keyring":
        """Return a keyring with one more symmetric key; a name is never given a second key (ValueError)."""
        if name in self.data:
            raise ValueError(f"the keyring has a key named {name}")
        return Keyring(self.sign, {**self.data, name: key})


def format_keyring(keyring: Keyring) -> bytes:
    """Return the secret to seal. It holds keys in clear: it goes into `seal` and nowhere else."""
    keys: list[Value] = [
        {"key": format_base64url(key), "name": name, "use": use}
        for use, named in (("data", keyring.data), ("sign", keyring.sign))
        for name, key in sorted(named.items())
    ]
    return format_canonical({"keys": keys, "v": 1})


def parse_keyring(secret: bytes) -> Keyring:
    """Read what `format_keyring` wrote, or raise FormatError (its message never quotes the secret)."""
    value = parse_canonical(secret, "keyring")
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list):
        raise FormatError("keyring", "not a keyring of version 1")
    named: dict[str, dict[str, bytes]] = {"data": {}, "sign": {}}
    for item in keys:
        match item:
            case {"key": str(text), "name": str(name), "use": "data" | "sign" as use} if name:
                named[use][name] = parse_base64url(text, "key", KEY_SIZE)
            case _:
                raise FormatError("keyring", "a key without its name and use")
    keyring = Keyring(**named)
    # Written again and compared: this refuses unknown fields, other versions, repeated names, another order.
    if format_keyring(keyring) != secret:
        raise FormatError("keyring", "not a keyring of version 1")
    return keyring
