"""Properties of the byte layer: what is written is read, what is read is written again, and nothing else is read."""

import json
import unicodedata
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from ledger.core.ed25519_portable import verify as portable
from ledger.core.encoding import (
    format_base64,
    format_base64url,
    format_decimal,
    format_tile_number,
    format_time,
    local_date,
    parse_base64,
    parse_base64url,
    parse_decimal,
    parse_tile_number,
    parse_time,
)
from ledger.core.errors import FormatError, ProofError
from ledger.core.merkle import (
    Frontier,
    check_consistency,
    check_inclusion,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root,
)
from ledger.core.note import NoteSignature, format_note, parse_note, parse_vkey
from ledger.core.tiles import format_bundle, parse_bundle, parse_tile_path
from ledger.core.tlogproof import TlogProof, format_proof, parse_proof
from ledger.crypto.pynacl_verify import verify as libsodium
from tests.vectors.runner import PortableSigner

strings = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda s: unicodedata.normalize("NFC", s))
keys = st.text(st.characters(max_codepoint=127), max_size=8)
scalars = st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | strings
values: st.SearchStrategy[Value] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5), max_leaves=20
)
hashes = st.binary(min_size=32, max_size=32)
numbers = st.integers(0, 2**53 - 1)
names = st.text(st.characters(min_codepoint=33, exclude_categories=["Cs", "Zs", "Zl", "Zp", "Cc"]), min_size=1).filter(
    lambda name: "+" not in name
)
# Bytes near a note: what a fuzzer would take long to find.
pieces = st.sampled_from(
    ["\n", "\n\n", "— ", "—", " ", "a", "AAAAAAAA", "AAAAAA==", "c2sp.org/tlog-proof@v1", "index 0", "0", "+"]
)


def near(*more: str) -> st.SearchStrategy[bytes]:
    return st.lists(pieces | st.sampled_from(more), max_size=14).map(lambda parts: "".join(parts).encode())


@given(values)
def test_canonical_values_round_trip_and_everybody_reads_them(value: Value) -> None:
    data = format_canonical(value)
    assert parse_canonical(data) == value
    assert json.loads(data) == value


@given(st.binary(max_size=40) | st.text(max_size=20).map(lambda s: s.encode("utf-8", "surrogatepass")))
@example(b'"\\ud800"')
def test_canonical_reads_nothing_that_it_does_not_write(data: bytes) -> None:
    try:
        value = parse_canonical(data)
    except FormatError:
        return
    assert format_canonical(value) == data


@given(values, st.data())
def test_canonical_refuses_every_other_spelling_of_a_value(value: Value, data: st.DataObject) -> None:
    """Any other serialisation of the same value: spaces, escapes, another order of keys."""
    spelled = json.dumps(
        value,
        ensure_ascii=data.draw(st.booleans()),
        indent=data.draw(st.sampled_from([None, 0, 1])),
        separators=data.draw(st.sampled_from([None, (",", ":"), (", ", ":")])),
    ).encode("utf-8", "surrogatepass")
    if spelled == format_canonical(value):
        assert parse_canonical(spelled) == value
    else:
        with pytest.raises(FormatError):
            parse_canonical(spelled)


anything = scalars | st.none() | st.floats() | st.text() | st.integers()
loose_values = st.recursive(
    anything, lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner), max_leaves=8
)


@given(loose_values)
def test_canonical_writes_or_refuses_and_never_fails_otherwise(value: object) -> None:
    try:
        data = format_canonical(value)  # type: ignore[arg-type]  # values outside the type are the point
    except FormatError:
        return
    assert parse_canonical(data) == value


def gives_back(given: object, again: Callable[[], object]) -> None:
    """Reading and writing again gives the same, or the reader refuses."""
    with suppress(FormatError):
        assert again() == given


@given(st.text(max_size=30))
def test_readers_of_small_values_accept_only_what_writers_make(text: str) -> None:
    gives_back(text, lambda: format_decimal(parse_decimal(text, "x")))
    gives_back(text, lambda: format_tile_number(parse_tile_number(text)))
    gives_back(text, lambda: format_time(parse_time(text, "x")))
    gives_back(text, lambda: format_base64(parse_base64(text, "x")))
    gives_back(text, lambda: format_base64url(parse_base64url(text, "x")))


