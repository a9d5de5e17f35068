"""The script that other sites load to embed the lookup: its name never changes, and its hash is for them to pin."""

import hashlib
from base64 import b64encode

from sitegen.places import SITE

__all__ = ["embed_files"]

SCRIPT = "certificate-check.js"


def embed_files() -> dict[str, bytes]:
    """Path in the site -> bytes: the script, and what stands in ``integrity="…"`` where it is loaded."""
    script = (SITE / "embed" / SCRIPT).read_bytes()
    integrity = f"sha384-{b64encode(hashlib.sha384(script).digest()).decode()}\n"
    return {f"embed/{SCRIPT}": script, "embed/integrity.txt": integrity.encode()}
