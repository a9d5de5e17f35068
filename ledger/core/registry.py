"""The registry: which organisation and which key could do what, at which place of the ledger.

It is built from the `org.*` and `key.*` entries, in seq order, each signed by a registrar. Keys act by seq: a key
signs for entries after the one that adds it and before the one that revokes it, never backwards. After a merger
(`org.retire` with `into`) the successor's keys sign for the old numbers; after a plain retirement or a removal only the
registrar does. Once the registrar has assigned number ranges to an organisation, its numbers come from them.
Raises RuleError with these reasons:

    org_unknown org_filed_twice org_ended merge range_form range_overlaps registrar_unknown key_unknown
    key_not_valid_then signer_not_allowed
"""

from dataclasses import dataclass, field, replace
from typing import Literal, Self, cast

from ledger.core.canonical import Value
from ledger.core.ed25519 import Verify
from ledger.core.entry import Entry
from ledger.core.errors import RuleError
from ledger.core.evidence import BY_EITHER, BY_ORGANISATION
from ledger.core.note import VerifierKey, parse_vkey
from ledger.core.record import Body, check_record
from ledger.core.trust import KeyTerm, Trust

__all__ = ["ORGANISATION_MAY", "REGISTRAR_MAY", "Filing", "NumberRange", "Organisation", "Registry"]

ORGANISATION_MAY = frozenset(
    (
        "certificate.issue",
        "certificate.correct",
        "certificate.reissue",
        "certificate.suspend",
        "certificate.restore",
        "certificate.revoke",
    )
)
REGISTRAR_MAY = frozenset(("certificate.suspend", "certificate.restore", "certificate.revoke"))


