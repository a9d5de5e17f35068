"""Listed: which published lists (公示) may have a holder's line, for as long as they are kept.

A list is masked before the ledger sees it and holds no certificate number, so nothing tells which line is whose; taking
one line out would make it another list than the one its notice committed to. It is erased as a whole, when its notice
has ended: until then the notices ask that it hangs.
"""

from dataclasses import dataclass
from datetime import date
from typing import cast

from ledger.app.home import HomeError
from ledger.core.entry import parse_entry
from ledger.core.workflow import Step, Workflow
from ledger.store import Store

__all__ = ["Listed", "list_of_notice", "lists_for"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list that is kept: its notice's entry, its last day (YYYY-MM-DD), how many people it lists."""

    seq: int
    last: str
    count: int

    def has_ended(self, today: date) -> bool:
        """Whether its notice asks on the day `today` no more that it hangs."""
        return date.fromisoformat(self.last) < today


def lists_for(store: Store, workflow: Workflow, code: str) -> list[Listed]:
    """Return the lists that are kept of the evaluation on whose evidence a certificate was issued, in their order."""
    row = store.get_certificate(code)
    if row is None:
        return []
    body = parse_entry(next(store.entries(row.seq, row.seq + 1))).record.body
    cited = [step for seq in cast("list[int]", body["evidence"]) if (step := workflow.steps.get(seq)) is not None]
    plans = {plan.seq: plan for step in cited if (plan := step if step.type == "plan.file" else step.plan) is not None}
    notices = [part for plan in plans.values() for part in plan.parts if part.type == "notice.open"]
    return [_listed(notice) for notice in notices if _is_kept(store, notice.seq)]


def list_of_notice(store: Store, workflow: Workflow, seq: int) -> Listed:
    """Return the list of the notice that the entry `seq` opened. Raises HomeError if there is none, or not any more."""
    notice = workflow.steps.get(seq)
    if notice is None or notice.type != "notice.open":
        raise HomeError(f"entry {seq} is no notice.open that stands")
    if not _is_kept(store, seq):
        raise HomeError(f"the list of notice {seq} is not in the register any more")
    return _listed(notice)


def _listed(notice: Step) -> Listed:
    return Listed(notice.seq, notice.text("last"), notice.number("count"))


def _is_kept(store: Store, seq: int) -> bool:
    return bool(store.notices(seq, seq + 1))
