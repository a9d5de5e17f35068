"""Compiles the second verifier.

python -m tests.second.compiled build/second
"""

import subprocess
import sys
from pathlib import Path

__all__ = ["compiled"]

SOURCE = Path(__file__).with_name("second.nim")


def compiled(program: Path) -> Path:
    """Compile the second verifier to this path, with its cache beside it; return the path."""
    cache = program.with_name(f"{program.name}.cache")
    command = ["nim", "c", "-d:release", "--mm:orc", "--hints:off", f"--nimcache:{cache}", f"-o:{program}", str(SOURCE)]
    subprocess.run(command, check=True, capture_output=True)
    return program


if __name__ == "__main__":
    compiled(Path(sys.argv[1]).absolute())
