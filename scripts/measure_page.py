"""The measurements of the page in browsers; see bench.py. Imported once the environment exists.

Every time is the browser's own. A link is timed from the start of a navigation until a verdict stands there, stock
Pyodide until a line of Python has run, and nothing else: page, worker, download from this machine, start and lookup are
all in it. A number that is typed is timed from the click until the verdict: the verifier starts while its letters come,
KEY seconds apart, which is quick for somebody who reads them off paper. Each round takes every browser and every speed
once, stock beside ours, so that other work on the machine falls on both.

Slow processors: Emulation.setCPUThrottlingRate of 4 makes a loop of the page itself 4.1 times slower and one in a
worker 1.1 times (best of 12), and Firefox has no such switch. So all processes of the browser are stopped three
quarters of the time, 20 ms at a time; on a machine that is busy anyway that is less than four times slower. Processor
seconds are those of all processes.
"""

import os
import shutil
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from gzip import compress
from pathlib import Path

from measure import GOALS, append, make_home, served
from playwright.sync_api import BrowserContext, Page, Playwright, Request, sync_playwright
from sample_rosters import make_roster
from sitegen import build_site
from sitegen.node import find_node
from sitegen.runtime import pyodide_package

BROWSERS = ("chromium", "firefox")
SLOWER = 4
PERIOD = 0.02  # seconds
KEY = 0.15  # seconds from letter to letter
SETTLE = 3.0  # seconds in which Chromium writes down what it compiled
CODE = "S000050000001263000001"
STOCK_PAGE = (
    """<!doctype html><meta charset="utf-8"><title>stock</title><script type="module" src="stock.js"></script>"""
)
STOCK_SCRIPT = """
const policy = window.trustedTypes?.createPolicy("app", { createScriptURL: (url) => url });
const worker = new Worker(policy ? policy.createScriptURL("worker.js") : "worker.js", { type: "module" });
worker.onmessage = () => { window.took = performance.now(); };
"""
STOCK_WORKER = """
import { loadPyodide } from "./pyodide.mjs";
const pyodide = await loadPyodide();
pyodide.runPython("1 + 1");
postMessage("ready");
"""
# Notes the time from the click, where there is one, until the answer appears; the page itself is left alone.
WATCH = """
window.asked = 0;
addEventListener("submit", () => { window.asked = performance.now(); }, true);
new MutationObserver(() => {
  if (document.getElementById("report")?.hidden === false) window.took ??= performance.now() - window.asked;
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["hidden"] });
"""
KINDS = ("cold", "warm", "cold, typed", "warm, typed")


@dataclass
class Times:
    """Seconds by the clock and of the processors, of one kind of visit."""

    clock: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)


def page(folder: Path, rounds: int) -> None:
    """Print the times until a verdict, cold and warm, against stock Pyodide; and what one lookup fetches."""
    folder.mkdir()
    home = make_home(folder)
    append(home, make_roster(folder / "roster.xlsx", 2000))
    build_site(home.public, folder / "site", docs=False)
    stock = make_stock(folder / "stock")
    found: dict[tuple[str, int, str], Times] = {}
    with sync_playwright() as playwright, served(folder / "site") as site, served(stock) as plain:
        for _ in range(rounds):
            for name in BROWSERS:
                for slower in (1, SLOWER):
                    for kind, times in visits(playwright, name, slower, site, plain):
                        kept = found.setdefault((name, slower, kind), Times())
                        kept.clock.append(times[0])
                        kept.processor.append(times[1])
        lookups = {name: fetched(playwright, name, site) for name in BROWSERS}
    for name in BROWSERS:
        for slower in (1, SLOWER):
            tell(name, slower, {kind: found[name, slower, kind] for kind in ("stock", *KINDS)})
        requests, size = lookups[name]
        goals = f"goals {GOALS['bytes']:,}, {GOALS['requests']}"
        print(f"         {size:10,} bytes in {requests} requests for one lookup  ({goals})")


def make_stock(stock: Path) -> Path:
    """Make a folder with Pyodide as it comes, ready-made .gz beside what compresses, and a page that loads it."""
    shutil.copytree(pyodide_package(find_node(), lambda _: None), stock)
    for name, text in (("index.html", STOCK_PAGE), ("stock.js", STOCK_SCRIPT), ("worker.js", STOCK_WORKER)):
        (stock / name).write_text(text, "utf-8")
    for path in [*stock.glob("*.wasm"), *stock.glob("*.mjs"), *stock.glob("*.json")]:
        path.with_name(f"{path.name}.gz").write_bytes(compress(path.read_bytes(), 9))
    return stock


def tell(name: str, slower: int, found: dict[str, Times]) -> None:
    """Print one browser at one speed: the best of the rounds, and the middle of the ratios within a round."""
    speed = f"{name}, {slower}x slower" if slower > 1 else name
    base = found["stock"]
    print(
        f"browser  {min(base.clock):10.2f} s  {speed}: stock Pyodide, bare load ({min(base.processor):.2f} s processor)"
    )
    for kind in KINDS:
        times = found[kind]
        ratio = statistics.median(own / raw for own, raw in zip(times.clock, base.clock, strict=True))
        work = statistics.median(own / raw for own, raw in zip(times.processor, base.processor, strict=True))
        best = min(times.clock) / min(base.clock)
        print(
            f"         {min(times.clock):10.2f} s  {speed}: verdict, {kind}: {best:.2f} of stock, median of rounds"
            f" {ratio:.2f}, by processor {work:.2f}  (goal {GOALS[kind[:4]]})"
        )


