"""The registry: who could sign what, at which place of the ledger."""

import pytest

from ledger.core.canonical import Value
from ledger.core.entry import Entry, format_entry, parse_entry
from ledger.core.errors import RuleError, SignatureError
from ledger.core.evidence import BY_EITHER, BY_ORGANISATION, EVIDENCE_TYPES
from ledger.core.note import Signer, format_vkey
from ledger.core.record import Body, sign_record
from ledger.core.registry import ORGANISATION_MAY, REGISTRAR_MAY, NumberRange, Registry
from ledger.crypto.pynacl_verify import verify
from tests.bodies import BODIES
from tests.simulator import LOG, OTHER, REGISTRAR, SCHOOL, event_body, filing, issue_body, number, occupation, signer

KEY = signer(SCHOOL)


def entry(seq: int, kind: str, body: Body, by: Signer = REGISTRAR) -> Entry:
    return parse_entry(format_entry(seq, bytes(32), "2026-11-20T00:00:00Z", sign_record(kind, body, by)))


def add_key(seq: int, key: Signer = KEY, org: str = SCHOOL, by: Signer = REGISTRAR) -> Entry:
    return entry(seq, "key.add", {"key": format_vkey(key.key), "org": org}, by)


def revoke_key(seq: int, key: Signer = KEY) -> Entry:
    body: Body = {"key_id": key.key.key_id.hex(), "org": SCHOOL, "reason": "compromised"}
    return entry(seq, "key.revoke", body)


def filed(*more: Entry) -> Registry:
    """The school filed at 10, its key added at 11."""
    registry = Registry((REGISTRAR.key,))
    for one in (entry(10, "org.file", filing()), add_key(11), *more):
        registry.add(one, verify)
    return registry


def refused(registry: Registry, one: Entry) -> str:
    with pytest.raises(RuleError) as caught:
        registry.add(one, verify)
    return caught.value.rule


def signer_at(registry: Registry, seq: int, kind: str = "issue", by: Signer = KEY) -> str:
    """The rule that refuses the signer, or "" when it may sign."""
    body = issue_body(number(1)) if kind == "issue" else event_body(number(1))
    try:
        assert registry.signer_of(entry(seq, f"certificate.{kind}", body, by)) == by.key
    except RuleError as error:
        return error.rule
    return ""


class TestKeys:
    def test_a_key_signs_behind_the_entry_that_adds_it(self) -> None:
        registry = filed()
        assert [signer_at(registry, seq) for seq in (10, 11, 12)] == ["org_unknown", "key_not_valid_then", ""]

    def test_and_before_the_entry_that_revokes_it(self) -> None:
        registry = filed(revoke_key(15))
        assert [signer_at(registry, seq) for seq in (14, 15, 16)] == ["", "key_not_valid_then", "key_not_valid_then"]

    def test_who_is_refused_is_told_which_key_and_since_when(self) -> None:
        registry, key = filed(revoke_key(15)), KEY.key.key_id.hex()
        told = {11: f"the key {key} signs from entry 12 on", 16: f"the key {key} has signed nothing since entry 15"}
        for seq, problem in told.items():
            with pytest.raises(RuleError) as caught:
                registry.signer_of(entry(seq, "certificate.issue", issue_body(number(1)), KEY))
            assert str(caught.value) == f"key_not_valid_then: {problem}, and this is entry {seq}"

    def test_it_may_be_added_again(self) -> None:
        registry = filed(revoke_key(15), add_key(20))
        assert [signer_at(registry, seq) for seq in (14, 17, 21)] == ["", "key_not_valid_then", ""]

    def test_a_revocation_ends_every_term_of_the_key(self) -> None:
        registry = filed(add_key(12), revoke_key(15))
        assert signer_at(registry, 16) == "key_not_valid_then"

    def test_a_revocation_of_nothing_is_refused(self) -> None:
        assert refused(filed(), revoke_key(15, signer(SCHOOL, "other"))) == "key_unknown"
        assert refused(filed(revoke_key(15)), revoke_key(16)) == "key_unknown"

    def test_a_key_bears_the_name_of_its_organisation(self) -> None:
        assert refused(filed(), add_key(12, signer(OTHER))) == "key_unknown"

    def test_the_living_ones_are_those_that_sign_now(self) -> None:
        assert filed().living_keys(SCHOOL) == [KEY.key]
        assert filed(revoke_key(12)).living_keys(SCHOOL) == []
        assert filed(revoke_key(12), add_key(13)).living_keys(SCHOOL) == [KEY.key]
        assert filed().living_keys(REGISTRAR.key.name) == [REGISTRAR.key]
        assert filed().living_keys(OTHER) == []

    def test_whoever_is_no_registrar_is_an_organisation(self) -> None:
        assert filed().side_of(REGISTRAR.key.name) == "registrar"
        assert filed().side_of(SCHOOL) == "organisation"


