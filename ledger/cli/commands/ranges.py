"""`ledger range assign|list`: the certificate numbers that the registrar assigned to organisations."""

from ledger.cli.commands.filing import refused_filing
from ledger.cli.failures import DONE, CommandError
from ledger.cli.session import Session
from ledger.cli.wide import table

__all__ = ["assign", "list_"]


def assign(session: Session, *, org: str, first: str, last: str) -> int:
    """Assign the numbers `first` to `last` to an organisation."""
    from ledger.app.home import load_profiles
    from ledger.app.organisations import FilingRefused, assign_range

    passphrase = session.passphrase()
    with session.writing() as (home, store):
        keyring = session.keyring(home, passphrase)
        try:
            done = assign_range(home, store, keyring, load_profiles(), org, (first, last), now=session.now())
        except FilingRefused as refused:
            return refused_filing(session, refused)
    session.terminal.result(session.texts("cli.range.assigned", org=org, first=first, last=last, seq=done.seq))
    return DONE


def list_(session: Session, *, org: str | None) -> int:
    """List the ranges of all organisations, or of one."""
    from ledger.app.filing import read_registry

    with session.reading() as (_home, store):
        organisations = read_registry(store).organisations
    if org is not None and org not in organisations:
        raise CommandError("cli.org.unknown", "cli.org.unknown.hint", org=org)
    chosen = [one for code, one in sorted(organisations.items()) if org in (None, code)]
    rows = [[one.org, held.first, held.last, str(held.seq)] for one in chosen for held in one.ranges]
    if not rows:
        session.terminal.say("cli.range.none")
        return DONE
    header = [session.texts(f"cli.range.{name}") for name in ("org", "first", "last", "seq")]
    for line in table(header, rows):
        session.terminal.result(line)
    return DONE
