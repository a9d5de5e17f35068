"""The keys that a command trusts: those in a file of the user's, followed to the newest, or the place's own."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.failures import COULD_NOT_CHECK, REFUSED, CommandError
from ledger.cli.memory import remember, state_folder
from ledger.cli.session import Session
from ledger.core.digest import sha256

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.places import Place
    from ledger.core.trust import Trust

__all__ = ["pinned_trust"]


def pinned_trust(session: Session, place: "Place", file: Path | None) -> "Trust":
    """Return the pinned keys; those of the place itself when none are given, and say so."""
    from ledger.core.checklist import Absent
    from ledger.core.errors import FormatError
    from ledger.core.trust import parse_trust

    data = place.fetch("trust.json") if file is None else file.read_bytes()
    if isinstance(data, Absent):
        which = "missing" if data is Absent.MISSING else "unreachable"
        raise CommandError(f"cli.trust.{which}", f"cli.trust.{which}.hint", place=place.name)
    try:
        trust = parse_trust(data)
    except FormatError as error:
        raise CommandError("cli.trust.malformed", place=file or place.name, detail=error.reason) from error
    if file is not None:
        return _followed(session, place, data, trust)
    session.terminal.warning("cli.trust.own")
    session.terminal.hint("cli.trust.own.hint")
    return trust


def _followed(session: Session, place: "Place", pinned: bytes, trust: "Trust") -> "Trust":
    """Return the newest trust that follows the pinned one, and remember it: a place must not take it back."""
    from ledger.app.following import FollowError, follow_place
    from ledger.core.checklist import Absent
    from ledger.core.errors import FormatError
    from ledger.core.trust import format_trust, parse_trust

    kept = state_folder(session.environment) / f"{sha256(pinned).hex()}.trust"
    known = trust
    with suppress(OSError, FormatError):
        known = parse_trust(kept.read_bytes())
    try:
        newest = follow_place(place, known)
    except FollowError as error:
        if error.unreachable and place.fetch("head") is Absent.UNREACHABLE:
            return known  # nothing of this place can be had: which the check itself will say
        code = COULD_NOT_CHECK if error.unreachable else REFUSED
        raise CommandError("cli.trust.unfollowed", "cli.trust.unfollowed.hint", code=code, detail=error) from error
    if newest != trust:
        session.terminal.say("cli.trust.newer", before=trust.version, version=newest.version)
    if newest != known:
        remember(session, kept, format_trust(newest))
    return newest
