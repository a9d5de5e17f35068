"""Places: where a public folder can be read: a folder, a built site, or a URL.

A place answers for paths below public/ ("head", "shard/4/006.txt") with the bytes, or with why there are none. A built
site holds the public folder under /ledger/.
"""

import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import urllib3

from ledger.core.auditfiles import AbsentError
from ledger.core.checklist import Absent

__all__ = [
    "MAX_FILE",
    "FolderPlace",
    "KeptPlace",
    "MemoryPlace",
    "Place",
    "RecordingPlace",
    "UrlPlace",
    "open_place",
]

MAX_FILE = 64 << 20  # bytes held of one file at most; a shard of 64 entries has 60 kB, a hostile host no end
_PIECE = 1 << 20  # bytes
_TIMEOUT = 20.0  # seconds for one answer


class Place(Protocol):
    """Somewhere a public folder can be read."""

    name: str

    def fetch(self, path: str) -> bytes | Absent:
        """Return a file's bytes, MISSING if there is none, UNREACHABLE if that could not be found out."""

    def pieces(self, path: str, limit: int) -> Generator[bytes]:
        """Yield a large file's bytes, some at a time.

        Raises AbsentError where `fetch` answers that there are none; a file of more than `limit` bytes is UNREACHABLE.
        """

    def fetch_all(self, paths: Iterable[str]) -> Mapping[str, bytes | Absent]:
        """Return the answers for several paths."""

    def listing(self) -> Iterator[str] | None:
        """Return all paths there are, or None where a place cannot be listed."""


