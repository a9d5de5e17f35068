"""Certificates as PDF, read strictly: the text, the receipt, and every way to be none of ours."""

import zlib

import pytest

from ledger.core.errors import FormatError
from ledger.core.printed import MAX_PDF, differing, read_joint, read_printed, signed_values
from ledger.core.receipt import Receipt, format_receipt
from tests.simulator import PROFILES, look_up, number, private
from tests.vectors.ledger_cases import base

CODE = number(1)
RECEIPT = Receipt(CODE, {"head": b"x"})


def stream(data: bytes, more: bytes = b"") -> bytes:
    packed = zlib.compress(data)
    return b"<</Length %d/Filter/FlateDecode%s>>\nstream\n%s\nendstream" % (len(packed), more, packed)


def plain(data: bytes, more: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), more, data)


PAGE = b"<</Type/Page/Resources 2 0 R/MediaBox[0 0 1 1]/Contents 4 0 R>>"
RESOURCES = b"<</Font<</f0 3 0 R>>>>"
FONT = b"<</Type/Font/Subtype/Type0/Encoding/Identity-H/ToUnicode 5 0 R>>"
CONTENT = rb"BT/f0 16 Tf[(\000\001\000\002)500(\000\()]TJ ET BT/f1 9 Tf(\0\1)Tj/f0 9 Tf(\000\1\000\n\000\q)Tj ET"
CMAP = b"<0001> <5F20>\n<0002> <D842DFB7>\n<0028> <0041>\n<000A> <0042>\n<0071> <0043>\n<0029> <00410>"
GOOD: dict[int, bytes] = {
    1: PAGE,
    2: RESOURCES,
    3: FONT,
    4: stream(CONTENT),
    5: stream(CMAP),
    6: stream(format_receipt(RECEIPT), b"/Type/EmbeddedFile"),
    7: plain(b"another attachment", b"/Type/EmbeddedFile"),
}


def pdf(objects: dict[int, bytes]) -> bytes:
    return b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % pair for pair in objects.items()) + b"%%EOF"


def test_text_and_receipt() -> None:
    read = read_printed(pdf(GOOD))
    assert read.text == "张𠮷A\n\ufffd张BC"
    assert read.receipt == RECEIPT
    assert read.photos == ()
    assert read_printed(pdf({**GOOD, 8: plain(b"\xff\xd8", b"/Filter/DCTDecode")})).photos == (b"\xff\xd8",)


def test_glyphs_in_hexadecimal_are_read_and_words_about_pictures_are_not() -> None:
    content = b"/Span<</MCID 9/Alt<FEFF5F20>>>BDC BT/f0 16 Tf[<00010002>500(\\000\\050)]TJ<0001>Tj ET"
    assert read_printed(pdf({**GOOD, 4: stream(content)})).text == "张𠮷A张"


def test_brackets_that_close_again_stand_in_a_string_as_they_are() -> None:
    """Glyphs 40 and 41 are these bytes, and a string may hold them in pairs."""
    cmap = CMAP.replace(b"<0029> <00410>", b"<0029> <0044>")
    content = b"BT/f0 16 Tf(\0(\0\1\0(\0\2\0)\0\1\0))Tj ET"
    assert read_printed(pdf({**GOOD, 4: stream(content), 5: stream(cmap)})).text == "A张A𠮷D张D"


def test_many_in_one_file() -> None:
    other = Receipt(number(2), {"head": b"y"})
    more = {8: stream(format_receipt(other), b"/Type/EmbeddedFile"), 9: plain(b"\xff\xd8", b"/Filter/DCTDecode")}
    many = read_joint(pdf({**GOOD, **more}))
    assert (many.text, many.receipts, many.photos) == (read_printed(pdf(GOOD)).text, (RECEIPT, other), (b"\xff\xd8",))
    with pytest.raises(FormatError):
        read_joint(pdf(GOOD) + b"\n7 0 obj\n<<>>\nendobj\n%%EOF")


