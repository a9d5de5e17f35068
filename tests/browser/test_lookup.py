"""Both browsers prove every kind of answer, with the report that the command line makes, byte for byte."""

import json

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Visit
from tests.site.kit import SmallLedger, native_report

TONES = {
    "valid": "good",
    "corrected": "good",
    "reissued": "good",
    "suspended": "warn",
    "absent": "warn",
    "revoked": "bad",
}
WORDS = {"valid": "有效", "revoked": "已撤销", "suspended": "已暂停", "absent": "账本中没有这个编号"}
STORED = "localStorage.getItem(Object.keys(localStorage).find((key) => key.startsWith('ledger.seen.')))"
KINDS = ("valid", "revoked", "suspended", "corrected", "reissued", "absent")


@pytest.mark.domain("G9")
@pytest.mark.parametrize("kind", KINDS)
def test_a_number_is_proven(warm: Visit, small: SmallLedger, kind: str) -> None:
    warm.forget()
    warm.requests.clear()
    assert warm.look_up(small.numbers[kind]) == kind
    assert warm.tone() == TONES[kind]
    assert warm.page.inner_text("#verdict") == WORDS.get(kind, warm.page.inner_text("#verdict"))
    text = warm.report()
    report = json.loads(text)
    assert report["verdict"] == kind
    assert text == native_report(small.public, small.numbers[kind], report["checked_at"])
    assert [step["state"] for step in report["steps"]].count("fail") == 0
    assert warm.page.locator("#steps li").count() == 12
    warm.check_quiet()


# Holds the lookup back until Python starts, as a visitor does who clicks just then.
CLICK_WHILE_STARTING = """
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...rest) {
  this.addEventListener("message", ({ data }) => {
    if (data.stage === "starting") setTimeout(() => post.call(this, message, ...rest), 20);
  });
};
"""


def test_a_lookup_that_begins_while_python_starts_reaches_the_ledger(
    browser: Browser, address: str, small: SmallLedger
) -> None:
    context = browser.new_context(locale="zh-CN")
    context.add_init_script(CLICK_WHILE_STARTING)
    visit = Visit(context.new_page(), address)
    visit.open(f"/#{small.numbers['valid']}")  # asked before Python can have started
    assert visit.verdict() == "valid", visit.page.inner_text("#report")
    context.close()


def test_one_lookup_is_small(warm: Visit, small: SmallLedger) -> None:
    warm.forget()
    warm.requests.clear()
    assert warm.look_up(small.numbers["valid"]) == "valid"
    asked = warm.paths("/ledger/")
    sizes = [(small.public / path.removeprefix("/ledger/")).stat().st_size for path in asked]
    print(f"{len(asked)} requests, {sum(sizes)} bytes: {asked}")
    assert len(asked) <= 8
    assert sum(sizes) <= 100_000


def test_the_next_lookup_is_compared_with_the_last(warm: Visit, small: SmallLedger) -> None:
    warm.forget()
    warm.look_up(small.numbers["valid"])
    first = json.loads(warm.report())
    seen = warm.page.evaluate(STORED)
    assert seen == (small.public / "checkpoint").read_text("utf-8")
    warm.look_up(small.numbers["revoked"])
    text = warm.report()
    second = json.loads(text)
    assert [report["steps"][5]["reason"] for report in (first, second)] == ["first_visit", "same"]
    assert text == native_report(small.public, small.numbers["revoked"], second["checked_at"], seen)


def test_a_ledger_that_forgets_what_was_seen_is_not_believed(warm: Visit, small: SmallLedger) -> None:
    """The browser has seen a checkpoint of another history, signed by nobody: the page must not say valid."""
    warm.forget()
    warm.look_up(small.numbers["valid"])
    key = warm.page.evaluate("Object.keys(localStorage)[0]")
    note = (small.public / "checkpoint").read_text("utf-8").splitlines()
    note[2] = ("A" if note[2][0] != "A" else "B") + note[2][1:]
    forged = "\n".join(note) + "\n"
    warm.page.evaluate("([key, note]) => localStorage.setItem(key, note)", [key, forged])
    verdict = warm.look_up(small.numbers["valid"])
    text = warm.report()
    warm.forget()
    assert text == native_report(small.public, small.numbers["valid"], json.loads(text)["checked_at"], forged)
    assert verdict == json.loads(text)["verdict"]


