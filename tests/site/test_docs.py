"""The documentation as it is built: the archive of vectors, the list that the search reads, no trace of mkdocs' own."""

import io
import json
import re
import zipfile
from pathlib import Path

import pytest
from mkdocs.exceptions import PluginError
from sitegen.docs import build_docs
from sitegen.hooks import CELL, KINDS, VECTORS, pack_vectors

from tests.site.kit import files_of


def test_the_vectors_are_in_the_site_file_by_file(site: Path) -> None:
    with zipfile.ZipFile(site / "docs" / "spec" / "vectors.zip") as archive:
        packed = {entry.filename.removeprefix("vectors/"): archive.read(entry) for entry in archive.infolist()}
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert packed == {name: data for name, data in files_of(VECTORS).items() if Path(name).suffix in KINDS}
    assert len(packed) > 1000
    assert {"README.md", "number.json", "canonical/object.txt"} <= packed.keys()


def test_the_archive_does_not_depend_on_dates_rights_or_programs(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        (folder / "b").mkdir(parents=True)
        (folder / "b" / "vector.txt").write_bytes(b"expect: success")
        (folder / "a.json").write_bytes(b"{}")
    (other / "runner.py").write_text("pass")
    (other / "a.json").chmod(0o600)
    assert pack_vectors(one) == pack_vectors(other)
    with zipfile.ZipFile(io.BytesIO(pack_vectors(one))) as archive:
        assert archive.namelist() == ["vectors/a.json", "vectors/b/vector.txt"]


def test_sources_without_the_vectors_are_told(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="test vectors"):
        pack_vectors(tmp_path / "none")


def test_the_search_reads_sections_only_and_chinese_is_not_broken(site: Path) -> None:
    docs = json.loads((site / "docs" / "search" / "search_index.json").read_text("utf-8"))["docs"]
    pages = {entry["location"] for entry in docs if "#" not in entry["location"]}
    assert pages == {
        path.parent.relative_to(site / "docs").as_posix().removeprefix(".") + "/" * (path.parent != site / "docs")
        for path in (site / "docs").rglob("index.html")
    }
    assert {entry["text"] for entry in docs if "#" not in entry["location"]} == {""}
    assert {entry["location"].split("#")[0] for entry in docs if entry["text"]} == pages
    text = next(entry["text"] for entry in docs if entry["location"].endswith("for-holders/#谁能看到什么"))
    assert "让人扫码，就是给了验证码" in text
    table = next(entry["text"] for entry in docs if entry["location"].endswith("for-employers/#结论与下一步"))
    assert "已暂停 · 目前不能使用 · 问签发机构" in table  # cells do not run into each other
    assert [page for page in (site / "docs").rglob("*.html") if CELL in page.read_text("utf-8")] == []
    assert [path.name for path in (site / "docs" / "search").iterdir()] == ["search_index.json"]


def test_each_cell_of_a_table_says_which_column_it_is_of(site: Path) -> None:
    page = (site / "docs" / "threat-model" / "index.html").read_text("utf-8")
    tables = re.findall(r"<table.*?</table>", page, re.DOTALL)
    assert len(tables) == 16
    for table in tables:
        heads = re.findall(r'<th role="columnheader">(.*?)</th>', table)
        rows = [re.findall(r'<td role="cell" data-label="(.*?)">', row) for row in table.split("<tr")[2:]]
        assert len(rows) > 2
        assert all(row == heads for row in rows)
    assert "<code>tests/<wbr>unit/<wbr>app/<wbr>test_<wbr>since.py::<wbr>test_<wbr>a_<wbr>kept_" in page


def test_two_builds_are_the_same(site: Path, tmp_path: Path) -> None:
    build_docs(tmp_path / "docs")
    assert files_of(tmp_path / "docs") == files_of(site / "docs")
