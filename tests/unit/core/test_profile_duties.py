"""What a profile asks beyond the number: each table is read strictly, and refuses what contradicts itself."""

import re

import pytest

from ledger.core.duties import (
    Ask,
    Bank,
    Binding,
    Counting,
    Evidence,
    Item,
    Kind,
    Least,
    Minimum,
    Period,
    Retention,
    Veto,
)
from ledger.core.errors import FormatError
from ledger.core.profile import load_profile
from tests.unit.core.test_profile import SMALL

TABLES = """
[counting]
include_start = false
rule = "code.year"
[filing]
max_validity_years = 2
[filing.sequence]
required = true
rule = "code.category"
[[filing.kinds]]
id = "school"
zh = "学校"
en = "school"
levels = ["3"]
extra = ["3"]
rule = "code.level"
[[filing.asks]]
members = ["receipt"]
attested = ["pledge"]
kinds = ["school"]
levels = ["3"]
rule = "code.level"
[[periods]]
id = "publicity"
amount = 7
unit = "calendar"
rule = "code.year"
[[staffing]]
id = "examiners"
amount = 5
per = "occupation-level"
rule = "code.year"
[[evidence]]
id = "plan"
kind = "plan"
rule = "code.year"
[[evidence]]
id = "internal"
kind = "supervision"
step = "internal"
rule = "code.year"
[[evidence]]
id = "audit"
kind = "approval"
step = "audit"
rule = "code.year"
[[evidence]]
id = "report"
kind = "report"
rule = "code.year"
[[supervision]]
id = "internal"
title = "督导"
source = "附件2"
suspends = true
rule = "code.year"
items = [
    { block = "甲", id = "order", zh = "秩序", points = [70, 40, 0] },
    { block = "乙", id = "rooms", zh = "教室", points = [30, 10] },
]
vetoes = [{ id = "leak", zh = "泄题" }, { id = "unsafe", zh = "安全" }]
[[retention]]
id = "video"
years = 1
rule = "code.year"
[[candidates]]
id = "own"
zh = "本"
en = "own"
rule = "code.year"
[[bases]]
id = "standard"
zh = "标准"
en = "standard"
rule = "code.year"
[[methods]]
id = "exam"
zh = "考"
en = "exam"
rule = "code.year"
[[standards]]
id = "national"
zh = "国"
en = "national"
rule = "code.year"
[insurance]
months = 12
rule = "code.year"
[bank]
items = 600
examiners = 3
rule = "code.year"
[ranges]
required = true
rule = "code.serial"
[titles]
allowed = true
rule = "code.level"
[entrusting]
allowed = false
rule = "code.category"
"""


def whole(old: str = "", new: str = "") -> str:
    """The small profile with every table there is."""
    own = re.sub(
        r"(?m)^(periods|staffing|evidence|retention|candidates|bases|counting) = .*\n|^\[filing\]\n", "", SMALL
    )
    text = own.replace("\n[code]", TABLES + "[code]", 1)
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.domain("A18")
def test_an_approval_may_give_the_numbers() -> None:
    given = load_profile(whole('step = "audit"', 'step = "audit"\nnumbers = true'))
    assert [item.numbers for item in given.evidence] == [False, False, True, False]
    assert not any(item.numbers for item in load_profile(whole()).evidence)


