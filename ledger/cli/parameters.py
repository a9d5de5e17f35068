"""Kinds of arguments and options, with their errors in the catalogue's language."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from ledger.cli.failures import USAGE, CommandError
from ledger.core.encoding import parse_date, parse_time
from ledger.core.errors import FormatError

__all__ = ["Count", "Day", "Existing", "Kind", "Moment", "OneOf", "Output"]


def _name(parameter: click.Parameter | None) -> str:
    if parameter is None:
        return ""
    return max(parameter.opts, key=len) if isinstance(parameter, click.Option) else parameter.metavar or ""


class Kind(click.ParamType):  # type: ignore[type-arg]  # generic only in newer releases of click
    """A kind of value."""


class OneOf(Kind):
    """One of some words."""

    name = "word"

    def __init__(self, words: Sequence[str]) -> None:
        self.words = tuple(words)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002 - click's signature
        """Return the words, as help shows them."""
        return "|".join(self.words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401, ARG002 - click's signature
        """Return the word."""
        if value not in self.words:
            known = ", ".join(self.words)
            raise CommandError("cli.usage.one_of", code=USAGE, name=_name(param), known=known)
        return str(value)


class Count(Kind):
    """A whole number from `least` to `most`."""

    name = "N"

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401, ARG002 - click's signature
        """Return the number."""
        if isinstance(value, int):
            return value
        text = str(value)
        number = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
        if not self.least <= number <= self.most:
            raise CommandError("cli.usage.count", code=USAGE, name=_name(param), least=self.least, most=self.most)
        return number


class Day(Kind):
    """A date such as 2026-11-20."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401, ARG002 - click's signature
        """Return the date as it was written."""
        try:
            parse_date(str(value), "date")
        except FormatError as error:
            raise CommandError("cli.usage.day", code=USAGE, name=_name(param)) from error
        return str(value)


class Moment(Kind):
    """A moment such as 2026-11-20T08:00:00Z."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:  # noqa: ANN401, ARG002 - click's signature
        """Return unix seconds."""
        try:
            return value if isinstance(value, int) else parse_time(str(value), "time")
        except FormatError as error:
            raise CommandError("cli.usage.moment", code=USAGE, name=_name(param)) from error


class Existing(Kind):
    """A file (or with `folder` a folder) that is there."""

    name = "FILE"

    def __init__(self, *, folder: bool = False) -> None:
        self.folder = folder
        if folder:
            self.name = "DIR"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ANN401, ARG002 - click's signature
        """Return the path."""
        path = Path(value)
        there = path.is_dir() if self.folder else path.is_file()
        if not there:
            text = "cli.usage.no_folder" if self.folder else "cli.usage.no_file"
            raise CommandError(text, code=USAGE, name=_name(param), path=path)
        return path


class Output(Kind):
    """A path to write to, or one that a command looks at itself."""

    name = "PATH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ANN401, ARG002 - click's signature
        """Return the path."""
        return Path(value)
