"""Evaluations: the evidence of one under each profile, day by day, as an honest organisation files it.

    bench = Bench("cn-chongqing-2020-1")         a registry and a workflow; no chain, no tree
    bench.run()                                  every step of the notice, in its order
    step = bench.add("notice.open", ...)         one step, spoiled where the test wants it

    ledger, seqs = evaluated("cn-anhui-2020-1")  the same as a whole ledger, with certificates issued on it

The exam is behind the autumn holidays of 2026, so that working days matter: 1 to 7 October are holidays, Sunday 20
September and Saturday 10 October are working days.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import NamedTuple, cast

from ledger.app.workdays import working_day
from ledger.core.canonical import Value
from ledger.core.digest import sha256
from ledger.core.encoding import format_base64url, format_time
from ledger.core.entry import Entry, format_entry, parse_entry
from ledger.core.errors import RuleError
from ledger.core.note import Signer, format_vkey
from ledger.core.profile import ERROR, WARNING, Profile
from ledger.core.record import Record, sign_record
from ledger.core.registry import Registry
from ledger.core.workflow import Calendar, Step, Workflow
from ledger.crypto.pynacl_verify import verify
from tests.simulator import (
    OTHER,
    PROFILES,
    REGISTRAR,
    Simulator,
    filing,
    issue_body,
    masked_disclosure,
    morning,
    occupation,
    opening,
    signer,
)

__all__ = [
    "FORMS",
    "ORGS",
    "Bench",
    "Due",
    "asking",
    "body_of",
    "certificate",
    "cited",
    "course",
    "evaluated",
    "first_of",
    "refused",
    "requiring",
    "warned",
    "whole_filing",
]

Body = dict[str, Value]
ORGS = {
    "cn-anhui-2020-1": "Y000034030001",
    "cn-chongqing-2020-1": "S000050000001",
    "cn-national-2018-1": "Y000111000001",
    "cn-shandong-2020-1": "Y000037000001",
    "cn-zhejiang-2023-1": "Y000033000001",
}
START = "2026-09-01"
PLAN, EXAM, SECOND, RESULTS, LAST = "2026-09-21", "2026-10-12", "2026-10-13", "2026-10-14", "2026-10-21"
LIST, LIST_LAST = "2026-09-28", "2026-10-11"
AUDIT, ISSUE = "2026-10-22", "2026-10-23"
METHODS = {"cn-chongqing-2020-1": "theory", "cn-shandong-2020-1": "examination"}
CATEGORIES = {"cn-chongqing-2020-1": "enrolled-students"}
# The highest scores of both supervision forms, whole as the notice has them.
FORMS = {form.id: form for form in PROFILES["cn-zhejiang-2023-1"].supervision}


class Due(NamedTuple):
    """One step of a course: what it is called here, the record's type, the day it is filed, and who signs it."""

    label: str
    type: str
    day: str
    by: str = "organisation"


def course(profile: Profile) -> list[Due]:
    """Every step that a profile asks for, in its order."""
    steps: list[Due] = []
    kinds = [item.kind for item in profile.evidence]
    if "plan" not in kinds:
        steps.append(Due("plan", "plan.file", PLAN))
    for item in profile.evidence:
        match item.kind:
            case "plan":
                steps.append(Due("plan", "plan.file", PLAN))
            case "candidates":
                steps.append(Due("candidates", "notice.open", LIST))
                steps.append(Due("candidates closed", "notice.close", LIST_LAST))
            case "supervision":
                steps.append(Due(item.step, "supervision.report", AUDIT))
            case "results":
                steps.append(Due("results", "notice.open", RESULTS))
                steps.append(Due("results closed", "notice.close", LAST))
            case "approval":
                steps.append(Due(item.step, "approval.give", AUDIT, "registrar"))
            case _:
                steps.append(Due("report", "result.file", ISSUE))
    return steps


def digest(label: str) -> str:
    return format_base64url(sha256(label.encode()))


