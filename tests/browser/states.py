"""Every state that a visitor can see, and how a page is brought there: one table, for axe, for pictures, for geometry.

    for state in STATES: state.show(visit, small, language)

`place` is the page's address below the language, or from the root where one page holds both; `act` does the rest. A
state whose host is disturbed says so in `faults` (glob -> what the route answers), which `show` puts up before and the
caller takes down with `calm`. `site` says which one it is of: the plain site, or one with a theme.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PATIENCE, Visit
from tests.browser.instead import AFTERMATH, aftermath, instead
from tests.browser.test_receipt import open_receipt, save
from tests.site.kit import SmallLedger

__all__ = ["LANGUAGES", "STATES", "State", "calm", "show", "states_in"]

LANGUAGES: Mapping[str, str] = {"zh": "/", "en": "/en/"}
HELD: list[Route] = []
Act = Callable[[Visit, SmallLedger], None]
Fault = Callable[[Route], None]


@dataclass(frozen=True)
class State:
    """One state: a page, what is done there, what the host does meanwhile."""

    place: str = ""
    act: Act = lambda _visit, _small: None
    faults: Mapping[str, Fault] = field(default_factory=dict)
    anew: bool = True  # whether the page has to be opened again
    site: Literal["plain", "themed"] = "plain"


def verdict(kind: str) -> Act:
    def act(visit: Visit, small: SmallLedger) -> None:
        assert visit.look_up(small.numbers[kind]) == kind

    return act


def ends(expected: str) -> Act:
    """The valid number is looked up, and the answer is `expected`."""

    def act(visit: Visit, small: SmallLedger) -> None:
        assert visit.look_up(small.numbers["valid"]) == expected

    return act


def mistyped(visit: Visit, small: SmallLedger) -> None:
    visit.page.fill("#code", small.numbers["valid"][:12] + "X" + small.numbers["valid"][13:])
    visit.page.wait_for_selector('#code-state[data-state="bad"]')


def unreadable(visit: Visit, _small: SmallLedger) -> None:
    assert visit.look_up("12345") == "unreadable"


def opened(visit: Visit, small: SmallLedger) -> None:
    """Every box of a good answer is open."""
    verdict("valid")(visit, small)
    visit.page.evaluate("document.querySelectorAll('#report details').forEach((one) => { one.open = true; })")


# What a browser lacks that is too old, as far as the page can tell; gone before the page can start the verifier early.
OLD: Mapping[str, str] = {
    "WebAssembly": "delete globalThis.WebAssembly",
    "module workers": "globalThis.Worker = class extends Worker { constructor(url) { super(url); } }",
    "workers": "delete globalThis.Worker",
}


def too_old(visit: Visit, small: SmallLedger, lacks: str = "WebAssembly") -> None:
    visit.page.add_init_script(f"if (location.search === '?too-old') {OLD[lacks]}")
    visit.page.goto(f"{visit.page.url}?too-old")
    assert visit.look_up(small.numbers["valid"]) == "not_checked"
    assert "ledger check" in visit.page.inner_text("#advice")
    assert visit.page.is_hidden("#retry")


def stale(visit: Visit, small: SmallLedger) -> None:
    """Twenty years later, on the clock of this browser, until the page is opened again."""
    visit.page.evaluate("const now = Date.now(); Date.now = () => now + 7320 * 86400000")
    ends("not_checked")(visit, small)
    assert visit.page.inner_text("#verdict-reason") != ""


def said(expected: str) -> Act:
    """Nothing is done; the page must be the one that is meant, and says so."""

    def act(visit: Visit, _small: SmallLedger) -> None:
        assert expected in visit.page.inner_text("body")

    return act


def loading(visit: Visit, small: SmallLedger) -> None:
    """The verifier is being fetched, and has been asked already."""
    visit.page.fill("#code", small.numbers["valid"])
    visit.page.press("#code", "Enter")
    visit.page.wait_for_selector("#progress:not([hidden])")


def after(kind: str) -> Act:
    """A number of the ledger in place of the small one: valid, with something to say besides."""

    def act(visit: Visit, _small: SmallLedger) -> None:
        assert visit.look_up(AFTERMATH[kind]) == "valid"
        assert visit.page.is_visible("#notes") is (kind != "withdrawn view")

    return act


def receipt(visit: Visit, small: SmallLedger) -> None:
    """An answer that was saved, and is opened again."""
    verdict("valid")(visit, small)
    with TemporaryDirectory() as folder:
        open_receipt(visit, save(visit, Path(folder)))
        expect(visit.page.locator("#receipt-note")).to_be_visible(timeout=PATIENCE)


def own_page(visit: Visit, small: SmallLedger) -> None:
    """The page of the organisation, from the list."""
    org = small.numbers["valid"][:13]
    visit.page.click(f"main a[href$='{org}/']")
    visit.page.wait_for_url(f"**/organisations/{org}/")


def shown(visit: Visit, small: SmallLedger) -> None:
    """The holder's own certificate, with what may be shown of it."""
    visit.page.set_input_files("#file", small.papers["valid"])
    visit.page.wait_for_selector("#share-box:not([hidden])", timeout=PATIENCE)


