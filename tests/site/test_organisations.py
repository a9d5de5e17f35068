"""The public list of organisations: each one with its state, scope, ranges and keys, from the ledger alone."""

import json
import re
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any, cast

import pytest
from sitegen import build_site
from sitegen.errors import SiteError
from sitegen.ledgerinfo import fingerprint
from sitegen.organisations import PER_PAGE, OrganisationView, organisation_pages, search_parts, view_organisations
from sitegen.texts import LANGUAGES, load_texts

from ledger.app.places import MemoryPlace
from ledger.app.replayed import replay_published
from ledger.core.note import format_vkey
from ledger.crypto.didkey import format_did_key
from tests.simulator import PROFILES
from tests.site.register import (
    ANHUI,
    DAY,
    EXPIRED,
    NASTY,
    NEW,
    OLD,
    OLDER,
    REMOVED,
    RETIRED,
    SCHOOL,
    SHANDONG,
    Register,
)

TEXTS = load_texts()


def words(page: bytes) -> str:
    """The text of a page, without markup."""
    return unescape(re.sub(r"<[^>]+>", " ", page.decode()))


def text_of(site: Path, place: str) -> str:
    return words((site / place / "index.html").read_bytes())


def views(register: Register, day: date = DAY) -> dict[str, OrganisationView]:
    place = MemoryPlace(register.files())
    return view_organisations(place, replay_published(place, register.ledger.trust, PROFILES), PROFILES, day)


@pytest.mark.domain("B21", "B3")
def test_every_organisation_is_listed_with_its_state(register: Register, register_site: Path) -> None:
    expected = {
        SCHOOL: "filed", EXPIRED: "expired", RETIRED: "retired", OLD: "merged", OLDER: "merged", NEW: "filed",
        REMOVED: "removed", ANHUI: "filed", SHANDONG: "filed",
    }  # fmt: skip
    assert {code: view.state for code, view in views(register).items()} == expected
    for language, place in (("zh", "organisations"), ("en", "en/organisations")):
        page = (register_site / place / "index.html").read_text("utf-8")
        rows = re.findall(r"<tr role=\"row\">\s*<th scope=\"row\".*?</tr>", page, re.DOTALL)[: len(expected)]
        found = {}
        for row in rows:
            code = re.search(r'href="([A-Z0-9]{13})/"', row)
            state = re.search(r'data-state="\w+">([^<]+)<', row)
            assert code
            assert state
            found[code[1]] = unescape(state[1])
        assert found == {code: TEXTS[language][f"organisations.state.{state}"] for code, state in expected.items()}


@pytest.mark.domain("B21")
def test_a_state_is_that_of_the_day(register: Register) -> None:
    """Nobody writes an entry when a term ends: the same ledger lists the school as filed or as expired."""
    assert views(register, date(2026, 10, 14))[SCHOOL].state == "filed"
    assert views(register, date(2028, 12, 31))[SCHOOL].state == "filed"
    assert views(register, date(2029, 1, 1))[SCHOOL].state == "expired"
    assert views(register, date(2029, 1, 1))[RETIRED].state == "retired"


@pytest.mark.domain("B21", "B1", "B9")
def test_a_page_tells_scope_ranges_keys_and_filing(register: Register, register_site: Path) -> None:
    page = text_of(register_site, f"organisations/{SCHOOL}")
    for shown in ("数控车工", "6-18-01-01", "三级/高级工", "四级/中级工", "铣工", "五级/初级工", "国家职业技能标准"):
        assert shown in page, shown
    assert "测试路1号" in page
    assert "测备〔2026〕1号" in page
    for shown in (f"{SCHOOL}263000001", f"{SCHOOL}263000500", "125000000000000171", "渝人社发〔2020〕83号"):
        assert shown in page, shown
    assert fingerprint(format_vkey(register.ledger.key(SCHOOL).key)) in page
    assert format_did_key(register.ledger.key(SCHOOL).key.public) in page
    english = text_of(register_site, f"en/organisations/{SCHOOL}")
    assert "Level 3, advanced worker" in english
    assert "Filing code" in english


@pytest.mark.domain("A21", "A22", "J6")
def test_an_organisation_that_ended_keeps_its_page(register_site: Path) -> None:
    assert "废置库" in text_of(register_site, f"organisations/{RETIRED}")
    assert "弄虚" not in text_of(register_site, f"organisations/{RETIRED}")
    assert "2026-09-14" in text_of(register_site, f"organisations/{REMOVED}")
    assert f'href="../{NEW}/"' in (register_site / "organisations" / OLD / "index.html").read_text("utf-8")
    successor = (register_site / "organisations" / NEW / "index.html").read_text("utf-8")
    assert f'href="../{OLD}/"' in successor
    assert f'href="../{OLDER}/"' in successor


