r"""Compact: record, proof and disclosures of one certificate, small enough for the QR code printed on it.

    link  = SITE "#" NUMBER "." VERIFICATION-CODE "." TEXT            TEXT: base32 (RFC 4648) without padding
    bytes = uint16be(length of packed) packed blob
    packed = raw deflate, preset dictionary DICTIONARY, of canonical JSON
             {"a": registrar's name, "b": body without batch, code, disclosures, "h": {field: value}, "n": size of the
              checkpoint, "s": seq, "t": time, "y": type of the record}
    blob  = prev(32) batch(32) sig(64) count(1) digests not shown(32 each) public key(32) registrar's key id(4)
            sig of its `key.add`(64) sig of the log's checkpoint(64) inclusion path(32 each)

Whatever can be made again is left out: digests of what is shown come from the verification code, the checkpoint's root
from the path, the record `key.add` from number and key. What it proves, under the pinned keys and without a network:

    the registrar gave this key to this organisation; the key signed this record; the record is in the signed ledger;
    the record commits to what is shown.

What it does not: anything about later records. So the answer is never better than `not_checked`: the state of today
takes the ledger of today.
"""

import base64
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.checklist import Checklist, Stopped
from ledger.core.checkpoint import Checkpoint, format_checkpoint
from ledger.core.code import match_profiles, normalise_code
from ledger.core.disclosure import digest_of, match_disclosures, parse_verification_code, private_disclosures
from ledger.core.ed25519 import Verify
from ledger.core.encoding import format_base64, format_base64url, format_hex, parse_base64url
from ledger.core.entry import Entry, format_entry, parse_entry
from ledger.core.errors import FormatError, LedgerError, SignatureError
from ledger.core.history import Event
from ledger.core.merkle import leaf_hash, root_from_inclusion
from ledger.core.note import ED25519, VerifierKey, format_vkey
from ledger.core.profile import Profile
from ledger.core.record import Record, check_record, parse_record
from ledger.core.report import Report
from ledger.core.sections import event_value
from ledger.core.trust import Trust

__all__ = ["Compact", "Grant", "check_compact", "format_compact", "open_link", "parse_compact"]

DICTIONARY = (
    '"y":"certificate.correct"}"reason":"error","name_change","title":"cn-zhejiang-2023-1cn-shandong-2020-1'
    'cn-anhui-2020-1cn-national-2018-1cn-chongqing-2020-1"doc_type":"201","employer":"有限公司职业技能鉴定评价中心'
    '技工学校技师学院{"a":"registrar","b":{"evaluator":"","evidence":[],"issued":"202","level":"","medium":"paper'
    '"electronic","occupation":{"code":"6-","job":"工","name":"员"},"profile":"cn-'
    '"},"h":{"doc_no":"","doc_type":"201","name":""},"n":,"s":,"t":"202-T:Z","y":"certificate.issue"}'
).encode()
MAX_JSON = 16 << 10  # bytes
MAX_TEXT = 6000  # characters; a QR code holds 4,296 letters and digits
_FIXED = 32 + 32 + 64 + 1
_BEHIND = 32 + 4 + 64 + 64
_MEMBERS = {"a", "b", "h", "n", "s", "t", "y"}
_LEFT_OUT = {"batch", "code", "disclosures"}
_SHOWN = ("code", "evaluator", "issued", "level", "occupation", "profile")


@dataclass(frozen=True, slots=True)
class Grant:
    """That a registrar filed a key for an organisation: both keys, and the registrar's signature."""

    public: bytes
    registrar: str
    registrar_key_id: bytes
    sig: bytes

    def record(self, org: str) -> Record:
        """Return the record `key.add` that was signed."""
        body: dict[str, Value] = {"key": format_vkey(self.key(org)), "org": org}
        return parse_record(
            {
                "body": body,
                "issuer": self.registrar,
                "key": format_hex(self.registrar_key_id),
                "sig": format_base64url(self.sig),
                "type": "key.add",
                "v": 1,
            }
        )

    def key(self, org: str) -> VerifierKey:
        """Return the organisation's key."""
        return VerifierKey(org, ED25519, self.public)


