"""The measurements of bench.py; see there. Imported once the environment exists."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from nacl.signing import SigningKey
from python_calamine import CalamineWorkbook
from sample_rosters import SCHOOL, make_roster
from sitegen.server import make_server

from ledger.app.auditing import audit_place
from ledger.app.checking import check_certificate
from ledger.app.home import Config, Home, load_profiles
from ledger.app.opening import open_ledger
from ledger.app.organisations import file_organisation
from ledger.app.places import FolderPlace
from ledger.app.roster import append_roster
from ledger.app.writing import trust_of_ledger
from ledger.core.canonical import Value
from ledger.core.code import format_code
from ledger.core.encoding import local_date
from ledger.core.trust import parse_trust
from ledger.crypto.sealed import TEST
from ledger.forms import check
from ledger.forms.filled import write_filled
from ledger.forms.findings import Finding
from ledger.forms.roster import read_roster

PASSPHRASE = "bench"  # noqa: S105 - of a ledger that lives for a minute
NOW = 1_795_300_000
GOALS = {"import": 30_000, "append": 11_000, "verify": 0.85, "cold": 0.5, "warm": 0.25, "bytes": 100_000, "requests": 8}
T = TypeVar("T")


# -- the ledger --------------------------------------------------------------------------------------------------------


def make_home(folder: Path) -> Home:
    """Open a ledger in `folder` and file the sample school; return the home."""
    profiles = load_profiles()
    config = Config(
        origin="bench.example/ledger",
        operator="测试数据",
        registrar="registrar.bench.example",
        disclosure="masked",
        max_age=10 * 365 * 86_400,
        profiles=tuple(profiles),
        register="sqlite:///register.db",
        anchor="../anchor",
    )
    home = open_ledger(folder / "home", config, PASSPHRASE, now=NOW, random=os.urandom, kdf=TEST)
    scope: list[Value] = [
        {"occupation": {"code": code, "name": name, **({"job": job} if job else {})}, "levels": list(levels)}
        for code, name, job, levels in SCHOOL.jobs
    ]
    body: dict[str, Value] = {
        name: getattr(SCHOOL, name) for name in ("org", "name", "uscc", "profile", "valid_from", "valid_to")
    }
    with home.open_store() as store:
        file_organisation(
            home, store, {**body, "scope": scope}, profiles, PASSPHRASE, now=NOW, random=os.urandom, allow_test=True
        )
    return home


def append(home: Home, workbook: Path) -> float:
    """Append the workbook; return the seconds until it is published, the issuer's papers written too."""
    profiles = load_profiles()
    keyring, _ = home.open_keyring(PASSPHRASE, allow_test=True)
    with home.open_store() as store:
        begin = time.perf_counter()
        append_roster(home, store, keyring, workbook, profiles, org=None, now=NOW + 10, random=os.urandom)
        return time.perf_counter() - begin


def audit(home: Home, jobs: int) -> tuple[float, int]:
    """Audit the public folder; return the seconds and the number of entries. Raises if it is not verified."""
    with home.open_store() as store:
        trust = trust_of_ledger(store)
    begin = time.perf_counter()
    result = audit_place(FolderPlace(home.public), trust, load_profiles(), jobs=jobs)
    seconds = time.perf_counter() - begin
    if result.verdict != "verified":
        raise SystemExit(f"the audit says {result.verdict}: {result.findings[:3]}")
    return seconds, result.entries


def import_workbook(folder: Path, rows: int, rounds: int) -> None:
    """Print rows/s of reading and checking a workbook, and its ratio to calamine alone, in turn in each round."""
    profile = load_profiles()[SCHOOL.profile]
    today = local_date(NOW)
    scope = tuple(check.ScopeItem(code, name, job, tuple(levels)) for code, name, job, levels in SCHOOL.jobs)
    filing = check.Filing(SCHOOL.org, SCHOOL.name, scope, SCHOOL.valid_from, SCHOOL.valid_to)
    blank = read_roster(make_roster(folder / "blank.xlsx", rows), profile, today)
    numbered = [
        row._replace(code=format_code(SCHOOL.org, int(row.issued[:4]), row.level, serial, profile))
        for serial, row in enumerate(blank.rows, 1)
    ]
    workbook = folder / "numbered.xlsx"
    write_filled(workbook, numbered, profile)

    def product() -> list[Finding]:
        roster = read_roster(workbook, profile, today)
        return [*roster.findings, *check.check_rows(roster, profile, filing, today)]

    def raw() -> int:
        return len(CalamineWorkbook.from_path(workbook).get_sheet_by_index(0).to_python(skip_empty_area=False))

    ours, theirs = [], []
    for _ in range(rounds):
        cells, seconds = timed(raw)
        theirs.append(seconds)
        findings, seconds = timed(product)
        ours.append(seconds)
        if findings or cells != rows + 1:
            raise SystemExit(f"the workbook is not as it should be: {findings[:3]}, {cells} rows")
    best, reader = rows / min(ours), rows / min(theirs)
    print(f"import   {best:10,.0f} rows/s, read and checked, one core  (goal {GOALS['import']:,})")
    print(f"         {best / reader:10.2f} of calamine reading the same cells alone ({reader:,.0f}/s)")


