"""What an audit that found nothing keeps, so that the next one reads only what is new.

A text of lines, each canonical JSON. It begins with what it was made with and for, and ends with its own digest:

    {"checkpoint":"<the note>","program":"0.1.0","rules":"<hex>","subjects":240,"trust":"<hex>","v":1,"whole":"<time>"}
    {"level":0,"tile":"<base64>"}                    the open tiles of the tree: their hashes, one behind the other
    {"leaves":"<base64>"}                            the leaves of all shards, 256 a line
    {"prev":...                                      entries as they stand in the ledger: all about no certificate, but
                                                     of the index entries only the newest, whose heads are public
    {"root":"<base64>","size":17,"time":"<time>"}    behind the entries of a batch: the tree that it ended with
    {"largest":3,"numbers":3,"profile":"<name>","scope":"S000050000001/2026/3"}      numbers counted in one scope
    {"issued":3,"notice":12}                         certificates that rest on a closed notice of results
    {"problem":"...","rule":"...","where":"..."}     public views that were found withdrawn
    {"digest":"<hex>"}                               SHA-256 of all lines before

`subjects` counts the entries that have a subject, `trust` is the SHA-256 of trust.json as it was pinned, `rules` that
of the rule sets, `whole` the ledger's time when it was last read whole.

It is the auditor's own: whoever can change it decides what the next audit does not look at, exactly as with a kept
checkpoint. The digest is against damage only. `check_kept` refuses it (RuleError) for one of these reasons:

    kept_checkpoint   the note is not signed by the log key that signed at its size
    kept_trust        another trust is pinned now
    kept_rules        the program's rule sets, or the program, are others than it was made with
    kept_differs      it contradicts itself: tiles, leaves or index entries are not those of the checkpoint
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.checkpoint import Checkpoint, parse_checkpoint
from ledger.core.custody import open_own
from ledger.core.digest import sha256
from ledger.core.ed25519 import Verify
from ledger.core.encoding import format_base64, format_hex, parse_base64, parse_time
from ledger.core.entry import is_index, parse_entry
from ledger.core.errors import FormatError, LedgerError, RuleError
from ledger.core.finding import Finding
from ledger.core.index import Index, index_of
from ledger.core.merkle import HASH_SIZE, root
from ledger.core.note import parse_note
from ledger.core.subject import choose_bits
from ledger.core.tiles import parse_tile
from ledger.core.tilestack import TileStack
from ledger.core.trust import Trust, format_trust

__all__ = [
    "BatchEnd",
    "Counter",
    "KeptAudit",
    "MadeWith",
    "check_kept",
    "format_kept",
    "is_kept",
    "parse_kept",
    "trust_digest",
]

_WHAT = "kept audit"
_START = b'{"checkpoint":"'
_ENTRY = b'{"prev":"'
_ROW = 256  # leaves a line

Counter = tuple[int, int]  # numbers, the largest of them


@dataclass(frozen=True, slots=True)
class MadeWith:
    """What the findings of an audit depend on besides the ledger: version of the program, digest of the rule sets."""

    program: str
    rules: str


@dataclass(frozen=True, slots=True)
class BatchEnd:
    """The tree that a batch ended with, and the time of its entries."""

    size: int
    root: bytes
    time: str


@dataclass(frozen=True, slots=True)
class KeptAudit:
    """What is kept; `said` are entries and ends of batches in their order, `indexes` the newest index entries."""

    note: bytes
    made_with: MadeWith
    trust: str
    whole: str
    subjects: int
    tiles: list[list[bytes]] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    said: list[bytes | BatchEnd] = field(default_factory=list)
    indexes: list[bytes] = field(default_factory=list)
    serials: dict[tuple[str, str], Counter] = field(default_factory=dict)
    issued: dict[int, int] = field(default_factory=dict)
    withdrawn: list[Finding] = field(default_factory=list)

    @property
    def checkpoint(self) -> Checkpoint:
        """The checkpoint in the note; `check_kept` verifies it."""
        return parse_checkpoint(parse_note(self.note).text)

    def read_indexes(self) -> list[tuple[bytes, Index]]:
        """Return the newest index entries with what they say, newest last."""
        return [(raw, index_of(parse_entry(raw))) for raw in self.indexes]


def is_kept(data: bytes) -> bool:
    """Whether a file is a kept audit, and not a checkpoint alone."""
    return data.startswith(_START)


def format_kept(kept: KeptAudit) -> bytes:
    """Return the bytes of a kept audit."""
    data = b"".join(line + b"\n" for line in _lines(kept))
    return data + format_canonical({"digest": format_hex(sha256(data))}) + b"\n"


def _lines(kept: KeptAudit) -> Iterator[bytes]:
    yield format_canonical(
        {
            "checkpoint": kept.note.decode(),
            "program": kept.made_with.program,
            "rules": kept.made_with.rules,
            "subjects": kept.subjects,
            "trust": kept.trust,
            "v": 1,
            "whole": kept.whole,
        }
    )
    for level, row in enumerate(kept.tiles):
        yield format_canonical({"level": level, "tile": format_base64(b"".join(row))})
    for start in range(0, len(kept.leaves), _ROW):
        yield format_canonical({"leaves": format_base64(b"".join(kept.leaves[start : start + _ROW]))})
    newest = {index.size + 1: raw for raw, index in kept.read_indexes()}
    for said in kept.said:
        if isinstance(said, bytes):
            yield said
            continue
        if said.size in newest:
            yield newest[said.size]
        yield format_canonical({"root": format_base64(said.root), "size": said.size, "time": said.time})
    for (profile, scope), (numbers, largest) in sorted(kept.serials.items()):
        yield format_canonical({"largest": largest, "numbers": numbers, "profile": profile, "scope": scope})
    for notice, issued in sorted(kept.issued.items()):
        yield format_canonical({"issued": issued, "notice": notice})
    for one in kept.withdrawn:
        yield format_canonical({"problem": one.problem, "rule": one.rule, "where": one.where})


def parse_kept(data: bytes) -> KeptAudit:
    """Return the kept audit in a file's bytes. Raises FormatError."""
    lines = data.split(b"\n")
    end = len(data) - len(lines[-2:][0]) - 1
    if data[end:] != format_canonical({"digest": format_hex(sha256(data[:end]))}) + b"\n":
        raise FormatError(_WHAT, "is damaged or cut off: its digest is another")
    kept = _head(lines[0])
    for line in lines[1:-2]:
        if line.startswith(_ENTRY):
            (kept.indexes if is_index(line) else kept.said).append(line)
        else:
            _take(kept, parse_canonical(line, _WHAT))
    return kept


