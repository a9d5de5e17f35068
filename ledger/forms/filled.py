"""What an issuer gets back after an append: the roster's form filled in, and the holders' verification codes.

Both are private files: they name persons. Anhui's form is header and rows only, because 附件6 备注5 asks that the
reported file hold no notes; the others are pages. The list of codes begins with a notice. Telephone and e-mail are
blank in every form: they never got past the import.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple

from ledger.core.disclosure import group_verification_code
from ledger.core.profile import Form, Profile
from ledger.forms.documents import born, is_male
from ledger.forms.filling import FormValues
from ledger.forms.layouts import Layout, layout_ids, load_layout
from ledger.forms.pages import write_form
from ledger.forms.roster import FORM, RosterRow
from ledger.forms.workbook import make_workbook, write_workbook

__all__ = [
    "CODES_HEADER",
    "CODES_NOTICE",
    "CodeRow",
    "layout_of",
    "make_codes",
    "roster_values",
    "write_codes",
    "write_filled",
]

NO_JOB = "——"  # 渝人社发〔2020〕83号 附件5 注3：工种名称如无，请填写“——”
CODES_NOTICE: Final = (
    "持证人验证码 Verification codes of the holders",
    "含个人信息：只交给持证人本人，发放后妥善保管或销毁。Personal data: hand each line to its holder only.",
)
CODES_HEADER: Final = ("证书编号 Certificate number", "姓名 Name", "验证码 Verification code")
_CODES: Final = "验证码"
_CODES_WIDTHS: Final = (28, 24, 32)


class CodeRow(NamedTuple):
    """A line of the list of verification codes: certificate number, name, code (20 characters)."""

    code: str
    name: str
    verification_code: str


def layout_of(form: Form) -> Layout:
    """Return the page of a profile's roster form: the one with its columns. Raises KeyError if there is none."""
    headers = [column.header for column in form.columns]
    for form_id in layout_ids():
        layout = load_layout(form_id)
        if [column.field.label for column in layout.columns] == headers:
            return layout
    raise KeyError(form.title)


def write_filled(path: Path, rows: Iterable[RosterRow], profile: Profile, *, filed: str = "") -> int:
    """Write the form with every row filled in, `code` too, and return how many there were. Raises OSError.

    `filed` (YYYY-MM-DD) is the day on which it is filled in, for a form that has a place for it.
    """
    layout = layout_of(profile.form(FORM))
    if not layout.bare:
        values = roster_values(list(rows), layout, profile, filed)
        write_form(path, layout, values)
        return len(values.rows)
    fields = [column.field.id for column in layout.columns]
    at = [RosterRow._fields.index(field) for field in fields]
    job, level, title = (RosterRow._fields.index(field) for field in ("job", "level", "title"))
    levels = {one.code: one.zh for one in profile.levels}

    def texts() -> Iterable[list[str]]:
        for row in rows:
            values: list[str] = [*row]  # type: ignore[list-item]  # the row number and extra, which no column shows
            values[job] = values[job] or NO_JOB
            values[level] = values[title] or levels[values[level]]
            yield [values[n] for n in at]

    return write_workbook(
        path, layout.sheet, [column.field.label for column in layout.columns], texts(), widths=layout.widths
    )


def roster_values(rows: Sequence[RosterRow], layout: Layout, profile: Profile, filed: str = "") -> FormValues:
    """Return rows as the values of a roster's page: of its table, and of its head where all rows say the same.

    Sex and birth date come from the document number where the row does not have them and the number tells.
    """
    levels = {one.code: one.zh for one in profile.levels}
    table = []
    for number, row in enumerate(rows, 1):
        birth = row.birth or born(row.doc_type, row.doc_no) or ""
        known = {
            **row._asdict(),
            **dict(row.extra),
            "seq": str(number),
            "level": row.title or levels[row.level],
            "job": row.job or NO_JOB,
            "sex": row.sex or _sex(row),
            "birth": birth,
            "birth_month": birth[:7],
        }
        table.append({field: str(known[field]) for field in layout.table_fields if known.get(field)})
    head = {
        "company": {row.evaluator for row in rows},
        "evaluator": {row.evaluator for row in rows},
        "job": {row.job or row.occupation_name for row in rows},
        "level": {row.title or levels[row.level] for row in rows},
        "filed": {filed},
    }
    fields = {field: "、".join(sorted(head[field])) for field in layout.fields if field in head}
    return FormValues(fields, table)


def _sex(row: RosterRow) -> str:
    if born(row.doc_type, row.doc_no) is None:
        return ""
    return "男" if is_male(row.doc_no) else "女"


def write_codes(path: Path, rows: Iterable[CodeRow]) -> int:
    """Write the list of verification codes, in groups of four, and return the number of rows. Raises OSError."""
    texts = ((row.code, row.name, group_verification_code(row.verification_code)) for row in rows)
    return write_workbook(path, _CODES, CODES_HEADER, texts, above=CODES_NOTICE, widths=_CODES_WIDTHS)


def make_codes(file: IO[bytes], rows: Iterable[Sequence[str]]) -> int:
    """Write the same list into an open file; `rows` as they stand in one, codes in groups."""
    return make_workbook(file, _CODES, CODES_HEADER, rows, above=CODES_NOTICE, widths=_CODES_WIDTHS)
