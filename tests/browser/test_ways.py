"""The ways in beside typing: links, QR codes by camera and picture, dropped and pasted files; all read in the page."""

import base64
import re
import shutil
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from PIL import Image
from playwright.sync_api import Browser, Dialog, FilePayload, Page, Playwright, Route

from ledger.core.disclosure import group_verification_code
from tests.browser import qrcodes
from tests.browser.conftest import PATIENCE, WATCH, Visit
from tests.site.kit import SmallLedger

Film: TypeAlias = Callable[[str], Browser]
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    '"><script>alert(1)</script>',
    "data:text/html,<script>alert(1)</script>",
    "\u202egnp.exe\x00\x07\u2028",
    "weixin://pay?x=1",
    "A" * 2000,
)


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


def choose(visit: Visit, name: str, data: bytes) -> None:
    visit.page.set_input_files("#file", FilePayload(name=name, mimeType="application/octet-stream", buffer=data))


def said(visit: Visit, part: str) -> str:
    """What stands below the buttons, once it holds `part`."""
    visit.page.wait_for_function(
        "(part) => document.getElementById('ways-state').innerText.includes(part)", arg=part, timeout=PATIENCE
    )
    return visit.page.inner_text("#ways-state")


def own_files_only(visit: Visit) -> None:
    """Nothing was uploaded: only files of the site were asked for, and no request had a body."""
    allowed = re.compile(r"/|/(assets|runtime|ledger)/[^?]*")
    assert [one.url for one in visit.requests if one.method != "GET" or one.post_data] == []
    asked = [one.url.removeprefix(visit.address) for one in visit.requests if not one.url.startswith("blob:")]
    assert [path for path in asked if not allowed.fullmatch(path)] == []


# -- links ----------------------------------------------------------------------------------------------


def percent(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode())


@pytest.mark.parametrize("form", ["plain", "percent", "grouped", "wide"])
def test_a_link_brings_the_number_in_any_spelling(fresh: Visit, small: SmallLedger, form: str) -> None:
    number = small.numbers["valid"]
    spelt = {
        "plain": number.lower(),
        "percent": percent(number),
        "grouped": f"{number[:13]}%20{number[13:]}",
        "wide": percent("".join(chr(ord(letter) + 0xFEE0) for letter in number)),
    }
    fresh.page.evaluate("(hash) => { location.hash = hash; }", spelt[form])
    assert fresh.verdict() == "valid"
    assert fresh.page.evaluate("location.hash") == f"#{number}"


def test_a_code_in_the_link_goes_to_the_form_and_leaves_the_address(visit: Visit, small: SmallLedger) -> None:
    holder, number = small.holder, small.numbers["valid"]
    visit.open(f"/#{number}.{holder.verification_code}")
    assert visit.page.evaluate("location.href") == f"{visit.address}/#{number}"
    assert visit.verdict() == "valid"
    assert visit.page.input_value("#match-code") == group_verification_code(holder.verification_code)
    assert "已从地址栏移除" in visit.page.inner_text("#match-state")
    visit.page.fill("#match-name", holder.name)
    visit.page.press("#match-name", "Enter")
    visit.page.wait_for_selector("#match-state[data-state=yes]", timeout=PATIENCE)
    kept = visit.page.evaluate("JSON.stringify([localStorage, sessionStorage, history.state, location.href])")
    sent = " ".join(request.url.split("#")[0] + (request.post_data or "") for request in visit.requests)
    assert holder.verification_code not in kept + sent + visit.report()
    # Another number: the code is gone.
    visit.look_up(small.numbers["revoked"])
    assert visit.page.input_value("#match-code") == ""
    visit.check_quiet()


@pytest.mark.parametrize("fragment", [*HOSTILE, "%", "%ff%fe", "S000050000001263000001.SHORT", "a.b.c", "证书"])
def test_of_a_hostile_link_nothing_happens_but_a_message(fresh: Visit, fragment: str) -> None:
    fresh.page.evaluate("document.getElementById('ways-words').textContent = ''")
    fresh.page.evaluate("(hash) => { location.hash = hash; }", fragment)
    assert "什么也没有查" in said(fresh, "链接里没有读到证书编号")
    assert fresh.page.locator("#ways-state *").count() == 3  # two paragraphs and the place of the buttons: no markup
    assert fresh.page.evaluate("location.hash") == ""
    assert fresh.page.locator("#report").is_hidden()
    assert fresh.paths("/ledger/") == []


def test_a_mistyped_link_is_explained(fresh: Visit, small: SmallLedger) -> None:
    number = small.numbers["valid"]
    fresh.page.evaluate("(hash) => { location.hash = hash; }", number[:12] + "O" + number[13:])
    fresh.page.wait_for_selector("#code-state[data-state=bad]")
    assert "第 13 位“O”不对" in fresh.page.inner_text("#code-state")
    assert fresh.paths("/ledger/") == []


