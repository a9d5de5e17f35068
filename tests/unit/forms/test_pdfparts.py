"""Receipt and photo put into a PDF afterwards: it is what typst makes of the real ones, and nothing else moves."""

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace

import pypdf
import pytest
from PIL import Image

from ledger.core.printed import read_printed
from ledger.core.receipt import Receipt, format_receipt
from ledger.forms import certificate
from ledger.forms.certificate import STANDARD, TEMPLATE, Printer, find_fonts
from ledger.forms.jpeg import Shape, grey, shape_of
from ledger.forms.pdfparts import Part, pack, put_in
from tests.unit.forms.test_certificate import PAPER

RECEIPT = format_receipt(Receipt(PAPER.code, {"head": b"a head\n" * 999, "shard/0/000.txt": b"x"})).decode()


def picture(
    kind: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (413, 579), *, colour: int = 60, **how: object
) -> bytes:
    data = io.BytesIO()
    Image.new(mode, size, colour).save(data, kind, **how)
    return data.getvalue()


PHOTO = picture()


@pytest.fixture(scope="module")
def printer() -> Iterator[Printer]:
    made = Printer(STANDARD, TEMPLATE, find_fonts())
    yield made
    made.close()


def objects(pdf: bytes) -> dict[int, bytes]:
    """Return the objects at the places that the file itself gives for them."""
    at = int(pdf[pdf.rindex(b"startxref\n") + 10 :].split(b"\n")[0])
    assert pdf[at : at + 7] == b"xref\n0 "
    places = [int(line[:10]) for line in pdf[at:].split(b"\n")[3:] if line.endswith(b" n\r")]
    for number, place in enumerate(places, 1):
        assert pdf[place:].startswith(b"%d 0 obj\n" % number)
    ends = [*places[1:], at]
    return {number: pdf[start:end] for number, (start, end) in enumerate(zip(places, ends, strict=True), 1)}


