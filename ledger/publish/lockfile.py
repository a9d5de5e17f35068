"""An exclusive lock on a file: flock, or msvcrt on Windows, or where neither is, the existence of a file.

The one adapter for the modules that only one kind of system has. A lock ends with its process, except the last
kind: there a killed command leaves a file `<name>.held` to be removed by hand.
"""

import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Final

__all__ = ["acquire", "release"]

# One of the two is None; both are, where there are neither processes nor locks. Loaded by name, so that the types of
# one system do not hide the code for the other from the checker.
_NAME: Final = "msvcrt" if sys.platform == "win32" else "fcntl"


def _load() -> Any:  # noqa: ANN401 - a module
    try:
        return import_module(_NAME)
    except ImportError:
        return None


_system: Any = _load()
_FAR: Final = 1 << 30  # the byte that Windows locks: behind the text, which stays readable


def acquire(path: Path) -> int | None:
    """Return a handle that holds the lock, or None if somebody else has it. OSError: the lock cannot be had here."""
    if _system is None:
        return _acquire_by_existence(path)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if hasattr(_system, "flock"):
            _system.flock(file, _system.LOCK_EX | _system.LOCK_NB)
        else:
            os.lseek(file, _FAR, os.SEEK_SET)
            _system.locking(file, _system.LK_NBLCK, 1)
    except (BlockingIOError, PermissionError):  # POSIX says the first, Windows the second
        os.close(file)
        return None
    except BaseException:
        os.close(file)
        raise
    return file


def release(path: Path, held: int) -> None:
    """Give the lock back. The lock file stays: removing it would let two processes lock two files of one name."""
    if _system is None:
        os.close(held)
        with suppress(OSError):
            _held(path).unlink()
        return
    if hasattr(_system, "locking"):
        os.lseek(held, _FAR, os.SEEK_SET)
        _system.locking(held, _system.LK_UNLCK, 1)
    os.close(held)  # ends flock


def _acquire_by_existence(path: Path) -> int | None:
    try:
        return os.open(_held(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return None


def _held(path: Path) -> Path:
    return path.with_name(path.name + ".held")
