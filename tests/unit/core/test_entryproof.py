"""One entry proven by itself: whichever it is, and nothing else is taken for it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ledger.core.auditfiles import AbsentError
from ledger.core.checklist import Absent
from ledger.core.entryproof import open_entry, prove_entry
from ledger.core.errors import FormatError, LedgerError, ProofError, RuleError, SignatureError
from ledger.core.tiles import entries_path
from ledger.core.tlogproof import format_proof, parse_proof
from ledger.core.trust import Trust
from ledger.crypto.pynacl_verify import verify
from tests.simulator import Simulator
from tests.vectors.ledger_cases import THIEF, WITNESSES, rotated, witnessed_ledger


def proven(seq: int, files: Mapping[str, bytes | Absent], trust: Trust) -> bytes:
    asking = prove_entry(seq, trust, verify)
    try:
        asked = next(asking)
        while True:
            asked = asking.send({path: files.get(path, Absent.MISSING) for path in asked})
    except StopIteration as ended:
        data: bytes = ended.value
        return data


def several_bundles() -> Simulator:
    ledger = Simulator()
    ledger.issue_many(range(1, 300))
    return ledger


@pytest.mark.parametrize("make", [Simulator, several_bundles, rotated])
def test_any_entry_is_proven(make: type[Simulator]) -> None:
    ledger = make()
    for seq, raw in [*enumerate(ledger.raws)][:: 1 if len(ledger.raws) < 100 else 29]:
        entry, checkpoint = open_entry(proven(seq, ledger.files(), ledger.trust), ledger.trust, verify)
        assert (entry.seq, entry.raw, checkpoint.size) == (seq, raw, len(ledger.raws))


def test_what_is_not_there_is_not_proven() -> None:
    ledger = Simulator()
    with pytest.raises(RuleError, match="entry_beyond"):
        proven(len(ledger.raws), ledger.files(), ledger.trust)
    for path in ("head", entries_path(0, len(ledger.raws))):
        for absent in Absent:
            with pytest.raises(AbsentError) as caught:
                proven(1, {**ledger.files(), path: absent}, ledger.trust)
            assert caught.value.absent is absent


def test_no_byte_of_it_can_be_changed() -> None:
    ledger = Simulator()
    data = proven(1, ledger.files(), ledger.trust)
    found = 0
    for place in range(len(data)):
        with pytest.raises(LedgerError):
            open_entry(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :], ledger.trust, verify)
        found += 1
    print(f"changes of an entry's proof refused: {found}/{len(data)}")


def test_what_is_proven_is_the_entry_in_it() -> None:
    ledger = several_bundles()
    proof = parse_proof(proven(7, ledger.files(), ledger.trust))
    for changed, error in (
        (replace(proof, extra=ledger.raws[8]), FormatError),
        (replace(proof, extra=None), FormatError),
        (replace(proof, index=8, extra=ledger.raws[8]), ProofError),
    ):
        with pytest.raises(error):
            open_entry(format_proof(changed), ledger.trust, verify)
    with pytest.raises(SignatureError):
        open_entry(format_proof(proof), replace(ledger.trust, log=THIEF.key), verify)


def test_witnesses_are_asked_for() -> None:
    ledger = witnessed_ledger((WITNESSES[0], 10), (WITNESSES[1], 20))
    assert open_entry(proven(0, ledger.files(), ledger.trust), ledger.trust, verify)[0].seq == 0
    ledger = witnessed_ledger((WITNESSES[0], 10))
    with pytest.raises(RuleError, match="quorum_not_met"):
        proven(0, ledger.files(), ledger.trust)
