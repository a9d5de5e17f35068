"""Events: what may happen to a certificate, and that a refused one changes nothing."""

from typing import Literal

import pytest

from ledger.app.auditing import audit_place
from ledger.app.events import Correction, correct, history_of, record_event, renew
from ledger.app.filing import read_registry
from ledger.app.holders import Holder, open_holder
from ledger.app.opening import DATA_KEY
from ledger.app.places import FolderPlace
from ledger.app.writing import trust_of_ledger, writing
from ledger.core.errors import RuleError
from ledger.core.record import sign_record
from ledger.crypto.rowseal import RowSealer
from tests.unit.app.world import CONFIG, PROFILES, SCHOOL, World, people

Side = Literal["organisation", "registrar"]
CODE = f"{SCHOOL.org}263000001"


@pytest.fixture
def issued(world: World) -> World:
    world.append(people(2))
    return world


def happen(
    world: World, kind: str, *, side: Side = "organisation", code: str = CODE, effective: str | None = None
) -> int:
    return record_event(
        world.home,
        world.store,
        world.keyring,
        f"certificate.{kind}",
        code,
        reason="error",
        effective=effective,
        side=side,
        now=world.tick(),
    )


def change(world: World, correction: Correction, code: str = CODE) -> Holder:
    return correct(
        world.home,
        world.store,
        world.keyring,
        code,
        correction,
        PROFILES,
        reason="error",
        now=world.tick(),
        random=world.random.randbytes,
    )


def holder(world: World, code: str = CODE) -> Holder:
    row = world.store.get_certificate(code)
    assert row is not None
    assert row.sealed is not None
    return open_holder(RowSealer(world.keyring.data_key(DATA_KEY)), code, row.sealed)


def audited(world: World) -> str:
    return audit_place(FolderPlace(world.home.public), trust_of_ledger(world.store), PROFILES).verdict


@pytest.mark.parametrize(
    ("kinds", "verdict", "side"),
    [
        *(
            (kinds, verdict, side)
            for side in ("organisation", "registrar")
            for kinds, verdict in (
                (["suspend"], "suspended"),
                (["suspend", "restore"], "valid"),
                (["revoke"], "revoked"),
                (["suspend", "revoke"], "revoked"),
            )
        ),
        (["reissue"], "reissued", "organisation"),
        (["reissue", "suspend", "restore"], "reissued", "organisation"),
    ],
)
def test_what_happened_shows(issued: World, kinds: list[str], verdict: str, side: Side) -> None:
    for kind in kinds:
        happen(issued, kind, side=side)
    assert issued.check(CODE).verdict == verdict
    row = issued.store.get_certificate(CODE)
    assert row is not None
    assert row.state == {"reissued": "valid"}.get(verdict, verdict)
    assert issued.check(CODE[:-1] + "2").verdict == "valid"
    assert audited(issued) == "verified"


@pytest.mark.parametrize(
    ("before", "kind", "side", "rule"),
    [
        ([], "restore", "organisation", "history"),
        (["revoke"], "revoke", "organisation", "history"),
        (["revoke"], "restore", "registrar", "history"),
        (["suspend"], "suspend", "registrar", "history"),
        (["suspend"], "reissue", "organisation", "history"),
        (["suspend"], "restore", "registrar", "history"),
        ([], "reissue", "registrar", "signer_not_allowed"),
    ],
)
def test_what_may_not_happen_changes_nothing(
    issued: World, before: list[str], kind: str, side: Side, rule: str
) -> None:
    for one in before:
        happen(issued, one)
    snapshot = issued.snapshot()
    with pytest.raises(RuleError) as caught:
        happen(issued, kind, side=side)
    assert caught.value.rule == rule
    assert issued.snapshot() == snapshot


def test_an_event_of_tomorrow_is_refused(issued: World) -> None:
    snapshot = issued.snapshot()
    with pytest.raises(RuleError, match="event_future"):
        happen(issued, "revoke", effective="2026-11-21")
    assert issued.snapshot() == snapshot
    happen(issued, "revoke", effective="2026-11-19")


