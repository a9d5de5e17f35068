"""Personal data comes to a command in a file, never on the command line: other users and the shell's history see it."""

import tomllib
from pathlib import Path
from typing import Any

from ledger.cli.failures import CommandError

__all__ = ["read_toml"]


def read_toml(file: Path, hint: str, known: str) -> dict[str, Any]:
    """Return the members of a TOML file. Raises CommandError, which quotes nothing of it; `hint` tells the `known`."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise CommandError("cli.not_utf8", path=file) from error
    except tomllib.TOMLDecodeError as error:
        # The error's own words are left out: they may quote the line, and so a person's data.
        raise CommandError("cli.correct.toml", hint, path=file, known=known) from error
