"""Where a run begins and ends: language, commands, errors, exit code."""

import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO

import click

from ledger.cli.failures import DONE, PIPE_CLOSED, describe
from ledger.cli.language import choose_language
from ledger.cli.session import Session, clock
from ledger.cli.terminal import Terminal
from ledger.cli.tree import build_tree
from ledger.locales import load_texts

__all__ = ["run"]


def run(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    out: IO[str] | None = None,
    err: IO[str] | None = None,
    now: Callable[[], int] = clock,
    random: Callable[[int], bytes] = os.urandom,
) -> int:
    """Run one command line and return its exit code.

    Output streams, clock (unix seconds) and randomness are those of the process unless given.
    """
    values = os.environ if environment is None else environment
    terminal = Terminal(load_texts(choose_language(arguments, values)), out, err)
    session = Session(terminal, values, now, random)
    tree = build_tree(session)
    try:
        with tree.make_context("ledger", list(arguments)) as context:
            code = tree.invoke(context)
        terminal.out.flush()
    except click.exceptions.Exit as end:
        return end.exit_code
    except BrokenPipeError:
        _let_go(terminal.out)
        return PIPE_CLOSED
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the one place where every error ends
        if values.get("LEDGER_DEBUG") == "1":
            traceback.print_exception(error, file=terminal.err)
        failure = describe(error, terminal.texts, otherwise=session.failing, writes=session.writes)
        terminal.error(failure.text)
        for hint in failure.hints:
            terminal.hint_text(hint)
        return failure.code
    return int(code or DONE)


def _let_go(stream: IO[str]) -> None:
    """Whoever read our output has gone: send what is left nowhere, or Python complains at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    sys.stderr.flush()
