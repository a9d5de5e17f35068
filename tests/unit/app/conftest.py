from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.evaluation import PLAN, body_of
from tests.simulator import PROFILES
from tests.unit.app.courses import CHONGQING, Course
from tests.unit.app.world import World, worlds


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture
def world(homes: Path, tmp_path: Path) -> Iterator[World]:
    """A ledger with the school filed."""
    yield from worlds(homes, tmp_path)


@pytest.fixture
def empty(homes: Path, tmp_path: Path) -> Iterator[World]:
    """A ledger with nothing but its opening."""
    yield from worlds(homes, tmp_path, filed=False)


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    """A ledger with a plan."""
    course = Course(tmp_path, CHONGQING)
    course.seqs["plan"] = course.record("plan.file", body_of("plan.file", PROFILES[CHONGQING], {}), PLAN)
    yield course
    course.close()
