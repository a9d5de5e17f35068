"""Exports, their status lists, and what the ledger says of them: keys revoked, mergers, facts corrected."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.app.checking import check_certificate
from ledger.app.credentialcheck import compare_claims, key_standing, open_credential
from ledger.app.home import HomeError
from ledger.app.places import MemoryPlace, RecordingPlace
from ledger.app.replayed import PublishedError
from ledger.app.signatories import read_signatories
from ledger.app.statuslists import make_status_lists
from ledger.core.errors import FormatError, SignatureError
from ledger.core.record import sign_record
from ledger.crypto.dataintegrity import check_document
from ledger.crypto.didkey import format_did_key
from ledger.crypto.pynacl_verify import verify
from ledger.forms.statuslist import PURPOSES, list_path
from tests.credentials import DID, KEY, SITE, export, signed_again, status_lists
from tests.simulator import (
    LATER,
    LOG,
    OTHER,
    PROFILES,
    REGISTRAR,
    SCHOOL,
    Simulator,
    filing,
    masked_disclosure,
    number,
    occupation,
    signer,
)
from tests.unit.core.test_custody import NEW_LOG, NEW_REGISTRAR, A, B, governed
from tests.unit.forms.test_statuslist import read

CODE = number(1)


def issued(count: int = 1) -> Simulator:
    ledger = Simulator()
    ledger.issue_many(range(1, count + 1))
    return ledger


def merged(ledger: Simulator) -> None:
    """The school is merged into another organisation."""
    ledger.batch(
        sign_record("org.file", filing(OTHER, name="测试数据·新校"), REGISTRAR),
        ledger.add_key(OTHER),
        sign_record("org.retire", {"org": SCHOOL, "reason": "merged", "into": OTHER}, REGISTRAR),
        sign_record("org.merge", {"org": OTHER, "from": [SCHOOL]}, REGISTRAR),
    )


def revoked_key(ledger: Simulator) -> None:
    body = {"key_id": KEY.key.key_id.hex(), "org": SCHOOL, "reason": "compromised"}
    ledger.batch(sign_record("key.revoke", {**body}, REGISTRAR))


def by_the_ledger(ledger: Simulator, data: bytes) -> tuple[str, list[str]]:
    """What the ledger says: the key's standing, the claims that are not its own."""
    credential = open_credential(data)
    place = RecordingPlace(MemoryPlace(ledger.files()))
    report = check_certificate(credential.claims.code, place, trust=ledger.trust, profiles=PROFILES, now=LATER + 3600)
    signatories = read_signatories(credential.claims.code, place.files, ledger.trust)
    return key_standing(credential, signatories), compare_claims(credential, report, signatories, PROFILES)


