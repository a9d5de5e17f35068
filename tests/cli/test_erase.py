"""Erasure on the command line: nothing opens what was erased; a restored backup does not bring it back.

That nothing is left of a person in any byte is for tests/faults/test_erasure.py.
"""

import json
import shutil
from pathlib import Path

import pytest

from ledger.app.holders import open_holder
from ledger.app.home import Home
from ledger.app.opening import DATA_KEY
from ledger.crypto.rowseal import RowSealer
from tests.cli.cases import NUMBER, PASSPHRASE, Ran, ledger, make_issued, must
from tests.leaks import Secrets, scan_folder

SECOND = f"{NUMBER[:-1]}2"
OTHERS = "resident identity number"  # what the scanner calls a number of somebody it does not know
ASKED = ("--by", "holder", "--ground", "consent")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("erase")
    make_issued(folder)
    return folder


@pytest.fixture
def world(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "world")
    return tmp_path / "world"


def run(folder: Path, *arguments: str) -> Ran:
    return ledger(folder, "--home", "home", *arguments)


def told(folder: Path, number: str = NUMBER) -> dict[str, object]:
    held: dict[str, object] = json.loads(must(run(folder, "holder", number)).out)
    return held


def canaries(folder: Path, number: str) -> tuple[Secrets, list[bytes]]:
    """Who the holder is, and the sealed bytes that would say so to whoever has the key."""
    home = Home.at(folder / "home")
    keyring, _ = home.open_keyring(PASSPHRASE, allow_test=True)
    with home.open_store() as store:
        row = store.get_certificate(number)
        assert row is not None
        assert row.sealed is not None
        assert row.person_tag is not None
        holder = open_holder(RowSealer(keyring.data_key(DATA_KEY)), number, row.sealed)
        return Secrets([holder.name], [holder.doc_no], [holder.verification_code]), [row.sealed, row.person_tag]


def traces(folder: Path, secrets: Secrets, sealed: list[bytes]) -> list[str]:
    """Where in the home, the public folder and the outputs something of the holder still is."""
    leaks, _, _ = scan_folder(folder / "home", secrets)
    found = [leak.where for leak in leaks if leak.kind != OTHERS]
    for file in (folder / "home").rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            found += [f"{file.name}: sealed" for one in sealed if one in data]
    return found


def test_a_holder_is_told_everything(world: Path) -> None:
    held = told(world)
    assert held["certificate"] == NUMBER
    assert isinstance(held["holder"], dict)
    assert held["holder"]["name"] == "𠮷田禾"
    assert set(held["holder"]) == {"name", "doc_type", "doc_no", "employer", "verification_code"}
    assert held["entries"] == [5]


def test_nothing_happens_without_yes(world: Path) -> None:
    before = (world / "home/register.db").read_bytes()
    ran = run(world, "erase", NUMBER, *ASKED)
    assert ran.code == 1
    assert NUMBER in ran.out
    assert "nothing was erased" in ran.err
    assert (world / "home/register.db").read_bytes() == before
    assert told(world)


def test_the_certificate_stays_what_it_is_and_says_that_the_view_was_withdrawn(world: Path) -> None:
    ran = must(run(world, "erase", NUMBER, SECOND, *ASKED, "--yes"))
    assert "erased the data of 2 holders" in ran.out
    must(ledger(world, "verify", "home/public"))
    third = f"{NUMBER[:-1]}3"
    assert told(world, third)["state"] == "valid"
    for number, verdict in ((NUMBER, "valid"), (third, "valid")):
        report = json.loads(must(ledger(world, "check", number, "--in", "home/public", "--json")).out)
        assert report["verdict"] == verdict
        assert ("masked" in report) == (number == third)
        assert ("withdrawn" in report) == (number != third)


def test_the_code_lists_of_corrections_go_too_and_only_of_that_holder(world: Path) -> None:
    for number, name in ((NUMBER, "测试更名甲"), (SECOND, "测试更名乙")):
        (world / "change.toml").write_text(f'name = "{name}"\n', encoding="utf-8")
        named_anew = ("correct", number, "--from", "change.toml", "--reason", "name_change")
        must(ledger(world, "--home", "home", *named_anew, whose=number))  # a verification code of its own
    corrections = world / "home/outputs/corrections"
    secrets, sealed = canaries(world, NUMBER)
    named = str(next(corrections.glob(f"{NUMBER}-*.xlsx")).relative_to(world))
    assert any(f"corrections/{NUMBER}-" in where for where in traces(world, secrets, sealed))
    outputs = told(world)["outputs"]
    assert isinstance(outputs, list)
    assert named in outputs
    asked = run(world, "erase", NUMBER, *ASKED)
    assert (asked.code, named in asked.out) == (1, True)
    must(run(world, "erase", NUMBER, *ASKED, "--yes"))
    assert [file.name.partition("-")[0] for file in corrections.iterdir()] == [SECOND]
    assert traces(world, secrets, sealed) == []
    must(ledger(world, "verify", "home/public"))


