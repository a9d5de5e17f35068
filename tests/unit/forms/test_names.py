"""Names: rare characters pass, look-alikes are refused with the remedy, nothing personal is repeated."""

import pytest

from ledger.forms.names import MAX_NAME, check_name

ACCEPTED = [
    "张三",
    "欧阳青松",
    "㐂云岭",
    "㼆石",
    "𠮷田禾",
    "张𬱖",
    "张\U00031350",  # extension H: newer than Python 3.11
    "张\U000323b0",  # extension J: Unicode 17
    "〇一禾",
    "戶禾",
    "阿卜杜热西提·买买提",
    "迪丽拜尔·阿布力克木·玉素甫江·艾合买提江·吐尔逊",
    "字" * 26,
    "字" * MAX_NAME,
    "Nguyễn Văn Minh",
    "JOHN Q. SAMPLE",
    "O'Neil-Ray",
    "O’Neil",
    "김하나",
    "やまだ",
]


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(name: str) -> None:
    assert check_name(name) == (name, ())


@pytest.mark.parametrize(
    ("typed", "name"), [(" 张三 ", "张三"), ("\u3000张三\u00a0", "张三"), ("张三\n", "张三"), (" ", "")]
)
def test_blanks_around_a_name_are_left_out(typed: str, name: str) -> None:
    assert check_name(typed) == (name, ())


REFUSED = [
    ("阿卜杜\u2022买买提", "name.interpunct", "U+2022"),
    ("阿卜杜\u30fb买买提", "name.interpunct", "U+30FB"),
    ("阿卜杜\u2027买买提", "name.interpunct", "U+2027"),
    ("阿卜杜\uff0e买买提", "name.interpunct", "U+FF0E"),
    ("阿卜杜.买买提", "name.interpunct", "U+002E"),
    ("阿卜杜\u0387买买提", "name.interpunct", "U+0387"),
    ("·买买提", "name.interpunct_place", None),
    ("阿卜杜··买买提", "name.interpunct_place", None),
    ("张 三", "name.space", "U+0020"),
    ("张\u3000三", "name.space", "U+3000"),
    ("阿卜杜· Sample", "name.space", "U+0020"),
    ("John  Sample", "name.space", "U+0020"),
    ("John\tSample", "name.space", "U+0009"),
    ("张\u200b三", "name.invisible", "U+200B"),
    ("\ufeff张三", "name.invisible", "U+FEFF"),
    ("张\u202e三", "name.invisible", "U+202E"),
    ("张\x07三", "name.invisible", "U+0007"),
    ("𠮷\U000e0100", "name.variation", "U+E0100"),
    ("葛\ufe00", "name.variation", "U+FE00"),
    ("张\ue000", "name.private_use", "U+E000"),
    ("张\U000f0000", "name.private_use", "U+F0000"),
    ("张\U0003fffd", "name.private_use", "U+3FFFD"),
    ("⼀禾", "name.radical", "U+2F00"),
    ("⺀禾", "name.radical", "U+2E80"),
    ("ＪＯＨＮ", "name.fullwidth", "U+FF2A"),
    ("张三1", "name.character", "U+0031"),
    ("张三(曾用名)", "name.character", "U+0028"),
    ("\u0301张", "name.character", "U+0301"),
    ("字" * (MAX_NAME + 1), "name.long", None),
]


@pytest.mark.parametrize(("name", "rule", "found"), REFUSED)
def test_refused_with_the_code_point(name: str, rule: str, found: str | None) -> None:
    _, problems = check_name(name)
    assert rule in [problem.rule for problem in problems]
    if found:
        assert found in [problem.details.get("found") for problem in problems]


def test_each_wrong_character_is_told_once() -> None:
    _, problems = check_name("a\u2022b\u2022c")
    assert [problem.rule for problem in problems] == ["name.interpunct"]


@pytest.mark.parametrize(
    ("name", "normal", "found"),
    [("\ufa0c禾", "\u5140禾", "U+FA0C → U+5140"), ("\U0002f800禾", "\u4e3d禾", "U+2F800 → U+4E3D")],
)
def test_a_compatibility_character_is_normalised_and_told(name: str, normal: str, found: str) -> None:
    result, problems = check_name(name)
    assert result == normal
    assert [(problem.rule, problem.details) for problem in problems] == [("name.nfc", {"found": found})]
