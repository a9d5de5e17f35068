"""Certificates as PDF: typst sets a template, zxing-cpp draws the QR code, the proof travels inside as an attachment.

    printer = Printer(layout, template, fonts)
    data = printer.print([Paper(...)])          the PDF; the same papers give the same bytes
    files = printer.print_each([Paper(...)])    a PDF of each, whose bytes do not depend on the others; set together

The template gets JSON in `sys.inputs.data`: {"certificates":[...],"fonts":[...],"heading","issuer","layout":{...}};
each certificate has the members of `Paper`, and `qr`, the grey values of `qr_side`² modules; their quiet zone is among
them, except where the code is dense: then the white paper around it is the quiet zone, four modules at least. Before
anything is set, every character is looked up in the fonts: one that none has is a GlyphError, never a blank box.
"""

import json
import math
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import typst
import zxingcpp
from fontTools.ttLib import TTFont, TTLibError

from ledger.core.errors import LedgerError
from ledger.core.layout import Layout
from ledger.forms.jpeg import grey, shape_of
from ledger.forms.pdfpages import Parts, apart
from ledger.forms.pdfparts import Part, pack

__all__ = [
    "HEADING",
    "STANDARD",
    "TEMPLATE",
    "GlyphError",
    "Paper",
    "PrintError",
    "Printer",
    "find_fonts",
    "qr_modules",
]

HEADING: Final = "职业技能等级证书"
TEMPLATE: Final = Path(__file__).parent / "certificates" / "certificate.typ"
# Where a notice prescribes nothing, the measures of the one that does: 渝人社发〔2020〕83号 附件5.
STANDARD: Final = Layout((297, 210), (269, 188), 225, "华文楷体", 30, 16, 14, "2寸", "白底", 30, "certificate.layout")
_FULL: Final = re.compile(r"([0-9A-Z]+): its words do not fit on the page")  # as the template says it
_PHOTOS: Final = {b"\xff\xd8\xff": ".jpg", b"\x89PNG\r\n\x1a\n": ".png"}
# Debian's fonts-lxgw-wenkai; the others are where people put fonts by hand. The notice's 华文楷体 is not a free font.
_FOLDERS: Final = (
    Path("/usr/share/fonts/truetype/lxgw-wenkai"),
    Path.home() / ".local" / "share" / "fonts",
    Path("/Library/Fonts"),
    Path("C:/Windows/Fonts"),
)
_FILES: Final = ("LXGWWenKai-Regular.ttf", "STKAITI.TTF", "Kaiti.ttc", "simkai.ttf")


class PrintError(LedgerError):
    """A certificate cannot be printed: no font, a template that typst refuses, a photo of another kind."""


