r"""C2SP tlog-cosignature and tlog-witness: what a witness signs, and when it may.

A witness keeps, for each log it follows, the newest checkpoint it has cosigned. It is sent

    old <decimal>               the size the sender believes the witness has; 0 if none
    <base64, 32 bytes>          the consistency path from there to the new size, one hash a line; at most 63

    <checkpoint>                the whole note

and follows this procedure, `admit`:

    1. the request is read                                                            else 400
    2. the checkpoint is of a log that is followed                                    else 404
    3. it is signed by that log's key                                                 else 403
    4. `old` is not more than the new size                                            else 400
    5. `old` is the size of the checkpoint kept                                       else 409, with that size
    6. at the same size the root is the same                                          else 409, with that size
    7. the path proves that the new tree continues the old one                        else 422

Then the caller writes the new checkpoint to the disk, and only then signs: killed between the two it has promised too
much and signed nothing, which is harmless; the other order could sign two histories.

The answer is one signature line of kind 4 (see `ledger.core.note`), over the whole text of the note and the time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ledger.core.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.core.ed25519 import SIGNATURE_SIZE, Verify
from ledger.core.encoding import format_base64, format_decimal, parse_base64, parse_decimal
from ledger.core.errors import FormatError, LedgerError, ProofError, SignatureError
from ledger.core.merkle import EMPTY_ROOT, HASH_SIZE, check_consistency
from ledger.core.note import (
    COSIGNATURE,
    Note,
    NoteSignature,
    Signer,
    VerifierKey,
    cosignature_message,
    format_note,
    parse_cosignature,
    parse_note,
)
from ledger.core.policy import Policy

__all__ = [
    "MAX_PATH",
    "Refused",
    "Request",
    "add_cosignatures",
    "admit",
    "check_lines",
    "cosign",
    "cosigned_times",
    "format_answer",
    "format_request",
    "parse_answer",
    "parse_request",
    "quorum_time",
]

MAX_PATH = 63  # hashes; a tree of 2^63 leaves needs no more

_ANY_TEXT = "-\n"  # a note has a text; the form of its lines does not depend on which


@dataclass(frozen=True, slots=True)
class Request:
    """To cosign the checkpoint in `note`, which continues the tree of `old` entries by the hashes of `path`."""

    old: int
    path: tuple[bytes, ...]
    note: bytes


class Refused(Exception):  # noqa: N818 - an answer, not an error of ours
    """The witness does not cosign: `status` of HTTP, the reason, and for 409 the size it has."""

    def __init__(self, status: int, reason: str, size: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.size = size


def format_request(request: Request) -> bytes:
    """Return the body of a request. Raises FormatError if it could not be read back."""
    lines = [f"old {format_decimal(request.old)}", *(format_base64(one) for one in request.path), "", ""]
    data = "\n".join(lines).encode() + request.note
    parse_request(data)  # refuses what it could not give back
    return data


def parse_request(data: bytes) -> Request:
    """Return the request in a body. Raises FormatError."""
    head, blank, note = data.partition(b"\n\n")
    if not blank or not head.isascii():
        raise FormatError("request", "not lines of ASCII, a blank line and a checkpoint")
    first, *lines = head.decode().split("\n")
    if not first.startswith("old "):
        raise FormatError("request", "the first line is not the old size")
    if len(lines) > MAX_PATH:
        raise FormatError("request", f"more than {MAX_PATH} hashes")
    old = parse_decimal(first.removeprefix("old "), "old size")
    path = tuple(parse_base64(line, "request path", HASH_SIZE) for line in lines)
    parse_note(note)
    return Request(old, path, note)


def admit(
    body: bytes, logs: Mapping[str, VerifierKey], kept: Mapping[str, Checkpoint], verify: Verify
) -> tuple[Checkpoint, Note]:
    """Follow the procedure above; return the checkpoint to keep, then to cosign. Raises Refused.

    `logs` are the keys of the logs that are followed, by origin; `kept` the newest checkpoint cosigned of each.
    """
    try:
        request = parse_request(body)
        note = parse_note(request.note)
        claimed = parse_checkpoint(note.text)
    except FormatError as error:
        raise Refused(400, str(error)) from error
    key = logs.get(claimed.origin)
    if key is None:
        raise Refused(404, "a log that this witness does not follow")
    try:
        new = open_checkpoint(request.note, key, verify)
    except LedgerError as error:
        raise Refused(403, str(error)) from error
    if request.old > new.size:
        raise Refused(400, "the old size is more than the new one")
    old = kept.get(new.origin, Checkpoint(new.origin, 0, EMPTY_ROOT))
    if request.old != old.size or (new.size == old.size and new.root != old.root):
        raise Refused(409, "the old size is not the one this witness has, or it has another root there", old.size)
    try:
        check_consistency(old.size, old.root, new.size, new.root, request.path)
    except ProofError as error:
        raise Refused(422, str(error)) from error
    return new, note


def cosign(text: str, signer: Signer, time: int) -> NoteSignature:
    """Return a witness's line under the note `text`, as seen at `time` (Unix seconds)."""
    if signer.key.kind != COSIGNATURE:
        raise SignatureError(signer.key.name, "not the key of a witness")
    signature = signer.sign(cosignature_message(text, time))
    return NoteSignature(signer.key.name, signer.key.key_id, time.to_bytes(8, "big") + signature)


