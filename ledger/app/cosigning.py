"""The ledger's side of its witnesses: ask them to cosign the newest checkpoint, and publish what they answer.

Everything works by files, because the machine that holds the ledger may be offline: `make_request` makes what is
carried to a witness, `add_answers` takes what comes back. `ask` does both over HTTP, as C2SP tlog-witness says.

A cosignature changes no entry and no root: it is one more line below the newest checkpoint, in the register and, by
the usual projection, in public/.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import urllib3

from ledger.app.home import Home, HomeError
from ledger.app.places import FolderPlace
from ledger.app.writing import publish, trust_of_ledger
from ledger.core.checklist import Absent
from ledger.core.encoding import parse_decimal
from ledger.core.errors import FormatError, LedgerError, SignatureError
from ledger.core.note import NoteSignature, VerifierKey, format_note, parse_note
from ledger.core.policy import Policy, parse_policy
from ledger.core.tiles import consistency_from_tiles, consistency_tiles
from ledger.core.tlogproof import format_proof, parse_proof
from ledger.core.witness import Request, add_cosignatures, cosigned_times, format_request, parse_answer
from ledger.crypto.pynacl_verify import verify
from ledger.store import Store

__all__ = [
    "Asked",
    "Standing",
    "add_answers",
    "ask",
    "make_request",
    "policy_of",
    "standing",
    "witness_named",
]

_MAX_ANSWER = 64 << 10  # bytes
_TIMEOUT = 20.0  # seconds
_SIZE_TYPE = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Standing:
    """Who cosigned the newest checkpoint (`size` entries) and when; `met` is the quorum's time, if it is met."""

    size: int
    policy: Policy
    times: dict[str, int | None]
    met: int | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of asking one witness: "cosigned", "refused" (with its answer) or "unreachable"."""

    name: str
    outcome: str
    detail: str = ""


def policy_of(store: Store) -> Policy:
    """Return the ledger's witness policy. Raises HomeError if it asks for no witness."""
    policy = parse_policy(trust_of_ledger(store).witness)
    if policy.quorum is None:
        raise HomeError("the ledger's trust policy asks for no witnesses; it was opened without --witness")
    return policy


def witness_named(policy: Policy, name: str) -> VerifierKey:
    """Return the key of a witness of the policy, by its name there. Raises HomeError."""
    if name not in policy.witnesses:
        raise HomeError(f"{name} is no witness of the policy; these are: {', '.join(policy.witnesses)}")
    return policy.witnesses[name].key


def standing(store: Store) -> Standing:
    """Return how far the witnesses are with the newest checkpoint."""
    policy = policy_of(store)
    newest = store.index_entries(newest=1)[-1]
    keys = {name: witness.key for name, witness in policy.witnesses.items()}
    times = cosigned_times(parse_note(newest.note), keys.values(), verify)
    return Standing(newest.size, policy, {name: times.get(key) for name, key in keys.items()}, policy.met_at(times))


def make_request(home: Home, store: Store, witness: VerifierKey, *, old: int | None = None) -> bytes:
    """Return the request to cosign the newest checkpoint.

    `old` is the size the witness has; by default the largest size it has cosigned here.
    """
    newest = store.index_entries(newest=1)[-1]
    size = _cosigned_size(store, witness) if old is None else old
    if size > newest.size:
        raise HomeError(f"the witness has {size} entries, this ledger {newest.size}: it has seen another state")
    note = parse_note(newest.note)
    trust = trust_of_ledger(store)
    own = format_note(note.text, [line for line in note.signatures if line.key_id == trust.log.key_id])
    if size in (0, newest.size):
        return format_request(Request(size, (), own))
    answers = FolderPlace(home.public).fetch_all(consistency_tiles(size, newest.size))
    lost = next((path for path, data in answers.items() if isinstance(data, Absent)), None)
    if lost is not None:
        raise HomeError(f"public/{lost} is missing: delete public/ and run `ledger status`, which makes it again")
    tiles = {path: data for path, data in answers.items() if isinstance(data, bytes)}
    return format_request(Request(size, tuple(consistency_from_tiles(size, newest.size, tiles)), own))


