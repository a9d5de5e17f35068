"""Every command has its help with an example in both languages; the catalogue and the code name the same texts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ledger.cli import run
from ledger.cli.parameters import OneOf
from ledger.cli.session import Session
from ledger.cli.terminal import Terminal
from ledger.cli.tree import build_tree
from ledger.core.report import EXIT_CODES, STEP_IDS, VERDICTS
from ledger.locales import LANGUAGES, Language, load_texts
from tests.cli.cases import ledger
from tests.fixtures.forms import PROFILE

ROOT = Path(__file__).resolve().parents[2]
ASKED = {
    "open", "org file", "org amend", "org retire", "org remove", "org merge", "org list", "org show",
    "range assign", "range list", "append", "revoke", "suspend", "restore", "correct", "reissue",
    "renew", "plan file", "plan list", "plan show", "plan supervise", "plan approve", "plan result", "notice open",
    "notice close", "entrust file", "entrust confirm", "complaint open", "complaint close", "complaint list",
    "inspect draw", "inspect show", "inspect result", "org rate", "org audit", "status", "build", "serve", "check",
    "verify", "key show", "key new", "key list", "key add", "key revoke", "key rotate", "key backup", "key restore",
    "trust draft", "trust sign", "trust apply", "trust show", "trust follow",
    "profile list", "profile show", "profile explain", "form list", "form blank", "form export",
    "form check", "report", "join", "sign", "collect", "cosign request", "cosign add", "cosign ask", "cosign status",
    "print", "export", "prove", "watch", "mirror", "audit-site", "erase", "purge", "holder", "witness new",
    "witness follow", "witness cosign", "witness serve", "witness show",
}  # fmt: skip


def walk(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield words, command
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from walk(child, (*words, name))


TREE = dict(walk(build_tree(Session(Terminal(load_texts("en")), {}))))
WORDS = sorted(TREE)


def test_the_commands_are_those_that_were_asked_for() -> None:
    assert {" ".join(words) for words, command in TREE.items() if not isinstance(command, click.Group)} == ASKED


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_every_command_has_help_with_an_example(words: tuple[str, ...], lang: str, tmp_path: Path) -> None:
    ran = ledger(tmp_path, *words, "--help", lang=lang)
    assert (ran.code, ran.err) == (0, "")
    first, *rest = ran.out.splitlines()
    assert first.startswith(("用法：" if lang == "zh" else "Usage: ") + " ".join(("ledger", *words)))
    example = rest.index("示例：" if lang == "zh" else "Example:")
    assert rest[example + 1].startswith("  ledger")
    assert words == () or words[-1] in rest[example + 1] or isinstance(TREE[words], click.Group)
    for parameter in TREE[words].params:
        if isinstance(parameter, click.Option):
            assert max(parameter.opts, key=len) in ran.out


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_examples_parse(lang: Language) -> None:
    """No example names an option or command that does not exist."""
    for words in WORDS:
        text = load_texts(lang)(f"cli.{'.'.join(words) or 'ledger'}.example").replace("\\\n", " ")
        for line in text.split("\n"):
            if not line.startswith("ledger "):
                continue
            known = {name for other, command in TREE.items() for p in command.params for name in p.opts} | {"--help"}
            given = set(re.findall(r"--[a-z-]+", line.split("#")[0]))
            assert given <= known, line


def test_no_command_takes_the_passphrase_as_an_argument_or_from_the_environment() -> None:
    for command in TREE.values():
        for parameter in command.params:
            assert not parameter.envvar
            if "pass" in str(parameter.name) and parameter.name != "passed":  # who passed an exam
                assert parameter.name in ("passphrase_file", "passphrase_fd", "seal_passphrase_file")
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "ledger" / "cli").rglob("*.py"))
    variables = set(re.findall(r"LEDGER_[A-Z_]+", sources))
    assert variables == {"LEDGER_HOME", "LEDGER_LANG", "LEDGER_TEST_KEYS", "LEDGER_DEBUG"}


def test_without_a_command_the_help_is_a_usage_error(tmp_path: Path) -> None:
    for words in ((), ("org",), ("key",)):
        ran = ledger(tmp_path, *words)
        assert ran.code == 2
        assert ran.out.startswith("Usage: ledger")


def test_both_languages_have_the_same_texts_with_the_same_places_to_fill() -> None:
    chinese, english = (load_texts(language) for language in LANGUAGES)
    assert chinese.ids() == english.ids()
    for text_id in sorted(chinese.ids()):
        if text_id.startswith("cli.") and not text_id.startswith("cli.error."):
            names = [set(re.findall(r"\{(\w+)\}", texts(text_id))) for texts in (chinese, english)]
            assert names[0] == names[1] or text_id.endswith(".example"), text_id


def text_ids() -> Iterator[str]:
    """The literal text ids in the code of the command line."""
    for path in (ROOT / "ledger" / "cli").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and re.fullmatch(r"cli\.[\w.-]*\w", str(node.value)):
                yield str(node.value)


def test_every_text_that_the_code_names_is_in_the_catalogue() -> None:
    named = set(text_ids())
    assert len(named) > 80
    assert named <= load_texts("en").ids()


def test_every_verdict_step_and_reason_of_a_command_has_its_text() -> None:
    texts = load_texts("en")
    wanted = {f"verdict.{verdict}{part}" for verdict in VERDICTS for part in ("", ".meaning", ".advice")}
    wanted |= {f"step.{step}" for step in STEP_IDS}
    for command in TREE.values():
        for parameter in command.params:
            if parameter.name == "reason":
                assert isinstance(parameter.type, OneOf)
                wanted |= {f"event_reason.{word}" for word in parameter.type.words}
    assert wanted <= texts.ids()


def test_messages_in_english_are_lower_case_without_a_full_stop() -> None:
    texts = load_texts("en")
    for text_id in texts.ids():
        if text_id.startswith(("cli.error.", "cli.usage.", "cli.home.", "cli.passphrase.", "cli.state.")):
            text = texts(text_id)
            if not text.endswith(": "):  # a prompt
                assert not text.endswith("."), text_id
                assert text[0] == text[0].lower(), text_id


def test_what_the_site_says_is_what_the_catalogue_translates() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "build" / "sitegen").glob("*.py"))
    lines = [text_id.removeprefix("cli.site.") for text_id in load_texts("zh").ids() if text_id.startswith("cli.site.")]
    assert lines
    assert [line for line in lines if f'"{line}"' not in sources] == []


def test_the_language_is_the_option_else_the_variable_else_the_locale() -> None:
    def first(arguments: list[str], **values: str) -> str:
        import io

        out = io.StringIO()
        run([*arguments, "--help"], environment=values, out=out, err=io.StringIO())
        return out.getvalue()[:2]

    assert first([]) == first([], LANG="C.UTF-8") == first([], LANG="zh_CN.UTF-8") == "用法"
    assert first([], LANG="en_GB.UTF-8") == first([], LC_ALL="en_US", LANG="zh_CN") == "Us"
    assert first([], LEDGER_LANG="zh", LANG="en_GB.UTF-8") == "用法"
    assert first(["--lang", "en"], LEDGER_LANG="zh") == first(["status", "--lang=en"]) == "Us"
    assert first(["check", "--lang", "zh"], LANG="en_GB") == "用法"


def test_exit_codes_of_verdicts() -> None:
    assert {verdict for verdict, code in EXIT_CODES.items() if code == 0} == {"valid", "corrected", "reissued"}
    assert EXIT_CODES["not_checked"] == 3
    assert set(EXIT_CODES.values()) == {0, 1, 3}


def test_the_profile_of_the_fixtures_is_known() -> None:
    assert PROFILE.name == "cn-chongqing-2020-1"
