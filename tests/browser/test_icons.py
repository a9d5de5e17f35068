"""The icons of an installed site: the mark as a browser draws it, whole in a circle, and found by both manifests."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Playwright

from tests.browser.icons import ASSETS, ICONS, draw

GROUND = (0x1D, 0x4F, 0x63, 255)


def opened(name: str) -> Image.Image:
    return Image.open(ASSETS / name).convert("RGBA")


def test_the_icons_are_the_mark_as_it_is_now(playwright: Playwright) -> None:
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
    for name in ICONS:
        drawn = Image.open(io.BytesIO(draw(browser, name))).convert("RGBA")
        kept = opened(name)
        assert kept.size == drawn.size == (ICONS[name][0],) * 2, name
        # Edges may be drawn a little differently by another release of the browser; the mark may not.
        counted = ImageChops.difference(kept, drawn).convert("L").point(lambda value: 255 if value > 48 else 0)
        assert sum(value > 0 for value in counted.tobytes()) <= 0.001 * kept.width**2, name
    browser.close()


@pytest.mark.parametrize("name", [name for name, (_, full) in ICONS.items() if full])
def test_what_a_platform_cuts_off_is_ground_alone(name: str) -> None:
    image = opened(name)
    radius, middle = 0.4 * image.width, (image.width - 1) / 2
    outside = {
        image.getpixel((x, y))
        for x in range(image.width)
        for y in range(image.width)
        if (x - middle) ** 2 + (y - middle) ** 2 > radius**2
    }
    assert outside == {GROUND}


def test_the_others_have_round_corners() -> None:
    for name, (pixels, full) in ICONS.items():
        corner = opened(name).getpixel((0, 0))
        assert corner == (GROUND if full else (0, 0, 0, 0)), (name, pixels)


@pytest.mark.parametrize("manifest", ["manifest.webmanifest", "manifest.en.webmanifest"])
def test_the_manifests_name_icons_that_are_there(site: Path, manifest: str) -> None:
    told = json.loads((site / manifest).read_text("utf-8"))["icons"]
    assert {(icon["purpose"], icon["sizes"]) for icon in told} == {
        (purpose, f"{pixels}x{pixels}") for purpose in ("any", "maskable") for pixels in (192, 512)
    } | {("any", "any")}
    kept = (site / "sw.js").read_text("utf-8").split("\n", 1)[0]
    for icon in told:
        data = (site / icon["src"]).read_bytes()
        if icon["type"] == "image/png":
            width, height = Image.open(io.BytesIO(data)).size
            assert icon["sizes"] == f"{width}x{height}"
        assert (icon["src"] in kept) is (icon["type"] != "image/png"), "a visitor keeps no icons: the platform does"


def test_pages_name_the_icon_of_a_home_screen(site: Path) -> None:
    page = (site / "index.html").read_text("utf-8")
    [path] = (site / "assets").glob("apple-touch-icon-*.png")
    assert f'<link rel="apple-touch-icon" href="./assets/{path.name}">' in page
