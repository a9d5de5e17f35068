"""Printed certificates, read by other libraries: places and sizes, text, QR code, attachment, the same bytes again."""

import hashlib
import io
import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pdfplumber
import pypdf
import pytest
import zxingcpp
from PIL import Image, ImageEnhance, ImageFilter

from ledger.core.layout import Layout
from ledger.forms.certificate import (
    STANDARD,
    TEMPLATE,
    GlyphError,
    Paper,
    Printer,
    PrintError,
    find_fonts,
    qr_modules,
)
from ledger.profiles import load, names

MM = 72 / 25.4
ROOT = Path(__file__).resolve().parents[3]
LINK = "https://verify.example.cn/#S000050000001263000001.0123456789ABCDEFGHJK"
PAPER = Paper(
    code="S000050000001263000001",
    statement="本证书由测试数据·云岭技师学院颁发，表明持证人通过本机构组织的职业技能等级认定。",
    issuer="测试数据·云岭技师学院",
    issued_words="2026年11月18日",
    site="https://verify.example.cn/",
    rows=(("姓名", "㐂𠮷·买买提"), ("工种名称", "——"), ("证书编号", "S000050000001263000001")),
    verification_code="0123 4567 89AB CDEF GHJK",
    link=LINK,
    receipt="skill-ledger/receipt/v1\n测试",
)


@pytest.fixture(scope="module")
def fonts() -> list[Path]:
    return find_fonts()


def printed(fonts: list[Path], *papers: Paper, layout: Layout = STANDARD, template: Path = TEMPLATE) -> bytes:
    printer = Printer(layout, template, fonts)
    try:
        return printer.print(papers or [PAPER])
    finally:
        printer.close()


@pytest.fixture(scope="module")
def page(fonts: list[Path]) -> pdfplumber.page.Page:
    return pdfplumber.open(io.BytesIO(printed(fonts))).pages[0]


def sizes_of(page: pdfplumber.page.Page, text: str) -> set[float]:
    found = page.search(text)
    assert found, text
    return {round(char["size"], 2) for char in found[0]["chars"]}


class TestGeometry:
    """渝人社发〔2020〕83号 附件5 二, to the millimetre and the point."""

    def test_page_and_frame(self, page: pdfplumber.page.Page) -> None:
        assert [page.width / MM, page.height / MM] == pytest.approx([297, 210], abs=0.01)
        frame = max(page.rects, key=lambda rect: rect["width"])
        assert [frame["width"] / MM, frame["height"] / MM] == pytest.approx([269, 188], abs=0.01)
        assert [frame["x0"] / MM, frame["top"] / MM] == pytest.approx([14, 11], abs=0.01)
        assert frame["linewidth"] == pytest.approx(2.25)

    def test_sizes_of_type(self, page: pdfplumber.page.Page) -> None:
        assert sizes_of(page, "职业技能等级证书") == {30}
        assert sizes_of(page, "本证书由测试数据") == {16}
        assert sizes_of(page, "证书编号") == {16}
        assert sizes_of(page, "查验网址") == {14}

    def test_left_and_right(self, page: pdfplumber.page.Page) -> None:
        middle = page.width / 2
        assert page.search("职业技能等级证书")[0]["x1"] < middle
        assert page.search("查验网址")[0]["top"] > page.height * 0.8
        assert page.search("证书编号")[0]["x0"] > middle

    def test_qr_and_photo(self, page: pdfplumber.page.Page, fonts: list[Path]) -> None:
        [code] = page.images
        assert [code["width"] / MM, code["height"] / MM] == pytest.approx([30, 30], abs=0.01)
        picture = io.BytesIO()
        Image.new("RGB", (413, 579), "white").save(picture, "JPEG")
        with_photo = printed(fonts, replace(PAPER, photo=picture.getvalue()))
        photo = max(pdfplumber.open(io.BytesIO(with_photo)).pages[0].images, key=lambda image: image["height"])
        assert [photo["width"] / MM, photo["height"] / MM] == pytest.approx([35, 49], abs=0.2)

    def test_the_typeface_is_a_kai(self, page: pdfplumber.page.Page) -> None:
        assert {char["fontname"].split("+")[1] for char in page.chars} == {"LXGWWenKai-Regular"}


