"""What somebody typed is compared with the record: yes or no, with no part in the verdict."""

from typing import cast

import pytest

from ledger.core.canonical import Value, parse_canonical
from ledger.core.disclosure import (
    Typed,
    derive_salt,
    digest_of,
    make_disclosure,
    match_typed,
    open_masked,
    private_disclosures,
)
from ledger.core.mask import is_masked_view, masked_names, masked_view
from ledger.core.report import format_report
from tests.simulator import HOLDER, LATER, VERIFICATION_CODE, Simulator, look_up, number
from tests.vectors.ledger_cases import base

CODE = "0123456789ABCDEFGHJK"
DIGESTS = [digest_of(text) for text in private_disclosures(CODE, {"name": "示例甲", "doc_no": "X123"}).values()]
OTHER_CODE = "Z" + CODE[1:]


@pytest.mark.parametrize(
    ("typed", "matched"),
    [
        (Typed(CODE, "示例甲", "X123"), {"name": True, "doc_no": True}),
        (Typed("o1il 4567-89ab cdef ghjk", "示例甲"), {"name": False}),  # 0111…, another code
        (Typed("O1 23 4567-89ab cdef ghjk", " 示例甲 ", "ｘ 123"), {"name": True, "doc_no": True}),
        (Typed(CODE, "示例乙", "X123"), {"name": False, "doc_no": True}),
        (Typed(CODE, "示例"), {"name": False}),
        (Typed(CODE, doc_no="X124"), {"doc_no": False}),
        (Typed(CODE, "X123", "示例甲"), {"name": False, "doc_no": False}),
        (Typed(OTHER_CODE, "示例甲", "X123"), {"name": False, "doc_no": False}),
        (Typed("U" * 20, "示例甲"), {"name": False}),
        (Typed("", "示例甲", "X123"), {"name": False, "doc_no": False}),
        (Typed(CODE, " ", "\t"), {}),
    ],
)
def test_only_the_very_value_under_the_very_code_matches(typed: Typed, matched: dict[str, bool]) -> None:
    assert match_typed(DIGESTS, typed) == matched


def test_a_lookup_answers_and_its_verdict_is_the_same() -> None:
    ledger = base()
    code = number(1)
    plain = look_up(ledger.files(), code, ledger)
    right = look_up(ledger.files(), code, ledger, typed=Typed(VERIFICATION_CODE, "张1", str(HOLDER["doc_no"])))
    wrong = look_up(ledger.files(), code, ledger, typed=Typed(VERIFICATION_CODE, "李四"))
    assert "matched" not in plain.sections
    assert right.sections["matched"] == {"name": True, "doc_no": True}
    assert wrong.sections["matched"] == {"name": False}
    assert {report.verdict for report in (plain, right, wrong)} == {"valid"}
    assert plain.steps == right.steps == wrong.steps


def test_the_report_holds_no_word_of_what_was_typed() -> None:
    ledger = base()
    report = look_up(ledger.files(), number(1), ledger, typed=Typed(VERIFICATION_CODE, "张1", "11010119900307001X"))
    text = format_report(report)
    assert parse_canonical(text)
    for secret in (VERIFICATION_CODE, "张1", "11010119900307001X"):
        assert secret.encode() not in text


def test_nothing_is_said_to_match_under_a_head_that_is_too_old() -> None:
    ledger = base()
    typed = Typed(VERIFICATION_CODE, "张1")
    report = look_up(ledger.files(), number(1), ledger, now=LATER + 365 * 86400, typed=typed)
    assert (report.verdict, report.reason) == ("not_checked", "stale")
    assert "matched" not in report.sections


def test_a_number_that_is_not_there_is_compared_with_nothing() -> None:
    ledger: Simulator = base()
    report = look_up(ledger.files(), number(999), ledger, typed=Typed(VERIFICATION_CODE, "张1"))
    assert report.verdict == "absent"
    assert "matched" not in report.sections


def view(name: str, code: str = CODE) -> str:
    """The digest of a masked view under the preset `sealed`."""
    return digest_of(make_disclosure(derive_salt(code, "masked"), "masked", {"name": name}))


class TestSealed:
    """The code alone opens the masked view that the preset `sealed` commits to and does not publish."""

    @pytest.mark.parametrize("name", ["张三", "欧阳青松", "𠮷田禾", "Ñandú", "Иван", "阿依·买提", "李"])
    def test_the_code_opens_the_view_of_any_name(self, name: str) -> None:
        shown = masked_view(name, "sealed")
        assert shown is not None
        assert open_masked([*DIGESTS, view(shown["name"])], "o1 23 4567-89ab cdef ghjk") == shown

    def test_another_code_and_a_record_without_a_view_open_nothing(self) -> None:
        assert open_masked([view("张**")], OTHER_CODE) is None
        assert open_masked(DIGESTS, CODE) is None
        assert open_masked([view("张**")], "no code") is None

    def test_everything_it_tries_is_a_masked_view(self) -> None:
        names = [*masked_names()]
        assert len(names) == len(set(names)) < 130_000
        assert all(is_masked_view({"name": name}) for name in names)

    def test_a_lookup_shows_the_view_that_was_opened(self) -> None:
        ledger, code = Simulator(), number(1)
        digests = [digest_of(text) for text in private_disclosures(VERIFICATION_CODE, {"name": "张三"}).values()]
        committed = cast("Value", sorted([*digests, view("张**", VERIFICATION_CODE)]))
        ledger.batch(ledger.issued(disclosures=committed))
        ledger.masked.clear()
        opened = look_up(ledger.files(), code, ledger, typed=Typed(VERIFICATION_CODE)).sections
        assert (opened["matched"], opened["masked"]) == ({"masked": True}, {"name": "张**"})
        wrong = look_up(ledger.files(), code, ledger, typed=Typed(OTHER_CODE)).sections
        assert (wrong["matched"], "masked" in wrong) == ({"masked": False}, False)
        named = look_up(ledger.files(), code, ledger, typed=Typed(VERIFICATION_CODE, "张三")).sections
        assert (named["matched"], "masked" in named) == ({"name": True}, False)

    def test_where_the_view_is_public_or_withdrawn_a_code_alone_opens_nothing(self) -> None:
        ledger = base()
        assert look_up(ledger.files(), number(1), ledger, typed=Typed(VERIFICATION_CODE)).sections["matched"] == {}
