"""Sealed details on the command line: written, opened, replaced, erased, audited, counted. Only fictional people."""

import io
import json
import random
import shutil
from pathlib import Path

import openpyxl
import pytest
from PIL import Image

from ledger.app import erasing
from ledger.core.details import SIZES, is_details_path
from ledger.core.digest import sha256
from ledger.core.encoding import format_base64url
from tests.cli.cases import FILING, NUMBER, Ran, csv, ledger, make_opened, must
from tests.fixtures.forms import HEADER, person
from tests.leaks import Secrets, scan_folder

SECOND = f"{NUMBER[:-1]}2"
NAMES = ("𠮷田禾", "欧阳青松", "阿依·买提")
PEOPLE = [person(f"199{n}0101", 姓名=name) for n, name in enumerate(NAMES)]
DOCUMENTS = [str(row[HEADER.index("证件号码")]) for row in PEOPLE]
ASKED = ("--by", "holder", "--ground", "consent", "--yes")


def picture(seed: int, kind: str = "JPEG") -> bytes:
    """A picture with some noise, and a place in its metadata where cameras write where they were."""
    noise = random.Random(seed).randbytes(413 * 579)
    image = Image.frombytes("L", (413, 579), noise).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    data = io.BytesIO()
    image.save(data, kind, exif=exif)
    return data.getvalue()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("details")
    make_opened(folder)
    (folder / "filing.toml").write_text(FILING, encoding="utf-8")
    must(run(folder, "org", "file", "filing.toml"))
    (folder / "roster.csv").write_text(csv(PEOPLE), encoding="utf-8")
    (folder / "photos").mkdir()
    for number, document in enumerate(DOCUMENTS):
        (folder / "photos" / f"{document}.{'png' if number == 2 else 'jpg'}").write_bytes(
            picture(number, "PNG" if number == 2 else "JPEG")
        )
    ran = must(run(folder, "append", "roster.csv", "--details", "--photos", "photos"))
    assert "whoever has number and verification code" in ran.err
    return folder


@pytest.fixture
def world(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "world")
    return tmp_path / "world"


def run(folder: Path, *arguments: str, whose: str = "") -> Ran:
    return ledger(folder, "--home", "home", *arguments, whose=whose)


def files(folder: Path) -> dict[str, bytes]:
    public = folder / "home/public"
    return {file.relative_to(public).as_posix(): file.read_bytes() for file in (public / "details").glob("*/*")}


def code_of(folder: Path, pattern: str = "home/outputs/*/verification-codes.xlsx", number: str = NUMBER) -> str:
    (path,) = folder.glob(pattern)
    sheet = openpyxl.load_workbook(path).active
    assert sheet is not None
    cells = [str(cell) for row in sheet.iter_rows(values_only=True) if number in row for cell in row]
    return next(cell for cell in cells if len(cell.replace(" ", "")) == 20)


def check(folder: Path, code: str, *options: str, number: str = NUMBER) -> Ran:
    (folder / "code.txt").write_text(code + "\n", encoding="utf-8")
    return ledger(
        folder, "check", number, "--in", "home/public", "--state", "seen", "--code-file", "code.txt", *options
    )


def audit(folder: Path, place: str = "home/public") -> dict[str, object]:
    told: dict[str, object] = json.loads(ledger(folder, "verify", place, "--json", "--jobs", "1").out)
    return told


def test_there_is_a_file_for_each_certificate_and_its_name_and_size_tell_nothing(made: Path) -> None:
    found = files(made)
    assert len(found) == 3
    assert all(map(is_details_path, found))
    assert {len(data) for data in found.values()} == {SIZES[1]}
    assert audit(made)["verdict"] == "verified"
    secrets = Secrets(list(NAMES), DOCUMENTS, [code_of(made)])
    assert scan_folder(made / "home/public", secrets)[0] == []


def test_number_and_code_open_them(made: Path) -> None:
    ran = must(check(made, code_of(made).lower(), "--photo", "photo.jpg"))
    assert NAMES[0] in ran.out
    assert DOCUMENTS[0] in ran.out
    data = (made / "photo.jpg").read_bytes()
    assert (made / "photo.jpg").stat().st_mode & 0o077 == 0
    assert format_base64url(sha256(data)) in ran.out
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (240, 336), {})
    report = json.loads(check(made, code_of(made), "--json").out)
    assert report["disclosed"]["name"] == NAMES[0]
    third = f"{NUMBER[:-1]}3"
    assert NAMES[2] in must(check(made, code_of(made, number=third), number=third)).out


