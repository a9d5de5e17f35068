"""The site on nginx and on Caddy: the headers that the local server sends, and a lookup in real browsers."""

import gzip
import os
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext
from sitegen import headers

from tests.browser.conftest import Visit
from tests.browser.hosts import COMMANDS, hosted
from tests.site.kit import SmallLedger
from tests.site.test_headers import EVERY_KIND, get, one_of


@pytest.fixture(scope="module", params=sorted(COMMANDS))
def host(request: pytest.FixtureRequest, site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with hosted(request.param, site, tmp_path_factory.mktemp(request.param)) as address:
        yield address


@pytest.mark.parametrize("pattern", EVERY_KIND)
def test_every_kind_of_file_has_its_headers(site: Path, host: str, pattern: str) -> None:
    path = one_of(site, pattern)
    status, sent, body = get(host, path)
    kind, cache = EVERY_KIND[pattern]
    assert status == 200
    assert body == (site / path[1:]).read_bytes()
    assert (sent["content-type"].lower(), sent["cache-control"]) == (kind, cache)
    for name, value in headers.always_sent(path).items():
        assert sent[name.lower()] == value


@pytest.mark.parametrize(
    "pattern", ["runtime/pyodide-*/pyodide.asm.wasm", "ledger/shard/*/000.txt", "assets/worker-*.js"]
)
def test_what_compresses_is_sent_compressed(site: Path, host: str, pattern: str) -> None:
    path = one_of(site, pattern)
    status, sent, body = get(host, path, Accept_Encoding="gzip")
    assert status == 200
    assert sent["content-encoding"] == "gzip"
    assert sent["content-type"].lower() == headers.content_type(path)
    assert gzip.decompress(body) == (site / path[1:]).read_bytes()
    ready = site / f"{path[1:]}.gz"
    assert not ready.is_file() or body == ready.read_bytes(), "the ready-made one is sent"


@pytest.mark.parametrize(
    "path", ["/nothing", "/ledger/heads/999", "/ledger/shard/0/999.txt", "/assets/x.js", "/ledger/"]
)
def test_what_is_not_there_is_404_with_the_policy(host: str, path: str) -> None:
    status, sent, body = get(host, path, Accept="text/html")
    assert status == 404
    assert sent["content-security-policy"] == headers.CSP
    assert sent["content-type"].lower() == "text/html; charset=utf-8"
    assert "没有这一页" in body.decode()


def test_a_folder_has_its_page(host: str) -> None:
    for path in ("/", "/en/", "/docs/", "/many/", "/organisations/"):
        status, sent, _ = get(host, path)
        assert (status, sent["content-type"].lower()) == (200, "text/html; charset=utf-8"), path
    status, sent, _ = get(host, "/docs")
    assert status in (301, 302, 308)
    assert sent["location"].endswith("/docs/")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_status_lists_are_readable_from_everywhere(name: str, site: Path, tmp_path: Path) -> None:
    copy = tmp_path / "site"
    shutil.copytree(site, copy, copy_function=os.link)
    path = "/credentials/z6Mk/revocation/0.json"
    (copy / path[1:]).parent.mkdir(parents=True)
    (copy / path[1:]).write_bytes(b"{}")
    (tmp_path / name).mkdir()
    with hosted(name, copy, tmp_path / name) as host:
        status, sent, _ = get(host, path)
        assert (status, sent["content-type"].lower()) == (200, "application/json")
        assert sent["cache-control"] == headers.ALWAYS_ASK
        for header, value in headers.always_sent(path).items():
            assert sent[header.lower()] == value
        assert "access-control-allow-origin" not in get(host, "/ledger/trust.json")[1]


class _Plain(SimpleHTTPRequestHandler):
    """A host that sends no header of ours, as GitHub Pages does."""

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 the parent's name
        """Quiet."""


def test_a_host_without_our_headers_still_proves_the_answer(
    site: Path, context: BrowserContext, small: SmallLedger
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Plain, directory=str(site))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        visit = Visit(context.new_page(), f"http://127.0.0.1:{server.server_address[1]}")
        visit.watch()
        visit.open()
        assert visit.look_up(small.numbers["revoked"]) == "revoked"
        refused = visit.page.evaluate(
            "() => new Promise(done => { addEventListener('securitypolicyviolation', e => done(e.violatedDirective));"
            " fetch('https://elsewhere.example/').catch(() => {}); })"
        )
        assert refused == "connect-src", "the policy in the page itself still holds"
        server.shutdown()


def test_a_lookup(host: str, context: BrowserContext, small: SmallLedger) -> None:
    visit = Visit(context.new_page(), host)
    visit.watch()
    visit.open()
    assert visit.look_up(small.numbers["valid"]) == "valid"
    assert visit.look_up(small.numbers["absent"]) == "absent"
    visit.check_quiet()
