"""`ledger serve` as a process: it says where it is, sends the headers of production, and Ctrl-C ends it well."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3

from tests.cli.cases import ledger

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one child alone there")
def test_a_site_is_served_until_ctrl_c(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>x</title>")
    command = [sys.executable, "-m", "ledger.cli", "serve", str(tmp_path), "--port", "0", "--lang", "en"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=dict(os.environ, PYTHONPATH=f"{ROOT}{os.pathsep}{ROOT / 'build'}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - no threads here; a test run in the background would hand down an ignored SIGINT
    ) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        answer = urllib3.request("GET", address)
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert process.returncode == 0, told
    assert told == "hint: Ctrl-C stops it\nledger: stopped\n"


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    import socket

    (tmp_path / "index.html").write_text("<!doctype html><title>x</title>")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = ledger(tmp_path, "serve", ".", "--port", str(taken.getsockname()[1]))
    assert ran.code == 1
    assert ran.err.startswith("ledger: error: ")
    assert "Traceback" not in ran.err
