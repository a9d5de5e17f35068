"""Lookups and their expected ends: one table, run by the unit tests and frozen as vectors.

Every case is a small ledger with one defect. `CASES` end at the step and with the reason they name; `SOUND` ends well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from ledger.core.canonical import Value
from ledger.core.checklist import Absent
from ledger.core.custody import update_path
from ledger.core.disclosure import digest_of
from ledger.core.encoding import parse_time
from ledger.core.merkle import leaf_hash, prove_inclusion
from ledger.core.note import Signer
from ledger.core.policy import Group, Policy, Witness, format_policy
from ledger.core.record import Record, sign_record
from ledger.core.tlogproof import TlogProof, format_proof, parse_proof
from ledger.core.trust import Custodians, Trust
from tests.evaluation import evaluated
from tests.simulator import (
    LATER,
    LOG,
    ORIGIN,
    OTHER,
    REGISTRAR,
    SCHOOL,
    Simulator,
    event_body,
    filing,
    masked_disclosure,
    number,
    opening,
    private,
    replaced,
    signer,
    witness,
)

__all__ = ["CASES", "SOUND", "UNKNOWN", "Case", "Situation"]

# Reasons that say "could not be found out"; all others are evidence.
UNKNOWN = frozenset(
    (
        "file_missing",
        "file_cut",
        "unreachable",
        "former_key",
        "not_a_head",
        "trust_expired",
        "wrong_file",
        "clock",
        "stale",
        "quorum_not_met",
        "witnessed_before",
        "older_than_seen",
        "being_updated",
        "profile_unknown",
    )
)
CODE = number(1)
THIEF = signer(ORIGIN, "thief")
CUSTODIANS = signer("custodian-a.example"), signer("custodian-b.example"), signer("custodian-c.example")
NEW_LOG = signer(ORIGIN, "second")
NEW_REGISTRAR = signer("registrar.example", "second")


@dataclass(frozen=True)
class Situation:
    """What a verifier meets: the files of the host, its own trust, clock and memory, what the holder shows."""

    files: Mapping[str, bytes | Absent]
    trust: Trust
    code: str = CODE
    now: int = LATER
    seen: bytes | None = None
    known: Trust | None = None
    disclosures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """One defect: `step` ends with `reason`."""

    name: str
    step: str
    reason: str
    comment: str
    make: Callable[[], Situation]


CASES: list[Case] = []
SOUND: list[Case] = []
Make: TypeAlias = Callable[[], Situation]


def case(step: str, reason: str, comment: str) -> Callable[[Make], Make]:
    def add(make: Make) -> Make:
        CASES.append(Case(make.__name__, step, reason, comment, make))
        return make

    return add


def sound(reason: str, comment: str, step: str = "V11") -> Callable[[Make], Make]:
    def add(make: Make) -> Make:
        SOUND.append(Case(make.__name__, step, reason, comment, make))
        return make

    return add


def assigned(first: str, last: str) -> Record:
    return sign_record("range.assign", {"first": first, "last": last, "org": SCHOOL}, REGISTRAR)


def published(ledger: Simulator, /, **changes: object) -> Situation:
    return replace(Situation(ledger.files(), ledger.trust), **changes)  # type: ignore[arg-type]  # names are checked when it runs


def hosted(ledger: Simulator, path: str, data: bytes | Absent | None, /, **changes: object) -> Situation:
    """The public folder with one file replaced; None: not there."""
    files = {**ledger.files(), path: Absent.MISSING if data is None else data}
    return published(ledger, files=files, **changes)


def base() -> Simulator:
    ledger = Simulator()
    ledger.issue(1)
    return ledger


def wide() -> Simulator:
    """A ledger of two shards; CODE and the school are in different ones."""
    ledger = Simulator()
    ledger.issue_many(range(1, 71))
    return ledger


def governed(expires: str = "2028-01-01T00:00:00Z") -> Simulator:
    """A ledger with three custodians, two of whom decide."""
    ledger = base()
    custodians = Custodians(tuple(one.key for one in CUSTODIANS), 2, expires)
    ledger.update_trust(ledger.next_trust(custodians=custodians), [*CUSTODIANS[:2], LOG])
    return ledger


def rotated() -> Simulator:
    """The same, after the custodians have replaced the log key and the registrar's."""
    ledger = governed()
    stated = ledger.next_trust(log=NEW_LOG.key, registrars=(NEW_REGISTRAR.key,))
    ledger.update_trust(stated, [*CUSTODIANS[1:], LOG, NEW_LOG], NEW_LOG)
    return ledger


PAGE = b"<!doctype html><title>404</title>"


WITNESSES = tuple(witness(name) for name in ("archive", "university", "press"))
TWO_OF_THREE = format_policy(
    Policy(
        witnesses={one.key.name: Witness(one.key) for one in WITNESSES},
        groups={"two": Group(2, tuple(one.key.name for one in WITNESSES))},
        quorum="two",
    )
)


def witnessed_ledger(*cosigners: tuple[Signer, int], text: Callable[[str], str] = lambda text: text) -> Simulator:
    """A ledger that wants two of three witnesses; `cosigners` cosigned its head, each some seconds after its entry."""
    policy: Value = {"disclosure": "masked", "max_age": 7 * 86400, "witness": TWO_OF_THREE}
    ledger = Simulator(first=opening(policy=policy))
    ledger.trust = replaced(ledger.trust, witness=TWO_OF_THREE)
    ledger.issue(1)
    ledger.cosign([(signer, ledger.now + after) for signer, after in cosigners], text)
    return ledger


def witnessed(*cosigners: tuple[Signer, int], text: Callable[[str], str] = lambda text: text) -> Situation:
    return published(witnessed_ledger(*cosigners, text=text))


# -- sound -------------------------------------------------------------------------------------------------------------


