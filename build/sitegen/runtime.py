"""The browser's runtime: Pyodide from npm, its trimmed precompiled library, and our core as a wheel.

What comes out (names relative to ``runtime/`` of the site):

    pyodide-<hash>/pyodide.mjs pyodide.asm.mjs pyodide.asm.wasm python_stdlib.zip    changes with Pyodide only
    core-<hash>/core-lookup.zip core-audit.zip                                       changes with our code
    core-<hash>/skill_ledger_core-<version>-py3-none-any.whl pyodide-lock.json       the same with its sources
    qr-<hash>/…                                                                      the reader of QR codes: qr.py

Each but the lock also as ``.gz``, for hosts that serve ready-made compressed files. Folders of their own, so that a
change of our code does not make every visitor fetch Pyodide again. The page runs the two archives: what every lookup
needs, and what only an audit adds. The wheel is for people: it shows the sources, and its ``.pyc`` are those of the
archives. ``manifest`` is what the workers pin: the size and SHA-256 of each file they fetch (also in ``runtime.json``
of the site).

Everything is kept in the cache under the hash of its inputs; a second build only reads. Why it is made this way, and
what pyodide-build and pyodide-lock do for it: site/docs/adr/0003-pyodide-bundle.md.
"""

import hashlib
import json
import shutil
import tempfile
import tomllib
import zipfile
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyodide_lock import InfoSpec, PackageSpec, PyodideLockSpec

from sitegen import qr
from sitegen.errors import ToolError
from sitegen.node import Node, find_node
from sitegen.places import CORE, RUNTIME, SITE, cache_folder

Progress = Callable[[str], None]

PYODIDE_FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm")
LIBRARY = "python_stdlib.zip"
LOCK = "pyodide-lock.json"
WHEEL_NAME = "skill-ledger-core"
BOOT_MODULE = "ledger_browser"  # site/verifier/boot.py under this name in the wheel
START_MODULE = "ledger_start"  # likewise site/verifier/start.py
METHODS = "methods.bin"  # what start.py reads
LOOKUP, AUDIT = "core-lookup.zip", "core-audit.zip"
# What each is packed for: a module lies in the first archive that needs it. Papers and lists are as likely as a number,
# sealed details are opened by few.
ARCHIVES = {
    LOOKUP: [BOOT_MODULE, "ledger.core.compact", "ledger.core.printed", "ledger.core.sheet"],
    AUDIT: ["ledger.core.auditing", "ledger.core.workingdays", "ledger.core.details"],
}
INSTEAD = RUNTIME / "instead"  # modules that take the place of the library's
KEPT = 5  # packed runtimes that stay in the cache
FORMAT = "4"  # raised when the way of packing changes without its files changing


@dataclass(frozen=True, slots=True)
class Runtime:
    """``files``: path in the site -> bytes. ``manifest``: JSON value for the worker (folder names, sizes, hashes)."""

    files: Mapping[str, bytes]
    manifest: Mapping[str, object]


def core_sources() -> dict[str, bytes]:
    """Path in the wheel -> bytes: the core unchanged, the profiles, and the browser's boot module.

    Profiles are JSON there: parsing their TOML in the browser took a tenth of a second, and this is the same value.
    """
    paths = [CORE / "__init__.py", *sorted((CORE / "core").rglob("*.py"))]
    files = {path.relative_to(CORE.parent).as_posix(): path.read_bytes() for path in paths if path.exists()}
    for path in sorted((CORE / "profiles").glob("*.toml")):
        values = tomllib.loads(path.read_text("utf-8"))
        files[f"ledger/profiles/{path.stem}.json"] = json.dumps(values, ensure_ascii=False).encode()
    for module, source in ((BOOT_MODULE, "boot.py"), (START_MODULE, "start.py")):
        files[f"{module}.py"] = (SITE / "verifier" / source).read_bytes()
    return files


def _digest(*parts: bytes) -> str:
    """SHA-256 over the parts with their lengths, in hex."""
    total = hashlib.sha256()
    for part in parts:
        total.update(len(part).to_bytes(8, "big"))
        total.update(part)
    return total.hexdigest()


def _digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over names and bytes, in hex."""
    return _digest(*(part for name in sorted(files) for part in (name.encode(), files[name])))


def pyodide_package(node: Node, progress: Progress) -> Path:
    """The folder of the pinned Pyodide."""
    return npm_packages(node, progress) / "pyodide"


def npm_packages(node: Node, progress: Progress) -> Path:
    """The folder of the site's npm packages, fetched once."""
    return locked_packages(RUNTIME, node, lambda: progress("fetching the pinned npm packages: Pyodide, zxing-wasm"))


