"""What an audit asks for: a generator yields requests, is sent answers, and whatever is not there becomes a finding.

    paths of small files   ("checkpoint","head")     -> {path: bytes | Absent}
    one file in pieces     Pieces("shard/0/000.txt") -> an iterator of its bytes, which raises AbsentError

So an audit does no I/O: a command reads a folder or a URL, the browser fetches, a test answers from memory.
"""

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from ledger.core.audit import MAX_FINDINGS, Audit
from ledger.core.checklist import Absent, Answers
from ledger.core.errors import LedgerError
from ledger.core.finding import Finding

__all__ = ["AbsentError", "AuditFiles", "Pieces", "Request", "Requesting", "UnreadError"]


class AbsentError(LedgerError):
    """A file that is read in pieces cannot be read, from its beginning or not any further; `absent` says why."""

    def __init__(self, absent: Absent) -> None:
        super().__init__(absent.name)
        self.absent = absent


class UnreadError(Exception):
    """The audit ends here; what it found says why."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """A request for a file that may be as large as the whole ledger; more than `limit` bytes are UNREACHABLE."""

    path: str
    limit: int


Request = tuple[str, ...] | Pieces
T = TypeVar("T")
Requesting = Generator[Request, Answers | Iterator[bytes], T]  # it is sent what the kind of its request says above


class AuditFiles:
    """The files of one audit; `expected` are the paths that belong there."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        self.audit = Audit()
        self.expected: set[str] = set()

    def find(self, rule: str, where: str, problem: object) -> None:
        """Add a finding, if there are not too many."""
        if len(self.audit.findings) < MAX_FINDINGS:
            self.audit.findings.append(Finding(rule, where, str(problem)))

    def ask(self, paths: Iterable[str]) -> Requesting[Answers]:
        """Ask for files that may be there; the answers are not judged."""
        asked = tuple(paths)
        self.expected.update(asked)
        return cast("Answers", (yield asked)) if asked else {}

    def read(self, paths: Iterable[str]) -> Requesting[dict[str, bytes]]:
        """Ask for files that must be there; report those that are not, return the others."""
        answers = yield from self.ask(paths)
        found = {path: self.got(path, data) for path, data in answers.items()}
        return {path: data for path, data in found.items() if data is not None}

    def need(self, *paths: str) -> Requesting[list[bytes]]:
        """Ask for files without which there is nothing to go on with. Raises UnreadError."""
        found = yield from self.read(paths)
        if len(found) < len(paths):
            raise UnreadError
        return [found[path] for path in paths]

    def got(self, path: str, data: bytes | Absent) -> bytes | None:
        """Return what was answered; report it and return None if the file is not there."""
        if data is Absent.UNREACHABLE:
            self.audit.unreachable.append(path)
        elif data is Absent.MISSING:
            self.find("file_missing", path, "is not there")
        else:
            return data
        return None

    def pieces(self, path: str, limit: int) -> Requesting[Iterator[bytes]]:
        """Ask for one file in pieces."""
        self.expected.add(path)
        return cast("Iterator[bytes]", (yield Pieces(path, limit)))

    def compare(self, wanted: Mapping[str, bytes]) -> Requesting[None]:
        """Report each file that is not exactly what the ledger makes it."""
        found = yield from self.read(wanted)
        for path, data in found.items():
            if data != wanted[path]:
                self.find("file_differs", path, "is not what the ledger's entries make it")
