"""Reprinting: certificates set once more from what is signed, and held against the file byte for byte.

A text layer can be made to differ from what is seen. Where the same template, fonts and typst are at hand, the file
can be made again from its own receipt: the same bytes mean that everything on the page, seen or not, is what is
signed (but for the photo, which nobody signs), and that the QR code leads where the page says. Other bytes mean
nothing by themselves: another template, font or release of typst does that too. A dense QR code is not made again.
The receipt is put in as the file has it: it was inflated and read, and another zlib may deflate it in other words.

`without` prints a PDF of many certificates again without some of them, where it can be made again at all. No key is
needed: facts and private fields come from the receipts. What is left has no trace of who went: fonts are subset anew,
and from the receipts of the others, who may share a shard with them, their masked lines are taken out.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final, cast

from ledger.app.printing import make_paper, site_link
from ledger.core.disclosure import parse_verification_code, private_disclosures
from ledger.core.errors import FormatError, LedgerError
from ledger.core.printed import Printed, read_joint
from ledger.core.profile import Profile
from ledger.core.receipt import Receipt, check_receipt, format_receipt, parse_receipt
from ledger.core.report import Report
from ledger.core.shard import format_masked, parse_masked
from ledger.core.trust import Trust
from ledger.crypto.pynacl_verify import verify
from ledger.forms.certificate import STANDARD, TEMPLATE, Paper, Printer, find_fonts
from ledger.forms.pdfparts import Part

__all__ = ["is_in", "is_printed_again", "without"]

_SITE = re.compile(r"查验网址：(https?://[!-~]+)")
_CODE = re.compile(r"验证码([0-9A-HJKMNP-TV-Z]{20})")
_SPACE = re.compile(r"\s+")
_FIELDS = ("name", "doc_type", "doc_no")
_NAMED = re.compile(rb"\(([0-9A-Z]+)\.receipt\.txt\)")
_PAGE = re.compile(rb"/Type\s*/Page\b")
_AFTER: Final = 1 << 34  # unix seconds, later than any receipt: each is read as of its own time


def is_printed_again(printed: Printed, report: Report, profiles: Mapping[str, Profile]) -> bool:
    """Return whether the file is, byte for byte, what `ledger print` makes here of the report on its receipt."""
    try:
        site, codes = _said(printed.text)
        [code], [photo] = codes, printed.photos or (None,)
        paper, profile = _paper(printed.receipt, report, profiles, site, code, photo)
        printer = Printer(profile.layout or STANDARD, TEMPLATE, find_fonts())
    except (LedgerError, ValueError):  # no font is installed here, or there is not one code and at most one photo
        return False
    try:
        return printer.print([paper], Part(printed.packed, len(paper.receipt))) == printed.original
    except LedgerError:  # a glyph that these fonts do not have
        return False
    finally:
        printer.close()


def is_in(data: bytes, number: str) -> bool:
    """Whether a PDF may have a page of `number`: its receipts are named by number, and each page has one."""
    named = {name.decode() for name in _NAMED.findall(data)}
    return number in named or len(_PAGE.findall(data)) != len(named)


def without(data: bytes, numbers: Collection[str], trust: Trust, profiles: Mapping[str, Profile]) -> bytes | None:
    """Return a PDF of many certificates printed again without those of `numbers`.

    None where it cannot be printed again as it is, byte for byte, or nobody would be left. `trust` are the keys of the
    ledger that the receipts are of.
    """
    try:
        joint = read_joint(data)
        site, codes = _said(joint.text)
        photos = joint.photos or (None,) * len(codes)
        made = []
        for receipt, code, photo in zip(joint.receipts, codes, photos, strict=True):
            checked = check_receipt(receipt, trust=trust, profiles=profiles, verify=verify, now=_AFTER)
            made.append(_paper(receipt, checked.report, profiles, site, code, photo))
        printer = Printer(made[0][1].layout or STANDARD, TEMPLATE, find_fonts())
    except (LedgerError, ValueError, IndexError):  # of another form, or other counts of pages, codes and photos
        return None
    try:
        papers = [paper for paper, _ in made]
        left = [_forgetting(paper, numbers) for paper in papers if paper.code not in numbers]
        return printer.print(left) if left and printer.print(papers) == data else None
    except LedgerError:
        return None
    finally:
        printer.close()


def _said(text: str) -> tuple[str, list[str]]:
    """Return the site and the verification codes that are printed on pages. Raises FormatError if there is no site."""
    packed = _SPACE.sub("", text)
    site = _SITE.search(packed)
    if site is None:
        raise FormatError("pdf", "no address is printed on it")
    return site[1], [parse_verification_code(code) for code in _CODE.findall(packed)]


def _paper(
    receipt: Receipt,
    report: Report,
    profiles: Mapping[str, Profile],
    site: str,
    verification_code: str,
    photo: bytes | None,
) -> tuple[Paper, Profile]:
    """Return what was printed, and its profile. Raises FormatError where the receipt does not tell."""
    facts = cast("Mapping[str, str]", report.sections.get("facts", {}))
    profile = profiles.get(facts.get("profile", ""))
    shown = cast("Mapping[str, str]", report.sections.get("disclosed", {}))
    if profile is None or not set(_FIELDS) <= shown.keys():
        raise FormatError("pdf", "its receipt does not show whose it is")
    if set(private_disclosures(verification_code, dict(shown)).values()) != set(receipt.disclosures):
        raise FormatError("pdf", "the code on the page is not that of the disclosures")
    paper = make_paper(
        report,
        profile,
        shown,
        verification_code=verification_code,
        site=site,
        link=site_link(site, report.code, verification_code),
        receipt=format_receipt(receipt).decode("ascii"),
        photo=photo,
    )
    return paper, profile


def _forgetting(paper: Paper, numbers: Collection[str]) -> Paper:
    """Return a paper without the masked lines of others in its receipt."""
    receipt = parse_receipt(paper.receipt.encode())
    files = dict(receipt.files)
    for path, data in files.items():
        if path.startswith("masked/"):
            views = parse_masked(data)
            files[path] = format_masked((code, text) for code, text in views.items() if code not in numbers)
    return replace(paper, receipt=format_receipt(replace(receipt, files=files)).decode("ascii"))