@sound("valid", "issued, nothing else")
def issued() -> Situation:
    return published(base())


@sound("valid", "two shards, with index tiles")
def issued_in_two_shards() -> Situation:
    return published(wide())


@sound("corrected", "a correction while valid")
def corrected() -> Situation:
    ledger = base()
    ledger.correct(CODE)
    return published(ledger)


@sound("reissued", "a replacement paper; the number stays")
def reissued() -> Situation:
    ledger = base()
    ledger.event("reissue", CODE, reason="lost")
    return published(ledger)


@sound("suspended", "suspended by the organisation")
def suspended() -> Situation:
    ledger = base()
    ledger.event("suspend", CODE, reason="investigation")
    return published(ledger)


@sound("suspended", "suspended by the registrar")
def suspended_by_registrar() -> Situation:
    ledger = base()
    ledger.event("suspend", CODE, by=REGISTRAR, reason="investigation")
    return published(ledger)


@sound("valid", "suspended and restored by the same side")
def restored() -> Situation:
    ledger = base()
    ledger.event("suspend", CODE, reason="investigation")
    ledger.event("restore", CODE, reason="cleared")
    return published(ledger)


@sound("revoked", "revoked by the organisation")
def revoked() -> Situation:
    ledger = base()
    ledger.event("revoke", CODE)
    return published(ledger)


@sound("revoked", "revoked by the registrar after the organisation was removed")
def revoked_after_removal() -> Situation:
    ledger = base()
    ledger.batch(sign_record("org.remove", {"org": SCHOOL, "reason": "misconduct"}, REGISTRAR))
    ledger.event("revoke", CODE, by=REGISTRAR)
    return published(ledger)


def merger() -> tuple[Record, Record]:
    """SCHOOL is merged into OTHER: what the registrar signs."""
    return (
        sign_record("org.retire", {"into": OTHER, "org": SCHOOL, "reason": "merged"}, REGISTRAR),
        sign_record("org.merge", {"from": [SCHOOL], "org": OTHER}, REGISTRAR),
    )


@sound("revoked", "revoked by the key of the successor after a merger")
def revoked_by_successor() -> Situation:
    ledger = base()
    ledger.file(OTHER)
    ledger.batch(*merger())
    ledger.event("revoke", CODE, by=ledger.key(OTHER))
    return published(ledger)


@sound("absent", "a number that was never issued", "V8")
def never_issued() -> Situation:
    return published(base(), code=number(2))


@sound("absent", "a number of an organisation that was never filed", "V8")
def never_filed() -> Situation:
    return published(base(), code=number(1, OTHER))


@sound("valid", "the masked view was erased")
def view_erased() -> Situation:
    ledger = base()
    del ledger.masked[CODE]
    return published(ledger)


@sound("valid", "the holder shows name and document number")
def fields_disclosed() -> Situation:
    shown = private(CODE)
    return published(base(), disclosures=(shown["name"], shown["doc_no"], masked_disclosure(CODE)))


@sound("valid", "the same checkpoint as last time")
def seen_the_same() -> Situation:
    ledger = base()
    return published(ledger, seen=ledger.sealed[-1].note)


@sound("valid", "the ledger has grown since last time")
def seen_smaller() -> Situation:
    ledger = base()
    old = ledger.sealed[-1].note
    ledger.issue_many(range(2, 9))
    return published(ledger, seen=old)


@sound("valid", "what was remembered is of another ledger")
def seen_foreign() -> Situation:
    return published(base(), seen=b"not a note")


@sound("valid", "an old head beside shards that have grown already")
def head_older_than_shards() -> Situation:
    ledger = base()
    old = ledger.sealed[-1].head
    ledger.event("revoke", CODE)
    return hosted(ledger, "head", old)


@sound("valid", "the public view was withdrawn, and says so")
def view_withdrawn() -> Situation:
    ledger = base()
    ledger.masked[CODE] = ""
    return published(ledger)


@sound("valid", "custodians have replaced the log key and the registrar's; the certificate is older")
def keys_replaced() -> Situation:
    return published(rotated())


@sound("valid", "custodians have replaced the log key; the certificate is younger")
def issued_under_new_keys() -> Situation:
    ledger = rotated()
    ledger.issue(2)
    return published(ledger, code=number(2))


@sound("valid", "the checkpoint seen last time is under the log key of before")
def seen_under_the_key_before() -> Situation:
    before = governed()
    return published(rotated(), seen=before.sealed[-1].note)


@sound("valid", "the trust says that no witness is wanted")
def no_witness_wanted() -> Situation:
    ledger = base()
    return published(ledger, trust=replaced(ledger.trust, witness="quorum none\n"))


@sound("valid", "two of three witnesses cosigned")
def witnessed_by_two() -> Situation:
    return witnessed((WITNESSES[0], 10), (WITNESSES[2], 20))


@sound("valid", "a line by a witness that nobody asked for is not judged")
def witnessed_by_a_stranger_too() -> Situation:
    return witnessed((WITNESSES[0], 10), (WITNESSES[1], 20), (witness("stranger"), 30))


@sound("corrected", "the organisation has two keys and changed its name after the issue")
def amended_after_issue() -> Situation:
    ledger = base()
    scope: Value = [{"levels": ["4"], "occupation": {"code": "6-18-01-02", "name": "铣工"}}]
    ledger.batch(
        sign_record("org.amend", filing(name="测试数据·新名", scope=scope), REGISTRAR),
        ledger.add_key(SCHOOL, signer(SCHOOL, "second")),
    )
    ledger.correct(CODE)
    ledger.event("suspend", CODE, by=signer(SCHOOL, "second"))
    ledger.event("restore", CODE)
    return published(ledger)


