"""Sealed secrets: one format, every change noticed, no weak parameters."""

import base64
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from ledger.core.errors import FormatError
from ledger.crypto import sealed
from ledger.crypto.sealed import STANDARD, TEST, KdfProfile, Seal, SealError, WeakSealError, WrongPassphraseError

SALT, NONCE = b"s" * 16, b"n" * 12
SECRET = b"32 bytes of a secret, more or less"
FILE = sealed.seal(SECRET, "correct horse", salt=SALT, nonce=NONCE, profile=TEST)


def test_the_format_is_argon2id_and_aes_256_gcm_over_the_header() -> None:
    header = (
        b"skill-ledger/sealed/v1\n"
        b'{"aead":"aes-256-gcm","kdf":"argon2id","lanes":1,"memory":8192,"nonce":"bm5ubm5ubm5ubm5u","passes":1,'
        b'"profile":"test","salt":"c3Nzc3Nzc3Nzc3Nzc3Nzcw"}\n'
    )
    key = Argon2id(salt=SALT, length=32, iterations=1, lanes=1, memory_cost=8192).derive(b"correct horse")
    body = base64.urlsafe_b64encode(AESGCM(key).encrypt(NONCE, SECRET, header)).rstrip(b"=")
    assert header + body + b"\n" == FILE


def test_the_standard_profile_is_what_the_design_asks_for() -> None:
    assert STANDARD.memory >= 256 * 1024
    assert (STANDARD.passes, STANDARD.lanes) == (3, 1)
    data = sealed.seal(SECRET, "correct horse", salt=SALT, nonce=NONCE)
    assert sealed.open_sealed(data, "correct horse") == SECRET


def test_a_wrong_passphrase_is_named_as_such() -> None:
    with pytest.raises(WrongPassphraseError):
        sealed.open_sealed(FILE, "correct hors", allow_test=True)


def test_a_passphrase_is_the_same_however_the_keyboard_composes_it() -> None:
    data = sealed.seal(SECRET, "caf\u00e9", salt=SALT, nonce=NONCE, profile=TEST)
    assert sealed.open_sealed(data, "cafe\u0301", allow_test=True) == SECRET


def test_a_test_file_is_refused_where_real_keys_are_expected() -> None:
    with pytest.raises(WeakSealError):
        sealed.open_sealed(FILE, "correct horse")
    assert sealed.open_sealed(FILE, "correct horse", allow_test=True) == SECRET


def test_the_seal_of_an_opened_file_seals_again_with_the_same_passphrase() -> None:
    _, seal = sealed.unseal(FILE, "correct horse", allow_test=True)
    again = seal.seal(b"another secret", nonce=b"m" * 12)
    assert sealed.open_sealed(again, "correct horse", allow_test=True) == b"another secret"


def test_any_changed_byte_is_noticed() -> None:
    for position in range(len(FILE)):
        changed = bytearray(FILE)
        changed[position] ^= 1
        with pytest.raises((SealError, FormatError)):
            sealed.open_sealed(bytes(changed), "correct horse", allow_test=True)


def test_any_truncation_or_extension_is_noticed() -> None:
    cut = [FILE[:size] for size in range(0, len(FILE), 7)]
    for changed in [*cut, FILE + b"\n", FILE + b"x", b"\n" + FILE, FILE * 2]:
        with pytest.raises((SealError, FormatError)):
            sealed.open_sealed(changed, "correct horse", allow_test=True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"memory":8192', b'"memory":8191'),
        (b'"memory":8192', b'"memory":4194304'),
        (b'"memory":8192', b'"memory":true'),
        (b'"memory":8192', b'"memory":"8192"'),
        (b'"profile":"test"', b'"profile":"standard"'),
        (b'"profile":"test"', b'"profile":"easy"'),
        (b'"profile":"test"', b'"profile":1'),
        (b'"kdf":"argon2id"', b'"kdf":"pbkdf2"'),
        (b'"lanes":1', b'"lanes":1,"more":1'),
        (b"/v1\n", b"/v2\n"),
        (b'{"aead"', b'[{"aead"'),
    ],
)
def test_other_parameters_and_algorithms_are_refused_before_any_work(old: bytes, new: bytes) -> None:
    assert old in FILE
    with pytest.raises(FormatError):
        sealed.open_sealed(FILE.replace(old, new), "correct horse", allow_test=True)


def test_a_header_that_is_no_object_is_refused() -> None:
    with pytest.raises(FormatError, match="not an object"):
        sealed.open_sealed(b'skill-ledger/sealed/v1\n["x"]\nAAAA\n', "p")


def test_a_body_that_is_not_ascii_is_refused() -> None:
    lines = FILE.split(b"\n")
    with pytest.raises(FormatError, match="ASCII"):
        sealed.open_sealed(b"\n".join([*lines[:2], "密".encode(), b""]), "p", allow_test=True)


@pytest.mark.parametrize(
    "profile",
    [
        replace(STANDARD, memory=255 * 1024),
        replace(STANDARD, memory=2048 * 1024),
        replace(STANDARD, passes=2),
        replace(STANDARD, lanes=9),
        KdfProfile("mine", memory=256 * 1024, passes=3, lanes=1),
        replace(TEST, passes=2),
    ],
)
def test_weak_or_exhausting_parameters_cannot_be_sealed_with(profile: KdfProfile) -> None:
    with pytest.raises(ValueError, match=r"bounds|no profile"):
        Seal("correct horse", salt=SALT, profile=profile)


def test_salt_nonce_and_passphrase_are_checked() -> None:
    with pytest.raises(ValueError, match="salt"):
        Seal("p", salt=b"short", profile=TEST)
    with pytest.raises(ValueError, match="empty"):
        Seal("", salt=SALT, profile=TEST)
    with pytest.raises(ValueError, match="nonce"):
        Seal("p", salt=SALT, profile=TEST).seal(SECRET, nonce=b"short")


def test_an_endless_file_is_refused() -> None:
    with pytest.raises(FormatError, match="long"):
        sealed.open_sealed(FILE + b"A" * 200_000, "p")
