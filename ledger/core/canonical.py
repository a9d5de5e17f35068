r"""Canonical JSON: one spelling of every value, and a reader that accepts nothing else.

    value    object, array, string, integer, true, false      no null, no fraction, no exponent
    integer  -(2^53-1) .. 2^53-1
    key      ASCII; keys sorted; no key twice
    string   Unicode in normal form C, written as itself; only " and \ and U+0000..U+001F are escaped
             (\b \t \n \f \r, else \u00xx in lower case); none of 58 characters whose normal form is unsettled
    layout   no white space; UTF-8; at most 65,535 bytes; at most 16 levels of {} and []

This is RFC 8785 (JCS) without floats and null, so every JCS writer writes the same bytes; ASCII keys make its
UTF-16 key order the plain one. An absent value is an absent key. Invariant: parse(b) succeeds exactly if b is
what format makes, so `format(parse(b)) == b` and no two byte strings mean the same value.

The reader proves that by writing the value again and comparing: white space, key order, repeated keys, other
escapes, -0 and lone surrogates all end there. What both spellings would share is looked for in the value:
null, large integers, keys that are not ASCII, strings that are not in normal form.

>>> format_canonical({"time": "2026-11-20T08:00:00Z", "seq": 17, "level": "三级"}).decode()
'{"level":"三级","seq":17,"time":"2026-11-20T08:00:00Z"}'
>>> parse_canonical(b'{"seq": 17}', "entry")
Traceback (most recent call last):
    ...
ledger.core.errors.FormatError: entry: not in canonical form (at byte 7)
"""

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import NoReturn, TypeAlias

from ledger.core.encoding import MAX_INTEGER
from ledger.core.errors import FormatError

__all__ = ["MAX_DEPTH", "MAX_SIZE", "Value", "format_canonical", "parse_canonical"]

Value: TypeAlias = "dict[str, Value] | list[Value] | str | int | bool"

MAX_DEPTH = 16  # levels of {} and []; an entry is level 1
MAX_SIZE = 65_535  # bytes; a tlog-tiles bundle writes the length of an entry in 16 bits

# The normal form of these 58 characters depends on the Unicode version (added in 15.0 to 16.0 with a combining class
# or a decomposition), so two interpreters could disagree: refused. A test watches for the next version.
# In UTF-8 they begin with E0 or F0, which is quick to look for and rare.
_UNSETTLED = re.compile(
    "[\u0897\U000105c9\U000105d2\U000105da\U000105e4\U00010d69-\U00010d6d\U00010efd-\U00010eff"
    "\U00011382-\U00011385\U0001138b\U0001138e\U00011390\U00011391\U000113b8\U000113bb\U000113c2\U000113c5"
    "\U000113c7-\U000113c9\U000113ce-\U000113d0\U00011f41\U00011f42\U0001611e-\U00016129\U0001612f"
    "\U00016d63\U00016d67-\U00016d6a\U0001e08f\U0001e4ec-\U0001e4ef\U0001e5ee\U0001e5ef]"
)
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def _no_float(_digits: str) -> NoReturn:
    raise ValueError("a number with a fraction or an exponent")


def _no_constant(_name: str) -> NoReturn:
    raise ValueError("NaN or Infinity")


# One of each for the life of the process: making them costs more than using them.
_DECODER = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_constant)
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, check_circular=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)


def format_canonical(value: Value) -> bytes:
    """The canonical bytes of `value`; FormatError if it is outside the subset (floats, None, tuples …)."""
    _check([value], "value", MAX_DEPTH + 1)
    text = _ENCODER.encode(value)
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise FormatError("value", "a lone surrogate in a string") from error
    _check_settled(data, text, "value")
    if len(data) > MAX_SIZE:
        raise FormatError("value", f"more than {MAX_SIZE} bytes")
    return data


def parse_canonical(data: bytes, what: str = "value") -> Value:
    """The value that `data` writes, if `data` is its canonical form; `what` names it in the FormatError."""
    if len(data) > MAX_SIZE:
        raise FormatError(what, f"more than {MAX_SIZE} bytes")
    # Before the scanner sees it: the scanner recurses once a level, and a browser's stack is small.
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH and _depth(data) > MAX_DEPTH:
        raise FormatError(what, f"more than {MAX_DEPTH} levels")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise FormatError(what, "not UTF-8", error.start) from error
    value: Value
    try:
        value, _ = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        raise FormatError(what, "not JSON", len(text[: error.pos].encode())) from error
    except ValueError as error:
        # From the two functions above, or an integer of more digits than Python would convert.
        raise FormatError(what, "a number that is not an integer within -(2^53-1)..2^53-1") from error
    _check([value], what, MAX_DEPTH + 1)
    again = _ENCODER.encode(value)
    if again != text:
        raise FormatError(what, "not in canonical form", _first_difference(again, text))
    _check_settled(data, text, what)
    return value


def _check(container: dict[str, Value] | list[Value], what: str, depth: int) -> None:
    """Refuse all below `container` that is outside the subset; `depth` levels are left, its own too.

    Types are compared as they are: a subclass could write itself in another way. (It is also faster.)
    """
    if depth == 0:
        raise FormatError(what, f"more than {MAX_DEPTH} levels")
    if type(container) is dict:
        try:
            ascii_only = "".join(container).isascii()
        except TypeError as error:
            raise FormatError(what, "a key that is not a string") from error
        if not ascii_only:
            raise FormatError(what, "a key that is not ASCII")
        values: Iterable[Value] = container.values()
    else:
        values = container
    for value in values:
        if type(value) is str:
            if not value.isascii() and not unicodedata.is_normalized("NFC", value):
                raise FormatError(what, "a string that is not in normal form C")
        elif type(value) is dict or type(value) is list:
            _check(value, what, depth - 1)
        elif type(value) is int:
            if not -MAX_INTEGER <= value <= MAX_INTEGER:
                raise FormatError(what, "a number that is not an integer within -(2^53-1)..2^53-1")
        elif type(value) is not bool:
            raise FormatError(what, "a value that is no object, array, string, integer, true or false")


def _check_settled(data: bytes, text: str, what: str) -> None:
    if (b"\xf0" in data or b"\xe0" in data) and _UNSETTLED.search(text) is not None:
        raise FormatError(what, "a character whose normal form depends on the Unicode version")


def _depth(data: bytes) -> int:
    """The deepest nesting of brackets outside strings, as the scanner would meet them."""
    deepest = level = 0
    for bracket in _STRING.sub(b"", data).translate(None, _NOT_BRACKETS):
        level += 1 if bracket in b"{[" else -1
        deepest = max(deepest, level)
    return deepest


def _first_difference(ours: str, given: str) -> int:
    """The byte offset in `given` of the first character that differs from `ours`."""
    pairs = enumerate(zip(ours, given, strict=False))
    same = next((i for i, (a, b) in pairs if a != b), min(len(ours), len(given)))
    return len(given[:same].encode())
