"""A name or document number is compared under the verification code: yes or no, and nothing of it leaves the page."""

import pytest
from playwright.sync_api import Browser

from ledger.core.disclosure import group_verification_code
from tests.browser.conftest import PATIENCE, SCREENSHOTS, Visit
from tests.site.kit import SmallLedger


@pytest.fixture
def open_match(warm: Visit, small: SmallLedger) -> Visit:
    warm.forget()
    assert warm.look_up(small.numbers["valid"]) == "valid"
    warm.page.click("#match-box summary")
    return warm


def compare(visit: Visit, code: str, name: str = "", doc_no: str = "") -> tuple[str, str]:
    """Fill the form in, send it with Enter; (state, words) of the answer."""
    page = visit.page
    page.fill("#match-code", code)
    page.fill("#match-name", name)
    page.fill("#match-doc", doc_no)
    page.press("#match-doc", "Enter")
    page.wait_for_selector("#match-state:not([data-state='busy']):not([data-state=''])", timeout=PATIENCE)
    return page.get_attribute("#match-state", "data-state") or "", page.inner_text("#match-state")


def test_the_holders_own_name_and_number_match(open_match: Visit, small: SmallLedger) -> None:
    holder = small.holder
    sloppy = group_verification_code(holder.verification_code).lower().replace("0", "o").replace("1", "l")
    for code in (holder.verification_code, sloppy):
        assert compare(open_match, code, f" {holder.name} ", holder.doc_no.lower()) == (
            "yes",
            "姓名：一致。 证件号码：一致。",
        )
    assert open_match.page.get_attribute("#verdict-box", "data-verdict") == "valid"
    open_match.check_quiet()


@pytest.mark.parametrize("width", [320, 360, 1280])
def test_a_whole_code_is_seen_and_nothing_is_printed(
    browser: Browser, address: str, small: SmallLedger, width: int
) -> None:
    # A context of its own: Firefox says on the console what a screenshot does to the page's styles.
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    visit = Visit(context.new_page(), address)
    visit.open(f"/#{small.numbers['valid']}")
    assert visit.verdict() == "valid"
    visit.page.click("#match-box summary")
    compare(visit, group_verification_code(small.holder.verification_code), small.holder.name, small.holder.doc_no)
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for field in ("match-code", "match-name", "match-doc"):
        fits = "(id) => document.getElementById(id).scrollWidth <= document.getElementById(id).clientWidth"
        assert visit.page.evaluate(fits, field), field
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = browser.browser_type.name
    visit.page.locator("#person-box").screenshot(path=SCREENSHOTS / f"match-{width}-{name}.png")
    if name == "chromium":  # Firefox ESR ignores the emulation of print
        visit.page.emulate_media(media="print")
        assert visit.page.locator("#match-box").is_hidden()
    context.close()


def test_another_name_number_or_code_does_not(open_match: Visit, small: SmallLedger) -> None:
    holder = small.holder
    other = ("Z" if holder.verification_code[0] != "Z" else "Y") + holder.verification_code[1:]
    for code, name, doc_no in (
        (holder.verification_code, holder.name + "甲", ""),
        (holder.verification_code, holder.name[:1] + "**", ""),
        (holder.verification_code, "", holder.doc_no[:-1]),
        (other, holder.name, holder.doc_no),
    ):
        state, words = compare(open_match, code, name, doc_no)
        assert (state, "不一致" in words, "：一致" in words) == ("no", True, False), (code, name, doc_no)
    assert open_match.page.get_attribute("#verdict-box", "data-verdict") == "valid"
    open_match.check_quiet()


def test_one_of_two_is_told_apart_and_is_no_yes(open_match: Visit, small: SmallLedger) -> None:
    holder = small.holder
    state, words = compare(open_match, holder.verification_code, holder.name, "11010119900307001X")
    assert state == "no"
    assert words.startswith("姓名：一致。 证件号码：不一致。")


@pytest.mark.parametrize("code", ["", "1234", "U" * 20, "<b>0123456789ABCDEF</b>"])
def test_what_is_no_code_is_said_before_anything_is_fetched(open_match: Visit, small: SmallLedger, code: str) -> None:
    open_match.requests.clear()
    state, words = compare(open_match, code, small.holder.name)
    assert (state, "20 位" in words) == ("bad", True)
    assert open_match.page.evaluate("document.activeElement.id") == "match-code"
    assert open_match.page.get_attribute("#match-code", "aria-invalid") == "true"
    assert open_match.requests == []


def test_nothing_to_compare_is_said(open_match: Visit, small: SmallLedger) -> None:
    assert compare(open_match, small.holder.verification_code)[0] == "bad"
    assert open_match.page.evaluate("document.activeElement.id") == "match-name"


def test_what_was_typed_is_nowhere_afterwards(open_match: Visit, small: SmallLedger) -> None:
    holder = small.holder
    open_match.requests.clear()
    assert compare(open_match, holder.verification_code, holder.name, holder.doc_no)[0] == "yes"
    kept = open_match.page.evaluate("location.href + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    sent = " ".join(f"{request.url} {request.post_data or ''}" for request in open_match.requests)
    for secret in (holder.verification_code, holder.name, holder.doc_no):
        assert secret not in kept + sent + open_match.report()
    open_match.look_up(small.numbers["revoked"])
    typed = "['match-code', 'match-name', 'match-doc'].map((id) => document.getElementById(id).value).join('')"
    assert open_match.page.evaluate(typed) == ""
    assert open_match.page.inner_text("#match-state") == ""
    open_match.check_quiet()


def test_a_code_alone_is_asked_about_a_view_that_is_not_public(warm: Visit, small: SmallLedger) -> None:
    """Under the preset `sealed` it opens one; this ledger has none that a code opens, and the page says so."""
    warm.forget()
    warm.page.route("**/ledger/masked/**", lambda route: route.fulfill(body="", content_type="text/plain"))
    try:
        assert warm.look_up(small.numbers["valid"]) == "valid"
        warm.page.click("#match-box summary")
        state, words = compare(warm, small.holder.verification_code)
        assert (state, "没有能用这个验证码打开的脱敏信息" in words) == ("no", True)
        assert compare(warm, small.holder.verification_code, small.holder.name)[0] == "yes"
    finally:
        warm.page.unroute("**/ledger/masked/**")
    warm.check_quiet()
