"""What this user's commands remember from one check to the next: so that no place takes back what it has shown."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.session import Session
from ledger.core.digest import sha256

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.core.trust import Trust

__all__ = ["Memory", "remember", "state_folder"]


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return where this user's programs keep what they remember."""
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "skill-ledger"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "skill-ledger"
    return Path(environment.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "skill-ledger"


class Memory:
    """The checkpoint seen last of one origin, and the trust known if it has custodians."""

    def __init__(self, session: Session, folder: Path, origin: str) -> None:
        self.session = session
        self.path = folder / f"{sha256(origin.encode()).hex()}.checkpoint"
        try:
            self.seen: bytes | None = self.path.read_bytes()
        except FileNotFoundError:
            self.seen = None
        except OSError as error:
            self.seen = None
            session.terminal.warning("cli.state.unreadable", path=self.path, detail=error.strerror)

    @property
    def known(self) -> "Trust | None":
        """The trust known before; what cannot be read was not known."""
        from ledger.core.errors import FormatError
        from ledger.core.trust import parse_trust

        try:
            return parse_trust(self.path.with_suffix(".trust").read_bytes())
        except (OSError, FormatError):
            return None

    def keep(self, note: bytes | None, trust: bytes | None = None) -> None:
        """Remember a checkpoint, if it is another, and a trust that has custodians."""
        if note is not None and note != self.seen:
            remember(self.session, self.path, note)
        if note is not None and trust is not None:
            remember(self.session, self.path.with_suffix(".trust"), trust)


def remember(session: Session, path: Path, data: bytes) -> None:
    """Write what is to be remembered; that it cannot be written is a warning, not a failure."""
    from ledger.publish.durable import WriteError, write_atomic

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data)
    except (OSError, WriteError) as error:
        session.terminal.warning("cli.state.unwritable", path=path, detail=error)
