"""Run the frozen ledgers: whole lookups as data, each with its verdict and the state of every step.

Pure Python, as runner.py is: the standard library and ledger.core only, so that it runs natively and in the browser.
`ledger/README.md` describes the files; ledger_vectors.py makes them. Unknown members are errors.

    for name, problem in run_lookups(own, verify, profiles): ...        problem is "" for a vector that passes
"""

import json
from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ledger.core.checklist import Absent
from ledger.core.ed25519 import Verify
from ledger.core.profile import Profile
from ledger.core.report import Report
from ledger.core.trust import parse_trust
from ledger.core.verify import lookup

LOOKUP = {"code", "comment", "disclosures", "expect", "files", "now", "seen", "trust"}
EXPECT = {"reason", "steps", "verdict"}
AUDIT = {"comment", "expect", "files", "trust"}
AUDIT_EXPECT = {"findings", "verdict", "warnings"}


def read_json(path: Path, members: set[str], expected: set[str]) -> dict[str, Any]:
    """A vector; ValueError if it has other members than it should."""
    vector: dict[str, Any] = json.loads(path.read_bytes())
    if vector.keys() - {"known"} != members or vector["expect"].keys() != expected:
        raise ValueError(f"{path.name}: unknown or missing members")
    return vector


def read_files(own: Path, listed: Mapping[str, Any]) -> dict[str, bytes | Absent]:
    """The files of a vector: {"text"}, {"base64"}, {"pool"} (a file of ledger/pool) or {"absent"}."""
    files: dict[str, bytes | Absent] = {}
    for path, value in listed.items():
        [(kind, content)] = value.items()
        if kind == "absent":
            files[path] = Absent(content)
        elif kind == "pool":
            files[path] = (own / "ledger" / "pool" / content).read_bytes()
        else:
            files[path] = {"text": str.encode, "base64": b64decode}[kind](content)
    return files


def run_lookups(own: Path, verify: Verify, profiles: Mapping[str, Profile]) -> Iterator[tuple[str, str]]:
    """Every lookup under own/ledger/lookup: its name, and what is wrong with it."""
    for path in sorted((own / "ledger" / "lookup").glob("*.json")):
        vector = read_json(path, LOOKUP, EXPECT)
        report = look(vector, read_files(own, vector["files"]), verify, profiles)
        yield path.stem, "" if outcome(report) == vector["expect"] else f"{outcome(report)}, not {vector['expect']}"


def look(
    vector: Mapping[str, Any], files: Mapping[str, bytes | Absent], verify: Verify, profiles: Mapping[str, Profile]
) -> Report:
    """The report on one vector. A file that it does not list must not be asked for: KeyError."""
    run = lookup(
        vector["code"],
        trust=parse_trust(vector["trust"].encode()),
        profiles=profiles,
        verify=verify,
        now=vector["now"],
        seen=vector["seen"].encode() or None,
        known=parse_trust(vector["known"].encode()) if "known" in vector else None,
        disclosures=vector["disclosures"],
    )
    answers: dict[str, bytes | Absent] | None = None
    while True:
        try:
            asked = next(run) if answers is None else run.send(answers)
        except StopIteration as end:
            return end.value
        answers = {path: files[path] for path in asked}


def outcome(report: Report) -> dict[str, Any]:
    """What a vector fixes of a report: the verdict, its reason, and the state and reason of each step."""
    steps = {step.id: f"{step.state} {step.reason}" for step in report.steps if step.state != "not_reached"}
    return {"reason": report.reason, "steps": steps, "verdict": report.verdict}
