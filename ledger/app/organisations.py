"""Organisations: what the registrar does about them. Each use case is one batch, all or nothing.

    file_organisation    a filing with a key
    amend_organisation   filed anew: what is added or taken away counts from here on, and never backwards
    end_organisation     retired, or removed for what it did: its code goes to the 废置库 and is never given again
    merge_organisations  a new organisation, and the retirement of each old one into it
    assign_range         certificate numbers that the organisation draws its own from

Before anything is written, it is held to what the audit will hold it to (`core.filing_rules`, `core.registry`), and to
the catalogue of occupations, if the home has one. A refusal tells every rule that is broken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple, cast

from ledger.app.filing import Private, read_registry
from ledger.app.home import Home, Random
from ledger.app.occupations import occupation_problems, read_catalogue
from ledger.app.opening import DATA_KEY
from ledger.app.papers import keep_paper
from ledger.app.writing import log_signer, publish, trust_of_ledger, writing
from ledger.core.canonical import Value, parse_canonical
from ledger.core.digest import sha256
from ledger.core.disclosure import digest_of, make_disclosure
from ledger.core.encoding import format_base64url, format_time, parse_base64url
from ledger.core.entry import Entry, format_entry, parse_entry
from ledger.core.errors import RuleError
from ledger.core.filing_rules import Broken, next_code, registry_problems
from ledger.core.note import VerifierKey, format_vkey
from ledger.core.profile import Profile
from ledger.core.record import Body, Record, sign_record
from ledger.core.registry import Organisation
from ledger.crypto.keyring import Keyring
from ledger.crypto.pynacl_verify import verify
from ledger.crypto.rowseal import RowSealer
from ledger.store import Store

__all__ = [
    "Done",
    "FilingRefused",
    "amend_organisation",
    "assign_range",
    "change_keys",
    "end_organisation",
    "file_organisation",
    "legal_representative",
    "merge_organisations",
]


class Done(NamedTuple):
    """What was written: the organisation, the seq of the entry about it, and the rules that only warn."""

    org: str
    seq: int
    warnings: list[Broken]


class FilingRefused(RuleError):  # noqa: N818 - the filing was refused; the program has no error
    """Binding rules are broken, and nothing was changed; `broken` are all of them."""

    def __init__(self, broken: Sequence[Broken]) -> None:
        """Stand for the first one where only one can be told."""
        super().__init__(broken[0].rule, str(broken[0]))
        self.broken = list(broken)


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
    private: Private | None = None,
    folder: Path | None = None,
    key: VerifierKey | None = None,
) -> Done:
    """File an organisation with `key`, or with a fresh one; without `org` it is given the code that is next.

    Raises FilingRefused with every rule broken, RuleError, or OSError for a paper in `folder` that cannot be read; then
    nothing is changed.
    """
    batch = _Batch(home, store, profiles, now)
    batch.file("org.file", body, private, folder, random)
    return batch.write(_new_key(batch, key, passphrase, random, allow_test=allow_test))


def amend_organisation(
    home: Home,
    store: Store,
    keyring: Keyring,
    body: Body,
    profiles: Mapping[str, Profile],
    *,
    now: int,
    random: Random,
    private: Private | None = None,
    folder: Path | None = None,
) -> Done:
    """File an organisation anew, whole: from this entry on. Raises as `file_organisation`."""
    batch = _Batch(home, store, profiles, now)
    if "org" not in body:
        raise RuleError("org_unknown", "the amendment does not name the organisation")
    batch.file("org.amend", body, private, folder, random)
    return batch.write(keyring)


def end_organisation(
    home: Home,
    store: Store,
    keyring: Keyring,
    org: str,
    how: Literal["retire", "remove"],
    *,
    reason: str,
    now: int,
) -> Done:
    """Retire or remove an organisation. Raises RuleError if it is not filed, or has ended."""
    batch = _Batch(home, store, {}, now)
    batch.add(f"org.{how}", {"org": org, "reason": reason})
    return batch.write(keyring)


def merge_organisations(
    home: Home,
    store: Store,
    body: Body,
    old: Sequence[str],
    profiles: Mapping[str, Profile],
    passphrase: str,
    *,
    now: int,
    random: Random,
    allow_test: bool = False,
    private: Private | None = None,
    folder: Path | None = None,
    key: VerifierKey | None = None,
) -> Done:
    """Merge the `old` organisations into the one that `body` files, which may be filed already just like that.

    Raises as `file_organisation`, and RuleError for old ones that are not filed, have ended, or are the new one.
    """
    batch = _Batch(home, store, profiles, now)
    merged = sorted(set(old))
    for code in merged:
        batch.living(code)
    filed = batch.registry.organisations.get(cast("str", body.get("org", "")))
    if filed is None:
        batch.file("org.file", body, private, folder, random)
        keyring = _new_key(batch, key, passphrase, random, allow_test=allow_test)
    else:
        if not _same(filed, body):
            raise RuleError("org_filed_twice", f"{filed.org} is filed already, with other members: amend it first")
        keyring, _ = home.open_keyring(passphrase, allow_test=allow_test)
    new = batch.org or cast("str", body["org"])
    for code in merged:
        if code == new:
            raise RuleError("merge", f"{code} cannot be merged into itself")
        batch.add("org.retire", {"into": new, "org": code, "reason": "merged"})
    batch.add("org.merge", {"from": list[Value](merged), "org": new})
    return batch.write(keyring)


def assign_range(
    home: Home,
    store: Store,
    keyring: Keyring,
    profiles: Mapping[str, Profile],
    org: str,
    ends: tuple[str, str],
    *,
    now: int,
) -> Done:
    """Assign certificate numbers to an organisation. Raises RuleError for others', overlapping or malformed ones."""
    batch = _Batch(home, store, profiles, now)
    batch.add("range.assign", {"first": ends[0], "last": ends[1], "org": org})
    return batch.write(keyring)


