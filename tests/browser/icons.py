"""The icons of an installed site, drawn from the mark, and kept as files: no library that the build has can draw them.

    .venv/bin/python -m tests.browser.icons      draws them again into site/assets, after the mark has changed

The files are compared with what a browser draws of the mark (test_icons.py). A platform may cut a maskable icon to any
shape, down to a circle of four fifths of its width: so the mark stands smaller there, on a ground without corners, as
it does on an apple-touch-icon, whose corners are rounded by the platform.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

__all__ = ["ASSETS", "ICONS", "draw"]

ASSETS = Path(__file__).resolve().parents[2] / "site" / "assets"
# name -> (pixels, whether the ground fills the square)
ICONS: Mapping[str, tuple[int, bool]] = {
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "icon-maskable-192.png": (192, True),
    "icon-maskable-512.png": (512, True),
    "apple-touch-icon.png": (180, True),
}
_SMALLER = '<g transform="translate(3.2 3.2) scale(0.8)">'


def draw(browser: Browser, name: str) -> bytes:
    """The icon as a PNG."""
    pixels, full = ICONS[name]
    mark = (ASSETS / "mark.svg").read_text("utf-8")
    if full:
        mark = re.sub(r'(<rect[^>]*) rx="7"([^>]*>)(.*)</svg>', rf"\1\2{_SMALLER}\3</g></svg>", mark)
        assert _SMALLER in mark
    page = browser.new_page(viewport={"width": pixels, "height": pixels})
    page.set_content(f"<style>body {{ margin: 0; }} svg {{ display: block; width: {pixels}px; }}</style>{mark}")
    drawn = page.screenshot(omit_background=True)
    page.close()
    return drawn


if __name__ == "__main__":
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for icon in ICONS:
            (ASSETS / icon).write_bytes(draw(chromium, icon))
        chromium.close()
