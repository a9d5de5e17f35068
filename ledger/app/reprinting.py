"""Reprinting: a certificate set once more from what is signed, and held against the file byte for byte.

A text layer can be made to differ from what is seen. Where the same template, fonts and typst are at hand, the file
can be made again from its own receipt: the same bytes mean that everything on the page, seen or not, is what is
signed (but for the photo, which nobody signs), and that the QR code leads where the page says. Other bytes mean
nothing by themselves: another template, font or release of typst does that too. A dense QR code is not made again.
The receipt is put in as the file has it: it was inflated and read, and another zlib may deflate it in other words.
"""

import re
from collections.abc import Mapping
from typing import cast

from ledger.app.printing import make_paper, site_link
from ledger.core.disclosure import parse_verification_code, private_disclosures
from ledger.core.errors import LedgerError
from ledger.core.printed import Printed
from ledger.core.profile import Profile
from ledger.core.receipt import format_receipt
from ledger.core.report import Report
from ledger.forms.certificate import STANDARD, TEMPLATE, Printer, find_fonts
from ledger.forms.pdfparts import Part

__all__ = ["is_printed_again"]

_SITE = re.compile(r"查验网址：(https?://[!-~]+)")
_CODE = re.compile(r"验证码([0-9A-HJKMNP-TV-Z]{20})")
_SPACE = re.compile(r"\s+")
_FIELDS = ("name", "doc_type", "doc_no")


def is_printed_again(printed: Printed, report: Report, profiles: Mapping[str, Profile]) -> bool:
    """Return whether the file is, byte for byte, what `ledger print` makes here of the report on its receipt."""
    text = _SPACE.sub("", printed.text)
    site, code = _SITE.search(text), _CODE.search(text)
    facts = cast("Mapping[str, str]", report.sections["facts"])
    profile = profiles.get(facts["profile"])
    shown = cast("Mapping[str, str]", report.sections.get("disclosed", {}))
    if site is None or code is None or profile is None or not set(_FIELDS) <= shown.keys() or len(printed.photos) > 1:
        return False
    verification_code = parse_verification_code(code[1])
    if set(private_disclosures(verification_code, dict(shown)).values()) != set(printed.receipt.disclosures):
        return False  # the code on the page is not that of the disclosures
    receipt = format_receipt(printed.receipt)
    paper = make_paper(
        report,
        profile,
        shown,
        verification_code=verification_code,
        site=site[1],
        link=site_link(site[1], report.code, verification_code),
        receipt=receipt.decode("ascii"),
        photo=printed.photos[0] if printed.photos else None,
    )
    try:
        printer = Printer(profile.layout or STANDARD, TEMPLATE, find_fonts())
    except LedgerError:  # no font is installed here
        return False
    try:
        return printer.print([paper], Part(printed.packed, len(receipt))) == printed.original
    except LedgerError:  # a glyph that these fonts do not have
        return False
    finally:
        printer.close()
