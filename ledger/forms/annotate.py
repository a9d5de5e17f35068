"""An annotated copy of a roster: its cells as text, the wrong ones marked, and what is wrong beside each row.

The copy is a new file next to the original, which is never touched. It names persons, as the original does.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from ledger.core.profile import ERROR
from ledger.forms.findings import Finding
from ledger.forms.readers import Cell, Sheet, column_letters
from ledger.forms.roster import Roster

__all__ = ["write_annotated"]

_COLUMN = "问题 Findings"
_LIST = (
    "行 Row",
    "列 Column",
    "栏目 Header",
    "级别 Severity",
    "规则 Rule",
    "问题",
    "Finding",
    "依据 Source",
    "值 Value",
)
_SEVERITY = {"error": "错误 error", "warning": "警告 warning"}
_CREATED = datetime(2000, 1, 1)  # noqa: DTZ001 - the same bytes for the same findings
MAX_COMMENTS = 2000  # spreadsheet programs grow slow beyond; the column beside the rows has them all


def write_annotated(source: Path, roster: Roster, findings: Sequence[Finding]) -> Path:
    """Write the annotated copy of `source` beside it and return its path, a name that was free.

    `findings` are those of the roster and of its check together. A file that could not be read has only the
    list of findings in its copy. Raises OSError.
    """
    path = _free_path(source)
    workbook = xlsxwriter.Workbook(path, {"constant_memory": True, "strings_to_formulas": False})
    workbook.set_properties({"created": _CREATED})
    bold = workbook.add_format({"bold": True})
    marks = {
        "error": workbook.add_format({"bg_color": "#F8CBAD", "num_format": "@"}),
        "warning": workbook.add_format({"bg_color": "#FFF2CC", "num_format": "@"}),
    }
    for sheet in roster.table.sheets if roster.table else ():
        if sheet.name == roster.sheet:
            worksheet = workbook.add_worksheet("名册 Roster")
            _write_rows(worksheet, sheet, roster.header_row, findings, marks, bold)
    _write_list(workbook.add_worksheet(_COLUMN), findings, marks, bold)
    workbook.close()
    return path


def _free_path(source: Path) -> Path:
    """Create an empty file with a name that was free, and return its path."""
    for n in range(1, 10_000):
        path = source.with_name(f"{source.stem}.findings{'' if n == 1 else f'-{n}'}.xlsx")
        try:
            path.touch(exist_ok=False)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"too many annotated copies of {source.name}")


def _write_rows(
    worksheet: Worksheet,
    sheet: Sheet,
    header_row: int,
    findings: Sequence[Finding],
    marks: dict[str, Format],
    bold: Format,
) -> None:
    by_row: defaultdict[int, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_row[finding.row or header_row].append(finding)
    width = max((len(row) for row in sheet.rows), default=0)
    worksheet.set_column(0, max(width - 1, 0), 16)
    worksheet.set_column(width, width, 80)
    comments = 0
    for at, row in enumerate(sheet.rows):
        here = by_row.get(at + 1, [])
        wrong: dict[str, list[Finding]] = defaultdict(list)
        for finding in here:
            wrong[finding.column].append(finding)
        for index, cell in enumerate(row):
            problems = wrong.get(column_letters(index)) if here else None
            if problems is None:
                worksheet.write_string(at, index, _shown(cell), bold if at + 1 == header_row else None)
                continue
            worksheet.write_string(at, index, _shown(cell), _mark(problems, marks))
            if comments < MAX_COMMENTS:
                comments += 1
                worksheet.write_comment(at, index, "\n".join(map(_line, problems)), {"author": ""})
        if here:
            worksheet.write_string(at, width, "\n".join(map(_line, here)), _mark(here, marks))
        elif at + 1 == header_row:
            worksheet.write_string(at, width, _COLUMN, bold)


def _write_list(worksheet: Worksheet, findings: Sequence[Finding], marks: dict[str, Format], bold: Format) -> None:
    worksheet.set_column(0, 4, 14)
    worksheet.set_column(5, 7, 60)
    for index, header in enumerate(_LIST):
        worksheet.write_string(0, index, header, bold)
    for at, f in enumerate(findings, 1):
        row = str(f.row) if f.row else ""
        values = (row, f.column, f.header, _SEVERITY[f.severity], f.rule, f.zh, f.en, f.source, f.value_class)
        for index, text in enumerate(values):
            worksheet.write_string(at, index, text, marks[f.severity] if index == 3 else None)


def _mark(problems: Sequence[Finding], marks: dict[str, Format]) -> Format:
    return marks["error" if any(f.severity == ERROR for f in problems) else "warning"]


def _line(finding: Finding) -> str:
    column = f"{finding.column} " if finding.column else ""
    return f"{_SEVERITY[finding.severity]} · {column}{finding.zh}（{finding.source}） {finding.en}"


def _shown(cell: Cell) -> str:
    """Return a cell as the text that its reader saw; a number with the 15 digits that it has."""
    return f"{cell:.15g}" if isinstance(cell, (int, float)) else str(cell)
