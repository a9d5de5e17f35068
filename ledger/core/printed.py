r"""Printed: what a certificate's PDF says, and the receipt that travels in it; read strictly, and without a library.

It reads the PDFs that `ledger print` makes, and no others: objects in clear, streams deflated or plain, text set in
fonts with a ToUnicode map. Everything else is FormatError, which says nothing about the certificate.

An electronic seal (PAdES) is an update behind the end of the file: it may add a signature that is not seen, no more.

    pdf = read_printed(data)               the text of all pages, and the one attachment that begins as a receipt does
    many = read_joint(data)                the same of a PDF of many certificates, with the receipts of all of them
    values = signed_values(report, ...)    what the report on that receipt says must stand there
    differing(pdf.text, values)            those of them that stand nowhere in the text

What a page shows and what its text layer says can be made to differ by a forger, so a person still compares what the
verifier shows with what is on the paper; but a certificate whose own text is not the signed one is found out here.
"""

import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from ledger.core.canonical import Value
from ledger.core.errors import FormatError
from ledger.core.profile import Profile
from ledger.core.receipt import Receipt, parse_receipt
from ledger.core.report import Report

__all__ = ["MAX_PDF", "Joint", "Printed", "differing", "read_joint", "read_printed", "signed_values"]

MAX_PDF = 25 << 20  # bytes of the file
_HEAD = 4000  # bytes in which the dictionary of a stream stands
_MAX_STREAM = 40 << 20  # bytes of one stream when it is inflated

_OBJECT = re.compile(rb"(?:^|[\r\n])(\d{1,7}) 0 obj\s*")
_STREAM = re.compile(rb"(<<.{0,4000}?>>)\s*stream\r?\n", re.DOTALL)
_LENGTH = re.compile(rb"/Length (\d{1,9})\b")
_FONT = re.compile(rb"/Type/Font/Subtype/Type0\b.{0,2000}?/ToUnicode (\d{1,7}) 0 R", re.DOTALL)
_FONTS = re.compile(rb"/Font<<(.{0,4000}?)>>", re.DOTALL)
_NAMED = re.compile(rb"/(\w{1,20}) (\d{1,7}) 0 R")
_CONTENTS = re.compile(rb"/Type/Page/Resources (\d{1,7}) 0 R.{0,2000}?/Contents (\d{1,7}) 0 R", re.DOTALL)
_PAIR = re.compile(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4,64})>")
_SET = re.compile(
    rb"/(\w{1,20}) [\d.]{1,12} Tf"  # a font
    rb"|(\((?:[^()\\]|\\.|\((?:[^()\\]|\\.|\((?:[^()\\]|\\.)*\))*\))*\))"  # glyphs; in them brackets may stand in pairs
    rb"|/\w{1,20}<[0-9A-Fa-f]*>"  # what is said of a picture, for those who do not see it: not set
    rb"|<((?:[0-9A-Fa-f]{4})+)>"  # glyphs, of which one is beyond 127
    rb"|\b(ET)\b",
    re.DOTALL,
)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
# What an electronic seal may write anew, and what must then be as it was: where pages, contents and attachments are.
_CHANGING = re.compile(rb"/Type\s*/(?:Page|Catalog|Metadata)\b|/(?:Creator|Producer)\s*\(")
_KEPT = re.compile(rb"/(Pages|Names|EmbeddedFiles|Contents|Resources|MediaBox|Parent|Rotate|UserUnit)\s*(\d+|\[)")
_FORBIDDEN = re.compile(rb"/(?:ObjStm|XRef|XObject|EmbeddedFile|OpenAction|AA|JS|JavaScript|Launch)\b")
_ROOT = re.compile(rb"/Root\s*(\d+) 0 R")
_ANNOTATION = re.compile(rb"/Subtype\s*/|/Type\s*/Annot\b|/Rect\b")
_UNSEEN = re.compile(rb"/Rect\s*\[\s*0 0 0 0\s*\]")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Printed:
    """The text of a certificate's pages, a line for each piece that was set, and the receipt attached to it.

    `original` is the file as it was printed, without a seal behind it; `photos` are the JPEG pictures in it, `packed`
    is the receipt as it stands in the file, deflated.
    """

    text: str
    receipt: Receipt
    packed: bytes = field(repr=False)
    original: bytes = field(repr=False)
    photos: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Joint:
    """The text of a PDF of many certificates, their receipts and JPEG pictures, each in the order of the file."""

    text: str
    receipts: tuple[Receipt, ...]
    photos: tuple[bytes, ...] = field(repr=False)


