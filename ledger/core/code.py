"""Certificate numbers and organisation codes, read and written by the rules of a profile.

    S000050000001 26 3 000123        Chongqing, as cn-chongqing-2020-1 describes it
    └ org 1-13 ─┘ │  │ └ serial 17-22
                  │  └ level 16
                  └ year 14-15, last two digits

`normalise_code` is for what people type; everything else is strict and takes the normal form only. There is
no check digit in any of the notices: a mistyped digit usually gives another well-formed number.

`explain_code` tells all that is wrong, each position by itself, in the words of the profile's rules;
`parse_code` raises the first error of that list. A rule that binds only as a warning is told and never
raised.

A profile may be opaque: its notice does not publish the structure, numbers come from the authority, and a number
only tells its organisation. `check_known` compares what the notice's forms show of such a number.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.core.errors import RuleError
from ledger.core.numbering import LENGTH_RULE, OPAQUE_RULE, Segment
from ledger.core.profile import ERROR, Profile, Severity

__all__ = [
    "MAX_SERIAL",
    "CodeParts",
    "Finding",
    "check_known",
    "check_org_code",
    "explain_code",
    "format_code",
    "match_profiles",
    "normalise_code",
    "parse_code",
    "serial_scope",
]

MAX_SERIAL = 999_999
SERIAL_RULE = "code.serial"
YEAR_RULE = "code.year"

# Left out of a typed number: white space, dashes of every kind, and what cannot be seen (zero-width, BOM, soft hyphen).
_IGNORED = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Pd"})
_MINUS = "\u2212\u2043\u30fc"  # look like dashes, but are symbols and a letter
_ASCII = {0xFF01 + n: 0x21 + n for n in range(94)}  # full-width forms
_UPPER = {ord(letter): ord(letter) - 32 for letter in "abcdefghijklmnopqrstuvwxyz"}


@dataclass(frozen=True, slots=True)
class CodeParts:
    """What a certificate number says: 13 characters, a year of four digits, one character, 1..999999.

    A number of an opaque structure tells its organisation only; the rest is None.
    """

    org: str
    year: int | None
    level: str | None
    serial: int | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a number: the position (1-based) where it begins, the rule, and what the rule says."""

    position: int
    rule: str
    severity: Severity
    zh: str
    en: str


def normalise_code(text: str) -> str:
    """Return `text` without spaces and dashes of any kind, full-width forms as ASCII, letters upper case."""
    text = text.translate(_ASCII)
    if not (text.isascii() and text.isalnum()):
        text = "".join(c for c in text if unicodedata.category(c) not in _IGNORED and c not in _MINUS)
    return text.translate(_UPPER)


def explain_code(code: str, profile: Profile) -> list[Finding]:
    """Return all that is wrong with `code` (normal form, whole or cut short) under `profile`, in order of position."""
    findings = _problems(code, profile.segments, profile)
    if len(code) != profile.code_length:
        findings.append(_finding(profile, LENGTH_RULE, min(len(code), profile.code_length) + 1))
    return findings


def parse_code(code: str, profile: Profile) -> CodeParts:
    """Return the parts of `code`. Raises RuleError with the first error of `explain_code`."""
    found = profile.pattern.match(code)
    if found is None:
        raise _first_error(explain_code(code, profile))
    if profile.opaque:
        return CodeParts(found["org"], None, None, None)
    org, year, level, serial = found.group("org", "year", "level", "serial")
    return CodeParts(org, profile.century + int(year), level, int(serial))


def format_code(org: str, year: int, level: str, serial: int, profile: Profile) -> str:
    """Return the number. Raises RuleError if a part is out of its range; serial number 999999 is the last one.

    Nobody but the authority makes the numbers of an opaque structure: RuleError("code.opaque").
    """
    _refuse_opaque(profile)
    if not 1 <= serial <= MAX_SERIAL:
        raise RuleError(SERIAL_RULE, f"the serial number is not within 1..{MAX_SERIAL}")
    if year // 100 * 100 != profile.century:
        raise RuleError(YEAR_RULE, f"the year is not within {profile.century}..{profile.century + 99}")
    own = {"year": f"{year % 100:02d}", "level": level, "serial": f"{serial:06d}"}
    code = org + "".join([own[name] for name in profile.own_order])
    if profile.pattern.match(code) is None:
        check_org_code(org, profile)
        raise _first_error(explain_code(code, profile))
    return code


def match_profiles(code: str, profiles: Iterable[Profile]) -> list[Profile]:
    """Return the profiles under which `code` is well-formed, in the order given."""
    return [profile for profile in profiles if profile.pattern.match(code) is not None]


def check_org_code(org: str, profile: Profile) -> None:
    """Raise RuleError unless `org` is an organisation code, the first part of a number, under `profile`."""
    findings = _problems(org, [s for s in profile.segments if s.last <= profile.org_length], profile)
    errors = [finding for finding in findings if finding.severity == ERROR]
    if errors:
        raise _first_error(errors)
    if len(org) != profile.org_length:
        raise RuleError(LENGTH_RULE, f"an organisation code has {profile.org_length} characters")


def serial_scope(profile: Profile, org: str, year: int, level: str) -> str:
    """Return the name of the counter of serial numbers: "S000050000001/2026/3" if it runs by year and level.

    Raises RuleError("code.opaque") if the numbers come from the authority.
    """
    _refuse_opaque(profile)
    parts = {"org-year-level": (org, str(year), level), "org-year": (org, str(year))}
    return "/".join(parts.get(str(profile.serial_scope), (org,)))


def check_known(code: str, year: int, level: str, profile: Profile) -> list[Finding]:
    """Return the warnings where the opaque number `code` (well-formed) shows another `year` (of issue) or `level`."""
    shown = {"year": f"{year % 100:02d}", "level": level}
    return [
        _finding(profile, known.rule, known.first)
        for known in profile.known
        if code[known.first - 1 : known.last] != shown[known.id]
    ]


def _refuse_opaque(profile: Profile) -> None:
    if profile.opaque:
        raise RuleError(OPAQUE_RULE, profile.rules[OPAQUE_RULE].en)


def _problems(code: str, segments: Iterable[Segment], profile: Profile) -> list[Finding]:
    """Findings of the segments that `code` reaches. A segment cut short is only held to its alphabet."""
    findings = []
    for segment in segments:
        text = code[segment.first - 1 : segment.last]
        strange = [n for n, c in enumerate(text) if c not in segment.alphabet]
        findings += [_finding(profile, segment.rule, segment.first + n, ERROR) for n in strange]
        whole = len(text) == segment.last - segment.first + 1
        if whole and not strange and not segment.accepts(text):
            # A literal differs at places of its own; any other condition is broken by the segment as one.
            differing = [n for n, c in enumerate(segment.literal or text) if c != text[n]] or [0]
            findings += [_finding(profile, segment.rule, segment.first + n) for n in differing]
    return findings


def _finding(profile: Profile, rule_id: str, position: int, severity: Severity | None = None) -> Finding:
    rule = profile.rules[rule_id]
    return Finding(position, rule.id, severity or rule.severity, rule.zh, rule.en)


def _first_error(findings: list[Finding]) -> RuleError:
    first = next(finding for finding in findings if finding.severity == ERROR)
    return RuleError(first.rule, f"position {first.position}: {first.en}")
