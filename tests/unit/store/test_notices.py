"""Published lists in the register, and a register of the version before they had a table."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.store import Store, StoreConflictError
from ledger.store.schema import SCHEMA


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{(tmp_path / 'register.db').as_posix()}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url, create=True, wait=0.1) as opened:
        yield opened


def test_a_register_from_before_notices_gets_their_table(url: str) -> None:
    with Store.open(url, create=True) as store, store.transaction():
        store._connection.exec_driver_sql("DROP TABLE notice")
        store.set_setting("schema", "1")
    for _ in range(2):
        with Store.open(url) as store, store.transaction():
            assert store.setting("schema") == SCHEMA
            assert store.notice_seqs() == []


def test_lists_are_given_back_until_they_are_erased(store: Store) -> None:
    with store.transaction():
        for seq in (3, 9, 5):
            store.add_notice(seq, b"list %d" % seq)
    assert store.notices(0, 9) == [(3, b"list 3"), (5, b"list 5")]
    assert sorted(store.notice_seqs()) == [3, 5, 9]
    with store.transaction():
        store.erase_notice(5)
    assert store.notices(0, 10) == [(3, b"list 3"), (9, b"list 9")]
    assert sorted(store.notice_seqs()) == [3, 9]


def test_a_list_is_kept_once_and_only_what_is_there_is_erased(store: Store) -> None:
    with store.transaction():
        store.add_notice(3, b"list")
    with pytest.raises(StoreConflictError), store.transaction():
        store.add_notice(3, b"other")
    with pytest.raises(StoreConflictError, match="no notice 4"), store.transaction():
        store.erase_notice(4)
    assert store.notices(0, 9) == [(3, b"list")]


def test_an_erased_list_is_not_in_the_file_any_more(url: str, tmp_path: Path) -> None:
    secret = b"a surname, and who else was there " * 40
    with Store.open(url, create=True) as store:
        with store.transaction():
            store.add_notice(3, secret)
        assert secret[:60] in (tmp_path / "register.db").read_bytes()
        with store.transaction():
            store.erase_notice(3)
    assert secret[:60] not in (tmp_path / "register.db").read_bytes()


def test_commits_since_an_entry(store: Store) -> None:
    with store.transaction():
        for seq in (1, 4, 6):
            store.add_index(seq, 0, b"note %d" % seq, b"head")
    assert [commit.seq for commit in store.commits_since(2)] == [4, 6]
    assert [commit.seq for commit in store.commits_since(6)] == [6]
    assert store.commits_since(7) == []
