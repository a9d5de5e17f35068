"""Certificate numbers: read, written, explained and told apart by the rules of the profiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.code import (
    CodeParts,
    check_org_code,
    explain_code,
    format_code,
    match_profiles,
    normalise_code,
    parse_code,
    serial_scope,
)
from ledger.core.errors import RuleError
from ledger.core.profile import ERROR, Profile, load_profile
from ledger.profiles import load, read_text

CHONGQING = load("cn-chongqing-2020-1")
ANHUI = load("cn-anhui-2020-1")
SAMPLE = "S000050000001203000001"  # by rule of 渝人社发〔2020〕83号 附件6
SCHOOL = SAMPLE[:13]
ENTERPRISE = "Y000034030001"


def test_the_sample_of_the_notice() -> None:
    assert parse_code(SAMPLE, CHONGQING) == CodeParts(SCHOOL, 2020, "3", 1)
    assert format_code(SCHOOL, 2020, "3", 1, CHONGQING) == SAMPLE


@given(st.integers(2000, 2099), st.sampled_from("3459"), st.integers(1, 999_999))
def test_writing_and_reading_agree(year: int, level: str, serial: int) -> None:
    code = format_code(SCHOOL, year, level, serial, CHONGQING)
    assert parse_code(code, CHONGQING) == CodeParts(SCHOOL, year, level, serial)
    assert explain_code(code, CHONGQING) == []
    assert match_profiles(code, [ANHUI, CHONGQING]) == [CHONGQING]


@given(st.data(), st.sampled_from([CHONGQING, ANHUI]))
def test_the_pattern_refuses_exactly_what_the_explanation_calls_an_error(data: st.DataObject, profile: Profile) -> None:
    """Segments at and around what they ask for: the least text, those beside it, literals, values, strangers."""
    code = ""
    for segment in profile.segments:
        width = segment.last - segment.first + 1
        known = [text for text in (segment.literal, segment.least, *segment.values, "0" * width, "9" * width) if text]
        near = [text[:-1] + last for text in known for last in "019A"] + [text[0] + "0" * (width - 1) for text in known]
        code += data.draw(st.sampled_from(known + near) | st.text(segment.alphabet, min_size=width, max_size=width))
    errors = [finding for finding in explain_code(code, profile) if finding.severity == ERROR]
    assert (profile.pattern.match(code) is None) == bool(errors), code


# what people type -> what it means
TYPED = [
    (SAMPLE, SAMPLE),
    ("s0000 5000 0001 2030 0000 1", SAMPLE),
    ("S000050000001－203－000001", SAMPLE),
    ("Ｓ０００050000001203000001", SAMPLE),
    ("\ufeffS000050000001\u3000203\u00a0000001\n", SAMPLE),
    ("S000050000001—203–000001", SAMPLE),
    ("S000050000001\u2212203\u200b000001", SAMPLE),
    ("", ""),
    ("ß证ı", "ß证ı"),
]


@pytest.mark.parametrize(("typed", "meant"), TYPED)
def test_typed_numbers_are_normalised(typed: str, meant: str) -> None:
    assert normalise_code(typed) == meant


@given(st.text())
def test_normalising_never_raises_and_is_done_once(text: str) -> None:
    once = normalise_code(text)
    assert normalise_code(once) == once


# one character changed at a time: where, to what, which rule
WRONG = [
    (1, "s", "code.category"),
    (1, "5", "code.category"),
    (2, "1", "code.route"),
    (5, "O", "code.route"),
    (6, "3", "code.province"),
    (8, "A", "code.org_serial"),
    (14, "T", "code.year"),
    (16, "1", "code.level"),
    (16, "2", "code.level"),
    (16, "T", "code.level"),
    (17, "l", "code.serial"),
    (22, "\u0661", "code.serial"),
    (22, "１", "code.serial"),
    (22, "0", "code.serial"),
]


@pytest.mark.parametrize(("position", "character", "rule"), WRONG)
def test_each_wrong_character_names_its_rule(position: int, character: str, rule: str) -> None:
    code = SAMPLE[: position - 1] + character + SAMPLE[position:]
    findings = explain_code(code, CHONGQING)
    assert [finding.rule for finding in findings] == [rule]
    assert findings[0].position <= position
    assert findings[0].zh == CHONGQING.rules[rule].zh
    with pytest.raises(RuleError, match=f"position {findings[0].position}: ") as raised:
        parse_code(code, CHONGQING)
    assert raised.value.rule == rule
    assert match_profiles(code, [CHONGQING]) == []


@pytest.mark.parametrize("code", [SAMPLE[:-1], SAMPLE + "1", SAMPLE + "\n", "", "S"])
def test_other_lengths_are_refused(code: str) -> None:
    findings = explain_code(code, CHONGQING)
    assert findings[-1].rule == "code.length"
    assert findings[-1].position == min(len(code), 22) + 1
    with pytest.raises(RuleError):
        parse_code(code, CHONGQING)


def test_a_number_cut_short_is_only_held_to_its_alphabets() -> None:
    assert [finding.rule for finding in explain_code("S00005000000", CHONGQING)] == ["code.length"]


def test_serial_numbers_start_at_one() -> None:
    assert explain_code("S000050000000203000000", CHONGQING)[0].rule == "code.org_serial"
    assert [f.rule for f in explain_code(SAMPLE[:16] + "000000", CHONGQING)] == ["code.serial"]


@pytest.mark.parametrize(
    ("org", "year", "level", "serial", "rule"),
    [
        (SCHOOL, 2020, "3", 0, "code.serial"),
        (SCHOOL, 2020, "3", 1_000_000, "code.serial"),
        (SCHOOL, 1999, "3", 1, "code.year"),
        (SCHOOL, 2100, "3", 1, "code.year"),
        (SCHOOL, 2020, "1", 1, "code.level"),
        (SCHOOL, 2020, "33", 1, "code.length"),
        (SCHOOL[:-1], 2020, "3", 1, "code.length"),
        (ENTERPRISE, 2020, "3", 1, "code.category"),
    ],
)
def test_parts_out_of_range_are_not_written(org: str, year: int, level: str, serial: int, rule: str) -> None:
    with pytest.raises(RuleError) as raised:
        format_code(org, year, level, serial, CHONGQING)
    assert raised.value.rule == rule


def test_the_last_serial_is_999999() -> None:
    assert format_code(SCHOOL, 2026, "9", 999_999, CHONGQING).endswith("269999999")


@pytest.mark.parametrize("category", ["Y", "S", "1", "0"])
def test_anhui_takes_a_digit_or_letter_in_front(category: str) -> None:
    code = format_code(category + ENTERPRISE[1:], 2026, "1", 7, ANHUI)
    assert match_profiles(code, [CHONGQING, ANHUI]) == [ANHUI]


def test_a_school_of_anhui_is_no_school_of_chongqing() -> None:
    code = "S000034030001263000001"
    assert match_profiles(code, [CHONGQING, ANHUI]) == [ANHUI]
    assert match_profiles(SAMPLE, [CHONGQING, ANHUI]) == [CHONGQING]


def test_an_inferred_rule_warns_and_never_refuses() -> None:
    code = "Y000034990001263000001"
    assert [(f.rule, f.severity) for f in explain_code(code, ANHUI)] == [("code.city", "warning")]
    assert parse_code(code, ANHUI).org == "Y000034990001"
    check_org_code("Y000034990001", ANHUI)
    assert explain_code("Y0000349X0001263000001", ANHUI)[0].severity == "error"


@pytest.mark.parametrize(
    ("org", "rule"),
    [
        ("S00005000000", "code.length"),
        ("S0000500000011", "code.length"),
        ("S000050000000", "code.org_serial"),
        ("Y000050000001", "code.category"),
        ("", "code.length"),
    ],
)
def test_organisation_codes_are_checked(org: str, rule: str) -> None:
    check_org_code(SCHOOL, CHONGQING)
    with pytest.raises(RuleError) as raised:
        check_org_code(org, CHONGQING)
    assert raised.value.rule == rule


def test_counters_are_kept_by_organisation_year_and_level() -> None:
    assert serial_scope(CHONGQING, SCHOOL, 2026, "3") == "S000050000001/2026/3"
    text = read_text("cn-chongqing-2020-1")
    by_year = load_profile(text.replace('["org", "year", "level"]', '["org", "year"]'))
    assert serial_scope(by_year, SCHOOL, 2026, "3") == "S000050000001/2026"
    by_org = load_profile(text.replace('["org", "year", "level"]', '["org"]'))
    assert serial_scope(by_org, SCHOOL, 2026, "3") == "S000050000001"
