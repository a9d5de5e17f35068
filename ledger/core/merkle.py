"""RFC 6962 Merkle tree: hashes, roots, inclusion and consistency proofs.

    leaf   SHA-256(0x00 entry)
    node   SHA-256(0x01 left right)
    empty  SHA-256("")
    A tree of n > 1 leaves has the first k in its left half, k the largest power of two below n.

An inclusion proof is the hashes beside the way from a leaf to the root, the leaf's neighbour first. A
consistency proof (RFC 6962 section 2.1.2) shows that an older tree is the beginning of a newer one. Both are
lists of 32-byte hashes of exactly the length that index and sizes demand.

A proof hash is always the root of one run of leaves [a, b): `inclusion_ranges` and `consistency_ranges` name
the runs, so that a prover with leaves and a reader with tiles share one procedure.

>>> leaves = [leaf_hash(entry) for entry in (b"one", b"two", b"three")]
>>> root(leaves).hex()
'5aac771c899ac292e74bf1afe2e6e302f8b55883b2d1bf197b46a6bea6dabca9'
>>> path = prove_inclusion(1, leaves)
>>> path == [leaves[0], leaves[2]], inclusion_ranges(1, 3)
(True, [(0, 1), (2, 3)])
>>> check_inclusion(leaves[1], 1, 3, path, root(leaves))
"""

from collections.abc import Sequence
from hashlib import sha256

from ledger.core.errors import ProofError

__all__ = [
    "EMPTY_ROOT",
    "HASH_SIZE",
    "Frontier",
    "check_consistency",
    "check_inclusion",
    "consistency_ranges",
    "inclusion_ranges",
    "leaf_hash",
    "node_hash",
    "prove_consistency",
    "prove_inclusion",
    "root",
    "root_from_inclusion",
]

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry as a leaf."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two halves."""
    return sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over these leaf hashes; EMPTY_ROOT for none."""
    if not leaf_hashes:
        return EMPTY_ROOT
    level = list(leaf_hashes)
    while len(level) > 1:
        pairs = len(level) // 2 * 2
        above = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, pairs, 2)]
        level = above + level[pairs:]  # an odd one out moves up unchanged
    return level[0]


class Frontier:
    """The right edge of a growing tree: enough to append and to know the root, in space log2(size).

    It can be put away as (size, hashes) and taken up again.
    """

    __slots__ = ("_hashes", "_size")

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count():
            raise ProofError("a frontier has one hash for each one bit of its size")
        self._size = size
        self._hashes = list(hashes)

    @property
    def size(self) -> int:
        """How many leaves there are."""
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The roots of the full subtrees, the largest first."""
        return tuple(self._hashes)

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf."""
        hashes, size = self._hashes, self._size
        self._size = size + 1
        while size & 1:
            leaf_hash = sha256(b"\x01" + hashes.pop() + leaf_hash).digest()
            size >>= 1
        hashes.append(leaf_hash)

    def root(self) -> bytes:
        """The root over all leaves so far."""
        return _join(self._hashes) if self._hashes else EMPTY_ROOT


def _join(hashes: Sequence[bytes]) -> bytes:
    """One hash over full subtrees of falling size."""
    *left, total = hashes
    for full in reversed(left):
        total = node_hash(full, total)
    return total


def _split(size: int) -> int:
    """The largest power of two below `size` > 1."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The runs of leaves whose roots prove leaf `index` in a tree of `size`, in the order of the proof."""
    if not 0 <= index < size:
        raise ProofError("the index is not within the tree")
    ranges = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return ranges[::-1]


def consistency_ranges(old: int, size: int) -> list[tuple[int, int]]:
    """The runs of leaves whose roots prove that a tree of `size` begins with its first `old` leaves.

    None for old = 0: the empty tree begins every tree, and nothing needs proof.
    """
    if not 0 <= old <= size:
        raise ProofError("the older size is not within 0..size")
    ranges = []
    low, high = 0, size if old else 0
    while high != old:
        middle = low + _split(high - low)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low:  # else the old tree is itself the run, and the checker knows its root
        ranges.append((low, high))
    return ranges[::-1]


def prove_inclusion(index: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """The inclusion proof of leaf `index` in the tree of these leaves."""
    return [root(leaf_hashes[a:b]) for a, b in inclusion_ranges(index, len(leaf_hashes))]


def prove_consistency(old: int, leaf_hashes: Sequence[bytes]) -> list[bytes]:
    """The proof that the tree of these leaves begins with its first `old` leaves."""
    return [root(leaf_hashes[a:b]) for a, b in consistency_ranges(old, len(leaf_hashes))]


def root_from_inclusion(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """The root that a tree of `size` has if `path` proves this leaf at `index`."""
    ranges = inclusion_ranges(index, size)
    _check_hashes([leaf_hash, *path])
    if len(path) != len(ranges):
        raise ProofError(f"{len(path)} hashes instead of {len(ranges)}")
    total = leaf_hash
    for (low, _), beside in zip(ranges, path, strict=True):
        total = node_hash(beside, total) if low < index else node_hash(total, beside)
    return total


def check_inclusion(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """ProofError unless `path` proves that the tree of `size` and `root` has this leaf at `index`."""
    if root_from_inclusion(leaf_hash, index, size, path) != root:
        raise ProofError("the inclusion proof does not lead to the root")


def check_consistency(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> None:
    """ProofError unless `path` proves that the tree (size, root) begins with the tree (old_size, old_root).

    The empty tree begins every tree: for old_size 0 the old root is EMPTY_ROOT and the path is empty.
    """
    ranges = consistency_ranges(old_size, size)
    _check_hashes(path)
    if len(path) != len(ranges):
        raise ProofError(f"{len(path)} hashes instead of {len(ranges)}")
    if old_size == 0:
        _check_hashes([root])
        if old_root != EMPTY_ROOT or (size == 0 and root != EMPTY_ROOT):
            raise ProofError("an empty tree has the empty root")
        return
    # The first run, if it ends where the older tree ends, is in both; else the older tree is the start.
    rest = list(zip(ranges, path, strict=True))
    old = new = rest.pop(0)[1] if ranges and ranges[0][1] == old_size else old_root
    for (low, _), beside in rest:
        if low < old_size:
            old, new = node_hash(beside, old), node_hash(beside, new)
        else:
            new = node_hash(new, beside)
    if old != old_root or new != root:
        raise ProofError("the consistency proof does not lead to both roots")


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(one) != HASH_SIZE for one in hashes):
        raise ProofError("a hash is not 32 bytes")
