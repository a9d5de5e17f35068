"""The workflow behind the exam: results, approvals, supervision, complaints, draws, and terms nobody can compute."""

from datetime import date, timedelta
from typing import cast

import pytest

from ledger.core.canonical import Value
from ledger.core.digest import sha256
from ledger.core.errors import RuleError
from ledger.core.profile import Profile
from ledger.crypto.pynacl_verify import verify
from tests.evaluation import (
    AUDIT,
    EXAM,
    FORMS,
    ISSUE,
    LAST,
    ORGS,
    PLAN,
    RESULTS,
    SECOND,
    Bench,
    body_of,
    refused,
    warned,
)
from tests.simulator import OTHER, PROFILES, REGISTRAR

ANHUI, CHONGQING, SHANDONG, ZHEJIANG = (
    f"cn-{name}-1" for name in ("anhui-2020", "chongqing-2020", "shandong-2020", "zhejiang-2023")
)


class TestResults:
    def filed(self, day: str = ISSUE, profile: str | Profile = ANHUI, /, **changes: Value) -> str:
        return refused(Bench(profile).run(before="report"), "result.file", day, "report", **changes)

    @pytest.mark.domain("G1")
    @pytest.mark.parametrize(
        ("first", "last", "exact", "late"),
        [
            ("2020-09-18", "2020-09-25", "2020-10-15", "2020-10-16"),
            ("2024-01-26", "2024-02-02", "2024-02-21", "2024-02-22"),
            ("2026-02-03", "2026-02-10", "2026-03-02", "2026-03-03"),
            ("2026-09-18", "2026-09-25", "2026-10-15", "2026-10-16"),
            ("2026-02-14", "2026-02-21", "2026-03-06", "2026-03-07"),
            (RESULTS, LAST, "2026-11-04", "2026-11-05"),
        ],
    )
    def test_ten_working_days_after_publicity(self, first: str, last: str, exact: str, late: str) -> None:
        for day, reason in ((exact, ""), (late, "report_late")):
            bench = Bench(ANHUI, valid_from=f"{first[:4]}-01-01", valid_to=f"{first[:4]}-12-31")
            exam = (date.fromisoformat(first) - timedelta(1)).isoformat()
            planned = (date.fromisoformat(first) - timedelta(18)).isoformat()
            bench.workflow.profiles = {ANHUI: warned(PROFILES[ANHUI], "period.plan")}
            bench.add("plan.file", planned, "plan", exam_from=exam, exam_to=exam)
            bench.add("notice.open", first, "results", first=first, last=last)
            bench.add("notice.close", last, "results closed")
            assert refused(bench, "result.file", day, "report") == reason

    def test_late_where_the_notice_only_warns(self) -> None:
        assert self.filed("2026-12-31", warned(PROFILES[ANHUI], "period.report")) == ""

    def test_not_before_the_publicity_has_closed(self) -> None:
        bench = Bench(ANHUI).run(before="results")
        assert refused(bench, "result.file", ISSUE, "report") == "report_early"
        bench = Bench(ANHUI).run(before="results closed")
        assert refused(bench, "result.file", ISSUE, "report") == "report_early"

    @pytest.mark.domain("D7", "H1")
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"applied": 2, "examined": 2, "passed": 2}, ""),
            ({"applied": 30, "examined": 30}, ""),
            ({"applied": 31}, "notice_count"),
            ({"applied": 28, "examined": 29}, "notice_count"),
            ({"examined": 1}, "notice_count"),
            ({"passed": 1}, "notice_count"),
            ({"passed": 3}, "notice_count"),
        ],
    )
    def test_its_counts(self, changes: dict[str, Value], reason: str) -> None:
        assert self.filed(**changes) == reason


