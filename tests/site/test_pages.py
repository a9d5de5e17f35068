"""The built pages: nothing from another origin, nothing inline, two languages of one structure."""

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from jinja2 import UndefinedError
from sitegen import headers
from sitegen.pages import environment

from ledger.cli.commands.organisations import fingerprint
from ledger.core.note import parse_vkey
from tests.site.kit import REPOSITORY, SmallLedger

PAGES = ("index.html", "en/index.html", "404.html")
VOID = {"meta", "link", "input", "br", "img", "hr", "path", "circle", "use", "rect"}
# The only address of another site: a link to the national lookup, which a person may follow.
OUTWARD = {"http://zscx.osta.org.cn/"}


class Page(HTMLParser):
    """Elements, ids and addresses of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.ids: list[str] = []
        self.loads: list[str] = []
        self.links: list[str] = []
        self.inline: list[str] = []
        self.attributes: list[tuple[str, dict[str, str]]] = []
        self._script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append(tag)
        self.attributes.append((tag, given))
        self.ids += [given["id"]] if "id" in given else []
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag in ("style", "iframe", "object", "embed", "base") or (tag == "script" and "src" not in given):
            self.inline.append(tag)
        if tag == "a":
            self.links.append(given["href"])
        else:
            self.loads += [given[name] for name in ("src", "href", "srcset", "action", "data") if name in given]


def page(site: Path, name: str) -> Page:
    return Page((site / name).read_text("utf-8"))


def all_pages(site: Path) -> list[str]:
    return [path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html"))]


@pytest.fixture(scope="session", params=["small", "register"])
def any_site(request: pytest.FixtureRequest, site: Path, register_site: Path) -> Path:
    """The site with the documentation, and the one with organisations and notices of every kind."""
    return site if request.param == "small" else register_site


def made_pages(site: Path) -> list[str]:
    """The pages of the templates, in Chinese; each has its English one."""
    return [name for name in all_pages(site) if not name.startswith(("en/", "docs/", "404"))]


def test_pages_load_nothing_from_elsewhere_and_have_nothing_inline(any_site: Path) -> None:
    assert set(PAGES) <= set(all_pages(any_site))
    for name in all_pages(any_site):
        seen = page(any_site, name)
        assert seen.inline == [], name
        assert [load for load in seen.loads if "//" in load or load.startswith("data:")] == [], name


def test_pages_link_outward_only_to_the_national_lookup(any_site: Path) -> None:
    for name in (name for name in all_pages(any_site) if not name.startswith("docs/")):
        assert {link for link in page(any_site, name).links if "//" in link} <= OUTWARD, name


def test_scripts_and_styles_name_no_other_origin(site: Path) -> None:
    namespaces = {"http://www.w3.org/2000/svg"}
    for path in sorted(site.glob("assets/*")):
        found = set(re.findall(r"https?://[^\s\"'`)]+", path.read_bytes().decode("utf-8", "replace")))
        assert found <= namespaces, path.name


def test_everything_a_page_loads_or_links_to_is_there(any_site: Path) -> None:
    for name in all_pages(any_site):
        seen = page(any_site, name)
        for address in (*seen.loads, *seen.links):
            if "//" in address or address.startswith("#") or address == "":  # the filter's model of a row has ""
                continue
            target = (any_site / name).parent / address if not address.startswith("/") else any_site / address[1:]
            path = Path(str(target).split("#", maxsplit=1)[0])
            assert path.is_file() or (path / "index.html").is_file(), (name, address)


def test_every_anchor_that_is_linked_to_is_there(any_site: Path) -> None:
    """Whatever follows # in a link within the site is the id of an element of that page."""
    seen = {name: page(any_site, name) for name in all_pages(any_site)}
    followed = 0
    for name, one in seen.items():
        for address in (link for link in one.links if "#" in link and "//" not in link):
            place, anchor = address.split("#", maxsplit=1)
            target = (any_site / name).parent / place if place else any_site / name
            target = target / "index.html" if target.is_dir() else target
            there = seen[target.resolve().relative_to(any_site.resolve()).as_posix()]
            assert unquote(anchor) in there.ids, (name, address)
            followed += 1
    assert followed > 4


def test_every_page_leads_to_the_one_on_privacy(any_site: Path) -> None:
    for name in all_pages(any_site):
        led = {(any_site / name).parent / link for link in page(any_site, name).links if link.startswith(".")}
        led |= {any_site / link[1:] for link in page(any_site, name).links if link.startswith("/")}
        own = {"en": ["en/privacy"], "docs": ["privacy", "en/privacy"]}.get(name.split("/")[0], ["privacy"])
        assert {(any_site / place).resolve() for place in own} <= {path.resolve() for path in led}, name


def test_scripts_are_loaded_as_modules_and_write_no_markup(site: Path) -> None:
    for path in sorted([*(REPOSITORY / "site").rglob("*.js"), *(REPOSITORY / "build" / "docs_theme").rglob("*.js")]):
        text = path.read_text("utf-8")
        for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
            assert forbidden not in text, path.name
    scripts = [given for tag, given in page(site, "index.html").attributes if tag == "script"]
    assert [given["type"] for given in scripts] == ["module"]


def test_the_languages_are_real_pages_that_name_each_other(site: Path) -> None:
    for name, tag in (("index.html", "zh-CN"), ("en/index.html", "en")):
        given = page(site, name).attributes
        assert given[0] == ("html", {"lang": tag})
        alternates = {a["hreflang"] for element, a in given if element == "link" and a.get("rel") == "alternate"}
        assert alternates == {"zh-CN", "en", "x-default"}