class TestText:
    def test_it_copies_out_as_it_was_written(self, fonts: list[Path]) -> None:
        text = pypdf.PdfReader(io.BytesIO(printed(fonts))).pages[0].extract_text()
        for value in ("㐂𠮷·买买提", "——", "S000050000001263000001", "2026年11月18日"):
            assert value in text

    def test_it_is_tagged_and_in_chinese(self, fonts: list[Path]) -> None:
        root = repr(pypdf.PdfReader(io.BytesIO(printed(fonts))).root_object)
        assert "'/MarkInfo': {'/Marked': True" in root
        assert "'/Lang': 'zh-CN'" in root

    def test_it_says_that_it_is_accessible(self, fonts: list[Path]) -> None:
        assert b"<pdfuaid:part>1</pdfuaid:part>" in printed(fonts)

    def test_a_character_that_no_font_has_is_named(self, fonts: list[Path]) -> None:
        with pytest.raises(GlyphError, match=r"S000050000001263000001: no font has the character 𓀀 \(U\+13000\)"):
            printed(fonts, replace(PAPER, rows=(("姓名", "𓀀"),)))

    @pytest.mark.parametrize("name", ["阿卜杜热合曼·买买提伊明·吐尔逊江·阿不都拉·艾则孜江木", "㐂", "𠮷田", "Ω≈ç√"])
    def test_long_and_rare_names_stay_inside_the_frame(self, fonts: list[Path], name: str) -> None:
        rows = (("姓名", name), ("职业技能等级", "三级/高级工"), ("证书编号", PAPER.code))
        page = pdfplumber.open(io.BytesIO(printed(fonts, replace(PAPER, rows=rows)))).pages[0]
        assert len(page.pdf.pages) == 1
        assert max(char["x1"] for char in page.chars) < (14 + 269) * MM
        assert max(char["bottom"] for char in page.chars) < (11 + 188) * MM

    @pytest.mark.parametrize("given", range(3, 18))
    def test_a_long_name_is_broken_behind_a_dot(self, fonts: list[Path], given: int) -> None:
        """No line begins with one (GB/T 15834), and the name copies as it is."""
        name = f"{('阿卜杜热合曼艾则孜江木买买提' * 2)[:given]}·买买提伊明·吐尔逊江·艾则孜"
        page = pdfplumber.open(io.BytesIO(printed(fonts, replace(PAPER, rows=(("姓名", name),))))).pages[0]
        lines = page.crop((page.width / 2, 0, page.width, page.height)).extract_text().replace(" ", "").splitlines()
        assert f"姓名：{name}" in "".join(lines)
        assert not [line for line in lines if line.startswith("·")]
        [first] = [line for line in lines if line.startswith("姓名：")]
        assert first.endswith("·") == (given < 14), "parts stay whole where they fit"

    def test_words_that_do_not_fit_are_refused_by_number(self, fonts: list[Path]) -> None:
        for wrong in (replace(PAPER, rows=(("姓名", "阿" * 400),)), replace(PAPER, statement="长" * 400)):
            with pytest.raises(PrintError, match=f"{PAPER.code}: its words do not fit on the page"):
                printed(fonts, wrong)

    def test_a_number_stands_in_one_line_inside(self, page: pdfplumber.page.Page) -> None:
        [found] = page.search(PAPER.code)
        assert found["bottom"] - found["top"] < 2 * 16
        assert found["x1"] < (14 + 269 - 8) * MM


class TestAttachment:
    def test_the_receipt_travels_inside(self, fonts: list[Path]) -> None:
        attached = pypdf.PdfReader(io.BytesIO(printed(fonts))).attachments
        assert attached == {"S000050000001263000001.receipt.txt": [PAPER.receipt.encode()]}

    def test_a_page_each_in_one_file(self, fonts: list[Path]) -> None:
        papers = [replace(PAPER, code=f"S00005000000126300000{n}") for n in (1, 2, 3)]
        reader = pypdf.PdfReader(io.BytesIO(printed(fonts, *papers)))
        assert (len(reader.pages), len(reader.attachments)) == (3, 3)


def test_the_same_papers_give_the_same_bytes(fonts: list[Path]) -> None:
    assert hashlib.sha256(printed(fonts)).digest() == hashlib.sha256(printed(fonts)).digest()


@pytest.mark.parametrize("profile", names())
def test_every_profile_has_a_layout(fonts: list[Path], profile: str) -> None:
    assert printed(fonts, layout=load(profile).layout or STANDARD).startswith(b"%PDF-1.7")


