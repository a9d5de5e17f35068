"""Issuing under each of the five notices: on whose evidence, with which numbers, in which form."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import openpyxl
import pytest

from ledger.app.roster import Appended, RosterRefused
from ledger.core.canonical import Value
from ledger.core.entry import parse_entry
from ledger.core.record import Body
from ledger.forms.filled import layout_of
from ledger.forms.findings import Finding
from ledger.forms.roster import FORM
from tests.evaluation import ISSUE, LAST, ORGS, cited
from tests.simulator import PROFILES
from tests.unit.app.courses import (
    ANHUI,
    CHONGQING,
    NAME,
    NATIONAL,
    SHANDONG,
    ZHEJIANG,
    Course,
    annex6,
    shandong,
    zhejiang,
)

Make = Callable[..., Course]
CODES = ORGS[ZHEJIANG] + "26K000001", ORGS[ZHEJIANG] + "26K000010"
GIVEN: dict[str, Mapping[str, Value]] = {"codes": {"first": CODES[0], "last": CODES[1]}}
ROWS: dict[str, Callable[[int], list[list[object]]]] = {
    ANHUI: annex6,
    CHONGQING: annex6,
    NATIONAL: annex6,
    SHANDONG: shandong,
    ZHEJIANG: zhejiang,
}


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Course] = []

    def one(profile: str, *, required: bool = True, filed: Mapping[str, Value] | None = None) -> Course:
        made.append(Course(tmp_path / str(len(made)), profile, required, filed or {}))
        return made[-1]

    yield one
    for course in made:
        course.close()


def issue(course: Course, rows: list[list[object]] | None = None) -> Appended:
    """Append two people, as many as passed, on the plan of the course."""
    issued = ISSUE if course.profile == ZHEJIANG else ""
    return course.append(ROWS[course.profile](2) if rows is None else rows, plan=course.plan, issued=issued)


def refused(
    course: Course, rows: list[list[object]], *, plan: int | None = None, org: str | None = None
) -> list[Finding]:
    """The errors for which the rows are refused; nothing may have changed."""
    before = course.store.size()
    issued = ISSUE if course.profile == ZHEJIANG else ""
    with pytest.raises(RosterRefused) as caught:
        course.append(rows, plan=plan, issued=issued, org=org)
    assert course.store.size() == before
    return [finding for finding in caught.value.findings if finding.severity == "error"]


def rules(findings: list[Finding]) -> list[str]:
    return [finding.rule for finding in findings]


def bodies(course: Course, done: Appended) -> list[Body]:
    first = done.size - 1 - done.numbers
    return [parse_entry(raw).record.body for raw in course.store.entries(first, done.size - 1)]


def changes_of(profile: str) -> dict[str, Mapping[str, Value]]:
    return GIVEN if profile == ZHEJIANG else {}


class TestEveryNotice:
    @pytest.mark.domain("A17", "A18", "A19", "A20", "G2", "G3", "G5", "G7", "F7")
    @pytest.mark.parametrize("profile", ORGS)
    def test_what_is_issued_on_whole_evidence_is_verified(self, make: Make, profile: str) -> None:
        course = make(profile).run(changes_of(profile))
        if profile == ANHUI:
            course.assign(f"{course.org}263000101", f"{course.org}263000200")
        done = issue(course)
        assert (done.numbers, done.warnings) == (2, [])
        for body in bodies(course, done):
            assert body["evidence"] == cited(course.seqs)
            assert (body["profile"], body["code"][:13]) == (profile, course.org)  # type: ignore[index]  # a code is a text
        entry = parse_entry(next(course.store.entries(done.size - 2, done.size - 1)))
        assert entry.record.issuer == course.org
        assert course.findings() == []

    @pytest.mark.domain("A17", "G2", "G3", "G5")
    @pytest.mark.parametrize("profile", ORGS)
    def test_without_a_plan_nothing_is_issued_where_evidence_is_required(self, make: Make, profile: str) -> None:
        course = make(profile)
        if profile == ANHUI:
            course.assign(f"{course.org}263000101", f"{course.org}263000200")
        filled = zhejiang(2, codes=CODES) if profile == ZHEJIANG else ROWS[profile](2)
        [finding] = refused(course, filled)
        assert finding.rule == "evidence_missing"
        assert finding.source in {rule.source for rule in PROFILES[profile].rules.values()}

    @pytest.mark.domain("A17", "A18", "G2", "G3", "G5", "F7")
    @pytest.mark.parametrize(
        ("profile", "step"),
        [
            (NATIONAL, "audit"),
            (ANHUI, "results closed"),
            (CHONGQING, "results closed"),
            (CHONGQING, "audit"),
            (SHANDONG, "province"),
            (ZHEJIANG, "internal"),
            (ZHEJIANG, "codes"),
        ],
    )
    def test_a_step_of_the_notice_that_is_missing_is_named_with_its_place(
        self, make: Make, profile: str, step: str
    ) -> None:
        after = {"results closed": ("audit",)}.get(step, ())
        course = make(profile).run(changes_of(profile) if step != "codes" else {}, left_out=(step, *after))
        [finding] = refused(course, ROWS[profile](2), plan=course.plan)
        assert finding.rule == "evidence_missing"
        assert finding.source in {rule.source for rule in PROFILES[profile].rules.values()}
        assert "(" not in finding.en.rsplit("(", 1)[1][:-1]

    @pytest.mark.domain("A17")
    def test_an_approval_refused_stops_it(self, make: Make) -> None:
        course = make(CHONGQING).run({"audit": {"decision": "refused"}})
        [finding] = refused(course, annex6(2), plan=course.plan)
        assert finding.rule in ("approval_refused", "evidence_missing")
        assert finding.source in {rule.source for rule in PROFILES[CHONGQING].rules.values()}

    @pytest.mark.domain("F7")
    def test_an_open_objection_stops_it(self, make: Make) -> None:
        course = make(CHONGQING).run({"results closed": {"objections": 1}})
        [finding] = refused(course, annex6(2), plan=course.plan)
        assert finding.rule == "objection_open"
        assert finding.source in {rule.source for rule in PROFILES[CHONGQING].rules.values()}

    @pytest.mark.domain("C1")
    def test_a_plan_of_another_occupation_or_level_covers_nothing(self, make: Make) -> None:
        course = make(CHONGQING).run({"plan": {"levels": ["4"]}})
        [finding] = refused(course, annex6(2), plan=course.plan)
        assert finding.rule == "evidence_differs"

    @pytest.mark.parametrize("plan", [0, 2, 999])
    def test_what_is_no_plan_cannot_be_cited(self, make: Make, plan: int) -> None:
        course = make(CHONGQING).run()
        assert rules(refused(course, annex6(2), plan=plan)) == ["plan_unknown"]

    def test_where_evidence_may_be_kept_elsewhere_it_may_still_be_cited(self, make: Make) -> None:
        course = make(CHONGQING, required=False).run()
        assert bodies(course, course.append(annex6(2)))[0]["evidence"] == []
        again = annex6(4)[:1] + annex6(4)[3:]
        assert bodies(course, course.append(again, plan=course.plan))[1]["evidence"] == cited(course.seqs)


class TestConfirmation:
    """浔人社发〔2023〕5号 附件4: who passed without objection is who gets a certificate."""

    @pytest.mark.domain("F6")
    @pytest.mark.parametrize(("rows", "level"), [(1, ["3"]), (3, ["3"]), (3, ["3", "4"])])
    def test_another_number_than_passed_is_refused(self, make: Make, rows: int, level: list[Value]) -> None:
        course = make(CHONGQING).run({"plan": {"levels": level}})
        [finding] = refused(course, annex6(rows), plan=course.plan)
        assert (finding.rule, finding.row) == ("confirmation_count", 0)
        assert "2 passed" in finding.en
        assert finding.source in {rule.source for rule in PROFILES[CHONGQING].rules.values()}

    @pytest.mark.domain("F6")
    def test_a_plan_of_two_levels_may_come_level_by_level_but_not_beyond(self, make: Make) -> None:
        course = make(CHONGQING).run()
        first = course.append(annex6(1), plan=course.plan)
        assert rules(first.warnings) == ["confirmation_count"]
        two = annex6(3)
        assert rules(refused(course, [two[0], *two[2:]], plan=course.plan)) == ["confirmation_count"]
        second = course.append([two[0], two[2]], plan=course.plan)
        assert second.warnings == []
        assert course.findings() == []


class TestRanges:
    """蚌埠通知 三（四）: numbers are filled in from the range that the provincial centre assigned."""

    def course(self, make: Make) -> Course:
        return make(ANHUI, required=False)

    @pytest.mark.domain("A6", "A16")
    def test_the_next_free_numbers_range_by_range(self, make: Make) -> None:
        course = self.course(make)
        course.assign(f"{course.org}263000501", f"{course.org}263000502")
        course.assign(f"{course.org}263000101", f"{course.org}263000110")
        done = course.append(annex6(3))
        given = [body["code"] for body in bodies(course, done)]
        assert given == [f"{course.org}263000{serial}" for serial in (501, 502, 101)]
        rows = annex6(5)
        assert course.append([rows[0], *rows[4:]]).first == f"{course.org}263000102"
        assert course.findings() == []

    @pytest.mark.domain("A16")
    def test_numbers_used_before_the_range_was_assigned_are_not_given_again(self, make: Make) -> None:
        course = self.course(make)
        assert course.append(annex6(2)).last == f"{course.org}263000002"
        course.assign(f"{course.org}263000002", f"{course.org}263000009")
        rows = annex6(3)
        assert course.append([rows[0], rows[3]]).first == f"{course.org}263000003"
        assert course.findings() == []

    @pytest.mark.domain("A16")
    def test_an_exhausted_range_is_named(self, make: Make) -> None:
        course = self.course(make)
        first, last = f"{course.org}263000101", f"{course.org}263000102"
        course.assign(first, last)
        [finding] = refused(course, annex6(3))
        assert (finding.rule, finding.row) == ("serial.range_exhausted", 4)
        assert f"{first}–{last}" in finding.zh
        assert finding.source == PROFILES[ANHUI].rules["range.assigned"].source

    @pytest.mark.domain("A16")
    def test_where_all_evidence_is_required_so_is_a_range(self, make: Make) -> None:
        course = make(ANHUI).run()
        [finding] = refused(course, annex6(2), plan=course.plan)
        assert finding.rule == "serial.no_range"
        assert finding.source == PROFILES[ANHUI].rules["range.assigned"].source

    @pytest.mark.domain("A16")
    def test_a_level_without_a_range_is_named(self, make: Make) -> None:
        course = self.course(make)
        course.assign(f"{course.org}264000101", f"{course.org}264000102")
        [finding] = refused(course, annex6(1))
        assert finding.rule == "serial.no_range"
        assert f"{course.org}/2026/3" in finding.zh

    @pytest.mark.domain("A16")
    def test_a_number_filled_in_must_be_the_one_due(self, make: Make) -> None:
        course = self.course(make)
        course.assign(f"{course.org}263000101", f"{course.org}263000110")
        assert rules(refused(course, annex6(1, 证书编号=f"{course.org}263000001"))) == ["code.not_due"]
        assert course.append(annex6(1, 证书编号=f"{course.org}263000101")).numbers == 1


class TestAssignedNumbers:
    """Shandong: the number stands in the roster, as the authority's rule made it."""

    @pytest.mark.domain("A19")
    def test_the_number_is_the_one_in_the_roster(self, make: Make) -> None:
        course = make(SHANDONG, required=False)
        rows = shandong(2)
        rows[2][19] = f"{course.org}263XY0009"
        given = [body["code"] for body in bodies(course, course.append(rows))]
        assert given == [f"{course.org}263000001", f"{course.org}263XY0009"]
        assert course.findings() == []

    @pytest.mark.domain("A19", "A21")
    def test_a_number_is_never_used_twice(self, make: Make) -> None:
        course = make(SHANDONG, required=False)
        course.append(shandong(1))
        rows = shandong(2)
        rows[2][19] = rows[1][19]
        assert rules(refused(course, [rows[0], rows[2]])) == ["code.issued"]
        rows[1][19] = rows[2][19] = f"{course.org}263000005"
        assert "code.twice" in rules(refused(course, rows))

    @pytest.mark.domain("A19", "C2")
    def test_a_number_of_another_organisation_is_refused(self, make: Make) -> None:
        course = make(SHANDONG, required=False)
        assert rules(refused(course, shandong(1, 证书编号="Y000037000002263000001"))) == ["code.org"]

    @pytest.mark.domain("A16", "A19")
    def test_where_a_range_is_assigned_it_lies_inside(self, make: Make) -> None:
        course = make(SHANDONG, required=False)
        course.assign(f"{course.org}263000001", f"{course.org}263000001")
        [finding] = refused(course, shandong(2))
        assert (finding.rule, finding.row) == ("code.outside", 3)

    @pytest.mark.domain("A19")
    def test_a_row_without_a_number_is_not_given_one(self, make: Make) -> None:
        course = make(SHANDONG, required=False)
        assert rules(refused(course, shandong(1, 证书编号=""))) == ["code.not_given"]


