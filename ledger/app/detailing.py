"""Sealed details (`ledger.core.details`): made at issue where the operator asks for them, opened with number and code.

The register keeps the files as they are published, so a photo is nowhere but in them: whoever has the holder's sealed
row, with the verification code in it, opens them, and a correction seals them anew under the new code.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ledger.app.holders import Holder
from ledger.app.home import Random
from ledger.app.places import Place
from ledger.core.checklist import Absent
from ledger.core.details import NONCE, Details, access_of, open_details, seal_details
from ledger.core.disclosure import private_disclosures
from ledger.core.errors import FormatError
from ledger.core.profile import Profile
from ledger.crypto.detailseal import seal, unseal
from ledger.forms.findings import Finding, Problem, make_finding
from ledger.forms.photos import find_photo
from ledger.forms.roster import Roster
from ledger.store.kept import DetailsRow

__all__ = ["Photos", "details_row", "fetch_details", "open_row_details", "take_photos"]


@dataclass(frozen=True, slots=True)
class Photos:
    """A folder of photos, and what makes one small; it raises FormatError for what is no picture."""

    folder: Path
    thumbnail: Callable[[bytes], bytes]


def take_photos(photos: Photos, roster: Roster, profile: Profile) -> tuple[list[bytes], list[Finding]]:
    """Return a thumbnail for each row, and a finding for each row whose photo is missing or no picture."""
    thumbnails, findings = [], []
    for row in roster.rows:
        file = find_photo(photos.folder, row.code, row.doc_no)
        try:
            thumbnails.append(b"" if file is None else photos.thumbnail(file.read_bytes()))
            problem = None if file is not None else Problem("photo.missing")
        except FormatError:
            problem = Problem("photo.unreadable")
        if problem is not None:
            findings.append(make_finding(problem, roster.place(row.row_number, "doc_no"), profile, row.doc_no))
    return thumbnails, findings


def details_row(seq: int, code: str, holder: Holder, photo: bytes, random: Random) -> DetailsRow:
    """Return the sealed details of a holder whose disclosures the entry `seq` commits to; `photo` b"" for none."""
    shown = tuple(private_disclosures(holder.verification_code, holder.fields()).values())
    path, data = seal_details(Details(code, shown, photo), holder.verification_code, random(NONCE), seal)
    return DetailsRow(seq, code, path, data)


def open_row_details(row: DetailsRow, verification_code: str) -> Details:
    """Return what is in details that the register keeps. Raises as `open_details`, and DetailsSealError."""
    return open_details(row.data, row.code, verification_code, unseal)


def fetch_details(place: Place, code: str, verification_code: str) -> Details | Absent:
    """Return the details that are published of a number; without the right code there are none.

    Raises as `open_row_details` for a file of that name which is another.
    """
    data = place.fetch(access_of(code, verification_code).path)
    return data if isinstance(data, Absent) else open_details(data, code, verification_code, unseal)
