"""The five notices: each profile says what its notice says, and no requirement of a notice is left out."""

import re
from itertools import product

import pytest

from ledger import profiles
from ledger.core.profile import ERROR, WARNING, Profile

NATIONAL = profiles.load("cn-national-2018-1")
ANHUI = profiles.load("cn-anhui-2020-1")
CHONGQING = profiles.load("cn-chongqing-2020-1")
SHANDONG = profiles.load("cn-shandong-2020-1")
ZHEJIANG = profiles.load("cn-zhejiang-2023-1")
ALL = (NATIONAL, ANHUI, CHONGQING, SHANDONG, ZHEJIANG)


def short(profile: Profile) -> str:
    """The jurisdiction in a profile's name."""
    return profile.name.split("-")[1]


# The requirements that each notice makes, of those that the product works on or records.
REQUIREMENTS = {
    "national": "A20 B12 B21 C1 C2 C7 G5 G7 G8 G9 G10 G11 I5 J3 J6 J7 J8",
    "anhui": "A1 A2 A3 A4 A5 A6 A7 A16 B3 B6 B8 B12 B13 B18 C4 C6 C11 D1 D5 D7 E1 E5 E10 F1 F7 G1 G6 G7 G8 G9 G11 H1 H2"
    " H3 I5 J2 J3 J4 J6 J8",
    "chongqing": "A8 A9 A10 A11 A12 A13 A14 A15 A17 A21 A22 A23 A24 B1 B2 B10 B12 B13 B16 B18 B20 C1 C2 C5 C11 D2 D5 D7"
    " E2 E9 F2 F7 G2 G7 G8 G9 G11 I1 I2 I3 I4 I5 J1 J4 J5 J7 J8",
    "shandong": "A19 A25 B4 B8 B9 B12 B13 C3 C6 C10 D3 D5 E9 F8 G3 G7 G9 H4 J4 J6",
    "zhejiang": "A18 B5 B12 B13 B19 C6 C8 C10 D4 E3 E4 E6 E10 F3 F4 F5 F6 F7 G4 G7 G11 H5 H6 H7 H8 J3 J8",
}


@pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
def test_every_requirement_of_a_notice_is_a_rule_of_its_profile(profile: Profile) -> None:
    stated = {wanted for rule in profile.rules.values() for wanted in rule.requirement.split()}
    assert set(REQUIREMENTS[short(profile)].split()) <= stated


@pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
def test_every_rule_says_where_it_is_written_in_both_languages(profile: Profile) -> None:
    for rule in profile.rules.values():
        assert re.search(r"[\u4e00-\u9fff]", rule.zh), rule.id
        assert rule.en.isascii(), rule.id
        if not rule.source.startswith("账本约定"):  # a section or annex of the notice, or the article of a law
            assert re.search(r"[一二三四五六七八九十]|附件", rule.source), rule.id
            assert re.fullmatch(r"[A-J]\d+( [A-J]\d+)*", rule.requirement) or "法" in rule.source, rule.id


@pytest.mark.parametrize("profile", ALL, ids=lambda profile: profile.name)
def test_a_rule_binds_as_its_notice_does(profile: Profile) -> None:
    """Where a notice says 仅供参考, or leaves it to the authority, or a place is inferred, the rule only warns."""
    warnings = {rule.id for rule in profile.rules.values() if rule.severity == WARNING}
    assert (
        warnings
        == {
            "national": {"code.category", "code.province", "serial.order", "retention.originals", "form.notes"},
            "anhui": {
                "code.city",
                "standard.twice",
                "supervision.spot",
                "retention.originals",
                "inspection.random",
                "form.notes",
            },
            "chongqing": {
                "serial.order",
                "code.audit",
                "standard.twice",
                "certificate.layout",
                "inspection.random",
                "org.rating",
                "form.notes",
            },
            "shandong": {"code.known_year", "code.known_level", "period.publicity", "inspection.random"},
            "zhejiang": {"supervision.spot", "retention.originals"},
        }[short(profile)]
    )