class TestOrganisations:
    @pytest.mark.domain("B8", "B19")
    def test_what_was_filed_counts_behind_its_entry(self) -> None:
        org = filed(entry(20, "org.amend", filing(name="新名"))).organisations[SCHOOL]
        names = {seq: then.name for seq in (10, 11, 20, 21) if (then := org.filing_at(seq)) is not None}
        assert names == {11: "测试数据·云岭技师学院", 20: "测试数据·云岭技师学院", 21: "新名"}

    @pytest.mark.domain("A21", "J6")
    @pytest.mark.parametrize("kind", ["org.retire", "org.remove"])
    def test_after_its_end_only_the_registrar_signs(self, kind: str) -> None:
        registry = filed(entry(20, kind, {"org": SCHOOL, "reason": "closed"}))
        assert [signer_at(registry, seq) for seq in (20, 21)] == ["", "org_ended"]
        assert signer_at(registry, 21, "revoke") == "org_ended"
        assert signer_at(registry, 21, "revoke", REGISTRAR) == ""
        ending = registry.organisations[SCHOOL].ending
        assert ending is not None
        assert (ending.seq, ending.record.type) == (20, kind)

    @pytest.mark.domain("A21", "J6")
    def test_nothing_about_it_changes_any_more(self) -> None:
        registry = filed(entry(20, "org.remove", {"org": SCHOOL, "reason": "closed"}))
        for one in (entry(21, "org.amend", filing()), add_key(21), revoke_key(21)):
            assert refused(registry, one) == "org_ended"
        assert refused(registry, entry(21, "org.file", filing())) == "org_filed_twice"

    @pytest.mark.domain("A22")
    def test_after_a_merger_the_successor_signs(self) -> None:
        other = signer(OTHER)
        merged = entry(20, "org.retire", {"org": SCHOOL, "reason": "merged", "into": OTHER})
        registry = filed(entry(12, "org.file", filing(OTHER)), add_key(13, other, OTHER), merged)
        assert [signer_at(registry, 20, "revoke", by) for by in (KEY, other)] == ["", "signer_not_allowed"]
        assert [signer_at(registry, 21, "revoke", by) for by in (KEY, other)] == ["signer_not_allowed", ""]
        assert registry.owner_of(SCHOOL, 20).org == SCHOOL
        assert registry.owner_of(SCHOOL, 21).org == OTHER

    def test_a_successor_that_was_never_filed(self) -> None:
        registry = filed(entry(20, "org.retire", {"org": SCHOOL, "reason": "merged", "into": OTHER}))
        assert signer_at(registry, 21) == "org_unknown"

    def test_mergers_in_a_circle_end(self) -> None:
        registry = filed(
            entry(12, "org.file", filing(OTHER)),
            entry(20, "org.retire", {"org": SCHOOL, "reason": "merged", "into": OTHER}),
            entry(21, "org.retire", {"org": OTHER, "reason": "merged", "into": SCHOOL}),
        )
        with pytest.raises(RuleError, match="circle"):
            registry.owner_of(SCHOOL, 30)


