"""Planted breaches: ledgers in which somebody went against a notice, and the rule that the audit must name.

Every ledger asks for evidence (policy "required") and has one breach; `then` are the findings that follow from it, such
as the issue that cites what does not stand. `BREACHES` are found, `ADVISED` are warnings, `UNDECIDED` are not checked.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from ledger.core.canonical import Value
from ledger.core.draw import draw
from ledger.core.merkle import leaf_hash, root
from ledger.core.published import PublishedList, digest_of_list, format_list
from ledger.core.record import Record, sign_record
from tests.evaluation import (
    AUDIT,
    FORMS,
    ISSUE,
    LAST,
    ORGS,
    asking,
    body_of,
    certificate,
    cited,
    evaluated,
    first_of,
    requiring,
    whole_filing,
)
from tests.simulator import PROFILES, REGISTRAR, Body, Simulator, filing, occupation, signer
from tests.vectors.audit_cases import Audited, Folder

__all__ = ["ADVISED", "BREACHES", "UNDECIDED", "Breach"]

ANHUI, CHONGQING, NATIONAL, SHANDONG, ZHEJIANG = sorted(ORGS)
SCHOOL = ORGS[CHONGQING]
SECOND = "S000050000002"
THIRD = "S000050000003"


@dataclass(frozen=True)
class Breach(Audited):
    """One breach and the rule that names it; `then`: what else is found because of it."""

    then: tuple[str, ...] = ()


BREACHES: list[Breach] = []
ADVISED: list[Breach] = []
UNDECIDED: list[Breach] = []


def breach(
    rule: str, comment: str, *then: str, into: list[Breach] = BREACHES
) -> Callable[[Callable[[], Simulator | Folder]], Callable[[], Simulator | Folder]]:
    def add(make: Callable[[], Simulator | Folder]) -> Callable[[], Simulator | Folder]:
        def folder() -> Folder:
            made = make()
            return made if isinstance(made, Folder) else Folder(made.files(), made.trust)

        into.append(Breach(make.__name__, rule, comment, folder, alone=not then, then=then))
        return make

    return add


def course(
    profile: str,
    *,
    changes: Mapping[str, Body] | None = None,
    days: Mapping[str, str] | None = None,
    issue: Mapping[str, Value] | None = None,
    issued: int = 2,
    before: str = "",
    left_out: Collection[str] = (),
    written: str = ISSUE,
    first: int = 1,
    ledger: Simulator | None = None,
) -> Simulator:
    """The ledger of an evaluation with certificates, spoiled as asked."""
    made, _ = evaluated(
        profile,
        ledger=ledger,
        changes=changes,
        days=days,
        issue=issue,
        issued=issued,
        before=before,
        left_out=left_out,
        written=written,
        first=first,
    )
    return made


def in_spring(profile: str, plan: str, last: str, *, close: str = "") -> Simulator:
    """An evaluation over the Spring Festival of 2026: the exam on 24 February, the results public from the 25th."""
    days = {"plan": plan, "results": "2026-02-25", "results closed": close or last}
    days["audit" if profile == CHONGQING else "report"] = "2026-03-05"
    exam: Body = {"exam_from": "2026-02-24", "exam_to": "2026-02-24"}
    changes: dict[str, Body] = {"plan": exam, "results": {"first": "2026-02-25", "last": last}}
    ledger = requiring(profile, "2026-01-05")
    return course(
        profile, ledger=ledger, changes=changes, days=days, issue={"issued": "2026-03-06"}, written="2026-03-06"
    )


def registered(kind: str, body: Body, by: str = "") -> Record:
    return sign_record(kind, body, signer(by) if by else REGISTRAR)


def school(org: str, ledger: Simulator) -> None:
    """One more school, filed whole."""
    ledger.file(org, **whole_filing(PROFILES[CHONGQING]))


# -- numbers and ranges ------------------------------------------------------------------------------------------------


@breach("range", "a number outside the range of its organisation")
def number_outside_its_range() -> Simulator:
    return course(ANHUI, first=1000)


@breach("range", "an enterprise of Anhui numbers before any range was assigned to it")
def numbered_without_a_range() -> Simulator:
    org = ORGS[ANHUI]
    ledger = asking(ANHUI)
    ledger.file(org, **whole_filing(PROFILES[ANHUI]))
    return course(ANHUI, ledger=ledger)


@breach("range", "the range was assigned behind the certificates")
def range_assigned_too_late() -> Simulator:
    org = ORGS[ANHUI]
    ledger = asking(ANHUI)
    ledger.file(org, **whole_filing(PROFILES[ANHUI]))
    course(ANHUI, ledger=ledger)
    ledger.batch(assigned(org, 1, 999))
    return ledger


def assigned(org: str, first: int, last: int) -> Record:
    return registered("range.assign", {"first": f"{org}263{first:06d}", "last": f"{org}263{last:06d}", "org": org})


@breach("range_overlaps", "two ranges that share their numbers")
def range_overlaps_another() -> Simulator:
    ledger = requiring(ANHUI)
    ledger.batch(assigned(ORGS[ANHUI], 999, 1500))
    return ledger


@breach("range_form", "a range that ends in another organisation's numbers")
def range_beyond_its_organisation() -> Simulator:
    org = ORGS[ANHUI]
    ledger = requiring(ANHUI)
    ledger.batch(registered("range.assign", {"first": f"{org}264000001", "last": f"{org[:-1]}9264000009", "org": org}))
    return ledger


@breach("history", "one number issued twice")
def number_issued_twice() -> Simulator:
    ledger, seqs = evaluated(CHONGQING)
    ledger.batch(certificate(ledger, CHONGQING, first_of(CHONGQING), evidence=cited(seqs)))
    return ledger


@breach("serial.order", "a number skipped in the middle of a range")
def number_skipped_in_its_range() -> Simulator:
    ledger, seqs = evaluated(ANHUI, issued=0)
    for serial in (1, 3):
        ledger.on(ISSUE).batch(certificate(ledger, ANHUI, first_of(ANHUI, serial), evidence=cited(seqs)))
    return ledger


@breach("numbers_given", "an enterprise of Zhejiang uses a number that the authority did not give")
def number_not_given() -> Simulator:
    given: Body = {"first": first_of(ZHEJIANG, 1), "last": first_of(ZHEJIANG, 2)}
    return course(ZHEJIANG, changes={"codes": given}, first=3)


@breach("approval_numbers", "the authority gives one number to two plans")
def number_given_twice() -> Simulator:
    given: Body = {"first": first_of(ZHEJIANG, 1), "last": first_of(ZHEJIANG, 2)}
    ledger = course(ZHEJIANG, changes={"codes": given})
    again: Body = {"exam_from": "2026-11-10", "exam_to": "2026-11-10", "plan": "测试-2026-2"}
    key = ledger.key(ORGS[ZHEJIANG])
    plan = ledger.evidence("plan.file", body_of("plan.file", PROFILES[ZHEJIANG], {}) | again, key)
    seqs = {"plan": plan}
    days: Body = {"first": "2026-11-11", "last": "2026-11-18"}
    seqs["results"] = ledger.on("2026-11-11").evidence("notice.open", notice(seqs) | days, key)
    closing = body_of("notice.close", PROFILES[ZHEJIANG], seqs)
    ledger.on("2026-11-18").evidence("notice.close", closing, key)
    for step in ("recheck", "codes"):
        body = body_of("approval.give", PROFILES[ZHEJIANG], seqs, step)
        ledger.evidence("approval.give", body | (given if step == "codes" else {}))
    return ledger


@breach("approval_numbers", "a refusal that gives numbers", "evidence_unknown")
def numbers_in_a_refusal() -> Simulator:
    given: Body = {"decision": "refused", "first": first_of(ZHEJIANG, 1), "last": first_of(ZHEJIANG, 2)}
    return course(ZHEJIANG, changes={"codes": given})


@breach("approval_numbers", "the authority of Zhejiang gives numbers without saying which", "evidence_unknown")
def codes_without_numbers() -> Simulator:
    ledger, seqs = evaluated(ZHEJIANG, issued=0, before="codes")
    body = body_of("approval.give", PROFILES[ZHEJIANG], seqs, "recheck") | {"step": "codes"}
    seqs["codes"] = ledger.evidence("approval.give", body)
    ledger.on(ISSUE).batch(certificate(ledger, ZHEJIANG, first_of(ZHEJIANG), evidence=cited(seqs)))
    return ledger


def notice(seqs: Mapping[str, int], profile: str = ZHEJIANG) -> Body:
    return body_of("notice.open", PROFILES[profile], seqs, "results")


# -- organisations -----------------------------------------------------------------------------------------------------


@breach("org_ended", "certificates issued after the retirement of the school")
def issued_after_retirement() -> Simulator:
    return ended("org.retire", "closed")


@breach("org_ended", "certificates issued after the school was removed for misconduct")
def issued_after_removal() -> Simulator:
    return ended("org.remove", "misconduct")


def ended(kind: str, reason: str) -> Simulator:
    ledger, seqs = evaluated(CHONGQING, issued=0)
    ledger.on(AUDIT).batch(registered(kind, {"org": SCHOOL, "reason": reason}))
    ledger.on(ISSUE).batch(certificate(ledger, CHONGQING, first_of(CHONGQING), evidence=cited(seqs)))
    return ledger


@breach("org_filed_twice", "the code of a retired school is given again")
def retired_code_given_again() -> Simulator:
    ledger = requiring(CHONGQING)
    ledger.batch(registered("org.retire", {"org": SCHOOL, "reason": "closed"}))
    ledger.batch(registered("org.file", filing(SCHOOL, **whole_filing(PROFILES[CHONGQING]))))
    return ledger


@breach("org_not_filed_then", "the successor of a merger issues under the old code")
def issued_under_the_old_code() -> Simulator:
    ledger, seqs = evaluated(CHONGQING, issued=0)
    school(SECOND, ledger)
    ledger.on(AUDIT).batch(retired(SCHOOL, SECOND), merged(SECOND, SCHOOL))
    late = sign_record(
        "certificate.issue",
        certificate(ledger, CHONGQING, first_of(CHONGQING), evidence=cited(seqs)).body,
        ledger.key(SECOND),
    )
    ledger.on(ISSUE).batch(late)
    return ledger


def retired(org: str, into: str) -> Record:
    return registered("org.retire", {"into": into, "org": org, "reason": "merged"})


def merged(into: str, *old: str) -> Record:
    return registered("org.merge", {"from": list[Value](old), "org": into})


def three_schools() -> Simulator:
    ledger = requiring(CHONGQING)
    school(SECOND, ledger)
    school(THIRD, ledger)
    return ledger


@breach("merge", "a merger of schools that were not retired")
def merged_without_retirement() -> Simulator:
    ledger = three_schools()
    ledger.batch(merged(THIRD, SCHOOL, SECOND))
    return ledger


@breach("merge", "a merger in which one of two was retired")
def merged_with_one_retirement() -> Simulator:
    ledger = three_schools()
    ledger.batch(retired(SCHOOL, THIRD), merged(THIRD, SCHOOL, SECOND))
    return ledger


@breach("merge", "schools retired into another, and no merger follows")
def retired_without_merger() -> Simulator:
    ledger = three_schools()
    ledger.batch(retired(SCHOOL, THIRD), retired(SECOND, THIRD))
    return ledger


@breach("merge", "the merger comes a batch later than its retirements")
def merged_a_batch_later() -> Simulator:
    ledger = three_schools()
    ledger.batch(retired(SCHOOL, THIRD))
    ledger.batch(merged(THIRD, SCHOOL))
    return ledger


@breach("merge", "one more was retired than the merger names")
def merger_forgets_one() -> Simulator:
    ledger = three_schools()
    ledger.batch(retired(SCHOOL, THIRD), retired(SECOND, THIRD), merged(THIRD, SCHOOL))
    return ledger


@breach("scope", "certificates of a level that was not filed")
def level_out_of_scope() -> Simulator:
    code = f"{SCHOOL}265000001"
    ledger, seqs = evaluated(CHONGQING)
    ledger.batch(certificate(ledger, CHONGQING, code, evidence=cited(seqs), level="5"))
    return ledger


@breach("title", "a level of the enterprise's own that it never filed")
def title_not_filed() -> Simulator:
    return course(SHANDONG, issue={"title": "首席技师"})


# -- the plan ----------------------------------------------------------------------------------------------------------


@breach("plan_late", "a plan one working day late, over the holidays of October", "evidence_unknown", "plan_unknown")
def plan_late_in_october() -> Simulator:
    return course(CHONGQING, days={"plan": "2026-09-22"})


@breach("plan_late", "a plan one working day late, over the Spring Festival", "evidence_unknown", "plan_unknown")
def plan_late_in_february() -> Simulator:
    return in_spring(ANHUI, "2026-02-04", "2026-03-04")


@breach("plan_late", "a plan filed on the very day of the exam", "evidence_unknown", "plan_unknown")
def plan_on_the_day_of_the_exam() -> Simulator:
    return course(SHANDONG, days={"plan": "2026-10-12"})


def planned(profile: str, /, **changes: Value) -> Simulator:
    """A plan that does not stand, and nothing else."""
    return course(profile, changes={"plan": changes}, issued=0, before="results")


@breach("plan_scope", "a plan for a level that was not filed")
def plan_out_of_scope() -> Simulator:
    return planned(CHONGQING, levels=["3", "5"])


@breach("profile_differs", "a plan under the laxer rules of another profile")
def plan_under_another_profile() -> Simulator:
    return planned(CHONGQING, profile=NATIONAL, categories=["own-staff"])


@breach("term", "an exam behind the end of the filing")
def exam_behind_the_filing() -> Simulator:
    ledger = requiring(CHONGQING, valid_to="2026-10-12")
    return course(CHONGQING, ledger=ledger, issued=0, before="results")


@breach("exam_dates", "an exam on the day before its plan is filed")
def exam_before_its_plan() -> Simulator:
    return course(NATIONAL, days={"plan": "2026-10-13"}, issued=0, before="audit")


@breach("staffing", "four examiners in Anhui, where five are the least")
def one_examiner_short() -> Simulator:
    staff: Value = {"examiners": 4, "invigilators": 9, "supervisors": 9}
    return course(ANHUI, changes={"plan": {"staff": staff}}, issued=0, before="results")


@breach("staffing", "one internal supervisor in Zhejiang, where two are the least")
def one_supervisor_short() -> Simulator:
    staff: Value = {"examiners": 3, "invigilators": 9, "supervisors": 1}
    return course(ZHEJIANG, changes={"plan": {"staff": staff}}, issued=0, before="candidates")


@breach("plan_words", "students from elsewhere, whom the notice does not admit")
def candidates_not_admitted() -> Simulator:
    return course(NATIONAL, changes={"plan": {"categories": ["enrolled-students"]}}, issued=0, before="audit")


@breach("plan_words", "a question bank of 599 items")
def question_bank_too_small() -> Simulator:
    bank: Value = {"examiners": 3, "items": 599}
    return course(ZHEJIANG, changes={"plan": {"bank": bank}}, issued=0, before="candidates")


@breach("plan_words", "candidates insured for eleven months")
def insured_too_short() -> Simulator:
    return course(ZHEJIANG, changes={"plan": {"insured_months": 11}}, issued=0, before="candidates")


def entrusting(*sides: str, profile: str = SHANDONG, **changes: Value) -> Simulator:
    """A plan that takes on another's candidates, with the agreement that these sides have filed."""
    org, other = ORGS[profile], f"{ORGS[profile][:-1]}2"
    ledger = requiring(profile)
    ledger.file(other, **whole_filing(PROFILES[profile]))
    words: Value = ["entrusted"] if profile == SHANDONG else [PROFILES[profile].candidates[0].id]
    seqs: list[Value] = []
    for side in sides:
        own, its = (org, other) if side == "agent" else (other, org)
        body = body_of("entrust.file", PROFILES[profile], {}) | {"org": own, "other": its, "role": side} | changes
        seqs.append(ledger.evidence("entrust.file", body, ledger.key(own)))
    made: dict[str, Body] = {"plan": {"categories": words, "entrusts": seqs}}
    return course(profile, ledger=ledger, changes=made, issued=0, before="city" if profile == SHANDONG else "results")