def many(visit: Visit, small: SmallLedger) -> None:
    visit.page.fill("#many-text", "\n".join([*small.numbers.values(), "12345"]))
    visit.page.click("#many-start")
    expect(visit.page.locator("#many-rows tr")).to_have_count(len(small.numbers) + 1, timeout=PATIENCE)


def audited(visit: Visit, _small: SmallLedger) -> None:
    visit.page.click("#audit-start")
    visit.page.wait_for_selector("#audit-box:not([hidden])", timeout=PATIENCE)


def held(route: Route) -> None:
    """Neither an answer nor an end, until `calm`."""
    HELD.append(route)


def unscripted(route: Route) -> None:
    """The page as a browser without JavaScript shows it. One that really has none cannot run axe's rules either."""
    text = re.sub(r'<script[^>]*></script>|<p[^>]*class="unstarted[^>]*>.*?</p>', "", route.fetch().text())
    route.fulfill(content_type="text/html", body=re.sub(r"(</?)noscript>", r"\1div>", text))


def aborted(route: Route) -> None:
    route.abort()


def missing(route: Route) -> None:
    route.fulfill(status=404, content_type="text/html", body="<!doctype html><title>404</title>")


def spoilt(route: Route) -> None:
    body = route.fetch().body()
    route.fulfill(status=200, content_type="text/plain", body=body.replace(b'"level":"3"', b'"level":"4"'))


VERDICTS = ("suspended", "revoked", "corrected", "reissued", "absent", "valid")
INSTEAD = instead(aftermath)
STATES: Mapping[str, State] = {
    "loading": State(act=loading, faults={"**/runtime/**": held}),
    "front": State(),
    "mistyped": State(act=mistyped, anew=False),
    **{kind: State(act=verdict(kind), anew=False) for kind in VERDICTS},
    "valid, all open": State(act=opened, anew=False),
    "unreadable": State(act=unreadable, anew=False),
    "paper": State(act=shown, anew=False),
    "receipt": State(act=receipt, anew=False),
    "offline": State(act=ends("not_checked"), faults={"**/ledger/**": aborted}, anew=False),
    "being updated": State(act=ends("not_checked"), faults={"**/ledger/shard/**": missing}, anew=False),
    "inconsistent": State(act=ends("inconsistent"), faults={"**/ledger/shard/**": spoilt}, anew=False),
    "stale": State(act=stale, anew=False),
    "too old": State(act=too_old),
    **{kind: State(act=after(kind), faults=INSTEAD, anew=not n) for n, kind in enumerate(AFTERMATH)},
    "without a script": State(act=said("ledger check"), faults={"**/": unscripted}),
    "themed": State(site="themed"),
    "themed, valid": State(act=verdict("valid"), site="themed", anew=False),
    "many": State("many/"),
    "many, results": State("many/", many, anew=False),
    "audit": State("audit/"),
    "audit, done": State("audit/", audited, anew=False),
    "embed": State("embed/"),
    "organisations": State("organisations/"),
    "one organisation": State(act=own_page, anew=False),
    "notices": State("notices/"),
    "figures": State("report/"),
    "privacy": State("privacy/"),
    "documentation": State("/docs/for-employers/"),
    "no such page": State("/no-such-page/", said("No such page")),
}


def states_in(language: str) -> Mapping[str, State]:
    """The states that a language has; what is in both languages is the first one's."""
    both = language == next(iter(LANGUAGES))
    return {name: state for name, state in STATES.items() if both or not state.place.startswith("/")}


def show(visit: Visit, small: SmallLedger, state: State, language: str) -> Page:
    """Bring the page into a state; `visit` may stand at another state of the same page."""
    for glob, fault in state.faults.items():
        visit.page.route(glob, fault)
    if state.anew:
        visit.open(state.place if state.place.startswith("/") else LANGUAGES[language] + state.place)
    state.act(visit, small)
    return visit.page


def calm(visit: Visit, state: State) -> None:
    """Let the host be itself again."""
    while HELD:
        HELD.pop().abort()
    for glob in state.faults:
        visit.page.unroute(glob)
