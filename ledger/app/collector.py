"""The garbage collector, paused during bulk work.

Hundreds of thousands of rows and records live at once, none of them in a cycle: collections would go through all of
them again and again and find nothing. What is no longer needed is freed by its reference count, as always.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["paused_collector"]


@contextmanager
def paused_collector() -> Iterator[None]:
    """Collect nothing until the work is done; usable as a decorator."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
