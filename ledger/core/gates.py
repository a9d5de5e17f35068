"""Gates: what an issue must cite of the workflow, and what is still owed after it.

The profile lists its evidence in the notice's order, and `body.evidence` of an issue names the entries, by seq:

    plan         one plan.file: this organisation, profile, occupation and level, and an exam before the date of issue
    candidates   the notice.close of a list of candidates of that plan
    supervision  a supervision.report of that plan, on the form `step`
    results      the notice.close of the newest list of results of that plan
    approval     the approval.give of `step`: approved, and nothing newer refuses it
    report       comes afterwards (`overdue`)

No list that is cited was closed with an objection left open, and the date of issue is not before the last day on which
the results were public. A newer list of results replaces the one before, so what is issued on a plan is counted
together (`counts`).

A ledger that opened with the policy evidence "required" refuses an issue without evidence; otherwise the evidence may
be kept elsewhere, but what is cited must be whole. A veto stops every issue of its plan, whether it is cited or not.
Where an approval gave numbers, only they are issued on it. Reasons of RuleError:

    evidence_missing evidence_unknown evidence_differs evidence_order objection_open approval_refused veto
    numbers_given; of the end of an audit: report_late confirmation_count
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple, cast

from ledger.core.duties import Evidence
from ledger.core.errors import RuleError
from ledger.core.profile import ERROR, Profile
from ledger.core.record import Body
from ledger.core.workflow import Step, Workflow

__all__ = ["Gate", "Owed", "meets"]

_Numbers = list[tuple[str, str]]  # the ranges given by approvals, first and last


class Owed(NamedTuple):
    """What the end of an audit finds: a reason, the entry it is about, the problem, and whether the notice binds."""

    rule: str
    seq: int
    problem: str
    binding: bool


@dataclass(slots=True)
class Gate:
    """Holds issues to the evidence they cite. What the issues of one batch share is checked once."""

    workflow: Workflow
    required: bool
    _known: dict[tuple[object, ...], _Numbers | RuleError] = field(default_factory=dict)

    def check(self, body: Body, seq: int, profile: Profile) -> int | None:
        """Return the seq of the closed notice of results that the issue rests on; None if it cites none.

        `body` is the issue's, written as the entry `seq`. Raises RuleError unless it has the evidence it needs.
        """
        cited = cast("list[int]", body["evidence"])
        if not cited:
            if self.required and profile.evidence:
                raise RuleError("evidence_missing", f"cites no evidence ({_where(profile, profile.evidence[0])})")
            return None
        steps = [self._step(number, seq) for number in cited]
        plan = next((step for step in steps if step.type == "plan.file"), None)
        if plan is None:
            raise RuleError("evidence_missing", "cites no plan")
        # What came after these issues does not count for them, so the same key always has the same answer.
        earlier = sum(part.seq < seq for part in plan.parts)
        occupation = tuple(sorted(cast("dict[str, str]", body["occupation"]).items()))
        code = cast("str", body["code"])
        key = (*cited, earlier, profile.name, body["profile"], code[:13], occupation, body["level"], body["issued"])
        found = self._known.get(key)
        if found is None:
            try:
                _plan_fits(plan, body, code[:13])
                found = _whole(plan, steps, seq, profile, cast("str", body["issued"]))
            except RuleError as error:
                found = error
            self._known[key] = found
        if isinstance(found, RuleError):
            raise RuleError(found.rule, found.reason)
        if found and not any(first <= code <= last for first, last in found):
            raise RuleError("numbers_given", "the number is not among those that the approval gave")
        return next((step.seq for step in steps if _closes(step, "results")), None)

    def _step(self, number: int, seq: int) -> Step:
        step = self.workflow.steps.get(number)
        if step is None or number >= seq:
            raise RuleError("evidence_unknown", f"entry {number} is no evidence that stands before this issue")
        return step

    def counts(self, issued: Mapping[int, int]) -> Iterator[Owed]:
        """Yield the plans on which another number was issued than their confirmation says; `issued` by closed notice.

        Too many bind. Too few do not: somebody may still be waiting for the certificate.
        """
        plans: dict[int, list[int]] = {}
        for seq in sorted(issued):
            plans.setdefault(cast("Step", self.workflow.steps[seq].plan).seq, []).append(seq)
        for closed in plans.values():
            number, passed = sum(issued[seq] for seq in closed), self.workflow.steps[closed[-1]].number("passed")
            if number != passed:
                told = f"{passed} passed without objection, {number} certificates rest on it"
                yield Owed("confirmation_count", closed[-1], told, binding=number > passed)

    def overdue(self, today: date) -> Iterator[Owed]:
        """Yield every plan whose result should have been filed before `today`."""
        for step in self.workflow.steps.values():
            notice = _agreed(step) if step.type == "plan.file" else None
            if notice is None or step.all("result.file"):
                continue
            profile = self.workflow.profile_of(step)
            if any(item.kind == "report" for item in profile.evidence):
                end = self.workflow.term(profile, "report-after-publicity", notice.date("last"), step.seq)
                if end is not None and today > end.day:
                    rule = profile.rules[end.rule]
                    told = f"the result is not filed; {end.day} was the last day ({rule.source})"
                    yield Owed("report_late", step.seq, told, binding=rule.severity == ERROR)


def _agreed(plan: Step) -> Step | None:
    """Return the newest list of results that was closed without an open objection."""
    lists = (one for one in reversed(plan.all("notice.open")) if one.body["list"] == "results")
    return next((one for one in lists if one.closed is not None and not _open_objection(one.closed)), None)


def _plan_fits(plan: Step, body: Body, org: str) -> None:
    """Raise RuleError unless the plan is about what is issued."""
    planned, issued = (cast("Mapping[str, str]", one["occupation"]) for one in (plan.body, body))
    same = planned["code"] == issued["code"] and planned["name"] == issued["name"]
    if not (
        same
        and planned.get("job") in (None, issued.get("job"))
        and plan.body["org"] == org
        and plan.body["profile"] == body["profile"]
        and body["level"] in cast("list[str]", plan.body["levels"])
    ):
        raise RuleError("evidence_differs", "the plan is another organisation's, or about another occupation or level")
    if cast("str", body["issued"]) < plan.text("exam_to"):
        raise RuleError("evidence_order", "issued before the exam had ended")


def _whole(plan: Step, steps: list[Step], seq: int, profile: Profile, issued: str) -> _Numbers:
    """Return the numbers given. Raises RuleError unless the steps are all that the profile asks for, in its order."""
    if any(step.plan is not plan for step in steps if step is not plan):
        raise RuleError("evidence_differs", "evidence of another plan is cited")
    earlier = [part for part in plan.parts if part.seq < seq]
    if any(part.type == "supervision.report" and part.body["vetoes"] for part in earlier):
        raise RuleError("veto", "a supervision report vetoes this evaluation")
    decisions = {part.text("step"): part for part in earlier if part.type == "approval.give"}
    if any(part.body["decision"] == "refused" for part in decisions.values()):
        raise RuleError("approval_refused", "the newest decision of a step refuses the result")
    before = -1
    for item in profile.evidence:
        if item.kind != "report":
            step = next((step for step in reversed(steps) if meets(step, item)), None)
            if step is None:
                raise RuleError("evidence_missing", f"cites no {item.id} ({_where(profile, item)})")
            if step.seq < before:
                raise RuleError("evidence_order", f"{item.id} is earlier than what comes before it in the notice")
            before = step.seq
    closings = [step for step in steps if step.type == "notice.close"]
    if any(map(_open_objection, closings)):
        raise RuleError("objection_open", "an objection to a published list is not settled")
    newest = [part for part in earlier if part.type == "notice.open" and part.body["list"] == "results"][-1:]
    for step in closings:
        if _closes(step, "results"):
            if step.opened not in newest:
                raise RuleError("evidence_differs", "a newer list of results has replaced the one that is cited")
            if issued < newest[0].text("last"):
                raise RuleError("evidence_order", "issued before the publicity of the results had ended")
    given = [part.body for part in decisions.values() if "first" in part.body]
    return [(cast("str", body["first"]), cast("str", body["last"])) for body in given]


def _open_objection(closing: Step) -> bool:
    return closing.number("settled") < closing.number("objections")


def meets(step: Step, item: Evidence) -> bool:
    """Whether a step is what the profile asks for as `item`."""
    match item.kind:
        case "plan":
            return step.type == "plan.file"
        case "supervision":
            return step.type == "supervision.report" and step.body["form"] == item.step
        case "approval":
            approval = step.type == "approval.give" and step.body["step"] == item.step
            return approval and step.body["decision"] == "approved"
        case kind:
            return _closes(step, kind)


def _closes(step: Step, kind: str) -> bool:
    if step.type != "notice.close" or step.opened is None:
        return False
    return step.opened.body["list"] == kind


def _where(profile: Profile, item: Evidence) -> str:
    return profile.rules[item.rule].source
