"""The gates: an issue cites all that its notice asks for, in its order, and nothing gets past a veto or a refusal."""

from dataclasses import replace
from datetime import date
from typing import cast

import pytest

from ledger.core.canonical import Value
from ledger.core.errors import RuleError
from ledger.core.gates import Gate, Owed
from tests.evaluation import AUDIT, ISSUE, LAST, ORGS, Bench, cited, first_of, warned
from tests.simulator import PROFILES, issue_body, occupation

ANHUI, CHONGQING, NATIONAL, SHANDONG, ZHEJIANG = (
    f"cn-{name}-1" for name in ("anhui-2020", "chongqing-2020", "national-2018", "shandong-2020", "zhejiang-2023")
)
BEHIND = 1000  # the seq of an issue behind everything


def check(bench: Bench, seq: int = BEHIND, gate: Gate | None = None, /, **changes: Value) -> str:
    """The reason for which an issue that cites the whole course is refused, or ""."""
    body = issue_body(first_of(bench.profile.name), issued=ISSUE, profile=bench.profile.name) | changes
    body.setdefault("evidence", [])
    if "evidence" not in changes:
        body["evidence"] = cited(bench.seqs)
    try:
        (gate or Gate(bench.workflow, required=True)).check(body, seq, bench.profile)
    except RuleError as error:
        return error.rule
    return ""


class TestWhole:
    @pytest.mark.domain("D1", "D2", "D3", "F1", "F2", "F3", "F4", "G2", "G3", "G4", "G5")
    @pytest.mark.parametrize("profile", ORGS)
    def test_everything_that_the_notice_asks_for(self, profile: str) -> None:
        bench = Bench(profile).run()
        assert check(bench) == ""
        for label, seq in bench.seqs.items():
            rest = [one for one in cited(bench.seqs) if one != seq]
            unneeded = label in ("candidates", "results", "report")
            assert check(bench, evidence=rest) == ("" if unneeded else "evidence_missing"), label

    def test_the_message_says_where_it_is_written(self) -> None:
        bench = Bench(CHONGQING).run()
        seqs = [bench.seqs["plan"], bench.seqs["results closed"]]
        body = issue_body(first_of(CHONGQING), issued=ISSUE, evidence=list[Value](seqs))
        with pytest.raises(RuleError, match=r"cites no audit \(渝人社发"):
            Gate(bench.workflow, required=False).check(body, BEHIND, bench.profile)

    def test_the_notice_that_it_rests_on(self) -> None:
        for profile, label in ((CHONGQING, "results closed"), (SHANDONG, None)):
            bench = Bench(profile).run()
            body = issue_body(first_of(profile), issued=ISSUE, profile=profile, evidence=cited(bench.seqs))
            found = Gate(bench.workflow, required=True).check(body, BEHIND, bench.profile)
            assert found == (bench.seqs[label] if label else None)

    @pytest.mark.parametrize("profile", ORGS)
    def test_nothing_cited(self, profile: str) -> None:
        bench = Bench(profile)
        nothing: list[Value] = []
        assert check(bench, BEHIND, Gate(bench.workflow, required=True), evidence=nothing) == "evidence_missing"
        assert check(bench, BEHIND, Gate(bench.workflow, required=False), evidence=nothing) == ""
        free = replace(bench.profile, evidence=())
        body = issue_body(first_of(profile), evidence=nothing)
        assert Gate(bench.workflow, required=True).check(body, BEHIND, free) is None

    def test_what_is_cited_must_be_whole_even_where_none_is_asked_for(self) -> None:
        bench = Bench(CHONGQING).run(before="audit")
        assert check(bench, BEHIND, Gate(bench.workflow, required=False)) == "evidence_missing"


