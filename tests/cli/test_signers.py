"""A custodian's key in an ssh-agent, and in a token behind PKCS#11: both sign an update that files would."""

import base64
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.core.note import ED25519, VerifierKey, format_vkey
from tests.cli.cases import ledger, make_opened, must

SOFTHSM = next(iter(Path("/usr/lib").glob("**/libsofthsm2.so")), Path("libsofthsm2.so"))
PIN = "1234"


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An ssh-agent that holds one Ed25519 key; the file of its public half."""
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(tmp_path / "id")], check=True
    )
    socket = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL) as running:
        try:
            while not socket.exists():
                assert running.poll() is None
            monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
            subprocess.run(["ssh-add", "-q", str(tmp_path / "id")], check=True, capture_output=True)
            yield tmp_path / "id.pub"
        finally:
            running.terminate()


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VerifierKey:
    """A SoftHSM token with one Ed25519 pair; its public key."""
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n", encoding="utf-8")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    # The module reads its configuration once a process: the token is made by this one, and used by another.
    init = ["softhsm2-util", "--init-token", "--free", "--label", "custodian", "--pin", PIN, "--so-pin", "9876"]
    subprocess.run(init, check=True, capture_output=True)
    made = subprocess.run([sys.executable, "-c", _MAKE, str(SOFTHSM), PIN], check=True, capture_output=True, text=True)
    return VerifierKey("custodian-c.example", ED25519, bytes.fromhex(made.stdout)[-32:])


_MAKE = """
import sys, pkcs11
from pkcs11 import Attribute, KeyType, Mechanism
from pkcs11.util.ec import encode_named_curve_parameters
token = pkcs11.lib(sys.argv[1]).get_token(token_label="custodian")
with token.open(user_pin=sys.argv[2], rw=True) as session:
    parameters = session.create_domain_parameters(
        KeyType.EC_EDWARDS, {Attribute.EC_PARAMS: encode_named_curve_parameters("1.3.101.112")}, local=True
    )
    public, _ = parameters.generate_keypair(mechanism=Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, id=b"1", label="c")
    print(bytes(public[Attribute.EC_POINT]).hex())
"""


def drafted(folder: Path, *keys: VerifierKey) -> None:
    """An update that names these custodians, all of whom must sign."""
    make_opened(folder)
    named = [word for key in keys for word in ("--custodian", format_vkey(key))]
    terms = ["--threshold", str(len(keys)), "--expires", "2028-01-01"]
    must(ledger(folder, "--home", "home", "trust", "draft", *named, *terms, "--out", "update"))


def test_an_agent_signs(tmp_path: Path, agent: Path) -> None:
    public = base64.b64decode(agent.read_text(encoding="utf-8").split()[1])[-32:]
    key = VerifierKey("custodian-a.example", ED25519, public)
    drafted(tmp_path, key)
    must(ledger(tmp_path, "trust", "sign", "update", "--agent", "custodian-a.example"))
    must(ledger(tmp_path, "--home", "home", "trust", "apply", "update"))
    subprocess.run(["ssh-add", "-q", "-D"], check=True, capture_output=True)
    ran = ledger(tmp_path, "trust", "sign", "update", "--agent", "custodian-a.example")
    assert (ran.code, "no agent holds the key of custodian-a.example" in ran.err) == (1, True)


def test_a_token_signs(tmp_path: Path, token: VerifierKey) -> None:
    """In a process of its own: a PKCS#11 module reads its environment once."""
    drafted(tmp_path, token)
    (tmp_path / "pin").write_text(f"{PIN}\n", encoding="utf-8")
    (tmp_path / "wrong").write_text("0000\n", encoding="utf-8")

    def sign(pin: str, module: Path) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("ledger")
        words = ["trust", "sign", "update", "--token", str(module), "--name", token.name, "--passphrase-file", pin]
        environment = {**os.environ, "LEDGER_LANG": "en"}
        return subprocess.run(
            [str(program), *words], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )

    before = (tmp_path / "update").read_bytes()
    ran = sign("wrong", SOFTHSM)
    assert (ran.returncode, "the PIN is wrong" in ran.stderr) == (1, True), ran.stderr
    ran = sign("pin", tmp_path / "pin")
    assert (ran.returncode, "no PKCS#11 module that works here" in ran.stderr) == (1, True), ran.stderr
    assert (tmp_path / "update").read_bytes() == before
    ran = sign("pin", SOFTHSM)
    assert ran.returncode == 0, ran.stderr
    must(ledger(tmp_path, "--home", "home", "trust", "apply", "update"))
    shutil.rmtree(tmp_path / "tokens")
    (tmp_path / "tokens").mkdir()
    ran = sign("pin", SOFTHSM)
    assert (ran.returncode, "holds the key of custodian-c.example" in ran.stderr) == (1, True), ran.stderr
