"""The commands of issuing: `append` at the authority; `join`, `sign` and `collect` on an organisation's own machine."""

from collections.abc import Callable, Iterator

import click

from ledger.cli.building import Builder
from ledger.cli.commands import issuing, roles
from ledger.cli.parameters import Count, Day, Existing, OneOf, Output

__all__ = ["issuing_commands"]

_SEQ = Count(0, 999_999_999)


def issuing_commands(build: Builder) -> Iterator[tuple[str, Callable[..., int], list[click.Parameter]]]:
    """Yield the commands (name, function, parameters)."""
    roster = build.argument("roster", Existing(), "ROSTER")

    def terms() -> list[click.Parameter]:
        return [
            build.option("--plan", _SEQ, "PLAN", text="append_plan"),
            build.option("--medium", OneOf(("paper", "electronic"))),
            build.option("--issued", Day(), text="append_issued"),
        ]

    detailed = [build.flag("--details"), build.option("--photos", Existing(folder=True), "DIR", text="append_photos")]
    yield "append", issuing.append, [roster, build.option("--org", str, "ORG"), *terms(), *detailed]
    joined = [
        build.argument("place", str, "PLACE"),
        build.option("--org", str, "ORG", text="join_org", required=True),
        build.option("--trust", Existing()),
        build.flag("--test-keys"),
    ]
    yield "join", roles.join, joined
    signed = [
        roster,
        build.option("--in", str, "PLACE", text="sign_in", required=True),
        build.option("--out", Output(), "BATCH", text="sign_out", required=True),
        *terms(),
        build.option("--instead", str, "BATCH"),
    ]
    yield "sign", roles.sign, signed
    yield "collect", roles.collect, [build.argument("place", str, "PLACE")]
