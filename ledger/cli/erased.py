"""What commands tell of erasures: the papers that name a holder, what became of them, who is left out since."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ledger.cli.terminal import Terminal

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of it
    from ledger.app.outputs import Papers, Taken

__all__ = ["held_only", "tell_papers", "tell_taken"]


def tell_papers(terminal: Terminal, papers: "Papers") -> None:
    """Tell what in outputs/ names a holder, and what will become of it."""
    for kind in ("lists", "joint", "own"):
        for path in getattr(papers, kind):
            terminal.result(terminal.texts(f"cli.erase.paper.{kind}", path=path))


def tell_taken(terminal: Terminal, taken: "Taken", again: str) -> None:
    """Tell what of others was deleted too, and what writes it again; `again` is the text that says so of lists."""
    for path in taken.joint:
        terminal.warning("cli.erase.joint_gone", path=path, folder=path.parent)
    for path in taken.lists:
        terminal.warning(again, path=path)


def held_only(terminal: Terminal, numbers: Iterable[tuple[str, bool]]) -> list[str]:
    """Return the numbers whose holders the register still has; say how many are left out."""
    known = list(numbers)
    left = [number for number, held in known if held]
    if len(left) < len(known):
        terminal.say("cli.erase.left_out", count=len(known) - len(left))
    return left
