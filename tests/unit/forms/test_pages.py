"""The forms as pages: the notice's columns and words, the same in every reader, printed by LibreOffice, read back."""

import shutil
import subprocess
import tomllib
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from ledger.core.errors import FormatError
from ledger.forms.filling import FormValues, parse_values
from ledger.forms.layouts import layout_ids, load_layout, parse_layout
from ledger.forms.page_reader import read_form
from ledger.forms.pages import write_form
from ledger.profiles import load
from tests.fixtures.forms import edit_part, write_xlsx
from tests.fixtures.pages import filled, shown

FORMS = layout_ids()
PRINTED = tomllib.loads((Path(__file__).parents[2] / "fixtures" / "printed.toml").read_text(encoding="utf-8"))
COLUMNS, LABELS = PRINTED["columns"], PRINTED["labels"]


def texts(path: Path) -> list[str]:
    """All texts of a workbook as another library reads them, row by row."""
    sheet = openpyxl.load_workbook(path).active
    assert isinstance(sheet, Worksheet)
    return [str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]


@pytest.fixture(scope="session")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every form, blank and filled in, as LibreOffice prints it: PDF, and each of its pages as PNG."""
    soffice, pdftoppm = shutil.which("soffice"), shutil.which("pdftoppm")
    assert soffice, "LibreOffice is not installed; scripts/test.py installs it"
    assert pdftoppm, "poppler-utils is not installed; scripts/test.py installs it"
    folder = tmp_path_factory.mktemp("printed")
    for form_id in FORMS:
        write_form(folder / f"{form_id}.blank.xlsx", load_layout(form_id))
        write_form(folder / f"{form_id}.xlsx", load_layout(form_id), filled(form_id))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    convert = [soffice, "--headless", profile, "--convert-to", "pdf", "--outdir", str(folder)]
    done = subprocess.run(
        [*convert, *map(str, folder.glob("*.xlsx"))], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "rror" not in done.stdout + done.stderr, done.stdout + done.stderr
    for pdf in folder.glob("*.pdf"):
        subprocess.run([pdftoppm, "-r", "40", "-png", str(pdf), str(pdf.with_suffix(""))], timeout=60, check=True)
    return folder


@pytest.mark.domain("H1", "H2", "H4", "H5", "H6")
@pytest.mark.parametrize("form_id", COLUMNS)
def test_columns_are_those_of_the_notice_in_its_order(tmp_path: Path, form_id: str) -> None:
    layout = load_layout(form_id)
    write_form(tmp_path / "a.xlsx", layout)
    wanted = COLUMNS[form_id].split()
    assert [column.field.label for column in layout.columns] == wanted
    written = texts(tmp_path / "a.xlsx")
    assert any(written[at : at + len(wanted)] == wanted for at in range(len(written)))


@pytest.mark.domain("H1", "H5", "H6", "H7", "H8", "F6", "B1")
@pytest.mark.parametrize("form_id", LABELS)
def test_labels_are_those_of_the_notice_in_its_order(tmp_path: Path, form_id: str) -> None:
    write_form(tmp_path / "a.xlsx", load_layout(form_id))
    page = "\n".join(texts(tmp_path / "a.xlsx"))
    at = 0
    labels = LABELS[form_id].split()
    for label in labels if form_id != "confirmation" else sorted(labels, key=page.index):
        assert label in page[at:], label
        at = page.index(label, at) + len(label)


@pytest.mark.domain("H2", "H4", "H5")
@pytest.mark.parametrize(
    ("form_id", "profile"),
    [
        ("certificates", "cn-anhui-2020-1"),
        ("roster-shandong", "cn-shandong-2020-1"),
        ("register-zhejiang", "cn-zhejiang-2023-1"),
    ],
)
def test_the_page_of_a_roster_has_the_fields_of_its_profile(form_id: str, profile: str) -> None:
    form, layout = load(profile).form("roster"), load_layout(form_id)
    assert [(c.field.id, c.field.label) for c in layout.columns] == [(c.field, c.header) for c in form.columns]
    assert layout.source == form.source
    assert form.title in layout.title


@pytest.mark.domain("H7", "H8")
@pytest.mark.parametrize("which", ["internal", "external"])
def test_the_supervision_forms_are_those_of_the_profile(which: str) -> None:
    layout = load_layout(f"supervision-{which}")
    form = next(one for one in load("cn-zhejiang-2023-1").supervision if one.id == which)
    scores = [(item.id, tuple(sorted(item.allowed, reverse=True))) for item in layout.items]
    assert scores == [(item.id, item.points) for item in form.items]
    assert [(veto.id, veto.zh) for veto in layout.vetoes] == [(veto.id, veto.zh) for veto in form.vetoes]
    assert layout.title == form.title


@pytest.mark.domain("H1", "H2", "H4", "H5", "H6", "H7", "H8", "F6", "B1")
@pytest.mark.parametrize("form_id", FORMS)
def test_what_is_written_is_read_back_by_both_libraries(tmp_path: Path, form_id: str) -> None:
    layout, values = load_layout(form_id), filled(form_id)
    path = tmp_path / "a.xlsx"
    write_form(path, layout, values)
    reading = read_form(path, layout)
    assert reading.findings == []
    assert shown(reading.values, layout) == shown(values, layout)
    page = "\n".join(texts(path))
    kinds = {**layout.fields, **layout.table_fields}
    for name, text in [pair for part in (values.fields, *values.rows) for pair in part.items()]:
        day = kinds[name].kind == "day"
        assert ("2026年11月18日" if day else text) in page, name


@pytest.mark.parametrize("form_id", FORMS)
def test_a_blank_form_is_read_as_blank(tmp_path: Path, form_id: str) -> None:
    layout = load_layout(form_id)
    write_form(tmp_path / "a.xlsx", layout)
    reading = read_form(tmp_path / "a.xlsx", layout)
    assert shown(reading.values, layout) == ({}, [])
    assert {finding.rule for finding in reading.findings} <= {"field.empty"}
    required = {field.label for field in layout.fields.values() if field.required}
    assert {finding.header for finding in reading.findings} == required


@pytest.mark.parametrize("form_id", FORMS)
def test_libreoffice_prints_it_without_complaint(printed: Path, form_id: str) -> None:
    layout = load_layout(form_id)
    for stem in (form_id, f"{form_id}.blank"):
        pages = sorted(printed.glob(f"{stem}-*.png"))
        assert len(pages) == (2 if layout.blocks else 1), f"{stem}: {len(pages)} pages"
        for page in pages:
            data = page.read_bytes()
            width, height = int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
            assert (width > height) == layout.landscape, f"{page.name}: {width} x {height}"
            assert max(width, height) == 468  # A4 at 40 dots an inch
            assert len(data) > 1000, f"{page.name} is blank"


@pytest.mark.domain("H2")
def test_annex_6_is_header_and_rows_and_no_note(tmp_path: Path) -> None:
    layout = load_layout("certificates")
    write_form(tmp_path / "a.xlsx", layout, filled("certificates"))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert isinstance(sheet, Worksheet)
    assert (sheet.max_row, sheet.max_column) == (4, 11)
    assert sheet["A1"].value == "姓名"
    assert "备注" not in "".join(texts(tmp_path / "a.xlsx"))


@pytest.mark.parametrize("form_id", FORMS)
def test_the_same_values_make_the_same_bytes(tmp_path: Path, form_id: str) -> None:
    layout = load_layout(form_id)
    for name in ("a.xlsx", "b.xlsx"):
        write_form(tmp_path / name, layout, filled(form_id))
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


AWKWARD = ["=1+1", "+1", "@SUM(A1)", "-2", "http://example.org/x", "{=1}", "mailto:a@example.org", "<b>&", "_x0041_"]


@pytest.mark.parametrize("text", AWKWARD)
@pytest.mark.parametrize("form_id", ["receipt", "scores"])
def test_no_text_becomes_a_formula_or_a_link(tmp_path: Path, form_id: str, text: str) -> None:
    layout, values = load_layout(form_id), filled(form_id)
    fields = {name: text if layout.fields[name].kind == "text" else value for name, value in values.fields.items()}
    rows = [{**row, "name": text} for row in values.rows]
    write_form(tmp_path / "a.xlsx", layout, FormValues(fields, rows))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert isinstance(sheet, Worksheet)
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    with zipfile.ZipFile(tmp_path / "a.xlsx") as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert read_form(tmp_path / "a.xlsx", layout).values.fields["org"] == fields["org"]


@pytest.mark.parametrize("form_id", FORMS)
def test_only_counts_and_scores_are_numbers(tmp_path: Path, form_id: str) -> None:
    layout = load_layout(form_id)
    write_form(tmp_path / "a.xlsx", layout, filled(form_id))
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert isinstance(sheet, Worksheet)
    numbers = [
        cell.value for row in sheet.iter_rows() for cell in row if cell.data_type == "n" and cell.value is not None
    ]
    assert all(isinstance(number, (int, float)) and number <= 100 for number in numbers)
    assert bool(numbers) == (form_id in {"summary", "scores", "supervision-internal", "supervision-external"})


def test_a_page_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"before")
    with pytest.raises(FormatError):
        write_form(path, load_layout("receipt"), filled("receipt", day="2026-02-30"))
    assert path.read_bytes() == b"before"
    assert [child.name for child in tmp_path.iterdir()] == ["a.xlsx"]


def moved(rows: Sequence[Sequence[object]], down: int, right: int) -> list[list[object]]:
    return [[] for _ in range(down)] + [[None] * right + list(row) for row in rows]


@pytest.mark.parametrize("form_id", [form_id for form_id in FORMS if form_id != "certificates"])
def test_a_form_that_was_rebuilt_elsewhere_on_the_sheet_is_found(tmp_path: Path, form_id: str) -> None:
    """Copied into another workbook: five rows down, two columns to the right, merged cells lost."""
    layout, values = load_layout(form_id), filled(form_id)
    write_form(tmp_path / "a.xlsx", layout, values)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert isinstance(sheet, Worksheet)
    rows = moved([[*row] for row in sheet.iter_rows(values_only=True)], 5, 2)
    reading = read_form(write_xlsx(tmp_path / "b.xlsx", rows), layout)
    assert reading.findings == []
    assert shown(reading.values, layout) == shown(values, layout)


MISPRINTS = [
    ("考场内张贴考场规则", "市场内张贴考场规则"),
    ("督导时间", "督 导\n时 间"),
    ("督导员工作单位", "督导员工作单位："),
    ("100分", "１００分"),
]


@pytest.mark.domain("H7")
@pytest.mark.parametrize(("right", "wrong"), MISPRINTS)
def test_misprints_spaces_and_full_width_signs_do_not_hide_a_label(tmp_path: Path, right: str, wrong: str) -> None:
    layout, path = load_layout("supervision-internal"), tmp_path / "a.xlsx"
    write_form(path, layout, filled("supervision-internal"))
    edit_part(path, "xl/sharedStrings.xml", lambda xml: xml.replace(right.encode(), wrong.encode()))
    reading = read_form(path, layout)
    assert reading.findings == []
    assert shown(reading.values, layout) == shown(filled("supervision-internal"), layout)


BLOCK = '[[blocks]]\nname = "甲"\npoints = 5\nitems = [{id = "a", zh = "甲", standard = "乙", points = '
BAD_LAYOUTS = [
    ('id = "y"', "id is not 'x'"),
    ("colour = 1", "unknown key 'colour'"),
    ('[fields]\na = {label = "甲"}', "a field is not placed exactly once"),
    ('[[rows]]\nline = "甲：{a}"', "a field is not placed exactly once"),
    ('[[rows]]\npart = "tables"', "'part' is not one of"),
    ('[[columns]]\nfield = "a"\nheader = "甲"', "the columns do not fill the page"),
    ('[[checks]]\nrule = "sum.equal"\nfield = "z"', "a check names unknown fields"),
    (BLOCK + "4}]", "do not add up to 5"),
    (BLOCK + "5}]", "do not add up to 100"),
    (BLOCK + "5, ways = [[[4, 0]]]}]", "no way of a adds up to 5"),
    ("id = ", "not TOML"),
]


@pytest.mark.parametrize(("more", "reason"), BAD_LAYOUTS, ids=range(len(BAD_LAYOUTS)))
def test_a_layout_that_is_wrong_is_refused(more: str, reason: str) -> None:
    head = 'title = "表"\nen = "form"\nsource = "通知"\nsheet = "表"\nwidths = [9, 9]\n'
    first = "" if more.startswith("id") else 'id = "x"\n'
    text = first + (head + more if more.startswith("[") else more + "\n" + head)
    with pytest.raises(FormatError, match="layout x") as raised:
        parse_layout(text, "x")
    assert reason in str(raised.value)


def test_values_from_toml() -> None:
    layout = load_layout("supervision-internal")
    values = parse_values('org = "甲"\nheld = 2026-11-18\nplace = 2\nleak = true\nunsafe = false', layout)
    assert values.fields == {"org": "甲", "held": "2026-11-18", "place": "2", "leak": "√", "unsafe": ""}
    table = parse_values('[[rows]]\njob = "车工"\nlevel_5 = 3', load_layout("summary"))
    assert table.rows == ({"job": "车工", "level_5": "3"},)


BAD_VALUES = [
    "x",
    'postcode = "1"',
    "rows = 1",
    "place = -1",
    "place = true",
    'leak = "yes"',
    'held = "18.11.2026"',
    "org = []",
]


@pytest.mark.parametrize("text", BAD_VALUES)
def test_values_that_are_none_of_the_form(text: str) -> None:
    with pytest.raises(FormatError):
        parse_values(text, load_layout("supervision-internal"))