class TestSides:
    @pytest.mark.parametrize("kind", ["issue", "reissue", "suspend", "restore", "revoke"])
    def test_what_each_side_may_sign(self, kind: str) -> None:
        registry = filed()
        assert f"certificate.{kind}" in ORGANISATION_MAY
        assert signer_at(registry, 12, kind) == ""
        allowed = f"certificate.{kind}" in REGISTRAR_MAY
        assert signer_at(registry, 12, kind, REGISTRAR) == ("" if allowed else "signer_not_allowed")

    @pytest.mark.domain("C2", "G7", "J8")
    def test_a_strangers_key(self) -> None:
        registry = filed()
        assert signer_at(registry, 12, by=signer(SCHOOL, "thief")) == "key_unknown"
        assert signer_at(registry, 12, by=signer(OTHER)) == "signer_not_allowed"
        assert signer_at(registry, 12, "revoke", signer(REGISTRAR.key.name, "thief")) == "key_unknown"
        assert signer_at(registry, 12, by=LOG) == "signer_not_allowed"


class TestRefusalTakesNothing:
    @pytest.mark.parametrize(
        ("one", "rule"),
        [
            (entry(12, "org.file", filing()), "org_filed_twice"),
            (entry(12, "org.amend", filing(OTHER)), "org_unknown"),
            (entry(12, "org.amend", filing(), signer("stranger.example")), "registrar_unknown"),
            (entry(12, "org.amend", filing(), KEY), "registrar_unknown"),
            (entry(12, "org.amend", filing(), signer(REGISTRAR.key.name, "thief")), "key_unknown"),
            (add_key(12, signer(OTHER)), "key_unknown"),
        ],
    )
    def test_a_rule(self, one: Entry, rule: str) -> None:
        registry = filed()
        assert refused(registry, one) == rule
        org = registry.organisations[SCHOOL]
        assert (len(org.filings), len(org.keys), len(registry.organisations), org.ended) == (1, 1, 1, None)

    def test_a_signature(self) -> None:
        from dataclasses import replace

        registry = filed()
        good, other = (entry(12, "org.amend", filing(name=name)) for name in "甲乙")
        forged = replace(good, record=replace(good.record, sig=other.record.sig))
        with pytest.raises(SignatureError):
            registry.add(forged, verify)
        assert len(registry.organisations[SCHOOL].filings) == 1


@pytest.mark.parametrize(
    ("asked", "level", "covered"),
    [
        (occupation(), "3", True),
        (occupation(), "5", False),
        (occupation(job="普通车工"), "3", False),
        (occupation(name="铣工"), "3", False),
        (occupation(code="6-18-01-02"), "3", False),
        ({"code": "6-18-01-01", "name": "车工"}, "3", False),
        ({"code": "4-01-01-01", "name": "收银员", "job": "任何工种"}, "4", True),
        ({"code": "4-01-01-01", "name": "收银员"}, "4", True),
        ({"code": "4-01-01-01", "name": "收银员"}, "3", False),
    ],
)
def test_the_scope(asked: Body, level: str, covered: bool) -> None:
    scope = [
        {"levels": ["3", "4"], "occupation": occupation()},
        {"levels": ["4"], "occupation": {"code": "4-01-01-01", "name": "收银员"}},
    ]
    registry = Registry((REGISTRAR.key,))
    registry.add(entry(0, "org.file", filing(scope=scope)), verify)  # type: ignore[arg-type]  # lists are invariant
    assert registry.organisations[SCHOOL].filings[0].covers(asked, level) is covered


