"""Ledgers for the tests of the command line: small, sealed with test keys, the same on every run."""

import hashlib
import io
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from ledger.cli import run
from tests.fixtures.forms import HEADER, person

NOW = 1795161600  # 2026-11-20T08:00:00Z
PASSPHRASE = "correct horse battery"
NUMBER = "S000050000001263000001"
FILING = """\
org = "S000050000001"
name = "重庆云岭技师学院（虚构）"
uscc = "125000000000000171"
profile = "cn-chongqing-2020-1"
valid_from = "2025-01-01"
valid_to = "2027-12-31"

[[scope]]
occupation = {code = "6-18-01-01", name = "车工", job = "数控车工"}
levels = ["3", "4", "5", "9"]
"""
OPEN = ("open", "--origin", "ledger.test/one", "--operator", "测试数据", "--registrar", "ledger.test/registrar")


class Ran(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str


def counting(whose: str = "") -> Callable[[int], bytes]:
    """A source of bytes that are the same on every run; others for each `whose`."""
    drawn = 0

    def draw(size: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(f"tests/cli {drawn}{whose}".encode()).digest(size)

    return draw


def ledger(
    folder: Path,
    *arguments: str,
    lang: str = "en",
    now: int = NOW,
    settings: Mapping[str, str] | None = None,
    whose: str = "",
) -> Ran:
    """Run a command in `folder`, with the test passphrase from a file."""
    (folder / "passphrase").write_text(PASSPHRASE + "\n")
    values = {"LEDGER_LANG": lang, "LEDGER_TEST_KEYS": "1", "XDG_STATE_HOME": str(folder / "state"), **(settings or {})}
    keys = [] if "--passphrase-file" in arguments else ["--passphrase-file", "passphrase"]
    out, err = io.StringIO(), io.StringIO()
    before = Path.cwd()
    os.chdir(folder)
    try:
        # The options of all commands stand first, so that what a test writes behind its command counts.
        code = run([*keys, *arguments], environment=values, out=out, err=err, now=lambda: now, random=counting(whose))
    finally:
        os.chdir(before)
    return Ran(code, out.getvalue(), err.getvalue())


def csv(rows: Iterable[list[object]]) -> str:
    """A roster of people as CSV."""
    lines = [",".join(HEADER), *(",".join(str(cell) for cell in cells) for cells in rows)]
    return "\n".join(lines) + "\n"


def must(ran: Ran) -> Ran:
    """Return what a command did that had to succeed."""
    assert ran.code == 0, ran.err
    return ran


def make_opened(folder: Path, *options: str) -> None:
    """Open a ledger in folder/home."""
    must(ledger(folder, "--home", "home", *OPEN, "--test-keys", *options))


def make_issued(folder: Path, *options: str) -> None:
    """Open a ledger with these options, file the school, append three people."""
    make_opened(folder, *options)
    (folder / "filing.toml").write_text(FILING, encoding="utf-8")
    must(ledger(folder, "--home", "home", "org", "file", "filing.toml"))
    people = [person(f"199{n}0101", 姓名=name) for n, name in enumerate(("𠮷田禾", "欧阳青松", "阿依·买提"))]
    (folder / "roster.csv").write_text(csv(people), encoding="utf-8")
    must(ledger(folder, "--home", "home", "append", "roster.csv"))