@sound("valid", "a scope without a job covers every job")
def scope_without_job() -> Situation:
    ledger = Simulator(filed=False)
    ledger.file(scope=[{"levels": ["3"], "occupation": {"code": "6-18-01-01", "name": "车工"}}])
    ledger.issue(1)
    return published(ledger)


@sound("valid", "the number is in a range that was assigned before")
def number_in_its_range() -> Situation:
    ledger = Simulator()
    ledger.batch(assigned(number(1), number(1)))
    ledger.issue(1)
    ledger.batch(assigned(number(2), number(99)))
    return published(ledger)


@sound("valid", "a level of the organisation's own, as it was filed")
def title_as_filed() -> Situation:
    return titled("3")


@sound("valid", "it rests on an evaluation, whose evidence a lookup does not read")
def resting_on_evidence() -> Situation:
    ledger, _ = evaluated("cn-chongqing-2020-1")
    return published(ledger, now=ledger.now + 3600)


# -- V1, V2, V3 --------------------------------------------------------------------------------------------------------


@case("V1", "code_form", "no profile has numbers of this form")
def number_malformed() -> Situation:
    return published(base(), code="S00005000000126X000001")


@case("V2", "file_missing", "the host has no head")
def head_missing() -> Situation:
    return hosted(base(), "head", None)


@case("V2", "unreachable", "the host does not answer")
def head_unreachable() -> Situation:
    return hosted(base(), "head", Absent.UNREACHABLE)


@case("V2", "not_a_head", "the host answers with a page")
def head_is_a_page() -> Situation:
    return hosted(base(), "head", PAGE)


@case("V2", "file_cut", "the head is cut off")
def head_cut() -> Situation:
    ledger = base()
    return hosted(ledger, "head", ledger.sealed[-1].head[:400])


@case("V2", "head_malformed", "the head carries no entry")
def head_without_entry() -> Situation:
    ledger = base()
    return hosted(ledger, "head", format_proof(replace(parse_proof(ledger.sealed[-1].head), extra=None)))


@case("V2", "head_malformed", "the entry in the head is no index entry")
def head_of_an_issue() -> Situation:
    ledger = base()
    return hosted(ledger, "head", proof(ledger, len(ledger.raws) - 2))


@case("V2", "head_malformed", "the index entry says another size than its own seq")
def index_of_another_size() -> Situation:
    ledger = base()
    ledger.batch(index=lambda index: replace(index, size=index.size - 1))
    return published(ledger)


@case("V2", "head_malformed", "the index entry names itself as the one before")
def index_before_itself() -> Situation:
    ledger = base()
    ledger.batch(index=lambda index: replace(index, previous=index.size))
    return published(ledger)


@case("V2", "head_malformed", "written in the last hours of the year 9999, which have no day in China")
def written_at_the_end_of_time() -> Situation:
    ledger = base()
    ledger.now = 253_402_300_000
    ledger.issue(1)
    return published(ledger)


@case("V2", "checkpoint_signature", "a key of the log's name that nobody pinned")
def checkpoint_by_thief() -> Situation:
    ledger = base()
    ledger.batch(log=THIEF)
    return published(ledger)


@case("V2", "checkpoint_signature", "a checkpoint of another ledger")
def checkpoint_of_another_origin() -> Situation:
    ledger = base()
    ledger.batch(checkpoint=lambda c: replace(c, origin="ledger.example/b"), log=signer("ledger.example/b"))
    return published(ledger)


@case("V3", "index_not_proven", "an older index entry under the newest checkpoint")
def index_not_last() -> Situation:
    ledger = base()
    return hosted(ledger, "head", proof(ledger, ledger.sealed[-2].seq))


@case("V3", "index_not_proven", "one hash of the path is another")
def path_changed() -> Situation:
    ledger = base()
    good = parse_proof(ledger.sealed[-1].head)
    return hosted(ledger, "head", format_proof(replace(good, path=(bytes(32), *good.path[1:]))))


@case("V3", "index_not_proven", "the proof speaks of another place")
def index_elsewhere() -> Situation:
    ledger = base()
    good = parse_proof(ledger.sealed[-1].head)
    return hosted(ledger, "head", format_proof(replace(good, index=good.index - 1)))


@case("V3", "index_not_proven", "the checkpoint signs another root")
def root_is_another() -> Situation:
    ledger = base()
    ledger.batch(checkpoint=lambda c: replace(c, root=bytes(32)))
    return published(ledger)


@case("V3", "index_not_proven", "the index record is signed by another key")
def index_by_thief() -> Situation:
    ledger = base()
    ledger.batch(index_log=THIEF)
    return published(ledger)


def proof(ledger: Simulator, seq: int) -> bytes:
    """A proof of the entry `seq` under the newest checkpoint."""
    leaves = [leaf_hash(raw) for raw in ledger.raws]
    path = tuple(prove_inclusion(seq, leaves))
    return format_proof(TlogProof(seq, path, ledger.sealed[-1].note, ledger.raws[seq]))


# -- V4, V5, V6 --------------------------------------------------------------------------------------------------------


@case("V4", "clock", "the head is from the verifier's future")
def clock_behind() -> Situation:
    ledger = base()
    return published(ledger, now=ledger.now - 301)


@case("V2", "former_key", "the head is under the log key of before: an old copy, or a thief's")
def head_under_the_key_before() -> Situation:
    return published(governed(), trust=rotated().trust)


@case("V2", "checkpoint_signature", "the log key was replaced, and the verifier has not followed")
def head_under_a_key_to_come() -> Situation:
    return published(rotated(), trust=governed().trust)


@case("V9", "key_not_valid_then", "a revocation by the registrar's key of before, stolen since")
def stolen_key_of_before() -> Situation:
    ledger = rotated()
    ledger.event("revoke", CODE, by=REGISTRAR)
    return published(ledger)


