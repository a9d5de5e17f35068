import pytest

from ledger.core.errors import ProofError
from ledger.core.merkle import (
    EMPTY_ROOT,
    Frontier,
    check_consistency,
    check_inclusion,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root,
    root_from_inclusion,
)

LEAVES = [leaf_hash(b"entry %d" % i) for i in range(70)]


def plain_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return node_hash(plain_root(leaves[:k]), plain_root(leaves[k:]))


def test_published_hashes() -> None:
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_root_is_that_of_rfc_6962_and_of_a_growing_tree() -> None:
    frontier = Frontier()
    for size in range(len(LEAVES)):
        assert root(LEAVES[:size]) == frontier.root() == plain_root(LEAVES[:size])
        assert frontier.size == size
        frontier.append(LEAVES[size])


def test_a_frontier_is_put_away_and_taken_up() -> None:
    for size in range(40):
        frontier = Frontier()
        for leaf in LEAVES[:size]:
            frontier.append(leaf)
        again = Frontier(frontier.size, frontier.hashes)
        again.append(LEAVES[size])
        assert again.root() == root(LEAVES[: size + 1])
    with pytest.raises(ProofError, match="one hash for each one bit"):
        Frontier(3, LEAVES[:1])


def test_every_leaf_of_every_tree_is_proved_and_every_flipped_hash_is_refused() -> None:
    for size in range(1, 40):
        top = root(LEAVES[:size])
        for index in range(size):
            path = prove_inclusion(index, LEAVES[:size])
            check_inclusion(LEAVES[index], index, size, path, top)
            for i in range(len(path)):
                broken = [*path[:i], bytes([path[i][0] ^ 1]) + path[i][1:], *path[i + 1 :]]
                with pytest.raises(ProofError, match="does not lead to the root"):
                    check_inclusion(LEAVES[index], index, size, broken, top)
            for broken in ([*path, LEAVES[0]], path[1:]):
                if len(broken) != len(path):
                    with pytest.raises(ProofError, match="hashes instead of"):
                        check_inclusion(LEAVES[index], index, size, broken, top)


def test_every_older_tree_is_proved_and_every_flipped_hash_is_refused() -> None:
    for size in range(24):
        top = root(LEAVES[:size])
        for old in range(size + 1):
            old_top, path = root(LEAVES[:old]), prove_consistency(old, LEAVES[:size])
            check_consistency(old, old_top, size, top, path)
            for i in range(len(path)):
                broken = [*path[:i], bytes([path[i][0] ^ 1]) + path[i][1:], *path[i + 1 :]]
                with pytest.raises(ProofError, match="does not lead to both roots"):
                    check_consistency(old, old_top, size, top, broken)
            with pytest.raises(ProofError, match="hashes instead of"):
                check_consistency(old, old_top, size, top, [*path, LEAVES[0]])
            if size:
                with pytest.raises(ProofError):
                    check_consistency(old, LEAVES[69], size, top, path)
            if old:
                with pytest.raises(ProofError):
                    check_consistency(old, old_top, size, LEAVES[69], path)


def test_one_rewritten_entry_breaks_consistency_for_every_older_tree() -> None:
    for size in range(2, 20):
        for place in range(size - 1):
            rewritten = [*LEAVES[:place], LEAVES[60], *LEAVES[place + 1 : size]]
            for old in range(place + 1, size):
                with pytest.raises(ProofError):
                    check_consistency(old, root(LEAVES[:old]), size, root(rewritten), prove_consistency(old, rewritten))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 5), (5, 5), (0, -1), (2**53, 2**53)])
def test_an_index_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ProofError, match="not within the tree"):
        inclusion_ranges(index, size)


@pytest.mark.parametrize(("old", "size"), [(1, 0), (-1, 5), (6, 5), (0, -1)])
def test_a_tree_is_not_the_beginning_of_a_smaller_one(old: int, size: int) -> None:
    with pytest.raises(ProofError, match="older size"):
        consistency_ranges(old, size)


def test_large_trees_cost_only_their_depth() -> None:
    size = 100_000_000
    assert len(inclusion_ranges(size // 3, size)) == 27
    assert len(consistency_ranges(size // 3, size)) <= 28
    path = [LEAVES[0]] * 27
    assert len(root_from_inclusion(LEAVES[1], size // 3, size, path)) == 32


def test_hashes_are_32_bytes() -> None:
    with pytest.raises(ProofError, match="not 32 bytes"):
        check_inclusion(b"", 0, 1, [], b"")
    with pytest.raises(ProofError, match="not 32 bytes"):
        check_inclusion(LEAVES[0], 0, 2, [b""], LEAVES[0])
    with pytest.raises(ProofError, match="not 32 bytes"):
        check_consistency(1, LEAVES[0], 2, LEAVES[1], [b"x"])
    with pytest.raises(ProofError, match="not 32 bytes"):
        check_consistency(0, EMPTY_ROOT, 2, b"x", [])


def test_an_empty_tree_has_one_root() -> None:
    check_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, [])
    check_consistency(0, EMPTY_ROOT, 1, LEAVES[0], [])
    for old_root, size, top in ((LEAVES[0], 0, EMPTY_ROOT), (EMPTY_ROOT, 0, LEAVES[0]), (LEAVES[0], 1, LEAVES[0])):
        with pytest.raises(ProofError, match="empty root"):
            check_consistency(0, old_root, size, top, [])
