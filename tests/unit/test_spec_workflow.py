"""The page on the evidence of an evaluation: its example is a ledger, its tables are the profiles and the calendar."""

import re
from datetime import date
from pathlib import Path

import pytest

from ledger import profiles
from ledger.app.workdays import working_day
from ledger.core.draw import draw
from ledger.core.ed25519_portable import verify
from ledger.core.entry import parse_entry
from ledger.core.evidence import EVIDENCE_TYPES
from ledger.core.gates import Gate
from ledger.core.note import parse_vkey
from ledger.core.published import digest_of_list, parse_list, unmasked
from ledger.core.record import check_record
from tests.evaluation import Bench

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "site/docs/spec/workflow.md").read_text(encoding="utf-8")
CHINESE, ENGLISH = PAGE.split("\n## English\n")
BLOCKS = re.findall(r"^```\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
TABLES = re.findall(r"^\| (.*) \|$", PAGE, re.MULTILINE)


def test_the_example_is_signed_and_passes_every_rule() -> None:
    entries = [parse_entry(line.encode()) for line in BLOCKS[0].splitlines()]
    keys = {key.name: key for key in map(parse_vkey, BLOCKS[1].splitlines())}
    for entry in entries:
        check_record(entry.record, keys[entry.record.issuer], verify)
    *evidence, issue = entries
    assert [entry.seq for entry in entries] == [5, 7, 9, 11, 13]
    bench = Bench("cn-chongqing-2020-1")
    for entry in evidence:
        assert bench.registry.signer_of_evidence(entry) == keys[entry.record.issuer]
        bench.workflow.add(entry, bench.registry)
    gate = Gate(bench.workflow, required=True)
    assert issue.record.body["evidence"] == [5, 9, 11]
    assert gate.check(issue.record.body, issue.seq, bench.profile) == 9


def test_the_table_of_terms_is_that_of_the_profiles() -> None:
    rows = []
    for name in sorted(profiles.names(), key=order):
        profile = profiles.load(name)
        terms = {period.id: f"{period.amount} {period.unit}" for period in profile.periods}
        names = ("plan-before-exam", "publicity-candidates", "publicity", "report-after-publicity")
        steps = " ".join(f"`{item.id}`" for item in profile.evidence)
        rows.append(" | ".join([f"`{name}`", *(terms.get(one, "") for one in names), steps]))
    shown = [" | ".join(cell.strip() for cell in row.split("|")) for row in TABLES if row.startswith("`cn-")]
    assert shown == rows * 2


def order(name: str) -> int:
    return ["national", "anhui", "chongqing", "shandong", "zhejiang"].index(name.split("-")[1])


def test_days_are_counted_as_the_calendar_counts_them() -> None:
    rows = [[date.fromisoformat(cell) for cell in row.split(" | ")] for row in TABLES if re.match(r"20\d\d-", row)]
    assert len(rows) == 10
    for exam, latest, last, tenth in rows:
        assert working_day(exam, -10) == latest
        assert working_day(last, 10) == tenth


def test_the_draw_is_drawn() -> None:
    drawn = draw([f"S00005000000{n}" for n in (1, 2, 3)], ["检查员一", "检查员二"], 2, bytes(32))
    assert BLOCKS[3] == "".join(f"{org} {inspector}\n" for org, inspector in drawn)


def test_the_published_list_is_one() -> None:
    data = BLOCKS[4].rstrip("\n").encode()
    assert list(unmasked(parse_list(data))) == []
    assert f"`{digest_of_list(data)}`" in CHINESE


@pytest.mark.parametrize("text", [CHINESE, ENGLISH], ids=["zh", "en"])
def test_every_type_and_every_reason_is_told(text: str) -> None:
    assert [kind for kind in EVIDENCE_TYPES if f"`{kind}`" not in text] == []
    told = set(re.findall(r"`([a-z_]+)`", text))
    for module in ("workflow", "gates"):
        source = (ROOT / f"ledger/core/{module}.py").read_text(encoding="utf-8")
        raised = set(re.findall(r'(?:RuleError|Owed)\(\s*"([a-z_]+)"', source))
        raised |= set(re.findall(r'_broken\([^"]*"([a-z_]+)"', source)) | set(re.findall(r'"([a-z]+_unknown)"', source))
        assert raised - told - {"evidence_unknown", "plan_unknown", "profile_unknown"} == set()
