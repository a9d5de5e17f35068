"""What an issuer gets back after an append: the filled Annex-6 form, and the holders' verification codes.

Both are private files: they name persons. The filled form is header and rows only, because 附件6 备注5 asks
that the reported file hold no notes; the list of codes begins with one.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ledger.core.disclosure import group_verification_code
from ledger.core.profile import Profile
from ledger.forms.roster import FORM, RosterRow
from ledger.forms.workbook import write_workbook

__all__ = ["CodeRow", "write_codes", "write_filled"]

NO_JOB = "——"  # 渝人社发〔2020〕83号 附件5 注3：工种名称如无，请填写“——”
_WIDTHS = {"name": 16, "doc_no": 24, "employer": 32, "code": 26, "evaluator": 28, "issuer_name": 28}
_NOTICE = (
    "持证人验证码 Verification codes of the holders",
    "含个人信息：只交给持证人本人，发放后妥善保管或销毁。Personal data: hand each line to its holder only.",
)


class CodeRow(NamedTuple):
    """A line of the list of verification codes: certificate number, name, code (20 characters)."""

    code: str
    name: str
    verification_code: str


def write_filled(path: Path, rows: Iterable[RosterRow], profile: Profile) -> int:
    """Write the form with every row filled in, `code` too, and return how many there were. Raises OSError."""
    columns = profile.form(FORM).columns
    levels = {level.code: level.zh for level in profile.levels}
    at = [RosterRow._fields.index(column.field) for column in columns]
    job, level = RosterRow._fields.index("job"), RosterRow._fields.index("level")

    def texts() -> Iterable[list[str]]:
        for row in rows:
            values: list[str] = [*row]  # type: ignore[list-item]  # the row number, which no column shows
            values[job] = values[job] or NO_JOB
            values[level] = levels[values[level]]
            yield [values[n] for n in at]

    header = [column.header for column in columns]
    return write_workbook(path, "证书信息表", header, texts(), widths=[_WIDTHS.get(c.field, 14) for c in columns])


def write_codes(path: Path, rows: Iterable[CodeRow]) -> int:
    """Write the list of verification codes, in groups of four, and return the number of rows. Raises OSError."""
    texts = ((row.code, row.name, group_verification_code(row.verification_code)) for row in rows)
    header = ("证书编号 Certificate number", "姓名 Name", "验证码 Verification code")
    return write_workbook(path, "验证码", header, texts, above=_NOTICE, widths=(28, 24, 32))