@given(st.binary(max_size=80), numbers, st.integers(-62_135_596_800, 253_402_300_799 - 28_800))
def test_small_values_round_trip(data: bytes, number: int, unix: int) -> None:
    assert parse_base64(format_base64(data), "x") == data
    assert parse_base64url(format_base64url(data), "x", len(data)) == data
    assert parse_decimal(format_decimal(number), "x") == number
    assert parse_tile_number(format_tile_number(number)) == number
    assert parse_time(format_time(unix), "x") == unix
    assert local_date(unix).isoformat() == format_time(unix + 28_800)[:10]


@settings(deadline=None)  # signing in pure Python on a busy machine
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.binary(max_size=70))
def test_the_adapters_agree_on_good_signatures_and_on_noise(seed: bytes, message: bytes, noise: bytes) -> None:
    signer = PortableSigner("example.org/test", seed)
    good = signer.sign(message)
    for given_key, given_signature in (
        (signer.key.public, good),
        (signer.key.public, noise),
        (noise, good),
        (signer.key.public, good[: len(noise)] + noise[len(good) :]),
        (signer.key.public, noise[:32].ljust(32, b"\0") + good[32:]),
    ):
        assert portable(given_key, message, given_signature) == libsodium(given_key, message, given_signature)
    assert portable(signer.key.public, message, good)


@given(st.lists(hashes, min_size=1, max_size=70), st.data())
def test_proofs_of_a_tree_hold_and_those_of_another_do_not(leaves: list[bytes], data: st.DataObject) -> None:
    size, top = len(leaves), root(leaves)
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    assert frontier.root() == top
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    check_inclusion(leaves[index], index, size, prove_inclusion(index, leaves), top)
    check_consistency(old, root(leaves[:old]), size, top, prove_consistency(old, leaves))
    other, path = data.draw(hashes), prove_inclusion(index, leaves)
    for leaf, false_path in ((other, path), (leaves[index], [*path, other])):
        if (leaf, false_path) != (leaves[index], path):
            with pytest.raises(ProofError):
                check_inclusion(leaf, index, size, false_path, top)


@given(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.lists(st.tuples(names, st.binary(min_size=5)), min_size=1, max_size=5),
)
def test_notes_round_trip_or_are_refused(text: str, lines: list[tuple[str, bytes]]) -> None:
    signatures = tuple(NoteSignature(name, data[:4], data[4:]) for name, data in lines)
    try:
        data = format_note(text + "\n", signatures)
    except FormatError:
        assert any(ord(character) < 32 and character != "\n" for character in text)
        return
    note = parse_note(data)
    assert (note.text, note.signatures) == (text + "\n", signatures)


@given(near("example.org\n1\n", "Jg==", "\r", "\ufeff") | st.binary(max_size=60))
def test_readers_of_files_refuse_noise_or_give_it_back(data: bytes) -> None:
    gives_back(data, lambda: format_proof(parse_proof(data)))
    with suppress(FormatError):
        note = parse_note(data)
        assert format_note(note.text, note.signatures) == data
    text = data.decode("utf-8", "replace")
    for read in (parse_vkey, parse_checkpoint, parse_tile_path):
        with pytest.raises(FormatError):
            read(text)


@given(names, numbers.filter(bool), hashes)
def test_checkpoints_round_trip(origin: str, size: int, top: bytes) -> None:
    checkpoint = Checkpoint(origin, size, top)
    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@given(numbers, st.lists(hashes, max_size=63), st.none() | st.binary(min_size=1))
def test_proofs_round_trip(index: int, path: list[bytes], extra: bytes | None) -> None:
    note = format_note("text\n", [NoteSignature("x", bytes(4), bytes(64))])
    proof = TlogProof(index, tuple(path), note, extra)
    assert parse_proof(format_proof(proof)) == proof


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=20))
def test_bundles_round_trip(entries: list[bytes]) -> None:
    assert parse_bundle(format_bundle(entries), len(entries)) == entries


@given(st.binary(max_size=30), st.integers(0, 5))
def test_bundles_are_noise_or_given_back(data: bytes, count: int) -> None:
    try:
        entries = parse_bundle(data, count)
    except FormatError:
        return
    assert b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries) == data


@given(st.binary(), st.binary())
def test_leaf_hashes_separate_entries(one: bytes, other: bytes) -> None:
    assert (leaf_hash(one) == leaf_hash(other)) == (one == other)
