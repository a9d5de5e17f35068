"""Receipts in the page: saved, followed again while offline, and never shown as an answer about today."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import expect

from ledger.cli import run
from ledger.core.receipt import parse_receipt
from tests.browser.conftest import PATIENCE, SCREENSHOTS, Visit
from tests.site.kit import SmallLedger

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def save(visit: Visit, folder: Path) -> Path:
    """Save what the page offers. Firefox ESR announces no downloads to the driver: the text is read in the page."""
    script = """async () => {
      let saved = null;
      const original = URL.createObjectURL;
      URL.createObjectURL = (blob) => { saved = blob; return original.call(URL, blob); };
      HTMLAnchorElement.prototype.click = function () { window.savedName = this.download; };
      document.getElementById("receipt-save").click();
      while (!saved) await new Promise((resolve) => setTimeout(resolve, 20));
      URL.createObjectURL = original;
      delete HTMLAnchorElement.prototype.click;
      return [window.savedName, await saved.text()];
    }"""
    name, text = visit.page.evaluate(script)
    path = folder / str(name)
    path.write_text(text, "ascii")
    return path


def open_receipt(visit: Visit, path: Path) -> None:
    visit.page.set_input_files("#receipt-file", path)


@pytest.mark.parametrize("kind", ["valid", "revoked", "absent"])
def test_a_saved_receipt_is_followed_again_offline(warm: Visit, small: SmallLedger, tmp_path: Path, kind: str) -> None:
    verdict = warm.look_up(small.numbers[kind])
    receipt = save(warm, tmp_path)
    assert receipt.name == f"receipt-{small.numbers[kind]}.txt"
    assert parse_receipt(receipt.read_bytes()).code == small.numbers[kind]
    before = warm.paths("/ledger/")
    warm.page.context.set_offline(True)
    try:
        open_receipt(warm, receipt)
        expect(warm.page.locator("#receipt-note")).to_be_visible(timeout=PATIENCE)
    finally:
        warm.page.context.set_offline(False)
    assert warm.verdict() == verdict
    assert warm.tone() == "neutral"
    assert warm.page.inner_text("#verdict").startswith("凭证属实")
    assert warm.paths("/ledger/") == before
    assert warm.page.is_hidden("#match-box")
    browser = warm.page.context.browser
    if browser is not None and browser.browser_type.name == "chromium":  # Firefox's pictures break the page's policy
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for scheme in SCHEMES:
            warm.page.emulate_media(color_scheme=scheme)
            warm.page.screenshot(path=SCREENSHOTS / f"receipt-{kind}-{scheme}.png", full_page=True)
        warm.page.emulate_media(color_scheme=None)


def test_the_command_line_agrees(warm: Visit, small: SmallLedger, tmp_path: Path) -> None:
    warm.look_up(small.numbers["corrected"])
    receipt = save(warm, tmp_path)
    trust = str(small.public / "trust.json")
    assert run(["check", "--proof", str(receipt), "--trust", trust], environment={}) == 0


@pytest.mark.parametrize("content", [b"", b"no receipt", b"\xff\xfe\x00", b"skill-ledger/receipt/v1\ncode X\n"])
def test_another_file_is_said_to_be_none(warm: Visit, small: SmallLedger, tmp_path: Path, content: bytes) -> None:
    warm.look_up(small.numbers["valid"])
    path = tmp_path / "file.txt"
    path.write_bytes(content)
    open_receipt(warm, path)
    expect(warm.page.locator("#receipt-state")).to_contain_text("不是查验凭证", timeout=PATIENCE)
    assert warm.page.is_hidden("#report")


def test_a_forged_receipt_is_no_answer(warm: Visit, small: SmallLedger, tmp_path: Path) -> None:
    """A receipt of the revoked number's lookup, renamed to another number."""
    warm.look_up(small.numbers["valid"])
    receipt = save(warm, tmp_path)
    text = receipt.read_text("ascii")
    lines = [line for line in text.split("\n") if not line.startswith("file shard/")]
    receipt.write_text("\n".join(lines), "ascii")
    open_receipt(warm, receipt)
    assert warm.verdict() == "not_checked"
    warm.check_quiet()


def test_a_lookup_after_a_receipt_is_an_answer_about_today(warm: Visit, small: SmallLedger, tmp_path: Path) -> None:
    warm.look_up(small.numbers["valid"])
    open_receipt(warm, save(warm, tmp_path))
    expect(warm.page.locator("#receipt-note")).to_be_visible(timeout=PATIENCE)
    assert warm.look_up(small.numbers["valid"]) == "valid"
    assert warm.tone() == "good"
    assert warm.page.is_hidden("#receipt-note")
    assert warm.page.is_visible("#match-box")
