"""What all vectors are made of: one file each, and test keys that are hashes of sentences."""

import hashlib
from typing import NamedTuple

from ledger.core.merkle import leaf_hash
from ledger.core.note import format_vkey
from tests.vectors.runner import TESTDATA_LEAVES, TESTDATA_SIGNER, PortableSigner, parse_signer

LOG = parse_signer(TESTDATA_SIGNER)
LOG_VKEY = format_vkey(LOG.key)
LEAVES = [leaf_hash(entry) for entry in TESTDATA_LEAVES]


class Vector(NamedTuple):
    """One file: a defect (or none), what must happen, and why."""

    area: str
    name: str
    expect: str
    comment: str
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed

    def data(self) -> bytes:
        lines = [f"expect: {self.expect}", f"comment: {self.comment}"]
        lines += [f"{key}: {value}" for key, value in self.headers.items()]
        return "\n".join([*lines, "", ""]).encode() + self.body


def seeded(sentence: str, name: str = "example.org/test", kind: int = 1) -> PortableSigner:
    return PortableSigner(name, hashlib.sha256(sentence.encode()).digest(), kind)


def flip(data: bytes, position: int, mask: int = 1) -> bytes:
    changed = bytearray(data)
    changed[position] ^= mask
    return bytes(changed)
