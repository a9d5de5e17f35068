"""What goes wrong becomes one message and an exit code: keys, locks, disks, hosts, Ctrl-C, closed pipes."""

import errno
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from ledger.app.checking import check_certificate
from ledger.app.home import load_profiles
from ledger.app.places import FolderPlace, open_place
from ledger.cli import run
from ledger.cli.failures import describe
from ledger.core.checklist import Absent
from ledger.core.report import format_report
from ledger.core.trust import parse_trust
from ledger.locales import load_texts
from ledger.publish.durable import lock_home
from ledger.publish.projection import Progress, project
from ledger.store import Store
from tests.cli.cases import NOW, NUMBER, PASSPHRASE, counting, ledger, make_issued

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("issued")
    make_issued(folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "here"))


def entries(folder: Path) -> list[str]:
    ran = ledger(folder, "--home", "home", "status")
    return [line for line in ran.out.splitlines() if line.startswith("Entries")]


def test_a_wrong_passphrase_is_refused_and_not_shown(folder: Path) -> None:
    (folder / "wrong").write_text("not this one\n")
    before = entries(folder)
    ran = ledger(folder, "--home", "home", "renew", "--passphrase-file", "wrong")
    assert ran.code == 1
    assert ran.err == "ledger: error: wrong passphrase, or the key file was changed\n"
    assert entries(folder) == before


def test_an_empty_or_undecodable_passphrase_is_refused(folder: Path) -> None:
    for data, text in ((b"\n", "the passphrase is empty"), (b"\xff\xfe\n", "the passphrase is not UTF-8 text")):
        (folder / "bad").write_bytes(data)
        ran = ledger(folder, "--home", "home", "renew", "--passphrase-file", "bad")
        assert (ran.code, ran.err) == (1, f"ledger: error: {text}\n")


def test_the_passphrase_comes_from_a_descriptor(folder: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, f"{PASSPHRASE}\r\nanother line\n".encode())
    os.close(writing)
    out, err = io.StringIO(), io.StringIO()
    values = {"LEDGER_LANG": "en", "LEDGER_TEST_KEYS": "1"}
    arguments = ["renew", "--home", str(folder / "home"), "--passphrase-fd", str(reading)]
    assert run(arguments, environment=values, out=out, err=err, now=lambda: NOW, random=counting()) == 0, err.getvalue()


def test_without_a_terminal_nothing_waits_for_a_passphrase(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSPHRASE))
    err = io.StringIO()
    values = {"LEDGER_LANG": "en", "LEDGER_TEST_KEYS": "1"}
    assert run(["renew", "--home", str(folder / "home")], environment=values, out=io.StringIO(), err=err) == 2
    assert "hint: use --passphrase-file FILE or --passphrase-fd N" in err.getvalue()


def test_test_keys_open_only_for_those_who_say_so(folder: Path) -> None:
    ran = ledger(folder, "--home", "home", "renew", settings={"LEDGER_TEST_KEYS": ""})
    assert ran.code == 1
    assert ran.err.splitlines()[-1] == "hint: if this is a demonstration, set LEDGER_TEST_KEYS=1"


def test_a_locked_home_is_left_alone(folder: Path) -> None:
    with lock_home(folder / "home"):
        for command in (("renew",), ("append", "roster.csv"), ("revoke", NUMBER, "--reason", "fraud")):
            ran = ledger(folder, "--home", "home", *command)
            assert ran.code == 1
            assert "another command is writing to this ledger" in ran.err
        assert ledger(folder, "--home", "home", "status").code == 0
        assert ledger(folder, "check", NUMBER, "--in", "home/public").code == 0


def test_an_unreadable_place_could_not_be_checked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the place answers: the tests may run as root, whom no permission stops."""
    trust = folder / "trust.json"
    shutil.copyfile(folder / "home" / "public" / "trust.json", trust)

    def fetch(self: FolderPlace, path: str) -> bytes | Absent:
        return Absent.UNREACHABLE

    monkeypatch.setattr(FolderPlace, "fetch", fetch)
    for command in (("check", NUMBER, "--in", "home/public"), ("verify", "home/public")):
        assert ledger(folder, *command).code == 3
        ran = ledger(folder, *command, "--trust", "trust.json")
        assert ran.code == 3
        assert "could not be" in ran.out


def test_an_unreadable_home_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bool:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr("pathlib.Path.is_file", refuse)
    err = io.StringIO()
    code = run(["status", "--home", "home"], environment={"LEDGER_LANG": "en"}, out=io.StringIO(), err=err)
    assert code == 1
    assert err.getvalue().startswith("ledger: error: home may not be read\nhint: ")


@pytest.mark.parametrize(
    ("target", "command", "code", "hint"),
    [
        ("ledger.app.roster.append_roster", ("append", "roster.csv"), 130, "the ledger is whole"),
        ("ledger.app.auditing.audit_on", ("verify", "home/public"), 130, "nothing was changed"),
    ],
)
def test_ctrl_c_says_what_is_safe(
    folder: Path, monkeypatch: pytest.MonkeyPatch, target: str, command: tuple[str, ...], code: int, hint: str
) -> None:
    def interrupt(*_arguments: object, **_values: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(target, interrupt)
    ran = ledger(folder, "--home", "home", *command)
    assert ran.code == code
    assert "ledger: error: interrupted\nhint: " in ran.err
    assert hint in ran.err


def test_a_full_disk_is_told_and_the_next_command_finishes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def full(store: Store, public: Path, trust: bytes, steps: Mapping[str, bytes], progress: Progress) -> None:
        """The disk fills up between the command's look at what is unfinished and its own publication."""
        calls.append(public)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        project(store, public, trust, steps, progress)

    with monkeypatch.context() as patch:
        patch.setattr("ledger.app.writing.project", full)
        ran = ledger(folder, "--home", "home", "revoke", NUMBER, "--reason", "fraud")
    assert ran.code == 1
    assert ran.err.startswith("ledger: error: the disk is full (No space left on device)\nhint: make room")
    ran = ledger(folder, "--home", "home", "status")
    assert ran.err.startswith("ledger: the last publication was not finished; finishing it\n")
    assert "Public folder    an unfinished publication was finished" in ran.out
    assert ledger(folder, "check", NUMBER, "--in", "home/public").out.startswith(f"{NUMBER}  Revoked")
    assert ledger(folder, "verify", "home/public").code == 0


