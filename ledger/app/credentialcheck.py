"""Checking a credential: its proof, and then by the ledger what it says and whose key it is by.

A proof alone says that nothing was changed since somebody signed. Who that is, whether the certificate is there and
whether it stands is for the ledger to say: the number is looked up like any other, the key must be one that a registrar
filed for its organisation (or for the one it was merged into) and has not revoked, and every claim but the personal
ones must be the ledger's. A name or document number in a credential is the word of that key.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from ledger.app.credentials import Shown, claims_of
from ledger.app.signatories import Signatories
from ledger.core.errors import FormatError
from ledger.core.profile import Profile
from ledger.core.report import Report
from ledger.crypto.dataintegrity import check_document
from ledger.crypto.didkey import format_did_key
from ledger.crypto.pynacl_verify import verify
from ledger.forms.credential import Claims, parse_credential

__all__ = ["Credential", "compare_claims", "key_standing", "open_credential"]

MAX_FILE = 65_536  # bytes; an export has about 4,000


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential whose proof stands: what it says, and the Ed25519 public key (32 bytes) that it is by."""

    claims: Claims
    public: bytes

    @property
    def did(self) -> str:
        """The key as a did:key."""
        return format_did_key(self.public)


def open_credential(data: bytes) -> Credential:
    """Return the credential in a file. Raises FormatError for another form, SignatureError where its proof fails."""
    if len(data) > MAX_FILE:
        raise FormatError("credential", f"longer than {MAX_FILE} bytes")
    try:
        document = json.loads(data.decode(), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise FormatError("credential", f"not JSON in UTF-8: {error}") from error
    if not isinstance(document, dict):
        raise FormatError("credential", "not a JSON object")
    claims, did = parse_credential(document)
    public = check_document(document, verify)
    if did != format_did_key(public):
        raise FormatError("credential", "the issuer is not the key that signed")
    return Credential(claims, public)


def key_standing(credential: Credential, signatories: Signatories) -> str:
    """Return "filed", "revoked" or "unknown": what the ledger says of the key that the credential is by."""
    holder = signatories.holder_of(credential.public)
    if holder is None:
        return "unknown"
    return "filed" if holder[1] else "revoked"


def compare_claims(
    credential: Credential, report: Report, signatories: Signatories, profiles: Mapping[str, Profile]
) -> list[str]:
    """Return the names of the claims that are not the ledger's. The issuer's name may be one it was filed under once.

    A credential of facts that were corrected since differs in `seq` at least.
    """
    said = credential.claims
    true = claims_of(report, profiles, signatories, Shown(said.site, one_status=said.one_status))
    holder = signatories.holder_of(credential.public)
    if holder is not None:
        names = [filing.name for filing in holder[0].filings]
        issuer = said.issuer if said.issuer in names else names[-1]
        true = replace(true, org=holder[0].org, issuer=issuer)
    true = replace(true, name=said.name, doc_type=said.doc_type, doc_no=said.doc_no)
    return [one.name for one in fields(Claims) if getattr(said, one.name) != getattr(true, one.name)]


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a member twice")
    return value