class TestApprovals:
    def given(self, label: str, profile: str | Profile, before: str = "", /, **changes: Value) -> str:
        return refused(Bench(profile).run(before=before or label), "approval.give", AUDIT, label, **changes)

    @pytest.mark.domain("A17", "A18", "F4", "G2", "G4")
    def test_not_before_the_results_were_published(self) -> None:
        for profile, label in ((CHONGQING, "audit"), (ZHEJIANG, "recheck")):
            assert self.given(label, profile) == ""
            assert self.given(label, profile, "results closed") == "approval_order"
            assert self.given(label, profile, "results") == "approval_order"

    @pytest.mark.domain("A18", "G3", "G4")
    def test_in_the_notices_order(self) -> None:
        assert self.given("province", SHANDONG) == ""
        assert self.given("province", SHANDONG, "city") == "approval_order"
        assert self.given("codes", ZHEJIANG, "recheck") == "approval_order"

    @pytest.mark.domain("G3")
    def test_a_refusal_holds_the_next_step_back_until_it_is_taken_back(self) -> None:
        bench = Bench(SHANDONG).run(changes={"city": {"decision": "refused"}}, before="province")
        assert refused(bench, "approval.give", AUDIT, "province") == "approval_order"
        bench.add("approval.give", AUDIT, "city")
        assert refused(bench, "approval.give", AUDIT, "province") == ""

    def test_a_step_that_the_profile_does_not_have(self) -> None:
        bench = Bench(CHONGQING).run(before="audit")
        assert refused(bench, "approval.give", AUDIT, "province") == "approval_step"

    @pytest.mark.domain("F6")
    def test_it_approves_no_more_than_were_confirmed(self) -> None:
        found = [self.given("audit", CHONGQING, passed=passed) for passed in (1, 2, 3)]
        assert found == ["", "", "notice_count"]
        assert self.given("city", SHANDONG, passed=30) == ""

    @pytest.mark.domain("A18")
    @pytest.mark.parametrize(
        ("first", "last", "reason"),
        [
            ("26300A001", "26300A009", ""),
            ("263000001", "263000001", ""),
            ("263000002", "263000001", "approval_numbers"),
            ("26300A001", "26300B001", "approval_numbers"),
        ],
    )
    def test_the_numbers_it_gives(self, first: str, last: str, reason: str) -> None:
        org = ORGS[ZHEJIANG]
        assert self.given("codes", ZHEJIANG, first=org + first, last=org + last) == reason

    @pytest.mark.domain("A18")
    def test_an_approval_that_gives_the_numbers_says_which(self) -> None:
        bench = Bench(ZHEJIANG).run(before="codes")
        step: dict[str, Value] = {"plan": bench.seqs["plan"], "step": "codes"}
        body = body_of("approval.give", bench.profile, bench.seqs, "recheck") | step
        for decision, reason in (("approved", "approval_numbers"), ("refused", "")):
            entry = bench.entry("approval.give", body | {"decision": decision}, AUDIT)
            try:
                bench.workflow.add(entry, bench.registry)
                found = ""
            except RuleError as error:
                found = error.rule
            assert found == reason

    def test_a_refusal_gives_no_numbers(self) -> None:
        given: Value = ORGS[ZHEJIANG] + "263000001"
        assert self.given("codes", ZHEJIANG, decision="refused", first=given, last=given) == "approval_numbers"

    def test_numbers_of_another_organisation_or_without_an_end(self) -> None:
        first, last = OTHER + "263000001", OTHER + "263000009"
        assert self.given("codes", ZHEJIANG, first=first, last=last) == "approval_numbers"
        beyond = ORGS[ZHEJIANG][:-1] + "9263000009"
        assert self.given("codes", ZHEJIANG, first=ORGS[ZHEJIANG] + "263000001", last=beyond) == "approval_numbers"
        for name in ("first", "last"):
            number = {name: ORGS[CHONGQING] + "263000001"}
            assert self.given("audit", CHONGQING, **number) == "approval_numbers"

    def test_no_number_is_given_to_two_plans(self) -> None:
        org = ORGS[ZHEJIANG]

        def span(first: int, last: int) -> dict[str, Value]:
            return {"first": f"{org}263{first:06d}", "last": f"{org}263{last:06d}"}

        bench = Bench(ZHEJIANG).run(changes={"codes": span(11, 20)})
        bench.run(before="codes")  # a second plan
        for first, last in ((20, 29), (1, 11), (12, 13), (1, 99)):
            assert refused(bench, "approval.give", AUDIT, "codes", **span(first, last)) == "approval_numbers"
        assert refused(bench, "approval.give", AUDIT, "codes", **span(21, 30)) == ""
        assert refused(bench, "approval.give", AUDIT, "codes", **span(21, 40)) == ""  # the same plan once more
        assert refused(bench, "approval.give", AUDIT, "codes", **span(1, 10)) == ""


