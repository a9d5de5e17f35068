"""Ed25519 verification in pure Python: the adapter for the browser, where no C library is at hand.

It checks exactly the rule of `ledger.core.ed25519`; (5) is checked as libsodium checks it: the point [S]B -
[k]A is computed, encoded, and its bytes compared with R. Nothing here is secret, so nothing needs constant
time, and there is no signing. Why an own module: site/docs/adr/0002-ed25519-portable.md.

Points are extended twisted Edwards coordinates (X, Y, Z, T), x = X/Z, y = Y/Z, xy = T/Z, on -x^2 + y^2 = 1 +
dx^2y^2; the formulas are those of RFC 8032 section 5.1.4 (Hisil, Wong, Carter, Dawson 2008), which have no
exceptions. The two products share their doublings (Straus), over signed digits (width-w NAF) with tables of
odd multiples.

>>> key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
>>> signature = bytes.fromhex(
...     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
...     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
>>> verify(key, b"r", signature), verify(key, b"s", signature)
(True, False)
"""

from hashlib import sha512
from itertools import zip_longest
from typing import TypeAlias

from ledger.core.ed25519 import well_formed

__all__ = ["verify"]

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_D2 = 2 * _D % _P
_SQRT_M1 = pow(2, (_P - 1) // 4, _P)

_Point: TypeAlias = tuple[int, int, int, int]  # X, Y, Z, T
# Y + X, Y - X, 2Z, 2dT: what an addition needs of its second point
_Cached: TypeAlias = tuple[int, int, int, int]

_NEUTRAL: _Point = (0, 1, 1, 0)
_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_BASE_Y = 4 * pow(5, -1, _P) % _P
_BASE: _Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` over `message` by `public_key` is accepted; never raises."""
    if not well_formed(public_key, signature):
        return False
    point = _decode(public_key)
    if point is None:
        return False
    x, y, z, t = point
    k = int.from_bytes(sha512(signature[:32] + public_key + message).digest(), "little") % _L
    s = int.from_bytes(signature[32:], "little")
    return _encode(*_combine(s, k, (-x, y, z, -t))) == signature[:32]


def _decode(encoded: bytes) -> _Point | None:
    """The point of a canonical encoding, or None if there is none (RFC 8032 section 5.1.3)."""
    number = int.from_bytes(encoded, "little")
    y, sign = number % 2**255, number >> 255
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    # x = sqrt(u/v) by one power: u v^3 (u v^7)^((p-5)/8), or that times sqrt(-1).
    # u = 0 would be y = 1 or -1, a point of small order: refused before.
    v3 = v * v * v % _P
    x = u * v3 * pow(u * v3 * v3 * v, (_P - 5) // 8, _P) % _P
    square = v * x * x % _P
    if square == _P - u:
        x = x * _SQRT_M1 % _P
    elif square != u:
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _encode(x: int, y: int, z: int) -> bytes:
    inverse = pow(z, -1, _P)
    x = x * inverse % _P
    return (y * inverse % _P | (x & 1) << 255).to_bytes(32, "little")


def _add(point: _Point, cached: _Cached) -> _Point:
    x, y, z, t = point
    sum2, difference2, z2, t2 = cached
    a, b, c, d = (y - x) * difference2, (y + x) * sum2, t * t2 % _P, z * z2 % _P
    e, f, g, h = (b - a) % _P, d - c, d + c, (b + a) % _P
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _cache(point: _Point) -> _Cached:
    x, y, z, t = point
    return y + x, y - x, 2 * z, _D2 * t % _P


def _odd_multiples(point: _Point, width: int) -> dict[int, _Cached]:
    """Give d * point for every odd d, -2^(width-1) < d < 2^(width-1)."""
    twice = _cache(_add(point, _cache(point)))
    table = {}
    for digit in range(1, 2 ** (width - 1), 2):
        total, difference, z, t = table[digit] = _cache(point)
        table[-digit] = difference, total, z, -t
        point = _add(point, twice)
    return table


def _signed_digits(number: int, width: int) -> list[int]:
    """Digits d, least first, whose sum d * 2^i is `number`: most 0, the others odd and within 2^(width-1)."""
    digits = []
    while number:
        digit = 0
        if number & 1:
            digit = number % 2**width
            if digit >= 2 ** (width - 1):
                digit -= 2**width
            number -= digit
        digits.append(digit)
        number >>= 1
    return digits


_KEY_WIDTH = 5  # 8 multiples, made anew for each key
_BASE_WIDTH = 8  # 64 multiples of B, made once
_BASE_TABLE = _odd_multiples(_BASE, _BASE_WIDTH)


def _combine(s: int, k: int, point: _Point) -> tuple[int, int, int]:
    """[s]B + [k]point as X, Y, Z."""
    table = _odd_multiples(point, _KEY_WIDTH)
    digits = zip_longest(_signed_digits(s, _BASE_WIDTH), _signed_digits(k, _KEY_WIDTH), fillvalue=0)
    x, y, z, t = _NEUTRAL
    for of_base, of_key in reversed(list(digits)):
        # Doubling, in line and without T unless an addition follows: this is where the time goes.
        a, b = x * x, y * y
        g, h = b - a, -a - b
        e, f = ((x + y) * (x + y) + h) % _P, (g - 2 * z * z) % _P
        x, y, z = e * f % _P, g % _P * h % _P, f * g % _P
        if of_base or of_key:
            t = e * h % _P
            if of_base:
                x, y, z, t = _add((x, y, z, t), _BASE_TABLE[of_base])
            if of_key:
                x, y, z, t = _add((x, y, z, t), table[of_key])
    return x, y, z
