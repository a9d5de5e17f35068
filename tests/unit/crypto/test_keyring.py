"""Keyrings: one spelling, immutable, silent about their keys."""

import pytest

from ledger.core.errors import FormatError
from ledger.crypto.keyring import Keyring, NoKeyError, format_keyring, parse_keyring

A, B, C = b"a" * 32, b"b" * 32, b"c" * 32
RING = Keyring({"ledger.example/test": A, "重庆市备案机关": B}, {"rows": C})


def test_what_is_written_is_read() -> None:
    assert parse_keyring(format_keyring(RING)) == RING
    assert parse_keyring(format_keyring(Keyring())) == Keyring()


def test_the_written_form_is_the_documented_one() -> None:
    assert format_keyring(RING).decode() == (
        '{"keys":[{"key":"Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M","name":"rows","use":"data"},'
        '{"key":"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE","name":"ledger.example/test","use":"sign"},'
        '{"key":"YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI","name":"重庆市备案机关","use":"sign"}],"v":1}'
    )


def test_keys_are_found_by_name() -> None:
    assert RING.signer("ledger.example/test").key.name == "ledger.example/test"
    assert RING.data_key("rows") == C
    with pytest.raises(NoKeyError, match="S000050000001"):
        RING.signer("S000050000001")
    with pytest.raises(NoKeyError, match="person-tags"):
        RING.data_key("person-tags")


def test_a_key_is_added_to_a_copy_and_never_replaced() -> None:
    more = RING.with_signing_key("S000050000001", C).with_data_key("person-tags", A)
    assert "S000050000001" in more.sign
    assert "S000050000001" not in RING.sign
    assert more.data_key("person-tags") == A
    with pytest.raises(ValueError, match="has a key"):
        more.with_signing_key("S000050000001", A)
    with pytest.raises(ValueError, match="has a key"):
        more.with_data_key("rows", A)


def test_a_keyring_cannot_be_changed_from_outside() -> None:
    mine = {"x": A}
    ring = Keyring(mine)
    mine["x"] = B
    assert ring.sign["x"] == A
    with pytest.raises(TypeError):
        ring.sign["x"] = B  # type: ignore[index]  # that it cannot is the test


def test_whose_signer_is_here() -> None:
    signer = RING.signer(next(iter(RING.sign)))
    found = RING.find_signer(signer.key)
    assert found is not None
    assert found.key == signer.key
    assert Keyring({}).find_signer(signer.key) is None


def test_no_representation_shows_a_key() -> None:
    assert "aaaa" not in repr(RING)
    assert "cccc" not in str(RING)


@pytest.mark.parametrize("keys", [{"": A}, {"x": A[:31]}])
def test_nameless_and_short_keys_are_refused(keys: dict[str, bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Keyring(keys)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"v":1', b'"v":1,"w":1'),
        (b'"use":"data"', b'"use":"else"'),
        (b'"name":"rows"', b'"name":""'),
        (b'"name":"rows"', b'"name":1'),
        (b'"name":"rows"', b'"more":1,"name":"rows"'),
        (b'"keys":[', b'"keyz":['),
        (b"Y2Nj", b"Y2N"),
    ],
)
def test_any_other_form_is_refused_without_quoting_it(old: bytes, new: bytes) -> None:
    changed = format_keyring(RING).replace(old, new, 1)
    assert changed != format_keyring(RING)
    with pytest.raises(FormatError) as caught:
        parse_keyring(changed)
    assert "Y2Nj" not in str(caught.value)


def test_a_name_given_twice_is_refused() -> None:
    item = b'{"key":"Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M","name":"rows","use":"data"}'
    with pytest.raises(FormatError):
        parse_keyring(b'{"keys":[' + item + b"," + item + b'],"v":1}')


def test_a_secret_that_is_no_object_is_refused() -> None:
    with pytest.raises(FormatError):
        parse_keyring(b"[]")
