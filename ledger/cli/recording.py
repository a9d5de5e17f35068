"""What every command that records evidence of the workflow does around its own part."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ledger.cli.failures import REFUSED, CommandError
from ledger.cli.finding_list import print_findings
from ledger.cli.problems import in_words
from ledger.cli.session import Session
from ledger.core.errors import FormatError
from ledger.locales import Texts

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.evidence import Book, Piece
    from ledger.app.home import Home
    from ledger.app.notices import SheetRefused
    from ledger.core.profile import Profile
    from ledger.core.registry import Registry
    from ledger.core.workflow import Workflow
    from ledger.store import Store

__all__ = ["Ledger", "listed", "occupation_words", "record", "sheet_refused"]


class Ledger:
    """A ledger as it stands: home, register, profiles, and what its entries make."""

    def __init__(self, home: "Home", store: "Book") -> None:
        """Replay the registry and the workflow."""
        from ledger.app.evidence import read_workflow
        from ledger.app.home import load_profiles

        self.home, self.store = home, store
        self.profiles: Mapping[str, Profile] = load_profiles()
        self.registry: Registry
        self.workflow: Workflow
        self.registry, self.workflow = read_workflow(store, self.profiles)
        self.size = store.size()

    @property
    def register(self) -> "Store":
        """The register of the ledger. Raises CommandError in an organisation's own home, which has none."""
        from ledger.store import Store

        if not isinstance(self.store, Store):
            raise CommandError("cli.home.organisation", "cli.home.organisation.hint", folder=self.home.path)
        return self.store


def record(session: Session, make: "Callable[[Ledger], Sequence[Piece]]") -> list[int]:
    """Ask for the passphrase, sign and append (or write out) what `make` returns; return the seqs."""
    from ledger.app.evidence import record_evidence

    passphrase = session.passphrase()
    with session.recording() as (home, store):
        ledger = Ledger(home, store)
        keyring = session.keyring(home, passphrase)
        try:
            return record_evidence(home, store, keyring, make(ledger), ledger.profiles, now=session.now())
        except FormatError as error:
            raise CommandError("cli.workflow.form", problem=in_words(session.texts, error.reason)) from error


def sheet_refused(session: Session, refused: "SheetRefused") -> int:
    """Print why a sheet was refused; the exit code."""
    print_findings(session, refused.findings)
    errors = sum(finding.severity == "error" for finding in refused.findings)
    session.terminal.error(session.texts("cli.workflow.sheet", errors=errors))
    return REFUSED


def listed(texts: Texts, words: Iterable[object]) -> str:
    """Return several words or numbers as one list."""
    return texts("cli.list.separator").join(map(str, words))


def occupation_words(occupation: Mapping[str, str], texts: Texts) -> str:
    """Return an occupation with its job in words."""
    job = texts("cli.occupation.job", job=occupation["job"]) if "job" in occupation else ""
    return f"{occupation['name']}{job}"
