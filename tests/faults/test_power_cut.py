"""Power cuts while public/ is brought up: at every moment what may lie there is honest, and is made whole again."""

from pathlib import Path
from shutil import rmtree

import pytest

from ledger.app.auditing import audit_place
from ledger.app.places import MemoryPlace
from ledger.app.writing import trust_of_ledger
from ledger.core.trust import format_trust
from ledger.publish import durable
from ledger.publish.projection import project
from ledger.store import Store
from tests.faults.making import PROFILES, Made, files_of, make_ledger
from tests.faults.powercut import Disk, Note, Recorder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not durable._FOLDERS_FLUSH, reason="a model of POSIX; Windows flushes no folders"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_ledger(tmp_path_factory.mktemp("cut"), 12, 53)


def put(files: dict[str, bytes], root: Path) -> None:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)


def recorded(store: Store, older: dict[str, bytes], root: Path, trust: bytes) -> list[Note]:
    """Bring the older state up to the newest on the real disk; return what was asked of the disk."""
    put({f"public/{path}": data for path, data in older.items()}, root)
    with pytest.MonkeyPatch.context() as patch:
        recorder = Recorder(patch, root)
        project(store, root / "public", trust, {})
    return recorder.notes


def cut_everywhere(
    made: Made, older: dict[str, bytes], root: Path, *, thorough: bool, step: int = 1
) -> tuple[int, int, list[str]]:
    """Return (states looked at, states made whole again on a disk, problems)."""
    seen: set[int] = set()
    problems: list[str] = []
    repaired = 0
    heads = {older["head"], made.public["head"]}
    with made.home.open_store() as store:
        trust = format_trust(trust_of_ledger(store))
        notes = recorded(store, older, root / "recorded", trust)
        disk = Disk.holding({f"public/{path}": data for path, data in older.items()})
        for moment, note in enumerate(notes):
            disk.do(note)
            if moment % step:
                continue
            if len(problems) > 2:
                break
            for files in disk.after_a_cut(thorough=thorough):
                state = hash(tuple(sorted(files.items())))
                if state in seen:
                    continue
                seen.add(state)
                public = {
                    path.removeprefix("public/"): data for path, data in files.items() if path.startswith("public/")
                }
                audit = audit_place(MemoryPlace(public), made.trust, PROFILES)
                if audit.findings or public.get("head") not in heads:
                    problems.append(f"after {moment} {note[:2]}: {audit.findings[:2]}")
                if thorough and len(seen) % 3:
                    continue  # making whole again takes the real disk
                repaired += 1
                again = root / "again"
                rmtree(again, ignore_errors=True)
                put(files, again)
                project(store, again / "public", trust, {})
                if files_of(again / "public") != made.public:
                    problems.append(f"after {moment} {note[:2]}: not made whole again")
    return len(seen), repaired, problems


@pytest.mark.parametrize("behind", [1, 2], ids=["one commit behind", "two commits behind, more shards"])
def test_a_power_cut_at_any_moment_leaves_an_honest_folder(made: Made, tmp_path: Path, full: bool, behind: int) -> None:
    older = made.publications[-1 - behind]
    states, repaired, problems = cut_everywhere(made, older, tmp_path, thorough=full)
    print(f"power cuts, {behind} behind: {states - len(problems)}/{states} states honest, {repaired} made whole again")
    assert not problems
    assert states > 40


def test_the_model_finds_missing_flushes(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test of the test: without flushing files, and without flushing folders, states are dishonest or stay so."""
    older = made.publications[-3]
    found = {}
    for name in ("_flush_files", "_flush_folders"):
        with monkeypatch.context() as patch:
            patch.setattr(durable, name, lambda _paths: None)
            _, _, found[name] = cut_everywhere(made, older, tmp_path / name, thorough=False, step=3)
    assert found["_flush_files"]
    assert found["_flush_folders"]
