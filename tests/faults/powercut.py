"""A disk that can lose power: what a program asked of it, and what may be left of that.

`Recorder` notes every change below a folder while the program runs on the real disk. `Disk` replays the notes and tells
what may lie there after a power cut, at least as bad as POSIX allows: a file's contents are safe only after its own
flush, a name (made, replaced or deleted) only after a flush of its folder, and each is kept or lost on its own.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

AnyPath = str | os.PathLike[str]
Note = tuple[str, str, Any]  # what, path below the root, contents or the second path


class Recorder:
    """Notes what is done below `root` by os.open, write, fsync, replace, unlink, mkdir and rmdir."""

    def __init__(self, patch: pytest.MonkeyPatch, root: Path) -> None:
        self.root, self.notes = root, list[Note]()
        self._open: dict[int, str] = {}
        self._real: dict[str, Any] = {}
        for name in ("open", "write", "fsync", "close", "replace", "unlink", "mkdir", "rmdir"):
            self._real[name] = getattr(os, name)
            patch.setattr(os, name, getattr(self, name))

    def _below(self, path: AnyPath) -> str | None:
        try:
            return Path(path).relative_to(self.root).as_posix()
        except ValueError:
            return None

    def _note(self, what: str, path: AnyPath, more: str | bytes | None = None) -> None:
        below = self._below(path)
        if below is not None:
            self.notes.append((what, below, more))

    def open(self, path: AnyPath, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        file: int = self._real["open"](path, flags, mode, dir_fd=dir_fd)
        below = self._below(path)
        if below is not None:
            self._open[file] = below
            if flags & os.O_CREAT:
                self._note("create", path)
        return file

    def write(self, file: int, data: bytes | memoryview) -> int:
        count: int = self._real["write"](file, data)
        if file in self._open:
            self.notes.append(("write", self._open[file], bytes(data[:count])))
        return count

    def fsync(self, file: int) -> None:
        self._real["fsync"](file)
        if file in self._open:
            self.notes.append(("fsync", self._open[file], None))

    def close(self, file: int) -> None:
        self._open.pop(file, None)
        self._real["close"](file)

    def replace(self, old: AnyPath, new: AnyPath) -> None:
        self._real["replace"](old, new)
        self._note("replace", old, self._below(new))

    def unlink(self, path: AnyPath, *, dir_fd: int | None = None) -> None:
        self._real["unlink"](path, dir_fd=dir_fd)
        self._note("unlink", path)

    def mkdir(self, path: AnyPath, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        self._real["mkdir"](path, mode, dir_fd=dir_fd)
        self._note("mkdir", path)

    def rmdir(self, path: AnyPath, *, dir_fd: int | None = None) -> None:
        self._real["rmdir"](path, dir_fd=dir_fd)
        self._note("rmdir", path)


@dataclass
class File:
    """One file, whatever its name: what was written, and what of it was flushed (None: nothing yet)."""

    written: bytes = b""
    flushed: bytes | None = None


@dataclass
class Disk:
    """The names and files at one moment. `lasting` are the flushed names; `pending` the changes of names since."""

    lasting: dict[str, File | None] = field(default_factory=dict)  # None: a folder
    names: dict[str, File | None] = field(default_factory=dict)
    pending: list[tuple[str, File | None, bool]] = field(default_factory=list)  # name, file, there or gone

    @classmethod
    def holding(cls, files: dict[str, bytes]) -> "Disk":
        """Return a disk on which these files are safe."""
        disk = cls()
        for path, data in files.items():
            disk.lasting[path] = File(data, data)
            for folder in list(Path(path).parents)[:-1]:
                disk.lasting[folder.as_posix()] = None
        disk.names = dict(disk.lasting)
        return disk

    def _name(self, name: str, file: File | None, *, there: bool) -> None:
        if there:
            self.names[name] = file
        else:
            self.names.pop(name, None)
        self.pending.append((name, file, there))

    def do(self, note: Note) -> None:
        what, path, more = note
        if what == "create":
            file = self.names.get(path)
            if file is None:
                self._name(path, File(), there=True)
            else:
                file.written, file.flushed = b"", None  # cut to nothing: may be old, empty or torn now
        elif what == "write":
            file = self.names[path]
            assert file is not None
            file.written += more
        elif what == "fsync":
            file = self.names.get(path)
            if file is None:  # a folder: its names are safe now
                for name, entry, there in self.pending:
                    if (Path(name).parent.as_posix()) == path:
                        self._settle(self.lasting, name, entry, there)
                self.pending = [change for change in self.pending if Path(change[0]).parent.as_posix() != path]
            else:
                file.flushed = file.written
        elif what == "replace":
            file = self.names[path]
            self._name(path, file, there=False)
            self._name(more, file, there=True)
        elif what == "mkdir":
            self._name(path, None, there=True)
        else:
            self._name(path, self.names.get(path), there=False)

    @staticmethod
    def _settle(names: dict[str, File | None], name: str, file: File | None, there: bool) -> None:
        if there:
            names[name] = file
        else:
            names.pop(name, None)

    def after_a_cut(self, *, thorough: bool) -> Iterator[dict[str, bytes]]:
        """Yield what files may be there: none of the pending changes, all, each alone, all but each; contents torn."""
        count = len(self.pending)
        kept: list[set[int]] = [set(), set(range(count))]
        if thorough:
            kept += [{n} for n in range(count)] + [set(range(count)) - {n} for n in range(count)]
        for chosen in kept:
            names = dict(self.lasting)
            for number in sorted(chosen):
                self._settle(names, *self.pending[number])
            for damage in range(3):
                files = {
                    path: self._contents(file, damage)
                    for path, file in names.items()
                    if file is not None and all(above.as_posix() in names for above in list(Path(path).parents)[:-1])
                }
                yield files
                if all(file is None or file.flushed == file.written for file in names.values()):
                    break

    @staticmethod
    def _contents(file: File, damage: int) -> bytes:
        if file.flushed == file.written or damage == 0:
            return file.written
        return b"" if damage == 1 else file.written[: len(file.written) // 2] + bytes(len(file.written) // 2)
