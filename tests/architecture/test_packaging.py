"""The wheel holds both packages with their data; ruff sees everything; mkdocs writes outside the sources."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture import tree


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The file names in a wheel built from the working tree."""
    folder = tmp_path_factory.mktemp("wheel")
    # hatch honours this variable of the calling environment; without it the archive carries today's times
    values = dict(os.environ, SOURCE_DATE_EPOCH="1767225600")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(command, cwd=tree.ROOT, env=values, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_both_packages_whole(wheel_names: set[str]) -> None:
    sources = [path for path in tree.repository_files() if path.startswith(("ledger/", "build/sitegen/"))]
    assert {path.removeprefix("build/") for path in sources} <= wheel_names
    assert "sitegen/__init__.py" in wheel_names
    assert "ledger/py.typed" in wheel_names


@pytest.mark.parametrize("name", ["cn-chongqing-2020-1", "cn-anhui-2020-1"])
def test_the_wheel_holds_the_profiles(wheel_names: set[str], name: str) -> None:
    assert f"ledger/profiles/{name}.toml" in wheel_names


def test_the_wheel_holds_the_catalogues(wheel_names: set[str]) -> None:
    assert [name for name in wheel_names if name.startswith("ledger/locales/") and name.endswith(".toml")]


def test_the_wheel_holds_nothing_else(wheel_names: set[str]) -> None:
    tops = {name.split("/")[0] for name in wheel_names if ".dist-info/" not in name}
    assert tops == {"ledger", "sitegen"}


def test_ruff_looks_at_every_python_file() -> None:
    """Some tools skip a folder called build by default."""
    command = [sys.executable, "-m", "ruff", "check", "--show-files", "."]
    shown = subprocess.run(command, cwd=tree.ROOT, capture_output=True, text=True, check=True).stdout
    seen = {Path(line).resolve() for line in shown.splitlines()}
    assert set(tree.files(*tree.PRODUCT, "build", "scripts", "tests")) <= seen


def test_mkdocs_writes_outside_the_sources() -> None:
    """With its default setting mkdocs empties site/, which holds our sources."""
    lines = (tree.ROOT / "build" / "mkdocs.yml").read_text(encoding="utf-8").splitlines()
    settings = dict(line.split(": ", 1) for line in lines if ": " in line and line[0].isalpha())
    assert settings["docs_dir"] == "../site/docs"
    target = (tree.ROOT / "build" / settings["site_dir"]).resolve()
    assert target.is_relative_to(tree.ROOT / ".out")
    assert not (tree.ROOT / "mkdocs.yml").exists()
