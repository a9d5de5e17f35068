r"""Details: what a holder can show, photo included, in a file that only number and verification code find and open.

    prk   = HMAC-SHA256("skill-ledger/details/v1", verification code)          the 20 ASCII characters of the code
    name  = the first 16 bytes of HMAC-SHA256(prk, "name\n" + number + 0x01), as hex
    key   = HMAC-SHA256(prk, "key\n" + number + 0x01)                          HKDF (RFC 5869), 32 bytes

    file  = nonce (12 bytes) || AES-256-GCM(key, nonce, content), the file's path as associated data
    path  = "details/" + the first two signs of the name + "/" + the others

    content = "skill-ledger/details/v1\n" "code " NUMBER "\n" 1*16("disclosure " text "\n") ["photo " bytes "\n"] "\n"
              [the photo, JPEG] zeros

A file has one of four sizes, so it tells no length. A code has 100 random bits: nobody finds a name or a key by trying,
and no slow derivation is needed. The cipher is a port: nothing in the core encrypts.

Nothing in it vouches for itself: a disclosure counts if the record of the number commits to it, and the photo is the
one whose digest the disclosure `photo` holds.

>>> access_of("S000050000001263000001", "0123456789ABCDEFGHJK").path
'details/1c/28f15cfcabdc958bde36fbb75520cf'
"""

import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import TypeAlias

from ledger.core.digest import sha256
from ledger.core.disclosure import parse_disclosure
from ledger.core.encoding import format_base64url
from ledger.core.errors import FormatError, RuleError

__all__ = [
    "NONCE",
    "SIZES",
    "Access",
    "Cipher",
    "Details",
    "access_of",
    "format_details",
    "is_details_path",
    "open_details",
    "parse_details",
    "seal_details",
]

SIZES = (2048, 16_384, 32_768, 65_536)  # bytes of a file
NONCE = 12
TAG = 16
MAX_DISCLOSURES = 16

Cipher: TypeAlias = Callable[[bytes, bytes, bytes, bytes], bytes]  # key, nonce, data, associated data

_DOMAIN = b"skill-ledger/details/v1"
_FIRST = _DOMAIN.decode()
_PATH = re.compile(r"details/[0-9a-f]{2}/[0-9a-f]{30}")
_DISCLOSURE = re.compile(r"[0-9A-Za-z_-]{1,4096}")
_PHOTO = re.compile(r"photo ([1-9][0-9]{0,5})")


@dataclass(frozen=True, slots=True)
class Access:
    """Where the details of one certificate lie, and their key."""

    path: str
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Details:
    """What the holder of the certificate `code` can show; `photo` is a JPEG, or b"" for none."""

    code: str
    disclosures: tuple[str, ...] = field(repr=False)
    photo: bytes = field(default=b"", repr=False)


def access_of(code: str, verification_code: str) -> Access:
    """Return where the details are. Number and code in the forms in which they are printed, without spaces."""
    prk = hmac.digest(_DOMAIN, verification_code.encode("ascii"), "sha256")
    name, key = (hmac.digest(prk, f"{what}\n{code}\x01".encode(), "sha256") for what in ("name", "key"))
    text = name[:16].hex()
    return Access(f"details/{text[:2]}/{text[2:]}", key)


def is_details_path(path: str) -> bool:
    """Whether a path is one that details could have. Which certificate's, only its code tells."""
    return _PATH.fullmatch(path) is not None


def format_details(details: Details) -> bytes:
    """Return the content of a file, filled up with zeros. Raises FormatError if it is too large for any."""
    lines = [_FIRST, f"code {details.code}", *(f"disclosure {text}" for text in details.disclosures)]
    if details.photo:
        lines.append(f"photo {len(details.photo)}")
    head = "".join(f"{line}\n" for line in [*lines, ""]).encode("ascii")
    content = head + details.photo
    content = content.ljust(_filled(len(content)), b"\0")
    parse_details(content)  # refuses what it could not give back
    return content


def _filled(length: int) -> int:
    """Return to how many bytes a content of `length` is filled up."""
    size = next((size for size in SIZES if length <= size - NONCE - TAG), None)
    if size is None:
        raise FormatError("details", f"more than {SIZES[-1]} bytes")
    return size - NONCE - TAG


def parse_details(content: bytes) -> Details:
    """Return what a file's content says. Raises FormatError unless it is what `format_details` makes.

    Raises RuleError, `details_photo`, for a photo that no disclosure in it commits to, or that is missing.
    """
    head, end, rest = content.partition(b"\n\n")
    if not end or not head.isascii():
        raise FormatError("details", "has no end of its lines")
    first, *lines = head.decode("ascii").split("\n")
    code = lines[0].removeprefix("code ") if lines else ""
    if first != _FIRST or lines[:1] != [f"code {code}"]:
        raise FormatError("details", f"does not begin with {_FIRST} and a number")
    shown = tuple(line[11:] for line in takewhile(lambda line: line.startswith("disclosure "), lines[1:]))
    if not 0 < len(shown) <= MAX_DISCLOSURES or not all(map(_DISCLOSURE.fullmatch, shown)):
        raise FormatError("details", f"not 1 to {MAX_DISCLOSURES} disclosures")
    others = lines[1 + len(shown) :]
    found = _PHOTO.fullmatch(others[0]) if len(others) == 1 else None
    if others and found is None:
        raise FormatError("details", "lines of another kind")
    length = int(found[1]) if found else 0
    photo, filling = rest[:length], rest[length:]
    if len(photo) != length or filling.strip(b"\0") or len(content) != _filled(len(content) - len(filling)):
        raise FormatError("details", "is not filled up with zeros to the size that it needs")
    digests = [opened.value for opened in map(parse_disclosure, shown) if opened.name == "photo"]
    if digests != ([format_base64url(sha256(photo))] if photo else []):
        raise RuleError("details_photo", "the photo is not the one that a disclosure commits to")
    return Details(code, shown, photo)


def seal_details(details: Details, verification_code: str, nonce: bytes, seal: Cipher) -> tuple[str, bytes]:
    """Return path and bytes of the file; `nonce` are 12 random bytes, new ones for each file. Raises FormatError."""
    access = access_of(details.code, verification_code)
    return access.path, nonce + seal(access.key, nonce, format_details(details), access.path.encode())


def open_details(data: bytes, code: str, verification_code: str, unseal: Cipher) -> Details:
    """Return the details in a file. Raises FormatError, RuleError, and what `unseal` raises for another key."""
    if len(data) not in SIZES:
        raise FormatError("details", "a file of another size")
    access = access_of(code, verification_code)
    details = parse_details(unseal(access.key, data[:NONCE], data[NONCE:], access.path.encode()))
    if details.code != code:
        raise FormatError("details", "of another number")
    return details
