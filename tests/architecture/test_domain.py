"""Every requirement of the five notices that the product takes on has a test that fails when it is broken.

A test names its requirements with `@pytest.mark.domain("A16")`; domain.txt beside this file lists them. The marks are
read from the source, so a test counts by what it says, not by whether it ran today.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ledger import profiles
from tests.architecture import tree

TABLE = Path(__file__).with_name("domain.txt")
MARKS = {"C": "core", "S": "supporting"}
Marked = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Requirement(NamedTuple):
    """One line of the table."""

    id: str
    mark: str
    subject: str


@cache
def requirements() -> tuple[Requirement, ...]:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return tuple(Requirement(*line.split(" ", 2)) for line in lines if not line.startswith("#"))


def is_domain(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.domain"


def marks(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (requirement, test) for each mark on a test function, on a class of tests, or on one case of a test."""
    for node in ast.walk(tree.parse(path)):
        if isinstance(node, Marked) and node.name.startswith(("test_", "Test")):
            for mark in (found for decorator in node.decorator_list for found in ast.walk(decorator)):
                if isinstance(mark, ast.Call) and is_domain(mark):
                    for argument in mark.args:
                        yield ast.literal_eval(argument), f"{tree.short(path)}::{node.name}"


@cache
def held() -> dict[str, list[str]]:
    """Requirement -> the tests that name it."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in tree.files("tests"):
        for requirement, test in marks(path):
            found[requirement].append(test)
    return dict(found)


def test_the_table_is_whole() -> None:
    ids = [one.id for one in requirements()]
    assert len(ids) == len(set(ids)) == 105
    assert {one.mark for one in requirements()} == set(MARKS)
    assert all(3 <= len(one.subject.split()) <= 7 for one in requirements())


def test_every_requirement_has_a_test() -> None:
    missing = [one for one in requirements() if one.id not in held()]
    for one in missing:
        print(f"no test: {one.id} ({MARKS[one.mark]}): {one.subject}")
    assert [one.id for one in missing] == []


def test_every_mark_names_a_requirement() -> None:
    known = {one.id for one in requirements()}
    assert {unknown: held()[unknown] for unknown in held().keys() - known} == {}


def test_every_mark_stands_on_a_test() -> None:
    """A mark in another place would count for nothing: the number found on tests is the number in the source."""
    for path in tree.files("tests"):
        calls = [node for node in ast.walk(tree.parse(path)) if isinstance(node, ast.Call) and is_domain(node)]
        assert sum(len(call.args) for call in calls) == len(list(marks(path))), tree.short(path)


def test_every_requirement_of_the_table_is_a_rule_of_some_profile() -> None:
    rules = [rule for name in profiles.names() for rule in profiles.load(name).rules.values()]
    stated = {one for rule in rules for one in rule.requirement.split()}
    assert {one.id for one in requirements()} - stated == set()