def change_keys(
    home: Home,
    store: Store,
    keyring: Keyring,
    org: str,
    changes: Sequence[tuple[str, Body]],
    profiles: Mapping[str, Profile],
    *,
    now: int,
) -> Done:
    """Add and revoke keys of an organisation in one batch. Raises RuleError if it is not filed, or has ended."""
    batch = _Batch(home, store, profiles, now)
    batch.living(org)
    for kind, body in changes:
        batch.add(kind, {**body, "org": org})
    return batch.write(keyring)


def legal_representative(store: Store, keyring: Keyring, seq: int) -> str | None:
    """Return the legal representative's name behind the digest of the filing `seq`; None if it is not kept."""
    sealed = store.filing_sealed(seq)
    if sealed is None:
        return None
    text = RowSealer(keyring.data_key(DATA_KEY)).open(_row(seq), sealed).decode()
    return cast("list[str]", parse_canonical(parse_base64url(text, "disclosure"), "disclosure"))[2]


def _row(seq: int) -> bytes:
    return b"filing/%d" % seq


def _same(filed: Organisation, body: Body) -> bool:
    """Whether a filing says what is filed; digests are salted, and tell nothing."""
    beside = ("legal", "papers")
    now = {name: value for name, value in filed.filings[-1].body.items() if name not in beside}
    return now == {name: value for name, value in body.items() if name not in beside}


def _new_key(
    batch: "_Batch", given: VerifierKey | None, passphrase: str, random: Random, *, allow_test: bool
) -> Keyring:
    """Put the key of the organisation that is filed into the batch; return the keyring, with a fresh key if need be."""
    home, org = batch.home, batch.org
    keyring, seal = home.open_keyring(passphrase, allow_test=allow_test)
    if given is None and org not in keyring.sign:
        # The key is saved before the record that names it: a key in the ledger that nobody has would be useless.
        keyring = keyring.with_signing_key(org, random(32))
        home.save_keyring(keyring, seal, random)
    key = given if given is not None else keyring.signer(org).key
    batch.add("key.add", {"key": format_vkey(key), "org": org})
    return keyring


