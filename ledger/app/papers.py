"""Papers: documents that an organisation keeps, and of which the ledger holds salted digests.

A digest is SHA-256 over 16 fresh random bytes and the file, base64url. The salt goes to outputs/papers/<digest>.json:
with it and the paper anybody can be shown what was filed, and without it a known paper cannot be looked for.
"""

from collections.abc import Mapping
from pathlib import Path

from ledger.app.home import Home, Random
from ledger.core.canonical import Value, format_canonical
from ledger.core.digest import sha256
from ledger.core.encoding import format_base64url
from ledger.publish.durable import write_atomic

__all__ = ["Papers", "keep_paper", "keep_salts"]


class Papers:
    """Papers of records in the making; `salts` is what `keep_salts` writes once they are known to be taken."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self.salts: dict[str, bytes] = {}

    def digest(self, paper: Path) -> str:
        """Return the salted digest of a paper. Raises OSError."""
        salt = self._random(16)
        digest = format_base64url(sha256(salt + paper.read_bytes()))
        kept: Value = {"digest": digest, "file": paper.name, "salt": format_base64url(salt)}
        self.salts[digest] = format_canonical(kept)
        return digest


def keep_salts(home: Home, salts: Mapping[str, bytes]) -> None:
    """Write the salts, durably: after the commit they could not be made again. Raises WriteError."""
    folder = home.outputs / "papers"
    for digest, data in salts.items():
        folder.mkdir(parents=True, exist_ok=True)
        write_atomic(folder / f"{digest}.json", data, private=True)


def keep_paper(home: Home, paper: Path, random: Random) -> str:
    """Return the salted digest of a paper whose salt is written at once. Raises OSError, WriteError."""
    papers = Papers(random)
    digest = papers.digest(paper)
    keep_salts(home, papers.salts)
    return digest
