"""Erasure, byte by byte: nothing is left of whom was erased, in home, public, outputs, prints and site; others stay.

Every person has canaries: name, document number, employer, admission ticket, verification code, and what is made of
them (sealed row, tag, disclosures). They are looked for in every byte, and inside of whatever is packed: gzip, zip,
workbooks, PDF streams, Base64, JSON escapes, UTF-16; pages that SQLite has freed are bytes of its file like others.
"""

import base64
import gzip
import json
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import cast

import pytest
from sitegen import build_site
from sitegen.runtime import make_runtime

from ledger import __version__
from ledger.app.detailing import Photos, open_row_details
from ledger.app.events import Correction, correct
from ledger.app.evidence import Side
from ledger.app.holders import open_holder
from ledger.app.notices import close_notice, open_notice
from ledger.app.opening import DATA_KEY
from ledger.core.disclosure import private_disclosures
from ledger.crypto.rowseal import RowSealer
from tests.cli.cases import ledger, must
from tests.evaluation import ISSUE, LAST, RESULTS, body_of, course
from tests.fixtures.forms import resident, write_xlsx
from tests.leaks import DEPTH, Secrets, scan_bytes, secrets_of
from tests.simulator import PROFILES
from tests.unit.app.courses import CHONGQING, Course, annex6, birth
from tests.unit.app.world import PASSPHRASE

SITE = "https://verify.example.cn/"
ASKED = ("--by", "holder", "--ground", "consent")
NAMES = ("欧阳探鸢", "𠮷田雀羽", "Nguyễn Thị Kim Tước", "司徒画眉")
OTHERS = "resident identity number"  # what the scanner calls a number of somebody it does not know


@dataclass
class Person:
    """One fictional person: the texts that say who it is, and the bytes that were made of them."""

    code: str
    name: str
    texts: set[str]
    documents: set[str]
    codes: set[str] = field(default_factory=set)
    made: set[bytes] = field(default_factory=set)


class Scanner:
    """Looks for people in every byte. A file in which it found nobody of `everybody` is not opened again.

    Nor are those that the program brings along, byte for byte: they were made from no ledger.
    """

    def __init__(self, root: Path, everybody: list[Person]) -> None:
        runtime = make_runtime(__version__, lambda _: None)
        self.root, self.everybody = root, everybody
        self.brought = {sha256(data).digest() for data in runtime.files.values()}
        self.clean = set(self.brought)
        self.files = self.size = self.compared = 0

    def where(self, *people: Person) -> set[str]:
        """The files in which something of these people is."""
        secrets = Secrets(*(set[str]().union(*(getattr(one, of) for one in people)) for of in self._OF))
        made = set[bytes]().union(*(one.made for one in people))
        found = set[str]()
        self.files = self.size = self.compared = 0
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if any(secrets.find(name.encode())):
                found.add(name)
            if path.is_file():
                data = path.read_bytes()
                if not self._is_clean(name, data, secrets, made, everybody=list(people) == self.everybody):
                    found.add(name)
                self.files, self.size = self.files + 1, self.size + len(data)
                self.compared += len(data) if sha256(data).digest() in self.brought else 0
        return found

    def _is_clean(self, name: str, data: bytes, secrets: Secrets, made: set[bytes], *, everybody: bool) -> bool:
        if sha256(data).digest() in self.clean:
            return True
        seen = set(self.clean)
        if any(leak.kind != OTHERS for leak in scan_bytes(name, data, secrets, DEPTH, seen)):
            return False
        if any(text in data for text in made):
            return False
        if everybody:
            self.clean = seen
        return True

    _OF = ("texts", "documents", "codes")


