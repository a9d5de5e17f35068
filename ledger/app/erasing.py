"""Erasing a holder's data for ever, and telling a holder what is kept.

After an erasure nothing opens the record's commitments any more: the sealed row, the person's tag, the public view and
the sealed details are gone from the register, masked line and details from public/, the holder's lines and pages from
outputs/ (`outputs`), and the published lists that may have a line of the holder (`listed`) once their notices have
ended. Chain, tree and signatures stay as they are, and so does the audit: what they hold was never about a person.

The order is what makes it final:

1. The journal of erasures (`erasures`), outside the home beside the anchor, names numbers and notices. From here on it
   will happen: every command that writes goes through `finish_erasures`, so a register restored from an old backup is
   erased again, and a list goes on the day after its notice has ended.
2. The register: the row's personal columns are emptied and overwritten, and the file is rebuilt without free pages.
3. outputs/, public/masked/, public/notice/ and public/details/.
4. The register notes who asked, on what ground and when; that note is how a finished erasure is known.

Killed anywhere, the next command goes on. What lies outside the home (printed PDFs, copies, backups) is told to whoever
erases, and is theirs to delete; a backup of the register is harmless without its keyring, and is erased once restored.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ledger.app.erasures import NOTE, Entry, add_to_journal, note_of, read_journal
from ledger.app.holders import Holder, open_holder
from ledger.app.home import Home, HomeError, load_profiles
from ledger.app.listed import Listed
from ledger.app.opening import DATA_KEY
from ledger.app.outputs import Papers, Taken, Without, papers_naming, take_out
from ledger.app.reprinting import without
from ledger.app.writing import trust_of_ledger
from ledger.core.disclosure import normalise_doc_no, private_disclosures
from ledger.core.encoding import local_date
from ledger.crypto.keyring import Keyring
from ledger.crypto.rowseal import RowSealer
from ledger.publish.projection import project_details, project_lists, project_masked
from ledger.store import Batch, CertificateRow, Store

__all__ = ["Erased", "Held", "erase", "find_by_document", "finish_erasures", "held_about", "is_purged", "journal"]

_LIST = "notice/"  # begins the name of a published list in the journal; no certificate number has a stroke


@dataclass(frozen=True, slots=True)
class Held:
    """What is held about the holder of one certificate, and what in outputs/ names them.

    `details` is the path of the sealed details below public/, "" for none.
    """

    code: str
    state: str
    holder: Holder
    disclosures: dict[str, str]
    masked: str | None
    outputs: Papers
    details: str


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took: certificate numbers, entries of notices whose lists went, what was done to outputs/."""

    codes: list[str] = field(default_factory=list)
    lists: list[int] = field(default_factory=list)
    outputs: Taken = field(default_factory=Taken)

    def __bool__(self) -> bool:
        return bool(self.codes or self.lists)


def journal(home: Home) -> Path:
    """Return the file that outlives the home: a line for each number that was erased."""
    return home.anchor.with_name(f"{home.anchor.name}.erased")


def held_about(home: Home, store: Store, keyring: Keyring, code: str) -> Held:
    """Return everything that is held about one holder. Raises HomeError if there is nothing, or no such certificate."""
    row = _row(store, code)
    if row.sealed is None:
        raise HomeError(f"the holder's data of {code} are not in the register any more")
    holder = open_holder(RowSealer(keyring.data_key(DATA_KEY)), code, row.sealed)
    shown = private_disclosures(holder.verification_code, holder.fields())
    details = store.details_of(code)
    path = "" if details is None else details.path
    return Held(code, row.state, holder, shown, row.masked, _papers(home, store, row), path)


def is_purged(store: Store, code: str) -> bool:
    """Whether the register has nothing of a holder but the public view any more. Raises HomeError."""
    row = _row(store, code)
    return row.sealed is None and bool(row.masked)


def find_by_document(store: Store, keyring: Keyring, doc_type: str, doc_no: str) -> list[str]:
    """Return the numbers of all certificates whose holder has this document. Every row is opened."""
    sealer, wanted = RowSealer(keyring.data_key(DATA_KEY)), normalise_doc_no(doc_no)
    found = []
    for row in store.certificates(0, store.size()):
        if row.sealed is not None:
            holder = open_holder(sealer, row.code, row.sealed)
            if (holder.doc_type, holder.doc_no) == (doc_type, wanted):
                found.append(row.code)
    return found


