"""A small ledger for the fault tests, the same bytes every time: seeded randomness and fixed times.

Two organisations, two rosters, and one number of every kind. `publications` holds public/ after every step.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sample_rosters import ENTERPRISE, SCHOOL, Organisation, make_roster

from ledger.app.events import Correction, Side, correct, record_event
from ledger.app.home import Config, Home, load_profiles
from ledger.app.opening import open_ledger
from ledger.app.organisations import file_organisation
from ledger.app.roster import Appended, append_roster
from ledger.app.writing import trust_of_ledger
from ledger.core.canonical import Value
from ledger.core.trust import Trust
from ledger.crypto.keyring import Keyring
from ledger.crypto.sealed import TEST
from ledger.store import Store

PASSPHRASE = "fault tests"
START = 1_795_300_000  # 2026-11-21, after the samples' dates of issue
PROFILES = load_profiles()


class Seeded:
    """n -> n bytes, the same for the same seed. Also counts how often it was asked."""

    def __init__(self, seed: str) -> None:
        self._seed = seed.encode()
        self.calls = 0

    def __call__(self, n: int) -> bytes:
        self.calls += 1
        return hashlib.shake_256(b"%s/%d" % (self._seed, self.calls)).digest(n)


@dataclass
class Made:
    """A home with everything that the tests ask about."""

    home: Home
    trust: Trust
    now: int
    codes: dict[str, str] = field(default_factory=dict)
    publications: list[dict[str, bytes]] = field(default_factory=list)

    @property
    def public(self) -> dict[str, bytes]:
        """The newest publication."""
        return self.publications[-1]


def files_of(folder: Path) -> dict[str, bytes]:
    """Return all files below a folder by their path in it."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def filing_of(organisation: Organisation) -> dict[str, Value]:
    """Return the body of the `org.file` record of a sample organisation."""
    scope: list[Value] = []
    for code, name, job, levels in organisation.jobs:
        occupation: dict[str, Value] = {"code": code, "name": name}
        if job:
            occupation["job"] = job
        scope.append({"occupation": occupation, "levels": list(levels)})
    names = ("org", "name", "uscc", "profile", "valid_from", "valid_to")
    return {**{name: getattr(organisation, name) for name in names}, "scope": scope}


def open_home(path: Path, seed: str = "home") -> Home:
    """Open a ledger at `path`/home with both sample organisations filed; the anchor is `path`/anchor."""
    config = Config(
        "ledger.example/faults",
        "测试运行方",
        "registrar.example",
        "masked",
        30 * 86400,
        tuple(PROFILES),
        "sqlite:///register.db",
        "../anchor",
    )
    random = Seeded(seed)
    home = open_ledger(path / "home", config, PASSPHRASE, now=START, random=random, kdf=TEST)
    with home.open_store() as store:
        for organisation in (SCHOOL, ENTERPRISE):
            file_organisation(
                home, store, filing_of(organisation), PROFILES, PASSPHRASE, now=START, random=random, allow_test=True
            )
    return home


def keyring_of(home: Home) -> Keyring:
    """Unseal the home's keyring."""
    keyring, _ = home.open_keyring(PASSPHRASE, allow_test=True)
    return keyring


def append(
    home: Home, store: Store, roster: Path, *, now: int, seed: str, org: str | None = None, details: bool = False
) -> Appended:
    """Append a roster with seeded randomness."""
    keyring, random = keyring_of(home), Seeded(seed)
    return append_roster(home, store, keyring, roster, PROFILES, org=org, now=now, random=random, details=details)


def make_ledger(path: Path, first: int = 12, second: int = 52) -> Made:
    """Make the ledger: rosters of `first` and `second` people, and a number of every kind."""
    path.mkdir(parents=True, exist_ok=True)
    home = open_home(path)
    with home.open_store() as store:
        made = Made(home, trust_of_ledger(store), START)
        keyring = keyring_of(home)

        def step(do: Callable[[int], object]) -> None:
            made.now += 60
            do(made.now)
            made.publications.append(files_of(home.public))

        def event(kind: str, code: str, reason: str, side: Side = "organisation") -> None:
            step(
                lambda now: record_event(
                    home, store, keyring, kind, code, reason=reason, effective=None, side=side, now=now
                )
            )

        school = make_roster(path / "school.xlsx", first, 1, SCHOOL)
        enterprise = make_roster(path / "enterprise.xlsx", second, 2, ENTERPRISE, crowd=1)
        step(lambda now: append(home, store, school, now=now, seed="first"))
        code = "{}26{}{:06d}".format
        level = "3"
        made.codes = {
            "valid": code(SCHOOL.org, level, 1),
            "suspended": code(SCHOOL.org, level, 2),
            "corrected": code(SCHOOL.org, level, 3),
            "reissued": code(SCHOOL.org, "4", 1),
            "revoked": code(ENTERPRISE.org, level, 1),
            "absent": code(SCHOOL.org, level, 900001),
        }
        event("certificate.suspend", made.codes["suspended"], "investigation", "registrar")
        change = Correction(name="更正后姓名")
        step(
            lambda now: correct(
                home,
                store,
                keyring,
                made.codes["corrected"],
                change,
                PROFILES,
                reason="error",
                now=now,
                random=Seeded("correction"),
            )
        )
        event("certificate.reissue", made.codes["reissued"], "lost")
        step(lambda now: append(home, store, enterprise, now=now, seed="second"))
        event("certificate.revoke", made.codes["revoked"], "fraud")
    return made
