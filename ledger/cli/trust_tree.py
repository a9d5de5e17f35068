"""The commands about keys and about what is trusted: `key` and `trust`."""

from collections.abc import Callable

import click

from ledger.cli.building import Builder
from ledger.cli.commands import keys, organisations, trusting
from ledger.cli.helping import Group
from ledger.cli.parameters import Count, Day, Existing, OneOf, Output

__all__ = ["key_group", "trust_group"]

_Commands = list[tuple[str, Callable[..., int], list[click.Parameter]]]

_MAX_DAYS = 3650
_REASONS = ("compromised", "lost", "closed")


def key_group(build: Builder) -> Group:
    """Return the group `key`."""
    org, vkey = build.argument("org", str, "ORG"), build.argument("key", str, "VKEY")
    reason = build.option("--reason", OneOf(_REASONS), text="key_reason", default="compromised")
    routine = build.option("--reason", OneOf(_REASONS), text="key_reason", default="closed")
    commands: _Commands = [
        ("new", keys.new, [
            build.option("--name", str, "NAME", text="key_name", required=True),
            build.option("--out", Output(), "FILE", text="key_out", required=True),
            build.flag("--test-keys"),
        ]),
        ("show", organisations.show_keys, []),
        ("list", keys.list_, []),
        ("add", keys.add, [org, vkey]),
        ("revoke", keys.revoke, [org, build.argument("key_id", str, "KEY_ID"), reason]),
        ("rotate", keys.rotate, [
            click.Argument(["org"], type=str, metavar="[ORG]", required=False),
            build.flag("--log", text="key_log"),
            routine,
        ]),
        ("backup", keys.backup, [build.option("--out", Output(), "FILE", text="key_backup", required=True)]),
        ("restore", keys.restore, [build.argument("backup", Existing(), "FILE")]),
    ]  # fmt: skip
    group = build.group("key")
    for name, function, parameters in commands:
        group.add_command(build.command(f"key.{name}", name, function, parameters))
    return group


def trust_group(build: Builder) -> Group:
    """Return the group `trust`."""
    update = build.argument("update", Existing(), "UPDATE")
    place = click.Argument(["place"], type=str, metavar="[PLACE]", required=False)
    commands: _Commands = [
        ("draft", trusting.draft, [
            build.option("--out", Output(), "UPDATE", text="trust_out", required=True),
            build.option("--custodian", str, "VKEY", multiple=True),
            build.option("--threshold", Count(1, 20), "M"),
            build.option("--expires", Day(), text="trust_expires"),
            build.option("--registrar", str, "VKEY", text="trust_registrar", multiple=True),
            build.option("--witness", Existing(), "POLICY", text="trust_witness"),
            build.option("--max-age", Count(1, _MAX_DAYS), "DAYS"),
            build.option("--profile", str, "NAME", text="trust_profile", multiple=True),
            build.flag("--new-log"),
            build.flag("--new-registrar"),
        ]),
        ("sign", trusting.sign, [
            update,
            build.option("--key", Existing(), "FILE", text="trust_key"),
            build.option("--agent", str, "NAME", text="trust_agent"),
            build.option("--token", Existing(), "MODULE", text="trust_token"),
            build.option("--name", str, "NAME", text="trust_name"),
        ]),
        ("apply", trusting.apply, [update]),
        ("show", trusting.show, [place, build.option("--update", Existing(), "UPDATE", text="trust_update")]),
        ("follow", trusting.follow, [
            build.argument("place", str, "PLACE"),
            build.option("--trust", Existing(), "FILE", text="trust_file", required=True),
        ]),
    ]  # fmt: skip
    group = build.group("trust")
    for name, function, parameters in commands:
        group.add_command(build.command(f"trust.{name}", name, function, parameters))
    return group
