"""Class Statements: a register's connection, its transactions, and how a statement is made.

Everything that changes a register happens inside `transaction()`, and so together or not at all.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, ClassVar, Self

from sqlalchemy import Connection, Executable, Table

from ledger.store.connection import errors_told_apart, write_lock

__all__ = ["Statements"]


class Statements:
    """A register behind one connection, for one thread. Methods raise StoreError and its kinds."""

    _locked: ClassVar[str] = "entry"  # the table whose lock is the register's, where a lock needs a table

    def __init__(self, connection: Connection) -> None:
        """Take over an open connection; the `open` of a register is the way in."""
        self._connection = connection
        self._writing = False
        self._inserts: dict[str, str] = {}

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        self._connection.close()
        self._connection.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the write lock; everything inside is committed together at the end, durably, or not at all."""
        if self._writing:
            raise RuntimeError("a transaction is open already")
        with write_lock(self._connection, table=self._locked):
            self._writing = True
            try:
                yield
            finally:
                self._writing = False

    def rebuild(self) -> None:
        """Write an SQLite file anew, so that no free page keeps what rows once held; nothing elsewhere.

        PostgreSQL keeps old row versions until its own VACUUM, and in its write-ahead log until that is recycled.
        """
        if self._connection.dialect.name == "sqlite":
            with errors_told_apart():
                self._connection.exec_driver_sql("VACUUM")

    def _overwriting(self) -> None:
        """From here on SQLite overwrites in its file what it deletes."""
        if self._connection.dialect.name == "sqlite":
            self._connection.exec_driver_sql("PRAGMA secure_delete = ON")

    def _all(self, query: Executable) -> Sequence[Any]:
        with errors_told_apart():
            return self._connection.execute(query).all()

    def _run(self, statement: Executable) -> int:
        with errors_told_apart():
            return self._connection.execute(statement).rowcount

    def _write(self, statement: Executable) -> int:
        self._require_transaction()
        return self._run(statement)

    def _insert(self, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows whose values are in the table's column order, straight through the driver's executemany."""
        self._require_transaction()
        if not rows:
            return
        statement = self._inserts.get(table.name)
        if statement is None:
            names = ", ".join(column.name for column in table.columns)
            # Names of our own schema and placeholders only, never a value.
            marks = self._marks(len(table.columns))
            statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - our own names only
            self._inserts[table.name] = statement
        with errors_told_apart():
            self._connection.exec_driver_sql(statement, list(rows))

    def _marks(self, count: int) -> str:
        return ", ".join(["?" if self._connection.dialect.paramstyle == "qmark" else "%s"] * count)

    def _require_transaction(self) -> None:
        if not self._writing:
            raise RuntimeError("the register is changed inside a transaction only")
