"""Witnesses on the command line: by files, over HTTP, with a quorum, and what they refuse."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ledger.app.witness_server import make_server
from ledger.app.witnessing import WitnessHome, log_folder, witnessing
from ledger.core.checkpoint import open_checkpoint
from ledger.core.note import parse_vkey
from ledger.core.trust import parse_trust
from ledger.crypto.pynacl_verify import verify
from tests.cli.cases import FILING, NOW, NUMBER, OPEN, PASSPHRASE, Ran, csv, ledger, must
from tests.fixtures.forms import person

NAMES = ("archive", "university", "press")


@dataclass(frozen=True)
class World:
    """A ledger that wants two of three witnesses, each in a folder of its own."""

    folder: Path

    def home(self, *arguments: str, now: int = NOW) -> Ran:
        return ledger(self.folder, "--home", "home", *arguments, now=now)

    def cosign_by_file(self, name: str, *, now: int = NOW) -> Ran:
        """Carry a request to the witness; its answer is in answer.<name>."""
        must(self.home("cosign", "request", name, "--out", f"request.{name}", now=now))
        return self.answer(name, now=now)

    def answer(self, name: str, *, now: int = NOW) -> Ran:
        out = ("--out", f"answer.{name}")
        return ledger(self.folder, "witness", "cosign", f"request.{name}", "--dir", name, *out, now=now)

    def verdict(self, *, now: int = NOW) -> tuple[int, str]:
        ran = ledger(self.folder, "check", NUMBER, "--in", "home/public", "--json", "--trust", "trust.json", now=now)
        return ran.code, ran.out


def opened(folder: Path, urls: dict[str, str] | None = None) -> World:
    keys = {}
    for name in NAMES:
        new = ("witness", "new", "--dir", name, "--name", f"{name}.example", "--test-keys")
        said = must(ledger(folder, *new, whose=name)).out
        keys[name] = said.split()[2]
        assert parse_vkey(keys[name]).name == f"{name}.example"
    lines = [f"witness {name} {key} {(urls or {}).get(name, '')}".rstrip() for name, key in keys.items()]
    (folder / "policy").write_text("\n".join([*lines, f"group two 2 {' '.join(NAMES)}", "quorum two", ""]))
    must(ledger(folder, "--home", "home", *OPEN, "--witness", "policy", "--test-keys"))
    (folder / "filing.toml").write_text(FILING, encoding="utf-8")
    (folder / "roster.csv").write_text(csv([person("19900101"), person("19910101")]), encoding="utf-8")
    world = World(folder)
    must(world.home("org", "file", "filing.toml"))
    must(world.home("append", "roster.csv"))
    shutil.copy(folder / "home/public/trust.json", folder / "trust.json")
    for name in NAMES:
        must(ledger(folder, "witness", "follow", "--dir", name, "--trust", "trust.json"))
    return world


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return opened(tmp_path_factory.mktemp("witnesses")).folder


@pytest.fixture
def world(made: Path, tmp_path: Path) -> World:
    """A copy for one test; the ledger's anchor lies beside its home, so it is copied too."""
    shutil.copytree(made, tmp_path / "world")
    return World(tmp_path / "world")


def test_two_of_three_by_files(world: World) -> None:
    assert world.home("cosign", "status").code == 1
    code, report = world.verdict()
    assert code == 3
    assert '"reason":"quorum_not_met"' in report

    assert world.cosign_by_file("archive", now=NOW + 10).code == 0
    assert world.home("cosign", "add", "answer.archive").code == 1
    assert world.verdict()[0] == 3

    assert world.cosign_by_file("press", now=NOW + 20).code == 0
    assert world.home("cosign", "add", "answer.press").code == 0
    code, report = world.verdict(now=NOW + 60)
    assert code == 0
    assert '"as_of":"2026-11-20T08:00:10Z"' in report
    assert '"witnesses":["archive","press"]' in report
    assert must(ledger(world.folder, "verify", "home/public", "--trust", "trust.json"))
    for file in ("head", f"heads/{_newest(world)}"):
        assert b"press.example" in (world.folder / "home/public" / file).read_bytes()


def _newest(world: World) -> str:
    return max((file.name for file in (world.folder / "home/public/heads").iterdir()), key=int)


def test_the_ledger_grows_from_cosigned_to_cosigned(world: World) -> None:
    assert world.cosign_by_file("archive").code == 0
    assert world.home("cosign", "add", "answer.archive").code == 1
    must(world.home("revoke", NUMBER, "--reason", "fraud", now=NOW + 100))
    assert (world.home("cosign", "request", "archive", "--out", "r", now=NOW + 200)).code == 0
    assert (world.folder / "r").read_bytes().startswith(b"old 8\n")
    assert world.cosign_by_file("archive", now=NOW + 200).code == 0
    assert world.cosign_by_file("university", now=NOW + 200).code == 0
    assert world.home("cosign", "add", "answer.archive", "answer.university", now=NOW + 300).code == 0
    code, report = world.verdict(now=NOW + 300)
    assert (code, '"verdict":"revoked"' in report) == (1, True)