@breach("entrust", "others' candidates, and only the own side has filed the agreement")
def entrusted_by_one_side() -> Simulator:
    return entrusting("agent")


@breach("entrust", "others' candidates, and nobody has filed an agreement")
def entrusted_by_nobody() -> Simulator:
    return entrusting()


@breach("entrust", "an agreement that ends on the day before the exam")
def entrusted_until_the_day_before() -> Simulator:
    return entrusting("agent", "principal", last="2026-10-11")


@breach("entrust", "others' candidates where the notice forbids it")
def entrusted_where_it_is_forbidden() -> Simulator:
    return entrusting("agent", "principal", profile=CHONGQING)


# -- publicity ---------------------------------------------------------------------------------------------------------

FOLLOWS = ("evidence_unknown",)


@breach("publicity_short", "results public for six days, where seven are the least", *FOLLOWS, "report_early")
def results_one_day_short() -> Simulator:
    return course(ANHUI, changes={"results": {"last": "2026-10-20"}}, days={"results closed": LAST})


@breach("publicity_short", "four working days of publicity over the holidays of October", *FOLLOWS, "approval_order")
def results_one_working_day_short_in_october() -> Simulator:
    exam: Body = {"exam_from": "2026-09-25", "exam_to": "2026-09-25"}
    shown: Body = {"first": "2026-09-28", "last": "2026-10-09"}
    days = {"plan": "2026-09-02", "results": "2026-09-28", "results closed": "2026-10-10"}
    return course(CHONGQING, changes={"plan": exam, "results": shown}, days=days)