def test_an_old_backup_does_not_go_on(folder: Path) -> None:
    backup = folder / "backup.db"
    shutil.copyfile(folder / "home" / "register.db", backup)
    assert ledger(folder, "--home", "home", "renew").code == 0
    shutil.copyfile(backup, folder / "home" / "register.db")
    ran = ledger(folder, "--home", "home", "renew")
    assert ran.code == 1
    assert "an old backup must not go on" in ran.err
    ran = ledger(folder, "--home", "home", "status")
    assert ran.code == 1
    assert "it may be an old backup" in ran.out


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (OperationalError("SELECT 1", {}, Exception("boom")), "the register's database failed (OperationalError)"),
        (MemoryError(), "out of memory"),
        (FileNotFoundError(errno.ENOENT, "No such file", "x.txt"), "there is no file x.txt"),
        (PermissionError(errno.EACCES, "denied", "x.txt"), "permission denied: x.txt"),
        (ZeroDivisionError("division"), "an internal error (ZeroDivisionError)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_of_others_become_one_message(error: Exception, text: str) -> None:
    failure = describe(error, load_texts("en"), otherwise=3, writes=False)
    assert failure.text.startswith(text)
    assert failure.code == 3
    assert "\n" not in failure.text


def test_a_defect_shows_no_traceback_and_no_values(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_values: object) -> None:
        raise ValueError("张三 110101199001010018")

    monkeypatch.setattr("ledger.app.roster.append_roster", broken)
    ran = ledger(folder, "--home", "home", "append", "roster.csv", lang="zh")
    assert ran.code == 1
    assert ran.err.startswith("ledger: 错误：程序内部错误（ValueError）")
    assert "Traceback" not in ran.err
    assert "张三" not in ran.err


def test_json_is_the_report_to_the_byte(folder: Path) -> None:
    """As a real process: what goes down the pipe are the very bytes of format_report, and a newline."""
    place = folder / "home" / "public"
    command = [sys.executable, "-m", "ledger.cli", "check", NUMBER, "--in", str(place), "--json"]
    command += ["--at", "2026-11-20T08:00:30Z", "--state", str(folder / "state")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    trust = parse_trust((place / "trust.json").read_bytes())
    report = check_certificate(NUMBER, open_place(str(place)), trust=trust, profiles=load_profiles(), now=NOW + 30)
    assert done.returncode == 0
    assert done.stdout == format_report(report) + b"\n"
    again = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    assert b'"reason":"same"' in again.stdout


def test_the_audit_as_json(folder: Path) -> None:
    shard = folder / "home" / "public" / "shard" / "0" / "000.txt"
    good = ledger(folder, "verify", "home/public", "--json")
    assert '"findings":[]' in good.out
    assert good.out.endswith('"verdict":"verified","warnings":[]}\n')
    shard.write_bytes(shard.read_bytes().replace(b'"level":"3"', b'"level":"4"', 1))
    bad = ledger(folder, "verify", "home/public", "--json")
    assert bad.code == 1
    assert '"rule":"shard_differs"' in bad.out
    assert "  shard_differs (1)  " in ledger(folder, "verify", "home/public").out


def test_nothing_private_is_printed_by_append_and_correct(folder: Path) -> None:
    (folder / "change.toml").write_text('name = "测试更正"\n', encoding="utf-8")
    ran = ledger(folder, "--home", "home", "correct", NUMBER, "--from", "change.toml")
    again = ledger(folder, "--home", "home", "append", "roster.csv")
    assert (ran.code, again.code) == (0, 0)
    for text in (ran.out, ran.err, again.out, again.err):
        for private in ("测试更正", "𠮷田禾", "欧阳青松", "5001121990"):
            assert private not in text


def test_whoever_stops_reading_gets_no_traceback(folder: Path) -> None:
    command = [sys.executable, "-m", "ledger.cli", "check", NUMBER, "--in", str(folder / "home" / "public")]
    command += ["--state", str(folder / "state")]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert b"Traceback" not in done.stderr
    assert b"BrokenPipe" not in done.stderr
    assert done.returncode == 141
