"""Holders: sealed in the register, committed to in the record, and never in the open."""

from random import Random

import pytest

from ledger.app.holders import Holder, commitments, occupation_key, open_holder, seal_holder
from ledger.core.disclosure import derive_salt, digest_of, make_disclosure, match_disclosures, private_disclosures
from ledger.core.errors import LedgerError
from ledger.crypto.rowseal import RowSealer

HOLDER = Holder("欧阳青松", "201", "500112199101010005", "云岭机械厂（虚构）", "0123456789ABCDEFGHJK")
CODE = "S000050000001263000001"
SEALER = RowSealer(bytes(range(32)))


def randbytes(seed: int = 1) -> Random:
    return Random(seed)


def test_a_sealed_row_opens_for_its_own_number_only() -> None:
    sealed = seal_holder(SEALER, CODE, HOLDER)
    assert open_holder(SEALER, CODE, sealed) == HOLDER
    assert HOLDER.name.encode() not in sealed
    for sealer, code in ((SEALER, CODE[:-1] + "2"), (RowSealer(bytes(32)), CODE)):
        with pytest.raises(LedgerError):
            open_holder(sealer, code, sealed)


def test_the_public_view_is_committed_to() -> None:
    digests, masked = commitments(HOLDER, "masked", randbytes().randbytes)
    assert digests == sorted(digests)
    assert len(digests) == 5
    assert masked is not None
    assert match_disclosures(digests, [masked]) == {"masked": {"name": "欧阳**"}}
    shown = private_disclosures(HOLDER.verification_code, HOLDER.fields())
    assert match_disclosures(digests, list(shown.values())) == HOLDER.fields()


def test_its_salt_is_new_every_time() -> None:
    views = {commitments(HOLDER, "masked", randbytes(seed).randbytes)[1] for seed in range(5)}
    assert len(views) == 5


def test_under_sealed_only_the_verification_code_opens_it() -> None:
    digests, masked = commitments(HOLDER, "sealed", randbytes().randbytes)
    assert masked is None
    salt = derive_salt(HOLDER.verification_code, "masked")
    assert digest_of(make_disclosure(salt, "masked", {"name": "欧阳**"})) in digests


def test_under_status_there_is_none() -> None:
    digests, masked = commitments(HOLDER, "status", randbytes().randbytes)
    assert (len(digests), masked) == (4, None)


def test_an_absent_employer_is_no_field() -> None:
    nobody = Holder("张三", "201", "1", "", "0" * 20)
    assert nobody.fields() == {"name": "张三", "doc_type": "201", "doc_no": "1"}
    assert len(commitments(nobody, "status", randbytes().randbytes)[0]) == 3


def test_changes_are_normalised_and_the_code_is_new() -> None:
    new = HOLDER.changed(" 张三 ", "227", "ｅ１２３ 456", "新单位", randbytes().randbytes)
    assert (new.name, new.doc_type, new.doc_no, new.employer) == ("张三", "227", "E123456", "新单位")
    assert new.verification_code != HOLDER.verification_code
    same = HOLDER.changed(None, None, None, None, randbytes().randbytes)
    assert (same.name, same.doc_type, same.doc_no, same.employer) == HOLDER_FIELDS
    assert same.verification_code != HOLDER.verification_code


HOLDER_FIELDS = (HOLDER.name, HOLDER.doc_type, HOLDER.doc_no, HOLDER.employer)


def test_occupations_are_told_apart_by_code_and_job() -> None:
    keys = [
        occupation_key({"code": "6-18-01-01", "name": "车工"}),
        occupation_key({"code": "6-18-01-01", "name": "车工", "job": "数控车工"}),
        occupation_key({"code": "6-18-01-02", "name": "铣工"}),
    ]
    assert len(set(keys)) == 3
