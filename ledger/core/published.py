"""Published lists: what a notice shows of its people, masked, as the file public/notice/<seq>.json.

    {"columns":["name","ticket","level","result"],"rows":[["张**","2026001","3","passed"]],"salt":"..."}

`columns` are some of COLUMNS, in that order; `name` is a masked name ("**" alone under the presets that show no names),
`ticket` an admission ticket's number, `level` a level's character, `result` "passed" or "failed", "" where a list does
not say. `salt` is 16 random bytes, base64url. A list without columns hangs on a board, and only its count is known.

The bytes are canonical JSON but for its limit of size. The entry holds their digest, so the file can be erased.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

from ledger.core.canonical import Value, format_canonical
from ledger.core.digest import sha256
from ledger.core.encoding import format_base64url, parse_base64url
from ledger.core.errors import FormatError
from ledger.core.mask import masked_view
from ledger.core.shape import level_code
from ledger.core.workflow import Step

__all__ = [
    "COLUMNS",
    "NOBODY",
    "RESULTS",
    "SALT",
    "TICKET",
    "PublishedList",
    "digest_of_list",
    "format_list",
    "list_problems",
    "notice_path",
    "parse_list",
    "unmasked",
]

COLUMNS = ("name", "ticket", "level", "result")
RESULTS = ("failed", "passed")
SALT = 16
NOBODY = "**"  # the name, where a list shows none
# Up to 14 signs: too short for an identity number; and no telephone number in them.
TICKET = re.compile(r"(?!.*(?<![0-9])(?:86-?)?1[3-9][0-9]-?[0-9]{4}-?[0-9]{4}(?![0-9]))[0-9A-Za-z-]{1,14}")


class PublishedList(NamedTuple):
    """A list as published: its columns, its rows of texts, its salt."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    salt: bytes


def notice_path(seq: int) -> str:
    """Return the path of the list that the notice of the entry `seq` publishes, under public/."""
    return f"notice/{seq}.json"


def format_list(published: PublishedList) -> bytes:
    """Return the file's bytes. Raises FormatError for a text that canonical JSON refuses."""
    columns = format_canonical(list(published.columns))
    rows = b",".join(format_canonical(list(row)) for row in published.rows)
    return b'{"columns":%b,"rows":[%b],"salt":"%b"}' % (columns, rows, format_base64url(published.salt).encode())


def parse_list(data: bytes) -> PublishedList:
    """Return the list in a file's bytes. Raises FormatError unless they are what `format_list` makes."""
    try:
        value: Value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise FormatError("notice", "not JSON") from error
    if not isinstance(value, dict) or value.keys() != {"columns", "rows", "salt"}:
        raise FormatError("notice", "members must be exactly columns, rows, salt")
    columns, rows, salt = value["columns"], value["rows"], value["salt"]
    if not (_texts(columns) and isinstance(rows, list) and all(map(_texts, rows)) and isinstance(salt, str)):
        raise FormatError("notice", "columns and rows are lists of texts")
    names = tuple(cast("list[str]", columns))
    if names != tuple(column for column in COLUMNS if column in names):
        raise FormatError("notice", "unknown columns, or in another order")
    lines = tuple(tuple(row) for row in cast("list[list[str]]", rows))
    if any(len(row) != len(names) for row in lines):
        raise FormatError("notice", "a row has not one text a column")
    published = PublishedList(names, lines, parse_base64url(salt, "salt", SALT))
    if format_list(published) != data:
        raise FormatError("notice", "not in its one form")
    return published


def _texts(value: Value) -> bool:
    return isinstance(value, list) and all(isinstance(text, str) for text in value)


def digest_of_list(data: bytes) -> str:
    """Return the digest of a list's bytes as the entry holds it: base64url of SHA-256."""
    return format_base64url(sha256(data))


def list_problems(notice: Step, data: bytes) -> Iterator[tuple[str, str]]:
    """Yield (reason, problem) for a list that is not its notice's, or tells more than a masked list may."""
    if digest_of_list(data) != notice.body["digest"]:
        yield "notice_differs", "is not the list that the notice committed to"
        return
    try:
        published = parse_list(data)
    except FormatError as error:
        yield "notice_unmasked", str(error)
        return
    for place in unmasked(published):
        yield "notice_unmasked", f"{place} is not masked"
    if published.columns and len(published.rows) != notice.number("count"):
        yield "notice_differs", f"lists {len(published.rows)} people, the notice says {notice.body['count']}"


def unmasked(published: PublishedList) -> Iterator[str]:
    """Yield "row 3: name" for every text that could tell more of a person than a masked list does."""
    for number, row in enumerate(published.rows, 1):
        yield from (f"row {number}: {column}" for column in _telling(published.columns, row))


def _telling(columns: Sequence[str], row: Sequence[str]) -> Iterator[str]:
    for column, text in zip(columns, row, strict=True):
        match column:
            case "name":
                safe = _masked(text)
            case "ticket":
                safe = not text or TICKET.fullmatch(text) is not None
            case "level":
                safe = not text or level_code(text)
            case _:
                safe = not text or text in RESULTS
        if not safe:
            yield column


def _masked(name: str) -> bool:
    """Whether a name is a surname that the mask leaves, or nothing, and two asterisks."""
    surname = name.removesuffix(NOBODY)
    if surname == name or any(character.isdigit() for character in surname):
        return False
    return not surname or masked_view(surname + "某某", "masked") == {"name": name}
