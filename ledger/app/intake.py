"""Intake: a roster read under the profile of its organisation, and held to what was filed and who holds what.

The same at the authority, where the register knows the ledger, and on an organisation's own machine, where the public
folder does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ledger.app.holders import holder_tag, occupation_key
from ledger.app.home import HomeError
from ledger.core.canonical import Value
from ledger.core.encoding import local_date
from ledger.core.errors import LedgerError, RuleError
from ledger.core.profile import Profile
from ledger.core.registry import Filing, Organisation, Registry
from ledger.crypto.rowseal import roster_tag
from ledger.forms import check
from ledger.forms.annotate import write_annotated
from ledger.forms.findings import Finding, Problem, make_finding
from ledger.forms.roster import Roster, RosterRow, normal_form, read_roster

__all__ = ["Intake", "RosterRefused", "check_intake", "find_holders", "occupation_of", "person_tags", "take_in"]


class RosterRefused(LedgerError):  # noqa: N818 - the roster was refused; the program has no error
    """Nothing was changed; `findings` say why, `annotated` is the copy of the workbook that shows it."""

    def __init__(self, findings: Sequence[Finding], annotated: Path | None) -> None:
        """Carry the findings, errors and warnings, in the order of the sheet."""
        super().__init__(f"{sum(f.severity == 'error' for f in findings)} errors")
        self.findings = list(findings)
        self.annotated = annotated


@dataclass(frozen=True, slots=True)
class Intake:
    """A roster with its organisation, the filing in force and the profile.

    `digest` identifies what it says, to whoever has the register's tag key: it is public, and names nobody.
    """

    path: Path
    owner: Organisation
    filing: Filing
    profile: Profile
    roster: Roster
    digest: bytes

    def refuse(self, findings: list[Finding]) -> RosterRefused:
        """Return the refusal for these findings, with the annotated copy written."""
        findings.sort(key=lambda finding: (finding.row, finding.column))
        return RosterRefused(findings, write_annotated(self.path, self.roster, findings))


def take_in(
    path: Path,
    registry: Registry,
    profiles: Mapping[str, Profile],
    *,
    seq: int,
    org: str | None,
    now: int,
    key: bytes,
    issued: str = "",
) -> Intake:
    """Read the roster under the profile of its organisation, which `org` or the filed name in its rows tells.

    `key` is the register's tag key, `seq` is where the ledger ends; `issued` is the date of issue for a form without
    such a column. Raises RosterRefused for a sheet that cannot be read at all, HomeError or RuleError where no
    organisation fits.
    """
    living = {
        code: filing
        for code, owner in registry.organisations.items()
        if not owner.ended_at(seq) and (filing := owner.filing_at(seq)) is not None
    }
    if org is not None and org not in living:
        raise RuleError("org_unknown", f"{org} is not filed in this ledger, or has ended")
    if not living:
        raise HomeError("no organisation is filed in this ledger; file one with `ledger org file`")
    candidates = {org: living[org]} if org is not None else living
    read: list[Roster] = []
    for name in dict.fromkeys(_profile(filing) for filing in candidates.values()):
        under = {code: filing for code, filing in candidates.items() if _profile(filing) == name}
        titles = _titles(under.values())
        roster = read_roster(path, profiles[name], local_date(now), issued=issued, titles=titles)
        read.append(roster)
        code = org or _named(roster, under)
        if code is not None:
            filing = under[code]
            if _titles([filing]) != titles:  # another organisation's title is none of its own
                own = _titles([filing])
                roster = read_roster(path, profiles[name], local_date(now), issued=issued, titles=own)
            roster = check.complete_rows(roster, profiles[name], _filed(filing))
            digest = roster_tag(key, normal_form(roster.rows))
            return Intake(path, registry.organisations[code], filing, profiles[name], roster, digest)
    if read[0].ok:
        names = {row.evaluator for row in read[0].rows}
        raise RuleError(
            "org_unknown", f"no filed organisation is called {' / '.join(sorted(names))}; name it with --org"
        )
    raise RosterRefused(read[0].findings, write_annotated(path, read[0], read[0].findings))


def _named(roster: Roster, filings: Mapping[str, Filing]) -> str | None:
    names = {row.evaluator for row in roster.rows}
    return next((code for code, filing in filings.items() if filing.name in names), None)


def _titles(filings: Iterable[Filing]) -> dict[str, str]:
    rows = [cast("Mapping[str, str]", row) for filing in filings for row in filing.titles]
    return {row["name"]: row["level"] for row in rows}


def _profile(filing: Filing) -> str:
    return cast("str", filing.body["profile"])


def check_intake(intake: Intake, now: int) -> list[Finding]:
    """Return what is wrong with the rows by the profile and the filing."""
    return check.check_rows(intake.roster, intake.profile, _filed(intake.filing), local_date(now))


def _filed(filing: Filing) -> check.Filing:
    body = cast("Mapping[str, str]", filing.body)
    return check.Filing(body["org"], body["name"], _scope(filing), body["valid_from"], body["valid_to"])


def _scope(filing: Filing) -> tuple[check.ScopeItem, ...]:
    items = []
    for row in cast("list[Mapping[str, Value]]", filing.body["scope"]):
        occupation = cast("Mapping[str, str]", row["occupation"])
        levels = tuple(cast("list[str]", row["levels"]))
        items.append(check.ScopeItem(occupation["code"], occupation["name"], occupation.get("job", ""), levels))
    return tuple(items)


def occupation_of(filing: Filing, row: RosterRow) -> dict[str, Value]:
    """Return the occupation of a row as filed: its code stands in the filing, the form may only have the name."""
    item = check.find_scope(_scope(filing), row.occupation_name, row.job, row.level)
    # Out of scope: check_rows has a finding for it, and nothing is issued.
    occupation: dict[str, Value] = {"code": item.code if item else "", "name": row.occupation_name}
    if row.job:  # an occupation without a job has no such member; "——" is what is printed (渝人社发〔2020〕83号 附件5)
        occupation["job"] = row.job
    return occupation


def person_tags(rows: Sequence[RosterRow], filing: Filing, key: bytes) -> list[bytes]:
    """Return the tag of each row's person, occupation and level under the tag key."""
    names: dict[tuple[str, str, str], str] = {}
    tags = []
    for row in rows:
        key_of = (row.occupation_name, row.job, row.level)
        occupation = names.get(key_of)
        if occupation is None:
            occupation = names[key_of] = occupation_key(occupation_of(filing, row))
        tags.append(holder_tag(key, row.doc_type, row.doc_no, occupation, row.level))
    return tags


def find_holders(
    intake: Intake, tags: Sequence[bytes], standing: Callable[[Sequence[bytes]], Mapping[bytes, str]]
) -> Iterator[Finding]:
    """Find rows whose person holds the same occupation and level already: `standing` gives tag -> number."""
    present = standing(tags)
    for row, tag in zip(intake.roster.rows, tags, strict=True):
        code = present.get(tag)
        if code is not None:
            problem = Problem("person.in_ledger", {"code": code})
            yield make_finding(problem, intake.roster.place(row.row_number, "doc_no"), intake.profile, row.doc_no)
