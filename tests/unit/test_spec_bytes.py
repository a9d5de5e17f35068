"""The examples on the specification pages of the byte layer are what the code makes."""

import re
from pathlib import Path

import pytest

from ledger.core.canonical import _UNSETTLED, format_canonical, parse_canonical
from ledger.core.checkpoint import open_checkpoint
from ledger.core.ed25519 import _SMALL_ORDER
from ledger.core.ed25519_portable import verify
from ledger.core.merkle import check_inclusion, leaf_hash, prove_inclusion, root
from ledger.core.note import open_note, parse_vkey
from ledger.core.tiles import inclusion_tiles, tile_path, tiles_of
from ledger.core.tlogproof import format_proof, parse_proof
from tests.vectors.runner import read_vector

ROOT = Path(__file__).resolve().parent.parent.parent
SPEC = ROOT / "site" / "docs" / "spec"
PAGES = ["canonical", "checkpoint", "details", "ed25519", "merkle", "note", "proof", "tiles"]


def blocks(page: str) -> list[str]:
    """The fenced blocks of a page, in order, each with its last newline."""
    return re.findall(r"^```\w*\n(.*?)^```$", (SPEC / f"{page}.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_an_example_and_says_everything_twice(page: str) -> None:
    text = (SPEC / f"{page}.md").read_text("utf-8")
    assert re.match(r"# .+ / .+\n\n\*\*中文\*\* · \[English\]\(#english\)\n\n```", text)
    chinese, english = text.split("\n## English\n")
    assert "\n拒绝：" in chinese
    assert "\nRefused: " in english


def test_canonical() -> None:
    example = blocks("canonical")[0].encode().removesuffix(b"\n")
    assert format_canonical(parse_canonical(example)) == example
    listed = re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", blocks("canonical")[2])
    characters = {chr(c) for first, last in listed for c in range(int(first, 16), int(last or first, 16) + 1)}
    assert characters == {chr(c) for c in range(0x110000) if _UNSETTLED.match(chr(c))}


def test_ed25519() -> None:
    key, message, *signature = re.findall(r"(?<= )[0-9a-f]+$", blocks("ed25519")[0], re.MULTILINE)
    assert verify(bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex("".join(signature)))
    assert {bytes.fromhex(line) for line in blocks("ed25519")[1].splitlines()} == _SMALL_ORDER


def test_note_and_checkpoint() -> None:
    note, vkey = blocks("note")[:2]
    assert open_note(note.encode(), [parse_vkey(vkey.strip())], verify).text == "This is an example message.\n"
    note, vkey = blocks("checkpoint")[:2]
    assert open_checkpoint(note.encode(), parse_vkey(vkey.strip()), verify).size == 3


def test_merkle() -> None:
    leaves = [leaf_hash(entry) for entry in (b"one", b"two", b"three")]
    example = blocks("merkle")[0]
    assert f"leaf 0       {leaves[0].hex()}\n" in example
    assert f"root(3)      {root(leaves).hex()}\n" in example
    assert prove_inclusion(1, leaves) == [leaves[0], leaves[2]]


def test_tiles() -> None:
    example = blocks("tiles")[0]
    paths = [tile_path(*tile) for tile in tiles_of(70_000)]
    assert len(paths) == 273 + 1 + 1 + 1 + 1
    for path in (paths[0], *paths[272:]):
        assert path in example.split()
    assert example.rsplit(":", 1)[1].split() == inclusion_tiles(69_999, 70_000)


def test_proof() -> None:
    example = blocks("proof")[0].encode()
    headers, body = read_vector("tlogproof", (ROOT / "tests/vectors/tlogproof/good.txt").read_bytes())
    assert example == body
    proof = parse_proof(example)
    assert format_proof(proof) == example
    checkpoint = open_checkpoint(proof.note, parse_vkey(headers["vkey"]), verify)
    assert headers["vkey"] in blocks("checkpoint")[1]
    check_inclusion(leaf_hash(b"seven"), proof.index, checkpoint.size, proof.path, checkpoint.root)
