"""Entries: one form, the signed bytes cut out of it, and the seq read without parsing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.canonical import format_canonical, parse_canonical
from ledger.core.entry import FIRST_PREV, format_entry, parse_entry, seq_of
from ledger.core.errors import FormatError
from ledger.core.record import RECORD_DOMAIN, Record, record_tail, sign_record
from tests.simulator import LOG, REGISTRAR, SCHOOL, event_body, filing, issue_body, number, opening, signer

TIME = "2026-11-20T08:00:00Z"
RECORD = sign_record("certificate.issue", issue_body(number(1)), signer(SCHOOL))
RAW = format_entry(17, bytes(range(32)), TIME, RECORD)


def test_it_is_canonical_and_reads_back() -> None:
    entry = parse_entry(RAW)
    assert format_canonical(parse_canonical(RAW)) == RAW
    assert (entry.seq, entry.prev, entry.time, entry.unix) == (17, bytes(range(32)), TIME, 1_795_161_600)
    assert entry.record == RECORD
    assert entry.raw == RAW


@pytest.mark.parametrize(
    "record",
    [
        RECORD,
        sign_record("ledger.open", opening(), LOG),
        sign_record("org.file", filing(name='引"号\\n'), REGISTRAR),
        sign_record("certificate.revoke", event_body(number(1)), signer(SCHOOL)),
    ],
    ids=lambda record: record.type,
)
@pytest.mark.parametrize("seq", [0, 9, 10, 2**53 - 1])
def test_the_signed_bytes_are_those_of_the_record(record: Record, seq: int) -> None:
    """What `parse_entry` cuts out of the line is what canonical JSON of the record without `sig` is."""
    entry = parse_entry(format_entry(seq, FIRST_PREV, TIME, record))
    value = parse_canonical(entry.raw)
    assert isinstance(value, dict)
    unsigned = value["record"]
    assert isinstance(unsigned, dict)
    del unsigned["sig"]
    assert entry.record.message == RECORD_DOMAIN + format_canonical(unsigned) == record.message


@given(
    name=st.text(min_size=1, max_size=200).filter(lambda text: text == text.strip()),
    seq=st.integers(0, 2**53 - 1),
    prev=st.binary(min_size=32, max_size=32),
)
def test_whatever_text_a_body_carries(name: str, seq: int, prev: bytes) -> None:
    try:
        record = sign_record("org.file", filing(name=name), REGISTRAR)
    except FormatError:
        return  # not in normal form, or half a character: it cannot be signed
    entry = parse_entry(format_entry(seq, prev, TIME, record))
    assert entry.record == record
    assert (entry.seq, entry.prev) == (seq, prev)
    assert seq_of(entry.raw) == seq


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b'"seq":17', b'"seq":-1', "seq must be"),
        (b'"seq":17', b'"seq":true', "seq must be"),
        (b'"seq":17', b'"seq":"17"', "seq must be"),
        (b'"seq":17', b'"seq":017', "entry"),
        (b'"seq":17', b'"seq": 17', "canonical form"),
        (b'"time":"2026', b'"time":"2026-', "not a time"),
        (b'"time":"2026-11-20T08:00:00Z"', b'"time":17', "must be text"),
        (b'"time":"2026-11', b'"time":"2026-13', "not a time of the calendar"),
        (b'"time":"2026', b'"time":"9999', "before the year 9999"),
        (b',"seq":17', b',"sea":1,"seq":17', "members must be exactly"),
        (b'{"prev":"00', b'{"prev":"0', "prev"),
        (b'{"prev":"00', b'{"prev":"0A', "prev"),
        (b'"record":{', b'"record":{"a":1,', "members must be exactly"),
        (b',"type":"certificate.issue"', b',"type":1', "must be text"),
    ],
)
def test_other_forms_are_refused(old: bytes, new: bytes, reason: str) -> None:
    assert RAW.count(old) == 1
    with pytest.raises(FormatError, match=reason):
        parse_entry(RAW.replace(old, new))


@pytest.mark.parametrize("raw", [b"[]", b"{}", b"17", b'"x"', b"", b"\xff", RAW + b"\n", b"[" * 70_000])
def test_what_is_no_entry(raw: bytes) -> None:
    with pytest.raises(FormatError):
        parse_entry(raw)


def test_a_record_that_is_no_object() -> None:
    with pytest.raises(FormatError, match="record"):
        parse_entry(b'{"prev":"%b","record":[],"seq":0,"time":"%b"}' % (b"0" * 64, TIME.encode()))


def test_an_entry_fits_into_a_bundle() -> None:
    """No sound body is so long; whatever is, cannot be written."""
    empty = len(format_entry(0, FIRST_PREV, TIME, replace(RECORD, message=RECORD_DOMAIN + record_tail(RECORD.type))))
    for room, good in ((65_535 - empty, True), (65_536 - empty, False)):
        record = replace(RECORD, message=RECORD_DOMAIN + b"x" * room + record_tail(RECORD.type))
        if good:
            assert len(format_entry(0, FIRST_PREV, TIME, record)) == 65_535
        else:
            with pytest.raises(FormatError, match="65535"):
                format_entry(0, FIRST_PREV, TIME, record)


class TestSeq:
    def test_it_is_read_from_the_end(self) -> None:
        assert seq_of(RAW) == 17
        assert seq_of(format_entry(2**53 - 1, FIRST_PREV, TIME, RECORD)) == 2**53 - 1

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"{}",
            RAW[:-1],
            RAW + b"\n",
            RAW.replace(b'"seq":17', b'"seq":017'),
            RAW.replace(b'"seq":17', b'"seq":-1'),
            RAW.replace(b'"seq":17', b'"seq":12345678901234567'),
            RAW.replace(b"2026-11-20T08", "２026-11-20T08".encode()),
        ],
    )
    def test_other_ends_are_refused(self, raw: bytes) -> None:
        with pytest.raises(FormatError, match="does not end"):
            seq_of(raw)

    def test_a_seq_in_the_text_of_a_body_does_not_count(self) -> None:
        record = sign_record("org.file", filing(name=',"seq":3,"time":"2026-11-20T08:00:00Z"}'), REGISTRAR)
        assert seq_of(format_entry(5, FIRST_PREV, TIME, record)) == 5
