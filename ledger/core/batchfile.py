r"""Batch files: what an organisation signs on a machine of its own, and the authority appends.

    note   = C2SP signed note with one signature, by the organisation's key
    text   = "skill-ledger/batch/v1\n" head "\n" 1*20000(row "\n")
    head   = canonical JSON {"batch","count","head":{"origin","root","size"},"kind","org","plan"?,"profile"?,"v":1}
    row    = canonical JSON {"disclosure"?,"record"} or {"list"}

`kind` says what the rows are. `certificates`: issues, with the `profile` that all are under and the seq of the `plan`
that they cite, if they cite one; a `disclosure` is the public masked view, absent where the ledger's preset publishes
none. `evidence`: what the organisation signs of the workflow; rows with `list` are the parts, in order, of the list
that the notice before them publishes. `events`: what happened to certificates, such as revocations.

`batch` names the batch, 64 hex digits: the roster as its records name it, else the SHA-256 of the rows with their line
ends. `count` is the number of rows, `head` the checkpoint that the organisation had seen. There is no personal data in
it.

The first line keeps the signed text apart from records and checkpoints. Rows are read one by one, so that nobody
reads more of a file than its head before the signature stands.

>>> parse_batch(b"skill-ledger/batch/v1\n{}\n")
Traceback (most recent call last):
    ...
ledger.core.errors.FormatError: batch: note: not a text, a blank line and signature lines, each ended by a newline
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import cast

from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.checkpoint import Checkpoint
from ledger.core.digest import sha256
from ledger.core.ed25519 import Verify
from ledger.core.encoding import format_base64, parse_base64
from ledger.core.errors import FormatError
from ledger.core.note import Signer, VerifierKey, open_note, parse_note, sign_note
from ledger.core.record import Record, format_record, parse_record
from ledger.core.shape import Check, batch_digest, count, members, org_code, root_text, text, word_of

__all__ = [
    "CERTIFICATES",
    "EVENTS",
    "EVIDENCE",
    "MAGIC",
    "MAX_BYTES",
    "MAX_ROWS",
    "BatchFile",
    "BatchHead",
    "BatchRow",
    "check_batch",
    "digest_of_rows",
    "format_batch",
    "format_rows",
    "is_batch",
    "parse_batch",
    "sign_batch",
]

MAGIC = "skill-ledger/batch/v1\n"
CERTIFICATES, EVIDENCE, EVENTS = "certificates", "evidence", "events"
MAX_ROWS = 20_000
MAX_BYTES = 40 << 20  # a row with a masked view has some 1,100 bytes
_PART = 10_000  # characters of a published list in one row, which has 65,535 bytes at most

_MEMBERS: dict[str, Check] = {
    "batch": batch_digest,
    "count": count,
    "head": members({"origin": text, "root": root_text, "size": count}),
    "org": org_code,
    "v": lambda value: value == 1 and value is not True,
}
_ISSUES: Check = members({**_MEMBERS, "kind": word_of((CERTIFICATES,)), "profile": text}, {"plan": count})
_OTHERS: Check = members({**_MEMBERS, "kind": word_of((EVIDENCE, EVENTS))})


@dataclass(frozen=True, slots=True)
class BatchHead:
    """What all rows have in common. `seen` is the checkpoint that the organisation had seen; `count` counts lines.

    `plan` and `profile` are None where a batch has none.
    """

    batch: str
    count: int
    seen: Checkpoint
    org: str
    kind: str
    plan: int | None = None
    profile: str | None = None


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One signed record, with the public disclosure of an issue or the list that a notice publishes, if it has one."""

    record: Record
    disclosure: str | None = None
    published: bytes | None = None


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A batch as parsed: the head, and the rows still as lines. Nothing is verified."""

    head: BatchHead
    lines: tuple[bytes, ...]
    note: bytes

    def rows(self) -> Iterator[tuple[int, BatchRow]]:
        """Yield (line number in the file, row); the first row is line 3. Raises FormatError naming the line."""
        waiting: tuple[int, BatchRow] | None = None
        for number, line in enumerate(self.lines, 3):
            try:
                row = _parse_row(line, self.head.kind)
                if isinstance(row, bytes):
                    waiting = _continued(waiting, row)
                    continue
            except FormatError as error:
                raise FormatError(f"batch line {number}", str(error)) from error
            if waiting is not None:
                yield waiting
            waiting = number, row
        yield cast("tuple[int, BatchRow]", waiting)  # there is a row at least, and a list is never the first


def is_batch(start: bytes) -> bool:
    """Whether a file that begins with `start` says that it is a batch."""
    return start.startswith(MAGIC.encode())


def format_batch(head: BatchHead, rows: Iterable[BatchRow], signer: Signer) -> bytes:
    """Return the batch of `rows`, signed. Raises FormatError if it would not be read back."""
    return sign_batch(head, format_rows(rows), signer)


def format_rows(rows: Iterable[BatchRow]) -> list[bytes]:
    """Return the lines of `rows`: more than rows, where a published list follows its record."""
    return [line for row in rows for line in _format_row(row)]


def digest_of_rows(lines: Iterable[bytes]) -> str:
    """Return the name of a batch that has no roster: the SHA-256 (hex) of its lines."""
    return sha256(b"".join(line + b"\n" for line in lines)).hex()


def sign_batch(head: BatchHead, lines: Iterable[bytes], signer: Signer) -> bytes:
    """Return the batch with these lines, signed. Raises FormatError if it would not be read back."""
    seen = head.seen
    value: dict[str, Value] = {
        "batch": head.batch,
        "count": head.count,
        "head": {"origin": seen.origin, "root": format_base64(seen.root), "size": seen.size},
        "kind": head.kind,
        "org": head.org,
        "v": 1,
    }
    value |= {name: found for name in ("plan", "profile") if (found := getattr(head, name)) is not None}
    data = sign_note(MAGIC + b"\n".join([format_canonical(value), *lines]).decode() + "\n", [signer])
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
    if not (_ISSUES(value) or _OTHERS(value)):
        wanted = "batch, count, head {origin, root, size}, kind, org, v, and of certificates profile and plan"
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
        cast("str", head["kind"]),
        cast("int | None", head.get("plan")),
        cast("str | None", head.get("profile")),
    )


def _parse_row(line: bytes, kind: str) -> BatchRow | bytes:
    """Return a row, or the part of a published list."""
    value = parse_canonical(line, "row")
    if isinstance(value, dict) and value.keys() == {"list"} and kind == EVIDENCE:
        part = value["list"]
        if not isinstance(part, str) or not part:
            raise FormatError("row", "list must be text")
        return part.encode()
    more = {"disclosure"} if kind == CERTIFICATES else set()
    if not isinstance(value, dict) or not {"record"} <= value.keys() <= {"record", *more}:
        raise FormatError("row", "members must be record, and disclosure or list where there is one")
    disclosure = value.get("disclosure")
    if disclosure is not None and not isinstance(disclosure, str):
        raise FormatError("row", "disclosure must be text")
    return BatchRow(parse_record(value["record"]), disclosure)


def _continued(waiting: tuple[int, BatchRow] | None, part: bytes) -> tuple[int, BatchRow]:
    if waiting is None or waiting[1].record.type != "notice.open":
        raise FormatError("row", "a list follows the notice that publishes it")
    number, row = waiting
    return number, replace(row, published=(row.published or b"") + part)


def _format_row(row: BatchRow) -> Iterator[bytes]:
    record = format_record(row.record)
    if row.disclosure is None:
        yield b'{"record":%b}' % record
    else:
        yield b'{"disclosure":%b,"record":%b}' % (format_canonical(row.disclosure), record)
    listed = (row.published or b"").decode()
    for start in range(0, len(listed), _PART):
        yield format_canonical({"list": listed[start : start + _PART]})
