"""Published lists erased as a whole: once their notice has ended, by their entry or with a holder; never before."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from ledger.app.erasing import erase, finish_erasures, journal
from ledger.app.erasures import read_journal
from ledger.app.evidence import read_workflow
from ledger.app.home import HomeError
from ledger.app.listed import Listed, list_of_notice, lists_for
from ledger.app.writing import publish
from ledger.store import Store
from tests.cli.cases import Ran, ledger, must
from tests.evaluation import LAST
from tests.simulator import PROFILES
from tests.unit.app.courses import CHONGQING, Course, annex6
from tests.unit.app.test_notices import file_of, found, opened

ENDED, RUNNING = "2026-11-20", "2026-10-16"


def listed(course: Course, seq: int) -> Listed:
    return list_of_notice(course.store, read_workflow(course.store, PROFILES)[1], seq)


def erased(course: Course, seq: int, day: str) -> list[int]:
    asked = {"by": "authority", "ground": "retention", "now": course.on(day)}
    return erase(course.home, course.store, [], [listed(course, seq)], **asked).lists  # type: ignore[arg-type]  # mixed values


def kept(store: Store) -> set[int]:
    return set(store.notice_seqs())


def test_an_ended_list_goes_at_once_and_the_audit_finds_nothing(course: Course) -> None:
    seq, other = opened(course), opened(course, day=LAST)
    row = file_of(course, seq).read_bytes()[:60]
    assert row in (course.home.path / "register.db").read_bytes()
    assert erased(course, seq, ENDED) == [seq]
    assert (file_of(course, seq).exists(), file_of(course, other).exists()) == (False, True)
    assert kept(course.store) == {other}
    assert found(course) == []
    register = (course.home.path / "register.db").read_bytes()
    assert file_of(course, other).read_bytes() in register
    assert json.loads(course.store.setting(f"erased/notice/{seq}") or "")["by"] == "authority"
    with pytest.raises(HomeError, match="not in the register any more"):
        listed(course, seq)
    with pytest.raises(HomeError, match="that stands"):
        listed(course, course.plan)


def test_a_running_list_stays_until_the_day_after_its_last(course: Course) -> None:
    seq = opened(course)
    last = listed(course, seq).last
    assert (last, erased(course, seq, RUNNING)) == (LAST, [])
    [line] = read_journal(journal(course.home))
    assert (line.name, json.loads(line.note)["after"]) == (f"notice/{seq}", LAST)
    assert not finish_erasures(course.home, course.store, date.fromisoformat(LAST))
    assert kept(course.store) == {seq}
    assert finish_erasures(course.home, course.store, date(2026, 10, 22)).lists == [seq]
    assert not finish_erasures(course.home, course.store, date(2026, 10, 23))
    assert (kept(course.store), file_of(course, seq).exists(), found(course)) == (set(), False, [])


def test_a_restored_backup_does_not_bring_a_list_back(course: Course) -> None:
    seq = opened(course)
    register, backup = course.home.path / "register.db", course.root / "backup.db"
    shutil.copy(register, backup)
    assert erased(course, seq, ENDED) == [seq]
    course.store.close()
    shutil.copy(backup, register)
    with course.home.open_store() as store:
        publish(course.home, store)
        assert kept(store) == {seq}
        assert finish_erasures(course.home, store, date.fromisoformat(ENDED)).lists == [seq]
        assert kept(store) == set()


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["transaction", "erase_notice", "rebuild", "project_lists", "set_setting"])
def test_killed_anywhere_the_next_command_goes_on(course: Course, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    seq = opened(course)

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(f"ledger.app.erasing.{step}" if step == "project_lists" else f"ledger.store.Store.{step}", killed)
        with pytest.raises(KilledError):
            erased(course, seq, ENDED)
    publish(course.home, course.store)
    assert finish_erasures(course.home, course.store, date.fromisoformat(ENDED)).lists == [seq]
    assert (kept(course.store), file_of(course, seq).exists(), found(course)) == (set(), False, [])


def test_on_the_command_line_a_running_list_is_remembered(course: Course) -> None:
    seq = opened(course)

    def run(day: str, *words: str) -> Ran:
        return ledger(course.root, "--home", "home", *words, now=course.on(day))

    asking = ("erase", "--notice", str(seq), "--by", "authority", "--ground", "retention")
    asked = run(RUNNING, *asking)
    assert (asked.code, f"notice {seq} (2 people): it runs until {LAST}" in asked.out) == (1, True)
    assert "published lists" not in must(run(RUNNING, *asking, "--yes")).out
    assert "erased published lists" not in must(run(LAST, "purge")).err
    assert f"notices {seq} have ended" in must(run(ENDED, "purge")).err
    again = run(ENDED, *asking, "--yes")
    assert (again.code, "not in the register any more" in again.err) == (1, True)


def test_on_the_command_line_an_ended_list_goes_at_once(course: Course) -> None:
    seq = opened(course)
    told = ledger(
        course.root, "--home", "home", "erase", "--notice", str(seq), "--by", "authority", "--ground", "retention",
        "--yes", now=course.on(ENDED),
    )  # fmt: skip
    assert f"the whole list of notice {seq} (2 people, ended {LAST})" in must(told).out
    assert "erased 1 published lists for ever" in told.out
    assert found(course) == []


def test_with_a_holder_go_the_lists_of_the_evaluation_that_was_cited(tmp_path: Path) -> None:
    course = Course(tmp_path, CHONGQING, required=False)
    first = course.append(annex6(1)).first
    _, workflow = read_workflow(course.store, PROFILES)
    assert lists_for(course.store, workflow, first) == []  # nothing was cited, and nothing is known
    assert lists_for(course.store, workflow, "S000050000001263999999") == []
    course.close()
