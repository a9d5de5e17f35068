"""The replay: the chain in order, the shards in any order; what each finds, and that a sound ledger has no finding."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ledger.app.workdays import working_day
from ledger.core.canonical import Value
from ledger.core.checklist import Absent
from ledger.core.disclosure import digest_of
from ledger.core.errors import LedgerError
from ledger.core.finding import Finding
from ledger.core.gates import Gate
from ledger.core.index import KEPT, open_head
from ledger.core.merkle import leaf_hash, root
from ledger.core.reader import Reader
from ledger.core.record import sign_record
from ledger.core.replay import Chain
from ledger.core.shardaudit import ShardFindings, check_shard
from ledger.core.subject import masked_path, shard_path
from ledger.core.tiles import entries_path, parse_bundle
from ledger.core.trust import Trust
from ledger.core.workflow import Workflow
from ledger.crypto.pynacl_verify import verify
from tests.simulator import (
    PROFILES,
    REGISTRAR,
    SCHOOL,
    Simulator,
    masked_disclosure,
    number,
    private,
    tree_files,
)
from tests.vectors.audit_cases import AUDITS, Audited, grown
from tests.vectors.ledger_cases import CASES, Case, base, wide


def workflow() -> Workflow:
    return Workflow(PROFILES, working_day)


def replay(files: Mapping[str, bytes | Absent], trust: Trust) -> list[Finding]:
    """A small auditor: the chain, then the newest shards, of files that are there."""
    there = {path: data for path, data in files.items() if isinstance(data, bytes)}
    _, checkpoint = open_head(there["head"], trust.log, verify)
    chain = Chain(trust, verify, checkpoint.size, (), workflow())
    for start in range(0, checkpoint.size, 256):
        width = min(256, checkpoint.size - start)
        for raw in parse_bundle(there[entries_path(start // 256, width)], width):
            chain.take(raw)
    findings = list(chain.findings)
    kept, reader = chain.kept[-1], Reader()
    for n, leaf in enumerate(kept.leaves):
        bits = kept.index.bits
        findings += check_shard(
            there[shard_path(bits, n)],
            there.get(masked_path(bits, n), b""),
            number=n,
            bits=bits,
            size=kept.index.size,
            leaf=leaf,
            views_due=chain.disclosure == "masked",
            reader=reader,
            registry=chain.registry,
            profiles=PROFILES,
            verify=verify,
            gate=Gate(chain.workflow, chain.evidence_required),
        ).findings
    return findings


# What the chain and the shards themselves can find; the rest is a matter of the files beside them.
OWN = {
    "chain",
    "time",
    "opening",
    "trust",
    "index",
    "record_signature",
    "entry_malformed",
    "registrar_unknown",
    "shard_malformed",
    "shard_differs",
    "profile_unknown",
    "disclosure_differs",
}


@pytest.mark.parametrize("case", [case for case in AUDITS if case.rule in OWN], ids=lambda case: case.name)
def test_the_defect_is_named(case: Audited) -> None:
    folder = case.make()
    try:
        found = {finding.rule for finding in replay(folder.files, folder.trust)}
    except LedgerError:  # the folder cannot even be begun with: the audit of files has more to say
        assert case.rule in {"head_malformed", "checkpoint_signature"}
        return
    if case.name.startswith("earlier_shard") or case.name == "bundle_without_its_index":
        assert case.rule not in found  # found beside the replay
    else:
        assert case.rule in found


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.step in {"V8", "V9", "V10"}], ids=lambda case: case.name
)
def test_entries_that_a_lookup_refuses_are_named_alike(case: Case) -> None:
    situation = case.make()
    # The audit sees besides that this is no merger, and that such a code is not filed under that profile.
    beside = {"merged_in_a_circle": {"merge"}, "filed_under_another_profile": {"code.province"}}.get(case.name, set())
    assert {finding.rule for finding in replay(situation.files, situation.trust)} == {case.reason} | beside


@pytest.mark.parametrize("make", [Simulator, base, wide, grown])
def test_a_sound_ledger_has_no_finding(make: type[Simulator]) -> None:
    ledger = make()
    assert replay(ledger.files(), ledger.trust) == []


def test_a_finding_names_the_entry() -> None:
    ledger = base()
    ledger.event("restore", number(1))
    [finding] = replay(ledger.files(), ledger.trust)
    assert (finding.rule, finding.where) == ("history", "entry 7")
    assert "restore" in finding.problem


class TestChain:
    def chain(self, ledger: Simulator) -> tuple[Chain, dict[str, bytes]]:
        chain = Chain(ledger.trust, verify, len(ledger.raws), (), workflow())
        full: dict[str, bytes] = {}
        for raw in ledger.raws:
            full |= chain.take(raw)
        return chain, full

    def test_its_tree_is_the_naive_one(self) -> None:
        ledger = Simulator()
        ledger.issue_many(range(1, 600))
        chain, full = self.chain(ledger)
        leaves = [leaf_hash(raw) for raw in ledger.raws]
        assert chain.tiles.root() == root(leaves)
        assert {**full, **chain.tiles.partial_tiles()} == tree_files(leaves)

    def test_it_keeps_the_newest_index_entries_with_their_roots(self) -> None:
        ledger = base()
        for _ in range(KEPT + 3):
            ledger.renew()
        chain, _ = self.chain(ledger)
        assert [kept.index.size for kept in chain.kept] == [one.seq for one in ledger.sealed[-KEPT:]]
        for kept in chain.kept:
            leaves = [leaf_hash(raw) for raw in ledger.raws[: kept.index.size + 1]]
            assert kept.root == root(leaves)
            assert kept.entry == ledger.raws[kept.index.size]
            assert kept.leaves == ledger.shard_leaves(kept.index.bits, kept.index.size)
        assert chain.ended_with_index

    def test_it_knows_the_organisations_and_the_preset(self) -> None:
        chain, _ = self.chain(base())
        assert list(chain.registry.organisations) == ["S000050000001"]
        assert chain.disclosure == "masked"

    def test_a_lie_of_an_index_entry_is_found_and_not_kept(self) -> None:
        ledger = base()
        ledger.batch(index=lambda index: replace(index, bits=32))
        chain, _ = self.chain(ledger)
        assert {finding.rule for finding in chain.findings} == {"index"}
        assert chain.kept[-1].index.size == ledger.sealed[-2].seq

    def test_entries_that_are_none_do_not_stop_it(self) -> None:
        chain = Chain(base().trust, verify, 9, (), workflow())
        for raw in (b"", b"{}", b"\xff" * 100, b'"code":"S000050000001263000001",', b"[" * 60_000):
            chain.take(raw)
        assert [finding.rule for finding in chain.findings] == ["entry_malformed"] * 5
        assert chain.tiles.size == 5


class TestShard:
    def check(self, ledger: Simulator, size: int | None = None, *, due: bool = True) -> ShardFindings:
        chain = Chain(ledger.trust, verify, len(ledger.raws), (), workflow())
        for raw in ledger.raws:
            chain.take(raw)
        files = ledger.files()
        end = ledger.sealed[-1].seq if size is None else size
        return check_shard(
            files["shard/0/000.txt"],
            files["masked/0/000.txt"],
            number=0,
            bits=0,
            size=end,
            leaf=ledger.shard_leaves(0, end)[0],
            views_due=due,
            reader=Reader(),
            registry=chain.registry,
            profiles=PROFILES,
            verify=verify,
            gate=Gate(chain.workflow, chain.evidence_required),
        )

    def result(
        self, ledger: Simulator, size: int | None = None, *, due: bool = True
    ) -> tuple[list[Finding], bool, int]:
        result = self.check(ledger, size, due=due)
        return result.findings, result.ahead, result.entries

    def withdrawn(self, ledger: Simulator) -> list[str]:
        return [finding.rule for finding in self.check(ledger).withdrawn]

    def test_entries_and_numbers_are_counted(self) -> None:
        ledger = base()
        ledger.event("suspend", number(1))
        assert self.result(ledger) == ([], False, 2)

    def test_entries_that_the_index_does_not_have_yet_are_ahead(self) -> None:
        ledger = base()
        size = ledger.sealed[-1].seq
        ledger.issue(2)
        assert self.result(ledger, size) == ([], True, 1)

    def test_a_view_taken_away_is_missed_where_one_is_due(self) -> None:
        ledger = base()
        ledger.masked.clear()
        assert [finding.rule for finding in self.result(ledger)[0]] == ["view_missing"]
        assert self.result(ledger, due=False)[0] == []

    def test_a_view_that_was_withdrawn_is_told_and_no_error(self) -> None:
        ledger = base()
        ledger.masked[number(1)] = ""
        assert self.result(ledger)[0] == []
        assert self.withdrawn(ledger) == ["view_withdrawn"]

    @pytest.mark.domain("F5")
    def test_a_view_that_shows_a_whole_name_is_found_whoever_committed_to_it(self) -> None:
        ledger = Simulator()
        code = number(1)
        ledger.masked[code] = masked_disclosure(code, "张小三**")
        digests = sorted(digest_of(text) for text in (ledger.masked[code], *private(code).values()))
        ledger.batch(ledger.issued(1, disclosures=list[Value](digests)))
        assert [finding.rule for finding in self.result(ledger)[0]] == ["disclosure_differs"]


class TestRanges:
    """Where numbers come from ranges, serials are whole within each range, wherever it begins."""

    def serials(self, ledger: Simulator) -> dict[str, list[int]]:
        chain = Chain(ledger.trust, verify, len(ledger.raws), (), workflow())
        for raw in ledger.raws:
            chain.take(raw)
        size = ledger.sealed[-1].seq
        assert chain.findings == []
        result = check_shard(
            ledger.files()["shard/0/000.txt"], b"", number=0, bits=0, size=size, leaf=ledger.shard_leaves(0, size)[0],
            views_due=False, registry=chain.registry, profiles=PROFILES, verify=verify,
            gate=Gate(chain.workflow, chain.evidence_required),
        )  # fmt: skip
        assert result.findings == []
        return {scope: counted for (_, scope), counted in result.serials.items()}

    def assign(self, ledger: Simulator, first: int, last: int) -> None:
        body: dict[str, Value] = {"first": number(first), "last": number(last), "org": SCHOOL}
        ledger.batch(sign_record("range.assign", body, REGISTRAR))

    @pytest.mark.domain("A6", "A16")
    def test_each_range_counts_from_its_own_first_number(self) -> None:
        ledger = Simulator()
        self.assign(ledger, 101, 110)
        self.assign(ledger, 301, 310)
        ledger.issue_many([101, 102, 301])
        assert sorted(self.serials(ledger).values()) == [[1, 1], [2, 2]]

    @pytest.mark.domain("A6", "A16")
    def test_a_number_skipped_within_a_range_is_a_gap(self) -> None:
        ledger = Simulator()
        self.assign(ledger, 101, 110)
        ledger.issue_many([101, 103])
        assert list(self.serials(ledger).values()) == [[2, 3]]

    def test_numbers_older_than_the_ranges_are_counted_without_those_that_a_range_took(self) -> None:
        ledger = Simulator()
        ledger.issue_many([1, 2, 3, 4])
        self.assign(ledger, 2, 3)
        self.assign(ledger, 8, 9)
        ledger.issue_many([8])
        assert sorted(self.serials(ledger).values()) == [[1, 1], [2, 2], [2, 2]]
