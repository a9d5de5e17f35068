"""A certificate's PDF in the page: dropped or chosen, proven, held against its own text, and against today's ledger."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, SCREENSHOTS, Visit
from tests.site.kit import SmallLedger


def choose(visit: Visit, path: Path) -> None:
    visit.page.evaluate("for (const id of ['report', 'pdf-note']) document.getElementById(id).hidden = true")
    visit.page.set_input_files("#file", path)


def test_a_certificate_is_proven_and_shows_its_holder(warm: Visit, small: SmallLedger) -> None:
    choose(warm, small.papers["valid"])
    expect(warm.page.locator("#pdf-note")).to_be_visible(timeout=PATIENCE)
    assert warm.verdict() == "valid"
    assert warm.tone() == "good"
    assert "与签名的内容一致" in warm.page.inner_text("#pdf-note")
    facts = warm.page.inner_text("#facts")
    shown = [small.holder.name, "居民身份证", small.holder.doc_no]
    assert sorted(facts.index(words) for words in shown) == [facts.index(words) for words in shown]  # as on paper
    assert json.loads(warm.report())["disclosed"]["name"] == small.holder.name
    browser = warm.page.context.browser
    if browser is not None and browser.browser_type.name == "chromium":  # Firefox's pictures break the page's policy
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for width in (360, 1280):
            warm.page.set_viewport_size({"width": width, "height": 900})
            warm.page.screenshot(path=SCREENSHOTS / f"paper-valid-{width}.png", full_page=True)
    warm.check_quiet()


def test_one_that_was_revoked_since_it_was_printed(warm: Visit, small: SmallLedger) -> None:
    choose(warm, small.papers["revoked"])
    expect(warm.page.locator("#pdf-note")).to_be_visible(timeout=PATIENCE)
    assert (warm.verdict(), warm.tone()) == ("revoked", "bad")


def test_without_a_network_its_own_receipt_answers(warm: Visit, small: SmallLedger) -> None:
    warm.page.route("**/ledger/**", lambda route: route.abort())
    try:
        choose(warm, small.papers["revoked"])
        expect(warm.page.locator("#pdf-note")).to_be_visible(timeout=PATIENCE)
    finally:
        warm.page.unroute("**/ledger/**")
    assert (warm.verdict(), warm.tone()) == ("valid", "neutral")
    assert warm.page.is_visible("#receipt-note")
    warm.said.clear()  # what browsers say about a network that is off


def test_an_altered_text_is_found_out(warm: Visit, small: SmallLedger, tmp_path: Path) -> None:
    """The receipt of the one in the page of the other."""

    def attached(data: bytes) -> tuple[int, int]:
        start = data.index(b"/Type/EmbeddedFile")
        return data.index(b"obj", data.rindex(b"\n", 0, data.rindex(b" 0 obj", 0, start))), data.index(b"endobj", start)

    mine, other = small.papers["valid"].read_bytes(), small.papers["revoked"].read_bytes()
    (first, end), (other_first, other_end) = attached(other), attached(mine)
    forged = tmp_path / "forged.pdf"
    forged.write_bytes(other[:first] + mine[other_first:other_end] + other[end:])
    choose(warm, forged)
    expect(warm.page.locator("#pdf-note")).to_be_visible(timeout=PATIENCE)
    assert warm.tone() == "bad"
    assert warm.page.inner_text("#verdict") == "这份 PDF 改动过"
    assert "姓名" in warm.page.inner_text("#pdf-note")


def test_the_next_lookup_knows_nothing_of_it(warm: Visit, small: SmallLedger) -> None:
    choose(warm, small.papers["valid"])
    expect(warm.page.locator("#pdf-note")).to_be_visible(timeout=PATIENCE)
    assert warm.look_up(small.numbers["valid"]) == "valid"
    assert warm.page.is_hidden("#pdf-note")
    assert small.holder.name not in warm.page.inner_text("#facts")


@pytest.mark.parametrize("data", [b"%PDF-1.7\n%%EOF startxref", b"%PDF-" + b"1 0 obj\n<<>>stream\n" * 50])
def test_a_pdf_of_others_is_said_to_be_one(warm: Visit, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.pdf"
    path.write_bytes(data)
    choose(warm, path)
    expect(warm.page.locator("#ways-words")).not_to_be_empty(timeout=PATIENCE)
    assert warm.page.is_hidden("#report")
