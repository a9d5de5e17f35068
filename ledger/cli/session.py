"""What a command gets: the terminal, the home, the passphrase, the clock."""

import getpass
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.cli.erased import tell_taken
from ledger.cli.failures import REFUSED, USAGE, CommandError
from ledger.cli.terminal import Terminal
from ledger.locales import Texts

if TYPE_CHECKING:  # these are slow to import, and `ledger --help` needs none of them
    from ledger.app.evidence import Book
    from ledger.app.home import Home
    from ledger.app.joining import OrganisationHome
    from ledger.app.learning import Known
    from ledger.crypto.keyring import Keyring
    from ledger.store import Store
    from ledger.store.holdings import Holdings

__all__ = ["Session", "clock"]

TEST_KEYS: Final = "LEDGER_TEST_KEYS"  # "1" accepts keys sealed with the weak profile of demonstrations
_MAX_PASSPHRASE: Final = 4096  # bytes read of a passphrase file


def clock() -> int:
    """Return the present moment in unix seconds."""
    return int(time.time())


@dataclass
class Session:
    """One run of the command line. The options that all commands share are kept here."""

    terminal: Terminal
    environment: Mapping[str, str]
    now: Callable[[], int] = clock
    random: Callable[[int], bytes] = os.urandom
    home_path: Path | None = None
    passphrase_file: Path | None = None
    passphrase_fd: int | None = None
    in_place: str | None = None  # --in and --out of what an organisation signs on its own machine
    out_batch: Path | None = None
    failing: int = field(default=REFUSED)  # the exit code of an error: 3 in commands that check
    writes: bool = field(default=False)  # whether the command has begun to write

    @property
    def texts(self) -> Texts:
        """The catalogue."""
        return self.terminal.texts

    @property
    def allow_test(self) -> bool:
        """Whether keys of a demonstration are accepted; never unless the user says so."""
        return self.environment.get(TEST_KEYS) == "1"

    def home_folder(self) -> Path:
        """Return the folder that --home, LEDGER_HOME or, if it is a home, the current folder names."""
        named = self.home_path or self.environment.get("LEDGER_HOME")
        if named:
            return Path(named)
        here = Path()
        if (here / "ledger.toml").is_file() or (here / "organisation.toml").is_file():
            return here
        raise CommandError("cli.home.unnamed", "cli.home.unnamed.hint", code=USAGE)

    def home(self) -> "Home":
        """Return the ledger's home. Raises CommandError where there is none, HomeError where it is broken."""
        from ledger.app.home import Home

        folder = self.home_folder()
        try:
            present = (folder / "ledger.toml").is_file()
        except PermissionError as error:
            raise CommandError("cli.home.unreadable", "cli.home.unreadable.hint", folder=folder) from error
        if not present:
            if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
                raise CommandError("cli.home.unreadable", "cli.home.unreadable.hint", folder=folder)
            if (folder / "organisation.toml").is_file():
                raise CommandError("cli.home.organisation", "cli.home.organisation.hint", folder=folder)
            raise CommandError("cli.home.none", "cli.home.none.hint", folder=folder)
        return Home.at(folder)

    def organisation_home(self) -> "OrganisationHome":
        """Return an organisation's own home. Raises CommandError where there is none, HomeError where it is broken."""
        from ledger.app.joining import OrganisationHome

        folder = self.home_folder()
        if not (folder / "organisation.toml").is_file():
            raise CommandError("cli.home.no_organisation", "cli.home.no_organisation.hint", folder=folder)
        return OrganisationHome.at(folder)

    @contextmanager
    def signing(self) -> Iterator[tuple["OrganisationHome", "Holdings"]]:
        """Hold the lock of an organisation's own home and give it with its register; what was erased stays erased."""
        from ledger.app.ownerasing import finish_own_erasures
        from ledger.publish.durable import lock_home

        home = self.organisation_home()
        with lock_home(home.path), home.open_register() as register:
            self.writes = True
            erased = finish_own_erasures(home, register)
            if erased.rows:
                self.terminal.say("cli.erase.finished")
                tell_taken(self.terminal, erased.outputs, "cli.erase.list_gone_own")
            yield home, register

    def passphrase(self, *, confirm: bool = False) -> str:
        """Return the passphrase from a descriptor, a file, or the user (`confirm`: typed twice)."""
        if self.passphrase_fd is not None:
            try:
                with os.fdopen(self.passphrase_fd, "rb") as stream:
                    data = stream.read(_MAX_PASSPHRASE)
            except OSError as error:
                raise CommandError("cli.passphrase.descriptor", code=USAGE, number=self.passphrase_fd) from error
            return self._first_line(data)
        if self.passphrase_file is not None:
            with self.passphrase_file.open("rb") as stream:
                return self._first_line(stream.read(_MAX_PASSPHRASE))
        if not sys.stdin.isatty():
            raise CommandError("cli.passphrase.needed", "cli.passphrase.needed.hint", code=USAGE)
        typed = getpass.getpass(self.texts("cli.passphrase.prompt"), sys.stderr)
        if confirm and typed != getpass.getpass(self.texts("cli.passphrase.again"), sys.stderr):
            raise CommandError("cli.passphrase.differ")
        return self._given(typed)

    def _first_line(self, data: bytes) -> str:
        try:
            return self._given(data.decode().split("\n", 1)[0].removesuffix("\r"))
        except UnicodeDecodeError as error:
            raise CommandError("cli.passphrase.encoding") from error

    def _given(self, passphrase: str) -> str:
        if not passphrase:
            raise CommandError("cli.passphrase.empty")
        return passphrase

    def keyring(self, home: "Home", passphrase: str) -> "Keyring":
        """Return the unsealed keyring, with a warning if it is one of a demonstration."""
        keyring, _ = home.open_keyring(passphrase, allow_test=self.allow_test)
        return keyring

    @contextmanager
    def writing(self) -> Iterator[tuple["Home", "Store"]]:
        """Hold the home's lock and give home and register; an unfinished publication is finished first."""
        from ledger.publish.durable import lock_home

        home = self.home()
        with lock_home(home.path), home.open_store() as store:
            self.writes = True
            self.finish(home, store)
            yield home, store

    @contextmanager
    def recording(self, code: str = "") -> Iterator[tuple["Home", "Book"]]:
        """Like `writing`; in an organisation's own home, what is signed goes into the batch file that --out names.

        `code` is the number that it will be about.
        """
        from ledger.app.carried import Carried

        if not self.is_organisations():
            if self.in_place is not None or self.out_batch is not None:
                raise CommandError("cli.carried.authority", code=USAGE)
            with self.writing() as pair:
                yield pair
            return
        if self.in_place is None or self.out_batch is None:
            raise CommandError("cli.carried.needed", code=USAGE)
        with self.signing() as (home, _):
            known = self._learned(home, code)
            yield home.as_home(known.disclosure), Carried(known, home.org, self.out_batch)
        self.terminal.hint("cli.carried.done", out=self.out_batch)

    @contextmanager
    def viewing(self) -> Iterator[tuple["Home", "Book"]]:
        """Like `reading`; in an organisation's own home, the ledger is the one that --in names."""
        from ledger.app.carried import Carried

        if not self.is_organisations():
            with self.reading() as pair:
                yield pair
            return
        if self.in_place is None:
            raise CommandError("cli.carried.place", code=USAGE)
        home = self.organisation_home()
        known = self._learned(home, "")
        yield home.as_home(known.disclosure), Carried(known, home.org)

    def is_organisations(self) -> bool:
        """Whether the folder is an organisation's own home."""
        return (self.home_folder() / "organisation.toml").is_file()

    def _learned(self, home: "OrganisationHome", code: str) -> "Known":
        from ledger.app.home import load_profiles
        from ledger.app.learning import learn
        from ledger.app.places import open_place

        place, profiles = open_place(self.in_place or ""), load_profiles()
        trust, progress = home.followed(place).trust, self.terminal.progress
        known = learn(place, trust, profiles, home.org, seen=home.seen, code=code, progress=progress)
        home.keep_seen(known.note)
        return known

    @contextmanager
    def reading(self) -> Iterator[tuple["Home", "Store"]]:
        """Give home and register to read."""
        home = self.home()
        with home.open_store() as store:
            yield home, store

    def finish(self, home: "Home", store: "Store") -> bool:
        """Finish a publication that an earlier command did not; return whether there was one."""
        from ledger.app.erasing import finish_erasures
        from ledger.app.writing import publish
        from ledger.core.encoding import local_date
        from ledger.publish.projection import published_size

        behind = published_size(store, home.public) < store.size()
        if behind:
            self.terminal.say("cli.finishing")
        publish(home, store, self.terminal.progress)
        erased = finish_erasures(home, store, local_date(self.now()))
        if erased.codes:
            self.terminal.say("cli.erase.finished")
            tell_taken(self.terminal, erased.outputs, "cli.erase.list_gone")
        if erased.lists:
            self.terminal.say("cli.erase.lists_ended", seqs=", ".join(map(str, erased.lists)))
        return behind
