"""Assets: each file under a name that carries the hash of its bytes, so that it may be cached for ever.

A script that imports ``"./other.js"`` gets the hashed name of the other written in, so its own hash covers what it
imports; scripts are therefore named in the order of their imports.
"""

import hashlib
import json
import re
from collections.abc import Mapping

from sitegen.errors import SiteError

_IMPORT = re.compile(r'(from\s+|import\s+|new URL\()"\./([a-z-]+\.js)"')


def hashed_name(name: str, data: bytes) -> str:
    """``page.js`` -> ``page-<12 hex of its SHA-256>.js``."""
    stem, _, kind = name.rpartition(".")
    return f"{stem}-{hashlib.sha256(data).hexdigest()[:12]}.{kind}"


def json_module(name: str, value: object) -> bytes:
    """A JavaScript module that exports one JSON value, frozen by nobody and changed by nobody."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # The two line separators of Unicode are legal in JSON and were once not legal in JavaScript.
    return f"export const {name} = {text};\n".replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()


def name_assets(sources: Mapping[str, bytes]) -> tuple[dict[str, bytes], dict[str, str]]:
    """(path in the site -> bytes, plain name -> path in the site) of all assets. Raises SiteError on import rings."""
    files: dict[str, bytes] = {}
    names: dict[str, str] = {}
    waiting = dict(sorted(sources.items()))
    while waiting:
        ready = [name for name, data in waiting.items() if all(other in names for other in _imports(name, data))]
        if not ready:
            raise SiteError(f"assets import each other, or something that is not there: {', '.join(waiting)}")
        for name in ready:
            data = waiting.pop(name)
            if name.endswith(".js"):
                data = _IMPORT.sub(
                    lambda found: f'{found[1]}"./{names[found[2]].removeprefix("assets/")}"', data.decode()
                ).encode()
            names[name] = f"assets/{hashed_name(name, data)}"
            files[names[name]] = data
    return files, names


def needed_by(name: str, sources: Mapping[str, bytes]) -> list[str]:
    """The modules that ``name`` imports, and those they import: what a page may fetch at once instead of one by one."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        text = sources[waiting.pop()].decode()
        imported = {other for how, other in _IMPORT.findall(text) if not how.startswith("new")} - found
        found |= imported
        waiting += imported
    return sorted(found)


def _imports(name: str, data: bytes) -> set[str]:
    return {found[2] for found in _IMPORT.finditer(data.decode())} if name.endswith(".js") else set()
