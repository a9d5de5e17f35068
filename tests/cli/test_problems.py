"""The problems of the use cases are told in Chinese too, and no pattern outlives its sentence."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ledger.cli.problems import PREFIX, in_words
from ledger.locales import load_texts

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [path for layer in ("app", "core") for path in sorted((ROOT / "ledger" / layer).glob("*.py"))]
# Sentences about a damaged ledger.toml or keyring: a path and what the system or the parser says.
BARE = {"ledger.toml: {}", "{}: {}"}


def sentence(node: ast.expr) -> str | None:
    """A text in the code with {} for each value; None for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join("{}" if isinstance(part, ast.FormattedValue) else str(sentence(part)) for part in node.values)
    return None


def nodes(kind: type[ast.AST]) -> Iterator[ast.AST]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, kind):
                yield node


def patterns() -> set[str]:
    english = load_texts("en")
    return {re.sub(r"\{\w+\}", "{}", english(name)) for name in english.ids() if name.startswith(PREFIX)}


def test_every_pattern_is_a_sentence_of_the_code() -> None:
    said = {sentence(node) for node in nodes(ast.expr) if isinstance(node, ast.expr)}
    assert patterns() - {text for text in said if text} == set()


def test_every_problem_of_a_home_has_its_pattern() -> None:
    calls = [node for node in nodes(ast.Call) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    raised = {sentence(call.args[0]) for call in calls if ast.unparse(call.func) == "HomeError"}
    assert len(raised) > 10
    assert raised - patterns() - BARE == set()


def test_values_keep_their_places() -> None:
    text = "the register has 5 entries, the anchor x/y.anchor saw 7: an old backup must not go on"
    assert in_words(load_texts("zh"), text) == "登记库只有 5 条，锚文件 x/y.anchor 见过 7 条：旧备份不能继续写入"
    assert in_words(load_texts("en"), text) == text
    assert in_words(load_texts("zh"), "something new") == "something new"
    assert in_words(load_texts("zh"), "certificate.restore while valid") == "状态是“有效”，不能“恢复”"
