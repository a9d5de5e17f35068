"""Succession: a ledger that follows another one, after an accident that nothing could be gone on from.

The first record of the new ledger names the old one: its origin, log key, and the checkpoint behind which it follows.
The old ledger stays published as it is, for the numbers in it; the new one issues none of them again.
"""

from dataclasses import dataclass
from typing import cast

from ledger.app.places import Place
from ledger.core.audit import Audit
from ledger.core.canonical import Value
from ledger.core.checkpoint import Checkpoint
from ledger.core.encoding import parse_base64
from ledger.core.entry import parse_entry
from ledger.core.note import VerifierKey, parse_vkey
from ledger.core.record import Body
from ledger.core.tiles import entries_path, parse_bundle

__all__ = ["Predecessor", "predecessor_in", "predecessor_of"]


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The ledger that another one follows: the checkpoint behind which it does, and the key that signed it."""

    checkpoint: Checkpoint
    log: VerifierKey


def predecessor_in(opening: Body) -> Predecessor | None:
    """Return what the body of a `ledger.open` record says of a predecessor, None if it names none."""
    said = cast("dict[str, Value] | None", opening.get("predecessor"))
    if said is None:
        return None
    root = parse_base64(cast("str", said["root"]), "root", 32)
    checkpoint = Checkpoint(cast("str", said["origin"]), cast("int", said["size"]), root)
    return Predecessor(checkpoint, parse_vkey(cast("str", said["log_key"])))


def predecessor_of(place: Place, audit: Audit) -> Predecessor | None:
    """Return the predecessor that the ledger at `place` names; its `audit` has read the first bundle before."""
    width = min(256, audit.entries)
    data = place.fetch(entries_path(0, width)) if width else None
    return predecessor_in(parse_entry(parse_bundle(data, width)[0]).record.body) if isinstance(data, bytes) else None
