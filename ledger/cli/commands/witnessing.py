"""`ledger witness ...`, a witness's own side; `ledger cosign ...`, the ledger's."""

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.failures import COULD_NOT_CHECK, DONE, REFUSED, USAGE, CommandError
from ledger.cli.session import TEST_KEYS, Session
from ledger.cli.wide import table
from ledger.core.encoding import format_time
from ledger.core.errors import FormatError

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from collections.abc import Iterator

    from ledger.app.cosigning import Standing
    from ledger.app.witnessing import Witness, WitnessHome
    from ledger.core.note import VerifierKey

__all__ = ["add", "ask", "cosign", "follow", "new", "request", "serve", "show", "standing"]


# -- the witness's side ------------------------------------------------------------------------------------------------


def new(session: Session, *, dir_: Path, name: str, test_keys: bool) -> int:
    """Make a witness with a fresh key."""
    from ledger.app.witnessing import make_witness
    from ledger.crypto.sealed import STANDARD, TEST

    if test_keys:
        session.terminal.warning("cli.open.test_keys", variable=TEST_KEYS)
    passphrase = session.passphrase(confirm=True)
    session.writes = True
    kdf = TEST if test_keys else STANDARD
    _, key = make_witness(dir_, name, passphrase, random=session.random, kdf=kdf)
    _tell_key(session, key)
    session.terminal.hint("cli.witness.new.next", folder=dir_)
    return DONE


def follow(session: Session, *, dir_: Path, trust: Path | None, log: str | None) -> int:
    """Follow a log from now on."""
    from ledger.app.witnessing import follow_log
    from ledger.core.note import parse_vkey
    from ledger.core.trust import parse_trust

    if (trust is None) == (log is None):
        raise CommandError("cli.witness.follow.which", code=USAGE)
    before: list[VerifierKey] = []
    try:
        if trust is not None:
            pinned = parse_trust(trust.read_bytes())
            key, before = pinned.log, [term.key for term in pinned.log_terms]
        else:
            key = parse_vkey(log or "")
    except FormatError as error:
        raise CommandError("cli.witness.follow.key", code=USAGE, detail=error) from error
    session.writes = True
    follow_log(_home(dir_), key, before)
    session.terminal.result(session.texts("cli.witness.followed", origin=key.name))
    return DONE


def show(session: Session, *, dir_: Path) -> int:
    """Say which logs are followed, and how far."""
    home = _home(dir_)
    rows = []
    for origin, key in home.logs().items():
        kept = home.kept(key)
        rows.append((origin, str(kept.size) if kept else "0"))
    session.terminal.result(session.texts("cli.witness.name", name=home.name))
    for line in table([session.texts("cli.witness.origin"), session.texts("cli.witness.size")], rows):
        session.terminal.result(line)
    return DONE


def cosign(session: Session, *, request: Path, dir_: Path, out: Path) -> int:
    """Cosign the checkpoint in a request file, if the procedure allows it."""
    from ledger.core.witness import Refused, format_answer

    body = request.read_bytes()
    with _working(session, dir_) as witness:
        try:
            checkpoint, line = witness.answer(body, session.now())
        except Refused as refusal:
            hint = "cli.witness.refused.hint" if refusal.size is None else "cli.witness.refused.size"
            raise CommandError(
                "cli.witness.refused", hint, status=refusal.status, detail=refusal.reason, size=refusal.size
            ) from None
    out.write_bytes(format_answer([line]))
    session.terminal.result(
        session.texts("cli.witness.cosigned", origin=checkpoint.origin, size=checkpoint.size, out=out)
    )
    return DONE


def serve(session: Session, *, dir_: Path, port: int, host: str) -> int:
    """Answer C2SP tlog-witness requests over HTTP until Ctrl-C."""
    from ledger.app.witness_server import serve_witness

    def say(address: str) -> None:
        session.terminal.result(session.texts("cli.witness.serving", address=address))
        session.terminal.out.flush()
        session.terminal.hint("cli.serve.stop")

    with _working(session, dir_) as witness:
        serve_witness(witness, host, port, now=session.now, say=say)
    session.terminal.say("cli.serve.stopped")
    return DONE


def _home(folder: Path) -> "WitnessHome":
    from ledger.app.witnessing import WitnessHome

    return WitnessHome.at(folder)


@contextmanager
def _working(session: Session, folder: Path) -> "Iterator[Witness]":
    from ledger.app.witnessing import witnessing

    home = _home(folder)
    signer = home.signer(session.passphrase(), allow_test=session.allow_test)
    session.writes = True
    with witnessing(home, signer) as witness:
        yield witness


def _tell_key(session: Session, key: "VerifierKey") -> None:
    from ledger.cli.commands.organisations import fingerprint
    from ledger.core.note import format_vkey

    session.terminal.result(session.texts("cli.witness.key", vkey=format_vkey(key)))
    session.terminal.result(session.texts("cli.key.fingerprint", fingerprint=fingerprint(key)))


# -- the ledger's side -------------------------------------------------------------------------------------------------


def request(session: Session, *, witness: str, old: int | None, out: Path) -> int:
    """Write the request that is carried to a witness."""
    from ledger.app.cosigning import make_request, policy_of, witness_named

    with session.writing() as (home, store):
        key = witness_named(policy_of(store), witness)
        out.write_bytes(make_request(home, store, key, old=old))
    session.terminal.result(session.texts("cli.cosign.requested", witness=witness, out=out))
    session.terminal.hint("cli.cosign.carry", witness=witness, out=out)
    return DONE


def add(session: Session, *, answer: tuple[Path, ...]) -> int:
    """Put witnesses' answers below the newest checkpoint and publish it."""
    from ledger.app.cosigning import add_answers

    answers = [file.read_bytes() for file in answer]
    with session.writing() as (home, store):
        now = add_answers(home, store, answers)
    return _tell(session, now)


def ask(session: Session, *, witness: tuple[str, ...]) -> int:
    """Ask the witnesses over HTTP, and publish what they answer."""
    from ledger.app import cosigning

    unreachable = False
    with session.writing() as (home, store):
        answers = []
        for asked, answer in cosigning.ask(home, store, witness):
            unreachable |= asked.outcome == "unreachable"
            session.terminal.line(session.texts(f"cli.cosign.{asked.outcome}", name=asked.name, detail=asked.detail))
            if answer:
                answers.append(answer)
        now = cosigning.add_answers(home, store, answers)
    code = _tell(session, now)
    return COULD_NOT_CHECK if code != DONE and unreachable else code


def standing(session: Session) -> int:
    """Say who has cosigned the newest checkpoint."""
    from ledger.app.cosigning import standing as standing_of

    with session.home().open_store() as store:
        return _tell(session, standing_of(store))


def _tell(session: Session, now: "Standing") -> int:
    """Print who cosigned; 0 if the quorum is met, else 1."""
    texts = session.texts
    rows = [
        (name, texts("cli.cosign.missing") if time is None else format_time(time)) for name, time in now.times.items()
    ]
    session.terminal.result(texts("cli.cosign.checkpoint", size=now.size))
    for line in table([texts("cli.cosign.witness"), texts("cli.cosign.time")], rows):
        session.terminal.result(line)
    if now.met is None:
        session.terminal.result(texts("cli.cosign.not_met"))
        return REFUSED
    session.terminal.result(texts("cli.cosign.met", time=format_time(now.met)))
    session.terminal.hint("cli.event.build")
    return DONE
