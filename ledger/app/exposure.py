"""Exposure: what somebody learns who copies the whole public folder, counted in the ledger that is published.

A scraper has the number, organisation, occupation, level, date of issue and state of every certificate, and the masked
view of those that have one. Whoever knows as much about a person finds the certificate, if no other is like it. So for
each thing one may know it is counted how many certificates are alone, and how many are among fewer than five.

Every number counts, whatever its state: a revoked certificate is found as easily. Nothing private is read.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Literal, NamedTuple, TypeAlias, cast, get_args

from ledger.app.histories import published_histories
from ledger.app.places import Place
from ledger.app.replayed import PublishedError, Replayed
from ledger.app.suppression import THRESHOLD
from ledger.core.details import is_details_path
from ledger.core.disclosure import is_public_view, parse_disclosure
from ledger.core.errors import FormatError, RuleError
from ledger.core.profile import Profile
from ledger.core.shard import parse_masked
from ledger.core.subject import masked_path

__all__ = ["PERIODS", "Exposure", "Known", "Line", "Period", "measure_exposure"]

Known: TypeAlias = Literal["facts", "organisation", "surname", "both"]
Period: TypeAlias = Literal["year", "month", "day"]
Progress = Callable[[str, int, int], None]  # phase, done, total

PERIODS: Mapping[Period, int] = {"year": 4, "month": 7, "day": 10}  # characters of YYYY-MM-DD


class Line(NamedTuple):
    """Knowing occupation, level, the period of issue and what `known` says: certificates alone, and among few."""

    known: Known
    period: Period
    alone: int
    few: int


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a ledger shows as of `as_of`: so many certificates, so many with a masked view, withdrawn ones.

    `details` are the sizes of the sealed details; of a place that cannot be listed they are none.
    """

    as_of: str
    certificates: int
    views: int
    withdrawn: int
    lines: tuple[Line, ...]
    details: tuple[int, ...] = ()


class _Seen(NamedTuple):
    """What a scraper knows of one certificate; `surname` is "" where there is no view."""

    organisation: str
    occupation: str
    level: str
    issued: str
    surname: str


def measure_exposure(
    place: Place, ledger: Replayed, profiles: Mapping[str, Profile], progress: Progress = lambda *_: None
) -> Exposure:
    """Return what the ledger published at `place` shows; `ledger` is its replay. Raises PublishedError."""
    bits = ledger.index.index.bits
    seen: list[_Seen] = []
    withdrawn = 0
    for number, histories in enumerate(published_histories(place, ledger, profiles)):
        path = masked_path(bits, number)
        views = _views(place, path)
        for code, told in histories.items():
            view = views.get(code)
            withdrawn += view == ""
            seen.append(_seen(code, cast("Mapping[str, object]", told.history.facts), _surname(view, path)))
        progress("count", number + 1, 1 << bits)
    return Exposure(
        ledger.as_of,
        len(seen),
        sum(one.surname != "" for one in seen),
        withdrawn,
        tuple(_lines(seen)),
        tuple(_details(place)),
    )


def _details(place: Place) -> Iterator[int]:
    """Yield the sizes of the sealed details: that they are there is all that anybody sees without a code."""
    for path in filter(is_details_path, place.listing() or ()):
        data = place.fetch(path)
        if not isinstance(data, bytes):
            raise PublishedError(path, "cannot be read")
        yield len(data)


def _views(place: Place, path: str) -> Mapping[str, str]:
    data = place.fetch(path)
    if not isinstance(data, bytes):
        raise PublishedError(path, "cannot be read")
    try:
        return parse_masked(data)
    except FormatError as error:
        raise PublishedError(path, str(error)) from error


def _surname(view: str | None, path: str) -> str:
    """Return what a masked view shows, "" for none."""
    if not view:
        return ""
    try:
        if is_public_view(view):
            return intern(cast("dict[str, str]", parse_disclosure(view).value)["name"])
    except (FormatError, RuleError) as error:
        raise PublishedError(path, str(error)) from error
    raise PublishedError(path, "a view shows more than a surname")


def _seen(code: str, facts: Mapping[str, object], surname: str) -> _Seen:
    occupation = cast("Mapping[str, str]", facts["occupation"])
    name = intern(f"{occupation['code']} {occupation.get('job', '')}")
    level, issued = cast("str", facts["level"]), cast("str", facts["issued"])
    return _Seen(intern(code[:13]), name, intern(level), intern(issued), surname)


def _lines(seen: list[_Seen]) -> Iterator[Line]:
    """Yield a line for each thing known and each period; those with a surname are about certificates that show one."""
    named = [one for one in seen if one.surname]
    for known in get_args(Known):
        asked = named if known in ("surname", "both") else seen
        for period, length in PERIODS.items():
            if asked:
                yield Line(known, period, *_small(_keys(asked, known, length)))


def _keys(seen: list[_Seen], known: Known, length: int) -> Iterator[tuple[str, ...]]:
    for one in seen:
        key: tuple[str, ...] = (one.occupation, one.level, one.issued[:length])
        if known in ("organisation", "both"):
            key = (*key, one.organisation)
        if known in ("surname", "both"):
            key = (*key, one.surname)
        yield key


def _small(keys: Iterable[tuple[str, ...]]) -> tuple[int, int]:
    """Return how many are alone, and how many are among fewer than five (those alone included)."""
    sizes = Counter(Counter(keys).values())
    return sizes[1], sum(size * count for size, count in sizes.items() if size < THRESHOLD)
