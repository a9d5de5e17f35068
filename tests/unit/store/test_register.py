"""The private register: what it keeps, what it refuses, what an unfinished transaction leaves."""

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core.digest import sha256
from ledger.store import (
    Batch,
    CertificateRow,
    CommittedIndex,
    EntryRow,
    Store,
    StoreBusyError,
    StoreConflictError,
    StoreDamagedError,
    StoreError,
    StoreMissingError,
    StoreWriteError,
    connection,
    register,
)

REPOSITORY = Path(__file__).parents[3]


def entry(seq: int, subject: str | None = None, *, registry: bool = False) -> EntryRow:
    raw = b'{"seq":%d}' % seq
    return EntryRow(seq, raw, sha256(b"\x00" + raw), None if subject is None else digest(subject), registry)


def digest(subject: str) -> bytes:
    return sha256(b"subject\n" + subject.encode())


def certificate(seq: int, *, tag: bytes | None = None, masked: str | None = "view") -> CertificateRow:
    return CertificateRow(seq, f"S{seq:021}", "valid", tag, masked, b"sealed %d" % seq)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{(tmp_path / 'register.db').as_posix()}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store.open(url, create=True, wait=0.1) as opened:
        yield opened


NOTE = f"ledger.example\n4\n{'A' * 43}=\n\n— ledger.example {'A' * 92}\n".encode()


class TestOpening:
    def test_a_register_is_made_only_when_asked(self, url: str) -> None:
        with pytest.raises(StoreMissingError, match="no register"):
            Store.open(url)

    def test_making_one_where_one_is_changes_nothing(self, url: str) -> None:
        with Store.open(url, create=True) as store, store.transaction():
            store.append_entries([entry(0)])
        with Store.open(url, create=True) as store:
            assert store.size() == 1

    @pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
    def test_only_the_owner_can_read_it(self, url: str, tmp_path: Path) -> None:
        with Store.open(url, create=True) as store, store.transaction():
            store.append_entries([entry(0)])
        for file in tmp_path.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name

    def test_between_commands_it_is_one_file(self, url: str, tmp_path: Path) -> None:
        with Store.open(url, create=True) as store, store.transaction():
            store.append_entries([entry(0)])
        assert [file.name for file in tmp_path.iterdir() if file.stat().st_size] == ["register.db"]

    def test_a_commit_is_durable_by_its_settings(self, store: Store) -> None:
        raw = store._connection
        assert raw.exec_driver_sql("PRAGMA journal_mode").scalar() == "truncate"
        assert raw.exec_driver_sql("PRAGMA synchronous").scalar() == 2

    def test_another_file_is_not_taken_for_a_register(self, url: str, tmp_path: Path) -> None:
        (tmp_path / "register.db").write_bytes(b"not a database, and longer than a header" * 100)
        with pytest.raises(StoreDamagedError):
            Store.open(url)

    def test_another_database_is_not_taken_for_a_register(self, url: str, tmp_path: Path) -> None:
        with sqlite3.connect(tmp_path / "register.db") as other:
            other.execute("CREATE TABLE entry (seq INTEGER)")
        other.close()
        with pytest.raises(StoreDamagedError, match="not a register"):
            Store.open(url)

    def test_a_register_of_another_version_is_refused(self, url: str) -> None:
        with Store.open(url, create=True) as store, store.transaction():
            store.set_setting("schema", "5")
        with pytest.raises(StoreDamagedError, match="version"):
            Store.open(url)

    @pytest.mark.parametrize("wrong", ["no url", "mysql://localhost/x", "nonsense://x"])
    def test_a_url_that_cannot_be_used_is_an_error_of_ours(self, wrong: str) -> None:
        with pytest.raises(StoreError):
            Store.open(wrong)

    def test_a_folder_that_is_missing_is_an_error_of_ours(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="cannot create"):
            Store.open(f"sqlite:///{(tmp_path / 'missing' / 'register.db').as_posix()}", create=True)

    def test_it_can_live_in_memory(self) -> None:
        with Store.open("sqlite://", create=True) as store:
            with store.transaction():
                store.append_entries([entry(0)])
            assert store.last_entry() == (0, b'{"seq":0}')


