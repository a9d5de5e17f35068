"""In place of Pyodide's way to documentation: it would write a signature for every method of a proxy at each start."""

from collections.abc import Callable


def get_cmeth_docstring(method: Callable[..., object]) -> str:
    """Return what Pyodide gives the method as its documentation: its name, in the form of a signature."""
    return f"{method.__name__}()\n--\n\n"
