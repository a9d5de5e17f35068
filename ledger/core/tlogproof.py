r"""C2SP tlog-proof: the proof that a log has an entry, as one file that stands alone.

    c2sp.org/tlog-proof@v1
    extra <base64>              only if there is extra data; nothing vouches for it by itself
    index <decimal>
    <base64, 32 bytes>          the inclusion path, one hash a line, the leaf's neighbour first; at most 63

    <checkpoint>                the whole note, byte for byte, with its signature lines

To use one: make the leaf hash yourself, open the checkpoint with the key you trust, and check the path
against it. A proof of entry 1 ("two") in the three-entry log of `ledger.core.checkpoint`:

>>> from ledger.core.merkle import leaf_hash, root_from_inclusion
>>> proof = parse_proof(
...     "c2sp.org/tlog-proof@v1\n"
...     "index 1\n"
...     "0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek=\n"
...     "Zx8UbF5HHooag6PCFM5LqQe486WIjRTMjNPOdbsS75Q=\n"
...     "\n"
...     "example.com/log/testdata\n"
...     "3\n"
...     "Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk=\n"
...     "\n"
...     "— example.com/log/testdata M9e0lvAQRtH832pk2RTbeSeZMkp4FZSdJYFBUjO5SKxuRbywPUF3cx+HUrb50kjd3rUWW/"
...     "fj53Wj1dwcwh9bGQnqVAg=\n".encode())
>>> root_from_inclusion(leaf_hash(b"two"), proof.index, 3, proof.path).hex()
'5aac771c899ac292e74bf1afe2e6e302f8b55883b2d1bf197b46a6bea6dabca9'
"""

from dataclasses import dataclass

from ledger.core.encoding import format_base64, format_decimal, parse_base64, parse_decimal
from ledger.core.errors import FormatError
from ledger.core.merkle import HASH_SIZE
from ledger.core.note import parse_note

__all__ = ["MAX_PATH", "PROOF_START", "TlogProof", "format_proof", "parse_proof"]

MAX_PATH = 63  # hashes; a tree of 2^63 leaves needs no more

PROOF_START = b"c2sp.org/tlog-proof@"  # of every version
_HEADER = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class TlogProof:
    """Entry `index` is in the log of the checkpoint `note` (bytes of a signed note), by the hashes of `path`.

    `extra` is data of the application, or None; an empty one is not written.
    """

    index: int
    path: tuple[bytes, ...]
    note: bytes
    extra: bytes | None = None


def format_proof(proof: TlogProof) -> bytes:
    """The file; FormatError if parse_proof would not give the proof back."""
    lines = [_HEADER]
    if proof.extra is not None:
        lines.append(f"extra {format_base64(proof.extra)}")
    lines.append(f"index {format_decimal(proof.index)}")
    lines += [format_base64(one) for one in proof.path]
    data = "\n".join([*lines, "", ""]).encode() + proof.note
    if parse_proof(data) != proof:
        raise FormatError("proof", "it cannot be read back")
    return data


def parse_proof(data: bytes) -> TlogProof:
    """The proof in the file; nothing is verified."""
    head, blank, note = data.partition(b"\n\n")
    if not blank or not head.isascii():
        raise FormatError("proof", "not lines of ASCII, a blank line and a checkpoint")
    header, *lines = head.decode().split("\n")
    if header != _HEADER:
        raise FormatError("proof", f"the first line is not {_HEADER}")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = parse_base64(lines.pop(0).removeprefix("extra "), "proof extra")
        if not extra:
            raise FormatError("proof extra", "empty")
    if not lines or not lines[0].startswith("index "):
        raise FormatError("proof", "no index line")
    index = parse_decimal(lines.pop(0).removeprefix("index "), "proof index")
    if len(lines) > MAX_PATH:
        raise FormatError("proof", f"more than {MAX_PATH} hashes")
    path = tuple(parse_base64(line, "proof path", HASH_SIZE) for line in lines)
    parse_note(note)
    return TlogProof(index, path, note, extra)