# -- pictures -------------------------------------------------------------------------------------------

PICTURES: dict[str, Callable[[str], Image.Image]] = {
    "plain": qrcodes.plain,
    "turned by 30": lambda text: qrcodes.turned(text, 30),
    "turned by 137": lambda text: qrcodes.turned(text, 137),
    "upside down": lambda text: qrcodes.turned(text, 180),
    "blurred": lambda text: qrcodes.blurred(text, 4),
    "faded": lambda text: qrcodes.faded(text, 0.06),
    "inverted": qrcodes.inverted,
    "one pixel a module": lambda text: qrcodes.plain(text, 1),
    "a photograph": qrcodes.photograph,
    "a photograph on its side": lambda text: qrcodes.photograph(text, angle=94, blur=3),
}


def link(visit: Visit, number: str) -> str:
    return f"{visit.address}/#{number}"


@pytest.mark.parametrize("kind", PICTURES)
def test_a_code_in_a_picture_is_read(fresh: Visit, small: SmallLedger, kind: str) -> None:
    number = small.numbers["valid"]
    image = PICTURES[kind](link(fresh, number))
    data = qrcodes.jpeg(image) if image.width > 2000 else qrcodes.png(image)
    choose(fresh, "证书.jpg", data)
    assert fresh.verdict() == "valid", kind
    assert fresh.page.evaluate("location.hash") == f"#{number}"
    own_files_only(fresh)


def test_a_picture_carries_the_code_to_the_form(fresh: Visit, small: SmallLedger) -> None:
    number, code = small.numbers["valid"], small.holder.verification_code
    choose(fresh, "a.png", qrcodes.png(qrcodes.plain(f"{link(fresh, number)}.{code}")))
    assert fresh.verdict() == "valid"
    assert fresh.page.input_value("#match-code") == group_verification_code(code)
    assert fresh.page.evaluate("location.hash") == f"#{number}"


def test_a_number_without_a_link_is_read_too(fresh: Visit, small: SmallLedger) -> None:
    choose(fresh, "a.png", qrcodes.png(qrcodes.plain(f"证书编号：{small.numbers['revoked']}")))
    assert fresh.verdict() == "revoked"


def test_a_code_of_another_site_is_never_followed(fresh: Visit, small: SmallLedger) -> None:
    number = small.numbers["valid"]
    choose(fresh, "a.png", qrcodes.png(qrcodes.plain(f"https://evil.example/check?no={number}")))
    words = said(fresh, "指向另一网站 evil.example")
    assert f"https://evil.example/check?no={number}" in words
    assert fresh.page.locator("#report").is_hidden()
    fresh.page.click("#ways-offers button")
    assert fresh.verdict() == "valid"
    own_files_only(fresh)


def test_of_two_codes_on_a_page_ours_is_taken(fresh: Visit, small: SmallLedger) -> None:
    number = small.numbers["valid"]
    sheet = qrcodes.side_by_side("https://national.example/", link(fresh, number))
    choose(fresh, "a.png", qrcodes.png(sheet))
    assert fresh.verdict() == "valid"
    fresh.page.evaluate("document.getElementById('report').hidden = true")
    sheet = qrcodes.side_by_side(link(fresh, number), link(fresh, small.numbers["revoked"]))
    choose(fresh, "a.png", qrcodes.png(sheet))
    said(fresh, "不止一个证书编号")
    assert fresh.page.locator("#report").is_hidden()
    fresh.page.click(f"#ways-offers button:has-text('{small.numbers['revoked']}')")
    assert fresh.verdict() == "revoked"
    assert fresh.page.inner_text("#ways-state").strip() == ""


@pytest.mark.parametrize(
    "spelt", ["https://evil.example/", "HTTPS://EVIL.EXAMPLE/#S0000", "http://user@{host}/#{number}", "https://{host}/"]
)
def test_what_only_looks_like_this_site_is_another(fresh: Visit, small: SmallLedger, spelt: str) -> None:
    host = fresh.address.removeprefix("http://")
    text = spelt.format(host=host, number=small.numbers["valid"])
    choose(fresh, "a.png", qrcodes.png(qrcodes.plain(text)))
    said(fresh, "指向另一网站")
    assert fresh.page.locator("#report").is_hidden()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_code_is_shown_as_text(fresh: Visit, text: str) -> None:
    choose(fresh, "a.png", qrcodes.png(qrcodes.plain(text)))
    said(fresh, "二维码里没有证书编号")
    assert fresh.page.locator("#ways-state *").count() == 3
    assert len(fresh.page.inner_text("#ways-quoted")) <= 201
    assert fresh.page.locator("#report").is_hidden()
    own_files_only(fresh)


# -- files ----------------------------------------------------------------------------------------------

