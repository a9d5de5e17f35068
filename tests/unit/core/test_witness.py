"""What a witness signs, and when: the procedure, its refusals, and that it never signs two histories."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.errors import FormatError, SignatureError
from ledger.core.merkle import EMPTY_ROOT, leaf_hash, prove_consistency, root
from ledger.core.note import NoteSignature, cosignature_message, format_note, format_vkey, open_note, parse_note
from ledger.core.policy import Policy, Witness
from ledger.core.witness import (
    MAX_PATH,
    Refused,
    Request,
    add_cosignatures,
    admit,
    check_lines,
    cosign,
    cosigned_times,
    format_answer,
    format_request,
    parse_answer,
    parse_request,
)
from ledger.crypto.pynacl_verify import verify
from tests.simulator import LOG, NOW, ORIGIN, signer, witness

W = witness("w.example")
LEAVES = [leaf_hash(bytes([n])) for n in range(20)]
OTHER_LEAVES = [*LEAVES[:5], *(leaf_hash(bytes([n, n])) for n in range(5, 20))]
LOGS = {ORIGIN: LOG.key}


def state(size: int, leaves: list[bytes] = LEAVES) -> Checkpoint:
    return Checkpoint(ORIGIN, size, root(leaves[:size]))


def asked(old: int, new: int, leaves: list[bytes] = LEAVES) -> Request:
    path = prove_consistency(old, leaves[:new]) if 0 < old <= new else []
    return Request(old, tuple(path), sign_checkpoint(state(new, leaves), LOG))


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 7), (3, 3), (3, 4), (8, 16), (5, 19)])
def test_a_tree_that_continues_the_old_one_is_admitted(old: int, new: int) -> None:
    kept = {ORIGIN: state(old)} if old else {}
    checkpoint, note = admit(format_request(asked(old, new)), LOGS, kept, verify)
    assert checkpoint == state(new)
    line = cosign(note.text, W, NOW)
    assert cosigned_times(parse_note(format_note(note.text, [line])), [W.key], verify) == {W.key: NOW}


def foreign() -> bytes:
    stranger = signer("ledger.example/stranger")
    note = sign_checkpoint(Checkpoint("ledger.example/stranger", 0, EMPTY_ROOT), stranger)
    return format_request(Request(0, (), note))


def no_checkpoint() -> bytes:
    signatures = parse_note(asked(3, 4).note).signatures
    return format_request(Request(3, (), format_note("no checkpoint\n", signatures)))


def by_thief() -> bytes:
    return format_request(Request(3, (), sign_checkpoint(state(4), signer(ORIGIN, "thief"))))


def with_path(change: Callable[[tuple[bytes, ...]], tuple[bytes, ...]]) -> bytes:
    request = asked(3, 7)
    return format_request(Request(3, change(request.path), request.note))


@pytest.mark.parametrize(
    ("body", "status", "size"),
    [
        (b"", 400, None),
        (b"old 3\n\nno note", 400, None),
        (no_checkpoint(), 400, None),
        (foreign(), 404, None),
        (by_thief(), 403, None),
        (format_request(asked(5, 4)), 400, None),
        (format_request(asked(2, 7)), 409, 3),
        (format_request(asked(0, 7)), 409, 3),
        (format_request(asked(4, 7)), 409, 3),
        (format_request(Request(3, (), sign_checkpoint(Checkpoint(ORIGIN, 3, EMPTY_ROOT), LOG))), 409, 3),
        (with_path(lambda path: path[1:]), 422, None),
        (with_path(lambda path: (*path, bytes(32))), 422, None),
        (with_path(lambda path: (bytes(32), *path[1:])), 422, None),
        (format_request(asked(3, 7, OTHER_LEAVES[2:] + LEAVES[:2])), 422, None),
    ],
)
def test_everything_else_is_refused(body: bytes, status: int, size: int | None) -> None:
    with pytest.raises(Refused) as refusal:
        admit(body, LOGS, {ORIGIN: state(3)}, verify)
    assert (refusal.value.status, refusal.value.size) == (status, size)
    assert refusal.value.reason


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20), st.integers(0, 20)), max_size=12))
def test_it_never_keeps_two_histories(requests: list[tuple[bool, int, int]]) -> None:
    """Whatever is asked in whatever order, all that was admitted is one growing history."""
    kept: dict[str, Checkpoint] = {}
    admitted: list[Checkpoint] = []
    for other, old, new in requests:
        body = format_request(asked(old, new, OTHER_LEAVES if other else LEAVES))
        try:
            kept[ORIGIN] = admit(body, LOGS, kept, verify)[0]
        except Refused:
            continue
        admitted.append(kept[ORIGIN])
    assert [one.size for one in admitted] == sorted(one.size for one in admitted)
    histories = [all(one == state(one.size, leaves) for one in admitted) for leaves in (LEAVES, OTHER_LEAVES)]
    assert any(histories)


class TestRequest:
    def test_it_reads_back(self) -> None:
        request = asked(3, 7)
        assert parse_request(format_request(request)) == request

    @pytest.mark.parametrize(
        "data",
        [
            b"old 3\n",
            b"new 3\n\n" + asked(0, 1).note,
            b"old -1\n\n" + asked(0, 1).note,
            b"old 03\n\n" + asked(0, 1).note,
            "old ３\n\n".encode() + asked(0, 1).note,
            b"old 3\nAA==\n\n" + asked(0, 1).note,
            b"old 3\n" + b"A" * 43 + b"=\n" * 1 + b"x\n\n" + asked(0, 1).note,
            b"old 3\n" + (b"A" * 43 + b"=\n") * (MAX_PATH + 1) + b"\n" + asked(0, 1).note,
            b"old 3\n\n" + asked(0, 1).note[:-1],
        ],
    )
    def test_other_forms_are_refused(self, data: bytes) -> None:
        with pytest.raises(FormatError):
            parse_request(data)

    def test_what_cannot_be_read_back_is_not_written(self) -> None:
        with pytest.raises(FormatError):
            format_request(Request(0, (b"short",), asked(0, 1).note))


class TestCosignature:
    TEXT = "ledger.example/test\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"

    def test_of_the_key_of_a_witness_only(self) -> None:
        with pytest.raises(SignatureError):
            cosign(self.TEXT, LOG, NOW)

    def test_open_note_accepts_it(self) -> None:
        note = format_note(self.TEXT, [cosign(self.TEXT, W, NOW)])
        assert open_note(note, [W.key], verify).verified == (W.key,)

    def test_the_newest_line_counts_and_strangers_do_not(self) -> None:
        lines = [cosign(self.TEXT, one, time) for one, time in ((W, 5), (W, 9), (W, 7), (witness("x"), 11))]
        assert cosigned_times(parse_note(format_note(self.TEXT, lines)), [W.key], verify) == {W.key: 9}

    @pytest.mark.parametrize(
        "payload",
        [
            b"\xff" * 8 + bytes(64),
            cosign(TEXT, W, 5).payload[8:],
            (6).to_bytes(8, "big") + cosign(TEXT, W, 5).payload[8:],
            (5).to_bytes(8, "big") + W.sign(TEXT.encode()),
            (5).to_bytes(8, "big") + W.sign(cosignature_message(TEXT + "\n", 5)),
        ],
        ids=["a time too large", "no time", "another time", "the bare text", "another text"],
    )
    def test_a_bad_line_of_a_witness_is_an_error(self, payload: bytes) -> None:
        note = parse_note(format_note(self.TEXT, [NoteSignature(W.key.name, W.key.key_id, payload)]))
        with pytest.raises(SignatureError):
            cosigned_times(note, [W.key], verify)
        assert cosigned_times(note, [witness("x").key], verify) == {}

    def test_a_log_publishes_lines_of_its_own_witnesses_only(self) -> None:
        note = sign_checkpoint(state(3), LOG)
        text = parse_note(note).text
        policy = Policy(witnesses={"w": Witness(W.key)}, quorum="w")
        for lines in ([], [cosign(text, W, 5)]):
            check_lines(parse_note(add_cosignatures(note, lines)), LOG.key, policy, verify)
        for lines in ([cosign(text + "\n", W, 5)], [cosign(text, witness("x"), 5)]):
            with pytest.raises(SignatureError):
                check_lines(parse_note(add_cosignatures(note, lines)), LOG.key, policy, verify)
        doubled = note + note[note.index("—".encode()) :]
        with pytest.raises(SignatureError, match="a second line"):
            check_lines(parse_note(doubled), LOG.key, policy, verify)

    def test_an_answer_reads_back(self) -> None:
        lines = (cosign(self.TEXT, W, 5), cosign(self.TEXT, witness("x"), 6))
        assert parse_answer(format_answer(lines)) == lines
        answer = format_answer(lines)
        for data in (b"", b"\n", answer[1:], answer[:-1], b"text\n\n" + answer):
            with pytest.raises(FormatError):
                parse_answer(data)

    def test_lines_are_added_once_each_and_the_newest_wins(self) -> None:
        note = sign_checkpoint(state(3), LOG)
        text = parse_note(note).text
        first, newer, other = cosign(text, W, 5), cosign(text, W, 9), cosign(text, witness("x"), 1)
        both = add_cosignatures(add_cosignatures(note, [first]), [newer, other, first])
        assert parse_note(both).signatures == (*parse_note(note).signatures, newer, other)
        assert add_cosignatures(both, []) == both


def test_keys_of_witnesses_are_of_kind_4() -> None:
    assert format_vkey(W.key).split("+")[2].startswith("B")