@breach("publicity_short", "four working days of publicity behind the Spring Festival", *FOLLOWS, "approval_order")
def results_one_working_day_short_in_february() -> Simulator:
    return in_spring(CHONGQING, "2026-02-03", "2026-03-02", close="2026-03-04")


@breach("publicity_short", "a list of results taken down a day early", *FOLLOWS, "approval_order")
def results_closed_a_day_early() -> Simulator:
    return course(CHONGQING, days={"results closed": "2026-10-20"})


@breach("publicity_short", "a list of results that ends before it begins", *FOLLOWS, "approval_order")
def results_end_before_they_begin() -> Simulator:
    return course(CHONGQING, changes={"results": {"last": "2026-10-15"}})


@breach("notice_late", "a list of results that claims to be public since yesterday", *FOLLOWS, "approval_order")
def results_backdated() -> Simulator:
    return course(CHONGQING, days={"results": "2026-10-15"})


@breach("notice_late", "results that were public before the exam had ended", *FOLLOWS, "approval_order")
def results_before_the_exam() -> Simulator:
    first: Body = {"first": "2026-10-12"}
    return course(CHONGQING, changes={"results": first}, days={"results": "2026-10-12"})


@breach("publicity_short", "the candidates public for four working days over the holidays", "evidence_unknown")
def candidates_published_late() -> Simulator:
    return course(ZHEJIANG, changes={"candidates": {"first": "2026-09-29"}}, days={"candidates": "2026-09-29"})


