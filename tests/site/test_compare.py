"""A published site against one built anew: every byte that was changed after the build is named."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from sitegen.compare import About, Comparison, compare_site, read_about
from sitegen.errors import SiteError
from sitegen.server import SiteHandler

from ledger import __version__
from ledger.app.places import FolderPlace, MemoryPlace, UrlPlace
from ledger.core.checklist import Absent
from tests.cli.cases import ledger
from tests.site.kit import files_of


@contextmanager
def served(site: Path) -> Iterator[str]:
    class Handler(SiteHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(site))  # type: ignore[arg-type]  # what socketserver hands over

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_a_site_says_how_it_was_made() -> None:
    about = About("2026-11-20", "0.1.0")
    assert read_about(about.file()) == about
    for other in (b"x", b"[]", b"{}", about.file().replace(b'"v": 1', b'"v": 2')):
        with pytest.raises(SiteError):
            read_about(other)


def test_the_same_site_is_the_same_from_a_folder_and_over_http(site: Path, tmp_path: Path) -> None:
    ran = ledger(tmp_path, "audit-site", str(site))
    assert ran.code == 0, ran.err
    assert f"the site is what its ledger makes: {len(files_of(site))} files, byte for byte" in ran.out
    with served(site) as address:
        ran = ledger(tmp_path, "audit-site", address)
    assert ran.code == 0, ran.out + ran.err


def test_every_kind_of_change_is_named(site: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(site, copy)
    page, worker = copy / "index.html", next((copy / "assets").glob("worker*.js"))
    page.write_bytes(page.read_bytes().replace(b"<main", b"<!-- --><main"))
    worker.write_bytes(worker.read_bytes() + b"\n")
    (copy / "en/index.html").unlink()
    (copy / "more.js").write_bytes(b"")
    (copy / "credentials/revocation").mkdir(parents=True)
    (copy / "credentials/revocation/0.json").write_bytes(b"{}")
    ran = ledger(tmp_path, "audit-site", str(copy))
    assert ran.code == 1
    said = ran.out.split("\n")
    changed = worker.relative_to(copy).as_posix()
    for line in ("other bytes (2):", f"    {changed}", "    index.html", "missing (1):", "    en/index.html"):
        assert line in said
    for line in ("not of this site (1):", "    more.js", "    credentials/revocation/0.json"):
        assert line in said


def test_an_outage_is_no_change(tmp_path: Path) -> None:
    for path in ("a", "b/index.html", "_headers"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(b"x")
    found = compare_site(MemoryPlace({"a": b"x", "b/": Absent.UNREACHABLE}), tmp_path)
    assert found == Comparison(3, unknown=["b/"], unreachable=["b/index.html"])
    found.unknown.clear()
    assert found.verdict == "not_checked"
    assert compare_site(FolderPlace(tmp_path), tmp_path).verdict == "verified"
    assert compare_site(UrlPlace("http://127.0.0.1:1"), tmp_path).verdict == "not_checked"


def test_what_is_no_site_or_of_another_version_is_not_compared(site: Path, tmp_path: Path) -> None:
    ran = ledger(tmp_path, "audit-site", str(site / "ledger"))
    assert (ran.code, "is not a built site" in ran.err) == (3, True)
    shutil.copytree(site, tmp_path / "copy")
    (tmp_path / "copy/site.json").write_bytes(About("2026-11-20", "99.0").file())
    ran = ledger(tmp_path, "audit-site", "copy")
    assert (ran.code, f"built by version 99.0, this is {__version__}" in ran.err) == (3, True)


def test_a_ledger_that_does_not_pass_ends_it(site: Path, tmp_path: Path) -> None:
    shutil.copytree(site, tmp_path / "copy")
    head = tmp_path / "copy/ledger/head"
    head.write_bytes(head.read_bytes().replace(b"index ", b"index 1"))
    ran = ledger(tmp_path, "audit-site", "copy")
    assert (ran.code, "the site was not compared" in ran.err) == (1, True)
