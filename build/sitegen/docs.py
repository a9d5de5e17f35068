"""The documentation pages, through mkdocs, in our own theme: its stock theme needs inline scripts, which the policy forbids."""

import logging
import shutil
import tempfile
from pathlib import Path

from mkdocs.commands.build import build
from mkdocs.config import load_config

from sitegen.errors import SiteError
from sitegen.places import MKDOCS, ROOT

THEME = ROOT / "build" / "docs_theme"
# Carry the day of the build, and a static folder needs neither.
_DATED = ("sitemap.xml", "sitemap.xml.gz")


def build_docs(target: Path) -> None:
    """Build the documentation into ``target`` (which must not exist). Raises SiteError when a page or a link is broken."""
    logging.getLogger("mkdocs").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "docs"
        try:
            config = load_config(
                str(MKDOCS), site_dir=str(made), theme={"name": None, "custom_dir": str(THEME)}, plugins=[], strict=True, site_url="",
            )
            build(config)
        except (Exception, SystemExit) as error:  # noqa: BLE001 mkdocs raises click exceptions, Abort and plain ones
            raise SiteError(f"the documentation was not built: {error}") from error
        for name in _DATED:
            (made / name).unlink(missing_ok=True)
        shutil.move(str(made), str(target))
