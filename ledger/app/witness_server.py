"""A witness over HTTP, as C2SP tlog-witness has it.

    POST <prefix>/add-checkpoint            200 and the cosignature line, or the status of `ledger.core.witness.Refused`
    GET  <prefix>/<hex origin>/checkpoint   the newest checkpoint admitted of that log, with this witness's line; 404

Requests are answered one after the other: a witness asks for order, not for speed. A body of more than 64 KiB is
refused unread (413); a client that sends nothing is left after 20 seconds.
"""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Final

from ledger.app.home import HomeError
from ledger.app.witnessing import Witness
from ledger.core.encoding import format_decimal
from ledger.core.witness import Refused, format_answer

__all__ = ["make_server", "serve_witness"]

MAX_BODY: Final = 64 << 10  # bytes
_TIMEOUT: Final = 20.0  # seconds
_TEXT: Final = "text/plain; charset=utf-8"


def serve_witness(
    witness: Witness, host: str, port: int, *, now: Callable[[], int], say: Callable[[str], None]
) -> None:
    """Answer until Ctrl-C; `say` is given the address once it listens."""
    with make_server(witness, host, port, now=now) as server:
        say(f"http://{host}:{server.server_port}/")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return


def make_server(witness: Witness, host: str, port: int, *, now: Callable[[], int]) -> HTTPServer:
    """Return a server that listens; port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "witness", ""
        timeout = _TIMEOUT

        def do_POST(self) -> None:
            if not self.path.endswith("/add-checkpoint"):
                self.give(404, b"")
                return
            length = self.headers.get("Content-Length", "")
            if not (length.isascii() and length.isdigit()):
                self.give(411, b"the length of the body is missing\n")
            elif int(length) > MAX_BODY:
                self.give(413, b"a request has 64 KiB at most\n")
            else:
                self.answer(self.rfile.read(int(length)))

        def answer(self, body: bytes) -> None:
            try:
                _, line = witness.answer(body, now())
            except Refused as refusal:
                if refusal.size is not None:
                    self.give(refusal.status, f"{format_decimal(refusal.size)}\n".encode(), "text/x.tlog.size")
                else:
                    self.give(refusal.status, f"{refusal.reason}\n".encode())
            except HomeError as error:
                self.log_error("%s", error)
                self.give(500, b"this witness has lost its state for this log\n")
            else:
                self.give(200, format_answer([line]))

        def do_GET(self) -> None:
            parts = self.path.rsplit("/", 2)
            note = witness.newest(parts[-2], now()) if len(parts) > 1 and parts[-1] == "checkpoint" else None
            self.give(*((404, b"") if note is None else (200, note)))

        def give(self, status: int, body: bytes, kind: str = _TEXT) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return HTTPServer((host, port), Handler)
