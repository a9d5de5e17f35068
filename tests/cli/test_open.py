"""Opening: real keys, prompts, and what an interruption leaves."""

import io
import shutil
import sys
from pathlib import Path

import pytest
from sitegen import ledgerinfo

from ledger.app import opening
from ledger.app.home import Home
from ledger.cli import run
from ledger.cli.commands.organisations import fingerprint
from ledger.core.trust import parse_trust
from tests.cli.cases import NOW, OPEN, PASSPHRASE, counting, ledger, make_opened


def test_real_keys_are_asked_for_twice_and_open_without_a_switch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The prompt, and the strong key derivation once: 256 MiB."""
    asked: list[str] = []

    def answer(prompt: str, _stream: object) -> str:
        asked.append(prompt)
        return PASSPHRASE

    class Keyboard(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("getpass.getpass", answer)
    monkeypatch.setattr(sys, "stdin", Keyboard())
    out, err = io.StringIO(), io.StringIO()
    values = {"LEDGER_LANG": "zh", "LEDGER_HOME": str(tmp_path / "home")}
    assert run([*OPEN], environment=values, out=out, err=err, now=lambda: NOW) == 0, err.getvalue()
    assert asked == ["口令：", "再输一次："]
    assert "注意" not in err.getvalue()
    assert run(["renew"], environment=values, out=out, err=err, now=lambda: NOW) == 0, err.getvalue()
    assert asked[2:] == ["口令："]
    assert PASSPHRASE not in out.getvalue() + err.getvalue()


def test_two_different_passphrases_make_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(("one", "two"))
    monkeypatch.setattr("getpass.getpass", lambda *_: next(answers))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    err = io.StringIO()
    values = {"LEDGER_LANG": "en", "LEDGER_HOME": str(tmp_path / "home")}
    assert run([*OPEN, "--test-keys"], environment=values, out=io.StringIO(), err=err) == 1
    assert "the two passphrases differ; nothing was done" in err.getvalue()
    assert not (tmp_path / "home").exists()


def test_an_interrupted_opening_is_finished_by_running_it_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("--home", "home", *OPEN, "--test-keys")

    def interrupt(*_arguments: object, **_values: object) -> None:
        raise KeyboardInterrupt

    for place in ("home.save_keyring", "writing", "publish"):
        folder = tmp_path / place
        folder.mkdir()
        with monkeypatch.context() as patch:
            owner = Home if place.startswith("home.") else opening
            patch.setattr(owner, place.removeprefix("home."), interrupt)
            assert ledger(folder, *arguments).code == 130
        ran = ledger(folder, *arguments)
        assert ran.code == 0, ran.err
        assert ran.out.startswith("The ledger ledger.test/one is open in ")
        assert ledger(folder, "verify", "home/public").code == 0
        assert ledger(folder, *arguments).code == 1


def test_the_anchor_is_found_when_home_and_anchor_move_together(tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    arguments = (*OPEN, "--test-keys", "--anchor", "safe/anchor")
    assert ledger(before, "--home", "home", *arguments).code == 0
    assert 'anchor = "../safe/anchor"' in (before / "home" / "ledger.toml").read_text(encoding="utf-8")
    shutil.move(before, tmp_path / "after")
    assert ledger(tmp_path / "after", "--home", "home", "renew").code == 0


def test_the_fingerprint_is_the_one_of_the_page(tmp_path: Path) -> None:
    make_opened(tmp_path)
    public = tmp_path / "home" / "public"
    trust = parse_trust((public / "trust.json").read_bytes())
    assert fingerprint(trust.log) == ledgerinfo.read_ledger(public).fingerprint
    assert fingerprint(trust.log) in ledger(tmp_path, "--home", "home", "key", "show").out


def test_randomness_of_the_tests_is_the_same_every_time() -> None:
    assert counting()(32) == counting()(32)
