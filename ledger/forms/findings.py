"""Findings: what is wrong with a roster, where, by which rule, in both languages.

The texts are ledger/locales/findings.toml, one template for each rule id. A finding names the place and the
class of the value ("number", "text of 17"), never the value: findings are printed, logged and mailed.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import NamedTuple, cast

from ledger.core.errors import LedgerError
from ledger.core.profile import ERROR, Profile, Severity

__all__ = ["COMPUTED", "Computed", "FileError", "Finding", "Place", "Problem", "has_errors", "make_finding"]


class Computed(Enum):
    """The value of a formula or error cell, which nobody reads."""

    CELL = "formula"


COMPUTED = Computed.CELL


class Problem(NamedTuple):
    """A broken rule, before it has a place: its id in the catalogue, and what its template needs."""

    rule: str
    details: Mapping[str, str] = {}


class Place(NamedTuple):
    """Where: sheet, row (1-based, 0 for the whole sheet), column letters and header ("" for the whole row)."""

    sheet: str
    row: int = 0
    column: str = ""
    header: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a roster. `rule` is the id in the catalogue; `source` says where the rule is written."""

    sheet: str
    row: int
    column: str
    header: str
    severity: Severity
    rule: str
    value_class: str
    source: str
    zh: str
    en: str


class FileError(LedgerError):
    """The file cannot be read as a table at all, for the reason in `problem`."""

    def __init__(self, rule: str, **details: str) -> None:
        super().__init__(rule)
        self.problem = Problem(rule, details)


def make_finding(problem: Problem, place: Place, profile: Profile | None, value: object = None) -> Finding:
    """Return the finding that `problem` is at `place`. Of `value` only the class is kept.

    Without a profile, or where the profile's notice does not have the rule, the catalogue's own severity and source
    stand.
    """
    entry = _catalogue()[problem.rule]
    details = {"header": place.header, "row": str(place.row), **problem.details}
    rule = profile.rules.get(entry.get("rule", "")) if profile else None
    if rule:
        severity, source = rule.severity, rule.source
    else:
        severity, source = cast("Severity", entry["severity"]), entry["source"].format_map(details)
    zh, en = entry["zh"].format_map(details), entry["en"].format_map(details)
    return Finding(*place, severity, problem.rule, value_class(value), source, zh, en)


def has_errors(findings: list[Finding]) -> bool:
    """Whether any finding is an error."""
    return any(finding.severity == ERROR for finding in findings)


def value_class(value: object) -> str:
    """Return what kind of value a cell holds: "empty", "text of 18", "number", "date", ..."""
    if value is None:
        return ""
    if isinstance(value, Computed):
        return value.value
    if isinstance(value, str):
        return f"text of {len(value)}" if value else "empty"
    kinds = {"float": "number", "int": "number", "datetime": "date", "timedelta": "time"}
    return kinds.get(type(value).__name__, type(value).__name__)


@cache
def _catalogue() -> dict[str, dict[str, str]]:
    text = files("ledger").joinpath("locales", "findings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
