"""Two machines: a roster signed on the organisation's, appended on the authority's, by files alone."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest

from ledger.app.auditing import audit_place
from ledger.app.batch import BatchRefused
from ledger.app.checking import check_certificate
from ledger.app.collecting import Collected
from ledger.app.events import record_event
from ledger.app.home import HomeError
from ledger.app.intake import RosterRefused
from ledger.app.joining import OrganisationHome, join_ledger
from ledger.app.learning import PlaceError
from ledger.app.places import FolderPlace
from ledger.core.batchfile import parse_batch
from ledger.core.entry import parse_entry
from ledger.core.errors import RuleError
from ledger.crypto.keyring import NoKeyError
from ledger.crypto.sealed import TEST
from ledger.forms.findings import Finding
from ledger.store.holdings import REPLACED, SIGNED
from tests.evaluation import ISSUE, ORGS, cited
from tests.simulator import PROFILES
from tests.unit.app.courses import ANHUI, SHANDONG, ZHEJIANG, annex6, shandong, zhejiang
from tests.unit.app.exchange import Authority, Member
from tests.unit.app.world import CONFIG, PASSPHRASE

Make = Callable[..., Authority]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Authority] = []

    def one(*args: str, **options: object) -> Authority:
        made.append(Authority(tmp_path / str(len(made)), *args, **options))  # type: ignore[arg-type]  # as the class has them
        return made[-1]

    yield one
    for authority in made:
        authority.close()


def people(first: int, last: int) -> list[list[object]]:
    rows = annex6(last)
    return [rows[0], *rows[first:]]


def rules(findings: list[Finding]) -> set[str]:
    return {finding.rule for finding in findings if finding.severity == "error"}


def refused(authority: Authority, rows: list[list[object]], **options: object) -> set[str]:
    """The rules for which the organisation's own machine does not sign; its register is as before."""
    before = (authority.member.path / "register.db").read_bytes()
    with pytest.raises(RosterRefused) as caught:
        authority.member.sign(rows, authority.on(ISSUE), out="refused.txt", **options)  # type: ignore[arg-type]  # as it has them
    assert (authority.member.path / "register.db").read_bytes() == before
    assert not (authority.member.root / "refused.txt").exists()
    return rules(caught.value.findings)


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def codes_of(collected: Collected) -> list[str]:
    """The verification codes that were written for a batch."""
    rows = openpyxl.load_workbook(collected.outputs[1]).worksheets[0].iter_rows(values_only=True)
    return [str(cell).replace(" ", "") for row in rows for cell in row if cell and len(str(cell)) == 24]