def test_another_code_finds_nothing(made: Path) -> None:
    for code, number in ((code_of(made, number=SECOND), NUMBER), (code_of(made), f"{NUMBER[:-1]}9")):
        ran = check(made, code, number=number)
        assert (ran.code, "there are no sealed details" in ran.err) == (1, True)
        assert not any(name in ran.out + ran.err for name in NAMES)


def test_a_changed_file_does_not_change_the_answer(world: Path) -> None:
    for path in files(world):
        file = world / "home/public" / path
        file.write_bytes(file.read_bytes()[:-1] + b"\0")
    ran = check(world, code_of(world))
    assert (ran.code, "Valid" in ran.out, "do not open" in ran.err) == (3, True, True)
    assert NAMES[0] not in ran.out


def test_a_correction_seals_them_anew_with_the_same_photo(world: Path) -> None:
    before, old = files(world), code_of(world)
    must(check(world, old, "--photo", "before.jpg"))
    (world / "change.toml").write_text('name = "测试新名"\n', encoding="utf-8")
    must(run(world, "correct", NUMBER, "--from", "change.toml", whose="correction"))
    after = files(world)
    (gone,), (new,) = set(before) - set(after), set(after) - set(before)
    assert len(after) == 3
    assert audit(world)["verdict"] == "verified"
    assert check(world, old).code == 1
    ran = must(check(world, code_of(world, "home/outputs/corrections/*.xlsx"), "--photo", "after.jpg"))
    assert "测试新名" in ran.out
    assert (world / "after.jpg").read_bytes() == (world / "before.jpg").read_bytes()
    # A host that has not deleted the old one yet: told as what it is, and the answer stands.
    (world / "home/public" / gone).parent.mkdir(exist_ok=True)
    (world / "home/public" / gone).write_bytes(before[gone])
    ran = check(world, old)
    assert (ran.code, "Valid" in ran.out, "from before a correction" in ran.err) == (1, True, True)
    assert NAMES[0] not in ran.out
    must(run(world, "renew"))
    assert set(files(world)) == set(after)
    assert new in after


def test_a_reissue_keeps_number_code_and_details(world: Path) -> None:
    before = files(world)
    must(run(world, "reissue", NUMBER, "--reason", "lost"))
    assert files(world) == before
    must(check(world, code_of(world)))


@pytest.mark.parametrize("purged", [False, True])
def test_an_erasure_takes_them_from_the_folder_and_from_the_register(world: Path, *, purged: bool) -> None:
    code = code_of(world)
    told = json.loads(must(run(world, "holder", NUMBER)).out)
    sealed = files(world)[told["details"]]
    if purged:
        ran = ledger(world, "--home", "home", "purge", "--yes", now=NOW_LONG_AFTER)
        assert ran.code == 0, ran.err
    else:
        must(run(world, "erase", NUMBER, *ASKED))
    assert told["details"] not in files(world)
    for file in (world / "home").rglob("*"):
        assert not file.is_file() or sealed[:64] not in file.read_bytes(), file
    if not purged:
        assert len(files(world)) == 2
        assert check(world, code).code == 1
        assert audit(world)["verdict"] == "verified"


NOW_LONG_AFTER = 1795161600 + 60 * 366 * 86_400


def test_an_erasure_that_was_killed_before_the_folder_is_finished_by_the_next_command(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "project_details", killed)
        assert run(world, "erase", NUMBER, *ASKED).code == 130
    assert len(files(world)) == 3
    must(run(world, "renew"))
    assert len(files(world)) == 2


def test_the_folder_is_made_again_byte_for_byte(world: Path) -> None:
    before = files(world)
    shutil.rmtree(world / "home/public")
    must(run(world, "renew"))
    assert files(world) == before
    (world / "home/public/checkpoint").unlink()  # as after a kill in the middle of a publication
    for path in before:
        (world / "home/public" / path).unlink()
    must(run(world, "renew"))
    assert files(world) == before


