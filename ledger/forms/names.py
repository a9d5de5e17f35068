"""Names of persons: which are accepted, and what is wrong with the others.

A name has 1 to 50 characters (民委发〔2016〕33号 asks for room for 50, 25 汉字 at the least): letters of any
script, the interpunct U+00B7 between the parts of a name, and in Latin names also the space, the hyphen, the
apostrophe and the full stop of an initial. Rare characters (㐂, 𠮷, 𬱖) are letters like any other. What only
looks right is refused with the remedy: eleven other dots, radicals, full-width letters, spaces that were put
in to align a column. Messages name code points, never the name.
"""

import re
import unicodedata

from ledger.core.disclosure import normalise_name
from ledger.forms.findings import Problem

__all__ = ["MAX_NAME", "check_name"]

MAX_NAME = 50
INTERPUNCT = "\u00b7"

# Dots that look like the interpunct. NFKC unifies none of the first three with it. "." is one only next to a
# 汉字.
WRONG_DOTS = frozenset("\u2022\u30fb\u2027\uff0e\uff65\u2219\u22c5\u2024\u2e31\u2e33\ufe52\u3002\u0387\u25cf\u318d")
LATIN_SIGNS = frozenset("-'.\u2019")
_USUAL = re.compile(r"[\u4e00-\u9fff]{1,50}")
_BLANKS = frozenset(" \u3000\u00a0\u2002\u2003\u2009\t\n\r")
_ZERO = "\u3007"  # 〇, a number letter that occurs in names
# CJK unified ideographs as of Unicode 17: Pythons before it do not know the newest, which are rare surnames and names.
_HAN = (
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81D),
    (0x2B820, 0x2CEAD),
    (0x2CEB0, 0x2EBE0),
    (0x2EBF0, 0x2EE5D),
    (0x30000, 0x3134A),
    (0x31350, 0x323AF),
    (0x323B0, 0x33479),
)


def check_name(text: str) -> tuple[str, tuple[Problem, ...]]:
    """Return the name as it is committed to (NFC, trimmed), and what is wrong with it; "" if it is blank."""
    if _USUAL.fullmatch(text):
        return text, ()
    trimmed = text.strip()
    name = normalise_name(text)
    problems = list(dict.fromkeys(_character_problems(trimmed)))
    if len(name) > MAX_NAME:
        problems.append(("name.long", f"limit={MAX_NAME}"))
    parts = name.split(INTERPUNCT)
    if len(parts) > 1 and not all(part.strip() for part in parts):
        problems.append(("name.interpunct_place", ""))
    changed = [f"{_point(c)} → {_points(unicodedata.normalize('NFC', c))}" for c in trimmed if _changes(c)]
    if changed and not any(rule == "name.interpunct" for rule, _ in problems):
        problems.append(("name.nfc", "found=" + ", ".join(changed)))
    return name, tuple(_problem(rule, detail) for rule, detail in problems)


def _problem(rule: str, detail: str) -> Problem:
    key, _, value = detail.partition("=")
    return Problem(rule, {key: value} if key else {})


def _character_problems(name: str) -> list[tuple[str, str]]:
    """(rule, "found=U+XXXX") of every character that no name has, or not there."""
    problems = []
    for at, c in enumerate(name):
        rule = _rule_of(name, at, c)
        if rule:
            problems.append((rule, "found=" + _point(c)))
    return problems


def _rule_of(name: str, at: int, c: str) -> str | None:
    """Return the rule that the character `c` at `name[at]` breaks, or None."""
    point = ord(c)
    if is_han(c) or c == _ZERO:
        return None
    beside = name[max(at - 1, 0) : at] + name[at + 1 : at + 2]
    if c in WRONG_DOTS or (c == "." and any(map(is_han, beside))):
        return "name.interpunct"
    if c in _BLANKS:
        aligned = any(map(is_han, beside)) or any(other in _BLANKS for other in beside) or INTERPUNCT in beside
        return "name.space" if c != " " or aligned else None
    if c == INTERPUNCT or c in LATIN_SIGNS:
        return None
    if 0xFE00 <= point <= 0xFE0F or 0xE0100 <= point <= 0xE01EF or 0x180B <= point <= 0x180F:
        return "name.variation"
    if 0x2E80 <= point <= 0x2FDF:
        return "name.radical"
    if 0xFF01 <= point <= 0xFF5E:
        return "name.fullwidth"
    category = unicodedata.category(c)
    if category in ("Cc", "Cf", "Zl", "Zp"):
        return "name.invisible"
    if category in ("Co", "Cn", "Cs"):
        return "name.private_use"
    if category[0] == "L" or (category in ("Mn", "Mc") and at > 0):
        return None
    return "name.character"


def is_han(c: str) -> bool:
    """Whether `c` is a CJK unified ideograph."""
    point = ord(c)
    return any(first <= point <= last for first, last in _HAN)


def _changes(c: str) -> bool:
    return unicodedata.normalize("NFC", c) != c


def _point(c: str) -> str:
    return f"U+{ord(c):04X}"


def _points(text: str) -> str:
    return " ".join(map(_point, text))
