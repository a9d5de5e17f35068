"""The ceremony guide rehearsed: every command of keys/CEREMONY.md, in its order, on a real ledger."""

import re
import shlex
import shutil
from itertools import pairwise
from pathlib import Path

import pytest

from ledger.core.note import VerifierKey
from ledger.core.trust import Trust, parse_trust
from ledger.crypto.keyring import next_name
from tests.cli.cases import NUMBER, Ran, ledger, make_issued, must

GUIDE = Path(__file__).resolve().parents[2] / "keys" / "CEREMONY.md"
SECTIONS = GUIDE.read_text(encoding="utf-8").split("\n## ")[1:]


def commands(section: str) -> list[list[str]]:
    """The command lines of a section's blocks."""
    blocks = re.findall(r"```\n(.*?)```", section, flags=re.DOTALL)
    return [shlex.split(line)[1:] for block in blocks for line in block.splitlines()]


def do(folder: Path, words: list[str]) -> Ran:
    """One command of the guide; keys are sealed weakly, as in every test."""
    weak = ["--test-keys"] if words[:2] == ["key", "new"] else []
    return ledger(folder, *words, *weak, whose=" ".join(words))


def pinned(folder: Path) -> Trust:
    return parse_trust((folder / "账本/public/trust.json").read_bytes())


