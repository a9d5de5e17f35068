"""`ledger renew|status|build|serve`."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.cli.failures import COULD_NOT_CHECK, DONE, CommandError
from ledger.cli.session import Session
from ledger.cli.show import age
from ledger.cli.wide import table

if TYPE_CHECKING:  # slow to import, and `ledger --help` needs none of them
    from ledger.app.home import Home
    from ledger.crypto.keyring import Keyring
    from ledger.store import Store

__all__ = ["build", "renew", "serve", "sitegen", "status"]

_STATES = ("valid", "suspended", "revoked")


def renew(session: Session) -> int:
    """Append an index entry alone."""
    from ledger.app.events import renew as renew_ledger

    passphrase = session.passphrase()
    with session.writing() as (home, store):
        size = renew_ledger(home, store, session.keyring(home, passphrase), now=session.now())
    session.terminal.result(session.texts("cli.renew.done", size=size))
    session.terminal.hint("cli.event.build")
    return DONE


def status(session: Session) -> int:
    """Say how the ledger stands; finish an unfinished publication. Raises HomeError, last, if that is refused."""
    from ledger.app.home import HomeError, load_profiles
    from ledger.app.retention import first_due
    from ledger.app.writing import trust_of_ledger
    from ledger.core.encoding import local_date
    from ledger.core.entry import parse_entry
    from ledger.publish.durable import HomeBusyError, lock_home
    from ledger.publish.projection import published_size

    texts, home = session.texts, session.home()
    with home.open_store() as store:
        trust = trust_of_ledger(store)
        size = store.size()
        over = first_due(store, load_profiles(), local_date(session.now()))
        public, problem = "cli.status.published", None
        if published_size(store, home.public) < size:
            try:
                with lock_home(home.path):
                    session.writes = True
                    session.finish(home, store)
                    size = store.size()
                public = "cli.status.finished"
            except HomeBusyError:
                public = "cli.status.busy"
            except HomeError as error:  # an old backup: how it stands is still told
                public, problem = "cli.status.refused", error
        newest = store.last_entry()
        time = parse_entry(newest[1]) if newest else None
        since = session.now() - time.unix if time else 0
        states = Counter(row.state for row in store.certificates(0, size))
        counts = "  ".join(f"{texts(f'cli.status.state.{state}')} {states[state]}" for state in _STATES)
        lines = [
            ("origin", home.config.origin),
            ("operator", home.config.operator),
            ("home", str(home.path)),
            ("disclosure", home.config.disclosure),
            ("entries", str(size)),
            ("certificates", f"{sum(states.values())}  ({counts})"),
            ("time", texts("cli.status.ago", time=time.time if time else "", age=age(since, texts))),
            ("max_age", age(trust.max_age, texts)),
            ("public", texts(public)),
            ("anchor", _anchor(session, home, store)),
        ]
    for line in table(["", ""], [(texts(f"cli.status.{name}"), value) for name, value in lines]):
        if line:
            session.terminal.result(line)
    if problem is not None:
        raise problem
    if over is not None:
        session.terminal.warning("cli.status.retention", since=over.since)
        session.terminal.hint("cli.status.purge")
    if since > trust.max_age:
        session.terminal.warning("cli.status.stale")
        session.terminal.hint("cli.status.renew")
    elif since > trust.max_age * 4 // 5:
        session.terminal.warning("cli.status.stale_soon")
        session.terminal.hint("cli.status.renew")
    return DONE


def _anchor(session: Session, home: "Home", store: "Store") -> str:
    """Say how the anchor stands to the register; the next command that writes decides."""
    try:
        note = home.anchor.read_bytes()
    except OSError as error:
        return session.texts("cli.status.anchor.gone", path=home.anchor, detail=error.strerror)
    newest = store.index_entries(newest=1)
    if newest and newest[-1].note == note:
        return session.texts("cli.status.anchor.same", path=home.anchor)
    known = store.index_of_note(note)
    which = "cli.status.anchor.behind" if known is not None else "cli.status.anchor.unknown"
    return session.texts(which, path=home.anchor)


def build(session: Session, *, out: Path, day: str | None, theme: Path | None, site: str | None) -> int:
    """Build the site of the ledger into `out`, as it is on `day`, today by default, in the looks of `theme`.

    With its address `site` the status lists of exported credentials are made and signed too.
    """
    from ledger.cli.commands.credentials import site_address
    from ledger.core.encoding import local_date, parse_date
    from ledger.publish.durable import lock_home

    def say(line: str) -> None:
        session.terminal.line(session.texts.get(f"cli.site.{line}", line))

    home = session.home()
    on = parse_date(day, "day") if day else local_date(session.now())
    build_site = sitegen().build_site
    site = None if site is None else site_address(site)
    keyring = None if site is None else session.keyring(home, session.passphrase())
    with lock_home(home.path):  # nobody may publish while the public folder is copied
        with home.open_store() as store:
            session.finish(home, store)
            lists = _status_lists(session, home, store, keyring, site)
        build_site(home.public, out, day=on, theme=theme, more=lists, progress=say)
    session.terminal.result(session.texts("cli.build.done", out=out))
    session.terminal.hint("cli.build.next", out=out)
    return DONE


def _status_lists(
    session: Session, home: "Home", store: "Store", keyring: "Keyring | None", site: str | None
) -> dict[str, bytes]:
    """Return the status lists for the site at `site`; warn where some that credentials name will be missing."""
    from ledger.cli.commands.credentials import SITE, credential_extra

    exported = store.setting(SITE)
    if exported is not None and exported != site:
        session.terminal.warning("cli.build.lists", site=exported)
        session.terminal.hint("cli.build.lists.hint", site=exported)
    if keyring is None or site is None:
        return {}
    with credential_extra():
        from ledger.app.statuslists import make_status_lists
    from ledger.app.home import load_profiles
    from ledger.app.places import FolderPlace
    from ledger.app.writing import log_signer, trust_of_ledger

    log = log_signer(keyring, store)
    trust, profiles = trust_of_ledger(store), load_profiles()
    made = make_status_lists(FolderPlace(home.public), trust, profiles, log, site, keyring.find_signer)
    if made.elsewhere:
        session.terminal.hint("cli.build.lists.elsewhere", orgs=", ".join(dict.fromkeys(made.elsewhere)))
    return made.files


def serve(session: Session, *, site: Path, port: int, host: str) -> int:
    """Serve a built site with the headers of production until Ctrl-C."""
    server = sitegen().server

    def say(address: str) -> None:
        session.terminal.result(session.texts("cli.serve.address", address=address))
        session.terminal.out.flush()
        session.terminal.hint("cli.serve.stop")

    server.serve(site, port, host, say=say)
    session.terminal.say("cli.serve.stopped")
    return DONE


class _Site:
    """The site generator, where it is installed."""

    def __init__(self) -> None:
        from sitegen import compare, server
        from sitegen.site import build_site

        self.build_site, self.compare, self.server = build_site, compare, server


def sitegen() -> _Site:
    """Return the site generator. Raises CommandError where it is not installed."""
    try:
        return _Site()
    except ImportError as error:
        name = error.name or "sitegen"
        raise CommandError("cli.build.missing", "cli.build.missing.hint", code=COULD_NOT_CHECK, name=name) from error
