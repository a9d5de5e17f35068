"""Signing with a seed."""

import pytest
from nacl.signing import SigningKey

from ledger.core.note import ED25519, Signer, format_vkey, open_note, parse_vkey, sign_note
from ledger.crypto.pynacl_verify import verify
from ledger.crypto.signer import Ed25519Signer

SEED = bytes(range(32))


@pytest.mark.parametrize("size", [0, 1, 63, 64, 1000, 65_535])
def test_signatures_are_those_of_pynacl_and_repeatable(size: int) -> None:
    signer, message = Ed25519Signer("ledger.example/test", SEED), b"m" * size
    signature = signer.sign(message)
    assert signature == SigningKey(SEED).sign(message).signature == signer.sign(message)
    assert verify(signer.key.public, message, signature)


def test_the_public_key_has_the_name_and_the_kind() -> None:
    key = Ed25519Signer("ledger.example/test", SEED).key
    assert (key.name, key.kind, key.public) == ("ledger.example/test", ED25519, bytes(SigningKey(SEED).verify_key))
    assert parse_vkey(format_vkey(key)) == key


def test_a_note_signed_here_opens_with_the_public_key() -> None:
    signer: Signer = Ed25519Signer("ledger.example/test", SEED)
    note = sign_note("ledger.example/test\n1\nAAAA\n", [signer])
    assert open_note(note, [signer.key], verify).verified == (signer.key,)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_has_32_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Ed25519Signer("name", bytes(size))


def test_no_representation_shows_the_secret() -> None:
    signer = Ed25519Signer("name", SEED)
    assert repr(signer) == "Ed25519Signer('name')"
    assert SEED.hex() not in str(signer)
