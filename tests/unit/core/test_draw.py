"""Draws: anyone draws the same again, every organisation has its chance, and inspectors take turns."""

from collections import Counter
from hashlib import sha256

import pytest

from ledger.core.draw import draw

ORGS = [f"S00005000000{n}" for n in range(1, 8)]
INSPECTORS = ["检查员一", "检查员二", "检查员三"]


def again(orgs: list[str], inspectors: list[str], draws: int, root: bytes) -> list[tuple[str, str]]:
    """The specification once more: hash, sort, deal."""
    seed = sha256(b"skill-ledger/draw/v1\n" + root).digest()
    drawn = sorted((sha256(seed + b"org/" + one.encode()).digest(), one) for one in orgs)[:draws]
    dealt = sorted((sha256(seed + b"inspector/" + one.encode()).digest(), one) for one in inspectors)
    return [(org, dealt[n % len(dealt)][1]) for n, (_, org) in enumerate(drawn)]


@pytest.mark.domain("J4")
@pytest.mark.parametrize("draws", [1, 3, 7])
@pytest.mark.parametrize("number", range(5))
def test_it_is_drawn_again_from_the_checkpoint(draws: int, number: int) -> None:
    root = sha256(bytes([number])).digest()
    found = draw(ORGS, INSPECTORS, draws, root)
    assert found == again(ORGS, INSPECTORS, draws, root)
    assert found == draw(ORGS[::-1], INSPECTORS[::-1], draws, root)
    assert len({org for org, _ in found}) == draws


def test_a_fixed_draw() -> None:
    assert draw(ORGS, INSPECTORS, 2, bytes(32)) == again(ORGS, INSPECTORS, 2, bytes(32))
    assert draw(["S000050000001", "S000050000002"], ["检查员甲"], 1, bytes(32)) == [("S000050000002", "检查员甲")]


def test_inspectors_take_turns() -> None:
    found = Counter(inspector for _, inspector in draw(ORGS, INSPECTORS, 7, bytes(32)))
    assert sorted(found.values()) == [2, 2, 3]
    assert draw(ORGS, [], 0, bytes(32)) == []


def test_nobody_is_always_or_never_drawn() -> None:
    roots = [sha256(n.to_bytes(2)).digest() for n in range(700)]
    found = Counter(draw(ORGS, INSPECTORS, 1, root)[0][0] for root in roots)
    assert set(found) == set(ORGS)
    assert all(50 < times < 150 for times in found.values()), found
    alone = Counter(draw([org], INSPECTORS, 1, root)[0][1] for org in ORGS[:1] for root in roots)
    assert set(alone) == set(INSPECTORS)