def raw_rates(home: Home, count: int = 2000) -> tuple[float, float]:
    """Return PyNaCl's own signatures and verifications a second, over the ledger's own messages."""
    with home.open_store() as store:
        messages = list(store.entries(10, 10 + count))
    key = SigningKey(bytes(32))
    signed, signing = timed(lambda: [key.sign(message) for message in messages])
    _, verifying = timed(lambda: [key.verify_key.verify(item) for item in signed])
    return count / signing, count / verifying


def append_and_verify(folder: Path, rows: int, rounds: int, what: list[str]) -> None:
    """Print rows/s of append and entries/s of verify with their ratios to raw PyNaCl."""
    workbook = make_roster(folder / "roster.xlsx", rows)
    appends, audits, audits_all, signs, verifies = [], [], [], [], []
    for turn in range(rounds):
        place = folder / f"round-{turn}"
        place.mkdir()
        home = make_home(place)
        appends.append(rows / append(home, workbook))
        sign, verify = raw_rates(home, min(2000, rows - 10))
        signs.append(sign)
        verifies.append(verify)
        if "verify" in what:
            seconds, entries = audit(home, 1)
            audits.append(entries / seconds)
            seconds, entries = audit(home, os.cpu_count() or 1)
            audits_all.append(entries / seconds)
        shutil.rmtree(place)
    if "append" in what:
        best = max(appends)
        print(f"append   {best:10,.0f} rows/s, workbook to published and papers, one core  (goal {GOALS['append']:,})")
        print(f"         {best / max(signs):10.2f} of raw PyNaCl sign ({max(signs):,.0f}/s)")
    if "verify" in what:
        best = max(audits)
        print(f"verify   {best:10,.0f} entries/s on one core, {max(audits_all):,.0f} on {os.cpu_count()}")
        raw = max(verifies)
        print(f"         {best / raw:10.2f} of raw PyNaCl verify ({raw:,.0f}/s)  (goal {GOALS['verify']})")


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return what `work` returns, and its seconds."""
    begin = time.perf_counter()
    result = work()
    return result, time.perf_counter() - begin


# -- memory ------------------------------------------------------------------------------------------------------------


def memory(folder: Path, large: int) -> None:
    """Print the peak memory of each job at `large` certificates."""
    folder.mkdir()
    for job in ("append", "verify", "check"):
        command = [
            sys.executable,
            str(Path(__file__).with_name("bench.py")),
            "--job",
            job,
            "--home",
            str(folder),
            "--large",
            str(large),
        ]
        shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
        print(f"memory   {shown}")


def child(job: str, folder: Path, large: int) -> None:
    """One job in a process of its own; prints its peak memory."""
    if job == "append":
        workbook = make_roster(folder / "roster.xlsx", large)
        seconds = append(make_home(folder), workbook)
    else:
        home = Home.at(folder / "home")
        seconds = audit(home, 1)[0] if job == "verify" else check_one(home)
    print(f"{peak():6,.0f} MB peak of {job} at {large:,} certificates ({seconds:,.1f} s)")


def check_one(home: Home) -> float:
    """Check one number as the command does; return the seconds."""
    trust = parse_trust((home.public / "trust.json").read_bytes())
    place, profiles = FolderPlace(home.public), load_profiles()
    code = "S000050000001263000001"
    report, seconds = timed(lambda: check_certificate(code, place, trust=trust, profiles=profiles, now=NOW + 20))
    if report.verdict != "valid":
        raise SystemExit(f"{code} is {report.verdict}")
    return seconds


def peak() -> float:
    """Return the peak resident memory of this process in MB; 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text("ascii")
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1000 for line in status.splitlines() if line.startswith("VmHWM"))


# -- a site ------------------------------------------------------------------------------------------------------------


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder with the production headers while the block runs."""
    with make_server(folder, 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