class TestSerialsOfARange:
    @pytest.mark.parametrize(
        ("first", "last", "prefix", "serials"),
        [
            ("263000101", "263000110", "263", range(101, 111)),
            ("263000101", "263000110", "264", range(0)),
            ("263000500", "265000010", "263", range(500, 1_000_000)),
            ("263000500", "265000010", "264", range(1, 1_000_000)),
            ("263000500", "265000010", "265", range(1, 11)),
            ("263000500", "265000010", "262", range(0)),
            ("26300A001", "26300A009", "263", range(0)),
        ],
    )
    def test_those_of_one_year_and_level(self, first: str, last: str, prefix: str, serials: range) -> None:
        held = NumberRange(1, SCHOOL + first, SCHOOL + last)
        assert held.serials(SCHOOL + prefix) == serials


THIRD = "S000050000003"


def retire(seq: int, org: str, into: str | None = None) -> Entry:
    body: dict[str, str] = {"org": org, "reason": "merged"}
    return entry(seq, "org.retire", {**body, "into": into} if into else body)


def assign(seq: int, first: str, last: str, org: str = SCHOOL) -> Entry:
    return entry(seq, "range.assign", {"first": first, "last": last, "org": org})


class TestMergers:
    @pytest.mark.domain("A22")
    @pytest.mark.parametrize(
        ("old", "reason"),
        [
            ([SCHOOL, OTHER], ""),
            ([SCHOOL], ""),
            ([SCHOOL, "S000050000009"], ""),  # not known here: a lookup has read its own number's organisation only
            ([SCHOOL, THIRD], "merge"),  # the new one is none of the old ones
            ([OTHER, "S000050000004"], "merge"),  # not retired
            ([OTHER, "S000050000005"], "merge"),  # retired, but into another one
        ],
    )
    def test_each_old_one_was_retired_into_the_new_one(self, old: list[str], reason: str) -> None:
        filings = [entry(12 + n, "org.file", filing(f"S00005000000{n}")) for n in (2, 3, 4, 5)]
        gone = retire(20, SCHOOL, THIRD), retire(21, OTHER, THIRD), retire(22, "S000050000005", OTHER)
        registry = filed(*filings, *gone)
        merger = entry(30, "org.merge", {"from": list[Value](old), "org": THIRD})
        if reason:
            assert refused(registry, merger) == reason
        else:
            registry.add(merger, verify)

    @pytest.mark.domain("A22")
    def test_a_new_one_that_ended_or_was_never_filed(self) -> None:
        merger = entry(30, "org.merge", {"from": [SCHOOL], "org": THIRD})
        assert refused(filed(retire(20, SCHOOL, THIRD)), merger) == "org_unknown"
        ended = filed(entry(12, "org.file", filing(THIRD)), retire(20, SCHOOL, THIRD), retire(21, THIRD))
        assert refused(ended, merger) == "org_ended"