@breach("publicity_short", "the candidates still public on the day of the exam", "evidence_unknown")
def candidates_published_into_the_exam() -> Simulator:
    changes: dict[str, Body] = {"candidates": {"last": "2026-10-12"}}
    return course(ZHEJIANG, changes=changes, days={"candidates closed": "2026-10-12"})


@breach("notice_late", "the candidates published behind the exam", "evidence_unknown")
def candidates_published_afterwards() -> Simulator:
    return course(ZHEJIANG, days={"candidates": "2026-10-14", "candidates closed": "2026-10-14"})


@breach("notice_closed", "one list closed twice")
def list_closed_twice() -> Simulator:
    ledger, seqs = evaluated(CHONGQING)
    body = body_of("notice.close", PROFILES[CHONGQING], seqs)
    ledger.evidence("notice.close", body, ledger.key(SCHOOL))
    return ledger


@breach("notice_count", "more people published than the plan has candidates", *FOLLOWS, "approval_order")
def more_published_than_planned() -> Simulator:
    return course(CHONGQING, changes={"results": {"count": 31}})


@breach("objections", "more objections settled than were made", *FOLLOWS, "approval_order")
def more_settled_than_objected() -> Simulator:
    return course(CHONGQING, changes={"results closed": {"objections": 0, "settled": 1}})


