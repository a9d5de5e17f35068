"""The catalogue of occupations in a ledger's home: who is in it as a skilled occupation may be filed."""

import pytest

from ledger.app.filing import read_registry
from ledger.app.home import HomeError
from ledger.app.occupations import FILE, Listed, occupation_problems, parse_catalogue, read_catalogue
from ledger.app.organisations import FilingRefused
from ledger.core.canonical import Value
from tests.unit.app.world import PROFILE, World, filing

# 测试数据: the names and kinds stand for an official catalogue, and are none.
CATALOGUE = """
[[occupation]]
edition = "2015"
code = "6-18-01-01"
name = "车工"
kind = "skill"
source = "测试数据 大典"

[[occupation]]
edition = "2015"
code = "6-29-02-06"
name = "测试准入工"
kind = "entry"
source = "测试数据 职业资格目录"
"""
LICENCE = "6-29-02-06 needs a licence to enter, and is not certified this way: 测试数据 职业资格目录"
LATER = (
    CATALOGUE
    + """
[[occupation]]
edition = "2022"
code = "6-18-01-02"
name = "车工"
kind = "skill"
source = "测试数据 新大典"
"""
)


def scope(code: str, name: str) -> list[Value]:
    return [{"levels": ["3"], "occupation": {"code": code, "name": name}}]


def problems(body: dict[str, Value], text: str = CATALOGUE) -> list[str]:
    found = list(occupation_problems(body, parse_catalogue(text), PROFILE))
    assert all(broken.rule == "scope.entry" and broken.binding for broken in found)
    assert all(broken.source == "渝人社发〔2020〕83号 二（一）" for broken in found)
    return [broken.problem for broken in found]


def test_it_is_read_by_edition_and_code() -> None:
    catalogue = parse_catalogue(LATER)
    assert catalogue["2015"]["6-18-01-01"] == Listed("车工", "skill", "测试数据 大典")
    assert {edition: len(listed) for edition, listed in catalogue.items()} == {"2015": 2, "2022": 1}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("occupation = ", "is not TOML"),
        ("", "'occupation' is missing"),
        (CATALOGUE.replace('kind = "skill"', 'kind = "skilled"'), "'kind' is not one of skill, entry"),
        (CATALOGUE.replace('source = "测试数据 大典"', ""), "'source' is missing"),
        (CATALOGUE + 'note = "x"\n', "unknown key 'note'"),
        ("x = 1\n" + CATALOGUE, "unknown key 'x'"),
        (CATALOGUE.replace("6-29-02-06", "6-18-01-01"), r"occupation\[2\]: 6-18-01-01 stands twice in 2015"),
    ],
)
def test_what_is_wrong_with_it_is_named(text: str, problem: str) -> None:
    with pytest.raises(HomeError, match=f"occupations.toml.*{problem}"):
        parse_catalogue(text)


@pytest.mark.domain("B12")
@pytest.mark.parametrize(
    ("code", "name", "found"),
    [
        ("6-18-01-01", "车工", []),
        ("6-29-02-06", "测试准入工", [LICENCE]),
        ("6-18-01-99", "车工", ["6-18-01-99 is not in the catalogue of 2015"]),
        ("6-18-01-01", "车床工", ["6-18-01-01 is called 车工 in the catalogue of 2015, not 车床工"]),
    ],
)
def test_only_skilled_occupations_of_the_catalogue_are_filed(code: str, name: str, found: list[str]) -> None:
    assert problems(filing(edition="2015", scope=scope(code, name))) == found


@pytest.mark.domain("B9", "B12")
def test_the_codes_are_those_of_the_edition_that_the_filing_names() -> None:
    old, new = scope("6-18-01-01", "车工"), scope("6-18-01-02", "车工")
    assert problems(filing(edition="2015", scope=old), LATER) == []
    assert problems(filing(edition="2022", scope=new), LATER) == []
    assert problems(filing(edition="2022", scope=old), LATER) == ["6-18-01-01 is not in the catalogue of 2022"]
    unsaid = ["of which edition the occupation codes are is not said, or not known: 2015, 2022"]
    assert problems(filing(scope=old), LATER) == problems(filing(edition="1999", scope=old), LATER) == unsaid


@pytest.mark.domain("B12")
def test_a_home_with_a_catalogue_holds_its_filings_to_it(world: World) -> None:
    assert read_catalogue(world.home) is None
    (world.home.path / FILE).write_text(CATALOGUE, encoding="utf-8")
    before = world.snapshot()
    with pytest.raises(FilingRefused, match=r"scope\.entry: 6-29-02-06 needs a licence"):
        world.file(org="S000050000002", scope=scope("6-29-02-06", "测试准入工"))
    assert world.snapshot() == before
    world.file(org="S000050000002", scope=scope("6-18-01-01", "车工"))
    filed = read_registry(world.store).organisations["S000050000002"].filings[-1]
    assert filed.body["edition"] == "2015"  # the only one there is
    (world.home.path / FILE).write_text(LATER, encoding="utf-8")
    with pytest.raises(FilingRefused, match="of which edition"):
        world.file(org="S000050000003", scope=scope("6-18-01-01", "车工"))


def test_a_catalogue_that_cannot_be_read_is_no_catalogue(world: World) -> None:
    (world.home.path / FILE).write_bytes(CATALOGUE.encode("gbk"))
    with pytest.raises(HomeError, match=r"occupations\.toml is not UTF-8"):
        world.file(org="S000050000002")
