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

__all__ = ["PAGES", "offline_files"]

PAGES = ("", "en/", "many/", "en/many/", "privacy/", "en/privacy/")


def offline_files(release: Mapping[str, bytes], texts: Mapping[str, Catalogue], icon: str) -> Iterator[Page]:
    """sw.js for a release (path in the site -> bytes) and the manifests; ``icon`` is a path in the site."""
    yield "sw.js", _keeper(release)
    yield "manifest.webmanifest", _manifest(texts["zh"], icon, "", TAGS["zh"])
    yield "manifest.en.webmanifest", _manifest(texts["en"], icon, "en/", TAGS["en"])


def _keeper(files: Mapping[str, bytes]) -> bytes:
    hashes = {
        path.removesuffix("index.html"): base64.b64encode(hashlib.sha256(data).digest()).decode()
        for path, data in sorted(files.items())
    }
    names = json.dumps(hashes, sort_keys=True, separators=(",", ":"))
    release = {"id": hashlib.sha256(names.encode()).hexdigest()[:16], "files": hashes}
    source = (SITE / "offline" / "sw.js").read_text("utf-8")
    return f"const RELEASE = {json.dumps(release, sort_keys=True, separators=(',', ':'))};\n{source}".encode()


def _manifest(texts: Catalogue, icon: str, start: str, language: str) -> bytes:
    value = {
        "background_color": "#f6f3ea",
        "description": texts["page.description"],
        "display": "standalone",
        "icons": [{"purpose": "any", "sizes": "any", "src": icon, "type": "image/svg+xml"}],
        "id": f"./{start}",
        "lang": language,
        "name": texts["site.name"],
        "scope": "./",
        "short_name": texts["site.name"],
        "start_url": f"./{start}",
        "theme_color": "#1d4f63",
    }
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