@pytest.mark.domain("G1", "G2", "G3", "G4", "G5", "A17")
def test_the_evidence_of_each_notice_in_its_order() -> None:
    def steps(profile: Profile) -> list[str]:
        return [f"{item.kind} {item.step}".strip() for item in profile.evidence]

    assert steps(NATIONAL) == ["approval audit"]
    assert steps(ANHUI) == ["plan", "results", "report"]
    assert steps(CHONGQING) == ["plan", "results", "approval audit"]
    assert steps(SHANDONG) == ["plan", "approval city", "approval province"]
    assert steps(ZHEJIANG) == [
        "plan", "candidates", "results", "approval recheck", "supervision internal", "approval codes",
    ]  # fmt: skip


@pytest.mark.domain("D1", "D2", "D3", "D4", "F1", "F2", "F3", "F4", "F8", "G1")
def test_the_periods_of_each_notice() -> None:
    def terms(profile: Profile) -> dict[str, tuple[int, str]]:
        return {period.id: (period.amount, period.unit) for period in profile.periods}

    ten, five = (10, "working"), (5, "working")
    before = (1, "calendar")
    assert terms(NATIONAL) == {}
    assert terms(ANHUI) == {"plan-before-exam": ten, "publicity": (7, "calendar"), "report-after-publicity": ten}
    assert terms(CHONGQING) == {"plan-before-exam": ten, "publicity": five}
    assert terms(SHANDONG) == {"plan-before-exam": before}
    assert terms(ZHEJIANG) == {"plan-before-exam": before, "publicity-candidates": five, "publicity": five}
    assert not any(profile.counting.include_start for profile in ALL)
    assert all(profile.counting.rule == "counting.start" for profile in ALL)


@pytest.mark.domain("E1", "E2", "E3")
def test_the_staffing_of_each_notice() -> None:
    def minima(profile: Profile) -> list[tuple[str, int, str]]:
        return [(minimum.id, minimum.amount, minimum.per) for minimum in profile.staffing]

    assert minima(ANHUI) == [("examiners", 5, "occupation-level")]
    assert minima(CHONGQING) == [("examiners", 3, "occupation")]
    assert minima(ZHEJIANG) == [("examiners", 3, "occupation"), ("supervisors", 2, "occupation")]
    assert minima(NATIONAL) == minima(SHANDONG) == []


@pytest.mark.domain("J1", "J2", "J3", "E5")
def test_how_long_each_material_is_kept() -> None:
    def years(profile: Profile) -> dict[str, int]:
        return {retention.id: retention.years for retention in profile.retention}

    assert years(NATIONAL) == years(ZHEJIANG) == {"originals": 5, "assessment": 3}
    assert years(ANHUI) == {"video": 1, "originals": 5, "assessment": 3}
    assert years(CHONGQING) == {"paper": 3, "electronic": 5, "assessment": 3}
    assert years(SHANDONG) == {"assessment": 3}


@pytest.mark.domain("B10")
def test_the_levels_of_each_kind_of_school() -> None:
    assert [(kind.id, "".join(kind.levels), "".join(kind.extra)) for kind in CHONGQING.kinds] == [
        ("technician-college", "345", "9"),
        ("senior-school", "345", "9"),
        ("ordinary-school", "45", ""),
    ]
    assert not any(profile.kinds for profile in (NATIONAL, SHANDONG, ZHEJIANG))


@pytest.mark.domain("B1", "B3", "B4", "B5", "B6", "B16", "B18")
def test_what_a_filing_states() -> None:
    """Members of the receipt, and conditions that somebody has seen and signs for: one of the words, in each case."""

    def asks(profile: Profile) -> list[str]:
        told = []
        for ask in profile.asks:
            of = f" of {' '.join((*ask.kinds, *ask.levels))}" if ask.kinds or ask.levels else ""
            told.append(f"{ask.rule}: {' '.join(ask.members)}{'|'.join(ask.attested)}{of}")
        return told

    assert asks(CHONGQING) == [
        "filing.receipt: registered office legal authority receipt",
        "filing.pledge: pledge",
        "staff.registry: staff",
    ]
    assert [kind.id for kind in ANHUI.kinds] == [
        "central-branch", "provincial", "state-owned", "foreign", "private", "other",
    ]  # fmt: skip
    assert all(kind.levels == ("1", "2", "3", "4", "5") for kind in ANHUI.kinds)
    assert asks(ANHUI) == [
        "filing.receipt: authority receipt",
        "filing.route: centre-city|centre-province",
        "filing.route: centre-province of central-branch provincial",
        "filing.route: centre-province of 1 2",
        "filing.pledge: pledge",
    ]
    assert asks(SHANDONG) == ["filing.receipt: authority receiptcentre-city|centre-province"]
    assert asks(ZHEJIANG) == ["filing.status: pilot|assessed", "filing.status: recommended"]
    assert asks(NATIONAL) == []


