"""Filing an organisation: by the rules of its profile, once, with a key of its own."""

import pytest

from ledger.app.filing import filing_problems, parse_filing, read_registry
from ledger.app.home import HomeError
from ledger.core.canonical import Value
from ledger.core.entry import parse_entry
from ledger.core.errors import RuleError
from ledger.store import Store
from tests.unit.app.world import PROFILE, SCHOOL, World, filing

TEXT = f"""
org = "{SCHOOL.org}"
name = "{SCHOOL.name}"
uscc = "{SCHOOL.uscc}"
profile = "{SCHOOL.profile}"
valid_from = "2025-01-01"
valid_to = 2027-12-31

[[scope]]
occupation = {{code = "6-18-01-01", name = "车工", job = "数控车工"}}
levels = ["3", "4", "5", "9"]
"""
OTHER = "S000050000002"


class TestFile:
    def test_it_is_read_with_dates_as_text_or_as_dates(self) -> None:
        body = parse_filing(TEXT)
        assert (body["valid_from"], body["valid_to"]) == ("2025-01-01", "2027-12-31")
        assert body == filing()

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("org = ", "the filing"),
            (TEXT + "x = 1\n", "the filing"),
            ("x = 1\n" + TEXT, "unknown member 'x'"),
            (TEXT.replace(f'org = "{SCHOOL.org}"', ""), "'org' is missing"),
            (TEXT.replace("2027-12-31", '"2027-13-31"'), "'valid_to' is not of its form"),
            (TEXT.replace('["3", "4", "5", "9"]', "[]"), "'scope' is not of its form"),
        ],
    )
    def test_what_is_wrong_is_named(self, text: str, problem: str) -> None:
        with pytest.raises(HomeError, match=problem):
            parse_filing(text)


def scope(code: str, *levels: str) -> Value:
    return [{"levels": list[Value](levels), "occupation": {"code": code, "name": "车工"}}]


PROBLEMS: list[tuple[dict[str, Value], str]] = [
    ({"org": "X000050000001"}, "code.category"),
    ({"org": "S000150000001"}, "code.route"),
    ({"org": "S000051000001"}, "code.province"),
    ({"org": "S000050000000"}, "code.org_serial"),
    ({"uscc": "125000000000000172"}, "filing.uscc"),
    ({"valid_from": "2027-12-31", "valid_to": "2027-12-30"}, "filing.validity"),
    ({"valid_to": "2028-01-02"}, "filing.validity"),
    ({"scope": scope("6-18-01", "3")}, "filing.scope"),
    ({"scope": scope("9-18-01-01", "3")}, "filing.scope"),
    ({"scope": scope("6-18-01-01", "7")}, "filing.scope"),
    ({"scope": scope("6-18-01-01", "1")}, "filing.scope"),
]


@pytest.mark.parametrize(("changes", "rule"), PROBLEMS)
def test_what_breaks_a_rule_is_refused_and_changes_nothing(world: World, changes: dict[str, Value], rule: str) -> None:
    body = filing(org=OTHER) | changes
    assert rule in {found for found, _ in filing_problems(body, PROFILE)}
    before = world.snapshot()
    with pytest.raises(RuleError) as caught:
        world.file(**{"org": OTHER, **changes})
    assert caught.value.rule == rule
    assert world.snapshot() == before


def test_the_limits_that_are_still_good() -> None:
    for first, last in (("2025-01-01", "2028-01-01"), ("2024-02-29", "2027-02-28"), ("2025-01-01", "2025-01-01")):
        assert list(filing_problems(filing(valid_from=first, valid_to=last), PROFILE)) == []
    # Three years after the 29th of February there is no such day.
    assert list(filing_problems(filing(valid_from="2024-02-29", valid_to="2027-03-01"), PROFILE))


@pytest.mark.parametrize("profile", ["cn-anhui-2020-1", "cn-nowhere-2030-1"])
def test_a_profile_that_this_ledger_was_not_opened_for(world: World, profile: str) -> None:
    before = world.snapshot()
    with pytest.raises(RuleError, match="profile_unknown"):
        world.file(org=OTHER, profile=profile)
    assert world.snapshot() == before


def test_a_code_is_given_once(world: World) -> None:
    before = world.snapshot()
    with pytest.raises(RuleError, match="org_filed_twice"):
        world.file(name="别人")
    assert world.snapshot() == before


def test_the_registry_has_the_filing_and_the_key(world: World) -> None:
    seq = world.file(org=OTHER, name="第二学院")
    registry = read_registry(world.store)
    org = registry.organisations[OTHER]
    assert [one.name for one in org.filings] == ["第二学院"]
    assert org.filings[0].seq == seq
    assert [term.key for term in org.keys] == [world.keyring.signer(OTHER).key]
    kinds = [parse_entry(raw).record.type for raw in world.store.entries(seq, world.store.size())]
    assert kinds == ["org.file", "key.add", "index"]


def test_a_key_saved_before_a_kill_is_used_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "add_index", fail)
        with pytest.raises(OSError, match="no space"):
            world.file(org=OTHER)
    assert OTHER not in read_registry(world.store).organisations
    key = world.keyring.signer(OTHER).key
    world.file(org=OTHER)
    assert [term.key for term in read_registry(world.store).organisations[OTHER].keys] == [key]
