"""Findings of a workbook on the terminal: where, by which rule, what to do. The values themselves are never shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.failures import REFUSED
from ledger.cli.session import Session
from ledger.cli.wide import table

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.intake import RosterRefused
    from ledger.forms.findings import Finding

__all__ = ["count_errors", "print_findings", "print_warnings", "refused_roster"]

_MOST = 200  # findings printed; the annotated copy shows all


def print_findings(session: Session, findings: Sequence["Finding"]) -> None:
    """Print findings as a table: place, kind of value, rule, text and source in the language of the run."""
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


def count_errors(findings: Sequence["Finding"]) -> int:
    """Return how many of the findings refuse the workbook."""
    return sum(finding.severity == "error" for finding in findings)


def refused_roster(session: Session, refused: "RosterRefused", roster: Path) -> int:
    """Say why a roster was refused and where the annotated copy is; return the exit code."""
    print_findings(session, refused.findings)
    session.terminal.error(
        session.texts("cli.append.refused", errors=count_errors(refused.findings), roster=roster.name)
    )
    if refused.annotated is not None:
        session.terminal.hint("cli.append.annotated", path=refused.annotated)
    return REFUSED


def print_warnings(session: Session, warnings: Sequence["Finding"]) -> None:
    """Print findings that do not refuse what was appended or signed, if there are any."""
    if warnings:
        print_findings(session, warnings)
        session.terminal.warning("cli.append.warnings", count=len(warnings))


def _value(session: Session, value_class: str) -> str:
    """Return what kind of value a cell holds, in words; the value itself is never shown."""
    if value_class.startswith("text of "):
        return session.texts("cli.value.text", length=value_class.removeprefix("text of "))
    return session.texts.get(f"cli.value.{value_class}", value_class)
