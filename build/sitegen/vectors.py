"""A hook of mkdocs: spec/vectors.zip, the test vectors of the formats, for whoever writes another verifier.

Stored, not compressed, with one date and in order of names: the same bytes on every machine, whatever its zlib, because
a site is compared byte for byte with one built again (`ledger audit-site`). mkdocs loads this file by its path.
"""

import io
import zipfile
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

VECTORS = Path(__file__).resolve().parents[2] / "tests" / "vectors"
KINDS = {".bin", ".json", ".md", ".txt"}
PLACE = "spec/vectors.zip"
_DAY = (1980, 1, 1, 0, 0, 0)  # the first that a zip can say


def pack_vectors(folder: Path) -> bytes:
    """Return the archive of the vectors in ``folder``; names begin with vectors/. The programs beside them stay."""
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
