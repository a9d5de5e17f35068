"""Filing: the registrar puts an organisation with its scope and its key into the ledger.

A filing is a TOML file:

    org = "S000050000001"                # 13 characters, the first of every certificate number
    name = "测试数据·山城技师学院"         # exactly as printed on certificates
    uscc = "..."                         # unified social credit code, 18 characters
    profile = "cn-chongqing-2020-1"
    valid_from = "2026-01-01"
    valid_to = "2028-12-31"

    [[scope]]
    occupation = {code = "6-18-01-01", name = "车工", job = "数控车工"}
    levels = ["3", "4", "5"]
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import islice
from typing import Any, cast

from stdnum.cn import uscc

from ledger.app.home import Home, HomeError, Random
from ledger.app.writing import publish, trust_of_ledger, writing
from ledger.core.body import check_body
from ledger.core.canonical import Value
from ledger.core.code import check_org_code
from ledger.core.encoding import parse_date
from ledger.core.entry import parse_entry
from ledger.core.errors import FormatError, RuleError
from ledger.core.evidence import EVIDENCE_TYPES
from ledger.core.note import format_vkey
from ledger.core.profile import Profile
from ledger.core.record import Body, sign_record
from ledger.core.registry import Registry
from ledger.crypto.pynacl_verify import verify
from ledger.store import Store

__all__ = ["file_organisation", "filing_problems", "parse_filing", "read_registry", "years_later"]

_OCCUPATION = re.compile(r"[1-8]-[0-9]{2}-[0-9]{2}-[0-9]{2}")


def parse_filing(text: str) -> Body:
    """Return the body of an `org.file` record from a filing's TOML. Raises HomeError naming what is wrong."""
    try:
        values: dict[str, Any] = tomllib.loads(text)
        for name in ("valid_from", "valid_to"):
            if isinstance(values.get(name), date):
                values[name] = values[name].isoformat()
        check_body("org.file", values)
    except (tomllib.TOMLDecodeError, FormatError) as error:
        raise HomeError(f"the filing: {error}") from error
    return values


def filing_problems(body: Body, profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield (rule id, problem) for every rule of the profile that the filing breaks."""
    try:
        check_org_code(cast("str", body["org"]), profile)
    except RuleError as error:
        yield error.rule, str(error)
    if not uscc.is_valid(cast("str", body["uscc"])):
        yield "filing.uscc", f"{body['uscc']} is not a unified social credit code: a digit is wrong"
    first, last = (parse_date(cast("str", body[name]), name) for name in ("valid_from", "valid_to"))
    if last < first:
        yield "filing.validity", "valid_to is before valid_from"
    years = profile.max_validity_years
    if years and last > years_later(first, years):
        yield (
            "filing.validity",
            f"a filing is valid for {years} years at most: until {years_later(first, years)}",
        )
    for row in cast("list[Body]", body["scope"]):
        occupation = cast("Mapping[str, str]", row["occupation"])
        if not _OCCUPATION.fullmatch(occupation["code"]):
            yield "filing.scope", f"{occupation['code']} is not an occupation code such as 6-18-01-01"
        for level in cast("list[str]", row["levels"]):
            if profile.level(level) is None:
                yield "filing.scope", f"level {level} does not exist in {profile.name}"


def file_organisation(
    home: Home,
    store: Store,
    body: Body,
    profiles: Mapping[str, Profile],
    passphrase: str,
    *,
    now: int,
    random: Random,
    allow_test: bool = False,
) -> int:
    """File an organisation with a fresh signing key; return the seq of the filing.

    Raises RuleError for the first rule broken; then nothing is changed.
    """
    name = cast("str", body["profile"])
    profile = profiles.get(name)
    if profile is None or name not in home.config.profiles:
        raise RuleError("profile_unknown", f"this ledger was opened for {', '.join(home.config.profiles)}, not {name}")
    for rule, problem in filing_problems(body, profile):
        raise RuleError(rule, problem)
    org = cast("str", body["org"])
    if org in read_registry(store).organisations:
        raise RuleError("org_filed_twice", f"{org} is filed already; a code is never given again")
    keyring, seal = home.open_keyring(passphrase, allow_test=allow_test)
    if org not in keyring.sign:
        # The key is saved before the record that names it: a key in the ledger that nobody has would be useless.
        keyring = keyring.with_signing_key(org, random(32))
        home.save_keyring(keyring, seal, random)
    registrar = keyring.signer(home.config.registrar)
    with writing(home, store, keyring.signer(home.config.origin), now, 3) as draft:
        seq = draft.add(sign_record("org.file", body, registrar))
        added: dict[str, Value] = {"key": format_vkey(keyring.signer(org).key), "org": org}
        draft.add(sign_record("key.add", added, registrar))
    publish(home, store)
    return seq


def read_registry(store: Store) -> Registry:
    """Return the registry that the ledger's own entries make."""
    registry = Registry(trust_of_ledger(store).registrars)
    for raw in islice(store.registry_entries(), 1, None):  # the first is the opening
        entry = parse_entry(raw)
        if entry.record.type not in EVIDENCE_TYPES:  # those are `read_workflow`'s
            registry.add(entry, verify)
    return registry


def years_later(day: date, years: int) -> date:
    """Return the same day so many years later; the last of February for its 29th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
