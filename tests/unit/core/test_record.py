"""Records: exactly one form, and a signature that covers all of it."""

from dataclasses import replace
from typing import ClassVar, cast

import pytest

from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.errors import FormatError, SignatureError
from ledger.core.record import (
    RECORD_DOMAIN,
    Record,
    Template,
    check_record,
    format_record,
    parse_record,
    sign_record,
)
from ledger.crypto.pynacl_verify import verify
from ledger.crypto.signer import Ed25519Signer
from tests.simulator import LOG, REGISTRAR, SCHOOL, event_body, filing, issue_body, number, opening, signer

SIGNED = sign_record("certificate.issue", issue_body(number(1)), signer(SCHOOL))
VALUE = cast("dict[str, Value]", parse_canonical(format_record(SIGNED)))


def test_its_bytes_are_canonical_and_read_back() -> None:
    assert parse_record(VALUE) == SIGNED
    assert format_canonical(VALUE) == format_record(SIGNED)
    assert list(VALUE) == ["body", "issuer", "key", "sig", "type", "v"]


def test_the_signature_covers_all_but_itself_under_its_domain() -> None:
    rest = {name: value for name, value in VALUE.items() if name != "sig"}
    assert SIGNED.message == RECORD_DOMAIN + format_canonical(rest)
    assert RECORD_DOMAIN == b"skill-ledger/record/v1\n"


def test_a_good_signature_is_accepted() -> None:
    check_record(SIGNED, signer(SCHOOL).key, verify)


@pytest.mark.parametrize(
    "spoilt",
    [
        replace(SIGNED, message=SIGNED.message[:-1]),
        replace(SIGNED, sig="A" * 86),
        replace(SIGNED, sig=SIGNED.sig[:-1] + chr(ord(SIGNED.sig[-1]) + 1)),
        replace(SIGNED, sig=SIGNED.sig[:84]),
        replace(SIGNED, sig="!" * 86),
        replace(SIGNED, issuer="S000050000002"),
        replace(SIGNED, key="00000000"),
    ],
)
def test_any_other_is_refused(spoilt: Record) -> None:
    with pytest.raises(SignatureError):
        check_record(spoilt, signer(SCHOOL).key, verify)


def test_another_key_of_the_same_name_is_refused() -> None:
    with pytest.raises(SignatureError, match="another key"):
        check_record(SIGNED, signer(SCHOOL, "thief").key, verify)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"v": True}, "v must be 1"),
        ({"v": 2}, "v must be 1"),
        ({"v": "1"}, "v must be 1"),
        ({"issuer": 1}, "must be text"),
        ({"type": 1}, "must be text"),
        ({"body": []}, "body an object"),
        ({"key": 1}, "8 lower-case hex"),
        ({"key": "0123ABCD"}, "8 lower-case hex"),
        ({"key": "0123abc"}, "8 lower-case hex"),
        ({"sig": 1}, "86 base64url"),
        ({"sig": "A" * 85}, "86 base64url"),
        ({"type": "certificate.print"}, "unknown type"),
        ({"body": {}}, "is missing"),
        ({"extra": 1}, "members must be exactly"),
    ],
)
def test_other_forms_are_refused(changes: dict[str, Value], reason: str) -> None:
    with pytest.raises(FormatError, match=reason):
        parse_record({**VALUE, **changes})


@pytest.mark.parametrize("name", sorted(VALUE))
def test_every_member_is_needed(name: str) -> None:
    with pytest.raises(FormatError, match="members must be exactly"):
        parse_record({key: value for key, value in VALUE.items() if key != name})


@pytest.mark.parametrize("value", [[], "record", 1, True])
def test_what_is_no_object_is_no_record(value: Value) -> None:
    with pytest.raises(FormatError):
        parse_record(value)


def test_a_body_of_another_type_is_not_signed() -> None:
    with pytest.raises(FormatError, match="unknown member"):
        sign_record("certificate.revoke", issue_body(number(1)), signer(SCHOOL))


