"""The commands of witnessing: `witness`, a witness's own side; `cosign`, the ledger's."""

from collections.abc import Callable, Iterator

import click

from ledger.cli.building import Builder
from ledger.cli.commands import witnessing
from ledger.cli.helping import Group
from ledger.cli.parameters import Count, Existing, Output

__all__ = ["witness_groups"]

_Commands = list[tuple[str, Callable[..., int], list[click.Parameter]]]


def witness_groups(build: Builder) -> Iterator[Group]:
    """Yield the two groups."""
    folder = build.option("--dir", Output(), "DIR", text="witness_dir", required=True)
    name = build.option("--name", str, "NAME", text="witness_name", required=True)
    trust, log = build.option("--trust", Existing()), build.option("--log", str, "VKEY")
    yield _group(
        build,
        "witness",
        [
            ("new", witnessing.new, [folder, name, build.flag("--test-keys")]),
            ("follow", witnessing.follow, [folder, trust, log]),
            (
                "cosign",
                witnessing.cosign,
                [
                    build.argument("request", Existing(), "REQUEST"),
                    folder,
                    build.option("--out", Output(), "FILE", text="cosign_answer", required=True),
                ],
            ),
            (
                "serve",
                witnessing.serve,
                [
                    folder,
                    build.option("--port", Count(0, 65535), "N", default=8800),
                    build.option("--host", str, "ADDRESS", default="127.0.0.1"),
                ],
            ),
            ("show", witnessing.show, [folder]),
        ],
    )
    yield _group(
        build,
        "cosign",
        [
            (
                "request",
                witnessing.request,
                [
                    build.argument("witness", str, "WITNESS"),
                    build.option("--old", Count(0, 2**53 - 1), "SIZE", text="cosign_old"),
                    build.option("--out", Output(), "FILE", text="cosign_request", required=True),
                ],
            ),
            (
                "add",
                witnessing.add,
                [click.Argument(["answer"], type=Existing(), metavar="ANSWER...", nargs=-1, required=True)],
            ),
            ("ask", witnessing.ask, [click.Argument(["witness"], type=str, metavar="[WITNESS]...", nargs=-1)]),
            ("status", witnessing.standing, []),
        ],
    )


def _group(build: Builder, name: str, commands: _Commands) -> Group:
    group = build.group(name)
    for command, function, parameters in commands:
        group.add_command(build.command(f"{name}.{command}", command, function, parameters))
    return group
