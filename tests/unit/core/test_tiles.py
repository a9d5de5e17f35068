import random

import pytest

from ledger.core.errors import FormatError, ProofError
from ledger.core.merkle import leaf_hash, prove_consistency, prove_inclusion, root
from ledger.core.tiles import (
    MAX_ENTRY,
    WIDTH,
    consistency_from_tiles,
    consistency_tiles,
    entries_path,
    format_bundle,
    inclusion_from_tiles,
    inclusion_tiles,
    parse_bundle,
    parse_tile,
    parse_tile_path,
    tile_path,
    tiles_of,
)

LEAVES = [leaf_hash(b"entry %d" % i) for i in range(70_000)]


def make_tiles(size: int, prefix: str = "") -> dict[str, bytes]:
    """All tiles of the first `size` leaves, as the specification defines them."""
    levels = [LEAVES[:size]]
    while len(levels[-1]) >= WIDTH:
        below = levels[-1]
        levels.append([root(below[i : i + WIDTH]) for i in range(0, len(below) - WIDTH + 1, WIDTH)])
    return {
        prefix + tile_path(level, number, width): b"".join(levels[level][number * WIDTH : number * WIDTH + width])
        for level, number, width in tiles_of(size)
    }


def test_the_example_of_the_specification() -> None:
    tiles = tiles_of(70_000)
    assert len(tiles) == 273 + 1 + 1 + 1 + 1
    assert [tile for tile in tiles if tile[2] < WIDTH] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert tiles_of(256) == [(0, 0, 256), (1, 0, 1)]
    assert tiles_of(1) == [(0, 0, 1)]
    assert tiles_of(0) == []


@pytest.mark.parametrize("size", [1, 2, 3, 5, 255, 256, 257, 300, 511, 512, 513, 1000, 65_536, 65_537, 70_000])
def test_proofs_from_tiles_are_the_proofs_from_leaves(size: int) -> None:
    chance = random.Random(size)
    leaves, tiles = LEAVES[:size], make_tiles(size, "index/17/")
    for index in {0, size - 1, *chance.sample(range(size), min(size, 3))}:
        needed = inclusion_tiles(index, size, "index/17/")
        assert needed == sorted(set(needed))
        assert len(needed) <= 2 * 3
        given = {path: tiles[path] for path in needed}
        assert inclusion_from_tiles(index, size, given, "index/17/") == prove_inclusion(index, leaves)
    for old in {0, 1, size, *chance.sample(range(size), min(size, 3))}:
        given = {path: tiles[path] for path in consistency_tiles(old, size, "index/17/")}
        assert consistency_from_tiles(old, size, given, "index/17/") == prove_consistency(old, leaves)


def test_a_missing_tile_is_named() -> None:
    with pytest.raises(ProofError, match=r"the tile index/1/tile/0/000\.p/3 is not given"):
        inclusion_from_tiles(0, 3, {"tile/0/000.p/3": bytes(96)}, "index/1/")
    with pytest.raises(ProofError, match=r"tile/0/000\.p/3 is not given"):
        consistency_from_tiles(1, 3, {})


@pytest.mark.parametrize("data", [b"", bytes(95), bytes(97), bytes(96 + 32)])
def test_a_tile_has_exactly_its_width(data: bytes) -> None:
    with pytest.raises(FormatError, match="hash tile"):
        inclusion_from_tiles(0, 3, {"tile/0/000.p/3": data})
    assert parse_tile(bytes(96), 3) == [bytes(32)] * 3


def test_only_sizes_and_indexes_that_exist() -> None:
    for index, size in ((3, 3), (-1, 3), (0, 0)):
        with pytest.raises(ProofError):
            inclusion_tiles(index, size)
    with pytest.raises(ProofError):
        consistency_tiles(4, 3)


def test_a_reader_of_a_huge_log_needs_few_tiles() -> None:
    size = 100_000_000
    assert (
        inclusion_tiles(0, size)
        == [
            "tile/0/000",
            "tile/1/000",
            "tile/2/000",
            "tile/2/005.p/245",
            "tile/3/000.p/5",
        ]
        or len(inclusion_tiles(0, size)) <= 8
    )
    assert all(len(inclusion_tiles(index, size)) <= 8 for index in (0, 12_345_678, size - 1))
    assert sum(len(consistency_tiles(old, size)) for old in (1, 99_999_999)) <= 16


@pytest.mark.parametrize(
    ("level", "number", "width", "path"),
    [(0, 0, 256, "tile/0/000"), (0, 1234067, 256, "tile/0/x001/x234/067"), (63, 5, 255, "tile/63/005.p/255")],
)
def test_paths_of_tiles(level: int, number: int, width: int, path: str) -> None:
    assert tile_path(level, number, width) == path
    assert parse_tile_path(path) == (level, number, width)


def test_paths_of_bundles() -> None:
    assert entries_path(0) == "tile/entries/000"
    assert entries_path(1000, 1) == "tile/entries/x001/000.p/1"
    assert parse_tile_path("tile/entries/x001/000.p/1") == ("entries", 1000, 1)


@pytest.mark.parametrize(
    ("level", "number", "width"), [(-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257), (0, 2**53, 1)]
)
def test_paths_that_could_not_be_read_back_are_not_written(level: int, number: int, width: int) -> None:
    with pytest.raises(FormatError):
        tile_path(level, number, width)


@pytest.mark.parametrize(("number", "width"), [(-1, 1), (0, 0), (0, 257)])
def test_bundle_paths_that_could_not_be_read_back_are_not_written(number: int, width: int) -> None:
    with pytest.raises(FormatError):
        entries_path(number, width)


@pytest.mark.parametrize(
    "path",
    [
        *("", "tile/", "tile/0", "0/000", "tile//000", "tile/00/000", "tile/64/000", "tile/-1/000"),
        *("tile/0/1", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/", "tile/0/000.p/01", "tile/entries/x000"),
    ],
)
def test_what_names_no_tile_is_refused(path: str) -> None:
    with pytest.raises(FormatError):
        parse_tile_path(path)


def test_bundles_round_trip() -> None:
    for entries in ([b""], [b"one", b"", b"three"], [b"x" * MAX_ENTRY], [b"y"] * WIDTH):
        assert parse_bundle(format_bundle(entries), len(entries)) == entries


@pytest.mark.parametrize("entries", [[], [b"x"] * (WIDTH + 1), [b"x" * (MAX_ENTRY + 1)]])
def test_bundles_that_could_not_be_read_back_are_not_written(entries: list[bytes]) -> None:
    with pytest.raises(FormatError, match="entry bundle"):
        format_bundle(entries)


def test_every_cut_of_a_bundle_is_refused_with_its_place() -> None:
    data = format_bundle([b"one", b"two"])
    for end in range(len(data)):
        with pytest.raises(FormatError, match="cut off") as caught:
            parse_bundle(data[:end], 2)
        assert caught.value.offset == (0 if end < 5 else 5)
    with pytest.raises(FormatError, match="more than 2 entries"):
        parse_bundle(data + b"\0", 2)
