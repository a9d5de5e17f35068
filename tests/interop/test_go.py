"""Other people's code reads ours unchanged: golang.org/x/mod, as Debian packages it, with 110 lines around it."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from ledger.core.checklist import Absent
from ledger.core.note import format_vkey
from tests.simulator import LOG, Simulator
from tests.vectors.ledger_cases import WITNESSES, base, wide, witnessed_ledger

SOURCE = Path(__file__).with_name("reads.go")
OFFLINE = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "GOTOOLCHAIN": "local"}


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader, compiled once."""
    folder = tmp_path_factory.mktemp("go")
    environment = {**os.environ, **OFFLINE, "GOCACHE": str(folder / "cache")}
    command = ["go", "build", "-o", str(folder / "reads"), str(SOURCE)]
    subprocess.run(command, check=True, env=environment, cwd=folder)
    return folder / "reads"


def read(program: Path, files: Mapping[str, bytes | Absent], folder: Path, vkey: str = "") -> tuple[int, str]:
    for path, data in files.items():
        if isinstance(data, bytes):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    command = [str(program), str(folder), vkey or format_vkey(LOG.key)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stdout.strip()


def long() -> Simulator:
    """More than one full tile of each kind, and eight kept heads."""
    ledger = Simulator()
    for start in range(1, 600, 100):
        ledger.issue_many(range(start, start + 100))
    for _ in range(3):
        ledger.renew()
    return ledger


LEDGERS: dict[str, Callable[[], Simulator]] = {
    "small": base,
    "two shards": wide,
    "several tiles": long,
    "witnessed": lambda: witnessed_ledger((WITNESSES[0], 10), (WITNESSES[1], 20)),
}


@pytest.mark.parametrize("name", LEDGERS)
def test_it_reads_our_ledgers(program: Path, tmp_path: Path, name: str) -> None:
    ledger = LEDGERS[name]()
    code, said = read(program, ledger.files(), tmp_path)
    assert (code, said) == (0, f"{len(ledger.raws)} entries, {min(8, len(ledger.sealed))} heads")


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("path", ["checkpoint", "tile/0/000.p/7", "tile/entries/000.p/7", "heads/4"])
def test_it_finds_a_changed_bit(program: Path, tmp_path: Path, path: str) -> None:
    files = base().files()
    assert path in files, sorted(files)
    code, said = read(program, {**files, path: flipped(files[path], len(files[path]) - 9)}, tmp_path)
    assert code != 0
    assert said


def test_it_finds_a_history_that_was_rewritten(program: Path, tmp_path: Path) -> None:
    """A head of one continuation beside the other's ledger."""
    left, right = base(), base()
    left.issue(2)
    left.renew()
    right.event("revoke", "S000050000001263000001")
    right.renew()
    files = left.files()
    [name] = {f"heads/{right.sealed[-2].seq}"}
    code, said = read(program, {**files, name: right.sealed[-2].head}, tmp_path)
    assert (code, "tree proof" in said or "invalid" in said) == (1, True), said


def test_under_another_key_it_reads_nothing(program: Path, tmp_path: Path) -> None:
    other = format_vkey(WITNESSES[0].key)
    assert read(program, base().files(), tmp_path, other)[0] == 1
