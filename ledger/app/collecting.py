"""Collecting: the organisation finds its batches in the public folder, and writes the papers that it kept for them.

What the register keeps of a certificate is sealed: the verification code and the whole row of the roster, bound to
roster and number. A batch is recognised by its numbers and by the digests that commit to these very holders.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from ledger.app.issuing import write_papers
from ledger.app.joining import OrganisationHome
from ledger.app.learning import Known, learn
from ledger.app.opening import DATA_KEY
from ledger.app.places import Place
from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.encoding import local_date, parse_time
from ledger.core.profile import Profile
from ledger.core.record import Record, parse_record
from ledger.crypto.keyring import Keyring
from ledger.crypto.rowseal import RowSealer
from ledger.forms.filled import CodeRow
from ledger.forms.roster import RosterRow
from ledger.store.holdings import ACCEPTED, Holding, Holdings, SignedBatch

__all__ = ["Collected", "Progress", "collect", "collect_known", "learn_own", "open_row", "record_of", "seal_row"]

Progress = Callable[[str, int, int], None]  # phase, done, total
_EXTRA = RosterRow._fields.index("extra")


@dataclass(frozen=True, slots=True)
class Collected:
    """A batch that was found in the ledger, and the papers written for it. `new`: it was not known before."""

    batch: str
    numbers: int
    first: str
    last: str
    outputs: list[Path]
    new: bool


def seal_row(sealer: RowSealer, digest: str, code: str, verification_code: str, row: RosterRow) -> bytes:
    """Return a row of the roster `digest` (hex) sealed with its verification code, bound to both and to the number."""
    extra: list[Value] = [[name, text] for name, text in row.extra]
    texts = cast("tuple[str, ...]", (*row[1:_EXTRA], row.title))
    value: list[Value] = [verification_code, row.row_number, [*texts], extra]
    return sealer.seal(f"{digest}/{code}".encode(), format_canonical(value))


def open_row(sealer: RowSealer, digest: str, held: Holding) -> tuple[str, RosterRow]:
    """Return the verification code and the row of a certificate, its number filled in. Raises RowSealError."""
    value = parse_canonical(sealer.open(f"{digest}/{held.code}".encode(), cast("bytes", held.sealed)), "sealed row")
    code, number, texts, extra = cast("tuple[str, int, list[str], list[list[str]]]", value)
    carried = tuple((name, text) for name, text in extra)
    return code, RosterRow._make((number, *texts[:-1], carried, texts[-1]))._replace(code=held.code)


def collect(
    home: OrganisationHome,
    register: Holdings,
    keyring: Keyring,
    place: Place,
    profiles: Mapping[str, Profile],
    *,
    progress: Progress = lambda *_: None,
) -> list[Collected]:
    """Find the organisation's batches in the ledger at `place` and write their papers.

    Raises PlaceError, StoreError, WriteError.
    """
    known = learn_own(home, register, place, profiles, progress)
    return collect_known(home, register, keyring, known, profiles, again=True)


def learn_own(
    home: OrganisationHome, register: Holdings, place: Place, profiles: Mapping[str, Profile], progress: Progress
) -> Known:
    """Read the ledger at `place`, look for the organisation's batches, and remember the checkpoint."""
    digests = {batch.digest.hex() for batch in register.batches()}
    trust = home.followed(place).trust
    known = learn(place, trust, profiles, home.org, seen=home.seen, batches=digests, progress=progress)
    home.keep_seen(known.note)
    return known


def collect_known(
    home: OrganisationHome,
    register: Holdings,
    keyring: Keyring,
    known: Known,
    profiles: Mapping[str, Profile],
    *,
    again: bool = False,
) -> list[Collected]:
    """Recognise what was appended; `again`: write the papers of what was recognised before, too."""
    sealer = RowSealer(keyring.data_key(DATA_KEY))
    collected = []
    for batch in register.batches():
        issues = known.appended.get(batch.digest.hex(), [])
        rows = register.holdings(batch.digest) if issues else []
        if not issues or not _same(rows, [body for _, body in issues]):
            continue
        new = batch.state != ACCEPTED
        if new or again:
            day = local_date(parse_time(issues[0][0], "time")).isoformat()
            outputs = _papers(home, sealer, batch, rows, profiles, day)
            collected.append(Collected(batch.digest.hex(), len(rows), rows[0].code, rows[-1].code, outputs, new))
        if new:  # after the papers: killed before, the next run writes them
            with register.transaction():
                register.set_state(batch.digest, ACCEPTED)
    return collected


def _same(rows: Sequence[Holding], bodies: Sequence[Mapping[str, Value]]) -> bool:
    """Whether the ledger has these certificates: their numbers, and the digests that commit to these holders."""
    ours = [(row.code, record_of(row).body["disclosures"]) for row in rows]
    return ours == [(body["code"], body["disclosures"]) for body in bodies]


def _papers(
    home: OrganisationHome,
    sealer: RowSealer,
    batch: SignedBatch,
    held: Sequence[Holding],
    profiles: Mapping[str, Profile],
    day: str,
) -> list[Path]:
    digest = batch.digest.hex()
    opened = [open_row(sealer, digest, row) for row in held if row.sealed is not None]
    if not opened:  # all of them were erased
        return []
    codes = [CodeRow(row.code, row.name, code) for code, row in opened]
    return write_papers(home.outputs / digest[:16], profiles[batch.profile], [row for _, row in opened], codes, day)


def record_of(row: Holding) -> Record:
    """Return the record of a certificate as it was signed last."""
    return parse_record(parse_canonical(row.record, "record"))
