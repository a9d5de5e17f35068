"""In place of Pyodide's loader of packages: here the worker puts everything into the file system, as checked bytes.

What Pyodide asks for while it starts is here. For the rest it would load zipfile, tempfile, shutil and all ways of
compression.
"""

import sys


class _Folder:
    """A path; Pyodide calls ``__str__`` of it from JavaScript, which a str would have become by then."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __str__(self) -> str:
        return self._path


SITE_PACKAGES = _Folder(f"/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages")
DSO_DIR = _Folder("/usr/lib")


def init_loaded_packages() -> None:
    """Do nothing: no package is there yet."""
