"""Data Integrity proofs: the W3C's vectors, and everything that a proof would not cover is refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ledger.core.errors import FormatError, SignatureError
from ledger.crypto.canonize import PINNED, Canonizer, canonize, read_context
from ledger.crypto.dataintegrity import check_document, sign_document
from ledger.crypto.didkey import format_base58, format_did_key, parse_base58, parse_did_key
from ledger.crypto.pynacl_verify import verify
from ledger.crypto.signer import Ed25519Signer
from tests.unit.test_vectors import SHARED, needs_shared

VECTORS = SHARED / "vc-di-eddsa"
EXAMPLES = {
    "https://www.w3.org/ns/credentials/examples/v2": {
        "@context": {"@vocab": "https://www.w3.org/ns/credentials/examples#"}
    }
}
SIGNER = Ed25519Signer("signer", bytes(range(32)))
CREATED = 1_795_132_800  # 2026-11-20T00:00:00Z
DOCUMENT: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "id": "urn:uuid:00000000-0000-4000-8000-000000000000",
    "type": ["VerifiableCredential"],
    "name": "测试数据",
    "issuer": format_did_key(SIGNER.key.public),
    "credentialSubject": {"id": "urn:x:subject", "name": "测试数据"},
}


@needs_shared
class TestPublishedVectors:
    """w3c/vc-di-eddsa, eddsa-rdfc-2022. The one with a citizenship context is in tests/interop."""

    folder = VECTORS / "eddsa-rdfc-2022"
    canonizer = Canonizer(EXAMPLES)

    def read(self, name: str) -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.folder / name).read_text("utf-8"))
        return value

    def test_the_canonical_forms(self) -> None:
        unsigned = json.loads((VECTORS / "unsigned.json").read_text("utf-8"))
        assert self.canonizer.canonize(unsigned) == (self.folder / "canonDocDataInt.txt").read_bytes()
        config = self.read("proofConfigDataInt.json")
        assert self.canonizer.canonize(config) == (self.folder / "proofCanonDataInt.txt").read_bytes()

    def test_the_signed_document(self) -> None:
        keys = json.loads((VECTORS / "keyPair.json").read_text("utf-8"))
        public = check_document(self.read("signedDataInt.json"), verify, canonize=self.canonizer.canonize)
        assert format_did_key(public) == f"did:key:{keys['publicKeyMultibase']}"

    @pytest.mark.parametrize("name", ["name", "validFrom", "description"])
    def test_a_changed_document(self, name: str) -> None:
        changed = self.read("signedDataInt.json") | {name: "2023-01-02T00:00:00Z"}
        with pytest.raises(SignatureError, match="does not stand"):
            check_document(changed, verify, canonize=self.canonizer.canonize)


class TestProofs:
    def test_round_trip(self) -> None:
        signed = sign_document(DOCUMENT, SIGNER, CREATED)
        assert signed == sign_document(DOCUMENT, SIGNER, CREATED)
        assert signed["proof"]["created"] == "2026-11-20T00:00:00Z"
        assert check_document(signed, verify) == SIGNER.key.public

    def test_the_order_of_members_is_no_part_of_it(self) -> None:
        signed = sign_document(DOCUMENT, SIGNER, CREATED)
        assert check_document(dict(reversed(signed.items())), verify) == SIGNER.key.public

    @pytest.mark.parametrize(
        "change",
        [
            {"created": "2026-11-20T00:00:01Z"},
            {"verificationMethod": "{other}"},
            {"proofValue": "z" + format_base58(bytes(64))},
        ],
        ids=["time", "key", "signature"],
    )
    def test_a_changed_proof_does_not_stand(self, change: dict[str, str]) -> None:
        signed = sign_document(DOCUMENT, SIGNER, CREATED)
        other = format_did_key(Ed25519Signer("other", bytes(32)).key.public)
        method = f"{other}#{other.removeprefix('did:key:')}"
        signed["proof"] |= {name: text.replace("{other}", method) for name, text in change.items()}
        with pytest.raises(SignatureError, match="does not stand"):
            check_document(signed, verify)

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"type": "Ed25519Signature2020"}, "not a DataIntegrityProof"),
            ({"cryptosuite": "eddsa-jcs-2022"}, "not a DataIntegrityProof"),
            ({"proofPurpose": "authentication"}, "not a DataIntegrityProof"),
            ({"expires": "2030-01-01T00:00:00Z"}, "not one proof"),
            ({"created": "2026-11-20"}, "proof created"),
            ({"created": 7}, "no text"),
            ({"verificationMethod": "did:web:example.cn#key"}, "not a did:key"),
            ({"verificationMethod": "did:key:z6Mk#z6Mk"}, "34 bytes"),
            ({"proofValue": "uAAAA"}, "base58btc"),
            ({"proofValue": "z0OIl"}, "base58btc"),
            ({"proofValue": "z1"}, "64 bytes"),
        ],
    )
    def test_another_form_is_refused(self, change: dict[str, object], reason: str) -> None:
        signed = sign_document(DOCUMENT, SIGNER, CREATED)
        signed["proof"] |= change
        with pytest.raises(FormatError, match=reason):
            check_document(signed, verify)

    @pytest.mark.parametrize("proof", [None, [], [{}], {}, "z"])
    def test_no_proof_or_several(self, proof: object) -> None:
        with pytest.raises(FormatError, match="not one proof"):
            check_document(DOCUMENT | {"proof": proof}, verify)


class TestWhatAProofWouldNotCover:
    def test_a_member_that_no_context_defines(self) -> None:
        with pytest.raises(FormatError, match="no context defines"):
            canonize({"@context": [*DOCUMENT["@context"]], "type": ["VerifiableCredential"], "nickname": "测试数据"})

    def test_a_member_of_a_subject(self) -> None:
        subject = {**DOCUMENT["credentialSubject"], "grade": "测试数据"}
        with pytest.raises(FormatError, match="no context defines"):
            canonize(DOCUMENT | {"credentialSubject": subject})

    @pytest.mark.parametrize("address", ["https://example.cn/context", "http://127.0.0.1:9/", "file:///etc/passwd"])
    def test_another_context_is_never_fetched(self, address: str) -> None:
        with pytest.raises(FormatError, match="none is ever fetched"):
            canonize(DOCUMENT | {"@context": [*DOCUMENT["@context"], address]})

    @pytest.mark.parametrize("text", ["\x00", "\t", "\x1f", "\x7f"])
    def test_control_characters(self, text: str) -> None:
        with pytest.raises(FormatError, match="control character"):
            canonize(DOCUMENT | {"credentialSubject": {"id": "urn:x:subject", "name": f"测试{text}数据"}})

    def test_another_canonizer_lends_this_one_no_context(self) -> None:
        address = "https://www.w3.org/ns/credentials/examples/v2"
        named = {"@context": [*DOCUMENT["@context"], address], "id": "urn:x:1", "nickname": "测试数据"}
        assert b"examples#nickname" in Canonizer(EXAMPLES).canonize(named)
        with pytest.raises(FormatError, match="none is ever fetched"):
            Canonizer().canonize(named)


class TestShippedContexts:
    def test_each_is_the_pinned_one(self) -> None:
        for address in PINNED:
            assert "@context" in Canonizer()._load(address, {})["document"]

    def test_another_file_is_refused(self, tmp_path: Path) -> None:
        [(address, (name, _)), *_] = PINNED.items()
        source = Path(canonize.__code__.co_filename).with_name("contexts") / name
        shutil.copy(source, tmp_path / name)
        assert read_context(tmp_path, address)
        (tmp_path / name).write_bytes(source.read_bytes() + b" ")
        with pytest.raises(FormatError, match="not the pinned context"):
            read_context(tmp_path, address)


class TestKeys:
    """The multibase of RFC 8032's first key is in the did:key specification's test suite too."""

    PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    DID = "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw"

    def test_round_trip(self) -> None:
        assert format_did_key(self.PUBLIC) == self.DID
        assert parse_did_key(self.DID) == self.PUBLIC

    def test_zeros_in_front(self) -> None:
        data = bytes(3) + b"\x01\x02"
        assert format_base58(data).startswith("111")
        assert parse_base58(format_base58(data), "test", 5) == data

    @pytest.mark.parametrize(
        "did",
        [
            "did:web:example.cn",
            "did:key:6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw",
            "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMs",
            "did:key:z16MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw",
            "did:key:z" + "z" * 500,
            "did:key:zDnaegE6RR3atJtHKwTRTWHsJ3kNHqFwv7n9YjTgmU7TyfU76",
        ],
    )
    def test_other_keys(self, did: str) -> None:
        with pytest.raises(FormatError):
            parse_did_key(did)

    def test_another_kind_of_key(self) -> None:
        with pytest.raises(FormatError, match="not an Ed25519 key"):
            parse_did_key("did:key:z" + format_base58(b"\xec\x01" + bytes(range(32))))