class TestGivenNumbers:
    """浔人社发〔2023〕5号 第十条（四）: 人力社保部门完成证书赋码, then the enterprise fills in its register."""

    @pytest.mark.domain("A18")
    def test_numbers_come_from_the_approval_in_order(self, make: Make) -> None:
        course = make(ZHEJIANG).run(GIVEN)
        done = issue(course)
        assert [body["code"] for body in bodies(course, done)] == [CODES[0], CODES[0][:-1] + "2"]
        rows = list(openpyxl.load_workbook(done.outputs[0]).worksheets[0].iter_rows(values_only=True))
        assert {CODES[0], CODES[0][:-1] + "2"} <= {cell for row in rows for cell in row}

    @pytest.mark.domain("A18")
    def test_a_number_filled_in_is_kept_and_the_others_go_around_it(self, make: Make) -> None:
        course = make(ZHEJIANG).run(GIVEN)
        done = issue(course, zhejiang(2, codes=["", CODES[0]]))
        assert [body["code"] for body in bodies(course, done)] == [CODES[0][:-1] + "2", CODES[0]]

    @pytest.mark.domain("A18")
    def test_a_number_that_was_not_given_is_refused(self, make: Make) -> None:
        course = make(ZHEJIANG).run(GIVEN)
        [finding] = refused(course, zhejiang(2, codes=[CODES[0][:-2] + "99"]), plan=course.plan)
        assert (finding.rule, finding.row) == ("code.outside", 4)
        assert finding.source == PROFILES[ZHEJIANG].rules["code.opaque"].source

    @pytest.mark.domain("A18")
    def test_more_people_than_numbers(self, make: Make) -> None:
        course = make(ZHEJIANG).run({"codes": {"first": CODES[0], "last": CODES[0]}})
        [finding] = refused(course, zhejiang(2), plan=course.plan)
        assert (finding.rule, finding.row) == ("serial.range_exhausted", 5)
        assert CODES[0] in finding.en

    @pytest.mark.domain("A18")
    def test_without_numbers_the_authority_is_asked_for_them(self, make: Make) -> None:
        course = make(ZHEJIANG, required=False)
        [finding] = refused(course, zhejiang(1))
        assert finding.rule == "code.not_given"


