"""`ledger append`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.failures import DONE, REFUSED
from ledger.cli.session import Session
from ledger.cli.wide import table

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.forms.findings import Finding

__all__ = ["append"]

_MOST = 200  # findings printed; the annotated copy shows all


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
            _print_findings(session, refused.findings)
            errors = sum(finding.severity == "error" for finding in refused.findings)
            terminal.error(texts("cli.append.refused", errors=errors, roster=roster.name))
            if refused.annotated is not None:
                terminal.hint("cli.append.annotated", path=refused.annotated)
            return REFUSED
    if done.warnings:
        _print_findings(session, done.warnings)
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


def _print_findings(session: Session, findings: Sequence["Finding"]) -> None:
    texts = session.texts
    header = [texts(f"cli.finding.{name}") for name in ("kind", "sheet", "row", "column", "value", "rule", "text")]
    rows = [
        [
            texts(f"cli.finding.{finding.severity}"),
            finding.sheet,
            str(finding.row or ""),
            finding.column,
            _value(session, finding.value_class),
            finding.rule,
            texts("cli.finding.line", text=getattr(finding, texts.language), source=finding.source),
        ]
        for finding in findings[:_MOST]
    ]
    for line in table(header, rows):
        session.terminal.result(line)
    if len(findings) > _MOST:
        session.terminal.result(texts("cli.finding.more", count=len(findings) - _MOST))


def _value(session: Session, value_class: str) -> str:
    """Return what kind of value a cell holds, in words; the value itself is never shown."""
    if value_class.startswith("text of "):
        return session.texts("cli.value.text", length=value_class.removeprefix("text of "))
    return session.texts.get(f"cli.value.{value_class}", value_class)
