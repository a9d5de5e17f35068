"""Holders erased on an organisation's own machine: no trace in its home, for good; its batches stay what they are."""

import json
import shutil
from pathlib import Path

import pytest

from ledger.app.collecting import open_row
from ledger.app.erasures import read_journal
from ledger.app.home import HomeError
from ledger.app.opening import DATA_KEY
from ledger.app.ownerasing import OwnErased, erase_own, finish_own_erasures, own_journal, rows_by_document, rows_of
from ledger.core.errors import RuleError
from ledger.crypto.rowseal import RowSealer
from ledger.store.holdings import Holding
from tests.cli.cases import Ran, ledger, must
from tests.evaluation import ISSUE
from tests.fixtures.forms import resident
from tests.leaks import Secrets, scan_folder
from tests.unit.app.courses import annex6, birth
from tests.unit.app.exchange import Authority, Member
from tests.unit.app.world import PASSPHRASE

NAMES = ("欧阳探鸢", "司徒画眉", "上官白鹭")
ASKED = ("--by", "holder", "--ground", "consent")


def roster(*, wrong: bool = False) -> list[list[object]]:
    """Header and three people; `wrong`: the first one's document number was mistyped."""
    rows = annex6(len(NAMES))
    for name, row in zip(NAMES, rows[1:], strict=True):
        row[0] = name
    if wrong:
        rows[1][2] = resident("19800101")
    return rows


@pytest.fixture(scope="module")
def appended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two machines, with a batch in the ledger that took the place of a mistyped one, and its papers."""
    root = tmp_path_factory.mktemp("own")
    authority = Authority(root)
    mistyped, _ = authority.member.sign(roster(wrong=True), authority.on(ISSUE))
    _, batch = authority.member.sign(roster(), authority.on(ISSUE), instead=mistyped.batch)
    authority.take(batch)
    authority.hand_back()
    authority.member.collect()
    authority.close()
    (authority.member.root / "secret").write_text(PASSPHRASE)
    for name in ("roster.xlsx", "batch.txt"):  # what the organisation keeps of its own, outside the home
        (authority.member.root / name).unlink()
    shutil.move(authority.member.root, root / "machine")
    return root / "machine"


@pytest.fixture
def member(appended: Path, tmp_path: Path) -> Member:
    shutil.copytree(appended, tmp_path / "machine")
    return Member(tmp_path / "machine", "S000050000001")


def number(n: int) -> str:
    return f"S00005000000126300000{n + 1}"


def run(member: Member, *words: str) -> Ran:
    return ledger(member.root, "--passphrase-file", "secret", "--home", "own", *words)


class Trace:
    """What says who a person is, in texts and in the bytes of the register."""

    def __init__(self, member: Member, n: int) -> None:
        sealer, self.made = RowSealer(member.keyring.data_key(DATA_KEY)), list[bytes]()
        codes, documents = set[str](), {resident(birth(n))}
        with member.register() as register:
            for row in rows_of(register, member.keyring, number(n)):
                code, person = open_row(sealer, row.digest.hex(), row)
                codes.add(code)
                documents.add(person.doc_no)
                self.made += [part for part in (row.sealed, row.person_tag) if part is not None]
        self.secrets = Secrets({NAMES[n]}, documents, codes)

    def found(self, member: Member) -> set[str]:
        """The files below the machine's folder that hold a trace, and what lies beside the home."""
        known = {"name or document", "verification code", "document number"}
        leaks = scan_folder(member.path, self.secrets)[0]
        names = {leak.where.partition("!")[0] for leak in leaks if leak.kind in known}
        files = [path for path in member.root.rglob("*") if path.is_file() and "carried" not in path.parts]
        return names | {path.name for path in files if any(part in path.read_bytes() for part in self.made)}


def erase(member: Member, n: int) -> OwnErased:
    with member.register() as register:
        rows = rows_of(register, member.keyring, number(n))
        return erase_own(member.home, register, rows, by="holder", ground="consent", now=1795161600)


def finished(member: Member) -> list[Holding]:
    with member.register() as register:
        return finish_own_erasures(member.home, register).rows


