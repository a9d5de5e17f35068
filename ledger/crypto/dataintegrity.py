"""Data Integrity proofs, cryptosuite eddsa-rdfc-2022 (W3C VC Data Integrity EdDSA Cryptosuites v1.0).

    proof options   {"type":"DataIntegrityProof","cryptosuite":"eddsa-rdfc-2022","created":"…Z",
                     "verificationMethod":"did:key:z6Mk…#z6Mk…","proofPurpose":"assertionMethod"}
    message         SHA-256(canonize(options with the document's @context)) ‖ SHA-256(canonize(document without proof))
    proofValue      "z" base58btc(Ed25519 signature of the 64 bytes)
    did:key         "did:key:z" base58btc(0xed 0x01 ‖ public key)

The key is in the proof, so a proof alone says that the document is whole, never whose it is: whoever checks one asks
elsewhere whose key that is. Signatures are judged by the one rule of `ledger.core.ed25519`.

>>> did = format_did_key(bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
>>> did, parse_did_key(did)[:3].hex()
('did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw', 'd75a98')
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ledger.core.digest import sha256
from ledger.core.ed25519 import PUBLIC_KEY_SIZE, SIGNATURE_SIZE, Verify
from ledger.core.encoding import format_time, parse_time
from ledger.core.errors import FormatError, SignatureError
from ledger.core.note import Signer
from ledger.crypto.canonize import canonize as canonize_pinned

__all__ = [
    "check_document",
    "format_base58",
    "format_did_key",
    "parse_base58",
    "parse_did_key",
    "sign_document",
]

Canonize = Callable[[Mapping[str, Any]], bytes]

_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ED25519: Final = b"\xed\x01"  # the multicodec of an Ed25519 public key
_MEMBERS: Final = ("type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue")


def format_base58(data: bytes) -> str:
    """Return base58btc, without a multibase prefix."""
    number, text = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = _ALPHABET[digit] + text
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + text


def parse_base58(text: str, what: str, size: int) -> bytes:
    """Return the `size` bytes that base58btc writes. Raises FormatError."""
    number = 0
    if len(text) > 2 * size:  # never more than 1.37 characters a byte
        raise FormatError(what, f"not {size} bytes")
    for character in text:
        if character not in _ALPHABET:
            raise FormatError(what, "not base58btc")
        number = number * 58 + _ALPHABET.index(character)
    if number >> (8 * size):
        raise FormatError(what, f"not {size} bytes")
    data = number.to_bytes(size, "big")
    if format_base58(data) != text:
        raise FormatError(what, f"not {size} bytes")
    return data


def format_did_key(public: bytes) -> str:
    """Return the did:key of an Ed25519 public key (32 bytes)."""
    return "did:key:z" + format_base58(_ED25519 + public)


def parse_did_key(did: str) -> bytes:
    """Return the Ed25519 public key (32 bytes) of a did:key. Raises FormatError."""
    if not did.startswith("did:key:z"):
        raise FormatError("did:key", "not a did:key")
    data = parse_base58(did.removeprefix("did:key:z"), "did:key", len(_ED25519) + PUBLIC_KEY_SIZE)
    if not data.startswith(_ED25519):
        raise FormatError("did:key", "not an Ed25519 key")
    return data[len(_ED25519) :]


def sign_document(document: Mapping[str, Any], signer: Signer, created: int) -> dict[str, Any]:
    """Return the document with its proof, made at `created` (unix seconds). The same arguments give the same bytes."""
    did = format_did_key(signer.key.public)
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": format_time(created),
        "verificationMethod": f"{did}#{did.removeprefix('did:key:')}",
        "proofPurpose": "assertionMethod",
    }
    signature = signer.sign(_message(document, options, canonize_pinned))
    return {**document, "proof": {**options, "proofValue": "z" + format_base58(signature)}}


def check_document(document: Mapping[str, Any], verify: Verify, *, canonize: Canonize = canonize_pinned) -> bytes:
    """Return the public key that the document's one proof is by.

    Raises FormatError for another form (two proofs, another suite, an expiry), SignatureError where it does not stand.
    """
    proof = document.get("proof")
    if not isinstance(proof, dict) or sorted(proof) != sorted(_MEMBERS):
        raise FormatError("proof", f"not one proof whose members are {', '.join(_MEMBERS)}")
    if not all(isinstance(value, str) for value in proof.values()):
        raise FormatError("proof", "a member that is no text")
    kind = proof["type"], proof["cryptosuite"], proof["proofPurpose"]
    if kind != ("DataIntegrityProof", "eddsa-rdfc-2022", "assertionMethod"):
        raise FormatError("proof", "not a DataIntegrityProof by eddsa-rdfc-2022 for assertionMethod")
    parse_time(proof["created"], "proof created")
    did, _, fragment = proof["verificationMethod"].partition("#")
    if did != f"did:key:{fragment}":
        raise FormatError("proof", "the verificationMethod is not a did:key with its own fragment")
    public = parse_did_key(did)
    if not proof["proofValue"].startswith("z"):
        raise FormatError("proof", "the proofValue is not base58btc")
    signature = parse_base58(proof["proofValue"][1:], "proofValue", SIGNATURE_SIZE)
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    if not verify(public, _message(unsigned, options, canonize), signature):
        raise SignatureError(did, "the proof does not stand: the credential was changed, or is not by this key")
    return public


def _message(document: Mapping[str, Any], options: Mapping[str, Any], canonize: Canonize) -> bytes:
    config = {"@context": document.get("@context"), **options}
    return sha256(canonize(config)) + sha256(canonize(document))
