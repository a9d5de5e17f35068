"""The structure of certificate numbers, from the profiles, as JSON for the page's check while typing.

The page's check is a help for the typist; the proof of step V1 is made by the core from the same profiles.
"""

from collections.abc import Collection, Mapping
from typing import Any

from ledger.core.profile import ERROR, Profile, Segment


def number_formats(profiles: Mapping[str, Profile], names: Collection[str]) -> list[dict[str, Any]]:
    """One JSON value for each profile of ``names``: titles, length, levels, and the segments position by position."""
    return [
        {
            "profile": profile.name,
            "zh": profile.zh,
            "en": profile.en,
            "length": profile.code_length,
            "org_length": profile.org_length,
            "levels": [{"code": level.code, "zh": level.zh, "en": level.en} for level in profile.levels],
            "segments": [
                {
                    "id": segment.id,
                    "first": segment.first,
                    "last": segment.last,
                    "alphabet": segment.alphabet,
                    **_narrower(segment, profile),
                    "zh": segment.zh,
                    "en": segment.en,
                }
                for segment in profile.segments
            ],
        }
        for profile in profiles.values()
        if profile.name in names
    ]


def _narrower(segment: Segment, profile: Profile) -> dict[str, Any]:
    """The conditions beyond the alphabet, where the notice binds; one that only warns does not stop a typist."""
    if profile.rules[segment.rule].severity != ERROR:
        return {"literal": None, "least": None, "values": []}
    return {"literal": segment.literal, "least": segment.least, "values": list(segment.values)}
