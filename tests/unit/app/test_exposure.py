"""Exposure: the same counts as by going through the public files by hand; no folder that is not whole."""

from collections import Counter
from collections.abc import Mapping

import pytest

from ledger.app.exposure import PERIODS, Exposure, measure_exposure
from ledger.app.places import MemoryPlace
from ledger.app.replayed import PublishedError, replay_published
from ledger.core.checklist import Absent
from ledger.core.disclosure import make_disclosure
from ledger.core.entry import parse_entry
from ledger.core.shard import format_masked
from tests.simulator import PROFILES, Files, Simulator, masked_disclosure
from tests.site.register import Register, make_register


@pytest.fixture(scope="module")
def register() -> Register:
    return make_register()


def measured(files: Mapping[str, bytes | Absent], ledger: Simulator) -> Exposure:
    replayed = replay_published(MemoryPlace(ledger.files()), ledger.trust, PROFILES)
    return measure_exposure(MemoryPlace(files), replayed, PROFILES)


def masked_files(ledger: Simulator, views: dict[str, str]) -> Files:
    """The public folder with these views, and no others."""
    files = ledger.files()
    for path in [path for path in files if path.startswith("masked/")]:
        mine = [(code, view) for code, view in sorted(views.items()) if ledger.masked_file(code) == path]
        files[path] = format_masked(mine)
    return files


def test_it_is_what_the_entries_and_views_tell(register: Register) -> None:
    ledger = register.ledger
    names = {code: ("张**", "李**", "欧阳**")[n % 3] for n, code in enumerate(register.codes)}
    views = {code: masked_disclosure(code, name) for code, name in names.items()}
    withdrawn, none = register.codes[0], register.codes[4]
    views[withdrawn] = ""
    del views[none], names[withdrawn], names[none]
    found = measured(masked_files(ledger, views), ledger)
    assert (found.certificates, found.views, found.withdrawn) == (32, 30, 1)
    bodies = {}  # the newest of each number
    for raw in ledger.raws:
        record = parse_entry(raw).record
        if record.type in ("certificate.issue", "certificate.correct"):
            bodies[str(record.body["code"])] = record.body
    assert set(bodies) == set(register.codes)
    order = [(line.known, line.period) for line in found.lines]
    assert order == [(known, period) for known in ("facts", "organisation", "surname", "both") for period in PERIODS]
    for known, period, alone, few in found.lines:
        named = known in ("surname", "both")
        keys = [
            (
                *(str(body[name]) for name in ("occupation", "level")),
                str(body["issued"])[: PERIODS[period]],
                code[:13] if known in ("organisation", "both") else "",
                names[code] if named else "",
            )
            for code, body in bodies.items()
            if code in names or not named
        ]
        sizes = Counter(keys)
        assert alone == sum(sizes[key] == 1 for key in keys)
        assert few == sum(sizes[key] < 5 for key in keys)
    assert {line.alone for line in found.lines} > {0}


def test_without_views_nothing_is_said_of_surnames(register: Register) -> None:
    found = measured(masked_files(register.ledger, {}), register.ledger)
    assert (found.views, found.withdrawn, {line.known for line in found.lines}) == (0, 0, {"facts", "organisation"})


def test_a_folder_that_is_not_whole_is_refused(register: Register) -> None:
    ledger, code = register.ledger, register.codes[0]
    files = ledger.files()
    path = ledger.masked_file(code)
    salt = "A" * 22
    wrong: list[bytes | Absent] = [
        Absent.MISSING,
        b"no line",
        format_masked([(code, "xx")]),
        format_masked([(code, make_disclosure(salt, "masked", {"name": "张三"}))]),
    ]
    for data in wrong:
        with pytest.raises(PublishedError, match=path):
            measured({**files, path: data}, ledger)
