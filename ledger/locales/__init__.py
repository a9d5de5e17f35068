"""The catalogue: every text of the command line and of reports, in Chinese and English, by id.

    report.toml      verdicts, steps, reasons, events: what the page shows too
    messages.toml    what the command line says
    organisations.toml  what it says about organisations and ranges
    trust.toml       what it says about keys and what is trusted
    workflow.toml    what it says about plans, notices, approvals, inspections
    findings.toml    what may be wrong with a roster; read by ledger.forms

An entry is a table with a text in each language; {names} in braces are filled in:

    ["cli.verdict.as_of"]
    zh = "截至 {time}"
    en = "as of {time}"
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal

from ledger.core.errors import FormatError

__all__ = ["LANGUAGES", "Language", "Texts", "load_texts"]

Language = Literal["zh", "en"]

LANGUAGES: tuple[Language, ...] = ("zh", "en")
_FILES = (
    "report.toml",
    "messages.toml",
    "credentials.toml",
    "organisations.toml",
    "roles.toml",
    "trust.toml",
    "workflow.toml",
)


class Texts:
    """The texts of one language."""

    def __init__(self, language: Language, texts: Mapping[str, str]) -> None:
        self.language = language
        self._texts = texts

    def __call__(self, text_id: str, /, **values: object) -> str:
        """Return the text `text_id`, `values` filled in. Raises KeyError for an id that the catalogue lacks."""
        text = self._texts[text_id]
        return text.format_map(values) if values else text

    def __contains__(self, text_id: str) -> bool:
        return text_id in self._texts

    def get(self, text_id: str, otherwise: str) -> str:
        """Return the text `text_id`, or `otherwise` where the catalogue has none."""
        return self._texts.get(text_id, otherwise)

    def ids(self) -> frozenset[str]:
        """Return all ids."""
        return frozenset(self._texts)


def load_texts(language: Language) -> Texts:
    """Return the texts of `language`."""
    return Texts(language, _read()[language])


@cache
def _read() -> Mapping[Language, Mapping[str, str]]:
    """Return language -> id -> text. Raises FormatError for a repeated id or a missing language."""
    found: dict[Language, dict[str, str]] = {language: {} for language in LANGUAGES}
    for name in _FILES:
        table = tomllib.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))
        for text_id, entry in table.items():
            if text_id in found["zh"] or entry.keys() != set(LANGUAGES):
                raise FormatError(name, f"{text_id} is there twice, or has not exactly one text in each language")
            for language in LANGUAGES:
                found[language][text_id] = entry[language]
    return found
