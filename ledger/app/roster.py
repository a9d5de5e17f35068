"""Appending a roster: from a workbook to signed, chained certificates.

1. Read the whole sheet; check every row against the profile, the organisation's filing and the ledger.
2. Any error: nothing changes; an annotated copy is written beside the workbook, and RosterRefused carries the findings.
3. Allocate numbers, make disclosures, sign, chain: inside the register's transaction.
4. Its commit is the point after which the batch has happened.
5. Publish, then write the issuer's papers. Killed before that, the same roster again finds its batch and does both.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, cast

from ledger.app.filing import read_registry
from ledger.app.holders import Holder, commitments, holder_tag, occupation_key, open_holder, seal_holder
from ledger.app.home import Home, HomeError, Random
from ledger.app.opening import DATA_KEY, TAG_KEY
from ledger.app.writing import publish, writing
from ledger.core.canonical import Value, format_canonical
from ledger.core.code import format_code, serial_scope
from ledger.core.digest import sha256
from ledger.core.disclosure import new_verification_code
from ledger.core.encoding import format_time, local_date
from ledger.core.entry import parse_entry
from ledger.core.errors import LedgerError, RuleError
from ledger.core.profile import Profile
from ledger.core.record import Body, Record, Template
from ledger.core.registry import Filing, Organisation, Registry
from ledger.crypto.keyring import Keyring
from ledger.crypto.rowseal import RowSealer
from ledger.forms import check
from ledger.forms.annotate import write_annotated
from ledger.forms.filled import CodeRow, write_codes, write_filled
from ledger.forms.findings import Finding, Problem, has_errors, make_finding
from ledger.forms.roster import Roster, RosterRow, normal_form, read_roster
from ledger.publish.projection import Progress
from ledger.store import Batch, CertificateRow, Store

__all__ = ["Appended", "RosterRefused", "append_roster"]


_AT_ONCE = 256  # rows issued at a time


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did. `again` means that the same roster was accepted before and nothing changed."""

    batch: str
    org: str
    numbers: int
    first: str
    last: str
    again: bool
    outputs: list[Path]
    warnings: list[Finding]
    size: int


class RosterRefused(LedgerError):  # noqa: N818 - the roster was refused; the program has no error
    """Nothing was changed; `findings` say why, `annotated` is the copy of the workbook that shows it."""

    def __init__(self, findings: Sequence[Finding], annotated: Path | None) -> None:
        """Carry the findings, errors and warnings, in the order of the sheet."""
        super().__init__(f"{sum(f.severity == 'error' for f in findings)} errors")
        self.findings = list(findings)
        self.annotated = annotated


