"""Certificates set together and taken apart: each file is that of the certificate set alone, and looks as typst's."""

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pypdf
import pypdfium2  # type: ignore[import-untyped]  # it has no types
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables.ttProgram import Program

from ledger.core.printed import read_printed
from ledger.forms import pdfpages
from ledger.forms.certificate import STANDARD, TEMPLATE, Paper, Printer, find_fonts
from ledger.forms.pdfpages import Parts, apart
from ledger.forms.pdfparts import Part, pack
from tests.unit.forms.test_certificate import PAPER
from tests.unit.forms.test_pdfparts import PHOTO, RECEIPT, picture

COMPOSED = "\u00b4"  # a glyph that the Kai font composes of another
NAMES = ("欧阳青松", "㐂𠮷·买买提", "（张）（（三））", "Nguyễn Thị Kim", "阿卜杜热合曼·买买提伊明·吐尔逊江")


@pytest.fixture(scope="module")
def printer() -> Iterator[Printer]:
    made = Printer(STANDARD, TEMPLATE, find_fonts())
    yield made
    made.close()


def paper(n: int, name: str, photo: bytes | None = None, issuer: str = PAPER.issuer) -> Paper:
    code = f"S000050000001263{n:06}"
    rows = (("姓名", name), ("证件号码", f"50010119900101{n:04}"), ("证书编号", code))
    link = f"https://verify.example.cn/#{code}"
    receipt = RECEIPT.replace(PAPER.code, code)
    return replace(PAPER, code=code, rows=rows, link=link, receipt=receipt, photo=photo, issuer=issuer)


PHOTOS = [None] * 5 + [PHOTO] * 5
PAPERS = [paper(n, name, photo) for n, (name, photo) in enumerate(zip(NAMES * 2, PHOTOS, strict=True))]


def objects(pdf: bytes) -> dict[int, bytes]:
    """Return the objects at the places that the file itself gives for them."""
    at = int(pdf[pdf.rindex(b"startxref\n") + 10 :].split(b"\n")[0])
    assert pdf[at : at + 7] == b"xref\n0 "
    places = [int(line[:10]) for line in pdf[at:].split(b"\n")[3:] if line.endswith(b" n\r")]
    for number, place in enumerate(places, 1):
        assert pdf[place:].startswith(b"%d 0 obj\n" % number)
    ends = [*places[1:], at]
    return {number: pdf[start:end] for number, (start, end) in enumerate(zip(places, ends, strict=True), 1)}


def seen(pdf: bytes) -> bytes:
    """The page in pixels."""
    return bytes(pypdfium2.PdfDocument(pdf)[0].render(scale=1.5).to_pil().tobytes())


def test_set_together_or_alone_it_is_the_same_file(printer: Printer) -> None:
    alone = [printer.print([one]) for one in PAPERS]
    assert len(set(alone)) == len(PAPERS)
    assert printer.print_each(PAPERS) == alone
    assert printer.print_each(PAPERS[::-1]) == alone[::-1]
    assert printer.print_each(PAPERS[3:5]) == alone[3:5]
    assert printer.print_each([PAPERS[0], PAPERS[0]]) == alone[:1] * 2


def test_issuers_are_not_mixed(printer: Printer) -> None:
    papers = [paper(n, "张三", issuer=f"测试数据·第{n // 2}校") for n in range(4)]
    made = printer.print_each(papers)
    assert made == [printer.print([one]) for one in papers]
    authors = [pypdf.PdfReader(io.BytesIO(pdf)).metadata for pdf in made]
    assert [one and one.author for one in authors] == [one.issuer for one in papers]


