"""Texts: the catalogues in Chinese and English, and the rule that a page may use only what they hold."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from sitegen.errors import SiteError
from sitegen.places import CORE, SITE

LANGUAGES = ("zh", "en")
# What pages take from the catalogue that they share with the command line.
REPORT_KINDS = ("verdict.", "step.", "state.", "reason.", "event.", "event_reason.", "organisation.")


class Catalogue(Mapping[str, str]):
    """The texts of one language by id. A missing id raises SiteError: no page is built with a hole in it."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = dict(sorted(texts.items()))

    def __getitem__(self, key: str) -> str:
        if key not in self._texts:
            raise SiteError(f"no text for {key!r} in the catalogues")
        return self._texts[key]

    def fill(self, key: str, **values: object) -> str:
        """The text ``key`` with its {names} filled in."""
        return self[key].format_map(values)

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


def _read(path: Path) -> dict[str, dict[str, str]]:
    entries = tomllib.loads(path.read_text("utf-8"))
    for key, entry in entries.items():
        if not isinstance(entry, dict) or not all(isinstance(entry.get(language), str) for language in LANGUAGES):
            raise SiteError(f"{path.name}: {key!r} needs a text in each of {', '.join(LANGUAGES)}")
    return entries


def lookup_texts(catalogue: Catalogue) -> dict[str, str]:
    """What the script of the lookup may ask for: without the words of the pages that are made at the build."""
    elsewhere = {key for name in ("pages.toml", "privacy.toml") for key in _read(SITE / "locales" / name)}
    return {key: text for key, text in catalogue.items() if key not in elsewhere}


def load_texts() -> dict[str, Catalogue]:
    """Language -> catalogue, from ledger/locales (what reports say) and site/locales (what only pages say)."""
    found: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for path in sorted((CORE / "locales").glob("*.toml")):
        for key, entry in _read(path).items():
            if key.startswith(REPORT_KINDS):
                for language in LANGUAGES:
                    found[language].setdefault(key, entry[language])
    for path in sorted((SITE / "locales").glob("*.toml")):
        for key, entry in _read(path).items():
            for language in LANGUAGES:
                found[language][key] = entry[language]
    return {language: Catalogue(found[language]) for language in LANGUAGES}
