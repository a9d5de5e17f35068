"""What the notices ask of filings, amendments and ranges: by the rule that each breaks, and at its boundary."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from ledger import profiles
from ledger.core.canonical import Value
from ledger.core.entry import format_entry, parse_entry
from ledger.core.errors import RuleError
from ledger.core.filing_rules import (
    Broken,
    filing_problems,
    next_code,
    range_problems,
    registry_problems,
    uscc_is_valid,
)
from ledger.core.profile import Profile
from ledger.core.record import sign_record
from ledger.core.registry import Filing, Organisation, Registry
from ledger.core.replay import Chain
from ledger.core.workflow import Workflow
from ledger.crypto.pynacl_verify import verify
from tests.simulator import OTHER, PROFILES, REGISTRAR, SCHOOL, Simulator, filing, number

CHONGQING = profiles.load("cn-chongqing-2020-1")
ANHUI = profiles.load("cn-anhui-2020-1")
SHANDONG = profiles.load("cn-shandong-2020-1")
ZHEJIANG = profiles.load("cn-zhejiang-2023-1")
NATIONAL = profiles.load("cn-national-2018-1")
ENTERPRISE = "Y000034030001"
FACTORY = "Y000037090001"
DIGEST = "A" * 43
NUMBER = number(1)
# What the receipt of Chongqing shows, and what is attested there.
WHOLE: dict[str, Value] = {
    "attested": ["level-9", "pledge", "staff"],
    "authority": "测试数据·市职业技能鉴定指导中心",
    "kind": "technician-college",
    "legal": DIGEST,
    "office": "测试路2号",
    "receipt": "测〔2026〕1号",
    "registered": "测试路1号",
}


def scope(*levels: str, code: str = "6-18-01-01", standard: dict[str, Value] | None = None, **job: str) -> list[Value]:
    row: dict[str, Value] = {"levels": list[Value](levels), "occupation": {"code": code, "name": "车工", **job}}
    return [row | ({"standard": standard} if standard else {})]


def enterprise(profile: Profile = ANHUI, org: str = ENTERPRISE, **changes: Value) -> dict[str, Value]:
    return filing(org, profile=profile.name, scope=scope("3"), uscc="91340300000000019L") | changes


def rules(body: dict[str, Value], profile: Profile = CHONGQING, *, whole: bool = False) -> list[str]:
    return [broken.rule for broken in filing_problems(body, profile, whole=whole)]


@pytest.mark.domain("B1")
class TestCreditCode:
    def test_its_check_character_is_that_of_the_standard(self) -> None:
        assert uscc_is_valid("125000000000000171")
        assert not any(uscc_is_valid("12500000000000017" + other) for other in "0234567890ABCDEFGHJKLMNPQRTUWXY")
        assert [broken.rule for broken in filing_problems(filing(uscc="125000000000000170"), CHONGQING)] == [
            "filing.uscc"
        ]

    @pytest.mark.parametrize("code", ["", "12500000000000017", "1250000000000001710", "I25000000000000171"])
    def test_what_has_not_its_form(self, code: str) -> None:
        assert not uscc_is_valid(code)

    @given(st.from_regex(r"[1-9A-HJ-NPQRTUWXY][0-9A-H][0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", fullmatch=True), st.booleans())
    def test_it_agrees_with_an_independent_library(self, code: str, made: bool) -> None:
        check = uscc.calc_check_digit(code[:17])
        if made:
            code = code[:17] + check
        assert uscc_is_valid(code) == (code[17] == check)
        if code[:2].isdecimal():  # the library knows no letters there
            assert uscc_is_valid(code) == uscc.is_valid(code)


@pytest.mark.domain("B2")
@pytest.mark.parametrize(
    ("first", "last", "broken"),
    [
        ("2025-01-01", "2027-12-31", []),  # 2 years and 364 days
        ("2025-01-01", "2028-01-01", []),  # 3 years
        ("2025-01-01", "2028-01-02", ["filing.validity"]),  # 3 years and a day
        ("2024-02-29", "2027-02-28", []),
        ("2024-02-29", "2027-03-01", ["filing.validity"]),
        ("9998-01-01", "9999-12-31", []),
        ("2025-01-01", "2025-01-01", []),
        ("2025-01-02", "2025-01-01", ["filing.validity"]),
    ],
)
def test_a_filing_is_valid_for_three_years_at_most(first: str, last: str, broken: list[str]) -> None:
    assert rules(filing(valid_from=first, valid_to=last)) == broken


def test_a_notice_without_a_term_sets_none() -> None:
    assert rules(enterprise(valid_from="2025-01-01", valid_to="2099-01-01"), ANHUI) == []


@pytest.mark.domain("B9")
@pytest.mark.parametrize("code", ["6-18-01", "9-18-01-01", "6-18-01-1", "6-18-01-01 ", "0-18-01-01", "六-18-01-01"])
def test_the_form_of_an_occupation_code(code: str) -> None:
    assert rules(filing(scope=scope("3", code=code))) == ["filing.scope"]


@pytest.mark.domain("A3", "A7", "A8", "A9", "A10")
@pytest.mark.parametrize(
    ("org", "rule"),
    [
        ("X000050000001", "code.category"),
        ("S000150000001", "code.route"),
        ("S000034000001", "code.province"),
        ("S000050000000", "code.org_serial"),
    ],
)
def test_an_organisation_code_has_the_structure_of_its_notice(org: str, rule: str) -> None:
    assert rules(filing(org)) == [rule]


class TestLevels:
    @pytest.mark.domain("A13", "B9")
    def test_a_level_that_does_not_exist(self) -> None:
        assert rules(filing(scope=scope("3", "1"))) == ["filing.scope"]

    @pytest.mark.domain("B10")
    @pytest.mark.parametrize(
        ("kind", "levels", "attested", "problems"),
        [
            ("technician-college", "345", [], []),
            ("senior-school", "345", [], []),
            ("ordinary-school", "45", [], []),
            ("technician-college", "39", [], ["level 9 needs its condition attested: level-9"]),
            ("senior-school", "39", ["level-8"], ["level 9 needs its condition attested: level-9"]),
            ("technician-college", "39", ["level-9"], []),
            ("ordinary-school", "345", [], ["ordinary-school does not file level 3"]),
            ("ordinary-school", "9", ["level-9"], ["ordinary-school does not file level 9"]),
        ],
    )
    def test_each_kind_of_school_files_its_own(
        self, kind: str, levels: str, attested: list[Value], problems: list[str]
    ) -> None:
        body = filing(kind=kind, attested=attested, scope=scope(*levels))
        found = list(filing_problems(body, CHONGQING))
        assert [(broken.rule, broken.problem) for broken in found] == [("kind.levels", told) for told in problems]
        assert all(broken.binding and broken.source == "渝人社发〔2020〕83号 二（一）" for broken in found)

    @pytest.mark.domain("B10")
    def test_a_kind_that_the_notice_does_not_know(self) -> None:
        assert rules(filing(kind="university")) == ["kind.levels"]
        assert rules(filing(FACTORY, kind="university", uscc="91340300000000019L"), SHANDONG) == []
        assert rules(filing()) == []  # kinds may be kept elsewhere, unless all is asked for

    @pytest.mark.domain("A25")
    def test_levels_of_its_own_are_mapped_to_those_of_the_notice(self) -> None:
        top: list[Value] = [{"level": "1", "name": "特级技师"}, {"level": "1", "name": "首席技师"}]
        assert rules(enterprise(SHANDONG, FACTORY, titles=top), SHANDONG) == []
        for lost in ("6", "9"):
            wrong: list[Value] = [{"level": lost, "name": "特级技师"}]
            assert rules(enterprise(SHANDONG, FACTORY, titles=wrong), SHANDONG) == ["level.own"]
        twice: list[Value] = [{"level": "1", "name": "特级技师"}, {"level": "2", "name": "特级技师"}]
        assert rules(enterprise(SHANDONG, FACTORY, titles=twice), SHANDONG) == ["level.own"]

    @pytest.mark.domain("A25")
    def test_only_where_the_notice_allows_them(self) -> None:
        assert rules(filing(titles=[{"level": "3", "name": "特级技师"}])) == ["level.known"]
        assert rules(enterprise(titles=[{"level": "1", "name": "特级技师"}]), ANHUI) == ["level.known"]


@pytest.mark.domain("B13")
class TestStandards:
    @pytest.mark.parametrize(
        ("standard", "broken"),
        [
            ({"kind": "national"}, []),
            ({"kind": "industry", "ref": "测试数据·行业规范"}, []),
            ({"kind": "enterprise", "ref": "测试数据·企业规范"}, []),
            ({"kind": "enterprise"}, ["standard.kind"]),
            ({"kind": "specification", "ref": "浙"}, ["standard.kind"]),
        ],
    )
    def test_a_standard_is_of_a_known_kind_and_named(self, standard: dict[str, Value], broken: list[str]) -> None:
        assert rules(filing(scope=scope("3", standard=standard))) == broken

    def test_the_words_are_those_of_the_notice(self) -> None:
        approved: dict[str, Value] = {"kind": "specification", "ref": "测试数据·省审定规范"}
        assert rules(enterprise(ZHEJIANG, "Y000033050001", scope=scope("3", standard=approved)), ZHEJIANG) == []
        anything: dict[str, Value] = {"kind": "house", "ref": "x"}
        assert rules(enterprise(NATIONAL, FACTORY, scope=scope("3", standard=anything)), NATIONAL) == []

    def test_the_same_is_not_developed_twice_in_principle(self) -> None:
        def own(ref: str, *levels: str, **job: str) -> list[Value]:
            return scope(*levels, standard={"kind": "enterprise", "ref": ref}, **job)

        registry = Registry((REGISTRAR.key,))
        registry.organisations[OTHER] = Organisation(OTHER, [Filing(3, filing(OTHER, scope=own("甲规范", "3", "4")))])

        def found(body: dict[str, Value]) -> list[Broken]:
            return list(registry_problems("org.amend", body, registry, PROFILES, whole=False))

        (warned,) = found(filing(scope=own("乙规范", "4", "5")))
        assert (warned.rule, warned.binding) == ("standard.twice", False)
        assert f"level 4: {OTHER} has filed" in warned.problem
        assert found(filing(scope=own("甲规范", "4"))) == []  # the same standard, used by both
        assert found(filing(scope=own("乙规范", "5"))) == []
        assert found(filing(scope=own("乙规范", "4", job="数控车工"))) == []
        assert found(filing(OTHER, scope=own("丙规范", "4"))) == []  # its own, replaced
        retire = sign_record("org.retire", {"org": OTHER, "reason": "closed"}, REGISTRAR)
        registry.organisations[OTHER].ending = parse_entry(format_entry(9, bytes(32), "2026-11-20T00:00:00Z", retire))
        assert found(filing(scope=own("乙规范", "4"))) == []


@pytest.mark.domain("B1", "B3", "B4", "B5", "B6", "B16", "B18")
class TestAsked:
    """What a filing states in a ledger whose policy asks for all that the profile does."""

    def test_nothing_more_is_asked_where_it_may_be_kept_elsewhere(self) -> None:
        assert rules(filing()) == []

    def test_the_nine_fields_of_the_receipt(self) -> None:
        row: Value = scope("3", standard={"kind": "national"})
        assert rules(filing() | {"scope": row, **WHOLE}, whole=True) == []
        for name in ("registered", "office", "legal", "authority", "receipt"):
            lacking = {key: value for key, value in WHOLE.items() if key != name}
            (broken,) = filing_problems(filing() | {"scope": row, **lacking}, CHONGQING, whole=True)
            assert (broken.rule, broken.problem) == ("filing.receipt", f"the filing lacks {name}")
            assert str(broken) == f"the filing lacks {name} (渝人社发〔2020〕83号 三（三）、附件4)"

    def test_everything_else_that_chongqing_asks(self) -> None:
        assert rules(filing(), whole=True) == [
            "kind.levels", "standard.kind", "filing.receipt", "filing.pledge", "staff.registry",
        ]  # fmt: skip

    def test_in_anhui_the_level_and_the_kind_choose_the_centre(self) -> None:
        def asked(kind: str, level: str, *attested: str) -> list[str]:
            body = enterprise(
                *(ANHUI, ENTERPRISE),
                attested=list[Value](("pledge", *attested)),
                authority="测试数据·省鉴定中心",
                kind=kind,
                receipt="测1号",
                scope=scope(level, standard={"kind": "national"}),
            )
            return rules(body, ANHUI, whole=True)

        assert asked("private", "3", "centre-city") == []
        assert asked("private", "3", "centre-province") == []
        assert asked("private", "3") == ["filing.route"]
        assert asked("private", "2", "centre-city") == ["filing.route"]
        assert asked("private", "2", "centre-province") == []
        assert asked("central-branch", "5", "centre-city") == ["filing.route"]
        assert asked("provincial", "5", "centre-province") == []

    def test_the_others(self) -> None:
        def asked(profile: Profile, org: str, **more: Value) -> list[str]:
            row: Value = scope("3", standard={"kind": "national"})
            return rules(enterprise(profile, org, scope=row, **more), profile, whole=True)

        assert asked(SHANDONG, FACTORY) == ["filing.receipt", "filing.receipt"]
        assert asked(SHANDONG, FACTORY, attested=["centre-city"], authority="测", receipt="测") == []
        assert asked(ZHEJIANG, "Y000033050001", attested=["pilot"]) == ["filing.status"]
        assert asked(ZHEJIANG, "Y000033050001", attested=["recommended"]) == ["filing.status"]
        assert asked(ZHEJIANG, "Y000033050001", attested=["assessed", "recommended"]) == []
        assert asked(NATIONAL, FACTORY) == []


@pytest.mark.domain("A11")
class TestSequence:
    def test_the_next_code_is_the_last_one_and_one(self) -> None:
        assert next_code([], CHONGQING) == "S000050000001"
        assert next_code(["S000050000001", "S000050000007", "Y000050000009", "S00005000000X"], CHONGQING) == (
            "S000050000008"
        )

    def test_there_is_a_last_one(self) -> None:
        assert next_code(["S000050999998"], CHONGQING) == "S000050999999"
        with pytest.raises(RuleError, match=r"org\.sequence: 999999 was the last"):
            next_code(["S000050999999"], CHONGQING)

    @pytest.mark.parametrize("profile", [ANHUI, SHANDONG, NATIONAL], ids=lambda profile: profile.name)
    def test_where_the_notice_gives_no_sequence_nobody_counts(self, profile: Profile) -> None:
        with pytest.raises(RuleError, match="gives organisation codes in no sequence"):
            next_code([], profile)
        registry = Registry((REGISTRAR.key,))
        registry.organisations[ENTERPRISE] = Organisation(ENTERPRISE, [Filing(3, enterprise())])
        body = enterprise(org="Y000034030009")
        assert list(registry_problems("org.file", body, registry, PROFILES, whole=False)) == []

    def test_a_gap_and_a_step_back_are_refused_and_a_ledger_may_begin_anywhere(self) -> None:
        def found(org: str, *filed: str) -> list[str]:
            registry = Registry((REGISTRAR.key,))
            registry.organisations |= {one: Organisation(one, [Filing(3, filing(one))]) for one in filed}
            return [str(one) for one in registry_problems("org.file", filing(org), registry, PROFILES, whole=False)]

        assert found("S000050000005") == []
        assert found("S000050000006", "S000050000005") == []
        for wrong in ("S000050000007", "S000050000004", "S000050000001"):
            (told,) = found(wrong, "S000050000005")
            assert told == f"{wrong} is not the next code: that is S000050000006 (渝人社发〔2020〕83号 附件6 二（四）)"
        (told,) = found("S00005000000X", "S000050000005")
        assert told.startswith("position 13: Positions 8-13 are the organisation's serial number, 000001 to 999999")


@pytest.mark.domain("A16")
class TestRanges:
    @pytest.mark.parametrize(
        ("first", "last", "problem"),
        [
            (f"{ENTERPRISE}263000001", f"{ENTERPRISE}263000100", ""),
            (f"{ENTERPRISE}263000007", f"{ENTERPRISE}263000007", ""),
            (f"{ENTERPRISE}263000000", f"{ENTERPRISE}263000100", f"{ENTERPRISE}263000000: position 17"),
            (f"{ENTERPRISE}263000001", f"{ENTERPRISE}269000001", f"{ENTERPRISE}269000001: position 16"),
            (f"{ENTERPRISE}263000001", f"{ENTERPRISE}264000001", "both ends have the same organisation, year"),
            (f"{ENTERPRISE}263000001", f"{ENTERPRISE}273000001", "both ends have the same organisation, year"),
        ],
    )
    def test_both_ends_are_numbers_of_one_year_and_level(self, first: str, last: str, problem: str) -> None:
        found = list(range_problems({"first": first, "last": last, "org": ENTERPRISE}, ANHUI))
        assert [(one.rule, one.binding) for one in found] == ([("range_form", True)] if problem else [])
        assert all(problem in one.problem for one in found)

    def test_an_opaque_number_tells_its_organisation_only(self) -> None:
        def found(first: str, last: str) -> list[Broken]:
            return list(range_problems({"first": first, "last": last, "org": FACTORY}, SHANDONG))

        assert found(f"{FACTORY}AB0000001", f"{FACTORY}AB0000009") == []
        assert found(f"{FACTORY}000000001", f"{FACTORY}999999999") == []
        assert [one.rule for one in found(f"{FACTORY}000000001", "Y000037090002000000009")] == ["range_form"]


class TestRecords:
    """What of a record is looked at, and by which profile."""

    def test_only_filings_amendments_and_ranges_are(self) -> None:
        registry = Registry((REGISTRAR.key,))
        body = {"first": f"{SCHOOL}263000002", "last": f"{SCHOOL}264000001", "org": SCHOOL}

        def found(kind: str, body: dict[str, Value]) -> list[str]:
            return [one.rule for one in registry_problems(kind, body, registry, PROFILES, whole=False)]

        assert found("range.assign", cast("dict[str, Value]", body)) == []  # of nobody: the registry refuses it
        assert found("org.file", filing(uscc="125000000000000170")) == ["filing.uscc"]
        assert found("org.amend", filing(uscc="125000000000000170")) == ["filing.uscc"]
        registry.organisations[SCHOOL] = Organisation(SCHOOL, [Filing(2, filing())])
        assert found("range.assign", cast("dict[str, Value]", body)) == ["range_form"]
        assert found("org.retire", {"org": SCHOOL, "reason": "closed"}) == []
        assert found("key.revoke", {"key_id": "00000000", "org": SCHOOL, "reason": "compromised"}) == []
        assert found("org.amend", filing(profile="cn-nowhere-2030-1")) == ["profile_unknown"]


class TestAudit:
    """The audit tells it of entries that are signed and chained."""

    @staticmethod
    def found(ledger: Simulator) -> list[list[str]]:
        chain = Chain(ledger.trust, verify, len(ledger.raws), (), Workflow(PROFILES, lambda _day, _days: None))
        for raw in ledger.raws:
            chain.take(raw)
        return [[f"{one.rule} {one.where}" for one in told] for told in (chain.findings, chain.warnings)]

    @pytest.mark.domain("A11", "A16", "A25", "B1", "B2", "B9", "B10", "B13")
    @pytest.mark.parametrize(
        ("kind", "body", "rule"),
        [
            ("org.file", filing("S000050000003"), "org.sequence"),
            ("org.file", filing(OTHER, uscc="125000000000000170"), "filing.uscc"),
            ("org.file", filing(OTHER, valid_to="2029-01-02"), "filing.validity"),
            ("org.amend", filing(valid_to="2029-01-02"), "filing.validity"),
            ("org.amend", filing(scope=scope("3", code="6-18-01")), "filing.scope"),
            ("org.amend", filing(kind="ordinary-school"), "kind.levels"),
            ("org.amend", filing(titles=[{"level": "3", "name": "特级技师"}]), "level.known"),
            ("org.amend", filing(scope=scope("3", standard={"kind": "house"})), "standard.kind"),
            ("range.assign", {"first": NUMBER, "last": f"{SCHOOL}264000001", "org": SCHOOL}, "range_form"),
        ],
    )
    def test_a_registrar_who_files_against_the_notice_is_found(
        self, kind: str, body: dict[str, Value], rule: str
    ) -> None:
        ledger = Simulator()
        seq, *_ = ledger.batch(sign_record(kind, body, REGISTRAR))
        findings, warnings = self.found(ledger)
        assert (findings, warnings) == ([f"{rule} entry {seq}"], [])

    def test_a_profile_that_nobody_knows(self) -> None:
        ledger = Simulator()
        seq, *_ = ledger.batch(sign_record("org.amend", filing(profile="cn-nowhere-2030-1"), REGISTRAR))
        told = {"profile_differs", "profile_unknown"}  # the ledger was not opened for it either
        assert set(self.found(ledger)[0]) == {f"{rule} entry {seq}" for rule in told}

    @pytest.mark.domain("B13")
    def test_what_does_not_bind_is_a_warning(self) -> None:
        ledger = Simulator()
        for org, ref in ((SCHOOL, "甲规范"), (OTHER, "乙规范")):
            body = filing(org, scope=scope("3", standard={"kind": "enterprise", "ref": ref}))
            seq, *_ = ledger.batch(sign_record("org.amend" if org == SCHOOL else "org.file", body, REGISTRAR))
        findings, warnings = self.found(ledger)
        assert (findings, warnings) == ([], [f"standard.twice entry {seq}"])
