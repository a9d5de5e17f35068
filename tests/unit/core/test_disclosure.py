"""Disclosures: made, opened, matched; and the verification code that their salts come from."""

import hashlib
import hmac
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.canonical import Value, format_canonical
from ledger.core.disclosure import (
    FIELDS,
    PRIVATE_FIELDS,
    Disclosure,
    derive_salt,
    digest_of,
    group_verification_code,
    is_public_view,
    make_disclosure,
    match_disclosures,
    new_verification_code,
    normalise_doc_no,
    normalise_name,
    parse_disclosure,
    parse_verification_code,
    private_disclosures,
)
from ledger.core.encoding import format_base64url
from ledger.core.errors import FormatError, RuleError
from ledger.core.mask import is_masked_view

CODE = "0123456789ABCDEFGHJK"
OTHER = "7Q2M9ZKX04TBWHC5RJ1D"
SALT = derive_salt(CODE, "name")


def test_fields() -> None:
    assert set(PRIVATE_FIELDS) == {"name", "doc_type", "doc_no", "sex", "birth", "employer", "photo", "scores"}
    assert set(FIELDS) - set(PRIVATE_FIELDS) == {"masked"}


@pytest.mark.parametrize("name", PRIVATE_FIELDS)
def test_salts_are_hmac(name: str) -> None:
    expected = hmac.digest(CODE.encode(), b"salt/" + name.encode(), "sha256")
    assert derive_salt(CODE, name) == format_base64url(expected)


class TestPublicView:
    """`is_public_view` says what opening the disclosure says, whatever was asked before."""

    SALT = format_base64url(bytes(range(16)))
    VIEW = b'["%b","masked",{"name":"\xe5\xbc\xa0**"}]' % SALT.encode()

    def opened(self, text: str) -> bool:
        disclosure = parse_disclosure(text)
        return disclosure.name == "masked" and is_masked_view(disclosure.value)

    def same(self, data: bytes) -> bool | str:
        text = format_base64url(data)
        outcomes: list[bool | str] = []
        asks: list[Callable[[str], bool]] = [self.opened, is_public_view, is_public_view]
        for ask in asks:
            try:
                outcomes.append(ask(text))
            except (FormatError, RuleError) as error:
                outcomes.append(repr(error))
        assert len(set(outcomes)) == 1, (data, outcomes)
        return outcomes[0]

    def test_views_and_others(self) -> None:
        assert self.same(self.VIEW) is True
        assert self.same(self.VIEW.replace(b"masked", b"name")) is False
        assert self.same(self.VIEW.replace(b"**", b"\xe4\xb8\x89**")) is False
        assert self.same(self.VIEW[:-1] + b",1]") != self.same(self.VIEW[:-1] + b" ]")
        for salt in (b"", b"AAAA", b"A" * 22, b"A" * 23, b"A" * 24, b"A" * 25, b"A" * 21 + b"B", b"A" * 64, b"A" * 66):
            self.same(self.VIEW.replace(self.SALT.encode(), salt))
        values = (b"1", b"true", b"null", b"[]", b'"x","y"', b"1.5", b"", b'"\xff"', b'"e\xcc\x81"')
        for value in (*values, b'"%b"' % (b"x" * 2000)):
            self.same(b'["%b","masked",%b]' % (self.SALT.encode(), value))

    def test_every_changed_byte(self) -> None:
        for place in range(len(self.VIEW)):
            for changed in (self.VIEW[place] ^ 1, self.VIEW[place] ^ 0x20, ord('"'), ord("]"), ord("A")):
                self.same(self.VIEW[:place] + bytes([changed]) + self.VIEW[place + 1 :])
            self.same(self.VIEW[:place])

    def test_what_is_no_base64url(self) -> None:
        with pytest.raises(FormatError):
            is_public_view("=")


@given(st.text())
def test_both_ways_of_writing_a_text_agree(value: str) -> None:
    """The short way for texts gives the canonical form, or the canonical form's error."""
    try:
        expected = format_base64url(format_canonical([SALT, "name", value]))
    except FormatError:
        with pytest.raises(FormatError):
            make_disclosure(SALT, "name", value)
    else:
        assert make_disclosure(SALT, "name", value) == expected


@pytest.mark.parametrize("value", ["\ufa0c", "\ud800", "e\u0301", "张" * 30_000])
def test_texts_outside_the_canonical_form_are_refused(value: str) -> None:
    with pytest.raises(FormatError):
        make_disclosure(SALT, "name", value)


