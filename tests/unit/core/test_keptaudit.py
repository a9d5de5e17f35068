"""An audit that goes on from an earlier one finds in what is new what a whole audit finds, and keeps the same."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import pytest

from ledger.app.auditing import AuditedOn, audit_on, audit_place
from ledger.app.places import MemoryPlace, RecordingPlace
from ledger.core.audit import Audit, format_audit
from ledger.core.canonical import format_canonical, parse_canonical
from ledger.core.checklist import Absent
from ledger.core.digest import sha256
from ledger.core.entry import parse_entry
from ledger.core.errors import FormatError, LedgerError
from ledger.core.finding import Finding
from ledger.core.index import index_of
from ledger.core.keptaudit import KeptAudit, format_kept, is_kept, parse_kept
from ledger.core.shard import parse_masked
from ledger.core.tiles import entries_path, parse_bundle
from ledger.core.tlogproof import parse_proof
from ledger.core.trust import Trust
from tests.evaluation import certificate, cited, evaluated, first_of
from tests.simulator import OTHER, PROFILES, SCHOOL, Sealed, Simulator, masked_disclosure, number
from tests.vectors.audit_cases import AUDITS, WARNED, Audited, Folder, grown
from tests.vectors.breach_cases import ADVISED, BREACHES, CHONGQING, UNDECIDED, listed, published
from tests.vectors.ledger_cases import assigned, base, governed, rotated, wide

CASES = [*AUDITS, *WARNED, *BREACHES, *ADVISED, *UNDECIDED]
# What only a whole audit finds: a file that an earlier audit has read, and that nothing new is said in.
OLD = {"older_bundle_changed"}


def place(files: Mapping[str, bytes | Absent]) -> MemoryPlace:
    return MemoryPlace({path: data for path, data in files.items() if data is not Absent.MISSING})


def on(files: Mapping[str, bytes | Absent], trust: Trust, kept: KeptAudit | None = None) -> AuditedOn:
    """Audit from what was kept, as it comes back from a file."""
    return audit_on(place(files), trust, PROFILES, kept and parse_kept(format_kept(kept)))


def kept_of(ledger: Simulator) -> KeptAudit:
    kept = on(ledger.files(), ledger.trust).kept
    assert kept is not None
    return kept


def told(audit: Audit) -> tuple[object, ...]:
    """All that an audit says, findings in any order."""

    def ordered(findings: Iterable[Finding]) -> list[tuple[str, ...]]:
        return sorted((one.where, one.rule, one.problem) for one in findings)

    counted = audit.entries, audit.certificates, audit.checkpoint, audit.as_of, audit.growth
    open_ends = audit.undecided, audit.updating, audit.unreachable
    return audit.verdict, ordered(audit.findings), ordered(audit.warnings), open_ends, counted


def as_whole(kept: KeptAudit | None) -> KeptAudit | None:
    return kept and replace(kept, whole="")


# -- every defect, after every earlier state that could be kept --------------------------------------------------------


def earlier(folder: Folder) -> Iterator[Simulator]:
    """The ledger of `folder` as it was at its kept heads, the newest first, as far as its files tell."""
    files = {path: data for path, data in folder.files.items() if isinstance(data, bytes)}
    try:
        size = parse_proof(files["head"]).index + 1
        widths = [min(256, size - first) for first in range(0, size, 256)]
        bundles = [parse_bundle(files[entries_path(n, width)], width) for n, width in enumerate(widths)]
        views: dict[str, str] = {}
        for path, data in files.items():
            views |= parse_masked(data) if path.startswith("masked/") else {}
    except (FormatError, KeyError):
        return
    made = Simulator(filed=False)
    made.trust, made.raws, made.subjects, made.sealed = folder.trust, [], [], []
    made.steps = {path: data for path, data in files.items() if path.startswith(("trust/", "notice/"))}
    states = []
    for raw in (raw for bundle in bundles for raw in bundle):
        made.take(raw)
        path = f"heads/{len(made.raws) - 1}"
        try:
            index = index_of(parse_entry(raw))
            made.sealed.append(Sealed(index.size, index.bits, files[path], parse_proof(files[path]).note))
        except (FormatError, KeyError):
            continue
        made.masked = {code: text for code, text in views.items() if code in made.subjects}
        states.append(made.copy())
    yield from reversed(states[:-1])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_findings_are_those_of_a_whole_audit(case: Audited) -> None:
    folder = case.make()
    whole = audit_place(place(folder.files), folder.trust, PROFILES)
    kept = (on(before.files(), folder.trust).kept for before in earlier(folder))
    known = next((one for one in kept if one is not None), None)
    if known is None:
        return  # nothing of it could ever have been kept
    found = on(folder.files, folder.trust, known)
    if case.name in OLD:
        assert (found.new_only, found.audit.verdict, whole.verdict) == (True, "verified", "not_verified")
    else:
        assert told(found.audit) == told(whole)
        assert found.new_only == (whole.verdict != "not_verified")


# -- sound ledgers, state by state -------------------------------------------------------------------------------------


def lived(seed: int, batches: int) -> Iterator[Simulator]:
    """A ledger after each of some batches, with all that can lawfully happen to a number or an organisation."""
    chance = random.Random(seed)
    ledger = Simulator()
    states: dict[str, str] = {}
    serial, kinds = 0, ["issue", "issue", "reissue", "correct", "suspend", "restore", "revoke", "renew", "withdraw"]
    yield ledger
    for turn in range(batches):
        kind = "file" if turn == 3 else chance.choice(kinds)
        wanted = "suspended" if kind == "restore" else "valid"
        fitting = [code for code, state in states.items() if state == wanted]
        if kind == "file":
            ledger.file(OTHER, name="测试数据·云滨技师学院")
        elif kind == "renew":
            ledger.renew()
        elif kind == "issue" or not fitting:
            count = chance.randint(1, 5)
            ledger.issue_many(range(serial + 1, serial + 1 + count))
            states |= {number(one): "valid" for one in range(serial + 1, serial + 1 + count)}
            serial += count
        elif kind == "withdraw":
            code = chance.choice(fitting)
            ledger.masked[code] = ""
            ledger.event("reissue", code)  # something new is said of it
        else:
            code = chance.choice(fitting)
            ledger.correct(code) if kind == "correct" else ledger.event(kind, code)
            states[code] = {"suspend": "suspended", "revoke": "revoked"}.get(kind, "valid")
        yield ledger


@pytest.mark.parametrize("seed", range(3))
def test_what_is_kept_is_what_a_whole_audit_keeps(seed: int) -> None:
    kept: KeptAudit | None = None
    new_only = 0
    for ledger in lived(seed, 40):
        files = ledger.files()
        done, whole = on(files, ledger.trust, kept), on(files, ledger.trust)
        assert (done.audit.verdict, told(done.audit)) == ("verified", told(whole.audit))
        assert as_whole(done.kept) == as_whole(whole.kept)
        assert format_audit(on(files, ledger.trust, done.kept).audit)  # nothing new at all
        kept, new_only = done.kept, new_only + done.new_only
    assert new_only > 30  # the others: the first, and where shards were split


def with_a_list() -> Simulator:
    return listed(published("张**"))[0]


def with_evidence() -> Simulator:
    return evaluated(CHONGQING)[0]


@pytest.mark.parametrize("make", [governed, rotated, with_a_list, with_evidence])
def test_every_state_of_a_ledger_can_be_gone_on_from(make: Callable[[], Simulator]) -> None:
    ledger = make()
    files, whole = ledger.files(), on(ledger.files(), ledger.trust)
    for before in earlier(Folder(files, ledger.trust)):
        if (kept := on(before.files(), ledger.trust).kept) is not None:
            assert told(on(files, ledger.trust, kept).audit) == told(whole.audit)


def test_certificates_of_an_evaluation_are_counted_on() -> None:
    ledger, seqs = evaluated(CHONGQING, issued=1)
    kept = kept_of(ledger)
    ledger.batch(certificate(ledger, CHONGQING, first_of(CHONGQING, 2), evidence=cited(seqs)))
    done = on(ledger.files(), ledger.trust, kept)
    assert done.new_only
    assert done.kept is not None
    assert sum(done.kept.issued.values()) == sum(kept.issued.values()) + 1
    assert told(done.audit) == told(audit_place(place(ledger.files()), ledger.trust, PROFILES))
    ledger.batch(certificate(ledger, CHONGQING, first_of(CHONGQING, 3), evidence=cited(seqs)))
    found = on(ledger.files(), ledger.trust, done.kept).audit.findings  # two had passed
    assert [one.rule for one in found] == ["confirmation_count"]


# -- what is read, and what is not -------------------------------------------------------------------------------------


def test_shards_beyond_those_held_are_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.core.auditing._HELD", 0)
    ledger = base()
    kept = kept_of(ledger)
    ledger.issue(2)
    done = on(ledger.files(), ledger.trust, kept)
    assert (done.new_only, done.audit.verdict) == (True, "verified")


def test_a_bundle_may_end_where_an_audit_did() -> None:
    ledger = Simulator()
    ledger.issue_many(range(1, 256 - len(ledger.raws)))
    kept = kept_of(ledger)
    assert kept.checkpoint.size == 256
    assert on(ledger.files(), ledger.trust, kept).new_only
    ledger.renew()
    done = on(ledger.files(), ledger.trust, kept)
    assert (done.new_only, told(done.audit)) == (True, told(on(ledger.files(), ledger.trust).audit))


def test_only_what_is_new_is_read() -> None:
    ledger = Simulator()
    ledger.issue_many(range(1, 701))
    kept = kept_of(ledger)
    code = ledger.issue(701)
    for _ in range(8):
        ledger.renew()
    place = RecordingPlace(MemoryPlace(ledger.files()))
    done = audit_on(place, ledger.trust, PROFILES, kept)
    assert (done.new_only, done.audit.verdict, done.audit.before) == (True, "verified", 706)
    read = {path for path in place.files if path.startswith(("shard/", "masked/", "tile/entries/"))}
    size = len(ledger.raws)
    ends = {entries_path(*divmod(sealed.seq + 1, 256)) for sealed in ledger.sealed[-8:]}
    assert read == {ledger.shard_file(code), ledger.masked_file(code)} | ends
    assert entries_path(*divmod(size, 256)) in ends
    since = parse_canonical(format_audit(done.audit))
    assert isinstance(since, dict)
    assert since["since"] == {"size": 706, "whole": kept.whole}


def test_files_that_should_not_have_changed() -> None:
    ledger = Simulator()
    ledger.issue_many(range(1, 301))
    kept, before = kept_of(ledger), ledger.files()
    code = ledger.issue(301)
    files = ledger.files()
    old = [path for path in files if path in before and path.startswith(("shard/3/", "masked/3/", "tile/"))]
    touched = {ledger.shard_file(code), ledger.masked_file(code), ledger.shard_file(SCHOOL)}
    for path in sorted({"tile/0/000", "tile/entries/000", *old[-3:]} - touched):
        gone = on({**files, path: Absent.MISSING}, ledger.trust, kept)  # a listing tells
        assert [(one.rule, one.where) for one in gone.audit.findings] == [("file_missing", path)]
        if path != "tile/entries/001.p/49":
            changed = {**files, path: files[path][:-1] + b"?"}
            assert on(changed, ledger.trust, kept).new_only  # a whole audit would tell
    more = on({**files, "holders.txt": b"x"}, ledger.trust, kept)
    assert [one.rule for one in more.audit.findings] == ["file_unknown"]
    for path in (ledger.shard_file(code), ledger.masked_file(code)):
        changed = {**files, path: files[path].replace(b"S0000", b"S0001", 1)}
        assert not on(changed, ledger.trust, kept).new_only


# -- where it cannot go on ---------------------------------------------------------------------------------------------


def test_what_the_ledger_has_outgrown_is_audited_from_the_start() -> None:
    ledger = base()
    kept = kept_of(ledger)
    ledger.issue_many(range(2, 71))
    done = on(ledger.files(), ledger.trust, kept)
    assert (done.new_only, done.audit.verdict) == (False, "verified")
    assert done.kept is not None


def test_a_range_for_numbers_that_were_counted_without_one() -> None:
    ledger = base()
    kept = kept_of(ledger)
    ledger.batch(assigned(number(2), number(9)))
    assert not on(ledger.files(), ledger.trust, kept).new_only
    kept = kept_of(ledger)
    ledger.issue(2)
    assert on(ledger.files(), ledger.trust, kept).new_only
    ledger = Simulator()
    ledger.batch(assigned(number(1), number(2)))
    ledger.issue(1)
    kept = kept_of(ledger)
    ledger.batch(assigned(number(3), number(9)))
    done = on(ledger.files(), ledger.trust, kept)
    assert (done.new_only, told(done.audit)) == (True, told(on(ledger.files(), ledger.trust).audit))


@pytest.mark.parametrize("entries", [1, 300])
def test_another_history_is_a_fork(entries: int) -> None:
    ledger = base()
    ledger.issue_many(range(2, 2 + entries))
    other = ledger.copy()
    ledger.event("revoke", number(1))
    kept = kept_of(ledger)
    other.renew()
    other.event("revoke", number(1))
    done = on(other.files(), ledger.trust, kept)
    assert (done.new_only, [one.rule for one in done.audit.findings]) == (False, ["forked"])


def test_an_older_place_is_no_forgery() -> None:
    ledger = base()
    files = ledger.files()
    ledger.issue(2)
    done = on(files, ledger.trust, kept_of(ledger))
    assert (done.new_only, done.audit.verdict, done.audit.unreachable) == (False, "not_checked", ["checkpoint"])


def test_a_view_that_is_replaced_is_withdrawn_no_more() -> None:
    ledger = base()
    ledger.masked[number(1)] = ""
    kept = kept_of(ledger)
    assert [one.rule for one in kept.withdrawn] == ["view_withdrawn"]
    ledger.event("reissue", number(1))
    ledger.masked[number(1)] = masked_disclosure(number(1))
    done = on(ledger.files(), ledger.trust, kept)
    assert (done.new_only, done.audit.warnings) == (True, [])


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_only_an_audit_that_finds_nothing_is_kept() -> None:
    ledger = base()
    files = ledger.files()
    assert on({**files, "holders.txt": b"x"}, ledger.trust).kept is None
    assert on({path: data for path, data in files.items() if path != "head"}, ledger.trust).kept is None
    assert on({**files, "shard/0/000.txt": Absent.UNREACHABLE}, ledger.trust).kept is None


def refused(kept: KeptAudit, ledger: Simulator) -> str:
    with pytest.raises(LedgerError) as error:
        on(ledger.files(), ledger.trust, kept)
    return str(getattr(error.value, "rule", error.value))


def test_what_does_not_fit_is_refused() -> None:
    ledger = wide()
    kept = kept_of(ledger)
    older = kept_of(base())
    made_with = kept.made_with
    unlawful = ledger.raws[2].replace(b"cn-chongqing-2020-1", b"cn-nowhere-2030-1")
    assert (
        {
            name: refused(replace(kept, **changes), ledger)  # type: ignore[arg-type]  # names are checked when it runs
            for name, changes in {
                "note": {"note": kept.note.replace(b"\n\n", b"x\n\n")},
                "trust": {"trust": "00"},
                "program": {"made_with": replace(made_with, program="0.0.1")},
                "rules": {"made_with": replace(made_with, rules="00")},
                "tiles": {"tiles": [kept.tiles[0][::-1]]},
                "widths": {"tiles": older.tiles},
                "checkpoint": {"note": older.note},
                "leaves": {"leaves": kept.leaves[::-1]},
                "subjects": {"subjects": 0},
                "no index": {"indexes": []},
                "index": {"indexes": kept.indexes[:-1]},
                "no entry": {"said": [b'{"prev":"', *kept.said]},
                "entry twice": {"said": [*kept.said[:3], kept.said[2], *kept.said[3:]]},
                "against a rule": {"said": [*kept.said[:2], unlawful, *kept.said[3:]]},
                "no batch": {"said": [one for one in kept.said if isinstance(one, bytes)]},
                "unlawful": {"said": [*kept.said, parse_entry(ledger.raws[2]).raw]},
            }.items()
        }
        == {
            "note": "kept_checkpoint",
            "trust": "kept_trust",
            "program": "kept_rules",
            "rules": "kept_rules",
            **dict.fromkeys(
                ("tiles", "widths", "checkpoint", "leaves", "subjects", "no index", "index"), "kept_differs"
            ),
            **dict.fromkeys(("no entry", "entry twice", "against a rule", "no batch", "unlawful"), "kept_differs"),
        }
    )


def test_a_file_that_is_damaged_or_of_another_form() -> None:
    kept = kept_of(grown())
    data = format_kept(kept)
    assert parse_kept(data) == kept
    for place in range(0, len(data), 97):
        for bad in (data[:place], data[:place] + b"~" + data[place + 1 :]):
            with pytest.raises(FormatError):
                parse_kept(bad)
    assert is_kept(data)
    assert not is_kept(kept.note)
    body = data[: data.rindex(b'{"digest"')]
    for bad in (body.replace(b'"v":1', b'"v":2', 1), body + b'{"more":1}\n', body + b"[]\n"):
        with pytest.raises(FormatError, match="known"):
            parse_kept(bad + format_canonical({"digest": sha256(bad).hex()}) + b"\n")
