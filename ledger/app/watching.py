"""Watching: one look at a live ledger, held against everything that was seen of it before.

    state/trust.json              the keys, pinned at the first look or given
    state/checkpoints/<size>      every checkpoint that was accepted, as it was published
    state/audit                   what the last audit kept, so that the next one reads only what is new
    state/evidence/<time>-<kind>  a checkpoint that speaks against the operator, with the one it contradicts

1. The head is read and opened under the pinned keys.
2. It continues the newest checkpoint kept: else `forked` or `rolled_back`.
3. It is fresh: else `stale`.
4. Where it has grown, it is audited: else `broken`. What is new is read, and all of it again where the last look that
   did so is `whole_after` old, or where nothing fitting was kept.
5. Only then is its checkpoint kept. Killed anywhere, the next look begins where this one did.

An outage is `unreachable` and a publication under way is `updating`: neither is an alarm, and neither is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ledger.app.auditing import AuditedOn, audit_on
from ledger.app.continuity import continuity
from ledger.app.keeping import WHOLE_AFTER, read_kept
from ledger.app.places import Place
from ledger.core.audit import Audit
from ledger.core.auditing import Progress
from ledger.core.checklist import Absent
from ledger.core.encoding import format_time
from ledger.core.errors import LedgerError, RuleError
from ledger.core.index import open_head
from ledger.core.keptaudit import KeptAudit, format_kept
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
    whole_after: int = WHOLE_AFTER,
    jobs: int = 1,
    progress: Progress = lambda *_: None,
) -> Look:
    """Look at `place` once, at `now` (unix seconds), with what `state` remembers; keep what was found sound.

    `whole_after`: how many seconds after a whole audit the next one is due.
    """
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
    done = _audit(place, trust, profiles, read_kept(state / "audit", now - whole_after), jobs=jobs, progress=progress)
    audit = done.audit
    if audit.verdict == "not_checked":
        return Look("unreachable" if audit.unreachable else "updating", checkpoint.size, head.entry.time, audit)
    if audit.verdict == "not_verified" or audit.checkpoint != checkpoint:
        _evidence(state, now, "broken", head.proof.note)
        return Look("broken", checkpoint.size, head.entry.time, audit)
    if done.kept is not None:
        _write(state / "audit", format_kept(done.kept))
    _write(state / "checkpoints" / str(checkpoint.size), head.proof.note)
    return Look("first" if seen is None else "grown", checkpoint.size, head.entry.time, audit)


def newest_kept(state: Path) -> bytes | None:
    """Return the newest checkpoint note that was kept, None before the first."""
    kept = [file for file in (state / "checkpoints").glob("*") if file.name.isdecimal()]
    return max(kept, key=lambda file: int(file.name)).read_bytes() if kept else None


def _audit(
    place: Place,
    trust: Trust,
    profiles: Mapping[str, Profile],
    kept: KeptAudit | None,
    *,
    jobs: int,
    progress: Progress,
) -> AuditedOn:
    try:
        return audit_on(place, trust, profiles, kept, jobs=jobs, progress=progress)
    except RuleError:  # kept under another trust, or by another version of this program
        return audit_on(place, trust, profiles, jobs=jobs, progress=progress)


def _evidence(state: Path, now: int, kind: str, data: bytes) -> None:
    """Keep what speaks against the operator; the checkpoint it contradicts is among those that are kept anyway."""
    _write(state / "evidence" / f"{format_time(now).replace(':', '')}-{kind}", data)


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, data)
