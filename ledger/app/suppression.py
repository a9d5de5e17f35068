"""Suppression: small counts in published tables are hidden, and with them whatever would give them away.

Counts form a tree: a total, what it is the sum of (by organisation, by level ...), and what the parts are the sums of
(a year of its months). Every number of `Shown` is one of:

    an integer   the count
    SMALL        1 .. k-1, printed as "<5"
    WITHHELD     k or more, and not printed, because a small count could be subtracted from it
    DROPPED      not listed: nothing about it can be said without telling a small count

Promise: from all that is printed, sums included, every SMALL count could be any number from 1 to k-1. It is about sums
alone: the ledger is public, and whoever replays it counts for themselves.

    >>> suppress(Count(("all",), 47, ((Count(("a",), 3), Count(("b",), 14), Count(("c",), 30)),)))[("a",)]
    <Hidden.SMALL: 'small'>
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import cast

__all__ = ["THRESHOLD", "Count", "Hidden", "Shown", "suppress"]

THRESHOLD = 5  # a count below it is small


class Hidden(Enum):
    """Why a count is not printed."""

    SMALL = "small"
    WITHHELD = "withheld"
    DROPPED = "dropped"


Shown = int | Hidden


@dataclass(frozen=True, slots=True)
class Count:
    """A count of certificates under `key`, and the tables that break it down: each sums up to it."""

    key: tuple[str, ...]
    number: int
    tables: tuple[tuple["Count", ...], ...] = ()


@dataclass(slots=True, eq=False)
class _Node:
    """A count while it is decided what to print of it. `table` are the counts beside it, itself among them."""

    count: Count
    shown: Shown
    above: "_Node | None" = None
    table: list["_Node"] = field(default_factory=list)
    below: list[list["_Node"]] = field(default_factory=list)
    # What a reader can work out: the least and the largest number this can be.
    least: int = 0
    most: float = 0

    def nodes(self) -> Iterator["_Node"]:
        """Yield this node and all below it that are still listed."""
        yield self
        for table in self.below:
            for node in table:
                yield from node.nodes()


def suppress(total: Count, threshold: int = THRESHOLD) -> dict[tuple[str, ...], Shown]:
    """Return key -> what to print, for every count of the tree; the keys of a tree are distinct.

    Raises ValueError if a table does not sum up to what it breaks down, or a count is negative or a key there twice.
    """
    shown: dict[tuple[str, ...], Shown] = {}
    for key in _keys(total):
        if key in shown:
            raise ValueError(f"{key} is there twice")
        shown[key] = Hidden.DROPPED
    root = _tree(total, None, threshold)
    for node in root.nodes():
        if node.shown is Hidden.SMALL:  # its parts are small too, and their number alone would say how small it is
            node.below.clear()
    while (told := _told(root, threshold)) is not None:
        hiding = _to_hide(told)
        if hiding is not None:
            hiding.shown = Hidden.WITHHELD
        else:  # no number is left to hide: the number of rows tells too much
            above = cast("_Node", told.above)  # nothing tells a total of its own accord
            above.below = [table for table in above.below if table is not told.table]
    shown.update((node.count.key, node.shown) for node in root.nodes())
    return shown


def _keys(count: Count) -> Iterator[tuple[str, ...]]:
    """Yield the keys of a tree, each before those below it. Raises ValueError as `suppress`."""
    if count.number < 0:
        raise ValueError(f"{count.key} counts less than nothing")
    yield count.key
    for table in count.tables:
        if sum(part.number for part in table) != count.number:
            raise ValueError(f"a table of {count.key} does not sum up to it")
        for part in table:
            yield from _keys(part)


def _tree(count: Count, above: _Node | None, threshold: int) -> _Node:
    small = 0 < count.number < threshold
    node = _Node(count, Hidden.SMALL if small else count.number, above)
    for part in count.tables:
        table = [_tree(child, node, threshold) for child in part]
        for child in table:
            child.table = table
        node.below.append(table)
    return node


def _told(root: _Node, threshold: int) -> _Node | None:
    """Return a small count of which a reader can rule out some number; None if there is none."""
    _gather(root, threshold)
    _spread(root)
    full = 1, threshold - 1
    return next((n for n in root.nodes() if n.shown is Hidden.SMALL and (n.least, n.most) != full), None)


def _gather(node: _Node, threshold: int) -> None:
    """Set the bounds that a node's own print and what is below it give, from the leaves upwards."""
    match node.shown:
        case int() as number:
            node.least, node.most = number, number
        case Hidden.SMALL:
            node.least, node.most = 1, threshold - 1
        case _:
            node.least, node.most = threshold, float("inf")
    for table in node.below:
        for child in table:
            _gather(child, threshold)
        node.least = max(node.least, sum(child.least for child in table))
        node.most = min(node.most, sum(child.most for child in table))


def _spread(node: _Node) -> None:
    """Narrow the bounds below a node by its own, downwards. Sums of a tree need no second round to be exact."""
    for table in node.below:
        least, most = sum(child.least for child in table), sum(child.most for child in table)
        unbounded = sum(child.most == float("inf") for child in table)
        narrowed = []
        for child in table:
            others_most = float("inf") if unbounded > (child.most == float("inf")) else _less(most, child, table)
            low = max(child.least, node.least - others_most)
            narrowed.append((int(low), min(child.most, node.most - (least - child.least))))
        for child, (low, high) in zip(table, narrowed, strict=True):
            child.least, child.most = low, high
            _spread(child)


def _less(most: float, child: _Node, table: list[_Node]) -> float:
    """Return the largest sum of the others, all of them bounded."""
    if child.most == float("inf"):
        return sum(other.most for other in table if other is not child)
    return most - child.most


def _to_hide(node: _Node) -> _Node | None:
    """Return the printed count nearest to a node that is told: beside it, then above it, then further on.

    The smallest of them, so that the least is lost. A way leads through hidden counts only: a printed one says itself.
    """
    seen, waiting = {id(node)}, deque([(0, node)])
    found: list[tuple[int, bool, int, tuple[str, ...], _Node]] = []
    while waiting:
        steps, at = waiting.popleft()
        if found and steps >= found[0][0]:
            break
        for near, is_above in _neighbours(at):
            if id(near) not in seen:
                seen.add(id(near))
                if isinstance(near.shown, int):
                    if near.count.number:  # hiding a nought would call it five or more
                        found.append((steps + 1, is_above, near.count.number, near.count.key, near))
                else:
                    waiting.append((steps + 1, near))
    return min(found)[-1] if found else None


def _neighbours(node: _Node) -> Iterator[tuple[_Node, bool]]:
    """Yield the counts that share a sum with a node, and whether each is the sum itself."""
    for other in node.table:
        yield other, False
    if node.above is not None:
        yield node.above, True
    for table in node.below:
        for child in table:
            yield child, False
