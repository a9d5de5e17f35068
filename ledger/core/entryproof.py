"""One entry, proven by itself: a C2SP tlog-proof whose extra data are the entry's bytes, as `head` is one.

It says: the ledger of the pinned log key held this entry, at this place, when the checkpoint in the proof was signed.
It says nothing of what came later, nor whether whoever signed the record was allowed to; a lookup and an audit do.

`prove_entry` makes it from public files, and `open_entry` checks it:

    1. the extra data are an entry, whose seq is the proof's index
    2. the checkpoint is signed by the log key that signed at its size, and cosigned as the pinned policy asks
    3. the path proves the entry at that index
"""

from collections.abc import Generator

from ledger.core.auditfiles import AbsentError
from ledger.core.checklist import Absent, Answers
from ledger.core.checkpoint import Checkpoint
from ledger.core.custody import open_own
from ledger.core.ed25519 import Verify
from ledger.core.entry import Entry, parse_entry
from ledger.core.errors import FormatError, RuleError
from ledger.core.index import open_head
from ledger.core.merkle import check_inclusion, leaf_hash
from ledger.core.note import parse_note
from ledger.core.policy import parse_policy
from ledger.core.tiles import entries_path, inclusion_from_tiles, inclusion_tiles, parse_bundle
from ledger.core.tlogproof import TlogProof, format_proof, parse_proof
from ledger.core.trust import Trust
from ledger.core.witness import quorum_time

__all__ = ["open_entry", "prove_entry"]


def prove_entry(seq: int, trust: Trust, verify: Verify) -> Generator[tuple[str, ...], Answers, bytes]:
    """Return the proof of the entry `seq` under the newest checkpoint; yields paths as `verify.lookup` does.

    Raises RuleError for an entry that is not there yet, AbsentError where a file is not, and what `open_entry` raises.
    """
    head, checkpoint = open_head(_got((yield ("head",)))[0], trust.log, verify)
    size = checkpoint.size
    if not 0 <= seq < size:
        raise RuleError("entry_beyond", f"entry {seq} of {size}")
    number, place = divmod(seq, 256)
    width = min(256, size - number * 256)
    paths = inclusion_tiles(seq, size)
    bundle, *tiles = _got((yield (entries_path(number, width), *paths)))
    path = inclusion_from_tiles(seq, size, dict(zip(paths, tiles, strict=True)))
    data = format_proof(TlogProof(seq, tuple(path), head.proof.note, parse_bundle(bundle, width)[place]))
    open_entry(data, trust, verify)
    return data


def open_entry(data: bytes, trust: Trust, verify: Verify) -> tuple[Entry, Checkpoint]:
    """Return the entry that a proof proves, and the checkpoint it is under.

    Raises FormatError, SignatureError, ProofError, or RuleError where too few witnesses have cosigned.
    """
    proof = parse_proof(data)
    entry = parse_entry(proof.extra or b"")
    if entry.seq != proof.index:
        raise FormatError("proof", "the extra data are another entry")
    checkpoint = open_own(proof.note, trust, verify)
    policy = parse_policy(trust.witness)
    if policy.quorum and quorum_time(parse_note(proof.note), policy, verify) is None:
        raise RuleError("quorum_not_met", "too few witnesses of the policy have cosigned the checkpoint")
    check_inclusion(leaf_hash(entry.raw), entry.seq, checkpoint.size, proof.path, checkpoint.root)
    return entry, checkpoint


def _got(answers: Answers) -> list[bytes]:
    files = []
    for data in answers.values():
        if isinstance(data, Absent):
            raise AbsentError(data)
        files.append(data)
    return files