class FolderPlace:
    """A public folder on this machine."""

    def __init__(self, root: Path) -> None:
        """Read below `root`."""
        self.root = root
        self.name = str(root)

    def fetch(self, path: str) -> bytes | Absent:
        """Read one file."""
        try:
            return (self.root / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return Absent.MISSING
        except OSError:
            return Absent.UNREACHABLE

    def pieces(self, path: str, limit: int) -> Generator[bytes]:
        """Read one file, some at a time."""
        try:
            with (self.root / path).open("rb") as file:
                yield from _limited(iter(lambda: file.read(_PIECE), b""), limit)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise AbsentError(Absent.MISSING) from error
        except OSError as error:
            raise AbsentError(Absent.UNREACHABLE) from error

    def fetch_all(self, paths: Iterable[str]) -> Mapping[str, bytes | Absent]:
        """Read several files."""
        return {path: self.fetch(path) for path in paths}

    def listing(self) -> Iterator[str]:
        """Yield the paths of all files below the folder."""
        for folder, folders, names in os.walk(self.root):
            folders.sort()  # in place: it walks them in this order
            for file in (Path(folder, name) for name in sorted(names)):
                if file.is_file():
                    yield file.relative_to(self.root).as_posix()


class MemoryPlace:
    """Files held in memory."""

    name = "memory"

    def __init__(self, files: Mapping[str, bytes | Absent]) -> None:
        """Answer from `files`; what is not there is MISSING."""
        self.files = files

    def fetch(self, path: str) -> bytes | Absent:
        """Return one file."""
        return self.files.get(path, Absent.MISSING)

    def pieces(self, path: str, limit: int) -> Generator[bytes]:
        """Yield one file, some at a time."""
        data = self.fetch(path)
        if isinstance(data, Absent):
            raise AbsentError(data)
        yield from _limited((data[start : start + _PIECE] for start in range(0, len(data), _PIECE)), limit)

    def fetch_all(self, paths: Iterable[str]) -> Mapping[str, bytes | Absent]:
        """Return several files."""
        return {path: self.fetch(path) for path in paths}

    def listing(self) -> Iterator[str] | None:
        """Return all paths."""
        return iter(sorted(self.files))


class UrlPlace:
    """A public folder or a built site behind HTTP."""

    def __init__(self, url: str) -> None:
        """Read below `url`; several requests run at a time."""
        self.name = self.base = url.rstrip("/")
        self._pool = urllib3.PoolManager(
            maxsize=8, retries=urllib3.Retry(2, backoff_factor=0.2, redirect=2), timeout=_TIMEOUT
        )

    def fetch(self, path: str) -> bytes | Absent:
        """Get one file. 404 and 410 are MISSING; every other failure is UNREACHABLE, never evidence."""
        try:
            return b"".join(self.pieces(path, MAX_FILE))
        except AbsentError as error:
            return error.absent

    def pieces(self, path: str, limit: int) -> Generator[bytes]:
        """Get one file, some at a time. A connection is used again only behind an answer that was read to its end."""
        try:
            answer = self._pool.request("GET", f"{self.base}/{path}", preload_content=False)
            try:
                if answer.status != 200:
                    answer.read(_PIECE)
                    raise AbsentError(Absent.MISSING if answer.status in (404, 410) else Absent.UNREACHABLE)
                yield from _limited(iter(lambda: answer.read(_PIECE), b""), limit)
            finally:
                answer.close()
        except urllib3.exceptions.HTTPError as error:
            raise AbsentError(Absent.UNREACHABLE) from error

    def fetch_all(self, paths: Iterable[str]) -> Mapping[str, bytes | Absent]:
        """Get several files at a time."""
        asked = list(paths)
        with ThreadPoolExecutor(8) as pool:
            return dict(zip(asked, pool.map(self.fetch, asked), strict=True))

    def listing(self) -> Iterator[str] | None:
        """Return None: a web server does not say what it has."""
        return None


class KeptPlace:
    """A place, each of its files read once: neighbours share shards."""

    def __init__(self, place: Place) -> None:
        """Answer from `place`."""
        self._place, self.name = place, place.name
        self._read: dict[str, bytes | Absent] = {}

    def fetch(self, path: str) -> bytes | Absent:
        """Return one file."""
        return self.fetch_all([path])[path]

    def fetch_all(self, paths: Iterable[str]) -> Mapping[str, bytes | Absent]:
        """Return several files."""
        asked = list(paths)
        missing = [path for path in asked if path not in self._read]
        if missing:
            self._read.update(self._place.fetch_all(missing))
        return {path: self._read[path] for path in asked}

    def pieces(self, path: str, limit: int) -> Generator[bytes]:
        """Yield one file, some at a time; it is not kept."""
        yield from self._place.pieces(path, limit)

    def listing(self) -> Iterator[str] | None:
        """Return all paths, or None where a place cannot be listed."""
        return self._place.listing()


class RecordingPlace:
    """A place that keeps what it gave, for a receipt: `files`, by path."""

    def __init__(self, place: Place) -> None:
        """Answer from `place`."""
        self.place, self.name = place, place.name
        self.files: dict[str, bytes] = {}

    def fetch(self, path: str) -> bytes | Absent:
        """Return one file."""
        return self.fetch_all([path])[path]

    def pieces(self, path: str, limit: int) -> Generator[bytes]:
        """Yield one file, some at a time; these are not kept."""
        yield from self.place.pieces(path, limit)

    def fetch_all(self, paths: Iterable[str]) -> Mapping[str, bytes | Absent]:
        """Return several files."""
        answers = self.place.fetch_all(paths)
        self.files.update({path: data for path, data in answers.items() if isinstance(data, bytes)})
        return answers

    def listing(self) -> Iterator[str] | None:
        """Return all paths."""
        return self.place.listing()


def _limited(pieces: Iterable[bytes], limit: int) -> Iterator[bytes]:
    left = limit
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise AbsentError(Absent.UNREACHABLE)
        yield piece


def open_place(place: str) -> Place:
    """Return the public folder at `place`: a folder, a built site (which holds it under ledger/) or a URL."""
    if place.startswith(("http://", "https://")):
        url = UrlPlace(place)
        inner = UrlPlace(f"{url.base}/ledger")
        return inner if any(isinstance(inner.fetch(path), bytes) for path in ("head", "checkpoint")) else url
    folder = Path(place)
    return FolderPlace(folder / "ledger" if (folder / "ledger" / "head").is_file() else folder)
