"""Personal data at rest."""

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from ledger.crypto.rowseal import RowSealer, RowSealError, person_tag, roster_tag

KEY = bytes(range(32))
ROW = b"S000050000001263000001"


@given(st.binary(max_size=40), st.binary(min_size=1, max_size=400))
def test_a_sealed_row_opens_as_it_was(row_id: bytes, plaintext: bytes) -> None:
    sealer = RowSealer(KEY)
    sealed = sealer.seal(row_id, plaintext)
    assert len(sealed) == len(plaintext) + 16
    assert sealer.open(row_id, sealed) == plaintext


def test_the_form_is_aes_256_siv_with_the_row_as_associated_data() -> None:
    key = hmac.new(KEY, b"skill-ledger/row/v1", hashlib.sha512).digest()
    assert RowSealer(KEY).seal(ROW, b"plain") == AESSIV(key).encrypt(b"plain", [ROW])


def test_a_row_does_not_open_elsewhere_or_changed_or_with_another_key() -> None:
    sealer = RowSealer(KEY)
    sealed = sealer.seal(ROW, b"personal data")
    with pytest.raises(RowSealError):
        sealer.open(b"S000050000001263000002", sealed)
    with pytest.raises(RowSealError):
        RowSealer(bytes(32)).open(ROW, sealed)
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(RowSealError):
            sealer.open(ROW, bytes(changed))
    for size in range(len(sealed)):
        with pytest.raises(RowSealError):
            sealer.open(ROW, sealed[:size])


def test_equal_personal_data_of_two_rows_looks_different() -> None:
    sealer = RowSealer(KEY)
    assert sealer.seal(b"1", b"same") != sealer.seal(b"2", b"same")


def test_keys_have_32_bytes() -> None:
    with pytest.raises(ValueError, match="32"):
        RowSealer(b"short")
    with pytest.raises(ValueError, match="32"):
        person_tag(b"short", "1", "2", "3", "4")


def test_a_tag_is_hmac_over_the_lengths_and_fields() -> None:
    message = b"skill-ledger/person/v1\n" + b"".join(
        len(field).to_bytes(4, "big") + field for field in (b"id", b"110101199001011237", b"6-31-01-01", "三".encode())
    )
    expected = hmac.new(KEY, message, hashlib.sha256).digest()
    assert person_tag(KEY, "id", "110101199001011237", "6-31-01-01", "三") == expected


def test_tags_differ_wherever_the_field_ends_are() -> None:
    cuts = [tuple(cut.split("/")) for cut in ("a/b/c/d", "ab//c/d", "/ab/c/d", "a/b//cd", "a/b/cd/")]
    assert len({person_tag(KEY, *cut) for cut in cuts}) == 5
    assert person_tag(KEY, "a", "b", "c", "d") != person_tag(bytes(32), "a", "b", "c", "d")


def test_a_roster_is_named_under_the_key_only() -> None:
    form = b"skill-ledger/roster/v1\n"
    assert roster_tag(KEY, form) == hmac.digest(KEY, form, "sha256") != hashlib.sha256(form).digest()
    assert roster_tag(bytes(32), form) != roster_tag(KEY, form) != roster_tag(KEY, form + b"x")
    with pytest.raises(ValueError, match="32 bytes"):
        roster_tag(b"short", form)
