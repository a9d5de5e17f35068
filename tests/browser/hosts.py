"""nginx and Caddy as Debian ships them, started as anybody may on a free port, with the files that a build writes."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SECONDS = 30  # a start on a busy machine


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def nginx_command(site: Path, folder: Path, port: int) -> list[str]:
    """The command that runs nginx with the site's own server block: only what a host fills in is filled in."""
    block = (site / "nginx.conf").read_text("utf-8")
    block = block.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};").replace("/srv/ledger-site", str(site))
    block = "".join(line for line in block.splitlines(keepends=True) if "ssl_certificate" not in line)
    kept = "".join(
        f"{what}_temp_path {folder}/{what};\n" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    settings = folder / "main.conf"
    user = "user root;\n" if os.geteuid() == 0 else ""  # who may read the folder of the tests
    settings.write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\n{kept}{block}}}\n",
        "utf-8",
    )
    return [found("nginx"), "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(settings)]


def caddy_command(site: Path, folder: Path, port: int) -> list[str]:
    """Likewise for Caddy."""
    block = (site / "Caddyfile").read_text("utf-8")
    block = block.replace("ledger.example {", f"http://127.0.0.1:{port} {{").replace("/srv/ledger-site", str(site))
    settings = folder / "Caddyfile"
    settings.write_text(f"{{\n    admin off\n    auto_https off\n}}\n{block}", "utf-8")
    return [found("caddy"), "run", "--adapter", "caddyfile", "--config", str(settings)]


COMMANDS = {"nginx": nginx_command, "caddy": caddy_command}


def found(program: str) -> str:
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin")
    assert path, f"{program} is not installed; scripts/test.py installs it"
    return path


@contextmanager
def hosted(name: str, site: Path, folder: Path) -> Iterator[str]:
    """The address of the site on a real server, without the final slash."""
    port = free_port()
    log = folder / "output.txt"
    environment = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "XDG_DATA_HOME": str(folder)}
    with log.open("wb") as output:
        started = subprocess.Popen(
            COMMANDS[name](site, folder, port), cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            until = time.monotonic() + SECONDS
            while not answers(port):
                assert started.poll() is None, log.read_text("utf-8")
                assert time.monotonic() < until, log.read_text("utf-8")
                time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            started.terminate()
            started.wait(SECONDS)


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False
