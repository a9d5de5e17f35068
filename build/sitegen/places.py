"""Where things lie: the authored sources in the repository, and the cache of what is expensive to make."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "site"
CORE = ROOT / "ledger"
RUNTIME = ROOT / "build" / "runtime"
MKDOCS = ROOT / "build" / "mkdocs.yml"


def cache_folder() -> Path:
    """LEDGER_CACHE when it is set, else ``.cache`` in the repository. Everything in it can be made again."""
    named = os.environ.get("LEDGER_CACHE")
    return Path(named) if named else ROOT / ".cache"
