"""Writing: the one way into the ledger.

`Draft` chains records inside a transaction of the register; `commit` ends it with an index entry and a checkpoint. The
transaction is the commit point: before it nothing has happened, and no signature has left the process; after it the
batch has happened, and `publish` (now or in the next command) brings public/ up to it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ledger.app.home import Home, HomeError
from ledger.core.body import TYPES
from ledger.core.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.custody import check_announced, open_own, update_path
from ledger.core.digest import sha256
from ledger.core.encoding import format_time
from ledger.core.entry import FIRST_PREV, format_entry, parse_entry
from ledger.core.errors import LedgerError
from ledger.core.index import Index, ShardHashes
from ledger.core.merkle import leaf_hash
from ledger.core.merkle import root as merkle_root
from ledger.core.note import Signer, parse_note
from ledger.core.record import Record, sign_record
from ledger.core.subject import choose_bits, subject_hash
from ledger.core.tilestack import TileStack
from ledger.core.tlogproof import TlogProof, format_proof
from ledger.core.trust import Trust, format_trust, trust_of
from ledger.crypto.keyring import Keyring
from ledger.crypto.pynacl_verify import verify
from ledger.crypto.signer import Ed25519Signer
from ledger.publish.durable import write_atomic
from ledger.publish.projection import Progress, project
from ledger.store import EntryRow, Store

__all__ = ["Draft", "log_signer", "publish", "trust_of_ledger", "updates_of_trust", "writing"]

_UPDATE = b'"type":"trust.update","v":1}'
_FLUSH = 2048  # entries handed to the register at a time
# What `read_registry` and `read_workflow` replay: all but certificates and index entries.
_REGISTRY = frozenset(kind for kind in TYPES if not kind.startswith("certificate.") and kind != "index")


@dataclass(frozen=True, slots=True)
class Committed:
    """What a commit added: entries [first, size), the last of them the index entry; the signed checkpoint."""

    first: int
    size: int
    note: bytes


class Draft:
    """A batch in the making. `add` chains and stores a record; `commit` must come last."""

    def __init__(self, store: Store, log: Signer, now: int, expected: int) -> None:
        """Read the ledger's right edge. `expected` is the number of records to come, at most."""
        self._store, self._log = store, log
        self._tiles = TileStack()
        self._rows: list[EntryRow] = []
        self._prev, self._time, self._previous_index = FIRST_PREV, now, None
        tail = store.last_entry()
        self._shards = ShardHashes(choose_bits((tail[0] + 1 if tail else 0) + expected))
        if tail is not None:
            last = parse_entry(tail[1])
            if now < last.unix:
                raise HomeError(
                    f"the clock says {format_time(now)}, the ledger's last entry is of {last.time}: set the clock right"
                )
            self._prev, self._previous_index = sha256(last.raw), last.seq
            for seq, digest, leaf in store.leaves():
                self._tiles.append(leaf)
                self._shards.add(seq, leaf, digest)
        self.first = self._tiles.size
        self._stamp = format_time(now)

    @property
    def next_seq(self) -> int:
        """The seq that the next record gets."""
        return self._tiles.size

    def add(self, record: Record) -> int:
        """Chain one record; return its seq."""
        seq = self._tiles.size
        raw = format_entry(seq, self._prev, self._stamp, record)
        subject = record.subject
        digest = subject_hash(subject) if subject is not None else None
        leaf = leaf_hash(raw)
        self._tiles.append(leaf)
        self._shards.add(seq, leaf, digest)
        self._prev = sha256(raw)
        self._rows.append(EntryRow(seq, raw, leaf, digest, record.type in _REGISTRY))
        if len(self._rows) == _FLUSH:
            self._flush()
        return seq

    def commit(self) -> Committed:
        """Add the index entry, sign the checkpoint, store both with the head. The caller's transaction makes it so."""
        seq, bits = self._tiles.size, self._shards.bits
        index = Index(bits, merkle_root(self._shards.leaves()), seq, self._previous_index)
        path = tuple(self._tiles.next_path())
        self.add(sign_record("index", index.body(), self._log))
        raw = self._rows[-1].raw
        self._flush()
        checkpoint = Checkpoint(self._log.key.name, seq + 1, self._tiles.root())
        note = sign_checkpoint(checkpoint, self._log)
        head = format_proof(TlogProof(seq, path, note, raw))
        self._store.add_index(seq, bits, note, head)
        return Committed(self.first, seq + 1, note)

    def _flush(self) -> None:
        self._store.append_entries(self._rows)
        self._rows = []


