"""Bodies: every type has its members and no others; a member has its form and no other."""

from typing import cast

import pytest

from ledger.core.body import REASONS, TYPES, check_body
from ledger.core.canonical import Value
from ledger.core.errors import FormatError
from tests.bodies import BODIES, DIGEST, ROOT, VKEY
from tests.simulator import OTHER, SCHOOL, filing, issue_body, number, occupation, opening

FILED_MORE = {
    *("attested", "authority", "edition", "kind", "legal", "office", "papers", "receipt", "registered", "titles"),
}
OPTIONAL = {
    "ledger.open": {"predecessor"},
    "org.file": FILED_MORE,
    "org.amend": FILED_MORE,
    "org.retire": {"into"},
    "certificate.issue": {"medium", "title"},
    "certificate.correct": {"medium", "title"},
    "index": {"previous"},
    "plan.file": {"bank", "entrusts", "insured_months", "papers"},
    "notice.close": {"confirmation", "passed"},
    "result.file": {"papers"},
    "approval.give": {"first", "last", "passed"},
    "complaint.open": {"plan"},
}
MEMBERS = [(kind, name) for kind, body in BODIES.items() for name in body]

# Values that no member of a kind accepts: of another type, empty, too long, of other characters.
TEXT: list[Value] = ["", " a", "a ", "a" * 201, 1, True, [], {}]
CODES: list[Value] = ["", number(1)[:-1], number(1) + "0", number(1).lower(), number(1)[:-1] + "１", 1, []]
ORGS: list[Value] = ["", SCHOOL[:-1], SCHOOL + "0", SCHOOL.lower(), 1, []]
DATES: list[Value] = ["", "2026-13-01", "2026-02-30", "2026-1-1", "20261120", 20261120, []]
REASON: list[Value] = ["", "Fraud", "because", 1, [], {}]
LEVELS: list[Value] = ["", "33", "三", "a", 3, []]
COUNTS: list[Value] = [-1, True, "1", []]
VKEYS: list[Value] = ["", VKEY[:-1], "a+00000000+AAAA", 1, []]
OCCUPATIONS: list[Value] = [
    {},
    {"code": "1"},
    {"name": "车工"},
    {"code": "", "name": "车工"},
    {"code": "1", "name": "车工", "job": ""},
    {"code": "1", "name": "车工", "x": "y"},
    "车工",
]
SCOPES: list[Value] = [
    [],
    {},
    [{}],
    [{"levels": [], "occupation": {"code": "1", "name": "车工"}}],
    [{"levels": ["33"], "occupation": {"code": "1", "name": "车工"}}],
    [{"levels": ["3"], "occupation": {}}],
    ["车工"],
    [{"levels": ["3"], "occupation": {"code": "1", "name": "车工"}}] * 1001,
    [{"levels": ["3"], "occupation": {"code": "1", "name": "车工"}, "standard": {}}],
    [{"levels": ["3"], "occupation": {"code": "1", "name": "车工"}, "standard": {"kind": "国标"}}],
    [{"levels": ["3"], "occupation": {"code": "1", "name": "车工"}, "standard": {"kind": "national", "ref": ""}}],
]
WORDS: list[Value] = ["", "Upper", "两", "a b", "a_b", "w" * 41, 1, []]
LISTED: list[Value] = [DIGEST[:-1] + "B", DIGEST[1:], DIGEST + "A", "+" * 43, "", 1, []]  # what is no single digest
SOME_DIGESTS: list[Value] = [
    [],
    {},
    "x",
    [DIGEST] * 2,
    ["B" * 43, DIGEST],
    [DIGEST[1:]],
    [DIGEST + "A"],
    ["+" * 43],
    [1],
    list[Value](f"{n:042d}A" for n in range(65)),
    [DIGEST[:-1] + "B"],  # another spelling of the same bytes
]
SEQS: list[Value] = [[1, 1], [2, 1], [-1], [True], ["1"], {}, list[Value](range(1001))]
TOO_MANY: Value = list[Value](f"w{n:04d}" for n in range(1001))
WORD_SETS: list[Value] = ["x", {}, ["b", "a"], ["a", "a"], [""], ["A"], [1], TOO_MANY]
CHOICE: list[Value] = ["", "other-word", "A ", 1, [], {}]
BAD: dict[str, list[Value]] = {
    "batch": ["", "0" * 63, "0" * 63 + "A", 1],
    "bits": [-1, 33, True, "0"],
    "code": CODES,
    "digest": LISTED,
    "disclosures": SOME_DIGESTS,
    "edition": WORDS,
    "effective": DATES,
    "evaluator": TEXT,
    "evidence": SEQS,
    "into": ORGS,
    "issued": DATES,
    "key": VKEYS,
    "key_id": ["", "0123ABCD", "0123abc", 1],
    "kind": TEXT,
    "level": LEVELS,
    "log_key": VKEYS,
    "name": TEXT,
    "note": ["", "x", "a text\n", 1],
    "occupation": OCCUPATIONS,
    "operator": TEXT,
    "org": ORGS,
    "origin": TEXT,
    "policy": [
        {},
        {"disclosure": "masked", "max_age": -1, "witness": ""},
        {"disclosure": "masked", "max_age": 1},
        {"disclosure": "masked", "max_age": 1, "witness": 1},
        {"disclosure": "masked", "max_age": 1, "witness": "quorum w\n"},
        {"disclosure": "masked", "evidence": "", "max_age": 1, "witness": ""},
        {"disclosure": "masked", "evidence": "optional", "max_age": 1, "witness": ""},
        "x",
    ],
    "predecessor": [{}, {"log_key": VKEY, "origin": "x", "root": ROOT}, "x", 1],
    "previous": COUNTS,
    "profile": TEXT,
    "profiles": [[], [""], "x", {}],
    "reason": REASON,
    "registrar_keys": [[], [VKEY[:-1]], VKEY, {}],
    "root": ["", ROOT[:-1], "A" * 42 + "==", "B" * 43 + "=", 1, []],
    "scope": SCOPES,
    "size": COUNTS,
    "uscc": ["", "1" * 17, "1" * 19, "a" * 18, 1],
    "valid_from": DATES,
    "valid_to": DATES,
    "about": [*CHOICE, "reject"],
    "agreement": LISTED,
    "applied": COUNTS,
    "attested": WORD_SETS,
    "authority": TEXT,
    "bank": [{}, {"items": 600}, {"examiners": 3, "items": -1}, {"examiners": 3, "items": 600, "x": 1}, 600],
    "bases": [[], *WORD_SETS],
    "candidates": COUNTS,
    "categories": [[], *WORD_SETS],
    "complaint": COUNTS,
    "confirmation": LISTED,
    "count": COUNTS,
    "decision": [*CHOICE, "yes"],
    "draw": COUNTS,
    "drawn": [
        [],
        {},
        [{}],
        [{"inspector": "检查员一", "org": SCHOOL}],
        [{"inspector": "", "org": SCHOOL, "outcome": "in_order"}],
        [{"inspector": "检查员一", "org": SCHOOL, "outcome": "fine"}],
        [{"inspector": "检查员一", "org": SCHOOL[:-1], "outcome": "in_order"}],
    ],
    "draws": COUNTS,
    "entrusts": SEQS,
    "exam_from": DATES,
    "exam_to": DATES,
    "examined": COUNTS,
    "first": DATES,
    "form": WORDS,
    "from": [[], {}, SCHOOL, [SCHOOL, SCHOOL], [OTHER, SCHOOL], [SCHOOL[:-1]]],
    "grade": [*CHOICE, "E", "a"],
    "held": DATES,
    "inspectors": [[], {}, [""], ["乙", "乙"], ["b", "a"]],
    "insured_months": COUNTS,
    "last": DATES,
    "legal": LISTED,
    "levels": [[], {}, "3", ["4", "3"], ["3", "3"], ["33"]],
    "list": [*CHOICE, "result"],
    "medium": [*CHOICE, "plastic"],
    "method": WORDS,
    "notice": COUNTS,
    "numbers": COUNTS,
    "objections": COUNTS,
    "office": TEXT,
    "orgs": [[], {}, SCHOOL, [SCHOOL, SCHOOL], [OTHER, SCHOOL], [SCHOOL[:-1]]],
    "other": ORGS,
    "outcome": [*CHOICE, "fine"],
    "papers": SOME_DIGESTS,
    "passed": COUNTS,
    "place": TEXT,
    "plan": COUNTS,
    "points": [[], {}, [-1], [True], ["3"], 3, list[Value](0 for _ in range(1001))],
    "receipt": TEXT,
    "received": DATES,
    "registered": TEXT,
    "role": [*CHOICE, "both"],
    "settled": COUNTS,
    "staff": [
        {},
        3,
        {"examiners": 3, "supervisors": 2},
        {"examiners": 3, "invigilators": -1, "supervisors": 2},
        {"examiners": 3, "invigilators": 2, "leader": 1, "supervisors": 2},
    ],
    "step": WORDS,
    "title": TEXT,
    "titles": [[], {}, [{}], [{"name": "特级技师"}], [{"level": "11", "name": "特级"}], [{"level": "1", "name": ""}]],
    "total": COUNTS,
    "vetoes": WORD_SETS,
    "year": COUNTS,
}
# Members of one name that are something else in another type.
ELSEWHERE: dict[tuple[str, str], list[Value]] = {
    ("approval.give", "first"): CODES,
    ("approval.give", "last"): CODES,
    ("complaint.close", "outcome"): ["in_order", "dismissed", 1],
    ("code.audit", "outcome"): ["serious", "upheld", 1],
    ("plan.file", "plan"): TEXT,
    ("range.assign", "first"): CODES,
    ("range.assign", "last"): CODES,
}


