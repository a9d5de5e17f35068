"""Trust: what a verifier pins before it believes anything.

trust.json is canonical JSON without a newline. As a ledger opens it is

    {"log":"<vkey>","max_age":604800,"origin":"ledger.example/demo","profiles":["cn-chongqing-2020-1"],
     "registrars":["<vkey>"],"v":1,"witness":""}

`log` signs checkpoints and is named like `origin`; `registrars` sign the filing of organisations; numbers are issued
under `profiles` and no other rules; a head older than `max_age` seconds proves nothing about today; `witness` is a C2SP
tlog-policy text, empty when none is asked for, and without `log` lines or with one for this log.
Everything in it also stands in the ledger's first record, so that an auditor can compare.

After the first update of the trust (`custody`) it has the same members and these, and `v` is 2:

    custodians        {"expires":"2028-01-01T00:00:00Z","keys":["<vkey>",...],"threshold":2}; absent: there are none
    log_terms         the log keys before `log`: [{"after":n?,"before":n,"key":"<vkey>"},...], the oldest first
    registrar_terms   the registrars' keys that came or went with an update, in the same form
    version           1 with the first update, then one more with each

A key with a term signs for the entries after the entry `after` (absent: from the first on) and before the entry
`before` (absent: with no end). `log_terms` and `registrar_terms` are in trust.json and never in what is signed: where
in the ledger an update stands is known when it stands there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.encoding import parse_time
from ledger.core.errors import FormatError
from ledger.core.note import ED25519, VerifierKey, format_vkey, parse_vkey
from ledger.core.policy import parse_policy
from ledger.core.record import Body

__all__ = ["MAX_CUSTODIANS", "Custodians", "KeyTerm", "Trust", "format_trust", "parse_trust", "trust_of"]

MAX_CUSTODIANS = 20

_MEMBERS = frozenset(("log", "max_age", "origin", "profiles", "registrars", "v", "witness"))
_LATER = _MEMBERS | {"log_terms", "registrar_terms", "version"}
_WHAT = "trust.json"


@dataclass(frozen=True, slots=True)
class KeyTerm:
    """A key and the entries it signs for: after `after` (-1: from the first on), before `before` (None: no end)."""

    key: VerifierKey
    after: int
    before: int | None = None

    def valid_at(self, seq: int) -> bool:
        """Whether the key signs for the entry `seq`."""
        return self.after < seq and (self.before is None or seq < self.before)


@dataclass(frozen=True, slots=True)
class Custodians:
    """Who together decide what is trusted: `threshold` of `keys`. After `expires` (ISO 8601) they must have spoken."""

    keys: tuple[VerifierKey, ...]
    threshold: int
    expires: str

    def expired_at(self, now: int) -> bool:
        """Whether the trust has expired at `now` (Unix seconds)."""
        return now > parse_time(self.expires, "expires")


@dataclass(frozen=True, slots=True)
class Trust:
    """The pinned keys, rule sets (names of profiles) and limits of one ledger. `max_age` in seconds.

    `version` is 0 as the ledger opened. `log` and `registrars` are the keys of now; `log_terms` and `registrar_terms`
    say which entries keys signed for that are not in them from the first entry to the last.
    """

    log: VerifierKey
    max_age: int
    origin: str
    registrars: tuple[VerifierKey, ...]
    witness: str
    profiles: tuple[str, ...]
    version: int = 0
    custodians: Custodians | None = None
    log_terms: tuple[KeyTerm, ...] = ()
    registrar_terms: tuple[KeyTerm, ...] = ()

    def log_at(self, seq: int) -> VerifierKey:
        """Return the log key that signs the index entry `seq`, and the checkpoint that ends with it."""
        return next((term.key for term in self.log_terms if term.valid_at(seq)), self.log)

    def registrars_in_time(self) -> list[KeyTerm]:
        """Return every registrar's key, with the entries it signs for."""
        known = {term.key for term in self.registrar_terms}
        return [KeyTerm(key, -1) for key in self.registrars if key not in known] + [*self.registrar_terms]

    def expired_at(self, now: int) -> bool:
        """Whether custodians should have spoken again before `now` (Unix seconds)."""
        return self.custodians is not None and self.custodians.expired_at(now)


def format_trust(trust: Trust) -> bytes:
    """Return the bytes of trust.json."""
    value: dict[str, Value] = {
        "log": format_vkey(trust.log),
        "max_age": trust.max_age,
        "origin": trust.origin,
        "profiles": list(trust.profiles),
        "registrars": [format_vkey(key) for key in trust.registrars],
        "v": 1,
        "witness": trust.witness,
    }
    if trust.version:
        value |= {"log_terms": _values_of(trust.log_terms), "registrar_terms": _values_of(trust.registrar_terms)}
        value |= {"v": 2, "version": trust.version}
    if trust.custodians is not None:
        value["custodians"] = {
            "expires": trust.custodians.expires,
            "keys": [format_vkey(key) for key in trust.custodians.keys],
            "threshold": trust.custodians.threshold,
        }
    return format_canonical(value)


def _values_of(terms: Sequence[KeyTerm]) -> list[Value]:
    values: list[Value] = []
    for term in terms:
        value: dict[str, Value] = {"key": format_vkey(term.key)}
        if term.after >= 0:
            value["after"] = term.after
        if term.before is not None:
            value["before"] = term.before
        values.append(value)
    return values


