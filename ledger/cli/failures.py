"""The one place where an error becomes a message, hints and an exit code. No traceback reaches a user.

The catalogue is the table: `cli.error.<class>` for the class of an error or the nearest of its bases that has a text,
and `cli.error.<class>.hint` for what to do. So an error of the store or of the site needs no import here.
"""

import errno
from collections.abc import Iterator
from dataclasses import dataclass, field

import click

from ledger.cli.problems import in_words
from ledger.core.errors import RuleError
from ledger.locales import Texts

__all__ = [
    "COULD_NOT_CHECK",
    "DONE",
    "INTERRUPTED",
    "PIPE_CLOSED",
    "REFUSED",
    "USAGE",
    "CommandError",
    "Failure",
    "describe",
]

DONE = 0
REFUSED = 1
USAGE = 2
COULD_NOT_CHECK = 3
INTERRUPTED = 130
PIPE_CLOSED = 141  # the reader has gone and the answer was not told: no verdict, as a shell says SIGPIPE


class CommandError(Exception):
    """The command line itself refuses: a text of the catalogue, its values, hints (text ids), an exit code."""

    def __init__(self, text_id: str, *hints: str, code: int | None = None, **values: object) -> None:
        super().__init__(text_id)
        self.text_id = text_id
        self.hints = hints
        self.code = code
        self.values = values


@dataclass(frozen=True, slots=True)
class Failure:
    """What to print, and the exit code."""

    text: str
    code: int
    hints: list[str] = field(default_factory=list)


def describe(error: BaseException, texts: Texts, *, otherwise: int, writes: bool) -> Failure:
    """Return what `error` means to the user.

    `otherwise` is the exit code of an error that has none of its own: 1 for a command that does, 3 for one that checks.
    `writes`: the command was writing to a ledger.
    """
    match error:
        case CommandError():
            code = otherwise if error.code is None else error.code
            hints = [texts(hint, **error.values) for hint in error.hints]
            return Failure(texts(error.text_id, **error.values), code, hints)
        case click.UsageError():
            return Failure(_usage(error, texts), USAGE, [texts("cli.usage.hint", command=_command(error))])
        case KeyboardInterrupt() | click.Abort():
            which = "cli.interrupted.writing" if writes else "cli.interrupted.reading"
            return Failure(texts("cli.interrupted"), INTERRUPTED, [texts(which)])
        case RuleError():
            meaning = texts.get(f"reason.{error.rule}", texts.get(f"cli.rule.{error.rule}", ""))
            values = {"meaning": _sentence(meaning), "reason": in_words(texts, error.reason), "rule": error.rule}
            text = texts("cli.error.RuleError" if meaning else "cli.error.RuleError.bare", **values)
            return Failure(text, otherwise, _hints(error, texts))
        case _:
            told, *hints = ((error.strerror if isinstance(error, OSError) else None) or str(error)).split("\nhint: ")
            hints = [in_words(texts, hint) for hint in hints]
            return Failure(_by_class(error, in_words(texts, told), texts), otherwise, hints + _hints(error, texts))


def _by_class(error: BaseException, detail: str, texts: Texts) -> str:
    values = {
        "detail": detail,
        "file": getattr(error, "filename", None) or "",
        "kind": type(error).__name__,
    }
    for name in _names(error):
        if f"cli.error.{name}" in texts:
            return texts(f"cli.error.{name}", **values)
    return texts("cli.error.Exception", **values)


def _hints(error: BaseException, texts: Texts) -> list[str]:
    for name in _names(error):
        if f"cli.error.{name}.hint" in texts:
            return [texts(f"cli.error.{name}.hint")]
        if f"cli.error.{name}" in texts:
            break  # a text of its own without a hint: the hint of a base would not fit it
    return []


def _names(error: BaseException) -> Iterator[str]:
    """Yield the names to look up: what the system said first, then the classes, nearest first."""
    system = error if isinstance(error, OSError) else error.__cause__
    if isinstance(system, OSError) and system.errno in (errno.ENOSPC, errno.EDQUOT):
        yield "full"
    if isinstance(error, RuleError):
        yield f"RuleError.{error.rule}"
    for kind in type(error).__mro__:
        if kind not in (Exception, BaseException, object):
            yield kind.__name__


def _sentence(text: str) -> str:
    """Return a sentence of the catalogue as part of another: without its full stop."""
    return text.rstrip("。.")


def _usage(error: click.UsageError, texts: Texts) -> str:
    match error:
        case click.MissingParameter(param=click.Argument() as argument):
            return texts("cli.usage.missing_argument", name=argument.make_metavar(error.ctx or _no_context()))
        case click.MissingParameter(param=click.Parameter() as option):
            return texts("cli.usage.missing_option", name=max(option.opts, key=len))
        case click.NoSuchOption():
            return texts("cli.usage.no_option", name=error.option_name)
        case click.BadParameter(param=click.Parameter() as parameter):
            is_option = isinstance(parameter, click.Option)
            name = max(parameter.opts, key=len) if is_option else parameter.metavar or ""
            return texts("cli.usage.value", name=name, problem=error.message)
        case click.BadOptionUsage():
            return texts("cli.usage.option", name=error.option_name)
        case _:
            return texts("cli.usage.other", problem=error.message[:1].lower() + error.message[1:].rstrip("."))


def _command(error: click.UsageError) -> str:
    return error.ctx.command_path if error.ctx else "ledger"


def _no_context() -> click.Context:
    return click.Context(click.Command("ledger"))