class TestPutIn:
    @pytest.mark.parametrize("photo", [None, PHOTO, picture(mode="L"), picture(progressive=True)], ids="nrlp")
    def test_it_is_what_typst_makes_of_the_real_ones(self, printer: Printer, photo: bytes | None) -> None:
        paper = replace(PAPER, receipt=RECEIPT, photo=photo)
        ours = printer.print([paper])
        theirs = printer._set(printer.data([paper]))
        mine, others = objects(ours), objects(theirs)
        changed = {number for number in mine if mine[number] != others[number]}
        kinds = {kind for number in changed for kind in (b"/EmbeddedFile", b"InstanceID") if kind in mine[number]}
        assert (len(changed), kinds) == (2, {b"/EmbeddedFile", b"InstanceID"})
        read, typst = read_printed(ours), read_printed(theirs)
        assert (read.text, read.receipt, read.photos) == (typst.text, typst.receipt, typst.photos)
        assert read.photos == (() if photo is None else (photo,))
        assert pypdf.PdfReader(io.BytesIO(ours), strict=True).attachments == {
            f"{PAPER.code}.receipt.txt": [RECEIPT.encode()]
        }

    def test_the_same_paper_gives_the_same_bytes_whatever_was_printed_before(self, printer: Printer) -> None:
        paper = replace(PAPER, receipt=RECEIPT, photo=PHOTO)
        first = printer.print([paper])
        other = replace(paper, issued_words="2027年1月1日", photo=picture(mode="L"))
        assert "2027年1月1日" in read_printed(printer.print([other])).text
        printer.print([paper, replace(other, code=PAPER.code[:-1] + "2")])
        assert printer.print([paper]) == first

    def test_another_photo_or_receipt_is_another_file(self, printer: Printer) -> None:
        papers = [
            replace(PAPER, receipt=RECEIPT, photo=PHOTO),
            replace(PAPER, receipt=RECEIPT, photo=picture(colour=200)),
            replace(PAPER, receipt=RECEIPT.replace("YSBo", "YSBn"), photo=PHOTO),
        ]
        made = [re.findall(rb"/ID\[\((.+)\)\((.+)\)\]>>\nstartxref", printer.print([paper])) for paper in papers]
        assert len({one[0] for [one] in made}) == 1
        assert len({one[1] for [one] in made}) == 3

    def test_a_receipt_that_was_deflated_by_others_is_put_in_as_it_is(self, printer: Printer) -> None:
        paper = replace(PAPER, receipt=RECEIPT)
        packed = zlib.compress(RECEIPT.encode(), 1)
        read = read_printed(printer.print([paper], Part(packed, len(RECEIPT))))
        assert (read.packed, read.receipt.code) == (packed, PAPER.code)

    @pytest.mark.parametrize(
        "photo", [picture("PNG"), picture(exif=b"Exif\0\0"), PHOTO + b"more", PHOTO[:-900]], ids=range(4)
    )
    def test_any_other_photo_is_left_to_typst(self, printer: Printer, photo: bytes) -> None:
        paper = replace(PAPER, receipt=RECEIPT, photo=photo)
        assert printer.print([paper]) == printer._set(printer.data([paper]))

    def test_a_shape_that_is_not_known_is_left_to_typst(
        self, printer: Printer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stand_in = printer._set(printer.data([replace(PAPER, photo=PHOTO)]))
        part = pack(RECEIPT)
        assert put_in(stand_in, part, PHOTO) is not None
        assert put_in(stand_in, part, None) is None
        for was, becomes in (
            (b"/EmbeddedFile/", b"/Embeddedfile/"),
            (b"00000 n\r\n", b"00001 n\r\n"),
            (b"InstanceID>", b"InstanceID> "),
        ):
            altered = stand_in.replace(was, becomes)
            assert altered != stand_in
            assert put_in(altered, part, PHOTO) is None or was == b"InstanceID>"
        identifier = re.findall(rb"\(([^)]{24})\)\]>>\nstartxref", stand_in)[0]
        assert put_in(stand_in.replace(identifier + b"</", b"</"), part, PHOTO) is None
        monkeypatch.setattr(certificate, "put_in", lambda *_: None)
        assert read_printed(printer.print([replace(PAPER, receipt=RECEIPT)])).receipt.code == PAPER.code


def test_lines_that_are_packed_one_by_one_inflate_to_the_text() -> None:
    for text in ("", "one", RECEIPT, "a\nb\n\nc", "测试\n"):
        packed, size = pack(text)
        assert (zlib.decompress(packed), size) == (text.encode(), len(text.encode()))


class TestJpeg:
    @pytest.mark.parametrize("size", [(413, 579), (1, 1), (8, 16), (295, 413)])
    @pytest.mark.parametrize("mode", ["RGB", "L"])
    def test_a_grey_picture_has_the_shape_that_was_asked_for(self, mode: str, size: tuple[int, int]) -> None:
        shape = shape_of(picture(mode=mode, size=size, optimize=True, progressive=True))
        assert shape == Shape(*size, len(mode))
        assert shape_of(grey(shape)) == shape
        with Image.open(io.BytesIO(grey(shape))) as made:
            assert (made.format, made.size, made.mode) == ("JPEG", size, mode)
            assert len(made.convert("L").getcolors() or []) == 1

    def test_what_is_not_plain(self) -> None:
        scan, frame, tables = (PHOTO.index(bytes([0xFF, kind])) for kind in (0xDA, 0xC0, 0xDB))
        codes = PHOTO.index(b"\xff\xc4")
        for data in (
            b"",
            PHOTO[:-2],
            PHOTO[:300] + b"\xff\xd9",
            PHOTO[:2] + b"\0" + PHOTO[3:],
            PHOTO[:2] + b"\xff\xe0\x00\x01" + PHOTO[2:],
            PHOTO[:scan] + b"\xff\xd9",
            PHOTO[: scan + 14] + b"\xff\xd9",
            PHOTO[:tables] + PHOTO[frame:],
            PHOTO[:codes] + PHOTO[scan:],
            PHOTO[:frame] + PHOTO[codes:],
            PHOTO[: frame + 4] + b"\x0c" + PHOTO[frame + 5 :],
            PHOTO[: frame + 5] + b"\0\0" + PHOTO[frame + 7 :],
            PHOTO[: frame + 10] + b"R" + PHOTO[frame + 11 :],
            PHOTO[: frame + 2] + b"\0\x06" + PHOTO[frame + 4 :],
            PHOTO[: tables + 2] + b"\0\x44" + PHOTO[tables + 4 :],
            picture(mode="CMYK", colour=0),
            picture(icc_profile=b"profile"),
        ):
            assert shape_of(data) is None