def test_nothing_is_left_of_whom_was_erased_and_the_others_stay(member: Member) -> None:
    people = [Trace(member, n) for n in range(len(NAMES))]
    gone, stays = people[:2]
    before = gone.found(member)
    assert {"register.db"} < before
    assert len(before) == 3  # the filled form and the list of codes
    done = erase(member, 0)
    assert [row.code for row in done.rows] == [number(0)] * 2  # in the mistyped roster too
    assert (len(done.outputs.again), done.outputs.deleted) == (2, [])
    assert gone.found(member) == set()
    written = {path: path.read_bytes() for path in done.outputs.again}
    assert len(stays.found(member)) == 3  # the register, and both lists without the other's line
    [collected] = member.collect()  # the others' papers, again
    assert (collected.numbers, len(collected.outputs)) == (3, 2)
    assert gone.found(member) == set()
    assert {path: path.read_bytes() for path in written} == written
    assert len(stays.found(member)) == 3
    with member.register() as register:
        with pytest.raises(HomeError, match="not in the register any more"):
            rows_of(register, member.keyring, number(0))
        with pytest.raises(HomeError, match="was not signed on this machine"):
            rows_of(register, member.keyring, number(8))
    for n in (1, 2):
        erase(member, n)
    assert member.collect()[0].outputs == []
    clean = [person.found(member) == set() for person in people]
    print(f"erasure on an organisation's own machine: {clean.count(True)}/{len(clean)} people without a trace")
    assert all(clean)


def test_by_document_in_every_roster(member: Member) -> None:
    with member.register() as register:
        found = rows_by_document(register, member.keyring, "201", resident(birth(1)))
        assert [row.code for row in found] == [number(1)] * 2
        assert len(rows_by_document(register, member.keyring, "201", resident("19800101"))) == 1
        assert rows_by_document(register, member.keyring, "208", resident(birth(1))) == []


def test_a_restored_backup_does_not_bring_a_person_back(member: Member) -> None:
    gone = Trace(member, 0)
    shutil.copytree(member.path, member.root / "backup")
    erase(member, 0)
    shutil.rmtree(member.path)
    shutil.move(member.root / "backup", member.path)
    assert gone.found(member)
    assert "erased them" in must(run(member, "collect", "carried")).err
    assert gone.found(member) == set()
    assert finished(member) == []
    assert {json.loads(line.note)["by"] for line in read_journal(own_journal(member.home))} == {"holder"}


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize(
    "step", ["transaction", "erase_personal", "rebuild", "write_atomic", "delete_all", "set_setting"]
)
def test_killed_anywhere_the_next_command_goes_on(member: Member, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    gone = Trace(member, 0)

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        of_files = step in ("write_atomic", "delete_all")
        patch.setattr(f"ledger.app.outputs.{step}" if of_files else f"ledger.store.holdings.Holdings.{step}", killed)
        with pytest.raises(KilledError):
            erase(member, 0)
    assert len(finished(member)) == 2
    assert gone.found(member) == set()


def test_killed_before_the_journal_nothing_has_happened(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.read_bytes() for path in member.path.rglob("*") if path.is_file()}

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("ledger.app.erasures.write_atomic", killed)
        with pytest.raises(KilledError):
            erase(member, 0)
    assert finished(member) == []
    assert {path: path.read_bytes() for path in member.path.rglob("*") if path.is_file()} == before


def test_a_waiting_roster_with_somebody_erased_is_not_signed_again_but_still_collected(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    member = authority.member
    _, batch = member.sign(roster(), authority.on(ISSUE))
    erase(member, 0)
    with pytest.raises(RuleError) as caught:
        member.sign(roster(), authority.on(ISSUE), out="again.txt")
    assert caught.value.rule == "batch_erased"
    authority.take(batch)
    authority.hand_back()
    [collected] = member.collect()
    assert (collected.new, len(collected.outputs)) == (True, 2)
    assert authority.findings() == []
    # The authority never had the holder; what it can take back is the public view.
    (authority.root / "secret").write_text(PASSPHRASE)
    asked = ("--passphrase-file", "secret", "--home", "home", "erase", number(0), *ASKED, "--yes")
    assert "public masked view; the register has" in must(ledger(authority.root, *asked, now=authority.now)).out
    assert authority.findings() == []
    assert number(0).encode() + b'","disclosure":""' in (authority.home.public / "masked/0/000.txt").read_bytes()
    authority.close()


def test_on_the_command_line(member: Member) -> None:
    gone = Trace(member, 0)
    told = run(member, "erase", number(0), *ASKED)
    assert (told.code, told.out.count(f"{number(0)} (batch"), "nothing was erased" in told.err) == (1, 2, True)
    assert gone.found(member)
    done = must(run(member, "erase", number(0), *ASKED, "--yes"))
    assert "erased the data of 1 holders" in done.out
    assert "own.erased" in done.err
    assert gone.found(member) == set()
    (member.root / "who.toml").write_text(f'doc_type = "201"\ndoc_no = "{resident(birth(2))}"\n')
    assert number(2) in must(run(member, "erase", "--document", "who.toml", *ASKED, "--yes")).out
    gone_already = run(member, "erase", "--document", "who.toml", *ASKED, "--yes")
    assert (gone_already.code, "no certificate has this document" in gone_already.err) == (1, True)
    listed = run(member, "erase", "--notice", "7", *ASKED)
    assert (listed.code, "in the registrar's register" in listed.err) == (2, True)
