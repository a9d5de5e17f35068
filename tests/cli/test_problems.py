"""The problems of the use cases are told in Chinese too, and no pattern outlives its sentence."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from ledger.cli.problems import PREFIX, in_words
from ledger.locales import load_texts

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("ledger/app", "ledger/core", "ledger/forms", "ledger/store", "ledger/crypto", "build/sitegen")
SOURCES = [path for layer in LAYERS for path in sorted((ROOT / layer).glob("*.py"))]
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
    told = {sentence(node) for node in nodes(ast.expr) if isinstance(node, ast.expr)}
    said = {part for text in told if text for part in text.split("\nhint: ")}
    gone = patterns() - said
    assert not gone, f"no code says this any more; change its cli.problem in ledger/locales/messages.toml: {gone}"


def test_every_problem_of_a_home_has_its_pattern() -> None:
    calls = [node for node in nodes(ast.Call) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    raised = {sentence(call.args[0]) for call in calls if ast.unparse(call.func) == "HomeError"}
    assert len(raised) > 10
    new = raised - patterns() - BARE
    assert not new, f"add these to cli.problem in ledger/locales/messages.toml, {{}} as a name in braces: {new}"


def test_values_keep_their_places() -> None:
    text = "the register has 5 entries, the anchor x/y.anchor saw 7: an old backup must not go on"
    assert in_words(load_texts("zh"), text) == "登记库只有 5 条，锚文件 x/y.anchor 见过 7 条：旧备份不能继续写入"
    assert in_words(load_texts("en"), text) == text
    assert in_words(load_texts("zh"), "校验码不对 / the check digit is wrong") == "校验码不对"
    assert in_words(load_texts("en"), "校验码不对 / the check digit is wrong") == "the check digit is wrong"
    assert in_words(load_texts("zh"), "something new") == "something new"
    assert in_words(load_texts("zh"), "certificate.restore while valid") == "状态是“有效”，不能“恢复”"