class TestExchange:
    @pytest.mark.domain("G7", "G2")
    def test_what_is_signed_there_is_appended_here_and_verified(self, make: Make) -> None:
        authority = make()
        signed, batch = authority.member.sign(annex6(3), authority.on(ISSUE))
        assert not authority.member.home.outputs.exists()
        done = authority.take(batch)
        first = f"{authority.org}263000001"
        assert (done.numbers, done.first, done.last) == (3, first, f"{authority.org}263000003")
        assert (done.batch, done.again, done.kind) == (signed.batch, False, "certificates")
        assert authority.findings() == []
        report = check_certificate(
            first, FolderPlace(authority.home.public), trust=authority.member.home.trust, profiles=PROFILES,
            now=authority.now + 60,
        )  # fmt: skip
        assert (report.verdict, report.sections["masked"]) == ("valid", {"name": "张**"})
        authority.hand_back()
        [collected] = authority.member.collect()
        assert (collected.batch, collected.numbers, collected.new) == (signed.batch, 3, True)
        assert len(codes_of(collected)) == 3
        rows = list(openpyxl.load_workbook(collected.outputs[0]).worksheets[0].iter_rows(values_only=True))
        assert {first, done.last} <= {cell for row in rows for cell in row}

    def test_the_authority_never_holds_a_person(self, make: Make) -> None:
        authority = make()
        rows = annex6(3)
        _, batch = authority.member.sign(rows, authority.on(ISSUE))
        authority.take(batch)
        authority.hand_back()
        [collected] = authority.member.collect()
        authority.close()
        secrets = [str(row[2]) for row in rows[1:]] + [str(rows[1][0]), *codes_of(collected)]
        held = {**files(authority.root), "batch": batch.read_bytes()}
        assert [path for path, data in held.items() if any(secret.encode() in data for secret in secrets)] == []

    def test_at_rest_the_organisation_seals_what_it_holds(self, make: Make) -> None:
        authority = make()
        rows = annex6(3)
        authority.member.sign(rows, authority.on(ISSUE))
        register = (authority.member.path / "register.db").read_bytes()
        assert not any(str(row[2]).encode() in register for row in rows[1:])
        assert str(rows[1][0]).encode() not in register

    @pytest.mark.domain("G10")
    def test_the_same_batch_again_changes_nothing(self, make: Make) -> None:
        authority = make()
        _, batch = authority.member.sign(annex6(3), authority.on(ISSUE))
        done = authority.take(batch)
        before = files(authority.root)
        again = authority.take(batch)
        assert again.again
        assert (again.first, again.last, again.size) == (done.first, done.last, done.size)
        assert files(authority.root) == before

    def test_a_killed_publication_is_finished_by_the_same_batch(self, make: Make) -> None:
        authority = make()
        _, batch = authority.member.sign(annex6(3), authority.on(ISSUE))
        authority.take(batch)
        before = files(authority.home.public)
        shutil.rmtree(authority.home.public)
        assert authority.take(batch).again
        assert files(authority.home.public) == before

    def test_the_authority_needs_the_log_key_and_no_other(self, make: Make) -> None:
        authority = make()
        assert authority.keyring.sign.keys() == {CONFIG.origin, CONFIG.registrar}
        with pytest.raises(NoKeyError):
            authority.append(annex6(1))

    @pytest.mark.domain("A17", "A18", "G2", "G3", "G4", "G5", "F6")
    @pytest.mark.parametrize("profile", ORGS)
    def test_under_each_notice_with_its_evidence(self, make: Make, profile: str) -> None:
        authority = make(profile, required=True)
        numbers = authority.org + "26K000001", authority.org + "26K000009"
        authority.run({"codes": {"first": numbers[0], "last": numbers[1]}} if profile == ZHEJIANG else {})
        if profile == ANHUI:
            authority.assign(f"{authority.org}263000101", f"{authority.org}263000200")
        authority.hand_back()
        rows = {SHANDONG: shandong, ZHEJIANG: zhejiang}.get(profile, annex6)(2)
        issued = ISSUE if profile == ZHEJIANG else ""
        plan = authority.plan
        signed, batch = authority.member.sign(rows, authority.on(ISSUE), plan=plan, issued=issued, medium="electronic")
        done = authority.take(batch)
        bodies = [parse_entry(raw).record.body for raw in authority.store.entries(done.size - 3, done.size - 1)]
        assert [body["evidence"] for body in bodies] == [cited(authority.seqs)] * 2
        assert {body["medium"] for body in bodies} == {"electronic"}
        assert done.first == {ANHUI: f"{authority.org}263000101", ZHEJIANG: numbers[0]}.get(profile, signed.first)
        assert authority.findings() == []
        authority.hand_back()
        assert authority.member.collect()[0].new

    @pytest.mark.parametrize(("preset", "views"), [("masked", 2), ("status", 0), ("sealed", 0)])
    def test_under_each_preset(self, make: Make, preset: str, views: int) -> None:
        authority = make(preset=preset)
        _, batch = authority.member.sign(annex6(2), authority.on(ISSUE))
        rows = [row for _, row in parse_batch(batch.read_bytes()).rows()]
        assert sum(row.disclosure is not None for row in rows) == views
        authority.take(batch)
        assert authority.findings() == []

    @pytest.mark.domain("A25")
    def test_a_level_of_its_own(self, make: Make) -> None:
        authority = make(SHANDONG, titles=[{"level": "3", "name": "首席技师"}])
        _, batch = authority.member.sign(shandong(1, 职业技能等级="首席技师"), authority.on(ISSUE))
        done = authority.take(batch)
        [body] = [parse_entry(raw).record.body for raw in authority.store.entries(done.size - 2, done.size - 1)]
        assert (body["level"], body["title"]) == ("3", "首席技师")
        authority.hand_back()
        [collected] = authority.member.collect()
        cells = [cell for row in openpyxl.load_workbook(collected.outputs[0]).worksheets[0].values for cell in row]
        assert {"首席技师", "车间一班"} <= set(cells)


