"""Gating: before anything is signed, issues are held to the evidence that an audit will hold them to.

The rules are the core's (`gates`): what is told here is the same reason, with the place in the notice, as a finding.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from ledger.app.evidence import evidence_of
from ledger.app.sources import with_source
from ledger.core.errors import RuleError
from ledger.core.gates import Gate
from ledger.core.profile import ERROR, WARNING, Profile
from ledger.core.record import Body
from ledger.core.workflow import Step
from ledger.forms.findings import Finding, Place, Problem, make_finding
from ledger.locales import LANGUAGES, load_texts

__all__ = ["Cited", "cite", "count_findings", "given_numbers", "rehearse", "rule_finding"]

_OWN = "账本约定"

# reason -> the rule of a profile that is behind it, for reasons that do not carry their place
_RULES: Mapping[str, tuple[str, ...]] = {
    "confirmation_count": ("publicity.confirmation", "period.publicity"),
    "numbers_given": ("approval.codes",),
    "evidence_missing": ("records.kept",),
    "scope": ("scope.covered",),
    "term": ("filing.validity",),
    "evaluator_differs": ("evaluator.name",),
    "title": ("level.own",),
    "range": ("range.assigned",),
    "code_form": ("code.serial", "code.own"),
    "code_year": ("code.year",),
    "code_level": ("code.level",),
    "signer_not_allowed": ("issuer.same",),
    "record_signature": ("responsibility.trace",),
    "org_ended": ("org.never_reassigned", "org.exit"),
    "disclosure_differs": ("publicity.masked",),
}


@dataclass(frozen=True, slots=True)
class Cited:
    """What a batch cites: seqs of evidence, ascending, and the numbers that approvals among it gave."""

    evidence: tuple[int, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()


def cite(gate: Gate, plan: int | None, before: int) -> Cited:
    """Return what issues under the plan of the entry `plan`, written from the entry `before` on, must cite.

    Raises RuleError naming what is missing, with the place in the notice.
    """
    if plan is None:
        return Cited()
    evidence = evidence_of(gate.workflow, plan, before)
    return Cited(tuple(evidence), given_numbers(gate, evidence))


def given_numbers(gate: Gate, evidence: Iterable[int]) -> tuple[tuple[str, str], ...]:
    """Return the numbers, first and last, that the approvals among `evidence` gave (赋码)."""
    steps = (gate.workflow.steps.get(seq) for seq in evidence)
    given = [step.body for step in steps if step and step.type == "approval.give" and "first" in step.body]
    return tuple((cast("str", body["first"]), cast("str", body["last"])) for body in given)


def rehearse(
    gate: Gate,
    bodies: Iterable[tuple[int, Body]],
    seq: int,
    profile: Profile,
    earlier: int,
    place: Callable[[int], Place],
) -> tuple[list[Finding], int]:
    """Hold issues (row number, body), written from the entry `seq` on, to the evidence of the one plan that they cite.

    Returns the findings, each reason once, and the number of certificates on the plan; `earlier` were issued before.
    """
    found: dict[tuple[str, str], Finding] = {}
    resting: dict[int, int] = {}
    number = earlier
    for row, body in bodies:
        try:
            notice = gate.check(body, seq, profile)
        except RuleError as error:
            if (error.rule, error.reason) not in found:
                told = with_source(error, profile, body)
                found[error.rule, error.reason] = rule_finding(told, place(row), profile)
        else:
            number += 1
            if notice is not None:
                resting[notice] = number
    findings = list(found.values())
    if not findings:  # with rows left out, a count would mislead
        findings += count_findings(gate, resting, profile, place(0))
    return findings, number


def count_findings(gate: Gate, resting: Mapping[int, int], profile: Profile, place: Place) -> Iterator[Finding]:
    """Find a plan on which another number is issued than passed; `resting`: closed notice -> certificates on its plan.

    All that passed are issued together, no more and no fewer (浔人社发〔2023〕5号 附件4: one confirmation, one batch);
    only where a plan has several levels they may come level by level.
    """
    for owed in gate.counts(resting):
        plan = cast("Step", gate.workflow.steps[owed.seq].plan)
        together = owed.binding or len(cast("list[str]", plan.body["levels"])) == 1
        finding = rule_finding(RuleError(owed.rule, owed.problem), place, profile)
        yield replace(finding, severity=ERROR if together else WARNING)


def rule_finding(error: RuleError, place: Place, profile: Profile | None) -> Finding:
    """Return a refusal of the core as a finding: under its reason code, what it means, the detail, the source.

    A place in parentheses at the end of the reason, as the core writes it, is the source.
    """
    detail, source = error.reason, ""
    rules = profile.rules if profile is not None else {}
    head, _, tail = detail.rpartition(" (")
    if head and tail.removesuffix(")") in {rule.source for rule in rules.values()}:
        detail, source = head, tail.removesuffix(")")
    named = next((rules[name].source for name in _RULES.get(error.rule, ()) if name in rules), _OWN)
    zh, en = (load_texts(language).get(f"reason.{error.rule}", error.rule).rstrip("。.") for language in LANGUAGES)
    details = {"meaning": zh, "meaning_en": en, "detail": detail, "source": source or named}
    return replace(make_finding(Problem("rule.broken", details), place, profile), rule=error.rule)
