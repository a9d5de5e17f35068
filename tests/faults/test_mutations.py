"""Every public file of a small ledger, damaged in every way: `verify` never says verified, `check` never says good.

Whole (every byte) with LEDGER_FULL=1, about an hour; else every n-th byte, and every other kind of damage.
"""

import functools
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from ledger.app.auditing import audit_place
from ledger.app.checking import check_certificate
from ledger.app.places import MemoryPlace
from ledger.core.checklist import Absent
from ledger.core.entry import parse_entry
from ledger.core.report import GOOD, Report, format_report
from ledger.core.shard import parse_masked, parse_shard
from ledger.crypto.pynacl_verify import verify
from tests.faults.making import PROFILES, Made, make_ledger
from tests.mangle import flip, whole_file_damage

Files = Mapping[str, bytes | Absent]
Damage = tuple[str, str, Files]  # path, what was done, all files after it

SMALL = 1000  # bytes; a small file is sampled more densely: heads, checkpoints, tiles, trust.json
PARTS = 4


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_ledger(tmp_path_factory.mktemp("mutations"))


@pytest.fixture(autouse=True)
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember the results of pure functions of bytes: of a thousand entries that were not touched, for instance.

    What is tested is how they are put together; each of them has vectors of its own.
    """
    modules = [module for name, module in sys.modules.items() if name.startswith("ledger.")]
    for function in (parse_entry, parse_masked, parse_shard, verify):
        quick = functools.lru_cache(20_000)(function)
        for module in modules:
            if getattr(module, function.__name__, None) is function:
                monkeypatch.setattr(module, function.__name__, quick)


def with_file(files: Files, path: str, data: bytes | None) -> dict[str, bytes | Absent]:
    changed = {**files}
    if data is None:
        del changed[path]
    else:
        changed[path] = data
    return changed


def flips(files: Mapping[str, bytes], full: bool, part: int) -> Iterator[Damage]:
    for path, data in files.items():
        step = 1 if full else 31 if len(data) < SMALL else 499
        for position in range(part * step, len(data), PARTS * step):
            yield path, f"byte {position}", with_file(files, path, flip(data, position))


def damaged_files(files: Mapping[str, bytes]) -> Iterator[Damage]:
    for path, data in files.items():
        for name, damaged in whole_file_damage(data):
            yield path, name, with_file(files, path, damaged)
        yield path, "unreachable", {**files, path: Absent.UNREACHABLE}


def swaps(made: Made) -> Iterator[tuple[int, int, Damage]]:
    """Yield (publication, where one file of it was taken from, the damage)."""
    for base, files in enumerate(made.publications):
        for other, others in enumerate(made.publications):
            for path in files.keys() & others.keys():
                if files[path] != others[path]:
                    yield base, other, (path, f"{base} with the file of {other}", with_file(files, path, others[path]))


def check(made: Made, code: str, files: Files, seen: bytes | None = None) -> Report:
    place = MemoryPlace(files)
    return check_certificate(code, place, trust=made.trust, profiles=PROFILES, now=made.now + 60, seen=seen)


class Recording(MemoryPlace):
    """Remembers what was asked for."""

    def __init__(self, files: Files) -> None:
        super().__init__(files)
        self.asked: set[str] = set()

    def fetch(self, path: str) -> bytes | Absent:
        self.asked.add(path)
        return super().fetch(path)


def honest(report: Report, genuine: Report) -> bool:
    """Whether a report on damaged files claims nothing that the genuine one does not."""
    told: dict[str, Any] = json.loads(format_report(report))
    truth: dict[str, Any] = json.loads(format_report(genuine))
    if told == truth:
        return True
    if "masked" not in told and "masked" in truth:  # erased or withheld: no view is shown, and nothing else changes
        without = {name: value for name, value in truth.items() if name != "masked"}
        without["steps"] = [{**step, "reason": "no_view"} if step["id"] == "V12" else step for step in truth["steps"]]
        if told == without:
            return True
    if report.verdict not in ("not_checked", "inconsistent"):
        return False
    claims = told.keys() - {"steps", "reason", "verdict"}
    return all(told[name] == truth.get(name) for name in claims)


@pytest.fixture(scope="module")
def genuine(made: Made) -> dict[str, tuple[Report, set[str]]]:
    """The report on every number from undamaged files, and the files that it was made from."""
    reports: dict[str, tuple[Report, set[str]]] = {}
    for kind, code in made.codes.items():
        place = Recording(made.public)
        report = check_certificate(code, place, trust=made.trust, profiles=PROFILES, now=made.now + 60)
        assert report.verdict == kind
        reports[kind] = report, place.asked
    return reports


def missed_by_audit(made: Made, damage: Iterator[Damage]) -> tuple[int, list[str]]:
    total, missed = 0, []
    for path, name, files in damage:
        total += 1
        if audit_place(MemoryPlace(files), made.trust, PROFILES).verdict == "verified":
            missed.append(f"{path}: {name}")
    return total, missed


def missed_by_check(
    made: Made, genuine: dict[str, tuple[Report, set[str]]], damage: Iterator[Damage]
) -> tuple[int, list[str]]:
    total, missed = 0, []
    for path, name, files in damage:
        for kind, (truth, asked) in genuine.items():
            if path in asked:
                total += 1
                report = check(made, made.codes[kind], files)
                if not honest(report, truth):
                    missed.append(f"{kind}, {path}: {name}: {report.verdict} {report.reason}")
    return total, missed


def test_the_undamaged_ledger_is_verified_at_every_publication(made: Made) -> None:
    for files in made.publications:
        audit = audit_place(MemoryPlace(files), made.trust, PROFILES)
        assert (audit.verdict, audit.findings, audit.updating) == ("verified", [], [])
    assert {path.split("/")[1] for path in made.public if path.startswith("shard/")} == {"0", "1"}
    assert sum(path.startswith("masked/") for path in made.public) == 2


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_audit_detects_a_bit_turned_in_any_byte(made: Made, full: bool, part: int) -> None:
    total, missed = missed_by_audit(made, flips(made.public, full, part))
    print(f"audit, turned bits, part {part + 1}/{PARTS}: mutations detected {total - len(missed)}/{total}")
    assert not missed
    assert total > 200


@pytest.mark.slow
def test_audit_detects_every_damaged_file(made: Made) -> None:
    total, missed = missed_by_audit(made, damaged_files(made.public))
    print(f"audit, damaged files: mutations detected {total - len(missed)}/{total}")
    assert not missed
    assert total > 400


@pytest.mark.slow
def test_audit_detects_every_file_of_another_publication(made: Made) -> None:
    total, missed = missed_by_audit(made, (damage for _, _, damage in swaps(made)))
    print(f"audit, swapped files: mutations detected {total - len(missed)}/{total}")
    assert not missed
    assert total > 80


def test_audit_detects_a_file_that_does_not_belong(made: Made) -> None:
    for path in ("index.html", "tile/../secret", "roster.xlsx", "heads/7.bak", "shard/1/002", "tile/0/000.p/9"):
        files = {**made.public, path: b"anything"}
        assert audit_place(MemoryPlace(files), made.trust, PROFILES).verdict != "verified", path


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_check_says_nothing_false_after_a_bit_was_turned(
    made: Made, genuine: dict[str, tuple[Report, set[str]]], full: bool, part: int
) -> None:
    total, missed = missed_by_check(made, genuine, flips(made.public, full, part))
    print(f"check, turned bits, part {part + 1}/{PARTS}: mutations answered honestly {total - len(missed)}/{total}")
    assert not missed
    assert total > 100


@pytest.mark.slow
def test_check_says_nothing_false_from_damaged_files(made: Made, genuine: dict[str, tuple[Report, set[str]]]) -> None:
    total, missed = missed_by_check(made, genuine, damaged_files(made.public))
    print(f"check, damaged files: mutations answered honestly {total - len(missed)}/{total}")
    assert not missed
    assert total > 200


@pytest.mark.slow
def test_check_from_swapped_files_tells_the_truth_of_one_moment(made: Made) -> None:
    """An older `head` alone is a state that was true: it says as of when, and who saw a newer one is not fooled."""
    total, missed = 0, []
    truths = [{kind: check(made, code, files) for kind, code in made.codes.items()} for files in made.publications]
    for base, other, (path, name, files) in swaps(made):
        for kind, code in made.codes.items():
            total += 1
            report = check(made, code, files)
            moment = other if path == "head" else base
            if not honest(report, truths[moment][kind]):
                missed.append(f"{kind}, {path}: {name}: {report.verdict} {report.reason}")
            if moment < base:
                total += 1
                again = check(made, code, files, seen=made.publications[base]["checkpoint"])
                if again.verdict in GOOD:
                    missed.append(f"{kind}, {path}: {name}: good for who saw a newer checkpoint")
    print(f"check, swapped files: mutations answered honestly {total - len(missed)}/{total}")
    assert not missed
    assert total > 300


def test_the_judge_of_reports_finds_a_false_one(made: Made, genuine: dict[str, tuple[Report, set[str]]]) -> None:
    """The test of the test: a report of another number, and one of a state that is not so, are not honest."""
    valid, revoked = genuine["valid"][0], genuine["revoked"][0]
    assert honest(valid, valid)
    assert not honest(revoked, valid)
    assert not honest(valid, genuine["absent"][0])
    for verdict in ("valid", "absent"):
        lie = Report(
            revoked.code, verdict, revoked.reason, revoked.checked_at, revoked.steps, revoked.sections, revoked.seen
        )
        assert not honest(lie, revoked)