def locked_packages(folder: Path, node: Node, fetching: Callable[[], None]) -> Path:
    """The folder of the npm packages that ``folder`` pins, fetched once, after a call of ``fetching``.

    npm checks them against the lock's integrity hashes. Raises ToolError.
    """
    pins = [(folder / name).read_bytes() for name in ("package.json", "package-lock.json")]
    kept = cache_folder() / "npm" / _digest(*pins)[:16]
    packages = kept / "node_modules"
    if packages.is_dir():
        return packages
    fetching()
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as made:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(folder / name, Path(made) / name)
        command = [*node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        node.run(command, Path(made), f"npm ci (fetching the packages that {folder.name}/package-lock.json pins)")
        ready = Path(made) / "ready"
        ready.mkdir()
        shutil.move(str(Path(made) / "node_modules"), str(ready / "node_modules"))
        _keep(ready, kept)
    return packages


def _keep(made: Path, kept: Path) -> None:
    """Move a finished folder to its place in the cache; another build that was quicker wins."""
    try:
        made.rename(kept)
    except OSError:
        if not kept.is_dir():
            raise


def _job(sources: Mapping[str, bytes], version: str) -> dict[str, object]:
    modules = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in sorted(sources)
        if name.endswith(".py") and name != f"{START_MODULE}.py"
    ]
    lines = (RUNTIME / "keep.txt").read_text("utf-8").splitlines()
    return {
        "wheel_name": WHEEL_NAME,
        "wheel_version": version,
        "wheel_file": _wheel_file(version),
        "wheel_files": sorted(sources),
        "archives": ARCHIVES,
        "start": START_MODULE,
        "methods": METHODS,
        "exercise": modules,
        "keep": [line for line in lines if line and not line.startswith("#")],
        "copy": [*PYODIDE_FILES, LOCK],
        "also": sorted(qr.packed_name(place) for place in qr.FILES),
    }


def _wheel_file(version: str) -> str:
    return f"{WHEEL_NAME.replace('-', '_')}-{version}-py3-none-any.whl"


def _made(sources: Mapping[str, bytes], version: str, progress: Progress) -> Path:
    """The cached folder of packed files for these inputs, made when it is not there or not whole."""
    names = ("package-lock.json", "pack.mjs", "exercise.py", "pack.py", "keep.txt")
    inputs = {name: (RUNTIME / name).read_bytes() for name in names}
    instead = {path.relative_to(INSTEAD).as_posix(): path.read_bytes() for path in INSTEAD.rglob("*.py")}
    parts = "".join(map(_digest_of, (inputs, instead, sources)))
    kept = cache_folder() / "runtime" / _digest(FORMAT.encode(), version.encode(), parts.encode())[:16]
    if _whole(kept):
        return kept
    shutil.rmtree(kept, ignore_errors=True)
    kept.parent.mkdir(parents=True, exist_ok=True)
    node = find_node()
    packages = npm_packages(node, progress)
    progress("precompiling the browser's Python library (once; cached)")
    with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
        work = Path(folder) / "work"
        for name, data in sources.items():
            path = work / "core" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        (work / "also").mkdir()
        for place, source in qr.FILES.items():
            shutil.copyfile(packages / "zxing-wasm" / source, work / "also" / qr.packed_name(place))
        write_library(work / LIBRARY, packages / "pyodide" / LIBRARY, instead)
        (work / "job.json").write_text(json.dumps(_job(sources, version)), "utf-8")
        command = [str(node.node), str(RUNTIME / "pack.mjs"), str(packages / "pyodide"), str(work)]
        summary = node.run(command, RUNTIME, "packing the runtime")
        made = work / "made"
        hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(made.iterdir())}
        (made / "packed.json").write_text(
            json.dumps({"sha256": hashes, "summary": json.loads(summary.splitlines()[-1])}), "utf-8"
        )
        _keep(made, kept)
    _forget_old(kept)
    if not _whole(kept):
        raise ToolError(f"the packed runtime in {kept} is not whole; delete it and build again")
    return kept


def write_library(path: Path, stock: Path, instead: Mapping[str, bytes]) -> None:
    """Write Pyodide's library with ours in place of some of its modules, whole packages too.

    Raises ToolError for a module of ours that takes the place of none: Pyodide has changed, and it would be useless.
    """
    gone = tuple(f"{name.removesuffix('.py')}/" for name in instead)
    with zipfile.ZipFile(stock) as library, zipfile.ZipFile(path, "w") as made:
        for name in instead:
            package = f"{name.removesuffix('.py')}/__init__.py"
            if name not in library.namelist() and package not in library.namelist():
                raise ToolError(f"build/runtime/instead/{name} takes the place of no module of this Pyodide's library")
        for entry in library.infolist():
            if entry.filename not in instead and not entry.filename.startswith(gone):
                made.writestr(entry, library.read(entry))
        for name, data in instead.items():
            made.writestr(name, data)


