r"""Custody: how what is pinned changes, without anybody having to believe the operator alone.

The ledger's log key is on the operator's machine. Keys that are used once a year and lie elsewhere, the custodians',
decide together, `threshold` of them, which log key, registrars' keys, rule sets and witnesses are trusted. They sign an
update of the trust, a C2SP signed note:

    skill-ledger/trust/v1
    <trust.json of the new version, without terms>

    — root-zhang.example Uk3k...
    — root-li.example 9Fsd...
    — ledger.example/demo QpZ1...

The ledger announces it in an entry `trust.update`, whose body is {"note":"<the note>"}, signed by the log key before or
after it. From the next entry on it holds: keys act by seq, never backwards. public/trust/<version> is the C2SP
tlog-proof of that entry, whose extra data are the entry's bytes; whoever pinned an older version follows step by step.

`open_update` is the procedure, and these are its reasons:

    trust_version      not the version after the pinned one: older (rolled back), the same, or further ahead
    trust_origin       of another ledger
    trust_threshold    too few of the pinned custodians signed, or too few of the update's own
    trust_log_key      the new log key has not signed; or there are no custodians yet, and the pinned one has not
    trust_scope        custodians or rule sets would be dropped; or, without any custodians, something besides the log
                       key would change

So the first custodians are named by the log key; later it can name nothing by itself. A log key that was lost needs no
signature of its own where there are custodians. A trust that has expired is no forgery: it proves nothing about today.
"""

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import cast

from ledger.core.checklist import Absent, Answers
from ledger.core.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.core.ed25519 import Verify
from ledger.core.entry import Entry, parse_entry
from ledger.core.errors import FormatError, LedgerError, RuleError, SignatureError
from ledger.core.merkle import check_inclusion, leaf_hash
from ledger.core.note import Note, Signer, VerifierKey, format_note, open_note, parse_note, sign_note
from ledger.core.record import check_record
from ledger.core.tlogproof import PROOF_START, TlogProof, format_proof, parse_proof
from ledger.core.trust import KeyTerm, Trust, format_trust, parse_trust, trust_of

__all__ = [
    "MAX_STEPS",
    "Announced",
    "Announcements",
    "apply_update",
    "check_announced",
    "follow",
    "format_step",
    "format_update",
    "is_former",
    "open_own",
    "open_step",
    "open_update",
    "parse_update",
    "sign_update",
    "update_path",
]

MAX_STEPS = 1000  # versions followed at a time; a place that has more wants to keep a verifier busy

_DOMAIN = "skill-ledger/trust/v1\n"
_KIND = "trust.update"


def update_path(version: int) -> str:
    """Return the path under public/ of the step to `version`."""
    return f"trust/{version}"


def format_update(trust: Trust) -> str:
    """Return the text that is signed to make `trust` the next version; its terms are not in it."""
    stated = replace(trust, log_terms=(), registrar_terms=())
    return f"{_DOMAIN}{format_trust(stated).decode()}\n"


def parse_update(data: bytes) -> tuple[Trust, Note]:
    """Return what an update states and its note, unchecked. Raises FormatError."""
    note = parse_note(data)
    if not note.text.startswith(_DOMAIN):
        raise FormatError("trust update", "the first line is not skill-ledger/trust/v1")
    stated = parse_trust(note.text.removeprefix(_DOMAIN).removesuffix("\n").encode())
    if not stated.version or stated.log_terms or stated.registrar_terms:
        raise FormatError("trust update", "an update has a version from 1 on, and no terms")
    return stated, note


def sign_update(data: bytes | str, signers: Sequence[Signer]) -> bytes:
    """Return an update (its text, or a note signed by others before) with a line by each signer. Raises FormatError."""
    if isinstance(data, str):
        return sign_note(data, signers)
    note = parse_update(data)[1]
    new = parse_note(sign_note(note.text, signers)).signatures
    lines = {(line.name, line.key_id): line for line in (*note.signatures, *new)}
    return format_note(note.text, list(lines.values()))