def test_every_table_is_read() -> None:
    profile = load_profile(whole())
    assert profile.counting == Counting(include_start=False, rule="code.year")
    assert profile.max_validity_years == 2
    assert profile.sequential == Binding(value=True, rule="code.category")
    assert profile.kinds == (Kind("school", "学校", "school", ("3",), ("3",), "code.level"),)
    assert profile.asks == (Ask(("receipt",), ("pledge",), ("school",), ("3",), "code.level"),)
    assert profile.periods == (Period("publicity", 7, "calendar", "code.year"),)
    assert profile.staffing == (Minimum("examiners", 5, "occupation-level", "code.year"),)
    assert profile.evidence == (
        Evidence("plan", "plan", "", "code.year"),
        Evidence("internal", "supervision", "internal", "code.year"),
        Evidence("audit", "approval", "audit", "code.year"),
        Evidence("report", "report", "", "code.year"),
    )
    (form,) = profile.supervision
    assert (form.id, form.title, form.source, form.suspends, form.rule) == (
        "internal", "督导", "附件2", True, "code.year",
    )  # fmt: skip
    assert form.items == (Item("order", "甲", "秩序", (70, 40, 0)), Item("rooms", "乙", "教室", (30, 10)))
    assert form.vetoes == (Veto("leak", "泄题"), Veto("unsafe", "安全"))
    assert profile.retention == (Retention("video", 1, "code.year"),)
    words = (profile.candidates, profile.bases, profile.methods, profile.standards)
    assert [word.id for (word,) in words] == ["own", "standard", "exam", "national"]
    assert profile.insured_months == Least(12, "code.year")
    assert profile.bank == Bank(600, 3, "code.year")
    assert profile.ranges == Binding(value=True, rule="code.serial")
    assert profile.titles == Binding(value=True, rule="code.level")
    assert profile.entrusting == Binding(value=False, rule="code.category")


def test_what_a_notice_does_not_set_is_absent() -> None:
    profile = load_profile(SMALL)
    assert (profile.sequential, profile.ranges, profile.titles, profile.entrusting) == (None, None, None, None)
    assert (profile.bank, profile.insured_months) == (None, None)
    assert (profile.kinds, profile.supervision, profile.methods, profile.standards) == ((), (), (), ())
    assert profile.asks == ()
    bare = load_profile(re.sub(r"(?m)^(periods|staffing) = .*\n", "", SMALL))
    assert (bare.periods, bare.staffing) == ((), ())


# what is wrong, what stands there, what stands there instead; every rule is one that does not exist, table by table
TWICE = [
    ("periods", 'id = "publicity"\namount = 7\nunit = "calendar"\nrule = "code.year"'),
    ("staffing", 'id = "examiners"\namount = 5\nper = "occupation-level"\nrule = "code.year"'),
    ("retention", 'id = "video"\nyears = 1\nrule = "code.year"'),
    ("candidates", 'id = "own"\nzh = "本"\nen = "own"\nrule = "code.year"'),
    ("bases", 'id = "standard"\nzh = "标准"\nen = "standard"\nrule = "code.year"'),
    ("methods", 'id = "exam"\nzh = "考"\nen = "exam"\nrule = "code.year"'),
    ("standards", 'id = "national"\nzh = "国"\nen = "national"\nrule = "code.year"'),
    ("filing.kinds", 'id = "school"\nzh = "学校"\nen = "school"\nlevels = ["3"]\nextra = ["3"]\nrule = "code.level"'),
    ("evidence", 'id = "plan"\nkind = "plan"\nrule = "code.year"'),
]


@pytest.mark.parametrize(("table", "body"), TWICE, ids=[table for table, _ in TWICE])
def test_an_id_stands_once_and_names_a_rule_that_exists(table: str, body: str) -> None:
    name = table.rsplit(".", maxsplit=1)[-1]
    entry = f"[[{table}]]\n{body}\n"
    with pytest.raises(FormatError, match=rf"{name}\[2\]: the id '\w+' stands twice"):
        load_profile(whole(entry, entry + entry))
    lost = re.sub(r'rule = ".*"', 'rule = "code.lost"', entry)
    with pytest.raises(FormatError, match=rf"{name}\[1\]: there is no rule 'code.lost'"):
        load_profile(whole(entry, lost))
    with pytest.raises(FormatError, match=rf"{name}\[1\]: unknown key 'note'"):
        load_profile(whole(entry, entry + 'note = "x"\n'))


SINGLE = ("counting", "filing.sequence", "insurance", "bank", "ranges", "titles", "entrusting")