def log_signer(keyring: Keyring, store: Store) -> Ed25519Signer:
    """Return the signer of the log key that the ledger announces. Raises NoKeyError if it is not in the keyring."""
    log = trust_of_ledger(store).log
    return keyring.signer_of(log.name, [log])


@contextmanager
def writing(home: Home, store: Store, log: Signer, now: int, expected: int) -> Iterator[Draft]:
    """Give a draft inside a transaction; commit it, then write the anchor. An exception leaves nothing behind.

    Raises HomeError if the register is older than the anchor: a restored backup must not sign a second history.
    """
    with store.transaction():
        check_anchor(home, store)
        draft = Draft(store, log, now, expected)
        yield draft
        committed = draft.commit()
    # The transaction is on the disk: the batch has happened, whatever follows.
    home.anchor.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(home.anchor, committed.note)


def check_anchor(home: Home, store: Store) -> None:
    """Raise HomeError unless the register holds the history that the anchor saw."""
    try:
        note = home.anchor.read_bytes()
    except FileNotFoundError:
        if store.last_entry() is None:
            return
        raise HomeError(
            f"the anchor {home.anchor} is gone; put it back, or, if this is the newest state, copy public/checkpoint"
        ) from None
    try:
        seen = open_own(note, trust_of_ledger(store), verify)
    except LedgerError as error:
        raise HomeError(f"the anchor {home.anchor} is not a checkpoint of this ledger: {error}") from error
    newest = store.index_entries(newest=1)
    size = newest[-1].size if newest else 0
    if seen.size > size:
        raise HomeError(
            f"the register has {size} entries, the anchor {home.anchor} saw {seen.size}: an old backup must not go on"
        )
    tiles = TileStack()
    if seen.size < size:  # killed between the commit and the anchor: only a later state of the same history is fine
        for _, _, leaf in store.leaves(seen.size):
            tiles.append(leaf)
        if tiles.root() != seen.root:
            raise HomeError(f"the anchor {home.anchor} has seen another history than this register holds")
    elif newest and parse_note(newest[-1].note).text != parse_note(note).text:
        raise HomeError(f"the anchor {home.anchor} has seen another history than this register holds")


def trust_of_ledger(store: Store) -> Trust:
    """Return the trust that the ledger announces: its first record, as the updates since have changed it."""
    if store.last_entry() is None:
        raise HomeError("the register is empty: opening the ledger was interrupted; run `ledger open` again")
    trust = trust_of(parse_entry(next(store.entries(0, 1))).record.body)
    for raw in updates_of_trust(store):
        trust = check_announced(parse_entry(raw), trust, verify)
    return trust


def updates_of_trust(store: Store) -> Iterator[bytes]:
    """Yield the entries that changed the trust, the oldest first."""
    return (raw for raw in store.registry_entries() if _UPDATE in raw)


def publish(home: Home, store: Store, progress: Progress = lambda *_: None) -> None:
    """Bring the anchor and public/ up to the newest commit; does nothing where they are.

    Raises HomeError if the register is older than the anchor: a restored backup must not take back what was published.
    """
    trust = trust_of_ledger(store)
    check_anchor(home, store)
    newest = store.index_entries(newest=1)[-1]
    if home.anchor.read_bytes() != newest.note:  # killed between the commit and the anchor
        write_atomic(home.anchor, newest.note)
    steps = {update_path(n): raw for n, raw in enumerate(updates_of_trust(store), 1)}
    project(store, home.public, format_trust(trust), steps, progress)
