"""The ways in beside typing: links, pictures, files dropped, pasted and chosen; all read in the page."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route

from ledger.core.disclosure import group_verification_code
from tests.browser import qrcodes
from tests.browser.conftest import PATIENCE, Visit
from tests.browser.ways import HOSTILE, NO_CODE, choose, link, own_files_only, said
from tests.site.kit import SmallLedger

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


def test_the_address_never_loses_the_number_of_a_link(fresh: Visit, small: SmallLedger) -> None:
    holder, number = small.holder, small.numbers["valid"]
    fresh.page.evaluate(
        """(hash) => {
          window.addresses = [];
          const real = history.replaceState.bind(history);
          history.replaceState = (...all) => { real(...all); window.addresses.push(location.hash); };
          location.hash = hash;
        }""",
        f"{number}.{holder.verification_code}",
    )
    assert fresh.verdict() == "valid"
    assert fresh.page.evaluate("window.addresses") == [f"#{number}"]  # opened again at any moment, it is looked up


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
    "no code in it": (NO_CODE, "图片里没有读到二维码"),
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
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_cannot_be_used_is_said(fresh: Visit, kind: str) -> None:
    data, words = FILES[kind]
    choose(fresh, "<b>坏文件</b>.png", data)
    said(fresh, words)
    assert fresh.page.locator("#ways-state *").count() == 3
    assert fresh.page.locator("#report").is_hidden()
    own_files_only(fresh)


def test_a_file_that_is_too_large_is_said(fresh: Visit, tmp_path: Path) -> None:
    (tmp_path / "扫描件.jpg").write_bytes(b"\xff\xd8\xff" + bytes(25 * 1024 * 1024))
    fresh.page.set_input_files("#file", tmp_path / "扫描件.jpg")  # from the disk: through the driver it takes a minute
    said(fresh, "超过 25 MB")
    assert fresh.page.locator("#report").is_hidden()
    own_files_only(fresh)


def test_a_scanned_page_in_a_pdf_is_read(fresh: Visit, small: SmallLedger) -> None:
    page = qrcodes.photograph(link(fresh, small.numbers["suspended"]), width=1754, height=1240, angle=0, blur=1)
    choose(fresh, "扫描件.pdf", qrcodes.scanned_pdf(page))
    assert fresh.verdict() == "suspended"
    own_files_only(fresh)


def test_a_pdf_that_nobody_could_look_into_is_not_called_foreign(visit: Visit, small: SmallLedger) -> None:
    visit.page.route("**/*.wasm", lambda route: route.abort("connectionreset"))
    visit.open()
    choose(visit, "证书.pdf", FILES["pdf of somebody else"][0])
    assert "没有本账本的附件" not in said(visit, "没有下载完整")
    page = qrcodes.photograph(link(visit, small.numbers["valid"]), width=1754, height=1240, angle=0, blur=1)
    choose(visit, "扫描件.pdf", qrcodes.scanned_pdf(page))
    said(visit, "二维码读取程序没有下载成功")


def test_a_code_is_not_shown_again(fresh: Visit, small: SmallLedger) -> None:
    code = small.holder.verification_code
    choose(fresh, "a.png", qrcodes.png(qrcodes.plain(f"https://mirror.example/#{small.numbers['valid']}.{code}")))
    assert code not in said(fresh, "指向另一网站 mirror.example")
    assert f"{small.numbers['valid']}.····" in fresh.page.inner_text("#ways-quoted")
    fresh.page.click("#ways-offers button")
    assert fresh.verdict() == "valid"
    assert fresh.page.input_value("#match-code") == group_verification_code(code)


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


def paste_text(page: Page, place: str, text: str) -> bool:
    """Whether the browser was left to paste it itself."""
    return bool(
        page.evaluate(
            """([place, text]) => {
              const given = new DataTransfer();
              given.setData("text/plain", text);
              const event = new Event("paste", { bubbles: true, cancelable: true });
              Object.defineProperty(event, "clipboardData", { value: given });
              return document.querySelector(place).dispatchEvent(event);
            }""",
            [place, text],
        )
    )


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


@pytest.mark.parametrize("field", ["#code", "main"])
def test_a_pasted_link_is_read_as_one(fresh: Visit, small: SmallLedger, field: str) -> None:
    number, code = small.numbers["valid"], small.holder.verification_code
    for text in (f"{link(fresh, number)}.{code}", f"证书编号：{number[:13]} {number[13:]}"):
        fresh.page.evaluate("document.getElementById('report').hidden = true")
        paste_text(fresh.page, field, text)
        assert fresh.verdict() == "valid"
        assert fresh.page.evaluate("location.hash") == f"#{number}"
    paste_text(fresh.page, field, f"https://evil.example/#{number}")
    said(fresh, "指向另一网站 evil.example")


def test_a_name_pasted_into_another_field_stays_there(fresh: Visit) -> None:
    assert paste_text(fresh.page, "#match-name", "S000050000001263000001")
    assert paste_text(fresh.page, "#code", " s0000-5000 0001\n263000001 ")
    assert fresh.page.locator("#report").is_hidden()


def test_a_reader_that_does_not_load_is_said_and_loads_later(visit: Visit, small: SmallLedger) -> None:
    data = qrcodes.png(qrcodes.plain(link(visit, small.numbers["valid"])))
    other = b"\0asm\1\0\0\0"  # a wasm, but not the pinned one
    faults: list[tuple[str, Callable[[Route], None]]] = [
        ("**/zxing_reader.wasm", lambda route: route.fulfill(status=404)),
        ("**/zxing_reader.wasm", lambda route: route.fulfill(status=200, content_type="application/wasm", body=other)),
        ("**/reader/index.js", lambda route: route.abort("connectionreset")),
        ("**/assets/decode-*.js", lambda route: route.fulfill(status=503)),
    ]
    visit.open()
    for pattern, act in faults:
        visit.page.route(pattern, act)
        choose(visit, "a.png", data)
        said(visit, "没有下载成功")
        visit.page.unroute(pattern)
        visit.page.evaluate("document.getElementById('ways-words').textContent = ''")
    choose(visit, "a.png", data)
    assert visit.verdict() == "valid"
