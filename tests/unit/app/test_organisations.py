"""What the registrar does about organisations, from filing to merger, and what is refused."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.app.auditing import audit_place
from ledger.app.events import record_event
from ledger.app.filing import Private, read_registry
from ledger.app.home import HomeError
from ledger.app.intake import RosterRefused
from ledger.app.organisations import (
    Done,
    FilingRefused,
    amend_organisation,
    assign_range,
    end_organisation,
    file_organisation,
    legal_representative,
    merge_organisations,
)
from ledger.app.places import FolderPlace
from ledger.app.writing import trust_of_ledger
from ledger.core.canonical import Value
from ledger.core.digest import sha256
from ledger.core.encoding import format_base64url, parse_base64url
from ledger.core.entry import parse_entry
from ledger.core.errors import RuleError
from ledger.core.registry import Organisation
from ledger.crypto.keyring import Keyring, NoKeyError
from ledger.crypto.rowseal import RowSealError
from ledger.crypto.signer import Ed25519Signer
from tests.unit.app.courses import ANHUI, CHONGQING, Course
from tests.unit.app.world import PASSPHRASE, PROFILES, SCHOOL, World, filing, people

FIRST, SECOND, THIRD = SCHOOL.org, "S000050000002", "S000050000003"
NUMBER = f"{FIRST}263000001"


@dataclass
class Registrar:
    """The registrar of a world."""

    world: World

    def file(self, *, private: Private | None = None, **changes: Value) -> Done:
        body = {name: value for name, value in filing(**changes).items() if value != ""}
        world = self.world
        return file_organisation(
            *(world.home, world.store, body, PROFILES, PASSPHRASE),
            now=world.tick(),
            random=world.random.randbytes,
            allow_test=True,
            private=private,
            folder=world.root,
        )

    def amend(self, private: Private | None = None, **changes: Value) -> Done:
        world = self.world
        return amend_organisation(
            *(world.home, world.store, world.keyring, filing(**changes), PROFILES),
            now=world.tick(),
            random=world.random.randbytes,
            private=private,
            folder=world.root,
        )

    def end(self, org: str = FIRST, how: str = "retire", reason: str = "closed") -> Done:
        world = self.world
        return end_organisation(
            *(world.home, world.store, world.keyring, org, how),  # type: ignore[arg-type]  # how is one of two words
            reason=reason,
            now=world.tick(),
        )

    def merge(self, new: dict[str, Value], *old: str) -> Done:
        world = self.world
        return merge_organisations(
            *(world.home, world.store, new, old, PROFILES, PASSPHRASE),
            now=world.tick(),
            random=world.random.randbytes,
            allow_test=True,
        )

    def assign(self, first: str, last: str, org: str = FIRST) -> Done:
        world = self.world
        return assign_range(
            world.home, world.store, world.keyring, PROFILES, org, (first, last), now=world.tick()
        )  # fmt: skip

    def revoke(self, code: str, side: str = "organisation") -> int:
        world = self.world
        return record_event(
            *(world.home, world.store, world.keyring, "certificate.revoke", code),
            reason="fraud",
            effective=None,
            side=side,  # type: ignore[arg-type]  # one of two words
            now=world.tick(),
        )

    def kinds(self, first: int) -> list[str]:
        store = self.world.store
        return [parse_entry(raw).record.type for raw in store.entries(first, store.size())]

    def organisation(self, org: str = FIRST) -> Organisation:
        return read_registry(self.world.store).organisations[org]

    def audited(self) -> list[str]:
        world = self.world
        audit = audit_place(FolderPlace(world.home.public), trust_of_ledger(world.store), PROFILES)
        assert audit.verdict == "verified"
        return [warned.rule for warned in audit.warnings]


@pytest.fixture
def registrar(world: World) -> Registrar:
    return Registrar(world)


def scope(*levels: str, job: str = "数控车工", **more: Value) -> list[Value]:
    occupation: dict[str, Value] = {"code": "6-18-01-01", "name": "车工", "job": job}
    return [{"levels": list[Value](levels), "occupation": occupation, **more}]


def of_level(level: str, rows: int = 1, name: str = SCHOOL.name, skip: int = 0) -> list[list[str]]:
    """So many people, other ones after the first `skip`."""
    return [[*row[:6], level, *row[7:9], name, name] for row in people(skip + rows)[skip:]]


def rules(caught: pytest.ExceptionInfo[RosterRefused]) -> set[str]:
    return {finding.rule for finding in caught.value.findings}


def clear(folder: Path) -> bytes:
    """Every byte below a folder."""
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


class TestReceipt:
    @pytest.mark.domain("B1")
    def test_the_legal_representative_is_a_digest_and_opens_with_the_keys_only(self, registrar: Registrar) -> None:
        world = registrar.world
        done = registrar.file(org=SECOND, private=Private("张测试法人"))
        body = registrar.organisation(SECOND).filings[-1].body
        assert body["legal"] != format_base64url(sha256("张测试法人".encode()))
        assert legal_representative(world.store, world.keyring, done.seq) == "张测试法人"
        assert legal_representative(world.store, world.keyring, done.seq + 1) is None
        other = Keyring({}, {"rows": bytes(32)})
        with pytest.raises(RowSealError):
            legal_representative(world.store, other, done.seq)
        world.close()
        assert "张测试法人".encode() not in clear(world.root)

    @pytest.mark.domain("B1")
    def test_two_filings_of_one_person_have_two_digests(self, registrar: Registrar) -> None:
        seqs = [registrar.file(org=org, private=Private("张测试法人")).seq for org in (SECOND, THIRD)]
        digests = {registrar.organisation(org).filings[-1].body["legal"] for org in (SECOND, THIRD)}
        assert len(digests) == len(seqs) == 2

    @pytest.mark.domain("B5", "B16", "B18")
    def test_papers_stay_with_the_registrar_and_can_be_shown_later(self, registrar: Registrar) -> None:
        world = registrar.world
        for name in ("承诺书.pdf", "人员.xlsx"):
            (world.root / name).write_bytes(f"测试数据 {name}".encode())
        registrar.file(org=SECOND, private=Private(papers=("承诺书.pdf", "人员.xlsx")), attested=["pledge", "staff"])
        digests = registrar.organisation(SECOND).filings[-1].body["papers"]
        kept = [json.loads(file.read_bytes()) for file in (world.home.outputs / "papers").glob("*.json")]
        assert sorted(one["digest"] for one in kept) == digests
        for one in kept:
            paper = (world.root / one["file"]).read_bytes()
            assert format_base64url(sha256(parse_base64url(one["salt"], "salt") + paper)) == one["digest"]
            assert format_base64url(sha256(paper)) not in str(digests)

    def test_a_paper_that_is_not_there(self, registrar: Registrar) -> None:
        before = registrar.world.snapshot()
        with pytest.raises(FileNotFoundError):
            registrar.file(org=SECOND, private=Private(papers=("none.pdf",)))
        assert registrar.world.snapshot() == before

    @pytest.mark.domain("B1", "B2", "B16", "B18")
    def test_where_all_is_asked_for_nothing_may_be_missing(self, tmp_path: Path) -> None:
        course = Course(tmp_path / "required", CHONGQING)
        before = course.store.size()
        with pytest.raises(FilingRefused) as caught:
            course.file(SECOND, attested=["staff"], receipt="测2号", scope=scope("3"), valid_to="2029-01-02")
        assert [broken.rule for broken in caught.value.broken] == ["filing.validity", "standard.kind", "filing.pledge"]
        assert course.store.size() == before
        course.file(SECOND)
        assert course.findings() == []
        course.close()


class TestCodes:
    @pytest.mark.domain("A11", "A21")
    def test_the_product_gives_the_next_code_and_never_a_retired_one(self, registrar: Registrar) -> None:
        assert registrar.file(org="", name="第二学院").org == SECOND
        registrar.end(SECOND)
        assert registrar.file(org="", name="第三学院").org == THIRD
        for org in (SECOND, FIRST):
            before = registrar.world.snapshot()
            with pytest.raises(RuleError, match="org_filed_twice"):
                registrar.file(org=org)
            assert registrar.world.snapshot() == before
        assert registrar.audited() == []

    @pytest.mark.domain("A11")
    def test_a_gap_is_refused(self, registrar: Registrar) -> None:
        with pytest.raises(FilingRefused, match=r"org\.sequence: S000050000003 is not the next code"):
            registrar.file(org=THIRD)

    def test_where_the_notice_has_no_sequence_the_filing_names_the_code(self, tmp_path: Path) -> None:
        course = Course(tmp_path / "anhui", ANHUI)
        with pytest.raises(RuleError, match="in no sequence"):
            course.file("")
        assert course.file("Y000034030009")
        course.close()

    def test_an_organisation_may_bring_a_key_of_its_own(self, registrar: Registrar) -> None:
        world, key = registrar.world, Ed25519Signer(SECOND, bytes(range(32))).key
        file_organisation(
            *(world.home, world.store, filing(org=SECOND), PROFILES, PASSPHRASE),
            now=world.tick(),
            random=world.random.randbytes,
            allow_test=True,
            key=key,
        )
        assert [term.key for term in registrar.organisation(SECOND).keys] == [key]
        with pytest.raises(NoKeyError):
            world.keyring.signer(SECOND)

    def test_but_not_one_of_another_name(self, registrar: Registrar) -> None:
        world, before = registrar.world, registrar.world.snapshot()
        with pytest.raises(RuleError, match="key_unknown"):
            file_organisation(
                *(world.home, world.store, filing(org=SECOND), PROFILES, PASSPHRASE),
                now=world.tick(),
                random=world.random.randbytes,
                allow_test=True,
                key=Ed25519Signer(THIRD, bytes(32)).key,
            )
        assert world.snapshot() == before


class TestAmendments:
    @pytest.mark.domain("B8", "B19")
    def test_what_is_added_counts_from_the_re_filing_on(self, registrar: Registrar) -> None:
        world = registrar.world
        registrar.amend(scope=scope("4"))
        with pytest.raises(RosterRefused) as caught:
            world.append(of_level("三级/高级工"))
        assert "scope.level" in rules(caught)
        registrar.amend(scope=scope("3", "4"))
        assert world.append(of_level("三级/高级工")).first == NUMBER
        assert world.check(NUMBER).verdict == "valid"
        assert registrar.audited() == []

    @pytest.mark.domain("B8", "B19", "B20")
    def test_what_was_issued_keeps_the_scope_and_the_name_of_its_day(self, registrar: Registrar) -> None:
        world = registrar.world
        world.append(of_level("三级/高级工"))
        registrar.amend(scope=scope("4"), name="新名学院")
        report = world.check(NUMBER)
        assert (report.verdict, report.sections["facts"]["evaluator"]) == ("valid", SCHOOL.name)  # type: ignore[call-overload, index]  # an object
        assert report.sections["organisation"]["name"] == "新名学院"  # type: ignore[call-overload, index]  # an object
        with pytest.raises(RosterRefused) as caught:
            world.append(of_level("四级/中级工", skip=2), org=FIRST)
        assert "evaluator.name" in rules(caught)
        issued = world.append(of_level("四级/中级工", name="新名学院", skip=2))
        assert world.check(issued.first).sections["facts"]["evaluator"] == "新名学院"  # type: ignore[call-overload, index]  # an object
        assert registrar.audited() == []
        assert [one.name for one in registrar.organisation().filings] == [SCHOOL.name, "新名学院"]

    @pytest.mark.domain("B2", "B10")
    @pytest.mark.parametrize(
        ("changes", "rule"),
        [
            ({"valid_to": "2028-01-02"}, "filing.validity"),
            ({"kind": "ordinary-school"}, "kind.levels"),
            ({"org": "S000050000009"}, "org_unknown"),
            ({"profile": "cn-anhui-2020-1"}, "profile_unknown"),
        ],
    )
    def test_it_is_held_to_what_a_filing_is(self, registrar: Registrar, changes: dict[str, Value], rule: str) -> None:
        before = registrar.world.snapshot()
        with pytest.raises(RuleError) as caught:
            registrar.amend(None, **changes)
        assert caught.value.rule == rule
        assert registrar.world.snapshot() == before

    def test_it_names_the_organisation(self, registrar: Registrar) -> None:
        world = registrar.world
        body = {name: value for name, value in filing().items() if name != "org"}
        with pytest.raises(RuleError, match="does not name the organisation"):
            amend_organisation(
                *(world.home, world.store, world.keyring, body, PROFILES), now=world.tick(), random=bytes
            )  # fmt: skip

    @pytest.mark.domain("B1")
    def test_a_new_legal_representative_is_kept_beside_the_old_one(self, registrar: Registrar) -> None:
        store, keyring = registrar.world.store, registrar.world.keyring
        first = registrar.amend(Private("张甲测试")).seq
        second = registrar.amend(Private("李乙测试")).seq
        assert [legal_representative(store, keyring, seq) for seq in (first, second)] == ["张甲测试", "李乙测试"]

    @pytest.mark.domain("B13")
    def test_what_only_warns_stops_nothing_and_is_told(self, registrar: Registrar) -> None:
        own: Value = {"kind": "enterprise", "ref": "甲规范"}
        registrar.amend(scope=scope("3", standard=own))
        done = registrar.file(org=SECOND, scope=scope("3", standard={"kind": "enterprise", "ref": "乙规范"}))
        assert [broken.rule for broken in done.warnings] == ["standard.twice"]
        assert registrar.audited() == ["standard.twice"]


class TestEnds:
    @pytest.mark.domain("A21", "J6")
    @pytest.mark.parametrize(
        ("how", "reason", "state"), [("retire", "closed", "retired"), ("remove", "misconduct", "removed")]
    )
    def test_nothing_is_issued_afterwards_and_what_was_stays_visible(
        self, registrar: Registrar, how: str, reason: str, state: str
    ) -> None:
        world = registrar.world
        world.append(of_level("三级/高级工", 2))
        done = registrar.end(how=how, reason=reason)
        assert registrar.kinds(done.seq) == [f"org.{how}", "index"]
        with pytest.raises((RuleError, HomeError)):
            world.append(of_level("四级/中级工", skip=2))
        report = world.check(NUMBER)
        assert (report.verdict, report.sections["organisation"]["state"]) == ("valid", state)  # type: ignore[call-overload, index]  # an object
        for refused in (
            registrar.amend,
            registrar.end,
            lambda: registrar.assign(NUMBER, NUMBER),
            lambda: registrar.revoke(NUMBER),
        ):
            before = world.snapshot()
            with pytest.raises(RuleError, match="org_ended"):
                refused()
            assert world.snapshot() == before
        registrar.revoke(NUMBER, side="registrar")
        assert world.check(NUMBER).verdict == "revoked"
        assert registrar.audited() == []

    def test_nobody_ends_that_was_never_filed(self, registrar: Registrar) -> None:
        before = registrar.world.snapshot()
        with pytest.raises(RuleError, match="org_unknown"):
            registrar.end(SECOND)
        assert registrar.world.snapshot() == before


@pytest.mark.domain("A22")
class TestMergers:
    def test_a_new_organisation_takes_the_place_of_the_old_ones(self, registrar: Registrar) -> None:
        world = registrar.world
        world.append(of_level("三级/高级工"))
        registrar.file(org=SECOND, name="第二学院")
        new = {name: value for name, value in filing(name="联合学院").items() if name != "org"}
        done = registrar.merge(new, SECOND, FIRST, SECOND)
        assert done.org == THIRD
        kinds = ["org.file", "key.add", "org.retire", "org.retire", "org.merge", "index"]
        assert registrar.kinds(done.seq) == kinds
        assert [registrar.organisation(org).into for org in (FIRST, SECOND, THIRD)] == [THIRD, THIRD, None]
        report = world.check(NUMBER)
        assert (report.verdict, report.sections["organisation"]["into"]) == ("valid", THIRD)  # type: ignore[call-overload, index]  # an object
        registrar.revoke(NUMBER)  # signed by the new organisation's key
        assert parse_entry(next(world.store.entries(world.store.size() - 2, world.store.size()))).record.issuer == THIRD
        with pytest.raises(RuleError):
            world.append(of_level("四级/中级工", skip=2), org=FIRST)
        assert world.append(of_level("四级/中级工", name="联合学院", skip=2)).first == f"{THIRD}264000001"
        assert registrar.audited() == []

    def test_the_new_one_may_be_filed_already_just_like_that(self, registrar: Registrar) -> None:
        registrar.file(org=SECOND, name="联合学院", private=Private("张测试"))
        done = registrar.merge(filing(org=SECOND, name="联合学院"), FIRST)
        assert registrar.kinds(done.seq) == ["org.retire", "org.merge", "index"]
        assert registrar.audited() == []

    @pytest.mark.parametrize(
        ("new", "old", "rule"),
        [
            (filing(org=SECOND), ["S000050000009"], "org_unknown"),
            (filing(), [FIRST], "merge"),
            (filing(name="别名学院"), [SECOND], "org_unknown"),
            (filing(org=SECOND, valid_to="2028-01-02"), [FIRST], "filing.validity"),
            (filing(org=THIRD), [FIRST], "org.sequence"),
        ],
    )
    def test_what_is_no_merger_changes_nothing(
        self, registrar: Registrar, new: dict[str, Value], old: Sequence[str], rule: str
    ) -> None:
        before = registrar.world.snapshot()
        with pytest.raises(RuleError) as caught:
            registrar.merge(new, *old)
        assert caught.value.rule == rule
        assert registrar.world.snapshot() == before

    def test_into_one_that_is_filed_otherwise(self, registrar: Registrar) -> None:
        registrar.file(org=SECOND)
        with pytest.raises(RuleError, match="with other members"):
            registrar.merge(filing(org=SECOND, name="别名学院"), FIRST)

    def test_an_organisation_that_has_ended_is_not_merged(self, registrar: Registrar) -> None:
        registrar.end()
        before = registrar.world.snapshot()
        with pytest.raises(RuleError, match="org_ended"):
            registrar.merge(filing(org=SECOND), FIRST)
        assert registrar.world.snapshot() == before


@pytest.mark.domain("A16")
class TestRanges:
    def test_numbers_come_from_the_ranges(self, registrar: Registrar) -> None:
        done = registrar.assign(f"{FIRST}263000101", f"{FIRST}263000102")
        assert registrar.kinds(done.seq) == ["range.assign", "index"]
        issued = registrar.world.append(of_level("三级/高级工", 2))
        assert (issued.first, issued.last) == (f"{FIRST}263000101", f"{FIRST}263000102")
        with pytest.raises(RosterRefused) as caught:
            registrar.world.append(of_level("三级/高级工", skip=2))
        assert rules(caught) == {"serial.range_exhausted"}
        registrar.assign(f"{FIRST}263000201", f"{FIRST}263000300")
        assert registrar.world.append(of_level("三级/高级工", skip=2)).first == f"{FIRST}263000201"
        assert registrar.audited() == []

    @pytest.mark.parametrize(
        ("first", "last", "org", "rule"),
        [
            (f"{FIRST}263000150", f"{FIRST}263000250", FIRST, "range_overlaps"),
            (f"{FIRST}263000200", f"{FIRST}263000200", FIRST, "range_overlaps"),
            (f"{SECOND}263000001", f"{SECOND}263000100", FIRST, "range_form"),
            (f"{FIRST}263000300", f"{FIRST}263000299", FIRST, "range_form"),
            (f"{FIRST}263000300", f"{FIRST}264000300", FIRST, "range_form"),
            (f"{FIRST}267000300", f"{FIRST}267000400", FIRST, "range_form"),
            (f"{FIRST}263000000", f"{FIRST}263000009", FIRST, "range_form"),
            (f"{SECOND}263000001", f"{SECOND}263000100", SECOND, "org_unknown"),
        ],
    )
    def test_what_overlaps_is_anothers_or_no_range(
        self, registrar: Registrar, first: str, last: str, org: str, rule: str
    ) -> None:
        registrar.assign(f"{FIRST}263000101", f"{FIRST}263000200")
        before = registrar.world.snapshot()
        with pytest.raises(RuleError) as caught:
            registrar.assign(first, last, org)
        assert caught.value.rule == rule
        assert registrar.world.snapshot() == before

    def test_next_to_another_is_no_overlap(self, registrar: Registrar) -> None:
        for first, last in ((101, 200), (201, 300), (1, 100)):
            registrar.assign(f"{FIRST}263{first:06d}", f"{FIRST}263{last:06d}")
        assert len(registrar.organisation().ranges) == 3


def test_a_registrar_whose_key_is_elsewhere_changes_nothing(registrar: Registrar) -> None:
    world = registrar.world
    keyring = Keyring({name: seed for name, seed in world.keyring.sign.items() if "registrar" not in name}, {})
    before = world.snapshot()
    with pytest.raises(NoKeyError):
        end_organisation(world.home, world.store, keyring, FIRST, "retire", reason="closed", now=world.tick())
    assert world.snapshot() == before