def body_of(kind: str, profile: Profile, seqs: Mapping[str, int], label: str = "") -> Body:
    """An honest body of type `kind`; `seqs` are the steps before it, by label."""
    org = ORGS[profile.name]
    refers: Body = {"org": org, "plan": seqs.get("plan", 0)}
    match kind:
        case "plan.file":
            return {
                "attested": [],
                "bank": {"examiners": 3, "items": 600},
                "bases": ["standard"],
                "candidates": 30,
                "categories": [CATEGORIES.get(profile.name, "own-staff")],
                "exam_from": EXAM,
                "exam_to": SECOND,
                "insured_months": 12,
                "levels": ["3", "4"],
                "method": METHODS.get(profile.name, "theory-practice"),
                "occupation": occupation(),
                "org": org,
                "place": "实训楼（测试数据）",
                "plan": "测试-2026-1",
                "profile": profile.name,
                "staff": {"examiners": 5, "invigilators": 2, "supervisors": 2},
            }
        case "notice.open" if label == "candidates":
            days: Body = {"first": LIST, "last": LIST_LAST, "list": "candidates"}
            return refers | days | {"count": 30, "digest": digest(label)}
        case "notice.open":
            days = {"first": RESULTS, "last": LAST, "list": "results"}
            return refers | days | {"count": 28, "digest": digest(label)}
        case "notice.close" if label == "candidates closed":
            return {"notice": seqs["candidates"], "objections": 0, "org": org, "settled": 0}
        case "notice.close":
            closing: Body = {"notice": seqs["results"], "objections": 0, "org": org, "settled": 0}
            return closing | {"confirmation": digest(label), "passed": 2}
        case "supervision.report":
            form = FORMS[label or "internal"]
            points = [item.points[0] for item in form.items]
            report: Body = {"form": form.id, "held": SECOND, "points": cast("Value", points), "total": 100}
            return refers | report | {"vetoes": []}
        case "approval.give":
            given: Body = {"decision": "approved", "passed": 2, "step": label}
            numbers: Body = {"first": f"{org}263000001", "last": f"{org}263000999"}
            return refers | given | (numbers if label == "codes" else {})
        case "result.file":
            return refers | {"applied": 30, "examined": 29, "passed": 2}
        case "entrust.file":
            days = {"first": "2026-09-01", "last": "2026-12-31"}
            return days | {"agreement": digest("agreement"), "org": org, "other": OTHER, "role": "agent"}
        case "complaint.open":
            return {"about": "conduct", "org": org, "received": ISSUE}
        case "complaint.close":
            return {"complaint": seqs["complaint"], "org": org, "outcome": "rejected"}
        case "inspection.draw":
            return {"draws": 1, "inspectors": ["检查员一", "检查员二"], "orgs": [org]}
        case "org.rate":
            return {"grade": "A", "org": org, "year": 2026}
        case "code.audit":
            return {"numbers": 2, "org": org, "outcome": "in_order"}
        case _:
            raise KeyError(kind)


def cited(seqs: Mapping[str, int]) -> list[Value]:
    """What an issue cites of a course: everything but the open notices and the report."""
    return list[Value](sorted(seq for label, seq in seqs.items() if label not in ("candidates", "results", "report")))


def warned(profile: Profile, *rules: str) -> Profile:
    """The profile with some rules that only warn."""
    changed = {rule: replace(profile.rules[rule], severity=WARNING) for rule in rules}
    assert all(profile.rules[rule].severity == ERROR for rule in rules)
    return replace(profile, rules={**profile.rules, **changed})


class Bench:
    """A registry and a workflow, fed with entries one by one. `seqs` are those of the course, by label."""

    def __init__(
        self, profile: str | Profile = "cn-chongqing-2020-1", calendar: Calendar = working_day, /, **filed: Value
    ) -> None:
        self.profile = PROFILES[profile] if isinstance(profile, str) else profile
        self.org = ORGS[self.profile.name]
        self.workflow = Workflow({**PROFILES, self.profile.name: self.profile}, calendar)
        self.registry = Registry((REGISTRAR.key,))
        self.seq = 0
        self.seqs: dict[str, int] = {}
        self.file(self.org, profile=self.profile.name, **filed)

    def entry(self, kind: str, body: Body, day: str, by: Signer = REGISTRAR) -> Entry:
        self.seq += 1
        return parse_entry(format_entry(self.seq, bytes(32), format_time(morning(day)), sign_record(kind, body, by)))

    def file(self, org: str, /, **changes: Value) -> None:
        self.registry.add(self.entry("org.file", filing(org, **changes), START), verify)
        body: Body = {"key": format_vkey(signer(org).key), "org": org}
        self.registry.add(self.entry("key.add", body, START), verify)

    def add(self, kind: str, day: str, label: str = "", /, **changes: Value) -> Step:
        """Add one entry with an honest body, but for `changes`."""
        return self.add_without((), kind, day, label, **changes)

    def add_without(self, members: Collection[str], kind: str, day: str, label: str = "", /, **changes: Value) -> Step:
        """Add one entry that lacks some members."""
        body = body_of(kind, self.profile, self.seqs, label) | changes
        body = {name: value for name, value in body.items() if name not in members}
        step = self.workflow.add(self.entry(kind, body, day), self.registry)
        if label:
            self.seqs[label] = step.seq
        return step

    def run(
        self,
        *,
        changes: Mapping[str, Mapping[str, Value]] | None = None,
        days: Mapping[str, str] | None = None,
        left_out: Collection[str] = (),
        before: str = "",
    ) -> "Bench":
        """Add the whole course, or what comes before the step `before`, spoiled as asked."""
        _run(self.profile, self._write, changes or {}, days or {}, left_out, before, self.seqs)
        return self

    def _write(self, due: Due, body: Body, day: str) -> int:
        return self.workflow.add(self.entry(due.type, body, day), self.registry).seq

    def plan(self) -> Step:
        return self.workflow.steps[self.seqs["plan"]]


