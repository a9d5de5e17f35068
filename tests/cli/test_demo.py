"""The demonstration: it empties only its own folder, and its ledger gives the six answers it promises."""

import json
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import demo
import pytest

from ledger.app.filing import parse_filing
from ledger.app.home import load_profiles
from ledger.cli import run
from ledger.core.encoding import local_date
from ledger.core.filing_rules import filing_problems
from ledger.core.report import VERDICTS


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(demo.DemoError):
        demo.prepare(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(demo.DemoError):
        demo.prepare(tmp_path / "thesis.txt")


def test_a_folder_of_a_demonstration_is_emptied_of_its_own_files_only(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    demo.prepare(folder)
    (folder / "home" / "keys").mkdir(parents=True)
    (folder / ".site-abc").mkdir()
    (folder / "demo.json").write_text("{}")
    (folder / "notes.txt").write_text("mine")
    demo.prepare(folder)
    assert sorted(path.name for path in folder.iterdir()) == [demo.MARK, "notes.txt"]


@pytest.mark.parametrize("today", [date(2026, 1, 2), date(2028, 2, 29), date(2031, 12, 31)], ids=str)
def test_the_filings_keep_the_rules_on_any_day(today: date) -> None:
    profiles = load_profiles()
    for sample in demo.samples(today):
        body, _ = parse_filing(demo.filing(sample.organisation), profiles)
        assert list(filing_problems(body, profiles[str(body["profile"])])) == []
        assert body["name"] == sample.organisation.name


def test_the_six_numbers_have_their_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Everything but the site, which tests/browser has: at least 200 people, one number of each kind."""
    demo.prepare(tmp_path)
    shown = demo.Demo(tmp_path)
    shown.open()
    today = local_date(int(time.time()))
    for sample in demo.samples(today):
        shown.issue(sample, today - timedelta(days=3))
    numbers = shown.numbers()
    shown.events(numbers)
    shown.announce(today)
    shown.describe(numbers)
    told = capsys.readouterr()
    assert "Traceback" not in told.err
    assert "demonstration" not in told.out  # the passphrase
    value = json.loads((tmp_path / "demo.json").read_text("utf-8"))
    assert value.keys() == {"site", "public", "home", "numbers"}
    assert list(value["numbers"]) == list(demo.KINDS)
    assert set(demo.KINDS) <= set(VERDICTS)
    public = str(tmp_path / value["public"])
    for kind, number in value["numbers"].items():
        code = run(["check", number, "--in", public, "--json", "--state", str(tmp_path / "state")], out=sys.stdout)
        report = json.loads(capsys.readouterr().out)
        assert (report["verdict"], code) == (kind, 0 if kind in ("valid", "corrected", "reissued") else 1)
    assert len(list((tmp_path / value["public"] / "notice").iterdir())) == 1
    assert run(["verify", public, "--json", "--jobs", "1"]) == 0
    audit = json.loads(capsys.readouterr().out)
    assert audit["certificates"] >= 200
    assert (audit["findings"], audit["warnings"]) == ([], [])
