"""The commands with their arguments and options, built when the language is known: help comes from the catalogue."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from ledger import __version__
from ledger.cli.commands import checking, events, forms, issuing, opening, organisations, profiles, publishing
from ledger.cli.failures import USAGE
from ledger.cli.helping import Command, Group, help_lines
from ledger.cli.parameters import Count, Day, Existing, Kind, Moment, OneOf, Output
from ledger.cli.session import Session
from ledger.locales import LANGUAGES

__all__ = ["build_tree"]

_MAX_DAYS = 3650


def build_tree(session: Session) -> Group:
    """Return the command `ledger`, whose commands act on `session`."""
    build = _Builder(session)
    top = build.group("ledger", version=True)
    for name, function, parameters in _top_commands(build):
        top.add_command(build.command(name, name, function, parameters))
    org = build.group("org")
    filing = [build.argument("filing", Existing(), "FILING.toml")]
    org.add_command(build.command("org.file", "file", organisations.file, filing))
    org.add_command(build.command("org.list", "list", organisations.list_, []))
    org.add_command(build.command("org.show", "show", organisations.show, [build.argument("org", str, "ORG")]))
    key = build.group("key")
    key.add_command(build.command("key.show", "show", organisations.show_keys, []))
    profile = build.group("profile")
    profile.add_command(build.command("profile.list", "list", profiles.list_, []))
    named = build.argument("profile", str, "NAME")
    profile.add_command(build.command("profile.show", "show", profiles.show, [named]))
    explained = [build.argument("rule", str, "RULE"), build.option("--profile", str, "NAME", multiple=True)]
    profile.add_command(build.command("profile.explain", "explain", profiles.explain, explained))
    top.add_command(_forms(build))
    top.add_command(profile)
    top.add_command(org)
    top.add_command(key)
    top.commands = {name: top.commands[name] for name in sorted(top.commands, key=_ORDER.index)}
    return top


_ORDER = (
    "open", "profile", "org", "append", "revoke", "suspend", "restore", "correct", "reissue", "renew", "status",
    "form", "build", "serve", "check", "verify", "key",
)  # fmt: skip


def _forms(build: "_Builder") -> Group:
    form = build.argument("form", str, "FORM")
    out = build.option("--out", Output(), "FILE", text="form_out", required=True)
    chosen = [build.option("--batch", str, "BATCH"), build.option("--org", str, "ORG", text="form_org")]
    chosen += [build.option("--first", Day()), build.option("--last", Day())]
    chosen += [build.option("--values", Existing(), "FILE.toml")]
    commands: list[tuple[str, Callable[..., int], list[click.Parameter]]] = [
        ("list", forms.list_, []),
        ("blank", forms.blank, [form, out]),
        ("export", forms.export, [form, out, *chosen]),
        ("check", forms.check, [form, build.argument("workbook", Existing(), "WORKBOOK")]),
    ]
    group = build.group("form")
    for name, function, parameters in commands:
        group.add_command(build.command(f"form.{name}", name, function, parameters))
    return group


def _top_commands(build: "_Builder") -> Sequence[tuple[str, Callable[..., int], list[click.Parameter]]]:
    number = build.argument("number", str, "NUMBER")
    place = build.argument("place", str, "PLACE")
    effective = build.option("--effective", Day())
    by = build.option("--by", OneOf(("organisation", "registrar")), default="organisation")
    trust, as_json = build.option("--trust", Existing()), build.flag("--json")
    state = build.option("--state", Output(), "DIR")

    def event(*reasons: str, by_registrar: bool = True) -> list[click.Parameter]:
        reason = build.option("--reason", OneOf(reasons), required=True)
        return [number, reason, effective, *([by] if by_registrar else [])]

    return [
        (
            "open",
            opening.open_,
            [
                build.option("--origin", str, "NAME", required=True),
                build.option("--operator", str, "NAME", required=True),
                build.option("--registrar", str, "NAME", required=True),
                build.option("--disclosure", OneOf(("status", "masked", "sealed")), default="masked"),
                build.option("--profile", str, "NAME", multiple=True),
                build.option("--max-age", Count(1, _MAX_DAYS), "DAYS", default=30),
                build.option("--anchor", Output(), "FILE"),
                build.option("--evidence", OneOf(("recorded", "required")), default="recorded"),
                build.flag("--test-keys"),
            ],
        ),
        ("append", issuing.append, [build.argument("roster", Existing(), "ROSTER"), build.option("--org", str, "ORG")]),
        ("revoke", events.revoke, event("fraud", "error", "misconduct", "withdrawn", "closed")),
        ("suspend", events.suspend, event("investigation", "misconduct", "error")),
        ("restore", events.restore, event("cleared", "error")),
        ("reissue", events.reissue, event("lost", "damaged", "name_change", by_registrar=False)),
        (
            "correct",
            events.correct,
            [
                number,
                build.option("--reason", OneOf(("error", "name_change")), default="error"),
                build.option("--from", Existing(), "FILE.toml"),
                build.option("--job", str, "TEXT"),
                build.option("--issued", Day()),
            ],
        ),
        ("renew", publishing.renew, []),
        ("status", publishing.status, []),
        ("build", publishing.build, [build.option("--out", Output(), "DIR", required=True)]),
        (
            "serve",
            publishing.serve,
            [
                build.argument("site", Existing(folder=True), "DIR"),
                build.option("--port", Count(0, 65535), "N", default=8000),
                build.option("--host", str, "ADDRESS", default="127.0.0.1"),
            ],
        ),
        (
            "check",
            checking.check,
            [
                number,
                build.option("--in", str, "PLACE", required=True),
                as_json,
                trust,
                build.option("--at", Moment()),
                state,
            ],
        ),
        ("verify", checking.verify, [place, as_json, trust, state, build.option("--jobs", Count(1, 1024), "N")]),
    ]


class _Builder:
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
        inner = name.lstrip("-").replace("-", "_") + ("_" if name in ("--in", "--from", "--json") else "")
        return click.Option([name, inner], type=kind, metavar=metavar, help=text, **more)

    def flag(self, name: str) -> click.Option:
        """Return an option without a value."""
        inner = name.lstrip("-").replace("-", "_") + ("_" if name == "--json" else "")
        return click.Option([name, inner], is_flag=True, help=self.texts(f"cli.option.{name.lstrip('-')}"))

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