@dataclass(frozen=True, slots=True)
class Compact:
    """One certificate's `entry`, the grant of the key that signed it, its place in the log, and what is shown of it."""

    entry: Entry
    grant: Grant
    path: tuple[bytes, ...]
    size: int
    log_sig: bytes
    shown: Mapping[str, Value]
    verification_code: str

    @property
    def code(self) -> str:
        """The certificate number."""
        return cast("str", self.entry.record.body["code"])

    def disclosures(self) -> list[str]:
        """Return the disclosures of what is shown."""
        return list(private_disclosures(self.verification_code, self.shown).values())


def format_compact(compact: Compact) -> str:
    """Return the text that stands behind number and verification code. Raises FormatError if it cannot be read back."""
    entry, grant = compact.entry, compact.grant
    body = entry.record.body
    shown = {digest_of(text) for text in compact.disclosures()}
    hidden = [one for one in cast("list[str]", body["disclosures"]) if one not in shown]
    small: dict[str, Value] = {
        "a": grant.registrar,
        "b": {name: value for name, value in body.items() if name not in _LEFT_OUT},
        "h": dict(compact.shown),
        "n": compact.size,
        "s": entry.seq,
        "t": entry.time,
        "y": entry.record.type,
    }
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=DICTIONARY)
    packed = packer.compress(format_canonical(small)) + packer.flush()
    blob = b"".join(
        (
            entry.prev,
            bytes.fromhex(cast("str", body["batch"])),
            parse_base64url(entry.record.sig, "record signature", 64),
            bytes([len(hidden)]),
            *(parse_base64url(one, "digest", 32) for one in hidden),
            grant.public,
            grant.registrar_key_id,
            grant.sig,
            compact.log_sig,
            *compact.path,
        )
    )
    text = base64.b32encode(len(packed).to_bytes(2, "big") + packed + blob).decode().rstrip("=")
    if parse_compact(text, compact.code, compact.verification_code) != compact:
        raise FormatError("compact proof", "it cannot be read back")
    return text


def parse_compact(text: str, code: str, verification_code: str) -> Compact:
    """Return what a link carries behind its number and verification code; nothing is verified. Raises LedgerError."""
    data = _base32(text)
    length = int.from_bytes(data[:2], "big")
    small = _unpack(data[2 : 2 + length])
    blob = data[2 + length :]
    if small.keys() != _MEMBERS or len(blob) < _FIXED:
        raise FormatError("compact proof", "it does not have its members")
    registrar, body, shown, size, seq, time, kind = (small[name] for name in sorted(_MEMBERS))
    if not (isinstance(body, dict) and isinstance(shown, dict) and isinstance(registrar, str)):
        raise FormatError("compact proof", "a member is of another kind")
    if not (isinstance(size, int) and isinstance(seq, int) and isinstance(time, str) and 0 <= seq < size):
        raise FormatError("compact proof", "its place is none")
    hidden = blob[_FIXED - 1]
    rest = blob[_FIXED + 32 * hidden :]
    if len(rest) < _BEHIND or (len(rest) - _BEHIND) % 32:
        raise FormatError("compact proof", "it is cut off")
    digests = [format_base64url(blob[at : at + 32]) for at in range(_FIXED, _FIXED + 32 * hidden, 32)]
    digests += [digest_of(one) for one in private_disclosures(verification_code, shown).values()]
    whole = {**body, "batch": blob[32:64].hex(), "code": code, "disclosures": cast("Value", sorted(digests))}
    grant = Grant(rest[:32], registrar, rest[32:36], rest[36:100])
    record = parse_record(
        {
            "body": whole,
            "issuer": code[:13],
            "key": format_hex(grant.key(code[:13]).key_id),
            "sig": format_base64url(blob[64:128]),
            "type": kind,
            "v": 1,
        }
    )
    entry = parse_entry(format_entry(seq, blob[:32], time, record))
    path = tuple(rest[at : at + 32] for at in range(_BEHIND, len(rest), 32))
    return Compact(entry, grant, path, size, rest[100:164], shown, verification_code)


