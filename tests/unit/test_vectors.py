import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.core.canonical import format_canonical, parse_canonical
from ledger.core.ed25519 import Verify
from ledger.core.ed25519_portable import verify as portable
from ledger.core.errors import FormatError
from ledger.crypto.pynacl_verify import verify as libsodium
from tests.vectors.runner import read_loosely, read_vector, run_all, run_vector, signatures

OWN = Path(__file__).resolve().parent.parent / "vectors"
ROOT = OWN.parent.parent
SHARED = Path(os.environ.get("LEDGER_VECTORS") or ROOT.parent / "shared" / "vectors")

OWN_COUNTS = {
    "canonical": 69,
    "checkpoint": 39,
    "ed25519": 56,
    "merkle": 43,
    "note": 58,
    "policy": 28,
    "request": 25,
    "tiles": 43,
    "tlogproof": 29,
    "update": 22,
}
SHARED_COUNTS = {
    "ed25519/wycheproof": 151,
    "ed25519/speccheck": 12,
    "ed25519/cctv": 914,
    "merkle/inclusion": 98,
    "merkle/consistency": 98,
    "tlog-tiles/checkpoint": 16,
    "tlog-tiles/tile": 15,
    "tlog-tiles/bundle": 15,
    "jcs": 6,
    "json-parsing/test_parsing": 318,
    "json-parsing/test_transform": 22,
    "vc-di-eddsa": 11,
}
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the folder of third-party vectors is not here (LEDGER_VECTORS names it)"
)


@pytest.mark.parametrize("verify", [libsodium, portable], ids=["libsodium", "portable"])
def test_our_vectors_all_pass(verify: Verify) -> None:
    results = run_all(OWN, None, verify)
    assert [failure for *_, failures in results for failure in failures] == []
    assert {suite: passed for suite, _, passed, _ in results} == OWN_COUNTS


@needs_shared
@pytest.mark.parametrize("verify", [libsodium, portable], ids=["libsodium", "portable"])
def test_third_party_vectors_all_pass(verify: Verify) -> None:
    results = run_all(OWN, SHARED, verify)
    assert [failure for *_, failures in results for failure in failures] == []
    assert {suite: passed for suite, _, passed, _ in results} == OWN_COUNTS | SHARED_COUNTS


@needs_shared
def test_the_two_ed25519_adapters_agree_on_every_published_signature() -> None:
    accepted: dict[str, list[str]] = {}
    total = disagreements = 0
    for suite, number, *given, expected in signatures(SHARED):
        answers = libsodium(*given), portable(*given)
        total += 1
        disagreements += answers != (expected, expected)
        if answers[0]:
            accepted.setdefault(suite, []).append(number)
    assert (total, disagreements) == (1077, 0)
    assert {suite: len(numbers) for suite, numbers in accepted.items()} == {
        "wycheproof": 88,
        "speccheck": 1,
        "cctv": 43,
    }
    assert accepted["speccheck"] == ["3"]


@needs_shared
def test_one_of_six_jcs_vectors_lies_in_our_subset() -> None:
    """The others hold: arrays, values: null (and floats); french, weird: keys outside ASCII; unicode: not NFC."""
    inside = []
    for path in sorted((SHARED / "jcs/input").iterdir()):
        try:
            written = format_canonical(read_loosely(path.read_bytes()))
        except FormatError:
            continue
        assert written == (SHARED / "jcs/output" / path.name).read_bytes()
        inside.append(path.stem)
    assert inside == ["structures"]


@needs_shared
def test_which_json_files_are_accepted_as_they_stand() -> None:
    """n_ 0 of 188, i_ 0 of 35, y_ 37 of 95; the other y_ are spelled otherwise or lie outside the subset."""
    accepted: dict[str, int] = {}
    files = sorted((SHARED / "json-parsing").rglob("*.json"))
    for path in files:
        data = path.read_bytes()
        try:
            value = parse_canonical(data)
        except FormatError:
            continue
        assert format_canonical(value) == data
        kind = path.name.split("_")[0] if path.parent.name == "test_parsing" else "transform"
        accepted[kind] = accepted.get(kind, 0) + 1
    assert len(files) == 318 + 22
    assert accepted == {"y": 37, "transform": 1}


def test_the_vectors_are_as_generated() -> None:
    done = subprocess.run(
        [sys.executable, OWN / "generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_runner_refuses_what_is_no_vector() -> None:
    for data in (
        b"expect: success\ncomment: x\nunknown: 1\n\n{}",
        b"expect: perhaps\ncomment: x\n\n{}",
        b"expect: success\ncomment: \n\n{}",
        b"expect: success\ncomment: x\n",
    ):
        with pytest.raises(ValueError, match="not a vector of canonical"):
            read_vector("canonical", data)


def test_the_runner_sees_each_kind_of_failure() -> None:
    vector = (OWN / "note" / "n1.txt").read_bytes()
    assert run_vector("note", vector, portable) == "success"
    assert run_vector("note", vector, lambda *_: False) == "SignatureError"
    assert run_vector("note", vector.replace(b"verified: example", b"verified: other"), portable).startswith(
        "not the same"
    )
    good = (OWN / "ed25519" / "good.txt").read_bytes()
    assert run_vector("ed25519", good, lambda *_: False) == "refused"
    results = run_all(OWN, None, lambda *_: True)
    assert sum(total - passed for _, total, passed, _ in results) > 50
