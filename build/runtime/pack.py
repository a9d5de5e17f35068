"""Packs the browser's Python: a small precompiled standard library and the wheel of our core.

Runs inside Pyodide under node (pack.mjs), behind exercise.py. Most of Pyodide's start-up time goes into compiling
``.py`` files, so all archives carry ``.pyc``, and the methods that ``dataclasses`` would compile at import come
compiled too. Most of its standard library is never imported here, so only what our core loads in a full run, plus an
allow-list for rare paths, is kept, without what the interpreter has built in. What a first lookup needs is an archive
apart from what only an audit loads.

The same inputs give the same bytes: names sorted, one fixed time stamp, nothing compressed in the archives (the host
compresses on the way), hash-based ``.pyc`` without a date.
"""

import _imp
import base64
import gzip
import hashlib
import importlib._bootstrap_external as external
import importlib.util
import io
import json
import marshal
import os
import sys
import types
import zipfile
from collections.abc import Callable
from pathlib import Path

STANDARD_LIBRARY = "/lib/python314.zip"
UNKNOWN = 0b1_1111_000  # an entry of CPython's table of places: none, and in the last bits the instructions less one
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest moment a zip can hold


def compiled(
    source: bytes, name: str, optimize: int, change: Callable[[types.CodeType], types.CodeType] = lambda code: code
) -> bytes:
    """The bytes of a ``.pyc`` that Python takes without looking for its source."""
    code = change(compile(source, name, "exec", dont_inherit=True, optimize=optimize))
    return bytes(
        external._code_to_hash_pyc(  # noqa: SLF001  (nothing public makes one in memory)
            code, importlib.util.source_hash(source), checked=False
        )
    )


def without_lines(code: types.CodeType) -> types.CodeType:
    """The same code without its line numbers: more than a third of the compressed library, and read by nobody.

    Its table says "not known" of each run of at most 8 instructions: a traceback asks for the place of every one.
    """
    inner = [without_lines(one) if isinstance(one, types.CodeType) else one for one in code.co_consts]
    runs, rest = divmod(len(code.co_code) // 2, 8)
    table = bytes([UNKNOWN | 7] * runs + [UNKNOWN | rest - 1] * (rest > 0))
    return code.replace(co_linetable=table, co_consts=tuple(inner))


def archive(files: dict[str, bytes]) -> bytes:
    """A zip that depends on nothing but names and bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as made:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # the same on every machine
            entry.external_attr = 0o644 << 16
            made.writestr(entry, files[name])
    return buffer.getvalue()


def built_in(name: str) -> bool:
    """Whether the interpreter has this module frozen and so never looks into the archive for it."""
    return _imp.is_frozen(name) or sys.modules[name].__spec__.origin == "frozen"


def kept_sources(job: dict, loaded: dict[str, str]) -> dict[str, bytes]:
    """Path in the library -> source, for all modules that were loaded, and the allow-list."""
    with zipfile.ZipFile(STANDARD_LIBRARY) as library:
        sources = {name: library.read(name) for name in library.namelist() if name.endswith(".py")}
    kept = set()
    for name, file in loaded.items():
        if file.startswith(STANDARD_LIBRARY + "/") and not built_in(name):
            kept.add(file.removeprefix(STANDARD_LIBRARY + "/"))
    for name in job["keep"]:
        path = name.replace(".", "/")
        found = [entry for entry in (f"{path}.py", f"{path}/__init__.py") if entry in sources]
        if not found:
            raise SystemExit(f"the allow-list names {name}, which this Pyodide's standard library does not have")
        kept.update(found)
    # A package's own __init__ is needed to reach what lies in it.
    for path in list(kept):
        parts = path.split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            init = "/".join([*parts[:depth], "__init__.py"])
            if init in sources:
                kept.add(init)
    return {path: sources[path] for path in kept if path in sources}


def methods(exercised: Path) -> bytes:
    """The methods that dataclasses makes, as they are kept: text -> code, marshalled."""
    kept = marshal.loads(exercised.read_bytes())  # noqa: S302  (exercise.py wrote it a moment ago)
    return marshal.dumps({text: without_lines(code) for text, code in kept.items()})


def core_code(work: Path, job: dict) -> dict[str, bytes]:
    """Path in an archive -> bytes of all that our core is at run time: ``.pyc``, and data."""
    files = {name: (work / "core" / name).read_bytes() for name in job["wheel_files"]}
    return {
        f"{name}c" if name.endswith(".py") else name: compiled(data, name, 0) if name.endswith(".py") else data
        for name, data in files.items()
    }


def core_archives(code: dict[str, bytes], job: dict, needed: dict[str, list[str]]) -> dict[str, dict[str, bytes]]:
    """Archive -> path -> bytes: data, and what everything starts with, in the first."""
    made = {}
    for name, modules in needed.items():
        paths = {module.replace(".", "/") for module in modules}
        made[name] = {
            path: data for path, data in code.items() if path.removesuffix(".pyc").removesuffix("/__init__") in paths
        }
    first = next(iter(made.values()))
    first.update({path: data for path, data in code.items() if not path.endswith(".pyc")})
    first[f"{job['start']}.pyc"] = code[f"{job['start']}.pyc"]
    return made


def wheel(work: Path, job: dict, code: dict[str, bytes]) -> bytes:
    """A pure wheel: the sources as they are, and beside each its ``.pyc``, which zipimport prefers."""
    files = {**code, **{name: (work / "core" / name).read_bytes() for name in job["wheel_files"]}}
    info = f"{job['wheel_name'].replace('-', '_')}-{job['wheel_version']}.dist-info"
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: {job['wheel_name']}\nVersion: {job['wheel_version']}\nRequires-Python: >=3.11\n"
    ).encode()
    files[f"{info}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: ledger-sitegen\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = []
    for name in sorted(files):
        digest = base64.urlsafe_b64encode(hashlib.sha256(files[name]).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(files[name])}\n")
    files[f"{info}/RECORD"] = ("".join(record) + f"{info}/RECORD,,\n").encode()
    return archive(files)


def pack(work_folder: str, pyodide_folder: str) -> str:
    """Write all packed files to ``made`` in the work folder; return a summary as one line of JSON."""
    work, pyodide = Path(work_folder), Path(pyodide_folder)
    job = json.loads((work / "job.json").read_text())
    made = work / "made"
    made.mkdir(exist_ok=True)
    exercised = json.loads((work / "exercised.json").read_text())
    sources = kept_sources(job, exercised["loaded"])
    code = core_code(work, job)
    archives = core_archives(code, job, exercised["needed"])
    next(iter(archives.values()))[job["methods"]] = methods(work / job["methods"])
    # Nobody reads docstrings or line numbers of the library in the browser.
    library = {f"{path}c": compiled(source, path, 2, without_lines) for path, source in sources.items()}
    outputs = {"python_stdlib.zip": archive(library), job["wheel_file"]: wheel(work, job, code)}
    outputs |= {name: archive(files) for name, files in archives.items()}
    for name in job["copy"]:
        outputs[name] = (pyodide / name).read_bytes()
    for name in job["also"]:  # files of other packages, only to be compressed
        outputs[name] = (work / "also" / name).read_bytes()
    for name, data in outputs.items():
        (made / name).write_bytes(data)
        # Compressed here and not on the host: this zlib is pinned, the hosts' differ from Python to Python.
        (made / f"{name}.gz").write_bytes(gzip.compress(data, 9, mtime=0))
    return json.dumps(
        {
            "modules": len(sources),
            "python": ".".join(map(str, sys.version_info[:3])),
            "platform": os.uname().release if hasattr(os, "uname") else "",
        }
    )
