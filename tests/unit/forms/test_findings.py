"""The catalogue of findings and the code name the same rules, in two languages."""

import re
from datetime import date, time, timedelta
from pathlib import Path

import pytest

from ledger import forms, profiles
from ledger.forms.findings import COMPUTED, Place, Problem, _catalogue, make_finding, value_class
from ledger.profiles import load

# What the templates of the catalogue ask for; made up here to fill in every one of them.
DETAILS = dict.fromkeys(re.findall(r"\{(\w+)\}", str(_catalogue())), "某")


def rules_in_the_code() -> set[str]:
    folders = [Path(folder) for folder in forms.__path__]
    folders.append(folders[0].with_name("app"))
    text = "".join(path.read_text(encoding="utf-8") for folder in folders for path in folder.glob("*.py"))
    areas = {rule.split(".")[0] for rule in _catalogue()}
    found = re.findall(r'"([a-z]+\.[a-z0-9_]+)"', text)
    return {rule for rule in found if rule.split(".")[0] in areas}


def test_every_rule_of_the_code_is_in_the_catalogue_and_back() -> None:
    named, catalogue = rules_in_the_code(), set(_catalogue())
    assert catalogue <= named
    rules = {rule for name in profiles.names() for rule in load(name).rules}
    assert named - catalogue <= rules  # the code also names rules of profiles


@pytest.mark.parametrize("rule", sorted(_catalogue()))
@pytest.mark.parametrize("name", profiles.names())
def test_every_entry_makes_a_finding(rule: str, name: str) -> None:
    finding = make_finding(Problem(rule, DETAILS), Place("名册", 7, "C", "证件号码"), load(name), "x")
    assert finding.severity in ("error", "warning")
    assert finding.source
    assert re.search(r"[\u4e00-\u9fff]", finding.zh)
    assert "{" not in finding.zh + finding.en + finding.source
    assert (finding.sheet, finding.row, finding.column) == ("名册", 7, "C")
    assert set(_catalogue()[rule]) - {"rule"} == {"severity", "source", "zh", "en"}


def test_a_rule_that_the_notice_lacks_is_the_ledgers_own() -> None:
    finding = make_finding(Problem("form.notes"), Place("名册"), None)
    assert (finding.severity, finding.source) == ("warning", "账本约定")


def test_the_class_of_a_value_is_not_the_value() -> None:
    values = [None, "", "证件", 17, 1.5, date(2024, 3, 1), time(10), timedelta(1), COMPUTED]
    assert [value_class(value) for value in values] == [
        *("", "empty", "text of 2", "number", "number", "date", "time", "time", "formula")
    ]