@pytest.mark.domain("A11", "A16", "A25", "C2", "C3", "C4")
def test_what_a_notice_orders_allows_or_forbids() -> None:
    def bound(name: str) -> dict[str, tuple[bool, str]]:
        found = {short(profile): getattr(profile, name) for profile in ALL}
        return {name: (binding.value, binding.rule) for name, binding in found.items() if binding is not None}

    assert bound("sequential") == {"chongqing": (True, "org.sequence")}
    assert bound("ranges") == {"anhui": (True, "range.assigned")}
    assert bound("titles") == {"shandong": (True, "level.own")}
    assert bound("entrusting") == {
        "national": (False, "entrusting.forbidden"),
        "chongqing": (False, "entrusting.forbidden"),
        "anhui": (True, "entrusting.accept"),
        "shandong": (True, "entrusting.accept"),
    }
    assert {short(p): p.max_validity_years for p in ALL if p.max_validity_years} == {"chongqing": 3}
    assert ZHEJIANG.insured_months is not None
    assert ZHEJIANG.insured_months.amount == 12
    assert ZHEJIANG.bank is not None
    assert (ZHEJIANG.bank.items, ZHEJIANG.bank.examiners) == (600, 3)


@pytest.mark.domain("C4", "C5", "C6", "C7", "C10", "C11", "E9", "B13")
def test_the_closed_words_of_each_notice() -> None:
    def words(name: str) -> dict[str, str]:
        return {short(profile): " ".join(word.id for word in getattr(profile, name)) for profile in ALL}

    assert words("candidates") == {
        "national": "own-staff public",
        "anhui": "own-staff dispatched outsourced partner-students other-units",
        "chongqing": "enrolled-students joint-school-students",
        "shandong": "own-staff dispatched outsourced partner-students entrusted",
        "zhejiang": "own-staff dispatched subsidiary-staff",
    }
    assert words("bases") == {
        "national": "standard",
        "anhui": "standard contest exception",
        "chongqing": "standard contest",
        "shandong": "standard enterprise exception",
        "zhejiang": "standard",
    }
    assert words("methods") == {
        "national": "",
        "anhui": "",
        "chongqing": "process theory practice partner contest",
        "shandong": "examination combined process direct",
        "zhejiang": "",
    }
    assert words("standards") == {
        "national": "",
        "anhui": "national industry enterprise",
        "chongqing": "national industry enterprise",
        "shandong": "national industry enterprise",
        "zhejiang": "national specification",
    }


def test_levels_and_documents() -> None:
    assert {short(profile): "".join(level.code for level in profile.levels) for profile in ALL} == {
        "national": "12345",
        "anhui": "12345",
        "chongqing": "3459",
        "shandong": "12345",
        "zhejiang": "12345",
    }
    twelve = [kind.code for kind in ANHUI.document_types]
    assert twelve == ["201", "227", "210", "237", "213", "238", "208", "233", "239", "240", "241", "299"]
    for profile in (NATIONAL, CHONGQING, SHANDONG):
        assert profile.document_types == ANHUI.document_types
    assert [kind.code for kind in ZHEJIANG.document_types] == ["201"]  # its register knows 身份证号 only


ANNEX_6 = "姓名 证件类型 证件号码 所在单位 职业名称 工种名称 职业技能等级 证书编号 发证日期 评价机构 发证机构"
ANNEX_3 = (
    "序号 评价机构编码 评价机构名称 姓名 证件类型 证件号 性别 出生日期 联系电话 电子邮箱 是否本企业职工 所在单位"
    " 从事本职业（工种）时间 所在岗位 入职时间 职业编码 职业名称 工种名称 职业技能等级 证书编号 发证日期"
)
ANNEX_5 = "序号 姓名 性别 出生年月 文化程度 身份证号 所在单位或住址 专业工龄 理论成绩 实操成绩 证书编号"


