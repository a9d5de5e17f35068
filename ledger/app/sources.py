"""Sources: where a notice says what an entry of the workflow is refused for.

The core's refusals name a reason code; some carry the place already. Here is the rule of the profile behind each of
the others, so that whoever is refused can read it up.
"""

from collections.abc import Mapping
from typing import cast

from ledger.core.canonical import Value
from ledger.core.errors import RuleError
from ledger.core.profile import Profile

__all__ = ["with_source"]

_PUBLICITY = ("period.publicity",)
# reason -> the rules that may be behind it; the profile's first one is told
_RULES: Mapping[str, tuple[str, ...]] = {
    "plan_scope": ("scope.covered",),
    "exam_dates": ("period.plan",),
    "term": ("filing.validity",),
    "entrust": ("entrusting.accept", "entrusting.forbidden"),
    "notice_late": _PUBLICITY,
    "publicity_short": _PUBLICITY,
    "notice_closed": _PUBLICITY,
    "notice_count": ("publicity.confirmation", *_PUBLICITY),
    "objections": ("publicity.objection", *_PUBLICITY),
    "objection_open": ("publicity.objection", *_PUBLICITY),
    "report_early": ("period.report", "period.publicity"),
    "veto": ("supervision.internal",),
    "draw_pool": ("inspection.random",),
    "draw_result": ("inspection.random",),
    "complaint_unknown": ("complaint.accepted",),
}
_WORDS = {"categories": "candidate.category", "bases": "application.basis", "method": "evaluation.method"}


def with_source(
    error: RuleError, profile: Profile | None, body: Mapping[str, Value], listed: str = "results"
) -> RuleError:
    """Return `error` with the place of its rule behind the reason, if the profile has one and it is not there yet.

    `body` is that of the record which is refused, `listed` the list of the notice that it is about.
    """
    if profile is None or any(rule.source in error.reason for rule in profile.rules.values()):
        return error
    names = _candidates(error, profile, body)
    if listed == "candidates":
        names = tuple("period.candidates" if name == "period.publicity" else name for name in names)
    rule = next((profile.rules[name] for name in names if name in profile.rules), None)
    return error if rule is None else RuleError(error.rule, f"{error.reason} ({rule.source})")


def _candidates(error: RuleError, profile: Profile, body: Mapping[str, Value]) -> tuple[str, ...]:
    match error.rule:
        case "plan_words":
            return tuple(rule for word, rule in _WORDS.items() if error.reason.startswith(f"{word}:"))
        case "approval_step" | "approval_order" | "approval_numbers" | "approval_refused":
            approvals = [item for item in profile.evidence if item.kind == "approval"]
            return tuple(item.rule for item in sorted(approvals, key=lambda item: item.step != body.get("step")))
        case "points" | "veto_total":
            return tuple(form.rule for form in profile.supervision if form.id == cast("str", body.get("form")))
        case _:
            return _RULES.get(error.rule, ())
