"""A published site held, byte for byte, against one that was built anew from the ledger it publishes.

What the host itself reads (header rules) it may keep to itself. Status lists of credentials are signed with the log
key, so nobody else can build them: they are named apart, and whoever checks a credential verifies their signature.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from ledger.app.places import FolderPlace, Place
from ledger.core.checklist import Absent
from sitegen.errors import SiteError

__all__ = ["ABOUT", "About", "Comparison", "compare_site", "read_about"]

ABOUT = "site.json"
_HOSTS = frozenset(("Caddyfile", "_headers", "nginx.conf"))  # and names that begin with a dot
_SIGNED = "credentials/"
_AT_ONCE = 16


class About(NamedTuple):
    """What a site says of its own making: the day it was built for, the version that built it."""

    day: str
    version: str

    def file(self) -> bytes:
        """Return ``site.json``."""
        return json.dumps({"day": self.day, "v": 1, "version": self.version}, indent=1, sort_keys=True).encode() + b"\n"


def read_about(data: bytes) -> About:
    """Return what a ``site.json`` says. Raises SiteError."""
    try:
        value = json.loads(data)
    except ValueError as error:
        raise SiteError(f"{ABOUT} is not JSON") from error
    if not isinstance(value, dict) or value.keys() != {"day", "v", "version"} or value["v"] != 1:
        raise SiteError(f"{ABOUT} has members other than day, v (1) and version")
    return About(str(value["day"]), str(value["version"]))


@dataclass(slots=True)
class Comparison:
    """Paths of files that are other than the ledger makes them, by how; ``signed`` could not be built here."""

    files: int = 0
    differs: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """The result in a word: verified, not_verified or not_checked, as of an audit."""
        if self.differs or self.missing or self.unknown:
            return "not_verified"
        return "not_checked" if self.unreachable else "verified"


def compare_site(place: Place, built: Path) -> Comparison:
    """Compare every file of ``built`` with what ``place``, the root of a site, gives for it, and the other way round.

    Over HTTP nobody can ask what else there is; in a folder what was not built is found.
    """
    found = Comparison()
    wanted = list(FolderPlace(built).listing())
    for start in range(0, len(wanted), _AT_ONCE):
        paths = {_address(place, path): path for path in wanted[start : start + _AT_ONCE]}
        for address, data in place.fetch_all(paths).items():
            path = paths[address]
            found.files += 1
            if data is Absent.UNREACHABLE:
                found.unreachable.append(path)
            elif data is Absent.MISSING:
                if path not in _HOSTS and not path.startswith("."):
                    found.missing.append(path)
            elif data != (built / path).read_bytes():
                found.differs.append(path)
    listed = place.listing()
    for path in sorted(set(listed or ()) - set(wanted)):
        (found.signed if path.startswith(_SIGNED) else found.unknown).append(path)
    return found


def _address(place: Place, path: str) -> str:
    """Return where a page is asked for: hosts send its folder's address, and some know no other."""
    return path if isinstance(place, FolderPlace) else path.removesuffix("index.html")
