"""A publisher in memory, honest or hostile: makes small ledgers with named TEST keys and gives out their public folder.

    ledger = Simulator()                         the opening and the school's filing, two batches
    code = ledger.issue(1)                       one more batch
    files = ledger.files()                       public/ as path -> bytes
    report = look_up(files, code, ledger)        the procedure of the product, fed from `files`

It is written from the specification with the naive Merkle functions of the core, not with the product's own projection,
so the two can be held against each other. Every batch takes hooks that lie: another signer, another index, entries
that are no entries. What is lied about after publication is done to the returned dict.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, cast

from ledger.core.canonical import Value
from ledger.core.checklist import Absent
from ledger.core.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.custody import apply_update, format_step, format_update, sign_update, update_path
from ledger.core.digest import sha256
from ledger.core.disclosure import Typed, digest_of, make_disclosure, private_disclosures
from ledger.core.ed25519 import Verify
from ledger.core.encoding import format_base64, format_base64url, format_time, parse_time
from ledger.core.entry import FIRST_PREV, format_entry, parse_entry
from ledger.core.errors import FormatError
from ledger.core.index import Index, shard_leaf
from ledger.core.merkle import leaf_hash, prove_inclusion, root
from ledger.core.note import COSIGNATURE, Signer, format_vkey, parse_note
from ledger.core.record import Record, sign_record
from ledger.core.report import Report
from ledger.core.shard import format_masked, format_shard
from ledger.core.subject import choose_bits, masked_path, shard_number, shard_path, subject_hash
from ledger.core.tiles import entries_path, format_bundle, tile_path, tiles_of
from ledger.core.tlogproof import TlogProof, format_proof
from ledger.core.trust import Trust, format_trust
from ledger.core.verify import lookup
from ledger.core.witness import cosign
from ledger.crypto.pynacl_verify import verify as native_verify
from ledger.crypto.signer import Ed25519Signer
from ledger.profiles import load, names

__all__ = ["LATER", "LOG", "NOW", "ORIGIN", "OTHER", "PROFILES", "REGISTRAR", "SCHOOL", "Files", "Simulator", "look_up"]

ORIGIN = "ledger.example/test"
SCHOOL = "S000050000001"
OTHER = "S000050000002"
NOW = 1_795_132_800  # 2026-11-20T00:00:00Z, 8 in the morning in China
LATER = NOW + 3600  # when the tests look
HOLDER = {"name": "张三", "doc_type": "201", "doc_no": "500101199001010007", "employer": "云岭机械厂（虚构）"}
VERIFICATION_CODE = "0123456789ABCDEFGHJK"

PROFILES = {name: load(name) for name in names()}

Files: TypeAlias = dict[str, bytes]
Body: TypeAlias = dict[str, Value]


def signer(name: str, which: str = "") -> Ed25519Signer:
    """A TEST key: its seed is the hash of its own name."""
    return Ed25519Signer(name, sha256(f"TEST key of {name} {which}".encode()))


def witness(name: str, which: str = "") -> Ed25519Signer:
    """A TEST key of a witness."""
    return Ed25519Signer(name, sha256(f"TEST key of witness {name} {which}".encode()), COSIGNATURE)


LOG = signer(ORIGIN)
REGISTRAR = signer("registrar.example")


def opening(**changes: Value) -> Body:
    body: Body = {
        "log_key": format_vkey(LOG.key),
        "operator": "测试运行方",
        "origin": ORIGIN,
        "policy": {"disclosure": "masked", "max_age": 7 * 86400, "witness": ""},
        "profiles": ["cn-chongqing-2020-1"],
        "registrar_keys": [format_vkey(REGISTRAR.key)],
    }
    return body | changes


def occupation(**changes: Value) -> Body:
    return {"code": "6-18-01-01", "job": "数控车工", "name": "车工", **changes}


def filing(org: str = SCHOOL, **changes: Value) -> Body:
    body: Body = {
        "name": "测试数据·云岭技师学院",
        "org": org,
        "profile": "cn-chongqing-2020-1",
        "scope": [{"levels": ["3", "4"], "occupation": occupation()}],
        "uscc": "125000000000000171",
        "valid_from": "2026-01-01",
        "valid_to": "2028-12-31",
    }
    return body | changes


def number(serial: int = 1, org: str = SCHOOL, year: str = "26", level: str = "3") -> str:
    return f"{org}{year}{level}{serial:06d}"


def masked_disclosure(code: str, name: str = "张**") -> str:
    """The public view of `code`; the salt is fixed, which only a test may do."""
    return make_disclosure(format_base64url(sha256(code.encode())[:16]), "masked", {"name": name})


def morning(day: str) -> int:
    """Nine in the morning in China, as unix seconds."""
    return parse_time(f"{day}T01:00:00Z", "day")


def private(code: str) -> dict[str, str]:
    """The holder's own disclosures of `code`."""
    return private_disclosures(VERIFICATION_CODE, {**HOLDER, "name": f"张{code[-1]}"})