class TestSupervision:
    def reported(self, form: str = "internal", day: str = AUDIT, /, **changes: Value) -> str:
        return refused(Bench(ZHEJIANG).run(before="results"), "supervision.report", day, form, **changes)

    # E4: recusal, rotation and a leader are two of the points of the item 考评人员安排.
    @pytest.mark.domain("E4", "H7", "H8")
    @pytest.mark.parametrize("form", FORMS)
    def test_every_score_of_the_form_and_no_other(self, form: str) -> None:
        items = FORMS[form].items
        best = [item.points[0] for item in items]
        bench = Bench(ZHEJIANG).run(before="results")
        for n, item in enumerate(items):
            for score in range(item.points[0] + 2):
                points: list[Value] = [*best[:n], score, *best[n + 1 :]]
                total = 100 - best[n] + score
                reason = refused(bench, "supervision.report", AUDIT, form, points=points, total=total)
                assert reason == ("" if score in item.points else "points"), (item.id, score)

    @pytest.mark.domain("H7", "H8")
    @pytest.mark.parametrize("form", FORMS)
    def test_the_total_is_the_sum(self, form: str) -> None:
        assert [self.reported(form, total=total) for total in (100, 99, 101, 0)] == ["", *["veto_total"] * 3]

    @pytest.mark.domain("H7", "H8")
    @pytest.mark.parametrize("form", FORMS)
    def test_after_any_veto_it_is_zero(self, form: str) -> None:
        for veto in FORMS[form].vetoes:
            assert self.reported(form, vetoes=[veto.id], total=0) == ""
            assert self.reported(form, vetoes=[veto.id], total=100) == "veto_total"
        every = list[Value](sorted(veto.id for veto in FORMS[form].vetoes))
        assert self.reported(form, vetoes=every, total=0) == ""
        assert self.reported(form, vetoes=["weather"], total=0) == "points"

    def test_a_form_that_the_profile_does_not_have(self) -> None:
        assert self.reported("internal", form="annual") == "points"
        assert self.reported("internal", points=[100]) == "points"
        bench = Bench(CHONGQING).run(before="results")
        assert refused(bench, "supervision.report", AUDIT, "internal") == "points"

    @pytest.mark.parametrize(
        ("held", "day", "reason"),
        [
            (EXAM, AUDIT, ""),
            (SECOND, SECOND, ""),
            ("2026-10-11", AUDIT, "exam_dates"),
            ("2026-10-14", SECOND, "exam_dates"),
        ],
    )
    def test_it_was_there_at_the_exam(self, held: str, day: str, reason: str) -> None:
        assert self.reported("internal", day, held=held) == reason

    @pytest.mark.domain("E10")
    def test_the_registrar_reports_too(self) -> None:
        bench = Bench(ZHEJIANG).run(before="results")
        body = body_of("supervision.report", bench.profile, bench.seqs, "external")
        entry = bench.entry("supervision.report", body, AUDIT, REGISTRAR)
        assert bench.registry.signer_of_evidence(entry) == REGISTRAR.key
        assert bench.workflow.add(entry, bench.registry).plan is bench.plan()


class TestComplaints:
    @pytest.mark.domain("J7")
    def test_it_is_opened_and_closed_once(self) -> None:
        bench = Bench(CHONGQING).run()
        bench.add("complaint.open", ISSUE, "complaint", plan=bench.seqs["plan"])
        assert bench.plan().all("complaint.open") == [bench.workflow.steps[bench.seqs["complaint"]]]
        assert refused(bench, "complaint.close", ISSUE, org=OTHER) == "complaint_unknown"
        assert refused(bench, "complaint.close", ISSUE) == ""
        assert refused(bench, "complaint.close", ISSUE) == "complaint_unknown"
        bench.seqs["complaint"] = bench.seqs["plan"]
        assert refused(bench, "complaint.close", ISSUE) == "complaint_unknown"

    @pytest.mark.domain("A23", "J5", "J7")
    def test_what_stands_by_itself(self) -> None:
        bench = Bench(CHONGQING)
        for kind in ("complaint.open", "org.rate", "code.audit"):
            assert bench.add(kind, ISSUE).plan is None