class World(Course):
    """A ledger with an evaluation of four people, from the list of results to the printed certificates."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, CHONGQING)
        rows = annex6(len(NAMES))
        self.people = []
        for n, (name, row) in enumerate(zip(NAMES, rows[1:], strict=True)):
            row[0], row[3] = name, f"测试用人单位{'甲乙丙丁'[n]}"
            texts = {name, str(row[3]), f"ZX{n}canary{n}"}
            self.people.append(Person(f"{self.org}26300000{n + 1}", name, texts, {resident(birth(n))}))
        self.evaluate()
        photos = self.root / "photos"
        photos.mkdir()
        for n in range(len(NAMES)):
            (photos / f"{resident(birth(n))}.jpg").write_bytes(f"photo canary {n} ".encode() * 500)
        self.append(rows, plan=self.plan, details=True, photos=Photos(photos, lambda data: data[:6000]))
        shutil.rmtree(photos)
        (root / "roster.xlsx").unlink()  # the issuer's own, and outside the home
        (root / "secret").write_text(PASSPHRASE)

    def evaluate(self) -> None:
        """Everything before the issue; the results are published with admission tickets."""
        profile, count = PROFILES[CHONGQING], len(NAMES)
        keys = self.home, self.store, self.keyring
        listed = self.root / "list.csv"
        listed.write_text("姓名,准考证号\n" + "".join(f"{p},ZX{n}canary{n}\n" for n, p in enumerate(NAMES)), "utf-8")
        for due in course(profile):
            if due.label == "results":
                self.seqs["results"] = open_notice(
                    *keys, self.plan, "results", PROFILES, source=listed, count=None, first=None, last=None,
                    now=self.on(RESULTS), random=self.random.randbytes,
                ).seq  # fmt: skip
            elif due.label == "results closed":
                self.seqs[due.label] = close_notice(
                    *keys, self.seqs["results"], PROFILES, objections=0, settled=0, passed=count, confirmation=None,
                    now=self.on(LAST), random=self.random.randbytes,
                )  # fmt: skip
            elif due.label != "report":
                body = body_of(due.type, profile, self.seqs, due.label)
                body |= {"passed": count} if "passed" in body else {}
                self.seqs[due.label] = self.record(due.type, body, due.day, cast("Side", due.by))
        listed.unlink()

    def note(self) -> None:
        """Remember what the register holds of everybody now."""
        sealer = RowSealer(self.keyring.data_key(DATA_KEY))
        for person in self.people:
            row = self.store.get_certificate(person.code)
            assert row is not None
            assert row.sealed is not None
            assert row.person_tag is not None
            assert row.masked is not None
            holder = open_holder(sealer, person.code, row.sealed)
            details = self.store.details_of(person.code)
            assert details is not None
            assert open_row_details(details, holder.verification_code).photo.startswith(b"photo canary")
            person.codes.add(holder.verification_code)
            person.made |= {details.data[:200], details.data[-200:], details.path.encode()}
            person.made |= {row.sealed, row.person_tag, row.masked.encode()}
            disclosures = private_disclosures(holder.verification_code, holder.fields())
            person.made |= {text.encode() for text in disclosures.values()}

    def details(self, code: str) -> list[str]:
        """Where in home and site the sealed details of a certificate are."""
        details = self.store.details_of(code)
        assert details is not None
        return [f"home/public/{details.path}", f"site/ledger/{details.path}"]

    def correct(self, person: Person, name: str) -> None:
        """Give a person another name; what it was is a trace like any other."""
        correct(
            self.home, self.store, self.keyring, person.code, Correction(name=name), PROFILES,
            reason="error", now=self.on(ISSUE), random=self.random.randbytes,
        )  # fmt: skip
        person.texts.add(name)

    def names(self) -> set[str]:
        """Everybody whom the keys still open in the register."""
        return secrets_of(self.store, self.keyring).names

    def do(self, *words: str) -> str:
        """Run a command."""
        self.now += 60
        settings = ("--passphrase-file", "secret", "--home", "home")
        return must(ledger(self.root, *settings, *words, now=self.now)).out


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


def freed(path: Path, text: str) -> None:
    """A database with the text in a page that is free."""
    with closing(sqlite3.connect(path)) as base:
        base.executescript("PRAGMA secure_delete = OFF; CREATE TABLE t (x);")
        base.execute("INSERT INTO t VALUES (?)", (text * 50,))
        base.commit()
        base.execute("DROP TABLE t")
        assert base.execute("PRAGMA freelist_count").fetchone() > (0,)


def ahead(path: Path, text: str) -> None:
    """A write-ahead log that was left behind."""
    with closing(sqlite3.connect(path.with_suffix(".whole"))) as base:
        base.executescript("PRAGMA journal_mode = WAL; CREATE TABLE t (x);")
        base.execute("INSERT INTO t VALUES (?)", (text,))
        base.commit()
        shutil.copy(path.with_suffix(".whole-wal"), path)
    path.with_suffix(".whole").unlink()


def workbook(path: Path, text: str) -> None:
    write_xlsx(path, [["x", text]])


def paper(path: Path, text: str) -> None:
    path.write_bytes(b"%PDF-1.7\n1 0 obj <<>>\nstream\n" + zlib.compress(text.encode()) + b"\nendstream\n")


def disclosure(path: Path, text: str) -> None:
    path.write_bytes(base64.urlsafe_b64encode(json.dumps(["s", "name", text], ensure_ascii=False).encode()))


PLANTS: dict[str, Callable[[Path, str], object]] = {
    "home/register.db-copy": freed,
    "home/register.db-wal": ahead,
    "home/outputs/again.xlsx": workbook,
    "home/outputs/print/again.pdf": paper,
    "home/public/shard/again.txt": disclosure,
    "site/ledger/masked/again.gz": lambda path, text: path.write_bytes(gzip.compress(text.encode())),
    "site/assets/again.js": lambda path, text: path.write_text(json.dumps(text), "ascii"),
    "site/again.txt": lambda path, text: path.write_bytes(text.encode("utf-16-le")),
    "home/outputs/plain.csv": lambda path, text: path.write_text(text, "utf-8"),
}


def test_nothing_is_left_of_whom_was_erased_and_everything_of_the_others(world: World) -> None:
    people, root, erased = world.people, world.root, world.people[:2]
    world.note()
    world.correct(people[0], "欧阳改鸢")
    world.note()
    printing = ("print", *(person.code for person in people), "--site", SITE, "--out", "home/outputs/print")
    world.do(*printing)
    world.do(*printing, "--one-file")
    build_site(world.home.public, root / "site", docs=False)
    world.do("verify", "home/public")
    scanner = Scanner(root, people)
    assert len(scanner.where(*people)) > 10
    listed = f"notice/{world.seqs['results']}.json"
    everywhere = {"home/register.db", f"home/public/{listed}", f"site/ledger/{listed}"}
    before = {person.code: scanner.where(person) for person in people}
    for code, found in before.items():
        assert found > everywhere | {f"home/outputs/print/{code}.pdf", "home/outputs/print/certificates.pdf"}
        kinds = {name.rsplit("/", 1)[-1] for name in found}
        assert kinds > {"certificates.xlsx", "verification-codes.xlsx", "000.txt"}
        assert {name for name in found if "/details/" in name} == set(world.details(code))

    held = json.loads(world.do("holder", erased[0].code))
    assert held["lists"] == [world.seqs["results"]]
    assert f"home/outputs/print/{erased[0].code}.pdf" in held["outputs"]
    told = world.do("erase", *(person.code for person in erased), *ASKED, "--yes")
    assert "erased the data of 2 holders" in told
    assert f"the whole list of notice {world.seqs['results']} (4 people" in told
    build_site(world.home.public, root / "site", docs=False)
    for folder in ("home/public", "site/ledger"):
        world.do("verify", folder)
    assert len(list(world.home.public.glob("details/*/*"))) == len(people) - len(erased)
    left = [scanner.where(person) for person in erased]
    clean, files, size, compared = left.count(set()), scanner.files, scanner.size, scanner.compared
    print(f"erasure: {clean}/{len(erased)} people without a trace in {files} files of home and site, {size} bytes:")
    print(f"{size - compared} bytes opened, {compared} the same as the runtime that is made from no ledger")
    assert size - compared > 300_000
    assert left == [set(), set()]
    kept = [scanner.where(person) for person in people[2:]]
    lists = {name for name in everywhere if name.endswith(listed)}
    # Only the published list went as a whole; they are in every other file in which they were.
    whole = [found == before[person.code] - lists for found, person in zip(kept, people[2:], strict=True)]
    print(f"erasure: {whole.count(True)}/{len(whole)} people who stay are found as before")
    assert all(whole)
    assert world.names() == {person.name for person in people[2:]}

    for name, plant in PLANTS.items():
        plant(root / name, "欧阳改鸢")
    planted = scanner.where(*erased)
    print(f"erasure: {len(planted & set(PLANTS))}/{len(PLANTS)} planted traces found")
    assert planted == set(PLANTS)
