"""Profiles: the two files say what their notices say, and the loader refuses everything else."""

import re
from pathlib import Path

import pytest

from ledger import profiles
from ledger.core import profile as profile_module
from ledger.core.errors import FormatError
from ledger.core.profile import WARNING, Profile, load_profile
from ledger.core.table import Table

CHONGQING = "cn-chongqing-2020-1"
ANHUI = "cn-anhui-2020-1"
NATIONAL = "cn-national-2018-1"
SHANDONG = "cn-shandong-2020-1"
ZHEJIANG = "cn-zhejiang-2023-1"

SMALL = """
schema = 1
name = "cn-small-2020-1"
zh = "例"
en = "Example"
notice = "例〔2020〕1号"
mask = "masked"
periods = [{ id = "plan", amount = 10, unit = "working", rule = "code.year" }]
staffing = [{ id = "examiners", amount = 3, per = "occupation", rule = "code.year" }]
document_types = [{ code = "201", zh = "证", en = "card" }]
levels = [{ code = "3", zh = "三级", en = "level 3", rank = 3, aliases = ["高级工"] }]
evidence = []
retention = []
candidates = []
bases = []
counting = { include_start = false, rule = "code.year" }
[filing]
[code]
length = 6
org_length = 1
century = 2000
serial_scope = ["org"]
serial_reason = "例"
segments = [
    { id = "category", first = 1, last = 1, literal = "S", zh = "类", en = "category" },
    { id = "year", first = 2, last = 3, alphabet = "0123456789", zh = "年", en = "year" },
    { id = "level", first = 4, last = 4, zh = "级", en = "level" },
    { id = "serial", first = 5, last = 6, alphabet = "0123456789", least = "01", zh = "序", en = "serial" },
]
[[forms]]
id = "roster"
title = "表"
source = "附件"
columns = [{ field = "name", header = "姓名" }, { field = "code", header = "编号", required = false }]
[rules."code.length"]
severity = "error"
source = "例"
zh = "六位"
en = "Six characters"
[rules."code.category"]
severity = "error"
source = "例"
zh = "类"
en = "Category"
[rules."code.year"]
severity = "error"
source = "例"
zh = "年"
en = "Year"
[rules."code.level"]
severity = "error"
source = "例"
zh = "级"
en = "Level"
[rules."code.serial"]
severity = "warning"
source = "例"
requirement = "A6"
zh = "序"
en = "Serial"
"""


def small(old: str = "", new: str = "") -> str:
    assert old in SMALL
    return SMALL.replace(old, new, 1)


def test_the_profiles_of_the_product() -> None:
    assert profiles.names() == (ANHUI, CHONGQING, NATIONAL, SHANDONG, ZHEJIANG)
    for name in profiles.names():
        assert profiles.load(name).name == name
        assert profiles.load(name) is profiles.load(name)


def test_a_profile_that_does_not_exist_is_refused() -> None:
    with pytest.raises(FormatError, match="none of that name"):
        profiles.read_text("../core/profile")


def test_a_file_with_another_profile_in_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "read_text", lambda _: SMALL)
    with pytest.raises(FormatError, match="holds another profile"):
        profiles.load.__wrapped__("cn-other-2020-1")


def test_chongqing_says_what_its_notice_says() -> None:
    profile = profiles.load(CHONGQING)
    assert [level.code for level in profile.levels] == ["3", "4", "5", "9"]
    assert [level.zh for level in profile.levels][-1] == "预备技师"
    assert profile.max_validity_years == 3
    assert profile.serial_scope == "org-year-level"
    assert [(p.id, p.amount, p.unit) for p in profile.periods] == [
        ("plan-before-exam", 10, "working"),
        ("publicity", 5, "working"),
    ]
    assert [(m.amount, m.per) for m in profile.staffing] == [(3, "occupation")]
    assert profile.rules["serial.order"].severity == WARNING
    assert profile.title[0].startswith("重庆市技工院校")


def test_anhui_says_what_its_notice_says() -> None:
    profile = profiles.load(ANHUI)
    assert [level.code for level in profile.levels] == ["1", "2", "3", "4", "5"]
    assert profile.max_validity_years is None
    assert profile.serial_scope == "org-year-level"
    assert [(p.id, p.amount, p.unit) for p in profile.periods] == [
        ("plan-before-exam", 10, "working"),
        ("publicity", 7, "calendar"),
        ("report-after-publicity", 10, "working"),
    ]
    assert [(m.amount, m.per) for m in profile.staffing] == [(5, "occupation-level")]
    assert profile.rules["serial.order"].severity == "error"
    assert profile.rules["code.city"].severity == WARNING


@pytest.mark.parametrize("name", [CHONGQING, ANHUI])
def test_each_rule_has_source_text_and_each_form_its_columns(name: str) -> None:
    profile = profiles.load(name)
    assert len(profile.document_types) == 12
    columns = profile.form("roster").columns
    assert "".join(column.header for column in columns) == (
        "姓名证件类型证件号码所在单位职业名称工种名称职业技能等级证书编号发证日期评价机构发证机构"
    )
    assert [column.field for column in columns if not column.required] == ["job", "code"]
    for rule in profile.rules.values():
        assert rule.source
        assert re.search(r"[\u4e00-\u9fff]", rule.zh)
        assert rule.en.isascii()
        assert re.fullmatch(r"[A-J]\d+( [A-J]\d+)*", rule.requirement) or "法" in rule.source