class GlyphError(PrintError):
    """No font has the character `character`, which stands in the certificate `code`."""

    def __init__(self, code: str, character: str) -> None:
        point = f"U+{ord(character):04X}"
        super().__init__(f"{code}: no font has the character {character} ({point}); name one with --font")
        self.code, self.character = code, character


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on one certificate: `rows` of (label, value), `link` in the QR code, a `photo` as JPEG or PNG.

    `dense`: the link carries a compact proof.
    """

    code: str
    statement: str
    issuer: str
    issued_words: str
    site: str
    rows: tuple[tuple[str, str], ...]
    verification_code: str
    link: str
    receipt: str
    photo: bytes | None = None
    dense: bool = False

    def text(self) -> str:
        """Return everything that is set in type."""
        cells = "".join(label + value for label, value in self.rows)
        return HEADING + self.statement + self.issuer + self.issued_words + self.site + cells + self.verification_code


_MEMBERS: Final = tuple(field.name for field in fields(Paper) if field.name != "photo")


def find_fonts(named: Sequence[Path] = ()) -> list[Path]:
    """Return the font files to use: those named, then the first Kai font of the system. Raises PrintError."""
    for path in named:
        if not path.is_file():
            raise PrintError(f"{path} is not a font file")
    known = (folder / name for name in _FILES for folder in _FOLDERS)
    found = [*named, *(path for path in known if path.is_file())][: len(named) + 1]
    if not found:
        raise PrintError("no Kai font is installed; install the package fonts-lxgw-wenkai, or name a file with --font")
    return found


def qr_modules(text: str, *, dense: bool = False) -> tuple[int, list[int]]:
    """Return the side in modules and the grey values row by row of the QR code of `text`.

    Error correction is M, with the quiet zone. A dense code has L and no quiet zone: measured, its larger modules are
    read where those of M are not (decision 0012).
    """
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="L" if dense else "M")
    image: Any = barcode.to_image(scale=1, add_quiet_zones=not dense)
    modules = memoryview(image).tobytes()
    return math.isqrt(len(modules)), list(modules)


class Printer:
    """Sets papers of one layout with one template; keeps the compiler and the fonts loaded."""

    def __init__(self, layout: Layout, template: Path, fonts: Sequence[Path]) -> None:
        """Load the fonts. Raises PrintError for a file that is none."""
        self._layout = {
            "page": layout.page,
            "frame": layout.frame,
            "line": layout.frame_line,
            "title": layout.title_points,
            "body": layout.body_points,
            "link": layout.link_points,
            "qr": layout.qr,
        }
        # Ours is accessible (PDF/UA-1, which typst holds it to); an issuer's own template may be what it is.
        self._ours = template == TEMPLATE
        self._standards = ["ua-1"] if self._ours else []
        self._fonts, self._covered = _families(fonts)
        self._folder = tempfile.TemporaryDirectory(prefix="ledger-print-")
        root = Path(self._folder.name)
        (root / "certificate.typ").write_bytes(template.read_bytes())
        self._root = root
        self._compiler: Any = typst.Compiler(
            str(root / "certificate.typ"),
            root=str(root),
            font_paths=sorted({str(path.parent) for path in fonts}),
            ignore_system_fonts=True,
        )
        self._given = False

    def close(self) -> None:
        """Remove the folder of the template."""
        self._folder.cleanup()

    def print(self, papers: Sequence[Paper], attachment: Part | None = None) -> bytes:
        """Return one PDF of all `papers`, a page each. Raises GlyphError, PrintError.

        `attachment` is the receipt of the only paper, as somebody has deflated it; made here if it is None.
        """
        for paper in papers:
            self._check(paper)
        pdf = self._together(papers, [attachment])[0] if len(papers) == 1 and self._ours else None
        return pdf or self._set(self.data(papers))

    def print_each(self, papers: Sequence[Paper]) -> list[bytes]:
        """Return a PDF of each paper, as `print` makes it. Raises what `print` does, of the first that raises it."""
        if not self._ours or len({paper.code for paper in papers}) < len(papers):
            return [self.print([paper]) for paper in papers]
        for paper in papers:
            self._check(paper)
        made: list[bytes | None] = []
        for _, same in groupby(papers, lambda paper: paper.issuer):  # who is the author of the whole document
            made += self._together([*same])
        # What cannot be taken out of many is printed as if it were alone, so that it does not depend on the others.
        return [pdf or self.print([paper]) for pdf, paper in zip(made, papers, strict=True)]

    def _together(self, papers: Sequence[Paper], attachments: Sequence[Part | None] = ()) -> list[bytes | None]:
        """Return the PDF of each paper, whose receipts and photos typst does not see; None for one it has to see."""
        pictures = [self._stand_in(paper.photo) for paper in papers]
        plain = [at for at, picture in enumerate(pictures) if picture is not None]
        made: list[bytes | None] = [None] * len(papers)
        if plain:
            members = [
                self._members(papers[at]) | {"receipt": "receipt", "photo": pictures[at] or None} for at in plain
            ]
            (self._root / "data.json").write_text(self._format(members, papers[0].issuer), encoding="utf-8")
            given = attachments or [None] * len(papers)
            parts = [Parts(papers[at].code, given[at] or pack(papers[at].receipt), papers[at].photo) for at in plain]
            for at, pdf in zip(plain, apart(self._set(None), parts), strict=True):
                made[at] = pdf
        return made

    def _stand_in(self, photo: bytes | None) -> str | None:
        """Return the name of a picture that stands for the photo, "" for none; None if typst has to see it."""
        if photo is None:
            return ""
        shape = shape_of(photo)
        if shape is None:
            return None
        name = "grey-{}-{}-{}.jpg".format(*shape)
        if not (self._root / name).exists():
            (self._root / name).write_bytes(grey(shape))
        return name

    def _check(self, paper: Paper) -> None:
        """Raise GlyphError for a character that no font has."""
        for character in paper.text():
            if character not in self._covered:
                raise GlyphError(paper.code, character)

    def _set(self, data: str | None) -> bytes:
        """Return the PDF of `data`, or else of data.json."""
        # The compiler keeps inputs until it is given others, and new ones cost it a new library.
        inputs = {} if data is None else {"data": data}
        changed = {"sys_inputs": inputs} if inputs or self._given else {}
        self._given = bool(inputs)
        try:
            pdf: bytes = self._compiler.compile(**changed, pdf_standards=self._standards)
        except Exception as error:  # typst raises plain exceptions of its own
            full = _FULL.search(str(error))
            if full is not None:
                code = full[1]
                raise PrintError(
                    f"{code}: its words do not fit on the page; shorten them, or use --template"
                ) from error
            raise PrintError(f"the template cannot be set: {error}") from error
        return pdf

    def data(self, papers: Sequence[Paper]) -> str:
        """Return what the template gets, as JSON."""
        photos = [self._photo(number, paper) for number, paper in enumerate(papers)]
        members = [self._members(paper) | {"photo": photo} for paper, photo in zip(papers, photos, strict=True)]
        return self._format(members, papers[0].issuer)

    def _format(self, certificates: list[dict[str, object]], issuer: str) -> str:
        whole = {
            "certificates": certificates,
            "fonts": self._fonts,
            "heading": HEADING,
            "issuer": issuer,
            "layout": self._layout,
        }
        return json.dumps(whole)

    def _members(self, paper: Paper) -> dict[str, object]:
        side, modules = qr_modules(paper.link, dense=paper.dense)
        return {name: getattr(paper, name) for name in _MEMBERS} | {"qr_side": side, "qr": modules}

    def _photo(self, number: int, paper: Paper) -> str | None:
        """Put the photo where typst finds it; return the name of its file."""
        if paper.photo is None:
            return None
        kind = next((ending for magic, ending in _PHOTOS.items() if paper.photo.startswith(magic)), None)
        if kind is None:
            raise PrintError(f"{paper.code}: the photo is neither JPEG nor PNG")
        (self._root / f"photo-{number}{kind}").write_bytes(paper.photo)
        return f"photo-{number}{kind}"


def _families(fonts: Sequence[Path]) -> tuple[list[str], set[str]]:
    """Return the families of the fonts and the characters that one of them has."""
    families: list[str] = []
    covered: set[str] = set()
    for path in fonts:
        try:
            with path.open("rb") as file:
                font = TTFont(file, lazy=True, fontNumber=0)  # of a collection, its first
                font.setGlyphOrder([""] * font["maxp"].numGlyphs)  # nobody asks for names; reading them takes longest
                families.append(str(font["name"].getBestFamilyName()))
                covered |= set(map(chr, font.getBestCmap()))
        except (TTLibError, OSError) as error:
            raise PrintError(f"{path}: {error}") from error
    return families, covered
