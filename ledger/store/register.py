"""Class Store: every statement the product makes on the private register.

Everything that changes the register happens inside `transaction()`, and so together or not at all. Ranges are
half-open: entries [first, end). Walks read in chunks and hold neither a lock nor more than a chunk.

    with Store.open("sqlite:///register.db") as store:
        with store.transaction():
            store.append_entries(rows)
            store.add_certificates(certificates)
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Self

from sqlalchemy import Select, and_, func, insert, select, update

from ledger.core.checkpoint import parse_checkpoint
from ledger.core.errors import FormatError
from ledger.core.note import parse_note
from ledger.store import schema
from ledger.store.connection import StoreConflictError, StoreDamagedError, connect, errors_told_apart, write_lock
from ledger.store.kept import Kept
from ledger.store.schema import batch, certificate, committed, counter, entry, metadata, setting

__all__ = ["Batch", "CertificateRow", "CommittedIndex", "EntryRow", "Store"]

_RAW_CHUNK = 512  # entries read at once: at most 32 MiB, some 0.5 MiB as a rule
_LEAF_CHUNK = 8192
_TAG_CHUNK = 500  # parameters of one IN (…)


class EntryRow(NamedTuple):
    """One entry to append. `digest` is the subject hash; `registry`: no certificate, no index entry."""

    seq: int
    raw: bytes
    leaf: bytes
    digest: bytes | None
    registry: bool


class CommittedIndex(NamedTuple):
    """One commit: its index entry's seq and bits, the ledger's size with it, checkpoint note and head."""

    seq: int
    bits: int
    note: bytes
    head: bytes

    @property
    def size(self) -> int:
        """The ledger's size at this commit."""
        return self.seq + 1


class CertificateRow(NamedTuple):
    """One certificate; `seq` is its issue entry's. None where there is none, or not any more."""

    seq: int
    code: str
    state: str
    person_tag: bytes | None
    masked: str | None
    sealed: bytes | None


class Batch(NamedTuple):
    """One accepted roster: entries [first, size), `digest` of its normal form, `summary` canonical JSON."""

    digest: bytes
    kind: str
    org: str
    profile: str
    first: int
    size: int
    created: str
    summary: bytes


