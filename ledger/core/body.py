"""Bodies: which members each type of record has.

A body has every required member of its type, no unknown one, and an absent value is an absent member. Subjects are
certificate numbers (22 characters A-Z 0-9) in `code` and organisation codes (13 characters) in `org`.

    ledger.open          log_key, operator, origin, policy {disclosure, max_age, witness}, profiles, registrar_keys
    org.file org.amend   org, name, uscc, profile, scope, valid_from, valid_to; kind?
    org.retire           org, reason; into? (the successor after a merger)
    org.remove           org, reason
    key.add              key; org? (none for a registrar's own key)
    key.revoke           key_id, reason; org?
    certificate.issue    code, occupation {code, name, job?}, level, issued, evaluator, profile, batch, evidence,
                         disclosures
    certificate.correct  the same, and reason
    certificate.reissue .suspend .restore .revoke    code, reason, effective
    index                bits, root, size; previous? (the index entry before this one)

A scope is a list of {occupation {code, name, job?}, levels [one character each]}. Ranges, workflow evidence and
supervision (`range.assign`, `plan.file` ...) are types still to come; an unknown type is refused.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise

from ledger.core.canonical import Value
from ledger.core.encoding import parse_base64, parse_date
from ledger.core.errors import FormatError
from ledger.core.note import parse_vkey

__all__ = ["REASONS", "TYPES", "check_body"]

Check = Callable[[Value], bool]

CODE_CHARACTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_HEX = frozenset("0123456789abcdef")
_DIGEST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
_BATCH_LENGTH = 64
_MAX_LIST = 1000

# Why something was done is a word of this list, never free text: free text would carry personal data into the chain.
REASONS = (
    "fraud",
    "error",
    "investigation",
    "cleared",
    "lost",
    "damaged",
    "name_change",
    "withdrawn",
    "closed",
    "merged",
    "misconduct",
    "compromised",
)


def check_body(kind: str, body: Mapping[str, Value]) -> None:
    """Raise FormatError unless `body` has exactly the members that a record of type `kind` has."""
    shape = TYPES.get(kind)
    if shape is None:
        raise FormatError("record", f"unknown type {kind[:40]!r}")
    required, optional = shape
    for name, value in body.items():
        check = required.get(name) or optional.get(name)
        if check is None:
            raise FormatError(kind, f"unknown member {name[:40]!r}")
        if not check(value):
            raise FormatError(kind, f"member {name!r} is not of its form")
    for name in required:
        if name not in body:
            raise FormatError(kind, f"member {name!r} is missing")


def _text(value: Value) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value == value.strip()


def _code(value: Value) -> bool:
    return isinstance(value, str) and len(value) == 22 and CODE_CHARACTERS.issuperset(value)


def _org(value: Value) -> bool:
    return isinstance(value, str) and len(value) == 13 and CODE_CHARACTERS.issuperset(value)


def _uscc(value: Value) -> bool:
    return isinstance(value, str) and len(value) == 18 and CODE_CHARACTERS.issuperset(value)


def _level(value: Value) -> bool:
    return isinstance(value, str) and len(value) == 1 and value in CODE_CHARACTERS


def _date(value: Value) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parse_date(value, "date")
    except FormatError:
        return False
    return True


def _count(value: Value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _bits(value: Value) -> bool:
    return _count(value) and value <= 32  # type: ignore[operator]  # _count has seen to it that this is an int


def _reason(value: Value) -> bool:
    return value in REASONS


def _vkey(value: Value) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parse_vkey(value)
    except FormatError:
        return False
    return True


def _key_id(value: Value) -> bool:
    return isinstance(value, str) and len(value) == 8 and _HEX.issuperset(value)


def _hash_text(value: Value) -> bool:
    if not isinstance(value, str):
        return False
    try:
        parse_base64(value, "root", 32)
    except FormatError:
        return False
    return True


def _batch(value: Value) -> bool:
    return isinstance(value, str) and len(value) == _BATCH_LENGTH and _HEX.issuperset(value)


def _list_of(check: Check, *, least: int = 0) -> Check:
    def checked(value: Value) -> bool:
        return isinstance(value, list) and least <= len(value) <= _MAX_LIST and all(map(check, value))

    return checked


def _digests(value: Value) -> bool:
    """Digests are sorted as ASCII without repetition, so that their order tells nothing."""
    if not isinstance(value, list) or not 0 < len(value) <= 64:
        return False
    last = ""
    for digest in value:
        if not isinstance(digest, str) or len(digest) != 43 or digest <= last or not _DIGEST.issuperset(digest):
            return False
        last = digest
    return True


def _ascending(value: Value) -> bool:
    if not isinstance(value, list) or len(value) > _MAX_LIST or not all(map(_count, value)):
        return False
    return all(a < b for a, b in pairwise(value))  # type: ignore[operator]  # _count has seen to it: ints


def _object(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
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


_occupation = _object({"code": _text, "name": _text}, {"job": _text})
_scope = _list_of(_object({"occupation": _occupation, "levels": _list_of(_level, least=1)}), least=1)
_policy = _object({"disclosure": _text, "max_age": _count, "witness": lambda value: isinstance(value, str)})

_FILING: dict[str, Check] = {
    "org": _org,
    "name": _text,
    "uscc": _uscc,
    "profile": _text,
    "scope": _scope,
    "valid_from": _date,
    "valid_to": _date,
}
_ISSUE: dict[str, Check] = {
    "code": _code,
    "occupation": _occupation,
    "level": _level,
    "issued": _date,
    "evaluator": _text,
    "profile": _text,
    "batch": _batch,
    "evidence": _ascending,
    "disclosures": _digests,
}
_EVENT: dict[str, Check] = {"code": _code, "reason": _reason, "effective": _date}

# type -> (required members, optional members)
TYPES: dict[str, tuple[dict[str, Check], dict[str, Check]]] = {
    "ledger.open": (
        {
            "log_key": _vkey,
            "operator": _text,
            "origin": _text,
            "policy": _policy,
            "profiles": _list_of(_text, least=1),
            "registrar_keys": _list_of(_vkey, least=1),
        },
        {},
    ),
    "org.file": (_FILING, {"kind": _text}),
    "org.amend": (_FILING, {"kind": _text}),
    "org.retire": ({"org": _org, "reason": _reason}, {"into": _org}),
    "org.remove": ({"org": _org, "reason": _reason}, {}),
    "key.add": ({"key": _vkey}, {"org": _org}),
    "key.revoke": ({"key_id": _key_id, "reason": _reason}, {"org": _org}),
    "certificate.issue": (_ISSUE, {}),
    "certificate.correct": ({**_ISSUE, "reason": _reason}, {}),
    "certificate.reissue": (_EVENT, {}),
    "certificate.suspend": (_EVENT, {}),
    "certificate.restore": (_EVENT, {}),
    "certificate.revoke": (_EVENT, {}),
    "index": ({"bits": _bits, "root": _hash_text, "size": _count}, {"previous": _count}),
}
