"""<certificate-check> on another site's page: what it shows, what it keeps from that site, what it refuses."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page

from tests.browser.conftest import PATIENCE, SCREENSHOTS
from tests.site.kit import SmallLedger

HOST_PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>某单位</title>
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'self' {site}; frame-src {site}; img-src 'self'">
<script src="watch.js"></script>
<script type="module" src="{site}/embed/certificate-check.js" crossorigin="anonymous" integrity="{integrity}"></script>
<h1>某单位的招聘页</h1>{body}</html>"""
WATCH = """
window.heard = []; window.events = []; window.refused = [];
addEventListener("message", ({ data, origin, source }) => {
  heard.push([origin, data]);
  if (data?.kind === "ready") window.frame = source;
});
addEventListener("certificate-check", ({ detail }) => events.push(detail));
addEventListener("securitypolicyviolation", (event) => refused.push(event.violatedDirective));
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 the parent's name
        """Quiet."""


class Employer:
    """Another site, on an origin of its own, and a page of it in a browser."""

    def __init__(self, folder: Path, page: Page, site: str, integrity: str, address: str) -> None:
        self.folder, self.page, self.site, self.integrity, self.address = folder, page, site, integrity, address

    def show(self, element: str, integrity: str = "") -> None:
        body = HOST_PAGE.format(site=self.site, integrity=integrity or self.integrity, body=element)
        (self.folder / "index.html").write_text(body, "utf-8")
        (self.folder / "watch.js").write_text(WATCH, "utf-8")
        self.page.goto(self.address)

    def frame(self) -> Frame:
        self.page.wait_for_function("() => heard.some(([, data]) => data.kind === 'ready')", timeout=PATIENCE)
        return next(frame for frame in self.page.frames if "/embed/" in frame.url)

    def enter(self, frame: Frame, typed: str) -> None:
        """Type and submit. The driver of Firefox brings no keys or clicks into a frame of another origin."""
        browser = self.page.context.browser
        if browser is not None and browser.browser_type.name == "firefox":
            script = (
                "typed => { document.querySelector('#code').value = typed; document.querySelector('button').click(); }"
            )
            frame.evaluate(script, typed)
        else:
            frame.fill("#code", typed)
            frame.press("#code", "Enter")

    def answer(self) -> str:
        frame = self.frame()
        frame.wait_for_selector("#answer:not([hidden])", timeout=PATIENCE)
        return frame.get_attribute("#answer", "data-verdict") or ""

    def kinds(self) -> set[str]:
        return set(self.page.evaluate("() => heard.map(([, data]) => data.kind)"))


@pytest.fixture
def employer(browser: Browser, site: Path, address: str, tmp_path: Path) -> Iterator[Employer]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN", color_scheme="null")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        integrity = (site / "embed" / "integrity.txt").read_text("ascii").strip()
        own = f"http://localhost:{server.server_address[1]}/"
        yield Employer(tmp_path, context.new_page(), address, integrity, own)
        server.shutdown()
    context.close()


def test_a_visitor_checks_a_number_and_the_other_site_learns_nothing(employer: Employer, small: SmallLedger) -> None:
    employer.show("<certificate-check></certificate-check>")
    frame = employer.frame()
    employer.enter(frame, small.numbers["valid"].lower())
    assert employer.answer() == "valid"
    assert "车工" in frame.inner_text("#lines")
    assert frame.get_attribute("#full", "href") == f"{employer.site}/#{small.numbers['valid']}"
    assert employer.kinds() <= {"ready", "size"}
    assert small.numbers["valid"] not in str(employer.page.evaluate("() => heard"))
    assert employer.page.evaluate("() => events") == []
    assert employer.page.evaluate("() => refused") == []
    # From outside there is no way in: another origin, and the element is closed.
    assert employer.page.evaluate("() => document.querySelector('certificate-check').shadowRoot") is None


def test_what_is_no_number_is_said_without_fetching(employer: Employer) -> None:
    employer.show('<certificate-check lang="en"></certificate-check>')
    frame = employer.frame()
    asked: list[str] = []
    employer.page.on("request", lambda request: asked.append(request.url))
    for typed in ("", "S0000500000012630000", "<img src=x onerror=alert(1)>"):
        employer.enter(frame, typed)
        said = "number is incomplete" if typed else "Type a certificate number"
        frame.locator("#state", has_text=said).wait_for()
        assert frame.get_attribute("#state", "data-tone") == "warn"
    assert [url for url in asked if "/ledger/" in url] == []


@pytest.mark.parametrize("verdict", ["revoked", "suspended", "absent"])
def test_a_number_that_the_page_gives_is_answered_to_it(employer: Employer, small: SmallLedger, verdict: str) -> None:
    number = small.numbers[verdict]
    employer.show(f'<certificate-check lang="en" number="{number}"></certificate-check>')
    assert employer.answer() == verdict
    employer.page.wait_for_function("() => events.length === 1")
    [detail] = employer.page.evaluate("() => events")
    assert (detail["number"], detail["verdict"]) == (number, verdict)
    assert detail["asOf"].endswith("Z")
    assert number not in "".join(frame.url for frame in employer.page.frames), "it is in no address"


def test_messages_that_others_send_are_not_taken(employer: Employer, small: SmallLedger) -> None:
    employer.show(f'<certificate-check number="{small.numbers["revoked"]}"></certificate-check>')
    assert employer.answer() == "revoked"
    employer.page.wait_for_function("() => events.length === 1")
    forged = "{type: 'certificate-check', v: 1, kind: 'answer', verdict: 'valid', asOf: ''}"
    employer.page.evaluate(f"() => new Promise(done => {{ postMessage({forged}, '*'); setTimeout(done, 200); }})")
    assert len(employer.page.evaluate("() => events")) == 1
    for bad in ("{}", "null", "{type: 'certificate-check', v: 1, kind: 'begin', number: 5}", "'x'"):
        employer.page.evaluate(f"() => frame.postMessage({bad}, '*')")
    assert employer.answer() == "revoked"


@pytest.mark.parametrize(
    "named", ["javascript:alert(1)", "http://elsewhere.example/", "https://a:b@x.example/", "data:,x"]
)
def test_an_address_that_is_no_site_is_refused(employer: Employer, named: str) -> None:
    employer.show(f'<certificate-check id="one" site="{named}"></certificate-check>')
    employer.page.wait_for_function("() => customElements.get('certificate-check')")
    assert len(employer.page.frames) == 1


def test_another_script_than_the_pinned_one_is_not_run(employer: Employer) -> None:
    employer.show("<certificate-check></certificate-check>", integrity=f"sha384-{'A' * 64}")
    employer.page.wait_for_timeout(500)
    assert employer.page.evaluate("() => customElements.get('certificate-check') === undefined")


def test_only_that_page_may_be_framed(employer: Employer) -> None:
    frames = "".join(f'<iframe src="{employer.site}{path}"></iframe>' for path in ("/", "/many/", "/en/embed/"))
    employer.show(frames)
    employer.page.wait_for_timeout(1500)
    shown = [frame for frame in employer.page.frames[1:] if frame.url.startswith(employer.site)]
    assert [frame.url for frame in shown if frame.locator("#lookup, #many").count() > 0] == [
        f"{employer.site}/en/embed/"
    ]


@pytest.mark.parametrize(("width", "theme"), [(360, "light"), (360, "dark"), (1280, "light"), (1280, "dark")])
def test_it_fits_and_takes_the_colours_of_the_page(
    employer: Employer, small: SmallLedger, browser: Browser, width: int, theme: str
) -> None:
    employer.page.set_viewport_size({"width": width, "height": 700})
    employer.show(f'<certificate-check theme="{theme}" number="{small.numbers["valid"]}"></certificate-check>')
    assert employer.answer() == "valid"
    frame = employer.frame()
    assert frame.evaluate(f"() => matchMedia('(prefers-color-scheme: {theme})').matches")
    assert frame.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    employer.page.wait_for_function("() => heard.filter(([, data]) => data.kind === 'size').length > 0")
    employer.page.wait_for_timeout(300)
    assert frame.evaluate("() => document.documentElement.offsetHeight - innerHeight") <= 1, "nothing is cut off"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = browser.browser_type.name
    employer.page.screenshot(path=SCREENSHOTS / f"embed-{theme}-{width}-{name}.png")
