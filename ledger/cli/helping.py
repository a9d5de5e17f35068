"""Commands and groups whose help is in the catalogue's language, with an example each."""

from collections.abc import Iterator

import click

from ledger.cli.failures import USAGE, CommandError
from ledger.cli.terminal import Terminal
from ledger.cli.wide import fold, pad, width
from ledger.locales import Texts

__all__ = ["Command", "Group", "help_lines"]

_COLUMNS = 96
_COMMON = ("home", "lang", "passphrase_file", "passphrase_fd", "help", "version")


class _Helped(click.Command):
    """A command whose texts are `cli.<key>`, `cli.<key>.example`; prints help through the terminal."""

    terminal: Terminal
    key: str

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the command line; an error always knows whose command line it was."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return --help, with its text in the language, printed by the terminal."""

        def show(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
            if value and not context.resilient_parsing:
                self.terminal.result("\n".join(help_lines(context, self.terminal.texts, self.key)))
                context.exit()

        text = self.terminal.texts("cli.option.help")
        names = self.get_help_option_names(ctx)
        return click.Option(names, is_flag=True, is_eager=True, expose_value=False, callback=show, help=text)


class Command(_Helped):
    """A command."""


class Group(click.Group, _Helped):
    """A group of commands; without one it shows its help, as a usage error."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the subcommand. Raises CommandError naming those there are."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None:
            if name.startswith("-"):
                raise click.NoSuchOption(name, ctx=ctx)
            known = " ".join(self.list_commands(ctx))
            raise CommandError("cli.usage.no_command", "cli.usage.commands", code=USAGE, name=name, known=known)
        return name, command, args[1:]

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order in which they were added: the order of work."""
        return list(self.commands)


def help_lines(ctx: click.Context, texts: Texts, key: str) -> Iterator[str]:
    """Yield the help page of a command."""
    command = ctx.command
    yield f"{texts('cli.help.usage')}{ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}"
    yield ""
    for paragraph in texts(f"cli.{key}").split("\n"):
        yield from (f"  {line}" for line in fold(paragraph, _COLUMNS - 2))
    yield ""
    yield texts("cli.help.example")
    yield from (f"  {line}" for line in texts(f"cli.{key}.example").split("\n"))
    if isinstance(command, Group):
        rows = [(name, texts(f"cli.{_key(key, name)}").split("\n")[0]) for name in command.list_commands(ctx)]
        yield from _section(texts("cli.help.commands"), rows)
    own: list[tuple[str, str]] = []
    common: list[tuple[str, str]] = []
    for parameter in command.get_params(ctx):
        if isinstance(parameter, click.Option):
            (common if parameter.name in _COMMON else own).append(_option_row(parameter, ctx))
    yield from _section(texts("cli.help.options"), own)
    yield from _section(texts("cli.help.common"), common)


def _key(group: str, name: str) -> str:
    return name if group == "ledger" else f"{group}.{name}"


def _option_row(option: click.Option, ctx: click.Context) -> tuple[str, str]:
    names = ", ".join(option.opts)
    return (names if option.is_flag else f"{names} {option.make_metavar(ctx)}"), option.help or ""


def _section(title: str, rows: list[tuple[str, str]]) -> Iterator[str]:
    if not rows:
        return
    yield ""
    yield title
    first = min(30, max(width(name) for name, _ in rows))
    for name, text in rows:
        lines = list(fold(text, _COLUMNS - first - 4)) or [""]
        if width(name) > first:
            yield f"  {name}"
            yield f"  {' ' * first}  {lines[0]}"
        else:
            yield f"  {pad(name, first)}  {lines[0]}"
        yield from (f"  {' ' * first}  {line}" for line in lines[1:])