def test_a_page_without_fonts_has_no_known_characters() -> None:
    assert read_printed(pdf({**GOOD, 2: b"<</XObject<<>>>>"})).text.strip("\n\ufffd") == ""


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no PDF",
        b"%PDF-" + b"x" * MAX_PDF,
        pdf(GOOD) + b"/Encrypt 9 0 R",
        pdf(GOOD) + b"\n6 0 obj\n<<>>\nendobj\n",
        pdf({number: body for number, body in GOOD.items() if number != 6}),
        pdf({**GOOD, 8: GOOD[6]}),
        pdf({**GOOD, 6: b"<</Type/EmbeddedFile>>"}),
        pdf({**GOOD, 6: b"<</Type/EmbeddedFile>>\nstream\nskill-ledger/receipt/\nendstream"}),
        pdf({**GOOD, 6: GOOD[6].replace(b"x\x9c", b"xx")}),
        pdf({**GOOD, 4: plain(zlib.compress(CONTENT) + b"more", b"/FlateDecode")}),
        pdf({**GOOD, 4: plain(zlib.compress(CONTENT)[:-1], b"/FlateDecode")}),
        pdf({**GOOD, 6: stream(b"skill-ledger/receipt/v1\n" + b"\0" * (41 << 20), b"/Type/EmbeddedFile")}),
        pdf({**GOOD, 6: stream(b"skill-ledger/receipt/v2\n", b"/Type/EmbeddedFile")}),
        pdf({**GOOD, 1: PAGE.replace(b"4 0 R", b"9 0 R")}),
        pdf({**GOOD, 1: PAGE.replace(b"2 0 R", b"9 0 R")}),
        pdf({**GOOD, 3: b"<</Type/Font/Subtype/Type1>>"}),
        pdf({**GOOD, 3: FONT.replace(b"5 0 R", b"9 0 R")}),
        pdf({number: body for number, body in GOOD.items() if number != 3}),
    ],
    ids=range(19),
)
def test_everything_else_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_printed(data)


def test_what_must_be_printed() -> None:
    ledger = base()
    report = look_up(ledger.files(), CODE, ledger, disclosures=tuple(private(CODE).values()))
    values = signed_values(report, PROFILES)
    assert values == {
        "code": CODE,
        "doc_no": "500101199001010007",
        "evaluator": "测试数据·云岭技师学院",
        "issued": "2026-11-18",
        "job": "数控车工",
        "level": "三级/高级工",
        "name": "张1",
        "occupation": "车工",
    }
    assert signed_values(look_up(ledger.files(), CODE, ledger), {})["level"] == "3"
    text = "\n".join(values.values())
    assert differing(text, values) == []
    assert differing(text.replace("数控", "数 \n控"), values) == []
    assert differing(text.replace("张1", "张2"), values) == ["name"]


def test_without_a_job() -> None:
    ledger = base()
    report = look_up(ledger.files(), CODE, ledger)
    facts = report.sections["facts"]
    assert isinstance(facts, dict)
    occupation = facts["occupation"]
    assert isinstance(occupation, dict)
    del occupation["job"]
    assert "job" not in signed_values(report, PROFILES)


class TestUpdates:
    """What an electronic seal may put behind the end of the file, and what nobody may."""

    SIGNED = (
        b"1 0 obj\n<< /Type /Page\n/Resources 2 0 R /MediaBox [ 0 0 1 1 ] /Contents 4 0 R"
        b"/Annots [ 9 0 R ] >>\nendobj\n"
        b"9 0 obj\n<</FT /Sig /Type /Annot /Subtype /Widget /Rect [ 0 0 0 0 ] /V 10 0 R>>\nendobj\n"
        b"10 0 obj\n<</Type /Sig /Contents <00>>>\nendobj\ntrailer\n<</Root 7 0 R>>\n%%EOF"
    )
    ORIGINAL = pdf(GOOD).replace(b"%%EOF", b"trailer\n<</Root 7 0 R>>\n%%EOF\n")

    def test_a_seal_that_is_not_seen_changes_nothing(self) -> None:
        sealed, plain = read_printed(self.ORIGINAL + self.SIGNED), read_printed(self.ORIGINAL)
        assert sealed == plain
        assert sealed.original == self.ORIGINAL.rstrip()

    @pytest.mark.parametrize(
        ("was", "becomes"),
        [
            (b"/Contents 4", b"/Contents 5"),
            (b"/Resources 2", b"/Resources 3"),
            (b"[ 0 0 0 0 ]", b"[ 0 0 90 90 ]"),
            (b"/Rect [ 0 0 0 0 ]", b""),
            (b"/Root 7", b"/Root 8"),
            (b"10 0 obj", b"4 0 obj"),
            (b"/Type /Sig", b"/Type /ObjStm"),
            (b"/Type /Sig", b"/OpenAction 3 0 R"),
            (b"/Type /Sig", b"/Type /EmbeddedFile"),
            (b"9 0 obj", b"10 0 obj"),
        ],
    )
    def test_anything_else_is_a_changed_file(self, was: bytes, becomes: bytes) -> None:
        assert was in self.SIGNED
        with pytest.raises(FormatError, match="changed after it was made"):
            read_printed(self.ORIGINAL + self.SIGNED.replace(was, becomes, 1))
