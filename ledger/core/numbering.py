"""The structure of a certificate number: its levels and its segments, as a profile describes them.

Each segment covers the positions `first` to `last` (1-based) with a literal or an alphabet, and may ask for more: not
less than `least`, or one of `values`. The segments cover every position once, in order; the organisation code comes
first, and after it only what the organisation determines itself: year, level and serial number.

Where a notice does not publish the structure, the number is opaque: one segment, `own`, follows the organisation code,
and what is only known from the notice's forms is a list of places that are compared, never relied upon.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ledger.core.errors import FormatError
from ledger.core.table import Table

__all__ = [
    "LENGTH_RULE",
    "OPAQUE_RULE",
    "Known",
    "Level",
    "Segment",
    "pattern_of",
    "read_known",
    "read_levels",
    "read_segments",
]

LENGTH_RULE = "code.length"
OPAQUE_RULE = "code.opaque"
SEGMENT_RULE = "code.{}"  # the rule of segment "year" is "code.year"
OWN_SEGMENTS = ("year", "level", "serial")
OPAQUE_SEGMENTS = ("own",)
KnownId: TypeAlias = Literal["year", "level"]
_KNOWN: tuple[KnownId, ...] = ("year", "level")


@dataclass(frozen=True, slots=True)
class Level:
    """A skill level: its character in the number, its names, and its rank in the national scale (1 is the highest)."""

    code: str
    zh: str
    en: str
    rank: int
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """Positions `first`..`last` (1-based): every character in `alphabet`, and what else the segment asks for."""

    id: str
    first: int
    last: int
    alphabet: str
    literal: str | None
    least: str | None
    values: tuple[str, ...]
    zh: str
    en: str

    @property
    def rule(self) -> str:
        """The id of the rule that a wrong segment breaks."""
        return SEGMENT_RULE.format(self.id)

    def accepts(self, text: str) -> bool:
        """Whether `text`, of the right length and alphabet, meets the narrower condition of this segment."""
        if self.literal is not None:
            return text == self.literal
        if self.least is not None:
            return text >= self.least
        return not self.values or text in self.values


@dataclass(frozen=True, slots=True)
class Known:
    """Positions `first`..`last` of an opaque number, where forms show the year's last two digits or the level."""

    id: KnownId
    first: int
    last: int
    rule: str


def read_levels(tables: list[Table]) -> tuple[Level, ...]:
    """Read the levels, each with a character of its own."""
    levels: list[Level] = []
    for table in tables:
        level = Level(
            table.text("code"), table.text("zh"), table.text("en"), table.number("rank"), table.texts("aliases", ())
        )
        table.close()
        if len(level.code) != 1 or any(level.code == other.code for other in levels):
            raise table.error("code is not one character of its own")
        levels.append(level)
    if not levels:
        raise FormatError("profile", "levels: there is none")
    return tuple(levels)


def read_segments(
    code: Table, levels: tuple[Level, ...], rules: Collection[str], length: int, org_length: int, *, opaque: bool
) -> tuple[Segment, ...]:
    """The segments must cover every position once, in order, and end the filing code where `org_length` says."""
    wanted = OPAQUE_SEGMENTS if opaque else OWN_SEGMENTS
    segments: list[Segment] = []
    position = 1
    for table in code.tables("segments"):
        segment = _segment(table, levels)
        if segment.first != position or segment.last < position:
            raise table.error(f"begins at {segment.first}, and position {position} is next")
        position = segment.last + 1
        if segment.rule not in rules:
            raise table.error(f"there is no rule {segment.rule!r}")
        segments.append(segment)
    if position != length + 1:
        raise code.error(f"the segments end at {position - 1}, not at {length}")
    for rule in (LENGTH_RULE, OPAQUE_RULE) if opaque else (LENGTH_RULE,):
        if rule not in rules:
            raise code.error(f"there is no rule {rule!r}")
    own = [segment for segment in segments if segment.first > org_length]
    if sorted(segment.id for segment in own) != sorted(wanted) or own[0].first != org_length + 1:
        raise code.error(f"after position {org_length} there must be {', '.join(wanted)}, and nothing else")
    for segment in own:
        if segment.id == "year" and segment.last != segment.first + 1:
            raise code.error("the year has two positions")
    return tuple(segments)


def read_known(code: Table, warnings: Collection[str], length: int, org_length: int) -> tuple[Known, ...]:
    """Read what is known of an opaque number. It is inferred, so its rule must be one of the `warnings`."""
    known = []
    for table in code.tables("known", ()):
        name, first, last = table.choice("id", _KNOWN), table.number("first"), table.number("last")
        if not org_length < first <= last <= length or last - first != (name == "year"):
            raise table.error(f"positions {first} to {last} do not hold a {name}")
        known.append(Known(name, first, last, table.member("rule", warnings, "rule that only warns,")))
        table.close()
    return tuple(known)


def _segment(table: Table, levels: tuple[Level, ...]) -> Segment:
    name, first, last = table.text("id"), table.number("first"), table.number("last")
    literal = table.text("literal", "") or None
    least = table.text("least", "") or None
    values = table.texts("values", ())
    zh, en = table.text("zh"), table.text("en")
    if name == "level":
        alphabet = "".join(level.code for level in levels)
    elif literal is not None:
        alphabet = "".join(sorted(set(literal)))
    else:
        alphabet = table.text("alphabet")
    table.close()
    width = last - first + 1
    for text in (literal or "", least or "", *values):
        if text and (len(text) != width or not set(text) <= set(alphabet)):
            raise table.error(f"{text!r} does not fill positions {first} to {last} with its alphabet")
    if sum((literal is not None, least is not None, bool(values))) > 1:
        raise table.error("more than one of literal, least, values")
    return Segment(name, first, last, alphabet, literal, least, values, zh, en)


def pattern_of(segments: tuple[Segment, ...], binding: Collection[str], org_length: int) -> re.Pattern[str]:
    """One regular expression for a whole number, with the groups org, year, level and serial.

    Every segment is held to its alphabet, those whose ids are in `binding` also to what else they ask for.
    """
    org = "".join(_segment_pattern(s, s.id in binding) for s in segments if s.last <= org_length)
    own = (f"(?P<{s.id}>{_segment_pattern(s, s.id in binding)})" for s in segments if s.last > org_length)
    return re.compile(f"(?P<org>{org}){''.join(own)}\\Z")  # not $, which would let a final newline pass


def _segment_pattern(segment: Segment, binding: bool) -> str:
    width = segment.last - segment.first + 1
    if binding and (segment.literal is not None or segment.values):
        texts = segment.values or (segment.literal or "",)
        return f"(?:{'|'.join(map(re.escape, texts))})"
    if binding and segment.least is not None:
        # The text itself, or any that is the same up to some place and has a later character there.
        later = ["".join(c for c in segment.alphabet if c > own) for own in segment.least]
        above = (
            f"{re.escape(segment.least[:n])}{_some_of(later[n], 1)}{_some_of(segment.alphabet, width - n - 1)}"
            for n in range(width)
            if later[n]
        )
        return f"(?:{'|'.join([re.escape(segment.least), *above])})"
    return _some_of(segment.alphabet, width)


def _some_of(alphabet: str, count: int) -> str:
    return f"[{re.escape(alphabet)}]{{{count}}}"
