"""Forms from the ledger: what a notice asks an organisation to hand in, filled in from the register and the entries.

    certificates roster-shandong register-zhejiang   the persons of one batch; needs the keys that unseal them
    summary                                          counts by job and level, of a batch or of a period
    confirmation                                     the head and count of a batch
    receipt                                          the organisation as filed; with the keys, its legal representative
    scores supervision-internal supervision-external nothing: the ledger does not know it yet

What the register does not hold comes from a TOML of values (forms/filling.py), which also overrides what it does.
A revoked certificate is in none of these forms, and an erased holder in none that names persons.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from ledger.app.filing import read_registry
from ledger.app.holders import open_holder
from ledger.app.home import HomeError
from ledger.app.opening import DATA_KEY
from ledger.app.organisations import legal_representative
from ledger.core.encoding import local_date
from ledger.core.entry import parse_entry
from ledger.core.errors import LedgerError, RuleError
from ledger.core.profile import Profile
from ledger.core.record import Body
from ledger.core.registry import Filing
from ledger.core.subject import subject_hash
from ledger.crypto.keyring import Keyring
from ledger.crypto.rowseal import RowSealer
from ledger.forms.filled import roster_values
from ledger.forms.filling import FormValues, check_values, complete_values
from ledger.forms.findings import Finding
from ledger.forms.layouts import Layout
from ledger.forms.pages import write_form
from ledger.forms.roster import RosterRow
from ledger.store import Batch, CertificateRow, Store

__all__ = [
    "OF_A_BATCH",
    "OF_PERSONS",
    "Exported",
    "FormRefused",
    "Wanted",
    "export_form",
    "find_batch",
    "names_somebody",
    "rows_of_batch",
]

OF_PERSONS = ("certificates", "roster-shandong", "register-zhejiang")
OF_A_BATCH = (*OF_PERSONS, "confirmation")
LAST = "last"  # no hexadecimal number
_LEVELS = ("5", "4", "3", "2", "1")  # the columns of 附件5
_REVOKED = "revoked"
_ISSUES = ("batch", "roster")  # kinds of batches that issue certificates


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to export: of a batch, of an organisation, of the days `first`..`last` (YYYY-MM-DD, "" for no end)."""

    batch: Batch | None = None
    org: str = ""
    first: str = ""
    last: str = ""
    values: FormValues = field(default_factory=FormValues)


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: how many rows, how many certificates were left out, and what is still to be filled in."""

    rows: int
    left_out: int
    blank: list[str]


class FormRefused(LedgerError):  # noqa: N818 - the form was refused; the program has no error
    """The values contradict each other; nothing was written."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} errors")
        self.findings = list(findings)


def find_batch(store: Store, prefix: str) -> Batch:
    """Return the one batch whose digest (hexadecimal) begins with `prefix`, or the "last" one. Raises HomeError."""
    batches = [batch for batch in store.batches() if batch.kind in _ISSUES]
    found = batches[-1:] if prefix == LAST else [batch for batch in batches if batch.digest.hex().startswith(prefix)]
    if not found:
        raise HomeError(f"no batch begins with {prefix}")
    if len(found) > 1:
        raise HomeError(f"more than one batch begins with {prefix}")
    return found[0]


def export_form(
    path: Path, layout: Layout, wanted: Wanted, store: Store, profiles: Mapping[str, Profile], keyring: Keyring | None
) -> Exported:
    """Write the form to `path`, filled in. Raises HomeError, RuleError, OSError, or FormRefused.

    `keyring` is needed for the forms OF_PERSONS, `wanted.batch` for those OF_A_BATCH.
    """
    values, listed, left_out = _from_ledger(layout, wanted, store, profiles, keyring)
    given = wanted.values
    values = FormValues({**values.fields, **given.fields}, tuple(values.rows) or tuple(given.rows))
    values = complete_values(layout, values)
    findings = check_values(layout, values, listed=listed)
    wrong = [finding for finding in findings if finding.rule != "field.empty"]
    if wrong:
        raise FormRefused(wrong)
    write_form(path, layout, values)
    blank = dict.fromkeys(finding.header for finding in findings)
    return Exported(len(values.rows), left_out, list(blank))


def rows_of_batch(store: Store, keyring: Keyring, batch: Batch) -> tuple[list[RosterRow], int]:
    """Return the persons of a batch as they are certified now, and how many are left out: revoked, or erased."""
    sealer = RowSealer(keyring.data_key(DATA_KEY))
    rows: list[RosterRow] = []
    left_out = 0
    for certificate, body in _issued(store, batch):
        if certificate.state == _REVOKED or certificate.sealed is None:
            left_out += 1
            continue
        holder = open_holder(sealer, certificate.code, certificate.sealed)
        occupation = cast("Mapping[str, str]", body["occupation"])
        evaluator = cast("str", body["evaluator"])
        rows.append(
            RosterRow(
                row_number=len(rows) + 1,
                name=holder.name,
                doc_type=holder.doc_type,
                doc_no=holder.doc_no,
                employer=holder.employer,
                occupation_name=occupation["name"],
                job=occupation.get("job", ""),
                level=cast("str", body["level"]),
                code=certificate.code,
                issued=cast("str", body["issued"]),
                evaluator=evaluator,
                issuer_name=evaluator,
                org=batch.org,
                occupation_code=occupation["code"],
                title=cast("str", body.get("title", "")),
            )
        )
    return rows, left_out


