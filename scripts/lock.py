#!/usr/bin/env python3
"""Write the locked requirements: every artifact of every platform by its SHA-256, no index address.

    python3 scripts/lock.py          # resolve again, keeping pinned versions that still fit
    python3 scripts/lock.py --upgrade

One resolution is good for Python 3.11 and later on Linux, macOS and Windows (markers choose). `uv` is needed
only here, by whoever changes a dependency in pyproject.toml; it is taken from PATH or from a throw-away
environment.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "scripts" / "requirements"
HEADER = "# Written by scripts/lock.py from pyproject.toml; do not edit."
# name of the file -> dependency groups of pyproject.toml beside the project's own dependencies
FILES: dict[str, tuple[str, ...]] = {"runtime": ("build",), "test": ("build", "test")}


def find_uv(scratch: Path) -> str:
    """The uv on PATH, or one installed into `scratch`."""
    found = shutil.which("uv")
    if found:
        return found
    subprocess.run([sys.executable, "-m", "venv", str(scratch)], check=True)
    binaries = scratch / ("Scripts" if os.name == "nt" else "bin")
    subprocess.run([str(binaries / "python"), "-m", "pip", "install", "-q", "uv>=0.8,<1"], check=True)
    return str(binaries / "uv")


def compile_file(uv: str, name: str, arguments: list[str]) -> None:
    """Resolve `arguments` into scripts/requirements/<name>.txt."""
    target = FOLDER / f"{name}.txt"
    command = [uv, "--no-config", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header"]
    command += ["--output-file", str(target), *arguments]
    subprocess.run(command, check=True, cwd=ROOT)
    body = target.read_text(encoding="utf-8")
    target.write_text(f"{HEADER}\n{body.removeprefix(HEADER).lstrip()}", "utf-8", newline="\n")


def main() -> None:
    """Write every file; `--upgrade` takes newer versions inside the bounds."""
    FOLDER.mkdir(exist_ok=True)
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    with tempfile.TemporaryDirectory() as scratch:
        uv = find_uv(Path(scratch) / "uv")
        for name, groups in FILES.items():
            arguments = ["pyproject.toml", *upgrade]
            for group in groups:
                arguments += ["--group", group]
            if name != "runtime":
                arguments += ["--constraint", str(FOLDER / "runtime.txt")]
            compile_file(uv, name, arguments)
        compile_file(uv, "node", ["--group", "pyproject.toml:node", *upgrade])


if __name__ == "__main__":
    main()
