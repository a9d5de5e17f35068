"""Every transcript in transcripts/ prints what it says; the runner refuses what it does not know."""

import shlex
import shutil
from pathlib import Path

import pytest

from ledger.core.encoding import parse_time
from tests.cli.cases import NOW, ledger, make_issued, make_opened
from tests.cli.transcript import TranscriptError, matches, parse_transcript, write_files

FOLDER = Path(__file__).parent / "transcripts"
TRANSCRIPTS = sorted(FOLDER.glob("*.txt"))


@pytest.fixture(scope="session")
def ledgers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders that transcripts begin with."""
    made = {name: tmp_path_factory.mktemp(name) for name in ("nothing", "opened", "issued")}
    make_opened(made["opened"])
    make_issued(made["issued"])
    return made


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_transcript_is_true(path: Path, ledgers: dict[str, Path], tmp_path: Path) -> None:
    transcript = parse_transcript(path.read_text(encoding="utf-8"))
    folder = tmp_path / "here"
    shutil.copytree(ledgers[transcript.header["after"]], folder)
    write_files(transcript, folder)
    for step in transcript.steps:
        now = parse_time(f"{step.day}T08:00:00Z", "day") if step.day else NOW
        ran = ledger(folder, *shlex.split(step.command)[1:], lang=transcript.header["lang"], now=now)
        shown = f"{path.name}:{step.line}: {step.command}\n{ran.out}{ran.err}exit {ran.code}"
        assert ran.code == step.code, shown
        assert matches(step.out, ran.out), f"standard output of {shown}"
        assert matches(step.err, ran.err), f"standard error of {shown}"


def test_there_are_transcripts_in_both_languages() -> None:
    headers = [parse_transcript(path.read_text(encoding="utf-8")).header for path in TRANSCRIPTS]
    assert {header["lang"] for header in headers} == {"zh", "en"}


HEADER = "comment: x\nlang: en\nafter: nothing\n\n"


@pytest.mark.parametrize(
    "text",
    [
        "comment: x\nlang: en\nafter: nothing\nmood: good\n\n$ ledger\n= 2\n",
        "comment: x\nlang: en\n\n$ ledger\n= 2\n",
        "comment: x\nlang: fr\nafter: nothing\n\n$ ledger\n= 2\n",
        HEADER,
        HEADER + "$ ledger\n",
        HEADER + "$ ledger\n? what\n= 2\n",
        HEADER + "$ ledger\n= 2\n> behind the exit code\n",
        HEADER + "$ rm -r /\n= 0\n",
        HEADER + "ledger\n= 0\n",
        HEADER + "$ ledger\n@ 2026-12-09\n= 2\n",
    ],
    ids=[
        *("unknown key", "missing key", "language", "empty", "no code", "mark", "after the code", "other", "no mark"),
        "day inside",
    ],
)
def test_a_wrong_transcript_is_refused(text: str) -> None:
    with pytest.raises(TranscriptError):
        parse_transcript(text)


def test_the_comparison_sees_differences() -> None:
    assert matches(["a", "...", "c <any>"], "a\nb\nb\nc d\n")
    assert matches([], "")
    assert not matches(["a"], "a\nb\n")
    assert not matches([], "a\n")
    assert not matches(["a<any>c"], "a\nc\n")
