"""Credentials: certificates exported as signed files, from what is proven, never from what is merely stored.

For each number the published ledger is looked up as any verifier would; a number that is not proven valid is not
exported. By default a credential says only what the lookup answers to everybody. Name and document number are added
where they are asked for; they come from the register, and step V12 has compared them with the record.

The organisation that signs for the number now signs the credential; its key must be one that the registrar has filed.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from ledger.app.checking import check_certificate
from ledger.app.holders import Holder
from ledger.app.home import HomeError
from ledger.app.places import KeptPlace, Place, RecordingPlace
from ledger.app.signatories import Signatories, read_signatories
from ledger.core.disclosure import private_disclosures
from ledger.core.note import Signer, VerifierKey
from ledger.core.profile import Profile
from ledger.core.report import GOOD, Report
from ledger.core.trust import Trust
from ledger.crypto.dataintegrity import sign_document
from ledger.crypto.didkey import format_did_key
from ledger.forms.credential import Claims, format_credential

__all__ = ["Shown", "claims_of", "export_credentials", "format_document"]


@dataclass(frozen=True, slots=True)
class Shown:
    """How to export: the address of the site, whether the holder's name and document are shown, one status or two."""

    site: str
    name: bool = False
    document: bool = False
    one_status: bool = False


def export_credentials(
    numbers: Sequence[str],
    holder_of: Callable[[str], Holder],
    signer_of: Callable[[str, Collection[VerifierKey]], Signer],
    place: Place,
    trust: Trust,
    profiles: Mapping[str, Profile],
    shown: Shown,
    *,
    now: int,
) -> Iterator[tuple[str, bytes]]:
    """Yield (number, file) for each number, in order; the same arguments give the same bytes.

    `holder_of` gives the holder of a number and is asked only where personal data are shown; `signer_of` the one among
    these keys of an organisation that is here. Raises HomeError for a number that may not be exported.
    """
    kept = KeptPlace(place)
    for code in numbers:
        holder = holder_of(code) if shown.name or shown.document else None
        recorder = RecordingPlace(kept)
        disclosures = tuple(private_disclosures(holder.verification_code, holder.fields()).values()) if holder else ()
        report = check_certificate(code, recorder, trust=trust, profiles=profiles, now=now, disclosures=disclosures)
        if report.verdict not in GOOD:
            raise HomeError(f"{code} is not exported: its answer is {report.verdict} ({report.reason})")
        signatories = read_signatories(code, recorder.files, trust)
        keys = signatories.keys()
        if not keys:
            raise HomeError(f"{code} is not exported: no key of {signatories.owner.org} signs for it any more")
        signer = signer_of(signatories.owner.org, keys)
        claims = claims_of(report, profiles, signatories, shown, holder)
        document = format_credential(claims, format_did_key(signer.key.public))
        yield code, format_document(sign_document(document, signer, now))


def claims_of(
    report: Report,
    profiles: Mapping[str, Profile],
    signatories: Signatories,
    shown: Shown,
    holder: Holder | None = None,
) -> Claims:
    """Return what a credential says of a certificate by the report of its lookup, and by its holder."""
    facts = cast("Mapping[str, Any]", report.sections["facts"])
    events = cast("Sequence[Mapping[str, Any]]", report.sections["events"])
    level = profiles[facts["profile"]].level(facts["level"])
    occupation = facts["occupation"]
    owner = signatories.owner
    return Claims(
        code=report.code,
        seq=max(event["seq"] for event in events if event["type"] in ("certificate.issue", "certificate.correct")),
        site=shown.site,
        issued=facts["issued"],
        occupation_code=occupation["code"],
        occupation=occupation["name"],
        job=occupation.get("job", ""),
        level=facts["level"],
        level_name=level.zh if level else facts["level"],
        evaluator=facts["evaluator"],
        issuer=owner.filings[-1].name,
        org=owner.org,
        name=holder.name if holder and shown.name else "",
        doc_type=holder.doc_type if holder and shown.document else "",
        doc_no=holder.doc_no if holder and shown.document else "",
        one_status=shown.one_status,
    )


def format_document(document: Mapping[str, Any]) -> bytes:
    """Return the file of a signed document."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