def test_a_number_that_was_never_issued(issued: World) -> None:
    snapshot = issued.snapshot()
    for act in (
        lambda: happen(issued, "revoke", code=CODE[:-1] + "9"),
        lambda: change(issued, Correction(), CODE[:-1] + "9"),
    ):
        with pytest.raises(RuleError, match="not in this ledger"):
            act()
    assert issued.snapshot() == snapshot


class TestCorrection:
    def test_the_new_name_shows_and_the_old_one_is_gone(self, issued: World) -> None:
        before = holder(issued)
        after = change(issued, Correction(name=" 欧阳改名 "))
        assert after == holder(issued)
        assert (after.name, after.doc_no, after.employer) == ("欧阳改名", before.doc_no, before.employer)
        assert after.verification_code != before.verification_code
        report = issued.check(CODE)
        assert (report.verdict, report.sections["masked"]) == ("corrected", {"name": "欧阳**"})
        assert (
            audit_place(FolderPlace(issued.home.public), trust_of_ledger(issued.store), PROFILES).verdict == "verified"
        )

    def test_every_field_may_be_corrected(self, issued: World) -> None:
        after = change(
            issued,
            Correction(doc_type="227", doc_no="e 1234 5678", employer="新单位（虚构）", issued="2026-11-17"),
        )
        assert (after.doc_type, after.doc_no, after.employer) == ("227", "E12345678", "新单位（虚构）")
        facts = issued.check(CODE).sections["facts"]
        assert isinstance(facts, dict)
        assert facts["issued"] == "2026-11-17"

    def test_a_correction_out_of_scope_changes_nothing(self, issued: World) -> None:
        snapshot = issued.snapshot()
        for correction in (
            Correction(job="普通车工"),
            Correction(issued="2025-11-18"),
            Correction(issued="2026-11-21"),
        ):
            with pytest.raises(RuleError):
                change(issued, correction)
        assert issued.snapshot() == snapshot

    def test_a_revoked_certificate_is_not_corrected(self, issued: World) -> None:
        happen(issued, "revoke")
        snapshot = issued.snapshot()
        with pytest.raises(RuleError, match="while revoked"):
            change(issued, Correction(name="改名"))
        assert issued.snapshot() == snapshot

    def test_an_erased_holder_cannot_be_corrected(self, issued: World) -> None:
        with issued.store.transaction():
            issued.store.replace_personal(CODE, person_tag=None, masked=None, sealed=None)
        snapshot = issued.snapshot()
        with pytest.raises(RuleError, match="erased"):
            change(issued, Correction(name="改名"))
        assert issued.snapshot() == snapshot

    def test_a_person_corrected_holds_the_certificate(self, issued: World) -> None:
        """The tag goes with the document: whoever stood there by mistake may get one, the holder no second."""
        rows = people(3)
        change(issued, Correction(doc_no=rows[2][2]))
        from ledger.app.roster import RosterRefused

        with pytest.raises(RosterRefused) as caught:
            issued.append([rows[2]])
        assert {finding.rule for finding in caught.value.findings} == {"person.in_ledger"}
        assert issued.append([rows[0]]).numbers == 1


class TestMerger:
    """The successor signs for the old numbers, and gives no new ones under the old code."""

    def test_the_successor_signs(self, issued: World) -> None:
        other = "S000050000002"
        issued.file(org=other, name="新学院（虚构）")
        ring = issued.keyring
        merger = sign_record(
            "org.retire", {"into": other, "org": SCHOOL.org, "reason": "merged"}, ring.signer(CONFIG.registrar)
        )
        with writing(issued.home, issued.store, ring.signer(CONFIG.origin), issued.tick(), 2) as draft:
            draft.add(merger)
        happen(issued, "revoke")
        history = history_of(issued.store, read_registry(issued.store), CODE)
        assert history.events[-1].entry.record.issuer == other
        assert issued.check(CODE).verdict == "revoked"


def test_renewal_adds_one_index_entry(issued: World) -> None:
    size = issued.store.size()
    assert renew(issued.home, issued.store, issued.keyring, now=issued.tick()) == size + 1 == issued.store.size()
    assert issued.check(CODE).verdict == "valid"