class TestAgain:
    def test_the_same_roster_gets_the_same_file(self, make: Make) -> None:
        authority = make()
        _, batch = authority.member.sign(annex6(3), authority.on(ISSUE))
        signed, again = authority.member.sign(annex6(3), authority.on(ISSUE), out="again.txt")
        assert signed.again
        assert again.read_bytes() == batch.read_bytes()

    def test_after_a_refusal_it_gets_the_same_numbers(self, make: Make) -> None:
        authority = make()
        signed, batch = authority.member.sign(annex6(3), authority.on(ISSUE))
        batch.write_bytes(batch.read_bytes()[:-20])
        with pytest.raises(BatchRefused):
            authority.take(batch)
        authority.say("org.rate", org=authority.org, year=2026, grade="A")  # the ledger goes on meanwhile
        again, batch = authority.member.sign(annex6(3), authority.on(ISSUE))
        assert (again.again, again.first, again.last) == (True, signed.first, signed.last)
        assert authority.take(batch).numbers == 3

    def test_with_another_medium_the_numbers_and_the_holders_stay(self, make: Make) -> None:
        authority = make()
        _, one = authority.member.sign(annex6(2), authority.on(ISSUE))
        signed, two = authority.member.sign(annex6(2), authority.on(ISSUE), out="two.txt", medium="paper")
        assert signed.again
        kept = [
            [(row.record.body["code"], row.record.body["disclosures"]) for _, row in batch.rows()]
            for batch in (parse_batch(path.read_bytes()) for path in (one, two))
        ]
        assert kept[0] == kept[1]
        authority.take(one)
        authority.hand_back()
        assert authority.member.collect()[0].new

    def test_once_it_is_in_the_ledger_it_is_not_signed_again(self, make: Make) -> None:
        authority = make()
        _, batch = authority.member.sign(annex6(2), authority.on(ISSUE))
        authority.take(batch)
        authority.hand_back()
        with pytest.raises(RuleError, match="was appended"):
            authority.member.sign(annex6(2), authority.on(ISSUE))
        assert len(files(authority.member.home.outputs)) == 2  # collected on the way

    def test_papers_are_written_again_with_the_same_codes(self, make: Make) -> None:
        authority = make()
        _, batch = authority.member.sign(annex6(2), authority.on(ISSUE))
        authority.take(batch)
        authority.hand_back()
        [first] = authority.member.collect()
        codes = codes_of(first)
        shutil.rmtree(authority.member.home.outputs)
        [again] = authority.member.collect()
        assert (again.new, codes_of(again)) == (False, codes)


class TestOrder:
    def test_what_waits_keeps_its_numbers(self, make: Make) -> None:
        authority = make()
        one, first = authority.member.sign(people(1, 2), authority.on(ISSUE))
        two, second = authority.member.sign(people(3, 5), authority.on(ISSUE), out="two.txt")
        assert (one.last[-1], two.first[-1]) == ("2", "3")
        with pytest.raises(BatchRefused) as caught:
            authority.take(second)
        assert rules(caught.value.findings) == {"code.not_due"}
        authority.take(first)
        assert authority.take(second).last == two.last
        assert authority.findings() == []

    def test_a_corrected_roster_takes_the_place_of_the_refused_one(self, make: Make) -> None:
        authority = make()
        wrong, _ = authority.member.sign(people(1, 3), authority.on(ISSUE))
        waiting, _ = authority.member.sign(people(4, 5), authority.on(ISSUE), out="waiting.txt")
        right, batch = authority.member.sign(people(1, 2), authority.on(ISSUE), out="r.txt", instead=wrong.batch[:16])
        assert (right.first, right.last) == (wrong.first, wrong.first[:-1] + "2")
        assert right.stale == [waiting.batch]
        with authority.member.register() as register:
            states = {held.digest.hex(): held.state for held in register.batches()}
        assert states == {wrong.batch: REPLACED, waiting.batch: SIGNED, right.batch: SIGNED}
        authority.take(batch)
        authority.hand_back()
        again, moved = authority.member.sign(people(4, 5), authority.on(ISSUE), out="moved.txt")
        assert again.again
        assert again.first == right.first[:-1] + "3"
        authority.take(moved)
        authority.hand_back()
        assert [one.numbers for one in authority.member.collect()] == [2, 2]
        assert authority.findings() == []

    def test_a_replaced_roster_that_was_appended_all_the_same_is_recognised(self, make: Make) -> None:
        authority = make()
        wrong, batch = authority.member.sign(people(1, 3), authority.on(ISSUE))
        authority.member.sign(people(1, 2), authority.on(ISSUE), out="right.txt", instead=wrong.batch[:16])
        authority.take(batch)
        authority.hand_back()
        [collected] = authority.member.collect()
        assert (collected.batch, collected.numbers) == (wrong.batch, 3)

    def test_only_a_roster_that_waits_is_replaced(self, make: Make) -> None:
        authority = make()
        wrong, batch = authority.member.sign(people(1, 1), authority.on(ISSUE))
        with pytest.raises(HomeError, match="0 signed rosters"):
            authority.member.sign(people(2, 2), authority.on(ISSUE), instead="ffff" * 16)
        authority.member.sign(people(2, 2), authority.on(ISSUE), instead=wrong.batch)
        with pytest.raises(RuleError, match="was replaced"):
            authority.member.sign(people(1, 1), authority.on(ISSUE))
        authority.take(batch)
        authority.hand_back()
        with pytest.raises(RuleError, match="it stays"):
            authority.member.sign(people(3, 3), authority.on(ISSUE), instead=wrong.batch)