def append_roster(
    home: Home,
    store: Store,
    keyring: Keyring,
    path: Path,
    profiles: Mapping[str, Profile],
    *,
    org: str | None,
    now: int,
    random: Random,
    progress: Progress = lambda *_: None,
) -> Appended:
    """Append the roster at `path` for the organisation `org` (None: the one whose filed name the rows carry).

    Raises RosterRefused with every finding of the sheet, HomeError, NoKeyError or StoreError; then nothing changed.
    """
    registry = read_registry(store)
    progress("read", 0, 1)
    owner, filing, profile, roster = _read(path, registry, profiles, store.size(), org, now)
    findings = list(roster.findings)
    digest = sha256(normal_form(roster.rows))
    if roster.ok:
        known = store.find_batch(digest)
        if known is not None:
            publish(home, store, progress)
            return _issued_before(home, store, keyring, known, profile, findings)
        findings += check.check_rows(roster, profile, _filed(filing), local_date(now))
        tags = _tags(roster.rows, filing, keyring)
        findings += _in_ledger(roster, store, profile, tags)
        if not has_errors(findings):
            numbers = _allocate(roster, store, profile, owner.org, findings)
    findings.sort(key=lambda finding: (finding.row, finding.column))
    if has_errors(findings):
        raise RosterRefused(findings, write_annotated(path, roster, findings))
    issuing = _Issuing(home, keyring, owner, filing, profile, digest.hex(), random)
    with writing(home, store, keyring.signer(home.config.origin), now, len(roster.rows) + 1) as draft:
        first = draft.next_seq
        codes = []
        for start in range(0, len(roster.rows), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            issued = issuing.issue(roster.rows[some], numbers.codes[some])
            certificates = []
            for tag, code, (record, holder, masked, sealed) in zip(
                tags[some], numbers.codes[some], issued, strict=True
            ):
                seq = draft.add(record)
                certificates.append(CertificateRow(seq, code, "valid", tag, masked, sealed))
                codes.append(CodeRow(code, holder.name, holder.verification_code))
            store.add_certificates(certificates)
            progress("sign", start + len(issued), len(roster.rows))
        for scope, serial in numbers.last.items():
            store.set_counter(scope, serial)
        summary: dict[str, Value] = {"file": path.name, "numbers": len(codes)}
        size = draft.next_seq + 1
        batch = Batch(
            digest, "roster", owner.org, profile.name, first, size, format_time(now), format_canonical(summary)
        )
        store.add_batch(batch)
    publish(home, store, progress)
    filled = [row._replace(code=code) for row, code in zip(roster.rows, numbers.codes, strict=True)]
    outputs = _write_papers(home, batch, profile, filled, codes)
    return _appended(batch, numbers.codes, outputs, findings, again=False)


def _read(
    path: Path, registry: Registry, profiles: Mapping[str, Profile], seq: int, org: str | None, now: int
) -> tuple[Organisation, Filing, Profile, Roster]:
    """Read the roster under the profile of its organisation, which `org` or the filed name in its rows tells."""
    living = {
        code: filing
        for code, owner in registry.organisations.items()
        if not owner.ended_at(seq) and (filing := owner.filing_at(seq)) is not None
    }
    if not living:
        raise HomeError("no organisation is filed in this ledger; file one with `ledger org file`")
    if org is not None and org not in living:
        raise RuleError("org_unknown", f"{org} is not filed in this ledger, or has ended")
    read: dict[str, Roster] = {}
    for name in dict.fromkeys(
        cast("str", living[org].body["profile"]) if org else _profile(f) for f in living.values()
    ):
        roster = read[name] = read_roster(path, profiles[name], local_date(now))
        names = {row.evaluator for row in roster.rows}
        code = org or next((c for c, f in living.items() if f.name in names and _profile(f) == name), None)
        if code is not None:
            return registry.organisations[code], living[code], profiles[name], roster
    roster = next(iter(read.values()))
    if roster.ok:
        names = {row.evaluator for row in roster.rows}
        raise RuleError(
            "org_unknown", f"no filed organisation is called {' / '.join(sorted(names))}; name it with --org"
        )
    raise RosterRefused(roster.findings, write_annotated(path, roster, roster.findings))


def _profile(filing: Filing) -> str:
    return cast("str", filing.body["profile"])


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


def _occupation(filing: Filing, row: RosterRow) -> dict[str, Value]:
    """Return the occupation of a row as filed: its code stands in the filing, the form only has the name."""
    item = check.find_scope(_scope(filing), row.occupation_name, row.job, row.level)
    # Out of scope: check_rows has a finding for it, and nothing is issued.
    occupation: dict[str, Value] = {"code": item.code if item else "", "name": row.occupation_name}
    if row.job:
        occupation["job"] = row.job
    return occupation


def _tags(rows: Sequence[RosterRow], filing: Filing, keyring: Keyring) -> list[bytes]:
    key = keyring.data_key(TAG_KEY)
    names: dict[tuple[str, str, str], str] = {}
    tags = []
    for row in rows:
        key_of = (row.occupation_name, row.job, row.level)
        occupation = names.get(key_of)
        if occupation is None:
            occupation = names[key_of] = occupation_key(_occupation(filing, row))
        tags.append(holder_tag(key, row.doc_type, row.doc_no, occupation, row.level))
    return tags


def _in_ledger(roster: Roster, store: Store, profile: Profile, tags: Sequence[bytes]) -> Iterator[Finding]:
    """Find rows whose person holds the same occupation and level already; a revoked certificate does not count."""
    present = store.person_tags_present(tags)
    for row, tag in zip(roster.rows, tags, strict=True):
        standing = [code for code, state in present.get(tag, ()) if state != "revoked"]
        if standing:
            problem = Problem("person.in_ledger", {"code": standing[0]})
            yield make_finding(problem, roster.place(row.row_number, "doc_no"), profile, row.doc_no)


@dataclass(frozen=True, slots=True)
class _Allocation:
    """The numbers of a roster's rows, in order, and the last serial of each scope that they use."""

    codes: list[str]
    last: dict[str, int]


def _allocate(roster: Roster, store: Store, profile: Profile, org: str, findings: list[Finding]) -> _Allocation:
    """Give every row its number: the next serials of its scope, in the order of the sheet.

    A number that is filled in must be the very one that is due. Problems go into `findings`.
    """
    last: dict[str, int] = {}
    codes: list[str] = []
    for row in roster.rows:
        year = int(row.issued[:4])
        scope = serial_scope(profile, org, year, row.level)
        serial = last[scope] = (last[scope] if scope in last else store.get_counter(scope)) + 1
        place = roster.place(row.row_number, "code")
        try:
            code = format_code(org, year, row.level, serial, profile)
        except RuleError:
            findings.append(make_finding(Problem("serial.exhausted", {"scope": scope}), place, profile))
            break
        if row.code and row.code != code:
            findings.append(make_finding(Problem("code.not_due", {"due": code}), place, profile, row.code))
        codes.append(code)
    return _Allocation(codes, last)


class _Issued(NamedTuple):
    """What is issued to one row: the record, its holder, the public disclosure, the sealed personal data."""

    record: Record
    holder: Holder
    masked: str | None
    sealed: bytes


class _Issuing:
    """Signs the records of one batch; what its rows share is made once."""

    def __init__(
        self,
        home: Home,
        keyring: Keyring,
        owner: Organisation,
        filing: Filing,
        profile: Profile,
        batch: str,
        random: Random,
    ) -> None:
        self._signer = keyring.signer(owner.org)
        self._sealer = RowSealer(keyring.data_key(DATA_KEY))
        self._filing, self._random, self._preset = filing, random, home.config.disclosure
        self._common: dict[str, Value] = {
            "batch": batch,
            "evaluator": filing.name,
            "evidence": [],
            "profile": profile.name,
        }
        self._templates: dict[tuple[str, ...], Template] = {}

    def issue(self, rows: Sequence[RosterRow], codes: Sequence[str]) -> list[_Issued]:
        """Return what is issued to some rows.

        Step by step for all of them, not row by row: measured, that takes a tenth less.
        """
        fresh = [new_verification_code(self._random(13)) for _ in rows]
        holders = [
            Holder(row.name, row.doc_type, row.doc_no, row.employer, key) for row, key in zip(rows, fresh, strict=True)
        ]
        committed = [commitments(holder, self._preset, self._random) for holder in holders]
        sealed = [seal_holder(self._sealer, code, holder) for code, holder in zip(codes, holders, strict=True)]
        templates = [self._template(row) for row in rows]
        records = [t.sign(code, digests) for t, code, (digests, _) in zip(templates, codes, committed, strict=True)]
        views = [masked for _, masked in committed]
        return [_Issued(*parts) for parts in zip(records, holders, views, sealed, strict=True)]

    def _template(self, row: RosterRow) -> Template:
        shared = (row.occupation_name, row.job, row.level, row.issued)
        template = self._templates.get(shared)
        if template is None:
            occupation = _occupation(self._filing, row)
            body = {**self._common, "issued": row.issued, "level": row.level, "occupation": occupation}
            template = self._templates[shared] = Template("certificate.issue", body, self._signer)
        return template


def _write_papers(
    home: Home, batch: Batch, profile: Profile, rows: Sequence[RosterRow], codes: Sequence[CodeRow]
) -> list[Path]:
    """Write the filled form and the list of verification codes into the batch's own folder."""
    folder = home.outputs / batch.digest.hex()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    filled, held = folder / "certificates.xlsx", folder / "verification-codes.xlsx"
    write_filled(filled, rows, profile)
    write_codes(held, codes)
    return [filled, held]


def _issued_before(
    home: Home, store: Store, keyring: Keyring, batch: Batch, profile: Profile, findings: list[Finding]
) -> Appended:
    """Write the papers of an accepted batch again, from the register; of an erased holder there is nothing to write."""
    sealer = RowSealer(keyring.data_key(DATA_KEY))
    rows, codes = [], []
    certificates = list(store.certificates(batch.first, batch.size))
    issues = store.entries(batch.first, batch.size - 1)
    for number, (certificate, raw) in enumerate(zip(certificates, issues, strict=True), 1):
        if certificate.sealed is None:
            continue
        holder = open_holder(sealer, certificate.code, certificate.sealed)
        rows.append(_row(number, certificate.code, holder, parse_entry(raw).record.body))
        codes.append(CodeRow(certificate.code, holder.name, holder.verification_code))
    outputs = _write_papers(home, batch, profile, rows, codes)
    return _appended(batch, [certificate.code for certificate in certificates], outputs, findings, again=True)


def _appended(
    batch: Batch, codes: Sequence[str], outputs: list[Path], findings: list[Finding], *, again: bool
) -> Appended:
    return Appended(
        batch=batch.digest.hex(),
        org=batch.org,
        numbers=len(codes),
        first=codes[0],
        last=codes[-1],
        again=again,
        outputs=outputs,
        warnings=findings,
        size=batch.size,
    )


def _row(number: int, code: str, holder: Holder, body: Body) -> RosterRow:
    occupation = cast("Mapping[str, str]", body["occupation"])
    evaluator, level, issued = (cast("str", body[name]) for name in ("evaluator", "level", "issued"))
    return RosterRow(
        row_number=number,
        name=holder.name,
        doc_type=holder.doc_type,
        doc_no=holder.doc_no,
        employer=holder.employer,
        occupation_name=occupation["name"],
        job=occupation.get("job", ""),
        level=level,
        code=code,
        issued=issued,
        evaluator=evaluator,
        issuer_name=evaluator,
    )
