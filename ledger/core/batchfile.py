r"""Batch files: what an organisation signs on a machine of its own, and the authority appends.

    note   = C2SP signed note with one signature, by the organisation's key
    text   = "skill-ledger/batch/v1\n" head "\n" 1*20000(row "\n")
    head   = canonical JSON {"batch","count","head":{"origin","root","size"},"org","plan"?,"profile","v":1}
    row    = canonical JSON {"disclosure"?,"record"}

`batch` names the roster (64 hex digits, as in the records), `count` the number of rows; `head` is the checkpoint that
the organisation had seen, `plan` the seq of the plan that the issues cite. `record` is a whole signed
`certificate.issue`, `disclosure` its public masked view, absent where the ledger's preset publishes none. There is no
personal data in it.

The first line keeps the signed text apart from records and checkpoints. Rows are read one by one, so that nobody
reads more of a file than its head before the signature stands.

>>> parse_batch(b"skill-ledger/batch/v1\n{}\n")
Traceback (most recent call last):
    ...
ledger.core.errors.FormatError: batch: note: not a text, a blank line and signature lines, each ended by a newline
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.checkpoint import Checkpoint
from ledger.core.ed25519 import Verify
from ledger.core.encoding import format_base64, parse_base64
from ledger.core.errors import FormatError
from ledger.core.note import Signer, VerifierKey, open_note, parse_note, sign_note
from ledger.core.record import Record, format_record, parse_record
from ledger.core.shape import Check, batch_digest, count, members, org_code, root_text, text

__all__ = [
    "MAGIC",
    "MAX_BYTES",
    "MAX_ROWS",
    "BatchFile",
    "BatchHead",
    "BatchRow",
    "check_batch",
    "format_batch",
    "is_batch",
    "parse_batch",
]

MAGIC = "skill-ledger/batch/v1\n"
MAX_ROWS = 20_000
MAX_BYTES = 40 << 20  # a row with a masked view has some 1,100 bytes

_HEAD: Check = members(
    {
        "batch": batch_digest,
        "count": count,
        "head": members({"origin": text, "root": root_text, "size": count}),
        "org": org_code,
        "profile": text,
        "v": lambda value: value == 1 and value is not True,
    },
    {"plan": count},
)


@dataclass(frozen=True, slots=True)
class BatchHead:
    """What all rows have in common. `seen` is the checkpoint that the organisation had seen; `plan` None if none."""

    batch: str
    count: int
    seen: Checkpoint
    org: str
    plan: int | None
    profile: str


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One issue: the signed record, and its public disclosure if there is one."""

    record: Record
    disclosure: str | None


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A batch as parsed: the head, and the rows still as lines. Nothing is verified."""

    head: BatchHead
    lines: tuple[bytes, ...]
    note: bytes

    def rows(self) -> Iterator[tuple[int, BatchRow]]:
        """Yield (line number in the file, row); the first row is line 3. Raises FormatError naming the line."""
        for number, line in enumerate(self.lines, 3):
            try:
                yield number, _parse_row(line)
            except FormatError as error:
                raise FormatError(f"batch line {number}", str(error)) from error


def is_batch(start: bytes) -> bool:
    """Whether a file that begins with `start` says that it is a batch."""
    return start.startswith(MAGIC.encode())


def format_batch(head: BatchHead, rows: Iterable[BatchRow], signer: Signer) -> bytes:
    """Return the batch of `rows`, signed. Raises FormatError if it would not be read back."""
    seen = head.seen
    value: dict[str, Value] = {
        "batch": head.batch,
        "count": head.count,
        "head": {"origin": seen.origin, "root": format_base64(seen.root), "size": seen.size},
        "org": head.org,
        "profile": head.profile,
        "v": 1,
    }
    if head.plan is not None:
        value["plan"] = head.plan
    lines = [format_canonical(value), *map(_format_row, rows)]
    data = sign_note(MAGIC + b"\n".join(lines).decode() + "\n", [signer])
    parse_batch(data)  # too many rows, another count, a head that cannot be read back
    return data


def parse_batch(data: bytes) -> BatchFile:
    """Return the batch that `data` is, its rows unread. Raises FormatError."""
    if len(data) > MAX_BYTES:
        raise FormatError("batch", f"more than {MAX_BYTES} bytes")
    if not is_batch(data):
        raise FormatError("batch", f"does not begin with {MAGIC.strip()}")
    try:
        note = parse_note(data)
    except FormatError as error:
        raise FormatError("batch", str(error)) from error
    if len(note.signatures) != 1:
        raise FormatError("batch", "has not exactly one signature")
    first, *lines = note.text.encode().removesuffix(b"\n").split(b"\n")[1:]
    head = _parse_head(first)
    if not 0 < len(lines) == head.count <= MAX_ROWS:
        raise FormatError("batch", f"has {len(lines)} rows; 1 to {MAX_ROWS}, and as many as it says ({head.count})")
    return BatchFile(head, tuple(lines), data)


def check_batch(batch: BatchFile, keys: Iterable[VerifierKey], verify: Verify) -> VerifierKey:
    """Return the one of `keys` that signed the batch as a whole. Raises SignatureError."""
    named = [key for key in keys if key.name == batch.head.org]
    return open_note(batch.note, named, verify).verified[0]


def _parse_head(line: bytes) -> BatchHead:
    value = parse_canonical(line, "batch head")
    if not _HEAD(value):
        wanted = "batch, count, head {origin, root, size}, org, plan?, profile, v"
        raise FormatError("batch head", f"members must be exactly {wanted}, each of its form")
    head = cast("dict[str, Value]", value)
    seen = cast("dict[str, Value]", head["head"])
    return BatchHead(
        cast("str", head["batch"]),
        cast("int", head["count"]),
        Checkpoint(
            cast("str", seen["origin"]), cast("int", seen["size"]), parse_base64(cast("str", seen["root"]), "root", 32)
        ),
        cast("str", head["org"]),
        cast("int | None", head.get("plan")),
        cast("str", head["profile"]),
    )


def _parse_row(line: bytes) -> BatchRow:
    value = parse_canonical(line, "row")
    if not isinstance(value, dict) or not {"record"} <= value.keys() <= {"disclosure", "record"}:
        raise FormatError("row", "members must be record, and disclosure where there is one")
    disclosure = value.get("disclosure")
    if disclosure is not None and not isinstance(disclosure, str):
        raise FormatError("row", "disclosure must be text")
    record = parse_record(value["record"])
    return BatchRow(record, disclosure)


def _format_row(row: BatchRow) -> bytes:
    record = format_record(row.record)
    if row.disclosure is None:
        return b'{"record":%b}' % record
    return b'{"disclosure":%b,"record":%b}' % (format_canonical(row.disclosure), record)
