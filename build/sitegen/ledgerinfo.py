"""What the pages say about the ledger, read and replayed from its public folder alone."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

from ledger.app.places import FolderPlace
from ledger.app.replayed import PublishedError, Replayed, replay_published
from ledger.app.succession import predecessor_in
from ledger.core.encoding import format_hex, format_time, local_date, parse_time
from ledger.core.entry import parse_entry
from ledger.core.errors import LedgerError
from ledger.core.note import format_vkey
from ledger.core.profile import Profile
from ledger.core.tiles import parse_bundle
from ledger.core.trust import parse_trust
from sitegen.errors import SiteError


@dataclass(frozen=True, slots=True)
class LedgerInfo:
    """``trust`` is trust.json as text, which the verifier pins; ``fingerprint`` is what is compared with print.

    ``profiles`` are the names of the rule sets that the ledger issues under.
    """

    origin: str
    operator: str
    fingerprint: str
    trust: str
    profiles: tuple[str, ...]
    predecessor: str = ""  # the origin of the ledger that this one follows


def fingerprint(vkey: str) -> str:
    """SHA-256 of the key's text form, the first 32 hex digits in groups of four."""
    digits = format_hex(hashlib.sha256(vkey.encode()).digest())[:32]
    return " ".join(digits[start : start + 4] for start in range(0, 32, 4))


def read_ledger(public: Path) -> LedgerInfo:
    """Raises SiteError when ``public`` is not a public ledger folder."""
    try:
        data = (public / "trust.json").read_bytes()
        trust = parse_trust(data)
        first = min((public / "tile" / "entries").glob("000*"), key=lambda path: path.name)
        path = first if first.is_file() else max(first.iterdir(), key=lambda part: int(part.name))
        width = 256 if first.is_file() else int(path.name)
        opening = parse_entry(parse_bundle(path.read_bytes(), width)[0]).record
    except (OSError, ValueError, LedgerError) as error:
        raise SiteError(f"{public} is not a public ledger folder: {error}") from error
    if opening.type != "ledger.open":
        raise SiteError(f"{public}: the first entry is {opening.type}, not ledger.open")
    operator, key = cast("str", opening.body["operator"]), fingerprint(format_vkey(trust.log))
    before = predecessor_in(opening.body)
    origin = before.checkpoint.origin if before is not None else ""
    return LedgerInfo(trust.origin, operator, key, data.decode(), trust.profiles, origin)


def replay_ledger(public: Path, profiles: Mapping[str, Profile]) -> Replayed:
    """The ledger replayed, every registrar's and organisation's signature on its own checked. Raises SiteError."""
    trust = parse_trust((public / "trust.json").read_bytes())
    try:
        return replay_published(FolderPlace(public), trust, profiles)
    except PublishedError as error:
        hint = "ledger verify tells all that is wrong"
        raise SiteError(f"the public ledger is not whole: {error}\nhint: {hint}") from error


def day_of(ledger: Replayed, day: date | None) -> date:
    """The day that pages are made for: the one given, but never before the ledger's newest entry in China."""
    newest = local_date(parse_time(ledger.as_of, "as_of"))
    return max(day, newest) if day is not None else newest


def china_time(moment: str) -> str:
    """2026-11-20T08:00:00Z -> 2026-11-20 16:00, as the lookup shows it."""
    unix = parse_time(moment, "moment")
    clock = format_time(unix + 8 * 3600)
    return f"{clock[:10]} {clock[11:16]}"
