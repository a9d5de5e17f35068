"""The register of an organisation on a machine of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.store import Store, StoreConflictError, StoreDamagedError, StoreMissingError
from ledger.store.holdings import ACCEPTED, REPLACED, SIGNED, Holding, Holdings, SignedBatch

ONE, TWO = b"1" * 32, b"2" * 32


def batch(digest: bytes, created: str = "2026-11-20T00:00:00Z") -> SignedBatch:
    return SignedBatch(digest, "cn-chongqing-2020-1", SIGNED, created, b"{}")


def rows(digest: bytes, *codes: str) -> list[Holding]:
    return [Holding(digest, n, code, code.encode() * 2, None, b"{}", b"sealed") for n, code in enumerate(codes)]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{(tmp_path / 'own.db').as_posix()}"


@pytest.fixture
def register(url: str) -> Iterator[Holdings]:
    with Holdings.open(url, create=True) as opened:
        yield opened


def test_it_is_made_only_when_asked_and_once(url: str) -> None:
    with pytest.raises(StoreMissingError):
        Holdings.open(url)
    with Holdings.open(url, create=True) as register, register.transaction():
        register.add_batch(batch(ONE), rows(ONE, "A"))
    with Holdings.open(url, create=True) as register:
        assert register.batches() == [batch(ONE)]


def test_neither_register_is_taken_for_the_other(url: str, tmp_path: Path) -> None:
    other = f"sqlite:///{(tmp_path / 'ledger.db').as_posix()}"
    Store.open(other, create=True).close()
    Holdings.open(url, create=True).close()
    with pytest.raises(StoreDamagedError, match="organisation's register"):
        Holdings.open(other)
    with pytest.raises(StoreDamagedError, match="not a register"):
        Store.open(url)


def test_a_batch_is_kept_with_its_rows_in_order(register: Holdings) -> None:
    with register.transaction():
        register.add_batch(batch(TWO, "2026-11-21T00:00:00Z"), rows(TWO, "D"))
        register.add_batch(batch(ONE), rows(ONE, "C", "B"))
    assert [found.digest for found in register.batches()] == [ONE, TWO]
    assert register.holdings(ONE) == rows(ONE, "C", "B")
    assert register.find_batch(ONE) == batch(ONE)
    assert register.find_batch(b"3" * 32) is None


def test_a_batch_is_signed_once_and_a_refused_transaction_leaves_nothing(register: Holdings) -> None:
    with register.transaction():
        register.add_batch(batch(ONE), rows(ONE, "A"))

    def again() -> None:
        with register.transaction():
            register.set_state(ONE, ACCEPTED)
            register.add_batch(batch(ONE), rows(ONE, "B"))

    with pytest.raises(StoreConflictError):
        again()
    assert register.find_batch(ONE) == batch(ONE)
    assert register.holdings(ONE) == rows(ONE, "A")


def test_states_and_records_change(register: Holdings) -> None:
    with register.transaction():
        register.add_batch(batch(ONE), rows(ONE, "A", "B"))
        register.set_state(ONE, ACCEPTED)
        register.replace_holdings(ONE, b"[]", rows(ONE, "C", "B"))
    assert register.find_batch(ONE) == batch(ONE)._replace(state=ACCEPTED, summary=b"[]")
    assert register.holdings(ONE) == rows(ONE, "C", "B")
    with pytest.raises(StoreConflictError, match="no such batch"), register.transaction():
        register.set_state(TWO, ACCEPTED)
    with pytest.raises(StoreConflictError, match="no such batch"), register.transaction():
        register.replace_holdings(TWO, b"", [])


def test_a_person_of_a_replaced_batch_does_not_count(register: Holdings) -> None:
    with register.transaction():
        register.add_batch(batch(ONE), rows(ONE, "A", "B"))
        register.add_batch(batch(TWO), rows(TWO, "B"))
    assert register.person_tags_present([b"AA", b"BB", b"CC", b"BB"]) == {b"AA": ["A"], b"BB": ["B", "B"]}
    with register.transaction():
        register.set_state(ONE, REPLACED)
    assert register.person_tags_present([b"AA", b"BB"]) == {b"BB": ["B"]}
    assert register.holdings(ONE) == rows(ONE, "A", "B")
