"""Bodies: which members each type of record has.

A body has every required member of its type, no unknown one, and an absent value is an absent member. Subjects are
certificate numbers (22 characters A-Z 0-9) in `code` and organisation codes (13 characters) in `org`.

    ledger.open          log_key, operator, origin, policy {disclosure, max_age, witness, evidence?}, profiles,
                         registrar_keys; predecessor? {log_key, origin, root, size} (of a ledger that this one follows)
    org.file org.amend   org, name, uscc, profile, scope, valid_from, valid_to; kind?, registered?, office?, authority?,
                         receipt?, legal?, papers?, attested?, edition?, titles?
    org.retire           org, reason; into? (the successor after a merger)
    org.remove           org, reason
    org.merge            org (the new one), from
    range.assign         org, first, last
    key.add              key, org
    key.revoke           key_id, org, reason
    certificate.issue    code, occupation {code, name, job?}, level, issued, evaluator, profile, batch, evidence,
                         disclosures; title?, medium?
    certificate.correct  the same, and reason
    certificate.reissue .suspend .restore .revoke    code, reason, effective
    index                bits, root, size; previous? (the index entry before this one)
    trust.update         note (the signed update of the trust, see `custody`)

A scope is a list of {occupation {code, name, job?}, levels [one character each], standard? {kind, ref?}}; `titles`
are the levels of an enterprise's own, each mapped to a level of the profile. `legal` is the digest of the legal
representative's name, `papers` are salted digests of documents, `edition` is that of the catalogue of occupations. The
evidence of the workflow (`plan.file` ...) has its bodies in `evidence`. An unknown type is refused.
"""

from collections.abc import Mapping

from ledger.core.canonical import Value
from ledger.core.errors import FormatError
from ledger.core.evidence import EVIDENCE_TYPES
from ledger.core.policy import parse_policy
from ledger.core.shape import (
    Check,
    ascending,
    batch_digest,
    bits,
    certificate_code,
    count,
    date_text,
    digest_text,
    digests,
    distinct,
    key_id,
    level_code,
    list_of,
    members,
    note_text,
    occupation,
    org_code,
    root_text,
    text,
    uscc,
    vkey,
    word,
    word_of,
)

__all__ = ["REASONS", "TYPES", "check_body"]

# Why something was done is a word of this list, never free text: free text would carry personal data into the chain.
REASONS = (
    "fraud",
    "error",
    "investigation",
    "cleared",
    "lost",
    "damaged",
    "name_change",
    "withdrawn",
    "closed",
    "merged",
    "misconduct",
    "compromised",
)


def check_body(kind: str, body: Mapping[str, Value]) -> None:
    """Raise FormatError unless `body` has exactly the members that a record of type `kind` has."""
    shape = TYPES.get(kind)
    if shape is None:
        raise FormatError("record", f"unknown type {kind[:40]!r}")
    required, optional = shape
    for name, value in body.items():
        check = required.get(name) or optional.get(name)
        if check is None:
            raise FormatError(kind, f"unknown member {name[:40]!r}")
        if not check(value):
            raise FormatError(kind, f"member {name!r} is not of its form")
    for name in required:
        if name not in body:
            raise FormatError(kind, f"member {name!r} is missing")


def _witness_policy(value: Value) -> bool:
    try:
        return isinstance(value, str) and parse_policy(value) is not None
    except FormatError:
        return False


reason_word = word_of(REASONS)
_standard = members({"kind": word}, {"ref": text})
_scope = list_of(
    members({"occupation": occupation, "levels": list_of(level_code, least=1)}, {"standard": _standard}), least=1
)
_policy = members(
    {"disclosure": text, "max_age": count, "witness": _witness_policy},
    {"evidence": word_of(("recorded", "required"))},
)

_predecessor = members({"log_key": vkey, "origin": text, "root": root_text, "size": count})

_FILING: dict[str, Check] = {
    "org": org_code,
    "name": text,
    "uscc": uscc,
    "profile": text,
    "scope": _scope,
    "valid_from": date_text,
    "valid_to": date_text,
}
_FILING_MORE: dict[str, Check] = {
    "kind": text,
    "registered": text,
    "office": text,
    "authority": text,
    "receipt": text,
    "legal": digest_text,
    "papers": digests,
    "edition": word,
    "attested": distinct(word),
    "titles": list_of(members({"name": text, "level": level_code}), least=1),
}
_ISSUE: dict[str, Check] = {
    "code": certificate_code,
    "occupation": occupation,
    "level": level_code,
    "issued": date_text,
    "evaluator": text,
    "profile": text,
    "batch": batch_digest,
    "evidence": ascending,
    "disclosures": digests,
}
_ISSUE_MORE: dict[str, Check] = {"title": text, "medium": word_of(("paper", "electronic"))}
_EVENT: dict[str, Check] = {"code": certificate_code, "reason": reason_word, "effective": date_text}

# type -> (required members, optional members)
TYPES: dict[str, tuple[dict[str, Check], dict[str, Check]]] = {
    "ledger.open": (
        {
            "log_key": vkey,
            "operator": text,
            "origin": text,
            "policy": _policy,
            "profiles": list_of(text, least=1),
            "registrar_keys": list_of(vkey, least=1),
        },
        {"predecessor": _predecessor},
    ),
    "org.file": (_FILING, _FILING_MORE),
    "org.amend": (_FILING, _FILING_MORE),
    "org.retire": ({"org": org_code, "reason": reason_word}, {"into": org_code}),
    "org.remove": ({"org": org_code, "reason": reason_word}, {}),
    "org.merge": ({"org": org_code, "from": distinct(org_code, least=1)}, {}),
    "range.assign": ({"org": org_code, "first": certificate_code, "last": certificate_code}, {}),
    "key.add": ({"key": vkey, "org": org_code}, {}),
    "key.revoke": ({"key_id": key_id, "org": org_code, "reason": reason_word}, {}),
    "certificate.issue": (_ISSUE, _ISSUE_MORE),
    "certificate.correct": ({**_ISSUE, "reason": reason_word}, _ISSUE_MORE),
    "certificate.reissue": (_EVENT, {}),
    "certificate.suspend": (_EVENT, {}),
    "certificate.restore": (_EVENT, {}),
    "certificate.revoke": (_EVENT, {}),
    "trust.update": ({"note": note_text}, {}),
    "index": ({"bits": bits, "root": root_text, "size": count}, {"previous": count}),
    **EVIDENCE_TYPES,
}
