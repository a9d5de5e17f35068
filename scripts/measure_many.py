"""The measurement of many numbers at once; see bench.py. Imported once the environment exists."""

import shutil
import time
from pathlib import Path

from measure import append, make_home, served
from playwright.sync_api import Browser, Playwright, sync_playwright
from sample_rosters import make_roster
from sitegen import build_site

from ledger.app.home import Home

NUMBERS = 1_000  # the most that the page takes


def many(folder: Path, rounds: int) -> None:
    """Print how quickly each browser checks a full list, its runtime being ready, and what it fetched."""
    folder.mkdir()
    home = make_home(folder)
    append(home, make_roster(folder / "roster.xlsx", 2 * NUMBERS))
    build_site(home.public, folder / "site", docs=False)
    text = "\n".join(_numbers(home))
    with sync_playwright() as playwright, served(folder / "site") as address:
        for name in ("chromium", "firefox"):
            browser = _start(playwright, name)
            found = [_checked(browser, address, text) for _ in range(rounds)]
            browser.close()
            seconds, requests = min(found)
            print(f"many     {NUMBERS / seconds:10.0f} /s  {name}: {NUMBERS:,} numbers in {seconds:.1f} s", end="")
            print(f", {requests} requests for the ledger's files ({requests / NUMBERS:.2f} a number)")


def _numbers(home: Home) -> list[str]:
    with home.open_store() as store:
        issued = [row.code for row in store.certificates(0, 10 * NUMBERS)]
    return issued[:: len(issued) // NUMBERS][:NUMBERS]


def _start(playwright: Playwright, name: str) -> Browser:
    if name == "firefox":
        return playwright.firefox.launch(channel="moz-firefox", executable_path=shutil.which("firefox-esr"))
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])


def _checked(browser: Browser, address: str, text: str) -> tuple[float, int]:
    """Return the seconds from the click to the last answer, and the requests below ledger/."""
    page = browser.new_context(locale="en").new_page()
    page.goto(f"{address}/en/many/")
    first = text.split("\n", 1)[0]
    seconds, asked = 0.0, 0
    for given in (first, text):  # the first starts the runtime
        asked = 0

        def count(request: object) -> None:
            nonlocal asked
            asked += "/ledger/" in str(getattr(request, "url", ""))

        page.on("request", count)
        page.fill("#many-text", given)
        begin = time.perf_counter()
        page.click("#many-start")
        total = len(given.split("\n"))
        script = "total => ['max', 'value'].every((name) => document.getElementById('many-bar')[name] === total)"
        page.wait_for_function(script, arg=total, timeout=600_000)
        seconds = time.perf_counter() - begin
        page.remove_listener("request", count)
    page.context.close()
    return seconds, asked
