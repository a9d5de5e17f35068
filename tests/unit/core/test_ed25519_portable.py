import pytest

from ledger.core import ed25519_portable as portable
from ledger.core.ed25519_portable import verify
from ledger.crypto.pynacl_verify import verify as verify_with_libsodium
from tests.mangle import one_byte_changes
from tests.vectors.runner import PortableSigner, times_base

L = portable._L
SIGNER = PortableSigner("example.org/test", bytes(range(32)))
KEY, MESSAGE = SIGNER.key.public, b"This is a message.\n"
SIGNATURE = SIGNER.sign(MESSAGE)


def test_rfc_8032_test_1024_bytes_long_message_is_made_and_verified_again() -> None:
    message = bytes(i % 251 for i in range(1023))
    signature = SIGNER.sign(message)
    assert verify(KEY, message, signature)
    assert verify_with_libsodium(KEY, message, signature)


def test_every_one_byte_change_is_refused_as_libsodium_does() -> None:
    for signature in one_byte_changes(SIGNATURE):
        assert not verify(KEY, MESSAGE, signature)
        assert not verify_with_libsodium(KEY, MESSAGE, signature)
    for key in one_byte_changes(KEY):
        assert not verify(key, MESSAGE, SIGNATURE)
    for message in one_byte_changes(MESSAGE):
        assert not verify(KEY, message, SIGNATURE)


@pytest.mark.parametrize("length", [0, 31, 33, 63, 65])
def test_any_length_is_a_refusal_and_no_error(length: int) -> None:
    assert not verify(bytes(length), MESSAGE, SIGNATURE)
    assert not verify(KEY, MESSAGE, bytes(length))


def test_arithmetic_agrees_with_plain_double_and_add() -> None:
    """The group laws: multiples of the base point by the fast way and by repeated addition."""
    point, cached = portable._NEUTRAL, portable._cache(portable._BASE)
    for number in range(300):
        assert times_base(number) == portable._encode(*point[:3])
        assert times_base(number + L) == portable._encode(*point[:3])
        point = portable._add(point, cached)


@pytest.mark.parametrize(("s", "k"), [(1, 1), (2, 1), (127, 128), (L - 1, L - 1), (2**252, 3), (L - 3, 16)])
def test_two_products_at_once_are_the_sum_of_each(s: int, k: int) -> None:
    point = portable._decode(KEY)
    assert point is not None
    one = portable._decode(portable._encode(*portable._combine(s, 0, point)))
    other = portable._decode(portable._encode(*portable._combine(0, k, point)))
    assert one is not None
    assert other is not None
    apart = portable._add(one, portable._cache(other))
    assert portable._encode(*portable._combine(s, k, point)) == portable._encode(*apart[:3])


def test_half_of_all_y_are_points_and_they_decode_to_themselves() -> None:
    points = 0
    for y in range(2, 202):
        for sign in (0, 2**255):
            encoded = (y | sign).to_bytes(32, "little")
            point = portable._decode(encoded)
            if point is not None:
                points += 1
                assert portable._encode(*point[:3]) == encoded
    assert 160 < points < 240
    assert points % 2 == 0


def test_signed_digits_are_sparse_and_sum_to_the_number() -> None:
    for width in (2, 5, 8):
        for number in (0, 1, 2, 31, 2**255 - 19, L - 1):
            digits = portable._signed_digits(number, width)
            assert sum(digit << place for place, digit in enumerate(digits)) == number
            assert all(digit == 0 or (digit % 2 and abs(digit) < 2 ** (width - 1)) for digit in digits)
