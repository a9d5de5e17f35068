"""What goes wrong is said as what it is: an outage is no forgery, a forgery no outage, and nothing is silent."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Route

from tests.browser.conftest import PATIENCE, Visit
from tests.site.kit import SmallLedger

Fault = Callable[[Route], None]


def abort(route: Route) -> None:
    route.abort("connectionreset")


def unavailable(route: Route) -> None:
    route.fulfill(status=503, body="busy")


def missing(route: Route) -> None:
    route.fulfill(status=404, body="no such file")


def login_page(route: Route) -> None:
    """A network that answers everything with a page of its own."""
    route.fulfill(status=200, content_type="text/html", body="<!doctype html><title>login</title>")


def garbage(route: Route) -> None:
    route.fulfill(status=200, content_type="application/octet-stream", body=b"\0asm not what is pinned")


def never(_route: Route) -> None:
    """No answer at all."""


RUNTIME_FAULTS: dict[str, tuple[str, Fault, str]] = {
    "wasm reset": ("**/*.wasm", abort, "没有下载完整"),
    "wasm 503": ("**/*.wasm", unavailable, "没有下载完整"),
    "wasm replaced": ("**/*.wasm", garbage, "指纹不符"),
    "library 404": ("**/python_stdlib.zip", missing, "没有下载完整"),
    "core replaced": ("**/core-lookup.zip", garbage, "指纹不符"),
    "loader reset": ("**/pyodide.mjs", abort, "没有下载完整"),
    "program replaced": ("**/pyodide.asm.mjs", garbage, "没有下载完整"),
    "worker reset": ("**/assets/worker-*.js", abort, "没有下载完整"),
    "config replaced": ("**/assets/config-*.js", login_page, "没有下载完整"),
}


def assert_not_checked(visit: Visit) -> None:
    """Neutral, with words and a way to try again; nothing that looks like a fact."""
    assert visit.verdict() == "not_checked"
    assert visit.tone() == "neutral"
    assert visit.page.inner_text("#verdict") == "未能核验"
    assert visit.page.locator("#retry").is_visible()
    assert visit.page.locator("#facts-box").is_hidden()
    assert visit.page.locator("#person-box").is_hidden()
    assert visit.page.locator("#progress").is_hidden()


@pytest.mark.in_one
@pytest.mark.parametrize("fault", RUNTIME_FAULTS)
def test_a_verifier_that_does_not_load_is_said_and_can_be_retried(visit: Visit, small: SmallLedger, fault: str) -> None:
    pattern, act, words = RUNTIME_FAULTS[fault]
    visit.page.route(pattern, act)
    visit.open(f"/#{small.numbers['valid']}")
    assert_not_checked(visit)
    assert words in visit.page.inner_text("#verdict-reason")
    visit.page.unroute(pattern)
    if fault == "wasm reset":
        visit.page.click("#retry")
        visit.page.wait_for_selector('#verdict-box[data-verdict="valid"]', timeout=PATIENCE)


HANGS = {
    "a download that never ends": ("**/*.wasm", never),
    "a worker that says nothing": (
        "**/assets/worker-*.js",
        lambda route: route.fulfill(status=200, content_type="text/javascript", body="// silent"),
    ),
}


@pytest.mark.parametrize("hang", HANGS)
def test_a_verifier_that_hangs_is_ended(visit: Visit, small: SmallLedger, hang: str) -> None:
    pattern, act = HANGS[hang]
    visit.page.clock.install()
    visit.page.route(pattern, act)
    visit.open(f"/#{small.numbers['valid']}")
    visit.page.wait_for_selector("#progress:not([hidden])")
    visit.page.wait_for_timeout(500)
    assert visit.page.locator("#report").is_hidden()
    visit.page.clock.fast_forward(61_000)
    assert_not_checked(visit)
    assert "很久没有回应" in visit.page.inner_text("#verdict-reason")


LEDGER_FAULTS: dict[str, tuple[str, Fault, str]] = {
    "head reset": ("**/ledger/head", abort, "取不到"),
    "head 503": ("**/ledger/head", unavailable, "取不到"),
    "head is a login page": ("**/ledger/head", login_page, "取不到"),
    "head 404": ("**/ledger/head", missing, "缺少"),
    "shard reset": ("**/ledger/shard/**", abort, "取不到"),
    "shard is a login page": ("**/ledger/shard/**", login_page, "取不到"),
}


@pytest.mark.parametrize("fault", LEDGER_FAULTS)
def test_an_outage_is_not_checked(warm: Visit, small: SmallLedger, fault: str) -> None:
    pattern, act, words = LEDGER_FAULTS[fault]
    warm.forget()
    warm.page.route(pattern, act)
    warm.look_up(small.numbers["valid"])
    assert_not_checked(warm)
    assert words in warm.page.inner_text("#verdict-reason")
    warm.page.unroute(pattern)
    warm.page.click("#retry")
    warm.page.wait_for_selector('#verdict-box[data-verdict="valid"]', timeout=PATIENCE)


def changed_shard(public: Path) -> bytes:
    """The shard with one letter of a record changed: a date of issue."""
    data = (public / "shard" / "0" / "000.txt").read_bytes()
    assert b'"issued":"2026-' in data
    return data.replace(b'"issued":"2026-', b'"issued":"2025-', 1)


def test_a_changed_record_is_inconsistent_and_red(warm: Visit, small: SmallLedger) -> None:
    body = changed_shard(small.public)
    warm.forget()
    warm.page.route("**/ledger/shard/**", lambda route: route.fulfill(status=200, content_type="text/plain", body=body))
    verdict = warm.look_up(small.numbers["valid"])
    warm.page.unroute("**/ledger/shard/**")
    assert verdict == "inconsistent"
    assert warm.tone() == "bad"
    assert warm.page.locator("#facts-box").is_hidden()
    assert warm.page.locator("#retry").is_hidden()
    assert warm.page.locator('.step-state[data-state="fail"]').count() == 1


def test_a_browser_that_goes_offline_gets_not_checked(warm: Visit, small: SmallLedger) -> None:
    warm.forget()
    assert warm.look_up(small.numbers["valid"]) == "valid"
    warm.page.context.set_offline(True)
    try:
        warm.look_up(small.numbers["valid"])
        assert_not_checked(warm)
    finally:
        warm.page.context.set_offline(False)
    warm.page.click("#retry")
    warm.page.wait_for_selector('#verdict-box[data-verdict="valid"]', timeout=PATIENCE)