def _forget_old(kept: Path) -> None:
    """Keep the newest few: every change of the core packs anew, and each takes 20 MB."""
    folders = [path for path in kept.parent.iterdir() if path != kept and (path / "packed.json").is_file()]
    for path in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(path, ignore_errors=True)


def _whole(kept: Path) -> bool:
    try:
        hashes = json.loads((kept / "packed.json").read_text("utf-8"))["sha256"]
        return all(hashlib.sha256((kept / name).read_bytes()).hexdigest() == digest for name, digest in hashes.items())
    except (OSError, ValueError, KeyError):
        return False


def _lock(stock_lock: bytes, wheel_file: str, wheel: bytes, version: str) -> bytes:
    """A lock with our one wheel, written and checked by pyodide-lock; its ``info`` is that of the pinned Pyodide."""
    stock = json.loads(stock_lock)["info"]
    entry = {
        "name": WHEEL_NAME,
        "version": version,
        "file_name": wheel_file,
        "install_dir": "site",
        "sha256": hashlib.sha256(wheel).hexdigest(),
        "package_type": "package",
        "imports": ["ledger"],
        "depends": [],
    }
    # Its 0.1 line (for Python 3.11) still asks for Pyodide's version in info, which Pyodide 314 no longer writes.
    asked = {"version": stock["abi_version"]} if "version" in InfoSpec.model_fields else {}
    info = {**stock, **asked}
    spec = PyodideLockSpec.model_validate({"info": info, "packages": {WHEEL_NAME: entry}})
    spec.check_wheel_filenames()
    packages = {name: PackageSpec.model_dump(known, exclude_none=True) for name, known in spec.packages.items()}
    return (
        json.dumps(
            {"info": stock, "packages": packages}, ensure_ascii=True, separators=(",", ":"), sort_keys=True
        ).encode()
        + b"\n"
    )


def make_runtime(version: str, progress: Progress, sources: Mapping[str, bytes] | None = None) -> Runtime:
    """All runtime files of the site. ``sources`` replaces the core (tests); ``version`` names the wheel."""
    sources = core_sources() if sources is None else sources
    kept = _made(sources, version, progress)
    wheel_file = _wheel_file(version)
    engine = {name: (kept / name).read_bytes() for name in (*PYODIDE_FILES, LIBRARY)}
    core = {name: (kept / name).read_bytes() for name in (LOOKUP, AUDIT, wheel_file)}
    lock = _lock((kept / LOCK).read_bytes(), wheel_file, core[wheel_file], version)
    reader = {path.name: path.read_bytes() for path in sorted(kept.glob("qr-*"))}
    engine_folder = f"runtime/pyodide-{_digest_of(engine)[:12]}"
    core_folder = f"runtime/core-{_digest_of({**core, LOCK: lock})[:12]}"
    reader_folder = f"runtime/qr-{_digest_of(reader)[:12]}"
    files = {f"{engine_folder}/{name}": data for name, data in engine.items()}
    files |= {f"{core_folder}/{name}": data for name, data in core.items()}
    files[f"{core_folder}/{LOCK}"] = lock
    for path in [path for path in files if not path.endswith(LOCK)]:
        files[f"{path}.gz"] = (kept / f"{Path(path).name}.gz").read_bytes()
    files |= qr.placed(reader, reader_folder)

    def pinned(folder: str, name: str) -> dict[str, object]:
        data = files[f"{folder}/{name}"]
        return {
            "path": f"{folder}/{name}",
            "size": len(data),
            "sha256": b64encode(hashlib.sha256(data).digest()).decode(),
        }

    manifest: dict[str, object] = {
        "engine": f"{engine_folder}/",
        "loader": f"{engine_folder}/pyodide.mjs",
        "program": f"{engine_folder}/pyodide.asm.mjs",
        "wasm": pinned(engine_folder, "pyodide.asm.wasm"),
        "library": pinned(engine_folder, LIBRARY),
        "lookup": pinned(core_folder, LOOKUP),
        "audit": pinned(core_folder, AUDIT),
        "wheel": pinned(core_folder, wheel_file),
        "start": START_MODULE,
        "boot": BOOT_MODULE,
        "qr": {"loader": f"{reader_folder}/{qr.LOADER}", "wasm": pinned(reader_folder, qr.WASM)},
        "info": json.loads(lock)["info"],
    }
    return Runtime(files, manifest)
