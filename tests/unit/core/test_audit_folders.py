"""The audit of a whole folder: every defect is named by its rule, a doubt is no finding, a sound ledger has none."""

from collections.abc import Generator

import pytest

from ledger.app.auditing import audit_place
from ledger.app.places import MemoryPlace
from ledger.core.audit import Audit
from ledger.core.checklist import Absent
from ledger.core.encoding import format_time
from tests.simulator import PROFILES, Simulator, masked_disclosure, number
from tests.vectors.audit_cases import AUDITS, DOUBTS, WARNED, Audited, Folder
from tests.vectors.ledger_cases import CASES, SOUND, Case, Situation, base, wide

AMONG_ENTRIES = [case for case in CASES if case.step in {"V8", "V9", "V10"}]
NO_LEDGERS = {
    "known_newer_trust",
    "head_older_than_shards",
    "no_witness_wanted",
    "view_erased",
    "view_withdrawn",
    "witnessed_by_a_stranger_too",
}
SOUND_LEDGERS = [case for case in SOUND if case.name not in NO_LEDGERS]


def audit(folder: Folder | Situation, jobs: int = 1) -> Audit:
    there = {path: data for path, data in folder.files.items() if data is not Absent.MISSING}
    return audit_place(MemoryPlace(there), folder.trust, PROFILES, jobs=jobs)


@pytest.mark.parametrize("case", AUDITS, ids=lambda case: case.name)
def test_the_defect_is_named(case: Audited) -> None:
    found = audit(case.make())
    assert found.verdict == "not_verified"
    rules = {finding.rule for finding in found.findings}
    assert case.rule in rules
    if case.alone:
        assert rules == {case.rule}


@pytest.mark.parametrize("case", DOUBTS, ids=lambda case: case.name)
def test_a_doubt_is_no_finding(case: Audited) -> None:
    found = audit(case.make())
    assert (found.verdict, found.findings) == ("not_checked", [])
    assert found.unreachable if case.rule == "unreachable" else found.updating


@pytest.mark.parametrize("case", WARNED, ids=lambda case: case.name)
def test_what_the_notice_only_advises_is_a_warning(case: Audited) -> None:
    found = audit(case.make())
    assert (found.verdict, [warning.rule for warning in found.warnings]) == ("verified", [case.rule])


@pytest.mark.parametrize("case", AMONG_ENTRIES, ids=lambda case: case.name)
def test_what_a_lookup_refuses_among_entries_the_audit_names_alike(case: Case) -> None:
    found = audit(case.make())
    # The audit sees besides that this is no merger, and that such a code is not filed under that profile.
    beside = {"merged_in_a_circle": {"merge"}, "filed_under_another_profile": {"code.province"}}.get(case.name, set())
    assert {finding.rule for finding in found.findings} == {case.reason} | beside


@pytest.mark.parametrize("case", SOUND_LEDGERS, ids=lambda case: case.name)
def test_a_sound_ledger_is_verified(case: Case) -> None:
    found = audit(case.make())
    assert (found.verdict, found.findings, found.warnings) == ("verified", [], [])


def test_a_view_that_was_withdrawn_is_told_and_no_error() -> None:
    ledger = base()
    ledger.masked[number(1)] = ""
    found = audit(Folder(ledger.files(), ledger.trust))
    assert (found.verdict, [warning.rule for warning in found.warnings]) == ("verified", ["view_withdrawn"])


def test_what_it_counts() -> None:
    ledger = wide()
    found = audit(Folder(ledger.files(), ledger.trust))
    assert (found.entries, found.certificates) == (len(ledger.raws), 70)
    assert found.as_of == format_time(ledger.now)
    assert found.checkpoint is not None
    assert found.checkpoint.size == len(ledger.raws)


def test_several_processes_find_the_same() -> None:
    ledger = Simulator()
    ledger.issue_many(range(1, 2100))  # 64 shards, two blocks
    ledger.masked[number(2000)] = masked_disclosure(number(7))
    files = ledger.files()
    here, there = (audit(Folder(files, ledger.trust), jobs) for jobs in (1, 2))
    assert here.certificates == there.certificates == 2099
    assert here.findings == there.findings
    assert here.verdict == there.verdict == "not_verified"


def test_a_place_that_cannot_be_listed_is_audited_all_the_same() -> None:
    class Unlisted(MemoryPlace):
        def listing(self) -> None:
            return None

    ledger = base()
    files = {**ledger.files(), "unknown.txt": b"x"}
    assert audit_place(Unlisted(files), ledger.trust, PROFILES).verdict == "verified"
    assert audit_place(MemoryPlace(files), ledger.trust, PROFILES).verdict == "not_verified"


def test_a_shard_of_earlier_bits_is_never_held_whole() -> None:
    class Watched(MemoryPlace):
        def fetch(self, path: str) -> bytes | Absent:
            assert not path.startswith("shard/0/")
            return super().fetch(path)

        def pieces(self, path: str, limit: int) -> Generator[bytes]:
            whole = self.files[path]
            assert isinstance(whole, bytes)
            assert len(whole) < limit < len(whole) + (65 << 20)  # a host without end is left
            read.append(path)
            return MemoryPlace(self.files).pieces(path, limit)

    read: list[str] = []
    ledger = wide()
    assert audit_place(Watched(ledger.files()), ledger.trust, PROFILES).verdict == "verified"
    assert read == ["shard/0/000.txt"]


def test_a_folder_with_too_many_strangers_ends() -> None:
    ledger = base()
    files = {**ledger.files(), **{f"x{n}": b"" for n in range(1500)}}
    assert len(audit_place(MemoryPlace(files), ledger.trust, PROFILES).findings) == 1000


def test_nothing_published_is_not_verified() -> None:
    assert audit(Folder({}, base().trust)).verdict == "not_verified"


def test_nothing_reachable_is_not_checked() -> None:
    files = {"head": Absent.UNREACHABLE, "checkpoint": Absent.UNREACHABLE}
    assert audit(Folder(files, base().trust)).verdict == "not_checked"


def test_progress_ends_at_the_totals() -> None:
    seen: dict[str, tuple[int, int]] = {}
    ledger = wide()

    def note(phase: str, done: int, total: int) -> None:
        seen[phase] = (done, total)

    audit_place(MemoryPlace(ledger.files()), ledger.trust, PROFILES, progress=note)
    assert seen == {"entries": (len(ledger.raws),) * 2, "shards": (2, 2), "copies": (1, 1)}
