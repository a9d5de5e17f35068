"""The private register: the committed ledger, the sealed personal data, counters and batches of one issuer.

schema        the tables
connection    open a database; transactions that lock first; errors told apart
statements    how a register's statements are made
kept          its part about what can be erased: published lists, sealed details, private parts of filings
register      class Store: every statement the product makes
holdings      class Holdings: the register of an organisation on a machine of its own
"""

from ledger.store.connection import (
    StoreBusyError,
    StoreConflictError,
    StoreDamagedError,
    StoreError,
    StoreMissingError,
    StoreWriteError,
)
from ledger.store.register import Batch, CertificateRow, CommittedIndex, EntryRow, Store

__all__ = [
    "Batch",
    "CertificateRow",
    "CommittedIndex",
    "EntryRow",
    "Store",
    "StoreBusyError",
    "StoreConflictError",
    "StoreDamagedError",
    "StoreError",
    "StoreMissingError",
    "StoreWriteError",
]
