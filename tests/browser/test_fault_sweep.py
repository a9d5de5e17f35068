"""Each file that a lookup uses, with each fault: the verdict is never wrong, never silent, never red without evidence.

The small form takes some cells of the program's files, and of the ledger's every second fault, in each browser the
others; LEDGER_FULL=1 takes all. A cell counts only when the browser did ask for the file: no cell passes because a file
was not needed.
"""

import json
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error
from sample_rosters import make_roster
from sitegen import build_site

from ledger.app.events import record_event
from ledger.app.home import Home, load_profiles
from ledger.app.roster import append_roster
from ledger.core.encoding import format_time
from ledger.core.subject import masked_path, shard_number, shard_path, subject_hash
from tests.browser.conftest import PATIENCE, WATCH, Visit
from tests.browser.faulty import FAULTS, Plan, faulty
from tests.site.kit import OPENED, Counted, make_small_ledger, native_report

pytestmark = pytest.mark.slow
TONES = {"valid": "good", "reissued": "good", "absent": "warn", "revoked": "bad"}
# What may be called tampering: bytes that look right and do not match; never a lack of them, nor another deploy's.
EVIDENCE = {"corrupt"}
# The program's files in the small form: one cell for each way in which a page or a worker learns of a fault.
SMALL = {
    ("index", "older"), ("page.js", "cut"), ("texts.js", "missing"), ("page.css", "hang"), ("render.js", "corrupt"),
    ("worker.js", "corrupt"), ("config.js", "login"), ("pyodide.mjs", "gone"), ("pyodide.asm.wasm", "newer"),
    ("python_stdlib.zip", "short"),
}  # fmt: skip


@dataclass(frozen=True)
class Deploys:
    """An older and a newer build of one ledger's site; `truth` is size -> number -> verdict."""

    old: Path
    new: Path
    seen: str  # the older checkpoint
    origin: str
    bits: int
    truth: dict[int, dict[str, str]]

    def paths(self, number: str) -> dict[str, str]:
        """What a lookup asks of the ledger, by what it is, as patterns of paths."""
        mine, org = (shard_number(subject_hash(subject), self.bits) for subject in (number, number[:13]))
        return {
            "head": "/ledger/head",
            "shard": "/ledger/" + re.escape(shard_path(self.bits, mine)),
            "organisation's shard": "/ledger/" + re.escape(shard_path(self.bits, org)),
            "masked": "/ledger/" + re.escape(masked_path(self.bits, mine)),
            "index tiles": r"/ledger/index/.*",
            "log tiles": r"/ledger/tile/.*",
        }


def state_of(public: Path, numbers: list[str]) -> tuple[int, dict[str, str]]:
    found: dict[str, str] = {}
    size = 0
    for number in numbers:
        report: dict[str, Any] = json.loads(native_report(public, number, format_time(int(time.time()))))
        found[number] = report["verdict"]
        size = report["checkpoint"]["size"]
    return size, found


@pytest.fixture(scope="session")
def deploys(tmp_path_factory: pytest.TempPathFactory) -> Deploys:
    """Two states: between them one number is revoked, one appears, one stays; the index has tiles."""
    folder = tmp_path_factory.mktemp("deploys")
    small = make_small_ledger(folder, rows=90)
    before = folder / "before"
    shutil.copytree(small.public, before)
    home = Home.at(folder / "home")
    turned, kept = small.numbers["reissued"], small.numbers["valid"]
    profiles = load_profiles()
    with home.open_store() as store:
        keyring, _ = home.open_keyring("test", allow_test=True)
        record_event(
            home, store, keyring, "certificate.revoke", turned,
            reason="fraud", effective=None, side="organisation", now=OPENED + 60,
        )  # fmt: skip
        known = {row.code for row in store.certificates(0, 1000)}
        roster = make_roster(folder / "more.xlsx", 3, seed=2, crowd=1)
        more = Counted()
        more.count = 10_000
        append_roster(home, store, keyring, roster, profiles, org=None, now=OPENED + 70, random=more)
        appeared = min(row.code for row in store.certificates(0, 1000) if row.code not in known)
    numbers = [turned, appeared, kept]
    truth = dict(state_of(public, numbers) for public in (before, small.public))
    earlier, later = (list(state.values()) for state in truth.values())
    assert (earlier, later) == (["reissued", "absent", "valid"], ["revoked", "valid", "valid"])
    for public, name in ((before, "old"), (small.public, "new")):
        build_site(public, folder / name, docs=False)
    [bits] = (int(path.name) for path in (small.public / "masked").iterdir())
    assert bits > 0
    assert (before / "masked" / str(bits)).is_dir()
    seen = (before / "checkpoint").read_text("utf-8")
    return Deploys(folder / "old", folder / "new", seen, seen.split("\n", 1)[0], bits, truth)


