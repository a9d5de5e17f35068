"""A second verifier, in another language and after the specification, agrees about every ledger of the vectors."""

import json
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pytest

from ledger.core.canonical import _UNSETTLED
from ledger.core.checklist import Absent
from ledger.core.details import SIZES
from ledger.core.mask import COMPOUND_SURNAMES
from ledger.core.published import digest_of_list
from ledger.core.trust import format_trust
from tests.evaluation import ORGS, evaluated
from tests.second.compiled import SOURCE, compiled
from tests.second.told import told
from tests.simulator import Simulator, number
from tests.unit.core.test_audit_folders import AMONG_ENTRIES, SOUND_LEDGERS
from tests.vectors.audit_cases import grown
from tests.vectors.breach_cases import published
from tests.vectors.ledger_cases import WITNESSES, base, governed, rotated, wide, witnessed_ledger
from tests.vectors.ledger_runner import AUDIT, AUDIT_EXPECT, read_files, read_json

MOST = 60  # changes of one ledger, evenly spread
MOST_LINES = 850  # in all
VECTORS = Path(__file__).resolve().parents[1] / "vectors"

# What has no form is "malformed" to it, whatever it is; of these it meets another defect first.
MET_FIRST = {
    "bundle_of_another_history": "record_signature",
    "checkpoint_by_thief": "root",
    "earlier_shard_cut": "shard_differs",
    "head_by_thief": "file_differs",
    "masked_cut": "file_differs",
    "profile_of_the_future": "profile_differs",
    "shard_cut": "shard_differs",
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The command that begins with the program and what it is told."""
    return [str(compiled(tmp_path_factory.mktemp("second") / "second")), str(VECTORS / "told.json")]


def written(folder: Path, trust: bytes, files: Mapping[str, bytes | Absent]) -> Path:
    """A public folder, and the trust that is pinned for it beside."""
    folder.mkdir()
    folder.with_suffix(".trust").write_bytes(trust)
    for path, content in files.items():
        if isinstance(content, bytes):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    return folder


def second(program: list[str], folders: Iterable[Path]) -> list[str]:
    """What the second verifier says of each folder."""
    pairs = (str(path) for folder in folders for path in (folder.with_suffix(".trust"), folder))
    ran = subprocess.run([*program, *pairs], capture_output=True, text=True, check=False)
    assert ran.stderr == ""
    return ran.stdout.splitlines()


def test_it_is_short() -> None:
    lines = [line for path in SOURCE.parent.glob("*.nim") for line in path.read_text(encoding="utf-8").splitlines()]
    assert 0 < len(lines) <= MOST_LINES
    assert max(map(len, lines)) <= 120


def test_the_data_beside_the_vectors_are_those_it_is_told() -> None:
    assert (VECTORS / "told.json").read_bytes() == told(), "run: python -m tests.second.told > tests/vectors/told.json"
    characters = json.loads(told())["characters"]
    assert len(characters) == 58
    assert all(_UNSETTLED.match(chr(point)) for point in characters)


def test_the_specification_lists_the_compound_surnames() -> None:
    surnames = json.loads(told())["surnames"]
    assert len(surnames) == len(COMPOUND_SURNAMES)
    assert set(surnames) == COMPOUND_SURNAMES


def test_it_agrees_about_every_ledger_of_the_vectors(program: list[str], tmp_path: Path) -> None:
    expected: dict[str, tuple[str, set[str]]] = {}
    for path in sorted((VECTORS / "ledger" / "audit").glob("*.json")):
        vector = read_json(path, AUDIT, AUDIT_EXPECT)
        written(tmp_path / path.stem, vector["trust"].encode(), read_files(VECTORS, vector["files"]))
        rules = {rule for rule, _ in vector["expect"]["findings"]}
        expected[path.stem] = vector["expect"]["verdict"], rules
    said = dict(zip(expected, second(program, (tmp_path / name for name in expected)), strict=True))
    agreed = 0
    for name, (verdict, rules) in expected.items():
        kind = said[name].partition(" ")[0]
        assert (kind == "ok") == (verdict == "verified"), (name, verdict, rules, said[name])
        if verdict == "not_verified":
            assert kind in {*rules, "malformed", MET_FIRST.get(name)}, (name, rules, said[name])
        agreed += 1
    assert said["exam_in_a_year_without_a_calendar"].startswith("undecided entry 7")
    print(f"the second verifier agrees about {agreed}/{len(expected)} ledgers")
    assert agreed == len(expected) > 180


def test_it_agrees_about_the_ledgers_of_the_lookups(program: list[str], tmp_path: Path) -> None:
    ledgers = [(case.name, False, case.make()) for case in AMONG_ENTRIES]
    ledgers += [(case.name, True, case.make()) for case in SOUND_LEDGERS]
    folders = [written(tmp_path / name, format_trust(one.trust), one.files) for name, _, one in ledgers]
    said = second(program, folders)
    assert len(said) == len(ledgers) > 60
    assert [
        (name, line) for (name, sound, _), line in zip(ledgers, said, strict=True) if line.startswith("ok ") != sound
    ] == []


def test_it_tells_sealed_details_by_name_size_and_number(program: list[str], tmp_path: Path) -> None:
    ledger = base()
    names = [f"details/{turn:02x}/{turn:030x}" for turn in range(100)]
    added = {
        "sound": {names[1]: bytes(SIZES[0])},
        "details_size": {names[1]: bytes(SIZES[0] - 1)},
        "details_count": dict.fromkeys(names, bytes(SIZES[0])),
        "file_unknown": {f"{names[1]}0": bytes(SIZES[0])},
    }
    trust, files = format_trust(ledger.trust), ledger.files()
    folders = [written(tmp_path / name, trust, {**files, **more}) for name, more in added.items()]
    assert [line.split()[0] for line in second(program, folders)] == ["ok", *[*added][1:]]


def suspended() -> Simulator:
    ledger = base()
    ledger.event("suspend", number(1))
    ledger.event("restore", number(1))
    ledger.correct(number(1))
    return ledger


def several_tiles() -> Simulator:
    ledger = Simulator()
    ledger.issue_many(range(1, 300))
    return ledger


def withdrawn() -> Simulator:
    ledger = base()
    ledger.masked[number(1)] = ""
    return ledger


def witnessed() -> Simulator:
    return witnessed_ledger((WITNESSES[0], 10), (WITNESSES[1], 20))


def examined() -> Simulator:
    """A whole filing, an evaluation with all that a notice asks for, and certificates that rest on it."""
    return evaluated("cn-zhejiang-2023-1")[0]


def listed() -> Simulator:
    """An evaluation whose results are published as a list of two."""
    shown = published("欧阳**")
    digest = digest_of_list(shown)
    ledger, seqs = evaluated("cn-chongqing-2020-1", changes={"results": {"count": 2, "digest": digest}})
    ledger.steps[f"notice/{seqs['results']}.json"] = shown
    return ledger


def test_it_accepts_an_evaluation_under_every_profile(program: list[str], tmp_path: Path) -> None:
    folders = []
    for profile in ORGS:
        ledger, _ = evaluated(profile)
        folders.append(written(tmp_path / profile[:6], format_trust(ledger.trust), ledger.files()))
    said = second(program, folders)
    assert [line for line in said if not line.startswith("ok ")] == []
    assert len(said) == len(ORGS)


@pytest.mark.parametrize(
    "make",
    [
        *(Simulator, base, wide, grown, suspended, several_tiles, withdrawn, witnessed, governed, rotated),
        *(examined, listed),
    ],
)
def test_it_accepts_sound_ledgers_and_no_byte_of_them_changed(
    make: Callable[[], Simulator], program: list[str], tmp_path: Path
) -> None:
    ledger = make()
    files, trust = ledger.files(), format_trust(ledger.trust)
    spoilt: list[tuple[str, dict[str, bytes | Absent]]] = []
    for place, (path, content) in enumerate(sorted(files.items())):
        for kind, changed in (("flip", _flipped(content)), ("cut", content[:-1]), ("gone", Absent.MISSING)):
            erased = changed is Absent.MISSING and path.startswith("notice/")  # which a list may be
            if changed != content and not erased:  # an empty shard cannot be cut
                spoilt.append((f"{place}-{kind}", {**files, path: changed}))
    most = MOST if len(ledger.raws) < 100 else MOST // 2
    folders = [written(tmp_path / "sound", trust, files)]
    folders += [written(tmp_path / name, trust, some) for name, some in spoilt[:: -(-len(spoilt) // most)]]
    said = second(program, folders)
    assert said[0].startswith("ok "), said[0]
    wrong = [folder.name for folder, line in zip(folders[1:], said[1:], strict=True) if line.startswith("ok ")]
    print(f"changes found by the second verifier: {len(said) - 1 - len(wrong)}/{len(said) - 1}")
    assert wrong == []


def _flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :] if data else data
