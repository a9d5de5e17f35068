"""The leak scanner: no holder's full name, document number or verification code in any byte that is published.

It looks at every byte of every file, and into whatever is packed inside: gzip, zip members (wheels, workbooks), zlib
streams (PDF, PNG), Base64 of both alphabets (disclosures, heads), JSON escapes, character references, percent-encoding,
UTF-16. What it looks
for: the data of known holders (`Secrets`), and besides, anything that looks like a resident identity number.

A whole certificate number may hold 18 digits that look like one: as a whole number, and only then, it is passed over.
"""

import base64
import gzip
import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from html import unescape
from itertools import groupby
from pathlib import Path
from urllib.parse import unquote_to_bytes

from ledger.app.holders import open_holder
from ledger.app.opening import DATA_KEY
from ledger.crypto.keyring import Keyring
from ledger.crypto.rowseal import RowSealer
from ledger.forms.documents import check_digit
from ledger.store import Store

__all__ = ["Leak", "Secrets", "scan_bytes", "scan_folder", "secrets_of"]

DEPTH = 5  # packings inside packings
UNPACKED = 64 << 20  # bytes of one stream; more is refused, loudly

_CODE = re.compile(rb"[0-9A-HJKMNP-TV-Z]{20,}|[0-9a-hjkmnp-tv-z]{20,}")
_GROUPED = re.compile(rb"(?<![0-9A-Za-z])[0-9A-Za-z]{4}(?:(?:[ -]|%20|\xc2\xa0)[0-9A-Za-z]{4}){4}(?![0-9A-Za-z])")
_DIGITS = re.compile(rb"[0-9]{5,}")
_RESIDENT = re.compile(rb"(?=([1-8][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9]{4}[0-9Xx]))")
_CERTIFICATE = re.compile(rb"(?<![0-9A-Za-z])[0-9A-Z][0-9]{14}[0-9A-Z][0-9]{6}(?![0-9A-Za-z])")
_BASE64 = {b"+/": re.compile(rb"[A-Za-z0-9+/]{12,}"), b"-_": re.compile(rb"[A-Za-z0-9_-]{12,}")}
_PACKAGES = (b"\x1f\x8b\x08", b"PK\x03\x04", b"\x89PNG", b"%PDF-", b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")
_ESCAPES = re.compile(rb"(?:\\u[0-9a-fA-F]{4})+")
_REFERENCES = re.compile(rb"(?:&#(?:[0-9]{1,7}|[xX][0-9A-Fa-f]{1,6});)+")
_PDF = re.compile(rb"stream\r?\n(.*?)\r?\n?endstream", re.DOTALL)
_BESIDE = 20  # bytes on each side of a run of digits that can belong to a document number
_SHORT = 12  # characters; a shorter number is a leak only where it stands alone: 00000001 is in every program


@dataclass(frozen=True, slots=True)
class Leak:
    """What was found where: the file, the packings down to it, the kind of secret; never the secret itself."""

    where: str
    kind: str
    offset: int


class Secrets:
    """The holders' data, in a form that can be searched for at once."""

    def __init__(self, names: Iterable[str], documents: Iterable[str], codes: Iterable[str]) -> None:
        self.names = {name for name in names if len(name) > 1}
        self.documents = {number.upper() for number in documents}
        self.codes = {code.upper() for code in codes}
        ascii_documents = {number.encode() for number in self.documents if number.isascii()}
        other = {number for number in self.documents if not number.isascii()}
        self._lengths = sorted({len(number) for number in ascii_documents})
        self._documents = ascii_documents
        self._codes = {code.encode() for code in self.codes}
        encodings = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
        # Two characters in two bytes each are in every large binary file, by chance.
        texts = {
            text.encode(coding)
            for text in self.names | other
            for coding in (encodings if len(text) > 2 else encodings[:1])
        }
        self._texts = re.compile(_trie(texts)) if texts else None
        wide = {text.encode(coding) for text in self.documents | self.codes for coding in encodings[1:3]}
        self._wide = re.compile(_trie(wide)) if wide else None

    def find(self, data: bytes) -> Iterator[tuple[str, int]]:
        """Yield (kind, offset) of every secret in these bytes as they are."""
        if self._texts is not None:
            yield from (("name or document", found.start()) for found in self._texts.finditer(data))
        if self._wide is not None and b"\0" in data:
            yield from (("document or code in UTF-16", found.start()) for found in self._wide.finditer(data))
        for found in _CODE.finditer(data):
            run = found[0].upper()
            for at in range(len(run) - 19):
                if run[at : at + 20] in self._codes:
                    yield "verification code", found.start() + at
        for found in _GROUPED.finditer(data):
            if re.sub(rb"%20|[^0-9A-Za-z]", b"", found[0].upper()) in self._codes:
                yield "verification code", found.start()
        yield from self._document_numbers(data)

    def _document_numbers(self, data: bytes) -> Iterator[tuple[str, int]]:
        exempt = [found.span() for found in _CERTIFICATE.finditer(data)]
        for found in _DIGITS.finditer(data):
            if any(start <= found.start() and found.end() <= end for start, end in _near(exempt, found.start())):
                continue
            start = max(0, found.start() - _BESIDE)
            around = data[start : found.end() + _BESIDE].upper()
            for length in self._lengths:
                for at in range(len(around) - length + 1):
                    if around[at : at + length] in self._documents and (
                        length >= _SHORT or _alone(data, start + at, length)
                    ):
                        yield "document number", start + at
            for resident in _RESIDENT.finditer(data, max(0, found.start() - 1), min(len(data), found.end() + 1)):
                if _looks_resident(resident[1].upper().decode()):
                    yield "resident identity number", resident.start()


def _alone(data: bytes, start: int, length: int) -> bool:
    return not (data[max(0, start - 1) : start].isalnum() or data[start + length : start + length + 1].isalnum())


def _near(spans: list[tuple[int, int]], position: int) -> Iterator[tuple[int, int]]:
    """Yield the spans around a position; certificate numbers do not overlap, so one at most."""
    low, high = 0, len(spans)
    while low < high:
        middle = (low + high) // 2
        if spans[middle][1] <= position:
            low = middle + 1
        else:
            high = middle
    if low < len(spans):
        yield spans[low]


def _looks_resident(number: str) -> bool:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return born.year >= 1900 and check_digit(number[:17]) == number[17]


def _trie(words: Iterable[bytes]) -> bytes:
    """Return a pattern that matches any of the words: quick, because few bytes begin one."""
    return _pattern(sorted(set(words)))


def _pattern(words: list[bytes]) -> bytes:
    """Return a pattern for sorted, different words; a word that another one begins with stands for both."""
    if not words[0]:
        return b""
    branches = []
    for first, group in groupby(words, key=lambda word: word[0]):
        branches.append(re.escape(bytes([first])) + _pattern([word[1:] for word in group]))
    if len(branches) == 1:
        return branches[0]
    starts = b"".join(re.escape(bytes([first])) for first in sorted({word[0] for word in words}))
    return b"(?=[" + starts + b"])(?:" + b"|".join(branches) + b")"


def secrets_of(store: Store, keyring: Keyring) -> Secrets:
    """Return the data of all holders that the register knows: its sealed rows, opened."""
    sealer = RowSealer(keyring.data_key(DATA_KEY))
    holders = [
        open_holder(sealer, certificate.code, certificate.sealed)
        for certificate in store.certificates(0, store.size())
        if certificate.sealed is not None
    ]
    return Secrets(
        (holder.name for holder in holders),
        (holder.doc_no for holder in holders),
        (holder.verification_code for holder in holders),
    )


def scan_bytes(
    where: str, data: bytes, secrets: Secrets, depth: int = DEPTH, seen: set[bytes] | None = None
) -> Iterator[Leak]:
    """Yield every leak in `data` and in all that is packed inside. Raises ValueError for what cannot be opened.

    `seen`: digests of what was looked at already, and is passed over: a file beside its own gzip.
    """
    if seen is not None:
        digest = hashlib.sha256(data).digest()
        if digest in seen:
            return
        seen.add(digest)
    for kind, offset in secrets.find(data):
        yield Leak(where, kind, offset)
    if depth == 0:
        return
    for name, inner in _unpacked(where, data):
        yield from scan_bytes(f"{where}!{name}", inner, secrets, depth - 1, seen)


def _unpacked(where: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    if data[:3] == b"\x1f\x8b\x08" or data[:4] == b"PK\x03\x04":
        try:
            yield from _package(where, data)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, ValueError) as error:
            if "!base64" not in where:  # bytes that were guessed to be Base64 can begin like a package by chance
                raise ValueError(f"{where}: cannot open this package: {error}") from error
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        yield from _png(data)
    elif data[:5] == b"%PDF-":
        for number, found in enumerate(_PDF.finditer(data)):
            yield from _inflated(f"stream {number}", found[1])
    elif data[:1] == b"\x78":
        yield from _inflated("zlib", data)
    if data[:4] in (b"\x28\xb5\x2f\xfd", b"BZh9", b"\xfd7zX") or where.endswith((".br", ".zst", ".bz2", ".xz")):
        raise ValueError(f"{where}: packed in a way that this scanner cannot open")
    yield from _base64(data)
    if data[:2] in (b"\x1f\x8b", b"PK") or data[:4] == b"\0asm":
        return  # binary: what looks like an escape in it is none
    if _ESCAPES.search(data):
        yield "escapes", _ESCAPES.sub(lambda match: _escaped(match[0]), data)
    if _REFERENCES.search(data):
        yield "references", _REFERENCES.sub(lambda match: unescape(match[0].decode()).encode("utf-8", "replace"), data)
    if b"%" in data and re.search(rb"%[0-9A-Fa-f]{2}", data):
        yield "percent", unquote_to_bytes(data)


def _package(where: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    if data[:1] == b"\x1f":
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
            yield "gzip", _limited(where, stream.read(UNPACKED + 1))
        return
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        yield "comment", package.comment
        for member in package.infolist():
            yield f"{member.filename}~", member.filename.encode() + b"\n" + member.comment + member.extra
            with package.open(member) as part:
                yield member.filename, _limited(where, part.read(UNPACKED + 1))


def _base64(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what runs of Base64 hold: packages one by one, all else of a kind together, which is far quicker.

    A run may have run into a word before it, so it is read from its first four characters each.
    """
    for alphabet, runs in _BASE64.items():
        for skip in range(4):
            plain = []
            for found in runs.finditer(data):
                text = found[0][skip:]
                if alphabet == b"-_" and b"-" not in text and b"_" not in text:
                    continue  # as with the other alphabet
                text = text[: len(text) - (len(text) % 4 == 1)]
                inner = base64.b64decode(text + b"=" * (-len(text) % 4), alphabet)
                plain.append(inner)
                if inner.startswith(_PACKAGES):
                    yield f"base64 at {found.start() + skip}", inner
            if plain:
                yield f"base64+{skip}", b" \xff ".join(plain)


def _inflated(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        yield name, _limited(name, zlib.decompressobj().decompress(data, UNPACKED + 1))
    except zlib.error:
        return  # not a deflate stream: its bytes were looked at as they are


def _png(data: bytes) -> Iterator[tuple[str, bytes]]:
    position, image = 8, b""
    while position + 12 <= len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        kind, body = data[position + 4 : position + 8], data[position + 8 : position + 8 + size]
        if kind == b"IDAT":
            image += body
        elif kind in (b"zTXt", b"iTXt", b"iCCP"):
            for start in (found.start() for found in re.finditer(b"\x78", body)):
                yield from _inflated(f"{kind.decode()} at {position}", body[start:])
        position += size + 12
    yield from _inflated("IDAT", image)


def _escaped(escapes: bytes) -> bytes:
    return bytes.fromhex(escapes.replace(b"\\u", b"").decode()).decode("utf-16-be", "replace").encode()


def _limited(where: str, data: bytes) -> bytes:
    if len(data) > UNPACKED:
        raise ValueError(f"{where}: unpacks to more than {UNPACKED} bytes")
    return data


def scan_folder(root: Path, secrets: Secrets) -> tuple[list[Leak], int, int]:
    """Return (leaks, files, bytes looked at as they lie there) of everything below a folder, names included."""
    leaks: list[Leak] = []
    seen: set[bytes] = set()
    files = size = 0
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        leaks += scan_bytes(f"name of {name}", name.encode(), secrets, 2)
        if path.is_file():
            data = path.read_bytes()
            leaks += scan_bytes(name, data, secrets, DEPTH, seen)
            files += 1
            size += len(data)
    return leaks, files, size
