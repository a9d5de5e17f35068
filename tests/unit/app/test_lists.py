"""Published lists: masked, in one form, and held to the mask by whoever audits."""

import json
from collections.abc import Sequence

import pytest

from ledger.app.lists import mask_people
from ledger.core.errors import FormatError
from ledger.core.published import COLUMNS, PublishedList, digest_of_list, format_list, parse_list, unmasked
from ledger.forms.people import People, Person

SALT = bytes(range(16))
NAMES = ("张三", "司马相如", "阿卜杜·热合曼", "𠮷田禾", "Nguyễn Văn An", "禾")
PEOPLE = People(frozenset(COLUMNS), [Person(name, "T-1", "3", "passed") for name in NAMES], [])


@pytest.mark.domain("F5")
def test_names_are_masked_as_on_certificates() -> None:
    published = mask_people(PEOPLE, "masked", SALT)
    assert [row[0] for row in published.rows] == ["张**", "司马**", "阿**", "𠮷**", "N**", "**"]
    assert list(unmasked(published)) == []


@pytest.mark.domain("F5")
@pytest.mark.parametrize("preset", ["status", "sealed"])
def test_a_preset_that_shows_no_names_shows_none_here(preset: str) -> None:
    assert {row[0] for row in mask_people(PEOPLE, preset, SALT).rows} == {"**"}


def test_only_the_columns_of_the_list_are_published() -> None:
    published = mask_people(PEOPLE._replace(fields=frozenset({"level", "name"})), "masked", SALT)
    assert published.columns == ("name", "level")
    assert published.rows[0] == ("张**", "3")


def test_the_file_has_one_form() -> None:
    published = mask_people(PEOPLE, "masked", SALT)
    data = format_list(published)
    assert parse_list(data) == published
    assert json.loads(data)["columns"] == list(COLUMNS)
    assert digest_of_list(data) != digest_of_list(format_list(published._replace(salt=bytes(16))))
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
