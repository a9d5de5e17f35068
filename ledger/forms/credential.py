"""Credentials: a certificate as an Open Badges 3.0 credential, which is a W3C Verifiable Credential 2.0.

    format_credential(claims, did)       the document, to be signed
    parse_credential(document)           the claims, the signer's did:key; nothing is verified

The reader takes exactly what the writer makes: every text in the document follows from the claims, and a document with
another member, another text or another order of a list is refused. So nothing can be added beside what is compared with
the ledger.

    licenseNumber, identifier[0]     the certificate number
    name                             occupation（level），the title that wallets show
    issuer                           did:key of the organisation that signs, its name as filed, its 13-character code
    achievement                      humanCode: the occupation's code; fieldOfStudy: its name; specialization: the job
    validFrom                        the day of issue, 00:00 UTC
    credentialStatus                 places in the status lists (`ledger.forms.statuslist`)

The place in the lists is the seq of the entry whose facts are shown, the issue or the newest correction: it never
moves, and a correction takes another place. Personal data are there only where they were asked for.

>>> claims = Claims("S000050000001263000001", 7, "https://verify.example.cn", "2026-11-18", "6-18-01-01", "车工",
...                 "数控车工", "3", "三级/高级工", "某某学院（测试数据）", "某某学院（测试数据）", "S000050000001")
>>> document = format_credential(claims, "did:key:z6Mk")
>>> document["name"], document["credentialStatus"][0]["statusListIndex"]
('车工（三级/高级工）', '7')
>>> parse_credential(document) == (claims, "did:key:z6Mk")
True
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from ledger.core.errors import FormatError
from ledger.forms.statuslist import PURPOSES, SIZE, list_path

__all__ = ["Claims", "check_site", "format_credential", "parse_credential"]

CONTEXTS: Final = ("https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json")
RESIDENT: Final = "201"  # 居民身份证 in the code list of document types

_SITE = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~-]+)*")
_NARRATIVE = ("通过", "组织的职业技能等级认定。")
_OTHER_DOCUMENT = "ext:document."


@dataclass(frozen=True, slots=True)
class Claims:
    """What a credential says.

    `seq` is that of the entry whose facts these are; `site` the address of the built site, without a slash at its end;
    `level` one character and `level_name` its Chinese name; `evaluator` the name in the record; `issuer` and `org` name
    and code of the organisation that signs. `name`, `doc_type` and `doc_no` are empty where they are not disclosed.
    `one_status`: one place in a status list only, as Open Badges 3.0 has it, instead of two.
    """

    code: str
    seq: int
    site: str
    issued: str
    occupation_code: str
    occupation: str
    job: str
    level: str
    level_name: str
    evaluator: str
    issuer: str
    org: str
    name: str = ""
    doc_type: str = ""
    doc_no: str = ""
    one_status: bool = False


def check_site(address: str) -> str:
    """Return a site's address without a slash at its end. Raises FormatError unless addresses can be made from it."""
    site = address.rstrip("/")
    if _SITE.fullmatch(site) is None:
        raise FormatError("site", "not an address such as https://verify.example.cn/")
    return site


def format_credential(claims: Claims, did: str) -> dict[str, Any]:
    """Return the document that the key behind `did` is to sign."""
    title = f"{claims.occupation}（{claims.level_name}）"
    achievement: dict[str, Any] = {
        "id": f"{claims.site}/organisations/{claims.code[:13]}/#{_kind(claims)}",
        "type": ["Achievement"],
        "achievementType": "Certification",
        "name": title,
        "description": f"职业技能等级证书：{title}",
        "criteria": {"narrative": claims.evaluator.join(_NARRATIVE)},
        "humanCode": claims.occupation_code,
        "fieldOfStudy": claims.occupation,
    }
    if claims.job:
        achievement["specialization"] = claims.job
    return {
        "@context": list(CONTEXTS),
        "id": f"{claims.site}/#{claims.code}",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": title,
        "description": (
            f"职业技能等级证书 {claims.code}；是否有效，以账本为准：{claims.site}/#{claims.code}"
            " (vocational skill certificate; whether it is valid is for the ledger to say)"
        ),
        "issuer": {
            "id": did,
            "type": ["Profile"],
            "name": claims.issuer,
            "url": f"{claims.site}/organisations/{claims.org}/",
            "otherIdentifier": [{"type": "IdentifierEntry", "identifier": claims.org, "identifierType": "identifier"}],
        },
        "validFrom": f"{claims.issued}T00:00:00Z",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [_identity(kind, value) for kind, value in _identities(claims)],
            "licenseNumber": claims.code,
            "achievement": achievement,
        },
        "credentialStatus": _status(claims, did),
    }


