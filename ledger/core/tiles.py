"""C2SP tlog-tiles, height 8: the tree in files of up to 256 hashes, the entries in files of up to 256.

    tile/<L>/<N>[.p/<W>]         W x 32 bytes; hash i is the root over 256^L leaves from (256 N + i) 256^L on
    tile/entries/<N>[.p/<W>]     bundle: W x (uint16 big-endian length, entry), entries 256 N to 256 N + W - 1
    L 0..63; N in three-digit groups (x001/x234/067); W 1..255, only for a tile that is not full

A tree of a given size has, at each level L, floor(size / 256^(L+1)) full tiles and, if hashes are left over,
one partial tile: a partial tile is never hashed into the level above. Example: size 70,000 has 273 full tiles
and one of width 112 at level 0, one full and one of width 17 at level 1, one of width 1 at level 2.

A reader who has tiles but no leaves asks `…_tiles` which files a proof needs, fetches them, and
`…_from_tiles` makes the proof; nothing in a tile is believed, because the proof is checked against a signed
root. The paths may stand under a prefix, such as "index/17/".

>>> tile_path(0, 1234067), tile_path(1, 0, 17), entries_path(5, 112)
('tile/0/x001/x234/067', 'tile/1/000.p/17', 'tile/entries/005.p/112')
>>> parse_tile_path("tile/entries/005.p/112")
('entries', 5, 112)
>>> inclusion_tiles(69_999, 70_000)
['tile/0/273.p/112', 'tile/1/001.p/17', 'tile/2/000.p/1']
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from ledger.core.encoding import format_tile_number, parse_decimal, parse_tile_number
from ledger.core.errors import FormatError, ProofError
from ledger.core.merkle import HASH_SIZE, consistency_ranges, inclusion_ranges, node_hash, root

__all__ = [
    "MAX_ENTRY",
    "WIDTH",
    "consistency_from_tiles",
    "consistency_tiles",
    "entries_path",
    "format_bundle",
    "inclusion_from_tiles",
    "inclusion_tiles",
    "parse_bundle",
    "parse_tile",
    "parse_tile_path",
    "tile_path",
    "tiles_of",
]

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_LEVEL = 63
MAX_ENTRY = 65_535


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """The path of a hash tile."""
    if not 0 <= level <= MAX_LEVEL:
        raise FormatError("tile path", "the level is not within 0..63")
    return f"tile/{level}/{_number(number, width)}"


def entries_path(number: int, width: int = WIDTH) -> str:
    """The path of an entry bundle."""
    return f"tile/entries/{_number(number, width)}"


def _number(number: int, width: int) -> str:
    if not 1 <= width <= WIDTH:
        raise FormatError("tile path", "the width is not within 1..256")
    return format_tile_number(number) + ("" if width == WIDTH else f".p/{width}")


def parse_tile_path(path: str) -> tuple[int | Literal["entries"], int, int]:
    """The (level or "entries", number, width) that `path` names."""
    head, slash, rest = path.removeprefix("tile/").partition("/")
    if not path.startswith("tile/") or not slash:
        raise FormatError("tile path", "not tile/level/number")
    level: int | Literal["entries"] = "entries" if head == "entries" else parse_decimal(head, "tile path")
    if level != "entries" and level > MAX_LEVEL:
        raise FormatError("tile path", "the level is not within 0..63")
    text, partial, wide = rest.partition(".p/")
    width = parse_decimal(wide, "tile path") if partial else WIDTH
    if partial and not 1 <= width < WIDTH:
        raise FormatError("tile path", "a partial width is not within 1..255")
    return level, parse_tile_number(text), width


def tiles_of(size: int) -> list[tuple[int, int, int]]:
    """All hash tiles (level, number, width) of a tree of `size`, level by level, the partial one last."""
    tiles = []
    level = 0
    while hashes := size >> HEIGHT * level:
        tiles += [(level, number, WIDTH) for number in range(hashes // WIDTH)]
        if hashes % WIDTH:
            tiles.append((level, hashes // WIDTH, hashes % WIDTH))
        level += 1
    return tiles


def format_bundle(entries: Iterable[bytes]) -> bytes:
    """The bundle of these entries, each at most 65,535 bytes; at most 256 of them."""
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY:
            raise FormatError("entry bundle", f"an entry of more than {MAX_ENTRY} bytes")
        parts += [len(entry).to_bytes(2, "big"), entry]
    if not 1 <= len(parts) // 2 <= WIDTH:
        raise FormatError("entry bundle", "not 1 to 256 entries")
    return b"".join(parts)


def parse_bundle(data: bytes, count: int) -> list[bytes]:
    """The `count` entries of a bundle, which holds nothing else."""
    entries = []
    start = 0
    for _ in range(count):
        end = start + 2 + int.from_bytes(data[start : start + 2], "big")
        if end > len(data):  # also when the length itself is cut
            raise FormatError("entry bundle", "cut off", start)
        entries.append(data[start + 2 : end])
        start = end
    if start != len(data):
        raise FormatError("entry bundle", f"more than {count} entries", start)
    return entries


def parse_tile(data: bytes, width: int) -> list[bytes]:
    """The `width` hashes of a tile, which holds nothing else."""
    if len(data) != width * HASH_SIZE:
        raise FormatError("hash tile", f"{len(data)} bytes instead of {width * HASH_SIZE}")
    return [data[i : i + HASH_SIZE] for i in range(0, len(data), HASH_SIZE)]


def inclusion_tiles(index: int, size: int, prefix: str = "") -> list[str]:
    """The paths that inclusion_from_tiles needs, each once, in order of path."""
    return _paths(inclusion_ranges(index, size), size, prefix)


def inclusion_from_tiles(index: int, size: int, tiles: Mapping[str, bytes], prefix: str = "") -> list[bytes]:
    """The inclusion proof of leaf `index` in the tree of `size`, made from tiles (path to bytes)."""
    return [_run_root(low, high, size, tiles, prefix) for low, high in inclusion_ranges(index, size)]


def consistency_tiles(old: int, size: int, prefix: str = "") -> list[str]:
    """The paths that consistency_from_tiles needs, each once, in order of path."""
    return _paths(consistency_ranges(old, size), size, prefix)


def consistency_from_tiles(old: int, size: int, tiles: Mapping[str, bytes], prefix: str = "") -> list[bytes]:
    """The proof that the tree of `size` begins with its first `old` leaves, from tiles (path to bytes)."""
    return [_run_root(low, high, size, tiles, prefix) for low, high in consistency_ranges(old, size)]


def _paths(runs: Sequence[tuple[int, int]], size: int, prefix: str) -> list[str]:
    return sorted({prefix + _locate(*full, size)[0] for run in runs for full in _full_subtrees(*run)})


def _run_root(low: int, high: int, size: int, tiles: Mapping[str, bytes], prefix: str) -> bytes:
    """The root over leaves [low, high), from the tiles that hold its full subtrees."""
    total = b""
    for height, number in reversed(list(_full_subtrees(low, high))):
        path, width, first, count = _locate(height, number, size)
        data = tiles.get(prefix + path)
        if data is None:
            raise ProofError(f"the tile {prefix}{path} is not given")
        full = root(parse_tile(data, width)[first : first + count])
        total = node_hash(full, total) if total else full
    return total


def _full_subtrees(low: int, high: int) -> Iterable[tuple[int, int]]:
    """The full subtrees (height, number), left to right, of the run [low, high) of a proof."""
    while low < high:
        height = (high - low).bit_length() - 1
        yield height, low >> height
        low += 1 << height


def _locate(height: int, number: int, size: int) -> tuple[str, int, int, int]:
    """The tile (path, width) that holds a full subtree, and which of its hashes (first, count) those are."""
    level, above = divmod(height, HEIGHT)
    first = number << above
    tile, offset = divmod(first, WIDTH)
    width = min(WIDTH, (size >> HEIGHT * level) - tile * WIDTH)
    return tile_path(level, tile, width), width, offset, 1 << above
