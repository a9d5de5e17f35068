"""Mirroring: a copy of a public folder that anyone can serve, taken over only when its audit finds nothing wrong.

The audit reads every file that belongs to a public folder, so it is given a place that keeps what it reads: what is
then in the new folder is exactly what was verified. Full tiles and bundles never change under their names: those of the
last copy are used again instead of fetched, and audited again like everything else.

The new copy is made beside the old one and takes its place by a rename: a mirror that is served is never half new.
"""

import re
import shutil
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path

from ledger.app.auditing import audit_place
from ledger.app.places import FolderPlace, Place
from ledger.core.audit import Audit
from ledger.core.auditfiles import AbsentError
from ledger.core.auditing import Progress
from ledger.core.checklist import Absent
from ledger.core.profile import Profile
from ledger.core.trust import Trust
from ledger.publish.durable import flush_all

__all__ = ["mirror"]

_FIXED = re.compile(r"tile/(?:entries|\d+)/(?:x\d{3}/)*\d{3}")  # a full tile or bundle


def mirror(
    place: Place,
    trust: Trust,
    profiles: Mapping[str, Profile],
    out: Path,
    *,
    jobs: int = 1,
    progress: Progress = lambda *_: None,
) -> Audit:
    """Copy the public folder at `place` to `out` if its audit is verified; else `out` stays as it is."""
    draft, older = (out.with_name(f".{out.name}.{word}") for word in ("new", "old"))
    if older.exists() and not out.exists():  # killed between the two renames
        older.rename(out)
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        audit = audit_place(_KeepingPlace(place, out, draft), trust, profiles, jobs=jobs, progress=progress)
        if audit.verdict == "verified":
            flush_all(file for file in draft.rglob("*") if file.is_file())
            shutil.rmtree(older, ignore_errors=True)
            if out.exists():
                out.rename(older)
            draft.rename(out)
            shutil.rmtree(older, ignore_errors=True)
        return audit
    finally:
        shutil.rmtree(draft, ignore_errors=True)


class _KeepingPlace:
    """A place that writes down what it gives."""

    def __init__(self, place: Place, before: Path, draft: Path) -> None:
        self._place, self._before, self._draft = place, FolderPlace(before), draft
        self.name = place.name

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
