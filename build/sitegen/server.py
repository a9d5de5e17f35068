"""A local server for a built site, with the headers that production hosts are told to send."""

import errno
import gzip
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from sitegen import headers
from sitegen.errors import SiteError


class SiteHandler(SimpleHTTPRequestHandler):
    """Serves files only: no folder listings, no names that begin with a dot, ready-made .gz for who accepts it."""

    protocol_version = "HTTP/1.1"
    server_version = "ledger"
    sys_version = ""
    _found = False

    def send_response(self, code: int, message: str | None = None) -> None:
        """Remember whether it is a file: that there is none must never be kept, a copy may be under way."""
        self._found = code < HTTPStatus.BAD_REQUEST
        super().send_response(code, message)

    def end_headers(self) -> None:
        """The headers of every response, errors included."""
        path = urlsplit(self.path).path
        for name, value in headers.always_sent(path).items():
            self.send_header(name, value)
        self.send_header("Cache-Control", headers.cache_control(path) if self._found else headers.ALWAYS_ASK)
        super().end_headers()

    def guess_type(self, path: object) -> str:
        """By our own table: a machine's table of types may not know wasm or mjs."""
        root = Path(self.directory)
        return headers.content_type("/" + Path(str(path)).relative_to(root).as_posix())

    def send_head(self) -> BinaryIO | None:
        """Status and headers; the file to send, or None."""
        path = urlsplit(self.path).path
        file = Path(self.translate_path(self.path))
        if any(part.startswith(".") for part in Path(path).parts[1:]):
            return self._missing()
        if file.is_dir():
            if not path.endswith("/"):
                return super().send_head()  # redirects to the path with a slash
            file = file / "index.html"
        if not file.is_file():
            return self._missing()
        kind = self.guess_type(file)
        packed = file.with_name(file.name + ".gz")
        packable = packed.is_file() or kind.startswith(("text/html", *headers.PACKED))
        encoded = packable and "gzip" in self.headers.get("Accept-Encoding", "")
        stream: BinaryIO
        if encoded and not packed.is_file():
            data = gzip.compress(file.read_bytes(), 6, mtime=0)  # what a host with compression does
            stream, size = BytesIO(data), len(data)
        else:
            sent = packed if encoded else file
            stream, size = sent.open("rb"), sent.stat().st_size
        more = {"Vary": "Accept-Encoding"} if packable else {}
        if encoded:
            more["Content-Encoding"] = "gzip"
        return self._begin(HTTPStatus.OK, stream, {"Content-Type": kind, "Content-Length": str(size), **more})

    def _missing(self) -> BinaryIO | None:
        page = Path(self.directory) / "404.html"
        wanted = "text/html" in self.headers.get("Accept", "")
        stream = page.open("rb") if wanted and page.is_file() else None
        kind = "text/html; charset=utf-8" if stream else "text/plain; charset=utf-8"
        size = str(page.stat().st_size if stream else 0)
        return self._begin(HTTPStatus.NOT_FOUND, stream, {"Content-Type": kind, "Content-Length": size})

    def _begin(self, status: HTTPStatus, stream: BinaryIO | None, sent: Mapping[str, str]) -> BinaryIO | None:
        """Send status and headers, and give the stream; a browser that hangs up meanwhile leaves no file open."""
        try:
            self.send_response(status)
            for name, value in sent.items():
                self.send_header(name, value)
            self.end_headers()
        except BaseException:
            if stream is not None:
                stream.close()
            raise
        return stream

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 the parent's name
        """Quiet: a list of the shards asked for is nobody's business."""


class SiteServer(ThreadingHTTPServer):
    """A thread per connection; a browser that hangs up is no error."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Report all but a hang-up."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # as given


def make_server(folder: Path, port: int, host: str = "127.0.0.1") -> SiteServer:
    """A server bound to ``host``:``port`` (0: any free one), not yet serving. Raises SiteError."""
    if not (folder / "index.html").is_file():
        raise SiteError(f"{folder} is not a built site")
    try:
        return SiteServer((host, port), partial(SiteHandler, directory=str(folder.resolve())))
    except OSError as error:
        taken = "another programme uses it" if error.errno == errno.EADDRINUSE else str(error)
        raise SiteError(f"port {port} cannot be used: {taken}") from error


def serve(folder: Path, port: int, host: str = "127.0.0.1", *, say: Callable[[str], None] = print) -> None:
    """Serve until Ctrl-C. ``say`` gets the address."""
    with make_server(folder, port, host) as server:
        say(f"http://{host}:{server.server_address[1]}/")
        with suppress(KeyboardInterrupt):
            server.serve_forever()
