"""The pages made at the build, in real browsers: the filter, the policy, small screens, no scripts, the dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sitegen import build_site

from ledger.core.record import sign_record
from tests.browser.conftest import SCREENSHOTS, WATCH, Visit
from tests.simulator import REGISTRAR, filing
from tests.site.kit import served
from tests.site.register import ANHUI, DAY, NASTY, OLD, SCHOOL, Register, make_register

HUNDREDS = 230  # organisations besides those of the register: three pages


@pytest.fixture(scope="session")
def register() -> Register:
    """The register with so many more organisations that the list has several pages."""
    register = make_register()
    names = [f"测试数据·第{n + 1}技工学校" for n in range(HUNDREDS)]
    names[7] = "测试数据·ＨＡＬＬＥ学校"
    bodies = [filing(f"S0000501{n:05d}", name=name) for n, name in enumerate(names)]
    register.ledger.batch(*(sign_record("org.file", body, REGISTRAR) for body in bodies))
    return register


@pytest.fixture(scope="session")
def pages(register: Register, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("register")
    build_site(register.write(folder / "public"), folder / "site", day=DAY, docs=False)
    with served(folder / "site") as address:
        yield address


@pytest.fixture(scope="session")
def paths(register: Register) -> list[str]:
    seqs = [register.seqs[label] for label in ("results", "candidates", "board")]
    chinese = ["/organisations/", "/organisations/page/2/", f"/organisations/{SCHOOL}/", f"/organisations/{OLD}/"]
    chinese += [f"/organisations/{ANHUI}/", "/notices/", *(f"/notices/{seq}/" for seq in seqs), "/report/"]
    return [*chinese, *(f"/en{path}" for path in chinese)]


@pytest.fixture
def seen(browser: Browser, pages: str) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.add_init_script(WATCH)
    page = context.new_page()
    page.clock.set_fixed_time("2026-10-20T02:00:00Z")  # on DAY: the notices still run
    visit = Visit(page, pages)
    visit.watch()
    yield visit
    context.close()


def listed(page: Page) -> list[str]:
    return page.locator("#rows th a").all_inner_texts()


def filter_by(page: Page, words: str, said: str) -> list[str]:
    page.fill("#filter-words", words)
    page.wait_for_function("said => document.querySelector('#filter-found').textContent === said", arg=said)
    return listed(page)


def test_the_filter_finds_in_the_whole_list_what_was_typed(seen: Visit) -> None:
    seen.open("/organisations/")
    page = seen.page
    first = listed(page)
    assert len(first) == 100
    assert seen.paths("/assets/organisations-zh") == [], "the list is fetched when somebody types"
    assert filter_by(page, "机械", "找到 1 家") == ["测试数据·江岸机械厂"]
    assert filter_by(page, "云岭 铣工", "找到 1 家") == ["测试数据·云岭技师学院"]
    assert filter_by(page, "halle", "找到 1 家") == ["测试数据·ＨＡＬＬＥ学校"]
    assert filter_by(page, "s000050100229", "找到 1 家") == ["测试数据·第230技工学校"]
    assert filter_by(page, "没有这家", "没有符合的机构") == []
    assert page.locator("#pager").is_hidden()
    assert len(filter_by(page, "技工", f"找到 {HUNDREDS - 1} 家，显示前 100 家")) == 100
    page.fill("#filter-words", "")
    page.select_option("#filter-state", "merged")
    page.wait_for_function("() => document.querySelector('#filter-found').textContent === '找到 2 家'")
    assert page.locator("#rows .state").all_inner_texts() == ["已合并", "已合并"]
    page.select_option("#filter-state", "")
    page.wait_for_function("() => document.querySelector('#filter-found').textContent === ''")
    assert listed(page) == first
    assert page.locator("#pager").is_visible()
    page.press("#filter-words", "Enter")
    assert page.url == f"{seen.address}/organisations/"
    seen.check_quiet()


@pytest.mark.parametrize("place", ["/organisations/", "/en/organisations/page/2/"])
def test_what_was_found_leads_to_its_page_and_is_never_markup(seen: Visit, place: str) -> None:
    seen.open(place)
    seen.page.fill("#filter-words", NASTY[:6])
    seen.page.wait_for_function("() => document.querySelectorAll('#rows tr').length === 1")
    assert listed(seen.page) == [NASTY]
    assert seen.page.locator("#rows b").count() == 0
    seen.page.click("#rows a")
    seen.page.wait_for_url("**/organisations/Y000037000001/")
    assert seen.page.inner_text("h1") == NASTY
    seen.check_quiet()


def test_a_list_that_cannot_be_fetched_is_said_and_asked_for_again(seen: Visit) -> None:
    seen.page.route("**/assets/organisations-zh-1-*.json", lambda route: route.abort())
    seen.open("/organisations/")
    filter_by(seen.page, "机械", "目录没有取全，请重试，或逐页查看")
    assert len(listed(seen.page)) == 100
    seen.page.unroute("**/assets/organisations-zh-1-*.json")
    assert filter_by(seen.page, "江岸", "找到 1 家") == ["测试数据·江岸机械厂"]


def test_a_notice_ends_though_the_site_was_not_built_again(seen: Visit, register: Register) -> None:
    """The browser's day decides: China's, which is ahead of the hour that the clock is set to."""
    seq = register.seqs["results"]
    seen.page.clock.set_fixed_time("2026-10-21T15:59:00Z")
    seen.open(f"/notices/{seq}/")
    assert seen.page.locator("tbody tr").count() == 4
    assert seen.page.get_by_text("公示期已于 2026-10-21 结束").is_hidden()
    seen.page.clock.set_fixed_time("2026-10-21T16:01:00Z")
    seen.open(f"/notices/{seq}/")
    assert seen.page.locator("tbody tr").count() == 0
    assert seen.page.get_by_text("公示期已于 2026-10-21 结束").is_visible()
    assert seen.page.get_by_text("欧阳**").count() == 0
    seen.open("/notices/")
    assert seen.page.locator("table").count() == 0
    assert seen.page.get_by_text("目前没有正在进行的公示").is_visible()
    seen.open(f"/organisations/{ANHUI}/")
    assert seen.page.get_by_text("正在公示").count() == 0
    seen.check_quiet()


def test_without_scripts_the_pages_hold_the_whole_list(browser: Browser, pages: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route("**/*.js", lambda route: route.abort())  # Firefox cannot be told over BiDi to run none
    page.goto(f"{pages}/organisations/")
    assert page.locator("#filter").is_hidden()
    found = listed(page)
    while page.locator('a[rel="next"]').count():
        page.click('a[rel="next"]')
        found += listed(page)
    assert len(found) == len(set(found)) == HUNDREDS + 9
    page.click(".pager summary")
    page.locator(".pager ol a").first.click()
    assert len(listed(page)) == 100
    context.close()


def test_every_page_keeps_the_policy_and_fits_a_narrow_screen(seen: Visit, paths: list[str]) -> None:
    for path in paths:
        for width in (320, 1280):
            seen.page.set_viewport_size({"width": width, "height": 800})
            seen.open(path)
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            cut = seen.page.evaluate(
                """width => [...document.querySelectorAll("main *")]
                   .filter((e) => e.checkVisibility() && !e.closest(".scroll, .hidden-text"))
                   .filter((e) => e.getBoundingClientRect().right > width + 1).map((e) => e.outerHTML.slice(0, 80))""",
                width,
            )
            assert cut == [], (path, width)
        seen.check_quiet()


def test_controls_are_large_enough_and_reached_by_keyboard(seen: Visit) -> None:
    seen.open("/organisations/")
    sizes = seen.page.evaluate(
        """[...document.querySelectorAll("input, select, nav a, summary, .brand")]
           .filter((element) => element.checkVisibility())
           .map((element) => [element.outerHTML, element.getBoundingClientRect()])
           .map(([name, box]) => [name, box.width, box.height])"""
    )
    assert len(sizes) > 8
    assert [size for size in sizes if size[1] < 24 or size[2] < 24] == []
    reached = []
    for _ in range(12):
        seen.page.keyboard.press("Tab")
        reached.append(seen.page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert reached[0] == "skip"
    assert {"brand", "switch", "filter-words", "filter-state"} <= set(reached)


def test_the_other_language_is_the_same_page(seen: Visit, paths: list[str]) -> None:
    for path in (path for path in paths if not path.startswith("/en/")):
        seen.open(path)
        for other in (f"/en{path}", path):
            seen.page.click("#switch")
            seen.page.wait_for_url(seen.address + other)


# Text on its background, by the formula of WCAG 2.2; the ledger's colours are plain, so the nearest background counts.
CONTRAST = """() => {
  const parse = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("main *, header *, footer *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest(".hidden-text")) continue;
    const style = getComputedStyle(element);
    const text = parse(element.closest("svg") ? style.fill : style.color).slice(0, 3);
    const [one, other] = [light(text), light(ground(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 80)}`);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(browser: Browser, pages: str, paths: list[str], scheme: str) -> None:
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.clock.set_fixed_time("2026-10-20T02:00:00Z")
    for path in (path for path in paths if not path.startswith("/en/")):
        page.goto(pages + path)
        assert page.evaluate(CONTRAST) == [], path
    context.close()


HIDDEN_IN_PRINT = """[...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])
  .filter((rule) => rule.media?.mediaText === "print").flatMap((rule) => [...rule.cssRules])
  .filter((rule) => rule.style?.display === "none").flatMap((rule) => rule.selectorText.split(", "))
  .filter((selector) => document.querySelector(selector))"""


def test_print_leaves_out_what_only_a_screen_needs(seen: Visit) -> None:
    """Read from the rules: Firefox cannot be told over BiDi to show a page as it prints it."""
    seen.open("/organisations/")
    assert set(seen.page.evaluate(HIDDEN_IN_PRINT)) == {".masthead nav", ".skip", ".filter", ".pager"}
    seen.open(f"/organisations/{SCHOOL}/")
    assert ".crumb" in seen.page.evaluate(HIDDEN_IN_PRINT)


@pytest.mark.parametrize(("screen", "width"), [("phone", 360), ("desktop", 1280)])
def test_pictures_of_the_pages_are_kept_to_look_at(
    browser: Browser, pages: str, paths: list[str], screen: str, width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, locale="zh-CN")
    page = context.new_page()
    page.clock.set_fixed_time("2026-10-20T02:00:00Z")
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    taken: list[Path] = []
    for path in paths:
        page.goto(pages + path)
        name = path.strip("/").replace("/", "-")
        taken.append(SCREENSHOTS / f"{name}-{screen}-{browser.browser_type.name}.png")
        page.screenshot(path=taken[-1], full_page=True)
    context.close()
    assert all(path.stat().st_size > 10_000 for path in taken)
