"""The native verifier: the rule of the core, on published vectors and on everything near a good signature."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from nacl.bindings import crypto_core_ed25519_add
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from ledger.crypto.pynacl_verify import is_sound_key, verify

VECTORS = Path(os.environ.get("LEDGER_VECTORS", Path(__file__).parents[4] / "shared" / "vectors")) / "ed25519"
third_party = pytest.mark.skipif(not VECTORS.is_dir(), reason="third-party vectors are not here")

# RFC 8032 section 7.1: secret key, public key, message, signature
RFC8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
]
ORDER_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC8032)
def test_rfc_8032_vectors_verify(secret: str, public: str, message: str, signature: str) -> None:
    assert bytes(SigningKey(bytes.fromhex(secret)).verify_key).hex() == public
    assert verify(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))


def cases() -> list[tuple[str, bytes, bytes, bytes, bool | None]]:
    """Name, key, message, signature, expected (None where the source leaves it open)."""
    found: list[tuple[str, bytes, bytes, bytes, bool | None]] = []
    wycheproof: Any = json.loads((VECTORS / "wycheproof/ed25519_test.json").read_text())
    for group in wycheproof["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            message, signature = bytes.fromhex(test["msg"]), bytes.fromhex(test["sig"])
            found.append((f"wycheproof {test['tcId']}", key, message, signature, test["result"] == "valid"))
    for number, case in enumerate(json.loads((VECTORS / "speccheck/cases.json").read_text())):
        key, message, signature = (bytes.fromhex(case[name]) for name in ("pub_key", "message", "signature"))
        found.append((f"speccheck {number}", key, message, signature, number == 3))
    for case in json.loads((VECTORS / "cctv/ed25519vectors.json").read_text()):
        key, signature = bytes.fromhex(case["key"]), bytes.fromhex(case["sig"])
        found.append((f"cctv {case['number']}", key, case["msg"].encode(), signature, None))
    return found


@third_party
def test_all_published_vectors_are_decided_as_libsodium_decides_them() -> None:
    vectors = cases()
    assert len(vectors) == 1077
    accepted_of_cctv = 0
    for name, key, message, signature, expected in vectors:
        try:
            VerifyKey(key).verify(message, signature)
            by_pynacl = True
        except (CryptoError, ValueError):
            by_pynacl = False
        ours = verify(key, message, signature)
        assert ours == by_pynacl, name
        assert expected is None or ours == expected, name
        accepted_of_cctv += ours and name.startswith("cctv")
    assert accepted_of_cctv == 43


def test_any_flipped_bit_of_key_message_or_signature_is_refused() -> None:
    key = SigningKey(bytes(range(32)))
    public, message = bytes(key.verify_key), b"skill-ledger/record/v1\n{}"
    signature = key.sign(message).signature
    assert verify(public, message, signature)
    for position in range(8 * 32):
        assert not verify(flipped(public, position), message, signature)
    for position in range(8 * len(message)):
        assert not verify(public, flipped(message, position), signature)
    for position in range(8 * 64):
        assert not verify(public, message, flipped(signature, position))


@pytest.mark.parametrize("key_size", [0, 31, 33])
@pytest.mark.parametrize("signature_size", [0, 63, 64, 65, 128])
def test_wrong_lengths_are_refused_without_an_error(key_size: int, signature_size: int) -> None:
    assert not verify(b"\x01" * key_size, b"message", b"\x02" * signature_size)


def test_the_bytes_behind_a_short_signature_do_not_complete_it() -> None:
    key = SigningKey(bytes(range(32)))
    signature = key.sign(b"message").signature
    assert not verify(bytes(key.verify_key), signature[63:] + b"message", signature[:63])


def test_sound_keys_are_of_the_prime_order_group() -> None:
    sound = bytes(SigningKey(bytes(range(32))).verify_key)
    assert is_sound_key(sound)
    assert not is_sound_key(ORDER_8)
    assert not is_sound_key(crypto_core_ed25519_add(sound, ORDER_8))  # mixed order: only a dishonest holder makes it
    assert not is_sound_key(sound[:31])
    assert not is_sound_key(b"\x02" + bytes(31))  # not on the curve


def flipped(data: bytes, position: int) -> bytes:
    changed = bytearray(data)
    changed[position // 8] ^= 1 << position % 8
    return bytes(changed)
