"""The fixture plan of the design, items 6 to 9: each nasty code, name, document and cell has its finding and its place.

A case is one cell (or row, or file) changed in a good roster; what is told is all that is told. No finding means that
the case must be accepted, and then `value` is what it is read as. Everything is fictional (测试数据).
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from ledger.core.profile import Profile
from ledger.forms.check import Filing, ScopeItem, check_rows, complete_rows
from ledger.forms.roster import read_roster
from ledger.profiles import load
from tests.fixtures.forms import (
    FILING,
    HEADER,
    PROFILE,
    SCHOOL,
    SHANDONG,
    SHANDONG_FILING,
    SHANDONG_HEADER,
    TODAY,
    ZHEJIANG,
    ZHEJIANG_FILING,
    ZHEJIANG_HEADER,
    person,
    resident,
    shandong,
    write_xlsx,
    zhejiang,
    zhejiang_head,
)

ANHUI = load("cn-anhui-2020-1")
ANHUI_SCOPE = (ScopeItem("6-18-01-01", "车工", "数控车工", ("1", "2", "3", "4", "5")),)
ORG = FILING.org
Finding = tuple[int, str, str]


class Case(NamedTuple):
    """One changed cell of a good row: item of the plan, header, what is typed, what is told, what is read."""

    item: int
    header: str
    typed: object
    told: str = ""
    value: str | None = None
    more: dict[str, object] = {}  # noqa: RUF012 - never changed


def anhui(org: str) -> Filing:
    return Filing(org, SCHOOL, ANHUI_SCOPE, "2025-01-01", "2027-12-31")


def codes() -> Iterator[Case]:
    """Item 6, in Chongqing: S + 12 digits, year, level 3 4 5 9, serial."""
    good = ORG + "263000001"
    for typed, value in (
        (good, good),
        (ORG + "263999999", ORG + "263999999"),
        (good.lower(), good),
        ("".join(chr(ord(c) + 0xFEE0) for c in good), good),
        (f" {ORG} 263 000001 ", good),
        (f"{ORG}-26-3-000001", good),
        (f"{ORG}\u2014263000001\u200b", good),
        ("", ""),
    ):
        yield Case(6, "证书编号", typed, value=value)
    wrong = {
        ORG + "263000000": "code.form",  # serials begin with 000001
        ORG + "2631000000": "code.form",  # 23 characters: the serial has overflowed
        good[:-1]: "code.form",  # 21 characters
        good + "1": "code.form",
        ORG + "261000001": "code.form",  # levels 1 and 2 do not exist in Chongqing
        ORG + "262000001": "code.form",
        ORG + "26T000001": "code.form",
        good.replace("0", "O", 1): "code.form",  # the letter O
        good.replace("S", "5", 1): "code.form",
        "Y" + good[1:]: "code.form",
        "S000150000001263000001": "code.form",  # 备案途径 is 0000
        "S000034000001263000001": "code.form",  # Anhui's province
        "S000050000000263000001": "code.form",  # organisations begin with 000001
        good[:-1] + "\u0661": "code.form",  # an Arabic-Indic digit
        "S000050000002263000001": "code.org",
        ORG + "253000001": "code.year",
        ORG + "273000001": "code.year",
        ORG + "264000001": "code.level",
        ORG + "269000001": "code.level",
    }
    for typed, told in wrong.items():
        yield Case(6, "证书编号", typed, told)
    yield Case(6, "证书编号", 203000001, "cell.number")
    yield Case(6, "证书编号", 1.2e21, "cell.number")
    yield Case(6, "证书编号", date(2026, 3, 1), "cell.kind")
    yield Case(6, "证书编号", '="S0000"', "cell.formula")
    yield Case(6, "证书编号", ORG + "269000001", more={"职业技能等级": "预备技师"}, value=ORG + "269000001")
    yield Case(6, "证书编号", ORG + "253000001", more={"发证日期": "2025-12-31"}, value=ORG + "253000001")
    yield Case(6, "证书编号", ORG + "263000001", "code.year", more={"发证日期": "2025-12-31"})


def names() -> Iterator[Case]:
    """Item 7."""
    accepted = [
        *(
            "张三",
            "欧阳青松",
            "司马禾",
            "上官云岭",
            "㐂云岭",
            "㼆石",
            "𠮷田禾",
            "张𬱖",
            "戶禾",
            "户禾",
            "〇一禾",
            "阿卜杜热西提·买买提",
        ),
        *("字" * 26, "字" * 50, "JOHN SAMPLE", "Nguyễn Văn Minh", "O'Neil-Ray", "J. Q. Sample", "김하나"),
    ]
    for name in accepted:
        yield Case(7, "姓名", name, value=name)
    for typed in (" 张三", "张三 ", "\u3000张三\u3000", "张三\n"):
        yield Case(7, "姓名", typed, value="张三")
    yield Case(7, "姓名", "Nguye\u0302\u0303n", value="Nguy\u1ec5n")  # NFC
    wrong = {
        **{f"阿卜杜{dot}买买提": "name.interpunct" for dot in "\u2022\u30fb\u2027\uff0e.\u22c5\u0387\u2219\uff65"},
        **dict.fromkeys(("张 三", "张\u3000三", "张\u00a0三", "阿卜杜· 买买提"), "name.space"),
        **dict.fromkeys(("张\u200b三", "\ufeff张三", "张\u202e三", "张\u2060三"), "name.invisible"),
        **dict.fromkeys(("𠮷\U000e0100", "葛\ufe00"), "name.variation"),
        **dict.fromkeys(("张\ue000", "张\U000f0000", "张\U0003fffd"), "name.private_use"),
        **dict.fromkeys(("⼀禾", "⺀禾"), "name.radical"),
        **dict.fromkeys(("JOHＮ",), "name.fullwidth"),
        **dict.fromkeys(("张三1", "张三?", "张三/李四", "张三,"), "name.character"),
        **dict.fromkeys(("·买买提", "阿卜杜··买买提"), "name.interpunct_place"),
        "字" * 51: "name.long",
        "\ufa0c禾": "name.nfc",  # 兀 of a compatibility block: only a warning
        "": "cell.empty",
    }
    for typed, told in wrong.items():
        yield Case(7, "姓名", typed, told)
    yield Case(7, "姓名", 7, "cell.kind")
    yield Case(7, "姓名", "=A1", "cell.formula")


def documents() -> Iterator[Case]:
    """Item 8: each of the twelve types, right and wrong."""
    card, hk, tw = resident("19910101"), resident("19900203", "810000"), resident("19900203", "830000")
    right = {
        "201": [card, resident("19600229"), resident("19910101", "340302")],
        "227": ["E12345678"],
        "210": ["H1234567800", "H12345678", "M1234567801"],
        "237": [hk, resident("19900203", "820000")],
        "213": ["00000001", "A000000001"],
        "238": [tw],
        "208": ["X0000001"],
        "233": ["ABC123456789012", "9" + resident("19900203", "900000")[1:]],
        "239": ["00000000000001"],
        "240": ["B-0000001"],
        "241": ["C0000001"],
        "299": ["测字第000001号"],
    }
    for kind, numbers in right.items():
        for number in numbers:
            yield Case(8, "证件号码", number, value=number, more={"证件类型": kind})
            yield Case(8, "证件号码", f" {number[:4]} {number[4:]}", value=number, more={"证件类型": kind})
    ending_in_x = next(
        n for n in (resident(f"1991{m:02}{d:02}") for m in range(1, 13) for d in range(1, 29)) if n[-1] == "X"
    )
    for last in "Xxｘ Ｘ".replace(" ", ""):
        yield Case(8, "证件号码", ending_in_x[:-1] + last, value=ending_in_x)
    wrong = {
        "201": [
            *(("E12345678", "document.form"), ("500112910101000", "document.old15"), (card[:-1], "document.form")),
            *((card[:-1] + ("1" if card[-1] != "1" else "2"), "document.checksum"), (card + "0", "document.form")),
            *((resident("19910230"), "document.birth"), (resident("20270101"), "document.future")),
            *((resident("19910101", "999999"), "document.district"), (hk, "document.district")),
            *((card[:6] + "-" + card[6:], "document.form"), (card[:6] + "\u200b" + card[6:], "cell.control")),
        ],
        "237": [(card, "document.form"), (tw, "document.form")],
        "238": [(hk, "document.form")],
        "210": [("H1234567", "document.form"), ("A12345678", "document.form"), (card, "document.form")],
        "233": [("912345199001010000", "document.checksum"), ("AB1234567890123", "document.form")],
        "208": [(card, "document.looks_like_id"), ("1", "document.form")],
        "227": [("护照1", "document.form")],
        "299": [("x" * 41, "document.form")],
    }
    for kind, pairs in wrong.items():
        for number, told in pairs:
            yield Case(8, "证件号码", number, told, more={"证件类型": kind})
    for typed in (201, 201.0, "201 ", "２０１", "居民身份证", "201=居民身份证"):
        yield Case(8, "证件类型", typed, value="201")
    for typed in ("202", "身份证件", "20l", "201,227", 20.1):
        yield Case(8, "证件类型", typed, "document.type")
    yield Case(8, "证件类型", "", "cell.empty")


def cells() -> Iterator[Case]:
    """Item 9, one cell: numbers that were identifiers, dates in every spelling, levels, formulas."""
    for number in (360426199101010071, 3.6042619910101e17, 12345678.0):
        yield Case(9, "证件号码", number, "cell.number")
    yield Case(9, "证件号码", "'" + resident("19910101"), "cell.apostrophe")
    yield Case(9, "证件号码", '="50011219910101"&"0009"', "cell.formula")
    yield Case(9, "证件号码", "#N/A", "cell.formula")
    yield Case(9, "证件号码", True, "document.form")  # a boolean is the text that it shows
    written: tuple[object, ...] = (
        *("2026-11-18", "2026-11-18 00:00:00", "2026/11/18", "2026.11.18", "2026年11月18日", "２０２６－１１－１８"),
        *(date(2026, 11, 18), datetime(2026, 11, 18)),  # noqa: DTZ001 - as a spreadsheet has it
    )
    for typed in written:
        yield Case(9, "发证日期", typed, value="2026-11-18")
    dates: dict[object, str] = {
        **dict.fromkeys(("24-3-1", "24年3月1日", "24/3/1"), "issued.two_digits"),
        **dict.fromkeys(("2026-02-30", "2026-13-01"), "issued.calendar"),
        **dict.fromkeys(("18/11/2026", "20261118", "2026年11月", "昨天"), "issued.form"),
        **dict.fromkeys((45352, "45352"), "issued.serial"),
        **dict.fromkeys(("2026-11-18 10:30", datetime(2026, 11, 18, 10, 30)), "issued.time"),  # noqa: DTZ001 - as above
        "2026-11-21": "issued.future",
        "2024-12-31": "issued.outside_filing",
        "": "cell.empty",
    }
    for typed, told in dates.items():
        yield Case(9, "发证日期", typed, told)
    for typed in (3, 3.0, "3", "三级", "高级工", "三级/高级工", "三级（高级工）", "３"):
        yield Case(9, "职业技能等级", typed, value="3")
    for typed in (2, "技师", "T", "三级/中级工", 3.5):
        yield Case(9, "职业技能等级", typed, "level.unknown")
    yield Case(9, "职业技能等级", "五级", "scope.level")
    yield Case(9, "职业名称", "焊工", "scope.occupation")
    yield Case(9, "所在单位", "甲\n乙", "cell.control")
    yield Case(9, "所在单位", "字" * 201, "cell.long")
    yield Case(9, "评价机构", "别的机构", "evaluator.name", more={"发证机构": "别的机构"})
    yield Case(9, "发证机构", "别的机构", "issuer.same")


FIELDS = dict(zip(HEADER, [column.field for column in PROFILE.form("roster").columns], strict=True))
ONE_CELL = [*codes(), *names(), *documents(), *cells()]


@pytest.mark.domain("H2", "H3", "A8", "A9", "A10", "A11", "A12", "A13", "A14", "A15")
@pytest.mark.parametrize("case", ONE_CELL, ids=[f"{n}-item{case.item}" for n, case in enumerate(ONE_CELL)])
def test_one_cell(tmp_path: Path, case: Case) -> None:
    row = person(**{case.header: case.typed, **case.more})
    formats = {"I2": "General"} if isinstance(case.typed, int) else {}
    roster = read_roster(write_xlsx(tmp_path / "a.xlsx", [HEADER, row], formats), PROFILE, TODAY)
    findings = [*roster.findings, *check_rows(roster, PROFILE, FILING, TODAY)]
    column = "ABCDEFGHIJK"[HEADER.index(case.header)]
    assert [(f.row, f.column, f.rule) for f in findings] == ([(2, column, case.told)] if case.told else [])
    if case.value is not None:
        assert getattr(roster.rows[0], FIELDS[case.header]) == case.value
    assert str(case.typed) not in "".join(f.zh + f.en for f in findings) or len(str(case.typed)) < 3


ANHUI_CODES = [
    ("Y000034030001", "Y000034030001261000001", []),
    ("1000034030001", "1000034030001265000001", []),  # 22位数字: position 1 may be a digit
    ("Y000034030001", "Y000034030001269000001", ["code.form"]),  # 9 exists in Chongqing only
    ("Y000034030001", "Y000034030001260000001", ["code.form"]),
    ("Y000034030001", "y000034030001261000001", []),
    ("Y000034030001", "Y000050030001261000001", ["code.form"]),
    ("Y000034030001", "Y000034030002261000001", ["code.org"]),
    ("Y000034030001", "Y00003403000126100000", ["code.form"]),
    ("Y000034030001", "Y0000340300012610000001", ["code.form"]),
]


@pytest.mark.domain("A1", "A2", "A3", "A4", "A5", "A6")
@pytest.mark.parametrize(("org", "typed", "told"), ANHUI_CODES, ids=range(len(ANHUI_CODES)))
def test_codes_of_anhui(tmp_path: Path, org: str, typed: str, told: list[str]) -> None:
    level = typed[15] if typed[15] in "12345" else "1"
    path = write_xlsx(tmp_path / "a.xlsx", [HEADER, person(证书编号=typed, 职业技能等级=level)])
    roster = read_roster(path, ANHUI, TODAY)
    assert roster.ok
    assert [finding.rule for finding in check_rows(roster, ANHUI, anhui(org), TODAY)] == told


def two(**second: object) -> list[list[object]]:
    return [list(HEADER), person("19910101"), person("19910102", **second)]


def twice_same_number() -> list[list[object]]:
    return [list(HEADER), *(person(f"1991010{n}", 证书编号=ORG + "263000001") for n in (1, 2))]


PERMIT: dict[str, object] = {"证件类型": "210"}
TITLE: list[object] = ["企业职业技能等级认定合格人员证书信息表"]
BROKEN: list[object] = [f"{header[:2]}\n {header[2:]}" for header in HEADER]
WIDE: list[object] = ["".join(" " + c for c in header) + "：" for header in HEADER]
SHEETS: dict[str, tuple[list[list[object]], list[Finding], int]] = {
    "title-row-merged": ([TITLE, *two()], [], 2),
    "header-split-by-newlines": ([BROKEN, person()], [], 1),
    "header-set-apart-by-spaces": ([WIDE, person()], [], 1),
    "blank-rows": ([list(HEADER), [], person("19910101"), [None, " "], person("19910102"), []], [], 2),
    "note-at-the-end": ([*two(), ["备注：1.本表一式三份"]], [(4, "", "form.notes")], 2),
    "note-in-the-middle": (
        [list(HEADER), person("19910101"), ["2.证件类型为：201"], person("19910102")],
        [(3, "", "form.notes")],
        2,
    ),
    "header-again": ([*two(), list(HEADER)], [(4, "", "form.header_again")], 2),
    "nobody": ([list(HEADER)], [(1, "", "form.empty")], 0),
    "no-header": ([["姓名", "证件号码"], ["张三", "1"]], [(0, "", "form.no_header")], 0),
    "column-missing": ([list(HEADER[:-1]), person()[:-1]], [(1, "", "form.column_missing")], 0),
    "column-twice": ([[*HEADER, "姓名"], [*person(), "李四"]], [(1, "A", "form.column_twice")], 0),
    "column-extra": ([[*HEADER, "电话"], [*person(), "1"]], [(1, "L", "form.column_extra")], 1),
    "two-people-of-one-name": (two(姓名="张云岭"), [], 2),
    "one-person-twice": ([list(HEADER), person(), person()], [(3, "C", "person.twice")], 2),
    "one-person-two-levels": ([list(HEADER), person(), person(职业技能等级="4")], [], 2),
    "permit-and-its-renewal": (
        [list(HEADER), person(**PERMIT, 证件号码="H1234567800"), person(**PERMIT, 证件号码="H1234567801")],
        [(3, "C", "person.twice")],
        2,
    ),
    "number-15-and-18-digits": (
        [list(HEADER), person(), person(证件号码="500112910101000")],
        [(3, "C", "document.old15")],
        2,
    ),
    "one-number-twice": (twice_same_number(), [(3, "H", "code.twice")], 2),
}


@pytest.mark.domain("H2")
@pytest.mark.parametrize("case", SHEETS)
def test_one_sheet(tmp_path: Path, case: str) -> None:
    rows, told, persons = SHEETS[case]
    merged = ["A1:K1"] if rows[0] is TITLE else []
    roster = read_roster(write_xlsx(tmp_path / "a.xlsx", rows, merged=merged), PROFILE, TODAY)
    findings = [*roster.findings, *check_rows(roster, PROFILE, FILING, TODAY)]
    assert [(f.row, f.column, f.rule) for f in findings] == told
    assert len(roster.rows) == persons


def as_csv(encoding: str) -> Callable[[Path], object]:
    text = "\n".join(",".join(map(str, row)) for row in [HEADER, person(姓名="张三")])
    return lambda path: path.write_bytes(text.encode(encoding))


FILES: dict[str, tuple[str, Callable[[Path], object], list[Finding]]] = {
    "hidden-row": ("a.xlsx", lambda path: write_xlsx(path, two(), hidden=[2]), [(0, "", "form.hidden")]),
    "second-sheet": ("a.xlsx", lambda path: write_xlsx(path, two(), more={"二": two()}), [(0, "", "form.several")]),
    "second-sheet-hidden": ("a.xlsx", lambda path: write_xlsx(path, two(), more={"hidden": two()}), []),
    "1904-dates": (
        "a.xlsx",
        lambda path: write_xlsx(path, two(发证日期=date(2026, 11, 18)), epoch=CALENDAR_MAC_1904),
        [],
    ),
    "date-number-with-a-style": (
        "a.xlsx",
        lambda path: write_xlsx(path, two(发证日期=46344), {"I3": "yyyy-mm-dd"}),
        [],
    ),
    "utf-8.csv": ("a.csv", as_csv("utf-8"), []),
    "bom.csv": ("a.csv", as_csv("utf-8-sig"), []),
    "gbk.csv": ("a.csv", as_csv("gbk"), []),
    "utf-16.csv": ("a.csv", as_csv("utf-16"), [(0, "", "file.encoding")]),
    "old.xls": (
        "a.xls",
        lambda path: path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1")),
        [(0, "", "file.old_or_encrypted")],
    ),
    "word.docx": ("a.docx", lambda path: path.write_bytes(b"x"), [(0, "", "file.kind")]),
}


@pytest.mark.parametrize("case", FILES)
def test_one_file(tmp_path: Path, case: str) -> None:
    name, write, told = FILES[case]
    write(tmp_path / name)
    roster = read_roster(tmp_path / name, PROFILE, TODAY)
    assert [(f.row, f.column, f.rule) for f in roster.findings] == told
    assert bool(roster.rows) == (not told or told[0][2] == "form.hidden")


OTHER_FORMS: dict[str, tuple[Profile, Filing, list[list[object]]]] = {
    "shandong": (SHANDONG, SHANDONG_FILING, [["名册"], list(SHANDONG_HEADER), shandong(), shandong("19920101")]),
    "zhejiang": (ZHEJIANG, ZHEJIANG_FILING, [zhejiang_head(), list(ZHEJIANG_HEADER), zhejiang(), zhejiang("19920101")]),
}


@pytest.mark.domain("H4", "H5")
@pytest.mark.parametrize(
    "case", [case for case in ONE_CELL if case.item == 7], ids=range(sum(case.item == 7 for case in ONE_CELL))
)
@pytest.mark.parametrize("form", OTHER_FORMS)
def test_names_in_the_other_forms(tmp_path: Path, form: str, case: Case) -> None:
    profile, filing, rows = OTHER_FORMS[form]
    at = rows[1].index("姓名")
    changed = [*rows[2][:at], case.typed, *rows[2][at + 1 :]]
    path = write_xlsx(tmp_path / "a.xlsx", [*rows[:2], changed, rows[3]])
    roster = complete_rows(read_roster(path, profile, TODAY, issued="2026-11-18"), profile, filing)
    told = [(3, "ABCDEFGH"[at], case.told)] if case.told else []
    codes_repeat = {(4, "T", "code.twice")}
    findings = [(f.row, f.column, f.rule) for f in [*roster.findings, *check_rows(roster, profile, filing, TODAY)]]
    assert [finding for finding in findings if finding not in codes_repeat] == told


def test_how_many_cases_there_are() -> None:
    count = Counter(case.item for case in ONE_CELL)
    count[6] += len(ANHUI_CODES)
    count[9] += len(SHEETS) + len(FILES)
    print("fixture plan:", ", ".join(f"item {item}: {number} cases" for item, number in sorted(count.items())))
    assert count[6] >= 40
    assert count[7] >= 55
    assert count[8] >= 70
    assert count[9] >= 70
