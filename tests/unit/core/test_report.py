"""Reports: their bytes."""

from ledger.core.canonical import format_canonical, parse_canonical
from ledger.core.report import STEP_IDS, Report, Step, format_report

STEPS = tuple(Step(name, "pass", "well_formed") for name in STEP_IDS)


def test_sections_stand_beside_the_rest_and_absent_values_are_absent() -> None:
    report = Report("X", "valid", "valid", 0, STEPS, {"masked": {"name": "张**"}}, seen=b"note")
    value = parse_canonical(format_report(report))
    assert isinstance(value, dict)
    assert value.keys() == {"checked_at", "code", "masked", "reason", "steps", "v", "verdict"}
    assert value["checked_at"] == "1970-01-01T00:00:00Z"
    assert b"note" not in format_report(report)


def test_a_step_has_a_detail_only_if_there_is_one() -> None:
    steps = (Step("V1", "fail", "code_form", {"problem": "x"}), *STEPS[1:])
    data = format_report(Report("X", "unreadable", "code_form", 0, steps, {}))
    assert data.count(b'"detail"') == 1
    assert b'{"detail":{"problem":"x"},"id":"V1","reason":"code_form","state":"fail"}' in data
    assert format_canonical(parse_canonical(data)) == data
