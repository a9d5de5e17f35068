"""The published ledger, replayed: what pages and reports are made from. Nothing private is ever read.

The entries are those that the log key signed, in their chain; what is said of organisations and of the workflow is
signed by whom it must be. An entry that breaks a rule counts as if it were not there, as in a lookup; `ledger verify`
names it. A folder that is not whole is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ledger.app.auditing import replay_place
from ledger.app.places import Place
from ledger.core.checklist import Absent
from ledger.core.entry import Entry, parse_entry
from ledger.core.errors import LedgerError
from ledger.core.finding import Finding
from ledger.core.profile import Profile
from ledger.core.registry import Registry
from ledger.core.replay import KeptIndex
from ledger.core.tiles import entries_path, parse_bundle
from ledger.core.trust import Trust
from ledger.core.workflow import Workflow

__all__ = ["PublishedError", "Replayed", "entries_at", "replay_published"]

# Findings about one entry that say: these are not the entries that were signed, or not in this order.
_BROKEN = frozenset(("chain", "time", "entry_malformed", "record_signature", "index", "opening", "trust"))


class PublishedError(LedgerError):
    """A public folder is not whole, so nothing can be made from it: (where, problem)."""

    def __init__(self, where: str, problem: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where, self.problem = where, problem


@dataclass(frozen=True, slots=True)
class Replayed:
    """A published ledger of `size` entries as of `as_of` (the time of its newest index entry, `index`)."""

    as_of: str
    size: int
    registry: Registry
    workflow: Workflow
    index: KeptIndex


def replay_published(place: Place, trust: Trust, profiles: Mapping[str, Profile]) -> Replayed:
    """Return the ledger published at `place`. Raises PublishedError where `ledger verify` is needed first."""
    audit, chain = replay_place(place, trust, profiles)
    for path in audit.unreachable:
        raise PublishedError(path, "cannot be read")
    for finding in audit.findings:
        if chain is None or not _of_one_entry(finding):
            raise PublishedError(finding.where, f"{finding.rule}: {finding.problem}")
    if chain is None or audit.checkpoint is None or not chain.kept:
        raise PublishedError("head", "does not end with an index entry that holds")
    return Replayed(audit.as_of, audit.checkpoint.size, chain.registry, chain.workflow, chain.kept[-1])


def _of_one_entry(finding: Finding) -> bool:
    """Whether a finding is about what one entry says, which then does not count."""
    return finding.where.startswith("entry ") and finding.rule not in _BROKEN


def entries_at(place: Place, size: int, seqs: Iterable[int]) -> dict[int, Entry]:
    """Return entries of a ledger of `size` by seq, bundle by bundle. Raises PublishedError, FormatError."""
    found: dict[int, Entry] = {}
    wanted: dict[int, list[int]] = {}
    for seq in sorted(set(seqs)):
        wanted.setdefault(seq // 256, []).append(seq)
    for number, inside in wanted.items():
        width = min(256, size - number * 256)
        path = entries_path(number, width)
        data = place.fetch(path)
        if isinstance(data, Absent):
            raise PublishedError(path, "cannot be read")
        rows = parse_bundle(data, width)
        found.update((seq, parse_entry(rows[seq % 256])) for seq in inside)
    return found