class TestTransactions:
    def test_an_exception_leaves_nothing(self, store: Store) -> None:
        def interrupted() -> None:
            with store.transaction():
                store.append_entries([entry(0)])
                store.add_certificates([certificate(0)])
                store.set_counter("a", 1)
                raise KeyError

        with pytest.raises(KeyError):
            interrupted()
        assert (store.size(), store.get_certificate("S" + "0" * 21), store.get_counter("a")) == (0, None, 0)

    def test_nothing_is_changed_outside_a_transaction(self, store: Store) -> None:
        with pytest.raises(RuntimeError, match="inside a transaction"):
            store.append_entries([entry(0)])
        with pytest.raises(RuntimeError, match="inside a transaction"):
            store.set_counter("a", 1)

    def test_they_do_not_nest(self, store: Store) -> None:
        with pytest.raises(RuntimeError, match="already"), store.transaction(), store.transaction():
            pass
        with store.transaction():
            store.append_entries([entry(0)])
        assert store.size() == 1

    def test_a_second_writer_is_told_and_a_reader_is_not_held_up(self, store: Store, url: str) -> None:
        with Store.open(url, wait=0.05) as second:
            with store.transaction():
                store.append_entries([entry(0)])
                with pytest.raises(StoreBusyError, match="somebody else"), second.transaction():
                    pass
                assert second.size() == 0
            assert second.size() == 1
            with second.transaction():
                second.append_entries([entry(1)])
        assert store.size() == 2

    def test_a_walk_in_progress_does_not_hold_up_a_writer(self, store: Store, url: str) -> None:
        with store.transaction():
            store.append_entries([entry(seq) for seq in range(1200)])
        walk = store.entries(0, 1200)
        next(walk)
        with Store.open(url, wait=0.05) as second, second.transaction():
            second.append_entries([entry(1200)])
        assert len(list(walk)) == 1199

    @pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
    def test_a_killed_writer_leaves_nothing(self, url: str, tmp_path: Path) -> None:
        with Store.open(url, create=True) as store, store.transaction():
            store.append_entries([entry(0)])
        program = f"""
            import os, signal
            from ledger.store import EntryRow, Store
            with Store.open({url!r}) as store, store.transaction():
                store._connection.exec_driver_sql("PRAGMA cache_size = 10")  # spill to the file before the commit
                store.append_entries([EntryRow(seq, bytes(3000), bytes(32), None, False) for seq in range(1, 2000)])
                os.kill(os.getpid(), signal.SIGKILL)
        """
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], cwd=REPOSITORY, check=False)
        assert done.returncode == -signal.SIGKILL
        assert (tmp_path / "register.db-journal").stat().st_size > 0  # the kill came in the middle
        assert (tmp_path / "register.db").stat().st_size > 1_000_000
        with Store.open(url) as store:
            assert store.size() == 1
            assert list(store.entries(0, 1)) == [entry(0).raw]

    def test_a_full_disk_leaves_nothing_and_is_told(self, store: Store) -> None:
        with store.transaction():
            store.append_entries([entry(0)])
        pages = store._connection.exec_driver_sql("PRAGMA page_count").scalar()
        store._connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreWriteError), store.transaction():
            store.append_entries([EntryRow(seq, bytes(4000), bytes(32), None, False) for seq in range(1, 50)])
        assert store.size() == 1

    def test_a_read_only_register_is_told(self, store: Store) -> None:
        store._connection.exec_driver_sql("PRAGMA query_only = ON")
        with pytest.raises(StoreWriteError), store.transaction():
            store.append_entries([entry(0)])
        assert store.size() == 0


