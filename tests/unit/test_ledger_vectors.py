"""The frozen ledgers: still made byte for byte, and still judged as they were."""

import json
from pathlib import Path

import pytest

from ledger.app.auditing import audit_place
from ledger.app.places import MemoryPlace
from ledger.core.checklist import Absent
from ledger.core.ed25519 import Verify
from ledger.core.ed25519_portable import verify as portable
from ledger.core.report import GOOD, VERDICTS
from ledger.core.trust import parse_trust
from ledger.crypto.pynacl_verify import verify as libsodium
from tests.simulator import PROFILES
from tests.vectors.ledger_runner import AUDIT, AUDIT_EXPECT, EXPECT, LOOKUP, read_files, read_json, run_lookups
from tests.vectors.ledger_vectors import main

OWN = Path(__file__).resolve().parent.parent / "vectors"
LOOKUPS = sorted((OWN / "ledger" / "lookup").glob("*.json"))
AUDITED = sorted((OWN / "ledger" / "audit").glob("*.json"))


def test_they_are_made_byte_for_byte(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


@pytest.mark.parametrize("verify", [libsodium, portable], ids=["libsodium", "portable"])
def test_every_lookup_ends_as_it_did(verify: Verify) -> None:
    results = dict(run_lookups(OWN, verify, PROFILES))
    assert [f"{name}: {problem}" for name, problem in results.items() if problem] == []
    assert len(results) == len(LOOKUPS) > 100


def test_every_verdict_is_frozen_and_only_sound_ledgers_are_good() -> None:
    verdicts = {path.stem: read_json(path, LOOKUP, EXPECT)["expect"] for path in LOOKUPS}
    assert {one["verdict"] for one in verdicts.values()} == set(VERDICTS)
    for name, one in verdicts.items():
        if one["verdict"] in GOOD:
            assert len(one["steps"]) == 12, name
            assert all(step.startswith("pass ") for step in one["steps"].values()), name


@pytest.mark.parametrize("path", AUDITED, ids=lambda path: path.stem)
def test_every_audit_finds_what_it_found(path: Path) -> None:
    vector = read_json(path, AUDIT, AUDIT_EXPECT)
    found = audit_place(MemoryPlace(read_files(OWN, vector["files"])), parse_trust(vector["trust"].encode()), PROFILES)
    assert {
        "findings": sorted([finding.rule, finding.where] for finding in found.findings),
        "verdict": found.verdict,
        "warnings": sorted([finding.rule, finding.where] for finding in found.warnings),
    } == vector["expect"]


def test_a_typo_in_a_vector_is_an_error(tmp_path: Path) -> None:
    vector = json.loads(LOOKUPS[0].read_bytes())
    (tmp_path / "v.json").write_text(json.dumps({**vector, "coment": "x"}))
    with pytest.raises(ValueError, match="unknown or missing"):
        read_json(tmp_path / "v.json", LOOKUP, EXPECT)
    with pytest.raises(KeyError):
        read_files(tmp_path, {"head": {"txt": "x"}})
    assert read_files(tmp_path, {"head": {"absent": "missing"}}) == {"head": Absent.MISSING}
