import re

import pytest

from ledger.core.encoding import format_base64
from ledger.core.errors import FormatError, SignatureError
from ledger.core.note import (
    COSIGNATURE,
    ED25519,
    MAX_SIGNATURES,
    Note,
    NoteSignature,
    VerifierKey,
    check_key_name,
    cosignature_message,
    format_note,
    format_vkey,
    open_note,
    parse_cosignature,
    parse_note,
    parse_vkey,
    sign_note,
)
from ledger.crypto.pynacl_verify import verify
from tests.mangle import one_byte_changes, truncations
from tests.vectors.generate import ENOCH_LINE, ENOCH_VKEY, N1_NOTE, N1_VKEY, N2_TEXT, PETER_LINE, PETER_VKEY
from tests.vectors.runner import PortableSigner, parse_signer

PETER, ENOCH = parse_vkey(PETER_VKEY), parse_vkey(ENOCH_VKEY)
PETER_SIGNER = parse_signer(
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
)  # published
BOTH = f"{N2_TEXT}\n{PETER_LINE}{ENOCH_LINE}".encode()


def test_n1_the_example_of_the_specification() -> None:
    key = parse_vkey(N1_VKEY)
    note = open_note(N1_NOTE, [key], verify)
    assert note.text == "This is an example message.\n"
    assert note.verified == (key,)
    assert note.signatures[0].key_id.hex() == "530d903a"


def test_n2_peters_line_is_made_again_byte_for_byte() -> None:
    assert PETER_SIGNER.key == PETER
    assert sign_note(N2_TEXT, [PETER_SIGNER]) == f"{N2_TEXT}\n{PETER_LINE}".encode()


def test_n2_both_known_in_the_order_of_the_lines() -> None:
    assert open_note(BOTH, [ENOCH, PETER], verify).verified == (PETER, ENOCH)


def test_n2_an_unknown_line_is_carried_and_not_judged() -> None:
    note = open_note(BOTH, [ENOCH], verify)
    assert note.verified == (ENOCH,)
    assert [signature.name for signature in note.signatures] == ["PeterNeumann", "EnochRoot"]


@pytest.mark.parametrize("keys", [[], [parse_vkey(N1_VKEY)]])
def test_n2_no_known_key_is_an_error_and_the_note_can_still_be_read(keys: list[VerifierKey]) -> None:
    with pytest.raises(SignatureError, match="no signature by a known key"):
        open_note(BOTH, keys, verify)
    assert parse_note(BOTH).text == N2_TEXT
    assert parse_note(BOTH).verified == ()


def test_n2_a_key_listed_twice_is_ambiguous_only_if_used() -> None:
    with pytest.raises(SignatureError, match="EnochRoot: ambiguous"):
        open_note(BOTH, [PETER, ENOCH, ENOCH], verify)
    assert open_note(f"{N2_TEXT}\n{PETER_LINE}".encode(), [PETER, ENOCH, ENOCH], verify).verified == (PETER,)


def test_n2_one_bad_known_line_refuses_the_note() -> None:
    spoiled = PETER_LINE[:60] + "ABCD" + PETER_LINE[60:]
    with pytest.raises(SignatureError, match="PeterNeumann: the signature does not verify"):
        open_note(f"{N2_TEXT}\n{spoiled}{ENOCH_LINE}".encode(), [PETER, ENOCH], verify)


def test_n2_the_same_good_line_twice_counts_once_and_is_verified_once() -> None:
    calls = []

    def counting(public_key: bytes, message: bytes, signature: bytes) -> bool:
        calls.append(signature)
        return verify(public_key, message, signature)

    note = open_note(f"{N2_TEXT}\n{PETER_LINE * 50}".encode(), [PETER], counting)
    assert note.verified == (PETER,)
    assert len(note.signatures) == 50
    assert len(calls) == 1


def test_n2_mutated_keys_are_refused_every_substring_and_every_byte() -> None:
    refused = 0
    for mutant in {*truncations(PETER_VKEY.encode()), *one_byte_changes(PETER_VKEY.encode())}:
        try:
            text = mutant.decode()
        except UnicodeDecodeError:
            continue
        with pytest.raises(FormatError):
            parse_vkey(text)
        refused += 1
    assert refused > 200


def test_every_damage_to_a_note_is_refused() -> None:
    data = f"{N2_TEXT}\n{PETER_LINE}".encode()
    for mutant in {*truncations(data), *one_byte_changes(data)}:
        with pytest.raises((FormatError, SignatureError)):
            open_note(mutant, [PETER], verify)


@pytest.mark.parametrize(
    ("vkey", "reason"),
    [
        ("", "vkey: not name+key id+key"),
        ("PeterNeumann+c74f20a3", "vkey: not name+key id+key"),
        ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "vkey: a name is not empty"),
        ("PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "vkey key id: not 8"),
        ("PeterNeumann+c74f20a3+ARpc", "vkey key: 3 bytes instead of 33"),
        ("PeterNeumann+c74f20a3+ARpc?", "vkey key: not the one base64"),
        ("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "vkey: unknown kind of key"),
        ("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==", "vkey key: not the one"),
        ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "vkey: the key id is not that"),
        (format_vkey(VerifierKey("x", 1, bytes(32))), "vkey: not the canonical encoding"),
    ],
)
def test_a_malformed_vkey_says_what_is_wrong(vkey: str, reason: str) -> None:
    with pytest.raises(FormatError, match=re.escape(reason)):
        parse_vkey(vkey)


