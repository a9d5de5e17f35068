"""Two writers at once: the second is refused and changes nothing, whichever way it comes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sample_rosters import ENTERPRISE, SCHOOL, make_roster

import ledger.app.roster
from ledger.app.auditing import audit_place
from ledger.app.home import Home
from ledger.app.places import FolderPlace
from ledger.app.writing import trust_of_ledger, writing
from ledger.publish.durable import lock_home
from ledger.store import Store, StoreBusyError, StoreConflictError
from tests.faults.making import PASSPHRASE, PROFILES, START, append, files_of, open_home

REPOSITORY = Path(__file__).parents[2]
LOCK = "home.lock"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    return open_home(tmp_path)


# What `ledger append` does, at a fixed time.
APPEND = """
import sys
from pathlib import Path
from ledger.app.home import Home
from ledger.publish.durable import HomeBusyError, lock_home
from tests.faults.making import append
home = Home.at(Path(sys.argv[1]))
print("ready", file=sys.stderr, flush=True)
sys.stdin.readline()
try:
    with lock_home(home.path), home.open_store() as store:
        append(home, store, Path(sys.argv[2]), now=int(sys.argv[3]), seed=sys.argv[2])
except HomeBusyError as error:
    sys.exit(str(error))
"""


def start(home: Home, roster: Path, now: int) -> subprocess.Popen[str]:
    """Start an append in a process of its own; it begins when a line is sent to it."""
    path = os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "scripts")))
    return subprocess.Popen(
        [sys.executable, "-c", APPEND, str(home.path), str(roster), str(now)],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
    )


def state(home: Home) -> dict[str, bytes]:
    return {path: data for path, data in files_of(home.path.parent).items() if not path.endswith(LOCK)}


def test_append_while_another_command_writes_is_refused(home: Home, tmp_path: Path) -> None:
    roster = make_roster(tmp_path / "school.xlsx", 5, 1, SCHOOL)
    before = state(home)
    with lock_home(home.path):
        second = subprocess.run(
            [
                sys.executable,
                "-m",
                "ledger.cli",
                "--home",
                str(home.path),
                "--lang",
                "en",
                "--passphrase-file",
                str(tmp_path / "passphrase"),
                "append",
                str(roster),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=REPOSITORY,
            env={**os.environ, "LEDGER_TEST_KEYS": "1"},
        )
    assert second.returncode == 1, second.stderr
    assert "another command" in second.stderr
    assert "Traceback" not in second.stderr
    assert state(home) == before
    with lock_home(home.path), home.open_store() as store:
        assert append(home, store, roster, now=START + 60, seed="again").numbers == 5


def test_two_appends_started_together_do_not_mix(home: Home, tmp_path: Path) -> None:
    """Each is accepted whole or refused; whoever is refused succeeds when alone, and the numbers have no gap."""
    rosters = [
        make_roster(tmp_path / "school.xlsx", 40, 1, SCHOOL),
        make_roster(tmp_path / "school 2.xlsx", 40, 2, SCHOOL, crowd=1),
        make_roster(tmp_path / "enterprise.xlsx", 40, 3, ENTERPRISE, crowd=2),
    ]
    running = [start(home, roster, START + 60) for roster in rosters]
    for process in running:
        assert process.stderr is not None
        assert process.stderr.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=120)[1] for process in running]
    refused = [roster for process, roster in zip(running, rosters, strict=True) if process.returncode]
    print(f"started together: {len(rosters)}, refused: {len(refused)}")
    assert len(refused) < len(rosters)
    assert all("Traceback" not in error and (not error or "another command" in error) for error in errors), errors
    with home.open_store() as store:
        for roster in refused:
            append(home, store, roster, now=START + 120, seed=str(roster))
    with home.open_store() as store:
        codes = [certificate.code for certificate in store.certificates(0, store.size())]
        trust = trust_of_ledger(store)
        assert [json.loads(batch.summary)["numbers"] for batch in store.batches()] == [40, 40, 40]
    assert len(codes) == len(set(codes)) == 120
    audit = audit_place(FolderPlace(home.public), trust, PROFILES)  # finds gaps and duplicates
    assert (audit.verdict, audit.certificates) == ("verified", 120)


def test_the_register_is_locked_even_without_the_file(home: Home, tmp_path: Path) -> None:
    """Two machines on one database have no common lock file: the transaction holds the second one off."""
    roster = make_roster(tmp_path / "school.xlsx", 5, 1, SCHOOL)
    with home.open_store() as first:
        url = f"sqlite:///{home.path / 'register.db'}"
        with first.transaction(), Store.open(url, wait=0.1) as second:
            before = second.size()
            with pytest.raises(StoreBusyError):
                append(home, second, roster, now=START + 60, seed="second")
            assert second.size() == before
        assert first.size() == before


def test_numbers_given_out_between_reading_and_writing_are_not_given_twice(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second writer comes after the first has chosen its numbers and before it has locked the register."""
    mine = make_roster(tmp_path / "mine.xlsx", 5, 1, SCHOOL)
    other = make_roster(tmp_path / "other.xlsx", 4, 2, SCHOOL, crowd=1)
    overtaken: dict[str, bytes] = {}
    original = writing

    def late(*arguments: object, **names: object) -> object:
        monkeypatch.setattr(ledger.app.roster, "writing", original)
        with home.open_store() as store:
            append(home, store, other, now=START + 60, seed="other")
        overtaken.update(state(home))
        return original(*arguments, **names)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(ledger.app.roster, "writing", late)
    with home.open_store() as store, pytest.raises(StoreConflictError):
        append(home, store, mine, now=START + 60, seed="mine")
    assert state(home) == overtaken
    with home.open_store() as store:
        done = append(home, store, mine, now=START + 120, seed="mine")
        codes = [certificate.code for certificate in store.certificates(0, store.size())]
        audit = audit_place(FolderPlace(home.public), trust_of_ledger(store), PROFILES)
    assert done.numbers == 5
    assert len(codes) == len(set(codes)) == 9
    assert audit.verdict == "verified"
