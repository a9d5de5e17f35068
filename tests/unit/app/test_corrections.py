"""Corrections of certificates that rest on an evaluation: nothing is changed that was not examined, nothing is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ledger.app.events import Correction, correct
from ledger.core.canonical import Value
from ledger.core.entry import parse_entry
from ledger.core.errors import RuleError
from ledger.core.record import Body
from ledger.core.subject import subject_hash
from tests.simulator import PROFILES, occupation
from tests.unit.app.courses import CHONGQING, SHANDONG, Course, annex6, shandong

Make = Callable[..., Course]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Course] = []

    def one(profile: str, **changes: object) -> Course:
        made.append(Course(tmp_path / str(len(made)), profile, **changes))  # type: ignore[arg-type]  # by name
        return made[-1]

    yield one
    for course in made:
        course.close()


def change(course: Course, code: str, **fields: str) -> None:
    correct(
        course.home,
        course.store,
        course.keyring,
        code,
        Correction(**fields),
        PROFILES,
        reason="error",
        now=course.on("2026-10-30"),
        random=course.random.randbytes,
    )


def newest(course: Course, code: str) -> Body:
    *_, (_, raw) = course.store.entries_of_subject(subject_hash(code))
    return parse_entry(raw).record.body


def both_jobs() -> Value:
    standard: Value = {"kind": "national"}
    jobs = ("数控车工", "普通车工")
    return [{"levels": ["3", "4"], "occupation": occupation(job=job), "standard": standard} for job in jobs]


def test_a_name_is_corrected_and_the_evidence_stays(make: Make) -> None:
    course = make(CHONGQING).run()
    code = course.append(annex6(2), plan=course.plan, medium="electronic").first
    before = newest(course, code)
    change(course, code, name="张云峰")
    after = newest(course, code)
    same = ("evidence", "issued", "level", "medium", "occupation")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["reason"] == "error"
    assert course.findings() == []


@pytest.mark.domain("A25", "G6")
def test_a_title_is_not_lost(make: Make) -> None:
    titles: Value = [{"level": "3", "name": "首席技师"}]
    course = make(SHANDONG, required=False, filed={"titles": titles})
    code = course.append(shandong(1, 职业技能等级="首席技师"), medium="paper").first
    change(course, code, name="张岱峰")
    assert (newest(course, code)["title"], newest(course, code)["medium"]) == ("首席技师", "paper")
    assert course.findings() == []


@pytest.mark.domain("C1", "F2")
@pytest.mark.parametrize(
    ("fields", "rule"),
    [({"job": "普通车工"}, "evidence_differs"), ({"issued": "2026-10-20"}, "evidence_order")],
    ids=["a job that was not examined", "a day on which the results were public"],
)
def test_what_was_not_examined_is_no_correction(make: Make, fields: dict[str, str], rule: str) -> None:
    course = make(CHONGQING, filed={"scope": both_jobs()}).run()
    code = course.append(annex6(2), plan=course.plan).first
    size = course.store.size()
    with pytest.raises(RuleError) as caught:
        change(course, code, **fields)
    assert caught.value.rule == rule
    assert course.store.size() == size
    assert course.findings() == []
