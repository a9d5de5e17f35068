"""Plans: an evaluation's plan as a file, and all that is known of it afterwards.

A plan is a TOML file:

    org = "S000050000001"
    plan = "2026-03"                       # its own number, 认定计划号
    occupation = {code = "6-18-01-01", name = "车工", job = "数控车工"}
    levels = ["3", "4"]
    exam_from = 2026-10-12
    exam_to = 2026-10-13
    place = "实训楼三层"
    method = "practice"                    # the words of the profile: `ledger profile show`
    candidates = 40
    categories = ["enrolled-students"]
    bases = ["standard"]
    staff = {examiners = 5, supervisors = 2, invigilators = 4}
    attested = ["recusal", "video"]        # what the organisation says it has seen to; words of its own
    papers = ["方案.pdf"]                  # kept by the organisation; the ledger holds their salted digests
    entrusts = [17, 18]                    # entries of `ledger entrust`, where others' candidates are examined
    bank = {items = 600, examiners = 3}
    insured_months = 12

`profile` is the one under which the organisation is filed, unless it is given.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

from ledger.app.evidence import due_of, evidence_of, plan_of
from ledger.app.papers import Papers
from ledger.core.canonical import Value
from ledger.core.duties import Evidence, Period, Retention
from ledger.core.errors import LedgerError, RuleError
from ledger.core.evidence import EVIDENCE_TYPES
from ledger.core.filing_rules import years_later
from ledger.core.profile import Profile
from ledger.core.registry import Registry
from ledger.core.shape import Check
from ledger.core.workflow import Step, Workflow

__all__ = ["InputError", "PlanView", "TermView", "parse_plan", "plan_body", "view_plan"]

# A telephone, document or bank number, or an address for mail: no place or plan's number looks like that.
_PERSONAL = re.compile(r"[0-9]{11}|@")
_OPEN_TEXTS = ("place", "plan")


class InputError(LedgerError):
    """A file that was given to a command does not have its form."""


def parse_plan(text: str) -> dict[str, Any]:
    """Return the members of a plan's TOML, dates as texts, with its own `papers`. Raises InputError."""
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError("the plan is not TOML") from error
    for name, value in values.items():
        if isinstance(value, date):
            values[name] = value.isoformat()
    required, optional = EVIDENCE_TYPES["plan.file"]
    checks: dict[str, Check] = {**required, **optional, "papers": _names}
    for name in sorted(values):
        if name not in checks:
            raise InputError(f"a plan has no member {name}")
        if not checks[name](values[name]):
            raise InputError(f"{name} of the plan is not of its form")
    for name in required:
        if name not in values and name not in ("attested", "profile"):
            raise InputError(f"the plan lacks {name}")
    for name in _OPEN_TEXTS:
        if _PERSONAL.search(values[name]):
            raise InputError(f"{name} of the plan looks like a person's data, which the ledger would show for ever")
    return values


def _names(value: Value) -> bool:
    return isinstance(value, list) and 0 < len(value) <= 64 and all(isinstance(name, str) and name for name in value)


def plan_body(values: Mapping[str, Any], folder: Path, registry: Registry, papers: Papers) -> dict[str, Value]:
    """Return the body of a plan's record from its file's members; papers lie in `folder`. Raises OSError, RuleError."""
    body: dict[str, Value] = {"attested": [], **values}
    org = registry.organisations.get(cast("str", body["org"]))
    if org is None:
        raise RuleError("org_unknown", f"{body['org']} is not filed")
    body.setdefault("profile", org.filings[-1].body["profile"])
    if "papers" in body:
        body["papers"] = cast("Value", sorted(papers.digest(folder / name) for name in values["papers"]))
    return body


@dataclass(frozen=True, slots=True)
class TermView:
    """A period of the profile as it falls for one plan: its last day, and the day on which it was done.

    `last` is None before anything starts the period, or where no calendar tells the day (`unknown`).
    """

    period: Period
    last: date | None
    done: date | None
    unknown: bool


@dataclass(frozen=True, slots=True)
class PlanView:
    """All that is known of a plan: what an issue must cite, terms, until when materials are kept at least.

    `cites` are the seqs an issue cites; where it may not be issued yet, `refusal` says why instead.
    """

    plan: Step
    profile: Profile
    due: list[tuple[Evidence, Step | None]]
    terms: list[TermView]
    kept: list[tuple[Retention, date]]
    cites: list[int]
    refusal: RuleError | None


def view_plan(workflow: Workflow, seq: int, before: int) -> PlanView:
    """Return what is known of the plan `seq` in a ledger of `before` entries. Raises RuleError if there is none."""
    plan = plan_of(workflow, seq, before)
    profile = workflow.profile_of(plan)
    cites: list[int] = []
    refusal = None
    try:
        cites = evidence_of(workflow, seq, before)
    except RuleError as error:
        refusal = error
    terms = [_term(workflow, plan, profile, period) for period in profile.periods]
    return PlanView(plan, profile, due_of(plan, profile, before), terms, _kept(plan, profile), cites, refusal)


def _term(workflow: Workflow, plan: Step, profile: Profile, period: Period) -> TermView:
    """Return how a period falls. A notice's own last day counts, since it may promise more than the least."""
    back = period.id == "plan-before-exam"
    notice = _notice(plan, period.id)
    done = notice.closed if notice is not None else None
    start = None
    if back:
        start, done = plan.date("exam_from"), plan
    elif period.id == "report-after-publicity":
        start = notice.date("last") if notice is not None else None
        done = next(iter(plan.all("result.file")), None)
    elif notice is not None:
        return TermView(period, notice.date("last"), done.day if done else None, unknown=False)
    end = workflow.term(profile, period.id, start, plan.seq, back=back) if start is not None else None
    known = end.day if end is not None else None
    return TermView(period, known, done.day if done else None, unknown=start is not None and end is None)


def _notice(plan: Step, period_id: str) -> Step | None:
    listed = "candidates" if period_id == "publicity-candidates" else "results"
    return next((one for one in reversed(plan.all("notice.open")) if one.body["list"] == listed), None)


def _kept(plan: Step, profile: Profile) -> list[tuple[Retention, date]]:
    """Return until when each material is kept at least: video from the end of the exam, all else from the last step."""
    last = max([plan.date("exam_to"), *(part.day for part in plan.parts)])
    return [
        (kept, years_later(plan.date("exam_to") if kept.id == "video" else last, kept.years))
        for kept in profile.retention
    ]