@case("V9", "key_not_valid_then", "a suspension by the registrar's new key, before it was one")
def key_before_its_time() -> Situation:
    ledger = governed()
    ledger.event("suspend", CODE, by=NEW_REGISTRAR)
    stated = ledger.next_trust(registrars=(NEW_REGISTRAR.key,))
    ledger.update_trust(stated, [*CUSTODIANS[:2], LOG])
    return published(ledger)


def another(ledger: Simulator) -> Trust:
    """The trust of the same version that other custodians would have decided on."""
    thieves = Custodians(tuple(signer(f"thief-{n}.example").key for n in range(3)), 2, "2028-01-01T00:00:00Z")
    return replaced(ledger.trust, custodians=thieves)


@sound("valid", "a page of the trust that was known before")
def known_trust() -> Situation:
    ledger = rotated()
    return published(ledger, known=ledger.trust)


@sound("valid", "a page of a newer trust than was known before, which follows it")
def known_older_trust() -> Situation:
    return published(rotated(), known=governed().trust)


@sound("valid", "a page of an older trust than was known before: the newer one stays pinned")
def known_newer_trust() -> Situation:
    return published(rotated(), trust=governed().trust, known=rotated().trust)


@sound("valid", "what was known had no custodians, and binds nobody")
def known_without_custodians() -> Situation:
    return published(rotated(), known=replaced(base().trust, max_age=60))


@case("V2", "former_key", "an old copy of the whole site, page and ledger, where a newer trust was known")
def site_rolled_back() -> Situation:
    return published(governed(), known=rotated().trust)


@case("V2", "trust_changed", "a page with other custodians of the same version")
def page_of_others() -> Situation:
    ledger = rotated()
    return published(ledger, trust=another(ledger), known=ledger.trust)


@case("V2", "trust_changed", "a page with a version that nothing leads to")
def page_from_nowhere() -> Situation:
    ledger = rotated()
    ahead = replaced(ledger.trust, version=ledger.trust.version + 1, custodians=another(ledger).custodians)
    return published(ledger, trust=ahead, known=ledger.trust)


@case("V2", "trust_changed", "the step to the page's trust is signed by others")
def step_of_others() -> Situation:
    ledger = governed()
    stated = replaced(another(ledger), version=2)
    forged = ledger.copy()
    forged.steps = dict(ledger.steps)
    forged.update_trust(stated, [signer(f"thief-{n}.example") for n in range(3)] + [LOG])
    return published(forged, known=ledger.trust)


@case("V2", "unreachable", "the step to a newer trust cannot be read")
def step_unreachable() -> Situation:
    return hosted(rotated(), update_path(2), Absent.UNREACHABLE, known=governed().trust)


@case("V4", "trust_expired", "the custodians should have spoken again by now")
def custodians_silent() -> Situation:
    ledger = governed("2026-11-20T00:30:00Z")
    return published(ledger, now=parse_time("2026-11-20T00:30:01Z", "now"))


@case("V4", "stale", "the head is a second too old")
def head_stale() -> Situation:
    ledger = base()
    return published(ledger, now=ledger.now + ledger.trust.max_age + 1)


@case("V5", "quorum_not_met", "two of three witnesses are wanted, none has cosigned")
def witnesses_none() -> Situation:
    return witnessed()


@case("V5", "quorum_not_met", "two of three witnesses are wanted, one has cosigned twice")
def witness_counted_once() -> Situation:
    return witnessed((WITNESSES[0], 10), (WITNESSES[0], 20))


@case("V5", "quorum_not_met", "a stranger under a witness's name does not count")
def witness_is_a_stranger() -> Situation:
    return witnessed((WITNESSES[0], 10), (witness("university", "stranger"), 10))


@case("V5", "cosignature", "a witness's line is over another text")
def witness_of_another_text() -> Situation:
    return witnessed((WITNESSES[0], 10), (WITNESSES[1], 10), text=lambda text: text.replace("\n", "\nmore\n", 1))


@case("V5", "witnessed_before", "the witnesses saw it an hour before the ledger wrote it")
def witnessed_too_early() -> Situation:
    return witnessed((WITNESSES[0], -3600), (WITNESSES[1], -3600))


@case("V4", "clock", "the witnesses' time is in the verifier's future")
def witnessed_in_the_future() -> Situation:
    return witnessed((WITNESSES[0], 100_000), (WITNESSES[1], 100_000))


def forks() -> tuple[Simulator, Simulator]:
    """Two continuations of one ledger, of the same size."""
    left = base()
    right = left.copy()
    left.issue(2)
    right.event("revoke", CODE)
    return left, right


@case("V6", "forked", "another root at the size that was seen")
def forked_at_the_same_size() -> Situation:
    left, right = forks()
    return published(left, seen=right.sealed[-1].note)


@case("V6", "forked", "a longer ledger that does not continue what was seen")
def forked_and_grown() -> Situation:
    left, right = forks()
    left.issue(3)
    return published(left, seen=right.sealed[-1].note)


@case("V6", "forked", "a shorter ledger that is no beginning of what was seen")
def forked_and_shorter() -> Situation:
    left, right = forks()
    right.renew()
    tiles = {path: data for path, data in right.files().items() if path.startswith("tile/")}
    return published(left, files={**tiles, **left.files()}, seen=right.sealed[-1].note)


@case("V6", "older_than_seen", "the beginning of what was seen: a rolled back ledger")
def rolled_back() -> Situation:
    ledger = base()
    old = ledger.sealed[-1].head
    ledger.event("revoke", CODE)
    return hosted(ledger, "head", old, seen=ledger.sealed[-1].note)


@case("V6", "file_missing", "the tiles that would show growth are not there")
def growth_tile_missing() -> Situation:
    ledger = base()
    old = ledger.sealed[-1].note
    ledger.issue(2)
    return hosted(ledger, "tile/0/000.p/9", None, seen=old)


