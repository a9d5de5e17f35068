"""The collector pauses for the work and no longer, whatever happens in it."""

import gc

import pytest

from ledger.app.collector import paused_collector


@paused_collector()
def work(*, fails: bool = False) -> bool:
    if fails:
        raise RuntimeError("stop")
    with paused_collector():
        pass
    return gc.isenabled()


def test_it_is_paused_and_goes_on_afterwards() -> None:
    assert not work()
    assert gc.isenabled()
    with pytest.raises(RuntimeError, match="stop"):
        work(fails=True)
    assert gc.isenabled()
