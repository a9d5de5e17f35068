"""What the architecture tests look at: the repository's own files and what each Python module imports."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Where product code lies: import root -> folder.
PRODUCT = ("ledger", "build/sitegen", "site/verifier")


@cache
def repository_files() -> tuple[str, ...]:
    """Every file git would keep: tracked, or new and not ignored. Paths with forward slashes, sorted."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.decode("utf-8")
    return tuple(sorted(path for path in set(listed.split("\0")) if path and (ROOT / path).is_file()))


def files(*folders: str, ending: str = ".py") -> list[Path]:
    """The repository's files in `folders` whose name ends with `ending`."""
    starts = tuple(f"{folder}/" for folder in folders)
    return [ROOT / path for path in repository_files() if path.startswith(starts) and path.endswith(ending)]


def parse(path: Path) -> ast.Module:
    """The syntax tree of one module."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def module_name(path: Path) -> str:
    """`ledger.core.note` for ledger/core/note.py, `sitegen.pages` for build/sitegen/pages.py."""
    relative = path.relative_to(ROOT).with_suffix("")
    parts = list(relative.parts)
    if parts[:1] == ["build"]:
        parts = parts[1:]
    if parts[:2] == ["site", "verifier"]:
        parts = parts[2:]
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts)


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Each module name that `path` imports, with its line; `from a.b import c` gives a.b and a.b.c."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            yield source, node.lineno
            for alias in node.names:
                yield f"{source}.{alias.name}", node.lineno


def where(path: Path, line: int) -> str:
    """'ledger/core/note.py:12'."""
    return f"{path.relative_to(ROOT).as_posix()}:{line}"


def short(path: Path) -> str:
    """'ledger/core/note.py', as the id of a test."""
    return path.relative_to(ROOT).as_posix()