@breach("objection_open", "certificates while an objection to the results is open")
def objection_left_open() -> Simulator:
    return course(CHONGQING, changes={"results closed": {"objections": 1}})


@breach("objection_open", "certificates while an objection to a candidate is open")
def objection_to_a_candidate_left_open() -> Simulator:
    return course(ZHEJIANG, changes={"candidates closed": {"objections": 3, "settled": 2}})


@breach("evidence_differs", "certificates on a list of results that a newer one has replaced")
def results_replaced() -> Simulator:
    ledger, seqs = evaluated(CHONGQING, issued=0)
    again: Body = {"first": AUDIT, "last": "2026-10-29"}
    ledger.evidence("notice.open", notice(seqs, CHONGQING) | again, ledger.key(SCHOOL))
    ledger.on(ISSUE).batch(certificate(ledger, CHONGQING, first_of(CHONGQING), evidence=cited(seqs)))
    return ledger


@breach("evidence_order", "certificates dated on a day on which the results were still public")
def dated_before_publicity_ended() -> Simulator:
    return course(CHONGQING, issue={"issued": "2026-10-20"})


@breach("notice_differs", "the list that is published is not the one that the notice committed to")
def published_list_changed() -> Folder:
    shown, other = (published(name) for name in ("张**", "李**"))
    ledger, seqs = listed(shown)
    files = {**ledger.files(), f"notice/{seqs['results']}.json": other}
    return Folder(files, ledger.trust)


@breach("notice_unmasked", "a published list with a whole name")
def published_list_unmasked() -> Folder:
    whole = published("张云岭")
    ledger, seqs = listed(whole)
    return Folder({**ledger.files(), f"notice/{seqs['results']}.json": whole}, ledger.trust)


@breach("notice_differs", "a published list of two, where the notice says 28")
def published_list_of_another_count() -> Folder:
    shown = published("张**")
    ledger, seqs = listed(shown, count=28)
    return Folder({**ledger.files(), f"notice/{seqs['results']}.json": shown}, ledger.trust)


@breach("file_unknown", "a published list of no notice")
def published_list_of_no_notice() -> Folder:
    ledger, _ = evaluated(CHONGQING)
    return Folder({**ledger.files(), "notice/3.json": published("张**")}, ledger.trust)


def published(name: str) -> bytes:
    rows = ((name, "2026001", "3", "passed"), (name, "2026002", "3", "passed"))
    return format_list(PublishedList(("name", "ticket", "level", "result"), rows, bytes(16)))


def listed(shown: bytes, count: int = 2) -> tuple[Simulator, dict[str, int]]:
    """An evaluation whose results were published as `shown`."""
    return evaluated(CHONGQING, changes={"results": {"count": count, "digest": digest_of_list(shown)}})


# -- approvals, results, counts ----------------------------------------------------------------------------------------


@breach("evidence_missing", "certificates without any evidence, where the ledger asks for it")
def nothing_cited() -> Simulator:
    return course(CHONGQING, issue={"evidence": []})


@breach("evidence_missing", "certificates without the approval of the centre")
def approval_missing() -> Simulator:
    return course(CHONGQING, left_out=["audit"])


@breach("evidence_missing", "certificates without the candidates' list")
def candidates_never_published() -> Simulator:
    return course(ZHEJIANG, left_out=["candidates", "candidates closed"])


@breach("evidence_missing", "certificates without the report of the internal supervisor")
def supervision_missing() -> Simulator:
    return course(ZHEJIANG, left_out=["internal"])


@breach("evidence_unknown", "certificates that cite an approval given after them")
def approved_afterwards() -> Simulator:
    ledger, seqs = evaluated(CHONGQING, issued=0, before="audit")
    later = len(ledger.raws) + 2
    ledger.batch(certificate(ledger, CHONGQING, first_of(CHONGQING), evidence=[*cited(seqs), later], issued=LAST))
    ledger.on(AUDIT).evidence("approval.give", body_of("approval.give", PROFILES[CHONGQING], seqs, "audit"))
    return ledger


@breach("approval_refused", "certificates although the centre has refused")
def approval_refused() -> Simulator:
    return course(CHONGQING, changes={"audit": {"decision": "refused"}})


