r"""C2SP signed note: a text, a blank line, and one line for each signature.

    note     = text "\n" 1*100(line)
    text     = UTF-8 ending in "\n", no control characters below U+0020 but "\n"; it may hold blank lines:
               the last blank line of the note ends it
    line     = "— " name " " base64(key id, 4 bytes; payload) "\n"             (U+2014, standard base64)
    name     = not empty, no white space, no "+"
    key id   = SHA-256(name "\n" kind public)[:4]
    vkey     = name "+" hex(key id) "+" base64(kind public)                    a verifier key as text

    kind 1   Ed25519: the payload is the signature (64 bytes) over the text
    kind 4   cosignature v1, of a witness: the payload is a time (uint64, big-endian, Unix seconds) and the
             signature (64 bytes) over "cosignature/v1\ntime <decimal>\n" and the text

Lines by keys nobody asked about are carried and not judged. A line by a known key must verify: one that does
not refuses the note, even beside one that does. A note without any good signature of a known key is refused.

>>> from ledger.core.ed25519_portable import verify
>>> key = parse_vkey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
>>> note = open_note(
...     "This is an example message.\n"
...     "\n"
...     "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXm"
...     "RKuwHjG1Yu72IneyaQM=\n".encode(), [key], verify)
>>> note.text, [key.name for key in note.verified]
('This is an example message.\n', ['example.com/foo'])
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from ledger.core.digest import sha256
from ledger.core.ed25519 import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Verify, is_sound_point
from ledger.core.encoding import format_base64, format_decimal, format_hex, parse_base64, parse_hex
from ledger.core.errors import FormatError, SignatureError

__all__ = [
    "COSIGNATURE",
    "ED25519",
    "MAX_SIGNATURES",
    "Note",
    "NoteSignature",
    "Signer",
    "VerifierKey",
    "check_key_name",
    "cosignature_message",
    "format_note",
    "format_vkey",
    "open_note",
    "parse_cosignature",
    "parse_note",
    "parse_vkey",
    "sign_note",
]

ED25519 = 1
COSIGNATURE = 4
MAX_SIGNATURES = 100  # nobody spends for ever on a note with many signatures

_KEY_ID_SIZE = 4
_TIME_SIZE = 8
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key (32 bytes) with the name it signs under and the kind of its signatures."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that stand for this name, kind and key in a signature line."""
        return _key_id(self)


@lru_cache(maxsize=1024)  # an audit asks for the same few keys once an entry
def _key_id(key: VerifierKey) -> bytes:
    return sha256(key.name.encode() + b"\n" + bytes([key.kind]) + key.public)[:_KEY_ID_SIZE]


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line; `payload` is everything after the 4 bytes of the key id."""

    name: str
    key_id: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note; `verified` is empty unless open_note made it."""

    text: str
    signatures: tuple[NoteSignature, ...]
    verified: tuple[VerifierKey, ...] = ()


class Signer(Protocol):
    """Whoever holds a private key: a sealed file, a token, an agent."""

    @property
    def key(self) -> VerifierKey:
        """The public side."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the Ed25519 signature over `message`."""
        ...


def check_key_name(name: str, what: str) -> None:
    """Refuse a name that could not stand in a signature line; an origin is such a name too."""
    if name.split() != [name] or "+" in name or _CONTROL.search(name) is not None:
        raise FormatError(what, "a name is not empty and has no white space, control character or plus sign")


def format_vkey(key: VerifierKey) -> str:
    """The text form of `key`."""
    return f"{key.name}+{format_hex(key.key_id)}+{format_base64(bytes([key.kind]) + key.public)}"


def parse_vkey(text: str) -> VerifierKey:
    """The key that `text` writes: kind 1 or 4, a sound point (rules 2, 4 of ed25519), the key id its own."""
    name, *rest = text.split("+", 2)
    if len(rest) != 2:
        raise FormatError("vkey", "not name+key id+key")
    check_key_name(name, "vkey")
    key_id = parse_hex(rest[0], _KEY_ID_SIZE, "vkey key id")
    kind, *public = parse_base64(rest[1], "vkey key", 1 + PUBLIC_KEY_SIZE)
    key = VerifierKey(name, kind, bytes(public))
    if kind not in (ED25519, COSIGNATURE):
        raise FormatError("vkey", "unknown kind of key")
    if not is_sound_point(key.public):
        raise FormatError("vkey", "not the canonical encoding of a point of large order")
    if key.key_id != key_id:
        raise FormatError("vkey", "the key id is not that of this name and key")
    return key


