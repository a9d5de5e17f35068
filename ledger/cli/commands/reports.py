"""`ledger report`: how many valid certificates, by organisation, occupation, level, period and state.

`--exposure`: what somebody learns who copies the whole public folder.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.failures import DONE, USAGE, CommandError
from ledger.cli.session import Session
from ledger.cli.wide import table
from ledger.locales import Texts

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.home import Home
    from ledger.app.places import FolderPlace
    from ledger.app.replayed import Replayed
    from ledger.app.reports import Dimension, Report, Row
    from ledger.app.suppression import Shown
    from ledger.core.profile import Profile

__all__ = ["BY", "report"]

BY = ("organisation", "occupation", "level", "period", "state")


def report(
    session: Session, *, by: str | None, from_: str | None, to: str | None, out: Path | None, exposure: bool
) -> int:
    """Count the valid certificates that the published ledger holds; print tables, or write them to a workbook."""
    if exposure:
        if by or from_ or to or out:
            raise CommandError("cli.report.exposure.alone", code=USAGE)
        return _exposure(session)
    if from_ and to and to < from_:
        raise CommandError("cli.report.days", code=USAGE)
    if out is not None and out.exists():
        raise CommandError("cli.form.exists", code=USAGE, path=out)
    texts, result = session.texts, session.terminal.result
    with session.reading() as (home, _store):
        counted = _count(session, home, from_ or "", to or "")
    chosen: list[Dimension] = [name for name in counted.tables if by in (None, name)]
    if out is not None:
        _write(out, counted, chosen, texts)
        result(texts("cli.report.written", path=out))
        return DONE
    for line in _head(counted, texts):
        result(line)
    for name in chosen:
        result("")
        result(texts(f"cli.report.by.{name}"))
        rows = [[*_words(name, row, texts), _number(row.shown, texts)] for row in counted.tables[name]]
        for line in table(_header(name, texts), rows) if rows else [texts("cli.report.none")]:
            result(line)
    session.terminal.hint("cli.report.hidden")
    return DONE


def _exposure(session: Session) -> int:
    """Print what somebody learns who copies the whole public folder."""
    from ledger.app.exposure import measure_exposure
    from ledger.core.details import SIZES

    texts, result = session.texts, session.terminal.result
    with session.reading() as (home, _store):
        profiles, place, ledger = _published(home)
        found = measure_exposure(place, ledger, profiles, session.terminal.progress)
        preset = home.config.disclosure
    result(texts("cli.report.exposure.head", preset=preset, time=found.as_of))
    for name, count in (("facts", found.certificates), ("views", found.views), ("withdrawn", found.withdrawn)):
        result(texts(f"cli.report.exposure.{name}", count=f"{count:,}"))
    if found.details:
        large = sum(size > min(SIZES) for size in found.details)
        values = {"count": len(found.details), "large": large, "bytes": sum(found.details)}
        result(texts("cli.report.exposure.details", **{name: f"{value:,}" for name, value in values.items()}))
    result("")
    header = [texts(f"cli.report.exposure.column.{name}") for name in ("known", "period", "alone", "few")]
    rows = []
    for line in found.lines:
        of = found.views if line.known in ("surname", "both") else found.certificates
        words = (texts(f"cli.report.exposure.known.{line.known}"), texts(f"cli.report.exposure.period.{line.period}"))
        rows.append([*words, _share(line.alone, of), _share(line.few, of)])
    for shown in table(header, rows) if rows else [texts("cli.report.none")]:
        result(shown)
    session.terminal.hint("cli.report.exposure.meaning")
    if found.details:
        session.terminal.hint("cli.report.exposure.sealed")
    return DONE


def _share(count: int, of: int) -> str:
    return f"{count:,} ({100 * count / of:.1f} %)"


def _published(home: "Home") -> "tuple[dict[str, Profile], FolderPlace, Replayed]":
    from ledger.app.home import load_profiles
    from ledger.app.places import FolderPlace
    from ledger.app.replayed import replay_published
    from ledger.core.trust import parse_trust

    profiles, place = load_profiles(), FolderPlace(home.public)
    trust = parse_trust((home.public / "trust.json").read_bytes())
    return profiles, place, replay_published(place, trust, profiles)


def _count(session: Session, home: "Home", first: str, last: str) -> "Report":
    from ledger.app.reports import make_report, tally_certificates

    profiles, place, ledger = _published(home)
    progress = session.terminal.progress
    tally = tally_certificates(place, ledger, profiles, first=first, last=last, progress=progress)
    return make_report(tally, ledger.registry, profiles)


def _head(counted: "Report", texts: Texts) -> list[str]:
    """The lines above all tables: how many as of when, and of which days."""
    lines = [texts("cli.report.total", count=_number(counted.total, texts), time=counted.as_of)]
    if counted.first or counted.last:
        lines.append(texts("cli.report.issued", first=counted.first or "…", last=counted.last or "…"))
    return lines


def _header(name: "Dimension", texts: Texts) -> list[str]:
    with_code = name in ("organisation", "occupation", "level")
    return [*([texts("cli.report.code")] if with_code else []), texts(f"cli.report.{name}"), texts("cli.report.count")]


def _words(name: "Dimension", row: "Row", texts: Texts) -> list[str]:
    """The cells of a line before its count."""
    if name == "state":
        return [texts(f"cli.report.state.{row.key}")]
    if name == "period":
        return [f"  {row.zh}" if row.inner else row.zh]
    return [row.key, row.zh if texts.language == "zh" else row.en]


def _number(shown: "Shown", texts: Texts) -> str:
    return f"{shown:,}" if isinstance(shown, int) else texts(f"cli.report.{shown.value}")


def _write(out: Path, counted: "Report", chosen: "list[Dimension]", texts: Texts) -> None:
    """Write a sheet for each table, numbers as numbers."""
    from ledger.forms.tables import TableSheet, write_tables

    sheets = []
    for name in chosen:
        header = _header(name, texts)
        rows: list[list[str | int]] = []
        for row in counted.tables[name]:
            number = row.shown if isinstance(row.shown, int) else _number(row.shown, texts)
            rows.append([*_words(name, row, texts), number])
        title = texts(f"cli.report.by.{name}")
        above = [title, *_head(counted, texts), texts("cli.report.hidden")]
        sheets.append(TableSheet(texts(f"cli.report.{name}"), above, header, [18, 44, 14][-len(header) :], rows))
    write_tables(out, sheets)