def _head(line: bytes) -> KeptAudit:
    match parse_canonical(line, _WHAT):
        case {
            "checkpoint": str(note),
            "program": str(program),
            "rules": str(rules),
            "subjects": int(subjects),
            "trust": str(trust),
            "v": 1,
            "whole": str(whole),
        }:
            parse_time(whole, "whole")
            return KeptAudit(note.encode(), MadeWith(program, rules), trust, whole, subjects)
        case _:
            raise FormatError(_WHAT, "is of a version that is not known here")


def _take(kept: KeptAudit, row: Value) -> None:
    match row:
        case {"level": int(), "tile": str(tile)}:
            kept.tiles.append(_hashes(tile))
        case {"leaves": str(leaves)}:
            kept.leaves.extend(_hashes(leaves))
        case {"root": str(root), "size": int(size), "time": str(time)}:
            kept.said.append(BatchEnd(size, parse_base64(root, _WHAT, HASH_SIZE), time))
        case {"largest": int(largest), "numbers": int(numbers), "profile": str(profile), "scope": str(scope)}:
            kept.serials[profile, scope] = numbers, largest
        case {"issued": int(issued), "notice": int(notice)}:
            kept.issued[notice] = issued
        case {"problem": str(problem), "rule": str(rule), "where": str(where)}:
            kept.withdrawn.append(Finding(rule, where, problem))
        case _:
            raise FormatError(_WHAT, "has a line of no known form")


def _hashes(text: str) -> list[bytes]:
    data = parse_base64(text, _WHAT)
    return parse_tile(data, len(data) // HASH_SIZE)


def check_kept(kept: KeptAudit, trust: Trust, made_with: MadeWith, verify: Verify) -> None:
    """Raise RuleError where a kept audit is not one to go on from, under this trust and with this program."""
    try:
        checkpoint = open_own(kept.note, trust, verify)
    except LedgerError as error:
        raise RuleError("kept_checkpoint", str(error)) from error
    if kept.trust != trust_digest(trust):
        raise RuleError("kept_trust", "another trust was pinned when it was kept")
    if kept.made_with != made_with:
        raise RuleError("kept_rules", f"made by version {kept.made_with.program}, or with other rule sets than these")
    try:
        index = kept.read_indexes()[-1][1]
        if TileStack(checkpoint.size, kept.tiles).root() != checkpoint.root or index.size + 1 != checkpoint.size:
            raise RuleError("kept_differs", "its tree is not that of its checkpoint")
        if choose_bits(kept.subjects) != index.bits or root(kept.leaves) != index.root:
            raise RuleError("kept_differs", "its shards are not those of its newest index entry")
    except (FormatError, LookupError) as error:
        raise RuleError("kept_differs", str(error)) from error


def trust_digest(trust: Trust) -> str:
    """Return what a kept audit says of the trust that was pinned."""
    return format_hex(sha256(format_trust(trust)))
