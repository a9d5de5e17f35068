"""Shard and masked files: one form, and only what belongs into them."""

from collections.abc import Iterator

import pytest

from ledger.core.canonical import format_canonical
from ledger.core.errors import FormatError
from ledger.core.index import shard_leaf
from ledger.core.merkle import leaf_hash
from ledger.core.shard import Shard, format_masked, format_shard, leaf_of_shard, parse_masked, parse_shard
from tests.simulator import SCHOOL, number
from tests.vectors.ledger_cases import base, wide

LINES = [base().raws[n] for n in (2, 3, 5)]
DATA = format_shard(LINES)


def in_pieces(data: bytes, cut: int) -> Iterator[bytes]:
    return (data[start : start + cut] for start in range(0, len(data), cut))


class TestShard:
    def test_it_reads_back(self) -> None:
        shard = parse_shard(DATA)
        assert shard.lines == tuple(zip((2, 3, 5), LINES, strict=True))
        assert format_shard(raw for _, raw in shard.lines) == DATA
        assert shard.last_seq() == 5

    def test_an_empty_file_is_an_empty_shard(self) -> None:
        assert parse_shard(b"") == Shard(())
        assert parse_shard(b"").last_seq() is None
        assert parse_shard(b"").leaf(10) == shard_leaf([])

    @pytest.mark.parametrize("size", [0, 2, 3, 4, 5, 6, 99])
    def test_its_leaf_piece_by_piece_is_the_same(self, size: int) -> None:
        for cut in (1, 7, 999, len(LINES[0]), len(LINES[0]) + 1, len(DATA)):
            assert leaf_of_shard(in_pieces(DATA, cut), size) == (parse_shard(DATA).leaf(size), 5)
        assert leaf_of_shard([], size) == (parse_shard(b"").leaf(size), -1)

    @pytest.mark.parametrize("data", [DATA[:-1], DATA + b"\n", DATA + DATA, b"\n", b"{}\n", DATA + b"x"])
    def test_piece_by_piece_refuses_what_reading_whole_refuses(self, data: bytes) -> None:
        for read in (parse_shard, lambda data: leaf_of_shard(in_pieces(data, 500), 99)):
            with pytest.raises(FormatError):
                read(data)

    def test_a_line_without_end_is_not_waited_for(self) -> None:
        taken = []

        def endless() -> Iterator[bytes]:
            while True:
                taken.append(1)
                yield b"x" * 1000

        with pytest.raises(FormatError, match="a line of more than 65535 bytes"):
            leaf_of_shard(endless(), 99)
        assert len(taken) == 66

    @pytest.mark.parametrize("size", [0, 2, 3, 4, 5, 6, 99])
    def test_its_leaf_leaves_out_what_is_newer(self, size: int) -> None:
        pairs = [(seq, leaf_hash(raw)) for seq, raw in zip((2, 3, 5), LINES, strict=True) if seq < size]
        assert parse_shard(DATA).leaf(size) == shard_leaf(pairs)

    @pytest.mark.parametrize(
        "data",
        [
            DATA[:-1],
            DATA + b"\n",
            b"\n" + DATA,
            DATA.replace(b"\n", b"\r\n"),
            DATA + DATA,
            format_shard([LINES[0], LINES[0]]),
            format_shard(reversed(LINES)),
            b"<!doctype html>\n",
        ],
    )
    def test_other_forms_are_refused(self, data: bytes) -> None:
        with pytest.raises(FormatError):
            parse_shard(data)

    def test_entries_about_one_subject(self) -> None:
        shard = parse_shard(DATA)
        assert [entry.seq for entry in shard.entries(SCHOOL, 99, 0, 0)] == [2, 3]
        assert [entry.seq for entry in shard.entries(number(1), 99, 0, 0)] == [5]
        assert [entry.seq for entry in shard.entries(SCHOOL, 3, 0, 0)] == [2]
        assert shard.entries(number(2), 99, 0, 0) == []

    def test_entries_still_to_come(self) -> None:
        shard = parse_shard(DATA)
        assert [entry.seq for entry in shard.later(number(1), 5)] == [5]
        assert shard.later(number(1), 6) == []
        assert shard.later(number(2), 0) == []
        with pytest.raises(FormatError):
            parse_shard(DATA + b'{},"seq":7,"time":"2026-11-20T08:00:00Z"}\n').later(SCHOOL, 0)

    def test_an_entry_without_subject_does_not_belong(self) -> None:
        shard = parse_shard(format_shard([base().raws[1]]))
        with pytest.raises(FormatError, match="entry 1 does not belong here"):
            shard.entries(SCHOOL, 99, 0, 0)

    def test_an_entry_of_another_shard_does_not_belong(self) -> None:
        ledger = wide()
        shard = parse_shard(ledger.files()["shard/1/000.txt"])
        subject = ledger.subjects[shard.lines[0][0]]
        assert subject is not None
        assert shard.entries(subject, 999, 1, 0)
        with pytest.raises(FormatError, match="does not belong here"):
            shard.entries(subject, 999, 1, 1)

    def test_a_line_that_is_no_entry(self) -> None:
        bad = LINES[2].replace(b'"v":1}', b'"v":2}')
        shard = parse_shard(format_shard([LINES[0], bad]))
        with pytest.raises(FormatError):
            shard.entries(SCHOOL, 99, 0, 0)
        assert len(shard.entries(SCHOOL, 5, 0, 0)) == 1  # behind the index: not looked at


VIEWS = [(number(1), "AAAA"), (number(2), "BBBB"), (number(3), "CCCC")]
MASKED = format_masked(VIEWS)


class TestMasked:
    def test_it_reads_back(self) -> None:
        assert parse_masked(MASKED) == dict(VIEWS)
        assert format_masked(parse_masked(MASKED).items()) == MASKED
        assert parse_masked(b"") == {}

    @pytest.mark.parametrize(
        "data",
        [
            MASKED[:-1],
            MASKED + b"\n",
            MASKED + MASKED,
            format_masked(reversed(VIEWS)),
            format_masked([VIEWS[0], VIEWS[0]]),
            b"[]\n",
            b'{"code":"x"}\n',
            b'{"code":"x","disclosure":1}\n',
            b'{"code":1,"disclosure":"x"}\n',
            b'{"code":"","disclosure":"x"}\n',
            b'{"disclosure":"x","code":"x"}\n',
            format_canonical({"code": "x", "disclosure": "y", "name": "z"}) + b"\n",
        ],
    )
    def test_other_forms_are_refused(self, data: bytes) -> None:
        with pytest.raises(FormatError):
            parse_masked(data)
