"""Sections: what a report tells of events and of the organisation, as JSON values.

    events        {"by","effective"?,"reason"?,"seq","time","type"}
    organisation  {"into"?,"name","org","state","uscc","valid_from","valid_to"}; state: filed expired retired removed

The organisation's state is that of today; whether it could sign is a matter of the entries (`registry`).
"""

from typing import cast

from ledger.core.canonical import Value
from ledger.core.history import Event
from ledger.core.registry import Organisation

__all__ = ["event_value", "organisation_value"]


def event_value(event: Event) -> Value:
    """Return what a report tells of one event."""
    entry = event.entry
    body = entry.record.body
    value: dict[str, Value] = {
        "by": event.by,
        "seq": entry.seq,
        "time": entry.time,
        "type": entry.record.type,
    }
    for name in ("effective", "reason"):
        if name in body:
            value[name] = body[name]
    return value


def organisation_value(org: Organisation, today: str) -> Value:
    """Return what a report tells of an organisation on the day `today` (YYYY-MM-DD)."""
    body = org.filings[-1].body
    if org.ended is not None:
        state = "removed" if org.ended_by == "org.remove" else "retired"
    else:
        state = "expired" if cast("str", body["valid_to"]) < today else "filed"
    value: dict[str, Value] = {"org": org.org, "state": state}
    for name in ("name", "uscc", "valid_from", "valid_to"):
        value[name] = body[name]
    if org.into is not None:
        value["into"] = org.into
    return value
