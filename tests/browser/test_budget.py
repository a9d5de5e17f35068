"""What a visit costs, and when the runtime comes: counted by the server, so alike in both browsers.

The server is the product's own, with the headers and the ready-made .gz files that hosts send; headers are counted too.
That a kept release needs no host at all is in test_offline.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

import pytest
from playwright.sync_api import BrowserContext
from sitegen.server import SiteHandler, SiteServer

from tests.browser.conftest import Visit
from tests.site.kit import SmallLedger

FIRST_VISIT = 5_000_000
LOOKUP = 100_000
LOOKUP_REQUESTS = 8
SAVING = (
    'Object.defineProperty(navigator, "connection", { value: { saveData: true } });'  # Firefox tells of no such wish
)


@dataclass
class Host:
    """The requests since `clear`, and the bytes sent by path. The runtime waits while its event is not set."""

    address: str = ""
    asked: list[str] = field(default_factory=list)
    sent: list[tuple[str, int]] = field(default_factory=list)
    runtime: threading.Event = field(default_factory=threading.Event)

    def clear(self) -> None:
        self.asked.clear()
        self.sent.clear()

    def bytes(self, prefix: str = "/") -> int:
        return sum(size for path, size in self.sent if path.startswith(prefix))

    def requests(self, prefix: str = "/") -> int:
        return sum(path.startswith(prefix) for path in self.asked)


class Handler(SiteHandler):
    """The product's server, counting."""

    host: Host

    def send_head(self) -> BinaryIO | None:
        self.host.asked.append(self.path)
        if self.path.startswith("/runtime/"):
            self.host.runtime.wait(60)
        return super().send_head()

    def flush_headers(self) -> None:
        self.host.sent.append((self.path, sum(map(len, getattr(self, "_headers_buffer", [])))))
        super().flush_headers()

    def copyfile(self, source: BinaryIO, outputfile: BinaryIO) -> None:  # type: ignore[override]  # of bytes only
        before = source.tell()
        copyfileobj(source, outputfile)
        self.host.sent.append((self.path, source.tell() - before))


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[Host]:
    host = Host()
    Handler.host = host
    with SiteServer(("127.0.0.1", 0), partial(Handler, directory=str(site))) as server:
        host.address = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield host
        host.runtime.set()
        server.shutdown()


@pytest.fixture
def host(server: Host) -> Host:
    server.clear()
    server.runtime.set()
    return server


@pytest.fixture
def visit(context: BrowserContext, host: Host) -> Visit:
    seen = Visit(context.new_page(), host.address)
    seen.watch()
    return seen


def test_a_first_visit_a_lookup_and_a_second_visit(visit: Visit, host: Host, small: SmallLedger) -> None:
    visit.open()
    assert visit.look_up(small.numbers["valid"]) == "valid"
    print(
        f"first visit: {host.bytes():,} bytes in {host.requests()} requests, {host.bytes('/runtime/'):,} of the runtime"
    )
    assert host.bytes("/runtime/") > FIRST_VISIT / 2, "the runtime came, and was counted"
    assert host.bytes() <= FIRST_VISIT
    assert host.requests("/runtime/") == len({path for path in host.asked if path.startswith("/runtime/")}), "each once"

    for kind in ("revoked", "absent"):
        host.clear()
        visit.page.evaluate("document.getElementById('report').hidden = true")
        assert visit.look_up(small.numbers[kind]) == kind
        print(f"a lookup: {host.bytes():,} bytes in {host.requests()} requests")
        assert 0 < host.requests() <= LOOKUP_REQUESTS
        assert 0 < host.bytes() <= LOOKUP
        assert host.requests("/runtime/") == 0

    # Another page of the same browser, as on the next day: an answer without a byte of the runtime.
    visit.page.goto("about:blank")
    host.clear()
    visit.open()
    assert visit.look_up(small.numbers["valid"]) == "valid"
    print(f"second visit: {host.bytes():,} bytes in {host.requests()} requests")
    assert host.requests("/runtime/") == host.requests("/assets/") == 0
    assert 0 < host.bytes() <= LOOKUP
    visit.check_quiet()


def test_the_form_is_of_use_before_the_runtime(visit: Visit, host: Host, small: SmallLedger) -> None:
    host.runtime.clear()
    number = small.numbers["valid"]
    visit.open()
    visit.page.fill("#code", number[:14])
    assert visit.page.inner_text("#code-state") == "已输入 14 位，共 22 位"
    visit.page.fill("#code", f"{number[:9]}O{number[10:]}")
    assert "第 10 位“O”不对" in visit.page.inner_text("#code-state")
    visit.page.fill("#code", number)
    assert "编号结构正确" in visit.page.inner_text("#code-state")
    visit.page.press("#code", "Enter")
    visit.page.wait_for_selector("#progress:not([hidden])")
    assert visit.page.locator("#report").is_hidden()
    assert host.bytes("/runtime/") == 0
    host.runtime.set()
    assert visit.verdict() == "valid"
    visit.check_quiet()


def test_the_runtime_comes_while_nobody_types(visit: Visit, host: Host) -> None:
    visit.open()
    assert until(visit, host)


def test_who_saves_data_is_sent_it_at_the_first_sign_of_a_lookup(visit: Visit, host: Host) -> None:
    visit.page.add_init_script(SAVING)
    visit.open()
    visit.page.wait_for_function("() => document.getElementById('unstarted').hidden")
    visit.page.wait_for_timeout(700)
    assert host.requests("/runtime/") == 0
    visit.page.focus("#code")
    assert until(visit, host)


def until(visit: Visit, host: Host) -> bool:
    """Whether the runtime is asked for within ten seconds."""
    for _ in range(100):
        if host.requests("/runtime/"):
            return True
        visit.page.wait_for_timeout(100)
    return False
