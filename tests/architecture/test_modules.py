"""Modules stay small and documented, and every relaxation of a check says why."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import tree

MAX_LINES = 400
MAX_TEST_LINES = 500  # a test module is a list of cases, read one at a time
RELAXATION = re.compile(r"#\s*(noqa\b(:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*)?|type:\s*ignore(\[[^]]*\])?|pragma:\s*no \w+)")
Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
CODE = [*tree.PRODUCT, "scripts", "tests", "build"]


@pytest.mark.parametrize("path", sorted({*tree.files(*CODE), *tree.files("site", ending=".js")}), ids=tree.short)
def test_no_module_over_400_lines(path: Path) -> None:
    if tree.short(path).startswith("tests/vectors/"):
        return  # writes test data, case by case
    lines = path.read_bytes().count(b"\n")
    limit = MAX_TEST_LINES if tree.short(path).startswith("tests/") else MAX_LINES
    assert lines <= limit, f"{path.relative_to(tree.ROOT)} has {lines} lines"


def public_things(module: ast.Module) -> Iterator[Documented]:
    """The public functions and classes at the top of a module, and the public methods of such classes."""
    for node in module.body:
        if not isinstance(node, Documented) or node.name.startswith("_"):
            continue
        yield node
        for item in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(item, Documented) and not item.name.startswith("_"):
                yield item


@pytest.mark.parametrize("path", tree.files(*tree.PRODUCT, "scripts"), ids=tree.module_name)
def test_public_things_are_documented(path: Path) -> None:
    module = tree.parse(path)
    assert not module.body or ast.get_docstring(module), f"{path.relative_to(tree.ROOT)}: no module docstring"
    bare = [tree.where(path, node.lineno) for node in public_things(module) if not ast.get_docstring(node)]
    assert not bare, f"no docstring: {', '.join(bare)}"


def relaxations(text: str) -> Iterator[tuple[int, str]]:
    """Line and comment text of each lint, type or coverage exception in Python source."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and RELAXATION.search(token.string):
            yield token.start[0], token.string


def has_reason(comment: str) -> bool:
    """Whether something is said beside the directives themselves."""
    rest = RELAXATION.sub("", comment)
    return sum(character.isalnum() for character in rest) >= len("a word")


def test_the_check_for_reasons_sees_bare_directives() -> None:
    source = "import os  # noqa: F401\nx = 1  # type: ignore[misc]  # the stub is wrong here\n"
    assert [has_reason(comment) for _, comment in relaxations(source)] == [False, True]


@pytest.mark.parametrize("path", tree.files(*CODE), ids=tree.short)
def test_every_exception_from_a_check_gives_its_reason(path: Path) -> None:
    bare = [
        tree.where(path, line)
        for line, comment in relaxations(path.read_text(encoding="utf-8"))
        if not has_reason(comment)
    ]
    assert not bare, f"an exception without its reason: {', '.join(bare)}"


def test_every_relaxation_in_the_settings_gives_its_reason() -> None:
    """Each line of an ignore list in pyproject.toml ends with a comment."""
    inside = False
    for number, line in enumerate((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines(), 1):
        if re.match(r'(ignore|".*") = \[$', line):
            inside = True
        elif line.startswith("]"):
            inside = False
        elif inside and not line.strip().startswith("#"):
            assert "  # " in line, f"pyproject.toml:{number}: no reason"
