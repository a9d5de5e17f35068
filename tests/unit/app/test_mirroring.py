"""A mirror that goes on from its last audit is the same folder as one that was copied whole."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from ledger.app.mirroring import mirror
from ledger.app.places import MemoryPlace, RecordingPlace
from ledger.core.checklist import Absent
from ledger.core.published import notice_path
from ledger.core.trust import Trust
from tests.simulator import LATER, PROFILES
from tests.vectors.audit_cases import grown
from tests.vectors.breach_cases import listed, published


def mirrored(out: Path, files: Mapping[str, bytes | Absent], trust: Trust, now: int = LATER) -> tuple[str, set[str]]:
    """Mirror `files` to `out`; return the verdict and what was read of them."""
    place = RecordingPlace(MemoryPlace(files))
    audit = mirror(place, trust, PROFILES, out, now=now)
    there = {file.relative_to(out).as_posix(): file.read_bytes() for file in out.rglob("*") if file.is_file()}
    assert (audit.verdict != "verified") or there == dict(files)
    return audit.verdict, set(place.files)


@pytest.mark.parametrize("links", [True, False])
def test_it_takes_over_what_it_has_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:

        def refuse(*_: object) -> None:
            raise PermissionError

        monkeypatch.setattr(os, "link", refuse)
    ledger = grown()
    out = tmp_path / "mirror"
    assert mirrored(out, ledger.files(), ledger.trust)[0] == "verified"
    ledger.renew()
    _, read = mirrored(out, ledger.files(), ledger.trust)  # there are shards of earlier bits
    assert "shard/1/001.txt" in read
    for _ in range(8):
        ledger.renew()
    assert mirrored(out, ledger.files(), ledger.trust)[0] == "verified"
    ledger.renew()
    verdict, read = mirrored(out, ledger.files(), ledger.trust)
    assert (verdict, [path for path in read if path.startswith("shard/")]) == ("verified", [])
    assert {"masked/1/000.txt", "masked/1/001.txt"} <= read
    masked = Absent.UNREACHABLE
    verdict, _ = mirrored(out, {**ledger.files(), "masked/1/001.txt": masked}, ledger.trust)
    assert verdict == "not_checked"


def test_a_list_that_was_erased_is_erased(tmp_path: Path) -> None:
    ledger, seqs = listed(published("张**"))
    path, out = notice_path(seqs["results"]), tmp_path / "mirror"
    files = {**ledger.files(), path: published("张**")}
    assert mirrored(out, files, ledger.trust, ledger.now)[0] == "verified"
    ledger.renew()
    verdict, read = mirrored(out, {**ledger.files(), path: published("张**")}, ledger.trust, ledger.now)
    assert (verdict, path in read, "shard/0/000.txt" in read) == ("verified", True, False)
    assert mirrored(out, ledger.files(), ledger.trust, ledger.now)[0] == "verified"
    assert not (out / path).exists()
