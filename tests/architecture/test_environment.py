"""The scripts that make the environment: quick when nothing changed, loud about what the machine lacks."""

import os
import shutil
from pathlib import Path

import environment
import pytest

# A name as pip and apt know it, never a URL or a path.
PACKAGES = ["strace", "chromium"]


def test_an_environment_is_ready_only_for_the_files_it_was_made_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"
    python.touch()
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(environment, "PYTHON", python)
    assert not environment.is_ready("runtime")
    environment.stamp_file("test").write_text(environment.wanted_stamp("test"), "ascii")
    assert environment.is_ready("test")
    assert environment.is_ready("runtime"), "what has the test packages has the runtime's"
    monkeypatch.setattr(environment, "REQUIREMENTS", tmp_path)
    for name in ("runtime", "test"):
        (tmp_path / f"{name}.txt").write_text("changed==1\n", "ascii")
    assert not environment.is_ready("runtime")


def test_the_runtime_alone_does_not_make_the_tests_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "python"
    python.touch()
    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(environment, "PYTHON", python)
    environment.stamp_file("runtime").write_text(environment.wanted_stamp("runtime"), "ascii")
    assert environment.is_ready("runtime")
    assert not environment.is_ready("test")


@pytest.fixture
def debian(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A Debian machine that lacks PACKAGES; the commands that would be run."""
    commands: list[list[str]] = []
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(environment, "missing_packages", lambda: PACKAGES)
    monkeypatch.setattr(environment, "run", lambda command, _what: commands.append(command))
    return commands


def test_root_installs_debian_packages_by_name(debian: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    environment.browsers()
    update, install = debian
    assert update[-1] == "update"
    assert install[-2:] == PACKAGES
    assert "sudo" not in " ".join(install)


def test_without_the_right_to_install_it_says_what_to_install(
    debian: list[list[str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "sudo" else f"/usr/bin/{name}")
    with pytest.raises(SystemExit) as stopped:
        environment.browsers()
    assert stopped.value.code == 3
    assert "apt-get install strace chromium" in capsys.readouterr().err
    assert debian == []


def test_a_failing_command_shows_what_it_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        environment.run(["sh", "-c", "echo the reason; exit 7"], "the step")
    message = capsys.readouterr().err
    assert "the step failed" in message
    assert "the reason" in message
