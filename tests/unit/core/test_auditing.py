"""The audit without I/O, as the browser runs it: the same answer as the command line's, whatever the ledger."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

import pytest

from ledger.app.auditing import audit_place, replay_place
from ledger.app.places import MemoryPlace
from ledger.app.workdays import working_day, working_day_table
from ledger.core.audit import Audit, format_audit
from ledger.core.auditfiles import AbsentError, Pieces
from ledger.core.auditing import LedgerAudit
from ledger.core.canonical import parse_canonical
from ledger.core.checklist import Absent
from ledger.core.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.details import SIZES
from ledger.core.index import Index
from ledger.core.merkle import leaf_hash, prove_inclusion, root
from ledger.core.note import Signer
from ledger.core.published import notice_path
from ledger.core.tlogproof import TlogProof, format_proof
from ledger.core.trust import Trust
from ledger.core.workingdays import working_day_of
from ledger.crypto.pynacl_verify import verify
from tests.simulator import LOG, ORIGIN, PROFILES, SCHOOL, Simulator
from tests.vectors.audit_cases import AUDITS, Audited, grown
from tests.vectors.breach_cases import listed, published
from tests.vectors.ledger_cases import CUSTODIANS, THIEF, WITNESSES, base, governed, rotated, wide, witnessed_ledger


def whole(data: bytes | Absent) -> Iterator[bytes]:
    if isinstance(data, Absent):
        raise AbsentError(data)
    yield data


def audited(files: Mapping[str, bytes | Absent], trust: Trust) -> tuple[Audit, list[tuple[str, int, int]]]:
    told: list[tuple[str, int, int]] = []
    audit = LedgerAudit(trust, PROFILES, verify, working_day, progress=lambda *step: told.append(step))
    asking = audit.run()
    with suppress(StopIteration):
        asked = next(asking)
        while True:
            if isinstance(asked, Pieces):
                asked = asking.send(whole(files.get(asked.path, Absent.MISSING)))
            else:
                asked = asking.send({path: files.get(path, Absent.MISSING) for path in asked})
    return audit.audit, told


def test_the_entries_alone_can_be_replayed() -> None:
    ledger = base()
    audit, chain = replay_place(MemoryPlace(ledger.files()), ledger.trust, PROFILES)
    assert audit.findings == []
    assert chain is not None
    assert chain.registry.organisations.keys() == {SCHOOL}
    audit, chain = replay_place(MemoryPlace({}), ledger.trust, PROFILES)
    assert chain is None


@pytest.mark.parametrize("make", [Simulator, base, wide, grown, governed, rotated])
def test_a_sound_ledger_is_verified_and_the_report_is_the_command_lines(make: type[Simulator]) -> None:
    ledger = make()
    mine, told = audited(ledger.files(), ledger.trust)
    theirs = audit_place(MemoryPlace(ledger.files()), ledger.trust, PROFILES)
    assert mine.verdict == "verified"
    assert format_audit(mine) == format_audit(theirs)
    assert mine.growth == theirs.growth
    assert [step for step in told if step[1] == step[2]] == [
        ("entries", len(ledger.raws), len(ledger.raws)),
        ("shards", told[-3][1], told[-3][1]),
        ("copies", 1, 1),
    ]


@pytest.mark.parametrize("case", AUDITS, ids=lambda case: case.name)
def test_it_finds_what_the_command_line_finds_but_what_only_a_listing_shows(case: Audited) -> None:
    folder = case.make()
    there = {path: data for path, data in folder.files.items() if data is not Absent.MISSING}
    mine, _ = audited(there, folder.trust)
    theirs = audit_place(MemoryPlace(there), folder.trust, PROFILES)
    assert theirs.verdict == "not_verified"
    assert mine.findings == [finding for finding in theirs.findings if finding.rule != "file_unknown"]


def test_files_that_are_missing_or_out_of_reach() -> None:
    ledger = base()
    for path in ledger.files():
        mine, _ = audited({**ledger.files(), path: Absent.UNREACHABLE}, ledger.trust)
        assert mine.verdict == ("not_checked" if mine.unreachable else "verified")
    for path in ledger.files():
        mine, _ = audited({**ledger.files(), path: Absent.MISSING}, ledger.trust)
        assert "file_missing" in [finding.rule for finding in mine.findings]
    mine, _ = audited({**ledger.files(), "tile/entries/000.p/7": b"\0\1x"}, ledger.trust)
    assert [finding.rule for finding in mine.findings] == ["bundle_malformed"]


def test_a_publication_under_way_is_no_forgery() -> None:
    before, after = governed(), rotated()
    mine, _ = audited(before.files(), after.trust)
    assert (mine.verdict, mine.updating) == ("not_checked", ["checkpoint"])
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
    assert [finding.rule for finding in mine.findings] == ["checkpoint_signature"]


def test_a_shard_of_earlier_bits_may_be_ahead_and_a_list_out_of_reach() -> None:
    ledger = grown()
    now = ledger.files()
    ledger.issue(80)
    mine, _ = audited({**now, "shard/0/000.txt": ledger.files()["shard/0/000.txt"]}, ledger.trust)
    assert (mine.verdict, mine.updating) == ("not_checked", ["shard/0/000.txt"])
    ledger, seqs = listed(published("张**"))
    path = notice_path(seqs["results"])
    assert audited({**ledger.files(), path: published("张**")}, ledger.trust)[0].verdict == "verified"
    mine, _ = audited({**ledger.files(), path: Absent.UNREACHABLE}, ledger.trust)
    assert (mine.verdict, mine.unreachable) == ("not_checked", [path])


def test_a_bundle_may_end_with_a_kept_index() -> None:
    ledger = Simulator()
    ledger.issue_many(range(1, 256 - len(ledger.raws)))
    assert len(ledger.raws) == 256
    ledger.renew()
    assert audited(ledger.files(), ledger.trust)[0].verdict == "verified"


def test_a_replaced_log_key_cannot_sign_a_later_state_for_an_older_head() -> None:
    ledger = rotated()
    older = ledger.sealed[-2].seq
    leaves = [leaf_hash(raw) for raw in ledger.raws]
    note = sign_checkpoint(Checkpoint(ORIGIN, len(leaves), root(leaves)), LOG)
    head = format_proof(TlogProof(older, tuple(prove_inclusion(older, leaves)), note, ledger.raws[older]))
    mine, _ = audited({**ledger.files(), f"heads/{older}": head}, ledger.trust)
    assert ("head_malformed", f"heads/{older}") in [(finding.rule, finding.where) for finding in mine.findings]


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
    assert {finding.rule for finding in mine.findings} == {"heads", "index"}
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


class Listed(MemoryPlace):
    """A place whose listing names files that are gone when they are asked for."""

    def listing(self) -> Iterator[str]:
        return iter([*sorted(self.files), "details/00/" + 30 * "f"])


def test_sealed_details_are_held_to_names_sizes_and_number() -> None:
    ledger = base()  # of one certificate
    path, other = "details/00/" + 30 * "0", "details/ff/" + 30 * "0"

    def found(files: Mapping[str, bytes | Absent], place: type[MemoryPlace] = MemoryPlace) -> Audit:
        return audit_place(place({**ledger.files(), **files}), ledger.trust, PROFILES)

    assert found({}).certificates == 1
    for size in SIZES:
        assert found({path: bytes(size)}).verdict == "verified"
    wrong = found({path: bytes(2049)})
    assert [(one.rule, one.where) for one in wrong.findings] == [("details_size", path)]
    many = found({path: bytes(2048), other: bytes(2048)})
    assert [(one.rule, one.where) for one in many.findings] == [("details_count", "details/")]
    ahead = found({path: bytes(2048), other: bytes(2048), "heads/999": b""})  # a publication is under way
    assert (ahead.findings, ahead.updating) == ([], ["heads/999", "details/"])
    assert found({path: Absent.UNREACHABLE}).unreachable == [path]
    assert found({}, Listed).updating == ["details/00/" + 30 * "f"]
    strange = found({"details/00/holder": bytes(2048)})
    assert [one.rule for one in strange.findings] == ["file_unknown"]
