"""A server over an older and a newer build of one site that answers for one file with a chosen fault."""

import gzip
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from sitegen import headers
from sitegen.server import SiteHandler, SiteServer

LOGIN = b"<!doctype html><title>login</title><p>Welcome to the network of this hotel."
FAULTS = ("missing", "corrupt", "cut", "short", "slow", "hang", "login", "older", "newer", "gone")
_TEXTS = (".html", ".css", ".js", ".mjs")
_ASSET = re.compile(rb"([./]/?(?:assets/)?[a-z]+)-([0-9a-f]{8,64})(\.(?:js|css|svg))")


@dataclass
class Plan:
    """What the server does: `fault` for paths that match `target`; `met` counts them, `gone` ends the network."""

    old: Path
    new: Path
    target: re.Pattern[str] = field(default_factory=lambda: re.compile(r"(?!)"))
    fault: str = ""
    met: int = 0
    gone: bool = False
    over: threading.Event = field(default_factory=threading.Event)

    def set(self, target: str, fault: str) -> None:
        """From now on, this fault for this file; whatever hung before is let go."""
        self.over.set()
        self.over = threading.Event()
        self.target, self.fault, self.met, self.gone = re.compile(target + r"\Z"), fault, 0, False

    def clear(self) -> None:
        self.set(r"(?!)", "")

    @property
    def base(self) -> Path:
        """One file of a newer deploy lies among those of the older one; everywhere else it is the other way round."""
        return self.old if self.fault == "newer" else self.new


def of_another_release(path: str, data: bytes, fault: str) -> bytes:
    """The same file in another release of the program: its bytes differ, and those of an older one name files gone."""
    if path.endswith(".wasm"):
        return data + b"\0\x05\x04test"  # well-formed: a section of its own
    if not path.endswith(_TEXTS):
        return data + b"\n"
    if fault == "older":
        data = _ASSET.sub(lambda found: found[1] + b"-" + found[2][::-1] + found[3], data)
    return data + (b"<!-- another release -->" if path.endswith(".html") else b"/* another release */\n")


def corrupted(path: str, data: bytes) -> bytes:
    """One byte changed, in the middle."""
    middle = len(data) // 2
    wrong = b"\0" if path.endswith(_TEXTS) else bytes([data[middle] ^ 1])
    return data[:middle] + wrong + data[middle + 1 :]


class FaultyHandler(SiteHandler):
    """The usual answers, never kept by the browser, but for the file of the plan."""

    plan: Plan

    def end_headers(self) -> None:
        for name, value in headers.always_sent(urlsplit(self.path).path).items():
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-store")
        SimpleHTTPRequestHandler.end_headers(self)

    def do_GET(self) -> None:  # noqa: N802 - the parent's name
        path = urlsplit(self.path).path
        self.directory = str(self.plan.base)
        if self.plan.gone:
            self.hang_up()
        elif self.plan.target.match(path):
            self.plan.met += 1
            self.misbehave(path, self.plan.fault)
        else:
            super().do_GET()

    def misbehave(self, path: str, fault: str) -> None:
        plan = self.plan
        inside = path.removeprefix("/") + ("index.html" if path.endswith("/") else "")
        file = plan.base / inside
        data = file.read_bytes()
        if fault == "missing":
            self.miss()
        elif fault == "corrupt":
            self.answer(corrupted(inside, data))
        elif fault == "cut":
            packed = gzip.compress(data, 6, mtime=0)
            self.answer(packed, packed[: len(packed) // 2], encoding="gzip")
            self.hang_up()
        elif fault == "short":
            self.answer(data[: len(data) // 2])
        elif fault == "slow":
            plan.over.wait(1.2)
            self.answer(data)
        elif fault == "hang":
            self.answer(data, data[: len(data) // 2])
            plan.over.wait(90)
            self.hang_up()
        elif fault == "login":
            self.answer(LOGIN, kind="text/html")
        elif fault in {"older", "newer"}:
            other = (plan.old if fault == "older" else plan.new) / inside
            if path.startswith("/ledger/"):
                if other.is_file():
                    self.answer(other.read_bytes())
                else:
                    self.miss()
            else:
                self.answer(of_another_release(inside, data, fault))
        else:
            plan.gone = True
            self.hang_up()

    def miss(self) -> None:
        with self._missing() or BytesIO() as page:
            self.copyfile(page, self.wfile)

    def answer(self, data: bytes, sent: bytes | None = None, *, kind: str = "", encoding: str = "") -> None:
        self.send_response(HTTPStatus.OK)
        path = urlsplit(self.path).path
        self.send_header("Content-Type", kind or headers.content_type(path + ("index.html" * path.endswith("/"))))
        self.send_header("Content-Length", str(len(data)))
        if encoding:
            self.send_header("Content-Encoding", encoding)
        self.end_headers()
        self.wfile.write(data if sent is None else sent)
        self.wfile.flush()

    def hang_up(self) -> None:
        self.close_connection = True
        self.connection.close()


@contextmanager
def faulty(old: Path, new: Path) -> Iterator[tuple[str, Plan]]:
    """The address of such a server, without the final slash, and its plan."""
    plan = Plan(old, new)
    handler = type("Planned", (FaultyHandler,), {"plan": plan})
    with SiteServer(("127.0.0.1", 0), partial(handler, directory=str(new))) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", plan
        finally:
            plan.clear()
            server.shutdown()
            thread.join()
