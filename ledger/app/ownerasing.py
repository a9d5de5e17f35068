"""Own erasing: holders' data erased for ever on an organisation's own machine, where the authority never saw them.

The order is that of the ledger's register (`erasing`): the journal, outside the home beside it; the rows, emptied and
overwritten, in a file that is then rebuilt without free pages; outputs/; last the note that it is done. Every command
that opens the register to write goes through `finish_own_erasures`, so a restored backup is erased again.

A line of the journal names a roster and a place in it, not a number: until a roster is in the ledger its numbers may go
to others. The same roster signed once more finds its line there again. What the row keeps is the signed record: a
batch is still recognised by it, and it holds nothing but salted digests.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ledger.app.collecting import open_row
from ledger.app.erasures import NOTE, Entry, add_to_journal, note_of, read_journal
from ledger.app.home import HomeError, load_profiles
from ledger.app.joining import OrganisationHome
from ledger.app.opening import DATA_KEY
from ledger.app.outputs import Papers, Taken, papers_naming, take_out
from ledger.app.reprinting import without
from ledger.core.disclosure import normalise_doc_no
from ledger.crypto.keyring import Keyring
from ledger.crypto.rowseal import RowSealer
from ledger.forms.roster import RosterRow
from ledger.store.holdings import REPLACED, Holding, Holdings

__all__ = ["OwnErased", "erase_own", "finish_own_erasures", "own_journal", "own_outputs", "rows_by_document", "rows_of"]


@dataclass(frozen=True, slots=True)
class OwnErased:
    """What an erasure took: rows, and what was done to outputs/."""

    rows: list[Holding] = field(default_factory=list)
    outputs: Taken = field(default_factory=Taken)


def own_journal(home: OrganisationHome) -> Path:
    """Return the file that outlives the home: a line for each row that was erased."""
    folder = home.path.resolve()
    return folder.with_name(f"{folder.name}.erased")


def rows_of(register: Holdings, keyring: Keyring, code: str) -> list[Holding]:
    """Return the rows of the holder of a number: the one that has it, and those in rosters that this one replaced.

    There, whoever has the same document, or the same number and name, is taken for the same person. Raises HomeError
    if there is no such number, or no data any more.
    """
    found = register.holdings_of(code)
    if not found:
        raise HomeError(f"{code} was not signed on this machine")
    replaced = {batch.digest for batch in register.batches() if batch.state == REPLACED}
    standing = next((row for row in found if row.digest not in replaced), found[0])
    if standing.sealed is None:
        raise HomeError(f"the holder's data of {code} are not in the register any more")
    sealer = RowSealer(keyring.data_key(DATA_KEY))
    _, person = open_row(sealer, standing.digest.hex(), standing)

    def is_same(row: Holding, other: RosterRow) -> bool:
        return row.digest in replaced and (
            _document(other) == _document(person) or (row.code, other.name) == (code, person.name)
        )

    others = [row for row in _matching(register, sealer, is_same) if _name(row) != _name(standing)]
    return [standing, *others]


def rows_by_document(register: Holdings, keyring: Keyring, doc_type: str, doc_no: str) -> list[Holding]:
    """Return all rows whose holder has this document. Every row is opened."""
    wanted = doc_type, normalise_doc_no(doc_no)
    sealer = RowSealer(keyring.data_key(DATA_KEY))
    return _matching(register, sealer, lambda _, person: _document(person) == wanted)


def own_outputs(home: OrganisationHome, register: Holdings, row: Holding) -> Papers:
    """Return what in outputs/ names the holder of a row."""
    if not _standing(register, [row]):
        return Papers()
    return papers_naming(home.outputs, _folder(home, row), row.code)


def _folder(home: OrganisationHome, row: Holding) -> Path:
    return home.outputs / row.digest.hex()[:16]


def _standing(register: Holdings, rows: Iterable[Holding]) -> list[Holding]:
    """Return the rows of rosters that stand: for others nothing is written, and their numbers are others' by now."""
    replaced = {batch.digest for batch in register.batches() if batch.state == REPLACED}
    return [row for row in rows if row.digest not in replaced]


def _take_out(home: OrganisationHome, register: Holdings, rows: Sequence[Holding]) -> Taken:
    """Take the holders of `rows`, whom the register has not any more, out of outputs/."""
    standing = _standing(register, rows)
    folders = {
        _folder(home, row): any(other.sealed is not None for other in register.holdings(row.digest)) for row in standing
    }
    return take_out(
        home.outputs,
        folders,
        {row.code for row in standing},
        lambda data, numbers: without(data, numbers, home.trust, load_profiles()),
    )


def erase_own(
    home: OrganisationHome, register: Holdings, rows: Sequence[Holding], *, by: str, ground: str, now: int
) -> OwnErased:
    """Erase what is held in `rows`. `by` says who asked, without naming a person."""
    note = note_of(by, ground, now)
    add_to_journal(own_journal(home), [Entry(_name(row), note) for row in rows])
    return finish_own_erasures(home, register)


def finish_own_erasures(home: OrganisationHome, register: Holdings) -> OwnErased:
    """Erase what the journal names and the register still holds; return what that was."""
    entries = [one for one in read_journal(own_journal(home)) if register.setting(NOTE + one.name) != one.note]
    # What an old backup does not know yet stays due.
    due = [(row, one) for one in entries if (row := register.holding(*_place(one.name))) is not None]
    if not due:
        return OwnErased()
    rows = [row for row, _ in due]
    with register.transaction():
        for row in rows:
            register.erase_personal(row.digest, row.place)
    register.rebuild()
    taken = _take_out(home, register, rows)
    with register.transaction():
        for _, one in due:
            register.set_setting(NOTE + one.name, one.note)
    return OwnErased(rows, taken)


def _name(row: Holding) -> str:
    """Return how the journal names a row."""
    return f"{row.digest.hex()}/{row.place}"


def _place(name: str) -> tuple[bytes, int]:
    digest, _, place = name.partition("/")
    return bytes.fromhex(digest), int(place)


def _document(person: RosterRow) -> tuple[str, str]:
    return person.doc_type, normalise_doc_no(person.doc_no)


def _matching(register: Holdings, sealer: RowSealer, matches: Callable[[Holding, RosterRow], bool]) -> list[Holding]:
    rows = (row for batch in register.batches() for row in register.holdings(batch.digest) if row.sealed is not None)
    return [row for row in rows if matches(row, open_row(sealer, row.digest.hex(), row)[1])]
