"""In place of the start of Pyodide's own package: traceback, which loads a dozen modules, waits for the first error."""

import sys
from types import TracebackType

from . import _base, _importhook

__all__ = ["_base", "_importhook", "set_excepthook"]


def set_excepthook() -> None:
    """Tell errors by traceback, as Pyodide does: it knows the sources of what JavaScript gave to be run."""
    sys.excepthook = _print_exception


def _print_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    import traceback  # noqa: PLC0415 - this is what waits

    traceback.print_exception(kind, error, trace)
