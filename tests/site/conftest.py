"""Fixtures of the site's tests, made once a session: a small ledger, a register with notices, their built sites."""

from pathlib import Path

import pytest
from sitegen import build_site

from tests.site.kit import SmallLedger, make_small_ledger
from tests.site.register import DAY, Register, make_register


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> SmallLedger:
    return make_small_ledger(tmp_path_factory.mktemp("ledger"))


@pytest.fixture(scope="session")
def site(small: SmallLedger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("built") / "site"
    build_site(small.public, out)
    return out


@pytest.fixture(scope="session")
def register() -> Register:
    return make_register()


@pytest.fixture(scope="session")
def register_site(register: Register, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("register")
    build_site(register.write(folder / "public"), folder / "site", day=DAY, docs=False)
    return folder / "site"
