import re

import pytest

from ledger.core.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from ledger.core.errors import FormatError, LedgerError
from ledger.core.merkle import check_inclusion, leaf_hash, prove_inclusion, root
from ledger.core.tlogproof import MAX_PATH, TlogProof, format_proof, parse_proof
from ledger.crypto.pynacl_verify import verify
from tests.mangle import one_byte_changes, truncations
from tests.vectors.runner import TESTDATA_LEAVES, TESTDATA_SIGNER, parse_signer

SIGNER = parse_signer(TESTDATA_SIGNER)
LEAVES = [leaf_hash(entry) for entry in TESTDATA_LEAVES]
NOTE = sign_checkpoint(Checkpoint(SIGNER.key.name, 11, root(LEAVES[:11])), SIGNER)
PROOF = TlogProof(6, tuple(prove_inclusion(6, LEAVES[:11])), NOTE, b"seven")


def use(data: bytes) -> None:
    proof = parse_proof(data)
    checkpoint = open_checkpoint(proof.note, SIGNER.key, verify)
    check_inclusion(leaf_hash(proof.extra or b""), proof.index, checkpoint.size, proof.path, checkpoint.root)


def test_the_file_reads_as_the_specification_says() -> None:
    lines = format_proof(PROOF).decode().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra c2V2ZW4=", "index 6"]
    assert lines[7] == ""
    assert "\n".join(lines[8:]).encode() == NOTE


@pytest.mark.parametrize("index", range(11))
@pytest.mark.parametrize("extra", [None, b"\0", b"x" * 70_000])
def test_round_trip(index: int, extra: bytes | None) -> None:
    proof = TlogProof(index, tuple(prove_inclusion(index, LEAVES[:11])), NOTE, extra)
    assert parse_proof(format_proof(proof)) == proof


def test_every_damage_to_a_proof_is_refused() -> None:
    data = format_proof(PROOF)
    use(data)
    for mutant in {*truncations(data), *one_byte_changes(data)}:
        with pytest.raises(LedgerError):
            use(mutant)


@pytest.mark.parametrize(
    "proof",
    [
        TlogProof(-1, (), NOTE),
        TlogProof(2**53, (), NOTE),
        TlogProof(0, (bytes(31),), NOTE),
        TlogProof(0, (bytes(32),) * (MAX_PATH + 1), NOTE),
        TlogProof(0, (), b""),
        TlogProof(0, (), NOTE[:-1]),
        TlogProof(0, (), NOTE, b""),
        TlogProof(0, (), b"\n\n" + NOTE[:-1]),
    ],
    ids=range(8),
)
def test_proofs_that_could_not_be_read_back_are_not_written(proof: TlogProof) -> None:
    with pytest.raises(FormatError):
        format_proof(proof)


def test_a_path_given_as_a_list_is_not_silently_another_value() -> None:
    with pytest.raises(FormatError, match="cannot be read back"):
        format_proof(TlogProof(0, [bytes(32)], NOTE))  # type: ignore[arg-type]  # the mistake under test


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("", "proof: the first line"),
        ("c2sp.org/tlog-proof@v2\nindex 1", "proof: the first line"),
        ("c2sp.org/tlog-proof@v1", "proof: no index line"),
        ("c2sp.org/tlog-proof@v1\nextra AA==", "proof: no index line"),
        ("c2sp.org/tlog-proof@v1\nextra AA\nindex 1", "proof extra: not"),
        ("c2sp.org/tlog-proof@v1\nextra \nindex 1", "proof extra: empty"),
        ("c2sp.org/tlog-proof@v1\nindex", "proof: no index line"),
        ("c2sp.org/tlog-proof@v1\nindex 01", "proof index: not a plain decimal"),
        ("c2sp.org/tlog-proof@v1\nindex 1\nAAAA", "proof path: 3 bytes instead of 32"),
        ("c2sp.org/tlog-proof@v1\nindex １", "proof: not lines of ASCII"),
    ],
)
def test_a_malformed_proof_says_what_is_wrong(head: str, reason: str) -> None:
    with pytest.raises(FormatError, match=re.escape(reason)):
        parse_proof(head.encode() + b"\n\n" + NOTE)
    with pytest.raises(FormatError, match="a blank line and a checkpoint"):
        parse_proof(head.encode())
