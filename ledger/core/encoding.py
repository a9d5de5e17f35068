r"""The only readers and writers of small values. Each has one spelling; a reader refuses all others.

    decimal      0 | [1-9][0-9]*            below 2^53: exact in every JSON reader
    hex          [0-9a-f]                   lower case, a given number of bytes
    base64       RFC 4648 section 4         padded; trailing bits zero
    base64url    RFC 4648 section 5         no padding; trailing bits zero
    time         2026-11-20T08:00:00Z       seconds, UTC; as a value: Unix seconds
    date         2026-11-20                 a day of the Gregorian calendar
    tile number  x001/x234/067              1234067, as C2SP tlog-tiles writes it

What Python itself would let pass, and this module does not: `int("１２３")`, `int(" 1_000")`,
`b64decode("QUJD\n")`, the sixteen base64 spellings of one 64-byte signature, `fromisoformat("2026-W47-5")`,
`bytes.fromhex("AB cd")`. Readers raise FormatError(what, reason); `what` is the caller's name for the field.
Writers raise it for a value that no reader would accept.

>>> parse_decimal("1234", "size"), format_hex(bytes([0, 255])), parse_base64url("AP8", "sig")
(1234, '00ff', b'\x00\xff')
>>> format_time(1795161600), parse_time("2026-11-20T08:00:00Z", "time"), local_date(1795190400).isoformat()
('2026-11-20T08:00:00Z', 1795161600, '2026-11-21')
>>> format_tile_number(1234067), parse_tile_number("x001/x234/067")
('x001/x234/067', 1234067)
"""

import binascii
import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from ledger.core.errors import FormatError

__all__ = [
    "MAX_INTEGER",
    "format_base64",
    "format_base64url",
    "format_decimal",
    "format_hex",
    "format_tile_number",
    "format_time",
    "local_date",
    "parse_base64",
    "parse_base64url",
    "parse_date",
    "parse_decimal",
    "parse_hex",
    "parse_tile_number",
    "parse_time",
]

MAX_INTEGER = 2**53 - 1

_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,15})", re.ASCII)
_HEX = re.compile(r"(?:[0-9a-f]{2})*", re.ASCII)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TILE_NUMBER = re.compile(r"(?:x[0-9]{3}/)*[0-9]{3}", re.ASCII)
_URL_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_STANDARD_TO_URL = bytes.maketrans(b"+/", b"-_")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - always UTC; a naive value prints without an offset
_SECOND = timedelta(seconds=1)
_CHINA = 8 * 3600  # seconds ahead of UTC


def format_decimal(number: int) -> str:
    """`number` in decimal; 0 <= number < 2^53."""
    if not 0 <= number <= MAX_INTEGER:
        raise FormatError("decimal", "not within 0..2^53-1")
    return str(number)


def parse_decimal(text: str, what: str) -> int:
    """The number that `text` writes; 0 <= number < 2^53."""
    if _DECIMAL.fullmatch(text) is None:
        raise FormatError(what, "not a plain decimal number below 2^53")
    number = int(text)
    if number > MAX_INTEGER:
        raise FormatError(what, "not a plain decimal number below 2^53")
    return number


def format_hex(data: bytes) -> str:
    """`data` in lower-case hex."""
    return data.hex()


def parse_hex(text: str, size: int, what: str) -> bytes:
    """The `size` bytes that `text` writes in lower-case hex."""
    if len(text) != 2 * size or _HEX.fullmatch(text) is None:
        raise FormatError(what, f"not {2 * size} lower-case hex digits")
    return bytes.fromhex(text)


def format_base64(data: bytes) -> str:
    """`data` in standard base64 with padding."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def parse_base64(text: str, what: str, size: int | None = None) -> bytes:
    """The bytes (`size` of them, if given) that `text` writes in standard padded base64."""
    try:
        data = binascii.a2b_base64(text)
    except ValueError as error:
        raise FormatError(what, "not base64") from error
    if format_base64(data) != text:
        raise FormatError(what, "not the one base64 spelling of its bytes")
    return _sized(data, what, size)


def format_base64url(data: bytes) -> str:
    """`data` in base64url without padding."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_STANDARD_TO_URL).decode("ascii")


def parse_base64url(text: str, what: str, size: int | None = None) -> bytes:
    """The bytes (`size` of them, if given) that `text` writes in base64url without padding."""
    try:
        data = binascii.a2b_base64(text.encode("ascii").translate(_URL_TO_STANDARD) + b"=" * (-len(text) % 4))
    except ValueError as error:
        raise FormatError(what, "not base64url") from error
    if format_base64url(data) != text:
        raise FormatError(what, "not the one base64url spelling of its bytes")
    return _sized(data, what, size)


def _sized(data: bytes, what: str, size: int | None) -> bytes:
    if size is not None and len(data) != size:
        raise FormatError(what, f"{len(data)} bytes instead of {size}")
    return data


def format_time(unix: int) -> str:
    """Unix seconds as YYYY-MM-DDTHH:MM:SSZ; years 0001 to 9999."""
    return _moment(unix).isoformat() + "Z"


def parse_time(text: str, what: str) -> int:
    """The Unix seconds that `text`, exactly YYYY-MM-DDTHH:MM:SSZ, writes; there is no leap second."""
    if _TIME.fullmatch(text) is None:
        raise FormatError(what, "not a time YYYY-MM-DDTHH:MM:SSZ")
    try:
        moment = datetime.fromisoformat(text[:-1])
    except ValueError as error:
        raise FormatError(what, "not a time of the calendar") from error
    return (moment - _EPOCH) // _SECOND


@lru_cache(maxsize=4096)  # a batch has few dates, and asks for each of them again and again
def parse_date(text: str, what: str) -> date:
    """The calendar day that `text`, exactly YYYY-MM-DD, writes."""
    if _DATE.fullmatch(text) is None:
        raise FormatError(what, "not a date YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FormatError(what, "not a date of the calendar") from error


@lru_cache(maxsize=1024)
def local_date(unix: int) -> date:
    """The date in China (UTC+8, without daylight saving) at this moment."""
    return _moment(unix + _CHINA).date()


def _moment(unix: int) -> datetime:
    try:
        return _EPOCH + timedelta(seconds=unix)
    except OverflowError as error:
        raise FormatError("time", "not within the years 0001 to 9999") from error


def format_tile_number(number: int) -> str:
    """`number` in three-digit groups, all but the last prefixed by x: 5 is 005, 1234067 is x001/x234/067."""
    if not 0 <= number <= MAX_INTEGER:
        raise FormatError("tile number", "not within 0..2^53-1")
    text = f"{number % 1000:03d}"
    while number := number // 1000:
        text = f"x{number % 1000:03d}/{text}"
    return text


def parse_tile_number(text: str) -> int:
    """The number that `text` writes as format_tile_number does; no leading group of zeros."""
    if len(text) > 28 or _TILE_NUMBER.fullmatch(text) is None:
        raise FormatError("tile number", "not three-digit groups such as x001/067")
    number = int(text.replace("x", "").replace("/", ""))
    if number > MAX_INTEGER or format_tile_number(number) != text:
        raise FormatError("tile number", "a leading group of zeros, or beyond 2^53-1")
    return number
