"""The profiles that come with the product: one TOML file each, named, immutable, sourced. README.md is their schema."""

from functools import cache
from importlib.resources import files

from ledger.core.errors import FormatError
from ledger.core.profile import Profile, load_profile

__all__ = ["load", "names", "read_text"]


def names() -> tuple[str, ...]:
    """Return the names of the profiles, sorted."""
    found = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


def read_text(name: str) -> str:
    """Return the TOML text of the profile `name`. Raises FormatError if there is none of that name."""
    if name not in names():
        raise FormatError("profile", "there is none of that name")
    return files(__name__).joinpath(f"{name}.toml").read_text(encoding="utf-8")


@cache
def load(name: str) -> Profile:
    """Return the profile `name`. Raises FormatError as `read_text` and `load_profile` do, or if the file has
    another's name.
    """
    profile = load_profile(read_text(name))
    if profile.name != name:
        raise FormatError("profile", f"{name}.toml holds another profile")
    return profile