class TestPersons:
    """Who a certificate is for is known to the organisation alone: it is the one that asks."""

    def test_a_person_who_waits_for_one_or_has_one_gets_no_second(self, make: Make) -> None:
        authority = make()
        _, batch = authority.member.sign(people(1, 2), authority.on(ISSUE))
        assert refused(authority, people(2, 3)) == {"person.in_ledger"}
        authority.take(batch)
        authority.hand_back()
        authority.member.collect()
        assert refused(authority, people(2, 3)) == {"person.in_ledger"}

    def test_a_revoked_certificate_bars_nobody(self, make: Make) -> None:
        authority = make()
        signed, batch = authority.member.sign(people(1, 1), authority.on(ISSUE))
        authority.take(batch)
        record_event(
            authority.home, authority.store, authority.keyring, "certificate.revoke", signed.first, reason="fraud",
            effective=None, side="registrar", now=authority.on(ISSUE),
        )  # fmt: skip
        authority.hand_back()
        again, _ = authority.member.sign(people(1, 2), authority.on(ISSUE), out="again.txt")
        assert again.first == signed.first[:-1] + "2"

    def test_nor_does_one_of_a_replaced_roster(self, make: Make) -> None:
        authority = make()
        wrong, _ = authority.member.sign(people(1, 2), authority.on(ISSUE))
        assert authority.member.sign(people(2, 2), authority.on(ISSUE), instead=wrong.batch)[0].numbers == 1


