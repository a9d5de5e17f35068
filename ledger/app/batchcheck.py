"""Checking a batch: what the authority holds it to, and the organisation itself before it sends it.

1. The rows belong to the batch: type, signer, roster, profile and plan are those of its head, no number twice, and no
   public view shows more than the ledger's preset allows.
2. The audit: `core.shardaudit.check_shard` reads the issues as the entries that they would be, with every signature,
   rule, gate and public view. It is the very function that `ledger verify` runs.
3. The numbers are those that are due, and unused.
4. As many as passed were issued on the plan.

Who a row is about cannot be seen, so whether a person holds the same certificate already is the organisation's own
check. Findings name the line of the batch file.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from ledger.app.allocation import Issued, allocate
from ledger.app.gating import count_findings, given_numbers, rule_finding
from ledger.app.sources import with_source
from ledger.core.batchfile import BatchHead, BatchRow
from ledger.core.disclosure import is_public_view, parse_disclosure
from ledger.core.encoding import format_time
from ledger.core.entry import format_entry
from ledger.core.errors import LedgerError, RuleError
from ledger.core.gates import Gate
from ledger.core.index import shard_leaf
from ledger.core.merkle import leaf_hash
from ledger.core.profile import Profile
from ledger.core.reader import Reader
from ledger.core.registry import Organisation, Registry
from ledger.core.shard import format_masked
from ledger.core.shardaudit import check_shard
from ledger.crypto.pynacl_verify import verify
from ledger.forms.findings import Finding, Place, Problem, has_errors, make_finding

__all__ = ["Ground", "Line", "check_lines"]

Line = tuple[int, BatchRow]  # line number in the file, and the row
_SALT = 22  # characters of a public view's salt: 16 bytes, with no room for anything else


@dataclass(frozen=True, slots=True)
class Ground:
    """What a batch is held against. `size` is where the ledger ends, `preset` its disclosure preset.

    `issued` says which numbers are used, `on_plan` how many certificates were issued on a plan.
    """

    registry: Registry
    gate: Gate
    profiles: Mapping[str, Profile]
    preset: str
    size: int
    issued: Issued
    on_plan: Callable[[int], int]


def check_lines(
    head: BatchHead, lines: Sequence[Line], ground: Ground, *, name: str, now: int
) -> tuple[list[Finding], dict[str, int]]:
    """Return what is wrong with the rows of a batch whose signature stands, and the last serial of each counted scope.

    `name` is the file's.
    """
    owner = ground.registry.organisations.get(head.org)
    profile = ground.profiles.get(head.profile or "")
    if owner is None:
        return [rule_finding(RuleError("org_unknown", f"{head.org} is not filed"), Place(name, 2), profile)], {}
    if profile is None:
        return [rule_finding(RuleError("profile_unknown", f"no profile {head.profile}"), Place(name, 2), None)], {}
    check = _Check(head, lines, ground, name, now, owner, profile)
    for step in (check.belong, check.audit, check.due, check.counts):
        check.findings += step()
        if has_errors(check.findings):
            break  # what follows would tell the same defects again
    return sorted(check.findings, key=lambda finding: finding.row), check.last


@dataclass(slots=True)
class _Row:
    """A row as allocation asks for it."""

    row_number: int
    level: str
    issued: str
    code: str


@dataclass(slots=True)
class _Check:
    head: BatchHead
    lines: Sequence[Line]
    ground: Ground
    name: str
    now: int
    owner: Organisation
    profile: Profile
    findings: list[Finding] = field(default_factory=list)
    resting: dict[int, int] = field(default_factory=dict)  # closed notice of results -> certificates of this batch
    last: dict[str, int] = field(default_factory=dict)  # the last serial of each counted scope

    def place(self, line: int) -> Place:
        return Place(self.name, line)

    def tell(self, line: int, problem: Problem, code: str = "") -> Finding:
        return make_finding(problem, self.place(line), self.profile, code or None)

    def belong(self) -> Iterator[Finding]:
        """What makes a row no part of this batch."""
        seen: dict[str, int] = {}
        for line, row in self.lines:
            record, body = row.record, row.record.body
            if record.type != "certificate.issue":
                yield self.tell(line, Problem("batch.foreign", {"member": "type"}))
                continue
            said = {"issuer": record.issuer, "batch": body["batch"], "profile": body["profile"]}
            wanted = {"issuer": self.head.org, "batch": self.head.batch, "profile": self.head.profile}
            wrong = next((member for member in said if said[member] != wanted[member]), None)
            if wrong is not None:
                yield self.tell(line, Problem("batch.foreign", {"member": wrong}))
            cited = cast("list[int]", body["evidence"])
            if (self.head.plan is None) != (not cited) or (cited and self.head.plan not in cited):
                yield self.tell(line, Problem("batch.plan"))
            code = cast("str", body["code"])
            first = seen.setdefault(code, line)
            if first != line:
                yield self.tell(line, Problem("code.twice", {"other": str(first)}), code)
            if not _shows_no_more(row.disclosure, self.ground.preset):
                yield self.tell(line, Problem("batch.view", {"preset": self.ground.preset}))

    def audit(self) -> Iterator[Finding]:
        """What an audit would find if the rows stood in the ledger now: the rows are one shard of their own."""
        stamp, first = format_time(self.now), self.ground.size
        raws = [format_entry(seq, bytes(32), stamp, row.record) for seq, (_, row) in enumerate(self.lines, first)]
        line_of = {f"entry {seq}": line for seq, (line, _) in enumerate(self.lines, first)}
        codes = {cast("str", row.record.body["code"]): line for line, row in self.lines}
        views = {
            cast("str", row.record.body["code"]): row.disclosure for _, row in self.lines if row.disclosure is not None
        }
        result = check_shard(
            b"".join(raw + b"\n" for raw in raws),
            format_masked(sorted(views.items())),
            number=0,
            bits=0,
            size=first + len(raws),
            leaf=shard_leaf((seq, leaf_hash(raw)) for seq, raw in enumerate(raws, first)),
            views_due=self.ground.preset == "masked",
            registry=self.ground.registry,
            profiles=self.ground.profiles,
            verify=verify,
            gate=self.ground.gate,
            reader=Reader(),
        )
        self.resting = result.issued
        for found in (*result.findings, *result.withdrawn):
            line = line_of.get(found.where) or codes.get(found.where.rpartition(", ")[2], 0)
            body = self.lines[line - 3][1].record.body if line else {}
            problem = found.problem.removeprefix(f"{found.rule}: ")
            error = with_source(RuleError(found.rule, problem), self.profile, body)
            yield rule_finding(error, self.place(line), self.profile)

    def due(self) -> list[Finding]:
        """What is wrong with the numbers: one that is used, or not the one that is due."""
        issued, findings = self.ground.issued, list[Finding]()

        def tell(line: int, problem: Problem, code: str) -> None:
            used = code and issued.highest_code(code, code) is not None
            findings.append(self.tell(line, Problem("code.issued") if used else problem, code))

        rows = [_row(line, row) for line, row in self.lines]
        given = given_numbers(self.ground.gate, cast("list[int]", self.lines[0][1].record.body["evidence"]))
        try:
            self.last = allocate(
                rows, issued, self.profile, self.owner, tell, seq=self.ground.size, given=given,
                ranges_due=self.ground.gate.required,
            ).last  # fmt: skip
        except RuleError as error:  # a level or year that no number of this organisation can have
            findings.append(rule_finding(error, self.place(0), self.profile))
        return findings

    def counts(self) -> Iterator[Finding]:
        """What stands against the number of certificates: with those of the plan before, all that passed."""
        if self.head.plan is None:
            return
        earlier = self.ground.on_plan(self.head.plan)
        total = {notice: number + earlier for notice, number in self.resting.items()}
        yield from count_findings(self.ground.gate, total, self.profile, self.place(0))


def _shows_no_more(disclosure: str | None, preset: str) -> bool:
    """Whether a public disclosure shows no more than the preset does: none, or a masked view under a plain salt."""
    if disclosure is None or preset != "masked":
        return disclosure is None
    try:
        return is_public_view(disclosure) and len(parse_disclosure(disclosure).salt) == _SALT
    except LedgerError:
        return False


def _row(line: int, row: BatchRow) -> _Row:
    level, issued, code = (cast("str", row.record.body[name]) for name in ("level", "issued", "code"))
    return _Row(line, level, issued, code)