def issue_body(code: str, **changes: Value) -> Body:
    digests = sorted(digest_of(text) for text in (masked_disclosure(code), *private(code).values()))
    body: Body = {
        "batch": sha256(b"roster").hex(),
        "code": code,
        "disclosures": cast("Value", digests),
        "evaluator": "测试数据·云岭技师学院",
        "evidence": [],
        "issued": "2026-11-18",
        "level": "3",
        "occupation": occupation(),
        "profile": "cn-chongqing-2020-1",
    }
    return body | changes


def event_body(code: str, reason: str = "fraud", effective: str = "2026-11-19") -> Body:
    return {"code": code, "effective": effective, "reason": reason}


@dataclass(frozen=True)
class Sealed:
    """One index entry as it was published."""

    seq: int
    bits: int
    head: bytes
    note: bytes


Piece: TypeAlias = "Record | bytes | Callable[[int, bytes, str], bytes]"


class Simulator:
    """A ledger in memory. `raws` are its entries, `sealed` its index entries, `masked` the public views."""

    def __init__(
        self,
        *,
        trust: Trust | None = None,
        first: Body | None = None,
        filed: bool = True,
        log: Signer = LOG,
        kept: int = 8,
        start: str | None = None,
    ) -> None:
        """Open a ledger, on the day `start` if one is named, with the school filed unless `filed` is False."""
        profiles = tuple(cast("list[str]", (first or opening())["profiles"]))
        self.trust = trust or Trust(LOG.key, 7 * 86400, ORIGIN, (REGISTRAR.key,), "", profiles)
        self.log = log
        self.kept = kept
        self.now = morning(start) if start else NOW - 86400
        self.raws: list[bytes] = []
        self.subjects: list[str | None] = []
        self.sealed: list[Sealed] = []
        self.masked: dict[str, str] = {}
        self.steps: Files = {}
        self.keys: dict[str, Ed25519Signer] = {}
        self.batch(sign_record("ledger.open", first or opening(), LOG))
        if filed:
            self.file()

    # -- records ---------------------------------------------------------------------------------------------------

    def key(self, org: str) -> Ed25519Signer:
        return self.keys.setdefault(org, signer(org))

    def add_key(self, org: str, key: Signer | None = None) -> Record:
        added = key or self.key(org)
        return sign_record("key.add", {"key": format_vkey(added.key), "org": org}, REGISTRAR)

    def file(self, org: str = SCHOOL, **changes: Value) -> int:
        """File an organisation with its key; return the seq of the filing."""
        return self.batch(sign_record("org.file", filing(org, **changes), REGISTRAR), self.add_key(org))[0]

    def issued(self, serial: int = 1, org: str = SCHOOL, by: Signer | None = None, **changes: Value) -> Record:
        code = cast("str", changes.get("code", number(serial, org)))
        self.masked.setdefault(code, masked_disclosure(code))
        return sign_record("certificate.issue", issue_body(code) | changes, by or self.key(org))

    def issue(self, serial: int = 1) -> str:
        """Issue one certificate in a batch of its own; return its number."""
        self.batch(self.issued(serial))
        return number(serial)

    def issue_many(self, serials: Iterable[int]) -> None:
        self.batch(*(self.issued(serial) for serial in serials))

    def event(self, kind: str, code: str, *, by: Signer | None = None, **changes: str) -> int:
        """Write one event in a batch of its own; return its seq."""
        record = sign_record(f"certificate.{kind}", event_body(code, **changes), by or self.key(code[:13]))
        return self.batch(record)[0]

    def correct(self, code: str, **changes: Value) -> int:
        body = issue_body(code) | {"reason": "error"} | changes
        return self.batch(sign_record("certificate.correct", body, self.key(code[:13])))[0]

    def next_trust(self, **changes: object) -> Trust:
        """The version after the pinned one, with `changes`."""
        own: dict[str, object] = {"log_terms": (), "registrar_terms": (), "version": self.trust.version + 1}
        return replaced(self.trust, **{**own, **changes})

    def update_trust(self, stated: Trust, by: Sequence[Signer], log: Signer | None = None) -> int:
        """Announce `stated`, signed `by` these, and go on with the key of `log`; pin it, and return its seq."""
        note = sign_update(format_update(stated), by)
        record = sign_record("trust.update", {"note": note.decode()}, self.log)
        self.log = log or self.log
        seq = self.batch(record)[0]
        self.trust = apply_update(self.trust, stated, seq)
        leaves = [leaf_hash(raw) for raw in self.raws]
        step = format_step(parse_entry(self.raws[seq]), prove_inclusion(seq, leaves), self.sealed[-1].note)
        self.steps[update_path(stated.version)] = step
        return seq

    def on(self, day: str) -> "Simulator":
        """Let the next batch be written in the morning of `day`, in China, or later on if that is over."""
        self.now = max(self.now, morning(day) - 60)
        return self

    def evidence(self, kind: str, body: Body, by: Signer | None = None) -> int:
        """Write one piece of evidence, or what a registrar signs, in a batch of its own; return its seq."""
        return self.batch(sign_record(kind, body, by or REGISTRAR))[0]

    # -- the chain -------------------------------------------------------------------------------------------------

    def batch(
        self,
        *pieces: Piece,
        wait: int = 60,
        index: Callable[[Index], Index] = lambda index: index,
        index_log: Signer | None = None,
        log: Signer | None = None,
        checkpoint: Callable[[Checkpoint], Checkpoint] = lambda checkpoint: checkpoint,
        with_index: bool = True,
        skip: Sequence[int] = (),
    ) -> list[int]:
        """Append records (or raw bytes, or functions of (seq, prev, time)) and an index entry; return their seqs.

        `index`, `checkpoint` change what is committed, `index_log`, `log` who signs it; `skip` leaves entries out
        of the index as if they were not there.
        """
        self.now += wait
        time = format_time(self.now)
        seqs = []
        for piece in pieces:
            seq = len(self.raws)
            seqs.append(seq)
            prev = sha256(self.raws[-1]) if self.raws else FIRST_PREV
            if isinstance(piece, Record):
                self.take(format_entry(seq, prev, time, piece))
            else:
                self.take(piece if isinstance(piece, bytes) else piece(seq, prev, time))
        if with_index:
            self.seal(time, index, index_log or self.log, log or self.log, checkpoint, skip)
        return seqs

    def take(self, raw: bytes) -> None:
        self.raws.append(raw)
        try:
            self.subjects.append(parse_entry(raw).record.subject)
        except FormatError:
            self.subjects.append(None)

    def seal(
        self,
        time: str,
        index: Callable[[Index], Index],
        index_log: Signer,
        log: Signer,
        checkpoint: Callable[[Checkpoint], Checkpoint],
        skip: Sequence[int],
    ) -> None:
        seq = len(self.raws)
        bits = choose_bits(sum(subject is not None for subject in self.subjects))
        previous = self.sealed[-1].seq if self.sealed else None
        made = index(Index(bits, root(self.shard_leaves(bits, seq, skip)), seq, previous))
        record = sign_record("index", made.body(), index_log)
        self.take(format_entry(seq, sha256(self.raws[-1]), time, record))
        leaves = [leaf_hash(raw) for raw in self.raws]
        note = sign_checkpoint(checkpoint(Checkpoint(ORIGIN, seq + 1, root(leaves))), log)
        head = format_proof(TlogProof(seq, tuple(prove_inclusion(seq, leaves)), note, self.raws[seq]))
        self.sealed.append(Sealed(seq, made.bits, head, note))

    def cosign(self, witnesses: Iterable[tuple[Signer, int]], text: Callable[[str], str] = lambda text: text) -> None:
        """Let each witness cosign the newest checkpoint, at its time; `text` changes what it signs."""
        newest = self.sealed[-1]
        body = text(parse_note(newest.note).text)
        note = newest.note + b"".join(
            f"— {line.name} {format_base64(line.key_id + line.payload)}\n".encode()
            for line in (cosign(body, signer, time) for signer, time in witnesses)
        )
        head = newest.head.replace(newest.note, note)
        self.sealed[-1] = replace(newest, note=note, head=head)

    def renew(self) -> None:
        self.batch()

    def copy(self) -> "Simulator":
        """The same ledger, to go on from here in another way."""
        other = Simulator.__new__(Simulator)
        other.__dict__ |= {
            name: value.copy() if isinstance(value, (list, dict)) else value for name, value in vars(self).items()
        }
        return other

    # -- public/ ---------------------------------------------------------------------------------------------------

    def lines(self, bits: int, shard: int, end: int) -> list[int]:
        """The seqs below `end` whose subjects belong into the shard."""
        return [
            seq
            for seq, subject in enumerate(self.subjects[:end])
            if subject is not None and shard_number(subject_hash(subject), bits) == shard
        ]

    def shard_leaves(self, bits: int, end: int, skip: Sequence[int] = ()) -> list[bytes]:
        return [
            shard_leaf((seq, leaf_hash(self.raws[seq])) for seq in self.lines(bits, n, end) if seq not in skip)
            for n in range(1 << bits)
        ]

    def files(self) -> Files:
        """The public folder, as the specification describes it."""
        kept = self.sealed[-self.kept :]
        leaves = [leaf_hash(raw) for raw in self.raws]
        newest = kept[-1]
        files: Files = {
            "checkpoint": newest.note,
            "head": newest.head,
            "trust.json": format_trust(self.trust),
            **self.steps,
        }
        for one in kept:
            files[f"heads/{one.seq}"] = one.head
            files |= tree_files(leaves[: one.seq + 1])
            files |= bundles(self.raws[: one.seq + 1])
            if one.bits <= 8:  # more is a lie that cannot be published
                shards = self.shard_leaves(one.bits, one.seq)
                files |= {f"index/{one.seq}/{path}": data for path, data in tree_files(shards).items()}
                for n in range(1 << one.bits):
                    raws = [self.raws[seq] for seq in self.lines(one.bits, n, len(self.raws))]
                    files[shard_path(one.bits, n)] = format_shard(raws)
        for n in range(1 << min(newest.bits, 8)):
            views = sorted(
                (code, text) for code, text in self.masked.items() if shard_number(subject_hash(code), newest.bits) == n
            )
            files[masked_path(newest.bits, n)] = format_masked(views)
        return files

    def shard_file(self, subject: str) -> str:
        """The path of the newest shard of `subject`."""
        bits = self.sealed[-1].bits
        return shard_path(bits, shard_number(subject_hash(subject), bits))

    def masked_file(self, code: str) -> str:
        bits = self.sealed[-1].bits
        return masked_path(bits, shard_number(subject_hash(code), bits))


