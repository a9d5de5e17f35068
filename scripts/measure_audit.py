"""What an audit costs: on one core and on all, of the new part only, by a second verifier, of a very large ledger."""

import os
import subprocess
import sys
import time
from pathlib import Path

import measure
from sample_rosters import SCHOOL, Organisation, make_roster

from ledger.app.auditing import audit_on, audit_place
from ledger.app.home import Home, load_profiles
from ledger.app.organisations import file_organisation
from ledger.app.places import FolderPlace
from ledger.app.roster import append_roster
from ledger.app.writing import trust_of_ledger
from ledger.core.canonical import Value
from ledger.core.checkpoint import Checkpoint
from ledger.core.custody import open_own
from ledger.core.keptaudit import format_kept, parse_kept
from ledger.core.trust import Trust
from ledger.crypto.pynacl_verify import verify

ROOT = Path(__file__).resolve().parent.parent
TOLD = ROOT / "tests" / "vectors" / "told.json"
BATCH = 90_000  # rows of one workbook of a large ledger
NEW = 100  # certificates of the batch that is new to it


def audits(folder: Path, rows: int, rounds: int) -> None:
    """Print entries/s of an audit with their ratios, each the best of `rounds`."""
    folder.mkdir()
    home = measure.make_home(folder)
    measure.append(home, make_roster(folder / "first.xlsx", rows))
    kept, state = _checkpoint(home), _keep(home)
    _append(home, make_roster(folder / "second.xlsx", max(rows // 20, 1), 7, SCHOOL, crowd=1), 20)
    program = folder / "second"
    subprocess.run([sys.executable, "-m", "tests.second.compiled", str(program)], cwd=ROOT, check=True)
    found: dict[str, list[float]] = {"raw": [], "one": [], "all": [], "since": [], "kept": [], "second": []}
    entries = 0
    for _ in range(rounds):
        found["raw"].append(measure.raw_rates(home, min(2000, rows - 10))[1])
        seconds, entries = measure.audit(home, 1)
        found["one"].append(entries / seconds)
        found["all"].append(entries / measure.audit(home, os.cpu_count() or 1)[0])
        found["since"].append(entries / _since(home, kept))
        found["kept"].append(entries / _go_on(home, state))
        found["second"].append(entries / measure.timed(lambda: _second(program, home.public))[1])
    best = {name: max(rates) for name, rates in found.items()}
    cores = f"{best['all']:,.0f} on {os.cpu_count()}"
    print(f"audit    {best['one']:10,.0f} entries/s on one core, {cores}, of {entries:,}")
    print(f"         {best['one'] / best['raw']:10.2f} of raw PyNaCl verify ({best['raw']:,.0f}/s)")
    second = f"{best['second']:,.0f}/s, compiled"
    print(f"         {best['one'] / best['second']:10.2f} of the second verifier ({second})")
    new = entries // (entries - kept.size)
    share = f"where one entry of {new} is new"
    print(f"         {best['one'] / best['kept']:10.3f} of the time from what --keep wrote, {share}")
    print(f"         {best['one'] / best['since']:10.3f} of it from a checkpoint alone")


def _since(home: Home, kept: Checkpoint) -> float:
    trust, profiles = _trust(home), load_profiles()
    result, seconds = measure.timed(lambda: audit_place(FolderPlace(home.public), trust, profiles, since=kept))
    if result.verdict != "verified":
        raise SystemExit(f"the audit says {result.verdict}: {result.findings[:3]}")
    return seconds


def _keep(home: Home) -> bytes:
    """Audit all, and return what is kept of it."""
    done = audit_on(FolderPlace(home.public), _trust(home), load_profiles())
    if done.kept is None:
        raise SystemExit(f"the audit says {done.audit.verdict}: {done.audit.findings[:3]}")
    return format_kept(done.kept)


def _go_on(home: Home, state: bytes) -> float:
    trust, profiles = _trust(home), load_profiles()
    done, seconds = measure.timed(lambda: audit_on(FolderPlace(home.public), trust, profiles, parse_kept(state)))
    if done.audit.verdict != "verified" or not done.new_only:
        raise SystemExit(f"the audit from what was kept says {done.audit.verdict}: {done.audit.findings[:3]}")
    return seconds


def _trust(home: Home) -> Trust:
    with home.open_store() as store:
        return trust_of_ledger(store)


def _second(program: Path, public: Path) -> None:
    command = [str(program), str(TOLD), str(public / "trust.json"), str(public)]
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    if not said.startswith("ok "):
        raise SystemExit(f"the second verifier says {said}")


def _checkpoint(home: Home) -> Checkpoint:
    return open_own((home.public / "checkpoint").read_bytes(), _trust(home), verify)


def _append(home: Home, workbook: Path, later: int) -> None:
    keyring, _ = home.open_keyring(measure.PASSPHRASE, allow_test=True)
    with home.open_store() as store:
        append_roster(
            home, store, keyring, workbook, load_profiles(), org=None, now=measure.NOW + later, random=os.urandom
        )


def large(folder: Path, entries: int) -> None:
    """Print how long a ledger of some `entries` is audited on one core, and the peak memory, in another process."""
    folder.mkdir()
    home = measure.make_home(folder)
    for turn in range(-(-entries // BATCH)):
        rows = min(BATCH, entries - turn * BATCH)
        book = make_roster(folder / "roster.xlsx", rows, turn, _file_another(home, turn))
        begin = time.perf_counter()
        _append(home, book, 100 + turn)
        took, done = time.perf_counter() - begin, turn * BATCH + rows
        print(f"large    {done:10,} certificates, the last {rows:,} appended in {took:,.0f} s", flush=True)
    command = [sys.executable, str(Path(__file__).with_name("bench.py")), "--job", "verify", "--home", str(folder)]
    shown = subprocess.run([*command, "--large", str(entries)], check=True, capture_output=True, text=True).stdout
    print(f"large    {shown.strip()}", flush=True)
    state = _keep(home)
    turn = -(-entries // BATCH)
    _append(home, make_roster(folder / "roster.xlsx", NEW, turn, _file_another(home, turn)), 100 + turn)
    loaded = measure.timed(lambda: parse_kept(state))[1]
    size, took = f"{len(state):,} bytes, read in {loaded:.2f} s", _go_on(home, state)
    print(f"large    {took:10.2f} s to audit a batch of {NEW} that is new, from what --keep wrote ({size})")


def _file_another(home: Home, turn: int) -> Organisation:
    """File the next organisation; each has an occupation of its own, so that the same people may have certificates."""
    code = f"{int(SCHOOL.org[1:]) + 1 + turn:012d}"
    jobs = ((f"6-18-01-{turn + 10}", f"测试工种{turn + 10}", "", SCHOOL.jobs[0][3]),)
    another = SCHOOL._replace(org=f"{SCHOOL.org[0]}{code}", name=f"{SCHOOL.name}{turn + 2}", jobs=jobs)
    [(occupation, name, _, levels)] = jobs
    scope: list[Value] = [{"occupation": {"code": occupation, "name": name}, "levels": list(levels)}]
    members = ("org", "name", "uscc", "profile", "valid_from", "valid_to")
    body: dict[str, Value] = {**{member: getattr(another, member) for member in members}, "scope": scope}
    with home.open_store() as store:
        file_organisation(
            home, store, body, load_profiles(), measure.PASSPHRASE,
            now=measure.NOW + 100 + turn, random=os.urandom, allow_test=True,
        )  # fmt: skip
    return another
