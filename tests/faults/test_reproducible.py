"""The same ledger gives the same bytes: public/ made again from the register, and the site in another surrounding.

One build in the tests' own surroundings, another in another folder, working directory, time zone, locale and hash seed.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from sample_rosters import write_samples

from ledger.app.events import record_event, renew
from ledger.app.home import Home
from ledger.app.writing import trust_of_ledger
from ledger.core.trust import format_trust
from ledger.publish.projection import project
from tests.faults.making import START, append, files_of, keyring_of, make_ledger, open_home

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Grown:
    """A ledger of 260 and more entries with public/ after every commit."""

    home: Home
    publications: list[dict[str, bytes]]


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Grown:
    """Grow over 256 entries (full tiles), over 8 commits (deleted ones) and over several widths of the index."""
    folder = tmp_path_factory.mktemp("grown")
    home = open_home(folder)
    publications = [files_of(home.public)]
    with home.open_store() as store:
        keyring = keyring_of(home)
        for number, roster in enumerate(write_samples(folder)):
            done = append(home, store, roster, now=START + 60 + number, seed=f"roster {number}")
            publications.append(files_of(home.public))
        for number in range(3):
            record_event(
                home,
                store,
                keyring,
                "certificate.reissue",
                done.first,
                reason="lost",
                effective=None,
                side="organisation",
                now=START + 100 + number,
            )
            publications.append(files_of(home.public))
        for number in range(5):
            renew(home, store, keyring, now=START + 200 + number)
            publications.append(files_of(home.public))
    return Grown(home, publications)


def put(files: dict[str, bytes], folder: Path) -> None:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def projected(home: Home, folder: Path) -> dict[str, bytes]:
    with home.open_store() as store:
        project(store, folder, format_trust(trust_of_ledger(store)), {})
    return files_of(folder)


def test_public_thrown_away_is_made_again_byte_for_byte(grown: Grown, tmp_path: Path) -> None:
    newest = grown.publications[-1]
    assert "tile/entries/000" in newest
    assert "tile/0/000" in newest
    assert len([path for path in newest if path.startswith("heads/")]) == 8
    again = projected(grown.home, tmp_path / "public")
    assert again.keys() == newest.keys()
    assert again == newest


def test_from_every_earlier_state_it_comes_to_the_same_bytes(grown: Grown, tmp_path: Path) -> None:
    """A copy left behind, by one commit or by all, catches up to what a fresh one is."""
    same = 0
    for number, older in enumerate(grown.publications):
        put(older, tmp_path / str(number))
        same += projected(grown.home, tmp_path / str(number)) == grown.publications[-1]
    print(f"caught up to the same bytes: {same}/{len(grown.publications)}")
    assert same == len(grown.publications)


def test_projecting_again_changes_nothing_not_even_a_time(grown: Grown, tmp_path: Path) -> None:
    put(grown.publications[-1], tmp_path)
    times = {path: (tmp_path / path).stat().st_mtime_ns for path in grown.publications[-1]}
    assert projected(grown.home, tmp_path) == grown.publications[-1]
    assert {path: (tmp_path / path).stat().st_mtime_ns for path in grown.publications[-1]} == times


def test_two_ledgers_of_the_same_seeds_are_the_same(tmp_path: Path) -> None:
    """Nothing comes in but the arguments: no clock, no randomness, no order of a folder or a set."""
    first, second = make_ledger(tmp_path / "a", 12, 2), make_ledger(tmp_path / "b", 12, 2)
    assert first.publications == second.publications
    script = (
        "import sys; from pathlib import Path; from tests.faults.making import make_ledger;"
        "make_ledger(Path(sys.argv[1]), 12, 2)"
    )
    surroundings = {
        **os.environ,
        "TZ": "America/St_Johns",
        "LC_ALL": "C",
        "LANG": "C",
        "PYTHONHASHSEED": "4711",
        "PYTHONUTF8": "0",
        "PYTHONPATH": os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "scripts"))),
    }
    subprocess.run(
        [sys.executable, "-B", "-c", script, str(tmp_path / "c")], check=True, cwd=tmp_path, env=surroundings
    )
    assert files_of(tmp_path / "c" / "home" / "public") == first.public


@pytest.mark.slow
def test_two_sites_are_the_same_bytes_anywhere(grown: Grown, tmp_path: Path, full: bool) -> None:
    """Both builds in a process of their own, so that neither profits from the tests' settings."""
    script = (
        "import sys; from pathlib import Path; from sitegen.site import build_site;"
        f"build_site(Path(sys.argv[1]), Path(sys.argv[2]), docs={full})"
    )
    path = os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "scripts"), str(REPOSITORY / "build")))
    surroundings = (
        {"TZ": "Asia/Shanghai", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "1"},
        {"TZ": "America/St_Johns", "LC_ALL": "C", "PYTHONHASHSEED": "4711", "LANG": "de_DE"},
    )
    sites = []
    for number, surrounding in enumerate(surroundings):
        folder = tmp_path / f"surrounding {number}"
        copy = folder / "public folder"
        put(grown.publications[-1], copy)
        subprocess.run(
            [sys.executable, "-B", "-c", script, str(copy), str(folder / "site")],
            check=True,
            cwd=folder,
            env={**os.environ, **surrounding, "PYTHONPATH": path},
        )
        sites.append(files_of(folder / "site"))
    first, second = sites
    differing = sorted(path for path in first.keys() | second.keys() if first.get(path) != second.get(path))
    print(f"files of the same bytes: {len(first) - len(differing)}/{len(first)}")
    assert not differing
    for path, data in grown.publications[-1].items():
        assert first[f"ledger/{path}"] == data
