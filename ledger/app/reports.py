"""Reports: how many valid certificates there are, by organisation, occupation, level, period and state.

Only a certificate that anybody can find and that is valid counts (人社厅发〔2018〕148号 三(一), 渝人社发〔2020〕83号
五(六)): one to which a lookup in the published ledger answers valid, corrected or reissued. The published shards are
read one after another, each held to the signed index: memory holds one shard and the counts.

What is printed of the counts went through `suppression`, all tables together. The counts by state have no sum, and
"valid" there is the total of the other tables.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias, cast, get_args

from ledger.app.histories import published_histories
from ledger.app.places import Place
from ledger.app.replayed import Replayed
from ledger.app.suppression import THRESHOLD, Count, Hidden, Shown, suppress
from ledger.core.history import History
from ledger.core.profile import Profile
from ledger.core.registry import Registry

__all__ = ["DIMENSIONS", "STATES", "Dimension", "Report", "Row", "Tally", "make_report", "tally_certificates"]

Dimension: TypeAlias = Literal["organisation", "occupation", "level", "period", "state"]
Progress = Callable[[str, int, int], None]  # phase, done, total

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)
STATES = ("valid", "suspended", "revoked")
_TOTAL = ("total",)


@dataclass(slots=True)
class Tally:
    """Counts of certificates issued from `first` to `last` (YYYY-MM-DD, "" for no end), as of `as_of`.

    Keys: organisation codes, (code, name) of occupations, (code, Chinese name) of levels, months YYYY-MM, states.
    """

    as_of: str
    first: str = ""
    last: str = ""
    organisations: Counter[str] = field(default_factory=Counter)
    occupations: Counter[tuple[str, str]] = field(default_factory=Counter)
    levels: Counter[tuple[str, str]] = field(default_factory=Counter)
    months: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)

    def add(self, code: str, history: History, profiles: Mapping[str, Profile]) -> None:
        """Count one certificate by the facts that stand now, the newest correction's."""
        facts = cast("Mapping[str, str]", history.facts)
        if not self.first <= facts["issued"] <= (self.last or "9999"):
            return
        self.states[history.state] += 1
        if history.state != "valid":
            return
        occupation = cast("Mapping[str, str]", history.facts["occupation"])
        level = profiles[facts["profile"]].level(facts["level"])
        self.organisations[code[:13]] += 1
        self.occupations[occupation["code"], occupation["name"]] += 1
        self.levels[facts["level"], level.zh if level else facts["level"]] += 1
        self.months[facts["issued"][:7]] += 1


def tally_certificates(
    place: Place,
    ledger: Replayed,
    profiles: Mapping[str, Profile],
    *,
    first: str = "",
    last: str = "",
    progress: Progress = lambda *_: None,
) -> Tally:
    """Count the certificates of the ledger published at `place`, which `ledger` is the replay of.

    Raises PublishedError where a shard is not the one that the log signed.
    """
    counted = Tally(ledger.as_of, first, last)
    for number, histories in enumerate(published_histories(place, ledger, profiles)):
        for code, told in histories.items():
            if told.sound:
                counted.add(code, told.history, profiles)
        progress("count", number + 1, 1 << ledger.index.index.bits)
    return counted


class Row(NamedTuple):
    """A line of a table: its key and names in Chinese and English, what to print, whether it is part of the one above.

    The key of an organisation, occupation or level is its code, of a period the year or month, of a state its word.
    """

    key: str
    zh: str
    en: str
    shown: Shown
    inner: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What is printed: tables by dimension, rows with the largest count first, periods in order of time.

    The order of rows tells nothing that is hidden: hidden counts stand last, by their keys.
    """

    as_of: str
    first: str
    last: str
    total: Shown
    tables: Mapping[Dimension, tuple[Row, ...]]


def make_report(tally: Tally, registry: Registry, profiles: Mapping[str, Profile]) -> Report:
    """Return what is printed of a tally. Organisations have the name that is filed now."""
    shown = suppress(_tree(tally))
    states = {state: tally.states[state] for state in STATES}
    printed: dict[str, Shown] = {n: Hidden.SMALL if 0 < states[n] < THRESHOLD else states[n] for n in STATES}
    printed["valid"] = shown[_TOTAL]
    english = {(level.code, level.zh): level.en for profile in profiles.values() for level in profile.levels}
    names = {code: registry.organisations[code].filings[-1].name for code in tally.organisations}
    organisations = [Row(code, name, name, shown["organisation", code]) for code, name in names.items()]
    occupations = [Row(key[0], key[1], key[1], shown["occupation", *key]) for key in tally.occupations]
    levels = [Row(key[0], key[1], english.get(key, key[1]), shown["level", *key]) for key in tally.levels]
    return Report(
        tally.as_of,
        tally.first,
        tally.last,
        shown[_TOTAL],
        {
            "organisation": _ordered(organisations),
            "occupation": _ordered(occupations),
            "level": tuple(sorted(_listed(levels), key=lambda row: (row.key, row.zh))),
            "period": tuple(_listed(_periods(tally, shown))),
            "state": tuple(Row(state, state, state, printed[state]) for state in STATES),
        },
    )


def _tree(tally: Tally) -> Count:
    years: Counter[str] = Counter()
    for month, number in tally.months.items():
        years[month[:4]] += number
    periods = tuple(
        Count(
            ("period", year),
            number,
            (tuple(Count(("period", m), n) for m, n in sorted(tally.months.items()) if m[:4] == year),),
        )
        for year, number in sorted(years.items())
    )
    tables = (
        tuple(Count(("organisation", code), n) for code, n in sorted(tally.organisations.items())),
        tuple(Count(("occupation", *key), n) for key, n in sorted(tally.occupations.items())),
        tuple(Count(("level", *key), n) for key, n in sorted(tally.levels.items())),
        periods,
    )
    return Count(_TOTAL, tally.months.total(), tables if years else ())


def _periods(tally: Tally, shown: Mapping[tuple[str, ...], Shown]) -> Iterator[Row]:
    for year in sorted({month[:4] for month in tally.months}):
        yield Row(year, year, year, shown["period", year])
        for month in sorted(month for month in tally.months if month[:4] == year):
            yield Row(month, month, month, shown["period", month], inner=True)


def _listed(rows: Iterator[Row] | list[Row]) -> Iterator[Row]:
    return (row for row in rows if row.shown is not Hidden.DROPPED)


def _ordered(rows: list[Row]) -> tuple[Row, ...]:
    """Return the largest counts first, then what is withheld, then what is small; equal ones by their keys."""

    def place(row: Row) -> tuple[int, int, str, str]:
        if isinstance(row.shown, int):
            return 0, -row.shown, row.key, row.zh
        return 1 if row.shown is Hidden.WITHHELD else 2, 0, row.key, row.zh

    return tuple(sorted(_listed(rows), key=place))
