"""The browser's runtime: what is pinned is what is there, our core is in it unchanged, and it runs all vectors."""

import base64
import gzip
import hashlib
import io
import json
import os
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
from pyodide_lock import PyodideLockSpec
from sitegen import qr, runtime
from sitegen.errors import ToolError
from sitegen.node import find_node
from sitegen.places import RUNTIME

from ledger.core.profile import load_profile, read_profile
from ledger.profiles import names
from tests.site.kit import REPOSITORY, SmallLedger, native_report


@pytest.fixture(scope="module")
def manifest(site: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((site / "runtime.json").read_text("utf-8"))
    return value


def test_the_manifest_pins_the_files_that_are_there(site: Path, manifest: dict[str, Any]) -> None:
    for name in ("wasm", "library", "lookup", "audit", "wheel"):
        pin = manifest[name]
        data = (site / pin["path"]).read_bytes()
        assert len(data) == pin["size"]
        assert base64.b64encode(hashlib.sha256(data).digest()).decode() == pin["sha256"]
    for name in ("loader", "program"):
        assert (site / manifest[name]).is_file()


def test_the_wasm_is_the_pinned_package_s(manifest: dict[str, Any]) -> None:
    package = runtime.pyodide_package(find_node(), lambda _line: None)
    version = json.loads((package / "package.json").read_text("utf-8"))["version"]
    assert version == json.loads((RUNTIME / "package.json").read_text("utf-8"))["dependencies"]["pyodide"]
    digest = hashlib.sha256((package / "pyodide.asm.wasm").read_bytes()).digest()
    assert base64.b64encode(digest).decode() == manifest["wasm"]["sha256"]


def test_the_qr_reader_is_the_pinned_package_s(site: Path, manifest: dict[str, Any]) -> None:
    """Unchanged and with its licence; its wasm pinned, so that its default address elsewhere is never asked."""
    package = runtime.npm_packages(find_node(), lambda _line: None) / "zxing-wasm"
    folder = site / Path(manifest["qr"]["wasm"]["path"]).parent
    assert site / manifest["qr"]["loader"] == folder / qr.LOADER
    for place, source in qr.FILES.items():
        assert (folder / place).read_bytes() == (package / source).read_bytes(), place
    data = (site / manifest["qr"]["wasm"]["path"]).read_bytes()
    assert base64.b64encode(hashlib.sha256(data).digest()).decode() == manifest["qr"]["wasm"]["sha256"]
    assert gzip.decompress((folder / f"{qr.WASM}.gz").read_bytes()) == data
    named = (site / "third-party.txt").read_text("utf-8")
    for dependency, version in json.loads((RUNTIME / "package.json").read_text("utf-8"))["dependencies"].items():
        assert f"{dependency} {version}" in named.lower()
    assert "Apache License" in (site / "apache-2.0.txt").read_text("utf-8")


def test_the_npm_lock_has_hashes_and_no_addresses() -> None:
    text = (RUNTIME / "package-lock.json").read_text("utf-8")
    packages = json.loads(text)["packages"]
    assert all(entry["integrity"].startswith("sha512-") for name, entry in packages.items() if name)
    assert "resolved" not in text
    assert "//" not in text.replace("https://github.com/sponsors", "")


def test_our_core_is_in_the_wheel_unchanged(site: Path, manifest: dict[str, Any]) -> None:
    with zipfile.ZipFile(site / manifest["wheel"]["path"]) as wheel:
        for path in sorted((REPOSITORY / "ledger" / "core").glob("*.py")):
            assert wheel.read(f"ledger/core/{path.name}") == path.read_bytes()
        for path in sorted((REPOSITORY / "ledger" / "profiles").glob("*.toml")):
            values = json.loads(wheel.read(f"ledger/profiles/{path.stem}.json"))
            assert read_profile(values) == load_profile(path.read_text("utf-8"))
        recorded = wheel.read(next(name for name in wheel.namelist() if name.endswith("RECORD"))).decode()
        for line in recorded.splitlines()[:-1]:
            name, digest, size = line.rsplit(",", 2)
            data = wheel.read(name)
            wanted = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            assert (digest, int(size)) == (f"sha256={wanted}", len(data))


def test_nothing_but_the_core_is_in_the_wheel(site: Path, manifest: dict[str, Any]) -> None:
    with zipfile.ZipFile(site / manifest["wheel"]["path"]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    allowed = ("ledger/core/", "ledger/profiles/", "ledger/__init__.py", "ledger_browser.py", "ledger_start.py")
    assert {name for name in names if not name.startswith(allowed)} == set()


def test_what_the_page_runs_is_what_the_wheel_shows(site: Path, manifest: dict[str, Any]) -> None:
    """The archives hold the wheel's compiled modules and data, each once; an audit's modules wait for an audit."""
    with zipfile.ZipFile(site / manifest["wheel"]["path"]) as wheel:
        shown = {name: wheel.read(name) for name in wheel.namelist()}
    held: dict[str, set[str]] = {}
    for name in ("lookup", "audit"):
        with zipfile.ZipFile(site / manifest[name]["path"]) as archive:
            held[name] = set(archive.namelist())
            assert {path for path in held[name] if archive.read(path) != shown.get(path)} <= {"methods.bin"}
    assert held["lookup"] & held["audit"] == set()
    assert {"ledger/core/verify.pyc", "ledger/core/printed.pyc", "ledger_browser.pyc"} <= held["lookup"]
    assert {"ledger/core/auditing.pyc", "ledger/core/workingdays.pyc"} <= held["audit"]
    assert not any(name.endswith(".py") for name in held["lookup"] | held["audit"])


def test_the_library_is_without_what_no_page_runs(site: Path, manifest: dict[str, Any]) -> None:
    with zipfile.ZipFile(site / manifest["library"]["path"]) as library:
        names = set(library.namelist())
    stand_ins = {path.relative_to(runtime.INSTEAD).as_posix() for path in runtime.INSTEAD.rglob("*.py")}
    assert {f"{name}c" for name in stand_ins} <= names
    assert "traceback.pyc" in names
    modules = {name.removesuffix(".pyc").removesuffix("/__init__") for name in names}
    assert modules & {"asyncio/tasks", "pathlib", "ssl", "subprocess", "tempfile", "zipfile"} == set()


def test_a_stand_in_for_nothing_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "stock.zip", "w") as stock:
        stock.writestr("asyncio/__init__.py", "")
        stock.writestr("asyncio/tasks.py", "")
    runtime.write_library(tmp_path / "made.zip", tmp_path / "stock.zip", {"asyncio.py": b"pass"})
    with zipfile.ZipFile(tmp_path / "made.zip") as made:
        assert made.namelist() == ["asyncio.py"]
    with pytest.raises(ToolError, match=r"instead/ssl\.py takes the place of no module"):
        runtime.write_library(tmp_path / "made.zip", tmp_path / "stock.zip", {"ssl.py": b"pass"})


def test_the_lock_is_one_that_pyodide_lock_accepts(site: Path, manifest: dict[str, Any]) -> None:
    lock = json.loads(next(site.glob("runtime/core-*/pyodide-lock.json")).read_text("utf-8"))
    assert lock["info"] == manifest["info"]
    lock["info"].setdefault("version", "314")  # the line for Python 3.11 still asks for it
    spec = PyodideLockSpec.model_validate(lock)
    spec.check_wheel_filenames()
    (package,) = spec.packages.values()
    wheel = (site / manifest["wheel"]["path"]).read_bytes()
    assert package.sha256 == hashlib.sha256(wheel).hexdigest()


def test_the_library_is_precompiled_and_small(site: Path, manifest: dict[str, Any]) -> None:
    data = (site / manifest["library"]["path"]).read_bytes()
    with zipfile.ZipFile(io.BytesIO(data)) as library:
        names = library.namelist()
    assert all(name.endswith(".pyc") for name in names)
    assert len(names) < 220
    assert len(data) < 5_000_000
    assert {"tomllib/_parser.pyc", "hashlib.pyc", "hmac.pyc", "_strptime.pyc", "traceback.pyc"} <= set(names)


def test_a_second_build_packs_nothing_again() -> None:
    said: list[str] = []
    first = runtime.make_runtime("0.0.0", said.append)
    said.clear()
    second = runtime.make_runtime("0.0.0", said.append)
    assert said == []
    assert second.files == first.files


def in_bundle(site: Path, script: Path, *mounts: str) -> subprocess.CompletedProcess[str]:
    """Run a Python file inside the built site's Pyodide, under node."""
    command = [str(find_node().node), str(Path(__file__).with_name("pyodide_run.mjs")), str(site), str(REPOSITORY)]
    return subprocess.run(
        [*command, str(script), *mounts], capture_output=True, text=True, encoding="utf-8", check=False, timeout=900
    )


LOOKUPS = """
import json
import ledger_browser as boot

def files(need):
    found = {}
    for path in need:
        try:
            with open("/public/" + path, "rb") as file:
                found[path] = file.read()
        except OSError:
            found[path] = "missing"
    return found

trust = open("/public/trust.json").read()
boot.setup(boot.profile_texts(json.dumps(PROFILES)), trust)
for number, code in enumerate(CODES):
    answer = json.loads(boot.start(json.dumps({"id": number, "code": code, "now": NOW, "seen": "", "disclosures": []})))
    while "need" in answer:
        answer = json.loads(boot.resume(number, files(answer["need"])))
    print(answer["report_text"])
assert json.loads(boot.explain("S00005X")) != []

import dataclasses, sys
import ledger.core.compact, ledger.core.printed, ledger.core.sheet
assert "ledger.core.auditing" not in sys.modules
# The methods that the build compiled are those that were asked for: nothing was compiled here.
compiled = dataclasses.exec.__globals__["_methods"]
classes = [
    value
    for name, module in list(sys.modules.items()) if name.startswith("ledger.core.")
    for value in vars(module).values()
    if isinstance(value, type) and dataclasses.is_dataclass(value) and value.__module__ == name
]
assert len(classes) > 60
assert len(compiled) >= len({value.__init__.__code__ for value in classes})
makers = [maker for code in compiled.values() for maker in code.co_consts if hasattr(maker, "co_consts")]
made = {constant for maker in makers for constant in maker.co_consts}
assert {value.__qualname__ for value in classes if value.__init__.__code__ not in made} == set()
"""


def test_the_bundle_gives_the_native_reports_byte_for_byte(site: Path, small: SmallLedger, tmp_path: Path) -> None:
    codes = [*small.numbers.values(), "not a number"]
    script = tmp_path / "lookups.py"
    script.write_text(f"CODES = {codes!r}\nPROFILES = {names()!r}\nNOW = 1800000000\n{LOOKUPS}", "utf-8")
    done = in_bundle(site, script, f"public={small.public}")
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines() == [native_report(small.public, code, "2027-01-15T08:00:00Z") for code in codes]


ERRORS = """
import json, traceback

try:
    json.loads("{")  # fails deep in the library, whose lines nobody knows
except ValueError:
    told = traceback.format_exc()
assert told.startswith("Traceback (most recent call last):"), told
assert "JSONDecodeError: Expecting property name" in told, told
json.loads("{")
"""


def test_an_error_in_the_bundle_is_told_in_its_own_words(site: Path, tmp_path: Path) -> None:
    script = tmp_path / "errors.py"
    script.write_text(ERRORS, "utf-8")
    done = in_bundle(site, script)
    assert done.returncode == 1
    assert "JSONDecodeError: Expecting property name enclosed in double quotes" in done.stderr
    assert "excepthook" not in done.stderr
    assert "AssertionError" not in done.stderr


VECTORS = """
import sys
import ledger_browser
for name in ("audit", "wheel"):
    ledger_browser.extend(f"/core/{name}.zip")
sys.path[:0] = ["/repo/tests/vectors", "/stock/python_stdlib.zip"]
from pathlib import Path
import runner
del sys.path[1]  # what the runner itself wants was there; what the core wants must be in the page's own library
from ledger.core.ed25519_portable import verify

shared = Path("/shared") if Path("/shared").is_dir() else None
totals = [0, 0]
for suite, total, passed, failures in runner.run_all(Path("/repo/tests/vectors"), shared, verify):
    print(suite, passed, "/", total, *failures[:3])
    totals[0] += total
    totals[1] += passed
print("TOTAL", totals[1], "/", totals[0])
assert totals[0] == totals[1] > 0
"""


def shared_vectors() -> Path | None:
    """The third-party vectors: LEDGER_VECTORS, or beside the repository."""
    named = os.environ.get("LEDGER_VECTORS")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "vectors"
    return folder if folder.is_dir() else None


@pytest.mark.slow
def test_all_vectors_pass_in_the_bundle(site: Path, tmp_path: Path) -> None:
    script = tmp_path / "vectors.py"
    script.write_text(VECTORS, "utf-8")
    shared = shared_vectors()
    stock = runtime.pyodide_package(find_node(), lambda _: None)
    done = in_bundle(site, script, f"stock={stock}", *([f"shared={shared}"] if shared else []))
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
