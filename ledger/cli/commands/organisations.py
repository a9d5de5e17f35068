"""`ledger org list|show` and `ledger key show`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from ledger.cli.failures import DONE, CommandError
from ledger.cli.session import Session
from ledger.cli.wide import table
from ledger.core.digest import sha256
from ledger.core.note import VerifierKey, format_vkey
from ledger.locales import Texts

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.core.entry import Entry
    from ledger.core.profile import Profile
    from ledger.core.registry import Filing, Organisation

__all__ = ["fingerprint", "list_", "show", "show_keys"]

_LISTED = ("code", "state", "valid", "profile", "name")
_OPTIONAL = ("registered", "office", "authority", "receipt", "edition")


def fingerprint(key: VerifierKey) -> str:
    """Return what is printed on paper to compare a key with, as the site shows it.

    The first 128 bits of the SHA-256 of the vkey line, 32 hexadecimal digits in groups of four.
    """
    digits = sha256(format_vkey(key).encode()).hex()[:32]
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def list_(session: Session, *, retired: bool) -> int:
    """List the organisations, or (废置库) those that have ended, with the reason."""
    from ledger.app.filing import read_registry

    with session.reading() as (_home, store):
        organisations = [one for _, one in sorted(read_registry(store).organisations.items())]
        if retired:
            rows = [_ended_row(session, one, one.ending) for one in organisations if one.ending is not None]
        else:
            rows = [_row(session, one) for one in organisations]
    if not rows:
        session.terminal.say("cli.org.none_ended" if retired else "cli.org.none")
        return DONE
    titles = ("code", "state", "reason", "since", "into", "name") if retired else _LISTED
    for line in table([session.texts(f"cli.org.{name}") for name in titles], rows):
        session.terminal.result(line)
    return DONE


def _row(session: Session, organisation: "Organisation") -> list[str]:
    told = _value(session, organisation)
    term = f"{told['valid_from']} – {told['valid_to']}"
    profile = str(organisation.filings[-1].body["profile"])
    return [organisation.org, session.texts(f"organisation.{told['state']}"), term, profile, told["name"]]


def _value(session: Session, organisation: "Organisation") -> "dict[str, str]":
    from ledger.core.encoding import local_date
    from ledger.core.sections import organisation_value

    return cast("dict[str, str]", organisation_value(organisation, local_date(session.now()).isoformat()))


def _ended_row(session: Session, organisation: "Organisation", entry: "Entry") -> list[str]:
    """Return how an organisation ended with `entry`: its code stays here for ever, and is never given again."""
    from ledger.core.encoding import local_date

    reason = session.texts(f"event_reason.{entry.record.body['reason']}")
    state = session.texts(f"organisation.{_value(session, organisation)['state']}")
    day, name = local_date(entry.unix).isoformat(), organisation.filings[-1].name
    return [organisation.org, state, reason, day, organisation.into or "", name]


def show(session: Session, *, org: str) -> int:
    """Show one organisation: what is filed, its scope, ranges and keys, and what was filed before."""
    from ledger.app.filing import read_registry
    from ledger.app.home import load_profiles

    with session.reading() as (_home, store):
        organisation = read_registry(store).organisations.get(org)
        if organisation is None:
            raise CommandError("cli.org.unknown", "cli.org.unknown.hint", org=org)
        ended = _ended_row(session, organisation, organisation.ending) if organisation.ending is not None else None
    texts, result = session.texts, session.terminal.result
    profile = load_profiles()[str(organisation.filings[-1].body["profile"])]
    facts = _facts(session, organisation, profile)
    for line in table(["", ""], [[texts(f"cli.org.{name}"), value] for name, value in facts]):
        if line:
            result(line)
    if ended is not None:
        result(texts("cli.org.ended", state=ended[1], reason=ended[2], day=ended[3], seq=organisation.ended))
        if ended[4]:
            result(texts("cli.org.merged_into", into=ended[4]))
    result(texts("cli.org.scope"))
    for line in table(*_first_and_rest(list(_scope(texts, organisation.filings[-1], profile)))):
        result(f"  {line}")
    for held in organisation.ranges:
        result(texts("cli.org.range", first=held.first, last=held.last, seq=held.seq))
    for filing in organisation.filings[:-1]:
        result(texts("cli.org.before", seq=filing.seq, name=filing.name))
    for term in organisation.keys:
        result(texts("cli.key.org", org=org, vkey=format_vkey(term.key)))
        result(texts("cli.key.fingerprint", fingerprint=fingerprint(term.key)))
        if term.before is not None:
            result(texts("cli.key.revoked", seq=term.before))
    return DONE


def _facts(session: Session, organisation: "Organisation", profile: "Profile") -> "Iterator[tuple[str, str]]":
    """Yield the name and value of what is filed now; the legal representative is a digest, and not shown."""
    body = organisation.filings[-1].body
    _, state, term, _, name = _row(session, organisation)
    yield from (("code", organisation.org), ("name", name), ("uscc", str(body["uscc"])))
    yield from (("state", state), ("valid", term), ("profile", profile.name))
    if "kind" in body:
        kinds = {kind.id: str(getattr(kind, session.texts.language)) for kind in profile.kinds}
        yield "kind", kinds.get(str(body["kind"]), str(body["kind"]))
    yield from ((member, str(body[member])) for member in _OPTIONAL if member in body)
    if "attested" in body:
        yield "attested", " ".join(cast("list[str]", body["attested"]))
    for title in cast("list[dict[str, str]]", body.get("titles", [])):
        yield "title", session.texts("cli.org.title_of", name=title["name"], level=title["level"])


def _scope(texts: Texts, filing: "Filing", profile: "Profile") -> "Iterator[list[str]]":
    kinds = {word.id: getattr(word, texts.language) for word in profile.standards}
    for item in cast("list[dict[str, dict[str, str]]]", filing.body["scope"]):
        occupation, standard = item["occupation"], item.get("standard", {})
        levels = [profile.level(code) for code in cast("list[str]", item["levels"])]
        names = [getattr(level, texts.language) if level else "?" for level in levels]
        job = texts("cli.occupation.job", job=occupation["job"]) if "job" in occupation else ""
        kind = kinds.get(standard.get("kind", ""), standard.get("kind", ""))
        ref = texts("cli.org.standard", kind=kind, ref=standard["ref"]) if "ref" in standard else kind
        yield [occupation["code"], f"{occupation['name']}{job}", texts("cli.list.separator").join(names), ref]


def _first_and_rest(rows: "list[list[str]]") -> "tuple[list[str], list[list[str]]]":
    return rows[0], rows[1:]


def show_keys(session: Session) -> int:
    """Print every public key of the ledger with its fingerprint. No passphrase is needed: nothing here is secret."""
    from ledger.app.filing import read_registry
    from ledger.app.writing import trust_of_ledger

    with session.reading() as (_home, store):
        trust = trust_of_ledger(store)
        organisations = read_registry(store).organisations
    texts, result = session.texts, session.terminal.result
    keys = [("cli.key.log", trust.origin, trust.log)]
    keys += [("cli.key.registrar", key.name, key) for key in trust.registrars]
    for org, organisation in sorted(organisations.items()):
        keys += [("cli.key.org", org, term.key) for term in organisation.keys if term.before is None]
    for title, name, key in keys:
        result(texts(title, org=name, vkey=format_vkey(key)))
        result(texts("cli.key.fingerprint", fingerprint=fingerprint(key)))
    session.terminal.hint("cli.key.hint")
    return DONE
