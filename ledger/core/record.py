r"""Records: what somebody signs.

A record is a JSON object in canonical form (spec: canonical) with exactly these members:

    {"body":{...},"issuer":"S000050000001","key":"<8 hex>","sig":"<86 chars>","type":"certificate.issue","v":1}

`sig` is the base64url of the Ed25519 signature over

    "skill-ledger/record/v1\n" + canonical(the record without "sig")

`issuer` is the name in the vkey that signs and `key` its key id: the origin for `ledger.open` and `index`, the
registrar's name, or an organisation's 13-character code. Which key may sign what is the registry's business
(`registry`); which members a body has is `body`'s. Nothing in a record identifies a person.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from ledger.core.body import TYPES, check_body
from ledger.core.canonical import MAX_SIZE, Value, format_canonical
from ledger.core.ed25519 import Verify
from ledger.core.encoding import format_base64url, format_hex, parse_base64url
from ledger.core.errors import FormatError, SignatureError
from ledger.core.evidence import EVIDENCE_TYPES
from ledger.core.note import Signer, VerifierKey

__all__ = [
    "RECORD_DOMAIN",
    "Body",
    "Record",
    "Template",
    "check_record",
    "format_record",
    "parse_record",
    "record_tail",
    "sign_record",
]

Body = Mapping[str, Value]

RECORD_DOMAIN = b"skill-ledger/record/v1\n"
_MEMBERS = frozenset(("body", "issuer", "key", "sig", "type", "v"))
_CODE = "0" * 22  # stand for the members that change, in a template's model
_DIGEST = "A" * 43
_CHANGING = [(name, TYPES["certificate.issue"][0][name]) for name in ("code", "disclosures")]
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True)
class Record:
    """One signed statement. `key` is the signer's key id in hex, `sig` the base64url signature over `message`."""

    type: str
    body: Body
    issuer: str
    key: str
    sig: str
    message: bytes = field(repr=False)

    @property
    def subject(self) -> str | None:
        """The certificate number or organisation code the record is about.

        None for the ledger's own records and for the workflow's evidence, which no lookup needs.
        """
        if self.type.startswith("certificate."):
            return cast("str", self.body["code"])
        return cast("str | None", self.body.get("org")) if self.type not in EVIDENCE_TYPES else None


def parse_record(value: Value, message: bytes | None = None) -> Record:
    """Return the record that a canonical JSON value describes; `message` spares formatting the signed bytes anew.

    Raises FormatError for a missing, unknown or ill-typed member, an unknown type or a body that is not its type's.
    """
    if not isinstance(value, dict) or value.keys() != _MEMBERS:
        raise FormatError("record", "members must be exactly body, issuer, key, sig, type, v")
    body, issuer, key, sig, kind = value["body"], value["issuer"], value["key"], value["sig"], value["type"]
    if value["v"] is True or value["v"] != 1:
        raise FormatError("record", "v must be 1")
    if not (isinstance(issuer, str) and isinstance(kind, str) and isinstance(body, dict)):
        raise FormatError("record", "issuer and type must be text, body an object")
    if not (isinstance(key, str) and len(key) == 8 and _HEX.issuperset(key)):
        raise FormatError("record", "key must be 8 lower-case hex digits")
    if not (isinstance(sig, str) and len(sig) == 86):
        raise FormatError("record", "sig must be 86 base64url characters")
    check_body(kind, body)
    if message is None:
        message = RECORD_DOMAIN + format_canonical(_unsigned(kind, body, issuer, key))
    return Record(kind, body, issuer, key, sig, message)


def format_record(record: Record) -> bytes:
    """Return the canonical JSON of a record: the signed bytes with `sig` put in where it sorts, behind `key`."""
    tail = record_tail(record.type)
    return b'%b,"sig":"%b"%b' % (record.message[len(RECORD_DOMAIN) : -len(tail)], record.sig.encode(), tail)


def record_tail(kind: str) -> bytes:
    """Return the end of a record of type `kind`: all that sorts behind `sig`."""
    return f',"type":"{kind}","v":1}}'.encode()


def sign_record(kind: str, body: Body, signer: Signer) -> Record:
    """Return `body` signed as a record of type `kind` by `signer`. Raises FormatError if the body is not its type's."""
    check_body(kind, body)
    key = format_hex(signer.key.key_id)
    message = RECORD_DOMAIN + format_canonical(_unsigned(kind, body, signer.key.name, key))
    return Record(kind, body, signer.key.name, key, format_base64url(signer.sign(message)), message)


class Template:
    """Records of one type that differ in number and disclosures only: `sign` gives what `sign_record` gives.

    The canonical bytes around the two are formatted, and their members checked, once.
    """

    def __init__(self, kind: str, body: Body, signer: Signer) -> None:
        """Take the members that all records share: `body` without `code` and `disclosures`. Raises FormatError."""
        self._model = sign_record(kind, {**body, "code": _CODE, "disclosures": [_DIGEST]}, signer)
        self._signer = signer
        # With their names: the other members may hold the same characters, but no quotation mark.
        before, after = b'"code":"', b'"disclosures":["'
        head, rest = self._model.message.split(before + _CODE.encode(), 1)
        middle, self._tail = rest.split(after + _DIGEST.encode(), 1)
        self._head, self._middle = head + before, middle + after

    def sign(self, code: str, digests: Sequence[str]) -> Record:
        """Return the record of one number (22 characters) with its digests in order. Raises FormatError."""
        changing: dict[str, Value] = {"code": code, "disclosures": [*digests]}
        for name, check in _CHANGING:
            if not check(changing[name]):
                raise FormatError(self._model.type, f"member {name!r} is not of its form")
        listed = '","'.join(digests).encode()
        message = b"".join((self._head, code.encode(), self._middle, listed, self._tail))
        if len(message) > MAX_SIZE:
            raise FormatError(self._model.type, f"more than {MAX_SIZE} bytes")
        sig = format_base64url(self._signer.sign(message))
        model = self._model
        return Record(model.type, {**model.body, **changing}, model.issuer, model.key, sig, message)


def check_record(record: Record, key: VerifierKey, verify: Verify) -> None:
    """Raise SignatureError unless `key` signed the record."""
    if record.issuer != key.name or record.key != key.key_id.hex():
        raise SignatureError(record.issuer, "another key signed")
    try:
        signature = parse_base64url(record.sig, "record signature", 64)
    except FormatError as error:
        raise SignatureError(record.issuer, str(error)) from error
    if not verify(key.public, record.message, signature):
        raise SignatureError(record.issuer, "the signature does not verify")


def _unsigned(kind: str, body: Body, issuer: str, key: str) -> dict[str, Value]:
    return {"body": cast("Value", body), "issuer": issuer, "key": key, "type": kind, "v": 1}
