"""Builds the whole site: pages, assets, runtime, documentation, header files, and the public ledger unchanged.

The same inputs, the day among them, give the same bytes: nothing reads a clock, the time zone, the locale or the order
of a folder.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Any

import ledger
from ledger.app.home import load_profiles
from ledger.app.places import FolderPlace
from ledger.app.replayed import PublishedError, Replayed
from ledger.app.reports import Report, make_report, tally_certificates
from ledger.app.workdays import working_day_table
from ledger.core.profile import Profile
from sitegen import headers
from sitegen.assets import json_module, name_assets, needed_by
from sitegen.compare import ABOUT, About
from sitegen.docs import build_docs
from sitegen.embed import embed_files
from sitegen.errors import SiteError
from sitegen.figures import figure_pages
from sitegen.formats import number_formats
from sitegen.ledgerinfo import LedgerInfo, day_of, read_ledger, replay_ledger
from sitegen.notices import NoticeView, notice_pages, view_notices
from sitegen.offline import DRAWN, PAGES, offline_files
from sitegen.organisations import OrganisationView, organisation_pages, search_parts, view_organisations
from sitegen.pages import Page, Renderer, front_pages
from sitegen.places import MKDOCS, ROOT, RUNTIME, SITE
from sitegen.runtime import Runtime, make_runtime
from sitegen.texts import Catalogue, load_texts, lookup_texts
from sitegen.theme import Theme, named, read_theme, theme_css
from sitegen.write import check_replaceable, copy_tree, replacing, write_file

Progress = Callable[[str], None]

CALENDAR_FROM = 2020  # the first year whose working days the audit in the page can count


def asset_sources(
    runtime: Runtime, info: LedgerInfo, texts: dict[str, Catalogue], formats: list[dict[str, Any]]
) -> dict[str, bytes]:
    """Plain name -> bytes of all assets: the authored ones, and two generated modules of data."""
    authored = [*sorted((SITE / "assets").iterdir()), *sorted((SITE / "verifier").glob("*.js"))]
    sources = {path.name: path.read_bytes() for path in authored if path.is_file()}
    config = {"runtime": runtime.manifest, "trust": info.trust, "profiles": [known["profile"] for known in formats]}
    sources["config.js"] = json_module("config", config)
    sources["calendar.js"] = json_module("calendar", working_day_table(CALENDAR_FROM))
    shown = {language: lookup_texts(catalogue) for language, catalogue in texts.items()}
    sources["texts.js"] = (
        json_module("texts", shown) + json_module("formats", formats) + json_module("origin", info.origin)
    )
    return sources


class _Content:
    """What the pages show of the ledger in ``public``, as it is on a day. Raises SiteError."""

    def __init__(self, public: Path, profiles: Mapping[str, Profile], day: date | None) -> None:
        place = FolderPlace(public)
        self.ledger: Replayed = replay_ledger(public, profiles)
        self.day = day_of(self.ledger, day)
        try:
            self.organisations: dict[str, OrganisationView] = view_organisations(place, self.ledger, profiles, self.day)
            tally = tally_certificates(place, self.ledger, profiles)
        except PublishedError as error:
            raise SiteError(f"the public ledger is not whole: {error}") from error
        self.report: Report = make_report(tally, self.ledger.registry, profiles)
        self.notices: list[NoticeView] = view_notices(place, self.ledger, profiles, self.organisations, self.day)

    def pages(self, renderer: Renderer) -> Iterator[Page]:
        """All pages but the documentation, one after another."""
        running: dict[str, list[NoticeView]] = {}
        for notice in self.notices:
            if notice.state == "running":
                running.setdefault(notice.org, []).append(notice)
        return chain(
            front_pages(renderer),
            organisation_pages(renderer, self.ledger, self.organisations, running),
            notice_pages(renderer, self.ledger, self.notices),
            figure_pages(renderer, self.report),
        )


def build_site(
    public: Path,
    out: Path,
    *,
    day: date | None = None,
    theme: Path | None = None,
    more: Mapping[str, bytes] | None = None,
    progress: Progress | None = None,
    docs: bool = True,
) -> None:
    """Build the site of the ledger in ``public`` into ``out``, which is replaced in one step when all is done.

    States of organisations and notices are those of ``day`` (in China; by default that of the ledger's newest entry,
    and never before it). ``theme`` is a theme file: see ``sitegen.theme``. ``more`` are files
    that others made for the site, by path: status lists. Raises OutputError when ``out`` holds something that was not
    built here, ToolError when node, npm or Pyodide cannot be had, SiteError for all other reasons; in each case ``out``
    is as before.
    """
    say = progress or (lambda _line: None)
    public, out = public.resolve(), out.absolute()
    check_replaceable(out)
    look = read_theme(theme) if theme else Theme()
    info = read_ledger(public)
    profiles = load_profiles()
    texts = load_texts()
    texts |= {language: named(texts[language], name) for language, name in look.name.items()}
    docs = docs and MKDOCS.is_file()
    say("replaying the ledger and counting its certificates")
    content = _Content(public, profiles, day)
    runtime = make_runtime(ledger.__version__, say)
    sources = asset_sources(runtime, info, texts, number_formats(profiles, info.profiles))
    dressed = {"theme.css": theme_css(look)} if look.colours else {}
    dressed |= dict([look.logo] if look.logo else [])
    files, names = name_assets({**sources, **search_parts(content.organisations), **dressed})
    modules = needed_by("page.js", sources)
    renderer = Renderer(texts, names, info, profiles, content.day, docs=docs, modules=modules, theme=look)
    with replacing(out) as made:
        say("writing pages, assets and runtime")
        hosts = {
            "_headers": headers.headers_file(),
            "nginx.conf": headers.nginx_file(),
            "Caddyfile": headers.caddy_file(),
            "hosting.json": headers.hosting_table(),
        }
        release = {**files, **runtime.files}
        for icon in DRAWN:  # the platform fetches and keeps what it installs
            del release[names[icon]]
        for name, data in content.pages(renderer):
            write_file(made, name, data)
            if name.removesuffix("index.html") in PAGES:
                release[name] = data
        for name, data in offline_files(release, texts, names):
            write_file(made, name, data)
        hosted = {name: text.encode() for name, text in hosts.items()}
        for group in (files, runtime.files, embed_files(), hosted, more or {}):
            for name, data in sorted(group.items()):
                write_file(made, name, data)
        # Not below runtime/, where everything may be kept for ever: its name stays when its content changes.
        manifest = json.dumps(dict(runtime.manifest), sort_keys=True, indent=1)
        write_file(made, "runtime.json", manifest.encode() + b"\n")
        write_file(made, "third-party.txt", (RUNTIME / "third-party.txt").read_bytes())
        write_file(made, "apache-2.0.txt", (ROOT / "LICENSE").read_bytes())  # the licence that it names
        write_file(made, ABOUT, About(content.day.isoformat(), ledger.__version__).file())
        write_file(made, ".nojekyll", b"")  # GitHub Pages would leave out names that begin with an underscore
        if docs:
            say("building the documentation")
            build_docs(made / "docs")
        say("copying the public ledger")
        copy_tree(public, made / "ledger")