@pytest.mark.parametrize("table", SINGLE)
def test_a_single_table_names_a_rule_that_exists_and_nothing_unknown(table: str) -> None:
    start = whole().index(f"[{table}]")
    entry = whole()[start : whole().index("\n[", start) + 1]
    name = table.rsplit(".", maxsplit=1)[-1]
    with pytest.raises(FormatError, match=f"{name}: there is no rule 'code.lost'"):
        load_profile(whole(entry, re.sub(r'rule = ".*"', 'rule = "code.lost"', entry)))
    with pytest.raises(FormatError, match=f"{name}: unknown key 'note'"):
        load_profile(whole(entry, entry + 'note = "x"\n'))


REFUSED = [
    ("counting: key 'include_start' is missing", "include_start = false\n", ""),
    ("counting: key 'include_start' is not true or false", "include_start = false", "include_start = 0"),
    ("filing: unknown key 'sequential'", "max_validity_years = 2", "max_validity_years = 2\nsequential = true"),
    ("kinds[1]: there is no level '4'", 'levels = ["3"]', 'levels = ["4"]'),
    ("kinds[1]: there is no level '9'", 'extra = ["3"]', 'extra = ["9"]'),
    ("asks[1]: there is no kind, level or member 'college'", 'kinds = ["school"]', 'kinds = ["college"]'),
    ("asks[1]: there is no kind, level or member '4'", 'levels = ["3"]\nrule', 'levels = ["4"]\nrule'),
    ("asks[1]: there is no kind, level or member 'seal'", 'members = ["receipt"]', 'members = ["seal"]'),
    ("asks[1]: asks for nothing", 'members = ["receipt"]\nattested = ["pledge"]\n', ""),
    ("asks[1]: there is no rule 'code.lost'", 'levels = ["3"]\nrule = "code.level"', 'rule = "code.lost"'),
    ("asks[1]: unknown key 'note'", 'kinds = ["school"]', 'kinds = ["school"]\nnote = "x"'),
    ("evidence[1]: key 'kind' is not one of plan, candidates,", 'kind = "plan"', 'kind = "exam"'),
    ("evidence[2]: there is no supervision form 'outer'", 'step = "internal"', 'step = "outer"'),
    ("evidence[3]: key 'step' is missing", 'step = "audit"\n', ""),
    ("evidence[1]: unknown key 'step'", 'kind = "plan"', 'kind = "plan"\nstep = "audit"'),
    ("evidence[4]: follows the report", 'kind = "approval"\nstep = "audit"', 'kind = "report"'),
    ("supervision[1]: the highest scores add up to 90, not to 100", "[70, 40, 0]", "[60, 40, 0]"),
    ("items[1]: points are not in falling order", "[70, 40, 0]", "[70, 0, 40]"),
    ("items[1]: points are not in falling order", "[70, 40, 0]", "[70, 70]"),
    ("items[1]: points are not in falling order", "[70, 40, 0]", "[]"),
    ("items[1]: key 'points' is not a list of whole numbers", "[70, 40, 0]", "[70, 40, -1]"),
    ("items[1]: key 'points' is not a list of whole numbers", "[70, 40, 0]", "[70, true]"),
    ("items[1]: unknown key 'en'", 'block = "甲"', 'en = "order", block = "甲"'),
    ("supervision[1]: the id 'order' stands twice", 'id = "rooms"', 'id = "order"'),
    ("supervision[1]: the id 'leak' stands twice", 'id = "unsafe"', 'id = "leak"'),
    ("vetoes[1]: unknown key 'en'", '{ id = "leak"', '{ en = "leak", id = "leak"'),
    ("supervision[1]: key 'suspends' is missing", "suspends = true\n", ""),
    ("supervision[1]: unknown key 'note'", 'title = "督导"', 'title = "督导"\nnote = "x"'),
    ("retention[1]: key 'id' is not one of paper, electronic, video,", 'id = "video"', 'id = "sound"'),
]


@pytest.mark.parametrize(("reason", "old", "new"), REFUSED)
def test_the_loader_refuses_and_names_the_place(reason: str, old: str, new: str) -> None:
    with pytest.raises(FormatError, match=re.escape(reason)):
        load_profile(whole(old, new))


