"""Imports run one way, and the core stays pure."""

import ast
import graphlib
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.architecture import tree

CORE_MAY_IMPORT = {
    "base64",
    "binascii",
    "bisect",
    "calendar",
    "collections",
    "collections.abc",
    "contextlib",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "hashlib",
    "hmac",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "string",
    "struct",
    "tomllib",
    "types",
    "typing",
    "unicodedata",
    "zlib",
}
# A name that would bring in files, the network, a clock or randomness even through an allowed module.
CORE_MAY_NOT_CALL = {"open", "input", "print", "eval", "exec", "compile", "__import__", "breakpoint"}
CORE_MAY_NOT_READ = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "hashlib.file_digest"}

# Loaded only when asked for, and its lack is told.
OPTIONAL = {
    f"ledger/{name}.py" for name in ("crypto/agent", "crypto/canonize", "crypto/token", "forms/seal", "forms/thumbnail")
}

DATA = {"ledger.profiles", "ledger.locales"}  # TOML files and their readers: for every layer above the core
BELOW_APP = {"ledger.core", "ledger.crypto", "ledger.store", "ledger.publish", "ledger.forms", *DATA}
LAYERS: dict[str, set[str]] = {
    "ledger.core": set(),
    "ledger.profiles": {"ledger.core"},
    "ledger.locales": {"ledger.core"},
    "ledger.crypto": {"ledger.core", *DATA},
    "ledger.store": {"ledger.core", *DATA},
    "ledger.publish": {"ledger.core", *DATA},
    "ledger.forms": {"ledger.core", *DATA},
    "ledger.app": BELOW_APP,
    "ledger.cli": {"ledger.app", "sitegen", *BELOW_APP},
    "sitegen": {"ledger.core", "ledger.publish", "ledger.app", *DATA},
    "boot": {"ledger.core"},
}
POSIX_ONLY = {
    "crypt",
    "fcntl",
    "grp",
    "nis",
    "ossaudiodev",
    "posix",
    "pty",
    "pwd",
    "resource",
    "spwd",
    "syslog",
    "termios",
    "tty",
}


def layer_of(module: str) -> str | None:
    """The layer a module of ours belongs to; None for everybody else's and for `ledger` itself."""
    parts = module.split(".")
    if parts[0] == "ledger":
        return ".".join(parts[:2]) if len(parts) > 1 else None
    return parts[0] if parts[0] in LAYERS else None


def test_core_is_there() -> None:
    assert len(tree.files("ledger/core")) > 15


@pytest.mark.parametrize("path", tree.files("ledger/core"), ids=tree.module_name)
def test_core_imports_only_the_allow_list(path: Path) -> None:
    for node in ast.walk(tree.parse(path)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." * node.level + (node.module or "")]
        for name in names:
            assert name.startswith("ledger.core.") or name in CORE_MAY_IMPORT, f"the core imports {name}"


@pytest.mark.parametrize("path", tree.files("ledger/core"), ids=tree.module_name)
def test_core_reads_no_clock_file_or_randomness(path: Path) -> None:
    for node in ast.walk(tree.parse(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in CORE_MAY_NOT_CALL, f"{tree.where(path, node.lineno)}: {node.func.id}()"
        if isinstance(node, ast.Attribute):
            read = ast.unparse(node)
            assert ".".join(read.split(".")[-2:]) not in CORE_MAY_NOT_READ, tree.where(path, node.lineno)


def test_core_has_no_import_cycle() -> None:
    graph = {
        tree.module_name(path): {name for name, _ in tree.imports(path) if name.startswith("ledger.core.")}
        for path in tree.files("ledger/core")
    }
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert "ledger.core.errors" in order


@pytest.mark.parametrize("path", tree.files(*tree.PRODUCT), ids=tree.module_name)
def test_imports_run_one_way(path: Path) -> None:
    own = layer_of(tree.module_name(path))
    for name, line in tree.imports(path):
        target = layer_of(name)
        if target is None or target == own:
            continue
        if target not in LAYERS:  # `from ledger import __version__`
            assert name == "ledger.__version__", f"{tree.where(path, line)}: unknown layer {name}"
            continue
        assert own is not None, f"{tree.where(path, line)}: ledger/__init__.py imports nothing of ours"
        assert target in LAYERS[own], f"{tree.where(path, line)}: {own} may not import {target}"


def test_every_layer_is_known() -> None:
    found = {layer_of(tree.module_name(path)) for path in tree.files(*tree.PRODUCT)}
    assert found - {None} <= LAYERS.keys() | {"ledger.__main__"}


@pytest.mark.parametrize("path", tree.files(*tree.PRODUCT, "scripts"), ids=tree.module_name)
def test_posix_only_modules_stay_in_their_adapter(path: Path) -> None:
    if path == tree.ROOT / "ledger/publish/durable.py":
        return
    for name, line in tree.imports(path):
        assert name.split(".")[0] not in POSIX_ONLY, f"{tree.where(path, line)}: {name} is not on Windows"


@pytest.mark.parametrize("name", ["environment", "test", "lock"])
def test_scripts_that_make_the_environment_need_only_the_standard_library(name: str) -> None:
    path = tree.ROOT / "scripts" / f"{name}.py"
    for imported, line in tree.imports(path):
        top = imported.split(".")[0]
        assert top in sys.stdlib_module_names or top == "environment", f"{tree.where(path, line)}: {imported}"


def test_every_import_of_others_is_a_declared_dependency() -> None:
    """An undeclared dependency works here, where the test tools bring it along, and fails at the issuer's."""
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {_distribution(line) for line in project["dependencies"]}
    extras = {_distribution(line) for lines in project["optional-dependencies"].values() for line in lines}
    providers = packages_distributions()
    for path in tree.files(*tree.PRODUCT):
        for name, line in tree.imports(path):
            top = name.split(".")[0]
            if top in sys.stdlib_module_names or layer_of(name) or top in {"ledger", "js", "pyodide"}:
                continue
            if (tree.ROOT / "site" / "verifier" / f"{top}.py").exists():
                continue
            found = {item.lower().replace("_", "-") for item in providers.get(top, [])}
            optional = extras if path.relative_to(tree.ROOT).as_posix() in OPTIONAL else set()
            assert found & (declared | optional), f"{tree.where(path, line)}: pyproject.toml does not name {top}"


def _distribution(requirement: str) -> str:
    name = requirement
    for stop in "<>=!~;[ ":
        name = name.split(stop)[0]
    return name.lower().replace("_", "-")
