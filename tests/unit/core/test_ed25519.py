import pytest

from ledger.core.ed25519 import _SMALL_ORDER, is_sound_point, well_formed

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
BASE = bytes.fromhex("5866666666666666666666666666666666666666666666666666666666666666")


def little(number: int) -> bytes:
    return number.to_bytes(32, "little")


def test_the_table_is_the_published_one_of_canonical_and_minus_zero_encodings() -> None:
    assert sorted(point.hex() for point in _SMALL_ORDER) == sorted(
        [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000080",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        ]
    )


@pytest.mark.parametrize(
    ("point", "sound"),
    [
        (BASE, True),
        (little(P - 2), True),
        (little(P), False),
        (little(P | 2**255), False),
        (little(P + 1), False),
        (little(2**255 - 1), False),
        (b"\xff" * 32, False),
        (BASE[:31], False),
        (BASE + b"\0", False),
        (b"", False),
        *((point, False) for point in sorted(_SMALL_ORDER)),
    ],
)
def test_a_sound_point_is_canonical_and_of_large_order(point: bytes, sound: bool) -> None:
    assert is_sound_point(point) is sound


@pytest.mark.parametrize(
    ("key", "signature", "good"),
    [
        (BASE, BASE + little(L - 1), True),
        (BASE, BASE + little(L), False),
        (BASE, BASE + little(2**256 - 1), False),
        (BASE, BASE + little(1)[:31], False),
        (BASE, BASE + little(1) + b"\0", False),
        (BASE, b"", False),
        (BASE, little(1) + little(1), False),
        (BASE, little(P) + little(1), False),
        (little(1), BASE + little(1), False),
        (BASE[:31], BASE + little(1), False),
    ],
)
def test_bytes_are_judged_before_any_library(key: bytes, signature: bytes, good: bool) -> None:
    assert well_formed(key, signature) is good