@breach("approval_refused", "approved, then refused, then issued")
def approval_taken_back() -> Simulator:
    ledger, seqs = evaluated(CHONGQING, issued=0)
    body = body_of("approval.give", PROFILES[CHONGQING], seqs, "audit")
    ledger.evidence("approval.give", body | {"decision": "refused"})
    ledger.on(ISSUE).batch(certificate(ledger, CHONGQING, first_of(CHONGQING), evidence=cited(seqs)))
    return ledger


@breach("approval_order", "the province approves before the city", "evidence_missing")
def province_before_city() -> Simulator:
    ledger, seqs = evaluated(SHANDONG, issued=0, before="city")
    for step in ("province", "city"):
        body = body_of("approval.give", PROFILES[SHANDONG], seqs, step)
        seqs[step] = ledger.on(AUDIT).evidence("approval.give", body)
    rest = [seqs["plan"], seqs["city"]]
    ledger.on(ISSUE).batch(certificate(ledger, SHANDONG, first_of(SHANDONG), evidence=list[Value](rest)))
    return ledger


@breach("approval_order", "approved while the results are still public", "evidence_missing")
def approved_before_publicity_closed() -> Simulator:
    ledger, seqs = evaluated(CHONGQING, issued=0, before="results closed")
    body = body_of("approval.give", PROFILES[CHONGQING], seqs, "audit")
    ledger.on("2026-10-15").evidence("approval.give", body)
    closing = body_of("notice.close", PROFILES[CHONGQING], seqs)
    seqs["results closed"] = ledger.on(LAST).evidence("notice.close", closing, ledger.key(SCHOOL))
    ledger.on(ISSUE).batch(certificate(ledger, CHONGQING, first_of(CHONGQING), evidence=cited(seqs)))
    return ledger


@breach("approval_step", "an approval that the notice does not know", "evidence_unknown")
def approval_of_another_kind() -> Simulator:
    return course(CHONGQING, changes={"audit": {"step": "province"}})


@breach("signer_not_allowed", "the school signs its own approval", "evidence_unknown")
def approval_by_the_school() -> Simulator:
    return approved_by(lambda body, ledger: sign_record("approval.give", body, ledger.key(SCHOOL)))


@breach("record_signature", "an approval without a good signature", "evidence_unknown")
def approval_unsigned() -> Simulator:
    def forged(body: Body, _: Simulator) -> Record:
        good = sign_record("approval.give", body, REGISTRAR)
        return replace(good, sig=sign_record("approval.give", body | {"passed": 1}, REGISTRAR).sig)

    return approved_by(forged)


@breach("key_unknown", "an approval by a key of the registrar's name that nobody pinned", "evidence_unknown")
def approval_by_a_thief() -> Simulator:
    thief = signer(REGISTRAR.key.name, "thief")
    return approved_by(lambda body, _: sign_record("approval.give", body, thief))


def approved_by(sign: Callable[[Body, Simulator], Record]) -> Simulator:
    """Certificates that cite an approval with this signature."""
    ledger, seqs = evaluated(CHONGQING, issued=0, before="audit")
    record = sign(body_of("approval.give", PROFILES[CHONGQING], seqs, "audit"), ledger)
    [seqs["audit"]] = ledger.on(AUDIT).batch(record)
    ledger.on(ISSUE).batch(certificate(ledger, CHONGQING, first_of(CHONGQING), evidence=cited(seqs)))
    return ledger


@breach("notice_count", "more approved than passed", "evidence_unknown")
def more_approved_than_passed() -> Simulator:
    return course(CHONGQING, changes={"audit": {"passed": 3}})


@breach("confirmation_count", "three certificates where two passed without objection")
def more_issued_than_confirmed() -> Simulator:
    return course(ZHEJIANG, issued=3)


@breach("confirmation_count", "one certificate where two passed: somebody is waiting", into=ADVISED)
def fewer_issued_than_confirmed() -> Simulator:
    return course(ZHEJIANG, issued=1)


@breach("report_late", "the result filed one working day late")
def result_filed_late() -> Simulator:
    return course(ANHUI, days={"report": "2026-11-05"}, written="2026-11-05")


@breach("report_late", "the result filed one working day late, over the Spring Festival")
def result_filed_late_in_spring() -> Simulator:
    exam: Body = {"exam_from": "2026-02-02", "exam_to": "2026-02-02"}
    shown: Body = {"first": "2026-02-03", "last": "2026-02-10"}
    days = {"plan": "2026-01-06", "report": "2026-03-03", "results": "2026-02-03", "results closed": "2026-02-10"}
    return course(
        ANHUI,
        ledger=requiring(ANHUI, "2026-01-05"),
        changes={"plan": exam, "results": shown},
        days=days,
        issue={"issued": "2026-03-03"},
        written="2026-03-03",
    )


@breach("report_late", "the result is not filed, and the last day is over")
def result_never_filed() -> Simulator:
    ledger = course(ANHUI, left_out=["report"])
    ledger.on("2026-11-05").renew()
    return ledger


