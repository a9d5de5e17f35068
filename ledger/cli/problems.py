"""Problems that the use cases tell in English, in the language of the run.

Errors carry English sentences with values in them. The catalogue's `cli.problem.*` hold the same sentences with names
in braces as their English text, so that the English text is the pattern and the Chinese one is what it says. A
sentence that no pattern fits is shown as it is; a test holds the patterns to the sentences in the code.
"""

import re
from functools import cache

from ledger.locales import Texts, load_texts

__all__ = ["PREFIX", "in_words"]

PREFIX = "cli.problem."
_IDEOGRAPHS = "\u2e80"  # Chinese text begins behind it
_PLACED = re.compile(r"(?P<problem>.+) \((?P<source>[^()]*[\u4e00-\u9fff].*)\)", re.DOTALL)


def in_words(texts: Texts, english: str) -> str:
    """Return a problem told in English in the language of `texts`."""
    chinese, both, translated = english.partition(" / ")
    if both and chinese[:1] > _IDEOGRAPHS:  # a finding, told in both languages
        return chinese if texts.language == "zh" else translated[:1].lower() + translated[1:]
    if texts.language == "en":
        return english
    placed = _PLACED.fullmatch(english)
    if placed is not None:  # a refusal with the place in the notice behind it
        problem = in_words(texts, placed["problem"])
        if problem != placed["problem"]:
            return texts("cli.problem.with_place", problem=problem, source=placed["source"])
    for text_id, pattern in _patterns():
        found = pattern.fullmatch(english)
        if found is not None:
            return texts(text_id, **{name: _word(texts, value) for name, value in found.groupdict().items()})
    return english


def _word(texts: Texts, value: str) -> str:
    """Return a record type, state or side in words; a problem inside a problem likewise; anything else as it is."""
    for kind in ("event.", "cli.status.state.", "cli.by.", "cli.staff.", "cli.step.", "cli.plan.step."):
        if kind + value in texts:
            return texts(kind + value)
    return in_words(texts, value)


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    english = load_texts("en")
    ids = sorted(text_id for text_id in english.ids() if text_id.startswith(PREFIX))
    return [(text_id, _pattern(english(text_id))) for text_id in ids if text_id != f"{PREFIX}with_place"]


def _pattern(text: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", text)  # literal, name, literal, name, ... literal
    named = [f"(?P<{part}>.*)" if at % 2 else re.escape(part) for at, part in enumerate(parts)]
    return re.compile("".join(named), re.DOTALL)
