#!/usr/bin/env python3
"""Make the environment and run every check of the project.

    python3 scripts/test.py                    # everything, small sweeps; what CI runs
    python3 scripts/test.py --full             # the long sweeps whole (LEDGER_FULL=1)
    python3 scripts/test.py tests/unit -k code # any other arguments go to pytest, and only pytest runs

Exit code: 0 everything passed, 1 something did not, 3 the machine lacks something; with arguments, pytest's.
"""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import environment

OUT = environment.ROOT / ".out" / "test"
NO_TESTS = 5  # pytest's exit code when nothing was collected
SHARED = ("-n", "2", "--dist", "worksteal")  # the worker that is done first takes from the other
# The tests that by themselves must execute every branch of ledger/core. Counting branches takes as long as the tests.
CORE_TESTS = ("tests/unit/core", "tests/properties")


@dataclass(frozen=True)
class Result:
    """One step: its name, whether it passed, seconds, and what to say about it."""

    name: str
    passed: bool
    seconds: float
    note: str


def count(report: Path) -> str:
    """'12 passed, 1 skipped' from a JUnit report, or nothing when there is none."""
    if not report.exists():
        return ""
    suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 - pytest wrote this file a moment ago
    total = failed = skipped = 0
    for suite in suites:
        total += int(suite.get("tests", "0"))
        failed += int(suite.get("failures", "0")) + int(suite.get("errors", "0"))
        skipped += int(suite.get("skipped", "0"))
    parts = [f"{total - failed - skipped} passed"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{skipped} skipped"] if skipped else []
    return ", ".join(parts)


def step(name: str, *command: str) -> Result:
    """Run one command with its output shown; a pytest step also leaves a JUnit report to count from."""
    print(f"\n=== {name}", flush=True)
    report = OUT / f"{name.replace(' ', '-')}.xml"
    report.unlink(missing_ok=True)
    arguments = [sys.executable, "-m", *command]
    if command[0] == "pytest":
        arguments += ["-q", f"--junitxml={report}"]
    started = time.monotonic()
    code = subprocess.run(arguments, cwd=environment.ROOT, check=False).returncode
    note = count(report)
    if code == NO_TESTS:
        note = "no test was collected"
    elif code != 0:
        note = f"{note or 'see above'} (exit {code})"
    return Result(name, code == 0, time.monotonic() - started, note)


def steps() -> list[Result]:
    """Every check, each run to its end even when an earlier one failed."""
    rest = [f"--ignore={folder}" for folder in (*CORE_TESTS, "tests/browser")]
    coverage = ["--cov=ledger.core", "--cov-report=term-missing:skip-covered", "--cov-fail-under=100"]
    return [
        step("ruff", "ruff", "check", "."),
        step("mypy", "mypy"),
        step("core whole", "pytest", *CORE_TESTS, *SHARED, *coverage),
        step("the rest", "pytest", "tests", *rest, *SHARED),
        # A module stays on one worker: it shares a browser and a warm page. The longest come first (its conftest): else
        # one worker would be at them long after the others have nothing more to do. Browsers wait now and then.
        step("browsers", "pytest", "tests/browser", "-n", "3", "--dist", "loadfile", "--no-loadscope-reorder"),
    ]


def main() -> None:
    """Print a plain summary and exit with 1 when any step failed."""
    arguments = sys.argv[1:]
    if "--full" in arguments:
        arguments.remove("--full")
        os.environ["LEDGER_FULL"] = "1"
    environment.enter("test")
    environment.node()
    if arguments:
        command = [sys.executable, "-m", "pytest", *arguments]
        code = subprocess.run(command, cwd=environment.ROOT, check=False).returncode
        if code == NO_TESTS:
            print("no test matches these arguments", file=sys.stderr)
        environment.leave(code)
    environment.browsers()
    OUT.mkdir(parents=True, exist_ok=True)
    # A name of its own: two runs at once would combine each other's coverage data.
    coverage = OUT / f"coverage-{os.getpid()}"
    os.environ["COVERAGE_FILE"] = str(coverage)
    started = time.monotonic()
    results = steps()
    coverage.unlink(missing_ok=True)
    print("\n=== summary")
    for result in results:
        mark = "ok    " if result.passed else "FAILED"
        print(f"{mark}  {result.name:<12} {result.seconds:6.0f} s  {result.note}")
    failures = sum(not result.passed for result in results)
    verdict = f"{failures} of {len(results)} steps failed" if failures else f"all {len(results)} steps passed"
    print(f"{verdict} in {time.monotonic() - started:.0f} s")
    environment.leave(1 if failures else 0)


if __name__ == "__main__":
    main()