def cosigned_times(note: Note, witnesses: Iterable[VerifierKey], verify: Verify) -> dict[VerifierKey, int]:
    """Return when each of `witnesses` cosigned `note`; its newest line counts.

    Lines of others are not judged. SignatureError if a line by one of `witnesses` does not verify.
    """
    known = {(key.name, key.key_id): key for key in witnesses}
    times: dict[VerifierKey, int] = {}
    for line in dict.fromkeys(note.signatures):
        key = known.get((line.name, line.key_id))
        if key is None:
            continue
        if len(line.payload) != 8 + SIGNATURE_SIZE:
            raise SignatureError(line.name, "not a cosignature")
        time, signature = parse_cosignature(line.payload)
        try:
            message = cosignature_message(note.text, time)
        except FormatError as error:
            raise SignatureError(line.name, "a time beyond 2^53 seconds") from error
        if not verify(key.public, message, signature):
            raise SignatureError(line.name, "the cosignature does not verify")
        times[key] = max(time, times.get(key, 0))
    return times


def format_answer(lines: Sequence[NoteSignature]) -> bytes:
    """Return a witness's answer: its signature lines, as they stand in a note."""
    return format_note(_ANY_TEXT, lines).removeprefix(f"{_ANY_TEXT}\n".encode())


def parse_answer(data: bytes) -> tuple[NoteSignature, ...]:
    """Return the lines of a witness's answer, unchecked. Raises FormatError."""
    note = parse_note(f"{_ANY_TEXT}\n".encode() + data)
    if note.text != _ANY_TEXT:
        raise FormatError("answer", "more than signature lines")
    return note.signatures


def quorum_time(note: Note, policy: Policy, verify: Verify) -> int | None:
    """Return when the quorum of `policy` had cosigned `note` (Unix seconds), None if it has not.

    SignatureError if a line by one of its witnesses does not verify.
    """
    return policy.met_at(cosigned_times(note, _keys(policy), verify))


def check_lines(note: Note, log: VerifierKey, policy: Policy, verify: Verify) -> None:
    """Raise SignatureError unless every line of `note` is its log's or a good one of a witness of `policy`, each once.

    What a verifier lets pass because others may need it, a log does not publish: a line that nobody can judge.
    """
    cosigned_times(note, _keys(policy), verify)
    known = {(key.name, key.key_id) for key in (log, *_keys(policy))}
    for line in note.signatures:
        if (line.name, line.key_id) not in known:
            raise SignatureError(line.name, "a second line, or one by neither the log nor a witness of its policy")
        known.remove((line.name, line.key_id))


def _keys(policy: Policy) -> list[VerifierKey]:
    return [witness.key for witness in policy.witnesses.values()]


def add_cosignatures(data: bytes, lines: Iterable[NoteSignature]) -> bytes:
    """Return the note `data` with the witness `lines` behind its own; one line of each key, the newest."""
    note = parse_note(data)
    merged = {(line.name, line.key_id): line for line in note.signatures}
    for line in lines:
        older = merged.get((line.name, line.key_id))
        if older is None or older.payload[:8] < line.payload[:8]:
            merged[line.name, line.key_id] = line
    return format_note(note.text, list(merged.values()))
