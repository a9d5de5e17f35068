"""Places: a folder, memory and a server answer alike; a failure to ask is never taken for an answer."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ledger.app import places
from ledger.app.places import FolderPlace, MemoryPlace, Place, UrlPlace, open_place
from ledger.core.auditfiles import AbsentError
from ledger.core.checklist import Absent

FILES = {"head": b"the head", "shard/0/000.txt": b"", "tile/0/x001/234": b"\0\n\xff"}


class Server(BaseHTTPRequestHandler):
    """Answers for FILES below / and below /site/ledger/; some paths have their own status."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        path = self.path.removeprefix("/site/ledger").lstrip("/")
        status = {"gone": 410, "error": 500, "denied": 403, "partial": 206}.get(path, 200 if path in FILES else 404)
        data = FILES.get(path, b"a page")
        self.send_response(status)
        self.send_header("Content-Length", str(len(data) + (5 if path == "short" else 0)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    Server.asked = []
    http = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_port}"
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, data in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    return tmp_path


def test_all_places_answer_alike(server: str, folder: Path) -> None:
    asked = [*FILES, "nothing", "shard"]
    wanted = {**FILES, "nothing": Absent.MISSING, "shard": Absent.MISSING}
    for place in (FolderPlace(folder), MemoryPlace(FILES), UrlPlace(server), UrlPlace(server + "/")):
        assert place.fetch_all(asked) == wanted
        assert {path: place.fetch(path) for path in asked} == wanted


def in_pieces(place: Place, path: str, limit: int = 100) -> bytes | Absent:
    try:
        pieces = list(place.pieces(path, limit))
    except AbsentError as error:
        return error.absent
    assert all(0 < len(piece) <= places._PIECE for piece in pieces)
    return b"".join(pieces)


def test_all_places_give_the_same_in_pieces(server: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "_PIECE", 3)
    for place in (FolderPlace(folder), MemoryPlace(FILES), UrlPlace(server)):
        for path, data in FILES.items():
            assert in_pieces(place, path, len(data)) == data
        assert in_pieces(place, "head", 7) is Absent.UNREACHABLE
        assert in_pieces(place, "nothing") is in_pieces(place, "shard") is Absent.MISSING
        pieces = place.pieces("head", 100)
        assert next(pieces) == b"the"
        pieces.close()  # the reader has seen enough
        assert place.fetch("head") == b"the head"


def test_only_places_that_can_be_listed_are() -> None:
    assert list(MemoryPlace(FILES).listing() or ()) == sorted(FILES)
    assert UrlPlace("http://127.0.0.1:9").listing() is None


def test_a_folder_is_listed_in_order(folder: Path) -> None:
    assert list(FolderPlace(folder).listing()) == sorted(FILES)
    assert list(FolderPlace(folder / "nowhere").listing()) == []


class TestFailures:
    def test_statuses(self, server: str) -> None:
        place = UrlPlace(server)
        assert place.fetch("gone") is Absent.MISSING
        for path in ("error", "denied", "partial"):
            assert place.fetch(path) is Absent.UNREACHABLE, path

    def test_nobody_listens(self) -> None:
        assert UrlPlace("http://127.0.0.1:9").fetch("head") is Absent.UNREACHABLE
        assert in_pieces(UrlPlace("http://127.0.0.1:9"), "head") is Absent.UNREACHABLE

    def test_an_answer_that_breaks_off(self, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(FILES, "short", b"x" * 20)
        monkeypatch.setattr(places, "_PIECE", 8)
        assert UrlPlace(server).fetch("short") is Absent.UNREACHABLE
        pieces = UrlPlace(server).pieces("short", 100)
        assert next(pieces) == b"x" * 8  # it is found out later
        with pytest.raises(AbsentError, match="UNREACHABLE"):
            list(pieces)

    def test_a_file_without_end_is_not_read(self, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(places, "MAX_FILE", 3)
        assert UrlPlace(server).fetch("tile/0/x001/234") == FILES["tile/0/x001/234"]
        assert UrlPlace(server).fetch("head") is Absent.UNREACHABLE

    def test_a_file_that_cannot_be_read(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(_: Path, mode: str = "rb") -> bytes:
            raise PermissionError

        monkeypatch.setattr(Path, "read_bytes", fail)
        monkeypatch.setattr(Path, "open", fail)
        assert FolderPlace(folder).fetch("head") is Absent.UNREACHABLE
        assert in_pieces(FolderPlace(folder), "head") is Absent.UNREACHABLE

    def test_a_path_through_a_file(self, folder: Path) -> None:
        assert FolderPlace(folder).fetch("head/x") is Absent.MISSING


class TestOpening:
    def test_a_public_folder(self, folder: Path) -> None:
        place = open_place(str(folder))
        assert isinstance(place, FolderPlace)
        assert place.root == folder

    def test_a_built_site(self, folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
        site = tmp_path_factory.mktemp("site")
        folder.rename(site / "ledger")
        place = open_place(str(site))
        assert isinstance(place, FolderPlace)
        assert place.root == site / "ledger"

    def test_a_url_of_a_folder_and_of_a_site(self, server: str) -> None:
        for url, base in ((server, server), (server + "/site", server + "/site/ledger")):
            place = open_place(url)
            assert isinstance(place, UrlPlace)
            assert place.base == base
            assert place.fetch("head") == FILES["head"]

    def test_no_query_is_ever_sent(self, server: str) -> None:
        open_place(server + "/site").fetch_all(FILES)
        assert Server.asked
        assert not [path for path in Server.asked if "?" in path]
