"""Trust: what a verifier pins before it believes anything.

trust.json is canonical JSON without a newline:

    {"log":"<vkey>","max_age":604800,"origin":"ledger.example/demo","profiles":["cn-chongqing-2020-1"],
     "registrars":["<vkey>"],"v":1,"witness":""}

`log` signs checkpoints and is named like `origin`; `registrars` sign the filing of organisations; numbers are issued
under `profiles` and no other rules; a head older than `max_age` seconds proves nothing about today; `witness` is a C2SP
tlog-policy text, empty when none is asked for, and without `log` lines or with one for this log.
Everything in it also stands in the ledger's first record, so that an auditor can compare.
"""

from dataclasses import dataclass
from typing import cast

from ledger.core.canonical import Value, format_canonical, parse_canonical
from ledger.core.errors import FormatError
from ledger.core.note import VerifierKey, format_vkey, parse_vkey
from ledger.core.policy import parse_policy
from ledger.core.record import Body

__all__ = ["Trust", "format_trust", "parse_trust", "trust_of"]

_MEMBERS = frozenset(("log", "max_age", "origin", "profiles", "registrars", "v", "witness"))


@dataclass(frozen=True, slots=True)
class Trust:
    """The pinned keys, rule sets (names of profiles) and limits of one ledger. `max_age` in seconds."""

    log: VerifierKey
    max_age: int
    origin: str
    registrars: tuple[VerifierKey, ...]
    witness: str
    profiles: tuple[str, ...]


def format_trust(trust: Trust) -> bytes:
    """Return the bytes of trust.json."""
    return format_canonical(
        {
            "log": format_vkey(trust.log),
            "max_age": trust.max_age,
            "origin": trust.origin,
            "profiles": list(trust.profiles),
            "registrars": [format_vkey(key) for key in trust.registrars],
            "v": 1,
            "witness": trust.witness,
        }
    )


def parse_trust(data: bytes) -> Trust:
    """Return the trust that trust.json describes. Raises FormatError."""
    value = parse_canonical(data, "trust.json")
    if not isinstance(value, dict) or value.keys() != _MEMBERS or value["v"] is True or value["v"] != 1:
        members = "log, max_age, origin, profiles, registrars, v (1), witness"
        raise FormatError("trust.json", f"members must be exactly {members}")
    log, age, origin = value["log"], value["max_age"], value["origin"]
    profiles, registrars, witness = value["profiles"], value["registrars"], value["witness"]
    if not (isinstance(log, str) and isinstance(origin, str) and isinstance(witness, str)):
        raise FormatError("trust.json", "log, origin and witness must be text")
    if not isinstance(age, int) or isinstance(age, bool) or age <= 0:
        raise FormatError("trust.json", "max_age must be a number of seconds")
    if not isinstance(registrars, list) or not registrars or not all(isinstance(key, str) for key in registrars):
        raise FormatError("trust.json", "registrars must be a list of keys")
    if not isinstance(profiles, list) or not profiles or not all(isinstance(name, str) for name in profiles):
        raise FormatError("trust.json", "profiles must be a list of names")
    log_key = parse_vkey(log)
    if log_key.name != origin or origin.startswith("skill-ledger/"):
        raise FormatError(
            "trust.json", "the log key must be named like the origin, which never begins with skill-ledger/"
        )
    policy = parse_policy(witness)
    if policy.logs and log_key not in policy.logs:
        raise FormatError("trust.json", "the witness policy is for other logs")
    keys = tuple(parse_vkey(cast("str", key)) for key in registrars)
    return Trust(log_key, age, origin, keys, witness, tuple(cast("list[str]", profiles)))


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