class TestPlan:
    @pytest.mark.domain("C1")
    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"level": "4"}, ""),
            ({"level": "5"}, "evidence_differs"),
            ({"occupation": occupation(job="普通车工")}, "evidence_differs"),
            ({"occupation": occupation(name="铣工")}, "evidence_differs"),
            ({"occupation": occupation(code="6-18-01-02")}, "evidence_differs"),
            ({"profile": ANHUI}, "evidence_differs"),
            ({"code": first_of(ZHEJIANG)}, "evidence_differs"),
        ],
    )
    def test_it_is_about_what_is_issued(self, changes: dict[str, Value], reason: str) -> None:
        assert check(Bench(CHONGQING).run(), **changes) == reason

    def test_a_plan_without_a_job_is_about_every_job(self) -> None:
        whole: Value = {"code": "6-18-01-01", "name": "车工"}
        scope: Value = [{"levels": ["3", "4"], "occupation": whole}]
        bench = Bench(CHONGQING, scope=scope).run(changes={"plan": {"occupation": whole}})
        assert check(bench) == check(bench, occupation=whole) == ""
        named = Bench(CHONGQING, scope=scope).run()
        assert check(named, occupation=whole) == "evidence_differs"

    @pytest.mark.parametrize(
        ("profile", "issued", "reason"),
        [
            (NATIONAL, "2026-10-12", "evidence_order"),  # the exam has two days
            (NATIONAL, "2026-10-13", ""),
            (CHONGQING, "2026-10-20", "evidence_order"),  # the results are public until the next day
            (CHONGQING, "2026-10-21", ""),
        ],
    )
    def test_no_date_of_issue_before_the_exam_and_the_publicity_have_ended(
        self, profile: str, issued: str, reason: str
    ) -> None:
        assert check(Bench(profile).run(), issued=issued) == reason

    def test_two_plans(self) -> None:
        bench = Bench(CHONGQING).run()
        first = dict(bench.seqs)
        bench.run()
        both = sorted({*first.values(), *bench.seqs.values()} - {first["results"], bench.seqs["results"]})
        assert check(bench, evidence=list[Value](both)) == "evidence_differs"
        mixed = [first["plan"], bench.seqs["results closed"], bench.seqs["audit"]]
        assert check(bench, evidence=list[Value](mixed)) == "evidence_differs"
        assert check(bench, evidence=cited(first)) == check(bench) == ""

    def test_evidence_of_no_plan(self) -> None:
        bench = Bench(CHONGQING).run()
        rating = bench.add("org.rate", ISSUE).seq
        assert check(bench, evidence=[*cited(bench.seqs), rating]) == "evidence_differs"
        assert check(bench, evidence=[rating]) == "evidence_missing"

    def test_an_entry_that_is_no_evidence_or_comes_later(self) -> None:
        bench = Bench(CHONGQING).run()
        assert check(bench, evidence=[1, *cited(bench.seqs)]) == "evidence_unknown"
        assert check(bench, bench.seqs["audit"]) == "evidence_unknown"
        assert check(bench, bench.seqs["audit"] + 1) == ""


class TestOrder:
    @pytest.mark.domain("G4")
    def test_each_follows_what_the_notice_puts_before_it(self) -> None:
        bench = Bench(ZHEJIANG).run(left_out=["internal"])
        assert bench.profile.evidence[-1].step == "codes"
        bench.add("supervision.report", AUDIT, "internal")  # behind the numbers
        assert check(bench) == "evidence_order"

    @pytest.mark.domain("H7")
    def test_a_report_on_another_form_is_no_report_on_this(self) -> None:
        bench = Bench(ZHEJIANG).run(left_out=["internal"], before="codes")
        bench.add("supervision.report", AUDIT, "external")
        bench.add("approval.give", AUDIT, "codes")
        assert check(bench) == "evidence_missing"

    def test_the_newest_of_a_kind_counts(self) -> None:
        bench = Bench(ZHEJIANG).run()
        old = cited(bench.seqs)
        again = bench.add("supervision.report", AUDIT, "internal").seq
        assert check(bench, evidence=[*old, again]) == "evidence_order"  # the numbers were given before
        numbers = bench.add("approval.give", AUDIT, "codes").seq
        assert check(bench, evidence=[*old, again, numbers]) == ""

    @pytest.mark.domain("F4")
    def test_a_newer_list_of_results_replaces_the_one_before(self) -> None:
        bench = Bench(CHONGQING).run()
        old = cited(bench.seqs)
        assert check(bench, evidence=old) == ""
        again = {"first": AUDIT, "last": "2026-10-29"}
        bench.add("notice.open", AUDIT, "results", **again)
        assert check(bench, evidence=old) == "evidence_differs"
        bench.add("notice.close", "2026-10-29", "results closed")
        assert check(bench, evidence=old, issued="2026-10-30") == "evidence_differs"
        assert check(bench, issued="2026-10-30") == "evidence_order"  # approved before
        bench.add("approval.give", "2026-10-30", "audit")
        assert check(bench, issued="2026-10-30") == ""
        assert check(bench, issued="2026-10-28") == "evidence_order"