@pytest.mark.parametrize("one", [*PAPERS[:6], paper(6, "李四", picture(mode="L"))], ids=lambda one: one.code[-2:])
def test_it_is_what_typst_makes_of_the_real_ones(printer: Printer, one: Paper) -> None:
    """To the eye, to whoever copies text or has it read out, and object for object but for the fonts' and contents'."""
    before = [other for other in PAPERS[:2] if other != one]
    ours, theirs = printer.print_each([*before, one])[-1], printer._set(printer.data([one]))
    assert seen(ours) == seen(theirs)
    readers = [pypdf.PdfReader(io.BytesIO(pdf), strict=True) for pdf in (ours, theirs)]
    texts = [reader.pages[0].extract_text() for reader in readers]
    assert texts[0] == texts[1]
    assert readers[0].attachments == {f"{one.code}.receipt.txt": [one.receipt.encode()]}
    read, typst = read_printed(ours), read_printed(theirs)
    assert (read.text, read.receipt, read.photos) == (typst.text, typst.receipt, typst.photos)
    assert structure(ours) == structure(theirs)


def structure(pdf: bytes) -> list[bytes]:
    """The objects without streams, their numbers, and what of a font depends on which glyphs it is cut down to."""
    bodies = [body.partition(b" obj\n")[2] for body in objects(pdf).values() if b"stream\n" not in body]
    of_fonts = rb"/CIDSet \d+ 0 R|/FontBBox\[[^]]*\]|/W\[[^]]*\]+|[A-Z]{6}\+"
    return [re.sub(rb"\d+ 0 R", b"N 0 R", re.sub(of_fonts, b"", body)) for body in bodies]


def test_the_font_file_is_whole(printer: Printer) -> None:
    [pdf] = printer.print_each(PAPERS[:1])
    number = int(re.findall(rb"/FontFile2 (\d+) 0 R", pdf)[0])
    data = re.findall(rb"stream\n(.*)\nendstream", objects(pdf)[number], re.DOTALL)[0]
    font = TTFont(io.BytesIO(data), checkChecksums=2)  # raises where one is wrong
    assert {len(font["glyf"].keys()), font["maxp"].numGlyphs} == {len(font["hmtx"].metrics)}
    assert sum(int.from_bytes(data[at : at + 4]) for at in range(0, len(data), 4)) & 0xFFFFFFFF == 0xB1B0AFBA


def test_another_photo_or_receipt_is_another_file(printer: Printer) -> None:
    papers = [
        paper(1, "张三", PHOTO),
        paper(1, "张三", picture(colour=200)),
        replace(paper(1, "张三", PHOTO), receipt=RECEIPT.replace("YSBo", "YSBn")),
    ]
    made = [re.findall(rb"/ID\[\((.+)\)\((.+)\)\]>>\nstartxref", printer.print([one])) for one in papers]
    assert len({one[0] for [one] in made}) == 1
    assert len({one[1] for [one] in made}) == 3


def test_a_receipt_that_was_deflated_by_others_is_put_in_as_it_is(printer: Printer) -> None:
    packed = zlib.compress(RECEIPT.encode(), 1)
    read = read_printed(printer.print([replace(PAPER, receipt=RECEIPT)], Part(packed, len(RECEIPT))))
    assert (read.packed, read.receipt.code) == (packed, PAPER.code)


@pytest.mark.parametrize(
    "photo", [picture("PNG"), picture(exif=b"Exif\0\0"), PHOTO + b"more", PHOTO[:-900]], ids=range(4)
)
def test_any_other_photo_is_left_to_typst_and_disturbs_nobody(printer: Printer, photo: bytes) -> None:
    other = paper(7, "王五", photo)
    assert printer.print_each([PAPERS[0], other]) == [printer.print([PAPERS[0]]), printer._set(printer.data([other]))]


def test_a_composed_glyph_is_left_to_typst_and_disturbs_nobody(printer: Printer) -> None:
    other = paper(7, COMPOSED)
    made = printer.print_each([PAPERS[0], other, PAPERS[1]])
    assert made == [printer.print([PAPERS[0]]), printer._set(printer.data([other])), printer.print([PAPERS[1]])]