@pytest.fixture(scope="module")
def host(deploys: Deploys) -> Iterator[tuple[str, Plan]]:
    with faulty(deploys.old, deploys.new) as served:
        yield served


def judge(visit: Visit, deploys: Deploys, number: str, fault: str) -> str:
    """What the page says, held to what is true: "right", "said why" or "tampering"."""
    verdict, tone, page = visit.verdict(), visit.tone(), visit.page
    if verdict == "not_checked":
        assert tone == "neutral"
        assert page.locator("#facts-box").is_hidden()
        assert page.locator("#retry").is_visible()
        why = page.inner_text("#verdict-reason")
        assert re.search(r"[一-鿿]", why), f"no reason in words: {why!r}"
        return "said why"
    if verdict == "inconsistent":
        assert fault in EVIDENCE, f"red without evidence: {page.inner_text('#verdict-reason')}"
        assert page.locator('.step-state[data-state="fail"]').count() == 1
        return "tampering"
    report = json.loads(visit.report())
    assert verdict == report["verdict"] == deploys.truth[report["checkpoint"]["size"]][number]
    assert tone == TONES[verdict]
    return "right"


@pytest.fixture(scope="module")
def page_of_sweep(browser: Browser, host: tuple[str, Plan]) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.add_init_script(WATCH)
    visit = Visit(context.new_page(), host[0])
    visit.open()
    yield visit
    context.close()


def test_the_ledgers_files(
    browser: Browser, page_of_sweep: Visit, host: tuple[str, Plan], deploys: Deploys, full: bool
) -> None:
    """Every class x every fault, for a number revoked between two deploys, one new in the second, one steady."""
    visit, plan = page_of_sweep, host[1]
    begun = 0 if browser.browser_type.name == "chromium" else 1
    faults = list(FAULTS) if full else [fault for fault in FAULTS if fault != "hang"][begun::2]
    said: Counter[str] = Counter()
    wrong: list[str] = []
    for number in deploys.truth[min(deploys.truth)] if full else [*deploys.truth[min(deploys.truth)]][:1]:
        for kind, target in deploys.paths(number).items():
            for fault in faults:
                if kind == "log tiles" and fault == "newer":
                    continue  # the older deploy is the one that was seen: nothing is to be proven
                plan.set(target, fault)
                visit.page.evaluate(
                    "([key, seen]) => localStorage.setItem(key, seen)", [f"ledger.seen.{deploys.origin}", deploys.seen]
                )
                visit.look_up(number)
                cell = f"{kind} x {fault} ({deploys.truth[min(deploys.truth)][number]})"
                try:
                    assert plan.met > 0, "the file was not asked for"
                    said[judge(visit, deploys, number, fault)] += 1
                except AssertionError as error:
                    wrong.append(f"{cell}: {str(error).splitlines()[0]}")
                    print(wrong[-1], flush=True)
    plan.clear()
    # After all that, the same page answers as ever.
    number = next(iter(deploys.truth[max(deploys.truth)]))
    assert visit.look_up(number) == "revoked"
    total = said.total() + len(wrong)
    print(f"\nledger's files: {said.total()}/{total} {dict(said)}")
    assert wrong == []


