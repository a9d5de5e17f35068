"""How a command, a group, an option is made: help from the catalogue, the common options, the exit code."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from ledger import __version__
from ledger.cli.failures import USAGE
from ledger.cli.helping import Command, Group, help_lines
from ledger.cli.parameters import Count, Existing, Kind, OneOf, Output
from ledger.cli.session import Session
from ledger.locales import LANGUAGES

__all__ = ["Builder"]


class Builder:
    """Makes parameters and commands whose help is `cli.option.<name>` and `cli.<command>`."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.texts = session.texts

    def option(
        self,
        name: str,
        kind: Kind | type,
        metavar: str | None = None,
        *,
        text: str = "",
        **more: Any,  # noqa: ANN401 - click's own options
    ) -> click.Option:
        """Return an option with a value, whose help is `cli.option.<text>`. A default is told in its help."""
        text = self.texts(f"cli.option.{text or name.lstrip('-')}")
        if more.get("default") is not None:
            text += self.texts("cli.help.default", value=more["default"])
        if more.get("required"):
            text += self.texts("cli.help.required")
        taken = name in ("--in", "--from", "--dir", "--json", "--list")  # words that mean something else in Python
        inner = name.lstrip("-").replace("-", "_") + ("_" if taken else "")
        return click.Option([name, inner], type=kind, metavar=metavar, help=text, **more)

    def flag(self, name: str, *, text: str = "") -> click.Option:
        """Return an option without a value, whose help is `cli.option.<text>`."""
        inner = name.lstrip("-").replace("-", "_") + ("_" if name == "--json" else "")
        return click.Option([name, inner], is_flag=True, help=self.texts(f"cli.option.{text or name.lstrip('-')}"))

    def carried(self, *, out: bool = True) -> list[click.Parameter]:
        """Return --in and --out, by which an organisation's own home takes the place of a ledger's."""
        named: list[tuple[str, Kind | type, str, str]] = [("--in", str, "PLACE", "in_place")]
        if out:
            named.append(("--out", Output(), "BATCH", "out_batch"))
        return [
            click.Option(
                [name, inner],
                type=kind,
                metavar=metavar,
                expose_value=False,
                callback=self.keep,
                help=self.texts(f"cli.option.{inner}"),
            )
            for name, kind, metavar, inner in named
        ]

    def argument(self, name: str, kind: Kind | type, metavar: str) -> click.Argument:
        """Return an argument."""
        return click.Argument([name], type=kind, metavar=metavar)

    def common(self) -> list[click.Parameter]:
        """Return the options that stand before or behind a command's name."""
        kinds: list[tuple[str, Kind, str]] = [
            ("--home", Output(), "DIR"),
            ("--lang", OneOf(LANGUAGES), "zh|en"),
            ("--passphrase-file", Existing(), "FILE"),
            ("--passphrase-fd", Count(0, 1023), "N"),
        ]
        return [
            click.Option(
                [name],
                type=kind,
                metavar=metavar,
                expose_value=False,
                callback=self.keep,
                help=self.texts(f"cli.option.{name.lstrip('-')}"),
            )
            for name, kind, metavar in kinds
        ]

    def keep(self, _context: click.Context, parameter: click.Parameter, value: Any) -> None:  # noqa: ANN401 - click's signature
        """Keep the value of a common option in the session; what stands behind the command's name counts."""
        attribute = {"home": "home_path"}.get(str(parameter.name), str(parameter.name))
        if value is not None and parameter.name != "lang":
            setattr(self.session, attribute, value)

    def command(
        self, key: str, name: str, function: Callable[..., int], parameters: Sequence[click.Parameter]
    ) -> Command:
        """Return a command that calls `function(session, ...)` and gives its exit code."""

        def call(**values: Any) -> int:  # noqa: ANN401 - what the parameters make of the command line
            return function(self.session, **values)

        command = Command(name, callback=call, params=[*parameters, *self.common()])
        command.terminal, command.key = self.session.terminal, key
        command.options_metavar = self.texts("cli.help.metavar")
        return command

    def group(self, key: str, *, version: bool = False) -> Group:
        """Return an empty group."""

        def call() -> int:
            context = click.get_current_context()
            if context.invoked_subcommand is None:
                self.session.terminal.result("\n".join(help_lines(context, self.texts, key)))
                return USAGE
            return 0

        group = Group(key, callback=call, params=self.common(), invoke_without_command=True)
        group.terminal, group.key = self.session.terminal, key
        group.options_metavar = self.texts("cli.help.metavar")
        group.subcommand_metavar = self.texts("cli.help.submetavar")
        if version:
            group.params.append(self.version())
        return group

    def version(self) -> click.Option:
        """Return --version."""

        def show(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
            if value:
                self.session.terminal.result(f"ledger {__version__}")
                context.exit()

        text = self.texts("cli.option.version")
        return click.Option(["--version"], is_flag=True, is_eager=True, expose_value=False, callback=show, help=text)
