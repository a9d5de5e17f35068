"""Themes: what a good one changes, and each way in which a bad one is refused."""

import struct
from html import unescape
from pathlib import Path

import pytest
from sitegen import build_site
from sitegen.errors import SiteError
from sitegen.theme import PAIRS, _own_colours, contrast, nearest, read_theme, theme_css

from tests.site.kit import REPOSITORY, SmallLedger

EXAMPLE = REPOSITORY / "site" / "docs" / "spec" / "theme-example.toml"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z" fill="#0a6b3d"/></svg>'


def refused(folder: Path, text: str, logo: bytes = SVG) -> str:
    (folder / "logo.svg").write_bytes(logo)
    (folder / "theme.toml").write_text(text, "utf-8")
    with pytest.raises(SiteError) as caught:
        read_theme(folder / "theme.toml")
    return str(caught.value)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


def test_our_own_colours_pass() -> None:
    for mode, colours in _own_colours().items():
        assert [(mode, pair) for pair in PAIRS if contrast(colours[pair[0]], colours[pair[1]]) < 4.5] == []


def test_the_nearest_colour_that_passes_is_near_and_passes() -> None:
    for colour, back in (
        ("#777777", "#ffffff"),
        ("#ffcc00", "#fffdf8"),
        ("#808080", "#808080"),
        ("#111111", "#000000"),
    ):
        better = nearest(colour, back)
        assert 4.5 <= contrast(better, back) < 4.75
    assert nearest("#000000", "#ffffff") == "#000000"


def test_a_failing_pair_is_named_with_its_ratio_and_a_colour_that_passes(tmp_path: Path) -> None:
    said = refused(tmp_path, '[colours.light]\naccent = "#66bb99"\n')
    assert "colours.light: accent #66bb99 on paper #f5f3ec has a contrast of 2.0" in said
    assert "needs 4.5" in said
    better = said.rsplit('"', 2)[1]
    (tmp_path / "theme.toml").write_text(f'[colours.light]\naccent = "{better}"\n', "utf-8")
    read_theme(tmp_path / "theme.toml")


def test_a_background_on_which_a_verdict_is_not_legible_is_refused(tmp_path: Path) -> None:
    said = refused(
        tmp_path, '[colours.light]\npaper = "#777777"\nink = "#000000"\nsoft = "#000000"\naccent = "#000000"\n'
    )
    assert "good #1c6345 on paper #777777" in said
    assert "the nearest paper that passes" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = [", "not a theme file"),
        ('verdicts = "pink"', "verdicts: no such key"),
        ('[colours.light]\ngood = "#000000"', "colours.light.good: not a colour that a theme sets"),
        ('[colours.light]\naccent = "red"', "colours.light.accent: not a colour"),
        ('[colours.light]\naccent = "#0A6B3D; background: url(x)"', "not a colour"),
        ('[colours.print]\naccent = "#000000"', "colours.print: no such table"),
        ('name = "x"', "name: not a table"),
        ('[name]\nzh = "甲"', "name: not in both languages"),
        ('[name]\nzh = "全国证书查询"\nen = "X"', "sounds like an authority"),
        ('[name]\nzh = "甲"\nen = "National lookup"', "sounds like an authority"),
        ('[name]\nzh = ""\nen = "X"', "name.zh: not one line"),
        ('[name]\nzh = "甲\\u202e"\nen = "X"', "name.zh: not one line"),
        ('[footer]\nzh = ["见 https://elsewhere.example"]\nen = ["x"]', "footer.zh: holds an address"),
        ('[footer]\nzh = ["见 www.x"]\nen = ["x"]', "footer.zh: holds an address"),
        ('[footer]\nzh = []\nen = ["x"]', "footer.zh: not a list"),
        ('[footer]\nzh = ["1","2","3","4"]\nen = ["x"]', "footer.zh: not a list"),
        ('logo = "../logo.svg"', "logo: not the name of a file"),
        ('logo = "https://elsewhere.example/x.svg"', "logo: not the name of a file"),
        ('logo = "none.svg"', "logo: cannot be read"),
    ],
)
def test_what_a_theme_cannot_do(tmp_path: Path, text: str, said: str) -> None:
    told = refused(tmp_path, text)
    assert said in told
    assert "theme.toml" in told


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        '<path onload="alert(1)"/>',
        '<image href="https://elsewhere.example/x.png"/>',
        '<use href="#a"/>',
        "<style>path{}</style>",
        '<path style="fill:url(//x)"/>',
        '<path fill="url(https://elsewhere.example)"/>',
        '<path fill="url( #a )"/>',
        '<a href="x"/>',
        "<foreignObject/>",
        '<animate attributeName="d"/>',
        '<g xmlns="http://www.w3.org/1999/xhtml"/>',
        '<x:path xmlns:x="http://www.w3.org/1999/xhtml"/>',
        "<?xml-stylesheet href='x'?>",
        "<path",
    ],
)
def test_a_logo_is_shapes_and_nothing_else(tmp_path: Path, inner: str) -> None:
    assert "logo: " in refused(tmp_path, 'logo = "logo.svg"', SVG.replace(b"</svg>", inner.encode() + b"</svg>"))


def test_other_logos_that_are_refused(tmp_path: Path) -> None:
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 5000, 10) + bytes(20)
    for logo in (png, png[:20], b"GIF89a", b"", b"<g/>", b"<!DOCTYPE svg>" + SVG, SVG + b" " * 70_000):
        assert "logo: " in refused(tmp_path, 'logo = "logo.svg"', logo)


def test_a_gradient_and_a_small_png_are_taken(tmp_path: Path) -> None:
    drawn = b'<linearGradient id="a"><stop offset="0" stop-color="rgb(1,2,3)"/></linearGradient><path fill="url(#a)"/>'
    (tmp_path / "theme.toml").write_text('logo = "logo.svg"', "utf-8")
    (tmp_path / "logo.svg").write_bytes(SVG.replace(b"</svg>", drawn + b"</svg>"))
    logo = read_theme(tmp_path / "theme.toml").logo
    assert logo is not None
    assert logo[0] == "logo.svg"
    (tmp_path / "logo.svg").write_bytes(b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 64, 64) + bytes(20))
    logo = read_theme(tmp_path / "theme.toml").logo
    assert logo is not None
    assert logo[0] == "logo.png"


def test_the_example_dresses_the_site_and_hides_nothing(small: SmallLedger, tmp_path: Path) -> None:
    build_site(small.public, tmp_path / "site", theme=EXAMPLE, docs=False)
    look = read_theme(EXAMPLE)
    for place, language in (("index.html", "zh"), ("en/organisations/index.html", "en"), ("many/index.html", "zh")):
        page = unescape((tmp_path / "site" / place).read_text("utf-8"))
        assert f"<span>{look.name[language]}</span>" in page
        assert look.footer[language][0] in page
        assert "本站不是国家查询系统" in page or "not the national lookup" in page
        assert page.index("page-") < page.index("theme-")
    [css] = (tmp_path / "site" / "assets").glob("theme-*.css")
    assert css.read_bytes() == theme_css(look)
    assert b"url" not in css.read_bytes()
    assert len(list((tmp_path / "site" / "assets").glob("logo-*.svg"))) == 1


def test_a_theme_that_is_refused_leaves_the_site_as_it_was(small: SmallLedger, tmp_path: Path) -> None:
    (tmp_path / "theme.toml").write_text("x = 1", "utf-8")
    with pytest.raises(SiteError, match="no such key"):
        build_site(small.public, tmp_path / "site", theme=tmp_path / "theme.toml", docs=False)
    assert not (tmp_path / "site").exists()
