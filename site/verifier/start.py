"""Gives the dataclasses of the core the methods that the build compiled; imported before the core, by the worker.

`dataclasses` writes the methods of every class as one text and compiles it at import: half of the time that importing
the core took in a browser. The build keeps what these texts compile to (build/runtime/pack.py). The same text gets that
code here, and any other is compiled as ever, so that nothing but the time changes.
"""

import dataclasses
import marshal
from collections.abc import Mapping
from types import CodeType
from typing import Any

METHODS = "methods.bin"  # beside this module in its archive

_loader: Any = __spec__.loader  # zipimport's: it reads data files too
_data = _loader.get_data(f"{_loader.archive}/{METHODS}")
_methods: Mapping[str, CodeType] = marshal.loads(_data)  # noqa: S302 - the worker has checked the archive's hash


def _run(text: str, names: dict[str, Any], made: dict[str, Any]) -> None:
    exec(_methods.get(text) or text, names, made)  # noqa: S102 - as dataclasses itself does


dataclasses.exec = _run  # type: ignore[attr-defined]  # found before the built-in one
