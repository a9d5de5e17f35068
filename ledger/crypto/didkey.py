"""did:key: an Ed25519 public key as other people's credentials write it (W3C CCG, The did:key Method).

    did:key    "did:key:z" base58btc(0xed 0x01 ‖ public key)

Anybody can make one: it names a key and says nothing of whose it is.

>>> did = format_did_key(bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
>>> did, parse_did_key(did)[:3].hex()
('did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw', 'd75a98')
"""

from typing import Final

from ledger.core.ed25519 import PUBLIC_KEY_SIZE
from ledger.core.errors import FormatError

__all__ = ["format_base58", "format_did_key", "parse_base58", "parse_did_key"]

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519: Final = b"\xed\x01"  # the multicodec of an Ed25519 public key


def format_base58(data: bytes) -> str:
    """Return base58btc, without a multibase prefix."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def parse_base58(text: str, what: str, size: int) -> bytes:
    """Return the `size` bytes that base58btc writes. Raises FormatError."""
    number = 0
    if len(text) > 2 * size:  # never more than 1.37 characters a byte
        raise FormatError(what, f"not {size} bytes")
    for character in text:
        if character not in _ALPHABET:
            raise FormatError(what, "not base58btc")
        number = number * 58 + _ALPHABET.index(character)
    if number >> (8 * size):
        raise FormatError(what, f"not {size} bytes")
    data = number.to_bytes(size, "big")
    if format_base58(data) != text:
        raise FormatError(what, f"not {size} bytes")
    return data


def format_did_key(public: bytes) -> str:
    """Return the did:key of an Ed25519 public key (32 bytes)."""
    return "did:key:z" + format_base58(_ED25519 + public)


def parse_did_key(did: str) -> bytes:
    """Return the Ed25519 public key (32 bytes) of a did:key. Raises FormatError."""
    if not did.startswith("did:key:z"):
        raise FormatError("did:key", "not a did:key")
    data = parse_base58(did.removeprefix("did:key:z"), "did:key", len(_ED25519) + PUBLIC_KEY_SIZE)
    if not data.startswith(_ED25519):
        raise FormatError("did:key", "not an Ed25519 key")
    return data[len(_ED25519) :]
