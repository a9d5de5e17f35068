"""What is in the repository, and what must never be."""

import os
import re
import subprocess
import tomllib

import pytest

from tests.architecture import tree

TOP = {
    ".ci",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "build",
    "keys",
    "ledger",
    "pyproject.toml",
    "scripts",
    "site",
    "tests",
}
# Written in pieces, so that this file does not hold what it forbids.
REGISTRIES = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "npmmirror" + ".com",
    "yarnpkg" + ".com",
    "jsdelivr" + ".net",
    "unpkg" + ".com",
    "pypi" + ".tuna",
    "mirrors" + ".aliyun",
]
HOMES = [
    "/wo" + "rk/",
    "/ro" + "ot/",
    "/ho" + "me/(?!pyodide)[a-z]",
    "/Us" + "ers/[A-Z]",
    r"[A-Z]:\\+Us" + "ers",
]
MACHINE_PATHS = re.compile(rf"(?<![\w.])({'|'.join(HOMES)})".encode())
# PeterNeumann's is the published example key of the signed-note format.
PRIVATE_KEYS = re.compile(rb"-----BEGIN [A-Z ]*PRIV" + rb"ATE KEY|PRIV" + rb"ATE\+KEY\+(?!PeterNeumann\+)")
PATHS = [path for path in tree.repository_files() if not path.startswith("tests/vectors/")]


def test_top_level_names_are_the_fixed_ones() -> None:
    assert {path.split("/")[0] for path in tree.repository_files()} <= TOP


def test_build_is_no_package() -> None:
    """build/__init__.py would shadow the build tool; the package is build/sitegen."""
    assert not (tree.ROOT / "build" / "__init__.py").exists()
    assert (tree.ROOT / "build" / "sitegen" / "__init__.py").exists()


@pytest.mark.parametrize("path", ["build/sitegen/x.py", "site/docs/x.md", "keys/x.vkey", "site/assets/x.css"])
def test_source_folders_are_not_ignored(path: str) -> None:
    asked = subprocess.run(["git", "check-ignore", "-q", "--no-index", path], cwd=tree.ROOT, check=False)
    assert asked.returncode == 1, f"{path} is ignored"


@pytest.mark.parametrize("path", [".venv/x", ".out/x", ".demo/x", ".cache/x"])
def test_output_folders_are_ignored(path: str) -> None:
    asked = subprocess.run(["git", "check-ignore", "-q", "--no-index", path], cwd=tree.ROOT, check=False)
    assert asked.returncode == 0, f"{path} is not ignored"


def test_no_file_names_a_package_registry() -> None:
    found = []
    for path in PATHS:
        data = (tree.ROOT / path).read_bytes().lower()
        found += [(path, host) for host in REGISTRIES if host.encode() in data]
    assert not found


def test_no_file_holds_a_path_of_one_machine() -> None:
    assert not [path for path in PATHS if MACHINE_PATHS.search((tree.ROOT / path).read_bytes())]


def test_no_file_holds_a_private_key() -> None:
    assert not [path for path in PATHS if PRIVATE_KEYS.search((tree.ROOT / path).read_bytes())]


def test_text_files_have_plain_line_ends_and_utf8() -> None:
    endings = (".py", ".md", ".toml", ".js", ".mjs", ".css", ".html", ".j2", ".yml", ".txt", ".json")
    for path in PATHS:
        if path.endswith(endings):
            data = (tree.ROOT / path).read_bytes()
            assert b"\r" not in data, f"{path} has carriage returns"
            data.decode("utf-8")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no executable bit")
def test_commands_are_executable() -> None:
    assert os.access(tree.ROOT / ".ci" / "run", os.X_OK)


def test_locked_requirements_pin_every_artifact() -> None:
    """Each requirement is one version with its hashes, and each declared dependency is among them."""
    project = tomllib.loads((tree.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    declared = {"runtime": project["project"]["dependencies"]}
    declared["test"] = [*declared["runtime"], *project["dependency-groups"]["test"]]
    declared["node"] = project["dependency-groups"]["node"]
    for name, wanted in declared.items():
        text = (tree.ROOT / "scripts" / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        blocks = [block for block in re.split(r"\n(?=[a-z0-9])", text) if not block.startswith("#")]
        pinned = set()
        for block in blocks:
            match = re.match(r"([a-z0-9-]+)==[^ ]+", block)
            assert match, f"{name}.txt: not one version: {block[:60]}"
            assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", block), f"{name}.txt: {match[1]} has no hash"
            pinned.add(match[1])
        needed = {re.split(r"[<>=!~;\[ ]", item)[0].lower() for item in wanted}
        assert needed <= pinned, f"{name}.txt lacks {needed - pinned}; run python3 scripts/lock.py"
