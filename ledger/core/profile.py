"""Profiles: the rules of one jurisdiction, as data.

A profile is one TOML text, named `<cc>-<scheme>-<year>-<n>` and never edited once used;
ledger/profiles/README.md is its schema. `load_profile` refuses unknown keys, wrong types and contradictions,
and names the place:

    >>> load_profile('nmae = "cn-x-2020-1"')
    Traceback (most recent call last):
    ...
    ledger.core.errors.FormatError: profile: top: unknown key 'nmae'

A loaded profile is immutable. What it says of certificate numbers is read by numbering.py and applied by code.py.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from ledger.core.errors import FormatError
from ledger.core.numbering import Level, Segment, pattern_of, read_levels, read_segments
from ledger.core.table import Table

__all__ = [
    "ERROR",
    "WARNING",
    "Column",
    "DocumentType",
    "Form",
    "Level",
    "Minimum",
    "Period",
    "Profile",
    "Rule",
    "Segment",
    "Severity",
    "load_profile",
]

Severity: TypeAlias = Literal["error", "warning"]
Scope: TypeAlias = Literal["org-year-level", "org-year", "org"]
Unit: TypeAlias = Literal["calendar", "working"]
Base: TypeAlias = Literal["occupation", "occupation-level"]
ERROR: Severity = "error"
WARNING: Severity = "warning"
SCHEMA = 1
_NAME = re.compile(r"[a-z]{2}-[a-z]+-[0-9]{4}-[1-9][0-9]*")
_SCOPES: dict[tuple[str, ...], Scope] = {
    ("org", "year", "level"): "org-year-level",
    ("org", "year"): "org-year",
    ("org",): "org",
}
_UNITS: tuple[Unit, ...] = ("calendar", "working")
_BASES: tuple[Base, ...] = ("occupation", "occupation-level")


@dataclass(frozen=True, slots=True)
class DocumentType:
    """A document type of the roster form: three digits and its names."""

    code: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a form: the field it carries, its header, and whether every row must fill it in."""

    field: str
    header: str
    required: bool


@dataclass(frozen=True, slots=True)
class Form:
    """A form: its title and its columns in the order in which they are printed."""

    id: str
    title: str
    source: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """A term of the workflow: an amount of "calendar" or "working" days, and the rule that sets it."""

    id: str
    amount: int
    unit: Unit
    rule: str


@dataclass(frozen=True, slots=True)
class Minimum:
    """A staffing minimum: how many of whom, for each what, and the rule that sets it."""

    id: str
    amount: int
    per: Base
    rule: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as its notice binds: severity, where it is written, requirement ids of the design, and the text."""

    id: str
    severity: Severity
    source: str
    requirement: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One jurisdiction's rules. `pattern` matches exactly the numbers in which no segment breaks a binding rule."""

    name: str
    zh: str
    en: str
    notice: str
    code_length: int
    org_length: int
    century: int
    segments: tuple[Segment, ...]
    serial_scope: Scope
    levels: tuple[Level, ...]
    document_types: tuple[DocumentType, ...]
    mask: str
    periods: tuple[Period, ...]
    staffing: tuple[Minimum, ...]
    forms: tuple[Form, ...]
    rules: Mapping[str, Rule]
    max_validity_years: int | None
    pattern: re.Pattern[str]
    own_order: tuple[str, ...]  # the ids of the segments after the organisation code

    @property
    def title(self) -> tuple[str, str]:
        """The title in Chinese and in English."""
        return self.zh, self.en

    def level(self, code: str) -> Level | None:
        """The level whose character is `code`, or None."""
        return next((level for level in self.levels if level.code == code), None)

    def form(self, form_id: str) -> Form:
        """The form `form_id`. Raises KeyError if the profile has none of that name."""
        for form in self.forms:
            if form.id == form_id:
                return form
        raise KeyError(form_id)


