"""A dense QR code in the page: number, code and proof in one link; what it proves with no network, and what not."""

import json

from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, SCREENSHOTS, Visit
from tests.site.kit import SmallLedger


def follow(visit: Visit, link: str) -> None:
    """Open the link on this site, as a camera would."""
    visit.page.evaluate("document.getElementById('report').hidden = true")
    visit.page.evaluate("(hash) => { location.hash = hash }", link.partition("#")[2])
    expect(visit.page.locator("#report")).to_be_visible(timeout=PATIENCE)


def test_online_the_ledger_of_today_answers_and_the_holder_is_shown(warm: Visit, small: SmallLedger) -> None:
    follow(warm, small.dense["valid"])
    assert (warm.verdict(), warm.tone()) == ("valid", "good")
    assert small.holder.name in warm.page.inner_text("#facts")
    assert small.holder.doc_no in warm.page.inner_text("#facts")
    assert warm.page.evaluate("location.hash") == f"#{small.numbers['valid']}"  # neither code nor proof stays there
    follow(warm, small.dense["revoked"])
    assert (warm.verdict(), warm.tone()) == ("revoked", "bad")
    warm.check_quiet()


def test_without_a_network_it_proves_the_record_and_never_says_valid(warm: Visit, small: SmallLedger) -> None:
    warm.page.route("**/ledger/**", lambda route: route.abort())
    try:
        follow(warm, small.dense["valid"])
    finally:
        warm.page.unroute("**/ledger/**")
    assert warm.verdict() == "not_checked"
    assert warm.tone() not in ("good", "bad")
    assert json.loads(warm.report())["reason"] == "compact"
    assert small.holder.name in warm.page.inner_text("#facts")
    browser = warm.page.context.browser
    if browser is not None and browser.browser_type.name == "chromium":  # Firefox's pictures break the page's policy
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for width in (360, 1280):
            warm.page.set_viewport_size({"width": width, "height": 900})
            warm.page.screenshot(path=SCREENSHOTS / f"dense-offline-{width}.png", full_page=True)
    warm.said.clear()  # what browsers say about a network that is off


def test_a_forged_proof_is_shown_as_such_although_the_number_is_good(warm: Visit, small: SmallLedger) -> None:
    head, _, proof = small.dense["valid"].rpartition(".")
    at = len(proof) - 20
    other = "A" if proof[at] != "A" else "B"
    follow(warm, f"{head}.{proof[:at]}{other}{proof[at + 1 :]}")
    assert (warm.verdict(), warm.tone()) == ("inconsistent", "bad")
    assert small.holder.name not in warm.page.inner_text("#facts")


def test_one_that_cannot_be_read_is_said_and_the_number_is_checked(warm: Visit, small: SmallLedger) -> None:
    follow(warm, small.dense["valid"][:-400])
    assert warm.verdict() == "valid"
    expect(warm.page.locator("#ways-words")).to_contain_text("二维码里的证明读不懂")
    assert small.holder.name not in warm.page.inner_text("#facts")
