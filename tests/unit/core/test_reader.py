"""The reader of many entries gives what `parse_entry` gives, for every input."""

import json

import pytest

from ledger.core.canonical import Value
from ledger.core.encoding import format_base64url
from ledger.core.entry import Entry, format_entry, parse_entry
from ledger.core.errors import FormatError
from ledger.core.reader import Reader
from ledger.core.record import Record, sign_record
from ledger.crypto.signer import Ed25519Signer

SIGNER = Ed25519Signer("S000050000001", bytes(31) + b"\x07")
TIME = "2026-11-20T08:00:00Z"


def issue(number: int, *, level: str = "3", digests: int = 4) -> Record:
    body: dict[str, Value] = {
        "batch": "ab" * 32,
        "code": f"S00005000000126{level}{number:06d}",
        "disclosures": [*sorted(format_base64url(bytes([number % 256, n]) * 16) for n in range(digests))],
        "evaluator": "重庆云岭技师学院（虚构）",
        "evidence": [],
        "issued": "2026-11-18",
        "level": level,
        "occupation": {"code": "6-18-01-01", "job": "数控车工", "name": "车工"},
        "profile": "cn-chongqing-2020-1",
    }
    return sign_record("certificate.issue", body, SIGNER)


def entries(count: int = 5) -> list[bytes]:
    return [format_entry(n, bytes([n]) * 32, TIME, issue(n + 1, digests=4 + n % 2)) for n in range(count)]


def both(reader: Reader, raw: bytes) -> tuple[Entry | str, Entry | str]:
    """What parse_entry and the reader say to the same bytes: an entry, or the refusal."""
    outcomes: list[Entry | str] = []
    for read in (parse_entry, reader.read):
        try:
            outcomes.append(read(raw))
        except FormatError as error:
            outcomes.append(f"refused: {error}")
    return outcomes[0], outcomes[1]


def test_entries_like_one_read_before_are_the_same() -> None:
    reader = Reader()
    for raw in entries():
        assert reader.read(raw) == parse_entry(raw)
    assert len(reader._known) == 1


def test_other_pieces_are_parsed_and_remembered() -> None:
    reader = Reader()
    for level in "345":
        raw = format_entry(1, bytes(32), TIME, issue(1, level=level))
        assert reader.read(raw) == parse_entry(raw)
    assert len(reader._known) == 3


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.core.reader._MEMORY", 2)
    reader = Reader()
    for level in "34534":
        raw = format_entry(1, bytes(32), TIME, issue(1, level=level))
        assert reader.read(raw) == parse_entry(raw)
    assert len(reader._known) <= 2


def test_every_changed_byte_is_judged_alike() -> None:
    """Each byte of an entry that resembles a remembered one, changed in four ways, and each cut."""
    raws = entries(2)
    reader = Reader()
    reader.read(raws[0])
    judged = refused = 0
    for place in range(len(raws[1])):
        for changed in (raws[1][place] ^ 1, raws[1][place] ^ 0x20, ord('"'), ord("A")):
            raw = raws[1][:place] + bytes([changed]) + raws[1][place + 1 :]
            wanted, got = both(reader, raw)
            assert got == wanted, (place, changed)
            judged += 1
            refused += isinstance(got, str)
        wanted, got = both(reader, raws[1][:place])
        assert got == wanted
    assert judged == 4 * len(raws[1])
    assert 0 < refused < judged


def test_members_that_the_pattern_lets_through_are_still_refused() -> None:
    raw = entries(2)[1]
    reader = Reader()
    reader.read(entries(2)[0])
    value = json.loads(raw)
    digests = value["record"]["body"]["disclosures"]
    swapped = raw.replace(f'"{digests[0]}","{digests[1]}"'.encode(), f'"{digests[1]}","{digests[0]}"'.encode())
    twice = raw.replace(digests[1].encode(), digests[0].encode())
    for bad in (swapped, twice, raw.replace(b'"seq":1,', b'"seq":9999999999999999,')):
        assert bad != raw
        with pytest.raises(FormatError):
            reader.read(bad)


def test_what_is_no_issue_is_parsed() -> None:
    body = {"code": "S000050000001263000001", "effective": "2026-11-20", "reason": "fraud"}
    raw = format_entry(3, bytes(32), TIME, sign_record("certificate.revoke", body, SIGNER))
    assert Reader().read(raw) == parse_entry(raw)
    with pytest.raises(FormatError):
        Reader().read(b"{}")
