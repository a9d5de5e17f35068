"""Batches that issue nothing: evidence and events signed on the organisation's own machine, honest and hostile."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.app.batch import BatchRefused
from ledger.app.carried import Carried
from ledger.app.events import record_event
from ledger.app.evidence import Piece
from ledger.app.home import HomeError
from ledger.app.learning import learn
from ledger.app.papers import Papers
from ledger.app.places import FolderPlace
from ledger.core.batchfile import (
    EVENTS,
    EVIDENCE,
    BatchHead,
    BatchRow,
    digest_of_rows,
    format_rows,
    parse_batch,
    sign_batch,
)
from ledger.core.canonical import Value
from ledger.core.checkpoint import Checkpoint
from ledger.core.errors import RuleError
from ledger.core.published import PublishedList, digest_of_list, format_list
from ledger.core.record import Record, sign_record
from ledger.crypto.signer import Ed25519Signer
from tests.evaluation import ISSUE, PLAN, RESULTS, body_of
from tests.simulator import PROFILES
from tests.unit.app.courses import CHONGQING, annex6
from tests.unit.app.exchange import LISTS, Authority

Make = Callable[[], Authority]
LATE = "2026-09-22"  # a plan is filed 10 working days before the exam of 2026-10-12
FOREIGN = Ed25519Signer("S000050000002", bytes(range(32)))


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Authority] = []

    def one() -> Authority:
        made.append(Authority(tmp_path / str(len(made))))
        return made[-1]

    yield one
    for authority in made:
        authority.close()


def body(authority: Authority, kind: str, label: str = "", **changes: Value) -> dict[str, Value]:
    return body_of(kind, PROFILES[CHONGQING], authority.seqs, label) | changes


def event(authority: Authority, kind: str, code: str, day: str = ISSUE, reason: str = "fraud") -> Path:
    """Sign an event on the organisation's machine."""
    member = authority.member
    home = member.home
    known = learn(FolderPlace(member.carried), home.trust, PROFILES, member.org, seen=home.seen, code=code)
    out = member.root / f"{kind}.txt"
    record_event(
        home.as_home(known.disclosure), Carried(known, member.org, out), member.keyring, f"certificate.{kind}", code,
        reason=reason, effective=None, side="organisation", now=authority.on(day),
    )  # fmt: skip
    return out


def issued(authority: Authority) -> str:
    """Issue a certificate by files; return its number."""
    _, batch = authority.member.sign(annex6(1), authority.on(ISSUE))
    done = authority.take(batch)
    authority.hand_back()
    return done.first


class TestEvents:
    @pytest.mark.domain("G10", "J8")
    def test_a_certificate_is_suspended_restored_and_revoked_by_files(self, make: Make) -> None:
        authority = make()
        code = issued(authority)
        for kind, reason, state in (
            ("suspend", "investigation", "suspended"),
            ("restore", "cleared", "valid"),
            ("reissue", "lost", "valid"),
            ("revoke", "fraud", "revoked"),
        ):
            done = authority.take(event(authority, kind, code, reason=reason))
            assert (done.kind, done.numbers, done.again) == (EVENTS, 1, False)
            row = authority.store.get_certificate(code)
            assert row is not None
            assert row.state == state
            authority.hand_back()
        assert authority.findings() == []

    def test_the_same_event_again_changes_nothing(self, make: Make) -> None:
        authority = make()
        batch = event(authority, "revoke", issued(authority))
        done = authority.take(batch)
        again = authority.take(batch)
        assert (again.again, again.first, again.size) == (True, done.first, done.size)

    def test_what_cannot_follow_is_not_signed(self, make: Make) -> None:
        authority = make()
        code = issued(authority)
        with pytest.raises(RuleError, match="restore while valid"):
            event(authority, "restore", code, reason="cleared")
        with pytest.raises(RuleError, match="not in this ledger"):
            event(authority, "revoke", f"{authority.org}263000009")
        assert not (authority.member.root / "restore.txt").exists()


