"""Following: from the trust that was pinned once to the newest one that its custodians have decided on."""

from collections.abc import Generator

from ledger.app.places import Place
from ledger.core.checklist import Absent, Answers
from ledger.core.custody import follow
from ledger.core.errors import LedgerError
from ledger.core.trust import Trust
from ledger.crypto.pynacl_verify import verify

__all__ = ["FollowError", "follow_place"]


class FollowError(LedgerError):
    """The trust of a place cannot be followed; `unreachable`: only not now."""

    def __init__(self, problem: str, *, unreachable: bool = False) -> None:
        super().__init__(problem)
        self.unreachable = unreachable


def follow_place(place: Place, pinned: Trust) -> Trust:
    """Return the newest trust at `place` that follows `pinned`, step by step. Raises FollowError."""
    found: list[Trust | Absent] = []

    def run() -> Generator[tuple[str, ...], Answers, None]:
        found.append((yield from follow(pinned, verify)))

    asking = run()
    try:
        paths = next(asking, None)
        while paths is not None:
            answers = place.fetch_all(paths)
            try:
                paths = asking.send(answers)
            except StopIteration:
                paths = None
    except LedgerError as error:
        raise FollowError(f"{place.name}: an update of the trust may not follow what is pinned: {error}") from error
    [trust] = found
    if isinstance(trust, Absent):
        raise FollowError(f"{place.name}: an update of the trust cannot be read now", unreachable=True)
    return trust
