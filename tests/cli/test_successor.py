"""A successor ledger: opened behind one that ended in an accident, and held against it."""

import shutil
from pathlib import Path

import pytest

from tests.cli.cases import NUMBER, ledger, make_issued, must

NAMES = ("--operator", "测试数据", "--registrar", "ledger.test/registrar")
OPEN = ("open", "--origin", "ledger.test/two", *NAMES, "--test-keys")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The old ledger's public folder, as a mirror has kept it; its home is lost."""
    make_issued(tmp_path)
    shutil.move(tmp_path / "home/public", tmp_path / "mirror")
    shutil.rmtree(tmp_path / "home")
    return tmp_path


def test_the_first_record_names_the_old_ledger_and_an_audit_holds_it_against_that(folder: Path) -> None:
    must(ledger(folder, "--home", "new", *OPEN, "--after", "mirror", whose="new"))
    must(ledger(folder, "verify", "new/public", "--after", "mirror"))
    must(ledger(folder, "--home", "new", "build", "--out", "site"))
    page = (folder / "site/en/index.html").read_text(encoding="utf-8")
    assert "This ledger follows ledger.test/one: earlier certificates are in that one" in page
    ran = ledger(folder, "check", NUMBER, "--in", "new/public")
    assert (ran.code, "not in this ledger" in ran.out.lower()) == (1, True)


def test_what_does_not_fit_is_found(folder: Path) -> None:
    must(ledger(folder, "--home", "new", *OPEN, "--after", "mirror", whose="new"))
    must(ledger(folder, "--home", "alone", *OPEN, whose="alone"))
    ran = ledger(folder, "verify", "alone/public", "--after", "mirror")
    assert (ran.code, "this ledger names none" in ran.out) == (1, True)
    ran = ledger(folder, "verify", "new/public", "--after", "alone/public")
    assert (ran.code, "names another ledger" in ran.out) == (1, True)
    head = folder / "mirror/head"
    head.write_bytes(head.read_bytes().replace(b"index ", b"index 1"))
    ran = ledger(folder, "verify", "new/public", "--after", "mirror")
    assert (ran.code, "head_malformed" in ran.out) == (1, True)
    ran = ledger(folder, "--home", "third", *OPEN, "--after", "mirror")
    assert (ran.code, "nothing can follow it" in ran.err) == (1, True)
    assert not (folder / "third").exists()


def test_an_interrupted_opening_keeps_its_word(folder: Path) -> None:
    """The predecessor stands in ledger.toml before anything is signed."""
    must(ledger(folder, "--home", "new", *OPEN, "--after", "mirror", whose="new"))
    text = (folder / "new/ledger.toml").read_text(encoding="utf-8")
    assert 'predecessor = ["ledger.test/one", "' in text
