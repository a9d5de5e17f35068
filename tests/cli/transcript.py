"""Transcripts: command lines with what they print, as text that a non-programmer can read.

    comment: what is shown
    lang: en
    after: issued                 begin with a copy of that ledger: nothing, opened or issued (cases.py)

    @ 2026-12-09                  what follows happens on that day; without, on the day of cases.py
    $ ledger --home home org list
    > Code           State
    > ...                         any number of lines
    > entry <any>                 any text without a line break
    ! ledger: a line of standard error
    = 0

    -- file roster.csv
    the lines of a file, up to the next `--` or the end

Every command ends with its exit code. Whatever is not of this form is an error of the transcript, never skipped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

KEYS = {"comment", "lang", "after"}
LANGUAGES = {"zh", "en"}
LEDGERS = {"nothing", "opened", "issued"}


class TranscriptError(Exception):
    """The transcript itself is wrong."""


@dataclass
class Step:
    """A command, the lines expected on each stream, the exit code."""

    line: int
    command: str
    day: str = ""
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    code: int | None = None


@dataclass
class Transcript:
    """A transcript as read."""

    header: dict[str, str]
    steps: list[Step]
    files: dict[str, str]


def parse_transcript(text: str) -> Transcript:
    """Read a transcript. Raises TranscriptError."""
    lines = text.split("\n")
    header: dict[str, str] = {}
    at = 0
    while at < len(lines) and lines[at].strip():
        key, separator, value = lines[at].partition(": ")
        if not separator or key not in KEYS or key in header:
            raise TranscriptError(f"line {at + 1}: unknown or repeated key {key!r}")
        header[key] = value
        at += 1
    if header.keys() != KEYS or header["lang"] not in LANGUAGES or header["after"] not in LEDGERS:
        raise TranscriptError(f"the header needs {sorted(KEYS)}, with known values")
    cut = next((n for n, line in enumerate(lines) if n >= at and line.startswith("-- file ")), len(lines))
    steps = list(_steps(lines[at:cut], at))
    if not steps or any(step.code is None for step in steps):
        raise TranscriptError("there must be commands, each with its exit code")
    return Transcript(header, steps, _files(lines[cut:]))


def _steps(lines: list[str], first: int) -> Iterator[Step]:
    step: Step | None = None
    day = ""
    for number, line in enumerate(lines, first + 1):
        mark, rest = line[:1], line[2:]
        if line and line[1:2] not in ("", " "):
            raise TranscriptError(f"line {number}: {line!r}")
        if mark == "$":
            if not rest.startswith("ledger"):
                raise TranscriptError(f"line {number}: only ledger is run")
            if step is not None:
                yield step
            step = Step(number, rest, day)
        elif mark == "@" and (step is None or step.code is not None):
            day = rest
        elif not line.strip():
            continue
        elif step is None or step.code is not None or mark not in (">", "!", "="):
            raise TranscriptError(f"line {number}: {line!r}")
        elif mark == "=":
            step.code = int(rest)
        else:
            (step.out if mark == ">" else step.err).append(rest)
    if step is not None:
        yield step


def _files(lines: list[str]) -> dict[str, str]:
    files: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        if line.startswith("-- file "):
            current = files.setdefault(line.removeprefix("-- file "), [])
        else:
            current.append(line)
    return {name: "\n".join(content).rstrip("\n") + "\n" for name, content in files.items()}


def write_files(transcript: Transcript, folder: Path) -> None:
    """Write the embedded files."""
    for name, text in transcript.files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def matches(expected: list[str], printed: str) -> bool:
    """Whether `printed` is what the lines expect: `...` for any lines, `<any>` for any text inside one."""
    pattern = ""
    for line in expected:
        if line == "...":
            pattern += r"(?:[^\n]*\n)*"
        else:
            pattern += r"[^\n]*".join(re.escape(part) for part in line.split("<any>")) + r"\n"
    return re.fullmatch(pattern, printed) is not None
