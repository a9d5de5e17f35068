"""`ledger trust draft|sign|apply|show|follow`: what custodians decide together."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.commands.keys import parse_key, tell_key
from ledger.cli.failures import COULD_NOT_CHECK, DONE, REFUSED, USAGE, CommandError
from ledger.cli.session import Session

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.core.note import Note, Signer, VerifierKey
    from ledger.core.trust import Trust

__all__ = ["apply", "draft", "follow", "show", "sign"]

_DAY = 86_400


def draft(
    session: Session,
    *,
    out: Path,
    custodian: tuple[str, ...],
    threshold: int | None,
    expires: str | None,
    registrar: tuple[str, ...],
    witness: Path | None,
    max_age: int | None,
    profile: tuple[str, ...],
    new_log: bool,
    new_registrar: bool,
) -> int:
    """Draft the next version of the trust, signed with the keys of this machine."""
    from ledger.app.trusting import Changes, draft_update
    from ledger.cli.commands.opening import witness_policy
    from ledger.publish.durable import write_atomic

    if out.exists():
        raise CommandError("cli.trust.draft.there", code=USAGE, out=out)
    changes = Changes(
        custodians=tuple(parse_key(text) for text in custodian) or None,
        threshold=threshold,
        expires=f"{expires}T00:00:00Z" if expires is not None else None,
        registrars=tuple(parse_key(text) for text in registrar) or None,
        witness=witness_policy(witness) if witness is not None else None,
        max_age=max_age * _DAY if max_age is not None else None,
        profiles=profile,
        new_log=new_log,
        new_registrar=new_registrar,
    )
    passphrase = session.passphrase()
    with session.writing() as (home, store):
        stated, note = draft_update(
            home, store, passphrase, changes, now=session.now(), random=session.random, allow_test=session.allow_test
        )
    write_atomic(out, note)
    _tell(session, stated)
    session.terminal.hint("cli.trust.draft.next", out=out)
    return DONE


def sign(
    session: Session, *, update: Path, key: Path | None, agent: str | None, token: Path | None, name: str | None
) -> int:
    """Add a custodian's line to an update, after showing what it says."""
    from ledger.core.custody import parse_update, sign_update
    from ledger.publish.durable import write_atomic

    data = update.read_bytes()
    stated, note = parse_update(data)
    _tell(session, stated, note)
    with _signer(session, stated, key, agent, token, name) as signer:
        known = stated.custodians.keys if stated.custodians is not None else ()
        if signer.key not in known:
            session.terminal.warning("cli.trust.sign.stranger", name=signer.key.name)
        signed = sign_update(data, [signer])
    write_atomic(update, signed)
    session.terminal.result(session.texts("cli.trusted.signed", name=signer.key.name, update=update))
    return DONE


@contextmanager
def _signer(
    session: Session, stated: "Trust", key: Path | None, agent: str | None, token: Path | None, name: str | None
) -> "Iterator[Signer]":
    """Give the custodian's signer: a key file, an agent that holds the key, or a token."""
    if sum(one is not None for one in (key, agent, token)) != 1:
        raise CommandError("cli.trust.sign.which", code=USAGE)
    if key is not None:
        from ledger.app.keys import open_key_file

        yield open_key_file(key, session.passphrase(), allow_test=session.allow_test)
        return
    if agent is not None:
        try:
            from ledger.crypto.agent import agent_signer
        except ImportError as error:
            raise CommandError("cli.sign.extra", "cli.sign.extra.hint", code=USAGE, extra="agent") from error
        with agent_signer(_custodian(stated, agent)) as held:
            yield held
        return
    if token is None or name is None:
        raise CommandError("cli.trust.sign.name", code=USAGE)
    try:
        from ledger.crypto.token import token_signer
    except ImportError as error:
        raise CommandError("cli.sign.extra", "cli.sign.extra.hint", code=USAGE, extra="token") from error
    with token_signer(token, _custodian(stated, name), session.passphrase()) as held:
        yield held