def read_printed(data: bytes) -> Printed:
    """Return text and receipt of a PDF. Raises FormatError if it is none that `ledger print` makes, or of several."""
    original, end, update = data.partition(b"%%EOF")
    objects = _opened(data, original)
    _check_update(objects, update)
    receipts = _receipts(objects)
    if len(receipts) != 1:
        raise FormatError("pdf", f"{len(receipts)} receipts are attached, not one")
    [(packed, receipt)] = receipts
    return Printed(_text(objects), parse_receipt(receipt), packed, original + end, _photos(objects))


def read_joint(data: bytes) -> Joint:
    """Return what is in a PDF of many certificates. Raises FormatError; an update of the file is another form."""
    objects = _opened(data, data)
    return Joint(_text(objects), tuple(parse_receipt(text) for _, text in _receipts(objects)), _photos(objects))


def _opened(data: bytes, original: bytes) -> dict[int, bytes]:
    if len(data) > MAX_PDF:
        raise FormatError("pdf", f"more than {MAX_PDF} bytes")
    if not data.startswith(b"%PDF-"):
        raise FormatError("pdf", "not a PDF file")
    if b"/Encrypt" in data:
        raise FormatError("pdf", "encrypted")
    return _objects(original)


def _receipts(objects: Mapping[int, bytes]) -> list[tuple[bytes, bytes]]:
    return [found for body in objects.values() if (found := _attached(body)) is not None]


def _photos(objects: Mapping[int, bytes]) -> tuple[bytes, ...]:
    return tuple(_stream(body) for body in objects.values() if b"/DCTDecode" in body[:_HEAD])


def _check_update(objects: Mapping[int, bytes], update: bytes) -> None:
    """Raise FormatError unless an update leaves pages, text and attachments as they were and draws nothing."""
    roots = {number for body in objects.values() for number in _ROOT.findall(body)}
    for number, body in _objects(update).items():
        old = objects.get(number, b"")
        if old:
            kept = [sorted(_KEPT.findall(one)) for one in (old, body)]
            sound = _CHANGING.search(old) is not None and kept[0] == kept[1]
        else:
            sound = _ANNOTATION.search(body) is None or _UNSEEN.search(body) is not None
        if not sound or _FORBIDDEN.search(body) is not None or not roots.issuperset(_ROOT.findall(body)):
            raise FormatError("pdf", "changed after it was made")


def differing(text: str, values: Mapping[str, str]) -> list[str]:
    """Return the names of those `values` that do not stand in `text`; spaces and line ends do not count."""
    packed = _SPACE.sub("", text)
    return [name for name, value in values.items() if _SPACE.sub("", value) not in packed]


def signed_values(report: Report, profiles: Mapping[str, Profile]) -> dict[str, str]:
    """Return what a certificate must say, by field, of a report with facts: these, and whatever the holder shows."""
    facts = cast("Mapping[str, Value]", report.sections["facts"])
    occupation = cast("Mapping[str, str]", facts["occupation"])
    code, issued = str(facts["level"]), str(facts["issued"])
    profile = profiles.get(str(facts["profile"]))
    level = profile.level(code) if profile else None
    values = {
        "code": report.code,
        "occupation": occupation["name"],
        "level": level.zh if level else code,
        "issued": issued,
        "evaluator": str(facts["evaluator"]),
    }
    if "job" in occupation:
        values["job"] = occupation["job"]
    shown = cast("Mapping[str, Value]", report.sections.get("disclosed", {}))
    values.update({name: value for name in ("name", "doc_no") if isinstance(value := shown.get(name), str)})
    return values


def _objects(data: bytes) -> dict[int, bytes]:
    """Return the objects by number, each to the beginning of the next. A number that comes twice is an altered file."""
    starts = list(_OBJECT.finditer(data))
    objects: dict[int, bytes] = {}
    for at, start in enumerate(starts):
        number = int(start[1])
        if number in objects:
            raise FormatError("pdf", "changed after it was made")
        end = starts[at + 1].start() if at + 1 < len(starts) else len(data)
        objects[number] = data[start.end() : end]
    return objects


