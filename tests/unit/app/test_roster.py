"""Appending a roster: all of it or nothing, each number once, and nothing about a person in the open."""

from datetime import date

import openpyxl
import pytest

from ledger.app.auditing import audit_place
from ledger.app.filing import read_registry
from ledger.app.home import HomeError
from ledger.app.places import FolderPlace
from ledger.app.roster import Appended, RosterRefused
from ledger.app.writing import trust_of_ledger
from ledger.core.digest import sha256
from ledger.core.disclosure import private_disclosures
from ledger.core.entry import parse_entry
from ledger.core.errors import RuleError
from ledger.core.record import sign_record
from ledger.forms.roster import normal_form, read_roster
from tests.unit.app.world import HEADER, PROFILES, SCHOOL, World, people

NAME, DOC_TYPE, DOC_NO, JOB, LEVEL, CODE, ISSUED, EVALUATOR = (
    HEADER.index(name)
    for name in ("姓名", "证件类型", "证件号码", "工种名称", "职业技能等级", "证书编号", "发证日期", "评价机构")
)


def with_cell(column: int, value: str, rows: int = 3, row: int = 1) -> list[list[str]]:
    """People of whom one has another value in one cell."""
    changed = people(rows)
    changed[row][column] = value
    if column == EVALUATOR:
        changed[row][EVALUATOR + 1] = value
    return changed


def refusal(world: World, rows: list[list[str]], now: int | None = None) -> set[str]:
    """The rules that refuse the rows; the whole home must be as before."""
    before = world.snapshot()
    with pytest.raises(RosterRefused) as caught:
        world.append(rows, now=now)
    assert world.snapshot() == before
    assert caught.value.annotated is not None
    assert caught.value.annotated.parent == world.root
    return {finding.rule for finding in caught.value.findings if finding.severity == "error"}