def erase(
    home: Home,
    store: Store,
    codes: Sequence[str],
    lists: Iterable[Listed] = (),
    *,
    by: str,
    ground: str,
    now: int,
    keep_view: bool = False,
) -> Erased:
    """Erase what is held about the holders of `codes`, and whole published `lists`, those that run when they end.

    `by` says who asked, without naming a person. `keep_view`: the public view stays, and with it the person's tag, as
    when the retention of what only the register keeps is over; an erasure after that takes the view back too. Raises
    HomeError for a number that is not there; then nothing happens.
    """
    for code in codes:
        _row(store, code)
    note = note_of(by, ground, now, keep_view=keep_view)
    due = [Entry(code, note) for code in codes]
    # Whether it has ended is asked again when it is done: by then the day may be another.
    due += [Entry(f"{_LIST}{one.seq}", note_of(by, ground, now, after=one.last)) for one in lists]
    add_to_journal(journal(home), due)
    return finish_erasures(home, store, local_date(now))


def finish_erasures(home: Home, store: Store, today: date) -> Erased:
    """Erase what the journal names, is due on the day `today` and the register still holds; return what that was."""
    entries = [one for one in read_journal(journal(home)) if store.setting(NOTE + one.name) != one.note]
    due = [one for one in entries if one.is_due(today)]
    # What an old backup does not know yet stays due.
    rows = [(row, one) for one in due if (row := store.get_certificate(one.name)) is not None]
    lists = [(seq, one) for one in due if (seq := _seq_of(one)) is not None and seq < store.size()]
    if not rows and not lists:
        return Erased()
    with store.transaction():
        for row, one in rows:
            store.erase_details(row.code)
            if one.keeps_view:
                store.replace_personal(row.code, person_tag=row.person_tag, masked=row.masked, sealed=None)
                continue
            # An empty view says that it was withdrawn: one that is only missing may have been taken away.
            withdrawn = None if row.masked is None else ""
            store.replace_personal(row.code, person_tag=None, masked=withdrawn, sealed=None)
        for seq, _ in lists:
            if store.notices(seq, seq + 1):
                store.erase_notice(seq)
    store.rebuild()
    taken = _take_out(home, store, [row for row, _ in rows])
    project_masked(store, home.public, [row.code for row, _ in rows])
    project_lists(store, home.public)
    project_details(store, home.public)
    with store.transaction():
        for one in (*(one for _, one in rows), *(one for _, one in lists)):
            store.set_setting(NOTE + one.name, one.note)
    return Erased([row.code for row, _ in rows], [seq for seq, _ in lists], taken)


def _seq_of(entry: Entry) -> int | None:
    """Return the notice whose list a line of the journal names; None where it names something else."""
    return int(entry.name.removeprefix(_LIST)) if entry.name.startswith(_LIST) else None


def _row(store: Store, code: str) -> CertificateRow:
    row = store.get_certificate(code)
    if row is None:
        raise HomeError(f"{code} is not a certificate of this ledger")
    return row


def _papers(home: Home, store: Store, row: CertificateRow) -> Papers:
    [batch] = _batches_of(store, [row])
    return papers_naming(home.outputs, _folder(home, batch), row.code, home.correction_files(row.code))


def _take_out(home: Home, store: Store, rows: Sequence[CertificateRow]) -> Taken:
    """Take the holders of `rows`, whom the register has not any more, out of outputs/."""
    folders = {}
    for batch in _batches_of(store, rows):
        left = any(row.sealed is not None for row in store.certificates(batch.first, batch.size))
        folders[_folder(home, batch)] = left
    own = [path for row in rows for path in home.correction_files(row.code)]
    return take_out(home.outputs, folders, {row.code for row in rows}, _without(store), own)


def _folder(home: Home, batch: Batch) -> Path:
    return home.outputs / batch.digest.hex()[:16]


def _without(store: Store) -> Without:
    return lambda data, numbers: without(data, numbers, trust_of_ledger(store), load_profiles())


def _batches_of(store: Store, rows: Sequence[CertificateRow]) -> list[Batch]:
    return [batch for batch in store.batches() if any(batch.first <= row.seq < batch.size for row in rows)]
