"""`ledger profile list|show|explain`: the rules of each notice, and where they are written."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ledger.cli.failures import DONE, USAGE, CommandError
from ledger.cli.session import Session
from ledger.cli.wide import table
from ledger.core.numbering import OPAQUE_RULE
from ledger.locales import Texts

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.core.duties import Supervision
    from ledger.core.profile import Profile

__all__ = ["explain", "list_", "show"]

_RANGE = "–"


def list_(session: Session) -> int:
    """List the rule sets with the number of their rules and their notices."""
    rows = [[one.name, str(len(one.rules)), one.notice] for one in _chosen(())]
    header = [session.texts(f"cli.profile.{name}") for name in ("name", "count", "notice")]
    for line in table(header, rows):
        session.terminal.result(line)
    return DONE


def show(session: Session, *, profile: str) -> int:
    """Show one rule set: structure of the number, levels, terms, evidence, forms, and where each rule is written."""
    [chosen] = _chosen((profile,))
    for line in _Page(session.texts, chosen).lines():
        session.terminal.result(line)
    return DONE


def explain(session: Session, *, rule: str, profile: Sequence[str]) -> int:
    """Say what a rule is in each rule set that has it: in both languages, how it binds, where it is written."""
    chosen = _chosen(profile)
    having = [one for one in chosen if rule in one.rules]
    if not having:
        known = sorted({name for one in chosen for name in one.rules})
        near = get_close_matches(rule, known, n=5, cutoff=0.4)
        if near:
            raise CommandError("cli.profile.no_rule.near", "cli.profile.no_rule.hint", rule=rule, near=" ".join(near))
        raise CommandError("cli.profile.no_rule", "cli.profile.no_rule.hint", rule=rule)
    texts, result = session.texts, session.terminal.result
    for n, one in enumerate(having):
        found = one.rules[rule]
        if n:
            result()
        result(
            texts("cli.profile.explained", rule=rule, name=one.name, severity=texts(f"cli.severity.{found.severity}"))
        )
        result(f"  {found.zh}")
        result(f"  {found.en}")
        result(f"  {texts('cli.profile.source', source=found.source)}")
        result(f"  {texts('cli.profile.of', notice=one.notice)}")
    return DONE


def _chosen(named: Sequence[str]) -> "list[Profile]":
    """Return the rule sets of these names, or all. Raises CommandError for a name that none has."""
    from ledger.profiles import load, names

    known = names()
    for name in named:
        if name not in known:
            raise CommandError("cli.open.profile", code=USAGE, name=name, known=", ".join(known))
    return [load(name) for name in named or known]


class _Page:
    """One rule set on the terminal: a title and its indented lines for each thing that the notice rules."""

    def __init__(self, texts: Texts, profile: "Profile") -> None:
        self.texts, self.profile = texts, profile

    def lines(self) -> Iterator[str]:
        """Yield the lines; a part that the notice does not have is left out."""
        profile = self.profile
        yield f"{profile.name}  {self.own(profile)}"
        yield self.texts("cli.profile.of", notice=profile.notice)
        parts = (
            ("code", self.code()),
            ("levels", [[level.code, self.own(level)] for level in profile.levels]),
            ("documents", [[kind.code, self.own(kind)] for kind in profile.document_types]),
            ("kinds", self.kinds()),
            ("asks", self.asks()),
            ("bindings", self.bindings()),
            ("periods", self.periods()),
            ("evidence", self.evidence()),
            ("staffing", [[str(minimum.amount), self.rule(minimum.rule)] for minimum in profile.staffing]),
            ("candidates", [[word.id, self.own(word)] for word in profile.candidates]),
            ("bases", [[word.id, self.own(word)] for word in profile.bases]),
            ("methods", [[word.id, self.own(word)] for word in profile.methods]),
            ("standards", [[word.id, self.own(word)] for word in profile.standards]),
            ("retention", self.retention()),
            ("forms", [[form.id, form.title, " ".join(c.header for c in form.columns)] for form in profile.forms]),
        )
        for title, rows in parts:
            if rows:
                yield self.texts(f"cli.profile.part.{title}")
                yield from _indented(rows)
        for form in profile.supervision:
            yield from self.supervision(form)
        yield self.texts("cli.profile.part.rules", count=len(profile.rules))
        severity = {name: self.texts(f"cli.severity.{name}") for name in ("error", "warning")}
        yield from _indented([[rule.id, severity[rule.severity], rule.source] for rule in profile.rules.values()])

    def own(self, thing: object) -> str:
        """Return the name that something of the profile has in the language."""
        return str(getattr(thing, self.texts.language))

    def rule(self, rule_id: str) -> str:
        """Return a rule's text with its place."""
        rule = self.profile.rules[rule_id]
        return self.texts("cli.profile.rule", text=self.own(rule), source=rule.source)

    def code(self) -> list[list[str]]:
        """Return the structure of a number, position by position."""
        rows = []
        for segment in self.profile.segments:
            ends = str(segment.first) if segment.first == segment.last else f"{segment.first}{_RANGE}{segment.last}"
            rows.append([ends, self.own(segment)])
        if self.profile.opaque:
            rows.append(["", self.rule(OPAQUE_RULE)])
        rows += [["", self.rule(known.rule)] for known in self.profile.known]
        return rows

    def kinds(self) -> list[list[str]]:
        """Return the kinds of organisations with the levels they may file."""
        kinds = self.profile.kinds
        return [[kind.id, self.own(kind), "、".join(kind.levels), "、".join(kind.extra)] for kind in kinds]

    def asks(self) -> list[list[str]]:
        """Return what a filing states: members, one of the words attested, of which kinds or levels."""
        rows = []
        for ask in self.profile.asks:
            words = " ".join([*ask.members, *(["/".join(ask.attested)] if ask.attested else [])])
            rows.append([words, " ".join([*ask.kinds, *ask.levels]), self.rule(ask.rule)])
        return rows

    def bindings(self) -> list[list[str]]:
        """Return what the notice orders, allows or forbids; its least amounts."""
        profile = self.profile
        bound = (profile.sequential, profile.ranges, profile.titles, profile.entrusting)
        rules = [binding.rule for binding in bound if binding is not None]
        if profile.max_validity_years is not None:
            rules.append("filing.validity")
        rules += [least.rule for least in (profile.insured_months, profile.bank) if least is not None]
        return [[self.rule(rule)] for rule in rules]

    def periods(self) -> list[list[str]]:
        """Return the terms, and how their days are counted."""
        rows = []
        for period in self.profile.periods:
            amount = self.texts(f"cli.profile.days.{period.unit}", amount=period.amount)
            rows.append([amount, self.rule(period.rule)])
        return [*rows, ["", self.rule(self.profile.counting.rule)]] if rows else []

    def evidence(self) -> list[list[str]]:
        """Return what must be on record, in the notice's order."""
        rows = []
        for n, item in enumerate(self.profile.evidence, 1):
            kind = self.texts(f"cli.profile.evidence.{item.kind}", step=item.step)
            rows.append([str(n), kind, self.rule(item.rule)])
        return rows

    def retention(self) -> list[list[str]]:
        """Return for how long each material is kept."""
        return [
            [self.texts("cli.profile.years", years=kept.years), self.rule(kept.rule)] for kept in self.profile.retention
        ]

    def supervision(self, form: "Supervision") -> Iterator[str]:
        """Yield a supervision form: its items with the scores allowed, and its vetoes."""
        yield self.texts("cli.profile.part.supervision", title=form.title, source=form.source)
        yield from _indented([[item.block, item.zh, "/".join(map(str, item.points))] for item in form.items])
        yield from _indented([[self.texts("cli.profile.veto"), veto.zh] for veto in form.vetoes])


def _indented(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    return (f"  {line}" for line in table(rows[0], rows[1:]))