class TestAccepted:
    def test_numbers_are_given_in_the_order_of_the_sheet(self, world: World) -> None:
        done = world.append(people(3))
        prefix = f"{SCHOOL.org}263"
        assert (done.first, done.last, done.numbers, done.again) == (f"{prefix}000001", f"{prefix}000003", 3, False)
        more = world.append(people(7)[3:])
        assert more.first == f"{prefix}000004"

    def test_each_is_valid_with_its_masked_view(self, world: World) -> None:
        done = world.append(people(3))
        for at, row in enumerate(people(3)):
            report = world.check(done.first[:-1] + str(at + 1))
            assert report.verdict == "valid"
            masked = report.sections["masked"]
            assert isinstance(masked, dict)
            assert str(masked["name"]).endswith("**")
            assert str(masked["name"])[0] == row[NAME][0]

    def test_the_audit_verifies_it(self, world: World) -> None:
        world.append(people(5))
        audit = audit_place(FolderPlace(world.home.public), trust_of_ledger(world.store), PROFILES)
        assert (audit.verdict, audit.certificates, audit.warnings) == ("verified", 5, [])

    def test_nothing_about_a_person_is_public(self, world: World) -> None:
        rows = people(5)
        world.append(rows)
        secrets = {cell for row in rows for cell in (row[NAME], row[DOC_NO])} | set(self.codes(world))
        for path, data in world.snapshot().items():
            if path.startswith("home/public/"):
                assert not [secret for secret in secrets if secret.encode() in data], path

    def test_a_roster_is_named_by_a_key_that_nobody_outside_has(self, world: World) -> None:
        """Else a roster of one person would give its document number to whoever tries them all."""
        done = world.append(people(1))
        [entry] = [parse_entry(raw) for raw in world.store.entries(done.size - 2, done.size - 1)]
        profile = PROFILES[SCHOOL.profile]
        roster = read_roster(world.root / "roster.xlsx", profile, date(2026, 11, 20))
        assert entry.record.body["batch"] == done.batch != sha256(normal_form(roster.rows)).hex()

    def codes(self, world: World) -> list[str]:
        [file] = world.home.outputs.rglob("verification-codes.xlsx")
        rows = list(openpyxl.load_workbook(file).active.iter_rows(values_only=True))  # type: ignore[union-attr]  # one sheet
        codes = [str(cell).replace(" ", "") for row in rows for cell in row if cell and len(str(cell)) == 24]
        assert len(codes) == 5
        return codes

    def test_whoever_has_the_verification_code_can_show_each_field(self, world: World) -> None:
        rows = people(5)
        done = world.append(rows)
        fields = {"name": rows[0][NAME], "doc_no": rows[0][DOC_NO]}
        shown = private_disclosures(self.codes(world)[0], fields)
        report = world.check(done.first, disclosures=tuple(shown.values()))
        assert (report.verdict, report.sections["disclosed"]) == ("valid", fields)
        wrong = private_disclosures(self.codes(world)[0], {"name": "别人"})
        assert world.check(done.first, disclosures=tuple(wrong.values())).verdict == "inconsistent"

    def test_the_filled_form_carries_the_numbers(self, world: World) -> None:
        done = world.append(people(3))
        book = openpyxl.load_workbook(done.outputs[0])
        cells = {cell for row in book.worksheets[0].iter_rows(values_only=True) for cell in row}
        assert {done.first[:-1] + digit for digit in "123"} <= cells

    def test_scopes_count_by_level(self, world: World) -> None:
        rows = with_cell(LEVEL, "四级/中级工")
        world.append(rows)
        registered = [parse_entry(raw).record.body.get("code") for raw in world.store.entries(5, 8)]
        assert registered == [f"{SCHOOL.org}26{rest}" for rest in ("3000001", "4000001", "3000002")]

    def test_a_number_that_is_the_one_due_may_be_filled_in(self, world: World) -> None:
        done = world.append(with_cell(CODE, f"{SCHOOL.org}263000002"))
        assert done.last.endswith("000003")

    def test_the_last_serial_number_is_given(self, world: World) -> None:
        with world.store.transaction():
            world.store.set_counter(f"{SCHOOL.org}/2026/3", 999_997)
        assert world.append(people(2)).last.endswith("3999999")

    def test_a_revoked_certificate_does_not_bar_its_person(self, world: World) -> None:
        from ledger.app.events import record_event

        done = world.append(people(1))
        record_event(
            world.home, world.store, world.keyring, "certificate.revoke", done.first,
            reason="error", effective=None, side="organisation", now=world.tick(),
        )  # fmt: skip
        rows = people(1)
        rows[0][NAME] = "王小明"
        assert world.append(rows).first.endswith("000002")


class TestAgain:
    def test_the_same_roster_changes_nothing(self, world: World) -> None:
        done = world.append(people(3))
        before = world.snapshot()
        again = world.append(people(3))
        assert again.again
        assert (again.first, again.last, again.batch, again.size) == (done.first, done.last, done.batch, done.size)
        after = world.snapshot()
        assert {path for path in before if before[path] != after.get(path)} <= {
            path for path in before if path.startswith("home/outputs/")
        }
        assert after.keys() == before.keys()

    def test_its_papers_are_written_again_with_the_same_words(self, world: World) -> None:
        done = world.append(people(3))
        first = self.words(done)
        for path in done.outputs:
            path.unlink()
        assert self.words(world.append(people(3))) == first

    def words(self, done: Appended) -> list[list[tuple[object, ...]]]:
        books = [openpyxl.load_workbook(path) for path in done.outputs]
        return [list(book.worksheets[0].iter_rows(values_only=True)) for book in books]

    def test_a_killed_publication_is_finished(self, world: World) -> None:
        import shutil

        world.append(people(3))
        before = world.snapshot()
        shutil.rmtree(world.home.public)
        world.append(people(3))
        after = world.snapshot()
        assert {path: after[path] for path in after if "public" in path} == {
            path: before[path] for path in before if "public" in path
        }


