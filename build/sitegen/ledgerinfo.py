"""What the pages say about the ledger itself, read from its public folder."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ledger.core.encoding import format_hex
from ledger.core.entry import parse_entry
from ledger.core.errors import LedgerError
from ledger.core.note import format_vkey
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
    return LedgerInfo(trust.origin, operator, key, data.decode(), trust.profiles)
