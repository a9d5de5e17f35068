"""The page on reports lists the rules of an audit: every one that the code or a vector names, and no other."""

import json
import re
from pathlib import Path

import pytest

from ledger import profiles
from ledger.core.audit import Audit, format_audit
from ledger.core.checkpoint import Checkpoint
from ledger.core.encoding import parse_base64
from ledger.core.finding import Finding

ROOT = Path(__file__).resolve().parent.parent.parent
SPEC = ROOT / "site" / "docs" / "spec"
CHINESE, ENGLISH = (SPEC / "report.md").read_text(encoding="utf-8").split("\n## English\n")
MODULES = ("audit", "auditfiles", "auditing", "copies", "history", "published", "replay", "shardaudit")
BY_KIND = {"entry_malformed", "record_signature"}  # named by the class of an error


def rows(page: str, after: str = "") -> list[str]:
    return re.findall(r"^\| `([a-z_.]+)` \|", page.partition(after)[2] if after else page, re.MULTILINE)


def listed(text: str) -> list[str]:
    return rows(text, "| `rule` | `where` |")


def elsewhere() -> set[str]:
    """Reason codes, why an update of the trust or a kept audit is refused, rules of profiles."""
    pages = [(SPEC / f"{name}.md").read_text(encoding="utf-8") for name in ("reasons", "custody", "audit")]
    rules = {rule for name in profiles.names() for rule in profiles.load(name).rules}
    return {*(rule for page in pages for rule in rows(page)), *rules, "filing.uscc"}


def named() -> set[str]:
    sources = [(ROOT / "ledger" / "core" / f"{name}.py").read_text(encoding="utf-8") for name in MODULES]
    found = re.findall(r'(?:find|Finding|RuleError|yield)\(?\s*"([a-z_.]+)"', "\n".join(sources))
    return {*found} | BY_KIND


@pytest.mark.parametrize("text", [CHINESE, ENGLISH], ids=["zh", "en"])
def test_every_rule_of_an_audit_is_listed(text: str) -> None:
    told = listed(text)
    assert len(told) == len(set(told)) > 20
    assert named() - {*told} - elsewhere() == set()
    assert {*told} - named() == set()


def test_every_rule_that_a_vector_names_is_told() -> None:
    told = {*listed(CHINESE)} | elsewhere()
    for path in (ROOT / "tests" / "vectors" / "ledger" / "audit").glob("*.json"):
        expect = json.loads(path.read_bytes())["expect"]
        assert {rule for rule, _ in (*expect["findings"], *expect["warnings"])} - told == set(), path.name


def test_the_example_is_an_audit() -> None:
    [example] = re.findall(r"^(\{.*\})$", CHINESE, re.MULTILINE)
    head = (SPEC / "index-shards-head.md").read_text(encoding="utf-8")
    origin, size, root = re.findall(r"^\n(\S+)\n(\d+)\n(\S{44})\n\n— ", head, re.MULTILINE)[0]
    checkpoint = Checkpoint(origin, int(size), parse_base64(root, "root", 32))
    finding = Finding("shard_differs", "shard 0", "is not the ledger filtered to its subjects")
    audit = Audit([finding], checkpoint=checkpoint, as_of="2026-11-20T09:00:00Z", entries=7, certificates=1)
    assert format_audit(audit).decode() == example