class TestExport:
    def test_it_says_what_the_ledger_says(self) -> None:
        ledger = issued()
        [data] = export(ledger, CODE)
        assert by_the_ledger(ledger, data) == ("filed", [])
        credential = open_credential(data)
        assert credential.public == KEY.key.public
        assert (credential.claims.name, credential.claims.doc_no) == ("", "")
        assert "张" not in data.decode()

    def test_the_same_arguments_give_the_same_bytes(self) -> None:
        ledger = issued(2)
        both = export(ledger, CODE, number(2))
        assert both == export(ledger, CODE, number(2))
        assert len(set(both)) == 2
        assert export(ledger, CODE, now=LATER + 1) != both[:1]

    @pytest.mark.parametrize(
        ("shows", "name", "doc_no"),
        [("name", "张1", ""), ("document", "", "500101199001010007")],
        ids=["name", "document"],
    )
    def test_personal_data_where_they_are_asked_for(self, shows: str, name: str, doc_no: str) -> None:
        ledger = issued()
        [data] = export(ledger, CODE, name=shows == "name", document=shows == "document")
        claims = open_credential(data).claims
        assert (claims.name, claims.doc_no) == (name, doc_no)
        assert by_the_ledger(ledger, data) == ("filed", [])

    @pytest.mark.parametrize("kind", ["suspend", "revoke"])
    def test_what_is_not_valid_is_not_exported(self, kind: str) -> None:
        ledger = issued()
        ledger.event(kind, CODE, reason="investigation" if kind == "suspend" else "fraud")
        with pytest.raises(HomeError, match="is not exported: its answer is"):
            export(ledger, CODE)

    def test_what_is_not_there_is_not_exported(self) -> None:
        with pytest.raises(HomeError, match="absent"):
            export(issued(), number(9))

    def test_a_revoked_key_signs_no_export(self) -> None:
        ledger = issued()
        revoked_key(ledger)
        with pytest.raises(HomeError, match="no key of S000050000001 signs for it any more"):
            export(ledger, CODE)

    def test_after_a_merger_the_new_organisation_signs(self) -> None:
        ledger = issued()
        merged(ledger)
        [data] = export(ledger, CODE, keys=[signer(OTHER)])
        claims = open_credential(data).claims
        assert (claims.org, claims.issuer, claims.evaluator) == (OTHER, "测试数据·新校", "测试数据·云岭技师学院")
        assert by_the_ledger(ledger, data) == ("filed", [])

    def test_after_a_retirement_nobody_signs(self) -> None:
        ledger = issued()
        ledger.batch(sign_record("org.retire", {"org": SCHOOL, "reason": "closed"}, REGISTRAR))
        with pytest.raises(HomeError, match="no key of S000050000001 signs for it any more"):
            export(ledger, CODE)

    def test_the_key_that_the_registrar_filed_last(self) -> None:
        """A key was replaced: the machine still has both."""
        ledger = issued()
        [before] = export(ledger, CODE)
        new = signer(SCHOOL, "second")
        ledger.batch(ledger.add_key(SCHOOL, new))
        revoked_key(ledger)
        [data] = export(ledger, CODE, keys=[KEY, new])
        assert open_credential(data).public == new.key.public
        assert by_the_ledger(ledger, data) == ("filed", [])
        assert by_the_ledger(ledger, before) == ("revoked", [])

    def test_under_other_keys_of_ledger_and_registrar(self) -> None:
        """Custodians replaced both since the certificate was issued."""
        ledger = governed()
        stated = ledger.next_trust(log=NEW_LOG.key, registrars=(NEW_REGISTRAR.key,))
        ledger.update_trust(stated, [A, B, LOG, NEW_LOG], NEW_LOG)
        [data] = export(ledger, CODE)
        assert by_the_ledger(ledger, data) == ("filed", [])
        with pytest.raises(SignatureError, match="not the key that signs this ledger"):
            status_lists(ledger)
        lists = status_lists(ledger, NEW_LOG, keys=())
        assert check_document(json.loads(lists[list_path(DID, "revocation", 0)]), verify) == NEW_LOG.key.public


