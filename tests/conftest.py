"""What all tests share: how far the sweeps go, and property tests that say the same thing every time."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

FULL = os.environ.get("LEDGER_FULL") == "1"
BROWSER_TESTS = Path(__file__).parent / "browser"

# Two busy cores and coverage make single examples slow; a deadline would only report that.
_COMMON = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("small", max_examples=60, **_COMMON)  # type: ignore[arg-type]  # a dict of mixed values
settings.register_profile("full", max_examples=2_000, **_COMMON)  # type: ignore[arg-type]  # likewise mixed values
settings.load_profile("full" if FULL else "small")


@pytest.fixture(scope="session")
def full() -> bool:
    """Whether long sweeps run whole (LEDGER_FULL=1, or scripts/test.py --full)."""
    return FULL


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever lies in tests/browser is marked `browser`, so that -m "not browser" leaves it out."""
    for item in items:
        if BROWSER_TESTS in item.path.parents:
            item.add_marker("browser")
