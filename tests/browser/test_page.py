"""The page itself: the instant check, the keyboard, small screens, no scripts, pictures to look at."""

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import PATIENCE, SCREENSHOTS, Visit
from tests.browser.states import OLD, too_old
from tests.site.kit import SmallLedger

WIDTHS = {"phone": (360, 780), "desktop": (1280, 900)}


def test_the_format_check_needs_no_verifier(visit: Visit, small: SmallLedger) -> None:
    visit.page.route("**/runtime/**", lambda route: route.abort())
    visit.open()
    page = visit.page
    page.fill("#code", small.numbers["valid"][:14])
    assert page.inner_text("#code-state") == "已输入 14 位，共 22 位"
    page.fill("#code", small.numbers["valid"])
    assert "编号结构正确" in page.inner_text("#code-state")
    assert page.locator("#anatomy .part").count() == 4
    page.fill("#code", "S00005000O")
    assert page.inner_text("#code-state") == "第 10 位“O”不对：这里应当是数字"
    assert page.get_attribute("#code", "aria-invalid") == "true"
    assert "第8–13位为评价机构序列码" in page.inner_text("#code-problems")
    page.click("text=把第 10 位改成 0")
    assert page.input_value("#code") == "S 0000 50 000"
    page.fill("#code", small.numbers["valid"] + "12")
    assert page.inner_text("#code-state") == "多了 2 位：编号共 22 位"
    page.fill("#code", "")
    assert page.locator("#anatomy").is_hidden()
    page.press("#code", "Enter")
    assert page.inner_text("#code-state") == "请输入证书编号。"
    assert page.evaluate("document.activeElement.id") == "code"
    page.fill("#code", small.numbers["valid"][:-1])
    page.press("#code", "Enter")
    assert page.inner_text("#code-state") == "还差 1 位：编号共 22 位，缺流水号"
    page.fill("#code", "S000050O0000I263000001")
    page.press("#code", "Enter")
    assert page.inner_text("#code-state") == "有 2 处不对：第 8、13 位"
    assert page.locator("#code-problems li").count() == 2
    assert page.locator("#anatomy mark").all_inner_texts() == ["O", "I"]
    assert page.locator("#report").is_hidden()
    assert visit.paths("/ledger/") == []


def test_the_number_is_grouped_and_the_caret_stays(visit: Visit, small: SmallLedger) -> None:
    visit.open()
    page = visit.page
    page.click("#code")
    number = small.numbers["valid"]
    page.keyboard.type(number.lower())
    assert page.input_value("#code") == "S 0000 50 000001 26 3 000001"
    for _ in range(6):
        page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.getElementById('code').selectionStart") == 22
    for _ in range(2):  # over the space, and one character
        page.keyboard.press("Backspace")
    assert page.input_value("#code") == "S 0000 50 000001 20 0 0001"
    page.keyboard.type("63")
    assert page.input_value("#code") == "S 0000 50 000001 26 3 000001"
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(" s0000－5000\u30000001\n26 3-000001 ")
    assert page.input_value("#code") == "S 0000 50 000001 26 3 000001"
    visit.check_quiet()


def test_everything_is_reached_by_keyboard_and_large_enough(warm: Visit, small: SmallLedger) -> None:
    warm.look_up(small.numbers["valid"])
    sizes = warm.page.evaluate(
        """[...document.querySelectorAll("button, summary, input, nav a, .brand")]
           .filter((element) => element.checkVisibility())
           .map((element) => [element.outerHTML, element.getBoundingClientRect()])
           .map(([name, box]) => [name, box.width, box.height])"""
    )
    assert len(sizes) > 15
    assert [size for size in sizes if size[1] < 24 or size[2] < 24] == []
    warm.page.keyboard.press("Tab")
    warm.page.keyboard.press("Tab")
    assert warm.page.evaluate("document.activeElement.closest('#report') !== null")
    warm.check_quiet()


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_nothing_runs_out_of_the_page(warm: Visit, small: SmallLedger, width: int) -> None:
    warm.page.set_viewport_size({"width": width, "height": 800})
    warm.look_up(small.numbers["revoked"])
    warm.page.evaluate("() => document.querySelectorAll('details').forEach((element) => { element.open = true; })")
    assert warm.page.evaluate("document.documentElement.scrollWidth") <= width
    warm.page.set_viewport_size({"width": 1280, "height": 900})


def test_without_scripts_the_page_names_the_command_line(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert "ledger check" in page.inner_text("noscript")
    assert page.locator("h1").is_visible()
    context.close()


@pytest.mark.parametrize("lacks", OLD)
def test_a_browser_that_is_too_old_is_told_so(visit: Visit, small: SmallLedger, lacks: str) -> None:
    visit.open()
    too_old(visit, small, lacks)
    assert "这个浏览器太旧" in visit.page.inner_text("#verdict-reason")
    assert [one for one in visit.said if not one.startswith("log: ")] == []


@pytest.mark.parametrize("place", ["/", "/many/", "/audit/", "/embed/"])
def test_what_nobody_foresaw_is_said_at_once(visit: Visit, place: str) -> None:
    visit.open(place)
    words = visit.page.locator("#unstarted")
    words.wait_for(state="hidden", timeout=PATIENCE)
    visit.page.evaluate("() => { setTimeout(() => { null.planted; }); }")
    words.wait_for(state="visible", timeout=2000)
    assert "或者出了错" in words.inner_text()


def test_a_documentation_page_keeps_the_policy(visit: Visit) -> None:
    visit.open("/docs/")
    assert visit.page.locator("main h1").count() == 1
    visit.check_quiet()


@pytest.mark.parametrize("screen", WIDTHS)
def test_pictures_are_kept_to_look_at(browser: Browser, address: str, small: SmallLedger, screen: str) -> None:
    width, height = WIDTHS[screen]
    name = browser.browser_type.name
    context = browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    page = context.new_page()
    visit = Visit(page, address)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    visit.open()
    taken = [SCREENSHOTS / f"home-{screen}-{name}.png"]
    page.screenshot(path=taken[0], full_page=True)
    for kind, number in small.numbers.items():
        assert visit.look_up(number) == kind, page.inner_text("#report")
        taken.append(SCREENSHOTS / f"{kind}-{screen}-{name}.png")
        page.screenshot(path=taken[-1], full_page=True)
    context.close()
    assert all(path.stat().st_size > 20_000 for path in taken)