def open_update(data: bytes, pinned: Trust, verify: Verify) -> Trust:
    """Return what an update states, if it may follow `pinned`. Raises FormatError, SignatureError, RuleError."""
    stated, _ = parse_update(data)
    if stated.origin != pinned.origin:
        raise RuleError("trust_origin", f"an update of {stated.origin}")
    if stated.version != pinned.version + 1:
        problem = f"version {stated.version} where {pinned.version + 1} is due"
        raise RuleError("trust_version", problem)
    asked = [pinned.log, stated.log, *_custodian_keys(pinned), *_custodian_keys(stated)]
    try:
        signed = set(open_note(data, list(dict.fromkeys(asked)), verify).verified)
    except SignatureError as error:
        raise RuleError("trust_threshold", str(error)) from error
    for trust in (pinned, stated):
        if trust.custodians is not None and len(signed & set(trust.custodians.keys)) < trust.custodians.threshold:
            problem = f"fewer than {trust.custodians.threshold} custodians of version {trust.version} signed"
            raise RuleError("trust_threshold", problem)
    if stated.log not in signed:
        raise RuleError("trust_log_key", "the new log key has not signed")
    if pinned.custodians is None:
        _check_first(pinned, stated, signed)
    elif stated.custodians is None:
        raise RuleError("trust_scope", "the custodians would be dropped")
    if not set(pinned.profiles) <= set(stated.profiles):
        raise RuleError("trust_scope", "numbers were issued under the rule sets that would be dropped")
    return stated


def _custodian_keys(trust: Trust) -> tuple[VerifierKey, ...]:
    return trust.custodians.keys if trust.custodians is not None else ()


def _check_first(pinned: Trust, stated: Trust, signed: set[VerifierKey]) -> None:
    """Until there are custodians the log key speaks for itself, and for nothing else."""
    if pinned.log not in signed:
        raise RuleError("trust_log_key", "there are no custodians, and the pinned log key has not signed")
    same = replace(pinned, log=stated.log, version=stated.version, custodians=stated.custodians)
    if replace(same, log_terms=(), registrar_terms=()) != stated:
        raise RuleError("trust_scope", "without custodians only the log key can change, and custodians be named")


def apply_update(pinned: Trust, stated: Trust, seq: int) -> Trust:
    """Return the trust after the entry `seq`, which announced `stated`: the keys of before get their terms."""
    logs, registrars = [*pinned.log_terms], [*pinned.registrar_terms]
    if stated.log != pinned.log:
        since = logs[-1].before if logs else None
        logs.append(KeyTerm(pinned.log, -1 if since is None else since, seq))
    for place, term in enumerate(registrars):
        if term.before is None and term.key not in stated.registrars:
            registrars[place] = replace(term, before=seq)
    timed = {term.key for term in pinned.registrar_terms}
    registrars += [
        KeyTerm(key, -1, seq) for key in pinned.registrars if key not in timed and key not in stated.registrars
    ]
    registrars += [KeyTerm(key, seq) for key in stated.registrars if key not in pinned.registrars]
    return replace(stated, log_terms=tuple(logs), registrar_terms=tuple(registrars))


def check_announced(entry: Entry, pinned: Trust, verify: Verify) -> Trust:
    """Return the trust after an entry `trust.update`. Raises FormatError, SignatureError, RuleError."""
    stated = open_update(cast("str", entry.record.body["note"]).encode(), pinned, verify)
    before = entry.record.key == pinned.log.key_id.hex()
    check_record(entry.record, pinned.log if before else stated.log, verify)
    return apply_update(pinned, stated, entry.seq)


@dataclass(slots=True)
class Announced:
    """A trust that the ledger announced, its entry's bytes, and size and root of the tree that its batch ended with."""

    trust: Trust
    raw: bytes
    size: int = 0
    root: bytes = b""


