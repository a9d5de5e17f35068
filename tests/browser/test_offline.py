"""Kept for use without a network: only when asked, whole or not at all, and never a kept answer as one of today."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sitegen.server import make_server

from tests.browser.conftest import PATIENCE, SCREENSHOTS, WATCH, Visit
from tests.site.kit import SmallLedger


@dataclass
class Host:
    """A host that can go away: a copy of the site, its server, its port."""

    folder: Path
    server: ThreadingHTTPServer | None = None
    port: int = 0
    open: list[socket.socket] = field(default_factory=list)

    def start(self) -> str:
        self.server = server = make_server(self.folder, self.port)
        accept = server.get_request

        def remember() -> tuple[socket.socket, Any]:
            self.open.append((pair := accept())[0])
            return pair

        server.get_request = remember  # type: ignore[method-assign]  # to close what browsers keep open
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None
        for connection in self.open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def host(site: Path, tmp_path: Path) -> Iterator[Host]:
    shutil.copytree(site, tmp_path / "site")
    host = Host(tmp_path / "site")
    yield host
    host.stop()


@pytest.fixture
def visit(browser: Browser, host: Host) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.add_init_script(WATCH)
    seen = Visit(context.new_page(), host.start())
    seen.watch()
    seen.open()
    yield seen
    context.close()


def keep(visit: Visit) -> None:
    visit.page.click("#offline-keep")
    expect(visit.page.locator("#offline-state")).to_contain_text("已保存", timeout=PATIENCE)


def test_nothing_is_kept_unasked(visit: Visit, small: SmallLedger) -> None:
    visit.look_up(small.numbers["valid"])
    assert visit.page.evaluate("async () => (await caches.keys()).length") == 0
    assert visit.page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0


def test_it_answers_from_what_was_kept_and_says_of_when(visit: Visit, small: SmallLedger, host: Host) -> None:
    keep(visit)
    visit.open()
    assert visit.look_up(small.numbers["valid"]) == "valid"
    assert visit.tone() == "good"
    host.stop()
    visit.open()
    assert visit.look_up(small.numbers["valid"]) == "valid"
    assert visit.tone() == "neutral"
    assert visit.page.inner_text("#verdict") == "离线。按保存的账本：有效"
    assert "没有网络" in visit.page.inner_text("#receipt-note")
    browser = visit.page.context.browser
    if browser is not None and browser.browser_type.name == "chromium":
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        visit.page.screenshot(path=SCREENSHOTS / "offline-kept.png", full_page=True)
    host.start()
    assert visit.look_up(small.numbers["valid"]) == "valid"
    assert visit.tone() == "good"


def test_it_is_cleared_without_a_trace(visit: Visit, small: SmallLedger) -> None:
    keep(visit)
    visit.open()
    visit.look_up(small.numbers["valid"])
    assert visit.page.evaluate("async () => (await caches.keys()).sort()")[0] == "ledger-kept"
    visit.page.click("#offline-clear")
    expect(visit.page.locator("#offline-state")).to_contain_text("已清除")
    assert visit.page.evaluate("async () => (await caches.keys()).length") == 0


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_release_that_is_not_whole_is_not_kept(visit: Visit, host: Host, damage: str) -> None:
    [script] = (host.folder / "assets").glob("camera-*.js")
    if damage == "missing":
        script.unlink()
    else:
        script.write_bytes(script.read_bytes() + b"\n")
    for packed in (host.folder / "assets").glob("camera-*.gz"):
        packed.unlink()
    visit.page.click("#offline-keep")
    expect(visit.page.locator("#offline-state")).to_contain_text("没有保存成功", timeout=PATIENCE)
    assert visit.page.evaluate("async () => (await caches.keys()).includes('ledger-kept')") is False


def test_a_new_release_replaces_the_old_one_whole(visit: Visit, host: Host) -> None:
    keep(visit)
    visit.open()
    keeper = host.folder / "sw.js"
    text = keeper.read_text("utf-8")
    release = text.split('"id": "')[-1] if '"id": "' in text else text.split('"id":"')[1]
    old = release.split('"')[0]
    keeper.write_text(text.replace(old, "f" * 16), "utf-8")
    for packed in host.folder.glob("sw.js.gz"):
        packed.unlink()
    names = "async () => (await caches.keys()).filter((name) => name.startsWith('release-')).sort().join()"
    visit.page.evaluate("async () => { await (await navigator.serviceWorker.getRegistration()).update(); }")
    expect(visit.page.locator("#offline-state")).to_contain_text("已保存")
    both = f"release-{old},release-{'f' * 16}" if old < "f" * 16 else ""
    # The new one is whole, and the old one still serves the page that is open.
    visit.page.wait_for_function(f"async () => (await ({names})()) === '{both}'", timeout=PATIENCE)
    visit.page.goto("about:blank")
    visit.page.wait_for_timeout(500)
    visit.open()
    visit.page.wait_for_function(f"async () => (await ({names})()) === 'release-{'f' * 16}'", timeout=PATIENCE)


def test_the_manifest(visit: Visit) -> None:
    link = visit.page.locator("link[rel=manifest]").get_attribute("href")
    told = visit.page.evaluate("async (address) => (await fetch(address)).json()", link)
    assert (told["display"], told["start_url"], told["lang"]) == ("standalone", "./", "zh-CN")
    assert visit.page.evaluate("async (address) => (await fetch(address)).ok", told["icons"][0]["src"])
    visit.check_quiet()
