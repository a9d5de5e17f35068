"""Audits: what was found in a whole ledger, and how it is told.

An audit as JSON, canonical, like a report without what has no value:

    {"as_of":"...","certificates":240,"checkpoint":{"origin":"...","root":"<base64>","size":265},"entries":265,
     "findings":[{"problem":"...","rule":"shard_differs","where":"shard 7"}],"undecided":[],"unreachable":[],
     "updating":[],"v":1,"verdict":"not_verified","warnings":[]}

Where an earlier audit was gone on from, `since` {"size":240,"whole":"<time>"} says how many entries it had read, and of
what time the ledger was that was last read whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.core.canonical import Value, format_canonical
from ledger.core.checkpoint import Checkpoint
from ledger.core.encoding import format_base64, local_date, parse_time
from ledger.core.finding import Finding
from ledger.core.gates import Gate
from ledger.core.keptaudit import Counter, KeptAudit
from ledger.core.profile import Profile
from ledger.core.shardaudit import ShardFindings

__all__ = ["MAX_FINDINGS", "Audit", "ShardTally", "format_audit"]

MAX_FINDINGS = 1000


@dataclass(slots=True)
class Audit:
    """What was found, and what was not checked.

    `unreachable` could not be read, `updating` are of a publication under way, `undecided` have a term in a year whose
    working days are not announced yet; `warnings` break no binding rule. `growth`: time and size after each batch.
    `before`: entries that an earlier audit has read and this one has not, `whole`: when all was read, in ledger time.
    """

    findings: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    unreachable: list[str] = field(default_factory=list)
    updating: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    checkpoint: Checkpoint | None = None
    as_of: str = ""
    growth: list[tuple[str, int]] = field(default_factory=list)
    entries: int = 0
    certificates: int = 0
    before: int = 0
    whole: str = ""

    @property
    def verdict(self) -> str:
        """The result in a word: verified, not_verified (there are findings), not_checked (not all was read)."""
        if self.findings:
            return "not_verified"
        missing = self.unreachable or self.updating or self.undecided
        return "not_checked" if missing or self.checkpoint is None else "verified"


class ShardTally:
    """What the shards of one audit come to, taken in any order: `take` each, then `finish`."""

    def __init__(self, audit: Audit, profiles: Mapping[str, Profile], kept: KeptAudit | None = None) -> None:
        """Add what is found to `audit`; count on from what an earlier one has `kept`."""
        self._audit, self._profiles = audit, profiles
        self.serials: dict[tuple[str, str], Counter] = {}
        self.issued: dict[int, int] = {}
        self.withdrawn: dict[str, Finding] = {}
        if kept is not None:
            self.serials.update(kept.serials)
            self.issued.update(kept.issued)
            self.withdrawn.update({one.where: one for one in kept.withdrawn})

    def take(self, part: ShardFindings) -> None:
        """Take the result of one shard."""
        audit = self._audit
        if part.ahead and "shard/" not in audit.updating:
            audit.updating.append("shard/")
        audit.findings.extend(part.findings[: MAX_FINDINGS - len(audit.findings)])
        for where in part.viewed:
            self.withdrawn.pop(where, None)
        self.withdrawn.update({one.where: one for one in part.withdrawn})
        for scope, (numbers, largest) in part.serials.items():
            known, last = self.serials.get(scope, (0, 0))
            self.serials[scope] = known + numbers, max(last, largest)
        for notice, number in part.issued.items():
            self.issued[notice] = self.issued.get(notice, 0) + number

    def finish(self, gate: Gate) -> None:
        """Say what only all shards together show: gaps between numbers, and what is owed under the workflow."""
        audit = self._audit
        audit.warnings.extend([*self.withdrawn.values()][: MAX_FINDINGS - len(audit.warnings)])
        audit.certificates = sum(numbers for numbers, _ in self.serials.values())
        self._gaps()
        today = local_date(parse_time(audit.as_of, "as_of"))
        for owed in (*gate.counts(self.issued), *gate.overdue(today)):
            found = Finding(owed.rule, f"entry {owed.seq}", owed.problem)
            (audit.findings if owed.binding else audit.warnings).append(found)
        audit.undecided = [f"entry {seq}" for seq in sorted(set(gate.workflow.undecided))]

    def _gaps(self) -> None:
        """Numbers of one scope are unique, so there is a gap exactly when the largest is not their count.

        Where the structure is opaque, nobody but the authority knows what would be a gap.
        """
        for (profile, scope), (numbers, largest) in sorted(self.serials.items()):
            if numbers != largest and not self._profiles[profile].opaque:
                rule = self._profiles[profile].rules["serial.order"]
                found = Finding("serial.order", scope, f"{numbers} numbers, the largest is {largest}: some are skipped")
                (self._audit.findings if rule.severity == "error" else self._audit.warnings).append(found)


def format_audit(audit: Audit) -> bytes:
    """Return an audit as canonical JSON. Like a report it leaves out what has no value; times are the ledger's."""
    value: dict[str, Value] = {
        "certificates": audit.certificates,
        "entries": audit.entries,
        "findings": [{"problem": f.problem, "rule": f.rule, "where": f.where} for f in audit.findings],
        "undecided": list(audit.undecided),
        "unreachable": list(audit.unreachable),
        "updating": list(audit.updating),
        "v": 1,
        "verdict": audit.verdict,
        "warnings": [{"problem": f.problem, "rule": f.rule, "where": f.where} for f in audit.warnings],
    }
    if audit.before:
        value["since"] = {"size": audit.before, "whole": audit.whole}
    if audit.as_of:
        value["as_of"] = audit.as_of
    if audit.checkpoint is not None:
        value["checkpoint"] = {
            "origin": audit.checkpoint.origin,
            "root": format_base64(audit.checkpoint.root),
            "size": audit.checkpoint.size,
        }
    return format_canonical(value)
