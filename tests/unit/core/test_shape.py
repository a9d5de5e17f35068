"""Shapes: what each check takes and what it does not, at its limits."""

import pytest

from ledger.core import shape
from ledger.core.canonical import Value
from ledger.core.note import format_vkey
from ledger.core.shape import MAX_LIST, Check, distinct, list_of, members, word_of
from tests.simulator import signer, witness

DIGEST = "A" * 43
ORGANISATION = signer("S000050000001").key
WITNESS = witness("witness.example").key
CODE = "S000050000001263000001"


@pytest.mark.parametrize(
    ("check", "good", "bad"),
    [
        (shape.text, ["a", "字" * 200, "a b"], ["", " a", "a\n", "字" * 201, 1, None]),
        (shape.certificate_code, [CODE, "Z" * 22], [CODE[1:], CODE + "0", CODE.lower(), CODE[:-1] + "１", 1]),
        (shape.org_code, [CODE[:13]], [CODE, CODE[:12], "s" * 13, 1]),
        (shape.uscc, ["1" * 18], ["1" * 17, "1" * 19, "a" * 18, 1]),
        (shape.level_code, ["1", "9", "T"], ["", "10", "t", "三", 1]),
        (shape.date_text, ["2024-02-29"], ["2023-02-29", "2024-2-29", "", 20240229]),
        (shape.count, [0, 2**53 - 1], [-1, True, False, "0", 1.5]),
        (shape.bits, [0, 32], [-1, 33, True, "1"]),
        (shape.word, ["a", "own-staff", "x" * 40, "1"], ["", "x" * 41, "Own", "a_b", "a b", "字", 1]),
        (word_of(("a", "b")), ["a", "b"], ["c", "", "ab", 1, [], {}]),
        (
            shape.digest_text,
            [DIGEST, "-_" + DIGEST[2:]],
            [DIGEST[:-1] + "B", DIGEST[1:], DIGEST + "A", "+" + DIGEST[1:], 1],
        ),
        (shape.vkey, [format_vkey(ORGANISATION)], ["", "a+00000000+AAAA", format_vkey(WITNESS), 1]),
        (shape.key_id, ["0123abcd"], ["0123ABCD", "0123abc", "0123abcde", 1]),
        (shape.root_text, [DIGEST + "="], [DIGEST, "B" * 43 + "=", "", 1]),
        (shape.batch_digest, ["0" * 64], ["0" * 63, "0" * 65, "A" * 64, 1]),
        (shape.digests, [[DIGEST], [DIGEST, "E" * 43]], [[], ["E" * 43, DIGEST], ["B" * 43], [DIGEST] * 2, [1], "x"]),
        (shape.ascending, [[], [1], [1, 2, 9]], [[2, 1], [1, 1], [-1], [True], ["1"], "x", list(range(MAX_LIST + 1))]),
        (list_of(shape.count), [[], [2, 1], [1, 1]], [[-1], 1, {}, [1] * (MAX_LIST + 1)]),
        (list_of(shape.count, least=1), [[1], [1] * MAX_LIST], [[]]),
        (distinct(shape.word), [[], ["a", "b"]], [["b", "a"], ["a", "a"], ["A"], "ab", {}]),
        (distinct(shape.word, least=1), [["a"]], [[]]),
        (members({"a": shape.count}), [{"a": 1}], [{}, {"a": -1}, {"a": 1, "b": 1}, [], "a"]),
        (members({"a": shape.count}, {"b": shape.text}), [{"a": 1, "b": "x"}], [{"b": "x"}, {"a": 1, "b": ""}]),
        (shape.occupation, [{"code": "1", "name": "x"}, {"code": "1", "job": "y", "name": "x"}], [{"code": "1"}, []]),
    ],
)
def test_what_it_takes(check: Check, good: list[Value], bad: list[Value]) -> None:
    assert [value for value in good if not check(value)] == []
    assert [value for value in bad if check(value)] == []
