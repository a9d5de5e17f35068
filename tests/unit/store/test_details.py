"""Sealed details in the register: given in an order that tells nothing, replaced, erased."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.store import Store, StoreConflictError
from ledger.store.kept import DetailsRow


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(f"sqlite:///{(tmp_path / 'register.db').as_posix()}", create=True, wait=0.1) as opened:
        yield opened


def rows(count: int) -> list[DetailsRow]:
    """Paths fall as seqs rise."""
    return [DetailsRow(n, f"code {n}", f"details/{999 - n}", b"file %d" % n) for n in range(count)]


def test_they_are_given_in_the_order_of_their_paths(store: Store) -> None:
    with store.transaction():
        store.add_details(rows(200))
    assert list(store.details(10, 190)) == [(f"details/{999 - n}", b"file %d" % n) for n in range(189, 9, -1)]
    assert list(store.details(200, 300)) == []
    assert store.details_paths() == {f"details/{999 - n}" for n in range(200)}
    assert store.details_of("code 7") == rows(8)[7]
    assert store.details_of("code 200") is None


def test_a_certificate_has_one_and_they_are_replaced_by_erasing(store: Store, tmp_path: Path) -> None:
    secret = DetailsRow(3, "code", "details/3", b"nobody knows what this is " * 40)
    with store.transaction():
        store.add_details([secret])
    with pytest.raises(StoreConflictError), store.transaction():
        store.add_details([secret._replace(seq=4)])
    with store.transaction():
        store.erase_details("code")
        store.add_details([secret._replace(seq=4, data=b"new")])
        store.erase_details("nobody")
    assert list(store.details(0, 9)) == [("details/3", b"new")]
    store.close()
    assert secret.data[:60] not in (tmp_path / "register.db").read_bytes()
