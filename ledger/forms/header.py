"""Where a form begins: its header among title rows, and the lines over it that speak for every row.

People rebuild the notices' forms: the header stands under titles and merged cells, "评价␤机构␤编码" is broken into
lines or into rows, signs are full-width, and the notices themselves are misprinted. All that is left out of a `key`,
by which headers and labels are compared. What a key cannot match is a finding; nothing is taken for something similar.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ledger.forms.readers import Cell, Sheet

__all__ = ["NOTE", "Header", "find_header", "key", "read_labels", "spaced"]

MAX_HEADER_ROW = 60
MAX_PARTS = 3  # rows that one header may be broken into
LEAST_HEADERS = 6  # a row with so many headers is the header, and what it lacks is missing
NOTE = re.compile(
    r"备注|注[:：\d]|说明|填表|填报|审核人|复核人|制表人|负责人|联系人|联系电话|考务联系人|考评组|合计|共计|第\d+页"
    r"|\d{1,2}[.、．)）]"
)
_HINT = re.compile(r"[\s*:\u200b\ufeff]|\(.*?\)")
# A label that nobody asked for ends a value too.
_OTHER_LABEL = r"(?<!\S)[^\s:：(（]{1,12}\s*(?:[(（][^)）]*[)）])?\s*[:：]"
# Misprints of the notices: 市场内 and 考玚 for 考场 (浔人社发〔2023〕5号 附件2, 附件3), 各案 for 备案, a stray 2.23.
_MISPRINTS = (("考玚", "考场"), ("市场内", "考场内"), ("各案", "备案"), ("2.23", ""), ("号码", "号"))


class Header(NamedTuple):
    """A header: the index of its last row (0-based), and the keys of its columns and of each of its rows."""

    at: int
    keys: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]


def key(cell: Cell) -> str:
    """Return a header or label without what forms put into it: spaces, line breaks, hints in brackets, misprints."""
    if not isinstance(cell, str):
        return ""
    text = _HINT.sub("", unicodedata.normalize("NFKC", cell))
    for wrong, right in _MISPRINTS:
        text = text.replace(wrong, right)
    return text


def find_header(sheet: Sheet, wanted: Iterable[str], least: int = LEAST_HEADERS) -> Header | None:
    """Return the row, or up to three rows read downwards, with most of the headers `wanted`; None below `least`."""
    names = {key(header) for header in wanted}
    best: Header | None = None
    best_count = least - 1
    rows = [tuple(map(key, row)) for row in sheet.rows[:MAX_HEADER_ROW]]
    for at in range(len(rows)):
        for size in range(1, min(MAX_PARTS, at + 1) + 1):
            parts = tuple(rows[at - size + 1 : at + 1])
            keys = parts[0] if size == 1 else _joined(parts)
            count = len(names & set(keys))
            if count > best_count:
                best, best_count = Header(at, keys, parts), count
    return best


def _joined(parts: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    width = max(map(len, parts))
    return tuple("".join(row[index] if index < len(row) else "" for row in parts) for index in range(width))


def read_labels(
    rows: Sequence[Sequence[Cell]], labels: Mapping[str, Sequence[str]]
) -> dict[str, list[tuple[int, str]]]:
    """Find "label: value" in lines over or under a table; return field -> [(row number, value)].

    `labels`: field -> spellings of its label. A value reaches to the next label of its line; it may stand in the
    label's cell or in the next cell that is filled. A value spread over several cells is not put together: it is
    found as often as there are cells.
    """
    if not labels:
        return {}
    spellings = [(name, field) for field, names in labels.items() for name in names]
    hint = r"\s*(?:[(（][^)）]*[)）])?\s*[:：\t]"
    names = [f"(?P<n{n}>{spaced(name)}){hint}" for n, (name, _) in enumerate(spellings)]
    pattern = re.compile("|".join([*names, _OTHER_LABEL]))
    found: dict[str, list[tuple[int, str]]] = {}
    for number, row in enumerate(rows, 1):
        line = "\t".join(map(_shown, row)) + "\t"
        matches = [match for match in pattern.finditer(line) if _begins_label(line, match.start())]
        ends = [*(match.start() for match in matches[1:]), len(line)]
        for match, end in zip(matches, ends, strict=bool(matches)):
            if match.lastgroup is None:
                continue
            field = spellings[int(match.lastgroup[1:])][1]
            values = [part.strip() for part in line[match.end() : end].split("\t") if part.strip()]
            found.setdefault(field, []).extend((number, part) for part in values or [""])
    return found


def spaced(label: str) -> str:
    """Return a pattern for a label whose signs may be full-width and set apart by spaces; what is in brackets may miss.

    The text that it is searched in stays as it is: in a value behind the label a full-width bracket is itself.
    """
    pattern = ""
    for part in re.split(r"([(（].*?[)）])", label):
        signs = r"\s*".join(_either_width(c) for c in part if not c.isspace())
        pattern += rf"(?:\s*{signs})?" if part[:1] in ("(", "（") else rf"\s*{signs}" if pattern else signs
    return pattern


def _either_width(sign: str) -> str:
    """Return a pattern for a sign in its usual or its full-width form."""
    narrow = unicodedata.normalize("NFKC", sign)
    wide = chr(ord(narrow) + 0xFEE0) if "!" <= narrow <= "~" else narrow
    return f"[{re.escape(narrow)}{re.escape(wide)}]" if wide != narrow else re.escape(narrow)


def _begins_label(line: str, at: int) -> bool:
    """Whether a label begins here and does not end a longer word: 等级 in 认定等级 is no label of its own."""
    return at == 0 or not line[at - 1].isalnum()


def _shown(cell: Cell) -> str:
    return cell.replace("\t", " ").replace("\n", " ") if isinstance(cell, str) else str(cell)