def test_every_type_has_an_example_here() -> None:
    assert set(BODIES) == set(TYPES)


@pytest.mark.parametrize("kind", BODIES)
def test_a_whole_body_is_accepted(kind: str) -> None:
    check_body(kind, BODIES[kind])


@pytest.mark.parametrize(("kind", "name"), MEMBERS)
def test_only_optional_members_may_be_absent(kind: str, name: str) -> None:
    rest = {key: value for key, value in BODIES[kind].items() if key != name}
    if name in OPTIONAL.get(kind, ()):
        check_body(kind, rest)
    else:
        with pytest.raises(FormatError, match=f"{name!r} is missing"):
            check_body(kind, rest)


@pytest.mark.parametrize("kind", BODIES)
def test_an_unknown_member_is_refused(kind: str) -> None:
    with pytest.raises(FormatError, match="unknown member 'remark'"):
        check_body(kind, {**BODIES[kind], "remark": "x"})


@pytest.mark.parametrize(("kind", "name"), MEMBERS)
def test_a_member_of_another_form_is_refused(kind: str, name: str) -> None:
    for value in ELSEWHERE.get((kind, name), BAD[name]):
        with pytest.raises(FormatError, match=f"{name!r} is not of its form"):
            check_body(kind, {**BODIES[kind], name: value})


