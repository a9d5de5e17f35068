"""The documentation in real browsers: the search finds Chinese words, the policy holds, pages fit a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext
from sitegen.docs import build_docs

from tests.browser.conftest import SCREENSHOTS, Visit
from tests.site.kit import served


@pytest.fixture(scope="session")
def docs_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The documentation alone, below /docs/ as in a site: it needs no ledger."""
    site = tmp_path_factory.mktemp("site")
    build_docs(site / "docs")
    (site / "index.html").write_text("<!doctype html><title>site</title>", encoding="utf-8")
    with served(site) as address:
        yield address


@pytest.fixture
def reader(context: BrowserContext, docs_address: str) -> Visit:
    seen = Visit(context.new_page(), docs_address)
    seen.watch()
    return seen


def found(visit: Visit, query: str) -> list[tuple[str, str]]:
    """(path, title) of what the search lists."""
    page = visit.page
    page.fill("#query", query)
    page.wait_for_function(
        """(query) => document.getElementById("query").value === query
            && document.getElementById("found").dataset.query === query""",
        arg=query,
    )
    links = page.locator("#found-list a")
    return [((link.get_attribute("href") or "").removeprefix(visit.address), link.inner_text()) for link in links.all()]


WIDTHS = (360, 1280)
WIDE = """() => [...document.querySelectorAll("main table")]
    .filter((table) => table.scrollWidth > table.clientWidth + 1).map((table) => table.innerText.slice(0, 60))"""


def pages_of(results: list[tuple[str, str]]) -> list[str]:
    """The pages among results, the best first."""
    return list(dict.fromkeys(path.split("#")[0] for path, _ in results))


# A word as a reader types it, most of two characters, and a page that must be among the first three found.
WORDS = {
    "撤销": "/docs/for-registrars/",
    "验证码": "/docs/for-holders/",
    "吊销": "/docs/for-registrars/",
    "公示": "/docs/for-authorities/",
    "镜像": "/docs/for-auditors/",
    "断电": "/docs/threat-model/",
    "印制": "/docs/printing/",
    "赋码": "/docs/for-authorities/",
    "shard": "/docs/spec/index-shards-head/",
    "witness": "/docs/witnesses/",
}


def test_the_search_finds_chinese_words_and_asks_nobody_else(reader: Visit) -> None:
    reader.open("/docs/")
    assert reader.paths("/docs/search/") == []  # nothing is fetched for who does not search
    for word, wanted in WORDS.items():
        assert wanted in pages_of(found(reader, word))[:3], word
    assert reader.paths("/docs/search/") == ["/docs/search/search_index.json"]
    assert reader.page.locator("#found-list mark").first.inner_text().lower() == "witness"
    reader.check_quiet()


def test_words_are_all_asked_for_and_a_rare_phrase_by_its_pairs(reader: Visit) -> None:
    reader.open("/docs/spec/note/")
    both, one = found(reader, "镜像 审计"), found(reader, "镜像")
    assert "/docs/for-auditors/" in pages_of(both)
    assert set(pages_of(both)) < set(pages_of(one))
    assert "/docs/printing/" in pages_of(found(reader, "证书印制"))  # only 印制证书 is written
    assert found(reader, "ＬＥＤＧＥＲ　ＡＰＰＥＮＤ") == found(reader, "ledger append")  # full width
    assert found(reader, "麒麟") == []
    assert "没有找到" in reader.page.inner_text("#found-state")
    reader.check_quiet()


def test_the_search_works_by_keyboard_and_its_links_lead_to_the_section(reader: Visit) -> None:
    reader.open("/docs/quick-start/")
    page = reader.page
    found(reader, "对象存储")
    page.press("#query", "Enter")
    page.wait_for_function("() => document.activeElement.closest('#found-list')")
    page.keyboard.press("Enter")
    page.wait_for_url("**/docs/hosting/#**")
    page.wait_for_function("() => document.querySelector(':target')")
    assert "对象存储" in page.inner_text(":target")
    page.fill("#query", "缓存")
    page.wait_for_selector("#found-list a")
    page.press("#query", "Escape")
    assert page.locator("#found").is_hidden()
    assert page.input_value("#query") == ""
    reader.check_quiet()


def test_an_index_that_does_not_come_is_told(reader: Visit) -> None:
    reader.page.route("**/search_index.json", lambda route: route.abort())
    reader.open("/docs/")
    assert found(reader, "撤销") == []
    assert "请重试" in reader.page.inner_text("#found-state")


def test_without_its_script_there_is_no_search_and_all_else(context: BrowserContext, docs_address: str) -> None:
    page = context.new_page()
    page.route("**/search.js", lambda route: route.abort())
    page.goto(f"{docs_address}/docs/")
    assert page.locator("#search").is_hidden()
    assert page.locator("#contents a").count() > 40


def test_no_page_is_wider_than_the_screen(reader: Visit, full: bool) -> None:
    """Examples scroll by themselves; pages and tables never do. Firefox sees every third page, all if LEDGER_FULL=1."""
    browser = reader.page.context.browser
    few = browser is not None and browser.browser_type.name == "firefox" and not full
    reader.open("/docs/")
    links = reader.page.locator("#contents a").all()
    pages = sorted({str(link.evaluate("link => link.pathname")) for link in links})
    assert len(pages) > 40
    for path in pages[:: 3 if few else 1]:
        reader.open(path)
        for width in WIDTHS:
            reader.page.set_viewport_size({"width": width, "height": 800})
            assert reader.page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert reader.page.evaluate(WIDE) == [], path
    reader.check_quiet()
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    reader.open("/docs/threat-model/")
    found(reader, "吊销")
    for width in WIDTHS:
        reader.page.set_viewport_size({"width": width, "height": 800})
        reader.page.screenshot(path=SCREENSHOTS / f"docs-search-{width}.png")
