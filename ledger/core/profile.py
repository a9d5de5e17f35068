"""Profiles: the rules of one jurisdiction, as data.

A profile is one TOML text, named `<cc>-<scheme>-<year>-<n>` and never edited once used;
ledger/profiles/README.md is its schema. `load_profile` refuses unknown keys, wrong types and contradictions,
and names the place:

    >>> load_profile('nmae = "cn-x-2020-1"')
    Traceback (most recent call last):
    ...
    ledger.core.errors.FormatError: profile: top: unknown key 'nmae'

A loaded profile is immutable. What it says of certificate numbers is read by numbering.py and applied by code.py; what
it asks beyond the number is read by duties.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from ledger.core.duties import (
    Ask,
    Bank,
    Binding,
    Counting,
    Evidence,
    Kind,
    Least,
    Minimum,
    Period,
    Retention,
    Supervision,
    Word,
    read_asks,
    read_bank,
    read_binding,
    read_counting,
    read_evidence,
    read_kinds,
    read_least,
    read_periods,
    read_retention,
    read_staffing,
    read_supervision,
    read_words,
)
from ledger.core.errors import FormatError
from ledger.core.layout import Layout, read_layout
from ledger.core.numbering import Known, Level, Segment, pattern_of, read_known, read_levels, read_segments
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
    "read_profile",
]

Severity: TypeAlias = Literal["error", "warning"]
Scope: TypeAlias = Literal["org-year-level", "org-year", "org"]
ERROR: Severity = "error"
WARNING: Severity = "warning"
SCHEMA = 1
_NAME = re.compile(r"[a-z]{2}-[a-z]+-[0-9]{4}-[1-9][0-9]*")
_SCOPES: dict[tuple[str, ...], Scope] = {
    ("org", "year", "level"): "org-year-level",
    ("org", "year"): "org-year",
    ("org",): "org",
}


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
    """One jurisdiction's rules. `pattern` matches exactly the numbers in which no segment breaks a binding rule.

    `opaque`: the notice does not publish the structure; numbers come from the authority, and `century` is 0,
    `serial_scope` None. A binding or table that the notice does not have is None or empty.
    """

    name: str
    zh: str
    en: str
    notice: str
    code_length: int
    org_length: int
    opaque: bool
    century: int
    segments: tuple[Segment, ...]
    known: tuple[Known, ...]
    serial_scope: Scope | None
    levels: tuple[Level, ...]
    document_types: tuple[DocumentType, ...]
    mask: str
    evidence: tuple[Evidence, ...]  # in the notice's order; what follows the issue last
    periods: tuple[Period, ...]
    counting: Counting
    staffing: tuple[Minimum, ...]
    bank: Bank | None
    supervision: tuple[Supervision, ...]
    retention: tuple[Retention, ...]
    candidates: tuple[Word, ...]  # who may be evaluated
    bases: tuple[Word, ...]  # on what basis somebody applies
    methods: tuple[Word, ...]  # of evaluation
    standards: tuple[Word, ...]  # kinds of standards an occupation may be evaluated by
    insured_months: Least | None  # of pension insurance that a candidate has paid with the enterprise
    forms: tuple[Form, ...]
    layout: Layout | None  # of the printed certificate
    rules: Mapping[str, Rule]
    max_validity_years: int | None
    sequential: Binding | None  # whether the filing authority gives organisation serials in sequence
    kinds: tuple[Kind, ...]  # of organisations; empty where the notice does not tell them apart
    asks: tuple[Ask, ...]  # what a filing states
    ranges: Binding | None  # whether each number must lie in a range assigned by the registrar
    titles: Binding | None  # whether an organisation may have levels of its own, each mapped to one of `levels`
    entrusting: Binding | None  # whether an organisation may take on the evaluation of others' candidates
    pattern: re.Pattern[str]
    places: Mapping[str, tuple[int, int]]  # segment id -> where its slice of a number begins and ends
    own_order: tuple[str, ...]  # the ids of the segments after the organisation code

    @property
    def title(self) -> tuple[str, str]:
        """The title in Chinese and in English."""
        return self.zh, self.en

    def level(self, code: str) -> Level | None:
        """The level whose character is `code`, or None."""
        return next((level for level in self.levels if level.code == code), None)

    def document_type(self, code: str) -> DocumentType | None:
        """The document type with the code `code`, or None."""
        return next((kind for kind in self.document_types if kind.code == code), None)

    def form(self, form_id: str) -> Form:
        """The form `form_id`. Raises KeyError if the profile has none of that name."""
        for form in self.forms:
            if form.id == form_id:
                return form
        raise KeyError(form_id)


def load_profile(toml_text: str) -> Profile:
    """Return the profile that `toml_text` describes. Raises FormatError naming the key or table that is wrong."""
    import tomllib  # noqa: PLC0415 - the browser reads profiles as JSON, and its start does not wait for this

    try:
        values = tomllib.loads(toml_text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError("profile", f"not TOML: {error}") from error
    return read_profile(values)


def read_profile(values: Mapping[str, object]) -> Profile:
    """Return the profile that the tables and keys of its TOML, already parsed, describe. Raises as `load_profile`."""
    top = Table(values, "top")
    unknown = sorted(set(top.values) - _TOP)
    if unknown:
        raise top.error(f"unknown key {unknown[0]!r}")
    if top.number("schema") != SCHEMA:
        raise top.error(f"schema is not {SCHEMA}")
    rules = _rules(top.table("rules"))
    levels = read_levels(top.tables("levels"))
    code = top.table("code")
    length, org_length = code.number("length"), code.number("org_length")
    opaque = code.flag("opaque", default=False)
    segments = read_segments(code, levels, rules, length, org_length, opaque=opaque)
    known: tuple[Known, ...] = ()
    century, scope = 0, None
    if opaque:
        code.text("opaque_reason")  # for the reader of the file; without a reason the file is not accepted
        warnings = [rule.id for rule in rules.values() if rule.severity == WARNING]
        known = read_known(code, warnings, length, org_length)
    else:
        century = code.number("century")
        scope = _SCOPES.get(code.texts("serial_scope"))
        if scope is None:
            raise code.error(f"serial_scope is not one of {', '.join(map(str, map(list, _SCOPES)))}")
        code.text("serial_reason")
    code.close()
    filing = top.table("filing")
    max_years = filing.number("max_validity_years", 0)
    sequential = read_binding(filing.maybe_table("sequence"), "required", rules)
    own_levels = [level.code for level in levels]
    kinds = read_kinds(filing.tables("kinds", ()), own_levels, rules)
    asks = read_asks(filing.tables("asks", ()), [kind.id for kind in kinds], own_levels, rules)
    filing.close()
    name = top.text("name")
    if not _NAME.fullmatch(name):
        raise top.error("name is not of the form cc-scheme-year-n")
    supervision = read_supervision(top.tables("supervision", ()), rules)
    profile = Profile(
        name,
        top.text("zh"),
        top.text("en"),
        top.text("notice"),
        length,
        org_length,
        opaque,
        century,
        segments,
        known,
        scope,
        levels,
        _document_types(top.tables("document_types")),
        top.choice("mask", ("status", "masked", "sealed")),
        read_evidence(top.tables("evidence"), [form.id for form in supervision], rules),
        read_periods(top.tables("periods", ()), rules),
        read_counting(top.table("counting"), rules),
        read_staffing(top.tables("staffing", ()), rules),
        read_bank(top.maybe_table("bank"), rules),
        supervision,
        read_retention(top.tables("retention"), rules),
        read_words(top.tables("candidates"), rules),
        read_words(top.tables("bases"), rules),
        read_words(top.tables("methods", ()), rules),
        read_words(top.tables("standards", ()), rules),
        read_least(top.maybe_table("insurance"), "months", rules),
        _forms(top.tables("forms")),
        read_layout(top.maybe_table("certificate"), rules),
        MappingProxyType(rules),
        max_years or None,
        sequential,
        kinds,
        asks,
        read_binding(top.maybe_table("ranges"), "required", rules),
        read_binding(top.maybe_table("titles"), "allowed", rules),
        read_binding(top.maybe_table("entrusting"), "allowed", rules),
        pattern_of(segments, [s.id for s in segments if rules[s.rule].severity == ERROR], org_length),
        MappingProxyType({s.id: (s.first - 1, s.last) for s in segments}),
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
    "evidence",
    "periods",
    "counting",
    "staffing",
    "bank",
    "supervision",
    "retention",
    "candidates",
    "bases",
    "methods",
    "standards",
    "insurance",
    "ranges",
    "titles",
    "entrusting",
    "forms",
    "rules",
    "certificate",
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
