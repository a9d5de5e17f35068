"""The structure of certificate numbers, from the profiles, as JSON for the page's check while typing.

The page's check is a help for the typist; the proof of step V1 is made by the core from the same profiles.
"""

from ledger.core.profile import Profile, load_profile
from sitegen.places import CORE


def load_profiles() -> dict[str, Profile]:
    """Name -> profile, of all profiles in the repository, in name order."""
    loaded = [load_profile(path.read_text("utf-8")) for path in sorted((CORE / "profiles").glob("*.toml"))]
    return {profile.name: profile for profile in loaded}


def number_formats(profiles: dict[str, Profile]) -> list[dict[str, object]]:
    """One JSON value a profile: name, titles, length, levels, and the segments position by position."""
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
                    "literal": segment.literal,
                    "least": segment.least,
                    "values": list(segment.values),
                    "zh": segment.zh,
                    "en": segment.en,
                }
                for segment in profile.segments
            ],
        }
        for profile in profiles.values()
    ]
