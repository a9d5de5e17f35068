"""Fixtures of the site's tests: one small ledger and one built site a session."""

from pathlib import Path

import pytest
from sitegen import build_site

from tests.site.kit import SmallLedger, make_small_ledger


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallLedger:
    return make_small_ledger(tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="session")
def site(small: SmallLedger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "site"
    build_site(small.public, out)
    return out
