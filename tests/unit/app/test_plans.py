"""Plans as files, their papers, and what is shown of them; supervision reports as files."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ledger.app.evidence import Piece, read_workflow, record_evidence
from ledger.app.notices import SheetRefused
from ledger.app.papers import Papers, keep_paper
from ledger.app.plans import InputError, parse_plan, plan_body, view_plan
from ledger.app.supervision import report_body
from ledger.core.canonical import Value
from ledger.core.digest import sha256
from ledger.core.encoding import format_base64url, parse_base64url
from ledger.core.errors import RuleError
from ledger.forms.filling import complete_values, parse_values
from ledger.forms.layouts import load_layout
from ledger.forms.pages import write_form
from tests.evaluation import AUDIT, FORMS, LAST, PLAN, RESULTS, SECOND, body_of
from tests.simulator import PROFILES
from tests.unit.app.courses import ANHUI, CHONGQING, SHANDONG, ZHEJIANG, Course
from tests.unit.app.test_workflow import file_plan, plan_text, publish_list, run, workflow

PLAN_TEXT = plan_text(ZHEJIANG)


@pytest.fixture
def courses(tmp_path: Path) -> Iterator[dict[str, Course]]:
    """One course a profile, made when it is asked for."""

    class Courses(dict[str, Course]):
        def __missing__(self, profile: str) -> Course:
            self[profile] = Course(tmp_path / profile, profile)
            return self[profile]

    made = Courses()
    yield made
    for course in made.values():
        course.close()


class TestFile:
    @pytest.mark.domain("D5")
    @pytest.mark.parametrize("line", PLAN_TEXT.splitlines()[:-2])
    def test_every_content_that_the_notices_ask_for_must_be_there(self, line: str) -> None:
        name = line.partition(" ")[0]
        with pytest.raises(InputError, match=f"lacks {name}"):
            parse_plan(PLAN_TEXT.replace(line + "\n", ""))

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("org = ", "not TOML"),
            (PLAN_TEXT + "digest = 1\n", "no member digest"),
            (PLAN_TEXT.replace("candidates = 30", 'candidates = "30"'), "candidates of the plan"),
            (PLAN_TEXT.replace('["3", "4"]', '["4", "3"]'), "levels of the plan"),
            (PLAN_TEXT.replace('"实训楼（测试数据）"', '"联系人 13800138000"'), "place of the plan looks like"),
            (PLAN_TEXT.replace('"测试-2026-1"', '"x@y.example"'), "plan of the plan looks like"),
            (PLAN_TEXT + "papers = []\n", "papers of the plan"),
            (PLAN_TEXT + "papers = [1]\n", "papers of the plan"),
        ],
    )
    def test_other_forms_are_refused_by_name(self, text: str, problem: str) -> None:
        with pytest.raises(InputError, match=problem):
            parse_plan(text)

    def test_an_organisation_that_nobody_filed(self, courses: dict[str, Course]) -> None:
        course = courses[CHONGQING]
        registry, _ = read_workflow(course.store, PROFILES)
        with pytest.raises(RuleError, match="is not filed"):
            plan_body(parse_plan(PLAN_TEXT), course.root, registry, Papers(course.random.randbytes))

    @pytest.mark.domain("B18", "J3")
    def test_papers_are_salted_digests_that_can_be_shown(self, courses: dict[str, Course]) -> None:
        course = courses[CHONGQING]
        paper = course.root / "方案.pdf"
        paper.write_bytes(b"the same paper")
        digests = {keep_paper(course.home, paper, course.random.randbytes) for _ in range(2)}
        assert len(digests) == 2, "a known paper cannot be looked for"
        for digest in digests:
            path = course.home.outputs / "papers" / f"{digest}.json"
            kept = json.loads(path.read_bytes())
            assert path.stat().st_mode & 0o077 == 0
            salt = parse_base64url(kept["salt"], "salt", 16)
            assert format_base64url(sha256(salt + paper.read_bytes())) == kept["digest"] == digest
        registry, _ = read_workflow(course.store, PROFILES)
        values = parse_plan(plan_text(CHONGQING) + 'papers = ["方案.pdf", "方案.pdf"]\n')
        papers = Papers(course.random.randbytes)
        body = plan_body(values, course.root, registry, papers)
        pieces = [Piece("plan.file", body, "organisation", salts=papers.salts)]
        args = course.home, course.store, course.keyring, pieces, PROFILES
        with pytest.raises(RuleError, match="last day"):
            record_evidence(*args, now=course.on("2026-09-22"))
        folder = course.home.outputs / "papers"
        assert not {path.stem for path in folder.iterdir()} & papers.salts.keys(), "a refusal leaves nothing behind"

    def test_salts_are_kept_when_the_plan_is_taken(self, courses: dict[str, Course]) -> None:
        course = courses[CHONGQING]
        (course.root / "方案.pdf").write_bytes(b"the same paper")
        registry, _ = read_workflow(course.store, PROFILES)
        papers = Papers(course.random.randbytes)
        body = plan_body(parse_plan(plan_text(CHONGQING) + 'papers = ["方案.pdf"]\n'), course.root, registry, papers)
        pieces = [Piece("plan.file", body, "organisation", salts=papers.salts)]
        record_evidence(course.home, course.store, course.keyring, pieces, PROFILES, now=course.on(PLAN))
        assert [path.stem for path in (course.home.outputs / "papers").iterdir()] == body["papers"]


class TestView:
    @pytest.mark.domain("J1")
    def test_until_when_materials_are_kept(self, courses: dict[str, Course]) -> None:
        course = courses[CHONGQING]
        plan, _ = run(course)
        view = view_plan(workflow(course), plan, course.store.size())
        assert [(kept.id, day) for kept, day in view.kept] == [
            ("paper", date(2029, 10, 22)),
            ("electronic", date(2031, 10, 22)),
            ("assessment", date(2029, 10, 22)),
        ]

    @pytest.mark.domain("J2", "E5", "J3")
    def test_video_is_kept_from_the_exam_and_originals_from_the_last_step(self, courses: dict[str, Course]) -> None:
        course = courses[ANHUI]
        plan, _ = run(course)
        view = view_plan(workflow(course), plan, course.store.size())
        kept = {one.id: day for one, day in view.kept}
        assert (kept["video"], kept["originals"]) == (date(2027, 10, 13), date(2031, 10, 21))

    @pytest.mark.domain("D1", "F1", "G1")
    def test_the_last_days_of_its_terms(self, courses: dict[str, Course]) -> None:
        course = courses[ANHUI]
        plan = file_plan(course)
        view = view_plan(workflow(course), plan, course.store.size())
        assert [(term.period.id, term.last, term.done) for term in view.terms] == [
            ("plan-before-exam", date(2026, 9, 21), date(2026, 9, 21)),
            ("publicity", None, None),
            ("report-after-publicity", None, None),
        ]
        publish_list(course, plan, "results", RESULTS)
        view = view_plan(workflow(course), plan, course.store.size())
        assert [term.last for term in view.terms][1:] == [date.fromisoformat(LAST), date(2026, 11, 4)]
        assert str(view.refusal).startswith(f"evidence_missing: plan {plan} has no results yet")
        assert [(item.id, step) for item, step in view.due] == [("results", None)]

    def test_a_term_that_nobody_can_tell_yet_is_unknown(self, courses: dict[str, Course]) -> None:
        course = courses[ANHUI]
        plan = file_plan(course, exam_from="2026-12-17", exam_to="2026-12-18")
        publish_list(course, plan, "results", "2026-12-20")
        terms = view_plan(workflow(course), plan, course.store.size()).terms
        assert [(term.last, term.unknown) for term in terms][1:] == [(date(2026, 12, 27), False), (None, True)]

    def test_a_plan_is_ready_when_its_approvals_are_there(self, courses: dict[str, Course]) -> None:
        course = courses[SHANDONG]
        plan, cited = run(course)
        view = view_plan(workflow(course), plan, course.store.size())
        assert (view.cites, view.refusal, len(view.due)) == (cited, None, 2)


class TestSupervision:
    def plan(self, course: Course) -> int:
        return file_plan(course)

    def body(self, course: Course, path: Path, form: str = "internal") -> dict[str, Value]:
        found = workflow(course)
        plan = next(step for step in found.steps.values() if step.type == "plan.file")
        return report_body(plan, PROFILES[course.profile], form, path)

    @pytest.mark.domain("H7", "H8")
    @pytest.mark.parametrize("form", ["internal", "external"])
    @pytest.mark.parametrize("veto", [False, True])
    def test_the_filled_form_is_the_report(
        self, courses: dict[str, Course], tmp_path: Path, form: str, veto: bool
    ) -> None:
        course = courses[ZHEJIANG]
        plan = self.plan(course)
        layout = load_layout(f"supervision-{form}")
        fields = {one.id: "测试数据" for one in layout.fields.values() if one.required and one.kind == "text"}
        text = "".join(f'{name} = "{value}"\n' for name, value in fields.items()) + f"held = {SECOND}\n"
        text += "".join(f"{item.id} = {item.points[0]}\n" for item in FORMS[form].items)
        text += f"{FORMS[form].vetoes[1].id} = true\n" if veto else ""
        path = tmp_path / "form.xlsx"
        write_form(path, layout, complete_values(layout, parse_values(text, layout)))
        body = self.body(course, path, form)
        assert body == body_of("supervision.report", PROFILES[ZHEJIANG], {"plan": plan}, form) | {
            "total": 0 if veto else 100,
            "vetoes": [FORMS[form].vetoes[1].id] if veto else [],
        }
        course.record("supervision.report", body, AUDIT)

    def test_a_form_with_errors_tells_them(self, courses: dict[str, Course], tmp_path: Path) -> None:
        course = courses[ZHEJIANG]
        self.plan(course)
        write_form(tmp_path / "form.xlsx", load_layout("supervision-internal"))
        with pytest.raises(SheetRefused) as caught:
            self.body(course, tmp_path / "form.xlsx")
        assert {finding.rule for finding in caught.value.findings} >= {"field.empty"}

    POINTS = "".join(f"{item.id} = {item.points[0]}\n" for item in FORMS["internal"].items)

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("held = ", "not TOML"),
            (f"held = {SECOND}\nscore = 1\n[points]\n{POINTS}", "no member score"),
            (f"held = 1\n[points]\n{POINTS}", "a report has held"),
            (f"[points]\n{POINTS}", "a report has held"),
            (f"held = {SECOND}\npoints = 3\n", "a report has held"),
            (f'held = {SECOND}\nvetoes = "leak"\n[points]\n{POINTS}', "a report has held"),
            (f"held = {SECOND}\n[points]\n{POINTS}extra = 1\n", "the form has no item extra"),
            (f"held = {SECOND}\n[points]\n{POINTS.split(chr(10), 1)[1]}", "no points for scope-time"),
        ],
    )
    def test_a_report_of_another_form_is_refused(
        self, courses: dict[str, Course], tmp_path: Path, text: str, problem: str
    ) -> None:
        course = courses[ZHEJIANG]
        self.plan(course)
        path = tmp_path / "report.toml"
        path.write_text(text, "utf-8")
        with pytest.raises(InputError, match=problem):
            self.body(course, path)

    def test_a_profile_without_forms_has_no_reports(self, courses: dict[str, Course], tmp_path: Path) -> None:
        course = courses[CHONGQING]
        self.plan(course)
        with pytest.raises(RuleError, match="no supervision form internal"):
            self.body(course, tmp_path / "report.toml")