def kinds_of_program(deploys: Deploys) -> dict[str, str]:
    """The page, its style, its modules, the worker and what that needs: plain name -> pattern of path."""
    html = (deploys.new / "index.html").read_text("utf-8")
    found = {"index": "/"}
    needed = {*re.findall(r'(?:href|src)="(?:\./)?(assets/[^"]+\.(?:js|css))"', html)}
    for name in ("worker", "config"):
        needed |= {path.relative_to(deploys.new).as_posix() for path in (deploys.new / "assets").glob(f"{name}-*.js")}
    needed |= {
        path.relative_to(deploys.new).as_posix()
        for path in (deploys.new / "runtime").rglob("*")
        if path.suffix in {".mjs", ".wasm", ".zip"}
        and not path.parent.name.startswith("qr-")  # a lookup asks neither for these nor for what an audit adds
        and path.name != "core-audit.zip"
    }
    for path in sorted(needed):
        stem = path.rsplit("/", 1)[1]
        plain = re.sub(r"-[0-9a-f]{8,}(\.\w+)$", r"\1", stem)
        found[plain] = "/" + re.escape(path)
    return found


def settle(visit: Visit, plan: Plan) -> str:
    """Wait until the page has come to an end: "report", "unstarted" (it says so itself), "none" (no form)."""
    began = time.monotonic()
    rushed = False
    while time.monotonic() - began < PATIENCE / 1000:
        state = visit.page.evaluate(
            """() => {
              if (!document.getElementById("code")) return "none";
              if (document.getElementById("report")?.hidden === false) return "report";
              return document.getElementById("unstarted")?.hidden ? "working" : "unstarted";
            }"""
        )
        waited = time.monotonic() - began
        if state == "report" or (state != "working" and plan.met and waited > 4):
            return str(state)
        if plan.fault == "hang" and state == "working" and plan.met and waited > 4 and not rushed:
            visit.page.clock.fast_forward(61_000)  # the page's patience; a worker has a clock of its own
            rushed = True
        visit.page.wait_for_timeout(150)
    raise AssertionError("silent: neither an answer nor a word")


def cold_cell(browser: Browser, address: str, plan: Plan, deploys: Deploys, number: str) -> str:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    context.add_init_script(WATCH)
    visit = Visit(context.new_page(), address)
    try:
        if plan.fault == "hang":
            visit.page.clock.install()
        try:
            visit.page.goto(f"{address}/#{number}", wait_until="commit", timeout=10_000)
            end = settle(visit, plan)
        except Error:
            assert plan.target.match("/"), "no page, though it was sent"
            return "no page of ours"
        assert plan.met > 0, "the file was not asked for"
        if end == "report":
            return judge(visit, deploys, number, plan.fault)
        if end == "none":
            assert plan.target.match("/"), "no form, though the page was sent"
            return "no page of ours"
        if plan.fault == "hang" and ".css" in plan.target.pattern.replace("\\", ""):
            # Browsers paint nothing before the style is there: it is theirs to say that the page is still loading.
            assert visit.page.evaluate("document.readyState") != "complete"
            return "still loading"
        visit.page.evaluate("document.getAnimations().forEach((one) => one.finish())")
        assert visit.page.locator("#unstarted").is_visible()
        assert "没有载入完整" in visit.page.inner_text("#unstarted")
        return "said why"
    finally:
        plan.clear()
        context.close()


def test_the_programs_files(browser: Browser, host: tuple[str, Plan], deploys: Deploys, full: bool) -> None:
    """A first visit with each file of the program in turn."""
    address, plan = host
    number = next(iter(deploys.truth[max(deploys.truth)]))
    said: Counter[str] = Counter()
    wrong: list[str] = []
    kinds = kinds_of_program(deploys)
    assert {kind for kind, _ in SMALL} <= set(kinds), sorted(kinds)
    for kind, target in kinds.items():
        for fault in FAULTS:
            if full or (kind, fault) in SMALL:
                plan.set(target, fault)
                try:
                    said[cold_cell(browser, address, plan, deploys, number)] += 1
                except AssertionError as error:
                    wrong.append(f"{kind} x {fault}: {str(error).splitlines()[0]}")
                    print(wrong[-1], flush=True)  # a whole sweep takes half an hour
    total = said.total() + len(wrong)
    print(f"\nprogram's files: {said.total()}/{total} {dict(said)}")
    assert wrong == []
