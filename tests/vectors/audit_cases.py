"""Audits and what they must find: one table, run by the unit tests and frozen as vectors.

Every case is a public folder with one defect, and the rule that the audit must name. `DOUBTS` are folders of which the
audit may say nothing but "not checked". The lookups of ledger_cases that fail by their entries are audited as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import cast

from ledger.core.canonical import Value, format_canonical
from ledger.core.checklist import Absent
from ledger.core.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.custody import format_update, sign_update
from ledger.core.disclosure import digest_of
from ledger.core.encoding import format_time, parse_time
from ledger.core.entry import format_entry, parse_entry
from ledger.core.record import Record, sign_record
from ledger.core.tiles import format_bundle
from ledger.core.tlogproof import format_proof, parse_proof
from ledger.core.trust import Trust
from tests.simulator import (
    LOG,
    ORIGIN,
    REGISTRAR,
    SCHOOL,
    Simulator,
    filing,
    issue_body,
    masked_disclosure,
    number,
    opening,
    private,
    signer,
    witness,
)
from tests.vectors.ledger_cases import (
    CODE,
    CUSTODIANS,
    NEW_LOG,
    NEW_REGISTRAR,
    PAGE,
    THIEF,
    WITNESSES,
    base,
    governed,
    rotated,
    wide,
    witnessed_ledger,
)

__all__ = ["AUDITS", "DOUBTS", "WARNED", "Audited", "Folder"]


@dataclass(frozen=True)
class Folder:
    """What an auditor meets."""

    files: Mapping[str, bytes | Absent]
    trust: Trust


@dataclass(frozen=True)
class Audited:
    """One defect and the rule that names it; `alone`: nothing else is found."""

    name: str
    rule: str
    comment: str
    make: Callable[[], Folder]
    alone: bool


AUDITS: list[Audited] = []
DOUBTS: list[Audited] = []
WARNED: list[Audited] = []


def finds(
    rule: str, comment: str, *, alone: bool = True, into: list[Audited] = AUDITS
) -> Callable[..., Callable[[], Folder]]:
    def add(make: Callable[[], Folder]) -> Callable[[], Folder]:
        into.append(Audited(make.__name__, rule, comment, make, alone))
        return make

    return add


def folder(ledger: Simulator, **files: bytes | Absent) -> Folder:
    return Folder({**ledger.files(), **files}, ledger.trust)


def hosted(ledger: Simulator, path: str, data: bytes | Absent) -> Folder:
    return Folder({**ledger.files(), path: data}, ledger.trust)


# -- the chain ---------------------------------------------------------------------------------------------------------


@finds("chain", "an entry that does not follow the one before")
def chain_broken() -> Folder:
    ledger = base()
    record = ledger.issued(2)
    ledger.batch(lambda seq, _prev, time: format_entry(seq, bytes(32), time, record))
    return folder(ledger)


@finds("time", "a batch older than the one before")
def time_goes_back() -> Folder:
    ledger = base()
    ledger.batch(wait=-1)
    return folder(ledger)


@finds("time", "two times in one batch")
def time_changes_in_a_batch() -> Folder:
    ledger = base()
    record = ledger.issued(2)
    ledger.batch(lambda seq, prev, time: format_entry(seq, prev, format_time(parse_time(time, "") - 1), record))
    return folder(ledger)


@finds("opening", "a second opening")
def opened_twice() -> Folder:
    ledger = base()
    ledger.batch(sign_record("ledger.open", opening(), LOG))
    return folder(ledger)


@finds("opening", "a ledger that begins with a filing", alone=False)
def never_opened() -> Folder:
    ledger = Simulator.__new__(Simulator)
    ledger.__init__(filed=False)  # type: ignore[misc]  # started again below
    del ledger.raws[:], ledger.subjects[:], ledger.sealed[:]
    ledger.file()
    return folder(ledger)


@finds("trust", "the ledger opened with another age than the auditor pinned")
def opened_with_another_trust() -> Folder:
    policy: Value = {"disclosure": "masked", "max_age": 60, "witness": ""}
    return folder(Simulator(first=opening(policy=policy)))


@finds("trust_threshold", "one of three custodians speaks for two")
def one_custodian_for_two() -> Folder:
    ledger = governed()
    stated = ledger.next_trust(registrars=(NEW_REGISTRAR.key,))
    note = sign_update(format_update(stated), [CUSTODIANS[0], LOG])
    ledger.batch(sign_record("trust.update", {"note": note.decode()}, LOG))
    return folder(ledger)


@finds("trust_version", "an update of the trust is announced twice")
def trust_announced_twice() -> Folder:
    ledger = governed()
    ledger.batch(parse_entry(ledger.raws[7]).record)
    return folder(ledger)


@finds("trust_log_key", "a new log key that has not signed for itself")
def log_key_of_nobody() -> Folder:
    ledger = governed()
    note = sign_update(format_update(ledger.next_trust(log=NEW_LOG.key)), [*CUSTODIANS, LOG])
    ledger.batch(sign_record("trust.update", {"note": note.decode()}, LOG))
    return folder(ledger)


@finds("trust_scope", "without custodians the log key names another registrar")
def registrar_by_the_log_key() -> Folder:
    ledger = base()
    note = sign_update(format_update(ledger.next_trust(registrars=(NEW_REGISTRAR.key,))), [LOG])
    ledger.batch(sign_record("trust.update", {"note": note.decode()}, LOG))
    return folder(ledger)


@finds("trust_origin", "an update of another ledger's trust")
def trust_of_another_ledger() -> Folder:
    ledger, other = governed(), signer("elsewhere.example")
    stated = ledger.next_trust(log=other.key, origin=other.key.name)
    note = sign_update(format_update(stated), [*CUSTODIANS, other])
    ledger.batch(sign_record("trust.update", {"note": note.decode()}, LOG))
    return folder(ledger)


@finds("record_signature", "an index entry by the log key of before", alone=False)
def index_by_the_key_before() -> Folder:
    ledger = rotated()
    ledger.batch(index_log=LOG)
    return folder(ledger)


@finds("record_signature", "the opening is signed by another key")
def opened_by_thief() -> Folder:
    ledger = Simulator()
    forged = Simulator.__new__(Simulator)
    forged.__dict__ |= vars(ledger) | {"raws": [], "subjects": [], "sealed": [], "masked": {}}
    forged.batch(sign_record("ledger.open", opening(), THIEF))
    return folder(forged)


@finds("index", "the index entry before is another than it says", alone=False)
def index_skips_one() -> Folder:
    ledger = base()
    ledger.batch(index=lambda index: replace(index, previous=1))
    return folder(ledger)


@finds("index", "more bits than are due", alone=False)
def index_of_other_bits() -> Folder:
    ledger = base()
    ledger.batch(index=lambda index: replace(index, bits=1))
    return folder(ledger)


@finds("index", "as many bits as no machine can hold", alone=False)
def index_of_32_bits() -> Folder:
    ledger = base()
    ledger.batch(index=lambda index: replace(index, bits=32))
    return folder(ledger)


@finds("index", "fewer bits than are due, and the ledger went on", alone=False)
def index_of_too_few_bits() -> Folder:
    ledger = wide()
    ledger.batch(index=lambda index: replace(index, bits=0))
    ledger.renew()
    return folder(ledger)


@finds("index", "a revocation is left out of the index, and published so", alone=False)
def revocation_left_out_of_the_index() -> Folder:
    ledger = base()
    event = sign_record(
        "certificate.revoke", {"code": CODE, "effective": "2026-11-19", "reason": "fraud"}, ledger.key(SCHOOL)
    )
    ledger.batch(event, skip=[len(ledger.raws)])
    path = ledger.shard_file(CODE)
    data = ledger.files()[path]
    return hosted(ledger, path, b"".join(data.splitlines(keepends=True)[:-1]))


@finds("index", "a revocation is left out of an older index")
def revocation_left_out_for_a_while() -> Folder:
    ledger = base()
    event = sign_record(
        "certificate.revoke", {"code": CODE, "effective": "2026-11-19", "reason": "fraud"}, ledger.key(SCHOOL)
    )
    ledger.batch(event, skip=[len(ledger.raws)])
    ledger.renew()
    return folder(ledger)


@finds("record_signature", "an older index entry is signed by another key", alone=False)
def index_by_thief() -> Folder:
    ledger = base()
    ledger.batch(index_log=THIEF)
    ledger.renew()
    return folder(ledger)


@finds("entry_malformed", "bytes that are no entry")
def entry_is_no_entry() -> Folder:
    ledger = base()
    ledger.batch(b"{}")
    return folder(ledger)


@finds("entry_malformed", "an entry with another seq than its place")
def entry_of_another_seq() -> Folder:
    ledger = base()
    record = ledger.issued(2)
    del ledger.masked[number(2)]
    ledger.batch(lambda seq, prev, time: format_entry(seq + 5, prev, time, record))
    ledger.subjects[-2] = None
    ledger.batch(index=lambda index: index)
    return folder(fixed(ledger))


def fixed(ledger: Simulator) -> Simulator:
    """The same ledger with its last index recomputed: what the audit reads counts."""
    again = ledger.copy()
    del again.raws[-1:], again.subjects[-1:], again.sealed[-1:]
    del again.raws[-1:], again.subjects[-1:], again.sealed[-1:]
    again.now -= 120
    again.batch()
    return again


@finds("entry_malformed", "an index record for another place", alone=False)
def index_of_another_place() -> Folder:
    ledger = base()
    ledger.batch(index=lambda index: replace(index, size=index.size - 1))
    ledger.renew()
    return folder(ledger)


@finds("entry_malformed", "an issue with a member that no issue has")
def issue_malformed() -> Folder:
    ledger = base()
    good = ledger.issued(2)
    del ledger.masked[number(2)]

    return written_badly(ledger, good, b'"evidence":[]', b'"evidence":[],"extra":1')


@finds("entry_malformed", "a digest with bits set behind its last byte")
def digest_misspelt() -> Folder:
    ledger = base()
    good = ledger.issued(2)
    del ledger.masked[number(2)]
    last = cast("list[str]", good.body["disclosures"])[-1].encode()
    other = last[:-1] + chr(last[-1] + 1).encode()
    return written_badly(ledger, good, last, other)


def written_badly(ledger: Simulator, good: Record, old: bytes, new: bytes) -> Folder:
    def bad(seq: int, prev: bytes, time: str) -> bytes:
        return format_entry(seq, prev, time, good).replace(old, new)

    ledger.batch(bad, with_index=False)
    ledger.subjects[-1] = number(2)
    ledger.batch(wait=0)
    return folder(ledger)


@finds("record_signature", "a filing by the key of another", alone=False)
def filing_signature() -> Folder:
    ledger = base()
    good, other = (sign_record("org.amend", filing(name=name), REGISTRAR) for name in ("甲", "乙"))
    ledger.batch(replace(good, sig=other.sig))
    return folder(ledger)


@finds("registrar_unknown", "an amendment that hides behind an occupation with the form of a number")
def filing_that_looks_like_a_certificate() -> Folder:
    ledger = base()
    scope: Value = [{"levels": ["3"], "occupation": {"code": number(7), "name": "车工"}}]
    ledger.batch(sign_record("org.amend", filing(scope=scope), signer("stranger.example")))
    return folder(ledger)


# -- the shards --------------------------------------------------------------------------------------------------------


@finds("shard_malformed", "a shard cut off")
def shard_cut() -> Folder:
    ledger = base()
    path = ledger.shard_file(CODE)
    return hosted(ledger, path, ledger.files()[path][:-1])


@finds("shard_malformed", "a masked file cut off")
def masked_cut() -> Folder:
    ledger = base()
    path = ledger.masked_file(CODE)
    return hosted(ledger, path, ledger.files()[path][:-1])


@finds("shard_differs", "a line left out", alone=False)
def shard_line_left_out() -> Folder:
    ledger = base()
    ledger.event("suspend", CODE)
    path = ledger.shard_file(CODE)
    return hosted(ledger, path, b"".join(ledger.files()[path].splitlines(keepends=True)[:-1]))


@finds("shard_differs", "a line of another shard put in", alone=False)
def shard_line_put_in() -> Folder:
    ledger = wide()
    here, there = ledger.shard_file(CODE), ledger.shard_file(SCHOOL)
    files = ledger.files()
    return hosted(ledger, here, files[there].splitlines(keepends=True)[0] + files[here])


@finds("shard_differs", "a shard of earlier bits changed")
def earlier_shard_changed() -> Folder:
    ledger = grown()
    path = "shard/0/000.txt"
    return hosted(ledger, path, b"".join(ledger.files()[path].splitlines(keepends=True)[1:]))


@finds("shard_malformed", "a shard of earlier bits cut off")
def earlier_shard_cut() -> Folder:
    ledger = grown()
    return hosted(ledger, "shard/0/000.txt", ledger.files()["shard/0/000.txt"][:-1])


@finds("file_missing", "a shard of earlier bits is not there")
def earlier_shard_missing() -> Folder:
    return hosted(grown(), "shard/0/000.txt", Absent.MISSING)


def grown() -> Simulator:
    """A ledger that outgrew its one shard with the last batch."""
    ledger = base()
    ledger.issue_many(range(2, 71))
    return ledger


@finds("profile_unknown", "a rule set that nobody has", alone=False)
def profile_of_the_future() -> Folder:
    ledger = Simulator()
    ledger.batch(ledger.issued(profile="cn-nowhere-2030-1"))
    return folder(ledger)


@finds("disclosure_differs", "a view of somebody else")
def view_of_another() -> Folder:
    ledger = base()
    ledger.masked[CODE] = masked_disclosure(CODE, "李**")
    return folder(ledger)


@finds("disclosure_differs", "the name where the view belongs")
def view_is_the_name() -> Folder:
    ledger = base()
    ledger.masked[CODE] = private(CODE)["name"]
    return folder(ledger)


@finds("disclosure_differs", "a view of a number that was never issued")
def view_of_nobody() -> Folder:
    ledger = base()
    ledger.masked[number(9)] = masked_disclosure(number(9))
    return folder(ledger)


@finds("shard_malformed", "a view outside ASCII")
def view_outside_ascii() -> Folder:
    ledger = base()
    line = format_canonical({"code": CODE, "disclosure": "张**"}) + b"\n"
    return hosted(ledger, ledger.masked_file(CODE), line)


@finds("serial.order", "a number skipped where the notice forbids it")
def number_skipped() -> Folder:
    return folder(skipped("Y000034030001", "cn-anhui-2020-1"))


@finds("serial.order", "a number skipped where the notice only says in order", into=WARNED)
def number_skipped_by_a_school() -> Folder:
    return folder(skipped(SCHOOL, "cn-chongqing-2020-1"))


def skipped(org: str, profile: str) -> Simulator:
    ledger = Simulator(first=opening(profiles=[profile]), filed=False)
    ledger.file(org, profile=profile)
    ledger.batch(ledger.issued(1, org, profile=profile), ledger.issued(3, org, profile=profile))
    return ledger


# -- the files ---------------------------------------------------------------------------------------------------------


def missing(path: str, ledger: Callable[[], Simulator] = base) -> Callable[[], Folder]:
    return lambda: hosted(ledger(), path, Absent.MISSING)


def changed(path: str, ledger: Callable[[], Simulator] = base) -> Callable[[], Folder]:
    def make() -> Folder:
        made = ledger()
        data = made.files()[path]
        return hosted(made, path, data[:-1] + bytes([data[-1] ^ 1]))

    return make


for _name, _path, _ledger in (
    ("checkpoint", "checkpoint", base),
    ("head", "head", base),
    ("trust", "trust.json", base),
    ("shard", "shard/0/000.txt", base),
    ("masked", "masked/0/000.txt", base),
    ("bundle", "tile/entries/000.p/7", base),
    ("older_bundle", "tile/entries/000.p/5", base),
    ("tile", "tile/0/000.p/7", base),
    ("older_tile", "tile/0/000.p/2", base),
    ("index_tile", "index/6/tile/0/000.p/1", base),
    ("older_index_tile", "index/4/tile/0/000.p/1", base),
    ("newest_head", "heads/6", base),
):
    AUDITS.append(
        Audited(f"{_name}_missing", "file_missing", f"{_path} is not there", missing(_path, _ledger), alone=True)
    )
for _name, _path in (
    ("trust", "trust.json"),
    ("older_bundle", "tile/entries/000.p/5"),
    ("tile", "tile/0/000.p/7"),
    ("index_tile", "index/6/tile/0/000.p/1"),
    ("newest_head", "heads/6"),
):
    AUDITS.append(
        Audited(f"{_name}_changed", "file_differs", f"{_path} has one bit changed", changed(_path), alone=True)
    )


@finds("file_missing", "an older head is not there", alone=False)
def older_head_missing() -> Folder:
    return hosted(base(), "heads/4", Absent.MISSING)


@finds("head_malformed", "a page for an older head", alone=False)
def older_head_is_a_page() -> Folder:
    return hosted(base(), "heads/4", PAGE)


@finds("head_malformed", "an older head in the place of another", alone=False)
def older_head_of_another() -> Folder:
    ledger = base()
    return hosted(ledger, "heads/4", ledger.sealed[0].head)


@finds("file_differs", "a full tile with one bit changed")
def full_tile_changed() -> Folder:
    ledger = Simulator()
    ledger.issue_many(range(1, 260))
    data = ledger.files()["tile/0/000"]
    return hosted(ledger, "tile/0/000", bytes([data[0] ^ 1]) + data[1:])


@finds("checkpoint_signature", "a checkpoint by a key of the log's name")
def checkpoint_by_thief() -> Folder:
    ledger = base()
    good = ledger.sealed[-1]
    note = sign_checkpoint(Checkpoint(ORIGIN, good.seq + 1, bytes(32)), THIEF)
    return hosted(ledger, "checkpoint", note)


@finds("head_malformed", "the checkpoint in the head by a key of the log's name")
def head_by_thief() -> Folder:
    ledger = base()
    good = parse_proof(ledger.sealed[-1].head)
    note = sign_checkpoint(Checkpoint(ORIGIN, good.index + 1, bytes(32)), THIEF)
    return hosted(ledger, "head", format_proof(replace(good, note=note)))


@finds("root", "two signed histories of one size, in head and checkpoint", alone=False)
def checkpoint_of_another_history() -> Folder:
    ledger = base()
    other = ledger.copy()
    ledger.issue(2)
    other.event("revoke", CODE)
    return hosted(ledger, "checkpoint", other.sealed[-1].note)


@finds("root", "the file checkpoint is an older one, of another history", alone=False)
def older_checkpoint_of_another_history() -> Folder:
    ledger = base()
    other = ledger.copy()
    ledger.issue(2)
    ledger.renew()
    other.event("revoke", CODE)
    return hosted(ledger, "checkpoint", other.sealed[-1].note)


@finds("root", "an older head signs another history", alone=False)
def older_head_of_another_history() -> Folder:
    ledger = base()
    other = ledger.copy()
    ledger.issue(2)
    ledger.renew()
    other.event("revoke", CODE)
    return hosted(ledger, f"heads/{other.sealed[-1].seq}", other.sealed[-1].head)


@finds("root", "one entry of the bundle is another", alone=False)
def bundle_of_another_history() -> Folder:
    ledger = base()
    other = ledger.raws.copy()
    other[5] = other[5].replace("数控车工".encode(), "数控铣工".encode())
    return hosted(ledger, "tile/entries/000.p/7", format_bundle(other))


@finds("index", "the last entry is another than an index", alone=False)
def bundle_without_its_index() -> Folder:
    ledger = base()
    return hosted(ledger, "tile/entries/000.p/7", format_bundle([*ledger.raws[:-1], ledger.raws[2]]))


@finds("quorum_not_met", "two of three witnesses are wanted, one has cosigned")
def witness_missing() -> Folder:
    return folder(witnessed_ledger((WITNESSES[0], 10)))


@finds("head_malformed", "a line by a witness that the policy does not name", alone=False)
def witness_unknown() -> Folder:
    return folder(witnessed_ledger((WITNESSES[0], 10), (WITNESSES[1], 20), (witness("stranger"), 30)))


@finds("bundle_malformed", "the bundle is cut off", alone=False)
def bundle_cut() -> Folder:
    ledger = base()
    return hosted(ledger, "tile/entries/000.p/7", format_bundle(ledger.raws)[:-1])


@finds("heads", "an index entry that nobody published a head of", alone=False)
def heads_are_others() -> Folder:
    ledger = base()
    ledger.batch(index=lambda index: replace(index, previous=1))
    return folder(ledger)


@finds("file_unknown", "a file that does not belong into a public folder")
def file_too_many() -> Folder:
    return hosted(base(), "holders.txt", b"x")


# -- doubts ------------------------------------------------------------------------------------------------------------

for _name, _path in (
    ("checkpoint", "checkpoint"),
    ("head", "head"),
    ("trust", "trust.json"),
    ("shard", "shard/0/000.txt"),
    ("bundle", "tile/entries/000.p/7"),
):
    DOUBTS.append(
        Audited(
            f"{_name}_unreachable",
            "unreachable",
            f"{_path} cannot be had",
            lambda path=_path: hosted(base(), path, Absent.UNREACHABLE),  # type: ignore[misc]  # bound for the loop
            alone=True,
        )
    )


def moving(*late: str) -> Folder:
    """The folder while a correction is being published: the files `late` are still those from before."""
    ledger = base()
    ledger.masked[CODE] = masked_disclosure(CODE)
    before = ledger.files()
    digests = issue_body(CODE)["disclosures"]
    ledger.correct(CODE, disclosures=digests)
    after = ledger.files()
    return Folder({**after, **{path: before[path] for path in late}}, ledger.trust)


@finds("updating", "the checkpoint is not written yet", into=DOUBTS)
def checkpoint_older() -> Folder:
    return moving("checkpoint")


@finds("updating", "head and checkpoint are not written yet", into=DOUBTS)
def head_older() -> Folder:
    return moving("checkpoint", "head")


@finds("updating", "a head that should have been deleted", into=DOUBTS)
def head_left_over() -> Folder:
    ledger = base()
    for _ in range(8):
        ledger.renew()
    return hosted(ledger, "heads/1", ledger.sealed[0].head)


@finds("updating", "the view of a correction that the head does not have yet", into=DOUBTS)
def view_newer() -> Folder:
    ledger = base()
    head, note = ledger.sealed[-1].head, ledger.sealed[-1].note
    view = masked_disclosure(CODE, "李**")
    digests: Value = list[Value](sorted(digest_of(text) for text in (view, *private(CODE).values())))
    ledger.masked[CODE] = view
    ledger.correct(CODE, disclosures=digests)
    return folder(ledger, head=head, checkpoint=note)
