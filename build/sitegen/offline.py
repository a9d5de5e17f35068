"""What a visitor can keep for use without a network: a service worker with the list of one release, and manifests.

A release is everything that a lookup needs but the ledger: the pages of the lookup and on privacy in both languages,
the assets, the runtime. Its id is the hash of the list of their hashes, so the service worker's own bytes change
exactly when one of them does, and a browser that looks for a new one finds it.
"""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping

from sitegen.pages import TAGS, Page
from sitegen.places import SITE
from sitegen.texts import Catalogue

__all__ = ["DRAWN", "ICONS", "PAGES", "offline_files"]

SVG = "image/svg+xml"
# Some platforms install no site without a PNG of these sizes; tests/browser/icons.py draws them from the mark.
ICONS = (
    ("icon-192.png", "any", "192x192"),
    ("icon-512.png", "any", "512x512"),
    ("icon-maskable-192.png", "maskable", "192x192"),
    ("icon-maskable-512.png", "maskable", "512x512"),
    ("mark.svg", "any", "any"),
)
DRAWN = ("apple-touch-icon.png", *(name for name, *_ in ICONS if name.endswith(".png")))
PAGES = ("", "en/", "many/", "en/many/", "privacy/", "en/privacy/")


def offline_files(
    release: Mapping[str, bytes], texts: Mapping[str, Catalogue], names: Mapping[str, str]
) -> Iterator[Page]:
    """sw.js for a release (path in the site -> bytes) and the manifests; ``names``: plain name -> path in the site."""
    yield "sw.js", _keeper(release)
    icons = [
        {"purpose": purpose, "sizes": sizes, "src": names[name], "type": "image/png" if name in DRAWN else SVG}
        for name, purpose, sizes in ICONS
    ]
    yield "manifest.webmanifest", _manifest(texts["zh"], icons, "", TAGS["zh"])
    yield "manifest.en.webmanifest", _manifest(texts["en"], icons, "en/", TAGS["en"])


def _keeper(files: Mapping[str, bytes]) -> bytes:
    hashes = {
        path.removesuffix("index.html"): base64.b64encode(hashlib.sha256(data).digest()).decode()
        for path, data in sorted(files.items())
    }
    names = json.dumps(hashes, sort_keys=True, separators=(",", ":"))
    release = {"id": hashlib.sha256(names.encode()).hexdigest()[:16], "files": hashes}
    source = (SITE / "offline" / "sw.js").read_text("utf-8")
    return f"const RELEASE = {json.dumps(release, sort_keys=True, separators=(',', ':'))};\n{source}".encode()


def _manifest(texts: Catalogue, icons: list[dict[str, str]], start: str, language: str) -> bytes:
    value = {
        "background_color": "#f6f3ea",
        "description": texts["page.description"],
        "display": "standalone",
        "icons": icons,
        "id": f"./{start}",
        "lang": language,
        "name": texts["site.name"],
        "scope": "./",
        "short_name": texts["site.name"],
        "start_url": f"./{start}",
        "theme_color": "#1d4f63",
    }
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