@case("V6", "unreachable", "the tiles that would show growth cannot be had")
def growth_tile_unreachable() -> Situation:
    ledger = base()
    old = ledger.sealed[-1].note
    ledger.issue(2)
    return hosted(ledger, "tile/0/000.p/9", Absent.UNREACHABLE, seen=old)


@case("V6", "wrong_file", "a page instead of a tile")
def growth_tile_is_a_page() -> Situation:
    ledger = base()
    old = ledger.sealed[-1].note
    ledger.issue(2)
    return hosted(ledger, "tile/0/000.p/9", PAGE, seen=old)


# -- V7 ----------------------------------------------------------------------------------------------------------------


@case("V7", "file_missing", "the number's shard is not there")
def shard_missing() -> Situation:
    ledger = base()
    return hosted(ledger, ledger.shard_file(CODE), None)


@case("V7", "file_missing", "the organisation's shard is not there")
def shard_of_the_organisation_missing() -> Situation:
    ledger = wide()
    return hosted(ledger, ledger.shard_file(SCHOOL), None)


@case("V7", "unreachable", "the number's shard cannot be had")
def shard_unreachable() -> Situation:
    ledger = base()
    return hosted(ledger, ledger.shard_file(CODE), Absent.UNREACHABLE)


@case("V7", "wrong_file", "a page instead of a shard")
def shard_is_a_page() -> Situation:
    ledger = base()
    return hosted(ledger, ledger.shard_file(CODE), PAGE)


@case("V7", "file_missing", "the index tile is not there")
def index_tile_missing() -> Situation:
    ledger = wide()
    return hosted(ledger, f"index/{ledger.sealed[-1].seq}/tile/0/000.p/2", None)


@case("V7", "wrong_file", "a page instead of an index tile")
def index_tile_is_a_page() -> Situation:
    ledger = wide()
    return hosted(ledger, f"index/{ledger.sealed[-1].seq}/tile/0/000.p/2", PAGE)


@case("V7", "shard_differs", "a hash in the index tile is another")
def index_tile_changed() -> Situation:
    ledger = wide()
    return hosted(ledger, f"index/{ledger.sealed[-1].seq}/tile/0/000.p/2", bytes(64))


@case("V7", "file_cut", "the last line is cut off")
def shard_cut() -> Situation:
    ledger = base()
    path = ledger.shard_file(CODE)
    return hosted(ledger, path, ledger.files()[path][:-1])


@case("V7", "shard_malformed", "two lines in the wrong order")
def shard_out_of_order() -> Situation:
    ledger = base()
    path = ledger.shard_file(CODE)
    lines = ledger.files()[path].splitlines(keepends=True)
    return hosted(ledger, path, b"".join([*lines[:-2], lines[-1], lines[-2]]))


@case("V7", "shard_differs", "one byte of the record is another")
def record_changed() -> Situation:
    ledger = base()
    path = ledger.shard_file(CODE)
    return hosted(ledger, path, ledger.files()[path].replace("数控车工".encode(), "数控铣工".encode(), 2))


@case("V7", "shard_differs", "a line in the middle is left out")
def record_left_out() -> Situation:
    ledger = base()
    ledger.event("revoke", CODE)
    ledger.issue(2)
    path = ledger.shard_file(CODE)
    lines = ledger.files()[path].splitlines(keepends=True)
    return hosted(ledger, path, b"".join([*lines[:-2], lines[-1]]))


@case("V7", "shard_differs", "the index leaves the revocation out of its shard, the file does not")
def index_lies() -> Situation:
    ledger = base()
    revocation = sign_record("certificate.revoke", event_body(CODE), ledger.key(SCHOOL))
    ledger.batch(revocation, skip=[len(ledger.raws)])
    return published(ledger)


@case("V7", "being_updated", "an older shard under the new head: a copy under way")
def shard_older() -> Situation:
    ledger = base()
    path = ledger.shard_file(CODE)
    old = ledger.files()[path]
    ledger.event("revoke", CODE)
    return hosted(ledger, path, old)


@case("V7", "being_updated", "a much older shard, still of a kept head")
def shard_older_by_many() -> Situation:
    ledger = wide()
    path = ledger.shard_file(CODE)
    old = ledger.files()[path]
    for _ in range(3):
        ledger.event("suspend", CODE)
        ledger.event("restore", CODE)
    return hosted(ledger, path, old)


@case("V7", "being_updated", "the older shard was still empty")
def shard_older_and_empty() -> Situation:
    ledger = Simulator(filed=False)
    path = ledger.shard_file(CODE)
    ledger.file()
    return hosted(ledger, path, b"")


@case("V7", "shard_differs", "a shard emptied that never was empty under a kept head of these bits")
def shard_emptied() -> Situation:
    ledger = wide()
    ledger.event("revoke", CODE)
    return hosted(ledger, ledger.shard_file(CODE), b"")


@case("V7", "shard_differs", "a shard older than every kept head")
def shard_older_than_kept() -> Situation:
    ledger = base()
    path = ledger.shard_file(CODE)
    old = ledger.files()[path]
    for _ in range(5):
        ledger.event("suspend", CODE)
        ledger.event("restore", CODE)
    return hosted(ledger, path, old)


@case("V7", "shard_differs", "seven older heads could be asked, and none has this shard")
def shard_of_no_kept_head() -> Situation:
    ledger = base()
    ledger.kept = 20
    path = ledger.shard_file(CODE)
    old = ledger.files()[path]
    for _ in range(5):
        ledger.event("suspend", CODE)
        ledger.event("restore", CODE)
    return hosted(ledger, path, old)


