"""Retention: what is past its term is told, and purged when confirmed; nothing before that; the ledger stays whole."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.app.erasing import journal
from ledger.app.home import Home
from tests.cli.cases import NOW, NUMBER, ledger, make_issued, must

HOME = ("--home", "home")
NEVER = NOW + 4 * 366 * 86400  # the longest term of Chongqing's notice is five years
LATER = NOW + 5 * 366 * 86400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_issued(tmp_path)
    return tmp_path


def test_nothing_goes_before_its_term(folder: Path) -> None:
    ran = must(ledger(folder, *HOME, "purge", "--yes", now=NEVER))
    assert "No holder's data are past their retention" in ran.out
    assert "past their retention" not in must(ledger(folder, *HOME, "status", now=NEVER)).err
    must(ledger(folder, *HOME, "holder", NUMBER, now=NEVER))


@pytest.mark.domain("J1")
def test_what_is_past_its_term_is_told_and_goes_when_confirmed(folder: Path) -> None:
    view = {path: path.read_bytes() for path in (folder / "home/public/masked").rglob("*.txt")}
    assert "are past their retention" in must(ledger(folder, *HOME, "status", now=LATER)).err
    ran = ledger(folder, *HOME, "purge", now=LATER)
    assert (ran.code, "nothing was purged" in ran.err) == (1, True)
    assert [line.split()[0] for line in ran.out.splitlines()[1:]] == [f"{NUMBER[:-1]}{n}" for n in (1, 2, 3)]
    assert "retention.electronic" in ran.out
    must(ledger(folder, *HOME, "holder", NUMBER, now=LATER))
    ran = must(ledger(folder, *HOME, "purge", "--yes", now=LATER))
    assert "The data of 3 holders are purged" in ran.out
    ran = ledger(folder, *HOME, "holder", NUMBER, now=LATER)
    assert (ran.code, "not in the register any more" in ran.err) == (1, True)
    # The certificate and its public view stay; the papers with names and codes are gone.
    assert view == {path: path.read_bytes() for path in (folder / "home/public/masked").rglob("*.txt")}
    assert not any((folder / "home/outputs").rglob("*.xlsx"))
    for secret in ("欧阳青松", "阿依·买提"):
        for file in (folder / "home").rglob("*"):
            assert not file.is_file() or secret.encode() not in file.read_bytes(), file
    must(ledger(folder, *HOME, "renew", now=LATER))
    must(ledger(folder, "check", NUMBER, "--in", "home/public", now=LATER))
    must(ledger(folder, "verify", "home/public"))
    ran = must(ledger(folder, *HOME, "purge", now=LATER))
    assert "No holder's data" in ran.out


def test_it_is_noted_and_outlives_a_restored_backup(folder: Path) -> None:
    backup = (folder / "home/register.db").read_bytes()
    must(ledger(folder, *HOME, "purge", "--yes", now=LATER))
    home = Home.at(folder / "home")
    code, _, note = journal(home).read_text(encoding="utf-8").splitlines()[0].partition(" ")
    at = datetime.fromtimestamp(LATER, UTC).isoformat().replace("+00:00", "Z")
    assert (code, json.loads(note)) == (NUMBER, {"at": at, "by": "issuer", "ground": "retention", "kept": "view"})
    for file in folder.glob("home/register.db*"):
        file.unlink()
    (folder / "home/register.db").write_bytes(backup)
    must(ledger(folder, *HOME, "renew", now=LATER))
    ran = ledger(folder, *HOME, "holder", NUMBER, now=LATER)
    assert (ran.code, "not in the register any more" in ran.err) == (1, True)
    must(ledger(folder, "verify", "home/public"))


def test_a_holder_may_still_have_the_view_taken_back(folder: Path) -> None:
    must(ledger(folder, *HOME, "purge", "--yes", now=LATER))
    must(ledger(folder, *HOME, "erase", NUMBER, "--by", "holder", "--ground", "consent", "--yes", now=LATER))
    must(ledger(folder, *HOME, "renew", now=LATER))
    ran = must(ledger(folder, "check", NUMBER, "--in", "home/public", "--json", now=LATER))
    assert json.loads(ran.out)["withdrawn"] is True
    must(ledger(folder, "verify", "home/public"))