class TestForms:
    @pytest.mark.domain("H2", "H4", "H5")
    @pytest.mark.parametrize("profile", ORGS)
    def test_the_papers_are_in_the_profiles_own_form(self, make: Make, profile: str) -> None:
        course = make(profile, required=False)
        if profile == ZHEJIANG:
            course.run(GIVEN)
        done = issue(course) if profile == ZHEJIANG else course.append(ROWS[profile](2))
        headers = [column.field.label for column in layout_of(PROFILES[profile].form(FORM)).columns]
        rows = list(openpyxl.load_workbook(done.outputs[0]).worksheets[0].iter_rows(values_only=True))
        assert [cell for row in rows for cell in row if cell in headers][: len(headers)] == headers
        again = course.append(ROWS[profile](2), issued=ISSUE if profile == ZHEJIANG else "")
        assert again.again
        assert list(openpyxl.load_workbook(again.outputs[0]).worksheets[0].iter_rows(values_only=True)) == rows

    @pytest.mark.domain("A24")
    def test_an_occupation_without_a_job_is_a_dash_on_paper_and_nothing_in_the_record(self, make: Make) -> None:
        scope: Value = [{"levels": ["3"], "occupation": {"code": "6-18-01-01", "name": "车工"}}]
        course = make(CHONGQING, required=False, filed={"scope": scope})
        done = course.append(annex6(1, 工种名称="——"))
        [body] = bodies(course, done)
        assert body["occupation"] == {"code": "6-18-01-01", "name": "车工"}
        cells = [cell for row in openpyxl.load_workbook(done.outputs[0]).worksheets[0].values for cell in row]
        assert "——" in cells

    @pytest.mark.domain("A25")
    def test_a_level_of_the_enterprises_own_is_issued_under_the_level_it_is_filed_for(self, make: Make) -> None:
        titles: Value = [{"level": "3", "name": "首席技师"}]
        course = make(SHANDONG, required=False, filed={"titles": titles})
        done = course.append(shandong(1, 职业技能等级="首席技师"))
        [body] = bodies(course, done)
        assert (body["level"], body["title"]) == ("3", "首席技师")
        cells = [cell for row in openpyxl.load_workbook(done.outputs[0]).worksheets[0].values for cell in row]
        assert "首席技师" in cells
        assert course.findings() == []
        two = shandong(2, 职业技能等级="特级技师")
        assert rules(refused(course, [two[0], two[2]])) == ["level.unknown"]

    @pytest.mark.domain("A25")
    def test_a_title_of_another_organisation_is_none(self, make: Make) -> None:
        course = make(SHANDONG, required=False)
        course.file("Y000037000002", name="另一机构（虚构）", titles=[{"level": "3", "name": "首席技师"}])
        assert rules(refused(course, shandong(1, 职业技能等级="首席技师"))) == ["level.unknown"]

    @pytest.mark.domain("G6", "I5")
    @pytest.mark.parametrize("medium", ["paper", "electronic", None])
    def test_the_medium_stands_in_the_record(self, make: Make, medium: str | None) -> None:
        course = make(ANHUI, required=False)
        [body] = bodies(course, course.append(annex6(1), medium=medium))
        assert body.get("medium") == medium


