"""A holder shows some fields and no others: chosen in the page, in a file, proven to whoever opens it."""

import json
from pathlib import Path

from playwright.sync_api import expect

from ledger.core.disclosure import parse_disclosure
from ledger.core.receipt import parse_receipt
from tests.browser.conftest import PATIENCE, SCREENSHOTS, Visit
from tests.browser.test_paper import choose
from tests.cli.cases import ledger
from tests.site.kit import SmallLedger

SAVED = """() => new Promise((resolve) => {
  const make = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    URL.createObjectURL = make;
    blob.text().then(resolve);
    return make.call(URL, blob);
  };
  document.querySelector("#share button").click();
})"""


def chosen(visit: Visit, *fields: str) -> str:
    for box in visit.page.locator("#share-fields input").all():
        box.set_checked(box.get_attribute("value") in fields)
    text: str = visit.page.evaluate(SAVED)
    return text


def test_only_what_was_chosen_is_in_the_file_and_it_is_proven(warm: Visit, small: SmallLedger, tmp_path: Path) -> None:
    choose(warm, small.papers["valid"])
    expect(warm.page.locator("#share-box")).to_be_visible(timeout=PATIENCE)
    assert warm.page.locator("#share-fields input").count() >= 4
    assert "居民身份证" in warm.page.inner_text("#share-fields")
    text = chosen(warm, "name", "employer")
    receipt = parse_receipt(text.encode())
    assert {parse_disclosure(one).name for one in receipt.disclosures} == {"name", "employer"}
    assert small.holder.doc_no not in text
    assert "姓名" in warm.page.inner_text("#share-state")
    browser = warm.page.context.browser
    if browser is not None and browser.browser_type.name == "chromium":
        warm.page.set_viewport_size({"width": 390, "height": 900})
        warm.page.locator("#share-box").screenshot(path=SCREENSHOTS / "share.png")
    file = tmp_path / "shown.txt"
    file.write_text(text, encoding="ascii")
    # Whoever gets the file opens it: in the page,
    warm.page.set_input_files("#receipt-file", file)
    expect(warm.page.locator("#receipt-note")).to_be_visible(timeout=PATIENCE)
    assert warm.page.is_hidden("#share-box")
    facts = warm.page.inner_text("#facts")
    assert small.holder.name in facts
    assert small.holder.doc_no not in facts
    # and with the command line.
    trust = str(small.public / "trust.json")
    ran = ledger(tmp_path, "check", "--proof", str(file), "--trust", trust, "--json", now=1_800_000_000)
    shown = json.loads(ran.out)["disclosed"]
    assert shown == {"employer": small.holder.fields()["employer"], "name": small.holder.name}
    warm.check_quiet()


def test_nothing_can_be_chosen_and_nothing_added(warm: Visit, small: SmallLedger, tmp_path: Path) -> None:
    choose(warm, small.papers["valid"])
    expect(warm.page.locator("#share-box")).to_be_visible(timeout=PATIENCE)
    text = chosen(warm)
    assert parse_receipt(text.encode()).disclosures == ()
    whole = chosen(warm, "name")
    [line] = [line for line in whole.split("\n") if line.startswith("disclosure ")]
    forged = whole.replace(line, line[:-4] + ("AAAA" if line[-4:] != "AAAA" else "BBBB"))
    file = tmp_path / "forged.txt"
    file.write_text(forged, encoding="ascii")
    warm.page.set_input_files("#receipt-file", file)
    warm.page.wait_for_selector('#verdict-box[data-verdict="inconsistent"]', timeout=PATIENCE)


def test_a_lookup_by_anybody_offers_nothing_to_show(warm: Visit, small: SmallLedger) -> None:
    choose(warm, small.papers["valid"])
    expect(warm.page.locator("#share-box")).to_be_visible(timeout=PATIENCE)
    assert warm.look_up(small.numbers["revoked"]) == "revoked"
    expect(warm.page.locator("#share-box")).to_be_hidden()
