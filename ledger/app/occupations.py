"""Occupations: the catalogue that filings are held to, the file `occupations.toml` of a ledger's home, if it is there.

    [[occupation]]
    edition = "2015"                     # of the catalogue, 中华人民共和国职业分类大典
    code = "6-18-01-01"
    name = "车工"
    kind = "skill"                       # or "entry": it needs a licence to enter, and is not certified this way
    source = "..."                       # where that is written

The notices bind filings to the catalogue (大典收录和后续发布的技能类职业, 准入类职业资格不纳入), and its editions
have different codes. The program comes without one: what is official is for the registrar to enter, with its source.
The audit cannot repeat this check, because the catalogue is no part of the ledger; the filing records the edition.
"""

import tomllib
from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

from ledger.app.home import Home, HomeError
from ledger.core.errors import FormatError
from ledger.core.filing_rules import Broken
from ledger.core.profile import ERROR, Profile
from ledger.core.record import Body
from ledger.core.table import Table

__all__ = ["FILE", "Catalogue", "Listed", "occupation_problems", "parse_catalogue", "read_catalogue"]

FILE = "occupations.toml"
ENTRY = "entry"
RULE = "scope.entry"


class Listed(NamedTuple):
    """An occupation as an edition of the catalogue lists it; `kind` is "skill" or "entry"."""

    name: str
    kind: str
    source: str


Catalogue = Mapping[str, Mapping[str, Listed]]  # edition -> code -> occupation


def read_catalogue(home: Home) -> Catalogue | None:
    """Return the catalogue of a home; None if it has none. Raises HomeError for one that is wrong."""
    try:
        text = (home.path / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise HomeError("occupations.toml is not UTF-8") from error
    return parse_catalogue(text)


def parse_catalogue(text: str) -> Catalogue:
    """Return the catalogue in a TOML text. Raises HomeError naming what is wrong."""
    catalogue: dict[str, dict[str, Listed]] = {}
    try:
        top = Table(tomllib.loads(text), "top")
        for table in top.tables("occupation"):
            edition, code, name = table.text("edition"), table.text("code"), table.text("name")
            listed = Listed(name, table.choice("kind", ("skill", ENTRY)), table.text("source"))
            table.close()
            if catalogue.setdefault(edition, {}).setdefault(code, listed) is not listed:
                raise table.error(f"{code} stands twice in {edition}")
        top.close()
    except tomllib.TOMLDecodeError as error:
        raise HomeError("occupations.toml is not TOML") from error
    except FormatError as error:
        raise HomeError(f"occupations.toml: {error.reason}") from error
    return catalogue


def occupation_problems(body: Body, catalogue: Catalogue, profile: Profile) -> Iterator[Broken]:
    """Yield the occupations of a filing that the edition it names does not list as skilled ones."""
    known = ", ".join(sorted(catalogue))
    edition = cast("str | None", body.get("edition"))
    listed = catalogue.get(edition or "")
    if listed is None:
        yield _broken(profile, f"of which edition the occupation codes are is not said, or not known: {known}")
        return
    for row in cast("list[Mapping[str, Mapping[str, str]]]", body["scope"]):
        occupation = row["occupation"]
        code, name = occupation["code"], occupation["name"]
        found = listed.get(code)
        if found is None:
            yield _broken(profile, f"{code} is not in the catalogue of {edition}")
        elif found.name != name:
            yield _broken(profile, f"{code} is called {found.name} in the catalogue of {edition}, not {name}")
        elif found.kind == ENTRY:
            yield _broken(profile, f"{code} needs a licence to enter, and is not certified this way: {found.source}")


def _broken(profile: Profile, problem: str) -> Broken:
    rule = profile.rules.get(RULE)
    return Broken(RULE, problem, rule.source if rule else "", rule is None or rule.severity == ERROR)