@breach("report_early", "the result filed while it is still public", "report_late")
def result_filed_early() -> Simulator:
    ledger, seqs = evaluated(ANHUI, issued=0, before="results closed")
    body = body_of("result.file", PROFILES[ANHUI], seqs)
    ledger.on("2026-10-15").evidence("result.file", body, ledger.key(ORGS[ANHUI]))
    closing = body_of("notice.close", PROFILES[ANHUI], seqs)
    ledger.on(LAST).evidence("notice.close", closing, ledger.key(ORGS[ANHUI]))
    ledger.on("2026-11-05").renew()
    return ledger


@breach("notice_count", "the result says that more passed than were confirmed")
def result_of_another_count() -> Simulator:
    return course(ANHUI, changes={"report": {"passed": 3}})


@breach("evidence_differs", "certificates on the evaluation of another occupation")
def evidence_of_another_plan() -> Simulator:
    whole: Value = {"code": "6-18-01-02", "name": "铣工"}
    scope: Value = [
        {"levels": ["3", "4"], "occupation": occupation(), "standard": {"kind": "national"}},
        {"levels": ["3"], "occupation": whole, "standard": {"kind": "national"}},
    ]
    return course(CHONGQING, ledger=requiring(CHONGQING, scope=scope), issue={"occupation": whole})


@breach("evidence_differs", "certificates on the evaluation of another school")
def evidence_of_another_organisation() -> Simulator:
    ledger, seqs = evaluated(CHONGQING)
    school(SECOND, ledger)
    stolen = certificate(ledger, CHONGQING, f"{SECOND}263000001", evidence=cited(seqs))
    ledger.on(ISSUE).batch(sign_record("certificate.issue", stolen.body, ledger.key(SECOND)))
    return ledger


@breach("evidence_differs", "certificates that cite the plan of one evaluation and the results of another")
def evidence_of_two_plans() -> Simulator:
    ledger, first = evaluated(CHONGQING)
    again: dict[str, Body] = {"plan": {"exam_from": "2026-11-06", "exam_to": "2026-11-06", "plan": "测试-2026-2"}}
    again["results"] = {"first": "2026-11-09", "last": "2026-11-16"}
    days = {"results": "2026-11-09", "results closed": "2026-11-16", "audit": "2026-11-17"}
    _, second = evaluated(CHONGQING, ledger=ledger, changes=again, days=days, issued=0)
    mixed = [first["plan"], second["results closed"], second["audit"]]
    body: Body = {"evidence": list[Value](mixed), "issued": "2026-11-18"}
    ledger.on("2026-11-18").batch(certificate(ledger, CHONGQING, first_of(CHONGQING, 3), **body))
    return ledger


@breach("evidence_differs", "a certificate corrected to an occupation that was never examined")
def corrected_beyond_the_plan() -> Simulator:
    milling: Value = {"code": "6-18-01-02", "name": "铣工"}
    scope: Value = [
        {"levels": ["3", "4"], "occupation": occupation(), "standard": {"kind": "national"}},
        {"levels": ["3"], "occupation": milling, "standard": {"kind": "national"}},
    ]
    ledger, seqs = evaluated(CHONGQING, ledger=requiring(CHONGQING, scope=scope))
    return corrected(ledger, evidence=cited(seqs), occupation=milling)


@breach("evidence_differs", "a certificate of Zhejiang corrected to a level that was never examined")
def corrected_to_another_level() -> Simulator:
    scope: Value = [{"levels": ["1", "3", "4"], "occupation": occupation(), "standard": {"kind": "national"}}]
    ledger, seqs = evaluated(ZHEJIANG, ledger=requiring(ZHEJIANG, scope=scope))
    return corrected(ledger, ZHEJIANG, evidence=cited(seqs), level="1")


@breach("evidence_differs", "a correction that drops the evidence")
def corrected_without_evidence() -> Simulator:
    ledger, _ = evaluated(CHONGQING)
    return corrected(ledger, evidence=[])


def corrected(ledger: Simulator, profile: str = CHONGQING, **changes: Value) -> Simulator:
    body = certificate(ledger, profile, first_of(profile), **changes).body
    correction = sign_record("certificate.correct", {**body, "reason": "error"}, ledger.key(ORGS[profile]))
    ledger.batch(correction)
    return ledger


# -- supervision, complaints, draws ------------------------------------------------------------------------------------


@breach("veto", "certificates although the internal supervisor vetoed the evaluation")
def veto_ignored() -> Simulator:
    return course(ZHEJIANG, changes={"internal": {"total": 0, "vetoes": ["leak"]}})


@breach("veto", "certificates that do not cite the veto of the external supervisor")
def veto_not_cited() -> Simulator:
    ledger, seqs = evaluated(ZHEJIANG, issued=0)
    body = body_of("supervision.report", PROFILES[ZHEJIANG], seqs, "external") | {"total": 0, "vetoes": ["disorder"]}
    ledger.evidence("supervision.report", body)
    ledger.on(ISSUE).batch(certificate(ledger, ZHEJIANG, first_of(ZHEJIANG), evidence=cited(seqs)))
    return ledger


def scored(**changes: Value) -> Simulator:
    return course(ZHEJIANG, changes={"internal": changes})


BEST = [item.points[0] for item in FORMS["internal"].items]


