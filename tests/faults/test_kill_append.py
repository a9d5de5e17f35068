"""The kill sweep: SIGKILL, EIO and ENOSPC at file-related system calls of an append, a correction, a new log key.

Whole (three faults at every call, some 4,600, half an hour) with LEDGER_FULL=1; else every n-th, and every rename.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RIG = Path(__file__).with_name("kill_rig.py")
MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory, if there is one: the faults do not need a disk

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="strace injects faults on Linux only"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    if os.access(MEMORY, os.W_OK):
        folder = MEMORY / f"ledger-faults-{os.getpid()}"
        folder.mkdir()
        return folder
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Run the rig; return its counters, plain and by kind."""
    assert shutil.which("strace"), "the sweep needs strace: python3 scripts/environment.py installs it"
    try:
        done = subprocess.run(
            [sys.executable, "-B", str(RIG), str(folder / "rig"), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(done.stdout[-4000:], done.stderr[-4000:], sep="\n")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    counts = json.loads(lines[-2])
    found = re.search(r"faults survived ([0-9]+)/([0-9]+), every one fired, equivocations 0$", lines[-1])
    assert found is not None
    assert found[1] == found[2] == str(counts["faults"])
    plain = {name: value for name, value in counts.items() if isinstance(value, int)}
    return plain, {name: value for name, value in counts.items() if isinstance(value, dict)}


@pytest.mark.parametrize(
    ("operation", "step", "at_least"),
    [("append", 29, 60), ("correct", 61, 25), ("rotate", 61, 25)],
    ids=["append", "correct", "rotate"],
)
def test_a_fault_at_any_call_loses_nothing(folder: Path, full: bool, operation: str, step: int, at_least: int) -> None:
    plain, by_kind = run(folder, operation, "--step", "1" if full else str(step))
    assert plain["faults"] >= at_least
    assert plain["equivocations"] == 0
    assert set(by_kind["kinds"]) == {"signal=KILL", "error=EIO", "error=ENOSPC"}
    assert by_kind["ends"]["signal 9"] == by_kind["kinds"]["signal=KILL"]
    assert "crashed" not in by_kind["ends"]


@pytest.mark.parametrize("operation", ["append", "correct", "rotate"])
def test_a_kill_between_any_two_renames_shows_one_state_or_none(folder: Path, full: bool, operation: str) -> None:
    """Renames are where public/ changes: between them it is neither state, and must say so, not look forged."""
    if full:
        pytest.skip("part of the whole sweep")
    plain, by_kind = run(folder, operation, "--calls", "rename", "ftruncate", "--step", "2")
    assert plain["faults"] >= 12
    assert by_kind["before"]["not_checked"] > 0
    assert by_kind["before"]["verified"] > 0


@pytest.mark.parametrize(
    ("mistake", "calls", "symptom"),
    [
        ("head_first", "rename", "audit before recovery"),
        ("signature_before_commit", "fdatasync", "two histories signed"),
        ("no_memory_of_rosters", "rename", "RosterRefused"),
    ],
)
def test_the_sweep_finds_a_planted_mistake(folder: Path, mistake: str, calls: str, symptom: str) -> None:
    assert shutil.which("strace"), "the sweep needs strace: python3 scripts/environment.py installs it"
    try:
        done = subprocess.run(
            [
                sys.executable,
                "-B",
                str(RIG),
                str(folder / "rig"),
                "append",
                "--mistake",
                mistake,
                "--calls",
                calls,
                "--step",
                "3",
            ],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    assert done.returncode == 1, done.stderr
    assert symptom in done.stdout


def test_a_witness_never_signs_two_histories(folder: Path, full: bool) -> None:
    """Killed anywhere, and then asked for a fork by a second writer."""
    rig = RIG.with_name("witness_rig.py")
    command = [sys.executable, "-B", str(rig), str(folder / "rig"), "--step", "1" if full else "4"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(done.stdout[-3000:], done.stderr[-3000:], sep="\n")
    assert done.returncode == 0
    found = re.search(r"survived ([0-9]+)/([0-9]+), fired \2/\2, equivocations 0$", done.stdout.strip())
    assert found is not None
    assert found[1] == found[2]
    assert int(found[1]) >= 35
