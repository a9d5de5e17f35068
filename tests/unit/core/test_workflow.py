"""The workflow: each rule of each notice at its boundary, what only warns, and what nobody can compute yet."""

from dataclasses import replace
from typing import cast

import pytest

from ledger.core.canonical import Value
from ledger.core.errors import RuleError
from ledger.core.profile import Profile
from ledger.core.shape import word
from ledger.crypto.pynacl_verify import verify
from tests.evaluation import EXAM, ISSUE, LAST, ORGS, PLAN, RESULTS, Bench, course, refused, warned
from tests.simulator import OTHER, PROFILES, filing, occupation

ANHUI, CHONGQING, NATIONAL, SHANDONG, ZHEJIANG = (
    f"cn-{name}-1" for name in ("anhui-2020", "chongqing-2020", "national-2018", "shandong-2020", "zhejiang-2023")
)


def plan(profile: str | Profile, day: str, /, **changes: Value) -> str:
    return refused(Bench(profile), "plan.file", day, "plan", **changes)


@pytest.mark.parametrize("profile", ORGS)
def test_an_honest_course_is_taken_whole(profile: str) -> None:
    bench = Bench(profile).run()
    assert [step.type for step in bench.workflow.steps.values()] == [due.type for due in course(bench.profile)]
    parts = [part.seq for part in bench.plan().parts]
    assert parts == sorted(set(bench.seqs.values()) - {bench.plan().seq})
    assert bench.workflow.undecided == []


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_word_of_a_profile_can_stand_in_a_record(profile: Profile) -> None:
    words = [each.id for each in (*profile.candidates, *profile.bases, *profile.methods, *profile.standards)]
    words += [item.step for item in profile.evidence if item.step] + [form.id for form in profile.supervision]
    words += [veto.id for form in profile.supervision for veto in form.vetoes]
    assert [one for one in words if not word(one)] == []
    staff = cast("dict[str, Value]", Bench(profile.name).run().plan().body["staff"])
    assert {minimum.id for minimum in profile.staffing} <= staff.keys()
    known = {"plan-before-exam", "publicity", "publicity-candidates", "report-after-publicity"}
    assert {period.id for period in profile.periods} <= known


