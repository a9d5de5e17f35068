"""A ledger's home on the disk, small and quick, and ways to see whether anything in it changed."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

import sample_rosters

from ledger.app.checking import check_certificate
from ledger.app.home import Config, Home, load_profiles
from ledger.app.opening import open_ledger
from ledger.app.organisations import file_organisation
from ledger.app.places import FolderPlace
from ledger.app.roster import Appended, append_roster
from ledger.app.writing import trust_of_ledger
from ledger.core.canonical import Value
from ledger.core.report import Report
from ledger.crypto.keyring import Keyring
from ledger.crypto.sealed import TEST
from ledger.forms.roster import FORM
from ledger.forms.workbook import write_workbook
from ledger.store import Store

PASSPHRASE = "a passphrase of a test"
NOW = 1_795_132_800  # 2026-11-20T00:00:00Z
PROFILES = load_profiles()
SCHOOL = sample_rosters.SCHOOL
PROFILE = PROFILES[SCHOOL.profile]
HEADER = [column.header for column in PROFILE.form(FORM).columns]
CONFIG = Config(
    "ledger.example/test",
    "测试运行方",
    "registrar.example",
    "masked",
    7 * 86400,
    ("cn-chongqing-2020-1",),
    "sqlite:///register.db",
    "../anchor",
)


def filing(**changes: Value) -> dict[str, Value]:
    scope: Value = [
        {"levels": list(levels), "occupation": {"code": code, "job": job, "name": name}}
        for code, name, job, levels in SCHOOL.jobs
    ]
    body: dict[str, Value] = {
        "name": SCHOOL.name,
        "org": SCHOOL.org,
        "profile": SCHOOL.profile,
        "scope": scope,
        "uscc": SCHOOL.uscc,
        "valid_from": SCHOOL.valid_from,
        "valid_to": SCHOOL.valid_to,
    }
    return body | changes


def people(rows: int = 3, seed: int = 1) -> list[list[str]]:
    """The cells of so many fictional people of one level, in the order of HEADER."""
    cells = sample_rosters.people(rows, seed, SCHOOL, PROFILE, notable=False, issued=sample_rosters.ISSUED, crowd=0)
    return [[*row[:6], "三级/高级工", *row[7:]] for row in cells]


def write_roster(path: Path, rows: list[list[str]]) -> Path:
    write_workbook(path, "测试数据", HEADER, iter(rows), above=("测试数据",), widths=(20,) * 11)
    return path


@dataclass
class World:
    """A home below `root`; `now` goes on by a minute with every use case."""

    root: Path
    now: int = NOW
    random: Random = field(default_factory=lambda: Random(7))

    def __post_init__(self) -> None:
        self.home = Home(self.root / "home", CONFIG)
        self._stores: list[Store] = []

    @property
    def store(self) -> Store:
        if not self._stores:
            self._stores.append(self.home.open_store())
        return self._stores[0]

    def close(self) -> None:
        while self._stores:
            self._stores.pop().close()

    @property
    def keyring(self) -> Keyring:
        return self.home.open_keyring(PASSPHRASE, allow_test=True)[0]

    def tick(self) -> int:
        self.now += 60
        return self.now

    def open(self) -> None:
        open_ledger(self.home.path, CONFIG, PASSPHRASE, now=self.tick(), random=self.random.randbytes, kdf=TEST)

    def file(self, **changes: Value) -> int:
        return file_organisation(
            self.home,
            self.store,
            filing(**changes),
            PROFILES,
            PASSPHRASE,
            now=self.tick(),
            random=self.random.randbytes,
            allow_test=True,
        ).seq

    def append(self, rows: list[list[str]], *, org: str | None = None, now: int | None = None) -> Appended:
        path = write_roster(self.root / "roster.xlsx", rows)
        return append_roster(
            self.home,
            self.store,
            self.keyring,
            path,
            PROFILES,
            org=org,
            now=now or self.tick(),
            random=self.random.randbytes,
        )

    def check(self, code: str, **more: object) -> Report:
        return check_certificate(
            code,
            FolderPlace(self.home.public),
            trust=trust_of_ledger(self.store),
            profiles=PROFILES,
            now=self.now + 60,
            **more,  # type: ignore[arg-type]  # seen and disclosures, as the function has them
        )

    def snapshot(self) -> dict[str, bytes]:
        """Every file of the home and the anchor, byte for byte; the register closed."""
        self.close()
        return {
            file.relative_to(self.root).as_posix(): file.read_bytes()
            for file in sorted(self.root.rglob("*"))
            if file.is_file() and not file.name.startswith("roster")
        }

    def back_up(self) -> Path:
        """A copy of the home, the anchor not in it."""
        self.close()
        target = self.root.parent / f"{self.root.name}-backup"
        shutil.copytree(self.home.path, target)
        return target

    def restore(self, backup: Path) -> None:
        self.close()
        shutil.rmtree(self.home.path)
        shutil.copytree(backup, self.home.path)


@cache
def template(base: Path) -> Path:
    """A home with the school filed, made once."""
    world = World(base / "template")
    world.open()
    world.file()
    world.close()
    return world.root


def worlds(base: Path, path: Path, *, filed: bool = True) -> Iterator[World]:
    """Give one world of its own."""
    root = path / "w"
    world = World(root)
    if filed:
        shutil.copytree(template(base), root)
        world.now += 120
    else:
        world.open()
    yield world
    world.close()