def test_a_small_profile_loads() -> None:
    profile = load_profile(SMALL)
    assert profile.level("3") is profile.levels[0]
    assert profile.level("4") is None
    assert profile.form("roster").columns[1].required is False
    assert profile.serial_scope == "org"
    assert profile.rules["code.serial"].requirement == "A6"
    assert profile.rules["code.year"].requirement == ""
    with pytest.raises(KeyError):
        profile.form("register")
    assert isinstance(profile, Profile)


LEVELS = "levels = " + SMALL.split("levels = ")[1].split("\n", maxsplit=1)[0]
REFUSED = [
    ("not TOML", "schema = 1", "schema ="),
    ("top: unknown key 'nmae'", 'name = "cn-small-2020-1"', 'nmae = "cn-small-2020-1"'),
    ("top: schema is not 1", "schema = 1", "schema = 2"),
    ("top: key 'schema' is missing", "schema = 1", ""),
    ("top: key 'schema' is not a whole number", "schema = 1", "schema = true"),
    ("top: key 'zh' is empty", 'zh = "例"', 'zh = " "'),
    ("top: key 'zh' is not a text", 'zh = "例"', "zh = 1"),
    ("name is not of the form", "cn-small-2020-1", "small"),
    ("top: key 'mask' is not one of status, masked, sealed", 'mask = "masked"', 'mask = "open"'),
    ("code: key 'length' is not a whole number", "length = 6", 'length = "6"'),
    ("code: key 'length' is negative", "length = 6", "length = -6"),
    ("code: unknown key 'lenght'", "length = 6", "length = 6\nlenght = 6"),
    ("code: serial_scope is not one of", 'serial_scope = ["org"]', 'serial_scope = ["year"]'),
    ("code: key 'serial_scope' is not a list of texts", 'serial_scope = ["org"]', "serial_scope = [1]"),
    ("code: key 'serial_reason' is missing", 'serial_reason = "例"', ""),
    ("code: the segments end at 6, not at 7", "length = 6", "length = 7"),
    ("segments[3]: begins at 5, and position 4 is next", "first = 4", "first = 5"),
    ("segments[2]: begins at 2, and position 2 is next", "first = 2, last = 3", "first = 2, last = 1"),
    ("segments[1]: there is no rule 'code.kind'", 'id = "category"', 'id = "kind"'),
    ("code: there is no rule 'code.length'", '[rules."code.length"]', '[rules."code.size"]'),
    ("code: after position 2 there must be", "org_length = 1", "org_length = 2"),
    ("segments[1]: 'SS' does not fill", 'literal = "S"', 'literal = "SS"'),
    ("segments[4]: '0A' does not fill", 'least = "01"', 'least = "0A"'),
    ("segments[4]: more than one of", 'least = "01"', 'least = "01", values = ["01"]'),
    ("segments[2]: key 'alphabet' is missing", 'alphabet = "0123456789", zh = "年"', 'zh = "年"'),
    ("levels[1]: code is not one character of its own", '{ code = "3", zh', '{ code = "33", zh'),
    ("levels: there is none", LEVELS, "levels = []"),
    (
        "document_types[2]: the code stands twice",
        'en = "card" }]',
        'en = "card" }, { code = "201", zh = "证", en = "x" }]',
    ),
    ("levels[1]: not a table", LEVELS, "levels = [3]"),
    (
        "periods[1]: there is no rule 'period.plan'",
        'rule = "code.year" }]\nstaffing',
        'rule = "period.plan" }]\nstaffing',
    ),
    ("periods[1]: key 'unit' is not one of calendar, working", '"working"', '"lunar"'),
    ("staffing[1]: key 'per' is not one of", '"occupation"', '"school"'),
    ("forms[1]: a field stands twice", 'field = "code"', 'field = "name"'),
    ("columns[2]: key 'required' is not true or false", "required = false", "required = 0"),
    (
        "code.year: key 'severity' is not one of error, warning",
        'rules."code.year"]\nseverity = "error"',
        'rules."code.year"]\nseverity = "note"',
    ),
    ("code.year: unknown key 'text'", 'rules."code.year"]', 'rules."code.year"]\ntext = "x"'),
]


@pytest.mark.parametrize(("reason", "old", "new"), REFUSED)
def test_the_loader_refuses_and_names_the_place(reason: str, old: str, new: str) -> None:
    with pytest.raises(FormatError, match=re.escape(reason)):
        load_profile(small(old, new))


def test_the_year_has_two_positions() -> None:
    text = small("first = 2, last = 3", "first = 2, last = 2").replace("first = 4, last = 4", "first = 3, last = 3")
    text = text.replace("first = 5, last = 6", "first = 4, last = 6").replace('least = "01"', 'least = "001"')
    with pytest.raises(FormatError, match="the year has two positions"):
        load_profile(text)


def test_a_key_is_read_once() -> None:
    table = Table({"flag": True}, "place")
    assert table.flag("flag", default=False) is True
    assert table.flag("flag", default=False) is False
    table.close()


def test_the_readme_names_every_key_of_the_schema() -> None:
    readme = (Path(profiles.__file__).parent / "README.md").read_text("utf-8")
    for key in profile_module._TOP:
        assert re.search(rf"`\[*{key}[\]`.\"]", readme), key
    assert all(name in readme for name in profiles.names())