def test_an_unknown_type_is_refused_and_its_name_cut() -> None:
    with pytest.raises(FormatError, match="unknown type") as caught:
        check_body("x" * 1000, {})
    assert len(str(caught.value)) < 100


def test_limits_that_are_still_good() -> None:
    check_body("index", {"bits": 32, "root": ROOT, "size": 0})
    check_body("org.file", filing(name="名" * 200))
    digests: list[Value] = [f"{n:042d}A" for n in range(64)]
    check_body("certificate.issue", issue_body(number(1), disclosures=digests, evidence=list[Value](range(1000))))


def test_reasons_are_words_without_personal_data() -> None:
    assert len(set(REASONS)) == len(REASONS)
    assert all(reason.replace("_", "").isalpha() and reason.islower() for reason in REASONS)


def test_the_policy_may_ask_for_evidence() -> None:
    for word in ("recorded", "required"):
        policy: Value = {"disclosure": "masked", "evidence": word, "max_age": 1, "witness": ""}
        check_body("ledger.open", opening(policy=policy))


def test_a_standard_may_have_a_reference() -> None:
    for standard in ({"kind": "national"}, {"kind": "own", "ref": "QB/测试 001"}):
        scope: Value = [{"levels": ["3"], "occupation": occupation(), "standard": cast("Value", standard)}]
        check_body("org.file", filing(scope=scope))


def test_nothing_that_names_a_person_is_a_member() -> None:
    names = {name for required, optional in TYPES.values() for name in (*required, *optional)}
    assert not names & {"holder", "doc_no", "doc_type", "phone", "birth", "sex", "photo", "examiner", "complainant"}
    assert "name" not in {*TYPES["certificate.issue"][0], *TYPES["certificate.correct"][0]}
    assert cast("dict[str, Value]", BODIES["certificate.issue"]["occupation"])["name"] == "车工"
