"""The structure of certificate numbers, from the profiles, as JSON for the page's check while typing.

The page's check is a help for the typist; the proof of step V1 is made by the core from the same profiles.
"""

from collections.abc import Collection, Mapping
from typing import Any

from ledger.core.numbering import LENGTH_RULE
from ledger.core.profile import Profile, Segment


def number_formats(profiles: Mapping[str, Profile], names: Collection[str]) -> list[dict[str, Any]]:
    """One JSON value for each profile of ``names``: titles, length, levels, documents, the segments by position."""
    return [
        {
            "profile": profile.name,
            "zh": profile.zh,
            "en": profile.en,
            "length": profile.code_length,
            "org_length": profile.org_length,
            "levels": [{"code": level.code, "zh": level.zh, "en": level.en} for level in profile.levels],
            "documents": [{"code": kind.code, "zh": kind.zh, "en": kind.en} for kind in profile.document_types],
            "rule": _rule(profile, LENGTH_RULE),
            "segments": [_segment(profile, segment) for segment in profile.segments],
        }
        for profile in profiles.values()
        if profile.name in names
    ]


def _segment(profile: Profile, segment: Segment) -> dict[str, Any]:
    return {
        "id": segment.id,
        "first": segment.first,
        "last": segment.last,
        "alphabet": segment.alphabet,
        "literal": segment.literal,
        "least": segment.least,
        "values": list(segment.values),
        "rule": _rule(profile, segment.rule),
    }


def _rule(profile: Profile, rule_id: str) -> dict[str, str]:
    """What the page says of a number that breaks it, and whether it binds; the words are those of the profile."""
    rule = profile.rules[rule_id]
    return {"id": rule.id, "severity": rule.severity, "zh": rule.zh, "en": rule.en}
