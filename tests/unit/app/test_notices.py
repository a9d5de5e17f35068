"""Published lists in a ledger: projected, thrown away, erased, tampered with; what an audit says of each."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from ledger.app.auditing import audit_place
from ledger.app.evidence import Piece, record_evidence
from ledger.app.notices import SheetRefused, close_notice, open_notice
from ledger.app.papers import Papers
from ledger.app.places import FolderPlace, MemoryPlace
from ledger.app.plans import parse_plan, plan_body
from ledger.app.writing import publish, trust_of_ledger
from ledger.core.audit import Audit
from ledger.core.canonical import Value
from ledger.core.checklist import Absent
from ledger.core.errors import RuleError
from ledger.core.published import PublishedList, digest_of_list, format_list
from ledger.publish import projection
from tests.evaluation import EXAM, LAST, RESULTS, body_of
from tests.simulator import PROFILES
from tests.unit.app.courses import CHONGQING, Course

PEOPLE = "姓名,准考证号\n张云岭,T-1\n司马相如,T-2\n"


def opened(course: Course, text: str = PEOPLE, day: str = RESULTS) -> int:
    """Open the notice of the results of a list; return its seq."""
    path = course.root / "list.csv"
    path.write_text(text, "utf-8")
    return open_notice(
        course.home, course.store, course.keyring, course.plan, "results", PROFILES, source=path, count=None,
        first=None, last=None, now=course.on(day), random=course.random.randbytes,
    ).seq  # fmt: skip


def file_of(course: Course, seq: int) -> Path:
    return course.home.public / "notice" / f"{seq}.json"


def found(course: Course) -> list[tuple[str, str]]:
    """What an audit of the folder finds, but for the filing."""
    findings = course.audit().findings
    return [(one.rule, one.where) for one in findings if one.where != f"entry {course.filed_at}"]


def signed_list(course: Course, data: bytes, count: int) -> int:
    """Sign a notice of whatever bytes, as an organisation with its own program could."""
    body = body_of("notice.open", PROFILES[CHONGQING], course.seqs) | {"count": count, "digest": digest_of_list(data)}
    pieces = [Piece("notice.open", body, "organisation", data)]
    return record_evidence(course.home, course.store, course.keyring, pieces, PROFILES, now=course.on(RESULTS))[0]


class TestOpening:
    def test_a_sheet_with_errors_changes_nothing(self, course: Course) -> None:
        size = course.store.size()
        with pytest.raises(SheetRefused, match="1 errors") as caught:
            opened(course, "姓名,准考证号\n张云岭,13800138000\n")
        assert [finding.rule for finding in caught.value.findings] == ["list.ticket"]
        assert course.store.size() == size
        assert not (course.home.public / "notice").exists()

    def test_a_list_on_a_board_has_a_count_only(self, course: Course) -> None:
        board = partial(open_notice, course.home, course.store, course.keyring, course.plan, "results", PROFILES)
        notice = board(
            source=None, count=7, first=None, last=None, now=course.on(RESULTS), random=course.random.randbytes
        )
        assert (notice.count, notice.last) == (7, LAST)
        assert b'"columns":[],"rows":[]' in file_of(course, notice.seq).read_bytes()
        assert found(course) == []

    def test_more_people_than_the_plan_has_candidates(self, course: Course) -> None:
        with pytest.raises(RuleError) as caught:
            opened(course, "姓名\n" + "张三\n" * 31)
        assert caught.value.rule == "notice_count"

    @pytest.mark.domain("F6")
    def test_the_confirmation_form_is_kept_by_its_salted_digest(self, course: Course) -> None:
        seq = opened(course)
        form = course.root / "确认单.pdf"
        form.write_bytes(b"signed")
        close = partial(close_notice, course.home, course.store, course.keyring, seq, PROFILES)
        args = {"objections": 0, "settled": 0, "confirmation": form, "random": course.random.randbytes}
        with pytest.raises(RuleError, match="how many passed"):
            close(passed=None, now=course.on(LAST), **args)  # type: ignore[arg-type]  # mixed values
        with pytest.raises(RuleError, match="not more than were published"):
            close(passed=3, now=course.on(LAST), **args)  # type: ignore[arg-type]  # likewise
        close(passed=2, now=course.on(LAST), **args)  # type: ignore[arg-type]  # likewise
        with pytest.raises(RuleError, match="closed already"):
            close(passed=2, now=course.on(LAST), **args)  # type: ignore[arg-type]  # likewise


class TestProjection:
    def test_it_can_be_thrown_away(self, course: Course) -> None:
        first, second = opened(course), opened(course, day=LAST)
        before = {seq: file_of(course, seq).read_bytes() for seq in (first, second)}
        for path in sorted(course.home.public.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        publish(course.home, course.store)
        assert {seq: file_of(course, seq).read_bytes() for seq in (first, second)} == before
        assert found(course) == []

    def test_killed_before_publishing_the_next_command_does_it(
        self, course: Course, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr("ledger.app.evidence.publish", killed)
            with pytest.raises(KeyboardInterrupt):
                opened(course)
        assert not (course.home.public / "notice").exists()
        publish(course.home, course.store)
        assert [path.name for path in (course.home.public / "notice").iterdir()] == [f"{course.store.size() - 2}.json"]
        assert found(course) == []

    def test_an_erased_list_is_deleted_and_no_finding(self, course: Course) -> None:
        seq, other = opened(course), opened(course, day=LAST)
        with course.store.transaction():
            course.store.erase_notice(seq)
        publish(course.home, course.store)
        assert (file_of(course, seq).exists(), file_of(course, other).exists()) == (False, True)
        assert found(course) == []
        publish(course.home, course.store)
        assert projection.published_size(course.store, course.home.public) == course.store.size()


class TestAudit:
    @pytest.mark.domain("F5")
    @pytest.mark.parametrize(
        ("rows", "where"),
        [
            ((("张云岭", "T-1"),), "row 1: name"),
            ((("张**", "T-1"), ("李**", "500112199001010008")), "row 2: ticket"),
        ],
    )
    def test_a_list_that_is_not_masked_is_found_though_it_is_signed(
        self, course: Course, rows: tuple[tuple[str, ...], ...], where: str
    ) -> None:
        seq = signed_list(course, format_list(PublishedList(("name", "ticket"), rows, bytes(16))), len(rows))
        [finding] = [one for one in course.audit().findings if one.rule == "notice_unmasked"]
        assert (finding.where, finding.problem) == (f"notice/{seq}.json", f"{where} is not masked")
        assert rows[0][0] not in finding.problem

    def test_a_file_that_is_no_list(self, course: Course) -> None:
        seq = signed_list(course, b'{"names":["x"]}', 1)
        assert found(course) == [("notice_unmasked", f"notice/{seq}.json")]

    def test_a_list_of_another_length_than_its_notice_says(self, course: Course) -> None:
        seq = signed_list(course, format_list(PublishedList(("name",), (("张**",),), bytes(16))), 2)
        assert found(course) == [("notice_differs", f"notice/{seq}.json")]

    def test_another_list_than_the_one_committed_to(self, course: Course) -> None:
        seq = opened(course)
        path = file_of(course, seq)
        path.write_bytes(path.read_bytes().replace("司马**".encode(), "王**".encode()))
        assert found(course) == [("notice_differs", f"notice/{seq}.json")]

    def test_what_belongs_to_no_notice(self, course: Course) -> None:
        seq = opened(course)
        data = file_of(course, seq).read_bytes()
        for name in (f"{seq - 1}.json", "list.csv", f"0{seq}.json"):
            (course.home.public / "notice" / name).write_bytes(data)
        assert {rule for rule, _ in found(course)} == {"file_unknown"}
        assert len(found(course)) == 3

    def test_a_list_ahead_of_the_head_is_an_update_under_way(self, course: Course) -> None:
        opened(course)
        file_of(course, course.store.size() + 1).write_bytes(b"{}")
        audit = course.audit()
        assert audit.updating == [f"notice/{course.store.size() + 1}.json"]
        assert found(course) == []

    def test_a_list_that_cannot_be_read_is_not_checked(self, course: Course) -> None:
        seq = opened(course)
        folder = FolderPlace(course.home.public)
        files: dict[str, bytes | Absent] = {path: folder.fetch(path) for path in folder.listing()}
        files[f"notice/{seq}.json"] = Absent.UNREACHABLE

        def audit() -> Audit:
            return audit_place(MemoryPlace(files), trust_of_ledger(course.store), PROFILES)

        assert audit().unreachable == [f"notice/{seq}.json"]
        files[f"notice/{seq}.json"] = Absent.MISSING
        del files[f"notice/{seq}.json"]
        assert (audit().unreachable, len(audit().findings)) == ([], len(course.audit().findings))


def test_dates_of_a_plan_are_toml_dates_or_texts(course: Course) -> None:
    """Both spellings make the same record."""
    from ledger.app.evidence import read_workflow

    registry, _ = read_workflow(course.store, PROFILES)
    body = body_of("plan.file", PROFILES[CHONGQING], {})
    toml = f'exam_from = {EXAM}\nexam_to = "{body["exam_to"]}"\n'
    toml += f'org = "{course.org}"\nplan = "2"\nplace = "x"\nmethod = "theory"\ncandidates = 1\nlevels = ["3"]\n'
    toml += 'categories = ["enrolled-students"]\nbases = ["standard"]\n'
    toml += 'occupation = {code = "6-18-01-01", name = "车工", job = "数控车工"}\n'
    toml += "staff = {examiners = 3, supervisors = 0, invigilators = 1}\n"
    made: Callable[[], dict[str, Value]] = partial(
        plan_body, parse_plan(toml), course.root, registry, Papers(course.random.randbytes)
    )
    assert (made()["exam_from"], made()["profile"], made()["attested"]) == (EXAM, CHONGQING, [])
