"""Erasure on the command line: nothing opens what was erased; a restored backup does not bring it back.

That nothing is left of a person in any byte is for tests/faults/test_erasure.py.
"""

import io
import json
import shutil
from pathlib import Path

import openpyxl
import pytest
from PIL import Image
from pypdf import PdfReader

from ledger.app.holders import open_holder
from ledger.app.home import Home
from ledger.app.opening import DATA_KEY
from ledger.core.receipt import parse_receipt
from ledger.crypto.rowseal import RowSealer
from ledger.forms.certificate import TEMPLATE
from ledger.publish.durable import write_atomic
from tests.cli.cases import NUMBER, PASSPHRASE, Ran, ledger, make_issued, must
from tests.leaks import Secrets, scan_folder

SECOND, THIRD = f"{NUMBER[:-1]}2", f"{NUMBER[:-1]}3"
PRINT = ("print", "--site", "https://verify.example.cn/", "--out", "home/outputs/print")
JOINT = "print/certificates.pdf"
OTHERS = "resident identity number"  # what the scanner calls a number of somebody it does not know
ASKED = ("--by", "holder", "--ground", "consent")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("erase")
    make_issued(folder)
    return folder


@pytest.fixture
def world(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "world")
    return tmp_path / "world"


@pytest.fixture(scope="module")
def all_printed(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("printed") / "world"
    shutil.copytree(made, folder)
    must(run(folder, *PRINT, NUMBER, SECOND))
    must(run(folder, *PRINT, NUMBER, SECOND, THIRD, "--one-file"))
    return folder


@pytest.fixture
def printed(all_printed: Path, tmp_path: Path) -> Path:
    """A world whose certificates were printed into outputs/: two on their own, and all in one file."""
    shutil.copytree(all_printed, tmp_path / "world")
    return tmp_path / "world"


def run(folder: Path, *arguments: str) -> Ran:
    return ledger(folder, "--home", "home", *arguments)


def told(folder: Path, number: str = NUMBER) -> dict[str, object]:
    held: dict[str, object] = json.loads(must(run(folder, "holder", number)).out)
    return held


def canaries(folder: Path, number: str) -> tuple[Secrets, list[bytes]]:
    """Who the holder is, and the sealed bytes that would say so to whoever has the key."""
    home = Home.at(folder / "home")
    keyring, _ = home.open_keyring(PASSPHRASE, allow_test=True)
    with home.open_store() as store:
        row = store.get_certificate(number)
        assert row is not None
        assert row.sealed is not None
        assert row.person_tag is not None
        holder = open_holder(RowSealer(keyring.data_key(DATA_KEY)), number, row.sealed)
        return Secrets([holder.name], [holder.doc_no], [holder.verification_code]), [row.sealed, row.person_tag]


def traces(folder: Path, secrets: Secrets, sealed: list[bytes]) -> list[str]:
    """Where in the home, the public folder and the outputs something of the holder still is."""
    leaks, _, _ = scan_folder(folder / "home", secrets)
    found = [leak.where for leak in leaks if leak.kind != OTHERS]
    for file in (folder / "home").rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            found += [f"{file.name}: sealed" for one in sealed if one in data]
    return found


def test_a_holder_is_told_everything(world: Path) -> None:
    held = told(world)
    assert held["certificate"] == NUMBER
    assert isinstance(held["holder"], dict)
    assert held["holder"]["name"] == "𠮷田禾"
    assert set(held["holder"]) == {"name", "doc_type", "doc_no", "employer", "verification_code", "photo"}
    assert held["entries"] == [5]


def test_nothing_happens_without_yes(world: Path) -> None:
    before = (world / "home/register.db").read_bytes()
    ran = run(world, "erase", NUMBER, *ASKED)
    assert ran.code == 1
    assert NUMBER in ran.out
    assert "nothing was erased" in ran.err
    assert (world / "home/register.db").read_bytes() == before
    assert told(world)


def test_the_certificate_stays_what_it_is_and_says_that_the_view_was_withdrawn(world: Path) -> None:
    ran = must(run(world, "erase", NUMBER, SECOND, *ASKED, "--yes"))
    assert "erased the data of 2 holders" in ran.out
    must(ledger(world, "verify", "home/public"))
    third = f"{NUMBER[:-1]}3"
    assert told(world, third)["state"] == "valid"
    for number, verdict in ((NUMBER, "valid"), (third, "valid")):
        report = json.loads(must(ledger(world, "check", number, "--in", "home/public", "--json")).out)
        assert report["verdict"] == verdict
        assert ("masked" in report) == (number == third)
        assert ("withdrawn" in report) == (number != third)


def test_the_code_lists_of_corrections_go_too_and_only_of_that_holder(world: Path) -> None:
    for number, name in ((NUMBER, "测试更名甲"), (SECOND, "测试更名乙")):
        (world / "change.toml").write_text(f'name = "{name}"\n', encoding="utf-8")
        named_anew = ("correct", number, "--from", "change.toml", "--reason", "name_change")
        must(ledger(world, "--home", "home", *named_anew, whose=number))  # a verification code of its own
    corrections = world / "home/outputs/corrections"
    secrets, sealed = canaries(world, NUMBER)
    named = str(next(corrections.glob(f"{NUMBER}-*.xlsx")).relative_to(world))
    assert any(f"corrections/{NUMBER}-" in where for where in traces(world, secrets, sealed))
    outputs = told(world)["outputs"]
    assert isinstance(outputs, list)
    assert named in outputs
    asked = run(world, "erase", NUMBER, *ASKED)
    assert (asked.code, named in asked.out) == (1, True)
    must(run(world, "erase", NUMBER, *ASKED, "--yes"))
    assert [file.name.partition("-")[0] for file in corrections.iterdir()] == [SECOND]
    assert traces(world, secrets, sealed) == []
    must(ledger(world, "verify", "home/public"))


def test_by_document(world: Path) -> None:
    holder = told(world)["holder"]
    assert isinstance(holder, dict)
    (world / "who.toml").write_text(f'doc_type = "{holder["doc_type"]}"\ndoc_no = "{holder["doc_no"]}"\n')
    ran = must(run(world, "erase", "--document", "who.toml", *ASKED, "--yes"))
    assert NUMBER in ran.out
    assert SECOND not in ran.out
    assert holder["doc_no"] not in ran.out + ran.err
    (world / "who.toml").write_text('doc_type = "201"\ndoc_no = "500101199001010007"\n')
    ran = run(world, "erase", "--document", "who.toml", *ASKED, "--yes")
    assert (ran.code, "no certificate has this document" in ran.err) == (1, True)


def test_a_restored_backup_does_not_bring_a_person_back(world: Path) -> None:
    secrets, sealed = canaries(world, NUMBER)
    shutil.copytree(world / "home", world / "backup")
    must(run(world, "erase", NUMBER, *ASKED, "--yes"))
    shutil.rmtree(world / "home")
    shutil.copytree(world / "backup", world / "home")
    assert traces(world, secrets, sealed)
    ran = must(run(world, "renew"))
    assert "erased them" in ran.err
    assert traces(world, secrets, sealed) == []
    assert "erased them" not in must(run(world, "renew")).err


class KilledError(BaseException):
    """The process ends here."""


STEPS = [
    "store.Store.transaction",
    "store.Store.rebuild",
    "app.outputs.write_atomic 1",  # the list of certificates
    "app.outputs.write_atomic 2",  # the list of verification codes
    "app.outputs.write_atomic 3",  # the PDF that all were printed into
    "app.outputs.delete_all",
    "app.erasing.project_masked",
    "store.Store.set_setting",
]


@pytest.mark.parametrize("step", STEPS)
def test_killed_anywhere_the_next_command_goes_on(printed: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    secrets, sealed = canaries(printed, NUMBER)
    name, _, which = step.partition(" ")
    calls = iter(range(1, int(which or 1)))

    def killed(path: Path, data: bytes = b"", *_: object, private: bool = False, **__: object) -> None:
        if next(calls, None) is None:
            raise KilledError
        write_atomic(path, data, private=private)

    with monkeypatch.context() as patch:
        patch.setattr(f"ledger.{name}", killed)
        with pytest.raises(KilledError):
            run(printed, "erase", NUMBER, *ASKED, "--yes")
    assert must(run(printed, "renew"))
    assert traces(printed, secrets, sealed) == []
    assert left_of(printed) == ["certificates.xlsx", f"print/{SECOND}.pdf", JOINT, "verification-codes.xlsx"]
    must(ledger(printed, "verify", "home/public"))


def left_of(folder: Path) -> list[str]:
    """What is in outputs/, without the names of batches."""
    found = (path for path in (folder / "home/outputs").rglob("*") if path.is_file())
    return sorted(f"{path.parent.name}/{path.name}" if path.parent.name == "print" else path.name for path in found)


class TestOnlyThatPersonGoes:
    def test_lists_and_the_joint_pdf_are_those_of_the_others(self, printed: Path) -> None:
        secrets, sealed = canaries(printed, NUMBER)
        asked = run(printed, "erase", NUMBER, *ASKED)
        assert asked.out.count("its line in") == 2
        assert "its page in" in asked.out
        ran = must(run(printed, "erase", NUMBER, *ASKED, "--yes"))
        assert "deleted as a whole" not in ran.err
        assert traces(printed, secrets, sealed) == []
        outputs = printed / "home/outputs"
        mine = {path: path.read_bytes() for path in outputs.rglob("certificates.*") if path.is_file()}
        mine |= {path: path.read_bytes() for path in outputs.rglob("verification-codes.xlsx")}
        assert len(mine) == 3
        must(run(printed, "append", "roster.csv"))  # writes the lists of those who are left
        ran = must(run(printed, *PRINT, "--batch", batch_of(printed), "--one-file"))
        assert "1 certificates whose holder is erased are left out" in ran.err
        made = {path: path.read_bytes() for path in mine}
        pdf = outputs / JOINT
        # The receipts that travel in it are of the time when it was printed first, without the one who went.
        assert {path for path in mine if made[path] != mine[path]} <= {pdf}
        texts = [[page.extract_text() for page in PdfReader(io.BytesIO(each[pdf])).pages] for each in (mine, made)]
        assert texts[0] == texts[1]
        assert len(texts[0]) == 2
        assert sorted(PdfReader(io.BytesIO(mine[pdf])).attachments) == [f"{SECOND}.receipt.txt", f"{THIRD}.receipt.txt"]
        assert NUMBER.encode() + b'","disclosure"' not in b"".join(masked_in(mine[pdf]))

    def test_two_at_once_leave_the_third(self, printed: Path) -> None:
        must(run(printed, "erase", NUMBER, SECOND, *ASKED, "--yes"))
        reader = PdfReader(printed / "home/outputs" / JOINT)
        assert (len(reader.pages), sorted(reader.attachments)) == (1, [f"{THIRD}.receipt.txt"])

    def test_nobody_left(self, printed: Path) -> None:
        must(run(printed, "erase", NUMBER, SECOND, THIRD, *ASKED, "--yes"))
        assert left_of(printed) == []

    def test_a_pdf_of_others_stays(self, printed: Path) -> None:
        must(run(printed, *PRINT, SECOND, THIRD, "--one-file"))
        before = (printed / "home/outputs" / JOINT).read_bytes()
        assert "its page in" not in run(printed, "erase", NUMBER, *ASKED).out
        must(run(printed, "erase", NUMBER, *ASKED, "--yes"))
        assert (printed / "home/outputs" / JOINT).read_bytes() == before

    def test_a_pdf_that_cannot_be_made_again_is_deleted_and_the_command_told(self, printed: Path) -> None:
        changed = TEMPLATE.read_text("utf-8").replace("luma(45%)", "luma(44%)")
        (printed / "own.typ").write_text(changed, "utf-8")
        must(run(printed, *PRINT, NUMBER, SECOND, THIRD, "--one-file", "--template", "own.typ"))
        ran = must(run(printed, "erase", NUMBER, *ASKED, "--yes"))
        assert "ledger print --batch BATCH --one-file --out" in ran.err
        assert JOINT not in left_of(printed)

    def test_photos_stay_with_those_whose_they_are(self, printed: Path) -> None:
        (printed / "photos").mkdir()
        for n, code in enumerate((NUMBER, SECOND, THIRD)):
            Image.new("RGB", (413, 579), (n * 80, 80, 80)).save(printed / "photos" / f"{code}.jpg")
        must(run(printed, *PRINT, NUMBER, SECOND, THIRD, "--one-file", "--photos", "photos"))
        must(run(printed, "erase", SECOND, *ASKED, "--yes"))
        data = (printed / "home/outputs" / JOINT).read_bytes()
        photos = {code: (printed / "photos" / f"{code}.jpg").read_bytes() for code in (NUMBER, SECOND, THIRD)}
        assert [photos[code] in data for code in photos] == [True, False, True]

    def test_a_list_that_was_changed_and_what_else_lies_there_go_as_a_whole(self, printed: Path) -> None:
        [held] = (printed / "home/outputs").rglob("verification-codes.xlsx")
        book = openpyxl.load_workbook(held)
        book.save(held)
        (held.parent / "copy.txt").write_text("测试数据")
        (held.parent / ".certificates.xlsx.tmp").write_bytes(b"")
        ran = must(run(printed, "erase", NUMBER, *ASKED, "--yes"))
        assert "append the same roster again for the others'" in ran.err
        assert left_of(printed) == ["certificates.xlsx", f"print/{SECOND}.pdf", JOINT]
        must(run(printed, "append", "roster.csv"))
        assert held.is_file()


def masked_in(pdf: bytes) -> list[bytes]:
    """The masked files in the receipts of a PDF."""
    receipts = (parse_receipt(data) for [data] in PdfReader(io.BytesIO(pdf)).attachments.values())
    return [data for receipt in receipts for path, data in receipt.files.items() if path.startswith("masked/")]


def batch_of(folder: Path) -> str:
    """The batch, as its folder is named."""
    [file] = (folder / "home/outputs").rglob("certificates.xlsx")
    return file.parent.name


def test_who_asked_and_why_is_noted(world: Path) -> None:
    must(run(world, "erase", NUMBER, *ASKED, "--yes"))
    with Home.at(world / "home").open_store() as store:
        note = store.setting(f"erased/{NUMBER}")
    assert note == '{"at": "2026-11-20T08:00:00Z", "by": "holder", "ground": "consent"}'
    assert (world / "home.anchor.erased").read_text("utf-8") == f"{NUMBER} {note}\n"
    again = run(world, "erase", NUMBER, *ASKED, "--yes")
    assert (again.code, "not in the register any more" in again.err) == (1, True)
    ran = run(world, "print", NUMBER, "--site", "https://x.example/", "--out", "out")
    assert (ran.code, "not in the register any more" in ran.err) == (1, True)


def test_the_same_roster_writes_the_others_papers_again(world: Path) -> None:
    secrets, sealed = canaries(world, NUMBER)
    must(run(world, "erase", NUMBER, *ASKED, "--yes"))
    must(run(world, "append", "roster.csv"))
    assert traces(world, secrets, sealed) == []
    assert any((world / "home/outputs").rglob("verification-codes.xlsx"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((*ASKED,), 2, "give numbers, or a document"),
        ((NUMBER, "--document", "filing.toml", *ASKED), 2, "give numbers, or a document"),
        ((NUMBER, "--notice", "5", *ASKED), 2, "give numbers, or a document"),
        (("--document", "filing.toml", *ASKED), 2, "is not such a file"),
        (("--notice", "5", *ASKED), 1, "is no notice.open that stands"),
        (("S000050000001263999999", *ASKED), 1, "is not a certificate of this ledger"),
    ],
)
def test_what_is_asked_for_wrongly(world: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    ran = run(world, "erase", *arguments, "--yes")
    assert (ran.code, said in ran.err) == (code, True), ran.err