def valid(folder: Path) -> None:
    """The certificate issued before everything is still proven, by whoever kept the first trust.json."""
    ran = must(ledger(folder, "check", NUMBER, "--in", "账本/public", "--trust", "first.json"))
    assert "Valid" in ran.out
    must(ledger(folder, "verify", "账本/public", "--trust", "first.json"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("ceremony")
    make_issued(made)
    (made / "home").rename(made / "账本")
    (made / "home.anchor").rename(made / "账本.anchor")
    config = made / "账本/ledger.toml"
    config.write_text(config.read_text(encoding="utf-8").replace("../home.anchor", "../账本.anchor"), encoding="utf-8")
    for name in ("a", "b", "c", "usb"):
        (made / name).mkdir()
    for kept in ("first.json", "trust.json"):
        shutil.copy(made / "账本/public/trust.json", made / kept)
    return made


def test_the_guide_from_the_first_line_to_the_last(folder: Path) -> None:
    keys: list[tuple[VerifierKey, tuple[VerifierKey, ...]]] = []
    done = 0
    for section in SECTIONS:
        if section.startswith("八"):
            (folder / "账本/keys/keyring.sealed").unlink()
        for words in commands(section):
            must(do(folder, words))
            done += 1
        valid(folder)
        trust = pinned(folder)
        keys.append((trust.log, trust.registrars))
    assert done == 37
    assert pinned(folder).version == 5
    assert parse_trust((folder / "trust.json").read_bytes()) == pinned(folder)
    assert [a[0] != b[0] for a, b in pairwise(keys)] == [False, False, True, *[False] * 5]
    assert [a[1] != b[1] for a, b in pairwise(keys)] == [False, False, False, True, *[False] * 4]
    listed = must(ledger(folder, "--home", "账本", "key", "list")).out.splitlines()
    assert [line.split()[0] for line in listed[1:-1]] == [
        "ledger", "ledger", "registrar", "registrar", "organisation", "organisation", *["custodian"] * 3
    ]  # fmt: skip
    assert listed[-1] == "3 custodians, 2 of whom decide together; they must speak again before 2029-01-01T00:00:00Z"
    # What was replaced is not in the keyring any more, neither to us nor to a thief.
    restored = must(do(folder, ["--home", "账本", "key", "backup", "--out", "usb/last.sealed"])).out
    assert next_name("") not in restored


def test_what_goes_wrong_is_told(folder: Path) -> None:
    """After the rehearsal: each mistake of a tired person, its exit code, and that nothing changed."""
    before = (folder / "账本/public/checkpoint").read_bytes()
    draft = ["--home", "账本", "trust", "draft", "--max-age", "9", "--out", "again.note"]
    must(do(folder, draft))
    cases = [
        (["--home", "账本", "trust", "apply", "again.note"], 1, "fewer than 2 custodians of version 5 signed"),
        (["--home", "账本", "trust", "apply", "更新-1.note"], 1, "version 1 where 6 is due"),
        (draft, 2, "perhaps with somebody's signature"),
        (["--home", "账本", "key", "rotate", "--log"], 1, "they replace the ledger's key together"),
        (["--home", "账本", "key", "rotate"], 2, "one of the two"),
        (["--home", "账本", "key", "restore", "usb/keyring-1.sealed"], 1, "no key named ledger.test/one"),
        (["--home", "账本", "key", "restore", "usb/keyring-4.sealed"], 1, "has keys that the backup does not"),
        (["--home", "账本", "key", "restore", "a/custodian-a.sealed"], 1, "not the keyring of a home"),
        (["--home", "账本", "key", "backup", "--out", "账本/copy.sealed"], 1, "inside the home"),
        (["--home", "账本", "key", "backup", "--out", "usb/last.sealed"], 1, "never overwritten"),
        (["--home", "账本", "key", "revoke", "S000050000001", "00000000"], 1, "no key 00000000 to revoke"),
        (["--home", "账本", "key", "add", "S000050000001", "x"], 2, "not a public key"),
        (["trust", "sign", "again.note", "--key", "usb/keyring-5.sealed"], 1, "not the one key of a custodian"),
        (["trust", "sign", "again.note"], 2, "one of --key, --agent, --token"),
        (["trust", "sign", "again.note", "--agent", "nobody"], 2, "has no custodian nobody"),
        (["trust", "sign", "again.note", "--token", "passphrase"], 2, "needs --name"),
        (["trust", "show", "账本/public", "--update", "again.note"], 2, "not both"),
        (["key", "new", "--name", "a b", "--out", "x.sealed"], 1, "cannot be named so"),
        (["key", "new", "--name", "a", "--out", "a/custodian-a.sealed"], 1, "never overwritten"),
        (["--home", "账本", "trust", "draft", "--expires", "2020-01-01", "--out", "y.note"], 1, "expired already"),
        (["--home", "账本", "trust", "draft", "--threshold", "4", "--out", "y.note"], 1, "this makes no trust"),
    ]
    for words, code, told in cases:
        ran = do(folder, words)
        assert (ran.code, told in ran.err) == (code, True), (words, ran.err)
        assert "Traceback" not in ran.err
    assert (folder / "账本/public/checkpoint").read_bytes() == before
    assert not (folder / "y.note").exists()


def test_a_stolen_custodians_key_alone_is_worth_nothing(folder: Path) -> None:
    must(do(folder, ["--home", "账本", "trust", "draft", "--max-age", "30", "--out", "one.note"]))
    must(do(folder, ["trust", "sign", "one.note", "--key", "a/custodian-a.sealed"]))
    must(do(folder, ["trust", "sign", "one.note", "--key", "a/custodian-a.sealed"]))
    stranger = do(folder, ["trust", "sign", "one.note", "--key", "c/custodian-c.sealed"])  # replaced in section 7
    assert "is no custodian of the update" in must(stranger).err
    ran = do(folder, ["--home", "账本", "trust", "apply", "one.note"])
    assert (ran.code, "fewer than 2 custodians" in ran.err) == (1, True)
    must(do(folder, ["trust", "sign", "one.note", "--key", "b/custodian-b.sealed"]))
    must(do(folder, ["--home", "账本", "trust", "apply", "one.note"]))
    valid(folder)


def test_a_place_must_not_take_the_trust_back(folder: Path, tmp_path: Path) -> None:
    """Whoever followed to the newest trust is not led back by a copy of an older site."""
    shutil.copytree(folder / "账本/public", tmp_path / "public")
    shutil.copy(folder / "first.json", tmp_path)
    must(ledger(tmp_path, "verify", "public", "--trust", "first.json"))
    for file in (tmp_path / "public/trust").iterdir():
        if int(file.name) > 2:
            file.unlink()
    ran = ledger(tmp_path, "verify", "public", "--trust", "first.json")
    assert (ran.code, "trust/3" in ran.out + ran.err) == (1, True)
    (tmp_path / "public/trust/1").write_bytes((tmp_path / "public/trust/2").read_bytes())
    ran = ledger(tmp_path, "trust", "follow", "public", "--trust", "first.json")
    assert (ran.code, "may not follow what is pinned" in ran.err) == (1, True)
    assert (tmp_path / "first.json").read_bytes() == (folder / "first.json").read_bytes()