@case("V7", "shard_differs", "a changed line in an otherwise older shard")
def shard_older_and_changed() -> Situation:
    ledger = base()
    path = ledger.shard_file(CODE)
    old = ledger.files()[path]
    ledger.event("revoke", CODE)
    return hosted(ledger, path, old.replace(b"6-18-01-01", b"6-18-01-02"))


def outdated(head: bytes | Absent) -> Situation:
    """An older shard; what would show it, the older head, is `head`."""
    ledger = base()
    path = ledger.shard_file(CODE)
    old = ledger.files()[path]
    ledger.event("revoke", CODE)
    files = {**ledger.files(), path: old, f"heads/{ledger.sealed[-2].seq}": head}
    return published(ledger, files=files)


@case("V7", "unreachable", "an older shard, and the head that would show it cannot be had")
def older_head_unreachable() -> Situation:
    return outdated(Absent.UNREACHABLE)


@case("V7", "shard_differs", "an older shard, and no head that would show it")
def older_head_missing() -> Situation:
    return outdated(Absent.MISSING)


@case("V7", "shard_differs", "an older shard, and a page for the head that would show it")
def older_head_is_a_page() -> Situation:
    return outdated(PAGE)


@case("V7", "entry_malformed", "the ledger commits an entry that is none")
def entry_malformed() -> Situation:
    ledger = base()
    ledger.batch(ledger.raws[-2].replace(b'"v":1}', b'"v":2}').replace(b'"seq":5', b'"seq":7'), with_index=False)
    ledger.subjects[-1] = CODE
    ledger.batch()
    return published(ledger)


@case("V7", "entry_malformed", "the ledger commits an entry in a shard that is not its subject's")
def entry_in_another_shard() -> Situation:
    ledger = wide()
    here = ledger.shard_file(CODE)
    stranger = next(n for n in range(2, 71) if ledger.shard_file(number(n)) != here)
    ledger.subjects[next(s for s, subject in enumerate(ledger.subjects) if subject == number(stranger))] = CODE
    ledger.batch()
    return published(ledger)


@case("V7", "entry_malformed", "the ledger commits an entry without a subject in a shard")
def entry_without_subject() -> Situation:
    ledger = base()
    ledger.subjects[1] = CODE
    ledger.batch()
    return published(ledger)


# -- V8 ----------------------------------------------------------------------------------------------------------------


@case("V8", "history", "issued twice")
def issued_twice() -> Situation:
    ledger = base()
    ledger.issue(1)
    return published(ledger)


@case("V8", "history", "revoked before it was issued")
def revoked_before_issue() -> Situation:
    ledger = Simulator()
    ledger.event("revoke", CODE)
    ledger.issue(1)
    return published(ledger)


@case("V8", "history", "restored after it was revoked")
def restored_after_revocation() -> Situation:
    ledger = base()
    ledger.event("revoke", CODE)
    ledger.event("restore", CODE)
    return published(ledger)


@case("V8", "history", "suspended by the registrar, restored by the organisation")
def restored_by_the_other_side() -> Situation:
    ledger = base()
    ledger.event("suspend", CODE, by=REGISTRAR)
    ledger.event("restore", CODE)
    return published(ledger)


# -- V9 ----------------------------------------------------------------------------------------------------------------


def with_record(*records: Record, first: bool = False) -> Situation:
    """The base ledger with more records behind the issue, or before it."""
    ledger = Simulator()
    if first:
        ledger.batch(*records)
    ledger.issue(1)
    if not first:
        ledger.batch(*records)
    return published(ledger)


@case("V9", "org_unknown", "the organisation was never filed")
def organisation_never_filed() -> Situation:
    ledger = Simulator(filed=False)
    ledger.issue(1)
    return published(ledger)


@case("V9", "org_unknown", "the organisation was filed after the issue")
def organisation_filed_later() -> Situation:
    ledger = Simulator(filed=False)
    ledger.issue(1)
    ledger.file()
    return published(ledger)


@case("V9", "org_unknown", "an amendment of an organisation that was never filed")
def amended_but_never_filed() -> Situation:
    ledger = Simulator(filed=False)
    ledger.batch(sign_record("org.amend", filing(), REGISTRAR))
    ledger.issue(1)
    return published(ledger)


@case("V9", "org_unknown", "two organisations merged into each other")
def merged_in_a_circle() -> Situation:
    ledger = base()
    ledger.file(OTHER)
    for old, new in ((SCHOOL, OTHER), (OTHER, SCHOOL)):
        ledger.batch(sign_record("org.retire", {"into": new, "org": old, "reason": "merged"}, REGISTRAR))
    ledger.event("revoke", CODE)
    return published(ledger)


@case("V9", "org_filed_twice", "the same code filed again")
def organisation_filed_twice() -> Situation:
    return with_record(sign_record("org.file", filing(name="别人"), REGISTRAR))


@case("V9", "org_ended", "an amendment after the removal")
def amended_after_removal() -> Situation:
    return with_record(
        sign_record("org.remove", {"org": SCHOOL, "reason": "misconduct"}, REGISTRAR),
        sign_record("org.amend", filing(), REGISTRAR),
    )


@case("V9", "org_ended", "issued after the retirement")
def issued_after_retirement() -> Situation:
    return with_record(sign_record("org.retire", {"org": SCHOOL, "reason": "closed"}, REGISTRAR), first=True)


@case("V9", "merge", "merged with itself")
def merged_with_itself() -> Situation:
    return with_record(sign_record("org.merge", {"from": [SCHOOL], "org": SCHOOL}, REGISTRAR))


@case("V9", "range_form", "a range that counts down")
def range_counts_down() -> Situation:
    return with_record(assigned(number(2), number(1)))


@case("V9", "range_overlaps", "two ranges share a number")
def ranges_overlap() -> Situation:
    return with_record(assigned(number(1), number(9)), assigned(number(9), number(20)), first=True)


