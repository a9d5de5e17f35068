"""Filings: what the registrar puts into the ledger about an organisation, as a TOML file.

org = "S000050000001"                # 13 characters, the first of every certificate number; "next" or nothing:
# the next in sequence, where the notice has it so
name = "测试数据·山城技师学院"         # exactly as printed on certificates
uscc = "..."                         # unified social credit code, 18 characters
profile = "cn-chongqing-2020-1"
valid_from = "2026-01-01"
valid_to = "2028-12-31"
# All below may be left out, unless the ledger requires evidence and the profile asks for it:
kind = "technician-college"          # a word of the profile
registered = "..."                   # 注册地址
office = "..."                       # 办公地址
legal = "..."                        # the legal representative: only a salted digest goes into the ledger
authority = "..."                    # 管理部门
receipt = "..."                      # number of the receipt, 备案回执号
attested = ["level-9", "pledge"]     # conditions that somebody has seen, words of the profile
papers = ["承诺书.pdf"]               # files beside this one; the ledger holds their salted digests
edition = "2015"                     # of the catalogue that the occupation codes are of

[[scope]]
occupation = {code = "6-18-01-01", name = "车工", job = "数控车工"}
levels = ["3", "4", "5"]             # or "3、4、5", as in 附件2附表 of Shandong
standard = {kind = "national"}       # or its name in the notice: "国家标准"

[[titles]]                           # levels of an enterprise's own
name = "特级技师"
level = "1"
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from ledger.app.home import HomeError
from ledger.app.writing import trust_of_ledger
from ledger.core.body import check_body
from ledger.core.canonical import Value
from ledger.core.entry import parse_entry
from ledger.core.errors import FormatError
from ledger.core.evidence import EVIDENCE_TYPES
from ledger.core.profile import Profile
from ledger.core.registry import Registry
from ledger.crypto.pynacl_verify import verify
from ledger.store import Store

__all__ = ["NEXT", "Private", "parse_filing", "read_registry"]

_ELSEWHERE = frozenset((*EVIDENCE_TYPES, "trust.update"))  # read by `read_workflow`, and by `trust_of_ledger`
NEXT = "next"
_SOME_ORG = "0" * 13  # stands for a code that is still to be given
_SOME_DIGEST = "A" * 43
# A telephone or document number, or an address for mail: no address, authority or receipt looks like that.
_PERSONAL = re.compile(r"[0-9]{11}|@")
_OPEN_TEXTS = ("registered", "office", "authority", "receipt")


@dataclass(frozen=True, slots=True)
class Private:
    """What a filing says beside its record: the legal representative ("" for nobody), and the names of papers."""

    legal: str = ""
    papers: tuple[str, ...] = ()


def parse_filing(text: str, profiles: Mapping[str, Profile]) -> tuple[dict[str, Value], Private]:
    """Return the body of an `org.file` or `org.amend` record from a filing's TOML, and what stays private.

    The body has no `org` where that is still to be given. Raises HomeError naming what is wrong.
    """
    try:
        values: dict[str, Any] = tomllib.loads(text)
        for name in ("valid_from", "valid_to"):
            if isinstance(values.get(name), date):
                values[name] = values[name].isoformat()
        private = _private(values)
        _spell_out(values, profiles.get(str(values.get("profile"))))
        if values.get("org", NEXT) == NEXT:
            values.pop("org", None)
        check_body("org.file", {"org": _SOME_ORG, **values})
    except (tomllib.TOMLDecodeError, FormatError) as error:
        raise HomeError(f"the filing: {error}") from error
    for name in _OPEN_TEXTS:
        if _PERSONAL.search(values.get(name, "")):
            raise HomeError(f"{name} of the filing looks like a person's data, which the ledger would show for ever")
    return values, private


def _private(values: dict[str, Any]) -> Private:
    """Take out what does not go into the record."""
    legal, papers = values.pop("legal", ""), values.pop("papers", [])
    if not isinstance(legal, str) or legal != legal.strip() or len(legal) > 200:
        raise FormatError("org.file", "member 'legal' is not of its form")
    if not isinstance(papers, list) or not all(isinstance(name, str) and name for name in papers) or len(papers) > 64:
        raise FormatError("org.file", "member 'papers' is not of its form")
    return Private(legal, tuple(papers))


def _spell_out(values: dict[str, Any], profile: Profile | None) -> None:
    """Put the members of a scope that may be written as the notices do into their one form."""
    rows = values.get("scope")
    kinds = {word.zh: word.id for word in profile.standards} if profile is not None else {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and isinstance(row.get("levels"), str):
            row["levels"] = row["levels"].split("、")
        if isinstance(row, dict) and isinstance(row.get("standard"), str):
            row["standard"] = {"kind": kinds.get(row["standard"], row["standard"])}


def read_registry(store: Store) -> Registry:
    """Return the registry that the ledger's own entries make."""
    registry = Registry.of(trust_of_ledger(store))
    for raw in islice(store.registry_entries(), 1, None):  # the first is the opening
        entry = parse_entry(raw)
        if entry.record.type not in _ELSEWHERE:
            registry.add(entry, verify)
    return registry
