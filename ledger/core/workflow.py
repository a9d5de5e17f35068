"""Workflow: what may follow what, from the plan of an evaluation to the approval of its result.

A `Workflow` takes the evidence entries (`evidence`) in seq order, each signed by whom it must be, and holds every one
to the profile under which the plan was filed: lead times, publicity periods, staffing, the order of approvals, the
scores of a supervision form. What an issue must cite of it is `gates`' business.

The day of an entry is the day on which it was written, in China. It cannot be chosen afterwards, so a notice opens on
or before its first day and closes on or after its last one: nothing is filed or published backwards. A period begins
on the day after the day it is counted from, unless the profile declares otherwise.

Reasons of RuleError:

    plan_unknown plan_late plan_scope plan_words staffing exam_dates entrust notice_late publicity_short notice_closed
    notice_count objections report_early report_late approval_step approval_order approval_numbers points veto_total
    complaint_unknown draw_pool draw_result evidence_unknown profile_unknown profile_differs term

A term that runs into a year without a calendar is `undecided`: who writes refuses it, who audits says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple, cast

from ledger.core.draw import draw
from ledger.core.encoding import local_date, parse_date
from ledger.core.entry import Entry
from ledger.core.errors import RuleError
from ledger.core.profile import ERROR, Profile
from ledger.core.record import Body
from ledger.core.registry import Registry

__all__ = ["Calendar", "Step", "Workflow"]

# The n-th working day after a day (before it, if n is negative); None in a year whose holidays are not announced yet.
Calendar = Callable[[date, int], date | None]


@dataclass(slots=True)
class Step:
    """One piece of evidence.

    `plan` is the plan it belongs to, `parts` are what belongs to a plan, `closed` is what ended a notice, complaint or
    draw, and `opened` what it ended.
    """

    seq: int
    type: str
    day: date
    body: Body
    plan: "Step | None" = None
    parts: list["Step"] = field(default_factory=list)
    opened: "Step | None" = None
    closed: "Step | None" = None

    def all(self, kind: str) -> list["Step"]:
        """Return what belongs to this plan and is of type `kind`, in seq order."""
        return [part for part in self.parts if part.type == kind]

    def results(self) -> "Step | None":
        """Return the newest notice of this plan's results."""
        return next((one for one in reversed(self.all("notice.open")) if one.body["list"] == "results"), None)

    def date(self, name: str) -> date:
        """Return the member `name` of the body as a date."""
        return parse_date(cast("str", self.body[name]), name)

    def number(self, name: str) -> int:
        """Return the member `name` of the body as a number."""
        return cast("int", self.body[name])

    def text(self, name: str) -> str:
        """Return the member `name` of the body as a text."""
        return cast("str", self.body[name])


class Term(NamedTuple):
    """The day on which a period ends (or begins, if it is counted back), and the rule that sets it."""

    day: date
    rule: str