@breach("points", "a score that the form does not allow", "evidence_unknown")
def score_not_allowed() -> Simulator:
    return scored(points=list[Value]([BEST[0] - 1, *BEST[1:]]), total=99)


@breach("veto_total", "a total that is off by one", "evidence_unknown")
def total_off_by_one() -> Simulator:
    return scored(total=99)


@breach("veto_total", "a veto, and points all the same", "evidence_unknown")
def veto_with_points() -> Simulator:
    return scored(vetoes=["leak"])


@breach("exam_dates", "a supervision before the exam began", "evidence_unknown")
def supervised_before_the_exam() -> Simulator:
    return scored(held="2026-10-11")


@breach("complaint_unknown", "a complaint closed twice")
def complaint_closed_twice() -> Simulator:
    ledger, seqs = evaluated(CHONGQING)
    profile = PROFILES[CHONGQING]
    seqs["complaint"] = ledger.evidence("complaint.open", body_of("complaint.open", profile, seqs))
    for _ in range(2):
        ledger.evidence("complaint.close", body_of("complaint.close", profile, seqs))
    return ledger


def drawn(**changes: Value) -> Simulator:
    """A draw of one school of three, and a result."""
    ledger = three_schools()
    pool, inspectors = [SCHOOL, SECOND, THIRD], ["检查员一", "检查员二"]
    announced = ledger.evidence("inspection.draw", {"draws": 1, "inspectors": inspectors, "orgs": list[Value](pool)})
    ledger.renew()
    size = len(ledger.raws)
    [(org, inspector)] = draw(pool, inspectors, 1, root([leaf_hash(raw) for raw in ledger.raws]))
    pair: Body = {"inspector": inspector, "org": org, "outcome": "in_order"}
    others = {"inspector": next(one for one in inspectors if one != inspector)}
    others |= {"org": next(one for one in pool if one != org)}
    told: Body = {"draw": announced, "size": size}
    told["drawn"] = [pair | {name: others[name] for name in changes if name in others}]
    ledger.evidence("inspection.result", told | {name: value for name, value in changes.items() if name not in others})
    return ledger


@breach("draw_result", "a school inspected that the checkpoint did not draw")
def another_school_drawn() -> Simulator:
    return drawn(org="")


@breach("draw_result", "an inspector sent whom the checkpoint did not draw")
def another_inspector_drawn() -> Simulator:
    return drawn(inspector="")


@breach("draw_result", "a draw from a later checkpoint, made to measure")
def drawn_from_a_later_checkpoint() -> Simulator:
    return drawn(size=99)


@breach("draw_pool", "a draw among schools of which one has retired")
def drawn_among_the_retired() -> Simulator:
    ledger = three_schools()
    ledger.batch(registered("org.retire", {"org": SECOND, "reason": "closed"}))
    pool: Value = [SCHOOL, SECOND, THIRD]
    ledger.evidence("inspection.draw", {"draws": 1, "inspectors": ["检查员一"], "orgs": pool})
    return ledger


# -- filings -----------------------------------------------------------------------------------------------------------


@breach("filing.validity", "a filing of Chongqing for three years and a day")
def filed_for_too_long() -> Simulator:
    return requiring(CHONGQING, valid_from="2026-01-01", valid_to="2029-01-02")


@breach("profile_differs", "an enterprise filed under a profile that the ledger was not opened for")
def filed_under_a_profile_not_opened() -> Simulator:
    ledger = asking(CHONGQING)
    ledger.file(ORGS[ANHUI], **whole_filing(PROFILES[ANHUI]))
    return ledger


@breach("filing.receipt", "a school filed without its receipt")
def filed_without_a_receipt() -> Simulator:
    ledger = asking(CHONGQING)
    whole = whole_filing(PROFILES[CHONGQING])
    ledger.file(SCHOOL, **{name: value for name, value in whole.items() if name != "receipt"})
    return ledger


@breach("kind.levels", "an ordinary school files level 3")
def level_beyond_the_kind_of_school() -> Simulator:
    return requiring(CHONGQING, kind="ordinary-school")


@breach("org.sequence", "a school code out of sequence")
def school_code_skipped() -> Simulator:
    ledger = requiring(CHONGQING)
    school(THIRD, ledger)
    return ledger


# -- terms that nobody can compute -------------------------------------------------------------------------------------


@breach("undecided", "results public from the last day that there is", into=UNDECIDED)
def results_public_from_the_last_day_there_is() -> Simulator:
    last: Body = {"first": "9999-12-31", "last": "9999-12-31"}
    return course(ANHUI, changes={"results": last}, before="results closed", issued=0)


@breach("undecided", "an exam in a year whose holidays nobody knows", into=UNDECIDED)
def exam_in_a_year_without_a_calendar() -> Simulator:
    ledger = requiring(ANHUI, valid_to="2040-12-31")
    exam: Body = {"exam_from": "2040-03-01", "exam_to": "2040-03-01"}
    return course(ANHUI, ledger=ledger, changes={"plan": exam}, issued=0, before="results")