def _attached(body: bytes) -> tuple[bytes, bytes] | None:
    """Return a receipt as it stands there, and itself; None if it is something else."""
    if b"/Type/EmbeddedFile" not in body[:_HEAD]:
        return None
    stream = _stream(body)
    return (_raw(body)[1], stream) if stream.startswith(b"skill-ledger/receipt/") else None


def _raw(body: bytes) -> tuple[bytes, bytes]:
    """Return the dictionary of a stream, and the stream as it stands there."""
    head = _STREAM.match(body)
    length = _LENGTH.search(head[1]) if head else None
    if head is None or length is None:
        raise FormatError("pdf", "a stream of another form")
    return head[1], body[head.end() : head.end() + int(length[1])]


def _stream(body: bytes) -> bytes:
    members, raw = _raw(body)
    if b"/FlateDecode" not in members:
        return raw
    inflate = zlib.decompressobj()
    try:
        plain = inflate.decompress(raw, _MAX_STREAM)
    except zlib.error as error:
        raise FormatError("pdf", "a stream that cannot be inflated") from error
    if inflate.unconsumed_tail:
        raise FormatError("pdf", f"a stream of more than {_MAX_STREAM} bytes")
    if not inflate.eof or inflate.unused_data:
        raise FormatError("pdf", "a stream that does not end where it says")
    return plain


def _text(objects: Mapping[int, bytes]) -> str:
    """Return the text of all pages."""
    lines: list[str] = []
    for body in objects.values():
        page = _CONTENTS.search(body)
        if page is None:
            continue
        resources, contents = int(page[1]), int(page[2])
        if resources not in objects or contents not in objects:
            raise FormatError("pdf", "a page that points nowhere")
        fonts = _fonts(objects, objects[resources])
        lines += _set(_stream(objects[contents]), fonts)
    return "\n".join(lines)


def _fonts(objects: Mapping[int, bytes], resources: bytes) -> dict[bytes, dict[int, str]]:
    """Return what each glyph means, by the name of the font in the page's resources."""
    named = _FONTS.search(resources)
    fonts: dict[bytes, dict[int, str]] = {}
    for name, number in _NAMED.findall(named[1]) if named else ():
        font = _FONT.search(objects.get(int(number), b""))
        mapping = objects.get(int(font[1])) if font else None
        if mapping is None:
            raise FormatError("pdf", "a font without a map to Unicode")
        pairs = _PAIR.findall(_stream(mapping))
        fonts[name] = {int(glyph, 16): _utf16(text) for glyph, text in pairs}
    return fonts


def _utf16(digits: bytes) -> str:
    """Return the text of UTF-16 digits. By hand: the browser's library has no such codec."""
    units = [int(digits[at : at + 4], 16) for at in range(0, len(digits) - 3, 4)]
    if len(units) == 2 and units[0] >> 10 == 0x36 and units[1] >> 10 == 0x37:
        units = [0x10000 + ((units[0] & 0x3FF) << 10 | units[1] & 0x3FF)]
    return "".join(chr(unit) if unit >> 11 != 0x1B else "\ufffd" for unit in units)


def _set(content: bytes, fonts: Mapping[bytes, Mapping[int, str]]) -> Iterable[str]:
    """Yield the text between one ET and the next."""
    meaning: Mapping[int, str] = {}
    line: list[str] = []
    for font, string, digits, end in _SET.findall(content):
        if font:
            meaning = fonts.get(font, {})
        elif string or digits:
            codes = _ESCAPE.sub(_unescape, string[1:-1]) if string else bytes.fromhex(digits.decode())
            pairs = zip(codes[::2], codes[1::2], strict=False)
            line += [meaning.get(high << 8 | low, "\ufffd") for high, low in pairs]
        elif end:
            yield "".join(line)
            line = []


def _unescape(found: re.Match[bytes]) -> bytes:
    text = found[1]
    return bytes([int(text, 8) & 255]) if text[:1] in b"01234567" else _ESCAPED.get(text, text)
