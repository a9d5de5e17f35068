"""Writing: the anchor, the clock, the moments in which a kill can come, the public folder held against an oracle."""

import shutil
from pathlib import Path

import pytest

from ledger.app.events import record_event, renew
from ledger.app.filing import read_registry
from ledger.app.home import HomeError
from ledger.app.writing import Draft, publish, trust_of_ledger, writing
from ledger.core.checkpoint import open_checkpoint, sign_checkpoint
from ledger.core.entry import parse_entry
from ledger.crypto.pynacl_verify import verify
from ledger.publish import projection
from ledger.store import Store
from tests.simulator import Sealed, Simulator, signer
from tests.unit.app.world import CONFIG, World, people


def step(world: World) -> int:
    return renew(world.home, world.store, world.keyring, now=world.tick())


def refuses(world: World, text: str) -> None:
    """Nothing can be written or published, and nothing is changed by trying."""
    before = world.snapshot()
    with pytest.raises(HomeError, match=text):
        step(world)
    with pytest.raises(HomeError, match=text):
        publish(world.home, world.store)
    assert world.snapshot() == before


class TestAnchor:
    def test_it_is_the_newest_checkpoint(self, world: World) -> None:
        world.append(people(2))
        note = world.home.anchor.read_bytes()
        assert note == (world.home.public / "checkpoint").read_bytes()
        assert open_checkpoint(note, trust_of_ledger(world.store).log, verify).size == world.store.size()
        assert not world.home.anchor.is_relative_to(world.home.path)

    def test_an_old_backup_must_not_go_on(self, world: World) -> None:
        backup = world.back_up()
        world.append(people(2))
        world.restore(backup)
        refuses(world, "an old backup must not go on")

    def test_a_backup_of_the_newest_state_goes_on(self, world: World) -> None:
        world.append(people(2))
        world.restore(world.back_up())
        step(world)

    def test_another_history_of_the_same_size_must_not_go_on(self, world: World) -> None:
        done = world.append(people(2))
        backup = world.back_up()
        step(world)
        world.restore(backup)
        lost = world.home.anchor.read_bytes()
        world.home.anchor.write_bytes((backup / "public" / "checkpoint").read_bytes())
        world.tick()
        step(world)
        world.home.anchor.write_bytes(lost)
        refuses(world, "another history")
        assert done.first

    def test_another_history_that_grew_must_not_go_on(self, world: World) -> None:
        backup = world.back_up()
        step(world)
        lost = world.home.anchor.read_bytes()
        world.restore(backup)
        world.home.anchor.write_bytes((backup / "public" / "checkpoint").read_bytes())
        world.tick()
        step(world)
        step(world)
        world.home.anchor.write_bytes(lost)
        refuses(world, "another history")

    def test_without_it_nothing_is_written(self, world: World) -> None:
        world.home.anchor.unlink()
        refuses(world, "is gone")

    @pytest.mark.parametrize("what", [b"", b"not a note"])
    def test_what_is_no_checkpoint_is_none(self, world: World, what: bytes) -> None:
        world.home.anchor.write_bytes(what)
        refuses(world, "not a checkpoint of this ledger")

    def test_one_of_another_log_is_none(self, world: World) -> None:
        key = trust_of_ledger(world.store).log
        checkpoint = open_checkpoint(world.home.anchor.read_bytes(), key, verify)
        world.home.anchor.write_bytes(sign_checkpoint(checkpoint, signer(CONFIG.origin, "another")))
        refuses(world, "not a checkpoint of this ledger")

    def test_killed_before_it_was_written_the_ledger_goes_on(self, world: World) -> None:
        """The transaction is the commit point: behind it the anchor is only late."""
        old = world.home.anchor.read_bytes()
        step(world)
        new = world.home.anchor.read_bytes()
        world.home.anchor.write_bytes(old)
        publish(world.home, world.store)
        assert world.home.anchor.read_bytes() == new
        world.home.anchor.write_bytes(old)
        step(world)


class TestClock:
    def test_a_clock_behind_the_ledger_writes_nothing(self, world: World) -> None:
        world.append(people(1))
        before = world.snapshot()
        with pytest.raises(HomeError, match="set the clock right"):
            renew(world.home, world.store, world.keyring, now=world.now - 1)
        assert world.snapshot() == before

    def test_the_same_second_is_fine(self, world: World) -> None:
        step(world)
        renew(world.home, world.store, world.keyring, now=world.now)
        times = [parse_entry(raw).time for raw in world.store.entries(0, world.store.size())]
        assert times == sorted(times)
        assert times[-1] == times[-2]


