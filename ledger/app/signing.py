"""Signing: a roster becomes a batch file on the organisation's own machine, which has no ledger and no other key.

1. Read the public folder (`learning`): what is filed, what is due, which earlier batches were appended.
2. Read and check the roster (`intake`); whether a person holds the same certificate already is known here only.
3. Numbers, evidence, records (`allocation`, `gating`, `issuing`), and then everything that the authority will check
   (`batchcheck`), so that a batch is not refused for what could be known here.
4. Commit holders and verification codes to the organisation's register. *Then* the batch file is written.
5. When the batch is in the public folder, write the papers: `collect`.

The same roster again gets the same numbers, as long as they are due: nothing was given out before the ledger has it.
A roster that takes the place of a refused one (`instead`) gets numbers as if that one had not been signed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ledger.app.allocation import allocate
from ledger.app.batchcheck import Ground, Line, check_lines
from ledger.app.collecting import Collected, Progress, collect_known, learn_own, open_row, record_of, seal_row
from ledger.app.gating import Cited, cite, rule_finding
from ledger.app.holders import Holder
from ledger.app.home import HomeError, Random
from ledger.app.intake import Intake, check_intake, find_holders, person_tags, take_in
from ledger.app.issuing import AT_ONCE, Issuing, Terms
from ledger.app.joining import OrganisationHome
from ledger.app.learning import Known, Numbers
from ledger.app.opening import DATA_KEY, TAG_KEY
from ledger.app.places import Place
from ledger.core.batchfile import CERTIFICATES, MAX_ROWS, BatchHead, BatchRow, format_batch
from ledger.core.canonical import format_canonical
from ledger.core.encoding import format_time
from ledger.core.errors import RuleError
from ledger.core.profile import Profile
from ledger.core.record import Record, format_record, sign_record
from ledger.crypto.keyring import Keyring
from ledger.crypto.rowseal import RowSealer
from ledger.forms.findings import Finding, Problem, has_errors, make_finding
from ledger.forms.roster import RosterRow
from ledger.publish.durable import write_atomic
from ledger.store.holdings import ACCEPTED, REPLACED, SIGNED, Holding, Holdings, SignedBatch

__all__ = ["Signed", "sign_roster"]


@dataclass(frozen=True, slots=True)
class Signed:
    """What signing did. `again`: this roster was signed before. `stale` are later batches that must be signed again."""

    batch: str
    org: str
    numbers: int
    first: str
    last: str
    again: bool
    warnings: list[Finding]
    stale: list[str] = field(default_factory=list)
    collected: list[Collected] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Desk:
    """What one run of signing works with."""

    home: OrganisationHome
    register: Holdings
    keyring: Keyring
    known: Known
    profiles: Mapping[str, Profile]
    now: int
    random: Random

    def ground(self, numbers: Numbers) -> Ground:
        """Return what the authority will hold a batch against."""
        known = self.known
        return Ground(
            known.registry, known.gate, self.profiles, known.disclosure, known.checkpoint.size, numbers, known.on_plan
        )


def sign_roster(
    home: OrganisationHome,
    register: Holdings,
    keyring: Keyring,
    place: Place,
    path: Path,
    out: Path,
    profiles: Mapping[str, Profile],
    *,
    now: int,
    random: Random,
    plan: int | None = None,
    medium: str | None = None,
    issued: str = "",
    instead: str | None = None,
    progress: Progress = lambda *_: None,
) -> Signed:
    """Sign the roster at `path` against the public folder `place`, and write the batch file `out`.

    `plan`, `medium`, `issued` as for an append; `instead` is the (beginning of the) digest of a signed roster that this
    one replaces. Raises RosterRefused with every finding, PlaceError, HomeError, RuleError or StoreError; then nothing
    was signed.
    """
    known = learn_own(home, register, place, profiles, progress)
    collected = collect_known(home, register, keyring, known, profiles)
    desk = _Desk(home, register, keyring, known, profiles, now, random)
    key = keyring.data_key(TAG_KEY)
    intake = take_in(
        path, known.registry, profiles, seq=known.checkpoint.size, org=home.org, now=now, key=key, issued=issued
    )
    before = register.find_batch(intake.digest)
    replaced = _named(register, instead) if instead is not None else None
    if replaced == before:
        replaced = None
    _check_order(before, replaced)
    if before is not None and any(held.sealed is None for held in register.holdings(before.digest)):
        raise RuleError("batch_erased", "holders of this roster were erased: sign one without them, --instead of it")
    made = _Making(desk, intake, before, replaced, plan, medium)
    data, warnings = made.batch(out.name, progress)
    write_atomic(out, data)
    return Signed(
        batch=intake.digest.hex(),
        org=home.org,
        numbers=len(made.codes),
        first=made.codes[0],
        last=made.codes[-1],
        again=before is not None,
        warnings=warnings,
        stale=made.stale(),
        collected=collected,
    )


def _named(register: Holdings, beginning: str) -> SignedBatch:
    found = [batch for batch in register.batches() if batch.digest.hex().startswith(beginning.lower())]
    if len(found) != 1 or not beginning:
        raise HomeError(f"{len(found)} signed rosters have a batch number that begins with {beginning}")
    return found[0]


def _check_order(before: SignedBatch | None, replaced: SignedBatch | None) -> None:
    """Refuse to sign what is settled."""
    if before is not None and before.state == ACCEPTED:
        raise RuleError("batch_accepted", f"this roster is the batch {before.digest.hex()[:16]}, which was appended")
    if before is not None and before.state == REPLACED:
        raise RuleError("batch_replaced", "this roster was replaced by another one; its numbers were given to that one")
    if replaced is not None and replaced.state != SIGNED:
        raise RuleError("batch_accepted", f"the batch {replaced.digest.hex()[:16]} was {replaced.state}: it stays")


class _Making:
    """One batch in the making."""

    def __init__(
        self,
        desk: _Desk,
        intake: Intake,
        before: SignedBatch | None,
        replaced: SignedBatch | None,
        plan: int | None,
        medium: str | None,
    ) -> None:
        self.desk, self.intake, self.before, self.replaced = desk, intake, before, replaced
        self.plan, self.medium = plan, medium
        self.codes: list[str] = []
        stood = before or replaced
        self.created = stood.created if stood is not None else format_time(desk.now)
        own = {batch.digest for batch in (before, replaced) if batch is not None}
        waiting = [b for b in desk.register.batches() if b.state == SIGNED and b.digest not in own]
        # A batch keeps its turn: what was signed after it does not take its numbers away.
        self.earlier = [batch for batch in waiting if stood is None or batch.created < self.created]
        self.later = [batch for batch in waiting if batch not in self.earlier]
        self.old = desk.register.holdings(before.digest) if before is not None else []

    def batch(self, name: str, progress: Progress) -> tuple[bytes, list[Finding]]:
        """Check, sign and commit the batch; return the file's bytes and the warnings. Raises RosterRefused."""
        roster, known = self.intake.roster, self.desk.known
        findings = list(roster.findings)
        cited = Cited()
        if roster.ok:
            findings += self._check()
            try:
                cited = cite(known.gate, self.plan, known.checkpoint.size)
            except RuleError as error:
                findings.append(rule_finding(error, roster.place(0), self.intake.profile))
        if not has_errors(findings):
            numbers = self._numbers()
            self._allocate(numbers, cited, findings)
        if has_errors(findings):
            raise self.intake.refuse(findings)
        holdings, lines = self._sign(cited, progress)
        head = BatchHead(
            batch=self.intake.digest.hex(),
            count=len(lines),
            seen=known.checkpoint,
            org=self.desk.home.org,
            kind=CERTIFICATES,
            plan=self.plan,
            profile=self.intake.profile.name,
        )
        problems, _ = check_lines(head, lines, self.desk.ground(numbers), name=name, now=self.desk.now)
        findings += [self._in_roster(problem) for problem in problems]
        if has_errors(findings):
            raise self.intake.refuse(findings)
        data = format_batch(head, [row for _, row in lines], self.desk.keyring.signer(self.desk.home.org))
        self._commit(name, holdings)
        findings.sort(key=lambda finding: (finding.row, finding.column))
        return data, findings

    def stale(self) -> list[str]:
        """Return the batches signed later whose numbers are not due any more."""
        moved = self.codes != [held.code for held in self.old] and (self.before or self.replaced) is not None
        return [batch.digest.hex() for batch in self.later] if moved else []

    def _check(self) -> list[Finding]:
        intake, desk = self.intake, self.desk
        findings = check_intake(intake, desk.now)
        if len(intake.roster.rows) > MAX_ROWS:
            problem = Problem("batch.long", {"limit": str(MAX_ROWS)})
            findings.append(make_finding(problem, intake.roster.place(0), intake.profile))
        if self.before is None:
            findings += find_holders(intake, self._tags(), self._standing)
        return findings

    def _tags(self) -> list[bytes]:
        return person_tags(self.intake.roster.rows, self.intake.filing, self.desk.keyring.data_key(TAG_KEY))

    def _standing(self, tags: Sequence[bytes]) -> dict[bytes, str]:
        """Return the first certificate of each tag that stands or may come to; one of a replaced roster does not."""
        free = set(self.desk.known.revoked)
        if self.replaced is not None:
            free |= {held.code for held in self.desk.register.holdings(self.replaced.digest)}
        present = self.desk.register.person_tags_present(tags)
        standing = {tag: [code for code in codes if code not in free] for tag, codes in present.items()}
        return {tag: codes[0] for tag, codes in standing.items() if codes}

    def _numbers(self) -> Numbers:
        register, intake = self.desk.register, self.intake
        waiting = [held.code for batch in self.earlier for held in register.holdings(batch.digest)]
        return Numbers([*self.desk.known.codes, *waiting], intake.profile, intake.owner.ranges)

    def _allocate(self, numbers: Numbers, cited: Cited, findings: list[Finding]) -> None:
        roster, profile = self.intake.roster, self.intake.profile

        def tell(row: int, problem: Problem, code: str) -> None:
            findings.append(make_finding(problem, roster.place(row, "code"), profile, code or None))

        size, due = self.desk.known.checkpoint.size, self.desk.known.gate.required
        self.codes = allocate(
            roster.rows, numbers, profile, self.intake.owner, tell, seq=size, given=cited.numbers, ranges_due=due
        ).codes

    def _sign(self, cited: Cited, progress: Progress) -> tuple[list[Holding], list[Line]]:
        """Return what the register will keep, and the rows of the file by their lines."""
        desk, rows = self.desk, self.intake.roster.rows
        digest = self.intake.digest.hex()
        sealer = RowSealer(desk.keyring.data_key(DATA_KEY))

        def seal(code: str, holder: Holder, row: RosterRow) -> bytes:
            return seal_row(sealer, digest, code, holder.verification_code, row)

        signer = desk.keyring.signer(desk.home.org)
        terms = Terms(digest, self.intake.filing, self.intake.profile, cited.evidence, self.medium)
        issuing = Issuing(terms, signer, desk.known.disclosure, seal, desk.random)
        made: list[tuple[Record, str | None, bytes | None]] = []
        if self.before is None:
            for start in range(0, len(rows), AT_ONCE):
                some = slice(start, start + AT_ONCE)
                issued = issuing.issue(rows[some], self.codes[some])
                made += [(record, masked, sealed) for record, _, masked, sealed in issued]
                progress("sign", len(made), len(rows))
        else:  # the same holders under the same verification codes
            for (_, body), held, code in zip(issuing.bodies(rows, self.codes), self.old, self.codes, strict=True):
                disclosures = record_of(held).body["disclosures"]
                record = sign_record("certificate.issue", {**body, "disclosures": disclosures}, signer)
                sealed = held.sealed
                if held.code != code and sealed is not None:
                    key, row = open_row(sealer, digest, held)
                    sealed = seal_row(sealer, digest, code, key, row)
                made.append((record, held.masked, sealed))
        tags = self._tags()
        holdings = [
            Holding(self.intake.digest, place, code, tag, masked, format_record(record), sealed)
            for place, (code, tag, (record, masked, sealed)) in enumerate(zip(self.codes, tags, made, strict=True))
        ]
        return holdings, [(line, BatchRow(record, masked)) for line, (record, masked, _) in enumerate(made, 3)]

    def _in_roster(self, finding: Finding) -> Finding:
        """Return a finding about a line of the batch as one about a row of the roster."""
        rows = self.intake.roster.rows
        row = rows[finding.row - 3].row_number if finding.row >= 3 else 0
        return replace(finding, sheet=self.intake.roster.sheet, row=row)

    def _commit(self, name: str, holdings: list[Holding]) -> None:
        """Keep the holders; from here on the batch may leave this machine."""
        register, digest = self.desk.register, self.intake.digest
        summary = format_canonical({"file": name, "numbers": len(holdings), "roster": self.intake.path.name})
        with register.transaction():
            if self.replaced is not None:
                register.set_state(self.replaced.digest, REPLACED)
            if self.before is not None:
                register.replace_holdings(digest, summary, holdings)
            else:
                batch = SignedBatch(digest, self.intake.profile.name, SIGNED, self.created, summary)
                register.add_batch(batch, holdings)