def test_an_answer_for_an_older_checkpoint_changes_nothing(world: World) -> None:
    assert world.cosign_by_file("archive").code == 0
    must(world.home("renew", now=NOW + 100))
    before = (world.folder / "home/public/head").read_bytes()
    ran = world.home("cosign", "add", "answer.archive")
    assert ran.code == 1
    assert "not for the newest checkpoint" in ran.err
    assert (world.folder / "home/public/head").read_bytes() == before


@pytest.mark.parametrize("data", [b"", b"no line\n", "— somebody.example AAAAAAAA\n".encode()])
def test_what_is_no_answer_changes_nothing(world: World, data: bytes) -> None:
    (world.folder / "answer").write_bytes(data)
    before = (world.folder / "home/public/head").read_bytes()
    assert world.home("cosign", "add", "answer").code == 1
    assert (world.folder / "home/public/head").read_bytes() == before


def test_a_fork_is_not_cosigned(world: World) -> None:
    """A copy of the ledger, anchor and all, goes on in another way: the witness has seen the one."""
    other = World(world.folder.parent / "other")
    shutil.copytree(world.folder, other.folder)
    must(world.home("revoke", NUMBER, "--reason", "fraud", now=NOW + 100))
    must(other.home("renew", now=NOW + 100))
    must(other.home("renew", now=NOW + 200))
    must(other.home("renew", now=NOW + 250))
    assert world.cosign_by_file("archive", now=NOW + 300).code == 0
    for old, status in (("0", 409), ("10", 422)):
        must(other.home("cosign", "request", "archive", "--old", old, "--out", "request.archive"))
        shutil.copy(other.folder / "request.archive", world.folder)
        (world.folder / "answer.archive").unlink(missing_ok=True)
        ran = world.answer("archive", now=NOW + 400)
        assert ran.code == 1
        assert f"not cosigned ({status})" in ran.err
        assert not (world.folder / "answer.archive").exists()


def test_a_size_that_the_ledger_never_had(world: World) -> None:
    ran = world.home("cosign", "request", "archive", "--old", "999", "--out", "r")
    assert ran.code == 1
    assert "has seen another state" in ran.err


@pytest.mark.parametrize("damage", [None, b"", b"not a note"])
def test_a_witness_that_lost_its_state_stops(world: World, damage: bytes | None) -> None:
    assert world.cosign_by_file("archive").code == 0
    origin = parse_trust((world.folder / "trust.json").read_bytes()).origin
    state = world.folder / "archive/logs" / log_folder(origin) / "checkpoint"
    if damage is None:
        state.unlink()
    else:
        state.write_bytes(damage or b"\n")
    ran = world.answer("archive")
    assert ran.code == 1
    assert "lost its state must not go on" in ran.err


def test_what_a_witness_is_told_wrongly(world: World) -> None:
    cases = [
        (("new", "--dir", "archive", "--name", "archive.example", "--test-keys"), "the home of a witness already"),
        (("new", "--dir", "home", "--name", "x", "--test-keys"), "not empty"),
        (("new", "--dir", "w", "--name", "two words", "--test-keys"), "a name is not empty"),
        (("follow", "--dir", "archive", "--trust", "trust.json"), "followed already"),
        (("show", "--dir", "home"), "not the home of a witness"),
    ]
    for arguments, said in cases:
        ran = ledger(world.folder, "witness", *arguments)
        assert (ran.code, said in ran.err) == (1, True), ran.err
    for arguments in (("follow", "--dir", "archive"), ("follow", "--dir", "archive", "--log", "x")):
        assert ledger(world.folder, "witness", *arguments).code == 2
    key = (world.folder / "policy").read_text().split()[2]
    assert ledger(world.folder, "witness", "follow", "--dir", "archive", "--log", key).code == 1
    assert world.home("cosign", "request", "nobody", "--out", "r").code == 1


def test_a_ledger_without_a_policy_and_a_policy_that_cannot_be_read(tmp_path: Path) -> None:
    must(ledger(tmp_path, "--home", "plain", *OPEN, "--test-keys"))
    ran = ledger(tmp_path, "--home", "plain", "cosign", "status")
    assert ran.code == 1
    assert "asks for no witnesses" in ran.err
    (tmp_path / "policy").write_text("quorum somebody\n")
    ran = ledger(tmp_path, "--home", "home", *OPEN, "--witness", "policy", "--test-keys")
    assert ran.code == 2
    assert "policy line 1: a name that no line before defines" in ran.err
    assert not (tmp_path / "home").exists()


def test_show(world: World) -> None:
    assert world.cosign_by_file("archive").code == 0
    out = must(ledger(world.folder, "witness", "show", "--dir", "archive")).out
    assert "ledger.test/one" in out
    assert " 8" in out


# -- over HTTP -------------------------------------------------------------------------------------------------------


