"""`ledger verify --since`, --rules, and the report that is filed."""

import json
import shutil
from pathlib import Path

import pytest

from ledger.cli.filed import HEIGHT, WIDTH, Plot, plot
from ledger.core.trust import parse_trust
from tests.cli.cases import NUMBER, ledger, make_issued, must

HOME = ("--home", "home")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_issued(tmp_path)
    shutil.copy(tmp_path / "home/public/checkpoint", tmp_path / "kept")
    must(ledger(tmp_path, *HOME, "revoke", NUMBER, "--reason", "fraud"))
    return tmp_path


def test_since_and_rules_on_the_command_line(folder: Path) -> None:
    ran = must(ledger(folder, "verify", "home/public", "--since", "kept", "--rules"))
    assert "Rule set cn-chongqing-2020-1 (" in ran.out
    row = next(line for line in ran.out.splitlines() if line.split()[:1] == ["serial.order"])
    assert row.split()[2] == "0"
    (folder / "other").write_bytes((folder / "kept").read_bytes().replace(b"\n\n", b"\nx\n\n"))
    ran = ledger(folder, "verify", "home/public", "--since", "other")
    assert (ran.code, "not a checkpoint of this ledger" in ran.err) == (2, True)


def test_what_is_kept_makes_the_next_audit_read_only_what_is_new(folder: Path) -> None:
    must(ledger(folder, "verify", "home/public", "--keep", "last"))
    ran = must(ledger(folder, "verify", "home/public", "--since", "last", "--keep", "last"))  # nothing new
    assert "Verified: of what came after the first 11 entries" in ran.out
    must(ledger(folder, *HOME, "renew"))
    ran = must(ledger(folder, "verify", "home/public", "--since", "last", "--keep", "next", "--report", "filed"))
    assert "\nledger: 1 entries in" in ran.err
    assert json.loads((folder / "filed/report.json").read_bytes())["since"]["size"] == 11
    assert "of what came after the first 11 entries" in (folder / "filed/report.html").read_text(encoding="utf-8")
    assert (folder / "next").read_bytes() != (folder / "last").read_bytes()
    for kept, said in ((folder / "next").read_bytes()[:-9], "is damaged"), (b"{}", "not a checkpoint of this ledger"):
        (folder / "bad").write_bytes(kept)
        ran = ledger(folder, "verify", "home/public", "--since", "bad")
        assert (ran.code, said in ran.err) == (2, True)
    other = folder / "other"
    other.mkdir()
    make_issued(other)
    must(ledger(folder, "verify", "home/public", "--since", "next", "--trust", "home/public/trust.json"))
    again = (folder / "home/public/trust.json").read_bytes().replace(b"2592000", b"2592001")
    (folder / "trust").write_bytes(again)
    ran = ledger(folder, "verify", "home/public", "--since", "next", "--trust", "trust")
    assert (ran.code, "another trust" in ran.err, "without --since" in ran.err) == (2, True, True)


def test_what_is_found_in_the_new_part_is_said_by_an_audit_of_all(folder: Path) -> None:
    must(ledger(folder, "verify", "home/public", "--keep", "last"))
    must(ledger(folder, *HOME, "renew"))
    (folder / "home/public/holders.txt").write_bytes(b"x")
    ran = ledger(folder, "verify", "home/public", "--since", "last", "--keep", "next")
    assert (ran.code, "file_unknown" in ran.out, "all was audited from the start" in ran.err) == (1, True, True)
    assert "next was not written" in ran.err
    assert not (folder / "next").exists()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_is_complete_in_itself(folder: Path, lang: str) -> None:
    must(ledger(folder, "verify", "home/public", "--report", "filed", lang=lang))
    told = json.loads((folder / "filed/report.json").read_bytes())
    assert (told["verdict"], told["findings"]) == ("verified", [])
    page = (folder / "filed/report.html").read_text(encoding="utf-8")
    trust = parse_trust((folder / "home/public/trust.json").read_bytes())
    assert trust.origin in page
    assert told["as_of"] in page
    for never in ("<script", "http://", "https://", "url("):
        assert never not in page
    assert "默认" not in page
    spoilt = folder / "home/public/head"
    spoilt.write_bytes(spoilt.read_bytes().replace(b"index ", b"index 1"))
    ran = ledger(folder, "verify", "home/public", "--report", "filed", lang=lang)
    assert ran.code == 1
    assert "head_malformed" in (folder / "filed/report.html").read_text(encoding="utf-8")


def test_what_a_ledger_says_of_itself_is_escaped(folder: Path) -> None:
    shutil.copytree(folder / "home/public", folder / "<script>alert(1)")
    must(ledger(folder, "verify", "<script>alert(1)", "--report", "filed"))
    page = (folder / "filed/report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page
    assert "<script" not in page


class TestPlot:
    def test_steps_bands_and_marks(self) -> None:
        growth = [("2026-01-01T00:00:00Z", 2), ("2026-01-03T00:00:00Z", 6), ("2026-01-04T00:00:00Z", 8), ("x", 9)]
        drawn = plot(growth, [4, 4, 99], 86_400)
        third, two = round(WIDTH / 3, 1), round(WIDTH * 2 / 3, 1)
        assert drawn == Plot(
            f"0,{HEIGHT} 0.0,{HEIGHT}.0 0.0,180.0 {two},180.0 {two},60.0 640.0,60.0 640.0,0.0",
            [(third, round(two - third, 1))],
            [0.0, 120.0],
            "2026-01-01T00:00:00Z",
            "2026-01-04T00:00:00Z",
            8,
        )

    def test_nothing_to_draw(self) -> None:
        assert plot([], [], 1) is None
        assert plot([("x", 1)], [], 1) is None
        one = plot([("2026-01-01T00:00:00Z", 2)], [], 1)
        assert one is not None
        assert one.first == one.last