@dataclass(frozen=True, slots=True)
class Filing:
    """What was filed about an organisation from `seq` on."""

    seq: int
    body: Body

    @property
    def name(self) -> str:
        """The organisation's name as filed."""
        return cast("str", self.body["name"])

    @property
    def titles(self) -> list[Value]:
        """The levels of the organisation's own, {name, level} each: what its 特级技师 is in the profile's levels."""
        return cast("list[Value]", self.body.get("titles", []))

    def covers(self, occupation: Body, level: str) -> bool:
        """Whether the occupation (code, name, job) is in scope at `level`. A scope without a job covers every job."""
        for row in cast("list[Body]", self.body["scope"]):
            filed = cast("Body", row["occupation"])
            same = filed["code"] == occupation["code"] and filed["name"] == occupation["name"]
            if same and filed.get("job") in (None, occupation.get("job")) and level in cast("list[str]", row["levels"]):
                return True
        return False


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Certificate numbers `first` to `last`, assigned by the entry `seq`: one prefix, and a serial that counts up."""

    seq: int
    first: str
    last: str

    def holds(self, code: str) -> bool:
        """Whether the number is in the range. Both ends have its length, so text order is the order of serials."""
        return self.first <= code <= self.last

    def serials(self, prefix: str) -> range:
        """Return the serials whose numbers lie in the range, where a number is `prefix` and a serial of six digits."""
        low, high = max(self.first, prefix + "000001"), min(self.last, prefix + "999999")
        digits = low[len(prefix) :] + high[len(prefix) :]
        return range(int(digits[:6]), int(digits[6:]) + 1) if low <= high and digits.isdigit() else range(0)


@dataclass(slots=True)
class Organisation:
    """The history of one organisation code; `ending` is the entry that retired or removed it."""

    org: str
    filings: list[Filing] = field(default_factory=list)
    keys: list[KeyTerm] = field(default_factory=list)
    ranges: list[NumberRange] = field(default_factory=list)
    ending: Entry | None = None

    @property
    def ended(self) -> int | None:
        """The seq of the ending; None while the organisation goes on."""
        return self.ending.seq if self.ending is not None else None

    @property
    def into(self) -> str | None:
        """The organisation that it was merged into, if it ended so."""
        return cast("str | None", self.ending.record.body.get("into")) if self.ending is not None else None

    def filing_at(self, seq: int) -> Filing | None:
        """Return what was filed when the entry `seq` was written; None before the first filing."""
        return next((filing for filing in reversed(self.filings) if filing.seq < seq), None)

    def may_number(self, code: str, seq: int, *, due: bool = False) -> bool:
        """Whether `code` is in a range that was assigned before the entry `seq`.

        Where no range is `due`, an organisation that had none by then may number as it likes.
        """
        assigned = [held for held in self.ranges if held.seq < seq]
        return (not assigned and not due) or any(held.holds(code) for held in assigned)

    def ended_at(self, seq: int) -> bool:
        """Whether the organisation was retired or removed before the entry `seq`."""
        return self.ended is not None and self.ended < seq


class Registry:
    """Organisations and keys, fed with the ledger's entries in seq order."""

    def __init__(self, registrars: tuple[VerifierKey, ...]) -> None:
        """Start with registrars' keys that sign from the first entry on."""
        self.organisations: dict[str, Organisation] = {}
        self.registrars = [KeyTerm(key, -1) for key in registrars]
        self._registrar_names = {key.name for key in registrars}

    @classmethod
    def of(cls, trust: Trust) -> Self:
        """Start with the registrars' keys of `trust`, each with the entries it signs for."""
        registry = cls(())
        registry.registrars = trust.registrars_in_time()
        registry._registrar_names = {term.key.name for term in registry.registrars}
        return registry

    def add(self, entry: Entry, verify: Verify) -> None:
        """Take an entry of `org.*`, `key.*` or `range.assign`.

        Raises SignatureError or RuleError, and then takes nothing.
        """
        record = entry.record
        check_record(record, self._registrar_key(entry), verify)
        code = cast("str", record.body["org"])
        if record.type == "org.file":
            self._file(entry, code)
        else:
            self._change(entry, self._living(code, entry.seq))

    def _file(self, entry: Entry, code: str) -> None:
        known = self.organisations.get(code)
        if known is not None:
            raise RuleError("org_filed_twice", f"{code} is filed already; a retired code is never given again")
        self.organisations[code] = Organisation(code, [Filing(entry.seq, entry.record.body)])

    def _change(self, entry: Entry, org: Organisation) -> None:
        match entry.record.type:
            case "org.amend":
                org.filings.append(Filing(entry.seq, entry.record.body))
            case "org.retire" | "org.remove":
                org.ending = entry
            case "org.merge":
                self._merge(entry, org)
            case "range.assign":
                org.ranges.append(_range(entry, org))
            case _:
                self._change_key(entry, org.keys, org.org)

    def _merge(self, entry: Entry, org: Organisation) -> None:
        """Check the old organisations as far as they are known here: a lookup has read its own number's only."""
        for code in cast("list[str]", entry.record.body["from"]):
            old = self.organisations.get(code)
            if code == org.org or (old is not None and (old.into != org.org or not old.ended_at(entry.seq))):
                raise RuleError("merge", f"{code} was not retired into {org.org} before")

    def _change_key(self, entry: Entry, terms: list[KeyTerm], name: str) -> None:
        body = entry.record.body
        if entry.record.type == "key.add":
            key = parse_vkey(cast("str", body["key"]))
            if key.name != name:
                raise RuleError("key_unknown", f"the key is named {key.name}, not {name}")
            terms.append(KeyTerm(key, entry.seq))
            return
        revoked = [t for t in terms if t.key.key_id.hex() == body["key_id"] and t.before is None]
        if not revoked:
            raise RuleError("key_unknown", f"no key {body['key_id']} to revoke")
        for term in revoked:
            terms[terms.index(term)] = replace(term, before=entry.seq)

    def living_keys(self, name: str) -> list[VerifierKey]:
        """Return the keys that a registrar or an organisation signs with now."""
        org = self.organisations.get(name)
        terms = [*self.registrars, *(org.keys if org is not None else ())]
        return [term.key for term in terms if term.key.name == name and term.before is None]

    def side_of(self, issuer: str) -> Literal["organisation", "registrar"]:
        """Return which side a signer's name belongs to."""
        return "registrar" if issuer in self._registrar_names else "organisation"

    def signer_of(self, entry: Entry) -> VerifierKey:
        """Return the key that must have signed a `certificate.*` entry. Raises RuleError if nobody could.

        The signature itself is not checked here (`check_record`).
        """
        record = entry.record
        if self.side_of(record.issuer) == "registrar":
            if record.type not in REGISTRAR_MAY:
                raise RuleError("signer_not_allowed", f"a registrar does not sign {record.type}")
            return self._registrar_key(entry)
        owner = self.owner_of(cast("str", record.body["code"])[:13], entry.seq)
        if record.issuer != owner.org:
            raise RuleError("signer_not_allowed", f"{record.issuer} does not sign for {owner.org}")
        if owner.ended_at(entry.seq):
            raise RuleError("org_ended", f"{owner.org} had ended; only the registrar signs for its numbers")
        return _valid_key(owner.keys, record.key, entry.seq)

    def signer_of_evidence(self, entry: Entry) -> VerifierKey:
        """Return the key that must have signed a piece of the workflow's evidence. Raises RuleError if nobody could."""
        record = entry.record
        org = record.body.get("org")
        if org is not None and cast("str", org) not in self.organisations:
            raise RuleError("org_unknown", f"{org} is not filed")
        if self.side_of(record.issuer) == "registrar":
            if record.type in BY_ORGANISATION:
                raise RuleError("signer_not_allowed", f"a registrar does not sign {record.type}")
            return self._registrar_key(entry)
        if record.type not in BY_ORGANISATION | BY_EITHER or record.issuer != org:
            raise RuleError("signer_not_allowed", f"{record.issuer} does not sign this {record.type}")
        return _valid_key(self._living(org, entry.seq).keys, record.key, entry.seq)

    def owner_of(self, code: str, seq: int) -> Organisation:
        """Return the organisation that signs for `code`'s numbers at `seq`: itself, or the end of its mergers."""
        for _ in range(len(self.organisations) + 1):
            org = self.organisations.get(code)
            if org is None or org.filings[0].seq >= seq:
                raise RuleError("org_unknown", f"{code} is not filed")
            if not org.ended_at(seq) or org.into is None:
                return org
            code = org.into
        raise RuleError("org_unknown", f"the mergers of {code} go in a circle")

    def _living(self, code: str, seq: int) -> Organisation:
        org = self.organisations.get(code)
        if org is None:
            raise RuleError("org_unknown", f"{code} is not filed")
        if org.ended_at(seq):
            raise RuleError("org_ended", f"{code} was retired or removed; nothing about it changes any more")
        return org

    def _registrar_key(self, entry: Entry) -> VerifierKey:
        terms = [term for term in self.registrars if term.key.name == entry.record.issuer]
        if not terms:
            raise RuleError("registrar_unknown", f"{entry.record.issuer} is not a registrar of this ledger")
        return _valid_key(terms, entry.record.key, entry.seq)


