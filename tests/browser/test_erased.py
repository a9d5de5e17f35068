"""An erased holder in the page: the certificate stays what it is, and the page says that the details were withdrawn."""

import shutil
from pathlib import Path

from playwright.sync_api import Browser
from sitegen import build_site

from ledger.core.subject import masked_path, shard_number, subject_hash
from tests.browser.conftest import WATCH, Visit
from tests.site.kit import SmallLedger, served


def test_the_page_says_that_details_were_withdrawn(browser: Browser, small: SmallLedger, tmp_path: Path) -> None:
    public = tmp_path / "public"
    shutil.copytree(small.public, public)
    code = small.numbers["valid"]
    bits = int(next((public / "masked").iterdir()).name)
    path = public / masked_path(bits, shard_number(subject_hash(code), bits))
    lines = path.read_bytes().splitlines(keepends=True)
    withdrawn = f'{{"code":"{code}","disclosure":""}}\n'.encode()
    path.write_bytes(b"".join(withdrawn if code.encode() in line else line for line in lines))
    build_site(public, tmp_path / "site", docs=False)
    with served(tmp_path / "site") as address:
        context = browser.new_context(locale="zh-CN")
        context.add_init_script(WATCH)
        visit = Visit(context.new_page(), address)
        visit.watch()
        visit.open()
        assert visit.look_up(code) == "valid"
        assert "已撤回：持证人的信息不再公开" in visit.page.inner_text("#facts")
        visit.check_quiet()
        context.close()
