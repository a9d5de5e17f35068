"""`ledger append`: a roster, or a batch that its organisation signed."""

from pathlib import Path

from ledger.cli.commands.sealed import photos_in
from ledger.cli.failures import DONE, REFUSED, USAGE, CommandError
from ledger.cli.finding_list import count_errors, print_findings, print_warnings, refused_roster
from ledger.cli.session import Session

__all__ = ["append"]


def append(
    session: Session,
    *,
    roster: Path,
    org: str | None,
    plan: int | None,
    medium: str | None,
    issued: str | None,
    details: bool,
    photos: Path | None,
) -> int:
    """Append a roster or a batch; without --org the organisation is the one that the rows name."""
    from ledger.app.batch import begins_as_batch
    from ledger.app.home import load_profiles
    from ledger.app.roster import RosterRefused, append_roster

    if begins_as_batch(roster):
        given = {"--org": org, "--plan": plan, "--medium": medium, "--issued": issued, "--photos": photos}
        given["--details"] = details or None
        options = [name for name, value in given.items() if value is not None]
        if options:
            raise CommandError("cli.batch.options", code=USAGE, options=", ".join(options))
        return _append_batch(session, roster)
    if photos is not None and not details:
        raise CommandError("cli.append.photos", code=USAGE)
    pictures = None if photos is None else photos_in(photos)
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
                plan=plan,
                medium=medium,
                issued=issued or "",
                details=details,
                photos=pictures,
                progress=terminal.progress,
            )
        except RosterRefused as refused:
            return refused_roster(session, refused, roster)
    print_warnings(session, done.warnings)
    if done.again:
        terminal.say("cli.append.again")
    text = "cli.append.known" if done.again else "cli.append.done"
    terminal.result(texts(text, numbers=done.numbers, org=done.org, first=done.first, last=done.last))
    terminal.result(texts("cli.append.size", size=done.size, batch=done.batch[:16]))
    for path in done.outputs:
        terminal.result(f"  {path}")
    terminal.hint("cli.append.private")
    if details and not done.again:
        terminal.hint("cli.append.details")
    return DONE


def _append_batch(session: Session, batch: Path) -> int:
    from ledger.app.batch import BatchRefused, append_batch
    from ledger.app.home import load_profiles

    terminal, texts = session.terminal, session.texts
    passphrase = session.passphrase()
    with session.writing() as (home, store):
        keyring = session.keyring(home, passphrase)
        try:
            done = append_batch(
                home, store, keyring, batch, load_profiles(), now=session.now(), progress=terminal.progress
            )
        except BatchRefused as refused:
            print_findings(session, refused.findings)
            errors = count_errors(refused.findings)
            terminal.error(texts("cli.batch.refused", errors=errors, batch=batch.name))
            for path in refused.files:
                terminal.hint("cli.batch.findings", path=path)
            return REFUSED
    print_warnings(session, done.warnings)
    issued = done.kind == "certificates"
    text = f"cli.batch.{'known' if done.again else 'done'}{'' if issued else '.entries'}"
    values = {"batch": done.batch[:16], "numbers": done.numbers, "org": done.org}
    terminal.result(texts(text, first=done.first, last=done.last, **values))
    terminal.result(texts("cli.batch.size", size=done.size))
    if issued:
        terminal.hint("cli.batch.next")
    return DONE