def load_profile(toml_text: str) -> Profile:
    """Return the profile that `toml_text` describes. Raises FormatError naming the key or table that is wrong."""
    try:
        top = Table(tomllib.loads(toml_text), "top")
    except tomllib.TOMLDecodeError as error:
        raise FormatError("profile", f"not TOML: {error}") from error
    unknown = sorted(set(top.values) - _TOP)
    if unknown:
        raise top.error(f"unknown key {unknown[0]!r}")
    if top.number("schema") != SCHEMA:
        raise top.error(f"schema is not {SCHEMA}")
    rules = _rules(top.table("rules"))
    levels = read_levels(top.tables("levels"))
    code = top.table("code")
    length, org_length, century = code.number("length"), code.number("org_length"), code.number("century")
    segments = read_segments(code, levels, rules, length, org_length)
    scope = _SCOPES.get(code.texts("serial_scope"))
    if scope is None:
        raise code.error(f"serial_scope is not one of {', '.join(map(str, map(list, _SCOPES)))}")
    code.text("serial_reason")  # for the reader of the file; without a reason the file is not accepted
    code.close()
    filing = top.table("filing")
    max_years = filing.number("max_validity_years", 0)
    filing.close()
    name = top.text("name")
    if not _NAME.fullmatch(name):
        raise top.error("name is not of the form cc-scheme-year-n")
    profile = Profile(
        name,
        top.text("zh"),
        top.text("en"),
        top.text("notice"),
        length,
        org_length,
        century,
        segments,
        scope,
        levels,
        _document_types(top.tables("document_types")),
        top.choice("mask", ("status", "masked", "sealed")),
        _periods(top.tables("periods"), rules),
        _staffing(top.tables("staffing"), rules),
        _forms(top.tables("forms")),
        MappingProxyType(rules),
        max_years or None,
        pattern_of(segments, [s.id for s in segments if rules[s.rule].severity == ERROR], org_length),
        tuple(s.id for s in segments if s.first > org_length),
    )
    top.close()
    return profile


_TOP = {
    "schema",
    "name",
    "zh",
    "en",
    "notice",
    "mask",
    "code",
    "filing",
    "levels",
    "document_types",
    "periods",
    "staffing",
    "forms",
    "rules",
}


def _rules(table: Table) -> dict[str, Rule]:
    rules = {}
    for rule_id in list(table.values):
        entry = table.table(rule_id)
        severity = entry.choice("severity", (ERROR, WARNING))
        rules[rule_id] = Rule(
            rule_id, severity, entry.text("source"), entry.text("requirement", ""), entry.text("zh"), entry.text("en")
        )
        entry.close()
    return rules


def _document_types(tables: list[Table]) -> tuple[DocumentType, ...]:
    types: list[DocumentType] = []
    for table in tables:
        kind = DocumentType(table.text("code"), table.text("zh"), table.text("en"))
        table.close()
        if any(kind.code == other.code for other in types):
            raise table.error("the code stands twice")
        types.append(kind)
    return tuple(types)


def _periods(tables: list[Table], rules: Mapping[str, Rule]) -> tuple[Period, ...]:
    periods = []
    for table in tables:
        unit = table.choice("unit", _UNITS)
        periods.append(Period(table.text("id"), table.number("amount"), unit, _known(table, rules)))
        table.close()
    return tuple(periods)


def _staffing(tables: list[Table], rules: Mapping[str, Rule]) -> tuple[Minimum, ...]:
    staffing = []
    for table in tables:
        per = table.choice("per", _BASES)
        staffing.append(Minimum(table.text("id"), table.number("amount"), per, _known(table, rules)))
        table.close()
    return tuple(staffing)


def _known(table: Table, rules: Mapping[str, Rule]) -> str:
    rule = table.text("rule")
    if rule not in rules:
        raise table.error(f"there is no rule {rule!r}")
    return rule


def _forms(tables: list[Table]) -> tuple[Form, ...]:
    forms = []
    for table in tables:
        form_id, title, source = table.text("id"), table.text("title"), table.text("source")
        columns = []
        for column in table.tables("columns"):
            columns.append(Column(column.text("field"), column.text("header"), column.flag("required", default=True)))
            column.close()
        table.close()
        if len({column.field for column in columns}) != len(columns):
            raise table.error("a field stands twice")
        forms.append(Form(form_id, title, source, tuple(columns)))
    return tuple(forms)
