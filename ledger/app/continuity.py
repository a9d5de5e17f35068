"""Continuity: whether an audited ledger continues the one that was seen here before. The auditor's V6.

The audit has recomputed every tile, so the proof is made from the place's own tiles and still proves something: the
remembered checkpoint is ours. The words are the reason codes of V6.
"""

from ledger.app.places import Place
from ledger.core.checklist import Absent
from ledger.core.checkpoint import Checkpoint
from ledger.core.custody import open_own
from ledger.core.errors import FormatError, LedgerError, ProofError
from ledger.core.merkle import check_consistency
from ledger.core.tiles import consistency_from_tiles, consistency_tiles
from ledger.core.trust import Trust
from ledger.crypto.pynacl_verify import verify

__all__ = ["continuity"]


def continuity(place: Place, trust: Trust, seen: bytes | None, now: Checkpoint) -> str:
    """Return first_visit, same, grown, forked, older_than_seen or unreachable for the ledger at `place`.

    `seen` is the checkpoint note remembered from last time, `now` the checkpoint that the audit has confirmed.
    """
    old = _opened(trust, seen)
    if old is None:
        return "first_visit"
    if old.size == now.size:
        return "same" if old.root == now.root else "forked"
    small, large = sorted((old, now), key=lambda checkpoint: checkpoint.size)
    tiles: dict[str, bytes] = {}
    for path, data in place.fetch_all(consistency_tiles(small.size, large.size)).items():
        if isinstance(data, Absent):
            # Tiles of a larger tree than the place has are not there: it shows an older ledger.
            return "older_than_seen" if old.size > now.size else "unreachable"
        tiles[path] = data
    try:
        proof = consistency_from_tiles(small.size, large.size, tiles)
        check_consistency(small.size, small.root, large.size, large.root, proof)
    except FormatError:
        return "unreachable"
    except ProofError:
        return "forked"
    return "grown" if old.size < now.size else "older_than_seen"


def _opened(trust: Trust, seen: bytes | None) -> Checkpoint | None:
    """Return the remembered checkpoint; None without one, or where it is of another key."""
    if seen is None:
        return None
    try:
        return open_own(seen, trust, verify)
    except LedgerError:
        return None
