"""Sections: what a report tells of events and of the organisation, as JSON values.

    events        {"by","effective"?,"reason"?,"seq","time","type"}
    organisation  {"ended"?,"into"?,"name","org","state","uscc","valid_from","valid_to"}; state: filed expired retired
                  removed; `ended` is {"reason","seq","time"}
    revoked_keys  {"issuer","key","reason","seq","signed","time"}: `signed` are this number's entries under the key

The organisation's state is that of today; whether it could sign is a matter of the entries (`registry`). Neither an
ending nor a revoked key takes anything back: what was signed before stays good.
"""

from collections.abc import Iterator, Sequence
from typing import cast

from ledger.core.canonical import Value
from ledger.core.entry import Entry
from ledger.core.history import Event
from ledger.core.registry import Organisation

__all__ = ["ROUTINE", "event_value", "organisation_value", "revoked_keys"]

ROUTINE = "closed"  # why a key is revoked that another one simply follows: nobody else can have it


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
    if org.ending is not None:
        state = "removed" if org.ending.record.type == "org.remove" else "retired"
    else:
        state = "expired" if cast("str", body["valid_to"]) < today else "filed"
    value: dict[str, Value] = {"org": org.org, "state": state}
    for name in ("name", "uscc", "valid_from", "valid_to"):
        value[name] = body[name]
    if org.ending is not None:
        value["ended"] = _why_and_when(org.ending)
    if org.into is not None:
        value["into"] = org.into
    return value


def revoked_keys(events: Sequence[Event], filings: Sequence[Entry]) -> list[Value]:
    """Return the organisations' keys that signed `events` and were revoked later, except in a routine replacement.

    `filings` are the entries about the organisations, in seq order. A registrar's key is not told of: it goes with an
    update of the trust, which does not say why.
    """
    return list(_revoked(events, filings))


def _revoked(events: Sequence[Event], filings: Sequence[Entry]) -> Iterator[Value]:
    entries = [event.entry for event in events]
    for filing in filings:
        body = filing.record.body
        if filing.record.type != "key.revoke":
            continue
        key = body["org"], body["key_id"]
        under = [e for e in entries if (e.record.issuer, e.record.key) == key and e.seq < filing.seq]
        entries = [e for e in entries if e not in under]  # a key that is added again is revoked again
        if under and body["reason"] != ROUTINE:
            yield {"issuer": key[0], "key": key[1], "signed": [e.seq for e in under], **_why_and_when(filing)}


def _why_and_when(entry: Entry) -> dict[str, Value]:
    return {"reason": entry.record.body["reason"], "seq": entry.seq, "time": entry.time}