class TestDraws:
    ROOTS = (sha256(b"one"), sha256(b"two"), sha256(b"three"))

    def announced(self, **changes: Value) -> Bench:
        bench = Bench(CHONGQING)
        bench.file(OTHER)
        bench.add("inspection.draw", ISSUE, "draw", orgs=[bench.org, OTHER], **changes)
        return bench

    def result(self, bench: Bench, size: int, root: bytes, **changes: Value) -> str:
        """The reason for which the result that `root` draws is refused; drawn here, not by the product."""
        draw = bench.workflow.steps[bench.seqs["draw"]].body
        orgs, inspectors = (cast("list[str]", draw[name]) for name in ("orgs", "inspectors"))
        seed = sha256(b"skill-ledger/draw/v1\n" + root)
        first, *_ = sorted(orgs, key=lambda org: sha256(seed + b"org/" + org.encode()))
        inspector, *_ = sorted(inspectors, key=lambda one: sha256(seed + b"inspector/" + one.encode()))
        drawn: Value = [{"inspector": inspector, "org": first, "outcome": "in_order"}]
        body: dict[str, Value] = {"draw": bench.seqs["draw"], "drawn": drawn, "size": size} | changes
        entry = bench.entry("inspection.result", body, ISSUE)
        try:
            bench.workflow.add(entry, bench.registry)
        except RuleError as error:
            return error.rule
        return ""

    @pytest.mark.domain("J4")
    def test_the_seed_is_the_first_checkpoint_after_its_own(self) -> None:
        bench = self.announced()
        own, seed, later = self.ROOTS
        assert self.result(bench, 10, own) == "draw_result"
        bench.workflow.end_batch(10, own)
        assert self.result(bench, 10, own) == "draw_result"
        bench.workflow.end_batch(20, seed)
        bench.workflow.end_batch(30, later)
        assert self.result(bench, 10, own) == "draw_result"
        assert self.result(bench, 30, later) == "draw_result"
        assert self.result(bench, 30, seed) == "draw_result"
        assert self.result(bench, 20, seed) == ""
        assert self.result(bench, 20, seed) == "draw_result"

    @pytest.mark.domain("J4")
    def test_a_result_that_the_checkpoint_does_not_draw(self) -> None:
        bench = self.announced(draws=2)
        for root in self.ROOTS[:2]:
            bench.workflow.end_batch(20, root)
        assert self.result(bench, 20, self.ROOTS[1]) == "draw_result"  # one of two
        bench.seqs["draw"] = 1
        nothing: Value = [{"inspector": "检查员一", "org": OTHER, "outcome": "serious"}]
        body: dict[str, Value] = {"draw": 1, "drawn": nothing, "size": 20}
        with pytest.raises(RuleError, match="evidence_unknown"):
            bench.workflow.add(bench.entry("inspection.result", body, ISSUE), bench.registry)

    @pytest.mark.domain("J4")
    @pytest.mark.parametrize(("draws", "reason"), [(0, "draw_pool"), (1, ""), (2, ""), (3, "draw_pool")])
    def test_how_many_are_drawn(self, draws: int, reason: str) -> None:
        bench = Bench(CHONGQING)
        bench.file(OTHER)
        assert refused(bench, "inspection.draw", ISSUE, orgs=[bench.org, OTHER], draws=draws) == reason

    def test_who_is_drawn_from(self) -> None:
        bench = Bench(CHONGQING)
        assert refused(bench, "inspection.draw", ISSUE, orgs=[bench.org, OTHER]) == "draw_pool"
        bench.file(OTHER)
        assert refused(bench, "inspection.draw", ISSUE, orgs=[bench.org, OTHER]) == ""
        bench.registry.add(bench.entry("org.retire", {"org": OTHER, "reason": "closed"}, ISSUE), verify)
        assert refused(bench, "inspection.draw", ISSUE, orgs=[bench.org, OTHER]) == "draw_pool"


class TestUndecided:
    def test_a_term_that_runs_into_a_year_without_a_calendar(self) -> None:
        term: dict[str, Value] = {"valid_from": "2026-01-01", "valid_to": "2028-12-31"}
        bench = Bench(CHONGQING, **term)
        plan = bench.add("plan.file", "2026-12-01", "plan", exam_from="2027-01-20", exam_to="2027-01-20")
        assert bench.workflow.undecided == [plan.seq]
        first = {"first": "2027-01-21", "last": "2027-01-28"}
        notice = bench.add("notice.open", "2027-01-21", "results", **first)
        assert bench.workflow.undecided == [plan.seq, notice.seq]

    @pytest.mark.parametrize("profile", [ANHUI, CHONGQING])  # calendar days, working days
    def test_a_term_that_runs_behind_the_last_day_there_is(self, profile: str) -> None:
        bench = Bench(profile).run(before="results")
        notice = bench.add("notice.open", RESULTS, "results", first="9999-12-31", last="9999-12-31")
        assert bench.workflow.undecided == [notice.seq]

    def test_a_refusal_is_not_undecided(self) -> None:
        bench = Bench(ANHUI)
        nobody: Value = {"examiners": 0, "invigilators": 0, "supervisors": 0}
        days: dict[str, Value] = {"exam_from": "2027-01-20", "exam_to": "2027-01-20"}
        assert refused(bench, "plan.file", PLAN, "plan", staff=nobody, **days) == "staffing"
        assert bench.workflow.undecided == []

    def test_calendar_days_are_always_decided(self) -> None:
        bench = Bench(ANHUI, lambda _day, _number: None).run()
        assert bench.workflow.undecided == [bench.seqs["plan"], bench.seqs["report"]]
