"""trust.json: one form, and the same trust as the ledger's opening announces."""

from typing import cast

import pytest

from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.errors import FormatError
from ledger.core.note import format_vkey
from ledger.core.trust import Trust, format_trust, parse_trust, trust_of
from tests.simulator import LOG, ORIGIN, REGISTRAR, opening, signer, witness

KEYS = REGISTRAR.key, signer("second.example").key
WITNESS = witness("witness.example").key
TRUST = Trust(LOG.key, 604_800, ORIGIN, KEYS, "quorum none\n", ("cn-chongqing-2020-1",))
DATA = format_trust(TRUST)


def test_it_reads_back() -> None:
    assert parse_trust(DATA) == TRUST
    assert format_trust(parse_trust(DATA)) == DATA
    assert format_canonical(parse_canonical(DATA)) == DATA


def test_an_opening_announces_it() -> None:
    policy: Value = {"disclosure": "masked", "max_age": 604_800, "witness": "quorum none\n"}
    keys: Value = [format_vkey(key) for key in TRUST.registrars]
    assert trust_of(opening(policy=policy, registrar_keys=keys)) == TRUST


@pytest.mark.parametrize(
    "changes",
    [
        {"v": 2},
        {"v": True},
        {"v": "1"},
        {"log": 1},
        {"log": "x"},
        {"log": format_vkey(REGISTRAR.key)},
        {"origin": 1},
        {"origin": "ledger.example/other"},
        {"witness": 1},
        {"witness": "quorum w\n"},
        {"log": format_vkey(WITNESS)},
        {"registrars": [format_vkey(WITNESS)]},
        {"witness": f"log {format_vkey(REGISTRAR.key)}\nquorum none\n"},
        {"max_age": 0},
        {"max_age": -1},
        {"max_age": True},
        {"max_age": "604800"},
        {"profiles": []},
        {"profiles": "x"},
        {"profiles": [1]},
        {"registrars": []},
        {"registrars": "x"},
        {"registrars": [1]},
        {"registrars": ["x"]},
        {"extra": 1},
    ],
    ids=repr,
)
def test_other_forms_are_refused(changes: dict[str, Value]) -> None:
    value = cast("dict[str, Value]", parse_canonical(DATA))
    with pytest.raises(FormatError):
        parse_trust(format_canonical({**value, **changes}))


@pytest.mark.parametrize(
    "data", [b"[]", b"1", b"", DATA + b"\n", DATA[:-1], b"{" + DATA[1:].replace(b'"v":1', b'"v":1,"v":1')]
)
def test_what_is_no_trust(data: bytes) -> None:
    with pytest.raises(FormatError):
        parse_trust(data)


def test_an_origin_that_could_be_taken_for_a_record_is_refused() -> None:
    log = signer("skill-ledger/record")
    with pytest.raises(FormatError, match="never begins with skill-ledger/"):
        parse_trust(format_trust(Trust(log.key, 1, log.key.name, (REGISTRAR.key,), "", ("cn-x-2020-1",))))


def test_every_member_is_needed() -> None:
    value = cast("dict[str, Value]", parse_canonical(DATA))
    for name in value:
        with pytest.raises(FormatError):
            parse_trust(format_canonical({key: one for key, one in value.items() if key != name}))