def cosignature_message(text: str, time: int) -> bytes:
    """What a witness signs when it has seen the note `text` at `time` (Unix seconds)."""
    return f"cosignature/v1\ntime {format_decimal(time)}\n{text}".encode()


def parse_cosignature(payload: bytes) -> tuple[int, bytes]:
    """The time (Unix seconds) and the signature in the payload of a line of kind 4."""
    if len(payload) != _TIME_SIZE + SIGNATURE_SIZE:
        raise FormatError("cosignature", "not 8 bytes of time and 64 of signature")
    return int.from_bytes(payload[:_TIME_SIZE], "big"), payload[_TIME_SIZE:]


def sign_note(text: str, signers: Sequence[Signer]) -> bytes:
    """The note of `text` with one signature line of kind 1 by each signer, in their order."""
    message = text.encode()
    return format_note(text, [NoteSignature(s.key.name, s.key.key_id, s.sign(message)) for s in signers])


def format_note(text: str, signatures: Sequence[NoteSignature]) -> bytes:
    """The note of `text` and these signature lines; FormatError if parse_note would not give both back."""
    lines = [f"— {s.name} {format_base64(s.key_id + s.payload)}\n" for s in signatures]
    data = f"{text}\n{''.join(lines)}".encode()
    if parse_note(data) != Note(text, tuple(signatures)):
        raise FormatError("note", "the text or a signature has a form that cannot be read back")
    return data


def parse_note(data: bytes) -> Note:
    """The text and signature lines of a note; nothing is verified."""
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise FormatError("note", "not UTF-8", error.start) from error
    if (control := _CONTROL.search(whole)) is not None:
        raise FormatError("note", "a control character", len(whole[: control.start()].encode()))
    text, blank, rest = whole.rpartition("\n\n")
    lines = rest.split("\n")
    if not blank or lines.pop() or not lines:
        raise FormatError("note", "not a text, a blank line and signature lines, each ended by a newline")
    if len(lines) > MAX_SIGNATURES:
        raise FormatError("note", f"more than {MAX_SIGNATURES} signatures")
    return Note(text + "\n", tuple(_parse_line(line) for line in lines))


def _parse_line(line: str) -> NoteSignature:
    dash, *rest = line.split(" ")
    if dash != "—" or len(rest) != 2:
        raise FormatError("note signature", "not a dash, a name and base64, with one space between")
    check_key_name(rest[0], "note signature")
    data = parse_base64(rest[1], "note signature")
    if len(data) <= _KEY_ID_SIZE:
        raise FormatError("note signature", "no payload after the key id")
    return NoteSignature(rest[0], data[:_KEY_ID_SIZE], data[_KEY_ID_SIZE:])


def open_note(data: bytes, keys: Sequence[VerifierKey], verify: Verify) -> Note:
    """The note with `verified`: those of `keys` whose signatures stand, in the order of the lines, each once.

    SignatureError if a line by a known key does not verify, if no known key signed, or if two of `keys`
    answer to the same name and key id and a line uses it.
    """
    note = parse_note(data)
    known: dict[tuple[str, bytes], list[VerifierKey]] = {}
    for key in keys:
        known.setdefault((key.name, key.key_id), []).append(key)
    verified: dict[VerifierKey, None] = {}
    for signature in dict.fromkeys(note.signatures):
        candidates = known.get((signature.name, signature.key_id))
        if candidates is None:
            continue
        if len(candidates) > 1:
            raise SignatureError(signature.name, "ambiguous: two keys with this name and key id")
        if not _stands(note.text, signature.payload, candidates[0], verify):
            raise SignatureError(signature.name, "the signature does not verify")
        verified[candidates[0]] = None
    if not verified:
        raise SignatureError("note", "no signature by a known key")
    return Note(note.text, note.signatures, tuple(verified))


def _stands(text: str, payload: bytes, key: VerifierKey, verify: Verify) -> bool:
    if key.kind == ED25519:
        return verify(key.public, text.encode(), payload)
    try:
        time, signature = parse_cosignature(payload)
        return verify(key.public, cosignature_message(text, time), signature)
    except FormatError:
        return False
