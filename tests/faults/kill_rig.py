"""The kill sweep: one command, and a fault at each of its file-related system calls in turn.

    python tests/faults/kill_rig.py FOLDER append|correct|rotate [--step K] [--first N]

Prints one JSON line a fault that was not survived, then a summary. A child is forked for every fault, so that no
time goes to imports; it stops itself, strace takes hold of it, and it goes on into the command. Every fault must be
seen in strace's log: an injection that never fires would prove nothing.

`rotate` announces an update of the trust, by which two custodians have replaced the log key.

After a fault: the public folder as it lies there is audited, and shows the old ledger or the new one; the command (or
for a correction the next command's publishing) is run again, with other randomness and a later clock; public folder,
register and anchor are then, byte for byte, those of a run without a fault. Every checkpoint found in any file before
and after is compared: two of one size must be one.
"""

import argparse
import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

if __name__ == "__main__":
    repository = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(repository), str(repository / "scripts")]

from sample_rosters import ENTERPRISE, SCHOOL, make_roster

from ledger.app import writing
from ledger.app.auditing import audit_place
from ledger.app.checking import check_certificate
from ledger.app.events import Correction, correct
from ledger.app.following import follow_place
from ledger.app.home import Home
from ledger.app.places import FolderPlace
from ledger.app.trusting import Changes, announce, draft_update, settle
from ledger.app.writing import publish, trust_of_ledger
from ledger.core.custody import sign_update
from ledger.core.errors import LedgerError
from ledger.core.report import Report
from ledger.core.trust import Trust
from ledger.crypto.signer import Ed25519Signer
from ledger.publish import projection
from ledger.publish.durable import lock_home
from ledger.store import Store
from tests.faults.making import PASSPHRASE, PROFILES, START, Seeded, append, files_of, keyring_of, open_home

CALLS = (
    "openat",
    "read",
    "pread64",
    "write",
    "pwrite64",
    "lseek",
    "ftruncate",
    "fsync",
    "fdatasync",
    "sync",
    "rename",
    "close",
    "mkdir",
    "rmdir",
    "unlink",
    "flock",
    "fcntl",
    "fstat",
    "newfstatat",
    "getdents64",
    "fchmod",
    "fchown",
)
KINDS = ("signal=KILL", "error=EIO", "error=ENOSPC")
END = "/the-command-ends-here"  # asked for with access(2), which is not swept: where counting stops
ROWS = 4
CORRECTED = f"{SCHOOL.org}263000001"
NEW = f"{ENTERPRISE.org}261000001"
NOTE = re.compile(
    rb"ledger\.example/faults\n(0|[1-9][0-9]*)\n([A-Za-z0-9+/]{43}=)\n\n\xe2\x80\x94 ledger\.example/faults "
)


@dataclass(frozen=True)
class State:
    """What a run without a fault leaves: everything that must be the same after a fault and a second run."""

    public: dict[str, bytes]
    anchor: bytes
    entries: tuple[bytes, ...]
    codes: tuple[str, ...]
    counters: tuple[int, ...]
    batches: int
    keys: tuple[tuple[str, bytes], ...]


@dataclass
class Tally:
    """What the sweep counted."""

    faults: int = 0
    survived: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    before: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    bare_errors: Counter[str] = field(default_factory=Counter)
    equivocations: int = 0


