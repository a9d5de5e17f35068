"""Sealed details on the command line: photos for `ledger append --photos`, opening for `ledger check --code-file`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.failures import COULD_NOT_CHECK, DONE, REFUSED, USAGE, CommandError
from ledger.cli.session import Session

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.detailing import Photos
    from ledger.app.places import Place
    from ledger.core.report import Report

__all__ = ["Opened", "differ", "open_sealed", "photos_in", "tell"]

_MAX_CODE_FILE = 4096  # bytes read of it


@dataclass(frozen=True, slots=True)
class Opened:
    """What came out of the sealed details; `problem` names why nothing did, and `code` is the exit code then."""

    disclosures: tuple[str, ...] = ()
    photo: bytes = b""
    problem: str = ""
    code: int = DONE


def photos_in(folder: Path) -> "Photos":
    """Return the photos in a folder. Raises CommandError where what makes them small is not installed."""
    from ledger.app.detailing import Photos

    try:
        from ledger.forms.thumbnail import thumbnail
    except ImportError as error:
        raise CommandError(
            "cli.append.photos.missing", "cli.append.photos.missing.hint", code=COULD_NOT_CHECK
        ) from error
    return Photos(folder, thumbnail)


def open_sealed(place: "Place", number: str, code_file: Path) -> Opened:
    """Open the details of a number with the verification code in a file. Raises CommandError if there is none in it."""
    from ledger.app.detailing import fetch_details
    from ledger.core.checklist import Absent
    from ledger.core.code import normalise_code
    from ledger.core.disclosure import parse_verification_code
    from ledger.core.errors import FormatError, LedgerError

    with code_file.open("rb") as stream:
        text = stream.read(_MAX_CODE_FILE)
    try:
        code = parse_verification_code(text.decode())
    except (FormatError, UnicodeDecodeError) as error:
        raise CommandError("cli.check.code_file", "cli.check.code_file.hint", code=USAGE, path=code_file) from error
    try:
        found = fetch_details(place, normalise_code(number), code)
    except LedgerError:
        return Opened(problem="damaged", code=COULD_NOT_CHECK)
    if isinstance(found, Absent):
        missing = found is Absent.MISSING
        return Opened(problem=found.name.lower(), code=REFUSED if missing else COULD_NOT_CHECK)
    return Opened(found.disclosures, found.photo)


def differ(report: "Report") -> bool:
    """Whether the record of today does not commit to what was disclosed: it is of an earlier record, or wrong."""
    return any((step.id, step.reason) == ("V12", "disclosure_differs") for step in report.steps)


def tell(session: Session, opened: Opened, report: "Report", photo: Path | None) -> int:
    """Say what came of opening the details, and write the photo into a file; return the exit code."""
    from ledger.publish.durable import write_atomic

    terminal = session.terminal
    if opened.problem:
        terminal.error(session.texts(f"cli.check.details.{opened.problem}"))
        return opened.code
    if "disclosed" not in report.sections:
        terminal.error(session.texts("cli.check.details.unproven"))
        return COULD_NOT_CHECK
    terminal.hint("cli.check.details.opened")
    if photo is not None and not opened.photo:
        terminal.error(session.texts("cli.check.details.no_photo"))
        return REFUSED
    if photo is not None:
        write_atomic(photo, opened.photo, private=True)
        terminal.say("cli.check.details.photo", path=photo)
    return DONE
