"""The register of an organisation on a machine of its own: what it signed, and whose certificates those are.

    signed    one row a roster that was signed, by the digest of its normal form, with its state
    holding   one row a certificate of such a roster: number, sealed holder and form row, public view, person tag
    setting   words about the register itself

The authority never sees a holder, so this is the only place where holders' data and verification codes are. A number
stands once in a batch; a batch that was replaced keeps its rows, because the authority may append it after all.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text, delete, insert, select, update

from ledger.store.connection import StoreConflictError, StoreDamagedError, connect, errors_told_apart, write_lock
from ledger.store.statements import Statements

__all__ = ["ACCEPTED", "REPLACED", "SIGNED", "Holding", "Holdings", "SignedBatch"]

SCHEMA: Final = "organisation-1"  # so that neither register is taken for the other
SIGNED, ACCEPTED, REPLACED = "signed", "accepted", "replaced"
_TAG_CHUNK: Final = 500  # parameters of one IN (…)

_metadata: Final = MetaData()
_signed: Final = Table(
    "signed",
    _metadata,
    Column("digest", LargeBinary, primary_key=True),  # of the roster's normal form, under the tag key, 32 bytes
    Column("profile", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created", Text, nullable=False),
    Column("summary", LargeBinary, nullable=False),  # canonical JSON, the app's own
)
_holding: Final = Table(
    "holding",
    _metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),  # in the roster, from 0
    Column("code", Text, nullable=False),
    Column("person_tag", LargeBinary, nullable=True),  # 32 bytes; NULL after erasure
    Column("masked", Text, nullable=True),  # the public disclosure; NULL: the ledger's preset has none
    Column("record", LargeBinary, nullable=False),  # as it was signed last, canonical JSON
    Column("sealed", LargeBinary, nullable=True),  # holder, verification code, form row; NULL after erasure
)
Index("holding_person", _holding.c.person_tag)
_setting: Final = Table(
    "setting",
    _metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)


class SignedBatch(NamedTuple):
    """A roster that was signed. `state`: SIGNED, ACCEPTED (it is in the ledger) or REPLACED by another."""

    digest: bytes
    profile: str
    state: str
    created: str
    summary: bytes


class Holding(NamedTuple):
    """One certificate of a signed roster."""

    digest: bytes
    place: int
    code: str
    person_tag: bytes | None
    masked: str | None
    record: bytes
    sealed: bytes | None


class Holdings(Statements):
    """The organisation's register behind one connection. Methods raise StoreError and its kinds."""

    _locked = "signed"

    @classmethod
    def open(cls, url: str, *, create: bool = False, wait: float = 5.0) -> Self:
        """Open it at a database URL, `create` its tables if need be; wait so many seconds for a lock.

        Raises StoreMissingError, StoreBusyError, or StoreDamagedError if it is no such register.
        """
        register = cls(connect(url, create=create, wait=wait))
        try:
            if create:
                with write_lock(register._connection, table=None), errors_told_apart():
                    _metadata.create_all(register._connection)
                    if register.setting("schema") is None:
                        register._run(insert(_setting).values(name="schema", value=SCHEMA))
            with errors_told_apart():
                found = register._connection.dialect.has_table(register._connection, "setting")
            if not found or register.setting("schema") != SCHEMA:
                raise StoreDamagedError("this is not an organisation's register of this version")
        except BaseException:
            register.close()
            raise
        return register

    def add_batch(self, batch: SignedBatch, rows: Sequence[Holding]) -> None:
        """Keep a signed roster with its rows. Raises StoreConflictError if it was signed before."""
        self._insert(_signed, [batch])
        self._insert(_holding, rows)

    def find_batch(self, digest: bytes) -> SignedBatch | None:
        """Return the roster signed with that digest; None if there was none."""
        rows = self._all(select(_signed).where(_signed.c.digest == digest))
        return SignedBatch(*rows[0]) if rows else None

    def batches(self) -> list[SignedBatch]:
        """Return all signed rosters, the oldest first."""
        return [SignedBatch(*row) for row in self._all(select(_signed).order_by(_signed.c.created, _signed.c.digest))]

    def set_state(self, digest: bytes, state: str) -> None:
        """Change a batch's state."""
        if self._write(update(_signed).where(_signed.c.digest == digest).values(state=state)) != 1:
            raise StoreConflictError("there is no such batch")

    def replace_holdings(self, digest: bytes, summary: bytes, rows: Sequence[Holding]) -> None:
        """Replace a batch's summary and its rows, which were signed again."""
        if self._write(update(_signed).where(_signed.c.digest == digest).values(summary=summary)) != 1:
            raise StoreConflictError("there is no such batch")
        self._write(delete(_holding).where(_holding.c.digest == digest))
        self._insert(_holding, rows)

    def holdings(self, digest: bytes) -> list[Holding]:
        """Return the rows of a signed roster, in its order."""
        query = select(_holding).where(_holding.c.digest == digest).order_by(_holding.c.place)
        return [Holding(*row) for row in self._all(query)]

    def holding(self, digest: bytes, place: int) -> Holding | None:
        """Return the row at that place of a signed roster; None if there is none."""
        rows = self._all(select(_holding).where(_holding.c.digest == digest, _holding.c.place == place))
        return Holding(*rows[0]) if rows else None

    def holdings_of(self, code: str) -> list[Holding]:
        """Return the rows that have this number: one, and those of rosters that were replaced."""
        query = select(_holding).where(_holding.c.code == code).order_by(_holding.c.digest, _holding.c.place)
        return [Holding(*row) for row in self._all(query)]

    def erase_personal(self, digest: bytes, place: int) -> None:
        """Erase the personal data of one row; SQLite overwrites the old bytes in its file."""
        self._overwriting()
        at = (_holding.c.digest == digest) & (_holding.c.place == place)
        if self._write(update(_holding).where(at).values(person_tag=None, masked=None, sealed=None)) != 1:
            raise StoreConflictError("there is no such row")

    def setting(self, name: str) -> str | None:
        """Return a setting; None if it was never set."""
        rows = self._all(select(_setting.c.value).where(_setting.c.name == name))
        return rows[0].value if rows else None

    def set_setting(self, name: str, value: str) -> None:
        """Set a setting."""
        if not self._write(update(_setting).where(_setting.c.name == name).values(value=value)):
            self._write(insert(_setting).values(name=name, value=value))

    def person_tags_present(self, tags: Iterable[bytes]) -> dict[bytes, list[str]]:
        """Return those of `tags` that the rows of signed and accepted rosters have: tag -> numbers."""
        present: dict[bytes, list[str]] = {}
        wanted = list(dict.fromkeys(tags))
        for start in range(0, len(wanted), _TAG_CHUNK):
            some: Sequence[Any] = wanted[start : start + _TAG_CHUNK]
            query = (
                select(_holding.c.person_tag, _holding.c.code)
                .join(_signed, _signed.c.digest == _holding.c.digest)
                .where(_holding.c.person_tag.in_(some), _signed.c.state != REPLACED)
                .order_by(_holding.c.code)
            )
            for tag, code in self._all(query):
                present.setdefault(tag, []).append(code)
        return present
