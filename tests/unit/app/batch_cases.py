"""Hostile batch files, each with one defect: CASES, by name -> (how it is made, the rule, the line of the file)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

from ledger.app.evidence import append_evidence
from ledger.core import batchfile
from ledger.core.batchfile import BatchHead, BatchRow, format_batch, parse_batch
from ledger.core.canonical import Value
from ledger.core.checkpoint import Checkpoint
from ledger.core.disclosure import digest_of, make_disclosure
from ledger.core.encoding import format_base64url
from ledger.core.note import format_vkey, parse_note, sign_note
from ledger.core.record import Record, sign_record
from ledger.crypto.signer import Ed25519Signer
from tests.evaluation import ISSUE, body_of
from tests.simulator import PROFILES
from tests.unit.app.courses import NATIONAL, SHANDONG, ZHEJIANG, annex6
from tests.unit.app.exchange import Authority

__all__ = ["CASES", "Forger", "Make"]

OTHER = "S000050000002"
FOREIGN = Ed25519Signer(OTHER, bytes(range(32)))


@dataclass
class Forger:
    """An organisation that signs what it likes: an honest batch, to be spoiled."""

    authority: Authority
    data: bytes

    @property
    def signer(self) -> Ed25519Signer:
        return self.authority.member.keyring.signer(self.authority.org)

    @property
    def head(self) -> BatchHead:
        return parse_batch(self.data).head

    @property
    def rows(self) -> list[BatchRow]:
        return [row for _, row in parse_batch(self.data).rows()]

    def made(self, rows: list[BatchRow] | None = None, *, signer: Ed25519Signer | None = None, **head: object) -> bytes:
        """A batch of these rows under a changed head, well signed."""
        chosen = self.rows if rows is None else rows
        changed = replace(self.head, **{"count": len(chosen), **head})  # type: ignore[arg-type]  # members of the head
        return format_batch(changed, chosen, signer or self.signer)

    def record(self, at: int, signer: Ed25519Signer | None = None, **body: Value) -> Record:
        """The record of a row with another body, well signed."""
        return sign_record("certificate.issue", {**self.rows[at].record.body, **body}, signer or self.signer)

    def body(self, at: int = 0, **body: Value) -> bytes:
        """The batch with another body in one row."""
        return self.row(at, record=self.record(at, None, **body))

    def row(self, at: int = 0, **members: object) -> bytes:
        """The batch with another row."""
        rows = self.rows
        rows[at] = replace(rows[at], **members)  # type: ignore[arg-type]  # members of a row
        return self.made(rows)

    def view(self, value: Value, name: str = "masked", salt: bytes = bytes(16)) -> bytes:
        """The batch whose first row commits to a public view that says `value`."""
        text = make_disclosure(format_base64url(salt), name, value)
        kept = [digest for digest in self.digests() if digest != digest_of(self.rows[0].disclosure or "")]
        record = self.record(0, disclosures=list[Value](sorted([*kept, digest_of(text)])))
        return self.row(0, record=record, disclosure=text)

    def digests(self) -> list[str]:
        return cast("list[str]", self.rows[0].record.body["disclosures"])

    def lines(self, change: Callable[[list[str]], object]) -> bytes:
        """The batch with other lines, well signed."""
        lines = parse_note(self.data).text.split("\n")[:-1]
        change(lines)
        return sign_note("\n".join(lines) + "\n", [self.signer])


Make = Callable[..., Forger]
Case = Callable[[Make], tuple[Forger, bytes]]
CASES: dict[str, tuple[Case, str, int]] = {}


def case(rule: str, line: int = 0) -> Callable[[Case], Case]:
    """Enter a case into the table: it is refused for `rule`, at `line` of the file."""

    def enter(make: Case) -> Case:
        CASES[make.__name__] = make, rule, line
        return make

    return enter


# -- the file ----------------------------------------------------------------------------------------------------------


@case("batch.malformed")
def cut_off(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.data[: len(forger.data) // 2]


@case("batch.malformed")
def without_its_last_row(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.lines(lambda lines: lines.pop())


@case("batch.malformed")
def a_key_twice_in_a_row(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.lines(lambda lines: lines.__setitem__(2, lines[2].replace('"v":1}', '"v":1,"v":1}')))


@case("batch.malformed")
def an_unknown_member_in_a_body(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.lines(lambda lines: lines.__setitem__(2, lines[2].replace('"level":', '"x":"1","level":')))


@case("batch.malformed")
def more_rows_than_a_batch_has(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.lines(lambda lines: lines.extend([lines[2]] * batchfile.MAX_ROWS))


@case("batch.malformed")
def more_bytes_than_a_batch_has(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, b"skill-ledger/batch/v1\n" + b"x" * batchfile.MAX_BYTES


@case("batch.malformed")
def two_signatures(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, sign_note(parse_note(forger.data).text, [forger.signer, FOREIGN])


# -- who signed it -----------------------------------------------------------------------------------------------------


@case("batch.signature")
def changed_after_it_was_signed(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.data.replace(b'"level":"3"', b'"level":"4"')


@case("batch.signature")
def signed_by_another_key_of_the_same_name(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.made(signer=Ed25519Signer(forger.authority.org, bytes(32)))


@case("batch.signature")
def signed_by_a_key_that_was_revoked(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    key_id, org = forger.signer.key.key_id.hex(), forger.authority.org
    forger.authority.say("key.revoke", key_id=key_id, org=org, reason="compromised")
    return forger, forger.data


@case("org_unknown", 2)
def of_an_organisation_that_is_not_filed(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.made(org=OTHER, signer=FOREIGN)


@case("org_ended", 2)
def of_an_organisation_that_has_ended(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    forger.authority.say("org.retire", org=forger.authority.org, reason="closed")
    return forger, forger.data


@case("org_ended", 2)
def of_an_organisation_that_was_removed(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    forger.authority.say("org.remove", org=forger.authority.org, reason="misconduct")
    return forger, forger.data


# -- which ledger, which batch -----------------------------------------------------------------------------------------


@case("batch.head", 2)
def made_for_another_ledger(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.made(seen=replace(forger.head.seen, origin="ledger.example/other"))


@case("batch.head", 2)
def made_against_another_past(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.made(seen=Checkpoint(forger.head.seen.origin, forger.head.seen.size, bytes(32)))


@case("batch.head", 2)
def made_against_a_checkpoint_that_never_was(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.made(seen=replace(forger.head.seen, size=forger.head.seen.size + 1))


@case("batch.head", 2)
def made_against_a_future(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.made(seen=replace(forger.head.seen, size=999))


@case("batch.known", 2)
def the_same_roster_with_other_content(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    path = forger.authority.member.root / "honest.txt"
    path.write_bytes(forger.data)
    forger.authority.take(path)
    return forger, forger.body(0, medium="paper")


@case("profile_unknown", 2)
def under_a_profile_that_nobody_has(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    rows = [replace(row, record=forger.record(n, profile="cn-nowhere-2020-1")) for n, row in enumerate(forger.rows)]
    return forger, forger.made(rows, profile="cn-nowhere-2020-1")


# -- a row that does not belong ----------------------------------------------------------------------------------------


@case("batch.foreign", 4)
def a_row_that_another_organisation_signed(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.row(1, record=forger.record(1, signer=FOREIGN))


@case("batch.foreign", 4)
def a_row_of_another_roster(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.body(1, batch="ab" * 32)


@case("batch.foreign", 4)
def a_row_under_another_profile(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.body(1, profile="cn-anhui-2020-1")


@case("batch.foreign", 4)
def a_revocation_among_the_issues(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    body: dict[str, Value] = {"code": forger.rows[1].record.body["code"], "effective": ISSUE, "reason": "fraud"}
    return forger, forger.row(1, record=sign_record("certificate.revoke", body, forger.signer), disclosure=None)


@case("code.twice", 4)
def a_number_twice(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.made([forger.rows[0], forger.rows[0], *forger.rows[2:]])


@case("record_signature", 3)
def a_row_whose_own_signature_is_another_rows(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    one, two = forger.rows[0].record, forger.rows[1].record
    return forger, forger.row(0, record=replace(one, sig=two.sig))


# -- numbers -----------------------------------------------------------------------------------------------------------


@case("code.not_due", 3)
def rows_swapped(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    one, two, *rest = forger.rows
    return forger, forger.made([two, one, *rest])


@case("code.not_due", 5)
def a_number_skipped(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.body(2, code=f"{forger.authority.org}263000004")


@case("code.issued", 3)
def a_number_that_is_used(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    authority = forger.authority
    three, now = [annex6(6)[0], *annex6(6)[4:]], authority.on(ISSUE)
    _, path = authority.member.sign(three, now, out="first.txt", instead=forger.head.batch)
    authority.take(path)
    return forger, forger.data


@case("range", 3)
def a_number_outside_the_range(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    authority = forger.authority
    authority.assign(f"{authority.org}263000101", f"{authority.org}263000200")
    return forger, forger.data


@case("code.not_due", 3)
def a_number_inside_the_range_that_is_not_the_next(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    authority = forger.authority
    authority.assign(f"{authority.org}263000001", f"{authority.org}263000200")
    codes = [f"{authority.org}26300000{n}" for n in (2, 3, 4)]
    rows = [replace(row, record=forger.record(n, code=codes[n])) for n, row in enumerate(forger.rows)]
    return forger, forger.made(rows)


@case("org_unknown", 3)
def a_number_of_an_organisation_that_is_not_filed(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.body(0, code=f"{OTHER}263000001")


@case("signer_not_allowed", 3)
def a_number_of_another_organisation(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    forger.authority.say("org.file", **forger.authority.filing(OTHER))
    return forger, forger.body(0, code=f"{OTHER}263000001")


@case("code.issued", 3)
def an_assigned_number_that_is_used(make: Make) -> tuple[Forger, bytes]:
    forger = make(SHANDONG)
    path = forger.authority.member.root / "honest.txt"
    path.write_bytes(forger.data)
    forger.authority.take(path)
    batch = "cd" * 32
    rows = [replace(row, record=forger.record(n, batch=batch)) for n, row in enumerate(forger.rows)]
    return forger, forger.made(rows, batch=batch)


# -- facts -------------------------------------------------------------------------------------------------------------


@case("scope", 3)
def an_occupation_out_of_scope(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.body(0, occupation={"code": "6-18-01-02", "name": "铣工"})


@case("scope", 3)
def a_level_out_of_scope(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.body(0, code=f"{forger.authority.org}265000001", level="5")


@case("code_level", 3)
def a_level_that_the_number_does_not_say(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.body(0, level="4")


@case("code_year", 3)
def a_year_that_the_number_does_not_say(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.body(0, issued="2025-10-23")


@case("future_issue", 3)
def issued_tomorrow(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.body(0, issued="2026-10-24")


@case("term", 3)
def issued_outside_the_filings_term(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.body(0, code=f"{forger.authority.org}253000001", issued="2025-12-31")


@case("evaluator_differs", 3)
def another_evaluators_name(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.body(0, evaluator="别的机构（虚构）")


@case("title", 3)
def a_level_of_its_own_that_is_not_filed(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.body(0, title="特级技师")


# -- evidence ----------------------------------------------------------------------------------------------------------


@case("evidence_missing", 3)
def no_evidence_where_it_is_required(make: Make) -> tuple[Forger, bytes]:
    forger = make(NATIONAL, required=True)
    rows = [replace(row, record=forger.record(n, evidence=[])) for n, row in enumerate(forger.rows)]
    return forger, forger.made(rows, plan=None)


@case("batch.plan", 3)
def another_plan_than_the_batch_names(make: Make) -> tuple[Forger, bytes]:
    forger = make(NATIONAL, required=True)
    return forger, forger.made(plan=1)


@case("evidence_unknown", 3)
def evidence_that_is_not_there(make: Make) -> tuple[Forger, bytes]:
    forger = make(NATIONAL, required=True)
    cited = [*cast("list[Value]", forger.rows[0].record.body["evidence"]), 999]
    rows = [replace(row, record=forger.record(n, evidence=cited)) for n, row in enumerate(forger.rows)]
    return forger, forger.made(rows)


@case("evidence_differs", 3)
def the_plan_of_another_organisation(make: Make) -> tuple[Forger, bytes]:
    forger = make(NATIONAL, required=True)
    authority = forger.authority
    other = "Y000111000002"
    key = Ed25519Signer(other, bytes(range(1, 33)))
    authority.say("org.file", **authority.filing(other, name="另一机构（虚构）", uscc="91340300000000019L"))
    authority.say("key.add", key=format_vkey(key.key), org=other)
    plan = body_of("plan.file", PROFILES[NATIONAL], {}) | {"exam_from": ISSUE, "exam_to": ISSUE, "org": other}
    now, records = authority.on(ISSUE), [sign_record("plan.file", plan, key)]
    [seq] = append_evidence(authority.home, authority.store, authority.keyring, records, PROFILES, now=now)
    rows = [replace(row, record=forger.record(n, evidence=[seq])) for n, row in enumerate(forger.rows)]
    return forger, forger.made(rows, plan=seq)


@case("confirmation_count")
def fewer_than_passed(make: Make) -> tuple[Forger, bytes]:
    forger = make(required=True, rows=2, changes={"plan": {"levels": ["3"]}})
    return forger, forger.made(forger.rows[:1])


@case("veto", 3)
def vetoed_after_it_was_signed(make: Make) -> tuple[Forger, bytes]:
    forger = make(ZHEJIANG, required=True, rows=2)
    report = body_of("supervision.report", PROFILES[ZHEJIANG], forger.authority.seqs, "internal")
    report |= {"total": 0, "vetoes": ["leak"]}
    forger.authority.record("supervision.report", report, ISSUE, "registrar")
    return forger, forger.data


@case("approval_refused", 3)
def refused_after_it_was_signed(make: Make) -> tuple[Forger, bytes]:
    forger = make(NATIONAL, required=True)
    approval = body_of("approval.give", PROFILES[NATIONAL], forger.authority.seqs, "audit") | {"decision": "refused"}
    forger.authority.record("approval.give", approval, ISSUE, "registrar")
    return forger, forger.data


# -- public views ------------------------------------------------------------------------------------------------------


@case("disclosure_differs", 3)
def a_view_that_its_record_does_not_commit_to(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.row(0, disclosure=forger.rows[1].disclosure)


@case("view_missing", 3)
def a_view_left_out(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.row(0, disclosure=None)


@case("batch.view", 3)
def a_view_that_shows_the_whole_name(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.view({"name": "张云岭"})


@case("batch.view", 3)
def a_view_that_shows_a_document_number(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.view({"doc_no": "500112", "name": "张**"})


@case("batch.view", 3)
def a_private_field_shown_as_the_view(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.view("张云岭", name="name")


@case("batch.view", 3)
def a_view_whose_salt_carries_more(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.view({"name": "张**"}, salt="张云岭 500112199101010007".encode())


@case("batch.view", 3)
def a_view_that_is_no_disclosure(make: Make) -> tuple[Forger, bytes]:
    forger = make()
    return forger, forger.row(0, disclosure='"}\n{"code":"')


@case("batch.view", 3)
def a_view_where_the_ledger_publishes_none(make: Make) -> tuple[Forger, bytes]:
    forger = make(preset="sealed")
    return forger, forger.view({"name": "张**"})
