"""A monitor and a mirror on the command line: quiet and busy ledgers, and every way an operator can be caught."""

import json
import re
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.core.keptaudit import MadeWith, format_kept, parse_kept
from tests.cli.cases import NOW, NUMBER, Ran, ledger, make_issued, must

DAY = 86_400


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger, its public folder as `site`, and as it was before as `site.before`."""
    folder = tmp_path_factory.mktemp("watched")
    make_issued(folder)
    publish(folder)
    shutil.copytree(folder / "site", folder / "site.before")
    return folder


@pytest.fixture
def world(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "world")
    return tmp_path / "world"


def publish(folder: Path) -> None:
    shutil.rmtree(folder / "site", ignore_errors=True)
    shutil.copytree(folder / "home/public", folder / "site")


def grow(folder: Path, now: int) -> None:
    must(ledger(folder, "--home", "home", "renew", now=now))
    publish(folder)


def watch(folder: Path, *arguments: str, now: int = NOW) -> tuple[int, str, Ran]:
    ran = ledger(folder, "watch", "site", "--state", "state", "--json", *arguments, now=now)
    return ran.code, json.loads(ran.out)["kind"], ran


def kept(folder: Path) -> list[str]:
    return sorted(file.name for file in (folder / "state/checkpoints").iterdir())


def test_a_quiet_and_a_busy_ledger(world: Path) -> None:
    assert watch(world)[:2] == (0, "first")
    assert watch(world, now=NOW + DAY)[:2] == (0, "same")
    for day in range(2, 6):
        grow(world, NOW + day * DAY)
        assert watch(world, now=NOW + day * DAY)[:2] == (0, "grown")
    assert len(kept(world)) == 5


def rewritten(folder: Path) -> None:
    """The operator goes back to an old copy and tells another story."""
    shutil.rmtree(folder / "home")
    shutil.copytree(folder / "earlier/home", folder / "home")
    shutil.copy(folder / "earlier/home.anchor", folder / "home.anchor")
    must(ledger(folder, "--home", "home", "revoke", NUMBER, "--reason", "fraud", now=NOW + 2 * DAY))
    must(ledger(folder, "--home", "home", "renew", now=NOW + 3 * DAY))
    publish(folder)


def rolled_back(folder: Path) -> None:
    shutil.rmtree(folder / "site")
    shutil.copytree(folder / "site.before", folder / "site")


def shard_changed(folder: Path, day: int = 3) -> None:
    grow(folder, NOW + day * DAY)
    file = folder / "site/shard/0/000.txt"
    file.write_bytes(file.read_bytes().replace(b'"level":"3"', b'"level":"4"'))


def head_of_a_thief(folder: Path) -> None:
    file = folder / "site/head"
    file.write_bytes(file.read_bytes().replace("— ledger.test/one ".encode(), "— ledger.test/two ".encode()))


CAUGHT: dict[str, Callable[[Path], None]] = {
    "forked": rewritten,
    "rolled_back": rolled_back,
    "broken": shard_changed,
    "malformed": head_of_a_thief,
}


@pytest.mark.parametrize("kind", CAUGHT)
def test_an_operator_is_caught_and_the_evidence_kept(world: Path, kind: str) -> None:
    (world / "earlier").mkdir()
    shutil.copytree(world / "home", world / "earlier/home")
    shutil.copy(world / "home.anchor", world / "earlier")
    grow(world, NOW + DAY)
    assert watch(world, now=NOW + DAY)[:2] == (0, "first")
    known = kept(world)
    CAUGHT[kind](world)
    program = world / "alarm"
    program.write_text(f'#!/bin/sh\necho "$1 $3" >> "{world}/told"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    due = ("--whole-after", "2")
    code, said, ran = watch(world, "--on-alarm", "alarm", *due, now=NOW + 4 * DAY)
    assert (code, said) == (1, kind)
    assert "the evidence is in" in ran.err
    assert kept(world) == known
    [evidence] = (world / "state/evidence").iterdir()
    assert evidence.name.endswith(kind)
    assert (world / "told").read_text().startswith(f"{kind} ")
    assert watch(world, *due, now=NOW + 4 * DAY)[:2] == (1, kind)  # it does not get used to it


def test_between_whole_audits_only_what_is_new_is_read(world: Path) -> None:
    assert watch(world, now=NOW + DAY)[:2] == (0, "first")
    shard_changed(world)  # an old entry, by the host
    assert watch(world, now=NOW + 4 * DAY)[:2] == (0, "grown")
    shard_changed(world, 9)
    assert watch(world, now=NOW + 9 * DAY)[:2] == (1, "broken")


@pytest.mark.parametrize("fits", ["damaged", "of another program"])
def test_what_was_kept_and_does_not_fit_is_not_gone_on_from(world: Path, fits: str) -> None:
    assert watch(world, now=NOW + DAY)[:2] == (0, "first")
    must(ledger(world, "mirror", "site", "--out", "mirror", now=NOW + DAY))
    kept = parse_kept((world / "state/audit").read_bytes())
    other = format_kept(replace(kept, made_with=MadeWith("0.0.1", kept.made_with.rules)))
    (world / "state/audit").write_bytes(other if fits == "of another program" else b"damaged")
    shard_changed(world)
    assert watch(world, now=NOW + 4 * DAY)[:2] == (1, "broken")
    shutil.copy(world / "state/audit", world / ".mirror.audit")
    assert ledger(world, "mirror", "site", "--out", "mirror", now=NOW + 4 * DAY).code == 1


def test_a_ledger_that_stands_still_is_an_alarm(world: Path) -> None:
    assert watch(world)[:2] == (0, "first")
    assert watch(world, now=NOW + 31 * DAY)[:2] == (1, "stale")


def test_an_outage_is_none(world: Path) -> None:
    assert watch(world)[:2] == (0, "first")
    shutil.move(world / "site/head", world / "head")
    assert watch(world)[:2] == (3, "unreachable")
    shutil.move(world / "head", world / "site/head")
    assert watch(world)[:2] == (0, "same")


def test_the_keys_stay_those_of_the_first_look(world: Path) -> None:
    assert watch(world)[:2] == (0, "first")
    (world / "site/trust.json").write_bytes(b"{}")
    assert watch(world)[:2] == (0, "same")


# -- the mirror --------------------------------------------------------------------------------------------------------


def same_files(left: Path, right: Path) -> bool:
    def of(root: Path) -> dict[str, bytes]:
        return {file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if file.is_file()}

    return of(left) == of(right)


def test_a_mirror_is_the_same_folder_and_gives_the_same_answers(world: Path) -> None:
    must(ledger(world, "mirror", "site", "--out", "mirror"))
    assert same_files(world / "site", world / "mirror")
    grow(world, NOW + DAY)
    must(ledger(world, "mirror", "site", "--out", "mirror"))
    assert same_files(world / "site", world / "mirror")
    places = ("site", "mirror")
    reports = []
    for place in places:
        state = ("--state", f"memory.{place}")  # each as a first visit
        reports.append(must(ledger(world, "check", NUMBER, "--in", place, "--json", *state, now=NOW + DAY)).out)
    assert reports[0] == reports[1]


def test_a_broken_ledger_is_not_taken_over(world: Path) -> None:
    must(ledger(world, "mirror", "site", "--out", "mirror"))
    shard_changed(world)
    ran = ledger(world, "mirror", "site", "--out", "mirror", "--whole-after", "2", now=NOW + 3 * DAY)
    assert (ran.code, "mirror is as it was" in ran.err) == (1, True)
    assert same_files(world / "site.before", world / "mirror")
    (world / "site/head").unlink()
    assert ledger(world, "mirror", "site", "--out", "mirror").code == 1
    assert same_files(world / "site.before", world / "mirror")


def test_a_mirror_takes_what_has_not_changed_from_its_last_copy(world: Path) -> None:
    must(ledger(world, "mirror", "site", "--out", "mirror"))
    shard_changed(world)  # between whole audits nobody looks at it, and nobody takes it over
    ran = must(ledger(world, "mirror", "site", "--out", "mirror", now=NOW + 3 * DAY))
    assert "of what came after the first" in ran.out
    same = (world / "mirror/shard/0/000.txt").read_bytes()
    assert same == (world / "home/public/shard/0/000.txt").read_bytes()
    publish(world)
    masked = world / "site/masked/0/000.txt"
    masked.write_bytes(re.sub(rb'(%b","disclosure":)"[^"]*"' % NUMBER.encode(), rb'\1""', masked.read_bytes()))
    ran = must(ledger(world, "mirror", "site", "--out", "mirror", now=NOW + 4 * DAY))  # what is erased is erased here
    assert "view_withdrawn" in ran.out
    assert same_files(world / "site", world / "mirror")
    (world / "mirror/shard/0/000.txt").unlink()
    must(ledger(world, "mirror", "site", "--out", "mirror", now=NOW + 4 * DAY))  # lost here: all is copied anew
    assert same_files(world / "site", world / "mirror")


class KilledError(BaseException):
    """The process ends here."""


def test_killed_between_the_renames_it_is_whole_again(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    must(ledger(world, "mirror", "site", "--out", "mirror"))
    grow(world, NOW + DAY)
    original = Path.rename

    def killed(self: Path, target: Path) -> Path:
        if self.name.endswith(".new"):
            raise KilledError
        return original(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KilledError):
            ledger(world, "mirror", "site", "--out", "mirror")
    must(ledger(world, "mirror", "site", "--out", "mirror"))
    assert same_files(world / "site", world / "mirror")
    assert [file.name for file in world.glob(".mirror.*")] == [".mirror.audit"]