class TestCommitPoint:
    def test_an_exception_inside_leaves_nothing(self, world: World) -> None:
        before = world.snapshot()
        with (
            pytest.raises(ZeroDivisionError),
            writing(world.home, world.store, world.keyring.signer(CONFIG.origin), world.tick(), 2),
        ):
            raise ZeroDivisionError
        assert world.snapshot() == before

    def test_an_exception_while_committing_leaves_nothing(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise OSError("no space left")

        before = world.snapshot()
        monkeypatch.setattr(Store, "add_index", fail)
        with pytest.raises(OSError, match="no space"):
            world.append(people(3))
        assert world.snapshot() == before

    def test_numbers_of_a_failed_batch_are_given_again(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise OSError("no space left")

        with monkeypatch.context() as patch:
            patch.setattr(Draft, "commit", fail)
            with pytest.raises(OSError, match="no space"):
                world.append(people(3))
        assert world.append(people(3)).first.endswith("3000001")

    def test_a_publication_that_fails_is_made_up_for(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise OSError("no space left")

        with monkeypatch.context() as patch:
            patch.setattr("ledger.app.roster.publish", fail)
            with pytest.raises(OSError, match="no space"):
                world.append(people(3))
        assert world.check(f"{'S000050000001'}263000001").verdict == "absent"
        again = world.append(people(3))
        assert again.again
        assert world.check(again.first).verdict == "valid"


class TestPublicFolder:
    """public/ is what the register's entries make it, byte for byte, and nothing else."""

    def oracle(self, world: World) -> dict[str, bytes]:
        """The folder as the simulator, which knows only the specification, makes it from the same entries."""
        store = world.store
        made = Simulator.__new__(Simulator)
        made.trust, made.kept = trust_of_ledger(store), 8
        made.raws, made.subjects, made.masked, made.steps = [], [], {}, {}
        for raw in store.entries(0, store.size()):
            made.take(raw)
        made.sealed = [Sealed(one.seq, one.bits, one.head, one.note) for one in store.index_entries(newest=1000)]
        made.masked = dict(store.masked_lines(bytes(32), None))
        return made.files()

    def published(self, world: World) -> dict[str, bytes]:
        public = world.home.public
        return {file.relative_to(public).as_posix(): file.read_bytes() for file in public.rglob("*") if file.is_file()}

    def check(self, world: World) -> None:
        wanted, found = self.oracle(world), self.published(world)
        assert found.keys() == wanted.keys()
        assert [path for path in wanted if wanted[path] != found[path]] == []

    def test_after_every_batch(self, world: World) -> None:
        self.check(world)
        done = world.append(people(20))
        self.check(world)
        world.append(people(90)[20:])  # 92 subjects: two shards
        self.check(world)
        for kind in ("suspend", "restore", "revoke"):
            record_event(
                world.home, world.store, world.keyring, f"certificate.{kind}", done.first,
                reason="error", effective=None, side="organisation", now=world.tick(),
            )  # fmt: skip
            self.check(world)

    def test_across_more_index_entries_than_are_kept_and_a_full_tile(self, world: World) -> None:
        world.append(people(250))
        for _ in range(10):
            step(world)
        self.check(world)
        assert (world.home.public / "tile/0/000").is_file()

    def test_thrown_away_it_is_made_again(self, world: World) -> None:
        world.append(people(90))
        step(world)
        before = self.published(world)
        shutil.rmtree(world.home.public)
        publish(world.home, world.store)
        assert self.published(world) == before

    def test_it_is_the_same_in_pieces(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        world.append(people(90))
        before = self.published(world)
        shutil.rmtree(world.home.public)
        monkeypatch.setattr(projection, "_LINES", 7)  # shard/0 holds all 91 entries that have a subject
        publish(world.home, world.store)
        assert self.published(world) == before

    def test_publishing_again_touches_nothing(self, world: World) -> None:
        world.append(people(3))
        times = {path: path.stat().st_mtime_ns for path in self.all(world)}
        publish(world.home, world.store)
        assert {path: path.stat().st_mtime_ns for path in self.all(world)} == times

    def all(self, world: World) -> list[Path]:
        return [path for path in world.home.public.rglob("*") if path.is_file()]


def test_an_empty_register_has_no_trust(tmp_path: Path) -> None:
    with (
        Store.open(f"sqlite:///{(tmp_path / 'r.db').as_posix()}", create=True) as store,
        pytest.raises(HomeError, match="interrupted"),
    ):
        trust_of_ledger(store)


def test_a_register_whose_opening_was_interrupted_has_no_organisations(tmp_path: Path) -> None:
    with (
        Store.open(f"sqlite:///{(tmp_path / 'r.db').as_posix()}", create=True) as store,
        pytest.raises(HomeError, match="interrupted"),
    ):
        read_registry(store)
