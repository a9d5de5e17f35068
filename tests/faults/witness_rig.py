"""The kill sweep of a witness: a fault at each file-related system call while it cosigns.

    python tests/faults/witness_rig.py FOLDER [--step K]

The witness is asked to cosign a checkpoint and killed, or its disk fails. Then a second writer comes with a fork,
another history of the same size. Whatever the fault was, one of the two histories is cosigned, and never both.
"""

import argparse
import json
import shutil
import sys
from collections import Counter
from pathlib import Path

if __name__ == "__main__":
    repository = Path(__file__).resolve().parents[2]
    sys.path[:0] = [str(repository), str(repository / "scripts")]

from ledger.app.home import HomeError
from ledger.app.witnessing import Refused, WitnessHome, follow_log, make_witness, witnessing
from ledger.core.checkpoint import open_checkpoint
from ledger.core.note import parse_note
from ledger.core.witness import Request, format_answer, format_request
from ledger.crypto.pynacl_verify import verify
from ledger.crypto.sealed import TEST
from ledger.publish.durable import lock_home
from tests.faults.kill_rig import CALLS, KINDS, Bench
from tests.faults.making import PASSPHRASE, START, Seeded
from tests.simulator import LOG, Simulator


class WitnessBench(Bench):
    """A witness that follows a log from its first checkpoint, a request to go on, and a fork of the same size."""

    def __init__(self, folder: Path) -> None:  # it has no ledger of its own to prepare
        self.folder, self.operation = folder, "cosign"
        self.base, self.work = folder / "base", folder / "work"
        shutil.rmtree(folder, ignore_errors=True)
        self.base.mkdir(parents=True)
        path, random = self.base / "witness", Seeded("witness")
        home, self.key = make_witness(path, "witness.example", PASSPHRASE, random=random, kdf=TEST)
        follow_log(home, LOG.key)
        log, fork = Simulator(), Simulator()
        log.issue(1)
        fork.issue(2)
        self.notes = [one.sealed[-1].note for one in (log, fork)]
        first, second = (open_checkpoint(note, LOG.key, verify) for note in self.notes)
        assert first.size == second.size
        assert first.root != second.root

    def answer(self, which: int, now: int, old: int = 0) -> bytes:
        """Let the witness cosign; what it returns has left its machine."""
        home = WitnessHome.at(self.work / "witness")
        request = format_request(Request(old, (), self.notes[which]))
        with witnessing(home, home.signer(PASSPHRASE, allow_test=True)) as witness:
            _, line = witness.answer(request, now)
        return format_answer([line])

    def asked(self, which: int) -> bytes:
        """Ask as a log does: told which size the witness has, again from there. Empty if it is refused."""
        try:
            return self.answer(which, START + 60)
        except Refused as refused:
            if refused.status != 409 or refused.size is None:
                raise
            size = refused.size
        try:
            return self.answer(which, START + 60, size)
        except Refused as refused:
            assert refused.status == 409  # noqa: PT017 - another history of the size it has
            return b""

    def command(self, seed: str, now: int) -> None:
        (self.work / "answer").write_bytes(self.answer(0, now))


def judge(bench: WitnessBench) -> list[str]:
    """Return what is wrong after a fault: with a fork in the hands of a second writer."""
    problems = []
    signed = bool((bench.work / "answer").is_file() and (bench.work / "answer").read_bytes())
    with lock_home(bench.work / "witness"):
        pass  # the lock of whoever was killed is free
    try:
        told = {which: bench.asked(which) for which in (1, 0)}
    except (HomeError, Refused) as error:
        return [f"the witness cannot go on: {error}"]
    if bool(told[0]) == bool(told[1]):
        problems.append("both histories or none are cosigned")
    if signed and told[1]:
        problems.append("two histories of one size are cosigned")
    for which, answer in told.items():
        if answer:
            note = parse_note(b"x\n\n" + answer)
            if [line.key_id for line in note.signatures] != [bench.key.key_id]:
                problems.append(f"history {which} is signed by another")
    return problems


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--step", type=int, default=1)
    options = parser.parse_args()
    bench = WitnessBench(options.folder)
    bench.renew()
    bench.command("", START)
    calls = bench.count()
    places = [(call, n) for call, count in sorted(calls.items()) if call in CALLS for n in range(1, count + 1)]
    faults = [(kind, *place) for place in places for kind in KINDS]
    survived, ends, fired, twice = 0, Counter[str](), 0, 0
    for kind, call, n in faults[:: options.step]:
        bench.renew()
        end, log = bench.child(
            ["-e", f"trace={call}", "-e", f"inject={call}:{kind}:when={n}"], bench.folder / "strace.log"
        )
        ends[end] += 1
        fired += "killed by SIGKILL" in log if kind == "signal=KILL" else log.count("(INJECTED)") == 1
        problems = judge(bench)
        if problems:
            print(json.dumps({"fault": [kind, call, n], "end": end, "problems": problems}))
        survived += not problems
        twice += any("two histories" in problem for problem in problems)
    total = len(faults[:: options.step])
    print(json.dumps({"calls": calls.total(), "ends": ends}))
    print(f"cosign: faults survived {survived}/{total}, fired {fired}/{total}, equivocations {twice}")
    return 0 if survived == fired == total else 1


if __name__ == "__main__":
    sys.exit(main())