def test_an_audit_holds_names_sizes_and_number(world: Path) -> None:
    public = world / "home/public"
    (path, data), *_ = files(world).items()
    found = {"details_size": data[:-1], "details_count": data, "file_unknown": data}
    others = {"details_size": path, "details_count": "details/00/" + 30 * "0", "file_unknown": "details/00/holder"}
    for rule, other in others.items():
        before = files(world).get(other)
        (public / other).parent.mkdir(exist_ok=True)
        (public / other).write_bytes(found[rule])
        told = audit(world)
        findings = told["findings"]
        assert isinstance(findings, list)
        assert [one["rule"] for one in findings] == [rule]
        if before is None:
            (public / other).unlink()
        else:
            (public / other).write_bytes(before)
    (public / others["details_count"]).write_bytes(data)  # and more than there are while a publication is under way
    (public / "heads/99").write_bytes(b"")
    assert audit(world)["verdict"] == "not_checked"


def test_a_mirror_of_a_folder_has_them(world: Path) -> None:
    must(ledger(world, "mirror", "home/public", "--out", "copy", "--trust", "home/public/trust.json", "--jobs", "1"))

    def copied() -> dict[str, bytes]:
        there = [file for file in (world / "copy/details").rglob("*") if file.is_file()]
        return {file.relative_to(world / "copy").as_posix(): file.read_bytes() for file in there}

    assert copied() == files(world)
    must(ledger(world, "--home", "home", "renew"))
    erased, changed, *_ = files(world)
    (world / "home/public" / erased).unlink()
    data = (world / "home/public" / changed).read_bytes()
    (world / "home/public" / changed).write_bytes(data[::-1])  # as after a correction
    mirror = "mirror", "home/public", "--out", "copy", "--trust", "home/public/trust.json", "--jobs", "1"
    assert "of what came after the first" in must(ledger(world, *mirror)).out
    assert copied() == files(world)
    must(ledger(world, "--home", "home", "renew"))
    (world / "home/public" / changed).write_bytes(b"x")
    ran = ledger(world, *mirror)
    assert (ran.code, "details_size" in ran.out) == (1, True)


def test_what_a_scraper_sees_is_counted(made: Path) -> None:
    ran = must(run(made, "report", "--exposure"))
    assert "sealed details: 3 files, 49,152 bytes, 3 large enough for a photo" in ran.out
    assert "a code that leaks" in ran.err


def test_a_missing_or_strange_photo_is_found_before_anything_happens(world: Path) -> None:
    rows = [person(f"198{n}0101", 姓名=f"测试{'甲乙丙'[n]}") for n in range(3)]
    (world / "more.csv").write_text(csv(rows), encoding="utf-8")
    documents = [str(row[HEADER.index("证件号码")]) for row in rows]
    (world / "photos" / f"{documents[0]}.jpg").write_bytes(picture(9))
    (world / "photos" / f"{documents[1]}.jpg").write_bytes(b"no picture")
    before = (world / "home/register.db").read_bytes()
    ran = run(world, "append", "more.csv", "--details", "--photos", "photos")
    assert ran.code == 1
    assert "has none of this person" in ran.out
    assert "is not a JPEG or PNG picture" in ran.out
    assert not any(document in ran.out + ran.err for document in documents)
    assert (world / "home/register.db").read_bytes() == before


def test_without_photos_they_are_small_and_without_the_option_there_are_none(world: Path) -> None:
    (world / "more.csv").write_text(csv([person("19850101", 姓名="测试丁")]), encoding="utf-8")
    number = f"{NUMBER[:-1]}4"
    must(run(world, "append", "more.csv", "--details"))
    assert min(len(data) for data in files(world).values()) == SIZES[0]
    code = code_of(world, f"{_newest(world)}/verification-codes.xlsx", number)
    assert "测试丁" in must(check(world, code, number=number)).out
    ran = check(world, code, "--photo", "none.jpg", number=number)
    assert (ran.code, "no photo in the details" in ran.err) == (1, True)
    (world / "last.csv").write_text(csv([person("19860101", 姓名="测试戊")]), encoding="utf-8")
    must(run(world, "append", "last.csv"))
    assert len(files(world)) == 4
    assert audit(world)["verdict"] == "verified"


def _newest(folder: Path) -> str:
    made = max((folder / "home/outputs").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    return made.relative_to(folder).as_posix()


def test_options_that_go_together(made: Path) -> None:
    assert run(made, "append", "roster.csv", "--photos", "photos").code == 2
    ran = ledger(made, "check", NUMBER, "--in", "home/public", "--photo", "photo.jpg")
    assert (ran.code, "--photo goes with --code-file" in ran.err) == (2, True)
    (made / "bad.txt").write_bytes(b"\xff 0123")
    ran = ledger(made, "check", NUMBER, "--in", "home/public", "--code-file", "bad.txt")
    assert (ran.code, "holds no verification code" in ran.err) == (2, True)