class TestNumbers:
    @pytest.mark.domain("A2", "A4", "A5", "A6", "A12", "A13", "A14", "A15")
    @pytest.mark.parametrize(
        ("profile", "level", "digit"),
        [(ANHUI, "三级", "3"), (ANHUI, "四级", "4"), (CHONGQING, "三级", "3"), (CHONGQING, "预备技师", "9")],
    )
    def test_organisation_year_level_and_serial(self, make: Make, profile: str, level: str, digit: str) -> None:
        levels: list[Value] = [*sorted({"3", digit})]
        scope: Value = [{"levels": levels, "occupation": {"code": "6-18-01-01", "name": "车工"}}]
        course = make(profile, required=False, filed={"scope": scope})
        done = course.append(annex6(2, 职业技能等级=level, 工种名称=""))
        assert (done.first, done.last) == (f"{course.org}26{digit}000001", f"{course.org}26{digit}000002")

    @pytest.mark.domain("A4", "A6", "A12")
    def test_another_year_begins_again_at_one(self, make: Make) -> None:
        course = make(ANHUI, required=False)
        course.append(annex6(1))
        rows = annex6(2, 发证日期="2027-01-05")
        done = course.append([rows[0], rows[2]], day="2027-01-06")
        assert done.first == f"{course.org}273000001"

    @pytest.mark.domain("C2", "G7")
    @pytest.mark.parametrize("profile", [ANHUI, CHONGQING, NATIONAL])
    def test_who_evaluates_is_who_issues(self, make: Make, profile: str) -> None:
        course = make(profile, required=False)
        assert "issuer.same" in rules(refused(course, annex6(1, 发证机构="别的机构")))
        others = annex6(1, 评价机构="别的机构", 发证机构=NAME)
        assert set(rules(refused(course, others, org=course.org))) == {"evaluator.name", "issuer.same"}

    @pytest.mark.domain("C1")
    @pytest.mark.parametrize(
        ("changed", "rule"),
        [({"工种名称": "普通车工"}, "scope.occupation"), ({"职业技能等级": "一级"}, "scope.level")],
    )
    def test_out_of_scope(self, make: Make, changed: dict[str, object], rule: str) -> None:
        assert rules(refused(make(ANHUI, required=False), annex6(1, **changed))) == [rule]


def test_issued_before_the_results_were_public_to_the_end(make: Make) -> None:
    course = make(CHONGQING).run()
    [finding] = refused(course, annex6(2, 发证日期=LAST[:-2] + "20"), plan=course.plan)
    assert finding.rule == "evidence_order"
