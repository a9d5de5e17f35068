"""A second verifier, in another language and from the specification alone, agrees about every ledger of the vectors.

What it leaves to the first is counted by class: rules that only a profile knows, mergers, published lists, witnesses.
"""

import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest
from sitegen.node import find_node

from ledger.core.checklist import Absent
from tests.simulator import Simulator, number
from tests.vectors.audit_cases import grown
from tests.vectors.ledger_cases import WITNESSES, base, governed, rotated, wide, witnessed_ledger
from tests.vectors.ledger_runner import AUDIT, AUDIT_EXPECT, read_files, read_json

MOST = 90  # changes of one ledger
PROGRAM = Path(__file__).with_name("verify.mjs")
VECTORS = Path(__file__).resolve().parents[1] / "vectors"

# Findings of the first verifier that this one leaves to it, by class.
BEYOND: Mapping[str, frozenset[str]] = {
    "the workflow's evidence": frozenset(
        (
            *("approval_numbers", "approval_order", "approval_refused", "approval_step", "complaint_unknown"),
            *("confirmation_count", "draw_pool", "draw_result", "entrust", "evidence_differs", "evidence_missing"),
            *("evidence_order", "evidence_unknown", "exam_dates", "notice_closed", "notice_count", "notice_late"),
            *("numbers_given", "objection_open", "objections", "plan_late", "plan_scope", "plan_unknown", "plan_words"),
            *("points", "publicity_short", "report_early", "report_late", "staffing", "term", "veto", "veto_total"),
        )
    ),
    "filings, scope, ranges, numbers": frozenset(
        (
            *("filing.receipt", "filing.validity", "kind.levels", "org.sequence", "org_not_filed_then"),
            *("profile_differs", "profile_unknown", "range", "range_form", "range_overlaps", "scope"),
            *("serial.order", "title"),
        )
    ),
    "mergers": frozenset(("merge",)),
    "published lists": frozenset(("notice_differs", "notice_unmasked")),
    "witnesses": frozenset(("quorum_not_met",)),
}
NAMES = {"published_list_of_no_notice": "published lists", "witness_unknown": "witnesses"}  # told by rules of its own
COUNTS = {
    "the workflow's evidence": 68,
    "filings, scope, ranges, numbers": 17,
    "mergers": 5,
    "published lists": 4,
    "witnesses": 2,
}


def written(folder: Path, files: Mapping[str, bytes | Absent]) -> Path:
    for path, data in files.items():
        if isinstance(data, bytes):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    return folder


def second(folders: Iterable[Path]) -> list[str]:
    """What the second verifier says of each folder."""
    command = [str(find_node().node), str(PROGRAM), *map(str, folders)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    return ran.stdout.splitlines()


def beyond(name: str, rules: set[str]) -> str:
    """The class that all findings of a vector belong to; "" if this verifier must find one itself."""
    if name in NAMES:
        return NAMES[name]
    return next((kind for kind, known in BEYOND.items() if rules and rules <= known), "")


def test_it_is_short() -> None:
    assert len(PROGRAM.read_text(encoding="utf-8").splitlines()) <= 300


def test_it_agrees_about_every_ledger_of_the_vectors(tmp_path: Path) -> None:
    expected: dict[str, tuple[str, set[str]]] = {}
    for path in sorted((VECTORS / "ledger" / "audit").glob("*.json")):
        vector = read_json(path, AUDIT, AUDIT_EXPECT)
        written(tmp_path / path.stem, read_files(VECTORS, vector["files"]))
        rules = {rule for rule, _ in vector["expect"]["findings"]}
        expected[path.stem] = vector["expect"]["verdict"], rules
    said = dict(zip(expected, second(tmp_path / name for name in expected), strict=True))
    left: dict[str, int] = dict.fromkeys(COUNTS, 0)
    agreed = total = 0
    for name, (verdict, rules) in expected.items():
        kind = beyond(name, rules)
        if kind and said[name].startswith("ok "):
            left[kind] += 1
        elif verdict == "not_checked" and not said[name].startswith("ok "):
            total, agreed = total + 1, agreed + 1  # a copy under way is no whole ledger
        elif verdict == "not_checked":
            assert name == "exam_in_a_year_without_a_calendar"
        else:
            total += 1
            agreed += said[name].startswith("ok ") == (verdict == "verified")
            assert said[name].startswith("ok ") == (verdict == "verified"), (name, verdict, rules, said[name])
    print(f"the second verifier agrees about {agreed}/{total} ledgers; left to the first: {left}")
    assert agreed == total
    assert left == COUNTS
    assert total + sum(left.values()) + 1 == len(expected)


def suspended() -> Simulator:
    ledger = base()
    ledger.event("suspend", number(1))
    ledger.event("restore", number(1))
    ledger.correct(number(1))
    return ledger


def several_tiles() -> Simulator:
    ledger = Simulator()
    ledger.issue_many(range(1, 300))
    return ledger


def withdrawn() -> Simulator:
    ledger = base()
    ledger.masked[number(1)] = ""
    return ledger


def witnessed() -> Simulator:
    return witnessed_ledger((WITNESSES[0], 10), (WITNESSES[1], 20))


@pytest.mark.parametrize(
    "make", [Simulator, base, wide, grown, suspended, several_tiles, withdrawn, witnessed, governed, rotated]
)
def test_it_accepts_sound_ledgers_and_no_byte_of_them_changed(make: Callable[[], Simulator], tmp_path: Path) -> None:
    files = make().files()
    folders = [written(tmp_path / "sound", files)]
    for place, (path, data) in enumerate(sorted(files.items())):
        for kind, changed in (("flip", _flipped(data)), ("cut", data[:-1]), ("gone", None)):
            if changed is not None and changed == data:
                continue  # an empty shard cannot be cut
            spoilt = {**files, path: changed if changed is not None else Absent.MISSING}
            if len(folders) <= MOST:
                folders.append(written(tmp_path / f"{place}-{kind}", spoilt))
    said = second(folders)
    assert said[0].startswith("ok "), said[0]
    wrong = [folder.name for folder, line in zip(folders[1:], said[1:], strict=True) if line.startswith("ok ")]
    print(f"changes found by the second verifier: {len(said) - 1 - len(wrong)}/{len(said) - 1}")
    assert wrong == []


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :] if data else data
