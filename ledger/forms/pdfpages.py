"""Pages of a PDF, each made a PDF of its own: typst sets many together in a third of the time of each alone.

    apart(pdf, parts)    the files, page for page, each with its receipt and photo in place of the stand-ins

A file has what its page needs and no more, in the order in which typst writes it, numbered anew: structure, outline and
names are cut down to the page, and the fonts to its glyphs (`pdffonts`). So its bytes do not depend on other pages,
which a test holds against pages that were set alone. The identifier is made of everything that is in the file.

It knows the shape that typst writes and no other, and returns None for anything else, and for a page with a hinted
font or a composed glyph: typst's own file is used for those, set alone.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ledger.forms.pdffonts import Font, Object, ShapeError, find, number_in, opened
from ledger.forms.pdfparts import Part

__all__ = ["Parts", "apart"]

_REF = re.compile(rb"(\d+) 0 R")
_TAIL = re.compile(
    rb"xref\n0 \d+\n\d{10} 65535 f\r\n((?:\d{10} 00000 n\r\n)+)"
    rb"trailer\n<</Size \d+/Root (\d+) 0 R/Info (\d+) 0 R/ID\[\(([^()]{24})\)\(([^()]{24})\)\]>>\nstartxref\n\d+\n%%EOF"
)
_ENTRY: Final = 20  # bytes of a place
_NAMED = re.compile(rb"/(\w+) (\d+) 0 R")
_ATTACHED: Final = b"<</Length %d/Type/EmbeddedFile/Filter/FlateDecode/Subtype/text#2Fplain/Params<</Size %d>>>>"
# A string: brackets that close again inside of it are not escaped.
_STRING: Final = rb"\((?:[^()\\]|\\.|\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\))*\)"
# A font; glyphs in a string, or in hexadecimal; what is said of a picture, which is passed over.
_SET = re.compile(rb"/(\w+) [\d.]+ Tf|(%b)|/\w+<[0-9A-F]*>|<((?:[0-9A-F]{4})+)>" % _STRING, re.DOTALL)
_SHOWN = re.compile(rb"(?:<[0-9A-F]+>|\[(?:<[0-9A-F]+>|[-\d. ]+)*\]) ?T[Jj]\b")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPED: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_IDENTIFIER: Final = b"=" * 24  # stands where the identifier is to be
_STREAM: Final = b"\nstream\n"


class Parts(NamedTuple):
    """What goes into a page's file: the number, which names the attachment; the receipt; the photo (JPEG), if any."""

    code: str
    receipt: Part
    photo: bytes | None


def apart(pdf: bytes, parts: Sequence[Parts]) -> list[bytes | None]:
    """Return a file for each page of `pdf`, which is of the certificates `parts`, in order; None as said above."""
    try:
        document = _Document(pdf)
    except ShapeError:
        return [None] * len(parts)
    return [document.file(page, part) for page, part in zip(document.pages, parts, strict=True)]


class _Numbers(dict[int, bytes]):
    """Glyphs as they are numbered on one page: in hexadecimal, as they come."""

    def __missing__(self, glyph: int) -> bytes:
        number = self[glyph] = b"%04X" % len(self)
        return number


