"""Receipts on the command line: kept, followed again without the ledger, told apart from an answer about today."""

import json
import shutil
from pathlib import Path

import pytest

from ledger.core.receipt import parse_receipt
from tests.cli.cases import NOW, NUMBER, ledger, make_issued, must

DAY = 86_400


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a receipt and trust.json; the ledger itself is gone."""
    folder = tmp_path_factory.mktemp("receipt")
    make_issued(folder)
    ran = must(ledger(folder, "check", NUMBER, "--in", "home/public", "--receipt", "receipt.txt"))
    assert "the receipt is in receipt.txt" in ran.err
    ran = must(ledger(folder, "prove", "3", "--in", "home/public", "--out", "3.tlog-proof"))
    assert "proven: entry 3 of the ledger" in ran.out
    assert ledger(folder, "prove", "999", "--in", "home/public", "--out", "none").code == 3
    (folder / "home/public/tile/entries").rename(folder / "entries")
    ran = ledger(folder, "prove", "3", "--in", "home/public", "--out", "none")
    assert (ran.code, "lacks a file" in ran.err, (folder / "none").exists()) == (3, True, False)
    shutil.copy(folder / "home/public/trust.json", folder / "trust.json")
    shutil.rmtree(folder / "home")
    return folder


def test_it_is_followed_again_without_the_ledger(kept: Path) -> None:
    ran = must(ledger(kept, "check", "--proof", "receipt.txt", "--trust", "trust.json", now=NOW + 3 * DAY))
    assert f"{NUMBER}  Valid" in ran.out
    assert "the answer at the time of the receipt, 3 d ago" in ran.err
    ran = must(ledger(kept, "check", NUMBER, "--proof", "receipt.txt", "--trust", "trust.json", "--json"))
    assert json.loads(ran.out)["verdict"] == "valid"


def test_the_proof_of_an_entry_stands_alone(kept: Path) -> None:
    ran = must(ledger(kept, "check", "--proof", "3.tlog-proof", "--trust", "trust.json", now=NOW + 400 * DAY))
    assert "proven: entry 3 of the ledger" in ran.out
    assert "knows nothing of a later suspension" in ran.err
    ran = must(ledger(kept, "check", "--proof", "3.tlog-proof", "--trust", "trust.json", "--json"))
    assert json.loads(ran.out)["entry"]["seq"] == 3
    data = (kept / "3.tlog-proof").read_bytes()
    (kept / "spoilt").write_bytes(data.replace(b"index 3", b"index 2"))
    assert ledger(kept, "check", "--proof", "spoilt", "--trust", "trust.json").code == 3


def test_an_old_one_still_shows_its_answer_but_says_nothing_about_today(kept: Path) -> None:
    ran = ledger(kept, "check", "--proof", "receipt.txt", "--trust", "trust.json", now=NOW + 40 * DAY)
    assert ran.code == 3
    assert f"{NUMBER}  Valid" in ran.out
    assert "too long ago to say anything about today" in ran.err


def test_it_holds_public_files_only(kept: Path) -> None:
    receipt = parse_receipt((kept / "receipt.txt").read_bytes())
    assert receipt.code == NUMBER
    assert {path.split("/")[0] for path in receipt.files} == {"head", "masked", "shard"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--proof", "receipt.txt"), 2, "--trust"),
        (("--proof", "receipt.txt", "--trust", "trust.json", "--in", "x"), 2, "its own moment only"),
        (("--proof", "trust.json", "--trust", "trust.json"), 3, "cannot be read: receipt: "),
        (("--proof", "receipt.txt", "--trust", "receipt.txt"), 3, "cannot be read: trust.json"),
        ((f"{NUMBER[:-1]}2", "--proof", "receipt.txt", "--trust", "trust.json"), 1, "about another number"),
        ((NUMBER,), 2, "a number and --in"),
        (("--in", "."), 2, "a number and --in"),
        ((NUMBER, "--in", ".", "--trust", "trust.json", "--receipt", "none.txt"), 3, "nothing to make a receipt of"),
    ],
)
def test_what_is_asked_for_wrongly(kept: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = ledger(kept, "check", *arguments)
    assert (ran.code, said in ran.err) == (code, True), ran.err


def test_a_changed_one_is_never_good(kept: Path) -> None:
    """One digit of base64 changed in each line, in turn: malformed, or not proven."""
    lines = (kept / "receipt.txt").read_text("ascii").split("\n")
    for at in range(2, len(lines) - 1):
        head, _, text = lines[at].rpartition(" ")
        other = "A" if text[4] != "A" else "B"
        changed = [*lines[:at], f"{head} {text[:4]}{other}{text[5:]}", *lines[at + 1 :]]
        (kept / "changed.txt").write_text("\n".join(changed), "ascii")
        ran = ledger(kept, "check", "--proof", "changed.txt", "--trust", "trust.json")
        assert ran.code in (1, 3), lines[at][:60]
