"""What the page on privacy says, looked for in the browser: what is stored, what is fetched, what is in the address."""

import pytest
from playwright.sync_api import BrowserContext

from ledger.core.disclosure import group_verification_code
from ledger.core.trust import parse_trust
from tests.browser.conftest import SCREENSHOTS, Visit
from tests.site.kit import SmallLedger

STORED = """async () => ({
    cookie: document.cookie,
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    databases: (await indexedDB.databases()).length,
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
})"""


def test_what_is_stored_fetched_and_shown_is_what_the_page_on_privacy_says(
    visit: Visit, context: BrowserContext, small: SmallLedger
) -> None:
    code = small.holder.verification_code
    number = small.numbers["valid"]
    visit.open(f"/#{number}.{code}")
    assert visit.verdict() == "valid"
    assert visit.page.evaluate("location.hash") == f"#{number}"  # the verification code is gone from the address
    origin = parse_trust((small.public / "trust.json").read_bytes()).origin
    stored = visit.page.evaluate(STORED)
    name = f"ledger.seen.{origin}"
    assert stored == {"cookie": "", "local": [name], "session": [], "databases": 0, "caches": [], "workers": 0}
    assert context.cookies() == []
    seen = visit.page.evaluate("(name) => localStorage.getItem(name)", name)
    assert seen.encode() == (small.public / "checkpoint").read_bytes()
    asked = {path.split("/")[2] for path in visit.paths("/ledger/")}
    assert asked == {"head", "masked", "shard"}  # and tiles of the index, once there is more than one shard
    private = (number, code, group_verification_code(code), small.holder.name, small.holder.doc_no)
    for request in visit.requests:
        told = f"{request.url.split('#')[0]} {request.post_data} {request.headers}"  # a fragment is never sent
        assert [word for word in private if word in told] == []
    visit.page.goto(f"{visit.address}/privacy/")
    assert name in visit.page.inner_text("main")
    visit.check_quiet()


@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_on_privacy_fits_the_screen(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 800})
    for path in ("/privacy/", "/en/privacy/"):
        visit.open(path)
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.open("/privacy/")
    visit.check_quiet()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    visit.page.screenshot(path=SCREENSHOTS / f"privacy-{width}.png", full_page=True)
