r"""C2SP tlog-checkpoint: the size and Merkle root of a log, as a signed note.

    text = origin "\n" size "\n" base64(root, 32 bytes) "\n"

The origin names the log, and the key that signs bears the same name; the size is decimal. Extension lines are
refused: nobody could audit them. The size 0 has the root of the empty tree. Other signature lines (witnesses,
kinds to come) may follow and are not judged here.

>>> from ledger.core.ed25519_portable import verify
>>> from ledger.core.note import parse_vkey
>>> log = parse_vkey("example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx")
>>> open_checkpoint(
...     "example.com/log/testdata\n"
...     "3\n"
...     "Wqx3HImawpLnS/Gv4ubjAvi1WIOy0b8Ze0amvqbavKk=\n"
...     "\n"
...     "— example.com/log/testdata M9e0lvAQRtH832pk2RTbeSeZMkp4FZSdJYFBUjO5SKxuRbywPUF3cx+HUrb50kjd3rUWW/"
...     "fj53Wj1dwcwh9bGQnqVAg=\n".encode(), log, verify).size
3
"""

from dataclasses import dataclass

from ledger.core.ed25519 import Verify
from ledger.core.encoding import format_base64, format_decimal, parse_base64, parse_decimal
from ledger.core.errors import FormatError, SignatureError
from ledger.core.merkle import EMPTY_ROOT, HASH_SIZE
from ledger.core.note import ED25519, Signer, VerifierKey, check_key_name, open_note, sign_note

__all__ = ["Checkpoint", "format_checkpoint", "open_checkpoint", "parse_checkpoint", "sign_checkpoint"]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's name, its number of entries, and the root (32 bytes) over them."""

    origin: str
    size: int
    root: bytes


def format_checkpoint(checkpoint: Checkpoint) -> str:
    """The text that is signed."""
    _check(checkpoint)
    return f"{checkpoint.origin}\n{format_decimal(checkpoint.size)}\n{format_base64(checkpoint.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that `text` writes; nothing is verified."""
    lines = text.split("\n")
    if len(lines) != 4 or lines.pop():
        raise FormatError("checkpoint", "not three lines, each ended by a newline")
    origin, size, root = lines
    checkpoint = Checkpoint(
        origin, parse_decimal(size, "checkpoint size"), parse_base64(root, "checkpoint root", HASH_SIZE)
    )
    _check(checkpoint)
    return checkpoint


def _check(checkpoint: Checkpoint) -> None:
    check_key_name(checkpoint.origin, "checkpoint origin")
    if len(checkpoint.root) != HASH_SIZE:
        raise FormatError("checkpoint root", f"not {HASH_SIZE} bytes")
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise FormatError("checkpoint root", "not that of the empty tree, for size 0")


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """The note of `checkpoint`, signed by its log; the signer bears the name of the origin."""
    _check_key(checkpoint, signer.key)
    return sign_note(format_checkpoint(checkpoint), [signer])


def open_checkpoint(data: bytes, key: VerifierKey, verify: Verify) -> Checkpoint:
    """The checkpoint in the note `data`, signed by the log key `key` of the same name."""
    checkpoint = parse_checkpoint(open_note(data, [key], verify).text)
    _check_key(checkpoint, key)
    return checkpoint


def _check_key(checkpoint: Checkpoint, key: VerifierKey) -> None:
    if key.name != checkpoint.origin or key.kind != ED25519:
        raise SignatureError(key.name, "not a log key that bears the name of the checkpoint's origin")