def open_link(link: str) -> Compact:
    """Return the compact proof in a link as a QR code has it; which site it leads to does not matter. LedgerError."""
    parts = link.strip().rpartition("#")[2].split(".")
    if len(parts) != 3:
        raise FormatError("compact proof", "not NUMBER.VERIFICATION-CODE.PROOF behind a #")
    return parse_compact(parts[2], normalise_code(parts[0]), parse_verification_code(parts[1]))


def _base32(text: str) -> bytes:
    if len(text) > MAX_TEXT:
        raise FormatError("compact proof", f"more than {MAX_TEXT} characters")
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError as error:
        raise FormatError("compact proof", "not base32") from error
    if base64.b32encode(data).decode().rstrip("=") != text:
        raise FormatError("compact proof", "not the one spelling in base32")
    return data


def _unpack(packed: bytes) -> dict[str, Value]:
    unpacker = zlib.decompressobj(-15, zdict=DICTIONARY)
    try:
        data = unpacker.decompress(packed, MAX_JSON)
    except zlib.error as error:
        raise FormatError("compact proof", "it cannot be unpacked") from error
    if not unpacker.eof or unpacker.unused_data:
        raise FormatError("compact proof", "it is cut off or too large")
    value = parse_canonical(data, "compact proof")
    if not isinstance(value, dict):
        raise FormatError("compact proof", "it does not have its members")
    return value


def check_compact(
    compact: Compact, *, trust: Trust, profiles: Mapping[str, Profile], verify: Verify, now: int
) -> Report:
    """Return the report on what a compact proof proves: `not_checked` at best, for it cannot know what came later."""
    run = _Check(compact.code, now)
    with suppress(Stopped):
        _check(run, compact, trust, profiles, verify)
    return run.report()


class _Check(Checklist):
    """The steps of a compact proof."""


def _check(run: _Check, compact: Compact, trust: Trust, profiles: Mapping[str, Profile], verify: Verify) -> None:
    known = [profiles[name] for name in trust.profiles if name in profiles]
    matching = match_profiles(compact.code, known)
    if not matching:
        run.failed("V1", "code_form")
    run.passed("V1", "well_formed", {"profiles": [profile.name for profile in matching]})
    entry, record = compact.entry, compact.entry.record
    log = trust.log_at(compact.size - 1)
    try:
        root = root_from_inclusion(leaf_hash(entry.raw), entry.seq, compact.size, compact.path)
        checkpoint = Checkpoint(trust.origin, compact.size, root)
        if not verify(log.public, format_checkpoint(checkpoint).encode(), compact.log_sig):
            raise SignatureError(trust.origin, "the signature does not verify")
    except LedgerError as error:
        run.failed("V2", "checkpoint_signature", {"problem": str(error)})
    run.passed("V2", "signed", {"key": log.key_id.hex()})
    run.sections["checkpoint"] = {"origin": trust.origin, "root": format_base64(root), "size": compact.size}
    for step in ("V3", "V4", "V7", "V8"):
        run.unknown(step, "compact")
    try:
        grant = compact.grant.record(compact.code[:13])
        named = [key for key in trust.registrars if (key.name, key.key_id.hex()) == (grant.issuer, grant.key)]
        if not named:
            former = [(term.key.name, term.key.key_id.hex()) for term in trust.registrar_terms]
            if (grant.issuer, grant.key) in former:
                run.undecided("V9", "former_key", {"key": grant.key})  # when it signed this, nobody can tell from it
            raise SignatureError(grant.issuer, "not a registrar of this ledger")
        check_record(grant, named[0], verify)
        check_record(record, compact.grant.key(compact.code[:13]), verify)
    except LedgerError as error:
        run.failed("V9", "record_signature", {"problem": str(error), "seq": entry.seq})
    run.passed("V9", "signatures_verified", {"signatures": 2})
    run.sections["events"] = [event_value(Event(entry, "organisation"))]
    run.sections["facts"] = {**{name: record.body[name] for name in _SHOWN}, "org": compact.code[:13]}
    for step in ("V10", "V11"):
        run.unknown(step, "compact")
    try:
        run.sections["disclosed"] = match_disclosures(
            cast("list[str]", record.body["disclosures"]), compact.disclosures()
        )
    except LedgerError as error:
        run.failed("V12", "disclosure_differs", {"problem": str(error)})
    run.passed("V12", "views_match")
