"""The catalogues: every text in Chinese and English, every id that is used is there, none twice."""

import ast
import re
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from ledger.core.body import TYPES
from ledger.core.report import STEP_IDS, VERDICTS
from tests.architecture import tree

FILES = [*tree.files("ledger/locales", ending=".toml"), *tree.files("site/locales", ending=".toml")]
ONE_SIDED = {"cli.error.RuleError"}  # the English reason comes from the code, the Chinese one from the catalogue
FILE = re.compile(r"\.(j2|html|js|mjs|css|py|toml|json|txt|md|svg|xlsx|csv)$")
PLACEHOLDER = re.compile(r"\{(\w*)[^}]*\}")


def entries(path: Path) -> dict[str, dict[str, str]]:
    """The texts of one catalogue file by id."""
    loaded: dict[str, dict[str, str]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return loaded


@cache
def ids() -> frozenset[str]:
    """Every id of every catalogue."""
    return frozenset(name for path in FILES for name in entries(path))


def test_there_are_catalogues() -> None:
    assert len(ids()) > 100


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_text_has_both_languages(path: Path) -> None:
    for name, texts in entries(path).items():
        assert texts.keys() >= {"zh", "en"}, f"{path.name}: {name}"
        assert all(text.strip() for text in texts.values()), f"{path.name}: {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_both_languages_fill_in_the_same_values(path: Path) -> None:
    for name, texts in entries(path).items():
        # {kind_en} is the English form of the value {kind}
        chinese, english = (set(PLACEHOLDER.findall(texts[language])) for language in ("zh", "en"))
        same = chinese == {value.removesuffix("_en") for value in english}
        assert same or name in ONE_SIDED, f"{path.name}: {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_chinese_comes_first(path: Path) -> None:
    for name, texts in entries(path).items():
        assert [language for language in texts if language in {"zh", "en"}] == ["zh", "en"], f"{path.name}: {name}"


def test_no_id_stands_in_two_files() -> None:
    counted = Counter(name for path in FILES for name in entries(path))
    assert [name for name, times in counted.items() if times > 1] == []


def test_verdicts_steps_and_states_have_words() -> None:
    wanted = {f"verdict.{verdict}" for verdict in VERDICTS} | {f"verdict.{verdict}.advice" for verdict in VERDICTS}
    wanted |= {f"step.{step}" for step in STEP_IDS}
    wanted |= {f"state.{state}" for state in ("pass", "fail", "unknown", "not_reached")}
    assert wanted <= ids()


def test_every_id_that_is_used_exists() -> None:
    """A literal such as "cli.append.done" in code or templates whose first word begins catalogue ids must be one."""
    families = {name.split(".", 1)[0] for name in ids()}
    missing = []
    for path in [*tree.files("ledger/cli", "build/sitegen")]:
        for node in ast.walk(tree.parse(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and looks_like_id(node.value, families):
                missing += [f"{tree.where(path, node.lineno)} {node.value}"] if node.value not in ids() else []
    assert missing == []


def looks_like_id(text: str, families: set[str]) -> bool:
    """Whether a string has the form of a catalogue id, begins like one, and is no type of a record."""
    if text in TYPES:
        return False
    named = re.fullmatch(r"[a-z]\w*(\.[\w-]+)+", text) and not FILE.search(text)
    return bool(named) and text.split(".", 1)[0] in families