class TestEvidence:
    @pytest.mark.domain("D1", "D2")
    def test_a_plan_too_late_is_not_signed(self, make: Make) -> None:
        authority = make()
        piece = Piece("plan.file", body(authority, "plan.file"), "organisation")
        with pytest.raises(RuleError, match="last day"):
            authority.member.record([piece], authority.on(LATE))

    @pytest.mark.domain("D2")
    def test_the_day_of_a_plan_is_the_day_on_which_it_is_appended(self, make: Make) -> None:
        authority = make()
        piece = Piece("plan.file", body(authority, "plan.file"), "organisation")
        batch = authority.member.record([piece], authority.on(PLAN))
        assert refusal(authority, batch, day=LATE) == [("plan_late", 3)]

    def test_nothing_is_signed_without_a_file_to_write(self, make: Make) -> None:
        authority = make()
        member = authority.member
        home = member.home
        known = learn(FolderPlace(member.carried), home.trust, PROFILES, member.org, seen=home.seen)
        with pytest.raises(HomeError, match="without --out"):
            Carried(known, member.org).write(EVIDENCE, [], member.keyring.signer(member.org))

    @pytest.mark.domain("F5")
    def test_a_published_list_arrives_whole_and_masked(self, make: Make) -> None:
        authority = make()
        authority.run(left_out=("results closed", "audit"))
        [path] = (authority.home.public / "notice").iterdir()
        assert path.read_bytes() == LISTS["results"]
        assert authority.findings() == []

    def test_the_papers_that_it_keeps_stay_on_its_machine(self, make: Make) -> None:
        authority = make()
        paper = authority.member.root / "方案.pdf"
        paper.write_bytes(b"fictional")
        papers = Papers(authority.random.randbytes)
        digest = papers.digest(paper)
        told = body(authority, "plan.file", papers=[digest])
        piece = Piece("plan.file", told, "organisation", salts=papers.salts)
        authority.take(authority.member.record([piece], authority.on(PLAN)), PLAN)
        assert (authority.member.home.outputs / "papers" / f"{digest}.json").is_file()
        assert not list(authority.root.rglob(f"authority/**/{digest}.json"))


def refusal(authority: Authority, batch: Path, *, day: str = ISSUE) -> list[tuple[str, int]]:
    """(rule, line) for which a batch is refused; nothing may change."""
    authority.close()
    del authority.store
    kept = {file: file.read_bytes() for file in authority.home.path.rglob("*") if file.is_file()}
    with pytest.raises(BatchRefused) as caught:
        authority.take(batch, day)
    authority.close()
    del authority.store
    assert {file: file.read_bytes() for file in authority.home.path.rglob("*") if file.is_file()} == kept
    return [(finding.rule, finding.row) for finding in caught.value.findings]


def forged(authority: Authority, kind: str, *rows: BatchRow) -> Path:
    """A batch of whatever rows, well signed by the organisation."""
    member = authority.member
    lines = format_rows(rows)
    newest = authority.store.index_entries(newest=1)[-1]
    known = learn(FolderPlace(authority.home.public), member.home.trust, PROFILES, member.org, seen=None)
    seen: Checkpoint = known.checkpoint
    assert seen.size == newest.size
    head = BatchHead(digest_of_rows(lines), len(lines), seen, member.org, kind)
    path = member.root / "forged.txt"
    path.write_bytes(sign_batch(head, lines, member.keyring.signer(member.org)))
    return path


def own(authority: Authority, kind: str, told: dict[str, Value], by: Ed25519Signer | None = None) -> Record:
    return sign_record(kind, told, by or authority.member.keyring.signer(authority.org))


