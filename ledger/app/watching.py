"""Watching: one look at a live ledger, held against everything that was seen of it before.

    state/trust.json              the keys, pinned at the first look or given
    state/checkpoints/<size>      every checkpoint that was accepted, as it was published
    state/evidence/<time>-<kind>  a checkpoint that speaks against the operator, with the one it contradicts

1. The head is read and opened under the pinned keys.
2. It continues the newest checkpoint kept: else `forked` or `rolled_back`.
3. It is fresh: else `stale`.
4. Where it has grown, the whole ledger is audited: else `broken`.
5. Only then is its checkpoint kept. Killed anywhere, the next look begins where this one did.

An outage is `unreachable` and a publication under way is `updating`: neither is an alarm, and neither is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ledger.app.auditing import audit_place
from ledger.app.continuity import continuity
from ledger.app.places import Place
from ledger.core.audit import Audit
from ledger.core.auditing import Progress
from ledger.core.checklist import Absent
from ledger.core.encoding import format_time
from ledger.core.errors import LedgerError
from ledger.core.index import open_head
from ledger.core.profile import Profile
from ledger.core.trust import Trust
from ledger.crypto.pynacl_verify import verify
from ledger.publish.durable import write_atomic

__all__ = ["ALARMS", "Kind", "Look", "look", "newest_kept"]

Kind = Literal[
    "first", "same", "grown", "unreachable", "updating", "forked", "rolled_back", "stale", "broken", "malformed"
]
ALARMS: frozenset[Kind] = frozenset(("forked", "rolled_back", "stale", "broken", "malformed"))


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found: the kind, the ledger's size and time where it could be read, the audit if there was one."""

    kind: Kind
    size: int = 0
    time: str = ""
    audit: Audit | None = None
    problem: str = ""


def look(
    place: Place,
    trust: Trust,
    profiles: Mapping[str, Profile],
    state: Path,
    *,
    now: int,
    jobs: int = 1,
    progress: Progress = lambda *_: None,
) -> Look:
    """Look at `place` once, at `now` (unix seconds), with what `state` remembers; keep what was found sound."""
    data = place.fetch("head")
    if isinstance(data, Absent):
        return Look("unreachable", problem="head")
    try:
        head, checkpoint = open_head(data, trust.log, verify)
    except LedgerError as error:
        _evidence(state, now, "malformed", data)
        return Look("malformed", problem=str(error))
    seen = newest_kept(state)
    relation = continuity(place, trust, seen, checkpoint)
    if relation == "unreachable":
        return Look("unreachable", checkpoint.size, head.entry.time, problem="tile/")
    if relation in ("forked", "older_than_seen"):
        kind: Kind = "forked" if relation == "forked" else "rolled_back"
        _evidence(state, now, kind, head.proof.note)
        return Look(kind, checkpoint.size, head.entry.time)
    if now - head.entry.unix > trust.max_age:
        return Look("stale", checkpoint.size, head.entry.time)
    if relation == "same":
        return Look("same", checkpoint.size, head.entry.time)
    audit = audit_place(place, trust, profiles, jobs=jobs, progress=progress)
    if audit.verdict == "not_checked":
        return Look("unreachable" if audit.unreachable else "updating", checkpoint.size, head.entry.time, audit)
    if audit.verdict == "not_verified" or audit.checkpoint != checkpoint:
        _evidence(state, now, "broken", head.proof.note)
        return Look("broken", checkpoint.size, head.entry.time, audit)
    _write(state / "checkpoints" / str(checkpoint.size), head.proof.note)
    return Look("first" if seen is None else "grown", checkpoint.size, head.entry.time, audit)


def newest_kept(state: Path) -> bytes | None:
    """Return the newest checkpoint note that was kept, None before the first."""
    kept = [file for file in (state / "checkpoints").glob("*") if file.name.isdecimal()]
    return max(kept, key=lambda file: int(file.name)).read_bytes() if kept else None


def _evidence(state: Path, now: int, kind: str, data: bytes) -> None:
    """Keep what speaks against the operator; the checkpoint it contradicts is among those that are kept anyway."""
    _write(state / "evidence" / f"{format_time(now).replace(':', '')}-{kind}", data)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, data)