class TestQr:
    """Read back by the same library's reader; the page's own reader, another program, is tested in the browser."""

    def picture(self) -> Image.Image:
        side, modules = qr_modules(LINK)
        at_300_dpi = (354, 354)
        return Image.frombytes("L", (side, side), bytes(modules)).resize(at_300_dpi, Image.Resampling.NEAREST)

    @pytest.mark.parametrize("kind", ["as it is", "blurred", "turned", "pale", "small"])
    def test_it_is_read_back(self, kind: str) -> None:
        picture = self.picture()
        if kind == "blurred":
            picture = picture.filter(ImageFilter.GaussianBlur(3))
        elif kind == "turned":
            picture = picture.rotate(17, expand=True, fillcolor=255)
        elif kind == "pale":
            picture = ImageEnhance.Contrast(picture).enhance(0.25)
        elif kind == "small":
            picture = picture.resize((120, 120))
        [found] = zxingcpp.read_barcodes(picture)
        assert found.text == LINK

    def test_a_module_is_no_finer_than_a_phone_reads(self) -> None:
        assert 30 / qr_modules(LINK)[0] > 0.38  # millimetres, as SMART Health Cards ask

    def test_the_quiet_zone_is_inside(self) -> None:
        side, modules = qr_modules(LINK)
        assert set(modules[: 4 * side]) == {255}


def test_the_specification_names_what_a_template_gets(fonts: list[Path]) -> None:
    printer = Printer(STANDARD, TEMPLATE, fonts)
    given = json.loads(printer.data([PAPER]))
    printer.close()
    members = {*given, *given["layout"], *given["certificates"][0]} - {"certificates"}
    for part in (ROOT / "site/docs/spec/certificate.md").read_text("utf-8").split("## English"):
        table = part[part.rindex("`sys.inputs.data`") :]
        assert {name for name in members if f"`{name}`" not in table} == set()


class TestRefusals:
    def test_a_template_that_cannot_be_set(self, fonts: list[Path], tmp_path: Path) -> None:
        (tmp_path / "mine.typ").write_text("#unknown")
        with pytest.raises(PrintError, match="the template cannot be set"):
            printed(fonts, template=tmp_path / "mine.typ")

    def test_an_issuers_own_template(self, fonts: list[Path], tmp_path: Path) -> None:
        (tmp_path / "mine.typ").write_text("#let data = json(bytes(sys.inputs.data))\n#data.certificates.at(0).code")
        assert b"%PDF" in printed(fonts, template=tmp_path / "mine.typ")

    def test_a_photo_of_another_kind(self, fonts: list[Path]) -> None:
        with pytest.raises(PrintError, match="neither JPEG nor PNG"):
            printed(fonts, replace(PAPER, photo=b"GIF89a"))

    def test_fonts(self, fonts: list[Path], tmp_path: Path) -> None:
        (tmp_path / "no.ttf").write_bytes(b"no font")
        with pytest.raises(PrintError, match="is not a font file"):
            find_fonts([tmp_path / "missing.ttf"])
        with pytest.raises(PrintError):
            Printer(STANDARD, TEMPLATE, [tmp_path / "no.ttf"])
        assert find_fonts([fonts[0]])[0] == fonts[0]


class TestDenseQr:
    """As dense as a ledger of a million certificates makes it; read by two decoders that have nothing in common."""

    LINK = LINK + "." + "K7QZ" * 450

    def scan(self, dpi: int) -> Image.Image:
        """30 mm of white paper with the code, as a scanner of `dpi` sees it."""
        side, modules = qr_modules(self.LINK, dense=True)
        pixels = round(30 / 25.4 * dpi)
        code = Image.frombytes("L", (side, side), bytes(modules)).resize((side * 8, side * 8), Image.Resampling.NEAREST)
        page = Image.new("L", (pixels + pixels // 4,) * 2, 255)
        page.paste(code.resize((pixels, pixels), Image.Resampling.BOX), (pixels // 8, pixels // 8))
        return page

    def read_by_both(self, picture: Image.Image, tmp_path: Path) -> None:
        [found] = zxingcpp.read_barcodes(picture)
        assert found.text == self.LINK
        picture.save(tmp_path / "scan.png")
        ran = subprocess.run(
            ["zbarimg", "-q", "--raw", tmp_path / "scan.png"], capture_output=True, text=True, check=False
        )
        assert ran.stdout.strip() == self.LINK

    @pytest.mark.parametrize("dpi", [300, 600])
    @pytest.mark.parametrize("kind", ["as it is", "turned", "pale", "printed"])
    def test_it_is_read_back(self, tmp_path: Path, dpi: int, kind: str) -> None:
        picture = self.scan(dpi)
        if kind in ("turned", "printed"):
            picture = picture.rotate(5, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
        if kind == "printed":  # ink that spreads by 0.06 mm, on grey paper
            picture = picture.filter(ImageFilter.GaussianBlur(0.06 / 25.4 * dpi))
        if kind in ("pale", "printed"):
            picture = ImageEnhance.Contrast(picture).enhance(0.4)
        self.read_by_both(picture, tmp_path)

    def test_its_modules_are_a_quarter_of_a_millimetre(self) -> None:
        assert 30 / qr_modules(self.LINK, dense=True)[0] > 0.24
