"""Filing rules: what a notice asks of its registrar, whoever checks it (`ledger org`, the audit).

`registry_problems` tells, before an entry joins the registry, which rules of the profile it breaks:

    code.*            the organisation code has the structure of the profile
    org.sequence      codes are given in sequence: each is the last one of its prefix and 1; the first may be any
    filing.uscc       the check character of the unified social credit code is right (GB 32100)
    filing.validity   a filing is valid for so many years at most
    filing.scope      the codes of occupations have their form, the levels exist
    kind.levels       a kind of organisation files its own levels, others only with the condition attested (`level-9`)
    level.own         levels of an enterprise's own are allowed, and each is mapped to a level
    standard.kind     each standard is of a kind that the notice knows, and named unless it is the national one
    standard.twice    no other organisation has filed another standard of its own for the same occupation and level
    filing.* ...      what else a filing states (`asks`): where the ledger's policy asks for all that the profile does
    range_form        both ends of a range are numbers of the profile, with one serial scope

An id is that of the profile's rule, so `ledger profile explain` says where it is written. A rule that only warns does
not bind, and stops nothing.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Reversible
from datetime import MAXYEAR, date
from typing import NamedTuple, cast

from ledger.core.code import check_org_code, parse_code
from ledger.core.encoding import parse_date
from ledger.core.errors import RuleError
from ledger.core.profile import ERROR, Profile
from ledger.core.record import Body
from ledger.core.registry import Organisation, Registry

__all__ = [
    "Broken",
    "filing_problems",
    "next_code",
    "range_problems",
    "registry_problems",
    "uscc_is_valid",
    "years_later",
]

NATIONAL, OWN = "national", "enterprise"  # kinds of standards
_OCCUPATION = re.compile(r"[1-8]-[0-9]{2}-[0-9]{2}-[0-9]{2}\Z")
_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_LAST_SERIAL = 999_999


class Broken(NamedTuple):
    """A rule that is broken: its id, the problem, where the rule is written ("" for none), and whether it binds."""

    rule: str
    problem: str
    source: str
    binding: bool

    def __str__(self) -> str:
        """Return the problem with the place of its rule."""
        return f"{self.problem} ({self.source})" if self.source else self.problem


def registry_problems(
    kind: str, body: Body, registry: Registry, profiles: Mapping[str, Profile], *, whole: bool
) -> Iterator[Broken]:
    """Yield what a record breaks that is to follow `registry`. `whole`: the policy asks for all that a profile does."""
    org, filed = cast("str", body.get("org", "")), registry.organisations
    filing = kind in ("org.file", "org.amend")
    if not filing and (kind != "range.assign" or org not in filed):
        return
    name = cast("str", (body if filing else filed[org].filings[-1].body)["profile"])
    profile = profiles.get(name)
    if profile is None:
        yield Broken("profile_unknown", f"no profile {name}", "", binding=True)
    elif not filing:
        yield from range_problems(body, profile)
    else:
        if kind == "org.file":
            yield from _sequence(org, filed, profile)
        yield from filing_problems(body, profile, whole=whole)
        yield from _twice(body, filed.values(), profile)


def filing_problems(body: Body, profile: Profile, *, whole: bool = False) -> Iterator[Broken]:
    """Yield what is wrong with the body of a filing, as far as it tells by itself."""
    try:
        check_org_code(cast("str", body["org"]), profile)
    except RuleError as error:
        yield _broken(profile, error.rule, error.reason)
    if not uscc_is_valid(cast("str", body["uscc"])):
        problem = f"{body['uscc']} is not a unified social credit code: a digit is wrong"
        yield Broken("filing.uscc", problem, "GB 32100-2015", binding=True)
    yield from _validity(body, profile)
    for row in _scope(body):
        code = cast("Mapping[str, str]", row["occupation"])["code"]
        if not _OCCUPATION.match(code):
            yield _broken(profile, "filing.scope", f"{code} is not an occupation code such as 6-18-01-01")
        for level in cast("list[str]", row["levels"]):
            if profile.level(level) is None:
                yield _broken(profile, "filing.scope", f"level {level} does not exist in {profile.name}")
    yield from _kind(body, profile, whole=whole)
    yield from _titles(body, profile)
    yield from _standards(body, profile, whole=whole)
    if whole:
        yield from _asked(body, profile)


def range_problems(body: Body, profile: Profile) -> Iterator[Broken]:
    """Yield what is wrong with a range of numbers."""
    ends = cast("str", body["first"]), cast("str", body["last"])
    for code in ends:
        try:
            parse_code(code, profile)
        except RuleError as error:
            yield _broken(profile, "range_form", f"{code}: {error.reason}")
            return
    start = profile.places["serial"][0] if "serial" in profile.places else profile.org_length
    if ends[0][:start] != ends[1][:start]:
        yield _broken(profile, "range_form", "both ends have the same organisation, year and level")


def next_code(organisations: Iterable[str], profile: Profile) -> str:
    """Return the organisation code that is next in sequence. Raises RuleError where the notice gives no sequence.

    A retired code is not given again: it stays among the `organisations`.
    """
    start, _ = profile.places.get("org_serial", (0, 0))
    literals = [segment.literal for segment in profile.segments if segment.last <= start]
    if profile.sequential is None or not profile.sequential.value or None in literals:
        raise RuleError("org.sequence", f"{profile.name} gives organisation codes in no sequence: the filing names one")
    prefix = "".join(cast("list[str]", literals))
    serials = (org[len(prefix) :] for org in organisations if org.startswith(prefix))
    serial = max((int(serial) for serial in serials if serial.isdecimal()), default=0) + 1
    if serial > _LAST_SERIAL:
        raise RuleError("org.sequence", f"{_LAST_SERIAL} was the last organisation code that there is")
    return f"{prefix}{serial:06d}"


def uscc_is_valid(code: str) -> bool:
    """Whether a unified social credit code (18 characters) has its form and the right check character (GB 32100)."""
    if len(code) != 18 or not code[2:8].isdecimal() or any(character not in _USCC for character in code):
        return False  # who registered it, and as what, may be letters (N2, G1): the six digits of the region are not
    total = sum(_USCC.index(character) * 3**place for place, character in enumerate(code[:17]))
    return _USCC[-total % 31] == code[17]


def _sequence(org: str, organisations: Reversible[str], profile: Profile) -> Iterator[Broken]:
    """Hold a code to the newest one before it. Only that: an audit asks this of every organisation."""
    if profile.sequential is None or not profile.sequential.value:
        return
    start, end = profile.places.get("org_serial", (0, 0))
    newest = next((code for code in reversed(organisations) if code.startswith(org[:start])), "")
    last, serial = newest[start:end], org[start:end]
    if last.isdecimal() and serial.isdecimal() and int(serial) != int(last) + 1:
        due = f"{org[:start]}{int(last) + 1:06d}"
        yield _broken(profile, profile.sequential.rule, f"{org} is not the next code: that is {due}")


def _validity(body: Body, profile: Profile) -> Iterator[Broken]:
    first, last = (parse_date(cast("str", body[name]), name) for name in ("valid_from", "valid_to"))
    if last < first:
        yield _broken(profile, "filing.validity", "valid_to is before valid_from")
    years = profile.max_validity_years
    if years and last > years_later(first, years):
        end = years_later(first, years)
        yield _broken(profile, "filing.validity", f"a filing is valid for {years} years at most: until {end}")


def _kind(body: Body, profile: Profile, *, whole: bool) -> Iterator[Broken]:
    """A kind of organisation may be left out where not all is asked for; then nothing is known of its levels."""
    if not profile.kinds or ("kind" not in body and not whole):
        return
    kind = next((kind for kind in profile.kinds if kind.id == body.get("kind")), None)
    if kind is None:
        known = ", ".join(kind.id for kind in profile.kinds)
        yield _broken(profile, profile.kinds[0].rule, f"the kind of organisation is one of {known}")
        return
    attested = cast("list[str]", body.get("attested", []))
    for level in sorted(_levels(body) - set(kind.levels)):
        word = f"level-{level.lower()}"
        if level not in kind.extra:
            yield _broken(profile, kind.rule, f"{kind.id} does not file level {level}")
        elif word not in attested:
            yield _broken(profile, kind.rule, f"level {level} needs its condition attested: {word}")


def _titles(body: Body, profile: Profile) -> Iterator[Broken]:
    titles = cast("list[Mapping[str, str]]", body.get("titles", []))
    rule = profile.titles.rule if profile.titles is not None else "level.known"
    if titles and (profile.titles is None or not profile.titles.value):
        yield _broken(profile, rule, f"{profile.name} knows no levels of an enterprise's own")
        return
    for title in titles:
        if profile.level(title["level"]) is None:
            yield _broken(profile, rule, f"{title['name']} is mapped to level {title['level']}, which does not exist")
    names = [title["name"] for title in titles]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield _broken(profile, rule, f"{name} is mapped twice")


def _standards(body: Body, profile: Profile, *, whole: bool) -> Iterator[Broken]:
    if not profile.standards:
        return
    rules = {word.id: word.rule for word in profile.standards}
    for row in _scope(body):
        occupation = cast("Mapping[str, str]", row["occupation"])["name"]
        standard = cast("Mapping[str, str]", row.get("standard", {}))
        kind = standard.get("kind")
        if kind is None:
            if whole:
                yield _broken(profile, profile.standards[0].rule, f"{occupation}: by which standard is not said")
        elif kind not in rules:
            yield _broken(profile, profile.standards[0].rule, f"{occupation}: a standard is one of {', '.join(rules)}")
        elif kind != NATIONAL and "ref" not in standard:
            yield _broken(profile, rules[kind], f"{occupation}: a standard that is not the national one is named (ref)")


def _twice(body: Body, organisations: Iterable[Organisation], profile: Profile) -> Iterator[Broken]:
    mine = dict(_own_standards(body))
    if "standard.twice" not in profile.rules or not mine:
        return
    for other in organisations:
        if other.org == body["org"] or other.ended is not None:
            continue
        for key, ref in _own_standards(other.filings[-1].body):
            if mine.get(key, ref) != ref:
                *named, level = key
                occupation = " ".join(named).strip()
                told = f"{occupation} level {level}: {other.org} has filed a standard of its own, {ref}"
                yield _broken(profile, "standard.twice", told)


def _own_standards(body: Body) -> Iterator[tuple[tuple[str, str, str], str]]:
    """Yield ((occupation code, job, level), ref) of every standard that an organisation has developed itself."""
    for row in _scope(body):
        occupation, standard = (cast("Mapping[str, str]", row.get(name, {})) for name in ("occupation", "standard"))
        if standard.get("kind") == OWN:
            for level in cast("list[str]", row["levels"]):
                yield (occupation["code"], occupation.get("job", ""), level), standard.get("ref", "")


def _asked(body: Body, profile: Profile) -> Iterator[Broken]:
    attested = set(cast("list[str]", body.get("attested", [])))
    levels = _levels(body)
    for ask in profile.asks:
        everyone = not ask.kinds and not ask.levels
        if not (everyone or body.get("kind") in ask.kinds or levels & set(ask.levels)):
            continue
        missing = [name for name in ask.members if name not in body]
        if missing:
            yield _broken(profile, ask.rule, f"the filing lacks {', '.join(missing)}")
        if ask.attested and not attested & set(ask.attested):
            yield _broken(profile, ask.rule, f"the filing attests none of {', '.join(ask.attested)}")


def _scope(body: Body) -> list[Body]:
    return cast("list[Body]", body["scope"])


def _levels(body: Body) -> set[str]:
    return {level for row in _scope(body) for level in cast("list[str]", row["levels"])}


def _broken(profile: Profile, rule_id: str, problem: str) -> Broken:
    rule = profile.rules.get(rule_id)
    return Broken(rule_id, problem, rule.source if rule else "", rule is None or rule.severity == ERROR)


def years_later(day: date, years: int) -> date:
    """Return the same day so many years later: 28 February where that year has no 29th, and no day after 9999."""
    year = day.year + years
    if year > MAXYEAR:
        return date.max
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return day.replace(year=year, day=28)
