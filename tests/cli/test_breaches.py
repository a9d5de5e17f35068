"""`ledger verify` names every planted breach by its rule, and nothing else; it prints how many of how many."""

import json
from pathlib import Path

import pytest

from ledger.core.checklist import Absent
from ledger.locales import load_texts
from tests.cli.cases import Ran, ledger
from tests.vectors.breach_cases import ADVISED, BREACHES, UNDECIDED, Breach


def verified(breach: Breach, folder: Path) -> Ran:
    """What the command says of the ledger, written out as a folder."""
    for path, data in breach.make().files.items():
        if not isinstance(data, Absent):
            (folder / "public" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "public" / path).write_bytes(data)
    return ledger(folder, "verify", "public", "--jobs", "1", "--json")


def rules(ran: Ran, kind: str) -> set[str]:
    return {found["rule"] for found in json.loads(ran.out)[kind]}


@pytest.mark.domain("A16", "A21", "A22", "A25", "B8", "C1", "C2", "C3", "D1", "D2", "D3", "E1", "E3", "F1", "F2", "F3")
@pytest.mark.domain("F4", "F6", "F7", "G1", "G2", "G3", "G4", "G7", "H7", "J4", "J6", "J8")
def test_every_planted_breach_is_found_by_its_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missed = []
    for breach in BREACHES:
        ran = verified(breach, tmp_path / breach.name)
        found = rules(ran, "findings")
        if (ran.code, found) != (1, {breach.rule, *breach.then}):
            missed.append(f"{breach.name}: {breach.rule} not among {sorted(found)}, exit {ran.code}")
    with capsys.disabled():
        print(f"\nplanted breaches found: {len(BREACHES) - len(missed)}/{len(BREACHES)}")
    assert missed == []
    assert len(BREACHES) > 90


@pytest.mark.parametrize("breach", ADVISED, ids=lambda breach: breach.name)
def test_what_does_not_bind_is_a_warning(breach: Breach, tmp_path: Path) -> None:
    ran = verified(breach, tmp_path)
    assert (ran.code, rules(ran, "findings"), rules(ran, "warnings")) == (0, set(), {breach.rule})


@pytest.mark.parametrize("breach", UNDECIDED, ids=lambda breach: breach.name)
def test_a_term_that_nobody_can_compute_is_not_checked(breach: Breach, tmp_path: Path) -> None:
    ran = verified(breach, tmp_path)
    assert (ran.code, rules(ran, "findings")) == (3, set())
    assert json.loads(ran.out)["undecided"] != []


def test_every_rule_that_is_found_has_words_in_both_languages() -> None:
    for language in ("zh", "en"):
        texts = load_texts(language)
        codes = {breach.rule for breach in (*BREACHES, *ADVISED)}
        told = {code for code in codes if f"reason.{code}" in texts or f"cli.audit.{code}" in texts}
        assert codes - told == set()
