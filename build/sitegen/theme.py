"""Themes: an issuer's own name, colours, logo and footer, from a TOML file; each pair of colours legible, or no build.

What a theme cannot do: change the colours of verdicts or what they mean, hide that this is not the national lookup,
take the name of an authority, or bring in an address of another site. See site/docs/spec/theme.md.

Contrast is that of WCAG 2.2 (1.4.3): 4.5 for text. The verdicts' colours are fixed, so they are held against the
backgrounds of the theme. Where a pair fails, the error names it, its ratio, and the nearest colour that passes.
"""

import re
import struct
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from xml.parsers import expat

from sitegen.errors import SiteError
from sitegen.places import SITE
from sitegen.texts import Catalogue

__all__ = ["Theme", "contrast", "named", "nearest", "read_theme", "theme_css"]

MODES = ("light", "dark")
COLOURS = ("paper", "sheet", "ink", "soft", "line", "accent", "on_accent")
VERDICTS = ("good", "warn", "bad", "neutral")
LEGIBLE = 4.5
PAIRS = (
    *((text, back) for text in ("ink", "soft", "accent", *VERDICTS) for back in ("paper", "sheet")),
    ("on_accent", "accent"),
    *(("ink", f"{verdict}_wash") for verdict in VERDICTS),
)
MOST = {"name": 24, "line": 120, "lines": 3, "logo": 64 << 10, "pixels": 1024}
# Names of, and words for, the authorities and their lookup: no site may pass for it.
_OFFICIAL = re.compile(
    r"国家|全国|人社|人力资源|社会保障|中华人民共和国|政府|osta|mohrss|ministry|national|official", re.IGNORECASE
)
_ADDRESS = re.compile(r"://|www\.|[a-z0-9-]+\.(?:com|cn|net|org|gov|edu|io|top|xyz)\b", re.IGNORECASE)
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_VARIABLE = re.compile(r"--([a-z-]+): (#[0-9a-f]{3,6});")
_DRAWN = frozenset(
    (
        *("svg", "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon", "title", "desc", "defs"),
        *("linearGradient", "radialGradient", "stop"),
    )
)
_ATTRIBUTES = re.compile(
    r"xmlns|id|d|points|transform|viewBox|width|height|[xyr]|[cfr][xy]|[xy][12]|fr|offset|opacity|gradient(?:Units|Transform)|"
    r"fill(?:-rule|-opacity)?|stroke(?:-width|-linecap|-linejoin|-opacity|-miterlimit)?|stop-(?:color|opacity)|preserveAspectRatio"
)
_VALUE = re.compile(r"url\(#[A-Za-z][\w-]{0,40}\)|(?!.*url)[\w .,#%()+-]*", re.ASCII)
_SVG = "http://www.w3.org/2000/svg"


@dataclass(frozen=True, slots=True)
class Theme:
    """What a theme file says, checked. ``logo`` is (name of the asset, bytes); absent things are empty."""

    name: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    logo: tuple[str, bytes] | None = None
    footer: Mapping[str, list[str]] = field(default_factory=dict)


def read_theme(path: Path) -> Theme:
    """Read and check a theme. Raises SiteError, which names the file, the key, the rule and what to do."""
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SiteError(f"{path}: not a theme file: {error}") from error
    for key in values.keys() - {"name", "colours", "logo", "footer"}:
        raise _error(
            path, key, "no such key", "a theme has name, colours, logo and footer; verdicts keep their colours"
        )
    for key in ("name", "colours", "footer"):
        if not isinstance(values.get(key, {}), dict):
            raise _error(path, key, "not a table", f"write [{key}] and its keys below it")
    return Theme(
        _names(path, values.get("name", {})),
        _colours(path, values.get("colours", {})),
        _logo(path, values["logo"]) if "logo" in values else None,
        _footer(path, values.get("footer", {})),
    )


def _error(path: Path, key: str, problem: str, remedy: str) -> SiteError:
    return SiteError(f"{path}: {key}: {problem}\nhint: {remedy}")


# -- words -----------------------------------------------------------------------------------------------------------


def _text(path: Path, key: str, value: object, most: int) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > most or not value.isprintable():
        raise _error(path, key, f"not one line of 1 to {most} characters", "shorten it")
    if _ADDRESS.search(value):
        raise _error(path, key, "holds an address", "no address of another site gets in: leave it out")
    return value.strip()


def _both(path: Path, key: str, values: Mapping[str, object]) -> None:
    if values and values.keys() != {"zh", "en"}:
        raise _error(path, key, "not in both languages", "give zh and en, and nothing else")


def _names(path: Path, values: Mapping[str, object]) -> dict[str, str]:
    _both(path, "name", values)
    names = {language: _text(path, f"name.{language}", value, MOST["name"]) for language, value in values.items()}
    for language, name in names.items():
        if _OFFICIAL.search(name):
            raise _error(
                path, f"name.{language}", "sounds like an authority or the national lookup", "use your own name"
            )
    return names


def _footer(path: Path, values: Mapping[str, object]) -> dict[str, list[str]]:
    _both(path, "footer", values)
    for language, lines in values.items():
        if not isinstance(lines, list) or not 1 <= len(lines) <= MOST["lines"]:
            raise _error(path, f"footer.{language}", f"not a list of 1 to {MOST['lines']} lines", "shorten it")
    return {
        language: [_text(path, f"footer.{language}", line, MOST["line"]) for line in cast("list[object]", lines)]
        for language, lines in values.items()
    }


