"""Evaluations through the use cases, weeks apart: plan, lists, supervision, approvals, issue, report, audit."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest

from ledger.app.evidence import Piece, append_evidence, evidence_of, plan_of, read_workflow, record_evidence
from ledger.app.notices import Opened, close_notice, open_notice
from ledger.app.papers import Papers
from ledger.app.plans import parse_plan, plan_body, view_plan
from ledger.app.supervision import report_body
from ledger.app.writing import publish, writing
from ledger.core.canonical import Value
from ledger.core.errors import RuleError, SignatureError
from ledger.core.record import sign_record
from ledger.core.workflow import Workflow
from ledger.crypto.keyring import NoKeyError
from tests.evaluation import (
    AUDIT,
    CATEGORIES,
    EXAM,
    FORMS,
    ISSUE,
    LAST,
    LIST,
    METHODS,
    ORGS,
    PLAN,
    RESULTS,
    SECOND,
    body_of,
)
from tests.simulator import PROFILES, signer
from tests.unit.app.courses import ANHUI, CHONGQING, NATIONAL, SHANDONG, ZHEJIANG, Course, annex6, shandong, zhejiang
from tests.unit.app.world import CONFIG

NAMES = ("张云岭", "欧阳青松")
ROWS: Mapping[str, Callable[[int], list[list[object]]]] = {
    ANHUI: annex6, CHONGQING: annex6, NATIONAL: annex6, SHANDONG: shandong, ZHEJIANG: zhejiang,
}  # fmt: skip


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], Course]]:
    made: list[Course] = []

    def one(profile: str = CHONGQING) -> Course:
        made.append(Course(tmp_path / str(len(made)), profile))
        return made[-1]

    yield one
    for course in made:
        course.close()


def plan_text(profile: str) -> str:
    return f"""\
