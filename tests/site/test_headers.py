"""Headers: the policy is on every response, the types are right, and the snippets for hosts say the same."""

import gzip
import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sitegen import headers

from tests.site.kit import served


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with served(site) as address:
        yield address


def get(address: str, path: str, **sent: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in sent.items()})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, body


def one_of(site: Path, pattern: str) -> str:
    return "/" + next(site.glob(pattern)).relative_to(site).as_posix()


EVERY_KIND = {
    "index.html": ("text/html; charset=utf-8", headers.ALWAYS_ASK),
    "assets/worker-*.js": ("text/javascript; charset=utf-8", headers.FOREVER),
    "assets/page-*.css": ("text/css; charset=utf-8", headers.FOREVER),
    "assets/mark-*.svg": ("image/svg+xml", headers.FOREVER),
    "runtime/pyodide-*/pyodide.asm.mjs": ("text/javascript; charset=utf-8", headers.FOREVER),
    "runtime/pyodide-*/pyodide.asm.wasm": ("application/wasm", headers.FOREVER),
    "runtime/core-*/*.whl": ("application/octet-stream", headers.FOREVER),
    "ledger/head": ("text/plain; charset=utf-8", headers.ALWAYS_ASK),
    "ledger/checkpoint": ("text/plain; charset=utf-8", headers.ALWAYS_ASK),
    "ledger/shard/*/*.txt": ("text/plain; charset=utf-8", headers.ALWAYS_ASK),
    "ledger/masked/*/*.txt": ("text/plain; charset=utf-8", headers.ALWAYS_ASK),
    "ledger/trust.json": ("application/json", headers.ALWAYS_ASK),
    "ledger/tile/0/000.p/*": ("application/octet-stream", headers.FOREVER),
}


@pytest.mark.parametrize("pattern", EVERY_KIND)
def test_every_kind_of_file_has_its_headers(site: Path, address: str, pattern: str) -> None:
    path = one_of(site, pattern)
    status, sent, body = get(address, path)
    kind, cache = EVERY_KIND[pattern]
    assert status == 200
    assert body == (site / path[1:]).read_bytes()
    assert (sent["content-type"], sent["cache-control"]) == (kind, cache)
    for name, value in headers.EVERYWHERE.items():
        assert sent[name.lower()] == value


def test_a_ready_made_gzip_is_sent_to_who_accepts_it(site: Path, address: str) -> None:
    path = one_of(site, "runtime/pyodide-*/pyodide.asm.wasm")
    status, sent, body = get(address, path, Accept_Encoding="gzip, br")
    assert status == 200
    assert (sent["content-encoding"], sent["content-type"]) == ("gzip", "application/wasm")
    assert body == (site / f"{path[1:]}.gz").read_bytes()
    assert "content-encoding" not in get(address, path)[1]


@pytest.mark.parametrize("pattern", ["index.html", "assets/texts-*.js", "assets/page-*.css", "ledger/trust.json"])
def test_a_text_is_compressed_as_the_hosts_do_it(site: Path, address: str, pattern: str) -> None:
    path = one_of(site, pattern)
    _, sent, body = get(address, path, Accept_Encoding="gzip")
    assert (sent["content-encoding"], sent["content-type"]) == ("gzip", headers.content_type(path))
    assert gzip.decompress(body) == (site / path[1:]).read_bytes()
    assert "content-encoding" not in get(address, path)[1]


NOT_THERE = (
    "/ledger/heads/999",
    "/assets/gone.js",
    "/ledger/tile/0/999",
    "/nothing",
    "/.ledger-site",
    "/ledger/",
    "/../pyproject.toml",
    "/%2e%2e/x",
)


@pytest.mark.parametrize("path", NOT_THERE)
def test_what_is_not_there_is_404_with_the_policy(address: str, path: str) -> None:
    status, sent, _ = get(address, path)
    assert status == 404
    assert sent["content-security-policy"] == headers.CSP
    assert sent["cache-control"] == headers.ALWAYS_ASK  # a copy may be under way
    assert not sent["content-type"].startswith("text/html")  # only a browser that asks for a page gets one


def test_a_browser_gets_the_page_for_missing_pages(address: str) -> None:
    status, _, body = get(address, "/nothing", Accept="text/html,*/*")
    assert status == 404
    assert "没有这一页" in body.decode()


def test_the_policy_allows_nothing_from_elsewhere() -> None:
    assert "default-src 'none'" in headers.CSP
    assert "unsafe-inline" not in headers.CSP
    assert "'unsafe-eval'" not in headers.CSP
    assert "http" not in headers.CSP
    assert "*" not in headers.CSP


def test_the_snippets_for_hosts_carry_every_header(site: Path) -> None:
    for name in ("_headers", "nginx.conf", "Caddyfile"):
        text = (site / name).read_text("utf-8")
        for header, value in headers.EVERYWHERE.items():
            assert value in text, (name, header)
        for place in headers.PLACES:
            assert place.cache in text
            assert place.prefix in text


def test_no_two_cache_rules_of_the_headers_file_fit_one_path(site: Path) -> None:
    """Where several rules fit, Cloudflare joins the values: two Cache-Control values would contradict each other."""
    rules = []
    path = ""
    for line in (site / "_headers").read_text("utf-8").splitlines():
        if line.startswith("/"):
            path = line
        elif "Cache-Control" in line:
            rules.append(path)
    for path in (*headers.TYPES, *(one_of(site, pattern) for pattern in EVERY_KIND), "/", "/en/", "/docs/x/"):
        fitting = [rule for rule in rules if path == rule or (rule.endswith("*") and path.startswith(rule[:-1]))]
        assert len(fitting) <= 1, path


class TestStatusLists:
    """Anybody's page may read them, and nothing else of the site."""

    PATH = "/credentials/revocation/0.json"

    def test_they_are_readable_from_everywhere(self) -> None:
        sent = headers.always_sent(self.PATH)
        assert sent == {**headers.EVERYWHERE, "Access-Control-Allow-Origin": "*"}
        assert headers.content_type(self.PATH) == "application/json"
        assert headers.cache_control(self.PATH) == headers.ALWAYS_ASK
        assert "Access-Control-Allow-Origin" not in headers.always_sent("/ledger/head")

    def test_every_host_is_told(self, site: Path) -> None:
        for name in ("_headers", "nginx.conf", "Caddyfile"):
            text = (site / name).read_text("utf-8")
            told = text[text.index("/credentials/") :]
            assert "Access-Control-Allow-Origin" in told, name
        table = json.loads((site / "hosting.json").read_text("utf-8"))
        assert table["open"] == {"prefixes": ["/credentials/"], "always": headers.READABLE}