def named(catalogue: Catalogue, name: str) -> Catalogue:
    """The catalogue in which the site is called ``name``."""
    old = catalogue["site.name"]
    changed = {"site.name": name, "page.title": catalogue["page.title"].replace(old, name)}
    return Catalogue({**catalogue, **changed})


# -- colours ---------------------------------------------------------------------------------------------------------


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours #rrggbb, 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _parts(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour[1:]))


def _luminance(colour: str) -> float:
    linear = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in _parts(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def nearest(colour: str, back: str, ratio: float = LEGIBLE) -> str:
    """The colour next to ``colour``, towards black or white, that reaches ``ratio`` on ``back``."""
    for step in range(257):
        for end in (0, 255):
            mixed = bytes(round(part + (end - part) * step / 256) for part in _parts(colour))
            if contrast(f"#{mixed.hex()}", back) >= ratio:
                return f"#{mixed.hex()}"
    raise AssertionError("black or white reaches 4.5 on any colour")


def _own_colours() -> dict[str, dict[str, str]]:
    """The colours of page.css; those of the light mode stand first."""
    light, dark = (SITE / "assets" / "page.css").read_text("utf-8").split("@media (prefers-color-scheme: dark)", 1)
    found = {"light": _VARIABLE.findall(light), "dark": _VARIABLE.findall(dark.split("}", 1)[0])}
    return {mode: {name.replace("-", "_"): colour for name, colour in pairs} for mode, pairs in found.items()}


def _colours(path: Path, values: Mapping[str, object]) -> dict[str, dict[str, str]]:
    own = _own_colours()
    given: dict[str, dict[str, str]] = {}
    for mode, table in values.items():
        if mode not in MODES or not isinstance(table, dict):
            raise _error(
                path, f"colours.{mode}", "no such table", "colours are given in [colours.light] and [colours.dark]"
            )
        for key, colour in table.items():
            if key not in COLOURS:
                remedy = f"a theme sets {', '.join(COLOURS)}; verdicts keep their colours"
                raise _error(path, f"colours.{mode}.{key}", "not a colour that a theme sets", remedy)
            if not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
                raise _error(path, f"colours.{mode}.{key}", "not a colour", 'write it as "#1d4f63", in lower case')
        given[mode] = cast("dict[str, str]", table)
    for mode, table in given.items():
        colours = own[mode] | table
        for text, back in PAIRS:
            ratio = contrast(colours[text], colours[back])
            if ratio < LEGIBLE:
                changed = text if text in COLOURS else back
                better = nearest(colours[changed], colours[back if changed == text else text])
                pair = f"{text} {colours[text]} on {back} {colours[back]}"
                problem = f"{pair} has a contrast of {ratio:.2f}, and needs {LEGIBLE}"
                raise _error(path, f"colours.{mode}", problem, f'the nearest {changed} that passes is "{better}"')
    return given


def theme_css(theme: Theme) -> bytes:
    """The style sheet that follows page.css. Print and high contrast stay as they are there."""
    lines = ["/* Made by ledger build from the theme file. */"]
    for mode, table in theme.colours.items():
        names = "".join(f" --{name.replace('_', '-')}: {colour};" for name, colour in sorted(table.items()))
        lines.append(f"@media screen and (prefers-contrast: no-preference) and (prefers-color-scheme: {mode}) {{")
        lines.append(f"  :root {{{names} }}\n}}")
    return ("\n".join(lines) + "\n").encode()


# -- logo ------------------------------------------------------------------------------------------------------------


def _logo(path: Path, value: object) -> tuple[str, bytes]:
    if not isinstance(value, str) or "/" in value or "\\" in value:
        raise _error(path, "logo", "not the name of a file beside the theme", "put the logo beside it")
    try:
        data = (path.parent / value).read_bytes()
    except OSError as error:
        raise _error(path, "logo", f"cannot be read: {error.strerror}", "put the logo beside the theme") from error
    if len(data) > MOST["logo"]:
        raise _error(path, "logo", f"larger than {MOST['logo']} bytes", "make it smaller")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        size = struct.unpack(">II", data[16:24]) if data[12:16] == b"IHDR" and len(data) > 24 else (0, 0)
        if not all(1 <= side <= MOST["pixels"] for side in size):
            raise _error(path, "logo", f"not a PNG of 1 to {MOST['pixels']} pixels a side", "make it smaller")
        return "logo.png", data
    _check_svg(path, data)
    return "logo.svg", data


def _check_svg(path: Path, data: bytes) -> None:
    """Refuse an SVG that is more than shapes: nothing is taken out in silence."""

    def start(tag: str, values: Mapping[str, str]) -> None:
        roots.append(tag)
        if tag not in _DRAWN or roots[0] != "svg":
            raise _error(
                path, "logo", f"the SVG has a {tag[:20]!r}", "shapes and gradients only: convert texts to paths"
            )
        for key, value in values.items():
            plain = value == _SVG if key == "xmlns" else _VALUE.fullmatch(value.strip().replace("\n", " "))
            if not _ATTRIBUTES.fullmatch(key) or not plain:
                raise _error(path, "logo", f"the SVG has the attribute {key[:20]!r} of {tag}", "save it as a plain SVG")

    def refuse(*_: object) -> None:
        raise _error(path, "logo", "the SVG declares a document type or an instruction", "save it as a plain SVG")

    roots: list[str] = []
    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    parser.ProcessingInstructionHandler = refuse
    try:
        parser.Parse(data, True)  # noqa: FBT003 - expat names it in no other way
    except expat.ExpatError as error:
        raise _error(path, "logo", "neither PNG nor SVG", "save it as one of them") from error
