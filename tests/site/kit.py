"""What the tests of the site share: a small ledger with a number for every verdict, and its built site."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import cast

from sample_rosters import ISSUED, SCHOOL, make_roster, people
from sitegen.server import make_server

from ledger.app.checking import check_certificate
from ledger.app.detailing import Photos
from ledger.app.events import Correction, correct, record_event
from ledger.app.holders import Holder, open_holder
from ledger.app.home import Config, load_profiles
from ledger.app.opening import DATA_KEY, open_ledger
from ledger.app.organisations import file_organisation
from ledger.app.places import open_place
from ledger.app.printing import Order, make_papers, print_papers
from ledger.app.roster import append_roster
from ledger.core.canonical import Value
from ledger.core.encoding import parse_time
from ledger.core.report import format_report
from ledger.core.trust import parse_trust
from ledger.crypto.keyring import Keyring
from ledger.crypto.rowseal import RowSealer
from ledger.crypto.sealed import TEST
from ledger.forms.certificate import find_fonts
from ledger.forms.jpeg import Shape, grey
from ledger.store import Store

REPOSITORY = Path(__file__).resolve().parents[2]
OPENED = parse_time("2026-11-20T08:00:00Z", "the day of the test ledger")
SURNAMES_ROWS = 24
PHOTO = Shape(240, 336, 3)  # pixels of the photo in everybody's sealed details: a grey one


class Counted:
    """Bytes in place of randomness: the same ledger on every run."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, size: int) -> bytes:
        self.count += 1
        return sha256(b"test only, random number %d" % self.count).digest()[:size]


@dataclass(frozen=True)
class SmallLedger:
    """A public folder with sealed details. A number for each answer: valid revoked suspended corrected reissued absent.

    `holder` is whose certificate the valid one is; `papers` are the PDFs of the valid one, and of the revoked one as
    it was printed while it was valid; `dense` are the links in the dense QR codes of these two. `stale` are code and
    sealed details of the corrected one, as they were before its correction.
    """

    public: Path
    numbers: dict[str, str]
    holder: Holder
    papers: dict[str, Path]
    dense: dict[str, str]
    stale: tuple[str, bytes]


def make_small_ledger(folder: Path, rows: int = SURNAMES_ROWS) -> SmallLedger:
    """One organisation and its certificates, one of them revoked, one suspended, one reissued, one corrected."""
    profiles = load_profiles()
    config = Config(
        origin="ledger.example/test",
        operator="测试账本运行方（虚构）",
        registrar="registrar.example",
        disclosure="masked",
        max_age=20 * 365 * 86400,  # the browser's clock is the real one
        profiles=tuple(profiles),
        register="sqlite:///register.db",
        anchor=str(folder / "anchor"),
    )
    random = Counted()
    home = open_ledger(folder / "home", config, "test", now=OPENED, random=random, kdf=TEST)
    scope: list[Value] = [
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
    with home.open_store() as store:
        file_organisation(home, store, body, profiles, "test", now=OPENED + 10, random=random, allow_test=True)
        keyring, _ = home.open_keyring("test", allow_test=True)
        roster = make_roster(folder / "roster.xlsx", rows)
        photos = Photos(folder / "photos", bytes)
        photos.folder.mkdir()
        for _, _, document, *_ in people(rows, 1, SCHOOL, profiles[SCHOOL.profile], False, ISSUED, 0):
            (photos.folder / f"{document}.jpg").write_bytes(grey(PHOTO))
        done = append_roster(
            home,
            store,
            keyring,
            roster,
            profiles,
            org=None,
            now=OPENED + 20,
            random=random,
            details=True,
            photos=photos,
        )
        codes = [row.code for row in store.certificates(0, done.size)]
        valid, revoked, suspended, reissued, corrected = codes[:5]
        holder, old = (holder_in(store, keyring, code) for code in (valid, corrected))
        details = store.details_of(corrected)
        assert details is not None
        order = Order("https://ledger.example/", find_fonts())
        printed = make_papers(home, store, keyring, [valid, revoked], profiles, order, now=OPENED + 25)
        files = dict(print_papers(printed, profiles, order, folder / "papers", one_file=False))
        order = replace(order, proof=True)
        both = make_papers(home, store, keyring, [valid, revoked], profiles, order, now=OPENED + 25)
        dense = dict(zip(("valid", "revoked"), [paper.link for _, paper in both], strict=True))
        for kind, code, reason in (
            ("certificate.revoke", revoked, "fraud"),
            ("certificate.suspend", suspended, "investigation"),
            ("certificate.reissue", reissued, "lost"),
        ):
            record_event(
                home, store, keyring, kind, code, reason=reason, effective=None, side="organisation", now=OPENED + 30
            )
        change = Correction(employer="更正后的单位（虚构）")
        correct(home, store, keyring, corrected, change, profiles, reason="error", now=OPENED + 40, random=random)
    absent = next(code for code in (f"{valid[:16]}{n:06d}" for n in range(999, 0, -1)) if code not in codes)
    numbers = {
        "valid": valid,
        "revoked": revoked,
        "suspended": suspended,
        "corrected": corrected,
        "reissued": reissued,
        "absent": absent,
    }
    papers = {"valid": files[valid], "revoked": files[revoked]}
    stale = (old.verification_code, details.data)
    return SmallLedger(folder / "home" / "public", numbers, holder, papers, dense, stale)


def holder_in(store: Store, keyring: Keyring, code: str) -> Holder:
    """The holder of a certificate, from the register."""
    row = store.get_certificate(code)
    assert row is not None
    assert row.sealed is not None
    return open_holder(RowSealer(keyring.data_key(DATA_KEY)), code, row.sealed)


def native_report(public: Path, code: str, checked_at: str, seen: str = "") -> str:
    """The report that the command line's path (libsodium, files of a folder) makes at the same moment."""
    report = check_certificate(
        code,
        open_place(str(public)),
        trust=parse_trust((public / "trust.json").read_bytes()),
        profiles=load_profiles(),
        now=parse_time(checked_at, "checked_at"),
        seen=seen.encode() or None,
    )
    return format_report(report).decode()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a server over a built site, without the final slash."""
    with make_server(folder, 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        host, port = cast("tuple[str, int]", server.server_address[:2])
        try:
            yield f"http://{host}:{port}"
        finally:
            server.shutdown()
            thread.join()


def files_of(folder: Path) -> dict[str, bytes]:
    """Path -> bytes of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


PYTHON = sys.executable