def _from_ledger(
    layout: Layout, wanted: Wanted, store: Store, profiles: Mapping[str, Profile], keyring: Keyring | None
) -> tuple[FormValues, int | None, int]:
    """Return what the ledger knows of a form, the number of people on its list, and how many were left out."""
    batch = wanted.batch
    if layout.id in OF_A_BATCH and batch is None:
        raise HomeError(f"{layout.id} is made of one batch; name it with --batch")
    if layout.id in OF_PERSONS and batch is not None and keyring is not None:
        rows, left_out = rows_of_batch(store, keyring, batch)
        return roster_values(rows, layout, profiles[batch.profile]), len(rows), left_out
    if layout.id == "confirmation" and batch is not None:
        return _confirmation(store, batch, profiles[batch.profile])
    if layout.id == "summary":
        return _summary(store, wanted)
    if layout.id == "receipt":
        return _receipt(store, wanted.org, profiles, keyring), None, 0
    return FormValues(), None, 0


def _issued(store: Store, batch: Batch) -> Iterator[tuple[CertificateRow, Body]]:
    """Yield the certificates of a batch, each with the body that stands: the newest correction, or the issue."""
    for certificate in store.certificates(batch.first, batch.size):
        history = [parse_entry(raw).record for _, raw in store.entries_of_subject(subject_hash(certificate.code))]
        issues = [record.body for record in history if record.type in ("certificate.issue", "certificate.correct")]
        yield certificate, issues[-1]


def _summary(store: Store, wanted: Wanted) -> tuple[FormValues, int | None, int]:
    """Count those who passed, by job and level (附件5); with a level that the form has no column for: RuleError."""
    org = wanted.batch.org if wanted.batch else wanted.org
    batches = [wanted.batch] if wanted.batch else [b for b in store.batches() if b.org == org and b.kind in _ISSUES]
    counts: Counter[tuple[str, str]] = Counter()
    left_out = 0
    for batch in batches:
        for certificate, body in _issued(store, batch):
            if not wanted.first <= str(body["issued"]) <= (wanted.last or "9999"):
                continue
            if certificate.state == _REVOKED:
                left_out += 1
                continue
            level = str(body["level"])
            if level not in _LEVELS:
                raise RuleError("form_level", f"{certificate.code}: the form has no column for level {level}")
            counts[_job(body), level] += 1
    rows = [
        {"job": job, **{f"level_{level}": str(counts[job, level]) for level in _LEVELS if counts[job, level]}}
        for job in sorted({job for job, _ in counts})
    ]
    return FormValues({"unit": _filed(store, org)["name"]}, rows), sum(counts.values()), left_out


def _confirmation(store: Store, batch: Batch, profile: Profile) -> tuple[FormValues, int | None, int]:
    bodies = [body for certificate, body in _issued(store, batch) if certificate.state != _REVOKED]
    levels = {one.code: one.zh for one in profile.levels}
    occupations = [cast("Mapping[str, str]", body["occupation"]) for body in bodies]
    fields = {
        "org": {str(body["evaluator"]) for body in bodies},
        "occupation": {occupation["name"] for occupation in occupations},
        "job": {occupation.get("job", "——") for occupation in occupations},
        "level": {levels[str(body["level"])] for body in bodies},
        "count": {str(len(bodies))},
    }
    return FormValues({name: "、".join(sorted(texts)) for name, texts in fields.items()}), len(bodies), 0


def names_somebody(store: Store, org: str) -> bool:
    """Whether the receipt of an organisation names its legal representative, whom only the register knows."""
    return store.filing_sealed(_filing(store, org).seq) is not None


def _receipt(store: Store, org: str, profiles: Mapping[str, Profile], keyring: Keyring | None) -> FormValues:
    """Return the nine fields of 附件4; without the keyring, the legal representative is left out."""
    filing = _filing(store, org)
    body = cast("Mapping[str, str]", filing.body)
    levels = {one.code: one.zh for one in profiles[body["profile"]].levels}
    scope = []
    for row in cast("list[Mapping[str, Body]]", body["scope"]):
        occupation = cast("Mapping[str, str]", row["occupation"])
        job = f"/{occupation['job']}" if "job" in occupation else ""
        named = "、".join(levels[code] for code in cast("list[str]", row["levels"]))
        scope.append(f"{occupation['code']} {occupation['name']}{job}：{named}")
    fields = {name: str(body[name]) for name in ("name", "org", "uscc", "valid_from", "valid_to")}
    fields |= {name: str(body[name]) for name in ("registered", "office") if name in body}
    opinion = [body[name] for name in ("authority", "receipt") if name in body]
    if opinion:
        written = parse_entry(next(store.entries(filing.seq, filing.seq + 1))).unix
        fields |= {"opinion": "　".join(opinion), "day": local_date(written).isoformat()}
    legal = legal_representative(store, keyring, filing.seq) if keyring is not None else None
    if legal is not None:
        fields["legal"] = legal
    return FormValues({**fields, "scope": "；".join(scope)})


def _filed(store: Store, org: str) -> Mapping[str, str]:
    return cast("Mapping[str, str]", _filing(store, org).body)


def _filing(store: Store, org: str) -> Filing:
    """Return what is filed about an organisation now. Raises HomeError if nothing is."""
    if not org:
        raise HomeError("name the organisation with --org")
    organisation = read_registry(store).organisations.get(org)
    if organisation is None:
        raise HomeError(f"{org} is not filed in this ledger")
    return organisation.filings[-1]


def _job(body: Body) -> str:
    occupation = cast("Mapping[str, str]", body["occupation"])
    return occupation.get("job") or occupation["name"]
