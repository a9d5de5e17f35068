"""The worked examples of the specification page about witnesses are what the code makes and accepts."""

from pathlib import Path

from ledger.core.checkpoint import open_checkpoint
from ledger.core.note import parse_note, parse_vkey
from ledger.core.policy import parse_policy
from ledger.core.witness import admit, format_request, parse_request, quorum_time
from ledger.crypto.pynacl_verify import verify
from tests.vectors.ledger_cases import TWO_OF_THREE, WITNESSES, witnessed_ledger

PAGE = (Path(__file__).parents[2] / "site/docs/spec/witness.md").read_text("utf-8")
POLICY, NOTE, VKEY, REQUEST = (block.removeprefix("\n") for block in PAGE.split("```")[1:8:2])


def test_the_policy_and_the_note() -> None:
    ledger = witnessed_ledger((WITNESSES[0], 10), (WITNESSES[1], 20))
    assert POLICY == TWO_OF_THREE
    assert NOTE.encode() == ledger.sealed[-1].note
    assert open_checkpoint(NOTE.encode(), parse_vkey(VKEY.strip()), verify).size == 7
    assert quorum_time(parse_note(NOTE.encode()), parse_policy(POLICY), verify) == ledger.now + 10


def test_the_request() -> None:
    ledger = witnessed_ledger()
    log = parse_vkey(VKEY.strip())
    kept = {log.name: open_checkpoint(ledger.sealed[-2].note, log, verify)}
    assert admit(REQUEST.encode(), {log.name: log}, kept, verify)[0].size == 7
    assert format_request(parse_request(REQUEST.encode())) == REQUEST.encode()
