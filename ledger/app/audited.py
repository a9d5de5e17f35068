"""How an audit reads: a file that is missing or differs becomes a finding by itself."""

from ledger.app.places import Place
from ledger.core.audit import MAX_FINDINGS, Audit
from ledger.core.checklist import Absent
from ledger.core.finding import Finding

__all__ = ["Reading"]

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