class Announcements:
    """What a ledger said of its trust, fed in seq order; `made` holds it, the opening first."""

    def __init__(self, pinned: Trust, verify: Verify) -> None:
        """Hold what is announced against the `pinned` trust."""
        self.made: list[Announced] = []
        self._pinned, self._verify = pinned, verify

    def open(self, entry: Entry) -> None:
        """Take the entry `ledger.open`. Raises RuleError if it is against a trust that never changed."""
        trust = trust_of(entry.record.body)
        self.made.append(Announced(trust, entry.raw))
        if not self._pinned.version and trust != self._pinned:
            raise RuleError("trust", "the trust pinned by the auditor is not what the ledger opened with")

    def take(self, entry: Entry) -> None:
        """Take an entry `trust.update`. Raises LedgerError, and then takes nothing."""
        if not self.made:
            raise RuleError("opening", "the ledger has not said what it trusts")
        self.made.append(Announced(check_announced(entry, self.made[-1].trust, self._verify), entry.raw))

    def end_batch(self, size: int, root: bytes) -> None:
        """Note the tree of `size` entries that a batch ended with."""
        if self.made and not self.made[-1].size:
            for announced in self.made:
                if not announced.size:
                    announced.size, announced.root = size, root

    @property
    def behind(self) -> bool:
        """Whether the pinned trust is newer than what was announced: a copy is under way, or this one is old."""
        return bool(self.made) and self.made[-1].trust.version < self._pinned.version

    def problem(self) -> str:
        """Return what is wrong with the pinned trust behind the last entry, "" for nothing."""
        changed = self._pinned.version or len(self.made) > 1  # otherwise the opening has told
        if changed and self.made and not self.behind and self.made[-1].trust != self._pinned:
            return "the trust pinned by the auditor is not what the ledger announced last"
        return ""


def format_step(entry: Entry, path: Sequence[bytes], note: bytes) -> bytes:
    """Return the file trust/<version>: the entry's proof under the checkpoint `note`, by the hashes of `path`."""
    return format_proof(TlogProof(entry.seq, tuple(path), note, entry.raw))


def open_step(data: bytes, pinned: Trust, verify: Verify) -> tuple[Trust, Entry, Checkpoint]:
    """Return the trust after the step from `pinned` that a file shows, with its entry and the checkpoint it is under.

    Raises FormatError, SignatureError, ProofError, RuleError.
    """
    proof = parse_proof(data)
    entry = parse_entry(proof.extra or b"")
    if entry.record.type != _KIND:
        raise FormatError("trust step", "the entry is not a trust.update")
    trust = check_announced(entry, pinned, verify)
    checkpoint = open_checkpoint(proof.note, trust.log, verify)
    check_inclusion(leaf_hash(entry.raw), entry.seq, checkpoint.size, proof.path, checkpoint.root)
    if proof.index != entry.seq:
        raise FormatError("trust step", "the proof is of another entry")
    return trust, entry, checkpoint


def open_own(note: bytes, trust: Trust, verify: Verify) -> Checkpoint:
    """Return the checkpoint in a note of any time, signed by the log key that signed at its size.

    What it says was true when it was written; about today only one under `trust.log` says anything. Raises FormatError,
    SignatureError.
    """
    claimed = parse_checkpoint(parse_note(note).text)
    return open_checkpoint(note, trust.log_at(claimed.size - 1), verify)


def is_former(note: bytes, trust: Trust, verify: Verify) -> bool:
    """Whether a log key of before signed the checkpoint in `note`."""
    for term in trust.log_terms:
        with suppress(LedgerError):
            return bool(open_checkpoint(note, term.key, verify))
    return False


def follow(
    pinned: Trust, verify: Verify, until: Trust | None = None
) -> Generator[tuple[str, ...], Answers, Trust | Absent]:
    """Follow the updates of a place from `pinned` on; yields paths as `verify.lookup` does, returns the newest trust.

    Ends early at `until`, if that is reached. Returns Absent.UNREACHABLE if a file cannot be had now. Raises
    LedgerError, for a step that may not follow.
    """
    trust = pinned
    for version in range(pinned.version + 1, pinned.version + 1 + MAX_STEPS):
        path = update_path(version)
        data = (yield (path,))[path]
        if data is Absent.UNREACHABLE:
            return data
        if isinstance(data, Absent) or not data.startswith(PROOF_START):
            return trust  # there is none: what a host answers instead is its own affair
        trust = open_step(data, trust, verify)[0]
        if trust == until:
            return trust
    raise RuleError("trust_version", f"more than {MAX_STEPS} versions at a time")