def _range(entry: Entry, org: Organisation) -> NumberRange:
    body = cast("dict[str, str]", entry.record.body)
    held = NumberRange(entry.seq, body["first"], body["last"])
    same = next((n for n, (a, b) in enumerate(zip(held.first, held.last, strict=True)) if a != b), 22)
    counts_up = (held.first[same:] + held.last[same:]).isdigit() if same < 22 else True
    own = held.first.startswith(org.org) and held.last.startswith(org.org)
    if not (own and held.last >= held.first and counts_up):
        raise RuleError("range_form", f"a range of {org.org} counts up from its first number to its last")
    if any(other.first <= held.last and held.first <= other.last for other in org.ranges):
        raise RuleError("range_overlaps", "these numbers, or some of them, are assigned already")
    return held


def _valid_key(terms: list[KeyTerm], key_id: str, seq: int) -> VerifierKey:
    reason = "key_unknown", f"no key {key_id} was filed"
    for term in terms:
        if term.key.key_id.hex() == key_id:
            if term.valid_at(seq):
                return term.key
            reason = "key_not_valid_then", f"the key {key_id} {_out_of_term(term, seq)}, and this is entry {seq}"
    raise RuleError(*reason)


def _out_of_term(term: KeyTerm, seq: int) -> str:
    """Say since when, or until when, a key does not sign that was asked to sign for the entry `seq`."""
    if term.before is None or seq <= term.after:
        return f"signs from entry {term.after + 1} on"
    return f"has signed nothing since entry {term.before}"
