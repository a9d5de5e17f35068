"""The language of a run: --lang, else LEDGER_LANG, else the locale; Chinese unless that is English.

It is found before the commands are built, because their help is in it. A wrong --lang is refused later, by the option.
"""

import locale
import sys
from collections.abc import Mapping, Sequence

from ledger.locales import LANGUAGES, Language

__all__ = ["choose_language"]


def choose_language(arguments: Sequence[str], environment: Mapping[str, str]) -> Language:
    """Return the language that the command line or the environment asks for."""
    for asked in (_option(arguments), environment.get("LEDGER_LANG")):
        for language in LANGUAGES:
            if asked == language:
                return language
    return "en" if _locale(environment).lower().startswith("en") else "zh"


def _option(arguments: Sequence[str]) -> str | None:
    """Return the value of the last --lang before `--`; None without one."""
    found = None
    before = list(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    for argument, following in zip(before, [*before[1:], ""], strict=True):
        if argument == "--lang":
            found = following
        elif argument.startswith("--lang="):
            found = argument.removeprefix("--lang=")
    return found


def _locale(environment: Mapping[str, str]) -> str:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return environment[name]
    # Windows keeps the user's language elsewhere: "English_United States"
    return (locale.getlocale()[0] or "") if sys.platform == "win32" else ""
