"""Witness policies: what is accepted, and when a quorum is met."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.errors import FormatError
from ledger.core.note import ED25519, VerifierKey, format_vkey
from ledger.core.policy import MAX_LINES, Group, Policy, Witness, format_policy, parse_policy
from tests.simulator import LOG, signer, witness

A, B, C, D = (witness(name).key for name in "abcd")
LOG_LINE = f"log {format_vkey(LOG.key)}\n"


def line(name: str, key: VerifierKey) -> str:
    return f"witness {name} {format_vkey(key)}\n"


FOUR = line("a", A) + line("b", B) + line("c", C) + line("d", D)


def test_the_empty_text_and_none_ask_for_nothing() -> None:
    assert parse_policy("") == parse_policy("quorum none\n") == Policy()
    assert Policy().met_at({A: 1}) is None


def test_spaces_tabs_comments_and_empty_lines_say_nothing() -> None:
    witness_line = f"witness \t a  {format_vkey(A)}\thttps://a.example/ \n"
    text = f"# who watches\n\n \t\n  #\t{'x' * 9}\n\t{LOG_LINE}{witness_line}quorum\ta\n"
    policy = parse_policy(text)
    assert policy == Policy((LOG.key,), {"a": Witness(A, "https://a.example/")}, {}, "a")


@pytest.mark.parametrize(("rule", "needed"), [("all", 3), ("any", 1), ("1", 1), ("2", 2), ("3", 3)], ids=str)
def test_a_group_is_met_at_the_kth_newest_time(rule: str, needed: int) -> None:
    policy = parse_policy(f"{FOUR}group g {rule} a b c\nquorum g\n")
    times = {A: 30, B: 10, C: 20, D: 99}
    assert policy.met_at(times) == sorted((30, 10, 20), reverse=True)[needed - 1]
    del times[A]
    assert policy.met_at(times) == (None if needed == 3 else (20, 10)[needed - 1])


def test_groups_of_groups() -> None:
    policy = parse_policy(f"{FOUR}group inner any a b\ngroup outer all inner c d\nquorum outer\n")
    assert policy.met_at({A: 5, B: 9, C: 7, D: 8}) == 7
    assert policy.met_at({A: 5, B: 9, D: 8}) is None


@pytest.mark.parametrize(
    "text",
    [
        "quorum none",
        "quorum a\n",
        LOG_LINE,
        "quorum none\nquorum none\n",
        "quorum none x\n",
        "quorum\n",
        "follow a\n",
        "log\nquorum none\n",
        "log x\nquorum none\n",
        f"log {format_vkey(A)}\nquorum none\n",
        f"witness a {format_vkey(VerifierKey('a', ED25519, A.public))}\nquorum a\n",
        f"witness a {format_vkey(A)} u v\nquorum a\n",
        f"witness none {format_vkey(A)}\nquorum none\n",
        f"{line('a', A)}{line('a', B)}quorum a\n",
        f"{line('a', A)}{line('b', VerifierKey('other', 4, A.public))}quorum a\n",
        f"{LOG_LINE}{LOG_LINE}quorum none\n",
        f"{FOUR}group g 1\nquorum g\n",
        f"{FOUR}group g 0 a b\nquorum g\n",
        f"{FOUR}group g 3 a b\nquorum g\n",
        f"{FOUR}group g 01 a b\nquorum g\n",
        f"{FOUR}group g most a b\nquorum g\n",
        f"{FOUR}group g any a a\nquorum g\n",
        f"{FOUR}group g any a x\nquorum g\n",
        f"{FOUR}group g any g a\nquorum g\n",
        f"{FOUR}group a any b c\nquorum a\n",
        f"{FOUR}group g any a b\ngroup h any a c\nquorum g\n",
        f"group g any a b\n{FOUR}quorum g\n",
        "quorum none\r\n",
        "quorum none\x00\n",
        "\n" * MAX_LINES + "quorum none\n",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(FormatError):
        parse_policy(text)


def test_the_error_names_the_line() -> None:
    with pytest.raises(FormatError, match="policy line 3: a name that no line before defines"):
        parse_policy(f"{line('a', A)}{line('b', B)}group g any a x\n")


@pytest.mark.parametrize(
    "policy", [Policy(witnesses={"two words": Witness(A)}, quorum="two words"), Policy(quorum="none")], ids=repr
)
def test_what_cannot_be_read_back_is_not_written(policy: Policy) -> None:
    with pytest.raises(FormatError):
        format_policy(policy)


@given(st.integers(1, 4), st.booleans(), st.sampled_from(["", "https://w.example/x"]), st.booleans())
def test_it_reads_back(needed: int, grouped: bool, url: str, named: bool) -> None:
    keys = dict(zip("abcd", (A, B, C, D), strict=True))
    policy = Policy(
        (LOG.key, signer("other.example").key) if named else (),
        {name: Witness(key, url) for name, key in keys.items()},
        {"g": Group(needed, tuple(keys))} if grouped else {},
        "g" if grouped else "a",
    )
    assert parse_policy(format_policy(policy)) == policy
