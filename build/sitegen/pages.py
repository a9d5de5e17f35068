"""Pages, rendered from templates: escaped by default, and a name that is not defined is an error.

A page lies in a folder of its own, so that its address has no file name: `organisations/` in Chinese and
`en/organisations/` in English. Every address in it is relative: a site works below any path.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ledger.core.profile import Profile
from sitegen.headers import CSP_META
from sitegen.ledgerinfo import LedgerInfo
from sitegen.places import SITE
from sitegen.texts import LANGUAGES, Catalogue
from sitegen.theme import Theme

__all__ = ["Name", "Page", "Renderer", "environment", "front_pages", "level_name"]

Page = tuple[str, bytes]  # file below the site, bytes
TAGS = {"zh": "zh-CN", "en": "en"}


class Name(NamedTuple):
    """What something is called in each language."""

    zh: str
    en: str


def level_name(profiles: Mapping[str, Profile], profile: str, code: str) -> Name:
    """The names of a level; its character where the profile does not know it."""
    known = profiles.get(profile)
    level = known.level(code) if known else None
    return Name(level.zh, level.en) if level else Name(code, code)


# What would turn the order of what follows, or is not seen: names are written by others.
_STEERING = re.compile("[\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")


def legible(value: object) -> object:
    """What a template shows of a value: of a text no sign that steers the text around it."""
    if isinstance(value, str) and not hasattr(value, "__html__"):  # markup is our own
        return _STEERING.sub("\ufffd", value)
    return value


def environment() -> Environment:
    """The strict template environment."""
    return Environment(
        finalize=legible,
        loader=FileSystemLoader(SITE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


class Renderer:
    """Renders templates with what every page needs."""

    def __init__(
        self,
        texts: Mapping[str, Catalogue],
        assets: Mapping[str, str],
        ledger: LedgerInfo,
        profiles: Mapping[str, Profile],
        day: date,
        *,
        docs: bool,
        modules: Sequence[str] = (),
        theme: Theme | None = None,
    ) -> None:
        self.texts, self.profiles, self.assets = texts, profiles, assets
        self._templates = environment()
        self._shared = {
            "asset": assets,
            "csp": CSP_META,
            "day": day.isoformat(),
            "docs": docs,
            "en": texts["en"],
            "ledger": ledger,
            "modules": modules,
            "theme": theme or Theme(),
            "profiles": [profiles[name] for name in ledger.profiles if name in profiles],
        }

    def page(self, place: str, template: str, language: str, **values: object) -> Page:
        """One page of the folder ``place`` ("" or "organisations/"). Raises UndefinedError rather than leave a hole."""
        other = "en" if language == "zh" else "zh"
        own, theirs = (f"en/{place}" if name == "en" else place for name in (language, other))
        root = "../" * own.count("/") or "./"
        return f"{own}index.html", self._render(template, language, root, root + theirs, values)

    def pages(self, place: str, template: str, **values: object) -> Iterator[Page]:
        """The page of ``place`` in each language."""
        for language in LANGUAGES:
            yield self.page(place, template, language, **values)

    def missing(self) -> Page:
        """404.html, served for any missing path, however deep, so its addresses begin at the site's root."""
        return "404.html", self._render("missing.html.j2", "zh", "/", "/en/", {})

    def _render(self, template: str, language: str, root: str, other: str, values: Mapping[str, object]) -> bytes:
        other_language = "en" if language == "zh" else "zh"
        text = self._templates.get_template(template).render(
            **self._shared,
            t=self.texts[language],
            fill=self.texts[language].fill,
            lang=language,
            lang_tag=TAGS[language],
            other_tag=TAGS[other_language],
            root=root,
            home=f"{root}en/" if language == "en" else root,
            other=other,
            **values,
        )
        return text.encode()


def front_pages(renderer: Renderer) -> Iterator[Page]:
    """The lookup of one number, of many, and in a frame, the audit, privacy, in both languages; the missing page."""
    yield from renderer.pages("", "lookup.html.j2")
    yield from renderer.pages("many/", "many.html.j2", current="many")
    yield from renderer.pages("audit/", "audit.html.j2", current="audit")
    yield from renderer.pages("embed/", "embed.html.j2")
    yield from renderer.pages("privacy/", "privacy.html.j2", current="privacy")
    yield renderer.missing()
