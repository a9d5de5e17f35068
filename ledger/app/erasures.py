"""Erasures: the journal, outside a home, of what was erased and what is to be erased yet.

A line is a name, a space, and a note in JSON: who asked (without naming a person), on what ground, when. What stands in
the journal will be erased, by this command or by the next, in this register or in one restored from an old backup. The
register keeps the note of what is done, so that a note which it does not have is due.

A note with `after` is not due before the day after that one: a notice that still runs stays published.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from ledger.core.encoding import format_time
from ledger.publish.durable import write_atomic

__all__ = ["NOTE", "Entry", "add_to_journal", "note_of", "read_journal"]

NOTE = "erased/"  # begins the names of the settings in which a register keeps the notes of what is done
_VIEW = "view"


class Entry(NamedTuple):
    """A line of the journal: `name` is what is erased, as the register names it; `note` says why, in JSON."""

    name: str
    note: str

    @property
    def keeps_view(self) -> bool:
        """Whether the public view stays."""
        return bool(json.loads(self.note).get("kept") == _VIEW)

    def is_due(self, today: date) -> bool:
        """Whether it is to be erased by now."""
        after = json.loads(self.note).get("after")
        return after is None or date.fromisoformat(after) < today


def note_of(by: str, ground: str, now: int, *, keep_view: bool = False, after: str = "") -> str:
    """Return a note; `after` (YYYY-MM-DD) is the last day on which it is not due yet."""
    told = {"at": format_time(now), "by": by, "ground": ground}
    told |= {"kept": _VIEW} if keep_view else {}
    told |= {"after": after} if after else {}
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def read_journal(path: Path) -> Iterator[Entry]:
    """Yield the lines of a journal; nothing if there is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        name, _, note = line.partition(" ")
        yield Entry(name, note)


def add_to_journal(path: Path, entries: Iterable[Entry]) -> None:
    """Write down what is to be erased, durably: the point of no return.

    What is there stays as it is, but for a view that was kept and is not to be kept any more.
    """
    known = {entry.name: entry for entry in read_journal(path)}
    for entry in entries:
        before = known.get(entry.name)
        if before is None or (before.keeps_view and not entry.keeps_view):
            known[entry.name] = entry
    write_atomic(path, "".join(f"{name} {entry.note}\n" for name, entry in sorted(known.items())).encode())
