"""Checklist: the bookkeeping of a verification: steps settled, files asked for, the report at the end.

A procedure is a method that settles its steps in order. `failed` is for evidence, `unknown` for what could not be found
out; `failed` and `undecided` end the procedure, and the steps behind are not reached.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NoReturn

from ledger.core.canonical import Value
from ledger.core.report import STEP_IDS, Report, Step, StepState, Verdict

__all__ = ["Absent", "Answers", "Asking", "Checklist", "Stopped"]


class Absent(Enum):
    """Why a file was not obtained: the host says there is none, or it could not be asked."""

    MISSING = "missing"
    UNREACHABLE = "unreachable"


Answers = Mapping[str, bytes | Absent]
Asking = Generator[tuple[str, ...], Answers, None]


class Stopped(Exception):  # noqa: N818 - not an error
    """The procedure ends here; its steps say why."""


@dataclass
class Checklist:
    """What is known so far about `code` at `now` (unix seconds); `outcome` is the verdict if nothing is against it."""

    code: str
    now: int
    steps: dict[str, Step] = field(default_factory=dict, init=False)
    sections: dict[str, Value] = field(default_factory=dict, init=False)
    files: dict[str, bytes | Absent] = field(default_factory=dict, init=False)
    remember: bytes | None = field(default=None, init=False)
    remember_trust: bytes | None = field(default=None, init=False)
    outcome: Verdict = field(default="not_checked", init=False)

    def ask(self, *paths: str) -> Asking:
        """Ask for the files that are not there yet."""
        missing = tuple(dict.fromkeys(path for path in paths if path not in self.files))
        if missing:
            answers = yield missing
            self.files.update({path: answers[path] for path in missing})

    def file(self, step: str, path: str) -> bytes:
        """Return a file that was asked for; without it `step` is undecided."""
        data = self.files[path]
        if isinstance(data, Absent):
            self.undecided(step, "unreachable" if data is Absent.UNREACHABLE else "file_missing", {"file": path})
        return data

    def whole(self, step: str, path: str, data: bytes) -> None:
        """Leave `step` undecided when the last line has no end: a transfer was cut, which proves nothing."""
        if data and not data.endswith(b"\n"):
            self.undecided(step, "file_cut", {"file": path})

    def passed(self, step: str, reason: str, detail: Mapping[str, Value] | None = None) -> None:
        """Settle a step as proven."""
        self.settle(step, "pass", reason, detail)

    def failed(self, step: str, reason: str, detail: Mapping[str, Value] | None = None) -> NoReturn:
        """Settle a step by evidence against it, and end."""
        self.settle(step, "fail", reason, detail)
        raise Stopped

    def unknown(self, step: str, reason: str, detail: Mapping[str, Value] | None = None) -> None:
        """Settle a step that could not be found out, and go on."""
        self.settle(step, "unknown", reason, detail)

    def undecided(self, step: str, reason: str, detail: Mapping[str, Value] | None = None) -> NoReturn:
        """Settle a step that could not be found out, and end: there is nothing to go on with."""
        self.settle(step, "unknown", reason, detail)
        raise Stopped

    def settle(self, step: str, state: StepState, reason: str, detail: Mapping[str, Value] | None) -> None:
        """Write down the outcome of a step."""
        self.steps[step] = Step(step, state, reason, detail or {})

    def report(self) -> Report:
        """Return the report: a failure outweighs an unknown, an unknown outweighs the outcome."""
        steps = tuple(self.steps.get(step) or Step(step, "not_reached", "not_reached") for step in STEP_IDS)
        failed = next((step for step in steps if step.state == "fail"), None)
        unknown = next((step for step in steps if step.state == "unknown"), None)
        verdict: Verdict
        if failed is not None:
            verdict, reason = "unreadable" if failed.id == "V1" else "inconsistent", failed.reason
        elif unknown is not None:
            verdict, reason = "not_checked", unknown.reason
        else:
            verdict = reason = self.outcome
        return Report(self.code, verdict, reason, self.now, steps, self.sections, self.remember, self.remember_trust)