class Store(Kept):
    """The register behind one connection, for one thread. Methods raise StoreError and its kinds."""

    @classmethod
    def open(cls, url: str, *, create: bool = False, wait: float = 5.0) -> Self:
        """Open the register at a database URL, `create` its tables if need be; wait so many seconds for a lock.

        Raises StoreMissingError, StoreBusyError, or StoreDamagedError if it is no register of this version.
        """
        store = cls(connect(url, create=create, wait=wait))
        try:
            if create:
                with write_lock(store._connection, table=None), errors_told_apart():
                    metadata.create_all(store._connection)
                    if store.setting("schema") is None:
                        store._run(insert(setting).values(name="schema", value=schema.SCHEMA))
            store._check_schema()
        except BaseException:
            store.close()
            raise
        return store

    def _check_schema(self) -> None:
        with errors_told_apart():
            found = self._connection.dialect.has_table(self._connection, "setting")
        version = self.setting("schema") if found else None
        if version in schema.BEFORE:
            with write_lock(self._connection), errors_told_apart():
                metadata.create_all(self._connection)
                self._run(update(setting).where(setting.c.name == "schema").values(value=schema.SCHEMA))
        elif version != schema.SCHEMA:
            raise StoreDamagedError("this is not a register of this version")

    # Entries

    def last_entry(self) -> tuple[int, bytes] | None:
        """Return (seq, bytes) of the last entry; None for an empty ledger."""
        rows = self._all(select(entry.c.seq, entry.c.raw).order_by(entry.c.seq.desc()).limit(1))
        return (rows[0].seq, rows[0].raw) if rows else None

    def size(self) -> int:
        """Return the number of entries."""
        last = self._all(select(func.max(entry.c.seq)))[0][0]
        return 0 if last is None else last + 1

    def append_entries(self, rows: Sequence[EntryRow]) -> None:
        """Add entries behind the last one. Raises StoreConflictError unless they continue it without a gap."""
        first = self.size()
        if any(row.seq != seq for seq, row in enumerate(rows, first)):
            raise StoreConflictError(f"the entries do not continue the ledger at {first}")
        self._insert(entry, [(row.seq, row.digest, row.leaf, int(row.registry), row.raw) for row in rows])

    def entries(self, first: int, end: int) -> Iterator[bytes]:
        """Yield the bytes of entries [first, end) in order; StoreDamagedError if one is missing."""
        for low in range(first, end, _RAW_CHUNK):
            high = min(low + _RAW_CHUNK, end)
            rows = self._all(_between(select(entry.c.raw), low, high))
            _check_whole(rows, low, high)
            for (raw,) in rows:
                yield raw

    def leaves(self, end: int | None = None, *, first: int = 0) -> Iterator[tuple[int, bytes | None, bytes]]:
        """Yield (seq, subject hash, leaf hash) of entries [first, end), to the last one without `end`, in order."""
        stop = self.size() if end is None else end
        for low in range(first, stop, _LEAF_CHUNK):
            high = min(low + _LEAF_CHUNK, stop)
            rows = self._all(_between(select(entry.c.seq, entry.c.digest, entry.c.leaf), low, high))
            _check_whole(rows, low, high)
            yield from rows

    def registry_entries(self) -> Iterator[bytes]:
        """Yield all entries but certificates and index entries, in order: few, even in a large ledger."""
        after = -1
        while True:
            query = select(entry.c.seq, entry.c.raw).where(entry.c.registry == 1, entry.c.seq > after)
            rows = self._all(query.order_by(entry.c.seq).limit(_RAW_CHUNK))
            if not rows:
                return
            for _seq, raw in rows:
                yield raw
            after = rows[-1].seq

    def entries_of_subject(self, digest: bytes) -> list[tuple[int, bytes]]:
        """Return (seq, bytes) of one subject's entries, in order."""
        query = select(entry.c.seq, entry.c.raw).where(entry.c.digest == digest).order_by(entry.c.seq)
        return [(seq, raw) for seq, raw in self._all(query)]

    def entries_in_hash_range(self, low: bytes, high: bytes | None) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield (seq, subject hash, bytes) where low <= subject hash < high (None: no upper end), in seq order."""
        query = select(entry.c.seq).where(entry.c.digest >= low).order_by(entry.c.seq)
        if high is not None:
            query = query.where(entry.c.digest < high)
        seqs = [seq for (seq,) in self._all(query)]  # of them all; their bytes follow in chunks
        for start in range(0, len(seqs), _RAW_CHUNK):
            some = tuple(seqs[start : start + _RAW_CHUNK])
            rows = f"SELECT seq, digest, raw FROM entry WHERE seq IN ({self._marks(len(some))}) ORDER BY seq"  # noqa: S608 - placeholders only
            with errors_told_apart():
                chunk = self._connection.exec_driver_sql(rows, some).all()
            yield from ((seq, digest, raw) for seq, digest, raw in chunk)

    # Commits

    def add_index(self, seq: int, bits: int, note: bytes, head: bytes) -> None:
        """Keep the checkpoint and the head that the index entry `seq` was committed with."""
        self._insert(committed, [(seq, bits, note, head)])

    def index_entries(self, newest: int, *, size: int | None = None) -> list[CommittedIndex]:
        """Return the newest commits (of those up to a ledger of `size` entries), the oldest of them first."""
        query = select(committed).order_by(committed.c.seq.desc()).limit(newest)
        if size is not None:
            query = query.where(committed.c.seq < size)
        return [CommittedIndex(*row) for row in reversed(self._all(query))]

    def commits_since(self, seq: int) -> list[CommittedIndex]:
        """Return the commits whose index entry is `seq` or later, the oldest first."""
        query = select(committed).where(committed.c.seq >= seq).order_by(committed.c.seq)
        return [CommittedIndex(*row) for row in self._all(query)]

    def index_of_note(self, note: bytes) -> CommittedIndex | None:
        """Return the commit whose checkpoint `note` is, whoever cosigned it; None if this register never made it."""
        try:
            text = parse_note(note).text
            rows = self._all(select(committed).where(committed.c.seq == parse_checkpoint(text).size - 1))
        except FormatError:
            return None
        return next((CommittedIndex(*row) for row in rows if parse_note(row.note).text == text), None)

    def replace_note(self, seq: int, note: bytes, head: bytes) -> None:
        """Replace the checkpoint and the head of the index entry `seq`: witnesses have cosigned them."""
        if self._write(update(committed).where(committed.c.seq == seq).values(note=note, head=head)) != 1:
            raise StoreConflictError(f"there is no commit of entry {seq}")

    # Certificates

    def add_certificates(self, rows: Sequence[CertificateRow]) -> None:
        """Add certificates. Raises StoreConflictError if one of the numbers is taken."""
        self._insert(certificate, rows)

    def get_certificate(self, code: str) -> CertificateRow | None:
        """Return the certificate of that number; None if there is none."""
        # Through the driver: one by one, printing asks for all of a batch.
        query = f"SELECT {', '.join(CertificateRow._fields)} FROM certificate WHERE code = {self._marks(1)}"  # noqa: S608 - placeholders only
        with errors_told_apart():
            rows = self._connection.exec_driver_sql(query, (code,)).all()
        return CertificateRow(*rows[0]) if rows else None

    def highest_code(self, first: str, last: str) -> str | None:
        """Return the largest number issued from `first` to `last`, which differ in their last digits; None if none."""
        code = certificate.c.code
        found: str | None = self._all(select(func.max(code)).where(code >= first, code <= last))[0][0]
        return found

    def certificates(self, first: int, end: int) -> Iterator[CertificateRow]:
        """Yield the certificates issued by entries [first, end), in that order: those of a batch, for one."""
        for low in range(first, end, _LEAF_CHUNK):
            high = min(low + _LEAF_CHUNK, end)
            seq = certificate.c.seq
            for row in self._all(select(certificate).where(seq >= low, seq < high).order_by(seq)):
                yield CertificateRow(*row)

    def person_tags_present(self, tags: Iterable[bytes]) -> dict[bytes, list[tuple[str, str]]]:
        """Return those of `tags` that certificates have: tag -> [(code, state)], in the order of issue."""
        present: dict[bytes, list[tuple[str, str]]] = {}
        wanted = list(dict.fromkeys(tags))
        for start in range(0, len(wanted), _TAG_CHUNK):
            some = tuple(wanted[start : start + _TAG_CHUNK])
            # Through the driver, as the inserts are: building an IN of 500 for every chunk costs more than asking it.
            query = f"SELECT person_tag, code, state FROM certificate WHERE person_tag IN ({self._marks(len(some))})"  # noqa: S608 - placeholders only
            with errors_told_apart():
                rows = self._connection.exec_driver_sql(query + " ORDER BY seq", some).all()
            for tag, code, state in rows:
                present.setdefault(tag, []).append((code, state))
        return present

    def set_state(self, code: str, state: str) -> None:
        """Change a certificate's state."""
        self._change(code, state=state)

    def replace_personal(
        self,
        code: str,
        *,
        person_tag: bytes | None,
        masked: str | None,
        sealed: bytes | None,
    ) -> None:
        """Replace (or with None erase) a certificate's personal data; SQLite overwrites the old bytes in its file."""
        self._overwriting()
        self._change(code, person_tag=person_tag, masked=masked, sealed=sealed)

    def _change(self, code: str, **values: str | bytes | None) -> None:
        changed = self._write(update(certificate).where(certificate.c.code == code).values(**values))
        if changed != 1:
            raise StoreConflictError(f"there is no certificate {code}")

    def masked_lines(self, low: bytes, high: bytes | None) -> list[tuple[str, str]]:
        """Return (code, public disclosure) where low <= subject hash < high (None: no upper end), in code order."""
        query = (
            select(certificate.c.code, certificate.c.masked)
            .join(entry, and_(entry.c.seq == certificate.c.seq, entry.c.digest >= low))
            .where(certificate.c.masked.is_not(None))
        )
        if high is not None:
            query = query.where(entry.c.digest < high)
        # Sorted here: a database's collation need not be the order of ASCII.
        return sorted((code, masked) for code, masked in self._all(query))

    # Counters, batches, settings

    def get_counter(self, scope: str) -> int:
        """Return the last serial given out in that scope; 0 before the first."""
        rows = self._all(select(counter.c.last).where(counter.c.scope == scope))
        return rows[0].last if rows else 0

    def set_counter(self, scope: str, last: int) -> None:
        """Set the last serial given out. Raises StoreConflictError for a step back: a number is never given twice."""
        if last < self.get_counter(scope):
            raise StoreConflictError(f"the counter {scope} does not go back")
        if not self._write(update(counter).where(counter.c.scope == scope).values(last=last)):
            self._write(insert(counter).values(scope=scope, last=last))

    def add_batch(self, row: Batch) -> None:
        """Keep an accepted roster. Raises StoreConflictError if it was accepted before."""
        self._insert(batch, [row])

    def find_batch(self, digest: bytes) -> Batch | None:
        """Return the roster accepted with that digest; None if there was none."""
        rows = self._all(select(batch).where(batch.c.digest == digest))
        return Batch(*rows[0]) if rows else None

    def batches(self) -> list[Batch]:
        """Return all accepted rosters in the order of their entries."""
        return [Batch(*row) for row in self._all(select(batch).order_by(batch.c.first))]

    def setting(self, name: str) -> str | None:
        """Return a setting; None if it was never set."""
        rows = self._all(select(setting.c.value).where(setting.c.name == name))
        return rows[0].value if rows else None

    def set_setting(self, name: str, value: str) -> None:
        """Set a setting."""
        if not self._write(update(setting).where(setting.c.name == name).values(value=value)):
            self._write(insert(setting).values(name=name, value=value))


def _between(query: Select[Any], low: int, high: int) -> Select[Any]:
    return query.where(entry.c.seq >= low, entry.c.seq < high).order_by(entry.c.seq)


def _check_whole(rows: Sequence[Any], low: int, high: int) -> None:
    if len(rows) != high - low:
        raise StoreDamagedError(f"entries are missing between {low} and {high}")
