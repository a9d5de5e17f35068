"""What the terminal shows: a bar for people, plain lines for files; widths of Chinese text."""

import io

from ledger.cli.terminal import Terminal
from ledger.cli.wide import fold, table, width
from ledger.locales import load_texts


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_on_a_terminal_and_leaves_nothing_behind() -> None:
    screen = Screen()
    terminal = Terminal(load_texts("en"), io.StringIO(), screen)
    terminal.progress("sign", 50, 100)
    terminal.progress("sign", 100, 100)
    terminal.say("cli.serve.stopped")
    first, second, rest = screen.getvalue().removeprefix("\r").split("\r", 2)
    assert first == "\x1b[Kledger: numbering and signing [############............]  50 %"
    assert second.endswith("[########################] 100 %")
    assert rest == "\x1b[Kledger: stopped\n"


def test_progress_is_a_line_a_phase_elsewhere() -> None:
    stream = io.StringIO()
    terminal = Terminal(load_texts("zh"), io.StringIO(), stream)
    for done in range(100):
        terminal.progress("sign", done, 100)
    terminal.progress("tiles", 0, 1)
    assert stream.getvalue() == "ledger: 编号并签名\nledger: 写哈希瓦片\n"


def test_an_unknown_phase_and_an_empty_one_are_no_error() -> None:
    screen = Screen()
    Terminal(load_texts("en"), io.StringIO(), screen).progress("weighing", 0, 0)
    assert "weighing [" in screen.getvalue()


def test_columns_are_aligned_by_width() -> None:
    assert width("证书 a") == 6
    assert list(table(["名称", "x"], [["a", "y"], ["证书编号", "z"]])) == ["名称      x", "a         y", "证书编号  z"]


def test_text_is_folded_between_characters_but_not_before_a_full_stop() -> None:
    assert list(fold("一二三四。五", 8)) == ["一二三四。", "五"]
    assert list(fold("one two three", 8)) == ["one two", "three"]
    assert list(fold("", 8)) == []
    for line in fold("证书 certificate 编号 number，有效。" * 5, 20):
        assert width(line) <= 22
