"""Events: what happens to one certificate after its issue, and the renewal of a quiet ledger."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from ledger.app.carried import Carried
from ledger.app.detailing import details_row, open_row_details
from ledger.app.evidence import Book, read_workflow
from ledger.app.filing import read_registry
from ledger.app.holders import Holder, commitments, holder_tag, occupation_key, open_holder, seal_holder
from ledger.app.home import Home, Random
from ledger.app.opening import DATA_KEY, TAG_KEY
from ledger.app.writing import log_signer, publish, writing
from ledger.core.batchfile import EVENTS, BatchRow
from ledger.core.canonical import Value
from ledger.core.encoding import format_time, local_date
from ledger.core.entry import Entry, format_entry, parse_entry
from ledger.core.errors import RuleError
from ledger.core.gates import Gate
from ledger.core.history import Event, History, fold, step
from ledger.core.note import Signer
from ledger.core.profile import Profile
from ledger.core.record import Record, check_record, sign_record
from ledger.core.registry import Registry
from ledger.core.rules import check_event, check_facts
from ledger.core.subject import subject_hash
from ledger.crypto.keyring import Keyring
from ledger.crypto.pynacl_verify import verify
from ledger.crypto.rowseal import RowSealer
from ledger.forms.documents import check_document
from ledger.forms.findings import Place, make_finding
from ledger.forms.names import check_name
from ledger.store import Store

__all__ = ["Correction", "correct", "history_of", "record_event", "rehearse_event", "renew"]

Side = Literal["organisation", "registrar"]


@dataclass(frozen=True, slots=True)
class Correction:
    """The fields to change; None leaves a field as it is. Level and year of issue are part of the number and stay."""

    name: str | None = None
    doc_type: str | None = None
    doc_no: str | None = None
    employer: str | None = None
    job: str | None = None
    issued: str | None = None


def history_of(store: Store, registry: Registry, code: str) -> History:
    """Return the history of a number in this ledger. Raises RuleError if there is none."""
    entries = [parse_entry(raw) for _, raw in store.entries_of_subject(subject_hash(code))]
    if not entries:
        raise RuleError("absent", f"{code} is not in this ledger")
    return fold([Event(entry, registry.side_of(entry.record.issuer)) for entry in entries])


def record_event(
    home: Home,
    store: Book,
    keyring: Keyring,
    kind: str,
    code: str,
    *,
    reason: str,
    effective: str | None,
    side: Side,
    now: int,
) -> int:
    """Write a revocation, suspension, restoration or reissue; return its seq. Raises RuleError, and changes nothing.

    `effective` (YYYY-MM-DD) is today in China unless given. On an organisation's own machine it is written out.
    """
    registry = store.known.registry if isinstance(store, Carried) else read_registry(store)
    history = _learned(store, code) if isinstance(store, Carried) else history_of(store, registry, code)
    body: dict[str, Value] = {
        "code": code,
        "effective": effective or local_date(now).isoformat(),
        "reason": reason,
    }
    signer = _signer(home, store, keyring, registry, code, side)
    record = sign_record(kind, body, signer)
    changed = rehearse_event(registry, history, record, store.size(), now)
    if isinstance(store, Carried):
        return store.write(EVENTS, [BatchRow(record)], signer)[0]
    with writing(home, store, log_signer(keyring, store), now, 2) as draft:
        seq = draft.add(record)
        store.set_state(code, changed.state)
    publish(home, store)
    return seq


def correct(
    home: Home,
    store: Store,
    keyring: Keyring,
    code: str,
    change: Correction,
    profiles: Mapping[str, Profile],
    *,
    reason: str,
    now: int,
    random: Random,
) -> Holder:
    """Write a correction and return the holder's new data, with a new verification code. Raises RuleError.

    The code is new so that the digests of unchanged fields cannot be told from those of changed ones. Sealed details
    are sealed anew under it, with the photo that they had.
    """
    registry = read_registry(store)
    history = history_of(store, registry, code)
    sealer = RowSealer(keyring.data_key(DATA_KEY))
    row = store.get_certificate(code)
    if row is None or row.sealed is None:
        raise RuleError("erased", f"the holder's data of {code} are not in the register any more")
    before = open_holder(sealer, code, row.sealed)
    holder = before.changed(change.name, change.doc_type, change.doc_no, change.employer, random)
    old = store.details_of(code)
    photo = b"" if old is None else open_row_details(old, before.verification_code).photo
    facts = history.facts
    _check_holder(holder, profiles[cast("str", facts["profile"])], now)
    occupation = dict(cast("Mapping[str, Value]", facts["occupation"]))
    if change.job is not None:
        occupation["job"] = change.job
    digests, masked = commitments(holder, home.config.disclosure, random)
    kept = ("batch", "code", "evaluator", "evidence", "level", "medium", "profile", "title")
    body: dict[str, Value] = {name: facts[name] for name in kept if name in facts}
    body |= {
        "disclosures": list(digests),
        "issued": change.issued or cast("str", facts["issued"]),
        "occupation": occupation,
        "reason": reason,
    }
    record = sign_record("certificate.correct", body, _signer(home, store, keyring, registry, code, "organisation"))
    rehearse_event(registry, history, record, store.size(), now)
    _hold_to_facts(home, store, registry, history, record, now, profiles)
    with writing(home, store, log_signer(keyring, store), now, 2) as draft:
        seq = draft.add(record)
        level, named = cast("str", facts["level"]), occupation_key(occupation)
        tag = holder_tag(keyring.data_key(TAG_KEY), holder.doc_type, holder.doc_no, named, level)
        store.replace_personal(code, person_tag=tag, masked=masked, sealed=seal_holder(sealer, code, holder))
        if old is not None:
            store.erase_details(code)
            store.add_details([details_row(seq, code, holder, photo, random)])
    publish(home, store)
    return holder


def _check_holder(holder: Holder, profile: Profile, now: int) -> None:
    """Hold a corrected holder to what a roster is held to. Raises RuleError with the first error."""
    name, problems = check_name(holder.name)
    if name != holder.name or profile.document_type(holder.doc_type) is None:
        raise RuleError("document.type", "the name is not in its normal form, or the document type does not exist")
    for problem in (*problems, *check_document(holder.doc_type, holder.doc_no, local_date(now))):
        finding = make_finding(problem, Place("correct"), profile)
        if finding.severity == "error":
            raise RuleError(finding.rule, f"{finding.zh} / {finding.en}")


def renew(home: Home, store: Store, keyring: Keyring, *, now: int) -> int:
    """Append an index entry alone, so that a quiet ledger stays fresh; return the ledger's size."""
    with writing(home, store, log_signer(keyring, store), now, 1) as draft:
        size = draft.next_seq + 1
    publish(home, store)
    return size


