"""Erasing a holder's data for ever, and telling a holder what is kept.

After an erasure nothing opens the record's commitments any more: the sealed row, the person's tag and the public view
are gone from the register, the masked line from public/, the papers of the batch from outputs/. Chain, tree and
signatures stay as they are, and so does the audit: what they hold was never about a person.

The order is what makes it final:

1. The journal of erasures, outside the home beside the anchor, names the numbers. From here on it will happen: every
   command that writes goes through `finish_erasures`, so a register restored from an old backup is erased again.
2. The register: the row's personal columns are emptied and overwritten, and the file is rebuilt without free pages.
3. outputs/ and public/masked/.
4. The register notes who asked, on what ground and when; that note is how a finished erasure is known.

Killed anywhere, the next command goes on. What lies outside the home (printed PDFs, copies, backups) is told to whoever
erases, and is theirs to delete; a backup of the register is harmless without its keyring, and is erased once restored.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.app.holders import Holder, open_holder
from ledger.app.home import Home, HomeError
from ledger.app.opening import DATA_KEY
from ledger.core.disclosure import normalise_doc_no, private_disclosures
from ledger.core.encoding import format_time
from ledger.crypto.keyring import Keyring
from ledger.crypto.rowseal import RowSealer
from ledger.publish.durable import write_atomic
from ledger.publish.projection import project_masked
from ledger.store import CertificateRow, Store

__all__ = ["Held", "erase", "find_by_document", "finish_erasures", "held_about", "is_purged", "journal"]

_NOTE = "erased/"
_KEPT = '"kept": "view"'  # in the note of what was only purged


@dataclass(frozen=True, slots=True)
class Held:
    """What is held about the holder of one certificate, and what in outputs/ names them: folders and files."""

    code: str
    state: str
    holder: Holder
    disclosures: dict[str, str]
    masked: str | None
    outputs: list[Path]


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
    return Held(code, row.state, holder, shown, row.masked, _outputs(home, store, row))


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
    home: Home, store: Store, codes: Sequence[str], *, by: str, ground: str, now: int, keep_view: bool = False
) -> list[Path]:
    """Erase what is held about the holders of `codes`; return what was deleted of outputs/.

    `by` says who asked, without naming a person. `keep_view`: the public view stays, and with it the person's tag, as
    when the retention of what only the register keeps is over; an erasure after that takes the view back too. Raises
    HomeError for a number that is not there; then nothing happens.
    """
    for code in codes:
        _row(store, code)
    known = _read(journal(home))
    told = {"at": format_time(now), "by": by, "ground": ground, **({"kept": "view"} if keep_view else {})}
    note = json.dumps(told, ensure_ascii=False, sort_keys=True)
    for code in codes:
        if code not in known or (_KEPT in known[code] and not keep_view):
            known[code] = note
    # The journal is the point of no return: what stands in it will be erased, by this command or by the next.
    write_atomic(journal(home), "".join(f"{code} {text}\n" for code, text in sorted(known.items())).encode())
    return finish_erasures(home, store)


def finish_erasures(home: Home, store: Store) -> list[Path]:
    """Erase what the journal names and the register still holds; return what was deleted of outputs/."""
    due = [(code, note) for code, note in _read(journal(home)).items() if store.setting(_NOTE + code) != note]
    rows = [(row, note) for code, note in due if (row := store.get_certificate(code)) is not None]
    if not rows:
        return []
    with store.transaction():
        for row, note in rows:
            if _KEPT in note:
                store.replace_personal(row.code, person_tag=row.person_tag, masked=row.masked, sealed=None)
                continue
            # An empty view says that it was withdrawn: one that is only missing may have been taken away.
            withdrawn = None if row.masked is None else ""
            store.replace_personal(row.code, person_tag=None, masked=withdrawn, sealed=None)
    store.rebuild()
    deleted = list(dict.fromkeys(path for row, _ in rows for path in _outputs(home, store, row)))
    for path in deleted:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    project_masked(store, home.public, [row.code for row, _ in rows])
    with store.transaction():
        for row, note in rows:
            store.set_setting(_NOTE + row.code, note)
    return deleted


def _read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return {code: note for code, _, note in (line.partition(" ") for line in lines)}


def _row(store: Store, code: str) -> CertificateRow:
    row = store.get_certificate(code)
    if row is None:
        raise HomeError(f"{code} is not a certificate of this ledger")
    return row


def _outputs(home: Home, store: Store, row: CertificateRow) -> list[Path]:
    """Return what in outputs/ names the holder of a certificate: the batch's folder, the code lists of corrections."""
    batches = (batch for batch in store.batches() if batch.first <= row.seq < batch.size)
    folders = (home.outputs / batch.digest.hex()[:16] for batch in batches)
    return [*(path for path in folders if path.is_dir()), *home.correction_files(row.code)]