@pytest.mark.domain("H2", "H4", "H5")
def test_the_rosters_have_the_columns_of_their_annexes() -> None:
    def headers(profile: Profile) -> str:
        return " ".join(column.header for column in profile.form("roster").columns)

    assert headers(NATIONAL) == headers(ANHUI) == headers(CHONGQING) == ANNEX_6
    assert headers(SHANDONG) == ANNEX_3
    assert len(SHANDONG.form("roster").columns) == 21
    assert headers(ZHEJIANG) == ANNEX_5
    needed = [column.field for column in SHANDONG.form("roster").columns if column.required]
    assert needed == [
        "org", "evaluator", "name", "doc_type", "doc_no", "employer", "occupation_code", "occupation_name", "level",
        "code", "issued",
    ]  # fmt: skip


def sums(*parts: tuple[int, ...]) -> set[int]:
    """Every score of an item whose parts count by themselves."""
    return {sum(chosen) for chosen in product(*parts)}


NOT_OR_2, NOT_OR_3 = (2, 0), (3, 0)


@pytest.mark.domain("H7")
def test_the_internal_supervision_form() -> None:
    internal, external = ZHEJIANG.supervision
    assert (internal.id, external.id) == ("internal", "external")
    assert internal.suspends
    blocks = {item.block: 0 for item in internal.items}
    for item in internal.items:
        blocks[item.block] += item.points[0]
    assert blocks == {"计划执行": 5, "资格审核": 10, "试题保密": 15, "考务组织": 50, "成绩公示": 15, "诉求反馈": 5}
    points = {item.id: set(item.points) for item in internal.items}
    assert points["theory-method"] == {7, 5, 0}
    assert points["papers"] == sums(*[NOT_OR_2] * 4)
    assert points["rooms"] == {5, 3}  # the notice defines no 0
    assert points["site"] == sums(*[NOT_OR_2] * 5)
    assert points["examiners"] == points["score-entry"] == sums(NOT_OR_2, NOT_OR_2, NOT_OR_3, NOT_OR_3)
    assert points["results-published"] == {5, 3, 0}
    assert [veto.id for veto in internal.vetoes] == ["leak", "unsafe", "disorder"]


@pytest.mark.domain("H8")
def test_the_external_supervision_form() -> None:
    _, external = ZHEJIANG.supervision
    blocks = {item.block: 0 for item in external.items}
    for item in external.items:
        blocks[item.block] += item.points[0]
    assert blocks == {"计划执行": 5, "前期准备": 20, "考场与设备": 30, "资格认定管理": 40, "诉求反馈": 5}
    points = {item.id: set(item.points) for item in external.items}
    on_paper, on_computers = sums(NOT_OR_3, NOT_OR_2, NOT_OR_3, NOT_OR_2), sums((5, 0), (5, 0))
    assert points["papers"] == on_paper | on_computers
    assert points["site"] == sums((2, 1, 0), (2, 1, 0), *[NOT_OR_2] * 4)
    assert points["cameras"] == sums(NOT_OR_3, NOT_OR_3, (6, 3, 0))
    assert points["examiners"] == sums((4, 0), NOT_OR_2, NOT_OR_3, NOT_OR_3)
    assert points["order"] == {15, 8, 4, 0}
    assert not external.suspends  # the form says score 0, and nothing of suspension
    assert [veto.id for veto in external.vetoes] == ["leak", "disorder", "accident"]


def test_opaque_where_the_notice_has_no_structure() -> None:
    assert [profile.name for profile in ALL if profile.opaque] == ["cn-shandong-2020-1", "cn-zhejiang-2023-1"]
    assert [known.id for known in SHANDONG.known] == ["year", "level"]
    assert ZHEJIANG.known == ()
    assert all(profile.rules["code.opaque"].severity == ERROR for profile in ALL if profile.opaque)
    assert "未公布" in SHANDONG.segments[-1].zh


@pytest.mark.parametrize("profile", ALL, ids=short)
def test_a_document_type_is_found_by_its_code(profile: Profile) -> None:
    assert [profile.document_type(kind.code) for kind in profile.document_types] == list(profile.document_types)
    assert profile.document_type("000") is None
