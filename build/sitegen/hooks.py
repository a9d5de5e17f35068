"""Hooks of mkdocs, which loads this file by its path: what the documentation has besides its sources.

spec/vectors.zip is the test vectors of the formats, for whoever writes another verifier: stored, not compressed, with
one date and in order of names. So it has the same bytes on every machine, whatever its zlib: a site is compared byte
for byte with one built again (`ledger audit-site`).

The end of each cell of a table is marked, so that the list for the search keeps cells apart; `sitegen.docs` takes the
marks out of the pages again. Examples can be reached with the keyboard: on a narrow screen they scroll.
"""

import io
import zipfile
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

VECTORS = Path(__file__).resolve().parents[2] / "tests" / "vectors"
KINDS = {".bin", ".json", ".md", ".txt"}
PLACE = "spec/vectors.zip"
CELL = "\u200b"  # a space without width: should one stay in a page, nobody sees it
_DAY = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say


def pack_vectors(folder: Path) -> bytes:
    """Return the archive of the vectors in ``folder``; names begin with vectors/. The programs beside them stay.

    Raises PluginError if there is no such folder, as in a copy of the sources without the tests.
    """
    if not folder.is_dir():
        raise PluginError(f"{folder} is not there: the documentation offers the test vectors for download")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
            if path.suffix in KINDS and path.is_file():
                entry = zipfile.ZipInfo(f"vectors/{path.relative_to(folder).as_posix()}", _DAY)
                entry.create_system, entry.external_attr = 3, 0o644 << 16
                archive.writestr(entry, path.read_bytes())
    return made.getvalue()


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the archive to the files of the documentation."""
    files.append(File.generated(config, PLACE, content=pack_vectors(VECTORS)))
    return files


def on_page_content(html: str, **_given: object) -> str:
    """Mark the ends of cells, and let the keyboard reach examples; the search plugin reads what is returned."""
    html = html.replace("<pre>", '<pre tabindex="0">')
    return html.replace("</td>", f"{CELL}</td>").replace("</th>", f"{CELL}</th>")
