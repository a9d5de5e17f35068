#!/usr/bin/env python3
"""Write the pages of the documentation that repeat what the programme itself says, in both languages:

site/docs/commands.md (the help of every `ledger` command) and site/docs/spec/reasons.md (the reason codes of reports).

    python3 scripts/docs_commands.py           # write the pages
    python3 scripts/docs_commands.py --check   # exit 1 if one is not what would be written
"""

import io
import sys
from collections.abc import Iterator

import environment

PAGE = environment.ROOT / "site" / "docs" / "commands.md"
REASONS_PAGE = environment.ROOT / "site" / "docs" / "spec" / "reasons.md"
HEAD = """# 命令参考 / Command reference

**中文** · [English](#english)

本页由 `scripts/docs_commands.py` 从程序自己的 `--help` 生成，测试保证它是最新的。

退出码：0 已核验或已完成；1 未通过或被拒绝；2 用法错误；3 未能核验。`ledger check` 只在证书此刻有效时
（包括更正、补发之后）返回 0。
"""
ENGLISH = """
## English

This page is made from the programme's own `--help` by `scripts/docs_commands.py`; a test sees to it that it is current.

Exit codes: 0 verified or done; 1 not verified or refused; 2 usage; 3 could not check. `ledger check` gives 0 only for a
certificate that is valid now, also after a correction or a reissue.
"""

REASONS_HEAD = """# 原因码 / Reason codes

验证报告中 `reason` 的全部取值，以及登记、[证据](workflow.md)、签发被拒绝或被审计指出的原因码。
本页由 `scripts/docs_commands.py` 从程序的文字目录生成。

Every value of `reason` in a [report](report.md), and why a registration, a piece of [evidence](workflow.md) or an issue
is refused, or found by an audit. Made from the programme's catalogue by `scripts/docs_commands.py`.

| code | 中文 | English |
|---|---|---|"""


def commands() -> Iterator[tuple[str, ...]]:
    """The words of every command, groups first, in the order of the help: (), ("open",), ("org",), ("org", "file") …"""
    import click

    from ledger.cli.session import Session
    from ledger.cli.terminal import Terminal
    from ledger.cli.tree import build_tree
    from ledger.locales import load_texts

    def walk(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        yield words
        if isinstance(command, click.Group):
            for name, child in command.commands.items():
                yield from walk(child, (*words, name))

    yield from walk(build_tree(Session(Terminal(load_texts("zh"), io.StringIO(), io.StringIO()), {})), ())


def help_of(words: tuple[str, ...], language: str) -> str:
    """What `ledger … --help` prints. Raises RuntimeError if it fails."""
    from ledger.cli import run

    out, err = io.StringIO(), io.StringIO()
    code = run(["--lang", language, *words, "--help"], environment={}, out=out, err=err)
    if code != 0 or err.getvalue():
        raise RuntimeError(f"ledger {' '.join(words)} --help: exit {code}: {err.getvalue()}")
    return out.getvalue().rstrip("\n")


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for language in ("zh", "en"):
        if language == "en":
            parts.append(ENGLISH)
        for words in commands():
            name = " ".join(("ledger", *words))
            parts.append(f"\n### {name}\n\n```\n{help_of(words, language)}\n```\n")
    return "".join(parts)


def reasons() -> str:
    """The page of reason codes, from the catalogue of reports."""
    from ledger.locales import load_texts

    chinese, english = load_texts("zh"), load_texts("en")
    codes = sorted(name.removeprefix("reason.") for name in chinese.ids() if name.startswith("reason."))
    rows = [f"| `{code}` | {chinese(f'reason.{code}')} | {english(f'reason.{code}')} |" for code in codes]
    return "\n".join([REASONS_HEAD, *rows]) + "\n"


def main() -> int:
    """Write or compare; the exit code."""
    environment.enter("runtime")
    stale = []
    for path, text in {PAGE: page(), REASONS_PAGE: reasons()}.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path.relative_to(environment.ROOT).as_posix())
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8", newline="\n")
    if stale and "--check" in sys.argv[1:]:
        print(f"not current: {', '.join(stale)}; run: python3 scripts/docs_commands.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