def parse_trust(data: bytes) -> Trust:
    """Return the trust that trust.json describes. Raises FormatError."""
    value = parse_canonical(data, _WHAT)
    if not isinstance(value, dict):
        raise FormatError(_WHAT, "not an object")
    version = _version(value)
    log, age, origin, witness = value["log"], value["max_age"], value["origin"], value["witness"]
    if not (isinstance(log, str) and isinstance(origin, str) and isinstance(witness, str)):
        raise FormatError(_WHAT, "log, origin and witness must be text")
    if not isinstance(age, int) or isinstance(age, bool) or age <= 0:
        raise FormatError(_WHAT, "max_age must be a number of seconds")
    log_key = _key(log)
    if log_key.name != origin or origin.startswith("skill-ledger/"):
        raise FormatError(_WHAT, "the log key must be named like the origin, which never begins with skill-ledger/")
    policy = parse_policy(witness)
    if policy.logs and log_key not in policy.logs:
        raise FormatError(_WHAT, "the witness policy is for other logs")
    profiles = _texts(value["profiles"], "profiles must be a list of names")
    registrars = _keys(value["registrars"], "registrars")
    trust = Trust(log_key, age, origin, registrars, witness, profiles, version)
    if not version:
        return trust
    custodians = _custodians(value["custodians"]) if "custodians" in value else None
    terms = (_terms(value["log_terms"], "log_terms"), _terms(value["registrar_terms"], "registrar_terms"))
    if any(term.key.name != origin for term in terms[0]):
        raise FormatError(_WHAT, "every log key must be named like the origin")
    return Trust(log_key, age, origin, registrars, witness, profiles, version, custodians, *terms)


def _version(value: Mapping[str, Value]) -> int:
    """Return the version; raise FormatError unless the members are exactly those of its form."""
    form = value.get("v")
    if value.keys() == _MEMBERS and form == 1 and form is not True:
        return 0
    version = value.get("version")
    later = value.keys() in (_LATER, _LATER | {"custodians"}) and form == 2
    if not later or not isinstance(version, int) or isinstance(version, bool) or version < 1:
        members = "log, max_age, origin, profiles, registrars, v (1), witness"
        more = "custodians, log_terms, registrar_terms, version"
        raise FormatError(_WHAT, f"members must be exactly {members}, and with v 2 also {more}")
    return version


def _texts(value: Value, problem: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise FormatError(_WHAT, problem)
    return tuple(cast("list[str]", value))


def _keys(value: Value, name: str) -> tuple[VerifierKey, ...]:
    return tuple(_key(text) for text in _texts(value, f"{name} must be a list of keys"))


def _key(text: str) -> VerifierKey:
    """Read a key that signs records and notes: kind 1, not a witness's."""
    key = parse_vkey(text)
    if key.kind != ED25519:
        raise FormatError(_WHAT, "a key is not of kind 1")
    return key


def _custodians(value: Value) -> Custodians:
    if not isinstance(value, dict) or value.keys() != {"expires", "keys", "threshold"}:
        raise FormatError(_WHAT, "custodians have exactly expires, keys and threshold")
    keys, threshold, expires = _keys(value["keys"], "custodians"), value["threshold"], value["expires"]
    if len({key.public for key in keys}) != len(keys):
        raise FormatError(_WHAT, "a custodian's key stands there twice")
    if len(keys) > MAX_CUSTODIANS:
        raise FormatError(_WHAT, f"more than {MAX_CUSTODIANS} custodians")
    if not isinstance(threshold, int) or isinstance(threshold, bool) or not 1 <= threshold <= len(keys):
        raise FormatError(_WHAT, "the threshold must be from 1 to the number of custodians")
    if not isinstance(expires, str):
        raise FormatError(_WHAT, "expires must be a time")
    parse_time(expires, "expires")
    return Custodians(keys, threshold, expires)


def _terms(value: Value, name: str) -> tuple[KeyTerm, ...]:
    if not isinstance(value, list):
        raise FormatError(_WHAT, f"{name} must be a list")
    return tuple(_term(one, name) for one in value)


def _term(value: Value, name: str) -> KeyTerm:
    if not isinstance(value, dict) or not {"key"} <= value.keys() <= {"after", "before", "key"}:
        raise FormatError(_WHAT, f"{name} have a key, and after and before where it has these")
    after, before, key = value.get("after", -1), value.get("before"), value["key"]
    places = [one for one in (value.get("after"), before) if one is not None]
    if not all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in places):
        raise FormatError(_WHAT, f"{name}: after and before are places of entries")
    if not isinstance(key, str):
        raise FormatError(_WHAT, f"{name}: a key is text")
    return KeyTerm(_key(key), cast("int", after), cast("int | None", before))


def trust_of(opening: Body) -> Trust:
    """Return the trust that the body of a `ledger.open` record announces."""
    policy = cast("dict[str, Value]", opening["policy"])
    keys = cast("list[str]", opening["registrar_keys"])
    return Trust(
        parse_vkey(cast("str", opening["log_key"])),
        cast("int", policy["max_age"]),
        cast("str", opening["origin"]),
        tuple(parse_vkey(key) for key in keys),
        cast("str", policy["witness"]),
        tuple(cast("list[str]", opening["profiles"])),
    )
