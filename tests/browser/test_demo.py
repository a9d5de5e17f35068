"""The demonstration, as a newcomer runs it: both browsers prove its six numbers, and the command line says the same."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import WATCH, Visit
from tests.site.kit import PYTHON, REPOSITORY, native_report, served

KINDS = ("valid", "revoked", "suspended", "corrected", "reissued", "absent")
GOOD = {"valid", "corrected", "reissued"}


@dataclass(frozen=True)
class Demo:
    site: Path
    public: Path
    numbers: dict[str, str]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    home = tmp_path_factory.mktemp("demo") / "demo"
    command = [PYTHON, str(REPOSITORY / "scripts" / "demo.py"), "--home", str(home), "--no-serve"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    told = json.loads((home / "demo.json").read_text("utf-8"))
    return Demo(home / told["site"], home / told["public"], told["numbers"])


@pytest.fixture(scope="module")
def shown(browser: Browser, demo: Demo) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.add_init_script(WATCH)
    with served(demo.site) as address:
        seen = Visit(context.new_page(), address)
        seen.watch()
        seen.open()
        yield seen
        context.close()


@pytest.mark.parametrize("kind", KINDS)
def test_the_demonstration_s_numbers_are_proven(shown: Visit, demo: Demo, tmp_path: Path, kind: str) -> None:
    number = demo.numbers[kind]
    shown.forget()
    assert shown.look_up(number) == kind
    text = shown.report()
    report = json.loads(text)
    assert text == native_report(demo.public, number, report["checked_at"])
    shown.check_quiet()
    asked = ["check", number, "--in", str(demo.site), "--json", "--at", report["checked_at"], "--state", str(tmp_path)]
    done = subprocess.run(
        [PYTHON, "-m", "ledger.cli", *asked], cwd=REPOSITORY, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == (0 if kind in GOOD else 1), done.stderr.decode()
    assert done.stdout.decode().rstrip("\n") == text
