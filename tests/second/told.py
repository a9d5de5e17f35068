"""What the second verifier is told besides a ledger: data, no code. It is tests/vectors/told.json, for others too.

    python -m tests.second.told > tests/vectors/told.json
    second tests/vectors/told.json trust.json public

The profiles as the browser's wheel carries them (the values of their files), the table of working days, and what the
specification lists: the characters that are refused, the surnames of two characters, the members of every type of
record.
"""

import json
import re
import sys
import tomllib
from pathlib import Path

from ledger.app.workdays import working_day_table

__all__ = ["told"]

ROOT = Path(__file__).resolve().parents[2]


def told() -> bytes:
    """Return the data as JSON."""
    profiles = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in (ROOT / "ledger/profiles").glob("*.toml")}
    value = {
        "bodies": _bodies(),
        "calendar": working_day_table(2020),
        "characters": _characters(),
        "profiles": profiles,
        "surnames": _surnames(),
    }
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _page(name: str) -> str:
    return (ROOT / "site/docs/spec" / f"{name}.md").read_text("utf-8")


def _characters() -> list[int]:
    """Return the code points that the specification refuses."""
    spans = [
        (int(a, 16), int(b or a, 16)) for a, b in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", _table("canonical"))
    ]
    return [point for first, last in spans for point in range(first, last + 1)]


def _table(name: str) -> str:
    """Return the last example of a page, without its language."""
    return _page(name).partition("## English")[0].split("```")[-2]


def _surnames() -> list[str]:
    """Return the compound surnames that the specification lists."""
    return _page("disclosure").partition("复姓是下列这些")[2].partition("：")[2].partition("。")[0].split()


def _bodies() -> dict[str, str]:
    """Return the table of types in the specification: "org reason into?" by type."""
    table = _page("record").partition("### Types\n")[2].partition("###")[0]
    bodies = {}
    for types, members in re.findall(r"^\| (`.*) \| .* \| .* \| (`.*) \|$", table, re.MULTILINE):
        for kind in re.findall(r"`([^`]+)`", types):
            bodies[kind] = " ".join(name + may for name, may in re.findall(r"`([^`]+)`(\??)", members))
    return bodies


if __name__ == "__main__":
    sys.stdout.buffer.write(told())