def test_a_supervision_form_stands_once() -> None:
    start = whole().index("[[supervision]]")
    entry = whole()[start : whole().index("[[retention]]")]
    with pytest.raises(FormatError, match=re.escape("supervision[2]: the id 'internal' stands twice")):
        load_profile(whole(entry, entry + entry))


OPAQUE = """
opaque = true
opaque_reason = "未公布"
known = [
    { id = "year", first = 2, last = 3, rule = "code.serial" },
    { id = "level", first = 4, last = 4, rule = "code.serial" },
]
segments = [
    { id = "category", first = 1, last = 1, literal = "S", zh = "类", en = "category" },
    { id = "own", first = 2, last = 6, alphabet = "0123456789", zh = "余", en = "own" },
]
"""


def opaque(old: str = "", new: str = "") -> str:
    """The small profile with an opaque number."""
    start, end = SMALL.index("century = 2000"), SMALL.index("[[forms]]")
    rules = "".join(
        f'[rules."code.{name}"]\nseverity = "error"\nsource = "例"\nzh = "余"\nen = "Own"\n'
        for name in ("own", "opaque")
    )
    text = SMALL[:start] + OPAQUE + SMALL[end:] + rules
    assert old in text
    return text.replace(old, new, 1)


def test_an_opaque_profile_loads() -> None:
    profile = load_profile(opaque())
    assert profile.opaque
    assert (profile.century, profile.serial_scope, profile.own_order) == (0, None, ("own",))
    assert [(known.id, known.first, known.last, known.rule) for known in profile.known] == [
        ("year", 2, 3, "code.serial"),
        ("level", 4, 4, "code.serial"),
    ]
    start = opaque().index("known = ")
    assert load_profile(opaque(opaque()[start : opaque().index("segments = ")], "")).known == ()


OPAQUE_REFUSED = [
    ("code: key 'opaque_reason' is missing", 'opaque_reason = "未公布"\n', ""),
    ("code: unknown key 'century'", "opaque = true", "opaque = true\ncentury = 2000"),
    ("code: unknown key 'serial_scope'", "opaque = true", 'opaque = true\nserial_scope = ["org"]'),
    ("code: after position 1 there must be own, and nothing else", 'id = "own"', 'id = "category"'),
    ("code: there is no rule 'code.opaque'", '[rules."code.opaque"]', '[rules."code.hidden"]'),
    ("known[1]: key 'id' is not one of year, level", 'id = "year"', 'id = "serial"'),
    ("known[1]: positions 1 to 2 do not hold a year", "first = 2, last = 3, rule", "first = 1, last = 2, rule"),
    ("known[1]: positions 2 to 4 do not hold a year", "first = 2, last = 3, rule", "first = 2, last = 4, rule"),
    ("known[2]: positions 7 to 7 do not hold a level", "first = 4, last = 4", "first = 7, last = 7"),
    ("known[2]: positions 4 to 5 do not hold a level", "first = 4, last = 4", "first = 4, last = 5"),
    ("known[1]: there is no rule that only warns, 'code.year'", 'rule = "code.serial"', 'rule = "code.year"'),
    ("known[1]: unknown key 'zh'", 'id = "year"', 'zh = "年", id = "year"'),
]


@pytest.mark.parametrize(("reason", "old", "new"), OPAQUE_REFUSED)
def test_the_loader_refuses_a_half_opaque_number(reason: str, old: str, new: str) -> None:
    with pytest.raises(FormatError, match=re.escape(reason)):
        load_profile(opaque(old, new))


def test_a_structured_number_has_no_reason_to_be_opaque() -> None:
    with pytest.raises(FormatError, match="code: unknown key 'known'"):
        load_profile(SMALL.replace("century = 2000", "century = 2000\nknown = []"))
    with pytest.raises(FormatError, match="after position 1 there must be year, level, serial"):
        load_profile(opaque("opaque = true", "opaque = false"))
