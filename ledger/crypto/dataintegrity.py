"""Data Integrity proofs, cryptosuite eddsa-rdfc-2022 (W3C VC Data Integrity EdDSA Cryptosuites v1.0).

    proof options   {"type":"DataIntegrityProof","cryptosuite":"eddsa-rdfc-2022","created":"…Z",
                     "verificationMethod":"did:key:z6Mk…#z6Mk…","proofPurpose":"assertionMethod"}
    message         SHA-256(canonize(options with the document's @context)) ‖ SHA-256(canonize(document without proof))
    proofValue      "z" base58btc(Ed25519 signature of the 64 bytes)

The key is in the proof, so a proof alone says that the document is whole, never whose it is: whoever checks one asks
elsewhere whose key that is. Signatures are judged by the one rule of `ledger.core.ed25519`.

>>> from ledger.crypto.pynacl_verify import verify
>>> from ledger.crypto.signer import Ed25519Signer
>>> context = ["https://www.w3.org/ns/credentials/v2"]
>>> signed = sign_document({"@context": context, "type": "VerifiableCredential"}, Ed25519Signer("test", bytes(32)), 0)
>>> signed["proof"]["created"], check_document(signed, verify)[:3].hex()
('1970-01-01T00:00:00Z', '3b6a27')
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ledger.core.digest import sha256
from ledger.core.ed25519 import SIGNATURE_SIZE, Verify
from ledger.core.encoding import format_time, parse_time
from ledger.core.errors import FormatError, SignatureError
from ledger.core.note import Signer
from ledger.crypto.canonize import canonize as canonize_pinned
from ledger.crypto.didkey import format_base58, format_did_key, parse_base58, parse_did_key

__all__ = ["check_document", "sign_document"]

Canonize = Callable[[Mapping[str, Any]], bytes]

_MEMBERS: Final = ("type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "proofValue")


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
