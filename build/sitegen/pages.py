"""The lookup pages, rendered from templates: escaped by default, and a name that is not defined is an error."""

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ledger.core.profile import Profile
from sitegen.headers import CSP_META
from sitegen.ledgerinfo import LedgerInfo
from sitegen.places import SITE
from sitegen.texts import Catalogue


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One page: its file, its template and language, and where the other language lies, relative to it."""

    file: str
    template: str
    language: str
    root: str
    home: str
    other: str


PAGES = (
    PageSpec("index.html", "lookup.html.j2", "zh", root="./", home="./", other="en/"),
    PageSpec("en/index.html", "lookup.html.j2", "en", root="../", home="./", other="../"),
    # Served for any missing path, however deep, so its addresses begin at the site's root.
    PageSpec("404.html", "missing.html.j2", "zh", root="/", home="/", other="/en/"),
)
TAGS = {"zh": "zh-CN", "en": "en"}


def environment() -> Environment:
    """The strict template environment."""
    return Environment(
        loader=FileSystemLoader(SITE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def render_pages(
    texts: Mapping[str, Catalogue],
    assets: Mapping[str, str],
    ledger: LedgerInfo,
    profiles: Mapping[str, Profile],
    *,
    docs: bool,
) -> dict[str, bytes]:
    """File name -> bytes of every page. Raises jinja2.UndefinedError or SiteError rather than leave a hole."""
    templates = environment()
    pages = {}
    for page in PAGES:
        other = "en" if page.language == "zh" else "zh"
        pages[page.file] = (
            templates.get_template(page.template)
            .render(
                t=texts[page.language],
                en=texts["en"],
                lang=page.language,
                lang_tag=TAGS[page.language],
                other_tag=TAGS[other],
                root=page.root,
                home=page.home,
                other=page.other,
                asset=assets,
                csp=CSP_META,
                ledger=ledger,
                profiles=list(profiles.values()),
                docs=docs,
            )
            .encode()
        )
    return pages