@case("V9", "registrar_unknown", "filed by somebody who is no registrar")
def filed_by_a_stranger() -> Situation:
    return with_record(sign_record("org.amend", filing(), signer("stranger.example")))


@case("V9", "key_unknown", "filed with a key of the registrar's name that nobody pinned")
def filed_by_thief() -> Situation:
    return with_record(sign_record("org.amend", filing(), signer(REGISTRAR.key.name, "thief")))


@case("V9", "key_unknown", "a key of another name added to the organisation")
def key_of_another_name() -> Situation:
    ledger = base()
    ledger.batch(ledger.add_key(SCHOOL, signer(OTHER)))
    return published(ledger)


@case("V9", "key_unknown", "a key revoked that was never added")
def unknown_key_revoked() -> Situation:
    return with_record(
        sign_record("key.revoke", {"key_id": "00000000", "org": SCHOOL, "reason": "compromised"}, REGISTRAR)
    )


@case("V9", "key_unknown", "issued with a key of the organisation's name that was never filed")
def issued_by_thief() -> Situation:
    ledger = Simulator()
    ledger.batch(ledger.issued(by=signer(SCHOOL, "thief")))
    return published(ledger)


@case("V9", "key_not_valid_then", "issued with a key revoked before")
def issued_with_revoked_key() -> Situation:
    key = signer(SCHOOL).key.key_id.hex()
    return with_record(
        sign_record("key.revoke", {"key_id": key, "org": SCHOOL, "reason": "compromised"}, REGISTRAR), first=True
    )


@case("V9", "key_not_valid_then", "issued before the key was added")
def issued_before_the_key() -> Situation:
    ledger = Simulator(filed=False)
    ledger.batch(sign_record("org.file", filing(), REGISTRAR))
    ledger.issue(1)
    ledger.batch(ledger.add_key(SCHOOL))
    return published(ledger)


@case("V9", "signer_not_allowed", "the registrar signs an issue")
def issued_by_the_registrar() -> Situation:
    ledger = Simulator()
    ledger.batch(ledger.issued(by=REGISTRAR))
    return published(ledger)


@case("V9", "signer_not_allowed", "another organisation signs")
def issued_by_another_organisation() -> Situation:
    ledger = Simulator()
    ledger.file(OTHER)
    ledger.batch(ledger.issued(by=signer(OTHER)))
    return published(ledger)


@case("V9", "record_signature", "the signature is of another body")
def signature_of_another_body() -> Situation:
    ledger = Simulator()
    other = ledger.issued(evaluator="别人")
    ledger.batch(replace(ledger.issued(), sig=other.sig))
    return published(ledger)


@case("V9", "record_signature", "the signature has a second spelling")
def signature_misspelt() -> Situation:
    ledger = Simulator()
    good = ledger.issued()
    ledger.batch(replace(good, sig=good.sig[:85] + chr(ord(good.sig[85]) + 1)))
    return published(ledger)


# -- V10 ---------------------------------------------------------------------------------------------------------------


def issued_as(code: str = CODE, /, **changes: object) -> Situation:
    ledger = Simulator()
    ledger.batch(ledger.issued(**{"code": code, **changes}))  # type: ignore[arg-type]  # names are checked when it runs
    return published(ledger, code=code)


@case("V10", "org_not_filed_then", "issued under the old code after a merger, by the successor")
def issued_after_merger() -> Situation:
    ledger = Simulator()
    ledger.file(OTHER)
    ledger.batch(*merger())
    ledger.batch(ledger.issued(by=ledger.key(OTHER)))
    return published(ledger)


@case("V10", "evaluator_differs", "another name than the filed one")
def evaluator_of_another_name() -> Situation:
    return issued_as(evaluator="测试数据·别的学院")


@case("V10", "profile_differs", "another rule set than the filed one")
def filed_under_another_profile() -> Situation:
    ledger = Simulator(filed=False)
    ledger.file(profile="cn-anhui-2020-1")
    ledger.issue(1)
    return published(ledger)


@case("V10", "profile_unknown", "a rule set that this verifier does not have")
def profile_of_the_future() -> Situation:
    ledger = Simulator(first=opening(profiles=["cn-chongqing-2020-1", "cn-nowhere-2030-1"]), filed=False)
    ledger.file(profile="cn-nowhere-2030-1")
    ledger.batch(ledger.issued(profile="cn-nowhere-2030-1"))
    return published(ledger)


@case("V1", "profile_unknown", "well-formed under no rule set but perhaps one that this verifier does not have")
def number_of_the_future() -> Situation:
    ledger = Simulator(first=opening(profiles=["cn-chongqing-2020-1", "cn-nowhere-2030-1"]))
    return published(ledger, code="X" + number(1)[1:])


@case("V10", "profile_differs", "a rule set that the ledger did not open for")
def profile_not_opened_for() -> Situation:
    ledger = Simulator(filed=False)
    ledger.file(profile="cn-national-2018-1")
    ledger.batch(ledger.issued(profile="cn-national-2018-1"))
    return published(ledger)


@case("V10", "scope", "a level that was not filed")
def level_out_of_scope() -> Situation:
    return issued_as(number(1, level="5"), level="5")


@case("V10", "scope", "an occupation that was not filed")
def occupation_out_of_scope() -> Situation:
    return issued_as(occupation={"code": "6-18-01-02", "name": "铣工"})


@case("V10", "scope", "a job that was not filed")
def job_out_of_scope() -> Situation:
    return issued_as(occupation={"code": "6-18-01-01", "job": "普通车工", "name": "车工"})


@case("V10", "scope", "a correction to an occupation that was not filed")
def corrected_out_of_scope() -> Situation:
    ledger = base()
    ledger.correct(CODE, occupation={"code": "6-18-01-02", "name": "铣工"})
    return published(ledger)