class TestHostile:
    def test_an_issue_is_no_evidence(self, make: Make) -> None:
        authority = make()
        _, batch = authority.member.sign(annex6(1), authority.on(ISSUE))
        [(_, row)] = parse_batch(batch.read_bytes()).rows()
        for kind in (EVIDENCE, EVENTS):
            path = forged(authority, kind, replace(row, disclosure=None))
            assert refusal(authority, path) == [("batch.foreign", 3)]

    def test_nor_is_a_correction_an_event(self, make: Make) -> None:
        authority = make()
        code = issued(authority)
        [(_, row)] = parse_batch((authority.member.root / "batch.txt").read_bytes()).rows()
        corrected = own(authority, "certificate.correct", {**row.record.body, "reason": "error"})
        assert code == row.record.body["code"]
        assert refusal(authority, forged(authority, EVENTS, BatchRow(corrected))) == [("batch.foreign", 3)]

    @pytest.mark.domain("A17", "G7")
    def test_an_approval_is_the_registrars(self, make: Make) -> None:
        authority = make()
        authority.run(left_out=("audit",))
        approval = own(authority, "approval.give", body(authority, "approval.give", "audit"))
        assert refusal(authority, forged(authority, EVIDENCE, BatchRow(approval))) == [("batch.foreign", 3)]

    def test_a_plan_that_somebody_else_signed(self, make: Make) -> None:
        authority = make()
        plan = own(authority, "plan.file", body(authority, "plan.file"), FOREIGN)
        path = forged(authority, EVIDENCE, BatchRow(plan))
        assert refusal(authority, path, day=PLAN) == [("batch.foreign", 3)]

    def test_a_plan_of_somebody_else(self, make: Make) -> None:
        authority = make()
        plan = own(authority, "plan.file", body(authority, "plan.file", org=FOREIGN.key.name))
        path = forged(authority, EVIDENCE, BatchRow(plan))
        assert refusal(authority, path, day=PLAN) == [("org_unknown", 3)]

    def test_a_signature_that_is_not_its_records(self, make: Make) -> None:
        authority = make()
        code = issued(authority)
        plan = own(authority, "plan.file", body(authority, "plan.file"))
        path = forged(authority, EVIDENCE, BatchRow(replace(plan, sig="A" * 86)))
        assert refusal(authority, path) == [("record_signature", 3)]
        told: dict[str, Value] = {"code": code, "effective": ISSUE, "reason": "fraud"}
        revoked = replace(own(authority, "certificate.revoke", told), sig="A" * 86)
        assert refusal(authority, forged(authority, EVENTS, BatchRow(revoked))) == [("record_signature", 3)]

    @pytest.mark.domain("F5")
    @pytest.mark.parametrize(
        ("shown", "count", "rule"),
        [
            ((("张云岭",),) * 28, 28, "notice_unmasked"),
            ((("张**",),) * 27, 28, "notice_differs"),
            (None, 28, "notice_differs"),
        ],
    )
    def test_a_list_that_is_not_masked_or_not_the_notices(
        self, make: Make, shown: tuple[tuple[str, ...], ...] | None, count: int, rule: str
    ) -> None:
        authority = make()
        authority.run(left_out=("results", "results closed", "audit"))
        data = format_list(PublishedList(("name",), shown or (), bytes(16)))
        told = body(authority, "notice.open", "results", count=count, digest=digest_of_list(data))
        row = BatchRow(own(authority, "notice.open", told), published=data if shown is not None else None)
        assert refusal(authority, forged(authority, EVIDENCE, row), day=RESULTS) == [(rule, 3)] * (
            28 if rule == "notice_unmasked" else 1
        )

    def test_an_event_that_cannot_follow(self, make: Make) -> None:
        authority = make()
        code = issued(authority)
        told: dict[str, Value] = {"code": code, "effective": ISSUE, "reason": "fraud"}
        rows = [BatchRow(own(authority, "certificate.revoke", told)) for _ in range(2)]
        assert refusal(authority, forged(authority, EVENTS, *rows)) == [("history", 4)]

    def test_an_event_of_a_number_that_is_not_there_or_not_its_own(self, make: Make) -> None:
        authority = make()
        told: dict[str, Value] = {"effective": ISSUE, "reason": "fraud"}
        missing = own(authority, "certificate.revoke", {**told, "code": f"{authority.org}263000009"})
        assert refusal(authority, forged(authority, EVENTS, BatchRow(missing))) == [("absent", 3)]

    def test_an_event_of_tomorrow(self, make: Make) -> None:
        authority = make()
        code = issued(authority)
        told: dict[str, Value] = {"code": code, "effective": "2026-12-31", "reason": "fraud"}
        revoked = own(authority, "certificate.revoke", told)
        assert refusal(authority, forged(authority, EVENTS, BatchRow(revoked))) == [("event_future", 3)]
