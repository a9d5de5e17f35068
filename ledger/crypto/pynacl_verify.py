"""The native Ed25519 verifier: libsodium through PyNaCl, behind the core's byte check.

The rule is DESIGN 4.1: `well_formed` decides its parts (1)-(4) on the bytes alone, libsodium part (5), the
cofactorless equation. libsodium enforces (1)-(4) itself; the check stands in front all the same, because it
makes every engine agree.

Speed: `crypto_sign_open` is called with a null output, which libsodium allows (it then only compares). That
leaves one copy, signature ‖ message, the form that PyNaCl exports; `VerifyKey.verify` makes four.
"""

from nacl._sodium import ffi, lib  # type: ignore[import-not-found]  # a compiled module without types
from nacl.bindings import crypto_core_ed25519_is_valid_point

from ledger.core.ed25519 import well_formed

__all__ = ["is_sound_key", "verify"]

_open = lib.crypto_sign_open
_NULL = ffi.NULL


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether `signature` (64 bytes) by `public_key` (32 bytes) is good for `message`; never raises."""
    if not well_formed(public_key, signature):
        return False
    return bool(_open(_NULL, _NULL, signature + message, 64 + len(message), public_key) == 0)


def is_sound_key(public_key: bytes) -> bool:
    """Say whether the bytes are a point of the prime-order group; asked once, when a key is filed.

    `verify` alone accepts keys with a small-order component, which only a dishonest key holder makes.
    """
    return len(public_key) == 32 and crypto_core_ed25519_is_valid_point(public_key)