def test_what_is_typed_may_be_sloppy(warm: Visit, small: SmallLedger) -> None:
    number = small.numbers["valid"]
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in number)
    for typed in (f"  {number[:13].lower()} {number[13:]} ", "-".join([number[:13], number[13:16], number[16:]]), wide):
        warm.forget()
        assert warm.look_up(typed) == "valid", typed
    assert warm.page.evaluate("location.hash") == f"#{number}"


@pytest.mark.parametrize("typed", ["S00005", "hello", "S00005000000126300000O", "<img src=x onerror=alert(1)>", "证书"])
def test_what_is_no_number_is_unreadable(warm: Visit, typed: str) -> None:
    warm.forget()
    assert warm.look_up(typed) == "unreadable"
    assert warm.tone() == "neutral"
    assert warm.page.locator("#facts-box").is_hidden()
    warm.check_quiet()


def test_the_facts_stand_as_on_paper(warm: Visit, small: SmallLedger) -> None:
    warm.forget()
    warm.look_up(small.numbers["valid"])
    facts = json.loads(warm.report())["facts"]
    shown = warm.page.inner_text("#facts")
    assert facts["evaluator"] in shown
    assert facts["occupation"]["name"] in shown
    assert facts["issued"] in shown
    assert "三级/高级工" in shown
    assert "**" in warm.page.inner_text("#person-name")
    assert "签发" in warm.page.inner_text("#events")
    assert "12 / 12" in warm.page.inner_text("#steps-count")
    assert warm.page.get_attribute("#facts a", "href") == f"organisations/{facts['org']}/"


@pytest.mark.parametrize("place", ["/", "/en/"])
def test_an_answer_leads_to_its_organisation(visit: Visit, small: SmallLedger, place: str) -> None:
    number = small.numbers["valid"]
    visit.open(f"{place}#{number}")
    assert visit.verdict() == "valid"
    visit.page.click("#facts a")
    visit.page.wait_for_url(f"**{place}organisations/{number[:13]}/")
    assert "重庆云岭技师学院" in visit.page.inner_text("h1")
    visit.check_quiet()


def test_a_link_with_a_number_opens_its_answer_in_both_languages(visit: Visit, small: SmallLedger) -> None:
    number = small.numbers["suspended"]
    visit.open(f"/#{number}")
    assert visit.verdict() == "suspended"
    assert visit.page.evaluate("document.activeElement.id") == "verdict"
    visit.page.click("#switch")
    visit.page.wait_for_url(f"**/en/#{number}")
    assert visit.verdict() == "suspended"
    assert visit.page.inner_text("#verdict") == "Suspended"
    assert visit.page.evaluate("document.documentElement.lang") == "en"
    # The number is never sent: a fragment stays in the browser.
    assert [request.url for request in visit.requests if number in request.url.split("#", maxsplit=1)[0]] == []
    visit.check_quiet()


def test_the_report_is_downloaded_as_it_is(visit: Visit, small: SmallLedger) -> None:
    browser = visit.page.context.browser
    assert browser
    if browser.browser_type.name == "firefox":
        pytest.skip("Playwright cannot take a download from Firefox ESR over BiDi")
    visit.open(f"/#{small.numbers['valid']}")
    visit.verdict()
    with visit.page.expect_download() as caught:
        visit.page.click("#download")
    assert caught.value.path().read_text("utf-8") == visit.report()
    assert caught.value.suggested_filename == f"report-{small.numbers['valid']}.json"
    visit.check_quiet()
