"""`ledger check --match FILE.toml`: the same yes or no as on the page, from the workbook of codes that append wrote."""

import json
from pathlib import Path

import openpyxl
import pytest

from tests.cli.cases import NUMBER, Ran, ledger, make_issued


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("issued")
    make_issued(made)
    return made


@pytest.fixture(scope="module")
def holder(folder: Path) -> tuple[str, str]:
    """Name and verification code of NUMBER, as the issuer hands them out."""
    (path,) = folder.glob("home/outputs/*/verification-codes.xlsx")
    rows = openpyxl.load_workbook(path).active
    assert rows is not None
    cells = next(row for row in rows.iter_rows(values_only=True) if NUMBER in row)
    code = next(str(cell) for cell in cells if len(str(cell).replace(" ", "")) == 20)
    name = next(str(cell) for cell in cells if str(cell) not in (code, NUMBER) and not str(cell).isascii())
    return name, code


def check(folder: Path, text: str, *options: str, number: str = NUMBER) -> Ran:
    (folder / "match.toml").write_text(text, encoding="utf-8")
    return ledger(folder, "check", number, "--in", "home/public", "--match", "match.toml", "--state", "seen", *options)


def test_the_right_name_matches(folder: Path, holder: tuple[str, str]) -> None:
    name, code = holder
    ran = check(folder, f'code = "{code.lower()}"\nname = " {name} "\n')
    assert (ran.code, "matches" in ran.out, "no match" in ran.out) == (0, True, False)
    assert json.loads(check(folder, f'code = "{code}"\nname = "{name}"\n', "--json").out)["matched"] == {"name": True}


def test_a_difference_is_exit_1_though_the_certificate_is_valid(folder: Path, holder: tuple[str, str]) -> None:
    name, code = holder
    ran = check(folder, f'code = "{code}"\nname = "{name}"\ndoc_no = "11010119900307001X"\n', "--json")
    report = json.loads(ran.out)
    assert (ran.code, report["verdict"]) == (1, "valid")
    assert report["matched"] == {"doc_no": False, "name": True}
    for text in (ran.out, ran.err, check(folder, f'code = "{code}"\nname = "测试某人"\n').out):
        for private in (name, code, "11010119900307001X", "测试某人"):
            assert private not in text


def test_a_number_that_is_not_there_is_compared_with_nothing(folder: Path, holder: tuple[str, str]) -> None:
    ran = check(folder, f'code = "{holder[1]}"\nname = "{holder[0]}"\n', "--json", number=f"{NUMBER[:-3]}999")
    assert (ran.code, "matched" in json.loads(ran.out)) == (1, False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 2),
        ('name = "测试某人"\n', 2),
        ('code = "0123456789ABCDEFGHJK"\nname = ""\n', 2),
        ('code = "0123456789ABCDEFGHJK"\nname = 7\n', 2),
        ('code = "0123456789ABCDEFGHJK"\nname = "测试某人"\nphone = "1"\n', 2),
        ('code = "0123456789ABCDEFGHJK"\nname = 测试某人\n', 1),
    ],
)
def test_a_file_of_another_kind_is_refused_without_quoting_it(folder: Path, text: str, code: int) -> None:
    ran = check(folder, text)
    assert (ran.code, ran.out) == (code, "")
    assert "match.toml" in ran.err
    assert "Traceback" not in ran.err
    assert "测试某人" not in ran.err


def test_a_code_alone_compares_nothing_where_the_view_is_public(folder: Path, holder: tuple[str, str]) -> None:
    ran = check(folder, f'code = "{holder[1]}"\n')
    assert (ran.code, "the masked view is public" in ran.err) == (2, True)


def test_a_code_alone_opens_the_view_of_a_sealed_ledger(tmp_path: Path) -> None:
    make_issued(tmp_path, "--disclosure", "sealed")
    (path,) = tmp_path.glob("home/outputs/*/verification-codes.xlsx")
    rows = openpyxl.load_workbook(path).active
    assert rows is not None
    cells = [str(cell) for row in rows.iter_rows(values_only=True) if NUMBER in row for cell in row]
    code = next(cell for cell in cells if len(cell.replace(" ", "")) == 20)
    plain = ledger(tmp_path, "check", NUMBER, "--in", "home/public", "--state", "seen", "--json")
    assert "masked" not in json.loads(plain.out)
    ran = check(tmp_path, f'code = "{code}"\n', "--json")
    report = json.loads(ran.out)
    assert (ran.code, report["matched"]) == (0, {"masked": True})
    assert report["masked"]["name"].endswith("**")
    assert report["masked"]["name"][0] in "".join(cells)
    ran = check(tmp_path, 'code = "0123456789ABCDEFGHJK"\n')
    assert (ran.code, "no match" in ran.out) == (1, True)
