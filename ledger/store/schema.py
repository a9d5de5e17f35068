"""The tables of the private register, for SQLite and PostgreSQL alike.

    entry         one row an entry of the ledger: its bytes, its leaf hash, the hash of its subject
    committed     one row an index entry: the checkpoint signed over it and the head, as published
    certificate   one row a certificate, by the seq of its issue entry: sealed personal data, public masked view
    notice        one row a notice.open entry: the masked list that it publishes
    details       one row a certificate with sealed details: path and bytes of the file, by the seq of its entry
    filing        one row an org.file or org.amend entry that has them: names that stay private, sealed
    batch         one row an accepted roster, by the digest of its normal form
    counter       the last serial given out, by scope
    setting       words about the register itself

Small columns stand before large ones: SQLite reads a row from its front, so a walk over all leaves skips the
entries' bytes.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Table, Text

__all__ = [
    "BEFORE",
    "SCHEMA",
    "batch",
    "certificate",
    "committed",
    "counter",
    "details",
    "entry",
    "filing",
    "metadata",
    "notice",
    "setting",
]

SCHEMA: Final = "4"  # setting "schema"; a register with another one is not opened
BEFORE: Final = (
    "1",
    "2",
    "3",
)  # but these, which lack some of the tables `notice`, `filing`, `details`: they are added

metadata: Final = MetaData()

# On SQLite the type INTEGER makes the primary key the row's own number, without a second tree.
_SEQ: Final = BigInteger().with_variant(Integer(), "sqlite")


def _number(name: str) -> Column[Any]:
    return Column(name, _SEQ, nullable=False)


def _key(name: str) -> Column[Any]:
    return Column(name, _SEQ, primary_key=True, autoincrement=False)


entry: Final = Table(
    "entry",
    metadata,
    _key("seq"),
    Column("digest", LargeBinary, nullable=True),  # subject hash, 32 bytes; NULL without a subject
    Column("leaf", LargeBinary, nullable=False),  # RFC 6962 leaf hash, 32 bytes
    Column("registry", SmallInteger, nullable=False),  # 1: neither a certificate nor an index entry
    Column("raw", LargeBinary, nullable=False),  # the entry's canonical bytes, without a newline
)
Index("entry_digest", entry.c.digest)
Index("entry_registry", entry.c.seq, sqlite_where=entry.c.registry == 1, postgresql_where=entry.c.registry == 1)

committed: Final = Table(
    "committed",
    metadata,
    _key("seq"),  # of the index entry; the ledger's size at this commit is seq + 1
    Column("bits", SmallInteger, nullable=False),
    Column("note", LargeBinary, nullable=False),  # the checkpoint, with witness lines when they come
    Column("head", LargeBinary, nullable=False),
)

certificate: Final = Table(
    "certificate",
    metadata,
    _key("seq"),  # of the certificate.issue entry
    Column("code", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("person_tag", LargeBinary, nullable=True),  # 32 bytes; NULL after erasure
    Column("masked", Text, nullable=True),  # the public disclosure; NULL: no masked view
    Column("sealed", LargeBinary, nullable=True),  # private disclosures and verification code; NULL after erasure
)
Index("certificate_code", certificate.c.code, unique=True)
Index("certificate_person", certificate.c.person_tag)

notice: Final = Table(
    "notice",
    metadata,
    _key("seq"),  # of the notice.open entry
    Column("data", LargeBinary, nullable=True),  # the file public/notice/<seq>.json; NULL after erasure
)

details: Final = Table(
    "details",
    metadata,
    _key("seq"),  # of the certificate.issue or certificate.correct entry whose disclosures are in it; erased: no row
    Column("code", Text, nullable=False),
    Column("path", Text, nullable=False),  # below public/
    Column("data", LargeBinary, nullable=False),  # sealed under the verification code
)
Index("details_code", details.c.code, unique=True)

filing: Final = Table(
    "filing",
    metadata,
    _key("seq"),  # of the org.file or org.amend entry
    Column("sealed", LargeBinary, nullable=True),  # the disclosures behind its digests; NULL after erasure
)

batch: Final = Table(
    "batch",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # of the roster's normal form, under the tag key, 32 bytes
    Column("kind", Text, nullable=False),
    Column("org", Text, nullable=False),
    Column("profile", Text, nullable=False),
    _number("first"),  # entries [first, size)
    _number("size"),
    Column("created", Text, nullable=False),  # the time of its entries
    Column("summary", LargeBinary, nullable=False),  # canonical JSON, the app's own
)

counter: Final = Table(
    "counter",
    metadata,
    Column("scope", Text, primary_key=True),
    _number("last"),
)

setting: Final = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
