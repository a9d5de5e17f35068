"""Text by the width it has on a terminal: a Chinese character takes two columns."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

__all__ = ["fold", "legible", "pad", "table", "width"]

# What is not seen, steers a terminal, or turns the order of what follows.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# A line does not begin with these.
_CLOSING: Final = frozenset("，。；：、！？）”’》】,.;:!?)]}")


def legible(text: str) -> str:
    """Return one line of text as it may be printed, whoever wrote it: a sign in place of what is not seen."""
    return _UNSEEN.sub("\ufffd", text)


def width(text: str) -> int:
    """Return the columns that `text` takes."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int) -> str:
    """Return `text` with spaces up to `columns`."""
    return text + " " * (columns - width(text))


def fold(text: str, columns: int) -> Iterator[str]:
    """Yield `text` in lines of at most `columns`: broken at spaces, and between Chinese characters."""
    line = ""
    for piece in _pieces(text):
        if line and width(line + piece.rstrip()) > columns and piece.strip() and piece[0] not in _CLOSING:
            yield line.rstrip()
            line = ""
        line += piece if line else piece.lstrip()
    if line.strip():
        yield line.rstrip()


def _pieces(text: str) -> Iterator[str]:
    """Yield the parts that stay whole: words with the space behind them, single wide characters."""
    word = ""
    for character in text:
        if _columns(character) == 2:
            if word:
                yield word
                word = ""
            yield character
        else:
            word += character
            if character == " ":
                yield word
                word = ""
    if word:
        yield word


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; the last column is not padded."""
    lines = [header, *rows]
    widths = [max(width(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        cells = [pad(cell, columns) for cell, columns in zip(line[:-1], widths[:-1], strict=True)]
        yield "  ".join([*cells, line[-1]]).rstrip()
