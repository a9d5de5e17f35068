"""Published lists: in one form, and held to the mask by whoever audits."""

import json
from collections.abc import Sequence
from datetime import date

import pytest

from ledger.core.errors import FormatError
from ledger.core.published import (
    COLUMNS,
    PublishedList,
    digest_of_list,
    format_list,
    list_problems,
    parse_list,
    unmasked,
)
from ledger.core.workflow import Step

SALT = bytes(range(16))
PUBLISHED = PublishedList(COLUMNS, (("张**", "T-1", "3", "passed"), ("**", "T-2", "3", "")), SALT)


def notice(of: bytes, count: int = 2) -> Step:
    return Step(1, "notice.open", date(2026, 1, 5), {"digest": digest_of_list(of), "count": count})


def test_the_file_has_one_form() -> None:
    data = format_list(PUBLISHED)
    assert parse_list(data) == PUBLISHED
    assert json.loads(data)["columns"] == list(COLUMNS)
    assert digest_of_list(data) != digest_of_list(format_list(PUBLISHED._replace(salt=bytes(16))))
    long = PublishedList(("name",), (("张**",),) * 20_000, SALT)
    assert parse_list(format_list(long)) == long, "a list may be longer than an entry"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"[" * 100_000,
        b"[]",
        b'{"columns":[],"rows":[]}',
        b'{"columns":[],"rows":[],"salt":"AAECAwQFBgcICQoLDA0ODw","x":1}',
        b'{"columns":{},"rows":[],"salt":"AAECAwQFBgcICQoLDA0ODw"}',
        b'{"columns":[],"rows":{},"salt":"AAECAwQFBgcICQoLDA0ODw"}',
        b'{"columns":["name"],"rows":[["a",1]],"salt":"AAECAwQFBgcICQoLDA0ODw"}',
        b'{"columns":["name"],"rows":[["a","b"]],"salt":"AAECAwQFBgcICQoLDA0ODw"}',
        b'{"columns":["phone"],"rows":[],"salt":"AAECAwQFBgcICQoLDA0ODw"}',
        b'{"columns":["level","name"],"rows":[],"salt":"AAECAwQFBgcICQoLDA0ODw"}',
        b'{"columns":[],"rows":[],"salt":"short"}',
        b'{"columns": [],"rows":[],"salt":"AAECAwQFBgcICQoLDA0ODw"}',
        b'{"columns":["name"],"rows":[["\\u5f20**"]],"salt":"AAECAwQFBgcICQoLDA0ODw"}',
    ],
)
def test_nothing_else_is_read(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_list(data)


@pytest.mark.domain("F5")
@pytest.mark.parametrize(
    ("row", "told"),
    [
        (("张三", "", "", ""), ["row 1: name"]),
        (("张三**", "", "", ""), ["row 1: name"]),
        (("阿卜**", "", "", ""), ["row 1: name"]),
        (("3**", "", "", ""), ["row 1: name"]),
        (("张*", "", "", ""), ["row 1: name"]),
        (("张**", "500112199001010008", "", ""), ["row 1: ticket"]),
        (("张**", "13800138000", "", ""), ["row 1: ticket"]),
        (("张**", "", "三级 13800138000", ""), ["row 1: level"]),
        (("张**", "", "", "passed at 500112199001010008"), ["row 1: result"]),
        (("张**", "T-1", "9", "failed"), []),
        (("**", "", "", ""), []),
    ],
)
def test_what_tells_more_than_a_mask_is_found(row: Sequence[str], told: list[str]) -> None:
    assert list(unmasked(PublishedList(COLUMNS, (tuple(row),), SALT))) == told


BOARD = PublishedList((), (), SALT)  # it hangs on a board, and only its count is known
BARE = PublishedList(("name",), (("张三",),), SALT)


@pytest.mark.parametrize(
    ("promised", "count", "shown", "reasons"),
    [
        (PUBLISHED, 2, PUBLISHED, []),
        (PUBLISHED, 3, PUBLISHED, ["notice_differs"]),
        (PUBLISHED, 2, PUBLISHED._replace(salt=bytes(16)), ["notice_differs"]),
        (BARE, 1, BARE, ["notice_unmasked"]),
        (BOARD, 9, BOARD, []),
    ],
)
def test_a_list_is_held_to_its_notice(
    promised: PublishedList, count: int, shown: PublishedList, reasons: list[str]
) -> None:
    found = list_problems(notice(format_list(promised), count), format_list(shown))
    assert [reason for reason, _ in found] == reasons


def test_what_is_no_list_is_not_its_notices() -> None:
    assert [reason for reason, _ in list_problems(notice(b"{}"), b"{}")] == ["notice_unmasked"]
