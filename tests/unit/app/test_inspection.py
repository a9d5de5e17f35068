"""Random inspections: announced, drawn by a later checkpoint, drawn again by anybody, recorded."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.app.events import renew
from ledger.app.evidence import Piece, read_workflow, record_evidence
from ledger.app.inspection import Drawn, announcement, drawn_in_place, drawn_of, result_of_draw
from ledger.app.places import FolderPlace
from ledger.app.writing import trust_of_ledger
from ledger.core.checkpoint import open_checkpoint
from ledger.core.draw import draw
from ledger.core.errors import RuleError
from ledger.crypto.pynacl_verify import verify
from tests.simulator import PROFILES
from tests.unit.app.courses import CHONGQING, Course

INSPECTORS = ["检查员01", "检查员02", "检查员03"]
OTHERS = [f"S00005000000{n}" for n in range(2, 6)]


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    """A ledger with five schools."""
    course = Course(tmp_path, CHONGQING)
    for org in OTHERS:
        course.file(org)
    yield course
    course.close()


def record(course: Course, piece: Piece, day: str = "2026-10-20") -> int:
    return record_evidence(course.home, course.store, course.keyring, [piece], PROFILES, now=course.on(day))[0]


def announce(course: Course, orgs: list[str] | None = None, draws: int = 3) -> int:
    registry, _ = read_workflow(course.store, PROFILES)
    return record(course, announcement(registry, orgs, INSPECTORS, draws, course.store.size()))


def again(course: Course, seq: int) -> Drawn:
    return drawn_of(read_workflow(course.store, PROFILES)[1], seq)


def fresh(course: Course) -> None:
    renew(course.home, course.store, course.keyring, now=course.on("2026-10-21"))


@pytest.mark.domain("J4")
def test_the_first_checkpoint_after_the_announcement_draws(course: Course) -> None:
    seq = announce(course)
    before = again(course, seq)
    assert (before.size, before.pairs) == (0, [])
    with pytest.raises(RuleError, match="no checkpoint after"):
        result_of_draw(course.store, PROFILES, seq, {})
    fresh(course)
    note = course.store.index_entries(newest=1)[0].note
    checkpoint = open_checkpoint(note, trust_of_ledger(course.store).log, verify)
    for _ in range(2):
        drawn = again(course, seq)
        assert (drawn.size, drawn.root) == (checkpoint.size, checkpoint.root)
        assert drawn.pairs == draw(sorted([course.org, *OTHERS]), INSPECTORS, 3, checkpoint.root)
        fresh(course)  # later checkpoints draw nothing else


@pytest.mark.domain("J4")
def test_anybody_draws_the_same_from_what_is_published(course: Course) -> None:
    first, second = announce(course), announce(course, OTHERS, 2)
    fresh(course)
    trust = trust_of_ledger(course.store)
    for seq in (first, second):
        found = drawn_in_place(FolderPlace(course.home.public), trust, PROFILES, seq)
        assert found is not None
        assert (found.size, found.root, found.pairs) == again(course, seq)[1:4]
    with pytest.raises(RuleError, match="no inspection"):
        drawn_in_place(FolderPlace(course.home.public), trust, PROFILES, 0)
    for path in (course.home.public / "tile" / "entries").rglob("*.p/*"):
        path.write_bytes(path.read_bytes().replace("检查员03".encode(), "检查员04".encode()))
    assert drawn_in_place(FolderPlace(course.home.public), trust, PROFILES, first) is None, "another pool"
    (course.home.public / "head").write_bytes(b"")
    assert drawn_in_place(FolderPlace(course.home.public), trust, PROFILES, first) is None, "no head"


@pytest.mark.domain("J4")
def test_the_result_names_every_organisation_that_was_drawn_and_no_other(course: Course) -> None:
    seq = announce(course)
    fresh(course)
    drawn = again(course, seq)
    orgs = [org for org, _ in drawn.pairs]
    outcomes = dict.fromkeys(orgs, "in_order") | {orgs[0]: "defects"}
    other = next(org for org in OTHERS if org not in orgs)
    for wrong in ({**outcomes, other: "in_order"}, dict.fromkeys(orgs[1:], "in_order")):
        with pytest.raises(RuleError, match=r"was not drawn|has no outcome"):
            result_of_draw(course.store, PROFILES, seq, wrong)
    record(course, result_of_draw(course.store, PROFILES, seq, outcomes), "2026-10-28")
    assert again(course, seq).outcomes == outcomes
    with pytest.raises(RuleError, match="has its result already"):
        record(course, result_of_draw(course.store, PROFILES, seq, outcomes), "2026-10-28")
    assert [found.rule for found in course.audit().findings if found.rule.startswith("draw")] == []


def test_whoever_writes_the_result_cannot_choose(course: Course) -> None:
    seq = announce(course)
    fresh(course)
    piece = result_of_draw(course.store, PROFILES, seq, {org: "in_order" for org, _ in again(course, seq).pairs})
    rows = piece.body["drawn"]
    assert isinstance(rows, list)
    swapped = Piece(piece.type, {**piece.body, "drawn": rows[::-1]}, piece.side)
    with pytest.raises(RuleError) as caught:
        record(course, swapped)
    assert caught.value.rule == "draw_result"


def test_the_pool_are_organisations_that_have_not_ended(course: Course) -> None:
    with pytest.raises(RuleError) as caught:
        announce(course, ["S000050000099"], 1)
    assert caught.value.rule == "draw_pool"
    with pytest.raises(RuleError):
        announce(course, OTHERS, 5)
    assert len(again(course, announce(course)).announced.body["orgs"]) == 5  # type: ignore[arg-type]  # a list of codes