class _Document:
    """A PDF as typst writes it: objects in the order of their numbers."""

    def __init__(self, pdf: bytes) -> None:
        tail = _TAIL.fullmatch(pdf, pdf.rfind(b"\nxref\n") + 1)
        if tail is None:
            raise ShapeError
        starts = [int(tail[1][at : at + 10]) for at in range(0, len(tail[1]), _ENTRY)]
        self.head = pdf[: starts[0]]
        self.objects: list[Object] = [(b"", b"")]
        for number, (start, end) in enumerate(zip(starts, [*starts[1:], tail.start()], strict=True), 1):
            body = pdf[start + len(b"%d 0 obj\n" % number) : end - len(b"\nendobj\n")]
            members, word, stream = body.partition(_STREAM)
            self.objects.append((members, stream.removesuffix(b"\nendstream") if word else b""))
        self.root, self.info, self.made_by, self.made_as = int(tail[2]), int(tail[3]), tail[4], tail[5]
        self.split: dict[int, list[bytes]] = {}
        self.fonts: dict[int, Font] = {}
        self.strings: dict[bytes, tuple[int, ...]] = {}
        catalog = self.body(self.root)
        self.tree, self.outlines = number_in(rb"/Pages (\d+) 0 R", catalog), number_in(rb"/Outlines (\d+) 0 R", catalog)
        self.structure = number_in(rb"/StructTreeRoot (\d+) 0 R", catalog)
        self.metadata = number_in(rb"/Metadata (\d+) 0 R", catalog)
        self.named = dict(re.findall(rb"\((\w+)\.receipt\.txt\)(\d+) 0 R", catalog))
        self.pages = [int(number) for number in _REF.findall(self.body(self.tree))]
        self.whole = number_in(rb"/K\[(\d+) 0 R\]", self.body(self.structure))
        self.elements: dict[int, list[bytes]] = {}  # of the structure, by page
        for number in _REF.findall(find(rb"/K\[([^\]]*)\]", self.body(self.whole))):
            page = number_in(rb"/Pg (\d+) 0 R", self.body(int(number)))
            self.elements.setdefault(page, []).append(number + b" 0 R")
        self.items = dict(self._items())

    def body(self, number: int) -> bytes:
        """Return an object without its stream."""
        return self.objects[number][0]

    def _items(self) -> Iterator[tuple[int, int]]:
        """Yield (page, its item in the outline)."""
        item = number_in(rb"/First (\d+) 0 R", self.body(self.outlines))
        while item:
            body = self.body(item)
            yield number_in(rb"\[(\d+) 0 R", self.body(number_in(rb"/Dest (\d+) 0 R", body))), item
            following = re.search(rb"/Next (\d+) 0 R", body)
            item = int(following[1]) if following else 0

    def file(self, page: int, part: Parts) -> bytes | None:
        """Return the file of one page; None if it cannot be had."""
        try:
            changed = self._cut(page, part.code.encode())
            self._put_in(changed, page, part)
            self._set(changed, page)
        except ShapeError:
            return None
        return self._written(changed)

    def _cut(self, page: int, code: bytes) -> dict[int, Object]:
        """Return the objects that name all pages, for this one alone."""
        body, structure = self.body(page), self.body(self.structure)
        item, kept, named = self.items.get(page), self.elements.get(page), self.named.get(code)
        if item is None or kept is None or named is None:
            raise ShapeError
        parents = dict(re.findall(rb"(\d+) (\d+) 0 R", find(rb"/Nums\[([^\]]*)\]", structure)))
        mine = parents.get(find(rb"/StructParents (\d+)", body))
        if mine is None:
            raise ShapeError
        structure = re.sub(rb"/Nums\[[^\]]*\]", b"/Nums[0 %b 0 R]" % mine, structure)
        attached = b"/Names[(%b.receipt.txt)%b 0 R]" % (code, named)
        changed = {
            page: re.sub(rb"/StructParents \d+", b"/StructParents 0", body),
            self.root: re.sub(rb"/Names\[[^\]]*\]", attached, self.body(self.root)),
            self.tree: b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % page,
            self.outlines: b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count 1>>" % (item, item),
            item: re.sub(rb"/(?:Prev|Next) \d+ 0 R", b"", self.body(item)),
            self.structure: re.sub(rb"/ParentTreeNextKey \d+", b"/ParentTreeNextKey 1", structure),
            self.whole: re.sub(rb"/K\[[^\]]*\]", b"/K[%b]" % b" ".join(kept), self.body(self.whole)),
        }
        return {number: (body, b"") for number, body in changed.items()}

    def _put_in(self, changed: dict[int, Object], page: int, part: Parts) -> None:
        """Put receipt, photo and metadata in place."""
        filed = int(self.named[part.code.encode()])
        attached = number_in(rb"/EF<</F (\d+) 0 R", self.body(filed))
        changed[attached] = _ATTACHED % (len(part.receipt.packed), part.receipt.size), part.receipt.packed
        pictures = [int(number) for _, number in self._of_page(page, b"XObject")]
        photos = [number for number in pictures if b"/DCTDecode" in self.body(number)]
        if len(photos) != (part.photo is not None):
            raise ShapeError
        for number in photos:
            photo = part.photo or b""
            changed[number] = re.sub(rb"/Length \d+", b"/Length %d" % len(photo), self.body(number)), photo
        said = self.objects[self.metadata][1].replace(self.made_as, _IDENTIFIER)
        said = re.sub(rb"<xmpTPg:NPages>\d+<", b"<xmpTPg:NPages>1<", said)
        changed[self.metadata] = b"<</Length %d/Type/Metadata/Subtype/XML>>" % len(said), said

    def _of_page(self, page: int, kind: bytes) -> list[tuple[bytes, bytes]]:
        """Return (name, number) of the fonts or pictures of a page."""
        resources = self.body(number_in(rb"/Resources (\d+) 0 R", self.body(page)))
        found = re.search(rb"/%b<<([^>]*)>>" % kind, resources)
        return _NAMED.findall(found[1]) if found else []

    def _set(self, changed: dict[int, Object], page: int) -> None:
        """Number the glyphs of a page anew, and cut its fonts down to them."""
        numbers = {name: int(number) for name, number in self._of_page(page, b"Font")}
        glyphs = {number: _Numbers({0: b"0000"}) for number in numbers.values()}
        contents = number_in(rb"/Contents (\d+) 0 R", self.body(page))
        content, at, pieces, now = opened(*self.objects[contents]), 0, list[bytes](), _Numbers()
        for found in _SET.finditer(content):
            font, string, digits = found.groups()
            if font is not None:
                if font not in numbers:
                    raise ShapeError
                now = glyphs[numbers[font]]
            elif string is not None or digits is not None:
                anew = b"".join([now[cid] for cid in self._glyphs(string, digits)])
                pieces += (content[at : found.start()], b"<", anew, b">")
                at = found.end()
        pieces.append(content[at:])
        whole = b"".join(pieces)
        if len(_SHOWN.findall(whole)) != whole.count(b"\nBT "):  # a string that was taken for another
            raise ShapeError
        changed[contents] = b"<</Length %d>>" % len(whole), whole
        for number, order in glyphs.items():
            if number not in self.fonts:
                self.fonts[number] = Font(self.objects, number)
            changed.update(self.fonts[number].cut([*order]))

    def _glyphs(self, string: bytes | None, digits: bytes | None) -> tuple[int, ...]:
        """Return the glyphs of a string, or of one in hexadecimal; the pages of a batch have most of them in common."""
        key = string or digits or b""
        if key not in self.strings:
            codes = _ESCAPE.sub(_unescape, string[1:-1]) if string else bytes.fromhex(key.decode())
            self.strings[key] = tuple(high << 8 | low for high, low in zip(codes[::2], codes[1::2], strict=False))
        return self.strings[key]

    def _written(self, changed: dict[int, Object]) -> bytes:
        """Return the file of what is reached from the catalogue."""
        split: dict[int, list[bytes]] = {}
        waiting = [self.root, self.info]
        while waiting:
            number = waiting.pop()
            if number not in split:
                split[number] = tokens = self._tokens(number, changed)
                waiting += map(int, tokens[1::2])
        kept = sorted(split)
        numbers = {b"%d" % old: b"%d 0 R" % new for new, old in enumerate(kept, 1)}
        pieces, size, places, said = [self.head], len(self.head), list[bytes](), 0
        for new, old in enumerate(kept, 1):
            tokens = split[old][:]
            tokens[1::2] = [numbers[token] for token in tokens[1::2]]
            stream = changed[old][1] if old in changed else self.objects[old][1]
            ends = (_STREAM, stream, b"\nendstream\nendobj\n") if stream else (b"\nendobj\n",)
            places.append(b"%010d 00000 n\r\n" % size)
            more = (b"%d 0 obj\n" % new, b"".join(tokens), *ends)
            said = len(pieces) + 3 if old == self.metadata else said
            pieces += more
            size += sum(map(len, more))
        whole = hashlib.sha256()
        for piece in pieces:
            whole.update(piece)
        digest = b64encode(whole.digest()[:16])
        pieces[said] = pieces[said].replace(_IDENTIFIER, digest)
        root, info = numbers[b"%d" % self.root], numbers[b"%d" % self.info]
        pieces += (
            b"xref\n0 %d\n0000000000 65535 f\r\n" % (len(places) + 1),
            *places,
            b"trailer\n<</Size %d/Root %b/Info %b" % (len(places) + 1, root, info),
            b"/ID[(%b)(%b)]>>\nstartxref\n%d\n%%%%EOF" % (self.made_by, digest, size),
        )
        return b"".join(pieces)

    def _tokens(self, number: int, changed: dict[int, Object]) -> list[bytes]:
        """Return an object without its stream, the numbers of others at odd places."""
        if number in changed:
            return _REF.split(changed[number][0])
        if number not in self.split:
            self.split[number] = _REF.split(self.body(number))
        return self.split[number]


def _unescape(found: re.Match[bytes]) -> bytes:
    text = found[1]
    return bytes([int(text, 8) & 255]) if text[:1] in b"01234567" else _ESCAPED.get(text, text)