class TestRanges:
    @pytest.mark.domain("A16")
    def test_numbers_come_from_a_range_once_there_is_one(self) -> None:
        org = filed(assign(20, number(101), number(200)), assign(30, number(301), number(301))).organisations[SCHOOL]
        asked = [(number(1), 20), (number(1), 21), (number(101), 21), (number(200), 21), (number(201), 21)]
        assert [org.may_number(*one) for one in asked] == [True, False, True, True, False]
        assert [org.may_number(number(301), seq) for seq in (30, 31)] == [False, True]
        assert not org.may_number(number(300), 31)

    @pytest.mark.domain("A16")
    def test_where_a_range_is_due_none_is_no_licence(self) -> None:
        org = filed(assign(20, number(101), number(200))).organisations[SCHOOL]
        assert [org.may_number(number(101), seq, due=True) for seq in (20, 21)] == [False, True]
        assert org.may_number(number(101), 20)

    @pytest.mark.domain("A16")
    @pytest.mark.parametrize(
        ("first", "last", "reason"),
        [
            (number(1), number(1), ""),
            (number(1), number(999_999), ""),
            (number(1, level="3"), number(9, level="5"), ""),
            (number(2), number(1), "range_form"),
            (number(1, OTHER), number(9, OTHER), "range_form"),
            (number(1), number(9, "S000050000009"), "range_form"),
            (SCHOOL + "26300A001", SCHOOL + "26300A009", ""),
            (SCHOOL + "26300A001", SCHOOL + "26300B001", "range_form"),
        ],
    )
    def test_it_counts_up_behind_one_prefix(self, first: str, last: str, reason: str) -> None:
        registry = filed()
        if reason:
            assert refused(registry, assign(20, first, last)) == reason
        else:
            registry.add(assign(20, first, last), verify)
        assert len(registry.organisations[SCHOOL].ranges) == (not reason)

    @pytest.mark.domain("A16")
    @pytest.mark.parametrize(
        ("first", "last", "reason"),
        [
            (1, 100, ""),
            (201, 300, ""),
            (1, 101, "range_overlaps"),
            (200, 300, "range_overlaps"),
            (120, 130, "range_overlaps"),
            (1, 999, "range_overlaps"),
            (101, 200, "range_overlaps"),
        ],
    )
    def test_no_number_is_in_two_ranges(self, first: int, last: int, reason: str) -> None:
        registry = filed(assign(20, number(101), number(200)))
        if reason:
            assert refused(registry, assign(21, number(first), number(last))) == reason
        else:
            registry.add(assign(21, number(first), number(last)), verify)

    def test_the_registrar_assigns_them_to_who_is_there(self) -> None:
        stranger = entry(20, "range.assign", {"first": number(1), "last": number(9), "org": SCHOOL}, KEY)
        assert refused(filed(), stranger) == "registrar_unknown"
        assert refused(filed(), assign(20, number(1, OTHER), number(9, OTHER), OTHER)) == "org_unknown"
        assert refused(filed(retire(19, SCHOOL)), assign(20, number(1), number(9))) == "org_ended"


class TestEvidence:
    """Who signs what of the workflow."""

    def signed(self, kind: str, by: Signer, seq: int = 20, registry: Registry | None = None) -> str:
        body = BODIES[kind]
        try:
            assert (registry or filed()).signer_of_evidence(entry(seq, kind, body, by)) == by.key
        except RuleError as error:
            return error.rule
        return ""

    @pytest.mark.domain("A17", "A18", "A23", "G3", "J4", "J5", "J7", "J8")
    @pytest.mark.parametrize("kind", sorted(EVIDENCE_TYPES))
    def test_each_type_is_signed_by_its_side(self, kind: str) -> None:
        own = kind in BY_ORGANISATION | BY_EITHER
        assert self.signed(kind, KEY) == ("" if own else "signer_not_allowed")
        assert self.signed(kind, REGISTRAR) == ("signer_not_allowed" if kind in BY_ORGANISATION else "")
        assert self.signed(kind, signer(REGISTRAR.key.name, "thief")) in ("key_unknown", "signer_not_allowed")
        assert self.signed(kind, signer(OTHER)) == "signer_not_allowed"
        assert self.signed(kind, LOG) == "signer_not_allowed"

    def test_the_keys_are_those_of_the_day(self) -> None:
        assert self.signed("plan.file", signer(SCHOOL, "thief")) == "key_unknown"
        assert self.signed("plan.file", KEY, 11) == "key_not_valid_then"
        assert self.signed("plan.file", KEY, 21, filed(revoke_key(20))) == "key_not_valid_then"

    def test_an_organisation_that_is_not_there(self) -> None:
        assert self.signed("plan.file", KEY, 20, Registry((REGISTRAR.key,))) == "org_unknown"
        assert self.signed("complaint.open", REGISTRAR, 20, Registry((REGISTRAR.key,))) == "org_unknown"
        ended = filed(retire(19, SCHOOL))
        assert self.signed("plan.file", KEY, 20, ended) == "org_ended"
        assert self.signed("complaint.open", REGISTRAR, 20, ended) == ""