class TestPlan:
    @pytest.mark.domain("D1", "D2")
    @pytest.mark.parametrize("profile", [ANHUI, CHONGQING])
    @pytest.mark.parametrize(
        ("exam", "latest", "late"),
        [
            ("2020-10-12", "2020-09-22", "2020-09-23"),
            ("2020-10-09", "2020-09-18", "2020-09-21"),
            ("2021-05-06", "2021-04-20", "2021-04-21"),
            ("2024-02-19", "2024-01-31", "2024-02-01"),
            ("2024-02-26", "2024-02-06", "2024-02-07"),
            ("2025-10-09", "2025-09-18", "2025-09-19"),
            ("2026-02-24", "2026-02-03", "2026-02-04"),
            ("2026-03-02", "2026-02-10", "2026-02-11"),
            ("2026-10-12", "2026-09-21", "2026-09-22"),
        ],
    )
    def test_ten_working_days_before_the_exam(self, profile: str, exam: str, latest: str, late: str) -> None:
        term: dict[str, Value] = {"valid_from": f"{exam[:4]}-01-01", "valid_to": f"{exam[:4]}-12-31"}
        days: dict[str, Value] = {"exam_from": exam, "exam_to": exam}
        found = [refused(Bench(profile, **term), "plan.file", day, "plan", **days) for day in (latest, late)]
        assert found == ["", "plan_late"]

    @pytest.mark.domain("D3", "D4")
    @pytest.mark.parametrize("profile", [SHANDONG, ZHEJIANG])
    def test_before_the_exam_where_no_days_are_named(self, profile: str) -> None:
        assert [plan(profile, day) for day in ("2026-10-11", EXAM)] == ["", "plan_late"]

    def test_without_a_lead_time_on_the_day_itself(self) -> None:
        assert plan(NATIONAL, EXAM) == ""

    def test_a_rule_that_only_warns_stops_nothing(self) -> None:
        assert plan(warned(PROFILES[CHONGQING], "period.plan"), "2026-10-11") == ""

    def test_the_message_says_where_it_is_written(self) -> None:
        with pytest.raises(RuleError, match=r"2026-09-21 was the last day.*渝人社发"):
            Bench(CHONGQING).add("plan.file", "2026-09-22", "plan")

    @pytest.mark.parametrize(
        ("first", "last", "reason"),
        [
            (EXAM, EXAM, ""),
            (EXAM, "2026-10-11", "exam_dates"),
            ("2026-09-20", "2026-10-12", "exam_dates"),
        ],
    )
    def test_the_exam_lies_ahead(self, first: str, last: str, reason: str) -> None:
        assert plan(NATIONAL, PLAN, exam_from=first, exam_to=last) == reason

    @pytest.mark.domain("B2")
    @pytest.mark.parametrize(
        ("valid_from", "valid_to", "reason"),
        [
            (EXAM, "2026-10-13", ""),
            ("2026-10-13", "2028-12-31", "term"),
            ("2026-01-01", "2026-10-12", "term"),
        ],
    )
    def test_the_exam_lies_in_the_term_of_the_filing(self, valid_from: str, valid_to: str, reason: str) -> None:
        bench = Bench(CHONGQING, valid_from=valid_from, valid_to=valid_to)
        assert refused(bench, "plan.file", PLAN, "plan") == reason

    @pytest.mark.domain("B8", "C1")
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"levels": ["3"]}, ""),
            ({"levels": ["3", "5"]}, "plan_scope"),
            ({"occupation": occupation(job="普通车工")}, "plan_scope"),
            ({"profile": ANHUI}, "profile_differs"),
            ({"profile": "cn-nowhere-2030-1"}, "profile_unknown"),
        ],
    )
    def test_its_scope_is_the_filed_one(self, changes: dict[str, Value], reason: str) -> None:
        assert refused(Bench(CHONGQING), "plan.file", PLAN, "plan", **changes) == reason

    @pytest.mark.domain("B8")
    def test_a_scope_counts_once_it_is_filed_again(self) -> None:
        bench = Bench(CHONGQING)
        wider: Value = [{"levels": ["3", "4", "5"], "occupation": occupation()}]
        assert refused(bench, "plan.file", PLAN, "plan", levels=["5"]) == "plan_scope"
        bench.registry.add(bench.entry("org.amend", filing(scope=wider), PLAN), verify)
        assert refused(bench, "plan.file", PLAN, "plan", levels=["5"]) == ""

    def test_nothing_is_planned_before_the_filing(self) -> None:
        bench = Bench(CHONGQING)
        bench.seq = -1
        assert refused(bench, "plan.file", PLAN, "plan") == "plan_scope"

    @pytest.mark.domain("E1", "E2", "E3")
    @pytest.mark.parametrize(
        ("profile", "examiners", "supervisors", "reason"),
        [
            (ANHUI, 5, 0, ""),
            (ANHUI, 4, 9, "staffing"),
            (CHONGQING, 3, 0, ""),
            (CHONGQING, 2, 9, "staffing"),
            (ZHEJIANG, 3, 2, ""),
            (ZHEJIANG, 2, 2, "staffing"),
            (ZHEJIANG, 3, 1, "staffing"),
            (NATIONAL, 0, 0, ""),
        ],
    )
    def test_staffing(self, profile: str, examiners: int, supervisors: int, reason: str) -> None:
        staff: Value = {"examiners": examiners, "invigilators": 0, "supervisors": supervisors}
        assert plan(profile, PLAN, staff=staff) == reason

    def test_staffing_that_only_warns(self) -> None:
        nobody: Value = {"examiners": 0, "invigilators": 0, "supervisors": 0}
        assert plan(warned(PROFILES[CHONGQING], "staffing.examiners"), PLAN, staff=nobody) == ""

    @pytest.mark.domain("C4", "C5", "C6", "C7", "C10", "C11", "E9")
    @pytest.mark.parametrize(
        ("profile", "changes", "reason"),
        [
            (ANHUI, {"categories": ["other-units", "outsourced", "own-staff", "partner-students"]}, ""),
            (ANHUI, {"categories": ["enrolled-students"]}, "plan_words"),
            (CHONGQING, {"categories": ["enrolled-students", "joint-school-students"]}, ""),
            (CHONGQING, {"categories": ["own-staff"]}, "plan_words"),
            (SHANDONG, {"categories": ["dispatched", "own-staff"]}, ""),
            (SHANDONG, {"categories": ["subsidiary-staff"]}, "plan_words"),
            (ZHEJIANG, {"categories": ["dispatched", "own-staff", "subsidiary-staff"]}, ""),
            (ZHEJIANG, {"categories": ["outsourced"]}, "plan_words"),
            (NATIONAL, {"categories": ["own-staff"]}, ""),
            (NATIONAL, {"categories": ["dispatched"]}, "plan_words"),
            (SHANDONG, {"bases": ["enterprise", "exception", "standard"]}, ""),
            (SHANDONG, {"bases": ["contest"]}, "plan_words"),
            (ZHEJIANG, {"bases": ["exception"]}, "plan_words"),
            (ANHUI, {"bases": ["contest", "exception", "standard"]}, ""),
            (CHONGQING, {"bases": ["contest", "standard"]}, ""),
            (CHONGQING, {"bases": ["exception"]}, "plan_words"),
            (SHANDONG, {"method": "direct"}, ""),
            (SHANDONG, {"method": "theory"}, "plan_words"),
            (CHONGQING, {"method": "process"}, ""),
            (CHONGQING, {"method": "direct"}, "plan_words"),
            (ANHUI, {"method": "anything"}, ""),
        ],
    )
    def test_its_words_are_the_profiles(self, profile: str, changes: dict[str, Value], reason: str) -> None:
        assert plan(profile, PLAN, **changes) == reason

    @pytest.mark.domain("E6")
    @pytest.mark.parametrize(
        ("bank", "reason"),
        [
            ({"examiners": 3, "items": 600}, ""),
            ({"examiners": 3, "items": 599}, "plan_words"),
            ({"examiners": 2, "items": 600}, "plan_words"),
        ],
    )
    def test_the_question_bank(self, bank: dict[str, Value], reason: str) -> None:
        assert plan(ZHEJIANG, PLAN, bank=bank) == reason

    @pytest.mark.domain("E6", "C8")
    def test_what_zhejiang_asks_for_cannot_be_left_out(self) -> None:
        for member in ("bank", "insured_months"):
            with pytest.raises(RuleError, match="plan_words"):
                Bench(ZHEJIANG).add_without([member], "plan.file", PLAN, "plan")
            Bench(CHONGQING).add_without([member], "plan.file", PLAN, "plan")

    @pytest.mark.domain("C8")
    def test_months_of_insurance(self) -> None:
        assert [plan(ZHEJIANG, PLAN, insured_months=months) for months in (12, 11)] == ["", "plan_words"]
        assert plan(warned(PROFILES[ZHEJIANG], "insurance.months", "bank.size"), PLAN, insured_months=0) == ""


