"""The commands with their arguments and options, built when the language is known: help comes from the catalogue."""

from collections.abc import Callable, Sequence

import click

from ledger.cli.building import Builder
from ledger.cli.commands import (
    checking,
    credentials,
    events,
    forms,
    holders,
    opening,
    organisations,
    printing,
    profiles,
    proving,
    publishing,
    ranges,
    reports,
    siteaudit,
    watching,
)
from ledger.cli.commands import filing as filing_commands
from ledger.cli.helping import Group
from ledger.cli.parameters import Count, Day, Existing, Moment, OneOf, Output
from ledger.cli.roles_tree import issuing_commands
from ledger.cli.session import Session
from ledger.cli.trust_tree import key_group, trust_group
from ledger.cli.witness_tree import witness_groups
from ledger.cli.workflow_tree import add_org_commands, workflow_groups

__all__ = ["build_tree"]

_MAX_DAYS = 3650
GROUNDS = ("purpose", "retention", "consent", "unlawful", "other")  # of erasing: 个人信息保护法 第四十七条


def build_tree(session: Session) -> Group:
    """Return the command `ledger`, whose commands act on `session`."""
    build = Builder(session)
    top = build.group("ledger", version=True)
    for name, function, parameters in _top_commands(build):
        top.add_command(build.command(name, name, function, parameters))
    org = _organisations(build)
    profile = build.group("profile")
    profile.add_command(build.command("profile.list", "list", profiles.list_, []))
    named = build.argument("profile", str, "NAME")
    profile.add_command(build.command("profile.show", "show", profiles.show, [named]))
    explained = [build.argument("rule", str, "RULE"), build.option("--profile", str, "NAME", multiple=True)]
    profile.add_command(build.command("profile.explain", "explain", profiles.explain, explained))
    add_org_commands(build, org)
    for group in (*workflow_groups(build), *witness_groups(build)):
        top.add_command(group)
    top.add_command(_forms(build))
    top.add_command(profile)
    top.add_command(org)
    top.add_command(_ranges(build))
    top.add_command(key_group(build))
    top.add_command(trust_group(build))
    top.commands = {name: top.commands[name] for name in sorted(top.commands, key=_ORDER.index)}
    return top


_ORDER = (
    "open", "profile", "org", "range", "plan", "notice", "entrust", "append", "join", "sign", "collect", "revoke",
    "suspend", "restore", "correct", "reissue", "print", "export", "erase", "purge", "holder", "renew", "status",
    "complaint", "inspect", "form", "report", "build", "serve", "check", "verify", "prove", "audit-site", "watch",
    "mirror", "key", "trust", "cosign", "witness",
)  # fmt: skip


def _organisations(build: Builder) -> Group:
    org, filing = build.argument("org", str, "ORG"), build.argument("filing", Existing(), "FILING.toml")
    key = build.option("--key", str, "VKEY", text="org_key")
    old = build.option("--from", str, "ORG", text="merge_from", multiple=True, required=True)

    def reason(*words: str) -> click.Option:
        return build.option("--reason", OneOf(words), required=True)

    commands: list[tuple[str, Callable[..., int], list[click.Parameter]]] = [
        ("file", filing_commands.file, [filing, key]),
        ("amend", filing_commands.amend, [filing]),
        ("retire", filing_commands.retire, [org, reason("closed", "withdrawn")]),
        ("remove", filing_commands.remove, [org, reason("fraud", "misconduct")]),
        ("merge", filing_commands.merge, [filing, old, key]),
        ("list", organisations.list_, [build.flag("--retired")]),
        ("show", organisations.show, [org]),
    ]
    group = build.group("org")
    for name, function, parameters in commands:
        group.add_command(build.command(f"org.{name}", name, function, parameters))
    return group


def _ranges(build: Builder) -> Group:
    ends = [build.argument(name, str, name.upper()) for name in ("org", "first", "last")]
    chosen = click.Argument(["org"], type=str, metavar="[ORG]", required=False)
    group = build.group("range")
    group.add_command(build.command("range.assign", "assign", ranges.assign, ends))
    group.add_command(build.command("range.list", "list", ranges.list_, [chosen]))
    return group


def _forms(build: Builder) -> Group:
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


