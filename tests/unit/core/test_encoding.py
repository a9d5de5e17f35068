from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from ledger.core.encoding import (
    format_base64,
    format_base64url,
    format_decimal,
    format_hex,
    format_tile_number,
    format_time,
    local_date,
    parse_base64,
    parse_base64url,
    parse_date,
    parse_decimal,
    parse_hex,
    parse_tile_number,
    parse_time,
)
from ledger.core.errors import FormatError

MAX = 2**53 - 1


def refused(function: Callable[..., object], *arguments: object) -> FormatError:
    with pytest.raises(FormatError) as caught:
        function(*arguments)
    return caught.value


@pytest.mark.parametrize("number", [0, 1, 9, 10, 12345678901234567 % MAX, MAX])
def test_decimal_round_trip(number: int) -> None:
    assert parse_decimal(format_decimal(number), "size") == number


@pytest.mark.parametrize(
    "text",
    ["", "00", "01", "+1", "-1", "-0", " 1", "1 ", "1\n", "1_0", "1.0", "1e3", "0x1", "１２３", "²", "٣",
     "9007199254740992", "99999999999999999999", "9" * 5000],
)  # fmt: skip
def test_decimal_has_one_spelling(text: str) -> None:
    assert refused(parse_decimal, text, "size").what == "size"


@pytest.mark.parametrize("number", [-1, MAX + 1])
def test_decimal_writes_only_what_it_reads(number: int) -> None:
    refused(format_decimal, number)


def test_hex_round_trip() -> None:
    every_byte = bytes(range(256))
    assert parse_hex(format_hex(every_byte), 256, "key") == every_byte
    assert parse_hex("", 0, "key") == b""


@pytest.mark.parametrize("text", ["", "0", "000", "00 0", "0G0f", "00FF", "00ff00", "0x00", "００ff", "00f\n"])
def test_hex_has_one_spelling(text: str) -> None:
    assert refused(parse_hex, text, 2, "key id").what == "key id"


@pytest.mark.parametrize("length", range(70))
def test_base64_round_trip(length: int) -> None:
    data = bytes(range(255 - length, 255))
    assert parse_base64(format_base64(data), "sig") == data
    assert parse_base64url(format_base64url(data), "sig", length) == data
    assert "=" not in format_base64url(data)


@pytest.mark.parametrize(
    "text",
    ["A", "AA", "AAA", "AA=", "AB==", "AAB=", "AA===", "AAA=A", "=AAA", "AAAA=", "AA A", "AAAA\n", " AAAA", "AA\nAA",
     "AA-_", "Ａ===", "AAAA====", "AA==AAAA", "A\x00AA", "AAA\u00e9"],
)  # fmt: skip
def test_base64_has_one_spelling(text: str) -> None:
    assert refused(parse_base64, text, "sig").what == "sig"


@pytest.mark.parametrize(
    "text",
    ["A", "AB", "AAB", "AA=", "AA==", "AAA=", "AA A", "AAAA\n", "AA+/", "AAAAA", "Ａ", "AA\x00A", "AA\u00e9A", "AA-_="],
)  # fmt: skip
def test_base64url_has_one_spelling(text: str) -> None:
    assert refused(parse_base64url, text, "sig").what == "sig"


def test_every_other_spelling_of_a_signature_is_refused() -> None:
    text = format_base64url(bytes(64))
    assert parse_base64url(text, "sig", 64) == bytes(64)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    accepted = [c for c in last if parses(text[:-1] + c)]
    assert accepted == ["A", "Q", "g", "w"]  # 64 bytes leave two bits in the last character; all four are other bytes


def parses(text: str) -> bool:
    try:
        parse_base64url(text, "sig", 64)
    except FormatError:
        return False
    return True


def test_a_wrong_size_says_both_sizes() -> None:
    assert refused(parse_base64, "AAAA", "root", 32).reason == "3 bytes instead of 32"
    assert refused(parse_base64url, "AAAA", "sig", 64).reason == "3 bytes instead of 64"


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00Z", "2026-11-20T08:00:00Z", "0001-01-01T00:00:00Z",
                                  "9999-12-31T23:59:59Z", "2024-02-29T12:34:56Z"])  # fmt: skip
def test_time_round_trip(text: str) -> None:
    unix = parse_time(text, "time")
    assert format_time(unix) == text
    assert unix == int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    "text",
    ["", "2026-11-20", "2026-11-20T08:00:00", "2026-11-20T08:00:00z", "2026-11-20 08:00:00Z", "2026-11-20T08:00Z",
     "2026-11-20T08:00:00.0Z", "2026-11-20T08:00:00+00:00", "2026-11-20T24:00:00Z", "2026-11-20T08:60:00Z",
     "2026-11-20T08:00:60Z", "2026-11-31T08:00:00Z", "2026-02-29T08:00:00Z", "2026-00-20T08:00:00Z",
     "0000-01-01T00:00:00Z", "2026-W47-5T08:00:00Z", "２０２６-11-20T08:00:00Z", "2026-11-20T08:00:00Z\n",
     "+2026-1-20T08:00:00Z"],
)  # fmt: skip
def test_time_has_one_spelling(text: str) -> None:
    assert refused(parse_time, text, "time").what == "time"


def test_times_outside_the_calendar_are_not_written() -> None:
    first, last = parse_time("0001-01-01T00:00:00Z", "t"), parse_time("9999-12-31T23:59:59Z", "t")
    for unix in (first - 1, last + 1, 10**18, 10**30):
        refused(format_time, unix)
    for unix in (last, -(10**18)):
        refused(local_date, unix)


def test_date() -> None:
    assert parse_date("2026-11-20", "issued") == date(2026, 11, 20)
    assert parse_date("2024-02-29", "issued") == date(2024, 2, 29)


@pytest.mark.parametrize("text", ["", "2026-11-2", "2026-11-31", "2026-02-29", "20261120", "2026-W47-5", "2026/11/20",
                                  "２０２６-11-20", "2026-11-20\n", "0000-01-01", "2026-13-01"])  # fmt: skip
def test_date_has_one_spelling(text: str) -> None:
    assert refused(parse_date, text, "issued").what == "issued"


def test_local_date_is_the_date_in_china() -> None:
    assert local_date(parse_time("2026-11-20T15:59:59Z", "t")) == date(2026, 11, 20)
    assert local_date(parse_time("2026-11-20T16:00:00Z", "t")) == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "000"), (5, "005"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067"),
     (MAX, "x009/x007/x199/x254/x740/991")],
)  # fmt: skip
def test_tile_number_round_trip(number: int, text: str) -> None:
    assert format_tile_number(number) == text
    assert parse_tile_number(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "0", "05", "0000", "x005", "x001", "001/002", "x000/001", "x001/", "/001", "X001/000", "x001/x234/67",
     "x009/x007/x199/x254/x740/992", "x999/x999/x999/x999/x999/999", "x001/" * 99 + "000", "００５", "-05", "005\n"],
)  # fmt: skip
def test_tile_number_has_one_spelling(text: str) -> None:
    refused(parse_tile_number, text)


@pytest.mark.parametrize("number", [-1, MAX + 1])
def test_tile_number_writes_only_what_it_reads(number: int) -> None:
    refused(format_tile_number, number)