def _run(
    profile: Profile,
    write: Callable[[Due, Body, str], int],
    changes: Mapping[str, Mapping[str, Value]],
    days: Mapping[str, str],
    left_out: Collection[str],
    before: str,
    seqs: dict[str, int],
) -> None:
    labels = {due.label for due in course(profile)}
    assert labels.issuperset({*changes, *days, *left_out}), "the profile has no such step"
    for due in course(profile):
        if due.label == before:
            return
        if due.label not in left_out:
            body = body_of(due.type, profile, seqs, due.label) | dict(changes.get(due.label, {}))
            seqs[due.label] = write(due, body, days.get(due.label, due.day))


def refused(bench: Bench, kind: str, day: str, label: str = "", /, **changes: Value) -> str:
    """The reason for which the step is refused, or "" if it is taken; a refusal takes nothing."""
    before = dict(bench.workflow.steps), list(bench.workflow.undecided)
    try:
        bench.add(kind, day, label, **changes)
    except RuleError as error:
        assert (bench.workflow.steps, bench.workflow.undecided) == before
        return error.rule
    return ""


# -- whole ledgers -----------------------------------------------------------------------------------------------------


def asking(*profiles: str, start: str = START) -> Simulator:
    """A ledger for these profiles that refuses an issue without evidence; nobody is filed yet."""
    policy: Value = {"disclosure": "masked", "evidence": "required", "max_age": 7 * 86400, "witness": ""}
    return Simulator(first=opening(policy=policy, profiles=list[Value](profiles)), filed=False, start=start)


def requiring(profile: str, start: str = START, /, **changes: Value) -> Simulator:
    """A ledger that refuses an issue without evidence, with the profile's organisation filed, and its range."""
    ledger = asking(profile, start=start)
    org = ORGS[profile]
    ledger.file(org, **{**whole_filing(PROFILES[profile]), **changes})
    if PROFILES[profile].ranges is not None:
        ledger.evidence("range.assign", {"first": f"{org}263000001", "last": f"{org}263000999", "org": org})
    return ledger


def whole_filing(profile: Profile) -> Body:
    """What a filing under `profile` states, whole."""
    attested = {word for ask in profile.asks for word in ask.attested}
    attested |= {f"level-{level}" for kind in profile.kinds for level in kind.extra}
    whole: Body = {
        "attested": cast("Value", sorted(attested)),
        "authority": "测试数据·职业技能鉴定指导中心",
        "legal": digest("legal"),
        "office": "测试路1号",
        "profile": profile.name,
        "receipt": "测备〔2026〕1号",
        "registered": "测试路1号",
        "scope": [{"levels": ["3", "4"], "occupation": occupation(), "standard": {"kind": "national"}}],
    }
    return {**whole, "kind": profile.kinds[0].id} if profile.kinds else whole


def first_of(profile: str, serial: int = 1) -> str:
    """A number of the profile's organisation, of level 3."""
    return f"{ORGS[profile]}263{serial:06d}"


def evaluated(
    profile: str,
    *,
    ledger: Simulator | None = None,
    changes: Mapping[str, Mapping[str, Value]] | None = None,
    days: Mapping[str, str] | None = None,
    left_out: Collection[str] = (),
    before: str = "",
    issued: int = 2,
    issue: Mapping[str, Value] | None = None,
    written: str = ISSUE,
    first: int = 1,
) -> tuple[Simulator, dict[str, int]]:
    """A ledger with a course and so many certificates that rest on it, numbered from `first`; and the seqs by label."""
    ledger = ledger or requiring(profile)
    key = ledger.key(ORGS[profile])
    seqs: dict[str, int] = {}

    def write(due: Due, body: Body, day: str) -> int:
        return ledger.on(day).evidence(due.type, body, key if due.by == "organisation" else REGISTRAR)

    _run(PROFILES[profile], write, changes or {}, days or {}, left_out, before, seqs)
    if issued:
        facts: Body = {"evidence": cited(seqs), **(issue or {})}
        codes = [first_of(profile, serial) for serial in range(first, first + issued)]
        ledger.on(written).batch(*(certificate(ledger, profile, code, **facts) for code in codes))
    return ledger, seqs


def certificate(ledger: Simulator, profile: str, code: str, /, **changes: Value) -> Record:
    """The issue of `code`, with its public view."""
    ledger.masked.setdefault(code, masked_disclosure(code))
    body = issue_body(code) | {"issued": ISSUE, "profile": profile} | changes
    return sign_record("certificate.issue", body, ledger.key(ORGS[profile]))
