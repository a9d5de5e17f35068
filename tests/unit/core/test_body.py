"""Bodies: every type has its members and no others; a member has its form and no other."""

from typing import cast

import pytest

from ledger.core.body import REASONS, TYPES, check_body
from ledger.core.canonical import Value
from ledger.core.errors import FormatError
from ledger.core.note import format_vkey
from tests.simulator import REGISTRAR, SCHOOL, event_body, filing, issue_body, number, opening

VKEY = format_vkey(REGISTRAR.key)
ROOT = "A" * 43 + "="
BODIES: dict[str, dict[str, Value]] = {
    "ledger.open": opening(),
    "org.file": filing(kind="技工院校"),
    "org.amend": filing(kind="技工院校"),
    "org.retire": {"org": SCHOOL, "reason": "merged", "into": "S000050000002"},
    "org.remove": {"org": SCHOOL, "reason": "misconduct"},
    "key.add": {"key": VKEY, "org": SCHOOL},
    "key.revoke": {"key_id": "0123abcd", "reason": "compromised", "org": SCHOOL},
    "certificate.issue": issue_body(number(1)),
    "certificate.correct": {**issue_body(number(1)), "reason": "error"},
    "certificate.reissue": event_body(number(1), "lost"),
    "certificate.suspend": event_body(number(1), "investigation"),
    "certificate.restore": event_body(number(1), "cleared"),
    "certificate.revoke": event_body(number(1), "fraud"),
    "index": {"bits": 0, "root": ROOT, "size": 1, "previous": 0},
}
OPTIONAL = {
    "org.file": {"kind"},
    "org.amend": {"kind"},
    "org.retire": {"into"},
    "key.add": {"org"},
    "key.revoke": {"org"},
    "index": {"previous"},
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
DIGEST = "A" * 43
SCOPES: list[Value] = [
    [],
    {},
    [{}],
    [{"levels": [], "occupation": {"code": "1", "name": "车工"}}],
    [{"levels": ["33"], "occupation": {"code": "1", "name": "车工"}}],
    [{"levels": ["3"], "occupation": {}}],
    ["车工"],
    [{"levels": ["3"], "occupation": {"code": "1", "name": "车工"}}] * 1001,
]
BAD: dict[str, list[Value]] = {
    "batch": ["", "0" * 63, "0" * 63 + "A", 1],
    "bits": [-1, 33, True, "0"],
    "code": CODES,
    "disclosures": [
        [],
        {},
        "x",
        [DIGEST] * 2,
        ["B" * 43, DIGEST],
        [DIGEST[1:]],
        [DIGEST + "A"],
        ["+" * 43],
        [1],
        list[Value](f"{n:043d}" for n in range(65)),
    ],
    "effective": DATES,
    "evaluator": TEXT,
    "evidence": [[1, 1], [2, 1], [-1], [True], ["1"], {}, list(range(1001))],
    "into": ORGS,
    "issued": DATES,
    "key": VKEYS,
    "key_id": ["", "0123ABCD", "0123abc", 1],
    "kind": TEXT,
    "level": LEVELS,
    "log_key": VKEYS,
    "name": TEXT,
    "occupation": OCCUPATIONS,
    "operator": TEXT,
    "org": ORGS,
    "origin": TEXT,
    "policy": [{}, {"disclosure": "masked", "max_age": -1, "witness": ""}, {"disclosure": "masked", "max_age": 1}, "x"],
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
    with pytest.raises(FormatError, match="unknown member 'note'"):
        check_body(kind, {**BODIES[kind], "note": "x"})


@pytest.mark.parametrize(("kind", "name"), MEMBERS)
def test_a_member_of_another_form_is_refused(kind: str, name: str) -> None:
    for value in BAD[name]:
        with pytest.raises(FormatError, match=f"{name!r} is not of its form"):
            check_body(kind, {**BODIES[kind], name: value})


def test_an_unknown_type_is_refused_and_its_name_cut() -> None:
    with pytest.raises(FormatError, match="unknown type") as caught:
        check_body("x" * 1000, {})
    assert len(str(caught.value)) < 100


def test_limits_that_are_still_good() -> None:
    check_body("index", {"bits": 32, "root": ROOT, "size": 0})
    check_body("org.file", filing(name="名" * 200))
    digests: list[Value] = [f"{n:043d}" for n in range(64)]
    check_body("certificate.issue", issue_body(number(1), disclosures=digests, evidence=list[Value](range(1000))))


def test_reasons_are_words_without_personal_data() -> None:
    assert len(set(REASONS)) == len(REASONS)
    assert all(reason.replace("_", "").isalpha() and reason.islower() for reason in REASONS)


def test_nothing_that_names_a_person_is_a_member() -> None:
    names = {name for required, optional in TYPES.values() for name in (*required, *optional)}
    assert not names & {"holder", "doc_no", "doc_type", "phone", "birth", "sex", "photo"}
    assert "name" not in {*TYPES["certificate.issue"][0], *TYPES["certificate.correct"][0]}
    assert cast("dict[str, Value]", BODIES["certificate.issue"]["occupation"])["name"] == "车工"