PNG_BOMB = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00" + bytes(64)
)
PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
FILES = {
    "no code in it": (qrcodes.png(Image.new("L", (300, 300), 200)), "图片里没有读到二维码"),
    "cut short": (qrcodes.jpeg(qrcodes.plain("x"))[:300], "这张图片打不开"),
    "a bomb": (PNG_BOMB, "尺寸太大"),
    "heic": (b"\x00\x00\x00\x18ftypheic" + bytes(100), "HEIC"),
    "empty": (b"", "文件是空的"),
    "a programme": (b"\x7fELF" + bytes(100), "不认识这个文件"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "不认识这个文件"),
    "html": (b"<script>alert(1)</script>", "不认识这个文件"),
    "pdf of somebody else": (PDF, "没有本账本的附件"),
    "encrypted pdf": (PDF.replace(b"<</Root", b"<</Encrypt 2 0 R/Root"), "密码保护"),
    "broken pdf": (PDF[:30], "不完整或已损坏"),
    "too large": (b"\xff\xd8\xff" + bytes(25 * 1024 * 1024), "超过 25 MB"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_cannot_be_used_is_said(fresh: Visit, kind: str) -> None:
    data, words = FILES[kind]
    choose(fresh, "<b>坏文件</b>.png", data)
    said(fresh, words)
    assert fresh.page.locator("#ways-state *").count() == 3
    assert fresh.page.locator("#report").is_hidden()
    own_files_only(fresh)


def test_a_scanned_page_in_a_pdf_is_read(fresh: Visit, small: SmallLedger) -> None:
    page = qrcodes.photograph(link(fresh, small.numbers["suspended"]), width=1754, height=1240, angle=0, blur=1)
    choose(fresh, "扫描件.pdf", qrcodes.scanned_pdf(page))
    assert fresh.verdict() == "suspended"
    own_files_only(fresh)


def test_a_receipt_is_known_by_its_first_line(fresh: Visit) -> None:
    choose(fresh, "凭证.png", b"skill-ledger/receipt/v1\ncode X\n")
    fresh.page.wait_for_function(
        "() => document.getElementById('receipt-state').textContent.includes('不是查验凭证')", timeout=PATIENCE
    )


HAND_OVER = """([kind, name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const given = new DataTransfer();
  if (name) given.items.add(new File([bytes], name));
  else given.setData("text/plain", new TextDecoder().decode(bytes));
  const paste = kind === "paste";
  const event = new (paste ? Event : DragEvent)(kind, { dataTransfer: given, bubbles: true, cancelable: true });
  if (paste) Object.defineProperty(event, "clipboardData", { value: given }); // Firefox's own constructor takes none
  document.querySelector("main").dispatchEvent(event);
}"""


def hand_over(page: Page, kind: str, name: str, data: bytes) -> None:
    page.evaluate(HAND_OVER, [kind, name, base64.b64encode(data).decode()])


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_picture_may_be_dropped_or_pasted(fresh: Visit, small: SmallLedger, kind: str) -> None:
    data = qrcodes.png(qrcodes.plain(link(fresh, small.numbers["valid"])))
    if kind == "drop":
        hand_over(fresh.page, "dragenter", "a.png", data)
        assert fresh.page.locator(".veil").is_visible()
    hand_over(fresh.page, kind, "a.png", data)
    assert fresh.page.locator(".veil").is_hidden()
    assert fresh.verdict() == "valid"


def test_a_text_may_be_dropped(fresh: Visit, small: SmallLedger) -> None:
    hand_over(fresh.page, "drop", "", f"编号 {small.numbers['revoked']}，请核验".encode())
    assert fresh.verdict() == "revoked"


def test_a_reader_that_does_not_load_is_said_and_loads_later(visit: Visit, small: SmallLedger) -> None:
    data = qrcodes.png(qrcodes.plain(link(visit, small.numbers["valid"])))
    faults: dict[str, Callable[[Route], None]] = {
        "missing": lambda route: route.fulfill(status=404),
        "changed": lambda route: route.fulfill(status=200, content_type="application/wasm", body=b"\0asm\1\0\0\0"),
    }
    visit.open()
    for act in faults.values():
        visit.page.route("**/zxing_reader.wasm", act)
        choose(visit, "a.png", data)
        said(visit, "没有下载成功")
        visit.page.unroute("**/zxing_reader.wasm")
        visit.page.evaluate("document.getElementById('ways-words').textContent = ''")
    choose(visit, "a.png", data)
    assert visit.verdict() == "valid"


# -- the camera -----------------------------------------------------------------------------------------


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
        f"""Object.defineProperty(navigator, "mediaDevices", {{ value: {"undefined" if not name else
        "{ getUserMedia: async () => { throw Object.assign(new Error(), { name: '" + name + "' }); } }"} }});"""
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