@pytest.mark.parametrize("hinted", [False, True])
def test_a_second_font_is_cut_too_and_a_hinted_one_left_to_typst(tmp_path: Path, *, hinted: bool) -> None:
    printer = Printer(STANDARD, TEMPLATE, [*find_fonts(), square(tmp_path / "square.ttf", hinted=hinted)])
    other = paper(7, f"张{SQUARE}三")
    made = printer.print_each([PAPERS[0], other, PAPERS[1]])
    theirs = printer._set(printer.data([other]))
    assert made == [printer.print([one]) for one in (PAPERS[0], other, PAPERS[1])]
    assert ((made[1] == theirs), seen(made[1]) == seen(theirs)) == (hinted, True)
    assert SQUARE in read_printed(made[1]).text
    printer.close()


SQUARE = "\u02b1"  # a character that the Kai font does not have


def square(path: Path, *, hinted: bool) -> Path:
    """A font of one square."""
    pen = TTGlyphPen(None)
    for place in ((0, 0), (0, 700), (700, 700), (700, 0)):
        pen.lineTo(place) if place != (0, 0) else pen.moveTo(place)
    pen.closePath()
    builder = FontBuilder(2048)
    builder.setupGlyphOrder([".notdef", "square"])
    builder.setupCharacterMap({ord(SQUARE): "square"})
    builder.setupGlyf({name: pen.glyph() for name in (".notdef", "square")})
    builder.setupHorizontalMetrics({".notdef": (2048, 0), "square": (1024, 0)})
    builder.setupHorizontalHeader(ascent=1800, descent=-200)
    names = {"familyName": "Square", "fullName": "Square Regular", "psName": "Square-Regular", "version": "Version 1"}
    builder.setupNameTable({**names, "styleName": "Regular", "uniqueFontIdentifier": "Square"})
    builder.setupOS2()
    builder.setupPost()
    if hinted:
        builder.font["fpgm"] = table = newTable("fpgm")
        table.program = Program()
        table.program.fromBytecode(b"\xb0\x00\x2c\x2d")
    builder.save(path)
    return path


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"00000 n\r\n", b"00001 n\r\n"),
        (b"/StructTreeRoot ", b"/StructTreeroot "),
        (b"/StructParents 0", b"/StructParents 7"),
        (b"/EF<</F ", b"/EF<</G "),
        (b".receipt.txt)", b".receipt.tyt)"),
        (b"/DescendantFonts[", b"/Descendantfonts["),
        (b"/DCTDecode", b"/DCTdecode"),
        (b"/Font<</f0", b"/Font<</f9"),
        (b"/W[0 ", b"/W[1 "),
    ],
)
def test_another_shape_is_none(printer: Printer, was: bytes, becomes: bytes) -> None:
    whole = [Parts(one.code, pack(one.receipt), one.photo) for one in PAPERS[5:7]]
    given: list[bytes] = []

    def kept(pdf: bytes, parts: list[Parts]) -> list[bytes | None]:
        given.append(pdf)
        return apart(pdf, parts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.forms.certificate.apart", kept)
        printer._together(PAPERS[5:7])
    [pdf] = given
    assert None not in apart(pdf, whole)
    altered = pdf.replace(was, becomes)
    assert altered != pdf
    assert apart(altered, whole)[0] is None


def test_strings_in_which_brackets_close_are_whole(printer: Printer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Glyphs 40 and 41 are brackets in a string: a reader that took the inner ones for the string is noticed."""
    short = re.compile(rb"/(\w+) [\d.]+ Tf|(\((?:[^()\\]|\\.)*\))|/\w+<[0-9A-F]*>|<((?:[0-9A-F]{4})+)>", re.DOTALL)
    before = printer.print([PAPERS[2]])
    monkeypatch.setattr(pdfpages, "_SET", short)
    assert printer.print([PAPERS[2]]) in (before, printer._set(printer.data([PAPERS[2]])))
