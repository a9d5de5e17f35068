import json
import time
import unicodedata
from collections import OrderedDict
from enum import IntEnum, StrEnum
from typing import cast

import pytest

from ledger.core.canonical import _UNSETTLED, MAX_DEPTH, MAX_SIZE, Value, format_canonical, parse_canonical
from ledger.core.errors import FormatError


class Colour(StrEnum):
    RED = "red"


class Number(IntEnum):
    ONE = 1


def refused_writing(value: object) -> str:
    with pytest.raises(FormatError) as caught:
        format_canonical(cast("Value", value))
    assert caught.value.what == "value"
    return caught.value.reason


def refused_reading(data: bytes) -> tuple[str, int | None]:
    with pytest.raises(FormatError) as caught:
        parse_canonical(data, "entry")
    assert caught.value.what == "entry"
    return caught.value.reason, caught.value.offset


@pytest.mark.parametrize("value", [0, -1, True, False, "", "三级", [], {}, [[], {}], {"b": 1, "a": [True, "x"]}])
def test_round_trip_keeps_values_and_their_types(value: Value) -> None:
    again = parse_canonical(format_canonical(value))
    assert again == value
    assert type(again) is type(value)


def test_the_order_of_keys_given_does_not_matter() -> None:
    assert format_canonical({"b": 1, "a": 2, "": 3, "B": 4, "a0": 5}) == b'{"":3,"B":4,"a":2,"a0":5,"b":1}'


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "a value that is no object"),
        ([None], "a value that is no object"),
        (1.0, "a value that is no object"),
        (float("nan"), "a value that is no object"),
        (b"bytes", "a value that is no object"),
        ((1, 2), "a value that is no object"),
        ({1, 2}, "a value that is no object"),
        (Colour.RED, "a value that is no object"),
        (Number.ONE, "a value that is no object"),
        (OrderedDict(a=1), "a value that is no object"),
        ({1: 2}, "a key that is not a string"),
        ({None: 2}, "a key that is not a string"),
        ({True: 2}, "a key that is not a string"),
        ({"级": 1}, "a key that is not ASCII"),
        ({"\ud800": 1}, "a key that is not ASCII"),
        ("\ud800", "a lone surrogate"),
        (["级", "\udfff"], "a lone surrogate"),
        ("e\u0301", "a string that is not in normal form C"),
        ("\u0897", "a character whose normal form depends"),
        ("\U0001e5ef", "a character whose normal form depends"),
        (2**53, "a number that is not"),
        (-(2**53), "a number that is not"),
        (10**400, "a number that is not"),
    ],
)
def test_values_outside_the_subset_are_not_written(value: object, reason: str) -> None:
    assert refused_writing(value).startswith(reason)


def test_size_is_bounded_on_both_sides() -> None:
    longest = "a" * (MAX_SIZE - 2)
    assert parse_canonical(format_canonical(longest)) == longest
    assert refused_writing(longest + "a") == refused_reading(b'"' + longest.encode() + b'a"')[0]


def test_depth_is_bounded_on_both_sides() -> None:
    value: Value = []
    for _ in range(MAX_DEPTH - 1):
        value = {"a": value}
    assert parse_canonical(format_canonical(value)) == value
    assert refused_writing([value]) == f"more than {MAX_DEPTH} levels"
    circle: list[object] = []
    circle.append(circle)
    assert refused_writing(circle) == f"more than {MAX_DEPTH} levels"
    assert refused_reading(b"[" * 17 + b"]" * 17) == (f"more than {MAX_DEPTH} levels", None)


def test_many_brackets_side_by_side_are_no_depth() -> None:
    value: Value = [{"a": [1]} for _ in range(200)]
    assert parse_canonical(format_canonical(value)) == value
    in_strings: Value = ["[{" * 20, '"[{' * 20, "\\" * 7 + "["]
    assert parse_canonical(format_canonical(in_strings)) == in_strings


@pytest.mark.parametrize(
    "bomb",
    [
        b"[" * MAX_SIZE,
        b'{"a":' * 10_000,
        b"[" * 17 + b'"' + rb"\"" * 32_000,
        b'"\\' * 20_000 + b"[" * 20_000,
        b"[" + b"9" * 65_000 + b"]",
        b"{" * 17 + b"\\" * 60_000,
        b'["' + "级a".encode() * 16_000 + b'",null]',
        b'["' + "级\\n".encode() * 13_000 + b'",1.0]',
        b'[0,"' + "\U00020bb7".encode() * 16_000 + b'",0.0]',
    ],
    ids=range(9),
)
def test_hostile_input_is_refused_quickly(bomb: bytes) -> None:
    started = time.process_time()
    refused_reading(bomb)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    ("data", "reason", "offset"),
    [
        (b"\xff{}", "not UTF-8", 0),
        ('{"a":"级'.encode() + b"\xff", "not UTF-8", 9),
        ('{"a":"级",}'.encode(), "not JSON", 10),
        ('{"b":"级", "a":1}'.encode(), "not in canonical form", 2),
        ('["级" ]'.encode(), "not in canonical form", 6),
        (b"{}\n", "not in canonical form", 2),
    ],
)
def test_a_refusal_names_the_byte(data: bytes, reason: str, offset: int) -> None:
    found, place = refused_reading(data)
    assert found == reason
    assert place is not None
    assert abs(place - offset) <= 1  # the scanner of Python 3.13 points at the comma, older ones behind it


@pytest.mark.parametrize(
    "data", [b"[NaN]", b"[Infinity]", b"[1.0]", b"[1E5]", b"[" + b"1" * 4301 + b"]", b"[" + b"1" * 17 + b"]"]
)
def test_numbers_are_integers_within_range(data: bytes) -> None:
    assert refused_reading(data)[0] == "a number that is not an integer within -(2^53-1)..2^53-1"


def test_what_is_written_is_what_json_readers_read() -> None:
    value: Value = {"text": 'quote " backslash \\ control \x01\x1f\t\n\x7f 级 😀', "n": -(2**53) + 1}
    assert json.loads(format_canonical(value)) == value
    plain = json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    assert format_canonical(value) == plain


def test_the_unsettled_characters_are_those_of_the_unicode_versions_we_know() -> None:
    """A new Unicode version may add more: then compare its data with 14.0 again, as the comment in canonical says."""
    assert unicodedata.unidata_version in {"14.0.0", "15.0.0", "15.1.0", "16.0.0"}
    unsettled = [chr(c) for c in range(0x110000) if _UNSETTLED.match(chr(c))]
    assert len(unsettled) == 58
    assert all(character > "\U00010000" for character in unsettled[1:])
