"""`ledger audit-site`: a published site held against one built anew from the ledger it publishes."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.commands.publishing import sitegen
from ledger.cli.failures import COULD_NOT_CHECK, DONE, REFUSED, CommandError
from ledger.cli.pinning import pinned_trust
from ledger.cli.session import Session
from ledger.cli.show import audit_lines

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.places import Place

__all__ = ["audit_site"]

_CODES = {"verified": DONE, "not_verified": REFUSED, "not_checked": COULD_NOT_CHECK}
_MOST = 50  # paths printed of one kind


def audit_site(session: Session, *, place: str, trust: Path | None, theme: Path | None, jobs: int | None) -> int:
    """Audit the ledger of a site, build the site again from it, and compare every byte."""
    from ledger import __version__
    from ledger.app.home import load_profiles
    from ledger.app.mirroring import mirror
    from ledger.app.places import open_place
    from ledger.core.encoding import parse_date

    session.failing = COULD_NOT_CHECK
    generator, root, opened = sitegen(), _root(place), open_place(place)
    about = root.fetch(generator.compare.ABOUT)
    if not isinstance(about, bytes):
        raise CommandError("cli.audit_site.none", "cli.audit_site.none.hint", place=place)
    told = generator.compare.read_about(about)
    if told.version != __version__:
        raise CommandError(
            "cli.audit_site.version", "cli.audit_site.version.hint", theirs=told.version, ours=__version__
        )
    pinned = pinned_trust(session, opened, trust)
    with tempfile.TemporaryDirectory() as scratch:
        public, site = Path(scratch, "public"), Path(scratch, "site")
        processes = jobs or os.cpu_count() or 1
        now, progress = session.now(), session.terminal.progress
        audit = mirror(opened, pinned, load_profiles(), public, now=now, jobs=processes, progress=progress)
        for line in audit_lines(audit, session.texts):
            session.terminal.result(line)
        if audit.verdict != "verified":
            session.terminal.hint("cli.audit_site.ledger")
            return _CODES[audit.verdict]

        def say(line: str) -> None:
            session.terminal.line(session.texts.get(f"cli.site.{line}", line))

        generator.build_site(public, site, day=parse_date(told.day, "day"), theme=theme, progress=say)
        found = generator.compare.compare_site(root, site)
    texts, result = session.texts, session.terminal.result
    result(texts(f"cli.audit_site.{found.verdict}", count=found.files, day=told.day, version=told.version))
    for kind in ("differs", "missing", "unknown", "unreachable", "signed"):
        paths: list[str] = getattr(found, kind)
        if paths:
            result(texts(f"cli.audit_site.{kind}", count=len(paths)))
            for path in paths[:_MOST]:
                result(f"    {path}")
    if found.verdict == "not_verified":
        session.terminal.hint("cli.audit_site.not_verified.hint")
    return _CODES[found.verdict]


def _root(place: str) -> "Place":
    """Return the site itself, where `open_place` gives the public folder in it."""
    from ledger.app.places import FolderPlace, UrlPlace

    return UrlPlace(place) if place.startswith(("http://", "https://")) else FolderPlace(Path(place))
