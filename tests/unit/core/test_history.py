"""Histories: the fold of a number's events agrees with a table of what may follow what."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.entry import Entry, format_entry, parse_entry
from ledger.core.errors import RuleError
from ledger.core.history import Event, Side, fold
from ledger.core.record import sign_record
from tests.simulator import SCHOOL, event_body, issue_body, number, signer

KINDS = ("issue", "correct", "reissue", "suspend", "restore", "revoke")
SIDES: tuple[Side, ...] = ("organisation", "registrar")

# state -> event -> state; states of the model: none, valid, suspended by whom, revoked
MODEL = {
    ("none", "issue"): "valid",
    ("valid", "correct"): "valid",
    ("valid", "reissue"): "valid",
    ("valid", "suspend by organisation"): "suspended by organisation",
    ("valid", "suspend by registrar"): "suspended by registrar",
    ("suspended by organisation", "restore by organisation"): "valid",
    ("suspended by registrar", "restore by registrar"): "valid",
    ("valid", "revoke"): "revoked",
    ("suspended by organisation", "revoke"): "revoked",
    ("suspended by registrar", "revoke"): "revoked",
}


@cache
def entry(kind: str, variant: int) -> Entry:
    issue = issue_body(number(1), evaluator=f"第{variant}")
    body = {"issue": issue, "correct": {**issue, "reason": "error"}}.get(kind) or event_body(number(1))
    record = sign_record(f"certificate.{kind}", body, signer(SCHOOL))
    return parse_entry(format_entry(variant, bytes(32), "2026-11-20T00:00:00Z", record))


def event(kind: str, side: Side = "organisation", variant: int = 0) -> Event:
    return Event(entry(kind, variant), side)


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(SIDES)), max_size=12))
def test_it_agrees_with_the_table(steps: list[tuple[str, Side]]) -> None:
    state, facts, origin = "none", 0, "issued"
    expected = True
    for at, (kind, side) in enumerate(steps):
        named = f"{kind} by {side}" if kind in {"suspend", "restore"} else kind
        following = MODEL.get((state, named))
        if following is None:
            expected = False
            break
        state = following
        if kind in {"issue", "correct"}:
            facts = at
        origin = {"correct": "corrected", "reissue": "reissued"}.get(kind, origin)
    events = [event(kind, side, at) for at, (kind, side) in enumerate(steps)]
    if not expected or not steps:
        with pytest.raises(RuleError) as caught:
            fold(events)
        assert caught.value.rule == "history"
        return
    history = fold(events)
    assert history.state == state.split(" by ")[0]
    assert history.suspended_by == (state.split(" by ")[1] if " by " in state else None)
    assert history.facts["evaluator"] == f"第{facts}"
    assert history.origin == origin
    assert history.events == tuple(events)


@pytest.mark.parametrize("first", [kind for kind in KINDS if kind != "issue"])
def test_only_an_issue_comes_first(first: str) -> None:
    with pytest.raises(RuleError, match="before the issue"):
        fold([event(first)])


@pytest.mark.parametrize("then", KINDS)
def test_after_a_revocation_nothing(then: str) -> None:
    with pytest.raises(RuleError, match="while revoked"):
        fold([event("issue"), event("revoke"), event(then)])


def test_no_events_are_no_history() -> None:
    with pytest.raises(RuleError, match="no events"):
        fold([])
