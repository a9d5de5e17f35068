"""The right edge of a tlog-tiles tree: takes leaf hashes one by one, gives out each tile as it fills.

Rows of at most 255 hashes, one a level, are all that is kept, so a tree of any size is written or replayed in constant
memory. Row l holds the hashes of the complete subtrees of 256^l leaves that no full tile covers yet.
"""

from collections.abc import Iterable

from ledger.core.errors import FormatError
from ledger.core.merkle import EMPTY_ROOT, root
from ledger.core.tiles import tile_path

__all__ = ["TileStack"]


class TileStack:
    """The open tiles of a growing tree; `size` counts its leaves."""

    def __init__(self, size: int = 0, rows: Iterable[Iterable[bytes]] = ((),)) -> None:
        """Start with the empty tree, or go on from the `rows` of a tree of `size`. Raises FormatError."""
        self.size = size
        self._rows = [list(row) for row in rows]
        widths = [size >> 8 * level & 255 for level in range(len(self._rows))]
        if [len(row) for row in self._rows] != widths or size >> 8 * len(widths):
            raise FormatError("tree", f"its rows are not those of {size} leaves")

    @property
    def rows(self) -> list[list[bytes]]:
        """The hashes that no full tile covers yet, those of the leaves first."""
        return [list(row) for row in self._rows]

    def append(self, leaf: bytes) -> list[tuple[str, bytes]]:
        """Take one leaf hash; return the full tiles (path, bytes) that it completes, none as a rule."""
        row = self._rows[0]
        row.append(leaf)
        self.size += 1
        if len(row) < 256:
            return []
        return self._complete()

    def _complete(self) -> list[tuple[str, bytes]]:
        tiles, level, count = [], 0, self.size
        while len(self._rows[level]) == 256:
            row = self._rows[level]
            count //= 256
            tiles.append((tile_path(level, count - 1), b"".join(row)))
            if level + 1 == len(self._rows):
                self._rows.append([])
            self._rows[level + 1].append(root(row))
            self._rows[level] = []
            level += 1
        return tiles

    def partial_tiles(self) -> dict[str, bytes]:
        """Return the partial tiles (path -> bytes) of a tree of the present size."""
        tiles, count = {}, self.size
        for level, row in enumerate(self._rows):
            if row:
                tiles[tile_path(level, count // 256, len(row))] = b"".join(row)
            count //= 256
        return tiles

    def next_path(self) -> list[bytes]:
        """Return the inclusion path that the next leaf will have as the last leaf of the tree: the perfect subtrees
        to its left, smallest first.
        """
        path = []
        for row in self._rows:
            end = len(row)
            for bit in range(8):
                if end >> bit & 1:
                    path.append(root(row[end - (1 << bit) : end]))
                    end -= 1 << bit
        return path

    def root(self) -> bytes:
        """Return the RFC 6962 root of the leaves taken so far."""
        rest: list[bytes] = []
        for row in self._rows:
            if row or rest:
                rest = [root([*row, *rest])]
        return rest[0] if rest else EMPTY_ROOT
