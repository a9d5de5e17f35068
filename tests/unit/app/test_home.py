"""The home's configuration and its keys."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.app.home import Home, HomeError, format_config, load_profiles, parse_config
from ledger.crypto.sealed import SealError
from tests.unit.app.world import CONFIG, PASSPHRASE, World

TEXT = format_config(CONFIG)


def test_it_reads_back() -> None:
    assert parse_config(TEXT) == CONFIG
    assert format_config(parse_config(TEXT)) == TEXT
    odd = replace(CONFIG, operator='引"号\\n 𠮷\n换行', profiles=("a", "b"))
    assert parse_config(format_config(odd)) == odd


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("version = ", "ledger.toml"),
        (TEXT.replace("version = 1", "version = 2"), "version must be 1"),
        (TEXT.replace("version = 1\n", ""), "version must be 1"),
        (TEXT.replace("anchor =", "anker ="), "anchor, anker"),
        (TEXT + 'more = "x"\n', "more"),
    ],
)
def test_other_forms_are_refused_by_name(text: str, problem: str) -> None:
    with pytest.raises(HomeError, match=problem):
        parse_config(text)


def test_a_folder_without_configuration_is_no_home(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(HomeError, match="holds no ledger"):
            Home.at(path)


def test_the_profiles_are_named_like_their_files() -> None:
    assert {name: profile.name for name, profile in load_profiles().items()} == {
        name: name
        for name in (
            "cn-anhui-2020-1",
            "cn-chongqing-2020-1",
            "cn-national-2018-1",
            "cn-shandong-2020-1",
            "cn-zhejiang-2023-1",
        )
    }


def test_paths(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", CONFIG)
    assert home.anchor == tmp_path / "anchor"
    assert (home.public, home.outputs) == (tmp_path / "home/public", tmp_path / "home/outputs")
    absolute = Home(tmp_path / "home", replace(CONFIG, anchor=str(tmp_path / "far" / "a")))
    assert absolute.anchor == tmp_path / "far" / "a"


def test_the_register_may_lie_elsewhere(world: World, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.db"
    home = Home(world.home.path, replace(CONFIG, register=f"sqlite:///{elsewhere.as_posix()}"))
    with home.open_store(create=True) as store:
        assert store.size() == 0
    assert elsewhere.is_file()


class TestKeyring:
    def test_a_wrong_passphrase(self, world: World) -> None:
        with pytest.raises(SealError):
            world.home.open_keyring("wrong", allow_test=True)

    def test_keys_sealed_for_tests_are_refused_in_earnest(self, world: World) -> None:
        with pytest.raises((SealError, HomeError)):
            world.home.open_keyring(PASSPHRASE)

    def test_no_keyring(self, world: World) -> None:
        world.home.keyring_file.unlink()
        with pytest.raises(HomeError, match="keyring"):
            world.home.open_keyring(PASSPHRASE, allow_test=True)

    @pytest.mark.parametrize("data", [b"", b"not sealed", b"\xff" * 500])
    def test_a_damaged_keyring(self, world: World, data: bytes) -> None:
        world.home.keyring_file.write_bytes(data)
        with pytest.raises((HomeError, SealError)):
            world.home.open_keyring(PASSPHRASE, allow_test=True)

    def test_a_saved_keyring_opens_again(self, world: World) -> None:
        ring, seal = world.home.open_keyring(PASSPHRASE, allow_test=True)
        more = ring.with_signing_key("S000050000002", bytes(range(32)))
        world.home.save_keyring(more, seal, world.random.randbytes)
        again = world.keyring
        assert again.signer("S000050000002").key == more.signer("S000050000002").key
        assert again.signer(CONFIG.origin).key == ring.signer(CONFIG.origin).key
