"""Outputs: what in outputs/ names a holder, and taking that one person out of it.

    lists      workbooks of a batch with a line of theirs: written again without it (`ledger.forms.shortened`)
    joint      certificates.pdf, which many were printed into: printed again without their page (`reprinting`)
    own        files of theirs alone, named by the number; and whatever else lies in the folder of the batch, where
               nobody can say whom it names: deleted

A list or PDF that cannot be made again is deleted as a whole, and so is the folder of a batch in which nobody is left.
Other holders' files stay. Each file is replaced at once or deleted; done again, what is done is passed over. Drafts
that a killed command left are deleted too.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ledger.app.reprinting import is_in
from ledger.forms.shortened import shorten
from ledger.publish.durable import delete_all, write_atomic

__all__ = ["Papers", "Taken", "Without", "papers_naming", "take_out"]

Without = Callable[[bytes, Collection[str]], bytes | None]  # a PDF printed again without some numbers, or None

JOINT: Final = "certificates.pdf"
LISTS: Final = ("certificates.xlsx", "verification-codes.xlsx")
_NUMBERED = re.compile(r"[0-9A-Z]{22}\.")  # how the name of a file of one holder begins
_DRAFTS = (".*.tmp", "*.xlsx.part")


@dataclass(frozen=True, slots=True)
class Papers:
    """What names one holder."""

    lists: list[Path] = field(default_factory=list)
    joint: list[Path] = field(default_factory=list)
    own: list[Path] = field(default_factory=list)

    def __iter__(self) -> Iterator[Path]:
        """Yield all of them."""
        yield from (*self.lists, *self.joint, *self.own)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was written again without somebody, and what was deleted; `lists`: those in it that others were in too."""

    again: list[Path] = field(default_factory=list)
    deleted: list[Path] = field(default_factory=list)

    lists: list[Path] = field(default_factory=list)

    @property
    def joint(self) -> list[Path]:
        """The PDFs of many that were deleted, because they could not be printed again."""
        return [path for path in self.deleted if path.name == JOINT]


def papers_naming(outputs: Path, folder: Path | None, number: str, own: Iterable[Path] = ()) -> Papers:
    """Return what names the holder of `number`; `folder` is that of the batch, `own` more files of theirs."""
    papers = Papers(own=[*own, *_named(outputs, number)])
    for path in _unnamed(folder):
        shorter = _shorter(path, {number})
        if shorter is None:
            papers.own.append(path)
        elif shorter[1]:
            papers.lists.append(path)
    papers.joint.extend(path for path in _joint(outputs) if is_in(path.read_bytes(), number))
    return papers


def take_out(
    outputs: Path,
    folders: Mapping[Path, bool],
    numbers: Collection[str],
    without: Without,
    own: Iterable[Path] = (),
) -> Taken:
    """Take the holders of `numbers` out of what they are in; raises WriteError.

    `folders`: those of their batches, and whether anybody is left in them; `own`: more files of theirs.
    """
    taken = Taken()
    deleted = [*own]
    for folder, somebody in folders.items():
        if not somebody:
            deleted += [folder] if folder.is_dir() else []
            continue
        for path in _unnamed(folder):
            shorter = _shorter(path, numbers)
            if shorter is None:
                deleted.append(path)
                taken.lists.extend([path] if path.name in LISTS else ())
            elif shorter[1]:
                write_atomic(path, shorter[0])
                taken.again.append(path)
    gone = {folder for folder, somebody in folders.items() if not somebody}
    for path in _joint(outputs):
        data = path.read_bytes()
        if gone.isdisjoint(path.parents) and any(is_in(data, number) for number in numbers):
            again = without(data, numbers)
            if again is None:
                deleted.append(path)
            else:
                write_atomic(path, again, private=True)
                taken.again.append(path)
    deleted += (path for number in numbers for path in _named(outputs, number))
    deleted += (path for pattern in _DRAFTS for path in outputs.rglob(pattern))
    taken.deleted.extend(dict.fromkeys(deleted))
    delete_all(taken.deleted)
    return taken


def _shorter(path: Path, numbers: Collection[str]) -> tuple[bytes, bool] | None:
    """Return a list without `numbers`, and whether it is another then; None for what is no list of ours."""
    if path.suffix != ".xlsx":
        return None
    data = path.read_bytes()
    shorter = shorten(data, numbers)
    return None if shorter is None else (shorter, shorter != data)


def _named(outputs: Path, number: str) -> list[Path]:
    """Return what was printed or exported for one number."""
    return sorted(path for path in outputs.rglob(f"{number}.*") if path.is_file())


def _joint(outputs: Path) -> list[Path]:
    return sorted(path for path in outputs.rglob(JOINT) if path.is_file())


def _unnamed(folder: Path | None) -> list[Path]:
    """Return the files in a batch's folder whose names do not say that they are one holder's, or joint."""
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder is not None else []
    return [path for path in files if path.name != JOINT and _NUMBERED.match(path.name) is None]
