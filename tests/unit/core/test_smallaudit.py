"""The browser's audit: it finds what the command line's finds, wherever the defect is in what it reads."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger.app.auditing import audit_place
from ledger.app.places import MemoryPlace
from ledger.app.workdays import working_day, working_day_table
from ledger.core.audit import Audit, format_audit
from ledger.core.canonical import parse_canonical
from ledger.core.checklist import Absent, Answers
from ledger.core.checkpoint import Checkpoint
from ledger.core.index import Index
from ledger.core.note import Signer
from ledger.core.smallaudit import SmallAudit, working_day_of
from ledger.core.trust import Trust
from ledger.crypto.pynacl_verify import verify
from tests.simulator import LOG, PROFILES, Simulator
from tests.vectors.audit_cases import AUDITS, Audited, grown
from tests.vectors.ledger_cases import CUSTODIANS, THIEF, WITNESSES, base, governed, rotated, wide, witnessed_ledger


def audited(files: Mapping[str, bytes | Absent], trust: Trust) -> tuple[Audit, SmallAudit]:
    small = SmallAudit(trust, PROFILES, verify, working_day)
    found: list[Audit] = []

    def run() -> Generator[tuple[str, ...], Answers, None]:
        found.append((yield from small.run()))

    asking = run()
    with suppress(StopIteration):
        asked = next(asking)
        while True:
            asked = asking.send({path: files.get(path, Absent.MISSING) for path in asked})
    return found[0], small


@pytest.mark.parametrize("make", [Simulator, base, wide, grown, governed, rotated])
def test_a_sound_ledger_is_verified_and_the_report_is_the_command_lines(make: type[Simulator]) -> None:
    ledger = make()
    mine, small = audited(ledger.files(), ledger.trust)
    theirs = audit_place(MemoryPlace(ledger.files()), ledger.trust, PROFILES)
    assert mine.verdict == "verified"
    assert format_audit(mine) == format_audit(theirs)
    assert mine.growth == theirs.growth
    assert mine.verdict == theirs.verdict
    assert small.done == small.total > 0


@pytest.mark.parametrize("case", AUDITS, ids=lambda case: case.name)
def test_what_it_finds_the_command_line_finds_and_what_it_reads_it_judges(case: Audited) -> None:
    folder = case.make()
    there = {path: data for path, data in folder.files.items() if data is not Absent.MISSING}
    mine, _ = audited(there, folder.trust)
    theirs = audit_place(MemoryPlace(there), folder.trust, PROFILES)
    assert theirs.verdict == "not_verified"
    if mine.findings:
        assert {finding.rule for finding in mine.findings} <= {finding.rule for finding in theirs.findings} | {
            "head_malformed"
        }
    else:  # the defect is in a copy beside, which it does not read
        assert case.name in BESIDE


# Defects in what only the command line reads: kept heads, tiles, index tiles, lists, other files, the folder's listing.
BESIDE = {
    *("earlier_shard_changed", "earlier_shard_cut", "earlier_shard_missing", "trust_missing", "trust_changed"),
    *("older_bundle_missing", "older_bundle_changed", "tile_missing", "tile_changed", "older_tile_missing"),
    *("index_tile_missing", "index_tile_changed", "older_index_tile_missing", "full_tile_changed", "file_too_many"),
    *("newest_head_missing", "newest_head_changed", "older_head_missing", "older_head_is_a_page", "witness_unknown"),
    *("older_head_of_another", "older_head_of_another_history", "older_checkpoint_of_another_history"),
}


def test_files_that_are_missing_or_out_of_reach() -> None:
    ledger = base()
    for path in ledger.files():
        mine, _ = audited({**ledger.files(), path: Absent.UNREACHABLE}, ledger.trust)
        assert mine.verdict == ("not_checked" if mine.unreachable else "verified")
    read = {"checkpoint", "head", "tile/entries/000.p/7", "shard/0/000.txt", "masked/0/000.txt"}
    for path in read:
        mine, _ = audited({**ledger.files(), path: Absent.MISSING}, ledger.trust)
        assert [finding.rule for finding in mine.findings] == ["file_missing"]
    mine, _ = audited({**ledger.files(), "tile/entries/000.p/7": b"\0\1x"}, ledger.trust)
    assert [finding.rule for finding in mine.findings] == ["bundle_malformed"]


def test_a_publication_under_way_is_no_forgery() -> None:
    before, after = governed(), rotated()
    mine, _ = audited(before.files(), after.trust)
    assert (mine.verdict, mine.updating) == ("not_checked", ["head"])
    mine, _ = audited({**after.files(), "checkpoint": before.files()["checkpoint"]}, after.trust)
    assert (mine.verdict, mine.updating) == ("not_checked", ["checkpoint"])
    older = before.copy()
    after = before.copy()
    after.update_trust(after.next_trust(max_age=60), [*CUSTODIANS[:2], LOG])
    mine, _ = audited(older.files(), after.trust)
    assert (mine.verdict, mine.updating) == ("not_checked", ["trust.json"])
    mine, _ = audited({**before.files(), "head": b"x"}, before.trust)
    assert [finding.rule for finding in mine.findings] == ["head_malformed"]
    forged = base()
    forged.log = THIEF
    forged.renew()
    mine, _ = audited(forged.files(), forged.trust)
    assert [finding.rule for finding in mine.findings] == ["head_malformed"]


def test_witnesses_are_asked_for() -> None:
    ledger = witnessed_ledger()
    mine, _ = audited(ledger.files(), ledger.trust)
    assert [finding.rule for finding in mine.findings] == ["quorum_not_met"]
    ledger = witnessed_ledger((WITNESSES[0], 10), (WITNESSES[1], 10))
    assert audited(ledger.files(), ledger.trust)[0].verdict == "verified"
    ledger = witnessed_ledger((WITNESSES[0], 10), text=lambda text: text + "x\n")
    assert [finding.rule for finding in audited(ledger.files(), ledger.trust)[0].findings] == ["head_malformed"]


class Lying(Simulator):
    """Every index entry says 1 bit."""

    def seal(
        self,
        time: str,
        index: Callable[[Index], Index],
        index_log: Signer,
        log: Signer,
        checkpoint: Callable[[Checkpoint], Checkpoint],
        skip: Sequence[int],
    ) -> None:
        super().seal(time, lambda made: replace(index(made), bits=1), index_log, log, checkpoint, skip)


def test_a_ledger_whose_index_entries_all_lie_has_no_shards_to_check() -> None:
    ledger = Lying()
    mine, _ = audited(ledger.files(), ledger.trust)
    assert {finding.rule for finding in mine.findings} == {"index"}
    assert mine.certificates == 0


def test_the_table_counts_as_the_calendar_does() -> None:
    table = parse_canonical(b'{"first":2026,"last":2026,"off":["2026-10-01"],"on":["2026-10-10"]}')
    assert isinstance(table, dict)
    assert working_day_of(table)(date(2026, 9, 30), 1) == date(2026, 10, 2)
    assert working_day_of(table)(date(2026, 12, 31), 1) is None
    real = working_day_of(working_day_table(2024))
    for days in range(0, 365 * 2, 7):
        day = date(2024, 3, 1) + timedelta(days)
        for number in (-10, 0, 1, 20):
            assert real(day, number) == working_day(day, number)


def test_an_audit_that_read_nothing_says_so() -> None:
    text = format_audit(Audit())
    assert b"as_of" not in text
    assert b"checkpoint" not in text
    assert b'"verdict":"not_checked"' in text