@contextmanager
def listening(folder: Path, name: str) -> Iterator[str]:
    home = WitnessHome.at(folder / name)
    with witnessing(home, home.signer(PASSPHRASE, allow_test=True)) as witness:
        server = make_server(witness, "127.0.0.1", 0, now=lambda: NOW + 5)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()


def test_two_of_three_over_http(tmp_path: Path) -> None:
    import urllib3

    # The policy needs the URLs before the witnesses listen: they are opened on free ports that are then given back.
    urls = {"archive": "http://127.0.0.1:9/", "university": "http://127.0.0.1:9/"}
    world = opened(tmp_path, urls)
    ran = world.home("cosign", "ask")
    assert ran.code == 3
    assert "archive: could not be reached" in ran.err
    with listening(tmp_path, "archive") as url:
        request = tmp_path / "request.archive"
        must(world.home("cosign", "request", "archive", "--out", str(request)))
        pool = urllib3.PoolManager(retries=False, timeout=5)

        def post(body: bytes, path: str = "/add-checkpoint") -> tuple[int, str, bytes]:
            answer = pool.request("POST", f"{url}/prefix{path}", body=body)
            return answer.status, answer.headers["Content-Type"], answer.data

        status, _, line = post(request.read_bytes())
        assert (status, line.startswith("— archive.example ".encode())) == (200, True)
        must(world.home("renew", now=NOW + 100))
        stale = request.read_bytes()
        must(world.home("cosign", "request", "archive", "--old", "0", "--out", str(request)))
        assert post(request.read_bytes()) == (409, "text/x.tlog.size", b"8\n")
        assert post(stale)[0] == 409
        assert post(b"old 0\n\n")[0] == 400
        assert post(b"x" * 70_000)[0] == 413
        assert post(b"", "/other")[0] == 404
        trust = parse_trust((tmp_path / "trust.json").read_bytes())
        note = pool.request("GET", f"{url}/{log_folder(trust.origin)}/checkpoint")
        assert (note.status, open_checkpoint(note.data, trust.log, verify).size) == (200, 8)
        assert b"archive.example" in note.data
        for path in ("/x/checkpoint", "/checkpoint", "/"):
            assert pool.request("GET", url + path).status == 404


def test_ask_goes_on_from_the_size_that_the_witness_has(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The register does not know what the witness has cosigned: it is asked twice."""
    from ledger.app import cosigning
    from ledger.core.policy import Policy, Witness

    assert world.cosign_by_file("archive").code == 0  # and the answer is lost
    must(world.home("renew", now=NOW + 100))
    with listening(world.folder, "archive") as url:
        original = cosigning.policy_of

        def with_url(store: object) -> Policy:
            policy = original(store)  # type: ignore[arg-type]  # passed on as it came
            witnesses = {**policy.witnesses, "archive": Witness(policy.witnesses["archive"].key, url)}
            return Policy(policy.logs, witnesses, policy.groups, policy.quorum)

        monkeypatch.setattr(cosigning, "policy_of", with_url)
        ran = world.home("cosign", "ask", now=NOW + 200)
    assert "archive: cosigned" in ran.err
    assert ran.code == 1  # one of two


# -- killed ----------------------------------------------------------------------------------------------------------


class KilledError(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("moment", ["before the state", "after the state", "after the signature"])
def test_killed_anywhere_it_never_signs_two_histories(
    world: World, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The fork comes to the witness after it was killed; whichever it promised first is the one it signs, ever."""
    from ledger.app import witnessing as module

    other = World(world.folder.parent / "other")
    shutil.copytree(world.folder, other.folder)
    must(world.home("revoke", NUMBER, "--reason", "fraud", now=NOW + 100))
    must(other.home("renew", now=NOW + 100))
    must(other.home("renew", now=NOW + 150))
    requests = []
    for one in (world, other):
        for old in ("0", "10"):
            must(one.home("cosign", "request", "archive", "--old", old, "--out", "request.archive"))
            requests.append((one.folder / "request.archive").read_bytes())
    ours, theirs = set(requests[:2]), set(requests[2:])
    home = WitnessHome.at(world.folder / "archive")
    signer = home.signer(PASSPHRASE, allow_test=True)
    signed: list[bytes] = []

    def killed(*_: object) -> None:
        raise KilledError

    with witnessing(home, signer) as witness, monkeypatch.context() as patch:
        if moment == "before the state":
            patch.setattr(module, "write_atomic", killed)
        elif moment == "after the state":
            patch.setattr(module, "cosign", killed)
        try:
            witness.answer(requests[0], NOW + 200)
            signed.append(requests[0])
        except KilledError:
            assert moment != "after the signature"
    with witnessing(home, signer) as witness:
        for request in (*requests[2:], *requests):
            try:
                witness.answer(request, NOW + 300)
            except module.Refused:
                continue
            signed.append(request)
    assert signed
    assert set(signed) <= (theirs if moment == "before the state" else ours)