class TestEntrusting:
    def agreed(self, profile: str = SHANDONG, /, **changes: Value) -> Bench:
        """Both sides' agreement, filed; `changes` to the principal's side."""
        bench = Bench(profile)
        bench.file(OTHER)
        bench.add("entrust.file", "2026-09-02", "agent")
        other: dict[str, Value] = {"org": OTHER, "other": bench.org, "role": "principal"}
        bench.add("entrust.file", "2026-09-03", "principal", **other | changes)
        return bench

    def planned(self, bench: Bench, *labels: str, **changes: Value) -> str:
        words: dict[str, Value] = {"categories": ["entrusted"], "entrusts": [bench.seqs[label] for label in labels]}
        return refused(bench, "plan.file", PLAN, "plan", **words | changes)

    @pytest.mark.domain("C3")
    def test_both_sides_file_one_agreement_before_the_plan(self) -> None:
        assert self.planned(self.agreed(), "agent", "principal") == ""
        assert self.planned(self.agreed(), "agent") == "entrust"
        assert self.planned(self.agreed(), "principal") == "entrust"
        assert self.planned(self.agreed()) == "entrust"
        assert self.planned(self.agreed(), categories=["own-staff"]) == ""

    @pytest.mark.domain("C3")
    @pytest.mark.parametrize(
        "changes",
        [
            {"agreement": "E" * 43},
            {"role": "agent"},
            {"other": "S000050000003"},
            {"first": "2026-10-13"},
            {"last": "2026-10-12"},
        ],
    )
    def test_an_agreement_of_another_kind(self, changes: dict[str, Value]) -> None:
        assert self.planned(self.agreed(**changes), "agent", "principal") == "entrust"

    @pytest.mark.domain("C3")
    def test_an_agreement_for_the_days_of_the_exam_alone(self) -> None:
        bench = Bench(SHANDONG)
        bench.file(OTHER)
        days: dict[str, Value] = {"first": EXAM, "last": "2026-10-13"}
        bench.add("entrust.file", "2026-09-02", "agent", **days)
        other: dict[str, Value] = {"org": OTHER, "other": bench.org, "role": "principal"}
        bench.add("entrust.file", "2026-09-03", "principal", **days | other)
        assert self.planned(bench, "agent", "principal") == ""

    def test_what_is_no_agreement(self) -> None:
        bench = self.agreed()
        bench.seqs["other"] = 999
        assert self.planned(bench, "agent", "other") == "entrust"
        assert refused(bench, "entrust.file", PLAN, other=bench.org) == "entrust"
        assert refused(bench, "entrust.file", PLAN, first="2027-01-01") == "entrust"
        assert refused(bench, "entrust.file", PLAN, first="2026-12-31") == ""

    @pytest.mark.domain("C2")
    @pytest.mark.parametrize("profile", [CHONGQING, NATIONAL])
    def test_a_notice_that_forbids_it(self, profile: str) -> None:
        bench = self.agreed(profile)
        words: Value = [PROFILES[profile].candidates[0].id]
        assert self.planned(bench, "agent", "principal", categories=words) == "entrust"

    def test_a_notice_that_advises_against_it(self) -> None:
        bench = self.agreed(CHONGQING)
        bench.workflow.profiles = {CHONGQING: warned(PROFILES[CHONGQING], "entrusting.forbidden")}
        assert self.planned(bench, "agent", "principal", categories=["enrolled-students"]) == ""


