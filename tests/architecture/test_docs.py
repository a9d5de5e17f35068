"""The documentation says what the code does: its examples are real, its tables complete, its links whole."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.core.body import REASONS, TYPES
from ledger.core.digest import sha256
from ledger.core.disclosure import MASKED, derive_salt, digest_of, parse_disclosure, parse_verification_code
from ledger.core.ed25519_portable import verify
from ledger.core.encoding import format_hex
from ledger.core.entry import Entry, parse_entry
from ledger.core.index import open_head
from ledger.core.note import parse_vkey
from ledger.core.record import check_record, parse_record
from ledger.core.report import EXIT_CODES, STEP_IDS
from ledger.core.subject import subject_hash
from ledger.core.trust import Trust, format_trust, parse_trust, trust_of
from tests.architecture import tree
from tests.architecture.test_imports import LAYERS

DOCS = tree.ROOT / "site" / "docs"
PAGES = tree.files("site/docs", ending=".md")
SPEC = DOCS / "spec"
MADE = {"vectors.zip"}  # by a hook, when the pages are built
ISSUER_KEY = "S000050000001+7425e19c+ATUfkoWf0LpqEFpskDbaODVISV97vrLch09kmvf35L4R"  # of the example ledger
CODE = "S000050000001263000001"


def text(page: str) -> str:
    """The source of a page of the specification."""
    return (SPEC / f"{page}.md").read_text(encoding="utf-8")


def blocks(page: str) -> list[str]:
    """The contents of the fenced blocks of a page."""
    return re.findall(r"^```\w*\n(.*?)^```$", text(page), re.MULTILINE | re.DOTALL)


def rows(page: str) -> list[list[str]]:
    """The cells of every table row of a page."""
    lines = [line for line in text(page).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.fixture
def trust() -> Trust:
    """The trust of the example ledger."""
    (block,) = blocks("trust")
    pinned = parse_trust(block.rstrip("\n").encode())
    assert format_trust(pinned) == block.rstrip("\n").encode()
    return pinned


@pytest.fixture
def first_entries() -> list[Entry]:
    """Entries 0 and 1 of the example ledger."""
    (block,) = blocks("entry")
    return [parse_entry(line.encode()) for line in block.splitlines()]


def test_the_example_entries_are_chained_and_signed(first_entries: list[Entry], trust: Trust) -> None:
    opening, index = first_entries
    assert (opening.seq, opening.prev, index.seq, index.prev) == (0, bytes(32), 1, sha256(opening.raw))
    for entry in first_entries:
        check_record(entry.record, trust.log, verify)
    assert trust_of(opening.record.body) == trust


def test_the_example_record_is_signed_by_its_organisation() -> None:
    record = parse_record(json.loads(blocks("record")[0]))
    assert record.body["code"] == CODE
    check_record(record, parse_vkey(ISSUER_KEY), verify)


def test_the_example_head_opens_under_the_example_trust(trust: Trust) -> None:
    head, checkpoint = open_head(blocks("index-shards-head")[0].encode(), trust.log, verify)
    assert (checkpoint.size, head.index.size, head.index.previous) == (7, 6, 4)
    assert format_hex(subject_hash(CODE)) in text("index-shards-head")


def test_the_example_disclosures_have_the_digests_of_the_example_record() -> None:
    private, public = blocks("disclosure")
    fields = dict(line.split() for line in private.splitlines())
    found = re.search(r"`((?:[0-9A-Z]{4} ?){5})`", text("disclosure"))
    assert found
    code = parse_verification_code(found[1])
    assert fields["salt"] == derive_salt(code, "name")
    opened = parse_disclosure(fields["disclosure"])
    assert (opened.salt, opened.name, opened.value) == (fields["salt"], "name", "示例甲")
    masked = dict(line.split() for line in public.splitlines())
    assert parse_disclosure(masked["disclosure"]).name == MASKED
    committed = json.loads(blocks("record")[0])["body"]["disclosures"]
    for shown in (fields, masked):
        assert digest_of(shown["disclosure"]) == shown["digest"]
        assert shown["digest"] in committed


def test_record_types_and_members_are_documented_in_both_languages() -> None:
    found: dict[str, list[tuple[set[str], set[str]]]] = {}
    for row in rows("record"):
        names = re.findall(r"`([a-z]+(?:\.[a-z]+)?)`", row[0])
        if len(row) == 4 and any(name in TYPES for name in names):
            optional = set(re.findall(r"`(\w+)`\?", row[3]))
            for name in names:
                found.setdefault(name, []).append((set(re.findall(r"`(\w+)`", row[3])) - optional, optional))
    assert found.keys() == TYPES.keys()
    for name, (needed, allowed) in TYPES.items():
        assert found[name] == [(set(needed), set(allowed))] * 2, name


def test_reason_words_are_documented() -> None:
    assert text("record").count(" ".join(f"`{word}`" for word in REASONS)) == 2


def test_step_ids_are_the_same_in_page_and_code() -> None:
    ids = [row[0] for row in rows("report") if re.fullmatch(r"V\d+", row[0])]
    assert ids == [*STEP_IDS, *STEP_IDS]


def test_verdicts_and_exit_codes_are_the_same_in_page_and_code() -> None:
    found = [(row[0].strip("`"), int(row[2])) for row in rows("report") if len(row) == 3 and row[2].isdecimal()]
    assert found == [*EXIT_CODES.items(), *EXIT_CODES.items()]


@pytest.mark.parametrize("page", [*PAGES, tree.ROOT / "README.md"], ids=tree.short)
def test_links_lead_somewhere(page: Path) -> None:
    source = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", source):
        if re.match(r"https?:", target):
            assert f"![{target}" not in source
            continue
        name = target.split("#")[0]
        assert not name or name in MADE or (page.parent / name).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=tree.short)
def test_pages_are_chinese_first_with_english_beside(page: Path) -> None:
    source = page.read_text(encoding="utf-8")
    title = source.splitlines()[0]
    assert title.startswith("# ")
    chinese = re.search(r"[\u4e00-\u9fff]{2}", source)
    english = re.search(r"(?:\b[A-Za-z]{2,}\b[ ,.]+){6}", source)
    assert chinese
    assert english
    assert chinese.start() < english.start(), f"{page.name} does not begin in Chinese"


@pytest.mark.parametrize("page", PAGES, ids=tree.short)
def test_pages_load_nothing(page: Path) -> None:
    """Links to elsewhere may be followed; images, scripts and styles from elsewhere would be requests.

    What stands in a fenced block is shown, not loaded.
    """
    source = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"!\[[^]]*\]\(\s*(https?:)?//|<(script|iframe|link|img|object)\b", source)


@pytest.mark.parametrize("page", PAGES, ids=tree.short)
def test_the_english_part_is_where_the_top_of_the_page_says(page: Path) -> None:
    source = page.read_text(encoding="utf-8")
    assert ("\n## English\n" in source) == ("**中文** · [English](#english)" in source)
    assert "\n## English\n" in source or page.name == "reasons.md"  # a table of both


@pytest.mark.parametrize("page", PAGES, ids=tree.short)
def test_the_tests_that_a_page_names_are_there(page: Path) -> None:
    source = page.read_text(encoding="utf-8")
    for place, name in re.findall(r"`(tests/[\w/.]+)(?:::(\w+))?`", source):
        assert (tree.ROOT / place).exists(), f"{page.name}: {place}"
        assert not name or f"def {name}(" in (tree.ROOT / place).read_text(encoding="utf-8"), f"{page.name}: {name}"


def test_both_parts_of_the_threat_model_name_the_same_tests() -> None:
    chinese, english = (DOCS / "threat-model.md").read_text(encoding="utf-8").split("\n## English\n")
    named = re.findall(r"`(tests/[^`]+)`", chinese)
    assert len(named) > 40
    assert named == re.findall(r"`(tests/[^`]+)`", english)


def test_the_house_on_the_page_is_the_one_that_is_tested() -> None:
    """Both tables of the architecture page say what `test_imports` allows."""
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    names = {"build/sitegen": "sitegen", "site/verifier/boot.py": "boot"}
    lines = re.findall(r"^\| `((?:ledger|build|site)/[\w/.]+)` \| .* \| ([^|]*) \|$", page, re.MULTILINE)
    found = [
        (names.get(folder, folder.replace("/", ".")), set(re.findall(r"`([\w.]+)`", allowed)))
        for folder, allowed in lines
        if folder.replace("/", ".") in LAYERS or folder in names
    ]
    assert len(found) == 2 * len(LAYERS)
    for half in (found[: len(LAYERS)], found[len(LAYERS) :]):
        assert dict(half) == LAYERS


def test_every_decision_is_in_the_index_of_both_languages() -> None:
    chinese, english = (DOCS / "adr" / "index.md").read_text(encoding="utf-8").split("\n## English\n")
    decisions = sorted(path.name for path in PAGES if path.parent.name == "adr" and path.name != "index.md")
    for part in (chinese, english):
        assert re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", part) == decisions


def test_every_page_is_in_the_contents() -> None:
    contents = (tree.ROOT / "build" / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r": ([\w/-]+\.md)$", contents, re.MULTILINE))
    assert listed == {path.relative_to(DOCS).as_posix() for path in PAGES}


def test_mkdocs_builds_without_a_warning(tmp_path: Path) -> None:
    settings = tree.ROOT / "build" / "mkdocs.yml"
    command = [sys.executable, "-m", "mkdocs", "build", "-q", "--strict"]
    command += ["-f", str(settings), "-d", str(tmp_path / "docs")]
    before = {path: hashlib.sha256(path.read_bytes()).digest() for path in PAGES}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((tmp_path / "docs").rglob("index.html"))) == len(PAGES)
    assert before == {path: hashlib.sha256(path.read_bytes()).digest() for path in PAGES}


def test_the_command_reference_is_current() -> None:
    command = [sys.executable, str(tree.ROOT / "scripts" / "docs_commands.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_command_has_an_example_in_both_languages() -> None:
    sections = (DOCS / "commands.md").read_text(encoding="utf-8").split("\n### ")[1:]
    commands = [section.split("\n")[0] for section in sections]
    assert commands[: len(commands) // 2] == commands[len(commands) // 2 :]
    for section in sections:
        assert re.search(r"^(示例|example|examples)\s*[:：]", section, re.MULTILINE | re.IGNORECASE), section[:80]