@pytest.mark.parametrize("value", ["张三", 'a "quoted" \\ text\n', 17, True, {"name": "张**"}, ["1", "2"], "x" * 5000])
def test_a_disclosure_opens_to_what_was_put_in(value: Value) -> None:
    text = make_disclosure(SALT, "employer", value)
    assert parse_disclosure(text) == Disclosure(SALT, "employer", value)
    assert digest_of(text) == format_base64url(hashlib.sha256(text.encode()).digest())
    assert match_disclosures([digest_of(text)], [text]) == {"employer": value}


def encoded(data: bytes) -> str:
    return format_base64url(data)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (encoded(format_canonical([SALT, "name"])), "disclosure_arity"),
        (encoded(format_canonical([SALT, "name", "x", "y"])), "disclosure_arity"),
        (encoded(format_canonical({"name": "x"})), "disclosure_arity"),
        (encoded(format_canonical([17, "name", "x"])), "disclosure_salt"),
        (encoded(format_canonical(["AAAA", "name", "x"])), "disclosure_salt"),
        (encoded(format_canonical([SALT, "phone", "x"])), "disclosure_name"),
        (encoded(format_canonical([SALT, 1, "x"])), "disclosure_name"),
    ],
)
def test_what_is_no_disclosure_is_refused(text: str, rule: str) -> None:
    with pytest.raises(RuleError) as raised:
        match_disclosures([digest_of(text)], [text])
    assert raised.value.rule == rule


@pytest.mark.parametrize("text", ["?", encoded(b'["x", 1]'), encoded(format_canonical(["=", "name", "x"])), "名"])
def test_malformed_bytes_are_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse_disclosure(text)


def test_only_ascii_has_a_digest() -> None:
    with pytest.raises(FormatError, match="not ASCII"):
        digest_of("名")


def test_duplicates_and_strangers_are_refused() -> None:
    name = make_disclosure(SALT, "name", "张三")
    other = make_disclosure(SALT, "name", "李四")
    digests = [digest_of(name), digest_of(other)]
    assert match_disclosures(digests, []) == {}
    for committed, given_, rule in (
        ([digests[0], digests[0]], [name], "disclosure_duplicate"),
        (digests, [name, name], "disclosure_duplicate"),
        (digests, [name, other], "disclosure_duplicate"),
        (digests[:1], [name, other], "disclosure_unreferenced"),
    ):
        with pytest.raises(RuleError) as raised:
            match_disclosures(committed, given_)
        assert raised.value.rule == rule


def test_private_fields_are_disclosed_under_the_code() -> None:
    made = private_disclosures(CODE, {"name": "张三", "doc_type": "201"})
    assert parse_disclosure(made["doc_type"]) == Disclosure(derive_salt(CODE, "doc_type"), "doc_type", "201")
    with pytest.raises(RuleError, match="not a private field"):
        private_disclosures(CODE, {"masked": {"name": "张**"}})


def test_a_verification_code_is_100_bits_in_groups_of_four() -> None:
    assert new_verification_code(bytes(13)) == "0" * 20
    assert new_verification_code(b"\xff" * 13) == "Z" * 20
    assert new_verification_code(b"\xff" * 12 + b"\xf0") == "Z" * 20  # the last four bits are not used
    assert new_verification_code(bytes([0x08]) + bytes(12)) == "1" + "0" * 19
    assert group_verification_code(CODE) == "0123 4567 89AB CDEF GHJK"
    with pytest.raises(FormatError, match="13 random bytes"):
        new_verification_code(bytes(12))


@given(st.binary(min_size=13, max_size=13))
def test_printed_codes_are_read_back(data: bytes) -> None:
    code = new_verification_code(data)
    assert parse_verification_code(group_verification_code(code).lower()) == code


@pytest.mark.parametrize(
    "typed", ["O123 4567 89ab cdef ghjk", "0l23-4567-89AB-CDEF-GHJK", "oi23456789abcdefghjk", "０１23456789ABCDEFGHJK"]
)
def test_look_alikes_are_read(typed: str) -> None:
    assert parse_verification_code(typed) == CODE


@pytest.mark.parametrize("typed", ["", OTHER[:-1], OTHER + "0", OTHER[:-1] + "U", OTHER[:-1] + "名"])
def test_other_codes_are_refused_without_being_repeated(typed: str) -> None:
    with pytest.raises(FormatError) as raised:
        parse_verification_code(typed)
    assert not typed or typed not in str(raised.value)


def test_values_are_normalised_before_they_are_matched() -> None:
    assert normalise_name(" \u3000Nguye\u0302\u0303n\n") == "Nguyễn"
    assert normalise_name("\ufa0c") == "\u5140"
    assert normalise_doc_no(" 3604 2619 9101 0100 7x ") == "36042619910101007X"
    assert normalise_doc_no("３６０４Ｘ\u3000") == "3604X"
