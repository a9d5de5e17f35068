"""Certificates whose fields hold markup, controls, endless words, piles of marks: shown as text that disturbs no other.

All are signed and valid: whoever may issue may write this, and the page has to bear it. The test prints N/N.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from ledger.cli.show import report_lines
from ledger.locales import load_texts
from tests.browser.conftest import PATIENCE, SCREENSHOTS, WATCH, Visit
from tests.browser.instead import HOSTILE, hostile, hostile_receipt, instead
from tests.browser.test_receipt import open_receipt
from tests.browser.test_states import GEOMETRY
from tests.simulator import PROFILES, look_up

WIDTHS = (360, 1280)
# What is not to be seen or steers how others stand: a sign in its place. Of piled up marks eight are left.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
PILED = re.compile("([\u0300-\u036f\u0489]{8})[\u0300-\u036f\u0489]+")
# The elements that the page has where data stand. What data say never adds another kind.
SHOWN = """() => {
  const boxes = [...document.querySelectorAll("#facts, #person-box, #events, #verdict-box, #many-rows")];
  const inside = boxes.flatMap((box) => [...box.querySelectorAll("*")]);
  return {
    kinds: [...new Set(inside.map((one) => one.localName))].sort(),
    handlers: inside.flatMap((one) => one.getAttributeNames()).filter((name) => name.startsWith("on")),
    links: inside.filter((one) => one.localName === "a").map((one) => new URL(one.href).origin),
    clipped: [...document.querySelectorAll("#facts dd, #person-name")].map((one) => getComputedStyle(one).overflowY),
    values: [...document.querySelectorAll("#facts dd, #person-name")].map((one) => one.firstChild?.textContent ?? ""),
  };
}"""
KINDS = {
    "a",
    "b",
    "button",
    "canvas",
    "dd",
    "details",
    "div",
    "dt",
    "form",
    "h2",
    "h3",
    "input",
    "label",
    "li",
    "p",
    "small",
    "span",
}
KINDS |= {"summary", "svg", "td", "th", "tr", "use"}


def legible(text: str) -> str:
    return PILED.sub("\\1\ufffd", UNSEEN.sub("\ufffd", text))


def test_the_command_line_prints_them_and_lets_nobody_steer_the_terminal() -> None:
    ledger, numbers = hostile()
    files, borne = ledger.files(), 0
    for name, code in numbers.items():
        lines = list(report_lines(look_up(files, code, ledger, now=ledger.now), load_texts("zh"), PROFILES))
        assert not UNSEEN.search("".join(lines)), name
        assert any(line.endswith(UNSEEN.sub("\ufffd", HOSTILE[name])) for line in lines), name  # the organisation
        borne += 1
    print(f"hostile texts printed as text by the command line: {borne}/{len(HOSTILE)}")
    assert borne == len(HOSTILE)


@pytest.fixture
def guest(browser: Browser, address: str) -> Iterator[Visit]:
    """A page that is shown the hostile ledger."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.add_init_script(WATCH)
    visit = Visit(context.new_page(), address)
    visit.watch()
    for glob, answer in instead(lambda: hostile()[0]).items():
        visit.page.route(glob, answer)
    yield visit
    context.close()


def test_hostile_fields_are_shown_as_text(guest: Visit, tmp_path: Path) -> None:
    ledger, numbers = hostile()
    dialogs: list[str] = []
    guest.page.on("dialog", lambda dialog: dialogs.append(dialog.message))  # left open, it would end the test
    guest.open()
    title, borne = guest.page.title(), 0
    pictures = SCREENSHOTS / "hostile"
    pictures.mkdir(parents=True, exist_ok=True)
    for name, text in HOSTILE.items():
        paper = tmp_path / "receipt.txt"
        paper.write_bytes(hostile_receipt(ledger, numbers[name], text))
        guest.page.evaluate("document.getElementById('receipt-note').hidden = true")
        open_receipt(guest, paper)
        expect(guest.page.locator("#receipt-note")).to_be_visible(timeout=PATIENCE)
        assert guest.verdict() == "valid", name
        for width in WIDTHS:
            guest.page.set_viewport_size({"width": width, "height": 900})
            assert guest.page.evaluate(GEOMETRY) == [], (name, width)
            if (
                width == WIDTHS[0]
                and guest.page.context.browser
                and guest.page.context.browser.browser_type.name == "chromium"
            ):
                guest.page.locator("#facts-box").screenshot(path=pictures / f"{name.replace(' ', '-')}.png")
        shown = guest.page.evaluate(SHOWN)
        # The name (twice), the document's number, the employer, the occupation, the job, the evaluator.
        assert shown["values"].count(legible(text)) == 7, (name, shown["values"])
        assert set(shown["kinds"]) <= KINDS, name
        assert shown["handlers"] == [], name
        assert set(shown["links"]) == {guest.address}, name
        assert set(shown["clipped"]) == {"clip"}, name
        assert guest.page.title() == title, name
        borne += 1
    guest.open("/many/")
    guest.page.fill("#many-text", "\n".join(numbers.values()))
    guest.page.click("#many-start")
    expect(guest.page.locator("#many-rows tr")).to_have_count(len(numbers), timeout=PATIENCE)
    cells = guest.page.locator("#many-rows td:nth-child(8)").all_text_contents()
    assert cells == [legible(text) for text in HOSTILE.values()]
    assert set(guest.page.evaluate(SHOWN)["kinds"]) <= KINDS
    assert guest.page.evaluate(GEOMETRY) == []
    print(f"hostile texts shown as text, in every field: {borne}/{len(HOSTILE)}")
    assert borne == len(HOSTILE) == 22
    assert dialogs == []
    guest.check_quiet()