class Bench:
    """The base ledger, the command under test and what it leads to."""

    def __init__(self, folder: Path, operation: str) -> None:
        self.folder, self.operation = folder, operation
        self.base, self.work = folder / "base", folder / "work"
        shutil.rmtree(folder, ignore_errors=True)
        self.base.mkdir(parents=True)
        home = open_home(self.base)
        school = make_roster(folder / "school.xlsx", 5, 1, SCHOOL)
        self.roster = make_roster(folder / "enterprise.xlsx", ROWS, 2, ENTERPRISE, crowd=1)
        with home.open_store() as store:
            append(home, store, school, now=START + 60, seed="school", details=True)
            if operation == "rotate":
                self.note = self.prepare(home, store)
            self.trust: Trust = trust_of_ledger(store)
        self.old = self.state(self.base)
        self.new = self.undisturbed("first", START + 120)
        self.again = self.old if operation == "correct" else self.undisturbed("second", START + 180)
        # Once more, so that nothing is left to import or to remember when the calls are counted.
        assert self.undisturbed("first", START + 120) == self.new

    @staticmethod
    def prepare(home: Home, store: Store) -> bytes:
        """Name custodians; return the update by which they replace the log key, ready to be announced."""
        custodians = [Ed25519Signer(f"custodian-{n}.example", bytes([n]) * 32) for n in (1, 2)]
        first = Changes(tuple(one.key for one in custodians), 2, "2030-01-01T00:00:00Z")
        for changes, now in ((first, START + 70), (Changes(new_log=True), START + 80)):
            random = Seeded(f"trust {now}")
            _, note = draft_update(home, store, PASSPHRASE, changes, now=now, random=random, allow_test=True)
            note = sign_update(note, custodians)
            if changes is first:
                announce(home, store, PASSPHRASE, note, now=now, random=random, allow_test=True)
        return note

    def command(self, seed: str, now: int) -> None:
        home = Home.at(self.work / "home")
        with lock_home(home.path), home.open_store() as store:
            if self.operation == "append":
                append(home, store, self.roster, now=now, seed=seed, details=True)
            elif self.operation == "rotate":
                announce(home, store, PASSPHRASE, self.note, now=now, random=Seeded(seed), allow_test=True)
            else:
                correct(
                    home,
                    store,
                    keyring_of(home),
                    CORRECTED,
                    Correction(name="更正后姓名"),
                    PROFILES,
                    reason="error",
                    now=now,
                    random=Seeded(seed),
                )

    def recover(self) -> None:
        """What comes after a fault: the same again if it did not happen, or any command, which begins by publishing."""
        home = Home.at(self.work / "home")
        with lock_home(home.path), home.open_store() as store:
            happened = store.size() == len(self.new.entries)
            publish(home, store)
            if happened and self.operation == "rotate":  # the next draft or update drops the key that was replaced
                keyring, seal = home.open_keyring(PASSPHRASE, allow_test=True)
                settle(home, keyring, seal, trust_of_ledger(store), Seeded("settle"))
        if self.operation == "append" or (self.operation == "rotate" and not happened):
            self.command("second", START + 180)

    def renew(self) -> None:
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.base, self.work)

    def undisturbed(self, seed: str, now: int) -> State:
        self.renew()
        self.command(seed, now)
        return self.state(self.work)

    def state(self, root: Path) -> State:
        home = Home.at(root / "home")
        with home.open_store() as store:
            size = store.size()
            certificates = list(store.certificates(0, size))
            scopes = [certificate.code[:16] for certificate in certificates]
            return State(
                files_of(home.public),
                home.anchor.read_bytes(),
                tuple(store.entries(0, size)),
                tuple(certificate.code for certificate in certificates),
                tuple(store.get_counter(scope) for scope in self.scopes(scopes)),
                len(store.batches()),
                tuple(sorted(keyring_of(home).sign.items())),
            )

    @staticmethod
    def scopes(prefixes: list[str]) -> Iterator[str]:
        for prefix in dict.fromkeys(prefixes):
            yield f"{prefix[:13]}/20{prefix[13:15]}"
            yield f"{prefix[:13]}/20{prefix[13:15]}/{prefix[15]}"

    # One fault

    def child(self, trace: list[str], log: Path) -> tuple[str, str]:
        """Run the command in a child under strace; return (how it ended, strace's log)."""
        pid = os.fork()
        if pid == 0:
            self._be_child()
        os.waitpid(pid, os.WUNTRACED)  # it has stopped itself
        tracer = subprocess.Popen(
            ["strace", "-f", "-q", "-o", str(log), *trace, "-p", str(pid)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            status = Path(f"/proc/{pid}/status")
            for _ in range(2000):
                if "TracerPid:\t0\n" not in status.read_text():
                    break
                if tracer.poll() is not None:
                    raise RuntimeError(f"strace: {tracer.communicate()[1]!r}")
                time.sleep(0.002)
        except BaseException:
            os.kill(pid, signal.SIGKILL)
            raise
        os.kill(pid, signal.SIGCONT)
        _, code = os.waitpid(pid, 0)
        tracer.communicate()
        if os.WIFSIGNALED(code):
            return f"signal {os.WTERMSIG(code)}", log.read_text(errors="replace")
        return {0: "done", 1: "refused", 2: "bare OSError"}.get(os.WEXITSTATUS(code), "crashed"), log.read_text(
            errors="replace"
        )

    def _be_child(self) -> None:
        code = 3
        try:
            ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER, any
            os.kill(os.getpid(), signal.SIGSTOP)
            try:
                self.command("first", START + 120)
                code = 0
            finally:
                os.access(END, os.F_OK)
        except LedgerError:
            code = 1
        except OSError:
            code = 2
            (self.folder / "trace.txt").write_text(traceback.format_exc())
        except BaseException:  # noqa: BLE001 - the parent reports it
            (self.folder / "trace.txt").write_text(traceback.format_exc())
        finally:
            os._exit(code)

    def count(self) -> Counter[str]:
        """Return how often the command makes each system call."""
        self.renew()
        watched = ",".join(("access", "faccessat", "faccessat2", *CALLS))
        end, log = self.child(["-e", f"trace={watched}"], self.folder / "strace.log")
        assert end == "done", (end, log[-2000:])
        counted: Counter[str] = Counter()
        for line in log.splitlines():
            if END in line:
                return counted
            found = re.match(r"(?:[0-9]+ +)?([a-z0-9_]+)\(", line)
            if found is not None and found[1] in CALLS:
                counted[found[1]] += 1
        raise AssertionError("the end of the command is not in the log")


def notes_in(root: Path, skip: str = "register.db") -> set[tuple[int, bytes]]:
    """Return (size, root) of every checkpoint signed in any file, whole or not, below a folder."""
    found = set()
    for path in root.rglob("*"):
        if path.is_file() and not path.name.startswith(skip):
            found |= {(int(size), top) for size, top in NOTE.findall(path.read_bytes())}
    return found


def notes_of(state: State, register: Path) -> set[tuple[int, bytes]]:
    """Return (size, root) of every checkpoint that the register has committed."""
    home = Home.at(register)
    with home.open_store() as store:
        whole = b"".join(index.note + index.head for index in store.index_entries(newest=1000))
    return {(int(size), top) for size, top in NOTE.findall(whole + state.anchor)}


class Judge:
    """Holds one fault's outcome to everything that must be so."""

    def __init__(self, bench: Bench, tally: Tally) -> None:
        self.bench, self.tally = bench, tally
        self.problems: list[str] = []

    def require(self, condition: bool, problem: str) -> None:
        if not condition:
            self.problems.append(problem)

    def report(self, code: str) -> Report:
        place = FolderPlace(self.bench.work / "home" / "public")
        seen = self.bench.old.public["checkpoint"]
        trust = self.followed(place.root)
        return check_certificate(code, place, trust=trust, profiles=PROFILES, now=START + 200, seen=seen)

    def followed(self, public: Path) -> Trust:
        """Return the trust as a verifier follows it from the one before the command."""
        return follow_place(FolderPlace(public), self.bench.trust)

    def before_recovery(self, end: str) -> set[tuple[int, bytes]]:
        """Audit what the fault left, before anything repairs it."""
        bench = self.bench
        public = bench.work / "home" / "public"
        audit = audit_place(FolderPlace(public), self.followed(public), PROFILES)
        self.tally.before[audit.verdict] += 1
        self.require(not audit.findings, f"audit before recovery: {audit.findings[:3]}")
        head = (public / "head").read_bytes()
        self.require(head in (bench.old.public["head"], bench.new.public["head"]), "a head of neither state")
        if end == "done":
            self.require(files_of(public) == bench.new.public, "acknowledged, but not published")
        appending = bench.operation == "append"
        again = {CORRECTED: {"valid"}, NEW: {"absent"}}
        allowed = (
            {CORRECTED: {"valid"}, NEW: {"absent", "valid"}}
            if appending
            else {CORRECTED: {"valid", "corrected"}, NEW: {"absent"}}
        )
        for code, verdicts in (again if bench.operation == "rotate" else allowed).items():
            told = self.report(code)
            self.tally.checks[told.verdict] += 1
            self.require(told.verdict in verdicts | {"not_checked"}, f"check {code}: {told.verdict} {told.reason}")
        return notes_in(bench.work)

    def after_recovery(self, notes: set[tuple[int, bytes]]) -> None:
        """Run again, and compare with a run that nothing disturbed."""
        bench = self.bench
        home = bench.work / "home"
        committed = bench.state(bench.work)  # opening the register takes back what was not committed
        old = committed.entries == bench.old.entries
        self.require(old or committed.entries == bench.new.entries, "the register holds neither state")
        notes |= notes_of(committed, home)
        bench.recover()
        now, wanted = bench.state(bench.work), bench.again if old else bench.new
        for name in State.__dataclass_fields__:
            self.require(getattr(now, name) == getattr(wanted, name), f"{name} differs")
        audit = audit_place(FolderPlace(home / "public"), self.followed(home / "public"), PROFILES)
        self.require(audit.verdict == "verified", f"audit afterwards: {audit.verdict} {audit.findings[:3]}")
        notes |= notes_in(bench.work) | notes_of(now, home)
        sizes = Counter(size for size, _ in notes)
        twice = [size for size, count in sizes.items() if count > 1]
        self.tally.equivocations += len(twice)
        self.require(not twice, f"two histories signed at size {twice}")


def sweep(bench: Bench, step: int, first: int, swept: Sequence[str]) -> Tally:
    tally = Tally()
    calls = bench.count()
    print(json.dumps({"calls": dict(calls), "total": calls.total()}), flush=True)
    places = [(call, n) for call, count in sorted(calls.items()) if call in swept for n in range(1, count + 1)]
    faults = [(kind, *place) for place in places for kind in KINDS]
    for number in range(first, len(faults), step):
        kind, call, n = faults[number]
        bench.renew()
        end, log = bench.child(
            ["-e", f"trace={call}", "-e", f"inject={call}:{kind}:when={n}"], bench.folder / "strace.log"
        )
        judge = Judge(bench, tally)
        fired = "killed by SIGKILL" in log if kind == "signal=KILL" else log.count("(INJECTED)") == 1
        judge.require(fired, "the fault did not fire")
        tally.faults += 1
        tally.kinds[kind] += 1
        tally.ends[end] += 1
        if end in ("bare OSError", "crashed"):
            lines = (bench.folder / "trace.txt").read_text().strip().splitlines()
            tally.bare_errors[" | ".join(line.strip() for line in lines[-3:])] += 1
        judge.require(end != "crashed", "the command crashed")
        try:
            judge.after_recovery(judge.before_recovery(end))
        except (LedgerError, OSError, KeyError, IndexError) as error:
            judge.problems.append(f"{type(error).__name__}: {error}")
        if judge.problems:
            print(json.dumps({"fault": [kind, call, n], "end": end, "problems": judge.problems}), flush=True)
        else:
            tally.survived += 1
    return tally


def head_first(bench: Bench) -> None:
    """Publish the head before what it proves."""
    tiles = projection._Writer.tiles

    def wrong(writer: projection._Writer) -> None:
        projection._write(writer.public, "head", writer.kept[-1].head)
        tiles(writer)

    projection._Writer.tiles = wrong  # type: ignore[method-assign,assignment]  # that is the mistake


def signature_before_commit(bench: Bench) -> None:
    """Let the signed checkpoint out before the transaction has ended."""
    commit = writing.Draft.commit

    def wrong(draft: writing.Draft) -> writing.Committed:
        committed = commit(draft)
        (bench.work / "home" / "note.txt").write_bytes(committed.note)
        return committed

    writing.Draft.commit = wrong  # type: ignore[method-assign,assignment]  # that is the mistake


def no_memory_of_rosters(bench: Bench) -> None:
    """Forget which rosters were accepted."""

    def wrong(_store: Store, _digest: bytes) -> None:
        pass

    Store.find_batch = wrong  # type: ignore[method-assign,assignment]  # that is the mistake


MISTAKES = {mistake.__name__: mistake for mistake in (head_first, signature_before_commit, no_memory_of_rosters)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("operation", choices=("append", "correct", "rotate"))
    parser.add_argument("--step", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--calls", nargs="*", default=CALLS, help="only these system calls")
    parser.add_argument("--mistake", choices=MISTAKES, help="make a mistake that the sweep must find")
    options = parser.parse_args()
    bench = Bench(options.folder, options.operation)
    if options.mistake:
        MISTAKES[options.mistake](bench)
    tally = sweep(bench, options.step, options.first, options.calls)
    print(
        json.dumps({name: getattr(tally, name) for name in Tally.__dataclass_fields__}, ensure_ascii=False),
        flush=True,
    )
    print(
        f"{options.operation}: faults survived {tally.survived}/{tally.faults}, every one fired, "
        f"equivocations {tally.equivocations}"
    )
    return 0 if tally.survived == tally.faults else 1


if __name__ == "__main__":
    sys.exit(main())
