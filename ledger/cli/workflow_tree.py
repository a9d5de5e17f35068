"""The commands of the workflow: plans, notices, agreements, complaints, inspections, ratings."""

from collections.abc import Callable, Iterator

import click

from ledger.cli.building import Builder
from ledger.cli.commands import oversight, plans
from ledger.cli.helping import Group
from ledger.cli.parameters import Count, Day, Existing, Kind, OneOf
from ledger.core.evidence import ABOUT, OUTCOMES

__all__ = ["add_org_commands", "workflow_groups"]

Commands = list[tuple[str, Callable[..., int], list[click.Parameter]]]
_SEQ = Count(0, 999_999_999)
_PEOPLE = Count(0, 999_999)
_SIDES = OneOf(("organisation", "registrar"))


def workflow_groups(build: Builder) -> Iterator[Group]:
    """Yield the groups `plan`, `notice`, `entrust`, `complaint`, `inspect`."""
    for name, commands in (
        ("plan", _plan(build)),
        ("notice", _notice(build)),
        ("entrust", _entrust(build)),
        ("complaint", _complaint(build)),
        ("inspect", _inspect(build)),
    ):
        group = build.group(name)
        for command, function, parameters in commands:
            group.add_command(build.command(f"{name}.{command}", command, function, parameters))
        yield group


def add_org_commands(build: Builder, org: Group) -> None:
    """Add what the authority records about an organisation to the group `org`."""
    code = build.argument("org", str, "ORG")
    rated = [
        code,
        build.option("--year", Count(2018, 2999), "YEAR", required=True),
        build.option("--grade", OneOf(("A", "B", "C", "D")), required=True),
    ]
    org.add_command(build.command("org.rate", "rate", oversight.rate, rated))
    audited = [code, _number(build, "--checked", required=True), _outcome(build, "code")]
    org.add_command(build.command("org.audit", "audit", oversight.audit_codes, audited))


def _number(build: Builder, name: str, kind: Kind = _PEOPLE, *, required: bool = False) -> click.Option:
    return build.option(name, kind, "N", required=required)


def _outcome(build: Builder, kind: str) -> click.Option:
    return build.option("--outcome", OneOf(OUTCOMES[kind]), required=True)


def _plan(build: Builder) -> Commands:
    plan = build.argument("plan", _SEQ, "PLAN")
    decided = [
        plan,
        build.option("--step", str, "STEP", required=True),
        build.flag("--refuse"),
        _number(build, "--passed"),
        build.option("--first", str, "NUMBER", text="number_first"),
        build.option("--last", str, "NUMBER", text="number_last"),
    ]
    counts = [_number(build, name, required=True) for name in ("--applied", "--examined", "--passed")]
    papers = build.option("--paper", Existing(), "FILE", multiple=True)
    scored = [
        plan,
        build.argument("report", Existing(), "REPORT"),
        build.option("--form", OneOf(("internal", "external")), text="supervision_form", required=True),
        build.option("--by", _SIDES, text="by_form"),
    ]
    return [
        ("file", plans.file, [build.argument("plan", Existing(), "PLAN.toml"), *build.carried()]),
        ("list", plans.list_, build.carried(out=False)),
        ("show", plans.show, [plan, *build.carried(out=False)]),
        ("supervise", plans.supervise, [*scored, *build.carried()]),
        ("approve", plans.approve, decided),
        ("result", plans.result, [plan, *counts, papers, *build.carried()]),
    ]


def _notice(build: Builder) -> Commands:
    opened: list[click.Parameter] = [
        build.option("--plan", _SEQ, "PLAN", required=True),
        build.option("--list", OneOf(("candidates", "results")), required=True),
        build.option("--from", Existing(), "LIST", text="notice_from"),
        build.option("--count", _PEOPLE, "N", text="notice_count"),
        build.option("--first", Day(), text="notice_first"),
        build.option("--last", Day(), text="notice_last"),
    ]
    closed = [
        build.argument("notice", _SEQ, "NOTICE"),
        _number(build, "--objections", required=True),
        _number(build, "--settled", required=True),
        _number(build, "--passed"),
        build.option("--confirmation", Existing(), "FILE"),
    ]
    signed = build.carried()
    return [("open", plans.open_notice, [*opened, *signed]), ("close", plans.close_notice, [*closed, *signed])]


def _entrust(build: Builder) -> Commands:
    by = build.option("--by", _SIDES, default="organisation")
    filed: list[click.Parameter] = [
        build.option("--principal", str, "ORG", required=True),
        build.option("--agent", str, "ORG", required=True),
        build.option("--agreement", Existing(), "FILE", required=True),
        build.option("--first", Day(), text="agreement_first", required=True),
        build.option("--last", Day(), text="agreement_last", required=True),
        build.option("--side", OneOf(("both", "principal", "agent")), default="both"),
        by,
    ]
    entry = build.argument("entry", _SEQ, "ENTRY")
    signed = build.carried()
    return [("file", oversight.entrust, [*filed, *signed]), ("confirm", oversight.confirm, [entry, by, *signed])]


def _complaint(build: Builder) -> Commands:
    opened = [
        build.argument("org", str, "ORG"),
        build.option("--about", OneOf(ABOUT), required=True),
        build.option("--received", Day()),
        build.option("--plan", _SEQ, "PLAN", text="complaint_plan"),
    ]
    closed = [build.argument("complaint", _SEQ, "COMPLAINT"), _outcome(build, "complaint")]
    return [
        ("open", oversight.open_complaint, opened),
        ("close", oversight.close_complaint, closed),
        ("list", oversight.list_complaints, []),
    ]


def _inspect(build: Builder) -> Commands:
    draw = build.argument("draw", _SEQ, "DRAW")
    drawn: list[click.Parameter] = [
        build.option("--orgs", str, "ORG,...|all", default="all"),
        build.option("--inspectors", str, "LABEL,...", required=True),
        build.option("--draws", Count(1, 1000), "N", required=True),
    ]
    found = [draw, build.option("--outcome", str, "ORG=WORD", text="inspection_outcome", multiple=True, required=True)]
    shown = [draw, build.option("--in", str, "PLACE", text="draw_in"), build.option("--trust", Existing())]
    return [("draw", oversight.draw, drawn), ("show", oversight.show_draw, shown), ("result", oversight.outcome, found)]
