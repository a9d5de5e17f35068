"""Credentials as documents: what the writer makes the reader takes, and nothing else."""

import copy
from dataclasses import replace
from typing import Any

import pytest

from ledger.core.errors import FormatError
from ledger.forms.credential import Claims, check_site, format_credential, parse_credential
from ledger.forms.statuslist import SIZE

DID = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"
CLAIMS = Claims(
    code="S000050000001263000001",
    seq=7,
    site="https://verify.example.cn",
    issued="2026-11-18",
    occupation_code="6-18-01-01",
    occupation="车工",
    job="数控车工",
    level="3",
    level_name="三级/高级工",
    evaluator="旧名学院（测试数据）",
    issuer="某某学院（测试数据）",
    org="S000050000001",
)
FORMS = {
    "plain": CLAIMS,
    "no job": replace(CLAIMS, job=""),
    "name": replace(CLAIMS, name="𠮷田禾（测试数据）"),
    "resident": replace(CLAIMS, doc_type="201", doc_no="500101199001010007"),
    "passport": replace(CLAIMS, name="测试数据", doc_type="208", doc_no="TEST0001"),
    "one status": replace(CLAIMS, one_status=True),
    "later list": replace(CLAIMS, seq=3 * SIZE + 5),
    "below a path": replace(CLAIMS, site="https://example.cn:8443/skill/ledger"),
}


@pytest.mark.parametrize("claims", FORMS.values(), ids=FORMS)
def test_round_trip(claims: Claims) -> None:
    document = format_credential(claims, DID)
    assert parse_credential(document) == (claims, DID)
    assert parse_credential(document | {"proof": {}}) == (claims, DID)


def test_personal_data_are_there_only_where_they_were_asked_for() -> None:
    plain = format_credential(CLAIMS, DID)["credentialSubject"]
    assert [entry["identityHash"] for entry in plain["identifier"]] == [CLAIMS.code] == [plain["licenseNumber"]]
    named = format_credential(FORMS["passport"], DID)["credentialSubject"]["identifier"]
    assert [entry["identityType"] for entry in named] == ["identifier", "name", "ext:document.208"]


def test_where_the_status_is() -> None:
    both = format_credential(FORMS["later list"], DID)["credentialStatus"]
    assert [entry["statusPurpose"] for entry in both] == ["revocation", "suspension"]
    assert {entry["statusListIndex"] for entry in both} == {"5"}
    assert both[0]["statusListCredential"] == f"https://verify.example.cn/credentials/{DID[8:]}/revocation/3.json"
    one = format_credential(FORMS["one status"], DID)["credentialStatus"]
    assert one["statusPurpose"] == "suspension"


def changed(path: str, value: object) -> dict[str, Any]:
    """The plain document with one member changed; None takes it away."""
    document = copy.deepcopy(format_credential(CLAIMS, DID))
    *steps, last = path.split("/")
    inner: Any = document
    for step in steps:
        inner = inner[int(step) if step.isdigit() else step]
    place = int(last) if last.isdigit() else last
    if value is None:
        del inner[place]
    else:
        inner[place] = value
    return document


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("evidence", []),
        ("validUntil", "2030-01-01T00:00:00Z"),
        ("name", "车工（一级/高级技师）"),
        ("description", "测试数据"),
        ("validFrom", "2026-11-18T08:00:00Z"),
        ("id", "https://other.example/#S000050000001263000001"),
        ("id", 7),
        ("type", ["OpenBadgeCredential", "VerifiableCredential"]),
        ("@context", ["https://www.w3.org/ns/credentials/v2"]),
        ("issuer", DID),
        ("issuer/url", "https://other.example/"),
        ("issuer/image", "data:,"),
        ("issuer/otherIdentifier", []),
        ("credentialSubject/id", "did:example:holder"),
        ("credentialSubject/licenseNumber", "S000050000001263000002"),
        ("credentialSubject/identifier/0/hashed", True),
        ("credentialSubject/achievement/name", "车工（一级/高级技师）"),
        ("credentialSubject/achievement/humanCode", "6-18-01-02"),
        ("credentialSubject/achievement/criteria", {"id": "https://other.example/"}),
        ("credentialSubject/achievement", None),
        ("credentialStatus", []),
        ("credentialStatus/0/statusListIndex", "０"),
        ("credentialStatus/0/statusListIndex", "8"),
        ("credentialStatus/0/statusListIndex", "-7"),
        ("credentialStatus/0/statusListIndex", "9" * 5000),
        ("credentialStatus/1", None),
        ("credentialStatus/0/statusListCredential", "https://other.example/credentials/revocation/0.json"),
    ],
)
def test_anything_else_is_refused(path: str, value: object) -> None:
    with pytest.raises(FormatError):
        parse_credential(changed(path, value))


@pytest.mark.parametrize("document", [{}, {"issuer": []}, {"credentialSubject": "x", "issuer": {}, "id": ""}])
def test_something_altogether_different(document: dict[str, Any]) -> None:
    with pytest.raises(FormatError, match="not a credential that `ledger export` makes"):
        parse_credential(document)


@pytest.mark.parametrize("site", ["https://verify.example.cn/", "http://127.0.0.1:8000", "https://example.cn/a/b/"])
def test_addresses(site: str) -> None:
    assert check_site(site) == site.rstrip("/")


@pytest.mark.parametrize(
    "site", ["", "a.example", "ftp://a.example", "http://a.cn/?", "http://a.cn#", "https://甲.cn", "http://a b"]
)
def test_what_is_no_address(site: str) -> None:
    with pytest.raises(FormatError, match="not an address"):
        check_site(site)
