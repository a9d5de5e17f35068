"""What a filing keeps private in the register, and the registers that were made before it could."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.store import Store, StoreConflictError


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{(tmp_path / 'register.db').as_posix()}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url, create=True, wait=0.1) as opened:
        yield opened


@pytest.mark.parametrize(
    ("version", "lacks"), [("1", ("notice", "filing", "details")), ("2", ("filing", "details")), ("3", ("details",))]
)
def test_a_register_of_an_earlier_version_gets_the_tables_that_it_lacks(
    url: str, version: str, lacks: tuple[str, ...]
) -> None:
    with Store.open(url, create=True) as store, store.transaction():
        store.set_setting("schema", version)
        for table in lacks:
            store._connection.exec_driver_sql(f"DROP TABLE {table}")
    with Store.open(url) as store:
        assert store.setting("schema") == "4"
        with store.transaction():
            store.add_filing(2, b"sealed")
        assert (store.notice_seqs(), store.filing_sealed(2), store.details_paths()) == ([], b"sealed", set())


def test_what_a_filing_keeps_private_is_found_by_its_entry(store: Store) -> None:
    with store.transaction():
        store.add_filing(2, b"sealed")
    assert [store.filing_sealed(seq) for seq in (1, 2, 3)] == [None, b"sealed", None]


def test_an_entry_has_it_once(store: Store) -> None:
    with store.transaction():
        store.add_filing(2, b"sealed")
    with pytest.raises(StoreConflictError), store.transaction():
        store.add_filing(2, b"other")
    assert store.filing_sealed(2) == b"sealed"