def visits(
    playwright: Playwright, name: str, slower: int, site: str, plain: str
) -> Iterator[tuple[str, tuple[float, float]]]:
    """Give kind -> (seconds by the clock, of the processors), of our site and of stock Pyodide.

    Cold is a browser that has kept nothing; warm is the next day: it was ended and started again, and has kept what it
    keeps of two visits.
    """
    with kept() as profile:
        yield "stock", once(playwright, name, slower, f"{plain}/index.html", profile)
    with kept() as profile:
        yield "cold", once(playwright, name, slower, f"{site}/#{CODE}", profile)
        once(playwright, name, 1, f"{site}/#{CODE}", profile, stay=SETTLE)
        yield "warm", once(playwright, name, slower, f"{site}/#{CODE[:-1]}2", profile)
        yield "warm, typed", once(playwright, name, slower, f"{site}/", profile, typed=f"{CODE[:-1]}3")
    with kept() as profile:
        yield "cold, typed", once(playwright, name, slower, f"{site}/", profile, typed=CODE)


def kept() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for what a browser keeps, which goes when the block ends."""
    return tempfile.TemporaryDirectory(ignore_cleanup_errors=True)


def once(
    playwright: Playwright, name: str, slower: int, url: str, profile: str, *, typed: str = "", stay: float = 0
) -> tuple[float, float]:
    """Start a browser, make one visit, stay for some seconds, end it; return what `visit` does."""
    before = children(os.getpid())
    context = start(playwright, name, profile)
    ours = children(os.getpid()) - before
    context.add_init_script(WATCH)
    with slowed(ours, slower):
        found = visit(context, url, ours, typed)
        context.pages[-1].wait_for_timeout(1000 * stay)
    context.close()
    return found


def start(playwright: Playwright, name: str, profile: str) -> BrowserContext:
    """Start a browser with a folder to keep things in."""
    if name == "firefox":
        found = shutil.which("firefox-esr")
        return playwright.firefox.launch_persistent_context(profile, channel="moz-firefox", executable_path=found)
    found = shutil.which("chromium")
    return playwright.chromium.launch_persistent_context(profile, executable_path=found, args=["--no-sandbox"])


def visit(context: BrowserContext, url: str, roots: set[int], typed: str) -> tuple[float, float]:
    """Open a page, type a number if one is given; return the seconds until the answer, and of the processors' work."""
    page = context.new_page()
    page.set_default_timeout(240_000)
    worked = processor(roots)
    page.goto(url, wait_until="commit")
    if typed:
        page.click("#code")
        page.keyboard.type(typed, delay=1000 * KEY)
        page.click("#lookup button[type=submit]")
    page.wait_for_function("() => window.took > 0", polling=50)
    return float(page.evaluate("window.took")) / 1000, processor(roots) - worked


# -- processes ---------------------------------------------------------------------------------------------------------


def children(root: int) -> set[int]:
    """Return all processes below this one."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text("utf-8").rsplit(")", 1)[1].split()[1])
    found, known = {root}, 0
    while len(found) > known:
        known = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {root}


def tree(roots: set[int]) -> set[int]:
    """Return these processes and all that they have started since."""
    return roots.union(*(children(root) for root in roots))


def processor(roots: set[int]) -> float:
    """Return the processor seconds that these processes and their children have taken."""
    ticks = 0
    for process in tree(roots):
        with suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
            ticks += sum(int(value) for value in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def slowed(roots: set[int], slower: int) -> Iterator[None]:
    """Let these processes and their children run only one of `slower` parts of the time while the block runs."""
    done = threading.Event()

    def send(what: signal.Signals, processes: set[int]) -> None:
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, what)

    def run() -> None:
        looked, processes = 0.0, set[int]()
        while not done.is_set():
            if time.monotonic() - looked > 0.5:
                looked, processes = time.monotonic(), tree(roots)
            send(signal.SIGSTOP, processes)
            time.sleep(PERIOD * (slower - 1) / slower)
            send(signal.SIGCONT, processes)
            time.sleep(PERIOD / slower)

    thread = threading.Thread(target=run, daemon=True)
    if slower > 1:
        thread.start()
    try:
        yield
    finally:
        done.set()
        if slower > 1:
            thread.join()


# -- bytes -------------------------------------------------------------------------------------------------------------


def fetched(playwright: Playwright, name: str, address: str) -> tuple[int, int]:
    """Return the requests and bytes, headers too, of a second number on one page."""
    with kept() as profile:
        context = start(playwright, name, profile)
        sizes = second_number(context, address)
        context.close()
    return len(sizes), sum(sizes)


def second_number(context: BrowserContext, address: str) -> list[int]:
    """Return the bytes of each file of the ledger that a second number asks for."""
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.goto(f"{address}/#{CODE}")
    page.wait_for_selector("#report:not([hidden])")
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108 - a method has no attributes
    page.fill("#code", f"{CODE[:-1]}2")
    clicked(page)
    page.wait_for_timeout(200)
    return [transferred(request) for request in finished if "/ledger/" in request.url]


def transferred(request: Request) -> int:
    """Return the bytes of an answer as they came over the wire, headers too."""
    sizes = request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"]


def clicked(page: Page) -> None:
    """Click and wait until the verdict shows."""
    page.evaluate("document.getElementById('report').hidden = true")
    page.click("#lookup button[type=submit]")
    page.wait_for_selector("#report:not([hidden])")