def parse_credential(document: Mapping[str, Any]) -> tuple[Claims, str]:
    """Return the claims of a document and its issuer's did; its proof is for others to check. Raises FormatError."""
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    try:
        claims, did = _read(unsigned)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise FormatError("credential", "not a credential that `ledger export` makes") from error
    if format_credential(claims, did) != unsigned:
        raise FormatError("credential", "says something beside what `ledger export` writes, or in other words")
    return claims, did


def _kind(claims: Claims) -> str:
    return quote(".".join(part for part in (claims.occupation_code, claims.level, claims.job) if part), safe=".-")


def _identities(claims: Claims) -> list[tuple[str, str]]:
    found = [("identifier", claims.code)]
    if claims.name:
        found.append(("name", claims.name))
    if claims.doc_no:
        resident = claims.doc_type == RESIDENT
        found.append(("nationalIdentityNumber" if resident else _OTHER_DOCUMENT + claims.doc_type, claims.doc_no))
    return found


def _identity(kind: str, value: str) -> dict[str, Any]:
    return {"type": "IdentityObject", "hashed": False, "identityHash": value, "identityType": kind}


def _status(claims: Claims, did: str) -> list[dict[str, str]] | dict[str, str]:
    number, index = divmod(claims.seq, SIZE)
    made = []
    for purpose in PURPOSES:
        address = f"{claims.site}/{list_path(did, purpose, number)}"
        made.append(
            {
                "id": f"{address}#{index}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": purpose,
                "statusListIndex": str(index),
                "statusListCredential": address,
            }
        )
    return made[-1] if claims.one_status else made


def _read(document: Mapping[str, Any]) -> tuple[Claims, str]:
    """Return what the document says where the writer would have put it; whether it is all is compared afterwards."""
    issuer, subject = document["issuer"], document["credentialSubject"]
    achievement, code = subject["achievement"], subject["licenseNumber"]
    status = document["credentialStatus"]
    one_status = isinstance(status, dict)
    place = status if one_status else status[0]
    site = document["id"].removesuffix(f"/#{code}")
    listed = place["statusListCredential"].rsplit("/", 1)[1].removesuffix(".json")
    occupation_code, job = achievement["humanCode"], achievement.get("specialization", "")
    kind = achievement["id"].rsplit("/#", 1)[1].removeprefix(f"{occupation_code}.")
    narrative = achievement["criteria"]["narrative"]
    people = {entry["identityType"]: entry["identityHash"] for entry in subject["identifier"][1:]}
    name = people.pop("name", "")
    doc_type, doc_no = next(iter(people.items()), ("", ""))
    claims = Claims(
        code=code,
        seq=int(listed) * SIZE + int(place["statusListIndex"]),
        site=check_site(site),
        issued=document["validFrom"][:10],
        occupation_code=occupation_code,
        occupation=achievement["fieldOfStudy"],
        job=job,
        level=kind[:1],
        level_name=achievement["name"].removeprefix(f"{achievement['fieldOfStudy']}（").removesuffix("）"),
        evaluator=narrative.removeprefix(_NARRATIVE[0]).removesuffix(_NARRATIVE[1]),
        issuer=issuer["name"],
        org=issuer["otherIdentifier"][0]["identifier"],
        name=name,
        doc_type=RESIDENT if doc_type == "nationalIdentityNumber" else doc_type.removeprefix(_OTHER_DOCUMENT),
        doc_no=doc_no,
        one_status=one_status,
    )
    return claims, issuer["id"]
