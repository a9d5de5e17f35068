"""The trust changes by its custodians: what may follow what, and what a thief of any one key cannot do."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.app.auditing import audit_place
from ledger.app.places import FolderPlace
from ledger.core.canonical import format_canonical, parse_canonical
from ledger.core.checklist import Absent, Answers
from ledger.core.checkpoint import Checkpoint, sign_checkpoint
from ledger.core.custody import (
    MAX_STEPS,
    Announcements,
    apply_update,
    follow,
    format_update,
    is_former,
    open_own,
    open_step,
    open_update,
    parse_update,
    sign_update,
    update_path,
)
from ledger.core.entry import parse_entry
from ledger.core.errors import FormatError, LedgerError, ProofError, RuleError, SignatureError
from ledger.core.merkle import EMPTY_ROOT, leaf_hash, prove_inclusion, root
from ledger.core.note import Signer, VerifierKey, format_vkey
from ledger.core.record import sign_record
from ledger.core.tlogproof import format_proof, parse_proof
from ledger.core.trust import MAX_CUSTODIANS, Custodians, KeyTerm, Trust, format_trust, parse_trust
from ledger.crypto.pynacl_verify import verify
from tests.simulator import LOG, NOW, ORIGIN, PROFILES, REGISTRAR, Simulator, look_up, number, signer

A, B, C = signer("custodian-a.example"), signer("custodian-b.example"), signer("custodian-c.example")
THIEF, ELSEWHERE = signer("thief.example"), signer("elsewhere.example")
NEW_LOG = signer(ORIGIN, "second")
NEW_REGISTRAR = signer("registrar.example", "second")
CUSTODIANS = Custodians((A.key, B.key, C.key), 2, "2028-01-01T00:00:00Z")


def governed() -> Simulator:
    """A ledger with three custodians, two of whom decide."""
    ledger = Simulator()
    ledger.issue(1)
    ledger.update_trust(ledger.next_trust(custodians=CUSTODIANS), [A, B, LOG])
    return ledger


def refused(pinned: Trust, stated: Trust, by: Sequence[Signer]) -> str:
    with pytest.raises(RuleError) as caught:
        open_update(sign_update(format_update(stated), by), pinned, verify)
    return caught.value.rule


# -- the form ----------------------------------------------------------------------------------------------------------


def test_a_later_trust_reads_back() -> None:
    ledger = governed()
    stated = ledger.next_trust(log=NEW_LOG.key, registrars=(NEW_REGISTRAR.key,))
    seq = ledger.update_trust(stated, [A, B, LOG, NEW_LOG], NEW_LOG)
    data = format_trust(ledger.trust)
    assert parse_trust(data) == ledger.trust
    assert format_trust(parse_trust(data)) == data
    assert ledger.trust.log_terms == (KeyTerm(LOG.key, -1, seq),)
    assert ledger.trust.registrar_terms == (KeyTerm(REGISTRAR.key, -1, seq), KeyTerm(NEW_REGISTRAR.key, seq))


TRUST = replace(
    governed().trust,
    log_terms=(KeyTerm(NEW_LOG.key, 1, 3),),
    registrar_terms=(KeyTerm(NEW_REGISTRAR.key, 1), KeyTerm(A.key, -1, 4)),
)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("v",), 1),
        (("v",), 3),
        (("version",), 0),
        (("version",), True),
        (("version",), "1"),
        (("log_terms",), "x"),
        (("log_terms",), [1]),
        (("log_terms",), [{"after": 1}]),
        (("log_terms",), [{"key": "x"}]),
        (("log_terms",), [{"key": 1}]),
        (("log_terms", 0, "after"), -1),
        (("log_terms", 0, "before"), True),
        (("log_terms", 0, "more"), 1),
        (("log_terms", 0, "key"), format_vkey(REGISTRAR.key)),
        (("registrar_terms",), {}),
        (("custodians",), []),
        (("custodians", "more"), 1),
        (("custodians", "threshold"), 0),
        (("custodians", "threshold"), 4),
        (("custodians", "threshold"), True),
        (("custodians", "threshold"), "2"),
        (("custodians", "keys"), []),
        (("custodians", "keys"), 1),
        (("custodians", "expires"), 1),
        (("custodians", "expires"), "2028-01-01"),
    ],
    ids=repr,
)
def test_other_forms_of_a_later_trust_are_refused(place: tuple[Any, ...], value: object) -> None:
    whole: Any = parse_canonical(format_trust(TRUST))
    inner = whole
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    with pytest.raises(FormatError):
        parse_trust(format_canonical(whole))


@pytest.mark.parametrize(
    "keys",
    [
        (A.key, A.key),
        (A.key, replace(A.key, name="other.example")),
        (A.key, replace(B.key, kind=4)),
        tuple(signer(f"custodian-{n}.example").key for n in range(MAX_CUSTODIANS + 1)),
    ],
    ids=["twice", "twice under two names", "a witness's", "too many"],
)
def test_a_key_is_one_custodian_and_there_are_not_too_many(keys: tuple[VerifierKey, ...]) -> None:
    with pytest.raises(FormatError):
        parse_trust(format_trust(replace(TRUST, custodians=replace(CUSTODIANS, keys=keys))))


def test_an_update_is_a_note_of_its_own_kind() -> None:
    stated = governed().next_trust()
    data = sign_update(format_update(stated), [A])
    assert parse_update(data)[0] == stated
    again = sign_update(data, [B, A])
    assert [line.name for line in parse_update(again)[1].signatures] == [A.key.name, B.key.name]
    text = format_update(stated)
    with pytest.raises(FormatError, match="first line"):
        parse_update(sign_update(text.replace("trust/v1", "trust/v2"), [A]))
    with pytest.raises(FormatError, match="no terms"):
        parse_update(sign_update("skill-ledger/trust/v1\n" + format_trust(TRUST).decode() + "\n", [A]))
    with pytest.raises(FormatError, match="no terms"):
        parse_update(sign_update(format_update(replace(stated, version=0, custodians=None)), [A]))


# -- what may follow what ----------------------------------------------------------------------------------------------

Change = Callable[[Simulator], tuple[Trust, list[Signer]]]


def lines(*signers: Signer, **changes: object) -> Change:
    return lambda ledger: (ledger.next_trust(**changes), list(signers))


FAR = "2099-01-01T00:00:00Z"
# The attacks of TUF on the trust itself, each with the reason it is refused for.
ATTACKS: Mapping[str, tuple[Change, str]] = {
    "one custodian is not two": (lines(A, LOG), "trust_threshold"),
    "one custodian signs twice": (lambda s: (s.next_trust(), [A, A, LOG]), "trust_threshold"),
    "the log key alone": (lines(LOG), "trust_threshold"),
    "strangers": (lines(THIEF, signer("thief2.example"), LOG), "trust_threshold"),
    "the thief of the log key names custodians": (
        lines(THIEF, LOG, custodians=Custodians((THIEF.key,), 1, FAR)),
        "trust_threshold",
    ),
    "the old custodians do not bind the new": (
        lines(A, B, LOG, custodians=Custodians((THIEF.key,), 1, FAR)),
        "trust_threshold",
    ),
    "a lower threshold needs the old one": (
        lines(A, LOG, custodians=replace(CUSTODIANS, threshold=1)),
        "trust_threshold",
    ),
    "a new log key that nobody holds": (lines(A, B, LOG, log=NEW_LOG.key), "trust_log_key"),
    "rolled back": (lambda s: (replace(s.next_trust(), version=1), [A, B, LOG]), "trust_version"),
    "fast forward": (lambda s: (replace(s.next_trust(), version=2**40), [A, B, LOG]), "trust_version"),
    "of another ledger": (
        lambda s: (s.next_trust(log=ELSEWHERE.key, origin=ELSEWHERE.key.name), [A, B, ELSEWHERE]),
        "trust_origin",
    ),
    "custodians dropped": (lines(A, B, LOG, custodians=None), "trust_scope"),
    "rule sets dropped": (lines(A, B, LOG, profiles=("cn-anhui-2020-1",)), "trust_scope"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_on_the_trust_is_refused(name: str) -> None:
    change, reason = ATTACKS[name]
    ledger = governed()
    stated, by = change(ledger)
    assert refused(ledger.trust, stated, list(dict.fromkeys(by))) == reason


def test_a_line_that_does_not_verify_spoils_the_update() -> None:
    ledger = governed()
    good = sign_update(format_update(ledger.next_trust(max_age=60)), [A, B, LOG])
    other = sign_update(format_update(ledger.next_trust(max_age=61)), [C])
    forged = good + other.split(b"\n\n")[1]
    with pytest.raises(RuleError, match="trust_threshold"):
        open_update(forged, ledger.trust, verify)


@pytest.mark.parametrize(
    ("changes", "by", "reason"),
    [
        ({"registrars": (THIEF.key,)}, [LOG], "trust_scope"),
        ({"max_age": 10**9}, [LOG], "trust_scope"),
        ({"custodians": CUSTODIANS}, [A, B, C], "trust_log_key"),
        ({"custodians": CUSTODIANS}, [A, LOG], "trust_threshold"),
        ({"log": NEW_LOG.key}, [LOG], "trust_log_key"),
        ({"log": NEW_LOG.key}, [NEW_LOG], "trust_log_key"),
    ],
    ids=["registrars", "max_age", "not by the log", "too few of them", "old alone", "new alone"],
)
def test_without_custodians_the_log_key_speaks_for_itself_only(
    changes: dict[str, object], by: list[Signer], reason: str
) -> None:
    ledger = Simulator()
    assert refused(ledger.trust, ledger.next_trust(**changes), by) == reason


# -- following ---------------------------------------------------------------------------------------------------------


def followed(pinned: Trust, files: Mapping[str, bytes | Absent]) -> Trust | Absent:
    def answer() -> Generator[tuple[str, ...], Answers, None]:
        found.append((yield from follow(pinned, verify)))

    found: list[Trust | Absent] = []
    run = answer()
    with suppress(StopIteration):
        asked = next(run)
        while True:
            asked = run.send({path: files.get(path, Absent.MISSING) for path in asked})
    return found[0]


def test_whoever_pinned_the_old_key_follows_to_the_new_one() -> None:
    ledger = Simulator()
    old = ledger.trust
    ledger.issue(1)
    ledger.update_trust(ledger.next_trust(log=NEW_LOG.key), [LOG, NEW_LOG], NEW_LOG)
    ledger.issue(2)
    files = ledger.files()
    assert look_up(files, number(1), old).verdict == "inconsistent"  # nobody told it of the new key
    trust = followed(old, files)
    assert trust == ledger.trust
    assert look_up(files, number(1), ledger).verdict == "valid"
    assert look_up(files, number(2), ledger).verdict == "valid"


def test_a_lost_log_key_is_replaced_by_the_custodians() -> None:
    ledger = governed()
    old = ledger.trust
    stated = ledger.next_trust(log=NEW_LOG.key)
    ledger.log = NEW_LOG  # nobody has the old one: the new one announces itself
    ledger.update_trust(stated, [A, C, NEW_LOG], NEW_LOG)
    assert followed(old, ledger.files()) == ledger.trust
    assert look_up(ledger.files(), number(1), ledger).verdict == "valid"


def test_registrars_keys_act_from_their_entry_on_and_until_it() -> None:
    ledger = governed()
    changed = ledger.update_trust(ledger.next_trust(registrars=(NEW_REGISTRAR.key,)), [A, B, LOG])
    assert look_up(ledger.files(), number(1), ledger).verdict == "valid"  # filed by the key of then
    terms = ledger.trust.registrars_in_time()
    assert [(term.key, term.valid_at(changed - 1), term.valid_at(changed + 1)) for term in terms] == [
        (REGISTRAR.key, True, False),
        (NEW_REGISTRAR.key, False, True),
    ]
    ledger.update_trust(ledger.next_trust(registrars=(REGISTRAR.key,)), [A, B, LOG])  # back again, from now on
    assert [(term.key, term.after, term.before) for term in ledger.trust.registrars_in_time()] == [
        (REGISTRAR.key, -1, changed),
        (NEW_REGISTRAR.key, changed, changed + 2),
        (REGISTRAR.key, changed + 2, None),
    ]
    ledger.event("revoke", number(1), by=NEW_REGISTRAR)  # stolen meanwhile
    assert look_up(ledger.files(), number(1), ledger).verdict == "inconsistent"


def test_a_head_under_a_key_of_before_is_neither_green_nor_red() -> None:
    ledger = governed()
    before = ledger.files()
    note = ledger.sealed[-1].note
    ledger.update_trust(ledger.next_trust(log=NEW_LOG.key), [A, B, LOG, NEW_LOG], NEW_LOG)
    ledger.update_trust(ledger.next_trust(log=LOG.key), [A, B, LOG, NEW_LOG], LOG)
    ledger.update_trust(ledger.next_trust(log=NEW_LOG.key), [A, B, LOG, NEW_LOG], NEW_LOG)
    report = look_up(before, number(1), ledger)
    assert (report.verdict, report.steps[1].reason) == ("not_checked", "former_key")
    assert is_former(note, ledger.trust, verify)
    strange = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT), signer(ORIGIN, "third"))
    assert not is_former(strange, ledger.trust, verify)
    assert open_own(note, ledger.trust, verify).size == 9
    stolen = sign_checkpoint(Checkpoint(ORIGIN, len(ledger.raws), bytes(32)), LOG)
    with pytest.raises(SignatureError):
        open_own(stolen, ledger.trust, verify)  # the old key signs nothing of now


def test_a_trust_that_has_expired_proves_nothing_about_today() -> None:
    ledger = governed()
    later = ledger.update_trust(
        ledger.next_trust(custodians=replace(CUSTODIANS, expires="2026-11-20T00:30:00Z")), [A, B, LOG]
    )
    assert later
    assert look_up(ledger.files(), number(1), ledger, now=NOW + 1800).verdict == "valid"
    report = look_up(ledger.files(), number(1), ledger, now=NOW + 1801)
    assert (report.verdict, report.steps[3].reason) == ("not_checked", "trust_expired")


def test_following_ends_where_it_must() -> None:
    ledger = governed()
    files: dict[str, bytes | Absent] = dict(ledger.files())
    pinned = Simulator().trust
    assert followed(pinned, files | {update_path(2): Absent.UNREACHABLE}) is Absent.UNREACHABLE
    assert followed(ledger.trust, files) == ledger.trust
    with pytest.raises(RuleError, match="trust_version"):
        followed(ledger.trust, files | {update_path(2): files[update_path(1)]})
    assert MAX_STEPS == 1000


def test_endless_versions_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.core.custody.MAX_STEPS", 2)
    ledger = governed()
    for _ in range(2):
        ledger.update_trust(ledger.next_trust(), [A, B, LOG])
    with pytest.raises(RuleError, match="more than 2 versions"):
        followed(Simulator().trust, ledger.files())


def test_a_step_proves_its_entry() -> None:
    ledger = governed()
    pinned = Simulator().trust
    data = ledger.steps[update_path(1)]
    trust, entry, checkpoint = open_step(data, pinned, verify)
    assert (trust, entry.seq, checkpoint.size) == (ledger.trust, 7, 9)
    proof = parse_proof(data)
    other = parse_proof(ledger.sealed[0].head)
    cases: list[tuple[type[LedgerError], bytes]] = [
        (FormatError, format_proof(replace(proof, extra=None))),
        (FormatError, format_proof(replace(proof, extra=ledger.raws[0]))),
        (FormatError, format_proof(replace(proof, index=5))),
        (ProofError, format_proof(replace(proof, path=proof.path[::-1]))),
        (ProofError, format_proof(replace(proof, note=other.note))),
    ]
    for error, changed in cases:
        with pytest.raises(error):
            open_step(changed, pinned, verify)


# -- the audit ---------------------------------------------------------------------------------------------------------


def audited(tmp_path: Path, files: Mapping[str, bytes], trust: Trust) -> tuple[str, set[str], list[str]]:
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    audit = audit_place(FolderPlace(tmp_path), trust, PROFILES)
    return audit.verdict, {finding.rule for finding in audit.findings}, audit.updating


def changed_twice() -> Simulator:
    ledger = governed()
    ledger.issue(2)
    stated = ledger.next_trust(log=NEW_LOG.key, registrars=(REGISTRAR.key, NEW_REGISTRAR.key))
    ledger.update_trust(stated, [A, B, LOG, NEW_LOG], NEW_LOG)
    ledger.issue(3)
    return ledger


def test_an_audit_follows_every_change(tmp_path: Path) -> None:
    ledger = changed_twice()
    assert audited(tmp_path, ledger.files(), ledger.trust) == ("verified", set(), [])


def test_an_audit_names_what_is_wrong_with_the_trust(tmp_path: Path) -> None:
    ledger = changed_twice()
    files = ledger.files()
    spoilt = {**files, update_path(1): files[update_path(2)]}
    assert audited(tmp_path / "step", spoilt, ledger.trust)[:2] == ("not_verified", {"trust"})
    later = parse_proof(files[update_path(1)])
    leaves = [leaf_hash(raw) for raw in ledger.raws[:10]]
    forked = sign_checkpoint(Checkpoint(ORIGIN, 10, root(leaves)), LOG)
    moved = format_proof(replace(later, path=tuple(prove_inclusion(7, leaves)), note=forked))
    spoilt = {**files, update_path(1): moved}  # a checkpoint inside a batch: the ledger never signed there
    assert audited(tmp_path / "size", spoilt, ledger.trust)[:2] == ("not_verified", {"trust"})
    without = {path: data for path, data in files.items() if path != update_path(2)}
    assert audited(tmp_path / "missing", without, ledger.trust)[:2] == ("not_verified", {"file_missing"})
    more = {**files, update_path(3): b"x"}
    assert audited(tmp_path / "more", more, ledger.trust) == ("not_checked", set(), [update_path(3)])
    pinned = replace(ledger.trust, max_age=1)
    assert "trust" in audited(tmp_path / "pinned", files, pinned)[1]
    assert audited(tmp_path / "old", files, governed().trust)[1] == {"checkpoint_signature"}  # which had to be followed


def test_a_copy_that_is_behind_its_trust_is_being_updated(tmp_path: Path) -> None:
    before = governed()
    ledger = before.copy()
    ledger.update_trust(ledger.next_trust(log=NEW_LOG.key), [A, B, LOG, NEW_LOG], NEW_LOG)
    assert audited(tmp_path / "key", before.files(), ledger.trust) == ("not_checked", set(), ["checkpoint"])
    ledger = before.copy()
    ledger.update_trust(ledger.next_trust(max_age=60), [A, B, LOG])
    verdict, findings, updating = audited(tmp_path / "age", before.files(), ledger.trust)
    assert (verdict, findings, updating) == ("not_checked", set(), ["trust.json"])


def test_an_update_before_the_opening_is_refused() -> None:
    announcements = Announcements(Simulator().trust, verify)
    announcements.end_batch(1, b"")
    assert not announcements.behind
    assert announcements.problem() == ""
    with pytest.raises(RuleError, match="opening"):
        announcements.take(parse_entry(governed().raws[7]))


def test_an_update_that_may_not_follow_is_a_finding(tmp_path: Path) -> None:
    ledger = governed()
    stated = ledger.next_trust(registrars=(THIEF.key,))
    note = sign_update(format_update(stated), [THIEF, LOG])
    ledger.batch(sign_record("trust.update", {"note": note.decode()}, LOG))
    verdict, findings, _ = audited(tmp_path, ledger.files(), ledger.trust)
    assert (verdict, findings) == ("not_verified", {"trust_threshold"})
    assert apply_update(ledger.trust, stated, 8).registrars == (THIEF.key,)  # which is why it must be asked first