def test_by_document(world: Path) -> None:
    holder = told(world)["holder"]
    assert isinstance(holder, dict)
    (world / "who.toml").write_text(f'doc_type = "{holder["doc_type"]}"\ndoc_no = "{holder["doc_no"]}"\n')
    ran = must(run(world, "erase", "--document", "who.toml", *ASKED, "--yes"))
    assert NUMBER in ran.out
    assert SECOND not in ran.out
    assert holder["doc_no"] not in ran.out + ran.err
    (world / "who.toml").write_text('doc_type = "201"\ndoc_no = "500101199001010007"\n')
    ran = run(world, "erase", "--document", "who.toml", *ASKED, "--yes")
    assert (ran.code, "no certificate has this document" in ran.err) == (1, True)


def test_a_restored_backup_does_not_bring_a_person_back(world: Path) -> None:
    secrets, sealed = canaries(world, NUMBER)
    shutil.copytree(world / "home", world / "backup")
    must(run(world, "erase", NUMBER, *ASKED, "--yes"))
    shutil.rmtree(world / "home")
    shutil.copytree(world / "backup", world / "home")
    assert traces(world, secrets, sealed)
    ran = must(run(world, "renew"))
    assert "erased them" in ran.err
    assert traces(world, secrets, sealed) == []
    assert "erased them" not in must(run(world, "renew")).err


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("step", ["transaction", "rebuild", "rmtree", "project_masked", "set_setting"])
def test_killed_anywhere_the_next_command_goes_on(world: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    secrets, sealed = canaries(world, NUMBER)

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        owner = {"rmtree": "shutil", "project_masked": "ledger.app.erasing"}.get(step, "ledger.store.Store")
        patch.setattr(f"{owner}.{step}", killed)
        with pytest.raises(KilledError):
            run(world, "erase", NUMBER, *ASKED, "--yes")
    assert must(run(world, "renew"))
    assert traces(world, secrets, sealed) == []
    must(ledger(world, "verify", "home/public"))


def test_who_asked_and_why_is_noted(world: Path) -> None:
    must(run(world, "erase", NUMBER, *ASKED, "--yes"))
    with Home.at(world / "home").open_store() as store:
        note = store.setting(f"erased/{NUMBER}")
    assert note == '{"at": "2026-11-20T08:00:00Z", "by": "holder", "ground": "consent"}'
    assert (world / "home.anchor.erased").read_text("utf-8") == f"{NUMBER} {note}\n"
    again = run(world, "erase", NUMBER, *ASKED, "--yes")
    assert (again.code, "not in the register any more" in again.err) == (1, True)
    ran = run(world, "print", NUMBER, "--site", "https://x.example/", "--out", "out")
    assert (ran.code, "not in the register any more" in ran.err) == (1, True)


def test_the_same_roster_writes_the_others_papers_again(world: Path) -> None:
    secrets, sealed = canaries(world, NUMBER)
    must(run(world, "erase", NUMBER, *ASKED, "--yes"))
    must(run(world, "append", "roster.csv"))
    assert traces(world, secrets, sealed) == []
    assert any((world / "home/outputs").rglob("verification-codes.xlsx"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((*ASKED,), 2, "give numbers, or a document"),
        ((NUMBER, "--document", "filing.toml", *ASKED), 2, "give numbers, or a document"),
        ((NUMBER, "--notice", "5", *ASKED), 2, "give numbers, or a document"),
        (("--document", "filing.toml", *ASKED), 2, "is not such a file"),
        (("--notice", "5", *ASKED), 1, "is no notice.open that stands"),
        (("S000050000001263999999", *ASKED), 1, "is not a certificate of this ledger"),
    ],
)
def test_what_is_asked_for_wrongly(world: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = run(world, "erase", *arguments, "--yes")
    assert (ran.code, said in ran.err) == (code, True), ran.err