def test_each_page_has_the_same_structure_in_both_languages(any_site: Path) -> None:
    chinese = made_pages(any_site)
    assert {f"en/{name}" for name in chinese} == {name for name in all_pages(any_site) if name.startswith("en/")}
    for name in chinese:
        one, other = page(any_site, name), page(any_site, f"en/{name}")
        assert (one.ids, one.elements) == (other.ids, other.elements), name
        assert [given["lang"] for tag, given in (one.attributes[0], other.attributes[0])] == ["zh-CN", "en"]


@pytest.mark.domain("G9")
def test_every_page_is_read_without_scripts_login_or_fee(any_site: Path) -> None:
    """Only the lookup computes; all else is there as text. No form is sent anywhere: the policy forbids it."""
    assert "form-action 'none'" in headers.CSP_META
    for name in made_pages(any_site):
        seen = page(any_site, name)
        assert len([tag for tag in seen.elements if tag == "main"]) == 1, name
        assert len([tag for tag in seen.elements if tag == "h1"]) == 1, name
        forms = [given for tag, given in seen.attributes if tag == "form"]
        assert [given for given in forms if not given.keys().isdisjoint({"action", "method"})] == [], name
        assert "password" not in {given.get("type") for _, given in seen.attributes}, name
        scripts = [given["src"] for tag, given in seen.attributes if tag == "script"]
        kinds = {re.sub(r"-[0-9a-f]{12}", "", src.rsplit("/", 1)[-1]) for src in scripts}
        own = {f"{place}/index.html": {f"{place}.js"} for place in ("audit", "embed", "many")}
        own["index.html"] = {"page.js"}
        assert kinds <= own.get(name, {"organisations.js", "notices.js"}), name


def test_tables_have_headers_and_captions_and_headings_follow_each_other(any_site: Path) -> None:
    for name in (name for name in all_pages(any_site) if not name.startswith("docs/")):
        seen = page(any_site, name)
        assert seen.elements.count("table") == seen.elements.count("caption") == seen.elements.count("thead"), name
        assert all(given.get("scope") in ("col", "row") for tag, given in seen.attributes if tag == "th"), name
        levels = [int(tag[1]) for tag in seen.elements if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1, name
        assert all(after <= before + 1 for before, after in pairwise(levels)), name
        assert len(seen.ids) == len(set(seen.ids)), name
        labels = {given["aria-labelledby"] for _, given in seen.attributes if "aria-labelledby" in given}
        assert labels <= set(seen.ids), name
        controls = {given["id"] for tag, given in seen.attributes if tag in ("input", "select", "textarea")}
        assert controls == {given["for"] for tag, given in seen.attributes if tag == "label"}, name


def test_every_element_the_scripts_ask_for_is_on_the_page(site: Path) -> None:
    scripts = {path.name: path.read_text("utf-8") for path in sorted((REPOSITORY / "site" / "verifier").glob("*.js"))}
    for place in ("audit", "embed", "many"):
        asked = set(re.findall(r'(?:byId|show)\("([a-z-]+)"', scripts.pop(f"{place}.js")))
        assert len(asked) > 5
        assert asked <= set(page(site, f"{place}/index.html").ids), place
    asked = set(re.findall(r'(?:byId|show)\("([a-z-]+)"', "".join(scripts.values())))
    assert len(asked) > 10
    assert asked <= set(page(site, "index.html").ids)
    assert len(page(site, "index.html").ids) == len(set(page(site, "index.html").ids))


def test_the_form_is_labelled_and_the_answer_is_announced(site: Path) -> None:
    given = page(site, "index.html").attributes
    labels = [a["for"] for tag, a in given if tag == "label"]
    assert labels == [a["id"] for tag, a in given if tag == "input"]
    assert any(tag == "output" and a.get("aria-live") == "polite" for tag, a in given)


def test_every_page_says_that_it_is_not_the_national_lookup(any_site: Path) -> None:
    for name in made_pages(any_site):
        assert "本站不是国家查询系统" in (any_site / name).read_text("utf-8"), name
        assert "not the national lookup" in (any_site / f"en/{name}").read_text("utf-8"), name


def test_every_page_carries_the_policy_and_no_referrer(any_site: Path) -> None:
    for name in all_pages(any_site):
        metas = [a for tag, a in page(any_site, name).attributes if tag == "meta"]
        assert any(a.get("http-equiv") == "Content-Security-Policy" and a["content"] == headers.CSP_META for a in metas)
        assert {"name": "referrer", "content": "no-referrer"} in metas


def test_templates_escape_and_refuse_unknown_names() -> None:
    templates = environment()
    assert templates.from_string("{{ name }}").render(name="<b>&") == "&lt;b&gt;&amp;"
    with pytest.raises(UndefinedError):
        templates.from_string("{{ nobody }}").render()
    with pytest.raises(UndefinedError):
        templates.from_string("{{ thing.nothing }}").render(thing={})


def test_the_page_shows_the_fingerprint_that_the_command_line_prints(site: Path, small: SmallLedger) -> None:
    vkey = json.loads((small.public / "trust.json").read_text("utf-8"))["log"]
    assert fingerprint(parse_vkey(vkey)) in (site / "index.html").read_text("utf-8")


def test_a_name_cannot_steer_the_text_around_it() -> None:
    page = environment().from_string("<b>{{ name }}</b>{{ own | safe }}")
    shown = page.render(name="云岭\u202e院学<\u2066", own="<i>\u200f</i>")
    assert shown == "<b>云岭\ufffd院学&lt;\ufffd</b><i>\u200f</i>"
