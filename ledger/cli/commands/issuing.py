"""`ledger append`."""

from pathlib import Path

from ledger.cli.failures import DONE, REFUSED
from ledger.cli.finding_list import print_findings
from ledger.cli.session import Session

__all__ = ["append"]


def append(session: Session, *, roster: Path, org: str | None) -> int:
    """Append a roster; without --org the organisation is the one that the rows name."""
    from ledger.app.home import load_profiles
    from ledger.app.roster import RosterRefused, append_roster

    terminal, texts = session.terminal, session.texts
    passphrase = session.passphrase()
    with session.writing() as (home, store):
        try:
            done = append_roster(
                home,
                store,
                session.keyring(home, passphrase),
                roster,
                load_profiles(),
                org=org,
                now=session.now(),
                random=session.random,
                progress=terminal.progress,
            )
        except RosterRefused as refused:
            print_findings(session, refused.findings)
            errors = sum(finding.severity == "error" for finding in refused.findings)
            terminal.error(texts("cli.append.refused", errors=errors, roster=roster.name))
            if refused.annotated is not None:
                terminal.hint("cli.append.annotated", path=refused.annotated)
            return REFUSED
    if done.warnings:
        print_findings(session, done.warnings)
        terminal.warning("cli.append.warnings", count=len(done.warnings))
    if done.again:
        terminal.say("cli.append.again")
    text = "cli.append.known" if done.again else "cli.append.done"
    terminal.result(texts(text, numbers=done.numbers, org=done.org, first=done.first, last=done.last))
    terminal.result(texts("cli.append.size", size=done.size, batch=done.batch[:16]))
    for path in done.outputs:
        terminal.result(f"  {path}")
    terminal.hint("cli.append.private")
    return DONE