class TestByTheLedger:
    def test_an_export_from_before_a_merger_stands(self) -> None:
        ledger = issued()
        [data] = export(ledger, CODE)
        merged(ledger)
        assert by_the_ledger(ledger, data) == ("filed", [])

    def test_an_export_from_before_a_new_name_stands(self) -> None:
        ledger = issued()
        [data] = export(ledger, CODE)
        ledger.batch(sign_record("org.amend", filing(name="测试数据·改名后"), REGISTRAR))
        assert by_the_ledger(ledger, data) == ("filed", [])
        [again] = export(ledger, CODE)
        assert open_credential(again).claims.issuer == "测试数据·改名后"

    def test_a_key_that_was_revoked_since(self) -> None:
        ledger = issued()
        [data] = export(ledger, CODE)
        revoked_key(ledger)
        assert by_the_ledger(ledger, data) == ("revoked", [])

    def test_a_key_that_nobody_filed(self) -> None:
        ledger = issued()
        [data] = export(ledger, CODE)
        forger = signer(SCHOOL, "forged")
        forged = signed_again(data.replace(DID[8:].encode(), format_did_key(forger.key.public)[8:].encode()), forger)
        assert by_the_ledger(ledger, forged)[0] == "unknown"

    def test_an_organisations_key_for_anothers_number(self) -> None:
        ledger = issued()
        ledger.file(OTHER)
        [data] = export(ledger, CODE)
        other = signer(OTHER)
        forged = signed_again(data.replace(DID[8:].encode(), format_did_key(other.key.public)[8:].encode()), other)
        assert by_the_ledger(ledger, forged)[0] == "unknown"

    def test_a_correction_supersedes_it(self) -> None:
        ledger = issued()
        [data] = export(ledger, CODE)
        ledger.masked[CODE] = masked_disclosure(CODE)
        ledger.correct(CODE)
        assert by_the_ledger(ledger, data) == ("filed", ["seq"])
        ledger.correct(CODE, issued="2026-11-17")
        assert by_the_ledger(ledger, data) == ("filed", ["seq", "issued"])
        assert by_the_ledger(ledger, export(ledger, CODE)[0]) == ("filed", [])

    def test_a_lie_under_the_organisations_own_key(self) -> None:
        """What no verifier without the ledger can know."""
        ledger = issued()
        text = export(ledger, CODE)[0].decode()
        text = text.replace("三级/高级工", "一级/高级技师").replace("2026-11-18", "2020-01-01")
        assert by_the_ledger(ledger, signed_again(text.encode())) == ("filed", ["issued", "level_name"])


class TestOpening:
    def test_a_changed_byte(self) -> None:
        [data] = export(issued(), CODE)
        with pytest.raises(SignatureError, match="does not stand"):
            open_credential(data.replace(b"2026-11-18T", b"2026-11-19T"))

    def test_another_issuer_than_the_signer(self) -> None:
        [data] = export(issued(), CODE)
        with pytest.raises(FormatError, match="the issuer is not the key"):
            open_credential(signed_again(data, LOG))

    @pytest.mark.parametrize(
        "data",
        [b"", b"\xff", b"[]", b"[" * 60_000, b'{"id":1,"id":2}', b'{"proof":null}', b" " * 70_000],
        ids=["empty", "bytes", "list", "deep", "twice", "nothing", "long"],
    )
    def test_other_files(self, data: bytes) -> None:
        with pytest.raises(FormatError):
            open_credential(data)


