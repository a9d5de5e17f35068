"""Holders: the personal data behind a certificate, as the register keeps it (sealed) and the record commits to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from ledger.app.home import Random
from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.disclosure import (
    derive_salt,
    digest_of,
    make_disclosure,
    new_verification_code,
    normalise_doc_no,
    normalise_name,
    private_disclosures,
)
from ledger.core.encoding import format_base64url
from ledger.core.mask import masked_view
from ledger.crypto.rowseal import RowSealer, person_tag
from ledger.forms.documents import person_key

__all__ = ["Holder", "commitments", "holder_tag", "occupation_key", "open_holder", "seal_holder"]


@dataclass(frozen=True, slots=True)
class Holder:
    """One holder's data. `verification_code`: 20 characters, printed on the certificate and never published.

    `photo` is the digest of the photo in the sealed details, base64url; "" where there is none.
    """

    name: str
    doc_type: str
    doc_no: str
    employer: str
    verification_code: str
    photo: str = ""

    def changed(
        self, name: str | None, doc_type: str | None, doc_no: str | None, employer: str | None, random: Random
    ) -> "Holder":
        """Return the data with the given fields replaced, under a new verification code."""
        return replace(
            self,
            name=normalise_name(name) if name else self.name,
            doc_type=doc_type or self.doc_type,
            doc_no=normalise_doc_no(doc_no) if doc_no else self.doc_no,
            employer=employer or self.employer,
            verification_code=new_verification_code(random(13)),
        )

    def fields(self) -> dict[str, Value]:
        """Return the private fields that the record commits to; what is absent is no field."""
        fields: dict[str, Value] = {"name": self.name, "doc_type": self.doc_type, "doc_no": self.doc_no}
        if self.employer:
            fields["employer"] = self.employer
        if self.photo:
            fields["photo"] = self.photo
        return fields


def commitments(holder: Holder, preset: str, random: Random) -> tuple[list[str], str | None]:
    """Return the sorted digests of a holder's disclosures, and the public one to publish (None: the preset has none).

    Every record commits to a masked view unless the preset is `status`. Under `sealed` it is not published, and its
    salt comes from the verification code like those of the private fields, so that whoever has the code can open it.
    """
    digests = [digest_of(text) for text in private_disclosures(holder.verification_code, holder.fields()).values()]
    view = masked_view(holder.name, preset)
    masked = None
    if view is not None:
        sealed = preset == "sealed"
        salt = derive_salt(holder.verification_code, "masked") if sealed else format_base64url(random(16))
        text = make_disclosure(salt, "masked", cast("Value", view))
        digests.append(digest_of(text))
        masked = None if sealed else text
    digests.sort()
    return digests, masked


def occupation_key(occupation: Mapping[str, Value]) -> str:
    """Return what tells occupations apart when asking whether a person holds the same certificate already."""
    return f"{occupation['code']} {occupation.get('job', '')}"


def holder_tag(key: bytes, doc_type: str, doc_no: str, occupation: str, level: str) -> bytes:
    """Return the tag of one person, occupation and level; a renewed document is the same person's."""
    return person_tag(key, doc_type, person_key(doc_type, doc_no), occupation, level)


def seal_holder(sealer: RowSealer, code: str, holder: Holder) -> bytes:
    """Return a holder's data sealed for the register, bound to the certificate number."""
    value: list[Value] = [
        holder.name,
        holder.doc_type,
        holder.doc_no,
        holder.employer,
        holder.verification_code,
        *([holder.photo] if holder.photo else []),
    ]
    return sealer.seal(code.encode(), format_canonical(value))


def open_holder(sealer: RowSealer, code: str, sealed: bytes) -> Holder:
    """Return a holder's data from the register. Raises RowSealError."""
    return Holder(*cast("list[str]", parse_canonical(sealer.open(code.encode(), sealed), "sealed row")))