@pytest.mark.domain("B19")
def test_a_changed_filing_shows_the_new_name_and_the_old_version(register_site: Path) -> None:
    page = text_of(register_site, f"organisations/{ANHUI}")
    assert page.index("江岸机械厂") < page.index("旧名机械厂")
    assert "2026-07-10" in page
    assert "旧名" not in text_of(register_site, "organisations")


def test_revoked_keys_are_told(register: Register) -> None:
    (key,) = views(register)[REMOVED].keys
    assert (key.since, key.until) == ("2026-07-01", "2026-09-14")
    assert views(register)[SCHOOL].keys[0].until == ""


@pytest.mark.domain("A25")
def test_levels_of_an_enterprise_s_own_are_shown_with_theirs(register_site: Path) -> None:
    page = text_of(register_site, f"organisations/{SHANDONG}")
    assert re.search(r"首席技师\s+一级/高级技师", page)


def test_a_name_is_text_and_never_markup(register_site: Path) -> None:
    for place in ("organisations", f"organisations/{SHANDONG}"):
        page = (register_site / place / "index.html").read_text("utf-8")
        assert "<b>" not in page
        assert NASTY in unescape(page)


def test_the_filter_has_the_whole_list(register: Register, register_site: Path) -> None:
    page = (register_site / "organisations" / "index.html").read_text("utf-8")
    parts = re.search(r'data-parts="([^"]+)"', page)
    assert parts
    rows = []
    for part in parts[1].split():
        rows += json.loads((register_site / "organisations" / part).resolve().read_text("utf-8"))
    everybody = views(register)
    assert [row[0] for row in rows] == list(everybody)
    assert [row[2] for row in rows] == [view.state for view in everybody.values()]
    assert rows[-1][1] == NASTY


class Recorder:
    """In place of a renderer: keeps what each page is given."""

    def __init__(self) -> None:
        self.assets = {f"organisations-{language}-{n}.json": f"part-{n}" for language in LANGUAGES for n in range(1, 6)}

    def page(self, place: str, _template: str, language: str, **values: object) -> tuple[str, object]:
        return f"{language} {place}", values

    def pages(self, place: str, _template: str, **_values: object) -> list[tuple[str, object]]:
        return [(place, None)]


def test_thousands_of_organisations_make_many_pages_of_a_hundred(register: Register) -> None:
    place = MemoryPlace(register.files())
    ledger = replay_published(place, register.ledger.trust, PROFILES)
    one = views(register)[SCHOOL]
    many = {f"S0000{n:08d}": replace(one, org=f"S0000{n:08d}") for n in range(2345)}
    made: dict[str, Any] = dict(organisation_pages(cast("Any", Recorder()), ledger, many, {}))
    lists = [name for name in made if name.startswith("zh organisations/")]
    assert lists[:2] == ["zh organisations/", "zh organisations/page/2/"]
    assert len(lists) == 24
    rows = [made[name]["rows"] for name in lists]
    assert max(map(len, rows)) == PER_PAGE
    assert [view.org for page in rows for view in page] == list(many)
    parts = search_parts(many)
    assert len(parts) == 2 * 5
    assert sum(len(json.loads(data)) for name, data in parts.items() if "-zh-" in name) == 2345
    assert max(map(len, parts.values())) < 150_000, "a part stays a small download"


def test_a_ledger_without_organisations_says_so(tmp_path: Path) -> None:
    from tests.simulator import Simulator

    register = Register(Simulator(filed=False))
    build_site(register.write(tmp_path / "public"), tmp_path / "site", docs=False)
    assert "还没有备案的机构" in text_of(tmp_path / "site", "organisations")
    assert "还没有可计入的证书" in text_of(tmp_path / "site", "report")
    assert not list((tmp_path / "site" / "assets").glob("organisations-*.json"))


@pytest.mark.parametrize("damage", ["registry", "shard", "checkpoint", "bundle gone"])
def test_a_ledger_that_is_not_whole_makes_no_page(register: Register, tmp_path: Path, damage: str) -> None:
    public = register.write(tmp_path / "public")
    newest = max((public / "tile" / "entries" / "000.p").iterdir(), key=lambda file: int(file.name))
    shard = public / register.ledger.shard_file(SCHOOL)
    file = {"registry": newest, "shard": shard, "checkpoint": public / "head", "bundle gone": newest}[damage]
    data = file.read_bytes()
    if damage == "bundle gone":
        file.unlink()
    elif damage == "checkpoint":
        file.write_bytes(data.replace(b"ledger.example/test", b"ledger.example/else", 1))
    else:
        assert "云岭".encode() in data
        file.write_bytes(data.replace("云岭".encode(), "云峰".encode(), 1))
    with pytest.raises(SiteError, match="not whole"):
        build_site(public, tmp_path / "site", docs=False)
    assert not (tmp_path / "site").exists()
