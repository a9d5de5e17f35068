"""What an audit kept, in a file of whoever looks again and again: `watching` and `mirroring`.

It is used while it fits and while all was read from the start not too long ago; else all is read again.
"""

from pathlib import Path

from ledger.core.encoding import parse_time
from ledger.core.errors import LedgerError
from ledger.core.keptaudit import KeptAudit, parse_kept

__all__ = ["WHOLE_AFTER", "read_kept"]

WHOLE_AFTER = 7 * 86_400  # seconds


def read_kept(file: Path, oldest: int) -> KeptAudit | None:
    """Return what the last audit kept, if all was read at `oldest` (unix seconds) or later; None if it is damaged."""
    try:
        kept = parse_kept(file.read_bytes())
    except (OSError, LedgerError):
        return None
    return kept if parse_time(kept.whole, "whole") >= oldest else None
