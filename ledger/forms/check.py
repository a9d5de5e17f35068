"""What a roster must agree with: the profile, and what the registrar filed for the organisation.

Whether a person or number is in the ledger already is not known here; the application asks that.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from ledger.core import code as core
from ledger.core.code import check_known, explain_code, match_profiles, parse_code
from ledger.core.profile import ERROR, Profile
from ledger.forms.documents import person_key
from ledger.forms.findings import Finding, Problem, make_finding
from ledger.forms.roster import Roster, RosterRow

__all__ = ["Filing", "ScopeItem", "check_rows", "complete_rows", "find_scope"]


class ScopeItem(NamedTuple):
    """An occupation of a filed scope: its code in the catalogue, name, job ("" if none) and the codes of its levels."""

    code: str
    name: str
    job: str
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Filing:
    """What the registrar filed: organisation code, name, scope, and the days (YYYY-MM-DD) between which it is valid."""

    org: str
    name: str
    scope: tuple[ScopeItem, ...]
    valid_from: str
    valid_to: str


def find_scope(scope: Sequence[ScopeItem], name: str, job: str, level: str) -> ScopeItem | None:
    """Return the item of `scope` for this occupation, job and level, or None."""
    for item in scope:
        if item.name == name and item.job == job and level in item.levels:
            return item
    return None


def complete_rows(roster: Roster, profile: Profile, filing: Filing) -> Roster:
    """Return `roster` with the occupation that its form names in one field (工种：数控车工) as the filing has it.

    A name that fits several filed occupations is a finding; one that fits none is left for `check_rows`. A form with a
    column 职业名称 comes back as it is.
    """
    if "occupation_name" in roster.columns or not roster.columns:
        return roster
    if all(row.occupation_name and row.job for row in roster.rows):
        return roster
    rows, findings = [], list(roster.findings)
    unclear: dict[str, int] = {}
    for row in roster.rows:
        named = row.occupation_name or row.job
        items = [item for item in filing.scope if row.level in item.levels and _fold(named) in _spellings(item)]
        found = items[0] if len(items) == 1 else ScopeItem("", named, "", ())
        rows.append(row._replace(occupation_name=found.name, job=found.job))
        if len(items) > 1 and unclear.setdefault(named, row.row_number) == row.row_number:
            details = {"found": named, "wanted": "、".join(map(_named, items))}
            findings.append(make_finding(Problem("scope.unclear", details), roster.place(row.row_number), profile))
    return replace(roster, rows=rows, findings=findings)


def _spellings(item: ScopeItem) -> set[str]:
    """Return how a form calls an occupation in one field: by its job, or by its name if it has none, or by both."""
    if not item.job:
        return {_fold(item.name)}
    return {_fold(text) for text in (item.job, f"{item.name}/{item.job}", f"{item.name}({item.job})")}


def _fold(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def _named(item: ScopeItem) -> str:
    return f"{item.name}/{item.job}" if item.job else item.name


def check_rows(roster: Roster, profile: Profile, filing: Filing, today: date) -> list[Finding]:
    """Return what is wrong with the rows of `roster`, in row order. `today` is the date in China.

    Values that could not be read (blank) have their finding in the roster already and are passed over here.
    """
    findings: list[Finding] = []
    checker = _Checker(profile, filing, today.isoformat())
    known: dict[tuple[str, ...], list[tuple[str, Problem]]] = {}
    persons: dict[tuple[str, ...], int] = {}
    codes: dict[str, int] = {}
    for row in roster.rows:
        shared = (*row[5:8], *row[9:14])  # occupation, job, level; issued, evaluator, issuer, org, occupation code
        problems = known.get(shared)
        if problems is None:
            problems = known[shared] = checker.shared_problems(row)
        if row.doc_type and row.doc_no:
            person = (person_key(row.doc_type, row.doc_no), row.occupation_name, row.job, row.level)
            first = persons.setdefault(person, row.row_number)
            if first != row.row_number:
                problems = [*problems, ("doc_no", Problem("person.twice", {"other": str(first)}))]
        if row.code:
            problems = [*problems, *checker.code_problems(row)]
            first = codes.setdefault(row.code, row.row_number)
            if first != row.row_number:
                problems.append(("code", Problem("code.twice", {"other": str(first)})))
        for field, problem in problems:
            place, value = roster.place(row.row_number, field), getattr(row, field)
            findings.append(make_finding(problem, place, profile, value))
    return findings


class _Checker:
    """The checks of one row against one filing."""

    def __init__(self, profile: Profile, filing: Filing, today: str) -> None:
        self.profile, self.filing, self.today = profile, filing, today
        self.known_parts: dict[tuple[str, ...], list[tuple[str, Problem]]] = {}

    def shared_problems(self, row: RosterRow) -> list[tuple[str, Problem]]:
        """Return (field, problem) of what rows of one occupation, level, date and organisation have in common."""
        problems = self.scope_problems(row)
        filing = self.filing
        if row.issued > self.today:
            problems.append(("issued", Problem("issued.future", {"today": self.today})))
        if row.issued and not filing.valid_from <= row.issued <= filing.valid_to:
            wanted = f"{filing.valid_from} – {filing.valid_to}"
            problems.append(("issued", Problem("issued.outside_filing", {"wanted": wanted})))
        if row.evaluator and row.evaluator != filing.name:
            problems.append(("evaluator", Problem("evaluator.name", {"wanted": filing.name})))
        if row.issuer_name and row.evaluator and row.issuer_name != row.evaluator:
            problems.append(("issuer_name", Problem("issuer.same")))
        if row.org and row.org != filing.org:
            problems.append(("org", Problem("evaluator.code", {"wanted": filing.org})))
        return problems

    def scope_problems(self, row: RosterRow) -> list[tuple[str, Problem]]:
        """Return whether occupation and job are filed, and at this level."""
        if not row.occupation_name:
            return []
        items = [item for item in self.filing.scope if (item.name, item.job) == (row.occupation_name, row.job)]
        if not items:
            wanted = "、".join(map(_named, self.filing.scope))
            return [("occupation_name", Problem("scope.occupation", {"wanted": wanted}))]
        levels = sorted({level for item in items for level in item.levels})
        if row.level and row.level not in levels:
            return [("level", Problem("scope.level", {"wanted": "、".join(levels)}))]
        codes = sorted({item.code for item in items})
        if row.occupation_code and row.occupation_code not in codes:
            return [("occupation_code", Problem("occupation.differs", {"wanted": "、".join(codes)}))]
        return []

    def code_problems(self, row: RosterRow) -> list[tuple[str, Problem]]:
        """Return what is wrong with a number that is filled in: structure, organisation, year, level."""
        if not match_profiles(row.code, [self.profile]):
            first = next(f for f in explain_code(row.code, self.profile) if f.severity == ERROR)
            return [("code", Problem("code.form", self.explained(first)))]
        if self.profile.opaque:
            return self.part_problems(row) + self.known_problems(row)
        # Numbers that differ in their serials only have the same parts.
        start, end = self.profile.places["serial"]
        parts = (row.code[:start], row.code[end:], row.issued, row.level)
        problems = self.known_parts.get(parts)
        if problems is None:
            problems = self.known_parts[parts] = self.part_problems(row)
        return problems

    def part_problems(self, row: RosterRow) -> list[tuple[str, Problem]]:
        """Return where the parts of a well-formed number are not those of the organisation and of the row."""
        parts = parse_code(row.code, self.profile)
        problems = []
        if parts.org != self.filing.org:
            problems.append(("code", Problem("code.org", {"wanted": self.filing.org})))
        if self.profile.opaque:
            return problems
        if row.issued and parts.year != int(row.issued[:4]):
            problems.append(("code", Problem("code.year")))
        if row.level and parts.level != row.level:
            problems.append(("code", Problem("code.level")))
        return problems

    def known_problems(self, row: RosterRow) -> list[tuple[str, Problem]]:
        """Return where a number whose structure the notice does not give shows another year or level than its row."""
        if not row.issued or not row.level:
            return []
        known = check_known(row.code, int(row.issued[:4]), row.level, self.profile)
        return [("code", Problem("code.known", self.explained(finding))) for finding in known]

    def explained(self, found: core.Finding) -> dict[str, str]:
        """Return what a finding about a number fills into a template."""
        source = self.profile.rules[found.rule].source
        return {"position": str(found.position), "found": found.zh, "found_en": found.en, "source": source}
