"""Published lists: masked as the preset says."""

import pytest

from ledger.app.lists import mask_people
from ledger.core.published import COLUMNS, unmasked
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
