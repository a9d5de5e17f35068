"""The page's reader of QR codes: zxing-wasm from npm, unchanged, fetched by the page only when somebody shows it one.

    qr-<hash>/reader/index.js share.js zxing_reader.wasm LICENSE      below runtime/; all but the licence also as .gz

Why this one, and what was measured: site/docs/adr/0010-qr-reader.md.
"""

from collections.abc import Mapping

# Place in the folder -> file of the npm package. The modules import each other by these places.
FILES = {
    "reader/index.js": "dist/es/reader/index.js",
    "share.js": "dist/es/share.js",
    "zxing_reader.wasm": "dist/reader/zxing_reader.wasm",
    "LICENSE": "LICENSE",
}
LOADER = "reader/index.js"
WASM = "zxing_reader.wasm"


def packed_name(place: str) -> str:
    """The name of a file among the packed ones, which lie in one folder."""
    return f"qr-{place.replace('/', '-')}"


def placed(packed: Mapping[str, bytes], folder: str) -> dict[str, bytes]:
    """Path in the site -> bytes, of the packed files by their names."""
    files = {f"{folder}/{place}": packed[packed_name(place)] for place in FILES}
    ready = {f"{folder}/{place}.gz": packed[f"{packed_name(place)}.gz"] for place in (LOADER, "share.js", WASM)}
    return files | ready
