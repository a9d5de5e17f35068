r"""Draws 双随机: which organisation is inspected, and by whom, from a checkpoint made after the announcement.

`inspection.draw` names the pool: organisations, inspectors (labels) and how many organisations are drawn. The seed
is the root of the ledger at the first checkpoint after the one that holds the announcement, so anyone can draw again:

    seed         SHA-256("skill-ledger/draw/v1\n" + root)
    order of x   SHA-256(seed + kind + "/" + x), kind "org" or "inspector"; the smallest comes first

The first `draws` organisations in that order are drawn; the inspectors, in theirs, are dealt out in turn. The operator
makes both checkpoints, so one who would rather lose an hour than be inspected could make several and publish the best:
witnesses and the entry's time are what speaks against it.
"""

from collections.abc import Sequence

from ledger.core.digest import sha256

__all__ = ["draw"]

_DOMAIN = b"skill-ledger/draw/v1\n"


def draw(orgs: Sequence[str], inspectors: Sequence[str], draws: int, root: bytes) -> list[tuple[str, str]]:
    """Return the (organisation, inspector) pairs that `root`, 32 bytes, draws. There must be an inspector.

    >>> draw(["S000050000001", "S000050000002"], ["检查员甲"], 1, bytes(32))
    [('S000050000002', '检查员甲')]
    """
    seed = sha256(_DOMAIN + root)

    def ordered(kind: str, pool: Sequence[str]) -> list[str]:
        return sorted(pool, key=lambda one: sha256(seed + f"{kind}/{one}".encode()))

    dealt = ordered("inspector", inspectors)
    return [(org, dealt[turn % len(dealt)]) for turn, org in enumerate(ordered("org", orgs)[:draws])]