class TestStops:
    @pytest.mark.domain("F7")
    @pytest.mark.parametrize(
        ("profile", "label"),
        [
            (ANHUI, "results closed"),
            (CHONGQING, "results closed"),
            (ZHEJIANG, "results closed"),
            (ZHEJIANG, "candidates closed"),
        ],
    )
    def test_an_open_objection(self, profile: str, label: str) -> None:
        for settled, reason in ((1, "objection_open"), (2, "")):
            bench = Bench(profile).run(changes={label: {"objections": 2, "settled": settled}})
            assert check(bench) == reason

    @pytest.mark.domain("H7", "H8")
    @pytest.mark.parametrize("form", ["internal", "external"])
    def test_a_veto_whether_it_is_cited_or_not(self, form: str) -> None:
        bench = Bench(ZHEJIANG).run()
        seqs = cited(bench.seqs)
        veto = bench.add("supervision.report", ISSUE, form, vetoes=["leak"], total=0).seq
        assert check(bench, evidence=seqs) == "veto"
        assert check(bench) == "veto"
        assert check(bench, veto, evidence=seqs) == ""  # what was issued before it stands

    @pytest.mark.domain("A17", "G3", "G5")
    @pytest.mark.parametrize(("profile", "label"), [(CHONGQING, "audit"), (SHANDONG, "province"), (NATIONAL, "audit")])
    def test_a_refusal_until_it_is_approved_anew(self, profile: str, label: str) -> None:
        bench = Bench(profile).run()
        before = cited(bench.seqs)
        bench.add("approval.give", AUDIT, label, decision="refused")
        assert check(bench, evidence=before) == check(bench) == "approval_refused"
        refusal = bench.seqs[label]
        bench.add("approval.give", AUDIT, label)
        assert check(bench, evidence=before) == check(bench) == ""
        steps = bench.workflow.steps
        rest = [one for one in before if steps[cast("int", one)].body.get("step") != label]
        assert check(bench, evidence=[*rest, refusal]) == "evidence_missing"

    def test_a_refusal_alone(self) -> None:
        bench = Bench(CHONGQING).run(changes={"audit": {"decision": "refused"}})
        assert check(bench) == "approval_refused"

    @pytest.mark.domain("A18")
    def test_only_the_numbers_given(self) -> None:
        org = ORGS[ZHEJIANG]
        bench = Bench(ZHEJIANG).run(changes={"codes": {"first": f"{org}263000005", "last": f"{org}263000009"}})
        numbers = [f"{org}26300000{n}" for n in (4, 5, 9)] + [f"{org}263000010"]
        assert [check(bench, code=code) for code in numbers] == ["numbers_given", "", "", "numbers_given"]
        plain = Bench(SHANDONG).run()
        assert check(plain, code=f"{ORGS[SHANDONG]}26300000A") == ""


class TestMemory:
    """One gate, many issues: what is answered from memory is what would be found anew."""

    def test_the_same_issue_behind_a_later_veto(self) -> None:
        bench = Bench(ZHEJIANG).run()
        seqs, gate = cited(bench.seqs), Gate(bench.workflow, required=True)
        assert check(bench, BEHIND, gate) == check(bench, BEHIND, gate) == ""
        veto = bench.add("supervision.report", ISSUE, "internal", vetoes=["leak"], total=0).seq
        assert check(bench, veto, gate, evidence=seqs) == ""
        assert check(bench, BEHIND, gate, evidence=seqs) == "veto"
        assert check(bench, veto, gate, evidence=seqs) == ""

    def test_a_refusal_is_remembered_as_one(self) -> None:
        bench = Bench(CHONGQING).run(before="audit")
        gate = Gate(bench.workflow, required=True)
        assert [check(bench, BEHIND, gate) for _ in range(2)] == ["evidence_missing"] * 2

    @pytest.mark.parametrize(
        "changes",
        [
            {"level": "5"},
            {"issued": "2026-10-12"},
            {"occupation": occupation(job="普通车工")},
            {"code": first_of(ZHEJIANG)},
            {"profile": ANHUI},
        ],
    )
    def test_another_issue_is_another_question(self, changes: dict[str, Value]) -> None:
        bench = Bench(CHONGQING).run()
        gate = Gate(bench.workflow, required=True)
        assert check(bench, BEHIND, gate) == ""
        assert check(bench, BEHIND, gate, **changes) != ""
        assert check(bench, BEHIND, gate) == ""

    def test_another_profile_is_another_question(self) -> None:
        bench = Bench(CHONGQING).run(before="audit")
        gate = Gate(bench.workflow, required=True)
        assert check(bench, BEHIND, gate) == "evidence_missing"
        body = issue_body(first_of(CHONGQING), issued=ISSUE, evidence=cited(bench.seqs))
        lenient = replace(bench.profile, name="cn-lenient-2030-1", evidence=bench.profile.evidence[:2])
        assert gate.check(body, BEHIND, lenient) == bench.seqs["results closed"]