class TestRefused:
    def test_the_same_person_twice(self, world: World) -> None:
        rows = people(3)
        rows[2][DOC_NO] = rows[0][DOC_NO]
        assert refusal(world, rows) == {"person.twice"}

    def test_a_person_who_holds_it_already(self, world: World) -> None:
        world.append(people(3))
        assert refusal(world, people(4)) == {"person.in_ledger"}

    def test_an_occupation_out_of_scope(self, world: World) -> None:
        assert refusal(world, with_cell(JOB, "普通车工")) == {"scope.occupation"}

    def test_a_date_outside_the_filing(self, world: World) -> None:
        assert refusal(world, with_cell(ISSUED, "2024-12-31")) == {"issued.outside_filing"}

    def test_an_organisation_whose_filing_expired(self, world: World) -> None:
        later = 1_832_000_000  # 2028-01-20
        rows = people(2)
        for row in rows:
            row[ISSUED] = "2028-01-10"
        assert refusal(world, rows, now=later) == {"issued.outside_filing"}

    def test_a_date_in_the_future(self, world: World) -> None:
        assert refusal(world, with_cell(ISSUED, "2026-11-21")) == {"issued.future"}

    def test_another_evaluator(self, world: World) -> None:
        assert refusal(world, with_cell(EVALUATOR, "别的学院")) == {"evaluator.name"}

    def test_a_document_number_with_a_wrong_digit(self, world: World) -> None:
        number = people(3)[1][DOC_NO]
        wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
        assert refusal(world, with_cell(DOC_NO, wrong))

    def test_a_number_that_is_not_due(self, world: World) -> None:
        assert refusal(world, with_cell(CODE, f"{SCHOOL.org}263000009")) == {"code.not_due"}

    def test_more_people_than_serial_numbers(self, world: World) -> None:
        with world.store.transaction():
            world.store.set_counter(f"{SCHOOL.org}/2026/3", 999_998)
        assert refusal(world, people(2)) == {"serial.exhausted"}

    def test_an_unreadable_sheet(self, world: World) -> None:
        assert refusal(world, with_cell(LEVEL, "大师"))

    def test_every_finding_is_told_at_once(self, world: World) -> None:
        rows = people(3)
        rows[0][JOB], rows[1][ISSUED], rows[2][EVALUATOR] = "普通车工", "2026-11-21", "别的学院"
        assert {"scope.occupation", "issued.future", "evaluator.name"} <= refusal(world, rows)


class TestWithoutOrganisation:
    def raises(self, world: World, error: type[Exception], text: str, rows: list[list[str]], **more: str) -> None:
        before = world.snapshot()
        with pytest.raises(error, match=text):
            world.append(rows, **more)  # type: ignore[arg-type]  # org is text
        assert world.snapshot() == before

    def test_nobody_is_filed(self, empty: World) -> None:
        self.raises(empty, HomeError, "no organisation is filed", people(1))

    def test_the_one_asked_for_is_not_filed(self, world: World) -> None:
        self.raises(world, RuleError, "org_unknown", people(1), org="S000050000009")

    def test_no_filed_one_has_the_name_in_the_rows(self, world: World) -> None:
        rows = people(1)
        rows[0][EVALUATOR] = rows[0][EVALUATOR + 1] = "别的学院"
        self.raises(world, RuleError, "no filed organisation is called", rows)

    def test_no_name_can_be_read(self, world: World) -> None:
        before = world.snapshot()
        with pytest.raises(RosterRefused):
            world.append([[""] * 11])
        assert world.snapshot() == before

    def test_one_that_was_removed(self, world: World) -> None:
        from ledger.app.writing import writing

        removal = sign_record(
            "org.remove", {"org": SCHOOL.org, "reason": "misconduct"}, world.keyring.signer("registrar.example")
        )
        with writing(world.home, world.store, world.keyring.signer("ledger.example/test"), world.tick(), 2) as draft:
            draft.add(removal)
        assert read_registry(world.store).organisations[SCHOOL.org].ended is not None
        self.raises(world, HomeError, "no organisation is filed", people(1))
