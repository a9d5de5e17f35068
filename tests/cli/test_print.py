"""Printing on the command line: what is proven is printed, and the PDF is checked without a network."""

import io
import shutil
from pathlib import Path

import pypdf
import pytest
import zxingcpp
from PIL import Image

from ledger.forms.certificate import TEMPLATE
from tests.cli.cases import NOW, NUMBER, Ran, ledger, make_issued, must

SITE = "https://verify.example.cn/"
SECOND = f"{NUMBER[:-1]}2"
DAY = 86_400
AGAIN = "it gives the same bytes"
LOOK = "compare the facts above with the paper"


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("print")
    make_issued(folder)
    shutil.copy(folder / "home/public/trust.json", folder / "trust.json")
    return folder


def print_(folder: Path, *arguments: str, site: str = SITE) -> Ran:
    return ledger(folder, "--home", "home", "print", *arguments, "--site", site, "--out", "out")


@pytest.fixture(scope="module")
def paper(issued: Path) -> Path:
    must(print_(issued, NUMBER))
    return issued / "out" / f"{NUMBER}.pdf"


def check(folder: Path, pdf: Path, now: int = NOW) -> Ran:
    return ledger(folder, "check", "--pdf", str(pdf), "--trust", "trust.json", now=now)


def test_it_is_checked_without_the_ledger(issued: Path, paper: Path, tmp_path: Path) -> None:
    shutil.copy(issued / "trust.json", tmp_path)
    ran = must(check(tmp_path, paper))
    assert f"{NUMBER}  Valid" in ran.out
    assert ran.out.index("𠮷田禾") < ran.out.index("Resident identity card") < ran.out.index("document number")
    assert "the text of the PDF is the signed one" in ran.err
    assert AGAIN in ran.err
    assert LOOK not in ran.err
    assert paper.stat().st_mode & 0o077 == 0
    assert check(tmp_path, paper, NOW + 99 * DAY).code == 3


def test_the_same_command_gives_the_same_bytes(issued: Path, paper: Path) -> None:
    before = paper.read_bytes()
    must(print_(issued, NUMBER))
    assert paper.read_bytes() == before


def test_another_name_in_the_text_is_found_out(issued: Path, paper: Path, tmp_path: Path) -> None:
    """The receipt of one certificate inside the page of another."""
    must(print_(issued, SECOND))
    other = (issued / "out" / f"{SECOND}.pdf").read_bytes()

    def attached(data: bytes) -> tuple[int, int]:
        start = data.index(b"/Type/EmbeddedFile")
        begin = data.rindex(b" 0 obj", 0, start)
        return data.rindex(b"\n", 0, begin) + 1, data.index(b"endobj", start)

    mine = paper.read_bytes()
    (first, end), (other_first, other_end) = attached(mine), attached(other)
    head = mine[: mine.index(b"obj", first)]
    (tmp_path / "forged.pdf").write_bytes(head + other[other.index(b"obj", other_first) : other_end] + mine[end:])
    ran = check(issued, tmp_path / "forged.pdf")
    assert ran.code == 1
    assert "the PDF does not say the signed name" in ran.err
    assert "the PDF does not say the signed number" in ran.err