def _cosigned_size(store: Store, witness: VerifierKey) -> int:
    """Return the size of the newest checkpoint with a line by `witness`, 0 if there is none."""
    for commit in reversed(store.commits_since(0)):
        lines = parse_note(commit.note).signatures
        if any((line.name, line.key_id) == (witness.name, witness.key_id) for line in lines):
            return commit.size
    return 0


def add_answers(home: Home, store: Store, answers: Sequence[bytes]) -> Standing:
    """Put the witnesses' answers below the newest checkpoint and publish it.

    Raises HomeError for a line that is not by a witness of the policy, or not for this checkpoint: nothing changes.
    """
    policy = policy_of(store)
    newest = store.index_entries(newest=1)[-1]
    note = parse_note(newest.note)
    known = {(one.key.name, one.key.key_id): one.key for one in policy.witnesses.values()}
    lines: list[NoteSignature] = []
    for data in answers:
        try:
            for line in parse_answer(data):
                key = known.get((line.name, line.key_id))
                if key is None:
                    raise HomeError(f"a line by {line.name}, who is no witness of the policy")
                cosigned_times(parse_note(format_note(note.text, [line])), [key], verify)
                lines.append(line)
        except SignatureError as error:
            raise HomeError(f"an answer is not for the newest checkpoint, {newest.size} entries: {error}") from error
        except FormatError as error:
            raise HomeError(f"not the answer of a witness: {error}") from error
    cosigned = add_cosignatures(newest.note, lines)
    if cosigned != newest.note:
        head = format_proof(replace(parse_proof(newest.head), note=cosigned))
        with store.transaction():
            store.replace_note(newest.seq, cosigned, head)
    publish(home, store)
    return standing(store)


def ask(home: Home, store: Store, names: Sequence[str] = ()) -> Iterator[tuple[Asked, bytes]]:
    """Ask the witnesses of the policy that have a URL (or those named), one after the other; give outcome and answer.

    A witness that has another size says so, and is asked once more from there.
    """
    policy = policy_of(store)
    for name in names or policy.witnesses:
        key, url = witness_named(policy, name), policy.witnesses[name].url
        if not url:
            if names:
                raise HomeError(f"{name} has no URL in the policy; use `ledger cosign request` and carry the file")
            continue
        yield _ask(home, store, name, key, url)


def _ask(home: Home, store: Store, name: str, key: VerifierKey, url: str) -> tuple[Asked, bytes]:
    old: int | None = None
    for _ in range(2):
        try:
            status, kind, body = _post(f"{url.rstrip('/')}/add-checkpoint", make_request(home, store, key, old=old))
        except urllib3.exceptions.HTTPError as error:
            return Asked(name, "unreachable", type(error).__name__), b""
        if status != 409 or kind != _SIZE_TYPE:
            break
        try:
            old = parse_decimal(body.decode("ascii").removesuffix("\n"), "size")
        except (LedgerError, UnicodeDecodeError):
            return Asked(name, "refused", "409"), b""
    if status == 200:
        return Asked(name, "cosigned"), body
    reason = body.decode(errors="replace").strip().partition("\n")[0][:200]
    return Asked(name, "refused", f"{status} {reason}"), b""


def _post(url: str, body: bytes) -> tuple[int, str, bytes]:
    """Return status, media type and body (64 KiB at most) of the answer."""
    with urllib3.PoolManager(timeout=_TIMEOUT, retries=False) as pool:
        answer = pool.request("POST", url, body=body, preload_content=False)
        try:
            return answer.status, answer.headers.get("Content-Type", ""), answer.read(_MAX_ANSWER)
        finally:
            answer.close()
