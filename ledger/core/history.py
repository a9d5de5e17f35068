"""Histories: a number has a history, not a row; its state is the fold of its events.

    issue     once and first                      -> valid
    correct   only while valid                    -> valid, with new facts
    reissue   only while valid; the number stays  -> valid
    suspend   only while valid                    -> suspended
    restore   only while suspended, by whoever imposed it (organisation or registrar) -> valid
    revoke    while valid or suspended            -> revoked; after it nothing

A record outside this table makes the history inconsistent: RuleError("history", ...).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.core.entry import Entry
from ledger.core.errors import RuleError
from ledger.core.record import Body

__all__ = ["Event", "History", "State", "fold", "step"]

State = Literal["valid", "suspended", "revoked"]
Side = Literal["organisation", "registrar"]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a number; `by` says which side signed it."""

    entry: Entry
    by: Side

    @property
    def kind(self) -> str:
        """The record type."""
        return self.entry.record.type


@dataclass(frozen=True, slots=True)
class History:
    """All events of one number and what they add up to.

    `facts` is the body of the issue or of the last correction; `origin` is "issued", "corrected" or "reissued",
    whichever came last; `suspended_by` is the side that imposed a suspension in force.
    """

    events: tuple[Event, ...]
    state: State
    facts: Body
    origin: Literal["issued", "corrected", "reissued"]
    suspended_by: Side | None = None


def fold(events: Sequence[Event]) -> History:
    """Return the history that events in seq order make. Raises RuleError if they cannot follow each other."""
    history: History | None = None
    for event in events:
        history = step(history, event)
    if history is None:
        raise RuleError("history", "no events")
    return history


def step(history: History | None, event: Event) -> History:
    """Return the history after one more event. Raises RuleError if the event is not allowed there."""
    kind = event.kind
    if history is None:
        if kind != "certificate.issue":
            raise RuleError("history", f"{kind} before the issue")
        return History((event,), "valid", event.entry.record.body, "issued")
    events = (*history.events, event)
    match kind, history.state:
        case "certificate.correct", "valid":
            return History(events, "valid", event.entry.record.body, "corrected")
        case "certificate.reissue", "valid":
            return History(events, "valid", history.facts, "reissued")
        case "certificate.suspend", "valid":
            return History(events, "suspended", history.facts, history.origin, event.by)
        case "certificate.restore", "suspended":
            if event.by != history.suspended_by:
                raise RuleError("history", f"suspended by the {history.suspended_by}, restored by the {event.by}")
            return History(events, "valid", history.facts, history.origin)
        case "certificate.revoke", "valid" | "suspended":
            return History(events, "revoked", history.facts, history.origin)
        case _:
            raise RuleError("history", f"{kind} while {history.state}")
