"""Durable files: whole or not at all, flushed before they get their names, one writer."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from ledger.publish import durable, lockfile
from ledger.publish.durable import (
    HomeBusyError,
    Staging,
    WriteError,
    delete_all,
    flush_all,
    lock_home,
    write_atomic,
    write_same,
)

REPOSITORY = Path(__file__).parents[3]
posix_only = pytest.mark.skipif(os.name == "nt", reason="needs POSIX modes, folders or signals")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


class Disk:
    """Records what the module asks of the system, in order, and can fail or stop at the n-th call.

    `fragile` holds what a power cut could still take: contents never flushed, names whose folder was not flushed
    since the rename (the POSIX minimum: flushing a file does not flush its name).
    """

    def __init__(
        self,
        patch: pytest.MonkeyPatch,
        stop_at: int | None = None,
        error: BaseException | None = None,
    ) -> None:
        self.calls: list[tuple[str, str]] = []
        self.paths: dict[int, str] = {}
        self.flushed: set[str] = set()
        self.fragile_names: set[str] = set()
        self.unflushed_renames: list[str] = []
        self.stop_at, self.error = stop_at, error or KeyboardInterrupt()
        names = ("open", "write", "fsync", "replace", "sync")
        self.real = {name: getattr(os, name) for name in names if hasattr(os, name)}
        for name in self.real:
            patch.setattr(os, name, getattr(self, name))

    def step(self, name: str, path: str) -> None:
        if len(self.calls) == self.stop_at:
            self.stop_at = None
            raise self.error
        self.calls.append((name, path))

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:
        self.step("open", str(path))
        file: int = self.real["open"](path, flags, mode)
        self.paths[file] = str(path)
        return file

    def write(self, file: int, data: memoryview) -> int:
        self.step("write", self.paths[file])
        self.flushed.discard(self.paths[file])
        half = data[: max(1, len(data) // 2)]  # a short write is no error
        count: int = self.real["write"](file, half)
        return count

    def fsync(self, file: int) -> None:
        path = self.paths[file]
        self.step("fsync", path)
        self.real["fsync"](file)
        self.flushed.add(path)
        self.fragile_names = {name for name in self.fragile_names if str(Path(name).parent) != path}

    def replace(self, old: Path, new: Path) -> None:
        self.step("replace", str(new))
        if str(old) not in self.flushed:
            self.unflushed_renames.append(str(new))
        self.real["replace"](old, new)
        self.fragile_names.add(str(new))

    def sync(self) -> None:
        self.step("sync", "")
        self.real["sync"]()


class TestWriteAtomic:
    def test_a_file_is_replaced_as_a_whole(self, tmp_path: Path) -> None:
        path = tmp_path / "head"
        write_atomic(path, b"old")
        write_atomic(path, b"new and longer")
        assert path.read_bytes() == b"new and longer"
        assert names(tmp_path) == ["head"]

    def test_large_and_empty_contents_are_written_whole(self, tmp_path: Path) -> None:
        for data in (b"", bytes(300_000)):
            write_atomic(tmp_path / "x", data)
            assert (tmp_path / "x").read_bytes() == data

    @posix_only
    def test_contents_are_flushed_before_the_name_and_the_name_before_the_return(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        disk = Disk(monkeypatch)
        write_atomic(tmp_path / "head", b"data")
        assert disk.unflushed_renames == []
        assert disk.fragile_names == set()
        calls = [name for name, _ in disk.calls]
        assert calls[0] == "open"
        assert disk.calls[0][1] == str(tmp_path)  # the folder is held open throughout
        assert calls.index("fsync") < calls.index("replace") < len(calls) - 1 - calls[::-1].index("fsync")

    def test_stopped_anywhere_the_old_file_or_the_new_one_is_there(self, tmp_path: Path) -> None:
        path = tmp_path / "head"
        seen = set()
        for stop in range(40):
            path.write_bytes(b"old")
            with pytest.MonkeyPatch.context() as patch:
                disk = Disk(patch, stop)
                try:
                    write_atomic(path, b"the new one")
                except KeyboardInterrupt:
                    seen.add(path.read_bytes())
                    assert names(tmp_path) == ["head"]
                else:
                    assert disk.stop_at is not None, "the stop never came: the sweep is over"
                    break
        assert seen == ({b"old", b"the new one"} if os.name != "nt" else {b"old"})
        assert path.read_bytes() == b"the new one"

    @pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
    def test_any_failure_is_told_once_and_never_tried_again(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        call: str,
    ) -> None:
        tried = []

        def fail(*_args: object, **_others: object) -> None:
            tried.append(call)
            raise OSError(28, "No space left on device")

        path = tmp_path / "head"
        path.write_bytes(b"old")
        monkeypatch.setattr(os, call, fail)
        with pytest.raises(WriteError, match="No space left") as caught:
            write_atomic(path, b"new")
        assert caught.value.path == path
        assert len(tried) == 1
        assert path.read_bytes() == b"old"
        monkeypatch.undo()
        assert names(tmp_path) == ["head"]

    @posix_only
    def test_private_means_for_the_owner_only(self, tmp_path: Path) -> None:
        path = tmp_path / "keyring.sealed"
        left = tmp_path / ".keyring.sealed.tmp"  # what a killed command may leave, with any mode
        left.write_bytes(b"")
        left.chmod(0o644)
        write_atomic(path, b"sealed", private=True)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        write_atomic(path, b"sealed again", private=True)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    @posix_only
    def test_a_link_laid_in_the_way_is_not_followed(self, tmp_path: Path) -> None:
        victim = tmp_path / "victim"
        victim.write_bytes(b"mine")
        (tmp_path / ".head.tmp").symlink_to(victim)
        with pytest.raises(WriteError):
            write_atomic(tmp_path / "head", b"data")
        assert victim.read_bytes() == b"mine"

    def test_a_missing_folder_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(WriteError, match="missing"):
            write_atomic(tmp_path / "missing" / "head", b"data")


class TestWindowsRename:
    def test_a_file_open_for_a_moment_is_waited_for(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pauses: list[float] = []
        real = os.replace

        def busy_twice(old: Path, new: Path) -> None:
            if len(pauses) < 2:
                raise PermissionError(13, "Permission denied")
            real(old, new)

        monkeypatch.setattr(durable, "_FOLDERS_FLUSH", False)
        monkeypatch.setattr(os, "replace", busy_twice)
        monkeypatch.setattr(time, "sleep", pauses.append)
        write_atomic(tmp_path / "head", b"data")
        assert (tmp_path / "head").read_bytes() == b"data"
        assert pauses == [0.01, 0.02]

    def test_one_open_for_good_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def busy(*_: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(durable, "_FOLDERS_FLUSH", False)
        monkeypatch.setattr(os, "replace", busy)
        monkeypatch.setattr(time, "sleep", lambda _: None)
        with pytest.raises(WriteError, match="Permission denied"):
            write_atomic(tmp_path / "head", b"data")


class TestWriteSame:
    def test_the_same_bytes_are_written_once(self, tmp_path: Path) -> None:
        assert write_same(tmp_path / "tile", b"data")
        before = (tmp_path / "tile").stat().st_mtime_ns
        assert not write_same(tmp_path / "tile", b"data")
        assert (tmp_path / "tile").stat().st_mtime_ns == before

    def test_other_bytes_are_refused(self, tmp_path: Path) -> None:
        write_same(tmp_path / "tile", b"data")
        with pytest.raises(WriteError, match="must not change"):
            write_same(tmp_path / "tile", b"date")
        assert (tmp_path / "tile").read_bytes() == b"data"

    def test_what_cannot_be_read_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(WriteError):
            write_same(tmp_path, b"data")


def files(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


OLD = {"a": b"old a", "deep/er/b": b"old b"}
NEW = {"a": b"new a", "deep/er/b": b"new b", "other/c": b"new c"}


class TestStaging:
    def fill(self, root: Path, wanted: dict[str, bytes]) -> None:
        for name, data in wanted.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)

    def stage(self, root: Path) -> int:
        with Staging(root) as staging:
            for name, data in NEW.items():
                staging.write(root / name, data)
            return staging.commit()

    def test_nothing_shows_before_the_commit_and_all_after_it(self, tmp_path: Path) -> None:
        root = tmp_path / "public"
        with Staging(root) as staging:
            staging.write(root / "x/a", b"first")
            staging.write(root / "x/a", b"second")
            staging.write(root / "b", b"b")
            assert files(root) == {}
            assert staging.commit() == 3
            assert files(root) == {"x/a": b"second", "b": b"b"}
            assert staging.commit() == 0
            staging.write(root / "c", b"c")
            staging.commit()
        assert files(root) == {"x/a": b"second", "b": b"b", "c": b"c"}
        assert names(tmp_path) == ["public"]

    def test_without_a_commit_nothing_happens(self, tmp_path: Path) -> None:
        with Staging(tmp_path / "public") as staging:
            staging.write(tmp_path / "public" / "a", b"a")
        assert files(tmp_path) == {}

    @posix_only
    @pytest.mark.parametrize("count", [3, 100])
    def test_everything_is_flushed_before_the_first_name_and_every_name_before_the_return(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        count: int,
    ) -> None:
        root = tmp_path / "public"
        disk = Disk(monkeypatch)
        with Staging(root) as staging:
            for number in range(count):
                staging.write(root / f"{number % 4}/deep/{number}", b"data")
            staging.commit()
        assert disk.unflushed_renames == []
        assert disk.fragile_names == set()
        last_draft = max(n for n, (name, path) in enumerate(disk.calls) if name == "fsync" and "staging" in path)
        assert last_draft < [name for name, _ in disk.calls].index("replace")
        # Folders that are new themselves are flushed in their own folder too.
        flushed = {path for name, path in disk.calls if name == "fsync"}
        assert {str(tmp_path), str(root), str(root / "1"), str(root / "1" / "deep")} <= flushed

    def test_stopped_anywhere_every_file_is_whole_and_the_next_run_finishes(self, tmp_path: Path) -> None:
        root = tmp_path / "public"
        stops = 0
        for stop in range(200):
            self.fill(root, OLD)
            (root / "other" / "c").unlink(missing_ok=True)
            with pytest.MonkeyPatch.context() as patch:
                disk = Disk(patch, stop)
                try:
                    self.stage(root)
                except KeyboardInterrupt:
                    stops += 1
                else:
                    assert disk.stop_at is not None
                    break
            for name, data in files(root).items():
                assert data in {OLD.get(name), NEW[name]}
            self.stage(root)
            assert files(tmp_path) == {f"public/{name}": data for name, data in NEW.items()}
        assert stops > 20

    def test_an_error_of_any_call_is_told_and_leaves_whole_files(self, tmp_path: Path) -> None:
        root = tmp_path / "public"
        told = 0
        for stop in range(200):
            self.fill(root, OLD)
            with pytest.MonkeyPatch.context() as patch:
                disk = Disk(patch, stop, OSError(5, "Input/output error"))
                try:
                    self.stage(root)
                except WriteError as error:
                    told += error.reason == "Input/output error"
                else:
                    assert disk.stop_at is not None, "an error was swallowed"
                    break
            for name, data in files(root).items():
                assert data in {OLD.get(name), NEW[name]}
        assert told == stop > 20

    @posix_only
    def test_what_a_killed_one_left_is_removed_by_the_next(self, tmp_path: Path) -> None:
        root = tmp_path / "public"
        program = f"""
            import os, signal
            from pathlib import Path
            from ledger.publish.durable import Staging
            staging = Staging(Path({str(root)!r}))
            staging.write(Path({str(root / "a")!r}), b"half of the work")
            os.kill(os.getpid(), signal.SIGKILL)
        """
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], cwd=REPOSITORY, check=False)
        assert done.returncode == -signal.SIGKILL
        assert files(tmp_path) == {"public.staging/0": b"half of the work"}
        self.stage(root)
        assert files(tmp_path) == {f"public/{name}": data for name, data in NEW.items()}


class TestFlushAll:
    @posix_only
    @pytest.mark.parametrize("count", [1, 64])
    def test_files_and_folders_are_flushed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
        paths = [tmp_path / f"{number % 2}" / f"{number}" for number in range(count)]
        for path in paths:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"x")
        disk = Disk(monkeypatch)
        flush_all(iter(paths))
        flushed = [path for name, path in disk.calls if name == "fsync"]
        assert sorted(flushed) == sorted({str(path) for path in paths} | {str(path.parent) for path in paths})

    def test_a_failed_flush_is_told_and_not_tried_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "x").write_bytes(b"x")
        calls = []

        def fail(file: int) -> None:
            calls.append(file)
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(WriteError, match="Input/output error"):
            flush_all([tmp_path / "x"])
        assert len(calls) == 1

    def test_a_missing_file_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(WriteError):
            flush_all([tmp_path / "x"])


class TestDeleteAll:
    def test_what_is_gone_stays_gone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("a/in/x", "a/y", "b/z", "b/stays"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(b"x")
        flushed: set[Path] = set()
        monkeypatch.setattr(durable, "_flush_folders", flushed.update)
        delete_all([tmp_path / "a", tmp_path / "a/y", tmp_path / "b/z", tmp_path / "b/never"])
        assert set(files(tmp_path)) == {"b/stays"}
        assert flushed == {tmp_path, tmp_path / "b"}  # and none that is gone itself

    def test_what_cannot_be_deleted_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        (tmp_path / "x").write_bytes(b"x")
        monkeypatch.setattr(Path, "unlink", fail)
        with pytest.raises(WriteError, match="Permission denied"):
            delete_all([tmp_path / "x"])


def windows() -> SimpleNamespace:
    """A stand-in for msvcrt: one byte range, one owner."""
    owner: list[int] = []

    def locking(file: int, mode: int, size: int) -> None:
        assert (size, os.lseek(file, 0, os.SEEK_CUR)) == (1, 1 << 30)
        if mode == 2:
            if owner:
                raise PermissionError(13, "Permission denied")
            owner.append(file)
        else:
            owner.remove(file)

    return SimpleNamespace(locking=locking, LK_NBLCK=2, LK_UNLCK=0)


class TestLock:
    @pytest.fixture(params=["this system", "Windows", "neither"])
    def system(self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
        kinds: dict[str, Callable[[], object]] = {
            "this system": lambda: lockfile._system,
            "Windows": windows,
            "neither": lambda: None,
        }
        monkeypatch.setattr(lockfile, "_system", kinds[request.param]())
        name: str = request.param
        return name

    def test_one_holds_it_and_the_next_gets_it_afterwards(self, tmp_path: Path, system: str) -> None:
        for _ in range(2):
            with lock_home(tmp_path):
                with pytest.raises(HomeBusyError, match="another command") as caught, lock_home(tmp_path):
                    pass
                assert caught.value.path == tmp_path / "home.lock"

    def test_it_is_given_back_after_an_exception(self, tmp_path: Path, system: str) -> None:
        with pytest.raises(KeyError), lock_home(tmp_path):
            raise KeyError
        with lock_home(tmp_path):
            pass

    @posix_only
    def test_a_killed_process_gives_it_back(self, tmp_path: Path) -> None:
        program = f"""
            import sys
            from pathlib import Path
            from ledger.publish.durable import lock_home
            with lock_home(Path({str(tmp_path)!r})):
                print("held", flush=True)
                sys.stdin.read()
        """
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(program)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            with pytest.raises(HomeBusyError), lock_home(tmp_path):
                pass
            other.kill()
            other.wait()
        with lock_home(tmp_path):
            pass

    def test_a_home_that_is_missing_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(WriteError), lock_home(tmp_path / "missing"):
            pass

    def test_a_file_system_without_locks_is_told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def unsupported(*_: object) -> None:
            raise OSError(95, "Operation not supported")

        monkeypatch.setattr(lockfile, "_system", SimpleNamespace(flock=unsupported, LOCK_EX=2, LOCK_NB=4))
        with pytest.raises(WriteError, match="not supported"), lock_home(tmp_path):
            pass

    def test_a_system_without_the_module_is_known(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lockfile, "_NAME", "no_such_module")
        assert lockfile._load() is None
