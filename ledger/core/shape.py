"""Shapes: what one member of a record's body may be.

A check takes a value of canonical JSON and says whether it has the shape; `members`, `list_of`, `distinct`, `word_of`
make checks. Nothing is converted, and nothing is told of a value that fails: it may be personal data.
"""

from collections.abc import Callable, Collection, Mapping
from itertools import pairwise
from typing import cast

from ledger.core.canonical import Value
from ledger.core.encoding import parse_base64, parse_date
from ledger.core.errors import FormatError
from ledger.core.note import ED25519, parse_note, parse_vkey

__all__ = [
    "CODE_CHARACTERS",
    "MAX_LIST",
    "Check",
    "ascending",
    "batch_digest",
    "bits",
    "certificate_code",
    "count",
    "date_text",
    "digest_text",
    "digests",
    "distinct",
    "key_id",
    "level_code",
    "list_of",
    "members",
    "note_text",
    "occupation",
    "org_code",
    "root_text",
    "text",
    "uscc",
    "vkey",
    "word",
    "word_of",
]

Check = Callable[[Value], bool]

CODE_CHARACTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_HEX = frozenset("0123456789abcdef")
_DIGEST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_DIGEST_END = frozenset("AEIMQUYcgkosw048")  # the two bits behind the last byte are 0: a digest has one spelling
_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_BATCH_LENGTH = 64
MAX_LIST = 1000


def text(value: Value) -> bool:
    """1 to 200 characters without space around them."""
    return isinstance(value, str) and 0 < len(value) <= 200 and value == value.strip()


def note_text(value: Value) -> bool:
    """A signed note as text."""
    try:
        return isinstance(value, str) and parse_note(value.encode()) is not None
    except FormatError:
        return False


def certificate_code(value: Value) -> bool:
    """A certificate number: 22 characters A-Z 0-9."""
    return isinstance(value, str) and len(value) == 22 and CODE_CHARACTERS.issuperset(value)


def org_code(value: Value) -> bool:
    """An organisation code: 13 characters A-Z 0-9."""
    return isinstance(value, str) and len(value) == 13 and CODE_CHARACTERS.issuperset(value)


def uscc(value: Value) -> bool:
    """A unified social credit code: 18 characters A-Z 0-9; its check digit is the registrar's business."""
    return isinstance(value, str) and len(value) == 18 and CODE_CHARACTERS.issuperset(value)


def level_code(value: Value) -> bool:
    """A level: one character."""
    return isinstance(value, str) and len(value) == 1 and value in CODE_CHARACTERS


def date_text(value: Value) -> bool:
    """A date, YYYY-MM-DD."""
    if not isinstance(value, str):
        return False
    try:
        parse_date(value, "date")
    except FormatError:
        return False
    return True


def count(value: Value) -> bool:
    """An integer of 0 or more."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def bits(value: Value) -> bool:
    """The number of bits that choose a shard."""
    return count(value) and value <= 32  # type: ignore[operator]  # count has seen to it that this is an int


def word(value: Value) -> bool:
    """A word that the profile explains: 1 to 40 small letters, digits and hyphens."""
    return isinstance(value, str) and 0 < len(value) <= 40 and _WORD.issuperset(value)


def word_of(words: Collection[str]) -> Check:
    """One word of a closed list."""
    return lambda value: isinstance(value, str) and value in words


def digest_text(value: Value) -> bool:
    """One digest of a disclosure or of a paper: 43 characters of base64url."""
    return isinstance(value, str) and len(value) == 43 and _DIGEST.issuperset(value) and value[42] in _DIGEST_END


def distinct(check: Check, *, least: int = 0) -> Check:
    """A list in ascending ASCII order without repetition, so that one set has one form."""
    whole = list_of(check, least=least)

    def checked(value: Value) -> bool:
        return whole(value) and all(a < b for a, b in pairwise(cast("list[str]", value)))

    return checked


def vkey(value: Value) -> bool:
    """A C2SP vkey line of kind 1: a witness's key, of kind 4, signs no records."""
    try:
        return isinstance(value, str) and parse_vkey(value).kind == ED25519
    except FormatError:
        return False


def key_id(value: Value) -> bool:
    """A key id, 8 lower-case hex digits."""
    return isinstance(value, str) and len(value) == 8 and _HEX.issuperset(value)


def root_text(value: Value) -> bool:
    """A hash in standard base64."""
    if not isinstance(value, str):
        return False
    try:
        parse_base64(value, "root", 32)
    except FormatError:
        return False
    return True


def batch_digest(value: Value) -> bool:
    """A SHA-256 in hex."""
    return isinstance(value, str) and len(value) == _BATCH_LENGTH and _HEX.issuperset(value)


def list_of(check: Check, *, least: int = 0) -> Check:
    """A list of at least `least` things, each with the shape `check`."""

    def checked(value: Value) -> bool:
        return isinstance(value, list) and least <= len(value) <= MAX_LIST and all(map(check, value))

    return checked


def digests(value: Value) -> bool:
    """Digests are sorted as ASCII without repetition, so that their order tells nothing."""
    if not isinstance(value, list) or not 0 < len(value) <= 64:
        return False
    last = ""
    for digest in value:
        if not digest_text(digest) or digest <= last:  # type: ignore[operator]  # digest_text has seen to it: a text
            return False
        last = cast("str", digest)
    return True


def ascending(value: Value) -> bool:
    """Seq numbers in ascending order, without repetition."""
    if not isinstance(value, list) or len(value) > MAX_LIST or not all(map(count, value)):
        return False
    return all(a < b for a, b in pairwise(value))  # type: ignore[operator]  # count has seen to it: ints


def members(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with every required member, maybe the optional ones, and no other."""
    others = optional or {}

    def checked(value: Value) -> bool:
        if not isinstance(value, dict) or not required.keys() <= value.keys():
            return False
        for name, member in value.items():
            check = required.get(name) or others.get(name)
            if check is None or not check(member):
                return False
        return True

    return checked


occupation = members({"code": text, "name": text}, {"job": text})