class TestSetAgain:
    """The file is made again from its own receipt; what differs in one byte is left to the eye, and said to be."""

    def test_with_a_photo(self, issued: Path, tmp_path: Path) -> None:
        Image.effect_noise((413, 579), 60).convert("RGB").save(tmp_path / f"{NUMBER}.jpg")
        must(print_(issued, NUMBER, "--photos", str(tmp_path)))
        pdf = issued / "out" / f"{NUMBER}.pdf"
        ran = must(check(issued, pdf))
        must(print_(issued, NUMBER))  # as the other tests expect it
        assert AGAIN in ran.err
        assert "the photo is not signed" in ran.err

    def test_what_is_seen_but_not_read(self, issued: Path, paper: Path, tmp_path: Path) -> None:
        """The same text on a page of another width."""
        data = paper.read_bytes()
        (tmp_path / "wide.pdf").write_bytes(data.replace(b"/MediaBox[0 0 841", b"/MediaBox[0 0 842"))
        ran = must(check(issued, tmp_path / "wide.pdf"))
        assert "the text of the PDF is the signed one" in ran.err
        assert LOOK in ran.err
        assert AGAIN not in ran.err

    def test_an_address_in_the_qr_code_that_the_page_does_not_say(self, issued: Path, tmp_path: Path) -> None:
        must(ledger(issued, "--home", "home", "print", NUMBER, "--site", "https://other.example/", "--out", "other"))
        page, code = ((issued / name / f"{NUMBER}.pdf").read_bytes() for name in ("out", "other"))

        def picture(data: bytes) -> tuple[int, int]:
            at = data.index(b"/Subtype/Image")
            return data.rindex(b" 0 obj", 0, at), data.index(b"endobj", at)

        (first, end), (other_first, other_end) = picture(page), picture(code)
        forged = tmp_path / "forged.pdf"
        forged.write_bytes(page[:first] + code[other_first:other_end] + page[end:])
        assert LOOK in must(check(issued, forged)).err

    def test_a_template_of_the_issuers_own(self, issued: Path) -> None:
        changed = TEMPLATE.read_text("utf-8").replace("luma(45%)", "luma(44%)")
        (issued / "own.typ").write_text(changed, "utf-8")
        arguments = ("--site", SITE, "--out", "own", "--template", "own.typ")
        must(ledger(issued, "--home", "home", "print", NUMBER, *arguments))
        assert LOOK in must(check(issued, issued / "own" / f"{NUMBER}.pdf")).err

    def test_where_there_is_no_font(self, issued: Path, paper: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ledger.forms.certificate._FOLDERS", ())
        assert LOOK in must(check(issued, paper)).err


def test_a_batch_in_one_file(issued: Path) -> None:
    batch = next((issued / "home/outputs").iterdir()).name
    digest = batch.rsplit("-", 1)[-1]
    must(print_(issued, "--batch", digest[:12], "--one-file"))
    reader = pypdf.PdfReader(issued / "out" / "certificates.pdf")
    assert (len(reader.pages), len(reader.attachments)) == (3, 3)


def test_the_qr_code_opens_the_site_at_the_number(paper: Path) -> None:
    [image] = pypdf.PdfReader(paper).pages[0].images
    picture = Image.open(io.BytesIO(image.data)).convert("L").resize((410, 410), Image.Resampling.NEAREST)
    [found] = zxingcpp.read_barcodes(picture)
    address, _, code = found.text.rpartition(".")
    assert address == f"{SITE}#{NUMBER}"
    assert len(code) == 20


def test_photos(issued: Path) -> None:
    photos = issued / "photos"
    photos.mkdir(exist_ok=True)
    Image.new("RGB", (70, 98), "white").save(photos / f"{NUMBER}.jpg")
    must(print_(issued, NUMBER, "--photos", "photos"))
    ran = print_(issued, SECOND, "--photos", "photos")
    assert (ran.code, f"has no photo of {SECOND}" in ran.err) == (1, True)


def test_a_revoked_one_is_not_printed(issued: Path, tmp_path: Path) -> None:
    shutil.copytree(issued, tmp_path / "copy")
    third = f"{NUMBER[:-1]}3"
    must(ledger(tmp_path / "copy", "--home", "home", "revoke", third, "--reason", "fraud"))
    ran = print_(tmp_path / "copy", third)
    assert (ran.code, "is not printed: its answer is revoked" in ran.err) == (1, True)
    assert not (tmp_path / "copy/out" / f"{third}.pdf").exists()


@pytest.mark.parametrize(
    ("arguments", "site", "code", "said"),
    [
        ((), SITE, 2, "give numbers, or a batch"),
        ((NUMBER, "--batch", "x"), SITE, 2, "give numbers, or a batch"),
        ((NUMBER,), "verify.example.cn", 2, "--site must be the address"),
        ((NUMBER,), "https://verify.example.cn/#x", 2, "--site must be the address"),
        (("S000050000001263999999",), SITE, 1, "is not a certificate of this ledger"),
        (("--batch", "ffff"), SITE, 1, "0 batches begin with ffff"),
        ((NUMBER, "--template", "bad.typ"), SITE, 1, "the template cannot be set"),
        ((NUMBER, "--font", "filing.toml"), SITE, 1, "filing.toml"),
    ],
)
def test_what_is_asked_for_wrongly(issued: Path, arguments: tuple[str, ...], site: str, code: int, said: str) -> None:
    (issued / "bad.typ").write_text("#unknown")
    ran = print_(issued, *arguments, site=site)
    assert (ran.code, said in ran.err) == (code, True), ran.err


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n", b"x" * 100])
def test_a_pdf_of_others_is_not_checked(issued: Path, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "other.pdf").write_bytes(data)
    assert check(issued, tmp_path / "other.pdf").code == 3


@pytest.fixture(scope="module")
def scanned(issued: Path) -> str:
    must(ledger(issued, "--home", "home", "print", NUMBER, "--site", SITE, "--out", "dense", "--qr", "proof"))
    [image] = pypdf.PdfReader(issued / "dense" / f"{NUMBER}.pdf").pages[0].images
    picture = Image.open(io.BytesIO(image.data)).convert("L")
    at_300_dpi = picture.resize((354, 354), Image.Resampling.BOX)
    page = Image.new("L", (420, 420), 255)
    page.paste(at_300_dpi, (33, 33))
    [found] = zxingcpp.read_barcodes(page)
    return found.text


class TestDenseCode:
    """`print --qr proof`, and `check --qr`: a code of 30 mm that is checked with no network at all."""

    def check_qr(self, folder: Path, issued: Path, text: str, *arguments: str) -> Ran:
        shutil.copy(issued / "trust.json", folder)
        (folder / "scanned.txt").write_text(text + "\n", encoding="utf-8")
        return ledger(folder, "check", *arguments, "--qr", "scanned.txt", "--trust", "trust.json")

    def test_it_is_checked_without_the_ledger(self, issued: Path, tmp_path: Path, scanned: str) -> None:
        assert scanned.startswith(f"{SITE}#{NUMBER}.")
        ran = self.check_qr(tmp_path, issued, scanned)
        assert ran.code == 3  # today's state is not known, and never said to be
        assert "𠮷田禾" in ran.out
        assert "数控车工" in ran.out
        assert "in the signed ledger" in ran.err
        assert "knows nothing of later events" in ran.err
        assert '"reason":"compact"' in self.check_qr(tmp_path, issued, scanned, NUMBER, "--json").out

    def test_a_changed_one_is_found_out(self, issued: Path, tmp_path: Path, scanned: str) -> None:
        head, _, proof = scanned.rpartition(".")
        changed = proof[:-20] + ("A" if proof[-20] != "A" else "B") + proof[-19:]
        ran = self.check_qr(tmp_path, issued, f"{head}.{changed}")
        assert ran.code == 1
        assert "in the signed ledger" not in ran.err

    def test_what_is_none(self, issued: Path, tmp_path: Path, scanned: str) -> None:
        assert self.check_qr(tmp_path, issued, scanned.rpartition(".")[0]).code == 3
        assert self.check_qr(tmp_path, issued, scanned, SECOND).code == 1
        assert ledger(tmp_path, "check", "--qr", "scanned.txt").code == 2
        assert self.check_qr(tmp_path, issued, scanned, "--in", ".").code == 2