def _top_commands(build: Builder) -> Sequence[tuple[str, Callable[..., int], list[click.Parameter]]]:
    number = build.argument("number", str, "NUMBER")
    place = build.argument("place", str, "PLACE")
    effective = build.option("--effective", Day())
    by = build.option("--by", OneOf(("organisation", "registrar")), default="organisation")
    trust, as_json = build.option("--trust", Existing()), build.flag("--json")
    state = build.option("--state", Output(), "DIR")

    def event(*reasons: str, by_registrar: bool = True) -> list[click.Parameter]:
        reason = build.option("--reason", OneOf(reasons), required=True)
        return [number, reason, effective, *([by] if by_registrar else []), *build.carried()]

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
                build.option("--witness", Existing(), "POLICY"),
                build.option("--after", str, "PLACE", text="open_after"),
                build.flag("--test-keys"),
            ],
        ),
        *issuing_commands(build),
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
        (
            "print",
            printing.print_,
            [
                click.Argument(["number"], type=str, metavar="[NUMBER]...", nargs=-1),
                build.option("--batch", str, "BATCH", text="print_batch"),
                build.option("--out", Output(), "DIR", text="print_out", required=True),
                build.option("--site", str, "URL", required=True),
                build.flag("--one-file"),
                build.option("--font", Existing(), "FILE", multiple=True),
                build.option("--template", Existing(), "FILE.typ"),
                build.option("--photos", Existing(folder=True), "DIR"),
                build.option("--qr", OneOf(("link", "proof")), text="print_qr", default="link"),
                build.option("--seal", Existing(), "FILE.p12"),
                build.option("--seal-passphrase-file", Existing(), "FILE"),
                *build.carried(out=False),
            ],
        ),
        (
            "export",
            credentials.export,
            [
                click.Argument(["number"], type=str, metavar="[NUMBER]...", nargs=-1),
                build.option("--batch", str, "BATCH", text="print_batch"),
                build.option("--out", Output(), "DIR", text="export_out", required=True),
                build.option("--site", str, "URL", text="export_site", required=True),
                build.flag("--with-name"),
                build.flag("--with-document"),
                build.flag("--one-status"),
                *build.carried(out=False),
            ],
        ),
        (
            "erase",
            holders.erase,
            [
                click.Argument(["number"], type=str, metavar="[NUMBER]...", nargs=-1),
                build.option("--document", Existing(), "FILE.toml"),
                build.option("--notice", Count(0, 999_999_999), "NOTICE", text="erase_notice", multiple=True),
                build.option("--by", OneOf(("holder", "issuer", "authority", "court")), text="erase_by", required=True),
                build.option("--ground", OneOf(GROUNDS), required=True),
                build.flag("--yes"),
            ],
        ),
        ("purge", holders.purge, [build.flag("--yes")]),
        ("holder", holders.holder, [number]),
        ("renew", publishing.renew, []),
        ("status", publishing.status, []),
        (
            "report",
            reports.report,
            [
                build.option("--by", OneOf(reports.BY), text="report_by"),
                build.option("--from", Day(), text="report_from"),
                build.option("--to", Day(), text="report_to"),
                build.option("--out", Output(), "FILE.xlsx", text="form_out"),
                build.flag("--exposure", text="report_exposure"),
            ],
        ),
        (
            "build",
            publishing.build,
            [
                build.option("--out", Output(), "DIR", required=True),
                build.option("--day", Day(), text="build_day"),
                build.option("--theme", Existing(), "FILE.toml"),
                build.option("--site", str, "URL", text="build_site"),
            ],
        ),
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
                click.Argument(["number"], type=str, metavar="[NUMBER]", required=False),
                build.option("--in", str, "PLACE"),
                build.option("--proof", Existing(), "FILE"),
                build.option("--pdf", Existing(), "FILE"),
                build.option("--qr", Existing(), "FILE", text="check_qr"),
                build.option("--credential", Existing(), "FILE"),
                build.option("--receipt", Output(), "FILE"),
                build.option("--match", Existing(), "FILE.toml"),
                build.option("--code-file", Existing(), "FILE"),
                build.option("--photo", Output(), "FILE.jpg"),
                as_json,
                trust,
                build.option("--at", Moment()),
                state,
            ],
        ),
        (
            "verify",
            checking.verify,
            [
                place,
                as_json,
                trust,
                state,
                build.option("--jobs", Count(1, 1024), "N"),
                build.option("--since", Existing(), "KEPT"),
                build.option("--keep", Output(), "FILE"),
                build.option("--after", str, "PLACE", text="verify_after"),
                build.flag("--rules"),
                build.option("--report", Output(), "DIR", text="verify_report"),
            ],
        ),
        (
            "prove",
            proving.prove,
            [
                build.argument("entry", Count(0, 2**53 - 1), "ENTRY"),
                build.option("--in", str, "PLACE", required=True),
                build.option("--out", Output(), "FILE", text="prove_out", required=True),
                trust,
            ],
        ),
        (
            "audit-site",
            siteaudit.audit_site,
            [
                build.argument("place", str, "SITE"),
                trust,
                build.option("--theme", Existing(), "FILE.toml"),
                build.option("--jobs", Count(1, 1024), "N"),
            ],
        ),
        (
            "watch",
            watching.watch,
            [
                place,
                build.option("--state", Output(), "DIR", text="watch_state", required=True),
                trust,
                build.option("--whole-after", Count(1, 3650), "DAYS"),
                build.option("--on-alarm", Existing(), "PROGRAM"),
                build.option("--jobs", Count(1, 1024), "N"),
                as_json,
            ],
        ),
        (
            "mirror",
            watching.mirror,
            [
                place,
                build.option("--out", Output(), "DIR", text="mirror_out", required=True),
                trust,
                build.option("--whole-after", Count(1, 3650), "DAYS"),
                build.option("--jobs", Count(1, 1024), "N"),
            ],
        ),
    ]
