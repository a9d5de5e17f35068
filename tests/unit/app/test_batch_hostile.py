"""Hostile batch files: each has one defect, is refused for it by name, and changes nothing at the authority's."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.app.batch import BatchRefused
from ledger.core.canonical import Value
from tests.evaluation import ISSUE
from tests.unit.app.batch_cases import CASES, Forger, Make
from tests.unit.app.courses import SHANDONG, ZHEJIANG, annex6, shandong, zhejiang
from tests.unit.app.exchange import Authority


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Authority] = []

    def one(
        profile: str = "cn-chongqing-2020-1",
        *,
        required: bool = False,
        preset: str = "masked",
        rows: int = 3,
        changes: dict[str, dict[str, Value]] | None = None,
    ) -> Forger:
        authority = Authority(tmp_path / str(len(made)), profile, required=required, preset=preset)
        made.append(authority)
        if required:
            numbers = {"codes": {"first": f"{authority.org}26K000001", "last": f"{authority.org}26K000009"}}
            steps = numbers if profile == ZHEJIANG else {}
            authority.run({**steps, **(changes or {})})
            authority.hand_back()
        people = {SHANDONG: shandong, ZHEJIANG: zhejiang}.get(profile, annex6)(rows)
        issued = ISSUE if profile == ZHEJIANG else ""
        plan = authority.plan if required else None
        _, batch = authority.member.sign(people, authority.on(ISSUE), plan=plan, issued=issued)
        return Forger(authority, batch.read_bytes())

    yield one
    for authority in made:
        authority.close()


@pytest.mark.domain("A14", "A16", "A17", "A18", "A19", "A21", "A25", "C1", "C2", "F5", "F6", "G7", "J6")
@pytest.mark.parametrize("name", CASES)
def test_a_hostile_batch_is_refused_by_name_and_changes_nothing(name: str, make: Make, tmp_path: Path) -> None:
    spoil, rule, line = CASES[name]
    forger, data = spoil(make)
    authority = forger.authority
    path = tmp_path / "sent" / "batch.txt"
    path.parent.mkdir()
    path.write_bytes(data)
    authority.store.close()
    del authority.store
    before = {file: file.read_bytes() for file in authority.root.rglob("*") if file.is_file()}
    with pytest.raises(BatchRefused) as caught:
        authority.take(path)
    found = caught.value.findings
    assert [(finding.rule, finding.row) for finding in found[:1]] == [(rule, line)]
    assert {finding.rule for finding in found} == {rule}
    authority.store.close()
    del authority.store
    assert {file: file.read_bytes() for file in authority.root.rglob("*") if file.is_file()} == before
    self_told(path, found[0].zh, rule, line)


def self_told(path: Path, text: str, rule: str, line: int) -> None:
    """The findings lie beside the batch, for a program and for a person."""
    as_json, as_text = (path.with_name(f"batch.txt.findings.{ending}") for ending in ("json", "txt"))
    told = json.loads(as_json.read_text("utf-8"))
    assert (told["file"], told["v"], told["findings"][0]["rule"], told["findings"][0]["line"]) == (
        "batch.txt",
        1,
        rule,
        line,
    )
    assert told["findings"][0]["source"]
    assert text in as_text.read_text("utf-8")
    assert sorted(file.name for file in path.parent.iterdir()) == sorted(("batch.txt", as_json.name, as_text.name))


def test_the_batch_that_was_spoiled_is_honest_itself(make: Make, tmp_path: Path) -> None:
    forger = make()
    path = tmp_path / "batch.txt"
    path.write_bytes(forger.made())
    assert forger.made() == forger.data
    assert forger.authority.take(path).numbers == 3
    assert forger.authority.findings() == []


def test_all_defects_of_a_batch_are_told_at_once(make: Make, tmp_path: Path) -> None:
    forger = make()
    rows = forger.rows
    rows[0] = replace(rows[0], record=forger.record(0, evaluator="别的机构（虚构）"))
    rows[2] = replace(rows[2], disclosure=None)
    path = tmp_path / "batch.txt"
    path.write_bytes(forger.made(rows))
    with pytest.raises(BatchRefused) as caught:
        forger.authority.take(path)
    assert [(finding.rule, finding.row) for finding in caught.value.findings] == [
        ("evaluator_differs", 3),
        ("view_missing", 5),
    ]
