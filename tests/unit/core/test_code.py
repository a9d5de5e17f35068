"""Certificate numbers: read, written, explained and told apart by the rules of the profiles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.core.code import (
    CodeParts,
    check_known,
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
NATIONAL = load("cn-national-2018-1")
SHANDONG = load("cn-shandong-2020-1")
ZHEJIANG = load("cn-zhejiang-2023-1")
ENTERPRISE = "Y000034030001"
OF_ANHUI = "Y000034030001261000001"
OF_SHANDONG = "Y000037090001203000001"


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


@pytest.mark.domain("A8", "A9", "A10", "A11", "A12", "A13", "A14", "A15")
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


# the same for Anhui: 22 characters, position 1 a digit or capital letter, the others digits, province 34
WRONG_IN_ANHUI = [
    (1, "y", "code.category", "error"),
    (1, "-", "code.category", "error"),
    (2, "A", "code.body", "error"),
    (6, "5", "code.province", "error"),
    (7, "3", "code.province", "error"),
    (9, "9", "code.city", "warning"),
    (9, "X", "code.city", "error"),
    (13, "O", "code.org_serial", "error"),
    (15, "T", "code.year", "error"),
    (16, "0", "code.level", "error"),
    (16, "6", "code.level", "error"),
    (16, "9", "code.level", "error"),
    (22, "0", "code.serial", "error"),
]


@pytest.mark.domain("A1", "A2", "A3", "A4", "A5", "A7")
@pytest.mark.parametrize(("position", "character", "rule", "severity"), WRONG_IN_ANHUI)
def test_anhui_names_the_rule_of_each_wrong_character(position: int, character: str, rule: str, severity: str) -> None:
    assert parse_code(OF_ANHUI, ANHUI) == CodeParts(ENTERPRISE, 2026, "1", 1)
    code = OF_ANHUI[: position - 1] + character + OF_ANHUI[position:]
    assert [(finding.rule, finding.severity) for finding in explain_code(code, ANHUI)] == [(rule, severity)]
    assert match_profiles(code, [ANHUI]) == ([ANHUI] if severity == "warning" else [])
    assert match_profiles(OF_ANHUI + "1", [ANHUI]) == match_profiles(OF_ANHUI[:-1], [ANHUI]) == []


@pytest.mark.parametrize("code", [SAMPLE[:-1], SAMPLE + "1", SAMPLE + "\n", "", "S"])
def test_other_lengths_are_refused(code: str) -> None:
    findings = explain_code(code, CHONGQING)
    assert findings[-1].rule == "code.length"
    assert findings[-1].position == min(len(code), 22) + 1
    with pytest.raises(RuleError):
        parse_code(code, CHONGQING)


def test_a_number_cut_short_is_only_held_to_its_alphabets() -> None:
    assert [finding.rule for finding in explain_code("S00005000000", CHONGQING)] == ["code.length"]


def test_every_wrong_position_is_told_by_itself() -> None:
    def told(code: str, profile: Profile) -> list[tuple[int, str]]:
        return [(finding.position, finding.rule) for finding in explain_code(code, profile)]

    assert told("S0O005000000I203000001", CHONGQING) == [(3, "code.route"), (13, "code.org_serial")]
    assert told("Y000043030001261000001", ANHUI) == [(6, "code.province"), (7, "code.province")]
    assert told("Y000033030001261000001", ANHUI) == [(6 + 1, "code.province")]
    assert told(SAMPLE[:16] + "0000O0", CHONGQING) == [(21, "code.serial")]


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


@pytest.mark.domain("A6", "A14")
def test_counters_are_kept_by_organisation_year_and_level() -> None:
    assert serial_scope(CHONGQING, SCHOOL, 2026, "3") == "S000050000001/2026/3"
    assert serial_scope(ANHUI, ENTERPRISE, 2026, "1") == "Y000034030001/2026/1"
    assert (ANHUI.rules["serial.order"].severity, CHONGQING.rules["serial.order"].severity) == ("error", "warning")
    text = read_text("cn-chongqing-2020-1")
    by_year = load_profile(text.replace('["org", "year", "level"]', '["org", "year"]'))
    assert serial_scope(by_year, SCHOOL, 2026, "3") == "S000050000001/2026"
    by_org = load_profile(text.replace('["org", "year", "level"]', '["org"]'))
    assert serial_scope(by_org, SCHOOL, 2026, "3") == "S000050000001"


@pytest.mark.domain("A20")
@pytest.mark.parametrize(
    ("code", "rule", "severity"),
    [
        ("Y000123000001195000001", "", ""),
        ("S000050000001203000001", "", ""),
        ("Z000123000001195000001", "code.category", "warning"),
        ("Y000199000001195000001", "code.province", "warning"),
        ("1000123000001195000001", "code.category", "error"),
        ("Y00A123000001195000001", "code.route", "error"),
        ("Y000123000001199000001", "code.level", "error"),
        ("Y000123000001195000000", "code.serial", "error"),
    ],
)
def test_the_national_rule_is_a_letter_and_21_digits(code: str, rule: str, severity: str) -> None:
    findings = [(finding.rule, finding.severity) for finding in explain_code(code, NATIONAL)]
    assert findings == ([(rule, severity)] if rule else [])
    assert match_profiles(code, [NATIONAL]) == ([NATIONAL] if severity != "error" else [])


@pytest.mark.domain("A18", "A19")
def test_an_opaque_number_tells_its_organisation_only() -> None:
    assert parse_code(OF_SHANDONG, SHANDONG) == CodeParts("Y000037090001", None, None, None)
    assert parse_code("Y000033050001ZZ0A00000", ZHEJIANG).org == "Y000033050001"
    check_org_code("Y000037090001", SHANDONG)


@pytest.mark.domain("A18", "A19")
@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("Y000034090001203000001", "code.province"),
        ("y000037090001203000001", "code.prefix"),
        ("Y00003709000A203000001", "code.org_serial"),
        ("Y00003709000120300000-", "code.own"),
        ("Y00003709000120300000", "code.length"),
        ("Y0000370900012030000011", "code.length"),
    ],
)
def test_an_opaque_number_is_held_to_what_is_known(code: str, rule: str) -> None:
    assert [finding.rule for finding in explain_code(code, SHANDONG)] == [rule]
    with pytest.raises(RuleError) as raised:
        parse_code(code, SHANDONG)
    assert raised.value.rule == rule


@pytest.mark.domain("A18", "A19")
@pytest.mark.parametrize("profile", [SHANDONG, ZHEJIANG], ids=lambda profile: profile.name)
def test_nobody_but_the_authority_makes_an_opaque_number(profile: Profile) -> None:
    with pytest.raises(RuleError) as raised:
        format_code("Y000037090001", 2020, "3", 1, profile)
    assert raised.value.rule == "code.opaque"
    with pytest.raises(RuleError, match="does not make them"):
        serial_scope(profile, "Y000037090001", 2020, "3")


@pytest.mark.domain("H4")
def test_what_the_form_shows_of_an_opaque_number_only_warns() -> None:
    assert check_known(OF_SHANDONG, 2020, "3", SHANDONG) == []
    found = check_known(OF_SHANDONG, 2021, "4", SHANDONG)
    assert [(f.position, f.rule, f.severity) for f in found] == [
        (14, "code.known_year", "warning"),
        (16, "code.known_level", "warning"),
    ]
    assert check_known("Y000033050001203000001", 2021, "4", ZHEJIANG) == []
    assert check_known(SAMPLE, 2021, "4", CHONGQING) == []


def test_a_level_may_be_a_letter() -> None:
    """Public sources say so of 特级技师, weakly; none of the five notices has such a code."""
    more = '[[levels]]\ncode = "T"\nzh = "特级技师"\nen = "super technician"\nrank = 1\n\n[[document_types]]'
    profile = load_profile(read_text("cn-anhui-2020-1").replace("[[document_types]]", more, 1))
    code = format_code(ENTERPRISE, 2026, "T", 7, profile)
    assert code == "Y00003403000126T000007"
    assert parse_code(code, profile) == CodeParts(ENTERPRISE, 2026, "T", 7)
    assert normalise_code("y00003403000126t000007") == code
    assert match_profiles(code, [ANHUI, NATIONAL, profile]) == [profile]


def test_the_five_notices_tell_their_numbers_apart() -> None:
    notices = [NATIONAL, ANHUI, CHONGQING, SHANDONG, ZHEJIANG]
    assert match_profiles(SAMPLE, notices) == [NATIONAL, CHONGQING]
    assert match_profiles(OF_ANHUI, notices) == [NATIONAL, ANHUI]
    assert match_profiles(OF_SHANDONG, notices) == [NATIONAL, SHANDONG]
    assert match_profiles("Y0000330500012030000AB", notices) == [ZHEJIANG]
