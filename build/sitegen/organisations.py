"""The public list of organisations 评价机构目录, and a page for each one, from the registry that the ledger makes.

The list stands on pages of `PER_PAGE` in the order of the filing codes; a page names every other one, so it is whole
without scripts. A filter reads the whole list from files of `PER_PART` organisations, fetched when somebody types.
Both hold for some 20,000 organisations; far more would want pages that are grouped.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, cast

from ledger.app.places import Place
from ledger.app.replayed import Replayed, entries_at
from ledger.app.signatories import did_of
from ledger.core.encoding import local_date
from ledger.core.note import format_vkey
from ledger.core.profile import Profile
from ledger.core.registry import Filing, Organisation
from ledger.core.sections import organisation_value
from ledger.core.trust import KeyTerm
from sitegen.ledgerinfo import china_time, fingerprint
from sitegen.pages import Name, Page, Renderer, level_name
from sitegen.texts import LANGUAGES

__all__ = ["DETAILS", "STATES", "OrganisationView", "organisation_pages", "search_parts", "view_organisations"]

PER_PAGE = 100
PER_PART = 500
STATES = ("filed", "expired", "retired", "merged", "removed")
DETAILS = ("receipt", "authority", "registered", "office", "edition")


class ScopeRow(NamedTuple):
    """An occupation, at which levels it may be evaluated, by which standard ("" where none is filed)."""

    code: str
    name: str
    job: str
    levels: tuple[Name, ...]
    standard: Name


class KeyRow(NamedTuple):
    """A key: its fingerprint and did:key, the day from which it signs, and the day on which it was revoked or ""."""

    fingerprint: str
    did: str
    since: str
    until: str


class RangeRow(NamedTuple):
    """Numbers assigned, and the day on which they were."""

    first: str
    last: str
    since: str


class FilingRow(NamedTuple):
    """One version of the filing: the day and entry from which it counts, and its term."""

    since: str
    seq: int
    name: str
    valid_from: str
    valid_to: str


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """What is shown of an organisation. Dates are YYYY-MM-DD, of China; `details` are members of the filing."""

    org: str
    name: str
    state: str
    uscc: str
    valid_from: str
    valid_to: str
    profile: Name
    notice: str
    kind: Name
    details: tuple[tuple[str, str], ...]
    scope: tuple[ScopeRow, ...]
    titles: tuple[tuple[str, Name], ...]
    ranges: tuple[RangeRow, ...]
    keys: tuple[KeyRow, ...]
    filings: tuple[FilingRow, ...]
    ended: str
    reason: str
    into: str
    merged_from: tuple[str, ...]

    def summary(self, language: str) -> str:
        """The scope in one line, occupations and levels."""
        comma, colon, between = ("、", "：", "；") if language == "zh" else (" · ", ": ", "; ")
        levels = [comma.join(getattr(level, language) for level in row.levels) for row in self.scope]
        return between.join(f"{row.job or row.name}{colon}{at}" for row, at in zip(self.scope, levels, strict=True))


def view_organisations(
    place: Place, ledger: Replayed, profiles: Mapping[str, Profile], day: date
) -> dict[str, OrganisationView]:
    """The views of all organisations by code, in order; states are those of `day`. Raises PublishedError."""
    known = dict(sorted(ledger.registry.organisations.items()))
    entries = entries_at(place, ledger.size, [seq for org in known.values() for seq in _seqs(org)])
    days = {seq: local_date(entry.unix).isoformat() for seq, entry in entries.items()}
    merged: dict[str, list[str]] = {}
    for code, org in known.items():
        if org.into is not None:
            merged.setdefault(org.into, []).append(code)
    views = {}
    for code, org in known.items():
        reason = cast("str", entries[org.ended].record.body["reason"]) if org.ended is not None else ""
        views[code] = _view(org, profiles, days, day.isoformat(), reason, merged.get(code, []))
    return views


def _seqs(org: Organisation) -> Iterator[int]:
    yield from (filing.seq for filing in org.filings)
    yield from (held.seq for held in org.ranges)
    for term in org.keys:
        yield term.after
        if term.before is not None:
            yield term.before
    if org.ended is not None:
        yield org.ended


def _view(
    org: Organisation,
    profiles: Mapping[str, Profile],
    days: Mapping[int, str],
    today: str,
    reason: str,
    merged_from: Sequence[str],
) -> OrganisationView:
    filing = org.filings[-1]
    body = cast("Mapping[str, str]", filing.body)
    told = cast("Mapping[str, str]", organisation_value(org, today))
    profile = profiles.get(body["profile"])
    kind = next((one for one in profile.kinds if one.id == body.get("kind")), None) if profile else None
    plain = body.get("kind", "")
    return OrganisationView(
        org=org.org,
        name=filing.name,
        state="merged" if org.into is not None else told["state"],
        uscc=body["uscc"],
        valid_from=body["valid_from"],
        valid_to=body["valid_to"],
        profile=Name(profile.zh, profile.en) if profile else Name(body["profile"], body["profile"]),
        notice=profile.notice if profile else "",
        kind=Name(kind.zh, kind.en) if kind else Name(plain, plain),
        details=tuple((name, body[name]) for name in DETAILS if name in body),
        scope=tuple(_scope(filing, profiles)),
        titles=tuple(_titles(filing, profiles)),
        ranges=tuple(RangeRow(held.first, held.last, days[held.seq]) for held in org.ranges),
        keys=tuple(_key(term, days) for term in org.keys),
        filings=tuple(_filing(one, days) for one in org.filings),
        ended=days[org.ended] if org.ended is not None else "",
        reason=reason,
        into=org.into or "",
        merged_from=tuple(merged_from),
    )


def _key(term: KeyTerm, days: Mapping[int, str]) -> KeyRow:
    until = days[term.before] if term.before is not None else ""
    return KeyRow(fingerprint(format_vkey(term.key)), did_of(term.key), days[term.after], until)


def _filing(filing: Filing, days: Mapping[int, str]) -> FilingRow:
    body = cast("Mapping[str, str]", filing.body)
    return FilingRow(days[filing.seq], filing.seq, filing.name, body["valid_from"], body["valid_to"])


def _scope(filing: Filing, profiles: Mapping[str, Profile]) -> Iterator[ScopeRow]:
    profile = profiles.get(cast("str", filing.body["profile"]))
    words = {word.id: Name(word.zh, word.en) for word in profile.standards} if profile else {}
    for row in cast("list[Mapping[str, object]]", filing.body["scope"]):
        occupation = cast("Mapping[str, str]", row["occupation"])
        standard = cast("Mapping[str, str]", row.get("standard", {"kind": ""}))
        kind = words.get(standard["kind"], Name(standard["kind"], standard["kind"]))
        ref = f" {standard['ref']}" if "ref" in standard else ""
        levels = cast("list[str]", row["levels"])
        yield ScopeRow(
            occupation["code"],
            occupation["name"],
            occupation.get("job", ""),
            tuple(level_name(profiles, cast("str", filing.body["profile"]), level) for level in levels),
            Name(kind.zh + ref, kind.en + ref),
        )


def _titles(filing: Filing, profiles: Mapping[str, Profile]) -> Iterator[tuple[str, Name]]:
    for title in cast("list[Mapping[str, str]]", filing.titles):
        yield title["name"], level_name(profiles, cast("str", filing.body["profile"]), title["level"])


def search_parts(views: Mapping[str, OrganisationView]) -> dict[str, bytes]:
    """Plain asset name -> bytes: the list for the filter, rows of [code, name, state, from, to, scope], by language."""
    parts = {}
    everybody = list(views.values())
    for language in LANGUAGES:
        for start in range(0, len(everybody), PER_PART):
            rows = [
                [view.org, view.name, view.state, view.valid_from, view.valid_to, view.summary(language)]
                for view in everybody[start : start + PER_PART]
            ]
            text = json.dumps(rows, ensure_ascii=False, separators=(",", ":"))
            parts[_part(language, start // PER_PART + 1)] = text.encode()
    return parts


def _part(language: str, number: int) -> str:
    return f"organisations-{language}-{number}.json"


class ListPage(NamedTuple):
    """A page of the list: its number, its folder below organisations/, its first and last code."""

    number: int
    folder: str
    first: str
    last: str


def organisation_pages(
    renderer: Renderer, ledger: Replayed, views: Mapping[str, OrganisationView], notices: Mapping[str, Sequence[object]]
) -> Iterator[Page]:
    """All pages below organisations/. `notices` are the running ones by organisation."""
    everybody = list(views.values())
    blocks = [everybody[start : start + PER_PAGE] for start in range(0, len(everybody), PER_PAGE)] or [[]]
    listed = [
        ListPage(n, "" if n == 1 else f"page/{n}/", block[0].org if block else "", block[-1].org if block else "")
        for n, block in enumerate(blocks, 1)
    ]
    parts = -(-len(everybody) // PER_PART)
    for page, block in zip(listed, blocks, strict=True):
        for language in LANGUAGES:
            data = [renderer.assets[_part(language, n)] for n in range(1, parts + 1)]
            yield renderer.page(
                f"organisations/{page.folder}",
                "organisations.html.j2",
                language,
                current="organisations",
                as_of=china_time(ledger.as_of),
                total=len(everybody),
                page=page,
                pages=listed,
                rows=block,
                states=STATES,
                data=data,
                up="../" * page.folder.count("/"),
            )
    for view in everybody:
        yield from renderer.pages(
            f"organisations/{view.org}/",
            "organisation.html.j2",
            current="organisations",
            as_of=china_time(ledger.as_of),
            org=view,
            names={code: views[code].name for code in (view.into, *view.merged_from) if code in views},
            notices=notices.get(view.org, ()),
        )
