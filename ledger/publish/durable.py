"""Durable files: the only place that knows how an operating system keeps what was written.

    write_atomic   one file, replaced as a whole and on the disk when the call returns
    write_same     one file that never changes once it is there
    Staging        many files, replaced together: written aside, flushed once, then renamed
    flush_all      files written by others, and their folders, to the disk
    delete_all     files and folders, gone for good
    lock_home      the right to write to a ledger's home, for one process

A file is written under another name, flushed, and then renamed: whoever reads, and whatever a power cut leaves, has the
old bytes or the new ones. Renames are flushed with the folder that holds the name.

A failed flush is final (WriteError). It is never tried again: the system may have dropped the data, and a second
flush would report success. The command ends; the next one starts from what is on the disk.

Windows cannot flush a folder; NTFS keeps names by its own journal, in order, so a power cut may take back the last
renames but not mix them. The register's transaction, not these files, is the commit point, so nothing is lost then.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ledger.core.errors import LedgerError
from ledger.publish import lockfile

__all__ = [
    "HomeBusyError",
    "Staging",
    "WriteError",
    "delete_all",
    "flush_all",
    "lock_home",
    "write_atomic",
    "write_same",
]

_MANY: Final = 32  # files from which on Linux writes everything out first: then each file's own flush is short
_BINARY: Final = getattr(os, "O_BINARY", 0)
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_FOLDERS_FLUSH: Final = hasattr(os, "O_DIRECTORY")  # POSIX; Windows opens no folders


class WriteError(LedgerError):
    """A file could not be written or flushed: disk full, failing, read-only, or it would change an unchangeable one."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class HomeBusyError(LedgerError):
    """Another process holds the home's lock; `path` is the lock file."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"another command is writing to {path.parent}; wait for it to end")
        self.path = path


def write_atomic(path: Path, data: bytes, *, private: bool = False, flush: bool = True) -> None:
    """Replace the file `path` as a whole, durably; its folder must exist. `private`: only the owner may read it.

    Without `flush` it is durable once `flush_all` was called. Raises WriteError; the old file is then still there, or
    the new one is, but never a part.
    """
    draft = path.with_name(f".{path.name}.tmp")
    with _told(path):
        # The folder is opened first and kept: an error of its flush then cannot be lost between two opens.
        folder = _open_folder(path.parent)
        try:
            try:
                _write(draft, (data,), private=private, flush=flush)
                _replace(draft, path)
            except BaseException:
                with suppress(OSError):
                    draft.unlink()
                raise
            if folder is not None and flush:
                os.fsync(folder)
        finally:
            if folder is not None:
                os.close(folder)


def write_same(path: Path, data: bytes) -> bool:
    """Write a file that is never to change; return whether it was new.

    Raises WriteError if it is there with other bytes.
    """
    with _told(path):
        try:
            present = path.read_bytes()
        except FileNotFoundError:
            present = None
    if present is None:
        write_atomic(path, data)
        return True
    if present != data:
        raise WriteError(path, "is there already, with other bytes, and must not change")
    return False


class Staging:
    """Files below `root`, replaced together.

    `write` puts them aside, in the folder `<root>.staging`; `commit` flushes all, then renames all, then flushes the
    folders. Killed before the renames, nothing under `root` has changed; killed among them, some files are new and
    whole. What a killed one left aside is removed by the next.

        with Staging(public) as staging:
            staging.write(public / "tile/0/000", data)
            staging.commit()
    """

    def __init__(self, root: Path) -> None:
        """Start empty. `root` is on one file system; it is made if it is missing."""
        self._root = root
        self._aside = root.with_name(root.name + ".staging")
        self._waiting: list[tuple[Path, Path]] = []
        with _told(self._aside):
            self._clear()
            self._aside.mkdir(parents=True)
            root.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):
            self._clear()

    def write(self, path: Path, data: bytes) -> None:
        """Put one file aside; its last `write` before `commit` counts. Folders are made as needed."""
        self.write_pieces(path, (data,))

    def write_pieces(self, path: Path, pieces: Iterable[bytes]) -> None:
        """Put one file aside without holding more than a piece of it."""
        draft = self._aside / str(len(self._waiting))
        with _told(path):
            _write(draft, pieces, private=False, flush=False)
        self._waiting.append((draft, path))

    def commit(self) -> int:
        """Make every file put aside durable under its own name; return how many there were."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return 0
        _flush_files([draft for draft, _ in waiting])
        for folder in sorted({path.parent for _, path in waiting}):
            with _told(folder):
                folder.mkdir(parents=True, exist_ok=True)
        for draft, path in waiting:
            with _told(path):
                _replace(draft, path)
        _flush_folders(_folders_below(self._root, (path for _, path in waiting)))
        return len(waiting)

    def _clear(self) -> None:
        if self._aside.is_dir():
            for draft in list(self._aside.iterdir()):
                draft.unlink()
            self._aside.rmdir()


