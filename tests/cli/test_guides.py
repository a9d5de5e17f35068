"""The guides rehearsed: those for registrars and holders line by line, and no page names a command that is none."""

import io
import json
import re
import shlex
from pathlib import Path

import click
import pytest

from ledger.cli.session import Session
from ledger.cli.terminal import Terminal
from ledger.cli.tree import build_tree
from ledger.core.note import parse_vkey
from ledger.locales import load_texts
from tests.cli.cases import FILING, NUMBER, OPEN, Ran, csv, ledger, make_issued, must
from tests.fixtures.forms import person

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "site" / "docs"
PAGES = [path for path in sorted(DOCS.rglob("*.md")) if path.name != "commands.md"]
PAGES += [ROOT / "README.md", ROOT / "keys" / "README.md", ROOT / "keys" / "CEREMONY.md"]
TREE = build_tree(Session(Terminal(load_texts("zh"), io.StringIO(), io.StringIO()), {}))


def chinese(page: str) -> str:
    """The Chinese part of a guide: the English one names the same commands."""
    return (DOCS / page).read_text(encoding="utf-8").split("\n## English")[0]


class Guide:
    """A folder in which commands of a guide are run, each a minute after the one before."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now, self.done = folder, 1795161600, 0
        self.words: dict[str, str] = {}  # what the guide leaves open -> what stands there

    def run(self, command: str) -> Ran:
        self.now += 60
        self.done += 1
        given = [self.words.get(word, word) for word in shlex.split(command)[1:]]
        weak = ["--test-keys"] if "join" in given or given[:2] == ["key", "new"] else []
        return must(ledger(self.folder, *given, *weak, now=self.now, whose=" ".join(given)))


def test_the_registrars_guide_from_the_first_line_to_the_last(tmp_path: Path) -> None:
    guide = Guide(tmp_path)
    must(ledger(tmp_path, "--home", "账本", *OPEN, "--test-keys"))
    (tmp_path / "备案.toml").write_text(FILING, encoding="utf-8")
    people = [person(f"199{n}0101", 姓名=name) for n, name in enumerate(("𠮷田禾", "欧阳青松"))]
    (tmp_path / "花名册.csv").write_text(csv(people), encoding="utf-8")
    new = guide.run("ledger key new --name S000050000001 --out 新.sealed")
    guide.words["新公钥"] = (tmp_path / "新.sealed.vkey").read_text(encoding="utf-8").strip()
    assert guide.words["新公钥"] in new.out
    blocks = re.findall(r"^```\n(.*?)^```$", chinese("for-registrars.md"), flags=re.MULTILINE | re.DOTALL)
    for command in [line for block in blocks for line in block.splitlines()]:
        ran = guide.run(command)
        if " join " in command:
            [key] = re.findall(r"S000050000001\+\S+", ran.out)[:1]
            guide.words |= {"公钥": key, "密钥号": parse_vkey(key).key_id.hex()}
        if " append " in command:
            must(ledger(tmp_path, "check", NUMBER, "--in", "账本/public", now=guide.now))
    assert guide.done == 21
    must(ledger(tmp_path, "verify", "账本/public", now=guide.now))
    ran = ledger(tmp_path, "check", f"{NUMBER[:-1]}2", "--in", "账本/public", now=guide.now)
    assert (ran.code, "Revoked" in ran.out) == (1, True)


def test_the_commands_of_the_holders_guide(tmp_path: Path) -> None:
    make_issued(tmp_path)
    guide = Guide(tmp_path)
    guide.words = {"编号": NUMBER}
    (tmp_path / "更正.toml").write_text('name = "测试甲"\n', encoding="utf-8")
    commands = re.findall(r"`(ledger [^`]+)`", chinese("for-holders.md"))
    assert [command.split()[1] for command in commands] == ["holder", "correct", "reissue", "erase"]
    codes = set()
    for command in commands:
        held = json.loads(must(ledger(tmp_path, "--home", "home", "holder", NUMBER, now=guide.now)).out)
        codes.add(held["holder"]["verification_code"])
        guide.run(command.replace("ledger ", "ledger --home home ", 1))
        must(ledger(tmp_path, "check", NUMBER, "--in", "home/public", now=guide.now))  # valid all the way
    assert len(codes) == 2  # the correction made a new one
    gone = ledger(tmp_path, "--home", "home", "holder", NUMBER, now=guide.now)
    assert gone.code == 1
    must(ledger(tmp_path, "verify", "home/public", now=guide.now))


def named_commands(page: str) -> list[str]:
    """Every command line of a page: in its blocks and in its sentences."""
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)).replace("\\\n", " ")
    found = [line.split("#")[0] for line in re.findall(r"^(?:\$ )?(ledger .*)$", blocks, flags=re.MULTILINE)]
    return found + re.findall(r"`(ledger [^`\n]+)`", page)


def mistakes(line: str) -> list[str]:
    """What in a command line is no command, or no option of it. Words such as open|file stand for several."""
    command: click.Command = TREE
    options, wrong = set(), []
    words = iter(line.split()[1:])
    for word in words:
        if option := re.match(r"\[?(--[\w-]+)", word):
            options.add(option[1])
            if option[1] == "--home":
                next(words, None)
        elif isinstance(command, click.Group):
            names = re.sub(r"[^\w|-].*", "", word).split("|")
            wrong += [name for name in names if name not in command.commands]
            command = command.commands.get(names[0], click.Command("unknown"))
    known = {name for one in (TREE, command) for parameter in one.params for name in parameter.opts}
    return wrong or sorted(options - known)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_that_a_page_names_is_one(page: Path) -> None:
    wrong = {line: found for line in named_commands(page.read_text("utf-8")) if (found := mistakes(line))}
    assert wrong == {}


def test_commands_are_found_and_mistakes_seen() -> None:
    assert sum(len(named_commands(page.read_text("utf-8"))) for page in PAGES) > 300
    assert mistakes("ledger --home 账本 org file 备案.toml --key '公钥'") == []
    assert mistakes("ledger join|sign|collect") == []
    assert mistakes("ledger org fill 备案.toml") == ["fill"]
    assert mistakes("ledger check 编号 --inn 站点") == ["--inn"]
