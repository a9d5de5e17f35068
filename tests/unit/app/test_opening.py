"""Opening a ledger: once, with fresh keys, and again where a kill came between."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from ledger.app.home import Config, Home, HomeError
from ledger.app.opening import open_ledger
from ledger.app.writing import trust_of_ledger
from ledger.core.entry import parse_entry
from ledger.core.note import format_vkey
from ledger.core.trust import parse_trust
from ledger.crypto.sealed import TEST, SealError
from ledger.store import Store
from tests.unit.app.world import CONFIG, NOW, PASSPHRASE, World


def open_at(path: Path, config: Config = CONFIG, *, seed: int = 1, passphrase: str = PASSPHRASE) -> Home:
    return open_ledger(path, config, passphrase, now=NOW, random=Random(seed).randbytes, kdf=TEST)


def files(root: Path) -> dict[str, bytes]:
    return {str(file.relative_to(root)): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def test_the_first_record_says_what_was_decided(empty: World) -> None:
    first, index = (parse_entry(raw) for raw in empty.store.entries(0, 2))
    ring = empty.keyring
    assert first.record.type == "ledger.open"
    assert first.record.body == {
        "log_key": format_vkey(ring.signer(CONFIG.origin).key),
        "operator": CONFIG.operator,
        "origin": CONFIG.origin,
        "policy": {"disclosure": "masked", "max_age": CONFIG.max_age, "witness": ""},
        "profiles": list(CONFIG.profiles),
        "registrar_keys": [format_vkey(ring.signer(CONFIG.registrar).key)],
    }
    assert (index.record.type, index.time) == ("index", first.time)
    trust = trust_of_ledger(empty.store)
    assert parse_trust((empty.home.public / "trust.json").read_bytes()) == trust
    assert trust.registrars == (ring.signer(CONFIG.registrar).key,)


def test_a_ledger_that_requires_evidence_says_so_in_its_first_record(tmp_path: Path) -> None:
    home = open_at(tmp_path / "home", replace(CONFIG, evidence="required"))
    with home.open_store() as store:
        first = parse_entry(next(store.entries(0, 1)))
    assert first.record.body["policy"] == {
        "disclosure": "masked", "evidence": "required", "max_age": CONFIG.max_age, "witness": "",
    }  # fmt: skip
    assert Home.at(home.path).config.evidence == "required"
    assert 'evidence = "required"' in (home.path / "ledger.toml").read_text(encoding="utf-8")
    with pytest.raises(HomeError, match="required or recorded"):
        open_at(tmp_path / "other", replace(CONFIG, evidence="perhaps"))


def test_the_home_and_its_keys_are_the_owners_alone(empty: World) -> None:
    assert empty.home.keyring_file.stat().st_mode & 0o077 == 0
    assert Home.at(empty.home.path).config == CONFIG
    assert PASSPHRASE.encode() not in empty.home.keyring_file.read_bytes()


def test_two_ledgers_have_different_keys(tmp_path: Path) -> None:
    one = open_at(tmp_path / "a" / "home", seed=1)
    two = open_at(tmp_path / "b" / "home", seed=2)
    keys = [h.open_keyring(PASSPHRASE, allow_test=True)[0].signer(CONFIG.origin).key for h in (one, two)]
    assert keys[0] != keys[1]


def test_a_ledger_is_opened_once(empty: World) -> None:
    before = empty.snapshot()
    with pytest.raises(HomeError, match="holds an open ledger already"):
        open_at(empty.home.path, seed=3)
    assert empty.snapshot() == before


def test_a_folder_with_anything_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("x")
    before = files(tmp_path)
    with pytest.raises(HomeError, match="is not empty"):
        open_at(tmp_path / "home")
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"origin": "skill-ledger/record"}, "must not begin with skill-ledger/"),
        ({"origin": ""}, "origin"),
        ({"origin": "ledger example"}, "origin"),
        ({"origin": "ledger+example"}, "origin"),
        ({"origin": "ledger\x01example"}, "origin"),
        ({"registrar": ""}, "registrar"),
        ({"registrar": "registrar example"}, "registrar"),
        ({"registrar": "registrar+example"}, "registrar"),
        ({"registrar": "registrar\texample"}, "registrar"),
        ({"operator": ""}, "operator"),
        ({"operator": " 运行方"}, "operator"),
        ({"operator": "名" * 201}, "operator"),
        ({"operator": "e\u0301"}, "cannot be opened like this"),
        ({"disclosure": "everything"}, "preset"),
        ({"max_age": 0}, "max_age"),
    ],
)
def test_what_the_first_record_could_not_say_is_refused_before_anything_is_written(
    tmp_path: Path, changes: dict[str, str], problem: str
) -> None:
    with pytest.raises(HomeError, match=problem):
        open_at(tmp_path / "home", replace(CONFIG, **changes))  # type: ignore[arg-type]  # one is a number
    assert not (tmp_path / "home").exists()


class TestInterrupted:
    """Killed anywhere, `open` is run again: it uses what is there, and nothing is signed twice."""

    def killed(self, monkeypatch: pytest.MonkeyPatch, target: str, path: Path) -> None:
        def fail(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(target, fail)
            with pytest.raises(KeyboardInterrupt):
                open_at(path)

    @pytest.mark.parametrize(
        "target",
        [
            "ledger.app.home.Home.save_keyring",
            "ledger.app.home.Home.open_store",
            "ledger.app.opening.sign_record",
            "ledger.app.writing.Draft.commit",
        ],
    )
    def test_before_the_commit(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str) -> None:
        path = tmp_path / "home"
        self.killed(monkeypatch, target, path)
        kept = (path / "keys" / "keyring.sealed").is_file()
        key = Home.at(path).open_keyring(PASSPHRASE, allow_test=True)[0].signer(CONFIG.origin).key if kept else None
        home = open_at(path, seed=9)
        with home.open_store() as store:
            assert store.size() == 2
            assert key in {None, trust_of_ledger(store).log}

    def test_with_another_passphrase_it_is_not_gone_on_with(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.killed(monkeypatch, "ledger.app.opening.sign_record", tmp_path / "home")
        before = files(tmp_path / "home")
        with pytest.raises(SealError):
            open_at(tmp_path / "home", passphrase="another passphrase")
        assert files(tmp_path / "home") == before

    def test_behind_the_commit_the_next_command_publishes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from ledger.app.writing import publish

        self.killed(monkeypatch, "ledger.app.opening.publish", tmp_path / "home")
        home = Home.at(tmp_path / "home")
        with pytest.raises(HomeError, match="open ledger already"):
            open_at(home.path)
        with home.open_store() as store:
            publish(home, store)
        assert (home.public / "head").is_file()

    def test_what_was_decided_first_counts(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.killed(monkeypatch, "ledger.app.opening.sign_record", tmp_path / "home")
        home = open_at(tmp_path / "home", replace(CONFIG, disclosure="status"))
        assert home.config.disclosure == "masked"


def test_a_register_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Store, "open", fail)
    with pytest.raises(OSError, match="no space"):
        open_at(tmp_path / "home")
