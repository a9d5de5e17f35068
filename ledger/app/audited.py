"""What an audit has found so far, and how it reads: a file that is missing or differs becomes a finding by itself."""

from dataclasses import dataclass, field

from ledger.app.places import Place
from ledger.core.checklist import Absent
from ledger.core.checkpoint import Checkpoint
from ledger.core.finding import Finding

__all__ = ["MAX_FINDINGS", "Audit", "Reading"]

MAX_FINDINGS = 1000


@dataclass(slots=True)
class Audit:
    """What was found, and what was not checked.

    `unreachable` could not be read, `updating` are of a publication under way, `undecided` have a term in a year whose
    working days are not announced yet; `warnings` break no binding rule. `growth`: time and size after each batch.
    """

    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    updating: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    as_of: str = ""
    growth: list[tuple[str, int]] = field(default_factory=list)
    entries: int = 0
    certificates: int = 0

    @property
    def verdict(self) -> str:
        """The result in a word: verified, not_verified (there are findings), not_checked (not all was read)."""
        if self.findings:
            return "not_verified"
        missing = self.unreachable or self.updating or self.undecided
        return "not_checked" if missing or self.checkpoint is None else "verified"


class Reading:
    """The files of a place, read for an audit; `expected` are the paths that belong there."""

    def __init__(self, place: Place) -> None:
        """Begin with nothing found."""
        self.place, self.audit = place, Audit()
        self.expected: set[str] = set()

    def find(self, rule: str, where: str, problem: object) -> None:
        """Add a finding, if there are not too many."""
        if len(self.audit.findings) < MAX_FINDINGS:
            self.audit.findings.append(Finding(rule, where, str(problem)))

    def read(self, path: str) -> bytes | None:
        """Return a file that must be there; report it and return None if it is not."""
        self.expected.add(path)
        return self.got(path, self.place.fetch(path))

    def got(self, path: str, data: bytes | Absent) -> bytes | None:
        """Return what was fetched; report it and return None if it is not there."""
        if data is Absent.UNREACHABLE:
            self.audit.unreachable.append(path)
        elif data is Absent.MISSING:
            self.find("file_missing", path, "is not there")
        else:
            return data
        return None

    def compare(self, path: str, wanted: bytes) -> None:
        """Report a file that is not exactly what the ledger makes it."""
        data = self.read(path)
        if data is not None and data != wanted:
            self.find("file_differs", path, "is not what the ledger's entries make it")
