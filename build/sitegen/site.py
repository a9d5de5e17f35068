"""Builds the whole site: pages, assets, runtime, documentation, header files, and the public ledger unchanged.

The same inputs give the same bytes: nothing reads a clock, the time zone, the locale or the order of a folder.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ledger
from ledger.app.home import load_profiles
from sitegen import headers
from sitegen.assets import json_module, name_assets
from sitegen.docs import build_docs
from sitegen.formats import number_formats
from sitegen.ledgerinfo import LedgerInfo, read_ledger
from sitegen.pages import render_pages
from sitegen.places import MKDOCS, RUNTIME, SITE
from sitegen.runtime import Runtime, make_runtime
from sitegen.texts import Catalogue, load_texts
from sitegen.write import check_replaceable, copy_tree, replacing, write_file

Progress = Callable[[str], None]


def asset_sources(
    runtime: Runtime, info: LedgerInfo, texts: dict[str, Catalogue], formats: list[dict[str, Any]]
) -> dict[str, bytes]:
    """Plain name -> bytes of all assets: the authored ones, and two generated modules of data."""
    authored = [*sorted((SITE / "assets").iterdir()), *sorted((SITE / "verifier").glob("*.js"))]
    sources = {path.name: path.read_bytes() for path in authored if path.is_file()}
    config = {"runtime": runtime.manifest, "trust": info.trust, "profiles": [known["profile"] for known in formats]}
    sources["config.js"] = json_module("config", config)
    shown = {language: dict(catalogue) for language, catalogue in texts.items()}
    sources["texts.js"] = (
        json_module("texts", shown) + json_module("formats", formats) + json_module("origin", info.origin)
    )
    return sources


def build_site(public: Path, out: Path, *, progress: Progress | None = None, docs: bool = True) -> None:
    """Build the site of the ledger in ``public`` into ``out``, which is replaced in one step when all is done.

    Raises OutputError when ``out`` holds something that was not built here, ToolError when node, npm or Pyodide cannot
    be had, SiteError for all other reasons; in each case ``out`` is as before.
    """
    say = progress or (lambda _line: None)
    public, out = public.resolve(), out.absolute()
    check_replaceable(out)
    info = read_ledger(public)
    profiles = load_profiles()
    texts = load_texts()
    docs = docs and MKDOCS.is_file()
    runtime = make_runtime(ledger.__version__, say)
    files, names = name_assets(asset_sources(runtime, info, texts, number_formats(profiles, info.profiles)))
    pages = render_pages(texts, names, info, profiles, docs=docs)
    with replacing(out) as made:
        say("writing pages, assets and runtime")
        hosts = {
            "_headers": headers.headers_file(),
            "nginx.conf": headers.nginx_file(),
            "Caddyfile": headers.caddy_file(),
        }
        for group in (pages, files, runtime.files, {name: text.encode() for name, text in hosts.items()}):
            for name, data in sorted(group.items()):
                write_file(made, name, data)
        # Not below runtime/, where everything may be kept for ever: its name stays when its content changes.
        manifest = json.dumps(dict(runtime.manifest), sort_keys=True, indent=1)
        write_file(made, "runtime.json", manifest.encode() + b"\n")
        write_file(made, "third-party.txt", (RUNTIME / "third-party.txt").read_bytes())
        write_file(made, ".nojekyll", b"")  # GitHub Pages would leave out names that begin with an underscore
        if docs:
            say("building the documentation")
            build_docs(made / "docs")
        say("copying the public ledger")
        copy_tree(public, made / "ledger")
