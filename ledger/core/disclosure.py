"""Disclosures: the facts about a holder, of which a record carries only the digests (the form of SD-JWT).

    disclosure    base64url(canonical JSON [salt, name, value])
    digest        base64url(SHA-256(the ASCII characters of the disclosure))
    salt          base64url(HMAC-SHA256(key = the 20 ASCII characters of the verification code, "salt/" + name))
                  base64url(16 random bytes) for the public `masked`, which is found without a code

The verification code is 100 random bits, printed on the certificate as 20 characters of Crockford's base32 in
groups of four. Whoever holds the certificate can compute a private field's disclosure from what they type,
and compare digests; without the code a digest tells nothing, however short the list of possible values.

>>> code = parse_verification_code("0123-4567-89ab cdef GHJK")
>>> text = make_disclosure(derive_salt(code, "name"), "name", "张三")
>>> parse_disclosure(text).value, match_disclosures([digest_of(text)], [text])
('张三', {'name': '张三'})
"""

import hashlib
import json
import re
import unicodedata
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.code import normalise_code
from ledger.core.digest import sha256
from ledger.core.encoding import format_base64url, parse_base64url
from ledger.core.errors import FormatError, RuleError
from ledger.core.mask import is_masked_view, masked_names

__all__ = [
    "FIELDS",
    "PRIVATE_FIELDS",
    "Disclosure",
    "Typed",
    "derive_salt",
    "digest_of",
    "group_verification_code",
    "is_public_view",
    "make_disclosure",
    "match_disclosures",
    "match_typed",
    "new_verification_code",
    "normalise_doc_no",
    "normalise_name",
    "open_masked",
    "parse_disclosure",
    "parse_verification_code",
    "private_disclosures",
]

PRIVATE_FIELDS = ("name", "doc_type", "doc_no", "sex", "birth", "employer", "photo", "scores")
MASKED = "masked"
FIELDS = (*PRIVATE_FIELDS, MASKED)

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base32: no I, L, O, U
CODE_LENGTH = 20
CODE_BITS = 100
RANDOM_BYTES = 13  # 104 bits; the last four are not used
MIN_SALT = 16  # bytes

_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]  # ten bits at a time
_PLAIN = 4096  # characters; a shorter text cannot reach the limit of a canonical value
_QUOTE = json.JSONEncoder(ensure_ascii=False).encode
_INNER = bytes(n ^ 0x36 for n in range(256))  # the two keys of HMAC (RFC 2104), as translations of the padded key
_OUTER = bytes(n ^ 0x5C for n in range(256))
_VIEW = re.compile(rb'\["([0-9A-Za-z_-]{22,64})","masked",([^]]{1,1000}\])')  # a salt of 16 bytes or more
_LOOK_ALIKE = str.maketrans("OIL", "011")


