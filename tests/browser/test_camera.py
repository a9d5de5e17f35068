"""QR codes by the camera, and the form in all its states: nothing clipped, every one pictured."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Literal, TypeAlias

import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, FilePayload, Playwright

from ledger.core.disclosure import group_verification_code
from tests.browser import qrcodes
from tests.browser.conftest import PATIENCE, SCREENSHOTS, WATCH, Visit
from tests.browser.ways import NO_CODE, choose, link, own_files_only, said
from tests.conftest import FULL
from tests.site.kit import SmallLedger

Scheme: TypeAlias = Literal["light", "dark"]
Film: TypeAlias = Callable[[str], Browser]


@pytest.fixture(scope="module")
def camera(playwright: Playwright, address: str, small: SmallLedger, tmp_path_factory: pytest.TempPathFactory) -> Film:
    """Chromium whose camera sees a film of a text."""

    def start(text: str) -> Browser:
        film = tmp_path_factory.mktemp("film") / "film.y4m"
        film.write_bytes(qrcodes.film(qrcodes.plain(text)))
        found = shutil.which("chromium")
        assert found
        fake = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
        return playwright.chromium.launch(executable_path=found, args=["--no-sandbox", *fake])

    return start


def scan(browser: Browser, address: str, *, allowed: bool) -> Visit:
    context = browser.new_context(locale="zh-CN", permissions=["camera"] if allowed else [])
    context.add_init_script(WATCH)
    visit = Visit(context.new_page(), address)
    visit.watch()
    visit.open()
    visit.page.click("#scan")
    return visit


def test_the_camera_reads_a_code_and_is_switched_off(
    browser: Browser, camera: Film, address: str, small: SmallLedger
) -> None:
    if browser.browser_type.name == "firefox":
        pytest.skip("Firefox has no way to show a film to its fake camera")
    started = camera(f"{address}/#{small.numbers['valid']}")
    visit = scan(started, address, allowed=True)
    assert visit.verdict() == "valid"
    assert visit.page.locator("#camera").is_hidden()
    assert visit.page.evaluate("document.getElementById('camera-picture').srcObject") is None
    own_files_only(visit)
    visit.check_quiet()
    started.close()


def test_the_camera_is_switched_off_when_the_dialog_closes(browser: Browser, camera: Film, address: str) -> None:
    if browser.browser_type.name == "firefox":
        pytest.skip("Firefox cannot be given the permission over BiDi")
    started = camera("nothing of ours, only words")
    visit = scan(started, address, allowed=True)
    said(visit, "二维码里没有证书编号")  # read, shown as text, the dialog closed
    visit.page.evaluate("""() => {
      const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => (window.stream = await get(wanted));
      window.createImageBitmap = () => new Promise(() => {});
    }""")
    visit.page.click("#scan")
    visit.page.wait_for_selector("#camera-picture:not([hidden])")
    assert "对准画面" in visit.page.inner_text("#camera-state")
    visit.page.keyboard.press("Escape")
    visit.page.wait_for_function("() => stream.getTracks().every((track) => track.readyState === 'ended')")
    assert visit.page.locator("#camera").is_hidden()
    assert visit.page.evaluate("document.activeElement.id") == "scan"
    started.close()


# The camera of both browsers, replaced at the very call: a canvas with a code on it, once it is shown.
CANVAS_CAMERA = """(picture) => {
  Object.defineProperty(navigator, "mediaDevices", { value: { getUserMedia: async (wanted) => {
    window.wanted = wanted;
    const image = await createImageBitmap(await (await fetch(picture)).blob());
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const context = canvas.getContext("2d");
    let shown = 0;
    const draw = () => {
      context.fillStyle = "#777";
      context.fillRect(0, 0, 640, 480);
      if ((shown += 1) > 15) context.drawImage(image, 150, 60, 340, 340);
    };
    draw();
    setInterval(draw, 50);
    return (window.stream = canvas.captureStream(20));
  } } });
}"""


def test_a_code_is_read_as_soon_as_the_camera_sees_it(visit: Visit, small: SmallLedger) -> None:
    picture = qrcodes.png(qrcodes.turned(link(visit, small.numbers["valid"]), 12))
    visit.page.route("**/assets/seen.png", lambda route: route.fulfill(body=picture, content_type="image/png"))
    visit.open()
    visit.page.evaluate(CANVAS_CAMERA, "assets/seen.png")
    visit.page.click("#scan")
    visit.page.wait_for_selector("#camera-picture:not([hidden])")
    assert visit.verdict() == "valid"
    assert visit.page.locator("#camera").is_hidden()
    assert visit.page.evaluate("stream.getTracks().map((track) => track.readyState)") == ["ended"]
    wanted = visit.page.evaluate("wanted")
    assert (wanted["audio"], wanted["video"]["facingMode"]) == (False, {"ideal": "environment"})
    visit.check_quiet()


def test_a_hidden_page_lets_the_camera_go(visit: Visit) -> None:
    visit.page.route("**/assets/seen.png", lambda route: route.fulfill(body=NO_CODE, content_type="image/png"))
    visit.open()
    visit.page.evaluate(CANVAS_CAMERA, "assets/seen.png")
    visit.page.click("#scan")
    visit.page.wait_for_selector("#camera-picture:not([hidden])")
    visit.page.evaluate("""() => {
      Object.defineProperty(document, "hidden", { value: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }""")
    visit.page.wait_for_function("() => stream.getTracks().every((track) => track.readyState === 'ended')")
    assert visit.page.locator("#camera").is_hidden()


def test_a_printed_certificate_is_read_from_its_photograph(warm: Visit, small: SmallLedger, tmp_path: Path) -> None:
    """What ledger print made, at 150 dpi, askew, a little out of focus. Its link names the issuer's site."""
    found = shutil.which("pdftoppm")
    assert found, "poppler-utils is not installed; scripts/test.py installs it"
    subprocess.run([found, "-r", "150", "-gray", "-singlefile", small.papers["valid"], tmp_path / "page"], check=True)
    page = Image.open(tmp_path / "page.pgm").rotate(7, expand=True, fillcolor=120, resample=Image.Resampling.BICUBIC)
    warm.forget()
    choose(warm, "照片.jpg", qrcodes.jpeg(page.filter(ImageFilter.GaussianBlur(1))))
    said(warm, "本页没有打开它。里面有一个证书编号")
    warm.page.click("#ways-offers button")
    assert warm.verdict() == "valid"
    assert warm.page.input_value("#match-code") == group_verification_code(small.holder.verification_code)
    warm.check_quiet()


REFUSALS = {
    "NotAllowedError": "浏览器没有允许使用摄像头",
    "NotFoundError": "没有找到摄像头",
    "NotReadableError": "可能正被其他程序使用",
    "TypeError": "摄像头没有启动成功",
    "": "需要 https",
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_camera_that_cannot_be_had_is_explained(visit: Visit, name: str) -> None:
    visit.page.add_init_script(
        f"""Object.defineProperty(navigator, "mediaDevices", {{ value: {
            "undefined"
            if not name
            else "{ getUserMedia: async () => { throw Object.assign(new Error(), { name: '" + name + "' }); } }"
        } }});"""
    )
    visit.open()
    visit.page.click("#scan")
    visit.page.wait_for_function(
        "(words) => document.getElementById('camera-state').textContent.includes(words)", arg=REFUSALS[name]
    )
    assert visit.page.locator("#camera-picture").is_hidden()
    visit.page.click("#camera-close")
    assert visit.page.locator("#camera").is_hidden()
    visit.check_quiet()


def test_without_permission_the_browser_s_own_refusal_is_explained(browser: Browser, address: str) -> None:
    if browser.browser_type.name == "firefox":
        pytest.skip("Firefox asks its user, and waits")
    visit = scan(browser, address, allowed=False)
    visit.page.wait_for_function(
        "() => /没有允许|没有找到/.test(document.getElementById('camera-state').textContent)", timeout=PATIENCE
    )
    visit.page.context.close()


@pytest.mark.parametrize("place", ["/", "/en/"])
@pytest.mark.parametrize("scheme", ["light", "dark"] if FULL else ["light"])  # dark is to be looked at
@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_the_form_fits_in_every_state(browser: Browser, address: str, place: str, scheme: Scheme, width: int) -> None:
    """Nothing runs out of the page, a whole number is seen, and each state is pictured."""
    if browser.browser_type.name == "firefox" and scheme == "dark":
        pytest.skip("Firefox ESR ignores the emulation of dark mode")
    context = browser.new_context(viewport={"width": width, "height": 860}, color_scheme=scheme, locale="zh-CN")
    page = context.new_page()
    page.goto(address + place)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    name = f"{'zh' if place == '/' else 'en'}-{width}-{scheme}-{browser.browser_type.name}"

    def look(state: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state
        page.screenshot(path=SCREENSHOTS / f"form-{state}-{name}.png")

    look("empty")
    page.fill("#code", "S000050000001263000001")
    assert page.evaluate("document.getElementById('code').scrollWidth <= document.getElementById('code').clientWidth")
    look("whole")
    page.fill("#code", "S00005000000I263000OO1")
    look("mistyped")
    page.fill("#code", "")
    foreign = qrcodes.plain("https://another.example/certificates/check?number=S000050000001263000001")
    page.set_input_files("#file", FilePayload(name="a.png", mimeType="image/png", buffer=qrcodes.png(foreign)))
    page.wait_for_selector("#ways-offers button", timeout=PATIENCE)
    look("foreign")
    page.evaluate(CANVAS_CAMERA, "data:,")
    page.click("#scan")
    look("camera")
    context.close()
