"""`ledger verify` remembers: a ledger that grew is fine, a rewritten one is found, an older one is not checked."""

import shutil
from pathlib import Path

import pytest

from tests.cli.cases import NUMBER, ledger, make_issued


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Public folders: before, grown from it, and another history that has the same keys."""
    folder = tmp_path_factory.mktemp("states")
    made = {name: folder / name for name in ("before", "grown", "other")}
    first = folder / "first"
    first.mkdir()
    make_issued(first)
    shutil.copytree(first, folder / "second")
    shutil.copytree(first / "home" / "public", made["before"])
    assert ledger(first, "--home", "home", "revoke", NUMBER, "--reason", "fraud").code == 0
    shutil.copytree(first / "home" / "public", made["grown"])
    assert ledger(folder / "second", "--home", "home", "reissue", NUMBER, "--reason", "lost").code == 0
    assert ledger(folder / "second", "--home", "home", "renew").code == 0
    shutil.copytree(folder / "second" / "home" / "public", made["other"])
    return made


@pytest.mark.domain("G10")
@pytest.mark.parametrize(
    ("order", "codes", "told"),
    [
        (("before", "grown", "grown"), (0, 0, 0), "the checkpoint is the one seen here last"),
        (("before", "grown"), (0, 0), "since the checkpoint seen here last the ledger has only grown"),
        (("before", "other"), (0, 0), "since the checkpoint seen here last the ledger has only grown"),
        (("grown", "other"), (0, 1), "it contradicts the checkpoint seen here last"),
        (("grown", "before"), (0, 3), "it is older than the ledger seen here last"),
        (("grown", "other", "grown"), (0, 1, 0), "the checkpoint is the one seen here last"),
    ],
    ids=["same", "grown", "grown otherwise", "forked", "older", "a fork is not remembered"],
)
def test_what_was_seen_is_remembered(
    states: dict[str, Path], tmp_path: Path, order: tuple[str, ...], codes: tuple[int, ...], told: str
) -> None:
    for name, code in zip(order, codes, strict=True):
        ran = ledger(tmp_path, "verify", str(states[name]), "--state", "memory", "--jobs", "1")
        assert ran.code == code, ran.err
    assert told in ran.err


def test_check_and_verify_share_what_they_remember(states: dict[str, Path], tmp_path: Path) -> None:
    assert ledger(tmp_path, "check", NUMBER, "--in", str(states["grown"]), "--state", "memory").code == 1
    ran = ledger(tmp_path, "verify", str(states["other"]), "--state", "memory", "--json")
    assert ran.code == 1
    assert '"rule":"forked"' in ran.out
