"""Mirroring: a copy of a public folder that anyone can serve, taken over only when its audit finds nothing wrong.

A whole audit reads every file that belongs to a public folder, so it is given a place that keeps what it reads: what is
then in the new folder is exactly what was verified. Full tiles and bundles never change under their names: those of the
last copy are used again instead of fetched, and audited again like everything else.

Between whole audits only what is new is audited, going on from what the last one kept (beside the folder, in
.<name>.audit). What was not read then is taken from the last copy, where it was verified; only masked views,
published lists and sealed details, which can be erased, are asked for again: a mirror must not keep what its original
has erased.

The new copy is made beside the old one and takes its place by a rename: a mirror that is served is never half new.
"""

import os
import re
import shutil
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from ledger.app.auditing import audit_new, audit_on
from ledger.app.keeping import WHOLE_AFTER, read_kept
from ledger.app.places import FolderPlace, Place
from ledger.core.audit import Audit
from ledger.core.auditfiles import AbsentError
from ledger.core.auditing import Progress
from ledger.core.checklist import Absent
from ledger.core.details import SIZES, is_details_path
from ledger.core.errors import RuleError
from ledger.core.keptaudit import KeptAudit, format_kept
from ledger.core.profile import Profile
from ledger.core.trust import Trust
from ledger.publish.durable import flush_all, write_atomic

__all__ = ["mirror"]

_FIXED = re.compile(r"tile/(?:entries|\d+)/(?:x\d{3}/)*\d{3}")  # a full tile or bundle
_ERASABLE = ("masked/", "notice/")
_AT_ONCE = 256  # files asked for at a time


def mirror(
    place: Place,
    trust: Trust,
    profiles: Mapping[str, Profile],
    out: Path,
    *,
    now: int,
    whole_after: int = WHOLE_AFTER,
    jobs: int = 1,
    progress: Progress = lambda *_: None,
) -> Audit:
    """Copy the public folder at `place` to `out` if its audit is verified; else `out` stays as it is.

    `whole_after`: how many seconds before `now` (unix seconds) a whole audit was too long ago.
    """
    draft, older, state = (out.with_name(f".{out.name}.{word}") for word in ("new", "old", "audit"))
    if older.exists() and not out.exists():  # killed between the two renames
        older.rename(out)
    copied = _KeepingPlace(place, out, draft)
    kept = read_kept(state, now - whole_after) if out.is_dir() else None
    try:
        copied.begin()
        done = None
        with suppress(RuleError):  # kept under another trust, or by another version of this program
            done = audit_new(copied, trust, profiles, kept, jobs=jobs, progress=progress) if kept is not None else None
        if done is None or (done.kept is not None and not copied.take_over(done.kept, done.unread)):
            copied.begin()
            done = audit_on(copied, trust, profiles, jobs=jobs, progress=progress)
        if done.kept is not None:
            flush_all(file for file in draft.rglob("*") if file.is_file())
            shutil.rmtree(older, ignore_errors=True)
            if out.exists():
                out.rename(older)
            draft.rename(out)
            shutil.rmtree(older, ignore_errors=True)
            # Last: what is older than the copy is gone on from soundly, what is newer would leave old files in it.
            write_atomic(state, format_kept(done.kept))
        return done.audit
    finally:
        shutil.rmtree(draft, ignore_errors=True)


class _KeepingPlace:
    """A place that writes down what it gives."""

    def __init__(self, place: Place, before: Path, draft: Path) -> None:
        self._place, self._before, self._draft = place, FolderPlace(before), draft
        self.name = place.name

    def begin(self) -> None:
        """Begin with an empty draft."""
        shutil.rmtree(self._draft, ignore_errors=True)
        self._draft.mkdir(parents=True)

    def take_over(self, kept: KeptAudit, unread: Mapping[str, bool]) -> bool:
        """Put the files of the last copy that the audit has not read into the draft; return whether all could be.

        Those that can be erased are asked for again, and must be what they were or be gone; sealed details come anew.
        While there are shards of earlier bits, which grow and which such an audit leaves out, only a whole audit can
        copy them.
        """
        if len({index.bits for _, index in kept.read_indexes()}) > 1:
            return False
        details = [path for path in unread if is_details_path(path)]
        for start in range(0, len(details), _AT_ONCE):
            for data in self.fetch_all(details[start : start + _AT_ONCE]).values():  # sealed, of no use to be compared
                if data is Absent.UNREACHABLE or (isinstance(data, bytes) and len(data) not in SIZES):
                    return False
        erasable = [path for path in unread if path.startswith(_ERASABLE)]
        for start in range(0, len(erasable), _AT_ONCE):
            for path, data in self._place.fetch_all(erasable[start : start + _AT_ONCE]).items():
                if data is Absent.MISSING and not unread[path]:
                    continue
                if isinstance(data, Absent) or data != self._before.fetch(path):
                    return False
                self._link(path)
        others = (path for path in unread if not path.startswith(_ERASABLE) and not is_details_path(path))
        return all(self._link(path) for path in others)

    def _link(self, path: str) -> bool:
        """Put a file of the last copy into the draft, if it is there."""
        source, file = self._before.root / path, self._file(path)
        try:
            os.link(source, file)
        except FileNotFoundError:
            return False
        except OSError:  # a file system without links
            shutil.copyfile(source, file)
        return True

    def fetch(self, path: str) -> bytes | Absent:
        """Return one file."""
        return self.fetch_all([path])[path]

    def fetch_all(self, paths: Iterable[str]) -> Mapping[str, bytes | Absent]:
        """Return several files; full tiles of the last copy are not fetched again."""
        asked = list(paths)
        found: dict[str, bytes | Absent] = {}
        for path in asked:
            if _FIXED.fullmatch(path) and isinstance(known := self._before.fetch(path), bytes):
                found[path] = known
        found |= self._place.fetch_all([path for path in asked if path not in found])
        for path, data in found.items():
            if isinstance(data, bytes):
                self._file(path).write_bytes(data)
        return found

    def pieces(self, path: str, limit: int) -> Generator[bytes]:
        """Give one file, some at a time, and keep it if it was given to its end."""
        file = self._file(path)
        try:
            with file.open("wb") as kept:
                for piece in self._place.pieces(path, limit):
                    kept.write(piece)
                    yield piece
        except AbsentError:
            file.unlink()
            raise

    def listing(self) -> Iterator[str] | None:
        """Return all paths of the original, if it can be listed."""
        return self._place.listing()

    def _file(self, path: str) -> Path:
        file = self._draft / path
        file.parent.mkdir(parents=True, exist_ok=True)
        return file