@pytest.mark.parametrize(
    ("record", "subject"),
    [
        (SIGNED, number(1)),
        (sign_record("certificate.revoke", event_body(number(2)), signer(SCHOOL)), number(2)),
        (sign_record("org.file", filing(), REGISTRAR), SCHOOL),
        (sign_record("ledger.open", opening(), LOG), None),
    ],
)
def test_the_subject(record: Record, subject: str | None) -> None:
    assert record.subject == subject


class TestTemplate:
    SIGNER = Ed25519Signer("S000050000001", bytes(31) + b"\x09")
    SHARED: ClassVar[dict[str, Value]] = {
        "batch": "cd" * 32,
        "evaluator": "重庆云岭技师学院（虚构）",
        "evidence": [],
        "issued": "2026-11-18",
        "level": "3",
        "occupation": {"code": "6-18-01-01", "name": "车工"},
        "profile": "cn-chongqing-2020-1",
    }
    DIGESTS = ("E" * 43, "I" * 43, "M" * 43)

    def test_it_signs_what_sign_record_signs(self) -> None:
        template = Template("certificate.issue", self.SHARED, self.SIGNER)
        for count in range(1, 4):
            code = f"S000050000001263{count:06d}"
            body: dict[str, Value] = {**self.SHARED, "code": code, "disclosures": [*self.DIGESTS[:count]]}
            assert template.sign(code, self.DIGESTS[:count]) == sign_record("certificate.issue", body, self.SIGNER)

    @pytest.mark.parametrize(
        ("code", "digests"),
        [("s" * 22, DIGESTS), ('S"00050000001263000001', DIGESTS), ("S000050000001263000001", DIGESTS[::-1])],
        ids=["lower_case", "quote", "digests_not_in_order"],
    )
    def test_it_refuses_what_sign_record_refuses(self, code: str, digests: tuple[str, ...]) -> None:
        template = Template("certificate.issue", self.SHARED, self.SIGNER)
        with pytest.raises(FormatError):
            template.sign(code, digests)
        with pytest.raises(FormatError):
            sign_record("certificate.issue", {**self.SHARED, "code": code, "disclosures": [*digests]}, self.SIGNER)

    def test_a_record_has_a_largest_size(self, monkeypatch: pytest.MonkeyPatch) -> None:
        template = Template("certificate.issue", self.SHARED, self.SIGNER)
        monkeypatch.setattr("ledger.core.record.MAX_SIZE", 100)
        with pytest.raises(FormatError, match="more than 100 bytes"):
            template.sign("S000050000001263000001", self.DIGESTS)


class TestTemplateOfAnyText:
    """Records made from a template are those that `sign_record` makes."""

    @pytest.mark.parametrize("kind", ["certificate.issue", "certificate.correct"])
    @pytest.mark.parametrize(
        "changes",
        [
            {},
            {"batch": "0" * 64},
            {"evaluator": "A" * 43},
            {"evaluator": "0" * 22},
            {"evaluator": '"code":"0000000000000000000000"'},
            {"occupation": {"code": "0" * 22, "name": "A" * 43}},
        ],
        ids=str,
    )
    def test_it_agrees(self, kind: str, changes: dict[str, Value]) -> None:
        more: dict[str, Value] = {"reason": "error"} if kind == "certificate.correct" else {}
        shared = {**issue_body(number(1)), **more, **changes}
        template = Template(kind, {k: v for k, v in shared.items() if k not in {"code", "disclosures"}}, signer(SCHOOL))
        for serial in (1, 2):
            body = {**shared, "code": number(serial), "disclosures": issue_body(number(serial))["disclosures"]}
            digests = cast("list[str]", body["disclosures"])
            assert template.sign(number(serial), digests) == sign_record(kind, body, signer(SCHOOL))

    @pytest.mark.parametrize(
        ("code", "digests"),
        [
            (number(1)[:-1], ["A" * 43]),
            (number(1).lower(), ["A" * 43]),
            (number(1), []),
            (number(1), ["A" * 42]),
            (number(1), ["B" * 43, "A" * 43]),
        ],
    )
    def test_members_of_another_form_are_refused(self, code: str, digests: list[str]) -> None:
        shared = {k: v for k, v in issue_body(number(1)).items() if k not in {"code", "disclosures"}}
        with pytest.raises(FormatError, match="not of its form"):
            Template("certificate.issue", shared, signer(SCHOOL)).sign(code, digests)