class TestEntries:
    def test_they_are_kept_in_order_with_their_hashes(self, store: Store) -> None:
        rows = [entry(seq, f"subject {seq % 7}" if seq % 3 else None) for seq in range(1500)]
        with store.transaction():
            store.append_entries(rows[:1000])
            store.append_entries([])
            store.append_entries(rows[1000:])
        assert list(store.entries(0, 1500)) == [row.raw for row in rows]
        assert list(store.entries(510, 515)) == [row.raw for row in rows[510:515]]
        assert list(store.entries(5, 5)) == []
        assert list(store.leaves()) == [(row.seq, row.digest, row.leaf) for row in rows]
        assert list(store.leaves(40, first=30)) == [(row.seq, row.digest, row.leaf) for row in rows[30:40]]
        assert store.last_entry() == (1499, rows[-1].raw)

    def test_an_empty_ledger_has_none(self, store: Store) -> None:
        assert store.last_entry() is None
        assert (store.size(), list(store.leaves()), list(store.registry_entries())) == (0, [], [])

    @pytest.mark.parametrize("seqs", [[1], [0, 2], [0, 0], [1, 0], [-1]])
    def test_gaps_and_repetitions_are_refused(self, store: Store, seqs: list[int]) -> None:
        with pytest.raises(StoreConflictError, match="do not continue"), store.transaction():
            store.append_entries([entry(seq) for seq in seqs])
        assert store.size() == 0

    @pytest.mark.domain("G10", "G11")
    def test_an_entry_is_never_replaced(self, store: Store) -> None:
        with store.transaction():
            store.append_entries([entry(0)])
        with pytest.raises(StoreConflictError), store.transaction():
            store.append_entries([entry(0)])

    def test_a_missing_entry_is_damage(self, store: Store) -> None:
        with store.transaction():
            store.append_entries([entry(seq) for seq in range(10)])
        store._connection.exec_driver_sql("DELETE FROM entry WHERE seq = 4")
        with pytest.raises(StoreDamagedError, match="missing"):
            list(store.entries(0, 10))
        with pytest.raises(StoreDamagedError, match="missing"):
            list(store.leaves())

    def test_registry_entries_are_found_by_their_mark(self, store: Store) -> None:
        with store.transaction():
            store.append_entries([entry(seq, registry=seq in {0, 3, 8}) for seq in range(10)])
        assert list(store.registry_entries()) == [entry(seq).raw for seq in (0, 3, 8)]

    def test_registry_entries_are_read_in_chunks(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ledger.store.register._RAW_CHUNK", 2)
        with store.transaction():
            store.append_entries([entry(seq, registry=seq % 2 == 1) for seq in range(11)])
        assert list(store.registry_entries()) == [entry(seq).raw for seq in range(1, 11, 2)]

    def test_a_subject_has_its_entries(self, store: Store) -> None:
        with store.transaction():
            store.append_entries([entry(seq, f"s{seq % 3}") for seq in range(9)])
        assert store.entries_of_subject(digest("s1")) == [(seq, entry(seq).raw) for seq in (1, 4, 7)]
        assert store.entries_of_subject(digest("s9")) == []

    def test_hash_ranges_cut_the_ledger_without_rest(self, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        rows = [entry(seq, f"s{seq % 50}" if seq % 5 else None) for seq in range(300)]
        with store.transaction():
            store.append_entries(rows)
        monkeypatch.setattr(register, "_RAW_CHUNK", 64)
        edges = [n.to_bytes(1, "big") + bytes(31) for n in range(0, 256, 32)]
        found = [
            row
            for low, high in zip(edges, [*edges[1:], None], strict=True)
            for row in store.entries_in_hash_range(low, high)
        ]
        assert sorted(found) == [(row.seq, row.digest, row.raw) for row in rows if row.digest is not None]
        first = [seq for seq, _, _ in store.entries_in_hash_range(edges[0], edges[1])]
        assert first == sorted(first)
        whole = [seq for seq, _, _ in store.entries_in_hash_range(bytes(32), None)]
        assert whole == sorted(seq for seq, _, _ in found)


class TestCommits:
    def test_the_newest_are_returned_oldest_first(self, store: Store) -> None:
        with store.transaction():
            for seq in (3, 9, 20):
                store.add_index(seq, 2, b"note %d" % seq, b"head %d" % seq)
        assert store.index_entries(newest=2) == [
            CommittedIndex(9, 2, b"note 9", b"head 9"),
            CommittedIndex(20, 2, b"note 20", b"head 20"),
        ]
        assert [index.size for index in store.index_entries(newest=8)] == [4, 10, 21]

    def test_one_is_found_by_its_checkpoint(self, store: Store) -> None:
        with store.transaction():
            store.add_index(3, 0, NOTE, b"head")
        assert store.index_of_note(NOTE) == CommittedIndex(3, 0, NOTE, b"head")
        for other in (b"other", NOTE.replace(b"4", b"5", 1), NOTE.replace(b"\nA", b"\nB", 1)):
            assert store.index_of_note(other) is None

    def test_one_is_found_whoever_cosigned_it(self, store: Store) -> None:
        cosigned = NOTE + NOTE.split(b"\n\n")[1].replace(b"ledger.example", b"witness.example")
        with store.transaction():
            store.add_index(3, 0, NOTE, b"head")
            store.replace_note(3, cosigned, b"new head")
        assert store.index_of_note(NOTE) == store.index_of_note(cosigned) == CommittedIndex(3, 0, cosigned, b"new head")
        with pytest.raises(StoreConflictError), store.transaction():
            store.replace_note(4, cosigned, b"new head")

    def test_one_size_has_one_checkpoint(self, store: Store) -> None:
        with store.transaction():
            store.add_index(3, 0, b"note", b"head")
        with pytest.raises(StoreConflictError), store.transaction():
            store.add_index(3, 0, b"other", b"head")


class TestCertificates:
    def test_one_is_found_by_its_number(self, store: Store) -> None:
        with store.transaction():
            store.add_certificates([certificate(seq) for seq in range(3)])
        assert store.get_certificate(certificate(1).code) == certificate(1)
        assert store.get_certificate("none") is None
        assert list(store.certificates(1, 3)) == [certificate(1), certificate(2)]

    @pytest.mark.domain("A6", "A14")
    def test_a_number_is_never_given_twice(self, store: Store) -> None:
        with store.transaction():
            store.add_certificates([certificate(1)])
        with pytest.raises(StoreConflictError) as caught, store.transaction():
            store.add_certificates([certificate(2), certificate(1)._replace(seq=7)])
        assert store.get_certificate(certificate(2).code) is None
        assert "sealed" not in str(caught.value)
        assert caught.value.__suppress_context__

    @pytest.mark.domain("G11")
    def test_people_are_found_by_their_tags(self, store: Store) -> None:
        tags = [sha256(b"%d" % number) for number in range(1300)]
        with store.transaction():
            store.add_certificates([certificate(seq, tag=tags[seq % 600]) for seq in range(700)])
        present = store.person_tags_present(tags)
        assert set(present) == set(tags[:600])
        assert present[tags[5]] == [(certificate(5).code, "valid"), (certificate(605).code, "valid")]
        assert store.person_tags_present([]) == {}

    def test_a_state_changes(self, store: Store) -> None:
        with store.transaction():
            store.add_certificates([certificate(1)])
            store.set_state(certificate(1).code, "revoked")
        assert store.get_certificate(certificate(1).code) == certificate(1)._replace(state="revoked")
        with pytest.raises(StoreConflictError, match="no certificate"), store.transaction():
            store.set_state("none", "revoked")

    def test_erased_data_is_not_in_the_file_any_more(self, store: Store, tmp_path: Path) -> None:
        secret = b"sealed bytes of one person" * 10
        rows = [certificate(seq, tag=sha256(b"%d" % seq))._replace(sealed=b"%d" % seq + secret) for seq in range(20)]
        with store.transaction():
            store.add_certificates(rows)
        with store.transaction():
            store.replace_personal(rows[7].code, person_tag=None, masked=None, sealed=None)
        assert store.get_certificate(rows[7].code) == CertificateRow(7, rows[7].code, "valid", None, None, None)
        left = b"".join(file.read_bytes() for file in tmp_path.iterdir())
        assert left.count(secret) == 19
        assert sha256(b"7") not in left

    def test_masked_views_come_by_hash_range_in_code_order(self, store: Store) -> None:
        codes = [f"S{number:021}" for number in range(40)]
        order = codes[::-1]  # issued against the order of their numbers
        with store.transaction():
            store.append_entries([entry(seq, code) for seq, code in enumerate(order)])
            store.append_entries([entry(40 + seq, code) for seq, code in enumerate(order)])  # later events
            store.add_certificates(
                [
                    CertificateRow(seq, code, "valid", None, None if seq % 4 == 0 else f"view {code}", b"x")
                    for seq, code in enumerate(order)
                ]
            )
        middle = b"\x80" + bytes(31)
        low, high = store.masked_lines(bytes(32), middle), store.masked_lines(middle, None)
        assert low == sorted(low)
        assert all(digest(code) < middle for code, _ in low)
        expected = [(code, f"view {code}") for seq, code in enumerate(order) if seq % 4]
        assert sorted(low + high) == sorted(expected)

    def test_the_largest_number_of_some(self, store: Store) -> None:
        with store.transaction():
            store.append_entries([entry(seq) for seq in range(3)])
            store.add_certificates([certificate(seq) for seq in range(3)])
        first, last = f"S{0:021}", f"S{9:021}"
        assert store.highest_code(first, last) == f"S{2:021}"
        assert store.highest_code(first, f"S{1:021}") == f"S{1:021}"
        assert store.highest_code(f"S{3:021}", last) is None


class TestCountersBatchesSettings:
    def test_a_counter_begins_at_zero_and_never_goes_back(self, store: Store) -> None:
        assert store.get_counter("S000050000001/2026/3") == 0
        with store.transaction():
            store.set_counter("S000050000001/2026/3", 12)
            store.set_counter("S000050000001/2026/3", 40)
            store.set_counter("other", 1)
        assert store.get_counter("S000050000001/2026/3") == 40
        with pytest.raises(StoreConflictError, match="go back"), store.transaction():
            store.set_counter("S000050000001/2026/3", 39)

    def test_a_batch_is_recognised_by_its_digest(self, store: Store) -> None:
        first = Batch(b"d" * 32, "issue", "S000050000001", "cn-chongqing-2020-1", 3, 9, "2026-11-20T08:00:00Z", b"{}")
        second = first._replace(digest=b"e" * 32, first=9, size=12)
        with store.transaction():
            store.add_batch(second)
            store.add_batch(first)
        assert store.find_batch(b"d" * 32) == first
        assert store.find_batch(b"f" * 32) is None
        assert store.batches() == [first, second]
        with pytest.raises(StoreConflictError), store.transaction():
            store.add_batch(first)

    def test_settings_are_kept(self, store: Store) -> None:
        assert store.setting("x") is None
        with store.transaction():
            store.set_setting("x", "1")
            store.set_setting("x", "2")
        assert store.setting("x") == "2"


class TestErrors:
    """What a driver says is told apart without a server: the codes are the drivers' contract."""

    @pytest.mark.parametrize(
        ("attribute", "code", "kind"),
        [
            ("sqlite_errorcode", sqlite3.SQLITE_BUSY, StoreBusyError),
            ("sqlite_errorcode", sqlite3.SQLITE_BUSY_RECOVERY, StoreBusyError),
            ("sqlite_errorcode", sqlite3.SQLITE_LOCKED, StoreBusyError),
            ("sqlite_errorcode", sqlite3.SQLITE_FULL, StoreWriteError),
            ("sqlite_errorcode", sqlite3.SQLITE_IOERR_FSYNC, StoreWriteError),
            ("sqlite_errorcode", sqlite3.SQLITE_READONLY, StoreWriteError),
            ("sqlite_errorcode", sqlite3.SQLITE_CORRUPT, StoreDamagedError),
            ("sqlite_errorcode", sqlite3.SQLITE_NOTADB, StoreDamagedError),
            ("sqlite_errorcode", sqlite3.SQLITE_CANTOPEN, StoreMissingError),
            ("sqlite_errorcode", sqlite3.SQLITE_ERROR, StoreError),
            ("sqlstate", "55P03", StoreBusyError),
            ("sqlstate", "53100", StoreWriteError),
            ("sqlstate", "58030", StoreWriteError),
            ("sqlstate", "42P01", StoreError),
        ],
    )
    def test_each_code_has_its_kind(self, attribute: str, code: int | str, kind: type[StoreError]) -> None:
        from sqlalchemy.exc import OperationalError

        cause = Exception("said the driver")
        setattr(cause, attribute, code)
        with pytest.raises(StoreError) as caught, connection.errors_told_apart():
            raise OperationalError("SELECT 1", {}, cause)
        assert type(caught.value) is kind