def _custodian(stated: "Trust", name: str) -> "VerifierKey":
    known = {one.name: one for one in (stated.custodians.keys if stated.custodians is not None else ())}
    if name not in known:
        raise CommandError("cli.trust.sign.unknown", code=USAGE, name=name, known=", ".join(known))
    return known[name]


def apply(session: Session, *, update: Path) -> int:
    """Announce an update that enough custodians have signed."""
    from ledger.app.trusting import announce

    data = update.read_bytes()
    passphrase = session.passphrase()
    with session.writing() as (home, store):
        trust, seq = announce(
            home, store, passphrase, data, now=session.now(), random=session.random, allow_test=session.allow_test
        )
    _tell(session, trust)
    session.terminal.result(session.texts("cli.trusted.applied", version=trust.version, seq=seq))
    session.terminal.hint("cli.trust.applied.hint")
    return DONE


def show(session: Session, *, place: str | None, update: Path | None) -> int:
    """Show what a ledger trusts, or what an update would make it trust."""
    from ledger.app.places import open_place
    from ledger.app.writing import trust_of_ledger
    from ledger.cli.pinning import pinned_trust
    from ledger.core.custody import parse_update

    if update is not None and place is None:
        _tell(session, *parse_update(update.read_bytes()))
    elif place is not None and update is None:
        session.failing = COULD_NOT_CHECK
        _tell(session, pinned_trust(session, open_place(place), None))
    elif place is None and update is None:
        with session.reading() as (_home, store):
            _tell(session, trust_of_ledger(store))
    else:
        raise CommandError("cli.trust.show.which", code=USAGE)
    return DONE


def follow(session: Session, *, place: str, trust: Path) -> int:
    """Bring a pinned trust.json up to the newest version that follows it."""
    from ledger.app.following import FollowError, follow_place
    from ledger.app.places import open_place
    from ledger.core.trust import format_trust, parse_trust
    from ledger.publish.durable import write_atomic

    session.failing = COULD_NOT_CHECK
    pinned = parse_trust(trust.read_bytes())
    try:
        newest = follow_place(open_place(place), pinned)
    except FollowError as error:
        code = COULD_NOT_CHECK if error.unreachable else REFUSED
        raise CommandError("cli.trust.unfollowed", "cli.trust.unfollowed.hint", code=code, detail=error) from error
    if newest == pinned:
        session.terminal.result(session.texts("cli.trusted.newest", version=pinned.version))
        return DONE
    write_atomic(trust, format_trust(newest))
    _tell(session, newest)
    told = {"before": pinned.version, "version": newest.version}
    session.terminal.result(session.texts("cli.trusted.followed", **told, file=trust))
    return DONE


def _tell(session: Session, trust: "Trust", note: "Note | None" = None) -> None:
    """Print what a trust says, each key with its fingerprint; of an update, who has signed so far."""
    texts, result = session.texts, session.terminal.result
    result(texts("cli.trusted.of", origin=trust.origin, version=trust.version))
    tell_key(session, "cli.key.log", trust.log)
    for key in trust.registrars:
        tell_key(session, "cli.key.registrar", key)
    result(texts("cli.trusted.max_age", days=f"{trust.max_age / _DAY:g}"))
    result(texts("cli.trusted.profiles", profiles=", ".join(trust.profiles)))
    for line in trust.witness.splitlines():
        result(texts("cli.trusted.witness", line=line))
    if trust.custodians is None:
        result(texts("cli.trust.no_custodians"))
    else:
        count, threshold = len(trust.custodians.keys), trust.custodians.threshold
        result(texts("cli.key.custody", count=count, threshold=threshold, expires=trust.custodians.expires))
        for key in trust.custodians.keys:
            tell_key(session, "cli.key.custodian", key)
    if note is not None:
        result(texts("cli.trusted.lines", names=", ".join(line.name for line in note.signatures)))
