"""Many numbers at once: pasted, from files, stopped and resumed, exported; a row is a single lookup's proof."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from playwright.sync_api import Browser, FilePayload, expect

from tests.browser.conftest import PATIENCE, SCREENSHOTS, WATCH, Visit
from tests.site.kit import SmallLedger

NO_DIGITS_LOST = "表格把编号存成了数字"


@pytest.fixture(scope="module")
def many(browser: Browser, address: str) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.add_init_script(WATCH)
    seen = Visit(context.new_page(), address)
    seen.watch()
    seen.open("/many/")
    yield seen
    context.close()


def paste(visit: Visit, text: str) -> None:
    visit.page.fill("#many-text", text)
    visit.page.click("#many-start")


def choose(visit: Visit, name: str, data: bytes) -> None:
    visit.page.set_input_files("#many-file", FilePayload(name=name, mimeType="application/octet-stream", buffer=data))


def finished(visit: Visit, total: int) -> list[list[str]]:
    expect(visit.page.locator("#many-progress")).to_contain_text(f"查完 {total} 个", timeout=PATIENCE)
    return [row.locator("td, th").all_inner_texts() for row in visit.page.locator("#many-rows tr").all()]


def saved(visit: Visit, button: str) -> bytes:
    """What a button saves, read in the page: Firefox ESR announces no downloads to the driver."""
    script = """async (button) => {
      let saved = null;
      const original = URL.createObjectURL;
      URL.createObjectURL = (blob) => { saved = blob; return original.call(URL, blob); };
      HTMLAnchorElement.prototype.click = function () {};
      document.getElementById(button).click();
      while (!saved) await new Promise((resolve) => setTimeout(resolve, 20));
      URL.createObjectURL = original;
      delete HTMLAnchorElement.prototype.click;
      return [...new Uint8Array(await saved.arrayBuffer())];
    }"""
    return bytes(visit.page.evaluate(script, button))


def test_every_kind_of_answer_in_one_table(many: Visit, small: SmallLedger) -> None:
    numbers = small.numbers
    text = "\n".join(("编号", *numbers.values(), numbers["valid"], "S00005000000126300000X"))
    paste(many, text)
    rows = finished(many, 8)
    words = [row[2].split(" ", 1)[1] for row in rows]
    assert words[:6] == ["有效", "已撤销", "已暂停", "有效，内容有更正", "有效，已补发", "账本中没有这个编号"]
    assert "前面已有同一编号" in rows[6][8]
    assert [row[0] for row in rows] == [str(line) for line in range(2, 10)]
    assert rows[0][3].endswith("**")
    assert rows[5][3:8] == [""] * 5
    assert many.paths("/ledger/").count("/ledger/head") == 1
    assert len(many.paths("/ledger/shard/")) == len(set(many.paths("/ledger/shard/")))


def test_the_table_is_filtered_sorted_and_copied(many: Visit, small: SmallLedger) -> None:
    paste(many, "\n".join(small.numbers.values()))
    finished(many, 6)
    many.page.select_option("#many-filter", "bad")
    assert many.page.locator("#many-rows tr:visible").count() == 3
    many.page.click("#many-copy")
    many.page.wait_for_function("() => window.copied.length > 0")
    copied = many.page.evaluate("window.copied").split("\n")
    assert copied[0].split("\t")[:3] == ["行", "证书编号", "结论"]
    assert len(copied) == 1 + 3 + 1
    many.page.select_option("#many-filter", "all")
    many.page.click("th[data-column='1'] button")
    many.page.click("th[data-column='1'] button")
    shown = [row.locator("th").inner_text() for row in many.page.locator("#many-rows tr").all()]
    assert shown == sorted(small.numbers.values(), reverse=True)
    assert many.page.get_attribute("th[data-column='1']", "aria-sort") == "descending"


def test_a_workbook_in_and_a_workbook_out(many: Visit, small: SmallLedger) -> None:
    book = io.BytesIO()
    with xlsxwriter.Workbook(book, {"in_memory": True}) as made:
        page = made.add_worksheet()
        page.write_row(0, 0, ["姓名", "证书编号"])
        page.write_row(1, 0, ["=HYPERLINK(1)", small.numbers["valid"]])
        page.write_row(2, 0, ["乙", 5.00000340123453e21])
    choose(many, "名单.xlsx", book.getvalue())
    rows = finished(many, 2)
    assert NO_DIGITS_LOST in rows[1][8]
    sheet = openpyxl.load_workbook(io.BytesIO(saved(many, "many-xlsx"))).active
    assert sheet is not None
    cells = [[cell.value or "" for cell in row] for row in sheet.iter_rows()]
    assert cells[0][:3] == ["行", "证书编号", "结论"]
    assert cells[1][1:3] == [small.numbers["valid"], "有效"]
    assert "ledger.example/test" in str(cells[3][0])
    text = saved(many, "many-csv").decode()
    assert text.startswith('\ufeff"行"')
    assert small.numbers["valid"] in text


def test_a_csv_as_excel_in_china_writes_it(many: Visit, small: SmallLedger) -> None:
    choose(many, "名单.csv", f"姓名,证书编号\r\n甲,{small.numbers['revoked']}\r\n".encode("gb18030"))
    assert "已撤销" in finished(many, 1)[0][2]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.xlsx", b"PK\x03\x04 no workbook", "读不懂这个文件"),
        ("a.csv", "姓名\n甲".encode(), "没有找到证书编号"),
        ("a.txt", "\n".join(f"S000050000001263{n:06d}" for n in range(1001)).encode(), "超过 1,000 个"),
    ],
)
def test_what_cannot_be_used_is_said(many: Visit, name: str, data: bytes, said: str) -> None:
    choose(many, name, data)
    expect(many.page.locator("#many-state")).to_contain_text(said, timeout=PATIENCE)


def test_it_stops_and_goes_on(many: Visit, small: SmallLedger) -> None:
    serials = "\n".join(f"{small.numbers['valid'][:16]}{n:06d}" for n in range(100, 500))
    paste(many, serials)
    many.page.wait_for_function("() => document.querySelectorAll('#many-rows tr').length >= 3", timeout=PATIENCE)
    many.page.click("#many-stop")
    expect(many.page.locator("#many-progress")).to_contain_text("已停在")
    many.page.wait_for_timeout(300)
    count = many.page.locator("#many-rows tr").count()
    assert 3 <= count < 400
    many.page.wait_for_timeout(500)
    assert many.page.locator("#many-rows tr").count() == count
    many.page.click("#many-stop")
    assert len(finished(many, 400)) == 400


def test_nothing_breaks_the_page_or_leaves_it(many: Visit, small: SmallLedger) -> None:
    paste(many, f"<img src=x onerror=alert(1)>\t{small.numbers['valid']}\n\u202e=1+1\t{small.numbers['absent']}")
    finished(many, 2)
    browser = many.page.context.browser
    if browser is not None and browser.browser_type.name == "chromium":  # Firefox's pictures break the page's policy
        paste(many, "\n".join(small.numbers.values()))
        finished(many, 6)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        for width in (360, 768, 1280):
            many.page.set_viewport_size({"width": width, "height": 900})
            assert many.page.evaluate("document.documentElement.scrollWidth") <= width
            many.page.screenshot(path=SCREENSHOTS / f"many-{width}.png", full_page=True)
    many.check_quiet()


def test_a_row_is_the_report_of_a_single_lookup(many: Visit, warm: Visit, small: SmallLedger) -> None:
    warm.look_up(small.numbers["corrected"])
    report = json.loads(warm.report())
    paste(many, small.numbers["corrected"])
    [row] = finished(many, 1)
    assert row[6:8] == [report["facts"]["issued"], report["facts"]["evaluator"]]
    assert row[3] == report["masked"]["name"]


def test_english_page(many: Visit) -> None:
    many.open("/en/many/")
    assert many.page.inner_text("h1") == "Check many numbers at once"
    assert Path(many.page.url).name == "many"
