"""Retention: which holders' data have been kept for as long as their notice asks, and may go.

A notice says for how many years materials are kept at least. The longest of its terms counts, from the day of issue.
Before that nothing is purged, whoever asks for order; a holder's own request is an erasure (`erasing`) and has no term.

Purging empties what the register keeps of a person, and the papers in outputs/ of batches that have nobody left. The
certificate stays what it is, its public view too: both are in the ledger's public part, and were never only kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from ledger.core.entry import parse_entry
from ledger.core.profile import Profile
from ledger.store import Store

__all__ = ["Due", "due_for_purging", "first_due"]


@dataclass(frozen=True, slots=True)
class Due:
    """A certificate whose holder's data may be purged since the day `since` (YYYY-MM-DD), by the rule `rule`."""

    code: str
    profile: str
    rule: str
    since: str


def due_for_purging(store: Store, profiles: Mapping[str, Profile], today: date) -> Iterator[Due]:
    """Yield the certificates whose term is over on the day `today`, in the order of issue."""
    for row in store.certificates(0, store.size()):
        if row.sealed is None:
            continue
        body = parse_entry(next(store.entries(row.seq, row.seq + 1))).record.body
        profile = profiles.get(cast("str", body["profile"]))
        if profile is None or not profile.retention:
            continue
        longest = max(profile.retention, key=lambda kept: kept.years)
        since = _years_later(date.fromisoformat(cast("str", body["issued"])), longest.years)
        if since <= today:
            yield Due(row.code, profile.name, longest.rule, since.isoformat())


def first_due(store: Store, profiles: Mapping[str, Profile], today: date) -> Due | None:
    """Return the oldest certificate whose term is over; None if there is none."""
    return next(due_for_purging(store, profiles, today), None)


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # the 29th of February
        return date(day.year + years, 3, 1)