class TestRefusedThere:
    """What the organisation's own machine can know, the authority need not refuse."""

    @pytest.mark.domain("A16")
    def test_an_exhausted_range(self, make: Make) -> None:
        authority = make()
        authority.assign(f"{authority.org}263000101", f"{authority.org}263000101")
        authority.hand_back()
        assert refused(authority, annex6(2)) == {"serial.range_exhausted"}

    @pytest.mark.domain("F6")
    def test_another_number_than_passed(self, make: Make) -> None:
        authority = make(required=True)
        authority.run({"plan": {"levels": ["3"]}})
        authority.hand_back()
        assert refused(authority, annex6(1), plan=authority.plan) == {"confirmation_count"}

    @pytest.mark.domain("A17")
    def test_evidence_that_is_missing(self, make: Make) -> None:
        authority = make(required=True)
        authority.run(left_out=("audit",))
        authority.hand_back()
        assert refused(authority, annex6(2), plan=authority.plan) == {"evidence_missing"}
        assert refused(authority, annex6(2)) == {"evidence_missing"}

    @pytest.mark.domain("C1")
    def test_out_of_scope(self, make: Make) -> None:
        assert refused(make(), annex6(1, 工种名称="普通车工")) == {"scope.occupation"}

    def test_an_organisation_that_is_not_filed_yet(self, make: Make, tmp_path: Path) -> None:
        authority = make()
        (tmp_path / "new").mkdir()
        member = Member(tmp_path / "new", "S000050000009")
        member.bring(authority.home.public)
        member.join()
        with pytest.raises(RuleError, match="not filed"):
            member.sign(annex6(1), authority.on(ISSUE))

    def test_a_roster_that_is_too_long(self, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ledger.app.signing.MAX_ROWS", 2)
        assert refused(make(), annex6(3)) == {"batch.long"}


class TestPlace:
    """The public folder that the organisation is given is held to the keys and to the past that it knows."""

    def test_an_older_copy(self, make: Make) -> None:
        authority = make()
        old = authority.member_root / "old"
        shutil.copytree(authority.home.public, old)
        authority.say("org.rate", org=authority.org, year=2026, grade="A")
        authority.member.collect()
        authority.member.bring(old)
        with pytest.raises(PlaceError, match="an old copy"):
            authority.member.collect()

    def test_another_past_under_the_same_keys(self, make: Make) -> None:
        authority = make()
        fork = authority.member_root / "fork"
        shutil.copytree(authority.root, fork)
        authority.say("org.rate", org=authority.org, year=2026, grade="A")
        authority.member.collect()
        authority.close()
        shutil.rmtree(authority.root)
        shutil.copytree(fork, authority.root)
        del authority.store
        for grade in "BC":
            authority.say("org.rate", org=authority.org, year=2026, grade=grade)
        with pytest.raises(PlaceError, match="a second history"):
            authority.member.collect()

    def test_another_ledger(self, make: Make) -> None:
        authority, other = make(), make()
        authority.member.bring(other.home.public)
        with pytest.raises(PlaceError, match="not signed by the log key"):
            authority.member.collect()

    def test_a_changed_entry(self, make: Make) -> None:
        authority = make()
        [bundle] = (authority.member.carried / "tile/entries").rglob("*.p/5")
        bundle.write_bytes(bundle.read_bytes().replace("云岭".encode(), "山岭".encode()))
        with pytest.raises(PlaceError, match="ledger verify"):
            authority.member.collect()

    @pytest.mark.parametrize("missing", ["head", "tile/entries/000.p/5"])
    def test_a_missing_file(self, make: Make, missing: str) -> None:
        authority = make()
        (authority.member.carried / missing).unlink()
        with pytest.raises(PlaceError, match=r"(cannot|can) be read"):
            authority.member.collect()


class TestJoining:
    def test_the_keys_are_pinned_and_its_own_is_shown(self, make: Make) -> None:
        authority = make()
        home = authority.member.home
        assert (home.org, home.trust.origin) == (authority.org, CONFIG.origin)
        assert authority.member.join() == authority.member.keyring.signer(authority.org).key

    def test_an_interrupted_joining_is_finished(self, make: Make) -> None:
        authority = make()
        key = authority.member.join()
        for name in ("trust.json", "seen.checkpoint", "register.db"):
            (authority.member.path / name).unlink()
        assert authority.member.join() == key
        assert authority.member.sign(annex6(1), authority.on(ISSUE))[0].numbers == 1

    def test_one_home_for_one_organisation_and_one_ledger(self, make: Make, tmp_path: Path) -> None:
        authority, other = make(), make()
        member = authority.member
        with pytest.raises(HomeError, match=f"the home of {member.org}"):
            self.join(member.path, member.carried, "S000050000009")
        with pytest.raises(HomeError, match="joined another ledger"):
            self.join(member.path, other.home.public, member.org)
        with pytest.raises(HomeError, match="not empty"):
            self.join(member.root, member.carried, member.org)
        with pytest.raises(HomeError, match="no organisation code"):
            self.join(tmp_path / "new", member.carried, "S1")
        with pytest.raises(HomeError, match=r"no organisation\.toml"):
            OrganisationHome.at(authority.home.path)

    def test_a_place_that_is_no_ledger(self, tmp_path: Path, make: Make) -> None:
        with pytest.raises(PlaceError, match=r"no trust\.json"):
            self.join(tmp_path / "new", tmp_path, "S000050000001")
        authority = make()
        (authority.member.carried / "trust.json").write_bytes(b"{}")
        with pytest.raises(PlaceError, match="members must be"):
            self.join(tmp_path / "new", authority.member.carried, "S000050000001")
        assert not (tmp_path / "new").exists()

    def test_a_home_that_was_edited(self, make: Make) -> None:
        member = make().member
        (member.path / "organisation.toml").write_text('version = 2\norg = "S000050000001"\n')
        with pytest.raises(HomeError, match="must have org"):
            OrganisationHome.at(member.path)

    def test_a_home_without_its_trust(self, make: Make) -> None:
        member = make().member
        (member.path / "trust.json").unlink()
        with pytest.raises(HomeError, match="join again"):
            OrganisationHome.at(member.path)

    def join(self, path: Path, place: Path, org: str) -> None:
        from random import Random

        join_ledger(path, FolderPlace(place), org, PASSPHRASE, random=Random(1).randbytes, kdf=TEST)


def test_what_is_here_is_what_the_ledger_has(make: Make) -> None:
    """The audit of the folder that came back, by the organisation, with the keys that it pinned itself."""
    authority = make()
    _, batch = authority.member.sign(annex6(2), authority.on(ISSUE))
    authority.take(batch)
    authority.hand_back()
    audit = audit_place(FolderPlace(authority.member.carried), authority.member.home.trust, PROFILES)
    assert (audit.verdict, audit.certificates) == ("verified", 2)
