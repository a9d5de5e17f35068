r"""Subjects and shards: which file of the public folder holds what is known about a number.

The subject of an entry is a certificate number or an organisation code; entries about the ledger itself have none.

    subject hash   SHA-256("subject\n" + subject)
    shard number   the first b bits of the subject hash, big-endian, for an index of b bits
    shard file     shard/<b>/<n>.txt, n written like a tile number: 067, x001/x234/067
    masked file    masked/<b>/<n>.txt

b is the smallest number of bits with M <= 64 * 2^b, where M counts the entries that have a subject, so that a shard
holds 64 entries or fewer on average.

>>> shard_number(subject_hash("S000050000001203000001"), 4)
6
>>> shard_path(12, 1234)
'shard/12/x001/234.txt'
>>> choose_bits(64), choose_bits(65), choose_bits(129)
(0, 1, 2)
"""

from ledger.core.digest import sha256
from ledger.core.encoding import format_tile_number

__all__ = ["MEAN_SHARD", "choose_bits", "masked_path", "shard_number", "shard_path", "subject_hash"]

MEAN_SHARD = 64  # entries a shard holds on average, at most


def subject_hash(subject: str) -> bytes:
    """Return the 32-byte hash that places `subject` in a shard."""
    return sha256(b"subject\n" + subject.encode("ascii"))


def shard_number(digest: bytes, bits: int) -> int:
    """Return the first `bits` (0..32) bits of a subject hash as a number."""
    return int.from_bytes(digest[:4], "big") >> (32 - bits)


def choose_bits(subjects: int) -> int:
    """Return the smallest b >= 0 with `subjects` <= 64 * 2^b."""
    return max(0, (-(-subjects // MEAN_SHARD) - 1).bit_length()) if subjects else 0


def shard_path(bits: int, number: int) -> str:
    """Return the path of a shard under public/."""
    return f"shard/{bits}/{format_tile_number(number)}.txt"


def masked_path(bits: int, number: int) -> str:
    """Return the path of a shard's masked views under public/."""
    return f"masked/{bits}/{format_tile_number(number)}.txt"
