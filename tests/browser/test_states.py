"""Every state of every page: no violation of axe's rules, nothing cut off, nothing on top of something else.

In both languages, light and dark, as wide as a phone, a tablet and a desktop. The pictures are kept to look at: all of
them with LEDGER_FULL=1, else a dark one of a phone and a light one of a desktop.
"""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Page, Playwright
from sitegen import build_site
from sitegen.node import find_node
from sitegen.runtime import locked_packages

from tests.browser.conftest import SCREENSHOTS, Visit
from tests.browser.states import LANGUAGES, calm, show, states_in
from tests.conftest import FULL
from tests.site.kit import REPOSITORY, SmallLedger, served

AXE = Path(__file__).with_name("axe")
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# Of what passes one place is enough, and style sheets need not be fetched a second time: half the time each.
RULES = {"preload": False, "resultTypes": ["violations"], "runOnly": {"type": "tag", "values": list(TAGS)}}
# Light last: so it stays while another state is brought about.
SCHEMES: tuple[Literal["light", "dark"], ...] = ("dark", "light")
WIDTHS = (360, 768, 1280)
SEEN = {(360, "dark"), (1280, "light")}  # what is pictured unless everything is
AXE_AT = 360
# What runs out of the page, is cut off in its own box, or lies on another text. Boxes that scroll by themselves may.
GEOMETRY = """() => {
  const wrong = [];
  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) wrong.push(`the page is ${wide} wide`);
  const style = (one) => getComputedStyle(one);
  const up = (one, is) => { for (; one; one = one.parentElement) if (is(one)) return true; return false; };
  const scrolls = (one) => up(one, (box) => /auto|scroll/.test(style(box).overflowX));
  const tiny = (one) => up(one, (box) => style(box).position === "absolute" && box.clientWidth <= 1);
  const unseen = (one) => !one.checkVisibility() || tiny(one) || one.closest(".skip, svg, option, script, style");
  const boxes = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement, words = node.textContent.trim().slice(0, 40);
    if (!words || unseen(parent)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width < 2 || box.height < 2) continue;
      if ((box.left < -1 || box.right > innerWidth + 1) && !scrolls(parent)) wrong.push(`outside: ${words}`);
      boxes.push({ box, parent, words });
    }
    const over = parent.scrollWidth > parent.clientWidth + 1 || parent.scrollHeight > parent.clientHeight + 1;
    if (style(parent).overflow === "hidden" && over) wrong.push(`cut off: ${words}`);
  }
  boxes.sort((a, b) => a.box.top - b.box.top);
  const kin = (a, b) => a.contains(b) || b.contains(a);
  for (let i = 0; i < boxes.length; i += 1)
    for (let j = i + 1; j < boxes.length && boxes[j].box.top < boxes[i].box.bottom - 3; j += 1) {
      const a = boxes[i], b = boxes[j];
      const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
      const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
      if (across < 2 || down < 4 || kin(a.parent, b.parent) || scrolls(a.parent)) continue;
      wrong.push(`on each other: ${a.words} / ${b.words}`);
    }
  return wrong.slice(0, 5);
}"""


@pytest.fixture(scope="module")
def axe() -> Path:
    return locked_packages(AXE, find_node(), lambda: None) / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    started = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    yield started
    started.close()


@pytest.fixture(scope="module")
def themed(small: SmallLedger, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site in the colours of the example of a theme."""
    out = tmp_path_factory.mktemp("themed") / "site"
    build_site(small.public, out, theme=REPOSITORY / "site/docs/spec/theme-example.toml", docs=False)
    with served(out) as address:
        yield address


def picture(page: Page, file: Path) -> None:
    """The whole page, packed in a hurry: there are hundreds of pictures."""
    width, height = page.evaluate("[innerWidth, document.documentElement.scrollHeight]")
    with_all = {"captureBeyondViewport": True, "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}}
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True, **with_all})
    session.detach()
    file.write_bytes(base64.b64decode(taken["data"]))


def violations(visit: Visit) -> list[str]:
    """What axe finds, as rule and place."""
    found: dict[str, Any] = visit.page.evaluate("rules => axe.run(document, rules)", RULES)
    assert len(found["passes"]) > 10
    return [f"{one['id']}: {[node['target'] for node in one['nodes']][:3]}" for one in found["violations"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_is_accessible_and_nothing_is_cut_off(
    chromium: Browser, axe: Path, address: str, themed: str, small: SmallLedger, language: str
) -> None:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.add_init_script(path=axe)
    page = context.new_page()
    visits = {"plain": Visit(page, address), "themed": Visit(page, themed)}
    problems: list[str] = []
    pictures = SCREENSHOTS / "states"
    pictures.mkdir(parents=True, exist_ok=True)
    states = states_in(language)
    for name, state in states.items():
        visit = visits[state.site]
        show(visit, small, state, language)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            problems += [f"{name}, {language}, {width}: {wrong}" for wrong in page.evaluate(GEOMETRY)]
            for scheme in SCHEMES:
                pictured = FULL or (width, scheme) in SEEN
                if not pictured and width != AXE_AT:
                    continue
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                where = f"{name}, {language}, {scheme}"
                if width == AXE_AT:
                    problems += [f"{where}: {wrong}" for wrong in violations(visit)]
                if pictured:
                    picture(page, pictures / f"{where.replace(', ', '-').replace(' ', '-')}-{width}.png")
        calm(visit, state)
    context.close()
    print(f"{len(states)} states in {language}: {len(problems)} problems", *problems, sep="\n")
    assert problems == []


def test_the_geometry_finds_planted_faults(chromium: Browser, axe: Path, address: str) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 900})
    context.add_init_script(path=axe)
    visit = Visit(context.new_page(), address)
    visit.open()
    assert visit.page.evaluate(GEOMETRY) == []
    assert violations(visit) == []
    planted = {
        "outside": "one.style.position = 'relative'; one.style.left = '300px'",
        "cut off": "one.style.overflow = 'hidden'; one.style.height = '8px'",
        "on each other": "one.style.transform = 'translateY(60px)'",
    }
    for symptom, style in planted.items():
        visit.page.reload()
        visit.page.evaluate(f"() => {{ const one = document.querySelector('h1'); {style}; }}")
        assert any(symptom in wrong for wrong in visit.page.evaluate(GEOMETRY)), symptom
    visit.page.reload()
    visit.page.evaluate("() => { document.querySelector('.lead').style.color = '#ddd'; }")
    assert any("color-contrast" in wrong for wrong in violations(visit))
    context.close()