class TestNotices:
    def opened(self, profile: str | Profile, day: str, label: str = "results", /, **changes: Value) -> str:
        return refused(Bench(profile).run(before=label), "notice.open", day, label, **changes)

    @pytest.mark.domain("F1")
    def test_seven_calendar_days(self) -> None:
        found = [self.opened(ANHUI, RESULTS, first=RESULTS, last=last) for last in ("2026-10-20", "2026-10-21")]
        assert found == ["publicity_short", ""]

    @pytest.mark.domain("F2", "F4")
    @pytest.mark.parametrize("profile", [CHONGQING, ZHEJIANG])
    @pytest.mark.parametrize(
        ("exam", "first", "short", "exact"),
        [
            ("2026-09-25", "2026-09-28", "2026-10-09", "2026-10-10"),  # behind the holidays, on a worked Saturday
            ("2026-10-13", "2026-10-14", "2026-10-20", "2026-10-21"),  # a plain week
            ("2026-02-10", "2026-02-11", "2026-02-24", "2026-02-25"),  # 14 February is worked, 15 to 23 are holidays
        ],
    )
    def test_five_working_days(self, profile: str, exam: str, first: str, short: str, exact: str) -> None:
        bench = Bench(profile)
        planned: dict[str, Value] = {"exam_from": exam, "exam_to": exam}
        bench.add("plan.file", "2026-01-05", "plan", **planned)
        found = [refused(bench, "notice.open", first, "results", first=first, last=last) for last in (short, exact)]
        assert found == ["publicity_short", ""]

    def test_the_day_it_opens_may_count(self) -> None:
        profile = PROFILES[CHONGQING]
        counted = replace(profile, counting=replace(profile.counting, include_start=True))
        found = [self.opened(counted, RESULTS, last=last) for last in ("2026-10-19", "2026-10-20")]
        assert found == ["publicity_short", ""]

    @pytest.mark.domain("F3")
    def test_the_candidates_five_working_days_until_the_day_before(self) -> None:
        first, exact, exam = "2026-09-28", "2026-10-10", EXAM
        for last, reason in (("2026-10-09", "publicity_short"), (exact, ""), (exam, "publicity_short")):
            assert self.opened(ZHEJIANG, first, "candidates", first=first, last=last) == reason
        late = self.opened(ZHEJIANG, "2026-09-29", "candidates", first="2026-09-29", last="2026-10-11")
        assert late == "publicity_short"

    @pytest.mark.domain("F8")
    def test_no_period_where_the_notice_has_none(self) -> None:
        bench = Bench(SHANDONG).run()
        assert refused(bench, "notice.open", RESULTS, "results", last=RESULTS) == ""

    def test_a_period_that_only_warns(self) -> None:
        assert self.opened(warned(PROFILES[CHONGQING], "period.publicity"), RESULTS, last=RESULTS) == ""

    def test_nothing_is_published_backwards(self) -> None:
        assert [self.opened(CHONGQING, day) for day in (RESULTS, "2026-10-15")] == ["", "notice_late"]
        early = {"first": "2026-10-12", "last": "2026-10-30"}
        assert self.opened(CHONGQING, EXAM, **early) == "notice_late"
        assert self.opened(CHONGQING, EXAM, **early | {"first": "2026-10-13"}) == ""

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"count": 30}, ""),
            ({"count": 31}, "notice_count"),
            ({"last": "2026-10-13"}, "publicity_short"),
            ({"plan": 2}, "plan_unknown"),
            ({"plan": 999}, "plan_unknown"),
            ({"org": OTHER}, "plan_unknown"),
        ],
    )
    def test_what_it_lists_and_refers_to(self, changes: dict[str, Value], reason: str) -> None:
        assert self.opened(warned(PROFILES[CHONGQING], "period.publicity"), RESULTS, **changes) == reason

    @pytest.mark.domain("F1", "F2")
    def test_it_closes_on_its_last_day_or_later_and_once(self) -> None:
        bench = Bench(CHONGQING).run(before="results closed")
        assert refused(bench, "notice.close", "2026-10-20", "results closed") == "publicity_short"
        assert refused(bench, "notice.close", LAST, "results closed") == ""
        assert refused(bench, "notice.close", LAST, "results closed") == "notice_closed"
        closing = bench.workflow.steps[bench.seqs["results closed"]]
        notice = bench.workflow.steps[bench.seqs["results"]]
        assert (closing.opened, notice.closed, closing.plan) == (notice, closing, bench.plan())

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"objections": 2, "settled": 2}, ""),
            ({"objections": 2, "settled": 3}, "objections"),
            ({"passed": 28}, ""),
            ({"passed": 29}, "notice_count"),
            ({"notice": 1}, "evidence_unknown"),
            ({"org": OTHER}, "evidence_unknown"),
        ],
    )
    def test_the_confirmation(self, changes: dict[str, Value], reason: str) -> None:
        bench = Bench(CHONGQING).run(before="results closed")
        assert refused(bench, "notice.close", LAST, "results closed", **changes) == reason

    @pytest.mark.domain("F6")
    def test_results_are_confirmed_with_a_number_candidates_are_not(self) -> None:
        bench = Bench(ZHEJIANG).run(before="results closed")
        with pytest.raises(RuleError, match="notice_count"):
            bench.add_without(["passed"], "notice.close", LAST, "results closed")
        closing = bench.workflow.steps[bench.seqs["candidates closed"]]
        assert "passed" not in closing.body

    def test_the_newest_list_of_results(self) -> None:
        bench = Bench(ZHEJIANG).run(before="results")
        assert bench.plan().results() is None
        bench = Bench(ZHEJIANG).run()
        again = bench.add("notice.open", ISSUE, "results", first=ISSUE, last="2026-10-30")
        assert bench.plan().results() is again
