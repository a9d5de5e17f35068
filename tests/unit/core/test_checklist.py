"""The bookkeeping of a verification: what is asked for, what is settled, what ends it."""

import pytest

from ledger.core.checklist import Absent, Checklist, Stopped


def asked(run: Checklist, *paths: str) -> tuple[str, ...]:
    """The paths that are asked for, answered with their own names; () when nothing is asked."""
    question = run.ask(*paths)
    try:
        wanted = next(question)
    except StopIteration:
        return ()
    with pytest.raises(StopIteration):
        question.send({path: path.encode() for path in wanted})
    return wanted


def test_a_file_is_asked_for_once() -> None:
    run = Checklist("X", 0)
    assert asked(run, "a", "b", "a") == ("a", "b")
    assert asked(run, "b", "c") == ("c",)
    assert asked(run, "a", "b", "c") == ()
    assert run.files == {"a": b"a", "b": b"b", "c": b"c"}


def test_a_file_that_is_there_is_returned() -> None:
    run = Checklist("X", 0)
    run.files["a"] = b"data"
    assert run.file("V2", "a") == b"data"
    assert run.steps == {}


@pytest.mark.parametrize(("absent", "reason"), [(Absent.MISSING, "file_missing"), (Absent.UNREACHABLE, "unreachable")])
def test_without_a_file_the_step_is_undecided(absent: Absent, reason: str) -> None:
    run = Checklist("X", 0)
    run.files["a"] = absent
    with pytest.raises(Stopped):
        run.file("V2", "a")
    step = run.steps["V2"]
    assert (step.state, step.reason, step.detail) == ("unknown", reason, {"file": "a"})


def test_only_failed_and_undecided_end_the_procedure() -> None:
    run = Checklist("X", 0)
    run.passed("V1", "well_formed")
    run.unknown("V4", "stale", {"age": 9})
    for end in (run.failed, run.undecided):
        with pytest.raises(Stopped):
            end("V7", "shard_differs")
    assert {name: step.state for name, step in run.steps.items()} == {"V1": "pass", "V4": "unknown", "V7": "unknown"}


def test_the_first_failure_gives_the_reason() -> None:
    run = Checklist("X", 0)
    for name, state, reason in (("V4", "unknown", "stale"), ("V9", "fail", "key_unknown"), ("V8", "fail", "history")):
        run.settle(name, state, reason, None)  # type: ignore[arg-type]  # the states of the loop are those of the type
    assert (run.report().verdict, run.report().reason) == ("inconsistent", "history")


def test_a_failed_number_is_unreadable_and_says_so_before_all() -> None:
    run = Checklist("X", 0)
    run.settle("V1", "fail", "code_form", None)
    assert run.report().verdict == "unreadable"


def test_no_outcome_without_every_step_is_good() -> None:
    """An outcome set by mistake beside an unknown or a failure does not show."""
    run = Checklist("X", 0)
    run.outcome = "valid"
    run.unknown("V5", "witness_unsupported")
    assert run.report().verdict == "not_checked"
