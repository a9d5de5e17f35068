"""Real browsers on a built site: every page is watched for console messages, foreign requests and broken policy."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Page,
    Playwright,
    Request,
    sync_playwright,
)
from sitegen import build_site

from tests.conftest import FULL
from tests.site.kit import REPOSITORY, SmallLedger, make_small_ledger, served

SCREENSHOTS = REPOSITORY / ".out" / "screenshots"
LONGEST = ("test_fault_sweep", "test_states", "test_tuf", "test_docs", "test_faults", "test_hostile")  # begun first
# Judged in Chromium; pages without a verifier, and ways to ask it that do the same in both browsers.
IN_ONE = (
    *("test_register_pages", "test_docs", "test_privacy"),
    *("test_audit", "test_camera", "test_dense", "test_details", "test_embed", "test_erased", "test_many"),
    *("test_match", "test_receipt", "test_share"),
)
PATIENCE = 120_000  # ms; a cold start on a busy machine
# Counts what the policy refuses, and keeps what the page copies: a test has no permission for the clipboard.
WATCH = """
window.refused = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.refused.push(event.violatedDirective + " " + event.blockedURI);
});
window.copied = "";
Object.defineProperty(navigator, "clipboard", { value: { writeText: async (text) => { window.copied = text; } } });
"""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with the longest modules, so that the workers end at about the same time.

    What is IN_ONE, or marked so, is left to Chromium, and pictures to look at are left out; LEDGER_FULL=1 takes all.
    """

    def later(item: pytest.Item) -> bool:
        in_one = item.path.stem in IN_ONE or item.get_closest_marker("in_one") is not None
        return item.name.startswith("test_pictures_") or (in_one and "[firefox" in item.name)

    left = [] if FULL else [item for item in items if later(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallLedger:
    return make_small_ledger(tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="session")
def site(small: SmallLedger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "site"
    build_site(small.public, out)
    return out


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    with served(site) as address:
        yield address


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session", params=["chromium", "firefox"])
def browser(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Browser]:
    """Debian's own browsers. Firefox ESR is driven over WebDriver BiDi, which needs the channel to be named."""
    if request.param == "chromium":
        found = shutil.which("chromium")
        assert found, "chromium is not installed; scripts/test.py installs it"
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
    else:
        found = shutil.which("firefox-esr")
        assert found, "firefox-esr is not installed; scripts/test.py installs it"
        started = playwright.firefox.launch(channel="moz-firefox", executable_path=found)
    yield started
    started.close()


@dataclass
class Visit:
    """A page and what was seen of it. ``address`` is the site's."""

    page: Page
    address: str
    said: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def watch(self) -> None:
        def hear(message: ConsoleMessage) -> None:
            self.said.append(f"{message.type}: {message.text}")

        def note(request: Request) -> None:
            self.requests.append(request)

        self.page.on("console", hear)
        self.page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        self.page.on("request", note)

    def open(self, path: str = "/") -> None:
        self.page.goto(self.address + path)

    def look_up(self, number: str) -> str:
        """Type a number, submit with Enter, wait for the answer; the verdict. What is no number is entered twice."""
        self.page.fill("#code", number)
        self.page.press("#code", "Enter")
        if self.page.get_attribute("#code-state", "data-state") == "bad":
            self.page.press("#code", "Enter")
        return self.verdict()

    def verdict(self) -> str:
        self.page.wait_for_selector("#report:not([hidden])", timeout=PATIENCE)
        return self.page.get_attribute("#verdict-box", "data-verdict") or ""

    def tone(self) -> str:
        return self.page.get_attribute("#verdict-box", "data-tone") or ""

    def report(self) -> str:
        """What the button gives: the very text of the report."""
        self.page.click("#copy")
        copied: str = self.page.evaluate("window.copied")
        return copied

    def forget(self) -> None:
        self.page.evaluate("localStorage.clear()")

    def paths(self, prefix: str) -> list[str]:
        asked = [request.url.removeprefix(self.address) for request in self.requests]
        return [path for path in asked if path.startswith(prefix)]

    def check_quiet(self) -> None:
        """No word on the console, nothing refused by the policy, no request to another origin, no query string."""
        assert self.said == []
        assert self.page.evaluate("window.refused") == []
        assert [request.url for request in self.requests if not request.url.startswith((self.address, "blob:"))] == []
        assert [request.url for request in self.requests if "?" in request.url] == []


@pytest.fixture(scope="module")
def warm(browser: Browser, address: str) -> Iterator[Visit]:
    """One page for many lookups of a module: Pyodide starts once."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.add_init_script(WATCH)
    seen = Visit(context.new_page(), address)
    seen.watch()
    seen.open()
    yield seen
    context.close()


@pytest.fixture
def fresh(warm: Visit) -> Iterator[Visit]:
    """The warm page as if just opened: nothing in the field, no answer, no words below."""
    dialogs: list[str] = []

    def hear(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    warm.page.on("dialog", hear)
    warm.forget()
    warm.page.fill("#code", "")
    warm.page.evaluate("document.getElementById('report').hidden = true")
    warm.requests.clear()
    yield warm
    warm.page.remove_listener("dialog", hear)
    assert dialogs == []
    warm.check_quiet()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.add_init_script(WATCH)
    yield context
    context.close()


@pytest.fixture
def visit(context: BrowserContext, address: str) -> Visit:
    seen = Visit(context.new_page(), address)
    seen.watch()
    return seen
