"""The audit in the page: the command line's answer on a sound ledger, on a spoilt one; progress, and a stop."""

import json
from pathlib import Path

from playwright.sync_api import Browser, Route

from ledger.app.auditing import audit_place
from ledger.app.home import load_profiles
from ledger.app.places import FolderPlace
from ledger.core.audit import format_audit
from ledger.core.trust import parse_trust
from tests.browser.conftest import PATIENCE, SCREENSHOTS, WATCH, Visit
from tests.site.kit import SmallLedger

SAVED = """() => new Promise((resolve) => {
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => { blob.text().then(resolve); return make(blob); };
  document.getElementById("audit-save").click();
})"""


def opened(browser: Browser, address: str, path: str) -> Visit:
    context = browser.new_context(viewport={"width": 390, "height": 900})
    context.add_init_script(WATCH)
    visit = Visit(context.new_page(), address)
    visit.watch()
    visit.open(path)
    return visit


def audited(visit: Visit) -> str:
    visit.page.click("#audit-start")
    visit.page.wait_for_selector("#audit-box:not([hidden])", timeout=PATIENCE)
    assert visit.page.evaluate("document.activeElement.id") == "audit-verdict"
    return visit.page.get_attribute("#audit-box", "data-verdict") or ""


def native(public: Path) -> str:
    trust = parse_trust((public / "trust.json").read_bytes())
    return format_audit(audit_place(FolderPlace(public), trust, load_profiles())).decode()


def test_the_page_says_what_the_command_line_says(browser: Browser, small: SmallLedger, address: str) -> None:
    visit = opened(browser, address, "/en/audit/")
    assert audited(visit) == "verified"
    text: str = visit.page.evaluate(SAVED)
    assert text == native(small.public) + "\n"
    assert json.loads(text)["entries"] > 20
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.check_quiet()
    if browser.browser_type.name == "chromium":
        visit.page.screenshot(path=str(SCREENSHOTS / "audit.png"), full_page=True)
    visit.page.context.close()


def test_a_lie_is_named_and_an_outage_is_none(browser: Browser, address: str) -> None:
    visit = opened(browser, address, "/audit/")

    def spoil(route: Route) -> None:
        body = route.fetch().body()
        route.fulfill(status=200, content_type="text/plain", body=body.replace(b'"level":"3"', b'"level":"4"', 1))

    visit.page.route("**/ledger/shard/**", spoil)
    assert audited(visit) == "not_verified"
    assert "shard_differs" in visit.page.inner_text("#audit-findings")
    visit.page.unroute("**/ledger/shard/**")
    visit.page.route("**/ledger/masked/**", lambda route: route.abort())
    assert audited(visit) == "not_checked"
    assert "masked/" in visit.page.inner_text("#audit-findings")
    visit.page.context.close()


def test_what_only_an_audit_needs_comes_for_one_and_is_checked(browser: Browser, address: str) -> None:
    visit = opened(browser, address, "/en/audit/")
    visit.page.route("**/core-audit.zip", lambda route: route.fulfill(status=200, body=b"PK not what is pinned"))
    visit.page.click("#audit-start")
    visit.page.wait_for_selector('#audit-state[data-state="bad"]', timeout=PATIENCE)
    assert "does not have the fingerprint" in visit.page.inner_text("#audit-state")
    assert visit.page.locator("#audit-box").is_hidden()
    assert visit.paths("/ledger/") == []
    visit.page.unroute("**/core-audit.zip")
    assert audited(visit) == "verified"
    assert visit.page.get_attribute("#audit-state", "data-state") != "bad"
    visit.page.context.close()


def test_it_can_be_stopped_and_begun_again(browser: Browser, address: str) -> None:
    visit = opened(browser, address, "/en/audit/")
    waiting: list[Route] = []

    def keep(route: Route) -> None:
        """It never answers."""
        waiting.append(route)

    visit.page.route("**/ledger/tile/entries/**", keep)
    visit.page.click("#audit-start")
    visit.page.wait_for_function(
        "() => /Replaying the chain/.test(document.getElementById('audit-state').textContent)", timeout=PATIENCE
    )
    visit.page.click("#audit-stop")
    assert visit.page.inner_text("#audit-state") == "Stopped; there is no result."
    assert visit.page.locator("#audit-box").is_hidden()
    for route in waiting:
        route.abort()
    visit.page.unroute("**/ledger/tile/entries/**")
    assert audited(visit) == "verified"
    visit.page.context.close()