def tree_files(leaves: Sequence[bytes]) -> Files:
    """All tiles of a tree, each hash computed from its leaves."""
    files = {}
    for level, tile, width in tiles_of(len(leaves)):
        span = 256**level
        starts = [(256 * tile + i) * span for i in range(width)]
        files[tile_path(level, tile, width)] = b"".join(root(leaves[start : start + span]) for start in starts)
    return files


def bundles(raws: Sequence[bytes]) -> Files:
    parts = [raws[start : start + 256] for start in range(0, len(raws), 256)]
    return {entries_path(n, len(part)): format_bundle(part) for n, part in enumerate(parts)}


def replaced(trust: Trust, **changes: object) -> Trust:
    return replace(trust, **changes)  # type: ignore[arg-type]  # names are checked when it runs


# -- looking ---------------------------------------------------------------------------------------------------------

State: TypeAlias = Literal["pass", "fail", "unknown", "not_reached"]


def look_up(
    files: Mapping[str, bytes | Absent],
    code: str,
    trust: Trust | Simulator,
    *,
    now: int = LATER,
    seen: bytes | None = None,
    known: Trust | None = None,
    disclosures: Sequence[str] = (),
    typed: Typed | None = None,
    verify: Verify = native_verify,
    asked: list[tuple[str, ...]] | None = None,
) -> Report:
    """Run the product's procedure on `files`; what is not in them is missing. `asked` collects the rounds."""
    pinned = trust.trust if isinstance(trust, Simulator) else trust
    run = lookup(
        code,
        trust=pinned,
        profiles=PROFILES,
        verify=verify,
        now=now,
        seen=seen,
        known=known,
        disclosures=disclosures,
        typed=typed,
    )
    answers: Mapping[str, bytes | Absent] | None = None
    while True:
        try:
            paths = next(run) if answers is None else run.send(answers)
        except StopIteration as end:
            return cast("Report", end.value)
        if asked is not None:
            asked.append(paths)
        answers = {path: files.get(path, Absent.MISSING) for path in paths}