org = "{ORGS[profile]}"
plan = "测试-2026-1"
occupation = {{code = "6-18-01-01", name = "车工", job = "数控车工"}}
levels = ["3", "4"]
exam_from = {EXAM}
exam_to = {SECOND}
place = "实训楼（测试数据）"
method = "{METHODS.get(profile, "theory-practice")}"
candidates = 30
categories = ["{CATEGORIES.get(profile, "own-staff")}"]
bases = ["standard"]
staff = {{examiners = 5, supervisors = 2, invigilators = 2}}
bank = {{items = 600, examiners = 3}}
insured_months = 12
"""


def workflow(course: Course) -> Workflow:
    return read_workflow(course.store, PROFILES)[1]


def file_plan(course: Course, day: str = PLAN, **changes: Value) -> int:
    registry, _ = read_workflow(course.store, PROFILES)
    values = parse_plan(plan_text(course.profile)) | changes
    return course.record("plan.file", plan_body(values, course.root, registry, Papers(course.random.randbytes)), day)


def write_list(course: Course, name: str = "list.csv") -> Path:
    path = course.root / name
    path.write_text("姓名,准考证号,等级\n" + "".join(f"{name},T-{n},三级\n" for n, name in enumerate(NAMES)), "utf-8")
    return path


def publish_list(course: Course, plan: int, listed: str, day: str, **more: object) -> Opened:
    given: dict[str, object] = {"source": write_list(course), "count": None, "first": None, "last": None, **more}
    return open_notice(
        course.home, course.store, course.keyring, plan, listed, PROFILES,
        now=course.on(day), random=course.random.randbytes, **given,  # type: ignore[arg-type]  # as open_notice has them
    )  # fmt: skip


def close(
    course: Course, notice: int, day: str, *, objections: int = 0, settled: int = 0, passed: int | None = 2
) -> int:
    return close_notice(
        course.home, course.store, course.keyring, notice, PROFILES, objections=objections, settled=settled,
        passed=passed, confirmation=None, now=course.on(day), random=course.random.randbytes,
    )  # fmt: skip


def approve(course: Course, plan: int, step: str, *, day: str = AUDIT, numbers: tuple[str, ...] = ()) -> int:
    body: dict[str, Value] = {"decision": "approved", "org": course.org, "passed": 2, "plan": plan, "step": step}
    given = dict(zip(("first", "last"), numbers, strict=False))
    return course.record("approval.give", body | given, day, "registrar")


def supervise(course: Course, plan: int, form: str = "internal", veto: str = "") -> int:
    points = "".join(f"{item.id} = {item.points[0]}\n" for item in FORMS[form].items)
    path = course.root / "report.toml"
    path.write_text(f"held = {SECOND}\nvetoes = {[veto] if veto else []}\n[points]\n{points}", "utf-8")
    found = workflow(course).steps[plan]
    body = report_body(found, PROFILES[course.profile], form, path)
    return course.record("supervision.report", body, AUDIT, "registrar" if form == "external" else "organisation")


def run(course: Course) -> tuple[int, list[int]]:
    """Every step before the issue, by the use cases; return the plan and what an issue should cite of it."""
    plan = file_plan(course)
    cited = [plan]
    for item in PROFILES[course.profile].evidence:
        match item.kind:
            case "candidates":
                opened = publish_list(course, plan, "candidates", LIST)
                assert opened.last == "2026-10-10", "a Saturday on which everybody works"
                cited.append(close(course, opened.seq, opened.last, passed=None))
            case "results":
                opened = publish_list(course, plan, "results", RESULTS)
                assert (opened.first, opened.last, opened.count) == (RESULTS, LAST, 2)
                cited.append(close(course, opened.seq, LAST))
            case "supervision":
                cited.append(supervise(course, plan))
            case "approval":
                numbers = tuple(f"{course.org}26K00000{n}" for n in (1, 2)) if item.step == "codes" else ()
                cited.append(approve(course, plan, item.step, numbers=numbers))
    return plan, cited


class TestWholeEvaluations:
    @pytest.mark.domain("D1", "D2", "D3", "D4", "D5", "E3", "F1", "F2", "F3", "F4", "G1", "G2", "G3", "G4", "G5", "H7")
    @pytest.mark.parametrize("profile", ORGS)
    def test_from_plan_to_audit(self, make: Callable[[str], Course], profile: str) -> None:
        course = make(profile)
        plan, cited = run(course)
        assert evidence_of(workflow(course), plan, course.store.size()) == cited
        if profile == ANHUI:
            course.assign(f"{course.org}263000001", f"{course.org}263000100")
        issued = ISSUE if profile == ZHEJIANG else ""
        done = course.append(ROWS[profile](2), plan=plan, issued=issued)
        assert done.numbers == 2
        if any(item.kind == "report" for item in PROFILES[profile].evidence):
            body: dict[str, Value] = {"applied": 30, "examined": 29, "org": course.org, "passed": 2, "plan": plan}
            course.record("result.file", body, "2026-11-04")
        course.on("2026-11-20")
        assert course.findings() == []
        view = view_plan(workflow(course), plan, course.store.size())
        assert (view.cites, view.refusal) == (cited, None)

    @pytest.mark.domain("F5")
    def test_the_published_files_hold_surnames_only(self, make: Callable[[str], Course]) -> None:
        course = make(ZHEJIANG)
        run(course)
        lists = [path.read_text("utf-8") for path in (course.home.public / "notice").iterdir()]
        assert len(lists) == 2
        for text in lists:
            assert '["张**","T-0","3"]' in text
            assert not any(name in text for name in NAMES)


def refusal(course: Course, act: Callable[[], object]) -> RuleError:
    """The refusal of an act, which leaves register and public folder as they were."""
    size = course.store.size()
    files = {path: path.read_bytes() for path in course.home.public.rglob("*") if path.is_file()}
    with pytest.raises(RuleError) as caught:
        act()
    assert course.store.size() == size
    assert {path: path.read_bytes() for path in course.home.public.rglob("*") if path.is_file()} == files
    return caught.value


def source(profile: str, rule: str) -> str:
    return PROFILES[profile].rules[rule].source


class TestRefusals:
    @pytest.mark.domain("D2", "E2", "C1", "C10")
    @pytest.mark.parametrize(
        ("rule", "place", "day", "changes"),
        [
            ("plan_late", "period.plan", "2026-09-22", {}),
            ("staffing", "staffing.examiners", PLAN, {"staff": {"examiners": 2, "supervisors": 2, "invigilators": 2}}),
            ("plan_scope", "scope.covered", PLAN, {"levels": ["1"]}),
            ("plan_words", "candidate.category", PLAN, {"categories": ["public"]}),
            ("plan_words", "application.basis", PLAN, {"bases": ["luck"]}),
            ("plan_words", "evaluation.method", PLAN, {"method": "dice"}),
            ("exam_dates", "period.plan", PLAN, {"exam_to": "2026-10-11"}),
            ("entrust", "entrusting.forbidden", PLAN, {"entrusts": [1]}),
        ],
    )
    def test_a_plan_against_the_notice(
        self, make: Callable[..., Course], rule: str, place: str, day: str, changes: dict[str, Value]
    ) -> None:
        course = make()
        error = refusal(course, lambda: file_plan(course, day, **changes))
        assert error.rule == rule
        assert error.reason.endswith(f"({source(CHONGQING, place)})")

    def test_a_term_that_no_calendar_tells_yet(self, make: Callable[..., Course]) -> None:
        course = make()
        error = refusal(course, lambda: file_plan(course, exam_from="2027-03-08", exam_to="2027-03-09"))
        assert error.rule == "calendar_unknown"
        assert "not announced" in error.reason
        plan = file_plan(course, exam_from="2026-12-28", exam_to="2026-12-29")
        late = refusal(course, lambda: publish_list(course, plan, "results", "2026-12-30"))
        assert late.rule == "calendar_unknown"
        told = refusal(course, lambda: publish_list(course, plan, "results", "2026-12-30", last="2027-01-31"))
        assert told.rule == "calendar_unknown"

    @pytest.mark.domain("F2", "F3", "F4", "F7")
    def test_a_notice_one_day_short(self, make: Callable[..., Course]) -> None:
        course = make(ZHEJIANG)
        plan = file_plan(course)
        short = refusal(course, lambda: publish_list(course, plan, "candidates", LIST, last="2026-10-09"))
        assert short.reason.endswith(f"({source(ZHEJIANG, 'period.candidates')})")
        opened = publish_list(course, plan, "candidates", LIST)
        early = refusal(course, lambda: close(course, opened.seq, "2026-10-09", passed=None))
        assert (early.rule, early.reason.endswith(f"({source(ZHEJIANG, 'period.candidates')})")) == (
            "publicity_short",
            True,
        )
        short = refusal(course, lambda: publish_list(course, plan, "results", RESULTS, last="2026-10-20"))
        assert short.reason.endswith(f"({source(ZHEJIANG, 'period.publicity')})")
        opened = publish_list(course, plan, "results", RESULTS)
        many = refusal(course, lambda: close(course, opened.seq, LAST, objections=1, settled=2))
        assert (many.rule, source(ZHEJIANG, "publicity.objection") in many.reason) == ("objections", True)

    @pytest.mark.domain("F8")
    def test_where_the_notice_sets_no_period_somebody_must(self, make: Callable[..., Course]) -> None:
        course = make(SHANDONG)
        plan = file_plan(course)
        error = refusal(course, lambda: publish_list(course, plan, "results", RESULTS))
        assert error.rule == "period_unset"
        assert publish_list(course, plan, "results", RESULTS, last=LAST).last == LAST

    @pytest.mark.domain("G3", "G4")
    def test_approvals_out_of_order(self, make: Callable[..., Course]) -> None:
        course = make(SHANDONG)
        plan = file_plan(course)
        first = refusal(course, lambda: approve(course, plan, "province"))
        assert (first.rule, source(SHANDONG, "approval.province") in first.reason) == ("approval_order", True)
        other = refusal(course, lambda: approve(course, plan, "audit"))
        assert (other.rule, source(SHANDONG, "approval.city") in other.reason) == ("approval_step", True)

    @pytest.mark.domain("H7", "H8")
    def test_scores_that_the_form_does_not_allow(self, make: Callable[..., Course]) -> None:
        course = make(ZHEJIANG)
        plan = file_plan(course)
        body = body_of("supervision.report", PROFILES[ZHEJIANG], {"plan": plan}, "internal")
        wrong = {**body, "points": [2, *body["points"][1:]], "total": 99}  # type: ignore[index,misc]  # a list of scores
        error = refusal(course, lambda: course.record("supervision.report", wrong, AUDIT))
        assert (error.rule, source(ZHEJIANG, "supervision.internal") in error.reason) == ("points", True)

    def test_another_organisations_plan_and_what_is_none(self, make: Callable[..., Course]) -> None:
        course = make()
        for seq in (0, 1, 2, 999):
            opened = refusal(course, partial(publish_list, course, seq, "results", RESULTS))
            closed = refusal(course, partial(close, course, seq, LAST))
            assert (opened.rule, closed.rule) == ("plan_unknown", "evidence_unknown")
            with pytest.raises(RuleError, match=r"no plan\.file"):
                plan_of(workflow(course), seq, 1000)

    def test_a_key_that_is_not_here_signs_nothing(self, make: Callable[..., Course]) -> None:
        course = make()
        body = body_of("complaint.open", PROFILES[CHONGQING], {}) | {"org": "S000050000009"}
        with pytest.raises(NoKeyError):
            course.record("complaint.open", body, ISSUE)
        with pytest.raises(RuleError, match="not filed"):
            course.record("complaint.open", body, ISSUE, "registrar")

    def test_one_of_several_refused_means_none_written(self, make: Callable[..., Course]) -> None:
        course = make()
        good = Piece("org.rate", body_of("org.rate", PROFILES[CHONGQING], {}), "registrar")
        bad = Piece("complaint.close", {"complaint": 1, "org": course.org, "outcome": "upheld"}, "registrar")
        args = course.home, course.store, course.keyring
        error = refusal(course, lambda: record_evidence(*args, [good, bad], PROFILES, now=course.on(ISSUE)))
        assert error.rule == "complaint_unknown"


class TestWhatIsCited:
    @pytest.mark.domain("F4", "G4")
    def test_after_a_newer_list_of_results_everything_behind_it_is_due_again(self, make: Callable[..., Course]) -> None:
        course = make()
        plan, _cited = run(course)
        again = publish_list(course, plan, "results", "2026-10-26")
        for _ in range(2):
            with pytest.raises(RuleError, match=f"plan {plan} has no results yet") as caught:
                evidence_of(workflow(course), plan, course.store.size())
            assert source(CHONGQING, "period.publicity") in str(caught.value)
        closed = close(course, again.seq, again.last, passed=2)
        with pytest.raises(RuleError, match="has no audit yet"):
            evidence_of(workflow(course), plan, course.store.size())
        audited = approve(course, plan, "audit", day="2026-11-03")
        assert evidence_of(workflow(course), plan, course.store.size()) == [plan, closed, audited]

    @pytest.mark.domain("H7")
    def test_a_veto_stops_the_plan_whatever_else_it_lacks(self, make: Callable[..., Course]) -> None:
        course = make(ZHEJIANG)
        plan = file_plan(course)
        supervise(course, plan, "external", veto="accident")
        with pytest.raises(RuleError) as caught:
            evidence_of(workflow(course), plan, course.store.size())
        assert caught.value.rule == "veto"
        assert source(ZHEJIANG, "supervision.internal") in caught.value.reason

    @pytest.mark.domain("F7")
    def test_an_open_objection_stops_it(self, make: Callable[..., Course]) -> None:
        course = make()
        plan = file_plan(course)
        opened = publish_list(course, plan, "results", RESULTS)
        close(course, opened.seq, LAST, objections=2, settled=1)
        approve(course, plan, "audit")
        with pytest.raises(RuleError) as caught:
            evidence_of(workflow(course), plan, course.store.size())
        assert caught.value.rule == "objection_open"
        assert source(CHONGQING, "publicity.objection") in caught.value.reason

    def test_what_comes_later_is_not_cited(self, make: Callable[..., Course]) -> None:
        course = make()
        plan, cited = run(course)
        assert evidence_of(workflow(course), plan, cited[-1] + 1) == cited
        with pytest.raises(RuleError, match="has no audit yet"):
            evidence_of(workflow(course), plan, cited[-1])
        with pytest.raises(RuleError, match="has no results yet"):
            evidence_of(workflow(course), plan, plan + 1)
        with pytest.raises(RuleError, match="no plan"):
            evidence_of(workflow(course), plan, plan)


class TestReplay:
    def test_what_an_audit_would_refuse_does_not_count(self, make: Callable[..., Course]) -> None:
        """As after an update of the calendar: the entry stands in the ledger, and nobody builds on it."""
        course = make()
        nobody: Value = {"examiners": 0, "invigilators": 0, "supervisors": 0}
        body = body_of("plan.file", PROFILES[CHONGQING], {}) | {"staff": nobody}
        ring = course.keyring
        with writing(course.home, course.store, ring.signer(CONFIG.origin), course.on(PLAN), 2) as draft:
            seq = draft.add(sign_record("plan.file", body, ring.signer(course.org)))
        publish(course.home, course.store)
        assert seq not in workflow(course).steps
        assert [(found.rule, found.where) for found in course.audit().findings][-1] == ("staffing", f"entry {seq}")

    def test_a_forged_entry_is_loud(self, make: Callable[..., Course]) -> None:
        course = make()
        registrar = course.keyring.signer(CONFIG.registrar)
        record = sign_record("org.rate", body_of("org.rate", PROFILES[CHONGQING], {}), registrar)
        forged = type(record)(record.type, record.body, record.issuer, record.key, "A" * 86, record.message)
        with pytest.raises(SignatureError):
            append_evidence(course.home, course.store, course.keyring, [forged], PROFILES, now=course.on(ISSUE))
        stranger = sign_record("plan.file", body_of("plan.file", PROFILES[CHONGQING], {}), signer(course.org))
        with pytest.raises(RuleError) as caught:
            append_evidence(course.home, course.store, course.keyring, [stranger], PROFILES, now=course.on(PLAN))
        assert caught.value.rule == "key_unknown"

    def test_records_that_are_signed_elsewhere_are_appended(self, make: Callable[..., Course]) -> None:
        course = make()
        own = course.keyring.signer(course.org)
        record = sign_record("plan.file", body_of("plan.file", PROFILES[CHONGQING], {}), own)
        [seq] = append_evidence(course.home, course.store, course.keyring, [record], PROFILES, now=course.on(PLAN))
        assert workflow(course).steps[seq].text("plan") == "测试-2026-1"
        assert course.findings() == []
