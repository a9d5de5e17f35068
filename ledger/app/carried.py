"""Carried: the ledger as an organisation's own machine knows it, where the use cases of the workflow ask a register.

A plan, a notice, a report or a revocation that is signed there is held to the same rules and goes into a batch file,
which the authority appends. The entry numbers are those that the records get if nothing else is appended before them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.app.home import HomeError
from ledger.app.learning import Known
from ledger.core.batchfile import BatchHead, BatchRow, digest_of_rows, format_rows, sign_batch
from ledger.core.note import Signer
from ledger.publish.durable import write_atomic

__all__ = ["Carried"]


@dataclass(slots=True)
class Carried:
    """What was learned from the public folder; `out` is the batch file to write, None where nothing is signed."""

    known: Known
    org: str
    out: Path | None = None

    def size(self) -> int:
        """Return the number of entries that the public folder has."""
        return self.known.checkpoint.size

    def write(self, kind: str, rows: Sequence[BatchRow], signer: Signer) -> list[int]:
        """Write signed records as a batch of that kind; return their entry numbers."""
        if self.out is None:
            raise HomeError("nothing is signed without --out: the batch file for the authority")
        lines = format_rows(rows)
        head = BatchHead(digest_of_rows(lines), len(lines), self.known.checkpoint, self.org, kind)
        write_atomic(self.out, sign_batch(head, lines, signer))
        return list(range(self.size(), self.size() + len(rows)))
