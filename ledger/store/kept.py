"""What a register keeps beside its entries, to be erased: published lists, sealed details, what filings do not show."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import delete, select, update

from ledger.store.connection import StoreConflictError
from ledger.store.schema import details, filing, notice
from ledger.store.statements import Statements

__all__ = ["DetailsRow", "Kept"]

_DETAILS_CHUNK = 64  # files of at most 64 KiB


class DetailsRow(NamedTuple):
    """The sealed details of a certificate; `seq` is the entry, issue or correction, that commits to what is in them."""

    seq: int
    code: str
    path: str
    data: bytes


class Kept(Statements):
    """Part of the class Store."""

    # Published lists

    def add_notice(self, seq: int, data: bytes) -> None:
        """Keep the list that the notice of the entry `seq` publishes."""
        self._insert(notice, [(seq, data)])

    def notices(self, first: int, end: int) -> list[tuple[int, bytes]]:
        """Return (seq, list) of the notices of entries [first, end), in order; an erased list is left out."""
        query = select(notice).where(notice.c.seq >= first, notice.c.seq < end, notice.c.data.is_not(None))
        return [(seq, data) for seq, data in self._all(query.order_by(notice.c.seq))]

    def notice_seqs(self) -> list[int]:
        """Return the seqs of all notices whose list is there."""
        return [seq for (seq,) in self._all(select(notice.c.seq).where(notice.c.data.is_not(None)))]

    def erase_notice(self, seq: int) -> None:
        """Erase a published list; SQLite overwrites the old bytes in its file."""
        self._overwriting()
        if self._write(update(notice).where(notice.c.seq == seq).values(data=None)) != 1:
            raise StoreConflictError(f"there is no notice {seq}")

    # Sealed details

    def add_details(self, rows: Sequence[DetailsRow]) -> None:
        """Keep the sealed details of certificates that have none."""
        self._insert(details, rows)

    def details_of(self, code: str) -> DetailsRow | None:
        """Return the sealed details of a certificate; None if it has none, or not any more."""
        rows = self._all(select(details).where(details.c.code == code))
        return DetailsRow(*rows[0]) if rows else None

    def details(self, first: int, end: int) -> Iterator[tuple[str, bytes]]:
        """Yield (path, file) of the details whose entry is in [first, end), in the order of their paths.

        That order says nothing of whose they are, and so the times of the files written in it say nothing.
        """
        found = self._all(select(details.c.path, details.c.seq).where(details.c.seq >= first, details.c.seq < end))
        ordered = sorted(tuple(row) for row in found)
        for start in range(0, len(ordered), _DETAILS_CHUNK):
            some = ordered[start : start + _DETAILS_CHUNK]
            query = select(details.c.path, details.c.data).where(details.c.seq.in_([seq for _, seq in some]))
            yield from sorted((path, data) for path, data in self._all(query))

    def details_paths(self) -> set[str]:
        """Return the paths of all details."""
        return {path for (path,) in self._all(select(details.c.path))}

    def erase_details(self, code: str) -> None:
        """Erase a certificate's details, if it has any; SQLite overwrites the old bytes in its file."""
        self._overwriting()
        self._write(delete(details).where(details.c.code == code))

    # What a filing keeps private

    def add_filing(self, seq: int, sealed: bytes) -> None:
        """Keep what the filing of the entry `seq` does not show, sealed."""
        self._insert(filing, [(seq, sealed)])

    def filing_sealed(self, seq: int) -> bytes | None:
        """Return what the filing of the entry `seq` does not show; None if there is nothing, or not any more."""
        rows = self._all(select(filing.c.sealed).where(filing.c.seq == seq))
        return rows[0].sealed if rows else None
