"""The right edge of a tree: tiles, root and next path are those of the naive tree, at every size."""

import pytest

from ledger.core.merkle import EMPTY_ROOT, check_inclusion, leaf_hash, prove_inclusion, root
from ledger.core.tilestack import TileStack
from tests.simulator import tree_files

LEAVES = [leaf_hash(b"%d" % n) for n in range(65_800)]
SIZES = [*range(20), *range(20, 600, 29), 255, 256, 257, 511, 512, 513, 600]


def grow(size: int) -> tuple[TileStack, dict[str, bytes]]:
    stack = TileStack()
    full: dict[str, bytes] = {}
    for leaf in LEAVES[:size]:
        for path, data in stack.append(leaf):
            assert path not in full
            full[path] = data
    return stack, full


@pytest.mark.parametrize("size", sorted(set(SIZES)))
def test_it_is_the_naive_tree(size: int) -> None:
    stack, full = grow(size)
    leaves = LEAVES[:size]
    assert stack.size == size
    assert stack.root() == (root(leaves) if leaves else EMPTY_ROOT)
    assert {**full, **stack.partial_tiles()} == tree_files(leaves)
    assert not full.keys() & stack.partial_tiles().keys()


@pytest.mark.parametrize("size", sorted(set(SIZES)))
def test_the_next_leaf_has_the_path_that_was_said(size: int) -> None:
    path = grow(size)[0].next_path()
    after = LEAVES[: size + 1]
    assert path == prove_inclusion(size, after)
    check_inclusion(after[-1], size, size + 1, path, root(after))


@pytest.mark.parametrize("size", [65_535, 65_536, 65_537, 65_800])
def test_three_levels(size: int) -> None:
    stack, full = grow(size)
    assert stack.root() == root(LEAVES[:size])
    assert stack.next_path() == prove_inclusion(size, [*LEAVES, bytes(32)][: size + 1])
    assert ("tile/1/000" in full) == (size >= 65_536)
    assert stack.partial_tiles().get("tile/2/000.p/1") == (root(LEAVES[:65_536]) if size >= 65_536 else None)


def test_asking_changes_nothing() -> None:
    stack, _ = grow(300)
    before = (stack.root(), stack.partial_tiles(), stack.next_path())
    assert (stack.root(), stack.partial_tiles(), stack.next_path()) == before