class TestEnd:
    def owed(self, bench: Bench, today: str) -> list[Owed]:
        return list(Gate(bench.workflow, required=True).overdue(date.fromisoformat(today)))

    @pytest.mark.domain("G1")
    def test_a_result_that_is_not_filed_in_time(self) -> None:
        bench = Bench(ANHUI).run(before="report")
        assert self.owed(bench, "2026-11-04") == []
        [owed] = self.owed(bench, "2026-11-05")
        assert (owed.rule, owed.seq, owed.binding) == ("report_late", bench.seqs["plan"], True)
        assert "2026-11-04 was the last day (蚌埠通知 四（三）)" in owed.problem
        bench.add("result.file", ISSUE, "report")
        assert self.owed(bench, "2026-11-05") == []

    def test_where_the_notice_only_warns(self) -> None:
        [owed] = self.owed(Bench(warned(PROFILES[ANHUI], "period.report")).run(before="report"), "2026-11-05")
        assert not owed.binding

    def test_nothing_is_owed_before_publicity_has_closed_without_objection(self) -> None:
        assert self.owed(Bench(ANHUI).run(before="results"), "2026-12-31") == []
        assert self.owed(Bench(ANHUI).run(before="results closed"), "2026-12-31") == []
        objected = {"results closed": {"objections": 1, "settled": 0}}
        assert self.owed(Bench(ANHUI).run(before="report", changes=objected), "2026-12-31") == []

    def test_another_list_left_open_hides_nothing(self) -> None:
        bench = Bench(ANHUI).run(before="report")
        bench.add("notice.open", ISSUE, "results", first=ISSUE, last="2026-10-30")
        assert [owed.rule for owed in self.owed(bench, "2026-11-05")] == ["report_late"]

    @pytest.mark.parametrize("profile", [CHONGQING, ZHEJIANG])
    def test_no_report_where_the_notice_asks_for_none(self, profile: str) -> None:
        assert self.owed(Bench(profile).run(), "2026-12-31") == []

    def test_a_term_for_a_report_that_nobody_asks_for(self) -> None:
        asked = PROFILES[ANHUI]
        unasked = replace(asked, evidence=tuple(item for item in asked.evidence if item.kind != "report"))
        assert self.owed(Bench(unasked).run(), "2026-12-31") == []

    def test_a_year_without_a_calendar_is_undecided(self) -> None:
        profile = warned(PROFILES[ANHUI], "period.plan")
        bench = Bench(profile)
        bench.add("plan.file", "2026-12-01", "plan", exam_from="2026-12-20", exam_to="2026-12-20")
        bench.add("notice.open", "2026-12-21", "results", first="2026-12-21", last="2026-12-28")
        bench.add("notice.close", "2026-12-28", "results closed")
        assert bench.workflow.undecided == []
        assert self.owed(bench, "2027-03-01") == []
        assert bench.workflow.undecided == [bench.seqs["plan"]]

    def counted(self, bench: Bench, *issued: tuple[int, int]) -> list[tuple[str, int, bool]]:
        gate = Gate(bench.workflow, required=True)
        return [(owed.rule, owed.seq, owed.binding) for owed in gate.counts(dict(issued))]

    @pytest.mark.domain("F6")
    def test_as_many_are_issued_as_were_confirmed(self) -> None:
        bench = Bench(ZHEJIANG).run()
        closed = bench.seqs["results closed"]
        assert self.counted(bench, (closed, 2)) == []
        assert self.counted(bench, (closed, 3)) == [("confirmation_count", closed, True)]
        assert self.counted(bench, (closed, 1)) == [("confirmation_count", closed, False)]
        assert self.counted(bench) == []

    @pytest.mark.domain("F6")
    def test_the_lists_of_one_plan_are_counted_together(self) -> None:
        bench = Bench(CHONGQING).run()
        first = bench.seqs["results closed"]
        bench.add("notice.open", LAST, "results", first=AUDIT, last="2026-10-29")
        bench.add("notice.close", "2026-10-29", "results closed", passed=3)
        second = bench.seqs["results closed"]
        assert self.counted(bench, (first, 2), (second, 1)) == []
        assert self.counted(bench, (first, 2), (second, 2)) == [("confirmation_count", second, True)]
        bench.run()  # another plan
        assert self.counted(bench, (second, 3), (bench.seqs["results closed"], 2)) == []