@dataclass(slots=True)
class Workflow:
    """All evidence of a ledger so far, by seq; `undecided` are the entries with a term that nobody can compute yet."""

    profiles: Mapping[str, Profile]
    calendar: Calendar
    steps: dict[int, Step] = field(default_factory=dict)
    roots: dict[int, tuple[int, bytes]] = field(default_factory=dict)  # draw -> size and root of the checkpoint after
    undecided: list[int] = field(default_factory=list)
    _given: dict[str, list[Step]] = field(default_factory=dict)  # organisation -> approvals that gave numbers
    _announced: list[int] = field(default_factory=list)  # draws of this batch
    _waiting: list[int] = field(default_factory=list)  # draws of earlier batches that have no seed yet

    def add(self, entry: Entry, registry: Registry) -> Step:
        """Take one entry, whose signature is checked already. Raises RuleError, and then takes nothing."""
        body = entry.record.body
        step = Step(entry.seq, entry.record.type, local_date(entry.unix), body)
        undecided = len(self.undecided)
        try:
            if "plan" in body and step.type != "plan.file":
                step.plan = self._of(step, "plan", "plan.file", "plan_unknown")
            self._take(step, registry)
        except RuleError:
            del self.undecided[undecided:]
            raise
        self.steps[step.seq] = step
        if step.plan is not None:
            step.plan.parts.append(step)
        return step

    def end_batch(self, size: int, root: bytes) -> None:
        """Note that a checkpoint of `size` entries exists: it is the seed of the draws that were announced before."""
        for seq in self._waiting:
            self.roots[seq] = size, root
        self._waiting, self._announced = self._announced, []

    def profile_of(self, plan: Step) -> Profile:
        """Return the profile under which a plan was filed."""
        profile = self.profiles.get(plan.text("profile"))
        if profile is None:
            raise RuleError("profile_unknown", f"no profile {plan.text('profile')}")
        return profile

    def term(self, profile: Profile, period_id: str, day: date, seq: int, *, back: bool = False) -> "Term | None":
        """Return the day on which a period counted from `day` ends (begins, if it is counted back).

        None if the profile has no such period, or the calendar does not reach so far: then `seq` is undecided.
        """
        period = next((one for one in profile.periods if one.id == period_id), None)
        if period is None:
            return None
        amount = period.amount - profile.counting.include_start
        amount = -amount if back else amount
        try:
            end = day + timedelta(amount) if period.unit == "calendar" else self.calendar(day, amount)
        except OverflowError:  # behind the year 9999 there is no day
            end = None
        if end is None:
            self.undecided.append(seq)
            return None
        return Term(end, period.rule)

    def _take(self, step: Step, registry: Registry) -> None:
        match step.type:
            case "plan.file":
                self._plan(step, registry)
            case "notice.open":
                self._open_notice(step)
            case "notice.close":
                self._close_notice(step)
            case "result.file":
                self._result(step)
            case "entrust.file":
                _entrust(step)
            case "approval.give":
                self._approve(step)
            case "supervision.report":
                self._report(step)
            case "complaint.close":
                self._end_complaint(step)
            case "inspection.draw":
                self._announce(step, registry)
            case "inspection.result":
                self._inspect(step)
            case _:
                pass  # complaint.open, org.rate, code.audit: what they say stands by itself

    # -- one method a type -----------------------------------------------------------------------------------------

    def _plan(self, step: Step, registry: Registry) -> None:
        profile = self.profile_of(step)
        filing = registry.organisations[step.text("org")].filing_at(step.seq)
        body = step.body
        levels = cast("list[str]", body["levels"])
        if filing is None or not all(filing.covers(cast("Body", body["occupation"]), level) for level in levels):
            raise RuleError("plan_scope", "occupation or level is not in the scope filed by then")
        if body["profile"] != filing.body["profile"]:
            raise RuleError("profile_differs", f"filed under {filing.body['profile']}")
        if not step.day <= step.date("exam_from") <= step.date("exam_to"):
            raise RuleError("exam_dates", "the exam begins on or after the day of filing, and ends after it begins")
        first, last = cast("str", filing.body["valid_from"]), cast("str", filing.body["valid_to"])
        if not first <= step.text("exam_from") <= step.text("exam_to") <= last:
            raise RuleError("term", f"filed from {first} to {last}")
        latest = self.term(profile, "plan-before-exam", step.date("exam_from"), step.seq, back=True)
        if latest is not None and step.day > latest.day:
            _broken(profile, latest.rule, "plan_late", f"filed on {step.day}, {latest.day} was the last day")
        staff = cast("dict[str, int]", body["staff"])
        for minimum in profile.staffing:
            if staff[minimum.id] < minimum.amount:
                short = f"{staff[minimum.id]} {minimum.id}, {minimum.amount} are the least"
                _broken(profile, minimum.rule, "staffing", short)
        self._plan_words(step, profile)
        self._entrusted(step, profile)

    def _plan_words(self, step: Step, profile: Profile) -> None:
        """Hold the words of a plan to those of its profile, where it has such a list."""
        said = {"categories": profile.candidates, "bases": profile.bases}
        for name, words in said.items():
            unknown = set(cast("list[str]", step.body[name])) - {word.id for word in words}
            if words and unknown:
                raise RuleError("plan_words", f"{name}: the profile has no {min(unknown)!r}")
        if profile.methods and step.body["method"] not in {word.id for word in profile.methods}:
            raise RuleError("plan_words", f"method: the profile has no {step.text('method')!r}")
        bank = cast("dict[str, int]", step.body.get("bank", {"items": 0, "examiners": 0}))
        least = profile.bank
        if least is not None and (bank["items"] < least.items or bank["examiners"] < least.examiners):
            asked = f"{least.items} items, attested by {least.examiners} examiners"
            _broken(profile, least.rule, "plan_words", f"the question bank has fewer than {asked}")
        months = profile.insured_months
        if months is not None and cast("int", step.body.get("insured_months", 0)) < months.amount:
            _broken(profile, months.rule, "plan_words", f"candidates are insured for {months.amount} months at least")

    def _entrusted(self, step: Step, profile: Profile) -> None:
        """Evaluating others' candidates needs both sides' agreement, filed before the exam and in force on its days."""
        seqs = cast("list[int]", step.body.get("entrusts", []))
        if not seqs and "entrusted" not in cast("list[str]", step.body["categories"]):
            return
        if profile.entrusting is not None and not profile.entrusting.value:
            _broken(profile, profile.entrusting.rule, "entrust", "this notice forbids entrusted evaluation")
        sides = [self._at(seq, "entrust.file", "entrust") for seq in seqs]
        own, other = step.text("org"), {side.text("org") for side in sides} - {step.text("org")}
        agreed = {side.text("agreement") for side in sides}
        roles = {(side.text("org"), side.text("role")) for side in sides}
        first, last = step.date("exam_from"), step.date("exam_to")
        covered = all(side.date("first") <= first and last <= side.date("last") for side in sides)
        both = len(other) == 1 and roles == {(own, "agent"), (next(iter(other)), "principal")}
        if not (both and len(agreed) == 1 and covered and all(side.text("other") in {own, *other} for side in sides)):
            raise RuleError("entrust", "both sides file one agreement, before the plan and for the days of the exam")

    def _open_notice(self, step: Step) -> None:
        plan = cast("Step", step.plan)
        profile = self.profile_of(plan)
        if step.day > step.date("first"):
            raise RuleError("notice_late", f"opened on {step.day}, after the first day it claims")
        if step.date("last") < step.date("first"):
            raise RuleError("publicity_short", "the publicity ends before it begins")
        results = step.text("list") == "results"
        if results and step.date("first") < plan.date("exam_to"):
            raise RuleError("notice_late", "results are published before the exam has ended")
        if not results and step.date("last") >= plan.date("exam_from"):
            raise RuleError("publicity_short", "the list of candidates is published until the day before the exam")
        end = self.term(profile, "publicity" if results else "publicity-candidates", step.date("first"), step.seq)
        if end is not None and step.date("last") < end.day:
            _broken(profile, end.rule, "publicity_short", f"until {step.date('last')}, it must stay until {end.day}")
        if step.number("count") > plan.number("candidates"):
            raise RuleError("notice_count", "lists more people than the plan has candidates")

    def _close_notice(self, step: Step) -> None:
        notice = self._of(step, "notice", "notice.open", "evidence_unknown")
        step.plan = notice.plan
        if notice.closed is not None:
            raise RuleError("notice_closed", "the notice is closed already")
        if step.day < notice.date("last"):
            raise RuleError("publicity_short", f"closed on {step.day}, it must stay until {notice.date('last')}")
        if step.number("settled") > step.number("objections"):
            raise RuleError("objections", "more objections are settled than were made")
        passed = cast("int", step.body.get("passed", 0))
        if notice.text("list") == "results" and ("passed" not in step.body or passed > notice.number("count")):
            raise RuleError("notice_count", "the confirmation says how many passed, and not more than were published")
        notice.closed, step.opened = step, notice

    def _result(self, step: Step) -> None:
        plan = cast("Step", step.plan)
        applied = step.number("applied")
        if not step.number("passed") <= step.number("examined") <= applied <= plan.number("candidates"):
            raise RuleError("notice_count", "passed, examined, applied and the plan's candidates may only grow")
        notice = plan.results()
        if notice is None or notice.closed is None:
            raise RuleError("report_early", "the publicity of the results is not closed yet")
        if step.body["passed"] != notice.closed.body["passed"]:
            raise RuleError("notice_count", "another number passed than the confirmation says")
        profile = self.profile_of(plan)
        end = self.term(profile, "report-after-publicity", notice.date("last"), step.seq)
        if end is not None and step.day > end.day:
            _broken(profile, end.rule, "report_late", f"filed on {step.day}, {end.day} was the last day")

    def _approve(self, step: Step) -> None:
        plan, org = cast("Step", step.plan), step.text("org")
        order = [item for item in self.profile_of(plan).evidence if item.kind != "report"]
        steps = [item.step if item.kind == "approval" else None for item in order]
        place = steps.index(step.text("step")) if step.body["step"] in steps else None
        if place is None:
            raise RuleError("approval_step", f"the profile has no approval {step.text('step')!r}")
        given = {one.text("step"): one.text("decision") for one in plan.all("approval.give")}
        for item in order[:place]:
            if item.kind == "approval" and given.get(item.step) != "approved":
                raise RuleError("approval_order", f"{item.step} comes first, and has not been approved")
            if item.kind == "results" and ((shown := plan.results()) is None or shown.closed is None):
                raise RuleError("approval_order", "the publicity of the results comes first, and is not closed")
        notice = plan.results()
        confirmed = notice.closed.number("passed") if notice is not None and notice.closed is not None else None
        if confirmed is not None and cast("int", step.body.get("passed", 0)) > confirmed:
            raise RuleError("notice_count", f"{confirmed} passed without objection")
        approved = step.body["decision"] == "approved"
        if "first" not in step.body and "last" not in step.body:
            if order[place].numbers and approved:
                raise RuleError("approval_numbers", "this approval gives the numbers, from the first to the last")
            return
        if not approved:
            raise RuleError("approval_numbers", "a refusal gives no numbers")
        if "first" not in step.body or "last" not in step.body or not _numbers(step):
            raise RuleError("approval_numbers", "numbers of the organisation, counted up from the first to the last")
        before = self._given.setdefault(org, [])
        if any(_overlap(one, step) for one in before if one.plan is not plan):
            raise RuleError("approval_numbers", "these numbers, or some of them, were given to another plan")
        before.append(step)

    def _report(self, step: Step) -> None:
        plan = cast("Step", step.plan)
        form = next((one for one in self.profile_of(plan).supervision if one.id == step.body["form"]), None)
        if not plan.date("exam_from") <= step.date("held") <= step.day:
            raise RuleError("exam_dates", "the supervision was before the exam, or is after the day of its report")
        points = cast("list[int]", step.body["points"])
        vetoes = cast("list[str]", step.body["vetoes"])
        if form is None or len(points) != len(form.items):
            raise RuleError("points", "the profile has no such supervision form, or it has other items")
        for item, scored in zip(form.items, points, strict=True):
            if scored not in item.points:
                raise RuleError("points", f"{item.id}: {scored} is none of the scores that the form allows")
        if not set(vetoes) <= {veto.id for veto in form.vetoes}:
            raise RuleError("points", "a veto that the form does not have")
        if step.number("total") != (0 if vetoes else sum(points)):
            raise RuleError("veto_total", "the total is the sum of the points, and 0 after a veto")

    def _end_complaint(self, step: Step) -> None:
        complaint = self._of(step, "complaint", "complaint.open", "complaint_unknown")
        if complaint.closed is not None:
            raise RuleError("complaint_unknown", "the complaint is closed already")
        complaint.closed, step.opened = step, complaint

    def _announce(self, step: Step, registry: Registry) -> None:
        pool = cast("list[str]", step.body["orgs"])
        filed = registry.organisations
        living = all(one in filed and not filed[one].ended_at(step.seq) for one in pool)
        if not (living and 0 < step.number("draws") <= len(pool)):
            raise RuleError("draw_pool", "the pool are filed organisations, and not more are drawn than it has")
        self._announced.append(step.seq)

    def _inspect(self, step: Step) -> None:
        announced = self._at(step.number("draw"), "inspection.draw", "evidence_unknown")
        if announced.closed is not None or announced.seq not in self.roots:
            raise RuleError("draw_result", "the draw has its result already, or there is no checkpoint after it yet")
        size, root = self.roots[announced.seq]
        pool, inspectors = (cast("list[str]", announced.body[name]) for name in ("orgs", "inspectors"))
        pairs = [(one["org"], one["inspector"]) for one in cast("list[dict[str, str]]", step.body["drawn"])]
        if step.body["size"] != size or pairs != draw(pool, inspectors, announced.number("draws"), root):
            raise RuleError("draw_result", f"the checkpoint of {size} entries draws others")
        announced.closed, step.opened = step, announced

    def _of(self, step: Step, name: str, kind: str, reason: str) -> Step:
        """Return the earlier step that the member `name` refers to: of this type, and of the same organisation."""
        found = self._at(step.number(name), kind, reason)
        if found.body["org"] != step.body["org"]:
            raise RuleError(reason, f"entry {found.seq} is about another organisation")
        return found

    def _at(self, seq: int, kind: str, reason: str) -> Step:
        found = self.steps.get(seq)
        if found is None or found.type != kind:
            raise RuleError(reason, f"entry {seq} is no {kind} that stands")
        return found


def _entrust(step: Step) -> None:
    if step.body["other"] == step.body["org"] or step.date("last") < step.date("first"):
        raise RuleError("entrust", "an agreement is between two organisations, and ends after it begins")


def _overlap(one: Step, other: Step) -> bool:
    return one.text("first") <= other.text("last") and other.text("first") <= one.text("last")


def _numbers(step: Step) -> bool:
    first, last, org = step.text("first"), step.text("last"), step.text("org")
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=True)) if a != b), len(first) - 1)
    own = first.startswith(org) and last.startswith(org)
    return own and first <= last and (first[same:] + last[same:]).isdigit()


def _broken(profile: Profile, rule_id: str, reason: str, problem: str) -> None:
    """Raise RuleError if the notice binds; a rule that only warns stops nothing."""
    rule = profile.rules[rule_id]
    if rule.severity == ERROR:
        raise RuleError(reason, f"{problem} ({rule.source})")
