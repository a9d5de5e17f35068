"""Subjects: which shard a number lies in."""

import hashlib

import pytest

from ledger.core.subject import MEAN_SHARD, choose_bits, masked_path, shard_number, shard_path, subject_hash
from tests.simulator import number


def test_the_hash_is_the_specified_one() -> None:
    assert subject_hash("S000050000001") == hashlib.sha256(b"subject\nS000050000001").digest()


@pytest.mark.parametrize("bits", [0, 1, 4, 8, 31, 32])
def test_the_shard_is_the_first_bits(bits: int) -> None:
    for serial in range(1, 40):
        digest = subject_hash(number(serial))
        binary = "".join(f"{byte:08b}" for byte in digest)
        assert shard_number(digest, bits) == int(binary[:bits] or "0", 2)


def test_bits_are_the_smallest_that_suffice() -> None:
    for subjects in (*range(2100), *(64 * 2**b + d for b in range(24) for d in (-1, 0, 1))):
        bits = choose_bits(subjects)
        assert bits >= 0
        assert subjects <= MEAN_SHARD << bits
        assert bits == 0 or subjects > MEAN_SHARD << (bits - 1)


def test_paths() -> None:
    assert shard_path(0, 0) == "shard/0/000.txt"
    assert shard_path(14, 1234) == "shard/14/x001/234.txt"
    assert masked_path(14, 1234) == "masked/14/x001/234.txt"
