"""Filing an organisation: by the rules of its profile, once, with a key of its own."""

from typing import cast

import pytest

from ledger.app.filing import Private, parse_filing, read_registry
from ledger.app.home import HomeError
from ledger.core.canonical import Value
from ledger.core.entry import parse_entry
from ledger.core.errors import RuleError
from ledger.core.filing_rules import filing_problems
from ledger.store import Store
from tests.unit.app.world import PROFILE, PROFILES, SCHOOL, World, filing

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


def more(line: str) -> str:
    return TEXT.replace("[[scope]]", line + "\n\n[[scope]]")


class TestFile:
    def test_it_is_read_with_dates_as_text_or_as_dates(self) -> None:
        body, private = parse_filing(TEXT, PROFILES)
        assert (body["valid_from"], body["valid_to"]) == ("2025-01-01", "2027-12-31")
        assert body == filing()
        assert private == Private()

    @pytest.mark.domain("A11")
    @pytest.mark.parametrize("line", ["", 'org = "next"\n'])
    def test_without_a_code_one_is_still_to_be_given(self, line: str) -> None:
        body, _ = parse_filing(TEXT.replace(f'org = "{SCHOOL.org}"\n', line), PROFILES)
        assert body == {name: value for name, value in filing().items() if name != "org"}

    @pytest.mark.domain("B1")
    def test_what_stays_private_is_taken_out(self) -> None:
        body, private = parse_filing(more('legal = "张三"\npapers = ["承诺书.pdf", "人员.xlsx"]'), PROFILES)
        assert private == Private("张三", ("承诺书.pdf", "人员.xlsx"))
        assert body == filing()

    @pytest.mark.domain("B9")
    def test_levels_and_standard_as_the_notice_writes_them(self) -> None:
        text = TEXT.replace('["3", "4", "5", "9"]', '"5、4、3"\nstandard = "国家职业技能标准"')
        row = cast("list[dict[str, Value]]", parse_filing(text, PROFILES)[0]["scope"])[0]
        assert (row["levels"], row["standard"]) == (["5", "4", "3"], {"kind": "national"})

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("org = ", "the filing"),
            (TEXT + "x = 1\n", "the filing"),
            ("x = 1\n" + TEXT, "unknown member 'x'"),
            ("scope = 3\n", "'scope' is not of its form"),
            ("scope = [3]\n", "'scope' is not of its form"),
            (TEXT.replace(f'name = "{SCHOOL.name}"', ""), "'name' is missing"),
            (TEXT.replace("2027-12-31", '"2027-13-31"'), "'valid_to' is not of its form"),
            (TEXT.replace('["3", "4", "5", "9"]', "[]"), "'scope' is not of its form"),
            (TEXT.replace('["3", "4", "5", "9"]', '"3,4"'), "'scope' is not of its form"),
            (TEXT.replace('["3", "4", "5", "9"]', '["3"]\nstandard = "行标"'), "'scope' is not of its form"),
            (more("legal = 3"), "'legal' is not of its form"),
            (more('legal = " 张三"'), "'legal' is not of its form"),
            (more('papers = "x.pdf"'), "'papers' is not of its form"),
            (more('papers = [""]'), "'papers' is not of its form"),
            (more('office = "测试路1号 13800000000"'), "office of the filing looks like a person's data"),
            (more('receipt = "a@example.org"'), "receipt of the filing looks like a person's data"),
        ],
    )
    def test_what_is_wrong_is_named(self, text: str, problem: str) -> None:
        with pytest.raises(HomeError, match=problem):
            parse_filing(text, PROFILES)


def scope(code: str, *levels: str) -> Value:
    return [{"levels": list[Value](levels), "occupation": {"code": code, "name": "车工"}}]


PROBLEMS: list[tuple[dict[str, Value], str]] = [
    ({"org": "X000050000001"}, "code.category"),
    ({"org": "S000150000001"}, "code.route"),
    ({"org": "S000051000001"}, "code.province"),
    ({"org": "S000050000000"}, "code.org_serial"),
    ({"org": "S000050000003"}, "org.sequence"),
    ({"uscc": "125000000000000172"}, "filing.uscc"),
    ({"valid_from": "2027-12-31", "valid_to": "2027-12-30"}, "filing.validity"),
    ({"valid_to": "2028-01-02"}, "filing.validity"),
    ({"scope": scope("6-18-01", "3")}, "filing.scope"),
    ({"scope": scope("9-18-01-01", "3")}, "filing.scope"),
    ({"scope": scope("6-18-01-01", "7")}, "filing.scope"),
    ({"scope": scope("6-18-01-01", "1")}, "filing.scope"),
    ({"kind": "ordinary-school"}, "kind.levels"),
    ({"titles": [{"level": "3", "name": "特级技师"}]}, "level.known"),
]


@pytest.mark.domain("A11", "A25", "B1", "B2", "B9", "B10")
@pytest.mark.parametrize(("changes", "rule"), PROBLEMS)
def test_what_breaks_a_rule_is_refused_and_changes_nothing(world: World, changes: dict[str, Value], rule: str) -> None:
    before = world.snapshot()
    with pytest.raises(RuleError) as caught:
        world.file(**{"org": OTHER, **changes})
    assert rule in {broken.rule for broken in caught.value.broken}  # type: ignore[attr-defined]  # a FilingRefused
    assert world.snapshot() == before


@pytest.mark.domain("B2")
def test_the_limits_that_are_still_good(world: World) -> None:
    for org, last in ((OTHER, "2027-12-31"), ("S000050000003", "2028-01-01")):
        world.file(org=org, valid_from="2025-01-01", valid_to=last)
    assert list(filing_problems(filing(valid_from="2024-02-29", valid_to="2027-03-01"), PROFILE))


@pytest.mark.parametrize("profile", ["cn-anhui-2020-1", "cn-nowhere-2030-1"])
def test_a_profile_that_this_ledger_was_not_opened_for(world: World, profile: str) -> None:
    before = world.snapshot()
    with pytest.raises(RuleError, match="profile_unknown"):
        world.file(org=OTHER, profile=profile)
    assert world.snapshot() == before


@pytest.mark.domain("A21")
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