@dataclass
class _Batch:
    """Records of the registrar in the making; `org` is the organisation that is filed."""

    home: Home
    store: Store
    profiles: Mapping[str, Profile]
    now: int
    org: str = ""
    records: list[tuple[str, Body]] = field(default_factory=list)
    warnings: list[Broken] = field(default_factory=list)
    legal: dict[int, str] = field(default_factory=dict)  # place among the records -> disclosure

    def __post_init__(self) -> None:
        self.registry = read_registry(self.store)

    def add(self, kind: str, body: Body) -> None:
        """Put a record into the batch."""
        self.records.append((kind, body))

    def file(self, kind: str, given: Body, private: Private | None, folder: Path | None, random: Random) -> None:
        """Put a filing into the batch, held to every rule. Its papers lie in `folder`."""
        name = cast("str", given["profile"])
        opened_for = trust_of_ledger(self.store).profiles
        if name not in opened_for or name not in self.profiles:
            allowed = ", ".join(opened_for)
            raise RuleError("profile_unknown", f"this ledger was opened for {allowed}, not {name}")
        profile, known = self.profiles[name], self.registry.organisations
        body: dict[str, Value] = dict(given)
        self.org = cast("str", body.setdefault("org", "")) or next_code(known, profile)
        body["org"] = self.org
        if kind == "org.file" and self.org in known:
            raise RuleError("org_filed_twice", f"{self.org} is filed already; a code is never given again")
        if kind == "org.amend":
            self.living(self.org)
        catalogue = read_catalogue(self.home)
        if catalogue is not None and len(catalogue) == 1:
            body.setdefault("edition", min(catalogue))
        hidden = private or Private()
        if hidden.legal:
            salt = format_base64url(random(16))
            self.legal[len(self.records)] = text = make_disclosure(salt, "legal", hidden.legal)
            body["legal"] = digest_of(text)
        papers = [(folder or Path()) / paper for paper in hidden.papers]
        if papers:
            body["papers"] = list[Value](format_base64url(sha256(one.read_bytes())) for one in papers)  # salted below
        self._hold(kind, body, [*occupation_problems(body, catalogue, profile)] if catalogue is not None else [])
        if papers:
            body["papers"] = list[Value](sorted(keep_paper(self.home, paper, random) for paper in papers))
        self.add(kind, body)

    def living(self, org: str) -> None:
        """Raise RuleError unless the organisation is filed, and has not ended."""
        known = self.registry.organisations.get(org)
        if known is None:
            raise RuleError("org_unknown", f"{org} is not filed")
        if known.ended is not None:
            raise RuleError("org_ended", f"{org} was retired or removed; nothing about it changes any more")

    def _hold(self, kind: str, body: Body, broken: list[Broken]) -> None:
        whole = self.home.config.evidence == "required"
        broken = [*registry_problems(kind, body, self.registry, self.profiles, whole=whole), *broken]
        binding = [one for one in broken if one.binding]
        if binding:
            raise FilingRefused(binding)
        self.warnings += broken

    def write(self, keyring: Keyring) -> Done:
        """Sign the records, hold them to the registry, append them in one batch, publish."""
        name = self.home.config.registrar
        registrar = keyring.signer_of(name, self.registry.living_keys(name))
        records = [sign_record(kind, body, registrar) for kind, body in self.records]
        for seq, record in enumerate(records, self.store.size()):
            if record.type == "range.assign":
                self._hold(record.type, record.body, [])
            self.registry.add(self._entry(seq, record), verify)
        log = log_signer(keyring, self.store)
        with writing(self.home, self.store, log, self.now, len(records) + 1) as draft:
            seqs = [draft.add(record) for record in records]
            for place, text in self.legal.items():
                sealer = RowSealer(keyring.data_key(DATA_KEY))
                self.store.add_filing(seqs[place], sealer.seal(_row(seqs[place]), text.encode()))
        publish(self.home, self.store)
        return Done(cast("str", records[0].body["org"]), seqs[0], self.warnings)

    def _entry(self, seq: int, record: Record) -> Entry:
        return parse_entry(format_entry(seq, bytes(32), format_time(self.now), record))
