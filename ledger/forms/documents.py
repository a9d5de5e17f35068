"""Personal documents: the forms of their numbers, by the twelve document types of the roster.

    201       18 digits, the last may be X: district, birth date, sequence, check digit (GB 11643-1999, ISO
    7064 MOD 11-2) 237 238   the same, with district 810000 / 820000, and 830000
    233       18 digits from 9 on with the same check digit (since 2023-12-01), or 3 letters and 12 digits
    210       H or M, 8 digits, and 2 more that count renewals
    others    length and characters only: no source gives more

The check digit and the birth date bind; the district only warns, because tables of districts are never
complete. A number that a spreadsheet stored as a number is refused before it comes here.
"""

import re
from datetime import date
from functools import cache

from stdnum import numdb

from ledger.forms.findings import Problem

__all__ = ["born", "check_digit", "check_document", "is_male", "is_resident_number", "person_key"]

_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
_OLD = re.compile(r"[0-9]{15}")
_PERMIT = re.compile(r"[HM](?:[0-9]{8}|[0-9]{10})")
_FOREIGN_RESIDENT = re.compile(r"9[0-9]{16}[0-9X]|[A-Z]{3}[0-9]{12}")
_NOT_MAINLAND = ("81", "82", "83")  # those residents hold 237 and 238, never 201
_DISTRICTS = {"237": ("810000", "820000"), "238": ("830000",)}

# type -> pattern, then what it is and what it should look like, in both languages
_PLAIN = {
    "227": (r"[A-Z0-9]{5,20}", "中国护照", "5至20位字母和数字", "a Chinese passport", "5 to 20 letters and digits"),
    "213": (
        r"[A-Z0-9]{5,20}",
        "台湾居民来往大陆通行证",
        "5至20位字母和数字",
        "a Taiwan permit",
        "5 to 20 letters and digits",
    ),
    "208": (r"[A-Z0-9]{5,20}", "外国护照", "5至20位字母和数字", "a foreign passport", "5 to 20 letters and digits"),
    "239": (r"[A-Z0-9-]{5,30}", "外国人工作许可证", "5至30位字母和数字", "a work permit", "5 to 30 letters and digits"),
    "240": (r"[A-Z0-9-]{5,30}", "外国人工作许可证", "5至30位字母和数字", "a work permit", "5 to 30 letters and digits"),
    "241": (r"[A-Z0-9-]{5,30}", "外国人工作许可证", "5至30位字母和数字", "a work permit", "5 to 30 letters and digits"),
    "299": (
        r"[A-Z0-9\u4e00-\u9fff()/-]{1,40}",
        "其他个人证件",
        "1至40位字母、数字或汉字",
        "a document",
        "1 to 40 letters and digits",
    ),
}
_PATTERNS = {kind: re.compile(row[0]) for kind, row in _PLAIN.items()}
_RESIDENT_FORM = ("18位数字，末位可为 X", "18 digits, the last may be X")


def check_document(doc_type: str, doc_no: str, on: date) -> list[Problem]:
    """Return what is wrong on the day `on` with `doc_no` (normalised, not empty) as a number of the type `doc_type`."""
    if doc_type == "201":
        if _RESIDENT.fullmatch(doc_no):
            return _resident_problems(doc_no, on, district=True)
        if _OLD.fullmatch(doc_no):
            return [Problem("document.old15")]
        return [_form("居民身份证", "a resident identity card", *_RESIDENT_FORM)]
    if doc_type in _DISTRICTS:
        districts = _DISTRICTS[doc_type]
        if _RESIDENT.fullmatch(doc_no) and doc_no[:6] in districts:
            return _resident_problems(doc_no, on, district=False)
        prefix = " / ".join(districts)
        return [
            _form("居住证", "a residence permit", f"以 {prefix} 开头的18位号码", f"18 digits beginning with {prefix}")
        ]
    if doc_type == "233":
        if not _FOREIGN_RESIDENT.fullmatch(doc_no):
            wanted = "以9开头的18位号码，或3个字母和12位数字", "18 digits beginning with 9, or 3 letters and 12 digits"
            return [_form("外国人永久居留身份证", "a permanent resident card", *wanted)]
        return [Problem("document.checksum")] if len(doc_no) == 18 and doc_no[-1] != check_digit(doc_no) else []
    if doc_type == "210":
        if _PERMIT.fullmatch(doc_no):
            return []
        wanted = "H 或 M 加8位或10位数字", "H or M and 8 or 10 digits"
        return [_form("港澳居民来往内地通行证", "a Hong Kong and Macao permit", *wanted)]
    _, kind, wanted_zh, kind_en, wanted_en = _PLAIN[doc_type]
    if not _PATTERNS[doc_type].fullmatch(doc_no):
        return [_form(kind, kind_en, wanted_zh, wanted_en)]
    return [Problem("document.looks_like_id")] if is_resident_number(doc_no) else []


def check_digit(number: str) -> str:
    """Return the check character that belongs to the first 17 digits of `number` (ISO 7064 MOD 11-2).

    The weights are 2^17 ... 2^1 modulo 11. In base 13 they are the place values, because 13 is 2 modulo 11.
    """
    rest = (1 - 2 * int(number[:17], 13)) % 11
    return "X" if rest == 10 else str(rest)


def is_resident_number(doc_no: str) -> bool:
    """Whether `doc_no` is 18 characters with a right check digit and a birth date."""
    return bool(_RESIDENT.fullmatch(doc_no)) and doc_no[-1] == check_digit(doc_no) and _birth(doc_no[6:14]) is not None


def born(doc_type: str, doc_no: str) -> str | None:
    """Return the birth date (YYYY-MM-DD) that a resident number or residence permit says; None for others."""
    if doc_type != "201" and doc_type not in _DISTRICTS:
        return None
    day = _birth(doc_no[6:14]) if _RESIDENT.fullmatch(doc_no) else None
    return day.isoformat() if day else None


def is_male(doc_no: str) -> bool:
    """Whether the sequence of an 18-digit number is a man's: odd (GB 11643-1999)."""
    return int(doc_no[16]) % 2 == 1


def person_key(doc_type: str, doc_no: str) -> str:
    """Return what stays the same about a document when it is renewed: a permit 210 keeps its first 9 characters."""
    return f"{doc_type}/{doc_no[:9] if doc_type == '210' else doc_no}"


def _resident_problems(doc_no: str, on: date, *, district: bool) -> list[Problem]:
    problems = []
    if doc_no[17] != check_digit(doc_no):
        problems.append(Problem("document.checksum"))
    birth = _birth(doc_no[6:14])
    if birth is None:
        problems.append(Problem("document.birth"))
    elif birth > on:
        problems.append(Problem("document.future"))
    if district and not _known_district(doc_no[:6]):
        problems.append(Problem("document.district"))
    return problems


def _form(kind: str, kind_en: str, wanted: str, wanted_en: str) -> Problem:
    return Problem("document.form", {"kind": kind, "kind_en": kind_en, "wanted": wanted, "wanted_en": wanted_en})


@cache
def _birth(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


@cache
def _known_district(prefix: str) -> bool:
    """Whether `prefix` was a district at any time. Which years is not asked: holders keep numbers of abolished ones."""
    if prefix[:2] in _NOT_MAINLAND:
        return False
    return any(properties.get("county") for _, properties in numdb.get("cn/loc").info(prefix))