@pytest.mark.parametrize("name", ["x", "example.org/log", "重庆市技能人才评价", "a=b", "—"])
def test_a_name_may_be_any_text_without_white_space_and_plus(name: str) -> None:
    check_key_name(name, "origin")
    key = PortableSigner(name, bytes(32)).key
    assert parse_vkey(format_vkey(key)) == key


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "a+b", "a\n", "\ta", "a\u00a0b", "a\u3000b", "a\u2028", "a\x00b", "a\x1f", "\x85"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(FormatError, match="origin: a name is not empty"):
        check_key_name(name, "origin")


@pytest.mark.parametrize("text", ["", "no newline", "tab\t\n", "carriage return\r\n", "null\x00\n"])
def test_texts_that_could_not_be_read_back_are_not_signed(text: str) -> None:
    with pytest.raises(FormatError, match="note: "):
        sign_note(text, [PETER_SIGNER])


def test_signatures_that_could_not_be_read_back_are_not_written() -> None:
    for signature in (
        NoteSignature("two words", bytes(4), bytes(64)),
        NoteSignature("x", bytes(4), b""),
        NoteSignature("x", bytes(3), bytes(64)),
    ):
        with pytest.raises(FormatError):
            format_note("text\n", [signature])
    with pytest.raises(FormatError):
        format_note("text\n", [])
    with pytest.raises(FormatError, match="more than 100"):
        format_note("text\n", [NoteSignature("x", bytes(4), bytes(64))] * (MAX_SIGNATURES + 1))


def test_a_text_may_look_like_a_note_and_stays_the_text() -> None:
    inner = sign_note("inner\n", [PETER_SIGNER]).decode()
    note = open_note(sign_note(inner, [PETER_SIGNER]), [PETER], verify)
    assert note.text == inner
    assert open_note(note.text.encode(), [PETER], verify).text == "inner\n"


def test_a_refusal_names_the_byte() -> None:
    with pytest.raises(FormatError, match=re.escape("note: not UTF-8 (at byte 4)")):
        parse_note("级\n".encode() + b"\xff")
    with pytest.raises(FormatError, match=re.escape("note: a control character (at byte 3)")):
        parse_note("级\x07\n".encode())


def test_w2_the_deterministic_cosignature_of_sigsum_is_made_again() -> None:
    witness = PortableSigner("example.org/witness", bytes([0x11, *bytes(31)]), COSIGNATURE)
    body = "example.org/log\n10\nHA5HAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
    assert format_vkey(witness.key) == "example.org/witness+cacf2e50+BGbguFjkYqYJ5m/nE3DIFtiEb/ED1UmaIqf+w3/bxCSn"
    payload = (1234).to_bytes(8, "big") + witness.sign(cosignature_message(body, 1234))
    note = format_note(body, [NoteSignature(witness.key.name, witness.key.key_id, payload)])
    assert note.decode() == (
        f"{body}\n— example.org/witness ys8uUAAAAAAAAATSftMzceM8zssdZ9jin9SjwIxzx9iADMf63VqirX2hafol9RsqNqbofIz0LVRqH"
        "XI2kpEBSki5RTXFtxz1vo9+Cg==\n"
    )
    opened = open_note(note, [witness.key], verify)
    assert opened.verified == (witness.key,)
    assert parse_cosignature(opened.signatures[0].payload) == (1234, payload[8:])


def test_w1_a_real_witness_line_and_its_time() -> None:
    key = parse_vkey("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2")
    body = "arche2025h1.staging.ct.transparency.dev\n1432088532\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
    line = "2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw=="
    note = open_note(f"{body}\n— remora.n621.de {line}\n".encode(), [key], verify)
    assert parse_cosignature(note.signatures[0].payload)[0] == 1779573024


def test_a_cosignature_of_another_form_is_a_bad_signature_not_a_crash() -> None:
    witness = PortableSigner("example.org/witness", bytes(32), COSIGNATURE)
    for payload in (bytes(71), bytes(73), b"\xff" * 72, bytes(72)):
        note = format_note("text\n", [NoteSignature(witness.key.name, witness.key.key_id, payload)])
        with pytest.raises(SignatureError):
            open_note(note, [witness.key], verify)
    with pytest.raises(FormatError, match="cosignature"):
        parse_cosignature(bytes(64))


def test_kinds_are_separate_even_for_one_name_and_seed() -> None:
    log, witness = (PortableSigner("example.org/test", bytes(32), kind) for kind in (ED25519, COSIGNATURE))
    assert log.key.public == witness.key.public
    assert log.key.key_id != witness.key.key_id
    with pytest.raises(SignatureError, match="no signature by a known key"):
        open_note(sign_note("text\n", [log]), [witness.key], verify)


def test_a_note_is_a_value() -> None:
    note = parse_note(BOTH)
    assert note == Note(N2_TEXT, note.signatures)
    assert format_note(note.text, note.signatures) == BOTH
    assert format_base64(note.signatures[1].key_id) == "rwz+eA=="