class TestStatusLists:
    def bits(self, ledger: Simulator, purpose: str) -> set[int]:
        lists = status_lists(ledger)
        assert sorted(lists) == sorted(list_path(DID, each, 0) for each in PURPOSES)
        document: dict[str, Any] = json.loads(lists[list_path(DID, purpose, 0)])
        assert check_document(document, verify) == KEY.key.public
        assert document["issuer"] == DID
        assert document["id"] == f"{SITE}/{list_path(DID, purpose, 0)}"
        return read(document["credentialSubject"]["encodedList"])

    def place(self, ledger: Simulator, code: str) -> int:
        return open_credential(export(ledger, code)[0]).claims.seq

    def test_each_state(self) -> None:
        ledger = issued(5)
        valid, revoked, suspended, restored, corrected = (self.place(ledger, number(n)) for n in range(1, 6))
        assert self.bits(ledger, "revocation") == self.bits(ledger, "suspension") == set()
        ledger.event("revoke", number(2))
        ledger.event("suspend", number(3), reason="investigation")
        ledger.event("suspend", number(4), reason="investigation")
        ledger.event("restore", number(4), reason="cleared")
        ledger.correct(number(5))
        ledger.event("reissue", number(1), reason="lost")
        assert self.bits(ledger, "revocation") == {revoked, corrected}
        assert self.bits(ledger, "suspension") == {revoked, suspended, corrected}
        assert self.place(ledger, number(1)) == valid
        assert self.place(ledger, number(4)) == restored
        assert self.place(ledger, number(5)) > corrected

    def test_a_corrected_certificate_that_is_suspended_and_revoked(self) -> None:
        ledger = issued()
        first = self.place(ledger, CODE)
        ledger.correct(CODE)
        second = self.place(ledger, CODE)
        ledger.event("suspend", CODE, reason="investigation")
        assert self.bits(ledger, "revocation") == {first}
        assert self.bits(ledger, "suspension") == {first, second}
        ledger.event("revoke", CODE)
        assert self.bits(ledger, "revocation") == {first, second}

    def test_a_number_that_a_lookup_does_not_answer_for_is_not_accepted(self) -> None:
        """An event that breaks a rule: the lookup says inconsistent, so no list may say that all is well."""
        ledger = issued(2)
        mine = self.place(ledger, CODE)
        ledger.correct(CODE, occupation=occupation(code="9-99-99-99"))
        with pytest.raises(HomeError, match="inconsistent"):
            export(ledger, CODE)
        assert mine in self.bits(ledger, "revocation")

    def test_each_key_that_stands_has_its_own(self) -> None:
        """The numbers for which its organisation signs are in it; it is signed by the key, where that is here."""
        ledger = issued()
        first = self.place(ledger, CODE)
        ledger.file(OTHER)
        ledger.event("revoke", CODE)
        other = signer(OTHER)
        lists = status_lists(ledger)
        documents = {path: json.loads(data) for path, data in lists.items()}
        told = {
            (key, path.split("/")[2]): (read(each["credentialSubject"]["encodedList"]), check_document(each, verify))
            for path, each in documents.items()
            for key in (KEY.key, other.key)
            if format_did_key(key.public).removeprefix("did:key:") in path
        }
        assert len(told) == len(lists) == 4
        for purpose in PURPOSES:
            assert told[KEY.key, purpose] == ({first}, KEY.key.public)
            assert told[other.key, purpose] == (set(), LOG.key.public)

    def test_after_a_merger_both_keys_say_the_same(self) -> None:
        ledger = issued()
        first = self.place(ledger, CODE)
        merged(ledger)
        ledger.event("revoke", CODE, by=REGISTRAR)
        lists = [json.loads(data) for path, data in status_lists(ledger).items() if "/revocation/" in path]
        assert [read(each["credentialSubject"]["encodedList"]) for each in lists] == [{first}] * 2

    def test_a_revoked_key_has_none(self) -> None:
        ledger = issued()
        revoked_key(ledger)
        assert status_lists(ledger) == {}

    def test_they_follow_from_the_ledger_byte_for_byte(self) -> None:
        assert status_lists(issued(3)) == status_lists(issued(3))

    def test_they_are_fresh_as_long_as_the_ledger(self) -> None:
        ledger = issued()
        document = json.loads(status_lists(ledger)[list_path(DID, "revocation", 0)])
        assert (document["validFrom"], document["proof"]["created"]) == ("2026-11-19T00:03:00Z",) * 2
        assert document["validUntil"] == "2026-11-26T00:03:00Z"

    def test_only_the_ledgers_own_key_signs_them(self) -> None:
        ledger = issued()
        with pytest.raises(SignatureError, match="not the key that signs this ledger"):
            make_status_lists(MemoryPlace(ledger.files()), ledger.trust, PROFILES, KEY, SITE)

    def test_a_folder_that_is_not_whole(self) -> None:
        ledger = issued()
        files = ledger.files()
        path = ledger.shard_file(CODE)
        data = files[path]
        assert isinstance(data, bytes)
        place = MemoryPlace({**files, path: data.replace(b"2026-11-18", b"2026-11-17")})
        with pytest.raises(PublishedError):
            make_status_lists(place, ledger.trust, PROFILES, LOG, SITE)


def test_claims_are_values() -> None:
    """Two exports of one certificate say the same, whatever their time."""
    ledger = issued()
    first, second = (open_credential(export(ledger, CODE, now=now)[0]).claims for now in (LATER, LATER + 5))
    assert first == second
    assert replace(first, one_status=True) == open_credential(export(ledger, CODE, one_status=True)[0]).claims


def test_the_example_of_the_specification() -> None:
    page = Path(__file__).resolve().parents[3] / "site/docs/spec/credential.md"
    found = re.search(r"^```json\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    assert [found[1].encode()] == export(issued(), CODE)
