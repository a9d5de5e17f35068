#!/usr/bin/env python3
"""Write site/docs/commands.md: the help of every `ledger` command, in both languages, as the programme prints it.

Usage:

    python3 scripts/docs_commands.py           # write the page
    python3 scripts/docs_commands.py --check   # exit 1 if the page is not what would be written
"""

import io
import sys
from collections.abc import Iterator

import environment

PAGE = environment.ROOT / "site" / "docs" / "commands.md"
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


def main() -> int:
    """Write or compare; the exit code."""
    environment.enter("runtime")
    text = page()
    if "--check" in sys.argv[1:]:
        if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
            return 0
        print("site/docs/commands.md is not current; run: python3 scripts/docs_commands.py", file=sys.stderr)
        return 1
    PAGE.write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