@dataclass(frozen=True, slots=True)
class Disclosure:
    """An opened disclosure."""

    salt: str
    name: str
    value: Value


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody copied from a certificate and an identity document, as typed; an empty text was not given."""

    verification_code: str
    name: str = ""
    doc_no: str = ""


def make_disclosure(salt: str, name: str, value: Value) -> str:
    """Return the disclosure of one field. `salt` as `derive_salt` gives it. Raises FormatError as
    format_canonical does.
    """
    if isinstance(value, str) and len(value) < _PLAIN:
        # The canonical form of three texts, without walking a tree: an issuer writes hundreds of thousands of these.
        text = f"[{_QUOTE(salt)},{_QUOTE(name)},{_QUOTE(value)}]"
        if text.isascii() or unicodedata.is_normalized("NFC", text):
            try:
                return format_base64url(text.encode())
            except UnicodeEncodeError:
                pass  # a lone surrogate: format_canonical says so
    return format_base64url(format_canonical([salt, name, value]))


def parse_disclosure(text: str) -> Disclosure:
    """Return the contents of a disclosure.

    Raises FormatError for anything but base64url of canonical JSON, and RuleError for JSON that is no
    disclosure: `disclosure_arity` (not [salt, name, value]), `disclosure_salt` (not base64url of 16 bytes or
    more), `disclosure_name` (not one of FIELDS).
    """
    parts = parse_canonical(parse_base64url(text, "disclosure"), "disclosure")
    if not isinstance(parts, list) or len(parts) != 3:
        raise RuleError("disclosure_arity", "a disclosure has a salt, a name and a value")
    salt, name, value = parts
    if not isinstance(salt, str) or len(parse_base64url(salt, "salt")) < MIN_SALT:
        raise RuleError("disclosure_salt", f"a salt has {MIN_SALT} bytes or more")
    if not isinstance(name, str) or name not in FIELDS:
        raise RuleError("disclosure_name", "not a field of a holder")
    return Disclosure(salt, name, value)


def is_public_view(text: str) -> bool:
    """Return whether a disclosure is the field `masked` and shows no more than a surname; raises as `parse_disclosure`.

    Views are alike but for their salts: what follows a salt is parsed once, and remembered.
    """
    found = _VIEW.fullmatch(parse_base64url(text, "disclosure"))
    if found is None or not _is_one_view(found[2]):
        disclosure = parse_disclosure(text)
        return disclosure.name == MASKED and is_masked_view(disclosure.value)
    parse_base64url(found[1].decode(), "salt")
    return True


@lru_cache(maxsize=4096)
def _is_one_view(rest: bytes) -> bool:
    try:
        _, *values = cast("list[Value]", parse_canonical(b'["",' + rest, "disclosure"))
    except FormatError:
        return False
    return len(values) == 1 and is_masked_view(values[0])


def digest_of(disclosure: str) -> str:
    """Return the digest (43 characters) by which a record refers to a disclosure, which is ASCII or a FormatError."""
    if not disclosure.isascii():
        raise FormatError("disclosure", "not ASCII")
    return format_base64url(sha256(disclosure.encode()))


def match_disclosures(digests: Sequence[str], disclosures: Sequence[str]) -> dict[str, Value]:
    """Return name -> value of `disclosures`, each of which one of a record's `digests` commits to.

    Raises what `parse_disclosure` raises, and RuleError: `disclosure_duplicate` (a digest stands twice in the
    record, or a disclosure or field is given twice), `disclosure_unreferenced` (the record does not commit to
    it).
    """
    committed = set(digests)
    if len(committed) != len(digests):
        raise RuleError("disclosure_duplicate", "a digest stands twice in the record")
    values: dict[str, Value] = {}
    for text in disclosures:
        if digest_of(text) not in committed:
            raise RuleError("disclosure_unreferenced", "the record does not commit to a disclosure")
        disclosure = parse_disclosure(text)
        if disclosure.name in values:
            raise RuleError("disclosure_duplicate", "a field is disclosed twice")
        values[disclosure.name] = disclosure.value
    return values


def match_typed(digests: Sequence[str], typed: Typed) -> dict[str, Value]:
    """Return field -> whether a record's `digests` commit to exactly what was typed, for each field that was given.

    A code of another form matches nothing. Nobody learns from a no which of code and value was the wrong one.
    """
    given = {"name": normalise_name(typed.name), "doc_no": normalise_doc_no(typed.doc_no)}
    given = {field: value for field, value in given.items() if value}
    try:
        texts = private_disclosures(parse_verification_code(typed.verification_code), given)
    except FormatError:
        return dict.fromkeys(given, False)
    return {field: digest_of(text) in digests for field, text in texts.items()}


def open_masked(digests: Sequence[str], verification_code: str) -> dict[str, str] | None:
    """Return the masked view that `digests` commit to under the preset `sealed`; None if this code opens none.

    Its salt comes from the code, so whoever has the code finds the view among all that there are: some 100,000 hashes
    at most. Without the code there are 2^100 times as many.
    """
    try:
        salt = derive_salt(parse_verification_code(verification_code), MASKED)
    except FormatError:
        return None
    wanted = {parse_base64url(digest, "digest") for digest in digests}
    for name in masked_names():
        text = urlsafe_b64encode(f'["{salt}","{MASKED}",{{"name":"{name}"}}]'.encode()).rstrip(b"=")
        if hashlib.sha256(text).digest() in wanted:
            return {"name": name}
    return None


def derive_salt(verification_code: str, name: str) -> str:
    """Return the salt (43 characters) of the private field `name` of the certificate with this code (20 characters)."""
    return _Salts(verification_code)[name]


def private_disclosures(verification_code: str, fields: Mapping[str, Value]) -> dict[str, str]:
    """Return name -> disclosure for the private `fields`, given in the form in which they are matched later.

    Raises RuleError (`disclosure_name`) for a field that is not private.
    """
    salts = _Salts(verification_code)
    made = {}
    for name, value in fields.items():
        if name not in PRIVATE_FIELDS:
            raise RuleError("disclosure_name", "not a private field of a holder")
        made[name] = make_disclosure(salts[name], name, value)
    return made


class _Salts:
    """HMAC-SHA256 under one verification code: the keyed hash states are made once and copied for each field.

    `hmac.digest` takes twice as long a field; a test holds the two against each other.
    """

    def __init__(self, verification_code: str) -> None:
        key = verification_code.encode().ljust(64, b"\0")  # a code is shorter than the block of SHA-256
        self.inner = hashlib.sha256(key.translate(_INNER))
        self.outer = hashlib.sha256(key.translate(_OUTER))

    def __getitem__(self, name: str) -> str:
        inner, outer = self.inner.copy(), self.outer.copy()
        inner.update(b"salt/" + name.encode())
        outer.update(inner.digest())
        return format_base64url(outer.digest())


def new_verification_code(random_bytes: bytes) -> str:
    """Return the verification code (20 characters) made of the first 100 bits of 13 random bytes."""
    if len(random_bytes) != RANDOM_BYTES:
        raise FormatError("verification code", f"made of {RANDOM_BYTES} random bytes")
    bits = int.from_bytes(random_bytes, "big") >> (8 * RANDOM_BYTES - CODE_BITS)
    return "".join([_PAIRS[bits >> shift & 1023] for shift in range(CODE_BITS - 10, -1, -10)])


def parse_verification_code(text: str) -> str:
    """Return the code that somebody typed: any case, spaces and dashes anywhere, O for 0, I and L for 1."""
    code = normalise_code(text).translate(_LOOK_ALIKE)
    if len(code) != CODE_LENGTH or not set(code) <= set(ALPHABET):
        raise FormatError("verification code", f"not {CODE_LENGTH} characters of {ALPHABET}")
    return code


def group_verification_code(code: str) -> str:
    """Return the code as it is printed: "XXXX XXXX XXXX XXXX XXXX"."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def normalise_name(text: str) -> str:
    """Return a name as it is committed to and matched: normal form C, trimmed."""
    return unicodedata.normalize("NFC", text).strip()


def normalise_doc_no(text: str) -> str:
    """Return a document number as it is committed to and matched: ASCII forms, upper case, no white space."""
    if not text.isascii():
        text = text.translate({0xFF01 + n: 0x21 + n for n in range(94)})
    return "".join(text.split()).upper()
