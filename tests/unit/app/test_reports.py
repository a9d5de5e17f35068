"""Reports count what anybody can find and a lookup calls valid, and print no small number."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from ledger.app.places import MemoryPlace
from ledger.app.replayed import PublishedError, entries_at, replay_published
from ledger.app.reports import DIMENSIONS, Report, Tally, make_report, tally_certificates
from ledger.app.suppression import Hidden
from ledger.core.checklist import Absent
from ledger.core.registry import Filing, Organisation, Registry
from ledger.core.tiles import entries_path
from ledger.forms.tables import TableSheet, write_tables
from tests.simulator import PROFILES, Files, Simulator, filing, look_up, signer
from tests.site.register import ANHUI, SCHOOL, Register, make_register

FINDABLE = {"valid", "corrected", "reissued"}


@pytest.fixture(scope="module")
def register() -> Register:
    return make_register()


def tally(files: Files, ledger: Simulator, first: str = "", last: str = "") -> Tally:
    place = MemoryPlace(files)
    replayed = replay_published(place, ledger.trust, PROFILES)
    return tally_certificates(place, replayed, PROFILES, first=first, last=last)


def report_of(counted: Tally) -> Report:
    """The report of counts that somebody made up; every organisation is filed."""
    registry = Registry(())
    for code in counted.organisations:
        body = filing(code, name=f"测试数据·{code}")
        registry.organisations[code] = Organisation(code, [Filing(1, body)])
    return make_report(counted, registry, PROFILES)


@pytest.mark.domain("G8")
def test_exactly_those_count_to_which_a_lookup_answers_valid(register: Register) -> None:
    files = register.files()
    verdicts = {code: look_up(files, code, register.ledger, now=register.ledger.now).verdict for code in register.codes}
    assert set(verdicts.values()) == {*FINDABLE, "revoked", "suspended", "inconsistent"}
    valid = [code for code, verdict in verdicts.items() if verdict in FINDABLE]
    counted = tally(files, register.ledger)
    assert counted.organisations == Counter(code[:13] for code in valid)
    assert Counter({level: n for (level, _), n in counted.levels.items()}) == Counter(code[15] for code in valid)
    assert counted.states == {"valid": len(valid), "revoked": 1, "suspended": 1}
    assert counted.months == {"2026-07": 6, "2026-09": 21}
    assert counted.occupations == {("6-18-01-01", "车工"): len(valid)}


@pytest.mark.domain("G8")
def test_what_is_not_published_does_not_count(register: Register) -> None:
    """A certificate that the newest index does not hold yet cannot be found."""
    before = tally(register.files(), register.ledger)
    later = register.ledger.copy()
    later.batch(later.issued(400, SCHOOL, None, code=f"{SCHOOL}263000400", issued="2026-10-01"))
    ahead = {path: data for path, data in later.files().items() if path.startswith("shard/")}
    assert tally({**register.files(), **ahead}, register.ledger).organisations == before.organisations
    assert tally(later.files(), later).organisations[SCHOOL] == before.organisations[SCHOOL] + 1


def test_the_days_are_those_of_issue_both_included(register: Register) -> None:
    files = register.files()
    assert tally(files, register.ledger, "2026-09-10", "2026-09-10").organisations == {SCHOOL: 12}
    assert tally(files, register.ledger, "2026-09-11").organisations == {ANHUI: 9}
    assert tally(files, register.ledger, last="2026-07-20").organisations == {SCHOOL: 6}
    assert tally(files, register.ledger, last="2026-07-19").states == {}


def test_a_shard_that_is_another_one_stops_the_count(register: Register) -> None:
    files = register.files()
    path = register.ledger.shard_file(register.codes[0])
    for wrong in (files[path].replace(b'"level":"3"', b'"level":"4"', 1), files[path][:-1], b""):
        with pytest.raises(PublishedError, match=path):
            tally({**files, path: wrong}, register.ledger)
    with pytest.raises(PublishedError, match="cannot be read"):
        tally({name: data for name, data in files.items() if name != path}, register.ledger)


def test_a_record_that_its_organisation_did_not_sign_does_not_count(register: Register) -> None:
    """One by a key that was never filed; one that names the right key, with the signature of another record."""
    before = tally(register.files(), register.ledger).organisations
    for forge in ("key", "signature"):
        forged = register.ledger.copy()
        code = f"{SCHOOL}263000401"
        key = signer(SCHOOL, "stolen") if forge == "key" else None
        record = forged.issued(401, SCHOOL, key, code=code, issued="2026-10-01")
        other = forged.issued(402, SCHOOL, None, code=f"{SCHOOL}263000402", issued="2026-10-01")
        forged.batch(record if forge == "key" else replace(record, sig=other.sig))
        assert look_up(forged.files(), code, forged, now=forged.now).verdict == "inconsistent"
        assert tally(forged.files(), forged).organisations == before


def test_entries_that_the_log_did_not_sign_are_refused(register: Register) -> None:
    files = register.files()
    size = len(register.ledger.raws)
    newest = entries_path(size // 256, size % 256)
    for wrong in (files[newest].replace("云岭".encode(), "云峰".encode(), 1), files[newest][:-1]):
        assert wrong != files[newest]
        with pytest.raises(PublishedError):
            replay_published(MemoryPlace({**files, newest: wrong}), register.ledger.trust, PROFILES)
    with pytest.raises(PublishedError, match="cannot be read"):
        replay_published(MemoryPlace({**files, newest: Absent.UNREACHABLE}), register.ledger.trust, PROFILES)


def test_memory_holds_a_few_shards_at_a_time(register: Register) -> None:
    asked: list[int] = []

    class Counting(MemoryPlace):
        def fetch_all(self, paths: Iterable[str]) -> Mapping[str, bytes | Absent]:
            wanted = list(paths)
            asked.append(len([path for path in wanted if path.startswith("shard/")]))
            return super().fetch_all(wanted)

    large = register.ledger.copy()
    for level in "34":
        codes = [f"{SCHOOL}26{level}{n:06d}" for n in range(20, 501)]
        large.batch(*(large.issued(1, SCHOOL, None, code=code, level=level, issued="2026-10-01") for code in codes))
    place = Counting(large.files())
    counted = tally_certificates(place, replay_published(place, large.trust, PROFILES), PROFILES)
    assert counted.organisations[SCHOOL] == 18 + 481 + 481
    assert sum(asked) == 32, "each shard is read once"
    assert max(asked) <= 16


def test_entries_are_found_by_their_numbers(register: Register) -> None:
    place = MemoryPlace(register.files())
    found = entries_at(place, len(register.ledger.raws), [0, 5, 5, 60])
    assert {seq: entry.raw for seq, entry in found.items()} == {seq: register.ledger.raws[seq] for seq in (0, 5, 60)}
    with pytest.raises(PublishedError):
        entries_at(MemoryPlace({}), 70, [3])


def made_up(**counts: int) -> Tally:
    """A tally of organisations, all of one occupation, level and month."""
    total = sum(counts.values())
    counted = Tally("2026-11-20T00:00:00Z")
    counted.organisations.update({f"S0000500000{code}": number for code, number in counts.items()})
    counted.occupations["6-18-01-01", "车工"] = total
    counted.levels["3", "三级/高级工"] = total
    counted.months["2026-11"] = total
    counted.states.update({"valid": total, "revoked": 2, "suspended": 7})
    return counted


def test_small_counts_and_what_would_tell_them_are_hidden() -> None:
    report = report_of(made_up(s01=3, s02=14, s03=30))
    shown = {row.key[-2:]: row.shown for row in report.tables["organisation"]}
    assert shown == {"03": 30, "02": Hidden.WITHHELD, "01": Hidden.SMALL}
    assert report.total == 47
    assert {row.key: row.shown for row in report.tables["state"]} == {
        "valid": 47, "suspended": 7, "revoked": Hidden.SMALL,
    }  # fmt: skip


def test_the_order_of_rows_tells_nothing_hidden() -> None:
    one = report_of(made_up(s01=1, s02=4, s03=2, s04=60, s05=9, s06=40))
    other = report_of(made_up(s01=4, s02=1, s03=3, s04=60, s05=8, s06=40))
    assert [row.key for row in one.tables["organisation"]] == [row.key for row in other.tables["organisation"]]


def test_a_small_total_is_no_number_anywhere() -> None:
    report = report_of(made_up(s01=1, s02=2))
    assert report.total is Hidden.SMALL
    assert {name: len(rows) for name, rows in report.tables.items()} == {
        "organisation": 0, "occupation": 0, "level": 0, "period": 0, "state": 3,
    }  # fmt: skip
    assert report.tables["state"][0].shown is Hidden.SMALL


def test_nothing_issued_is_a_report_of_noughts() -> None:
    report = report_of(Tally("2026-11-20T00:00:00Z"))
    assert report.total == 0
    assert [row.shown for row in report.tables["state"]] == [0, 0, 0]
    assert set(report.tables) == set(DIMENSIONS)


def test_periods_are_years_and_their_months() -> None:
    counted = made_up(s01=90)
    counted.months = Counter({"2025-12": 20, "2026-01": 30, "2026-02": 38, "2026-03": 2})
    rows = report_of(counted).tables["period"]
    assert [(row.key, row.inner) for row in rows] == [
        ("2025", False), ("2025-12", True), ("2026", False), ("2026-01", True), ("2026-02", True), ("2026-03", True),
    ]  # fmt: skip
    shown = {row.key: row.shown for row in rows}
    assert (shown["2026-03"], shown["2026-01"], shown["2026"]) == (Hidden.SMALL, Hidden.WITHHELD, 70)


def test_workbooks_are_the_tables_with_numbers_as_numbers(tmp_path: Path) -> None:
    rows: list[list[str | int]] = [["S000050000001", "=1+1", 1234], ["0042", "http://x", "<5"]]
    sheets = [TableSheet(name, ["标题", "说明"], ["代码", "名称", "数"], [20, 20, 10], rows) for name in ("甲", "乙")]
    path, again = tmp_path / "a.xlsx", tmp_path / "b.xlsx"
    write_tables(path, sheets)
    write_tables(again, sheets)
    assert path.read_bytes() == again.read_bytes()
    book = CalamineWorkbook.from_path(str(path))
    assert book.sheet_names == ["甲", "乙"]
    read = book.get_sheet_by_name("乙").to_python()
    assert read[0][0] == "标题"
    assert read[2:] == [["代码", "名称", "数"], ["S000050000001", "=1+1", 1234.0], ["0042", "http://x", "<5"]]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.xlsx", "b.xlsx"]


def test_a_workbook_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    sheets = [TableSheet("表", ["标题"], ["数"], [10], [[1]])]
    with pytest.raises(OSError, match="nowhere"):
        write_tables(tmp_path / "nowhere" / "a.xlsx", sheets)
    (tmp_path / "folder.xlsx").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_tables(tmp_path / "folder.xlsx", sheets)
    assert [file.name for file in tmp_path.iterdir()] == ["folder.xlsx"]
