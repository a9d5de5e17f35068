"""Building: the same bytes anywhere, one swap, and never over somebody else's files."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from sitegen import build_site
from sitegen.errors import OutputError, SiteError

from tests.site.kit import PYTHON, REPOSITORY, SmallLedger, files_of


def test_the_same_ledger_gives_the_same_bytes_anywhere(small: SmallLedger, site: Path, tmp_path: Path) -> None:
    """Another process, folder, time zone, locale, hash seed and date of sources."""
    out = tmp_path / "elsewhere" / "out"
    out.parent.mkdir()
    settings = {
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "build")]),
        "PYTHONHASHSEED": "12345",
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "LANG": "C",
        "SOURCE_DATE_EPOCH": "1",
    }
    command = [PYTHON, "-m", "sitegen", str(small.public), str(out)]
    done = subprocess.run(
        command, cwd=out.parent, env={**os.environ, **settings}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    one, other = files_of(site), files_of(out)
    assert list(one) == list(other)
    assert [name for name in one if one[name] != other[name]] == []
    assert len(one) > 40


def test_the_public_ledger_is_copied_unchanged(small: SmallLedger, site: Path) -> None:
    assert files_of(site / "ledger") == files_of(small.public)


def test_a_site_is_replaced_by_its_next_build(small: SmallLedger, tmp_path: Path) -> None:
    out = tmp_path / "site"
    build_site(small.public, out, docs=False)
    first = files_of(out)
    (out / "left-over.txt").write_text("from an older version")
    build_site(small.public, out, docs=False)
    assert files_of(out) == first
    assert [path.name for path in tmp_path.iterdir()] == ["site"]  # nothing temporary stays


def test_files_that_others_made_for_the_site(small: SmallLedger, tmp_path: Path) -> None:
    """Status lists of credentials; they cannot take the place of the site's own files, nor leave its folder."""
    out = tmp_path / "site"
    build_site(small.public, out, more={"credentials/revocation/0.json": b"{}"}, docs=False)
    assert (out / "credentials/revocation/0.json").read_bytes() == b"{}"
    built = files_of(out)
    for name in ("index.html", "../x.json", "/x.json"):
        with pytest.raises(OutputError, match="cannot be written"):
            build_site(small.public, out, more={name: b""}, docs=False)
    assert files_of(out) == built


@pytest.mark.parametrize("name", ["thesis.txt", ".hidden"])
def test_a_folder_with_other_files_is_never_replaced(small: SmallLedger, tmp_path: Path, name: str) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / name).write_text("do not lose this")
    with pytest.raises(OutputError):
        build_site(small.public, out, docs=False)
    assert files_of(out) == {name: b"do not lose this"}


def test_a_file_or_a_link_in_the_way_is_refused(small: SmallLedger, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("file", "link"):
        with pytest.raises(OutputError):
            build_site(small.public, tmp_path / name, docs=False)


def test_a_failed_build_leaves_the_old_site(small: SmallLedger, tmp_path: Path) -> None:
    out = tmp_path / "site"
    build_site(small.public, out, docs=False)
    before = files_of(out)
    broken = tmp_path / "public"
    broken.mkdir()
    for name, data in files_of(small.public).items():
        path = broken / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (broken / "shard" / "sneaky").symlink_to(tmp_path / "anywhere")
    with pytest.raises(OutputError, match="not a plain file"):
        build_site(broken, out, docs=False)
    assert files_of(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["public", "site"]


def test_a_folder_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="not a public ledger folder"):
        build_site(tmp_path, tmp_path / "out", docs=False)
    assert not (tmp_path / "out").exists()


def test_the_page_fetches_its_modules_at_once(site: Path) -> None:
    """All that page.js imports, and what that imports, is preloaded; nothing of the workers is."""
    text = (site / "index.html").read_text("utf-8")
    preloaded = set(re.findall(r'rel="modulepreload" href="\./(assets/[^"]+)"', text))
    [page] = re.findall(r'<script type="module" src="\./([^"]+)"', text)
    waiting = [page]
    needed: set[str] = set()
    while waiting:
        source = (site / waiting.pop()).read_text("utf-8")
        imported = {f"assets/{name}" for name in re.findall(r'from "\./([^"]+)"', source)} - needed
        needed |= imported
        waiting += imported
    assert len(needed) > 8
    assert preloaded == needed
