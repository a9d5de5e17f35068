"""Document numbers, one type after the other."""

import random
from datetime import date

import pytest
from stdnum.cn import ric

from ledger.forms.documents import check_digit, check_document, is_resident_number, person_key
from ledger.profiles import load
from tests.fixtures.forms import TODAY, resident


def rules(doc_type: str, doc_no: str, on: date = TODAY) -> list[str]:
    return [problem.rule for problem in check_document(doc_type, doc_no, on)]


def test_the_check_digit_is_that_of_stdnum() -> None:
    rng = random.Random(7)
    for _ in range(2000):
        body = "".join(rng.choice("0123456789") for _ in range(17))
        assert check_digit(body) == ric.calc_check_digit(body + "0")


ACCEPTED = [
    ("201", "360426199101010071"),  # the example of stdnum
    ("201", resident("19900101")),  # 500112 is younger than this birth; stdnum refuses it, holders exist
    ("201", "412723" + resident("19800101", "412723")[6:]),
    ("237", resident("19900203", "810000")),
    ("237", resident("19900203", "820000")),
    ("238", resident("19900203", "830000")),
    ("233", "9" + resident("19900203", "900000")[1:]),
    ("233", "ABC123456789012"),
    ("210", "H12345678"),
    ("210", "M1234567800"),
    ("227", "E12345678"),
    ("213", "00000001"),
    ("208", "X0000001"),
    ("239", "00000000000001"),
    ("240", "B-0000001"),
    ("241", "C0000001"),
    ("299", "测字第000001号"),
]


@pytest.mark.parametrize(("doc_type", "doc_no"), ACCEPTED)
def test_accepted(doc_type: str, doc_no: str) -> None:
    assert rules(doc_type, doc_no) == []


def test_every_type_of_the_form_is_known() -> None:
    kinds = {kind.code for kind in load("cn-anhui-2020-1").document_types}
    assert {doc_type for doc_type, _ in ACCEPTED} == kinds
    assert all(rules(kind, "?") == ["document.form"] for kind in kinds)


WRONG = [
    ("201", "360426199101010072", ["document.checksum"]),
    ("201", "36042619910101007X", ["document.checksum"]),
    ("201", "360426910101007", ["document.old15"]),
    ("201", "36042619910101007", ["document.form"]),
    ("201", "E12345678", ["document.form"]),
    ("201", "36042619910101007１", ["document.form"]),
    ("201", resident("19910230"), ["document.birth"]),
    ("201", resident("20270101"), ["document.future"]),
    ("201", resident("19910101", "999999"), ["document.district"]),
    ("201", resident("19910101", "810000"), ["document.district"]),
    ("237", resident("19910101", "830000"), ["document.form"]),
    ("238", resident("19910101", "810000"), ["document.form"]),
    ("237", resident("19910101", "500112"), ["document.form"]),
    ("237", resident("19911301", "810000"), ["document.birth"]),
    ("233", "912345199001010000", ["document.checksum"]),
    ("233", resident("19910101"), ["document.form"]),
    ("210", "H1234567", ["document.form"]),
    ("210", "A12345678", ["document.form"]),
    ("227", "护照1", ["document.form"]),
    ("227", "1234", ["document.form"]),
    ("208", resident("19910101"), ["document.looks_like_id"]),
    ("299", "x" * 41, ["document.form"]),
]


@pytest.mark.parametrize(("doc_type", "doc_no", "expected"), WRONG)
def test_wrong(doc_type: str, doc_no: str, expected: list[str]) -> None:
    assert rules(doc_type, doc_no) == expected


def test_every_other_check_digit_is_refused() -> None:
    right = resident("19910101")
    wrong = [right[:-1] + c for c in "0123456789X" if c != right[-1]]
    assert all(rules("201", number) == ["document.checksum"] for number in wrong)


def test_born_today_is_not_the_future() -> None:
    assert rules("201", resident("20261120")) == []
    assert rules("201", resident("20261121")) == ["document.future"]


def test_a_permit_stays_the_same_when_renewed() -> None:
    assert person_key("210", "H1234567800") == person_key("210", "H1234567801") == person_key("210", "H12345678")
    assert person_key("201", "1" * 18) != person_key("237", "1" * 18)


def test_what_looks_like_a_resident_number() -> None:
    assert is_resident_number(resident("19910101"))
    assert not is_resident_number(resident("19911301"))
    assert not is_resident_number("E12345678")
