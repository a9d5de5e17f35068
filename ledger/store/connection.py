"""One connection to the register's database; transactions that lock first; errors told apart.

The connection is in autocommit mode, and a transaction begins and ends with the statements written here, so it is
plain what the database is told. A read outside a transaction is one statement and holds no lock afterwards.

SQLite: journal_mode TRUNCATE with synchronous FULL. A commit is then durable when COMMIT returns, on every system
(the journal is emptied and synced; journal_mode DELETE would need the folder synced too), a large batch is written
once (WAL writes it twice), and between commands the register is one file that can be copied: a WAL beside it could be
forgotten. The journal that a kill leaves is rolled back by the next open. Not for network file systems.

PostgreSQL: the same promise by synchronous_commit and a lock on the table of entries.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from ledger.core.errors import LedgerError

__all__ = [
    "StoreBusyError",
    "StoreConflictError",
    "StoreDamagedError",
    "StoreError",
    "StoreMissingError",
    "StoreWriteError",
    "connect",
    "errors_told_apart",
    "write_lock",
]

_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = TRUNCATE",
    "PRAGMA synchronous = FULL",
    "PRAGMA fullfsync = ON",  # macOS: fsync alone leaves data in the drive's cache
    "PRAGMA cache_size = -65536",  # KiB; a batch of some ten thousand rows stays in memory until its commit
    "PRAGMA temp_store = MEMORY",  # no sorted copy of sealed rows in a temporary file
    "PRAGMA cell_size_check = ON",
    "PRAGMA trusted_schema = OFF",
)


class StoreError(LedgerError):
    """The register cannot do what was asked."""


class StoreMissingError(StoreError):
    """There is no register at that place."""


class StoreBusyError(StoreError):
    """Somebody else is writing to the register; nothing was changed, try again when they are done."""


class StoreConflictError(StoreError):
    """The rows do not continue the register: a gap, or something that is there already. Nothing was changed."""


class StoreDamagedError(StoreError):
    """The file is not a register of this version, or it is damaged."""


class StoreWriteError(StoreError):
    """The disk did not take the data (full, failing, read-only); close the store.

    Nothing was changed, except perhaps where the disk failed at the very end of a commit: then only opening the
    register again tells. Either way it is whole.
    """


def connect(url: str, *, create: bool, wait: float) -> Connection:
    """Open a database URL; `wait` seconds for somebody else's lock.

    Raises StoreMissingError if there is no SQLite file and `create` is false.
    """
    try:
        parsed = make_url(url)
        on_file = parsed.get_backend_name() == "sqlite"
        engine = _sqlite(parsed, create=create, wait=wait) if on_file else _postgres(parsed, wait=wait)
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise StoreError(f"the register's URL cannot be used: {error}") from None
    with errors_told_apart():
        return engine.connect().execution_options(isolation_level="AUTOCOMMIT")


def _sqlite(url: URL, *, create: bool, wait: float) -> Engine:
    if url.database and url.database != ":memory:":
        path = Path(url.database)
        if create and not path.exists():
            try:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o600))  # SQLite gives its journal the same mode
            except FileExistsError:
                pass
            except OSError as error:
                raise StoreError(f"cannot create the register {path}: {error.strerror}") from None
        if not path.is_file():
            raise StoreMissingError(f"there is no register at {path}")
    engine = create_engine(url, poolclass=StaticPool, connect_args={"timeout": wait})

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:  # noqa: ANN401 - a DBAPI connection has no type
        for pragma in _SQLITE_PRAGMAS:
            connection.execute(pragma)

    return engine


def _postgres(url: URL, *, wait: float) -> Engine:
    if url.get_backend_name() != "postgresql":
        raise StoreError("a register is an SQLite file or a PostgreSQL database")
    arguments = {"options": f"-c lock_timeout={int(wait * 1000)} -c synchronous_commit=on"}
    return create_engine(url.set(drivername="postgresql+psycopg"), poolclass=StaticPool, connect_args=arguments)


@contextmanager
def write_lock(connection: Connection, *, table: str | None = "entry") -> Iterator[None]:
    """Hold the only write lock from the first statement on; commit at the end, leave nothing after an exception.

    On PostgreSQL the lock is on `table`, None while there are no tables yet.
    """
    with errors_told_apart():
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql("BEGIN")
    try:
        with errors_told_apart():
            if connection.dialect.name != "sqlite" and table is not None:
                connection.exec_driver_sql(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        yield
        with errors_told_apart():
            connection.exec_driver_sql("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise


def _roll_back(connection: Connection) -> None:
    raw = connection.connection.dbapi_connection
    # After some errors SQLite has rolled back by itself, and a second ROLLBACK would hide the first error.
    if raw is None or getattr(raw, "in_transaction", True):
        with suppress(DBAPIError):  # the connection is gone; then the database rolls back alone
            connection.exec_driver_sql("ROLLBACK")


@contextmanager
def errors_told_apart() -> Iterator[None]:
    """Turn the database's errors into the register's, without the values of the statement: they may be personal."""
    try:
        yield
    except IntegrityError:
        raise StoreConflictError("the register has a row of that key already") from None
    except DBAPIError as error:
        raise _translate(error) from None


def _translate(error: DBAPIError) -> StoreError:
    code = getattr(error.orig, "sqlite_errorcode", None)
    state = getattr(error.orig, "sqlstate", None)
    reason = str(error.orig)
    if isinstance(code, int):
        match code & 0xFF:
            case 5 | 6:  # SQLITE_BUSY, SQLITE_LOCKED
                return StoreBusyError("somebody else is writing to the register")
            case 8 | 10 | 13:  # SQLITE_READONLY, SQLITE_IOERR, SQLITE_FULL
                return StoreWriteError(f"the register could not be written: {reason}")
            case 11 | 26:  # SQLITE_CORRUPT, SQLITE_NOTADB
                return StoreDamagedError(f"the register is damaged: {reason}")
            case 14:  # SQLITE_CANTOPEN
                return StoreMissingError(f"the register cannot be opened: {reason}")
    if state == "55P03":  # lock_not_available
        return StoreBusyError("somebody else is writing to the register")
    if isinstance(state, str) and state[:2] in {"53", "58"}:  # insufficient resources, system error
        return StoreWriteError(f"the register could not be written: {reason}")
    return StoreError(f"the register refused: {reason}")
