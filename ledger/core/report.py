"""Reports: the ordered steps of a verification and one verdict.

A report is canonical JSON, the same bytes from the command line and from the page:

    {"as_of":"...Z","checked_at":"...Z","checkpoint":{"origin","root","size"},"code":"...","disclosed":{...},
     "events":[...],"facts":{...},"masked":{...},"matched":{...},"organisation":{...},"reason":"...","steps":[...],"v":1,"verdict":"..."}

Absent values are absent members. A step is {"detail":{...}?,"id":"V1","reason":"...","state":"pass"}; its state is
pass, fail, unknown or not_reached.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from ledger.core.canonical import Value, format_canonical
from ledger.core.encoding import format_time

__all__ = [
    "EXIT_CODES",
    "GOOD",
    "STEP_IDS",
    "VERDICTS",
    "Report",
    "Step",
    "StepState",
    "Verdict",
    "format_report",
]

StepState = Literal["pass", "fail", "unknown", "not_reached"]
Verdict = Literal[
    "valid",
    "corrected",
    "reissued",
    "suspended",
    "revoked",
    "absent",
    "not_checked",
    "inconsistent",
    "unreadable",
]

STEP_IDS = ("V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8", "V9", "V10", "V11", "V12")
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
GOOD: frozenset[Verdict] = frozenset(("valid", "corrected", "reissued"))
EXIT_CODES: Mapping[Verdict, int] = {
    verdict: 0 if verdict in GOOD else 3 if verdict == "not_checked" else 1 for verdict in VERDICTS
}


@dataclass(frozen=True, slots=True)
class Step:
    """The outcome of one step of the procedure, with a reason code and facts for people who look closer."""

    id: str
    state: StepState
    reason: str
    detail: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """What a verification found. Times are unix seconds; `sections` holds the members that have a value.

    `seen` is the checkpoint note to remember for the next verification, `trust` the trust.json of a ledger that has
    custodians; neither is part of the printed report.
    """

    code: str
    verdict: Verdict
    reason: str
    checked_at: int
    steps: tuple[Step, ...]
    sections: Mapping[str, Value]
    seen: bytes | None = None
    trust: bytes | None = None


def format_report(report: Report) -> bytes:
    """Return the report as canonical JSON."""
    value: dict[str, Value] = {
        **report.sections,
        "checked_at": format_time(report.checked_at),
        "code": report.code,
        "reason": report.reason,
        "steps": [_step_value(step) for step in report.steps],
        "v": 1,
        "verdict": report.verdict,
    }
    return format_canonical(value)


def _step_value(step: Step) -> Value:
    value: dict[str, Value] = {"id": step.id, "reason": step.reason, "state": step.state}
    if step.detail:
        value["detail"] = dict(step.detail)
    return value
