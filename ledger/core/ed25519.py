"""Ed25519: which signatures are accepted, and the port behind which adapters stand.

A signature (R, S) by the public key A over a message is accepted exactly if

    (1) A is 32 bytes, the signature 64: R (32 bytes), then S (32 bytes, little-endian)
    (2) A and R are canonically encoded: y < p = 2^255 - 19, the top bit being the sign of x
    (3) S < L = 2^252 + 27742317777372353535851937790883648493
    (4) neither A nor R is one of the points of small order
    (5) [S]B = R + [k]A, without cofactor, k = SHA-512(R || A || message) mod L over the bytes as given

That is what libsodium does; RFC 8032 alone leaves (4) and the cofactor open, and libraries differ: of 1,077
published edge vectors OpenSSL accepts 169 that this rule refuses. `well_formed` checks (1)-(4) on the bytes.
An adapter is a function of the type `Verify` that asks `well_formed` first and then any library with the
cofactorless equation (5); so all adapters agree on every input.

The eight canonical points of small order, and two encodings of them with x = "minus 0", are a table; four
more encodings (y = p, y = p + 1) fall to (2).

>>> rfc8032_test_1 = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
>>> is_sound_point(rfc8032_test_1), is_sound_point(bytes(32)), well_formed(rfc8032_test_1, bytes(64))
(True, False, False)
"""

from collections.abc import Callable
from typing import TypeAlias

__all__ = ["PUBLIC_KEY_SIZE", "SIGNATURE_SIZE", "Verify", "is_sound_point", "well_formed"]

PUBLIC_KEY_SIZE = 32
SIGNATURE_SIZE = 64

# (public key, message, signature) -> accepted. Never raises, whatever the bytes.
Verify: TypeAlias = Callable[[bytes, bytes, bytes], bool]

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_SIGN = 2**255

_ORDER_8 = (
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
)
_SMALL_ORDER = frozenset(
    [bytes.fromhex(point) for point in _ORDER_8]
    # y = 0 (order 4), y = 1 (the neutral element), y = -1 (order 2), each with both signs of x
    + [(y | sign).to_bytes(32, "little") for y in (0, 1, _P - 1) for sign in (0, _SIGN)]
)


def is_sound_point(encoded: bytes) -> bool:
    """Whether `encoded` is 32 bytes, canonical and not of small order: (1), (2), (4) for one point."""
    return (
        len(encoded) == PUBLIC_KEY_SIZE
        and int.from_bytes(encoded, "little") % _SIGN < _P
        and encoded not in _SMALL_ORDER
    )


def well_formed(public_key: bytes, signature: bytes) -> bool:
    """Whether (1)-(4) hold; only then may a library be asked for (5)."""
    return (
        len(signature) == SIGNATURE_SIZE
        and is_sound_point(public_key)
        and is_sound_point(signature[:32])
        and int.from_bytes(signature[32:], "little") < _L
    )
