"""The only writer: a site is made in a temporary sibling folder and then takes its place in one rename."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sitegen.errors import OutputError

MARK = ".ledger-site"  # a site built here carries this file; only such a folder is ever replaced


def check_replaceable(out: Path) -> None:
    """Raise OutputError when ``out`` is something that a build must not replace."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError(f"{out} is not a folder")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise OutputError(f"{out} is not empty and was not built by ledger: choose another folder, or empty it")


def write_file(folder: Path, name: str, data: bytes) -> None:
    """Write one file of the site; a name that leaves the folder or a file that is already there is a mistake."""
    path = folder / name
    if ".." in Path(name).parts or Path(name).is_absolute() or path.exists():
        raise OutputError(f"{name} cannot be written into the site")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """A folder to build into. When the block ends well it becomes ``out``; when not, ``out`` is as before."""
    check_replaceable(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
        made = Path(folder) / "new"
        made.mkdir()
        write_file(made, MARK, b"This folder was made by ledger build, which may replace it.\n")
        yield made
        old = Path(folder) / "old"
        if out.exists():
            out.rename(old)
        try:
            made.rename(out)
        except OSError:
            if old.exists():
                old.rename(out)
            raise


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder of plain files byte for byte, in name order; links and special files are refused."""
    for folder, folders, names in os.walk(source):
        folders.sort()
        for name in sorted(names):
            path = Path(folder) / name
            if path.is_symlink() or not path.is_file():
                raise OutputError(f"{path} is not a plain file")
            copied = target / path.relative_to(source)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copied)