@case("V10", "range", "a number outside the range")
def number_outside_its_range() -> Situation:
    return with_record(assigned(number(2), number(9)), first=True)


@case("V10", "range", "the range was assigned to the organisation afterwards, another one before")
def range_assigned_afterwards() -> Situation:
    ledger = Simulator()
    ledger.batch(assigned(number(2), number(9)))
    ledger.issue(1)
    ledger.batch(assigned(number(1), number(1)))
    return published(ledger)


def titled(level: str) -> Situation:
    """A certificate of level 3 with a title that the enterprise has filed for `level`."""
    org, profile = "Y000037000001", "cn-shandong-2020-1"
    ledger = Simulator(first=opening(profiles=[profile]), filed=False)
    ledger.file(org, profile=profile, titles=[{"level": level, "name": "特级技师"}])
    ledger.batch(ledger.issued(1, org, profile=profile, title="特级技师"))
    return published(ledger, code=number(1, org))


@case("V10", "title", "a level of the organisation's own that it did not file")
def title_not_filed() -> Situation:
    return issued_as(title="特级技师")


@case("V10", "title", "a level of the organisation's own, filed for another level")
def title_of_another_level() -> Situation:
    return titled("4")


@case("V10", "term", "issued on the day before the filing begins")
def issued_before_the_term() -> Situation:
    return issued_as(number(1, year="25"), issued="2025-12-31")


@case("V10", "term", "issued on the day after the filing ends")
def issued_after_the_term() -> Situation:
    ledger = Simulator(filed=False)
    ledger.file(valid_to="2026-11-17")
    ledger.issue(1)
    return published(ledger)


@case("V10", "future_issue", "issued on the day after it was written")
def issued_in_the_future() -> Situation:
    return issued_as(issued="2026-11-20")


@case("V10", "code_form", "a number of one profile issued under another")
def number_of_another_profile() -> Situation:
    ledger = Simulator(first=opening(profiles=["cn-anhui-2020-1", "cn-chongqing-2020-1"]))
    ledger.batch(ledger.issued(profile="cn-anhui-2020-1"))
    return published(ledger)


@case("V10", "code_year", "the year in the number is not that of the issue")
def year_differs() -> Situation:
    return issued_as(number(1, year="25"))


@case("V10", "code_level", "the level in the number is not that of the record")
def level_differs() -> Situation:
    return issued_as(number(1, level="4"))


@case("V10", "event_future", "a revocation that takes effect tomorrow")
def revoked_tomorrow() -> Situation:
    ledger = base()
    ledger.event("revoke", CODE, effective="2026-11-20")
    return published(ledger)


# -- V12 ---------------------------------------------------------------------------------------------------------------


def with_view(text: str) -> Situation:
    ledger = base()
    ledger.masked[CODE] = text
    return published(ledger)


@case("V12", "file_missing", "the masked file is not there")
def masked_missing() -> Situation:
    ledger = base()
    return hosted(ledger, ledger.masked_file(CODE), None)


@case("V12", "unreachable", "the masked file cannot be had")
def masked_unreachable() -> Situation:
    ledger = base()
    return hosted(ledger, ledger.masked_file(CODE), Absent.UNREACHABLE)


@case("V12", "wrong_file", "a page instead of the masked file")
def masked_is_a_page() -> Situation:
    ledger = base()
    return hosted(ledger, ledger.masked_file(CODE), PAGE)


@case("V12", "file_cut", "the last line is cut off")
def masked_cut() -> Situation:
    ledger = base()
    path = ledger.masked_file(CODE)
    return hosted(ledger, path, ledger.files()[path][:-1])


@case("V12", "masked_malformed", "every line of the masked file twice")
def masked_twice() -> Situation:
    ledger = base()
    path = ledger.masked_file(CODE)
    return hosted(ledger, path, ledger.files()[path] * 2)


@case("V12", "disclosure_differs", "a masked view of somebody else")
def masked_of_another() -> Situation:
    return with_view(masked_disclosure(CODE, "李**"))


@case("V12", "disclosure_differs", "the holder's name where the masked view belongs")
def name_published() -> Situation:
    return with_view(private(CODE)["name"])


@case("V12", "disclosure_differs", "a masked view that is no disclosure")
def masked_is_no_disclosure() -> Situation:
    return with_view("AAAA")


@case("V12", "disclosure_differs", "the holder shows another name")
def another_name_shown() -> Situation:
    return published(base(), disclosures=(private(number(2))["name"],))


@case("V12", "disclosure_differs", "the holder shows a field twice")
def field_shown_twice() -> Situation:
    name = private(CODE)["name"]
    return published(base(), disclosures=(name, name))


@case("V12", "disclosure_differs", "the holder shows text outside ASCII")
def shown_outside_ascii() -> Situation:
    return published(base(), disclosures=("张三",))


def corrected_base() -> tuple[Simulator, bytes]:
    """A correction with another masked view, and the masked file from before it."""
    ledger = base()
    old = ledger.files()[ledger.masked_file(CODE)]
    view = masked_disclosure(CODE, "李**")
    ledger.masked[CODE] = view
    digests = sorted(digest_of(text) for text in (view, *private(CODE).values()))
    ledger.correct(CODE, disclosures=cast("Value", digests))
    return ledger, old


@case("V12", "being_updated", "the masked view from before a correction: a copy under way")
def masked_older() -> Situation:
    ledger, old = corrected_base()
    return hosted(ledger, ledger.masked_file(CODE), old)


@case("V12", "being_updated", "the masked view of a correction that the head does not have yet: a copy under way")
def masked_newer() -> Situation:
    ledger, _ = corrected_base()
    return hosted(ledger, "head", ledger.sealed[-2].head)
