"""Evidence: the bodies of the workflow's records, from the plan of an evaluation to the handling of a complaint.

The ledger holds what happened, when and who signed it: dates, counts, closed words and digests, never a person. An
entry refers to an earlier one by its seq, so that nothing can be exchanged behind it.

    plan.file          org, plan (its own number), profile, occupation, levels, exam_from, exam_to, place, method,
                       candidates, categories, bases, staff {examiners, supervisors, invigilators}, attested;
                       entrusts? (seqs of entrust.file), bank? {items, examiners}, insured_months?, papers?
    notice.open        org, plan (seq), list (candidates or results), first, last, count, digest (of the published list)
    notice.close       org, notice (seq), objections, settled; passed?, confirmation? (digest of the signed form)
    result.file        org, plan (seq), applied, examined, passed; papers?
    entrust.file       org, role (principal or agent), other, agreement (digest), first, last
    approval.give      org, plan (seq), step, decision (approved or refused); passed?, first?, last? (numbers given)
    supervision.report org, plan (seq), form, held, points, total, vetoes
    complaint.open     org, about, received; plan? (seq)
    complaint.close    org, complaint (seq), outcome
    inspection.draw    orgs, inspectors (labels, never names), draws
    inspection.result  draw (seq), size, drawn [{org, inspector, outcome}]
    org.rate           org, year, grade
    code.audit         org, numbers, outcome

`papers` are digests of documents that the organisation keeps, each salted (SHA-256 over 16 random bytes and the file),
sorted. Who may sign which type is `registry`'s business, what follows what is `workflow`'s.
"""

from ledger.core.shape import (
    Check,
    ascending,
    certificate_code,
    count,
    date_text,
    digest_text,
    digests,
    distinct,
    level_code,
    list_of,
    members,
    occupation,
    org_code,
    text,
    word,
    word_of,
)

__all__ = ["ABOUT", "BY_EITHER", "BY_ORGANISATION", "EVIDENCE_TYPES", "OUTCOMES"]

# Closed lists of words, so that no free text brings a person into the chain. The words of a plan are the profile's.
ABOUT = ("certificate", "conduct", "fees", "other", "result")
OUTCOMES = {
    "complaint": ("rejected", "upheld", "withdrawn"),
    "inspection": ("defects", "in_order", "serious"),
    "code": ("defects", "in_order"),
}

_staff = members({"examiners": count, "supervisors": count, "invigilators": count})
_drawn = list_of(members({"org": org_code, "inspector": text, "outcome": word_of(OUTCOMES["inspection"])}), least=1)

EVIDENCE_TYPES: dict[str, tuple[dict[str, Check], dict[str, Check]]] = {
    "plan.file": (
        {
            "org": org_code,
            "plan": text,
            "profile": text,
            "occupation": occupation,
            "levels": distinct(level_code, least=1),
            "exam_from": date_text,
            "exam_to": date_text,
            "place": text,
            "method": word,
            "candidates": count,
            "categories": distinct(word, least=1),
            "bases": distinct(word, least=1),
            "staff": _staff,
            "attested": distinct(word),
        },
        {
            "entrusts": ascending,
            "bank": members({"items": count, "examiners": count}),
            "insured_months": count,
            "papers": digests,
        },
    ),
    "notice.open": (
        {
            "org": org_code,
            "plan": count,
            "list": word_of(("candidates", "results")),
            "first": date_text,
            "last": date_text,
            "count": count,
            "digest": digest_text,
        },
        {},
    ),
    "notice.close": (
        {"org": org_code, "notice": count, "objections": count, "settled": count},
        {"passed": count, "confirmation": digest_text},
    ),
    "result.file": (
        {"org": org_code, "plan": count, "applied": count, "examined": count, "passed": count},
        {"papers": digests},
    ),
    "entrust.file": (
        {
            "org": org_code,
            "role": word_of(("agent", "principal")),
            "other": org_code,
            "agreement": digest_text,
            "first": date_text,
            "last": date_text,
        },
        {},
    ),
    "approval.give": (
        {"org": org_code, "plan": count, "step": word, "decision": word_of(("approved", "refused"))},
        {"passed": count, "first": certificate_code, "last": certificate_code},
    ),
    "supervision.report": (
        {
            "org": org_code,
            "plan": count,
            "form": word,
            "held": date_text,
            "points": list_of(count, least=1),
            "total": count,
            "vetoes": distinct(word),
        },
        {},
    ),
    "complaint.open": ({"org": org_code, "about": word_of(ABOUT), "received": date_text}, {"plan": count}),
    "complaint.close": ({"org": org_code, "complaint": count, "outcome": word_of(OUTCOMES["complaint"])}, {}),
    "inspection.draw": (
        {"orgs": distinct(org_code, least=1), "inspectors": distinct(text, least=1), "draws": count},
        {},
    ),
    "inspection.result": ({"draw": count, "size": count, "drawn": _drawn}, {}),
    "org.rate": ({"org": org_code, "year": count, "grade": word_of(("A", "B", "C", "D"))}, {}),
    "code.audit": ({"org": org_code, "numbers": count, "outcome": word_of(OUTCOMES["code"])}, {}),
}

# Every other type is signed by a registrar.
BY_ORGANISATION = frozenset(("plan.file", "notice.open", "notice.close", "result.file"))
BY_EITHER = frozenset(("entrust.file", "supervision.report"))
