"""What a notice asks beyond the certificate number: evidence, terms, staffing, supervision, retention, closed words.

Each value names the rule of the profile that sets it, so whoever refuses something can say where that is written. A
value that a notice does not set is absent. profile.py reads these tables; `load_profile` describes the errors.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ledger.core.table import Table

__all__ = [
    "Ask",
    "Bank",
    "Binding",
    "Counting",
    "Evidence",
    "EvidenceKind",
    "Item",
    "Kind",
    "Least",
    "Minimum",
    "Period",
    "Retention",
    "Supervision",
    "Veto",
    "Word",
    "read_asks",
    "read_bank",
    "read_binding",
    "read_counting",
    "read_evidence",
    "read_kinds",
    "read_least",
    "read_periods",
    "read_retention",
    "read_staffing",
    "read_supervision",
    "read_words",
]

Unit: TypeAlias = Literal["calendar", "working"]
Base: TypeAlias = Literal["occupation", "occupation-level"]
EvidenceKind: TypeAlias = Literal["plan", "candidates", "supervision", "results", "approval", "report"]
Material: TypeAlias = Literal["paper", "electronic", "video", "originals", "assessment"]
_UNITS: tuple[Unit, ...] = ("calendar", "working")
_BASES: tuple[Base, ...] = ("occupation", "occupation-level")
_KINDS: tuple[EvidenceKind, ...] = ("plan", "candidates", "supervision", "results", "approval", "report")
_MATERIALS: tuple[Material, ...] = ("paper", "electronic", "video", "originals", "assessment")
FULL_SCORE = 100
_MEMBERS = ("authority", "legal", "office", "papers", "receipt", "registered")  # what a filing may leave out


@dataclass(frozen=True, slots=True)
class Binding:
    """What a notice orders or allows (True) or forbids (False), and the rule that says so."""

    value: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Least:
    """The least amount of something, and the rule that sets it."""

    amount: int
    rule: str


@dataclass(frozen=True, slots=True)
class Period:
    """A term of the workflow: an amount of "calendar" or "working" days, and the rule that sets it."""

    id: str
    amount: int
    unit: Unit
    rule: str


@dataclass(frozen=True, slots=True)
class Counting:
    """How the days of a period are counted: whether the day on which it starts is its first day."""

    include_start: bool
    rule: str


@dataclass(frozen=True, slots=True)
class Minimum:
    """A staffing minimum: how many of whom ("examiners", "supervisors"), for each what, and the rule that sets it."""

    id: str
    amount: int
    per: Base
    rule: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What must be on record before an issue ("report": after it), in the notice's order.

    `step` is the word of an approval ("audit"), the id of a supervision form, or "" for the other kinds. `numbers`:
    this approval gives the numbers of the certificates (赋码).
    """

    id: str
    kind: EvidenceKind
    step: str
    rule: str
    numbers: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a supervision form: its block and name as printed, and the scores that its wording allows."""

    id: str
    block: str
    zh: str
    points: tuple[int, ...]  # highest first


@dataclass(frozen=True, slots=True)
class Veto:
    """A 否决项 of a supervision form: any one makes the score 0."""

    id: str
    zh: str


@dataclass(frozen=True, slots=True)
class Supervision:
    """A supervision form of 100 points. `suspends`: a veto also suspends this evaluation (暂停本次认定)."""

    id: str
    title: str
    source: str
    suspends: bool
    items: tuple[Item, ...]
    vetoes: tuple[Veto, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many years a material is kept."""

    id: Material
    years: int
    rule: str


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a closed list: a candidate category, a basis of application, a method, a kind of standard."""

    id: str
    zh: str
    en: str
    rule: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of organisation and the level codes it may file; `extra` only where the rule's condition is attested."""

    id: str
    zh: str
    en: str
    levels: tuple[str, ...]
    extra: tuple[str, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class Ask:
    """What a filing states: each of `members`, and at least one of the words `attested`, where there are any.

    Asked of every filing, or only of those of one of the `kinds` or with one of the `levels` in scope.
    """

    members: tuple[str, ...]
    attested: tuple[str, ...]
    kinds: tuple[str, ...]
    levels: tuple[str, ...]
    rule: str


@dataclass(frozen=True, slots=True)
class Bank:
    """The question bank of each job and level: not fewer items than `items`, attested by `examiners` examiners."""

    items: int
    examiners: int
    rule: str


def read_binding(table: Table | None, key: str, rules: Collection[str]) -> Binding | None:
    """Read whether something is so, under `key`. No table, no binding."""
    if table is None:
        return None
    binding = Binding(table.flag(key), table.member("rule", rules, "rule"))
    table.close()
    return binding


def read_least(table: Table | None, key: str, rules: Collection[str]) -> Least | None:
    """Read a least amount, under `key`. No table, none asked."""
    if table is None:
        return None
    least = Least(table.number(key), table.member("rule", rules, "rule"))
    table.close()
    return least


def read_counting(table: Table, rules: Collection[str]) -> Counting:
    """Read how days are counted."""
    counting = Counting(table.flag("include_start"), table.member("rule", rules, "rule"))
    table.close()
    return counting


def read_periods(tables: list[Table], rules: Collection[str]) -> tuple[Period, ...]:
    """Read the periods, each with an id of its own."""
    periods = []
    for table in tables:
        unit = table.choice("unit", _UNITS)
        periods.append(Period(table.text("id"), table.number("amount"), unit, table.member("rule", rules, "rule")))
        table.close()
    _no_twins(tables, [period.id for period in periods])
    return tuple(periods)


def read_staffing(tables: list[Table], rules: Collection[str]) -> tuple[Minimum, ...]:
    """Read the staffing minima, each with an id of its own."""
    staffing = []
    for table in tables:
        per = table.choice("per", _BASES)
        staffing.append(Minimum(table.text("id"), table.number("amount"), per, table.member("rule", rules, "rule")))
        table.close()
    _no_twins(tables, [minimum.id for minimum in staffing])
    return tuple(staffing)


def read_evidence(tables: list[Table], forms: Collection[str], rules: Collection[str]) -> tuple[Evidence, ...]:
    """Read the evidence; `forms` are the ids of the supervision forms. What follows the issue stands last."""
    evidence: list[Evidence] = []
    for table in tables:
        kind = table.choice("kind", _KINDS)
        step, numbers = "", False
        if kind == "supervision":
            step = table.member("step", forms, "supervision form")
        elif kind == "approval":
            step, numbers = table.text("step"), table.flag("numbers", default=False)
        if evidence and evidence[-1].kind == "report":
            raise table.error("follows the report, which follows the issue")
        evidence.append(Evidence(table.text("id"), kind, step, table.member("rule", rules, "rule"), numbers))
        table.close()
    _no_twins(tables, [item.id for item in evidence])
    return tuple(evidence)


def read_supervision(tables: list[Table], rules: Collection[str]) -> tuple[Supervision, ...]:
    """Read the supervision forms. The highest scores of each add up to 100."""
    forms = []
    for table in tables:
        items = tuple(_item(row) for row in table.tables("items"))
        _no_twins([table] * len(items), [item.id for item in items])
        vetoes = []
        for row in table.tables("vetoes"):
            vetoes.append(Veto(row.text("id"), row.text("zh")))
            row.close()
        _no_twins([table] * len(vetoes), [veto.id for veto in vetoes])
        total = sum(item.points[0] for item in items)
        if total != FULL_SCORE:
            raise table.error(f"the highest scores add up to {total}, not to {FULL_SCORE}")
        forms.append(
            Supervision(
                table.text("id"),
                table.text("title"),
                table.text("source"),
                table.flag("suspends"),
                items,
                tuple(vetoes),
                table.member("rule", rules, "rule"),
            )
        )
        table.close()
    _no_twins(tables, [form.id for form in forms])
    return tuple(forms)


def _item(row: Table) -> Item:
    points = row.numbers("points")
    if not points or list(points) != sorted(set(points), reverse=True):
        raise row.error("points are not in falling order")
    item = Item(row.text("id"), row.text("block"), row.text("zh"), points)
    row.close()
    return item


def read_retention(tables: list[Table], rules: Collection[str]) -> tuple[Retention, ...]:
    """Read how long each material is kept."""
    kept = []
    for table in tables:
        material = table.choice("id", _MATERIALS)
        kept.append(Retention(material, table.number("years"), table.member("rule", rules, "rule")))
        table.close()
    _no_twins(tables, [retention.id for retention in kept])
    return tuple(kept)


def read_words(tables: list[Table], rules: Collection[str]) -> tuple[Word, ...]:
    """Read a closed list of words."""
    words = []
    for table in tables:
        word = table.text("id"), table.text("zh"), table.text("en")
        words.append(Word(*word, table.member("rule", rules, "rule")))
        table.close()
    _no_twins(tables, [word.id for word in words])
    return tuple(words)


def read_kinds(tables: list[Table], levels: Collection[str], rules: Collection[str]) -> tuple[Kind, ...]:
    """Read the kinds of organisations; `levels` are the codes that a scope may have at all."""
    kinds = []
    for table in tables:
        own, extra = table.texts("levels"), table.texts("extra", ())
        for level in (*own, *extra):
            if level not in levels:
                raise table.error(f"there is no level {level!r}")
        names = table.text("id"), table.text("zh"), table.text("en")
        kinds.append(Kind(*names, own, extra, table.member("rule", rules, "rule")))
        table.close()
    _no_twins(tables, [kind.id for kind in kinds])
    return tuple(kinds)


def read_asks(
    tables: list[Table], kinds: Collection[str], levels: Collection[str], rules: Collection[str]
) -> tuple[Ask, ...]:
    """Read what filings state, by the ids of `kinds` of organisations and the codes of `levels`."""
    asks = []
    for table in tables:
        ask = Ask(
            table.texts("members", ()),
            table.texts("attested", ()),
            table.texts("kinds", ()),
            table.texts("levels", ()),
            table.member("rule", rules, "rule"),
        )
        table.close()
        unknown = {*ask.kinds} - {*kinds} | {*ask.levels} - {*levels} | {*ask.members} - {*_MEMBERS}
        if unknown:
            raise table.error(f"there is no kind, level or member {min(unknown)!r}")
        if not ask.members and not ask.attested:
            raise table.error("asks for nothing")
        asks.append(ask)
    return tuple(asks)


def read_bank(table: Table | None, rules: Collection[str]) -> Bank | None:
    """Read what a question bank must have. No table, nothing asked."""
    if table is None:
        return None
    bank = Bank(table.number("items"), table.number("examiners"), table.member("rule", rules, "rule"))
    table.close()
    return bank


def _no_twins(tables: list[Table], ids: list[str]) -> None:
    for n, (table, found) in enumerate(zip(tables, ids, strict=True)):
        if found in ids[:n]:
            raise table.error(f"the id {found!r} stands twice")