def flush_all(paths: Iterable[Path]) -> None:
    """Return when the files and the names they have in their folders are on the disk. Raises WriteError."""
    files = list(paths)
    _flush_files(files)
    _flush_folders({path.parent for path in files})


def delete_all(paths: Iterable[Path]) -> None:
    """Return when files and folders with all that is in them are gone, and stay so after a power cut.

    What is gone already is passed over. Raises WriteError.
    """
    folders = set()
    for path in paths:
        with _told(path):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        folders.add(path.parent)
    _flush_folders(folder for folder in folders if folder.is_dir())


@contextmanager
def lock_home(home: Path) -> Iterator[None]:
    """Hold the right to write to `home`, by its file home.lock. Raises HomeBusyError at once if somebody has it.

    The system takes the lock back when the process ends, however it ends; the file stays and means nothing.
    """
    path = home / "home.lock"
    with _told(path):
        held = lockfile.acquire(path)
    if held is None:
        raise HomeBusyError(path)
    try:
        yield
    finally:
        lockfile.release(path, held)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WriteError(path, error.strerror or str(error)) from error


def _write(path: Path, pieces: Iterable[bytes], *, private: bool, flush: bool) -> None:
    mode = 0o600 if private else 0o666
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY | _NO_FOLLOW, mode)
    try:
        if private and hasattr(os, "fchmod"):
            os.fchmod(file, mode)  # a draft left by a killed command keeps the mode it was made with
        for piece in pieces:
            view = memoryview(piece)
            while view:
                view = view[os.write(file, view) :]
        if flush:
            os.fsync(file)
    finally:
        os.close(file)


def _replace(draft: Path, path: Path) -> None:
    for pause in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5):
        try:
            os.replace(draft, path)
        except PermissionError:
            if _FOLDERS_FLUSH:
                raise
            time.sleep(pause)  # Windows: a virus scanner or a reader has the old file open for a moment
        else:
            return
    os.replace(draft, path)


def _flush_files(paths: list[Path]) -> None:
    if len(paths) >= _MANY and sys.platform == "linux":
        os.sync()  # waits for all writing there, but reports no error: so every file is flushed all the same
    for path in paths:
        with _told(path):
            file = os.open(path, os.O_RDWR | _BINARY)  # Windows flushes only what is open for writing
            try:
                os.fsync(file)
            finally:
                os.close(file)


def _folders_below(root: Path, files: Iterable[Path]) -> set[Path]:
    """Return the folders whose names or entries may be new: from each file's folder up to the parent of `root`."""
    folders = {root, root.parent}
    for path in files:
        folder = path.parent
        while folder not in folders and root in folder.parents:
            folders.add(folder)
            folder = folder.parent
    return folders


def _flush_folders(folders: Iterable[Path]) -> None:
    for path in sorted(folders):
        with _told(path):
            folder = _open_folder(path)
            if folder is not None:
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)


def _open_folder(path: Path) -> int | None:
    return os.open(path, os.O_RDONLY | os.O_DIRECTORY) if _FOLDERS_FLUSH else None