def _signer(home: Home, store: Book, keyring: Keyring, registry: Registry, code: str, side: Side) -> Signer:
    """Return who signs about `code` now. Raises NoKeyError where this machine does not hold the key."""
    name = home.config.registrar if side == "registrar" else registry.owner_of(code[:13], store.size()).org
    return keyring.signer_of(name, registry.living_keys(name))


def _learned(store: Carried, code: str) -> History:
    """Return the history of the number that was learned about. Raises RuleError if there is none."""
    entries = [entry for entry in store.known.about if entry.record.subject == code]
    if not entries:
        raise RuleError("absent", f"{code} is not in this ledger")
    return fold([Event(entry, store.known.registry.side_of(entry.record.issuer)) for entry in entries])


def rehearse_event(registry: Registry, history: History, record: Record, seq: int, now: int) -> History:
    """Return the history with the record, which would be the entry `seq`, after holding it to all that an audit does.

    Its signer and signature, what may follow what, its day. Raises RuleError, SignatureError.
    """
    entry = parse_entry(format_entry(seq, bytes(32), format_time(now), record))
    check_record(record, registry.signer_of(entry), verify)
    changed = step(history, Event(entry, registry.side_of(record.issuer)))
    if "effective" in record.body:
        check_event(entry)
    return changed


def _hold_to_facts(
    home: Home,
    store: Store,
    registry: Registry,
    history: History,
    record: Record,
    now: int,
    profiles: Mapping[str, Profile],
) -> None:
    """Hold a correction to the rules of its facts, and to the evidence on which the certificate was issued."""
    body, issued_at = record.body, history.events[0].entry.seq
    profile, required = profiles[cast("str", body["profile"])], home.config.evidence == "required"
    org = registry.organisations[cast("str", body["code"])[:13]]
    check_facts(_entry(store, record, now), org, profile, issued_at, ranges_due=required)
    if required or body["evidence"]:
        _, workflow = read_workflow(store, profiles)
        Gate(workflow, required).check(body, issued_at, profile)


def _entry(store: Store, record: Record, now: int) -> Entry:
    return parse_entry(format_entry(store.size(), bytes(32), format_time(now), record))
