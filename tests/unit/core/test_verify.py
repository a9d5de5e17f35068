"""The verification of one certificate: every way it can end, and that none but the right ones is green."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from ledger import profiles
from ledger.core import verify
from ledger.core.canonical import Value, parse_canonical
from ledger.core.checklist import Absent, Checklist
from ledger.core.ed25519_portable import verify as portable_verify
from ledger.core.encoding import format_time
from ledger.core.record import Record, sign_record
from ledger.core.report import EXIT_CODES, GOOD, STEP_IDS, VERDICTS, Report, format_report
from tests.simulator import LATER, OTHER, PROFILES, REGISTRAR, SCHOOL, Simulator, look_up, number, private, signer
from tests.vectors.ledger_cases import CASES, SOUND, UNKNOWN, Case, Situation, base, published, wide

ROOT = Path(__file__).parents[3]
CATALOGUE = tomllib.loads((ROOT / "ledger/locales/report.toml").read_text(encoding="utf-8"))


@cache
def made(case: Case) -> Situation:
    return case.make()


@cache
def run(case: Case) -> Report:
    return look(made(case))


def look(s: Situation) -> Report:
    return look_up(s.files, s.code, s.trust, now=s.now, seen=s.seen, known=s.known, disclosures=s.disclosures)


def procedure_source() -> str:
    """Return the code that settles steps, without its docstrings."""
    modules = (ROOT / f"ledger/core/{name}.py" for name in ("verify", "shardcheck", "trustcheck"))
    return "".join(module.read_text(encoding="utf-8").split('"""', 2)[2] for module in modules)


def states(report: Report) -> dict[str, str]:
    return {step.id: step.state for step in report.steps}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
class TestDefects:
    def test_it_ends_at_its_step_for_its_reason_and_is_never_good(self, case: Case) -> None:
        report = run(case)
        step = next(step for step in report.steps if step.id == case.step)
        assert (step.state, step.reason) == ("unknown" if case.reason in UNKNOWN else "fail", case.reason)
        assert report.reason == case.reason
        assert report.verdict not in GOOD
        wanted = "not_checked" if case.reason in UNKNOWN else "unreadable" if case.step == "V1" else "inconsistent"
        assert report.verdict == wanted

    def test_the_steps_before_pass_and_those_behind_are_not_reached(self, case: Case) -> None:
        report = run(case)
        place = STEP_IDS.index(case.step)
        goes_on = {"clock", "stale", "trust_expired", "quorum_not_met", "witnessed_before"}
        behind = "pass" if case.reason in goes_on else "not_reached"
        assert [step.state for step in report.steps[:place]] == ["pass"] * place
        assert [step.state for step in report.steps[place + 1 :]] == [behind] * (11 - place)

    def test_a_doubtful_state_is_neither_remembered_nor_a_masked_view_shown(self, case: Case) -> None:
        report = run(case)
        if STEP_IDS.index(case.step) <= STEP_IDS.index("V6") and case.step not in {"V4", "V5"}:
            assert report.seen is None
        if case.step == "V12":
            assert "masked" not in report.sections
            assert "disclosed" not in report.sections

    def test_its_report_is_canonical_and_its_words_are_in_the_catalogue(self, case: Case) -> None:
        report = run(case)
        assert parse_canonical(format_report(report))
        for word in {f"reason.{step.reason}" for step in report.steps} | {f"verdict.{report.verdict}"}:
            assert CATALOGUE[word]["zh"], word
            assert CATALOGUE[word]["en"], word


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case.name)
class TestSound:
    def test_every_step_passes(self, case: Case) -> None:
        report = run(case)
        assert report.verdict == report.reason == case.reason
        reached = STEP_IDS.index(case.step) if case.step == "V8" else 11
        assert [step.state for step in report.steps] == ["pass"] * (reached + 1) + ["not_reached"] * (11 - reached)

    def test_what_to_remember_is_the_note_in_the_head(self, case: Case) -> None:
        situation = made(case)
        head = situation.files["head"]
        assert isinstance(head, bytes)
        assert look(situation).seen == head.split(b"\n\n", 1)[1]

    def test_the_portable_verifier_says_the_same_bytes(self, case: Case) -> None:
        s = made(case)
        portable = look_up(
            *(s.files, s.code, s.trust),
            now=s.now,
            seen=s.seen,
            known=s.known,
            disclosures=s.disclosures,
            verify=portable_verify,
        )
        assert format_report(portable) == format_report(look(s))


class TestTables:
    def test_every_reason_that_the_code_can_give_has_a_case(self) -> None:
        source = procedure_source()
        given = set(re.findall(r'(?:failed|unknown|undecided)\(\s*"V\d+", "(\w+)"', source)) | {
            "file_cut",
            "file_missing",
            "unreachable",
        }
        for module in ("registry", "rules"):
            text = (ROOT / f"ledger/core/{module}.py").read_text(encoding="utf-8")
            given |= {word for word in re.findall(r'"([a-z_]+)"', text) if f"reason.{word}" in CATALOGUE}
        assert {case.reason for case in CASES} == given

    def test_every_verdict_has_a_case(self) -> None:
        assert {run(case).verdict for case in (*SOUND, *CASES)} == set(VERDICTS)

    def test_names_are_unique(self) -> None:
        names = [case.name for case in (*CASES, *SOUND)]
        assert len(names) == len(set(names))

    def test_only_good_verdicts_exit_with_0(self) -> None:
        assert (
            {verdict for verdict, code in EXIT_CODES.items() if code == 0} == GOOD == {"valid", "corrected", "reissued"}
        )
        assert {verdict for verdict, code in EXIT_CODES.items() if code == 3} == {"not_checked"}
        assert set(EXIT_CODES.values()) == {0, 1, 3}


class TestStepIds:
    """One list of steps, in the code, its documentation, the catalogue and the page."""

    def test_report(self) -> None:
        assert tuple(f"V{n}" for n in range(1, 13)) == STEP_IDS

    def test_docstring_of_the_procedure(self) -> None:
        assert verify.__doc__ is not None
        assert tuple(re.findall(r"^    (V\d+) +\S", verify.__doc__, re.MULTILINE)) == STEP_IDS

    def test_catalogue(self) -> None:
        assert tuple(key.removeprefix("step.") for key in CATALOGUE if re.fullmatch(r"step\.\w+", key)) == STEP_IDS

    @pytest.mark.parametrize("heading", ["步骤", "Steps"])
    def test_specification(self, heading: str) -> None:
        page = (ROOT / "site/docs/spec/report.md").read_text(encoding="utf-8")
        section = page.split(f"### {heading}\n", 1)[1].split("\n###", 1)[0]
        assert tuple(re.findall(r"^\| (V\d+) \|", section, re.MULTILINE)) == STEP_IDS

    def test_settled_by_the_code(self) -> None:
        source = procedure_source()
        assert set(re.findall(r'"(V\d+)"', source)) == set(STEP_IDS)


class TestAsking:
    """The files that are asked for tell a host nothing about the answer."""

    def rounds(self, ledger: Simulator, code: str) -> list[tuple[str, ...]]:
        asked: list[tuple[str, ...]] = []
        look_up(ledger.files(), code, ledger, asked=asked)
        return asked

    def test_two_rounds_for_a_number_that_is_there(self) -> None:
        ledger = wide()
        rounds = self.rounds(ledger, number(1))
        assert rounds[0] == ("head",)
        assert set(rounds[1]) == {
            ledger.shard_file(number(1)),
            ledger.shard_file(SCHOOL),
            ledger.masked_file(number(1)),
            f"index/{ledger.sealed[-1].seq}/tile/0/000.p/2",
        }
        assert len(rounds) == 2

    def test_the_same_files_for_a_number_that_is_not(self) -> None:
        ledger = wide()
        here = ledger.shard_file(number(1))
        absent = next(n for n in range(71, 999) if ledger.shard_file(number(n)) == here)
        assert self.rounds(ledger, number(absent)) == self.rounds(ledger, number(1))

    def test_a_malformed_number_asks_for_nothing(self) -> None:
        assert self.rounds(Simulator(), "123") == []

    def test_no_file_is_asked_for_twice(self) -> None:
        for case in (*CASES, *SOUND):
            s = made(case)
            asked: list[tuple[str, ...]] = []
            look_up(s.files, s.code, s.trust, now=s.now, seen=s.seen, known=s.known, asked=asked)
            paths = [path for one in asked for path in one]
            assert len(paths) == len(set(paths)), case.name

    def test_how_a_number_is_typed_does_not_matter(self) -> None:
        ledger = base()
        typed = f" {number(1)[:13].lower()} - {number(1)[13:]} "
        assert format_report(look_up(ledger.files(), typed, ledger)) == format_report(
            look_up(ledger.files(), number(1), ledger)
        )


class TestReport:
    def report(self) -> Report:
        name = private(number(1))["name"]
        ledger = base()
        ledger.event("suspend", number(1), by=REGISTRAR, reason="investigation")
        return look_up(ledger.files(), number(1), ledger, disclosures=[name])

    def test_what_it_shows(self) -> None:
        sections = self.report().sections
        assert sections["masked"] == {"name": "张**"}
        assert sections["disclosed"] == {"name": "张1"}
        assert sections["as_of"] == "2026-11-19T00:04:00Z"
        assert sections["facts"] == {
            "code": number(1),
            "evaluator": "测试数据·云岭技师学院",
            "issued": "2026-11-18",
            "level": "3",
            "occupation": {"code": "6-18-01-01", "job": "数控车工", "name": "车工"},
            "org": SCHOOL,
            "profile": "cn-chongqing-2020-1",
        }
        assert sections["events"] == [
            {"by": "organisation", "seq": 5, "time": "2026-11-19T00:03:00Z", "type": "certificate.issue"},
            {
                "by": "registrar",
                "effective": "2026-11-19",
                "reason": "investigation",
                "seq": 7,
                "time": "2026-11-19T00:04:00Z",
                "type": "certificate.suspend",
            },
        ]
        checkpoint = sections["checkpoint"]
        assert isinstance(checkpoint, dict)
        assert (checkpoint["origin"], checkpoint["size"]) == ("ledger.example/test", 9)

    def test_its_bytes(self) -> None:
        value = parse_canonical(format_report(self.report()))
        assert isinstance(value, dict)
        assert value["v"] == 1
        assert value["verdict"] == value["reason"] == "suspended"
        assert value["checked_at"] == "2026-11-20T01:00:00Z"
        assert value["disclosed"] == {"name": "张1"}
        assert isinstance(value["steps"], list)
        assert value["steps"][0] == {
            "detail": {"profiles": ["cn-chongqing-2020-1"]},
            "id": "V1",
            "reason": "well_formed",
            "state": "pass",
        }
        assert value["steps"][10] == {"id": "V11", "reason": "suspended", "state": "pass"}

    def organisation(self, ledger: Simulator, now: int = LATER) -> object:
        return look_up(ledger.files(), number(1), ledger, now=now).sections["organisation"]

    def shown(self, state: str, **more: object) -> dict[str, object]:
        return {
            "name": "测试数据·云岭技师学院",
            "org": SCHOOL,
            "state": state,
            "uscc": "125000000000000171",
            "valid_from": "2026-01-01",
            "valid_to": "2028-12-31",
            **more,
        }

    def test_the_organisation_is_shown_as_it_stands_today(self) -> None:
        assert self.organisation(base()) == self.shown("filed")
        assert self.organisation(base(), now=1_861_891_200) == self.shown("expired")  # 2029-01-01, in China

    @pytest.mark.parametrize(
        ("kind", "body", "state"),
        [
            ("org.remove", {"reason": "misconduct"}, {"state": "removed"}),
            ("org.retire", {"reason": "closed"}, {"state": "retired"}),
            ("org.retire", {"reason": "merged", "into": OTHER}, {"state": "retired", "into": OTHER}),
        ],
    )
    def test_an_organisation_that_ended(self, kind: str, body: dict[str, str], state: dict[str, str]) -> None:
        ledger = base()
        [seq] = ledger.batch(sign_record(kind, {"org": SCHOOL, **body}, REGISTRAR))
        report = look_up(ledger.files(), number(1), ledger)
        assert report.verdict == "valid"
        ended = {"reason": body["reason"], "seq": seq, "time": format_time(ledger.now)}
        assert report.sections["organisation"] == self.shown(**state, ended=ended)

    def revoke(self, ledger: Simulator, org: str, reason: str, *more: Record) -> dict[str, object]:
        """Revoke the organisation's key; what a report tells of it, apart from the entries it signed."""
        key = ledger.key(org).key.key_id.hex()
        body: dict[str, Value] = {"key_id": key, "org": org, "reason": reason}
        *_, seq = ledger.batch(*more, sign_record("key.revoke", body, REGISTRAR))
        return {"issuer": org, "key": key, "reason": reason, "seq": seq, "time": format_time(ledger.now)}

    @pytest.mark.parametrize("reason", ["compromised", "lost"])
    def test_a_revoked_key_is_told_of_and_what_it_signed_stays_good(self, reason: str) -> None:
        ledger = Simulator()
        [issue] = ledger.batch(ledger.issued(1))
        reissue = ledger.event("reissue", number(1), reason="lost")
        told = self.revoke(ledger, SCHOOL, reason)
        report = look_up(ledger.files(), number(1), ledger)
        assert report.verdict == "reissued"
        assert report.sections["revoked_keys"] == [{**told, "signed": [issue, reissue]}]

    def test_a_routine_replacement_alarms_nobody(self) -> None:
        ledger = base()
        self.revoke(ledger, SCHOOL, "closed", ledger.add_key(SCHOOL, signer(SCHOOL, "next")))
        ledger.event("reissue", number(1), by=signer(SCHOOL, "next"), reason="lost")
        assert "revoked_keys" not in look_up(ledger.files(), number(1), ledger).sections

    def test_a_revoked_key_is_told_of_only_where_it_signed(self) -> None:
        """Of a merger: both keys of the old number's history; of a number issued since under a new key, none."""
        ledger = base()
        ledger.file(OTHER)
        merger = {"into": OTHER, "org": SCHOOL, "reason": "merged"}
        ledger.batch(
            sign_record("org.retire", {**merger}, REGISTRAR),
            sign_record("org.merge", {"from": [SCHOOL], "org": OTHER}, REGISTRAR),
        )
        reissue = ledger.event("reissue", number(1), by=ledger.key(OTHER), reason="lost")
        told = self.revoke(ledger, OTHER, "compromised", ledger.add_key(OTHER, signer(OTHER, "next")))
        ledger.batch(ledger.issued(1, OTHER, signer(OTHER, "next")))
        assert look_up(ledger.files(), number(1), ledger).sections["revoked_keys"] == [{**told, "signed": [reissue]}]
        assert "revoked_keys" not in look_up(ledger.files(), number(1, OTHER), ledger).sections

    def test_a_key_that_is_added_again_is_revoked_again(self) -> None:
        ledger = Simulator()
        [issue] = ledger.batch(ledger.issued(1))
        first = self.revoke(ledger, SCHOOL, "lost")
        ledger.batch(ledger.add_key(SCHOOL))
        reissue = ledger.event("reissue", number(1), reason="lost")
        second = self.revoke(ledger, SCHOOL, "compromised")
        told = [{**first, "signed": [issue]}, {**second, "signed": [reissue]}]
        assert look_up(ledger.files(), number(1), ledger).sections["revoked_keys"] == told

    def test_an_absent_number_shows_nothing_of_anybody(self) -> None:
        ledger = base()
        report = look_up(ledger.files(), number(2), ledger)
        assert report.sections.keys() == {"as_of", "checkpoint"}

    def test_a_failure_outweighs_an_unknown(self) -> None:
        run = Checklist("", 0)
        run.unknown("V4", "stale")
        assert (run.report().verdict, run.report().reason) == ("not_checked", "stale")
        run.settle("V7", "fail", "shard_differs", None)
        assert (run.report().verdict, run.report().reason) == ("inconsistent", "shard_differs")

    def test_nothing_settled_is_not_checked(self) -> None:
        assert Checklist("", 0).report().verdict == "not_checked"

    def test_a_stale_ledger_shows_what_it_knows_but_is_not_checked(self) -> None:
        case = next(case for case in CASES if case.name == "head_stale")
        report = run(case)
        assert states(report)["V11"] == "pass"
        assert report.sections["facts"]
        assert report.verdict == "not_checked"

    @pytest.mark.parametrize(
        ("age", "verdict"),
        [(7 * 86400, "valid"), (7 * 86400 + 1, "not_checked"), (-300, "valid"), (-301, "not_checked")],
    )
    def test_the_limits_of_freshness(self, age: int, verdict: str) -> None:
        ledger = base()
        assert look_up(ledger.files(), number(1), ledger, now=ledger.now + age).verdict == verdict


def hostile_files() -> Iterator[tuple[str, str, Situation]]:
    """Every file that a lookup reads, each spoilt in several ways."""
    ledger = wide()
    old = ledger.sealed[-1].note
    ledger.event("suspend", number(1))
    good = published(ledger, seen=old)
    asked: list[tuple[str, ...]] = []
    look_up(good.files, good.code, good.trust, seen=old, asked=asked)
    for path in (path for one in asked for path in one):
        data = good.files[path]
        assert isinstance(data, bytes)
        spoilt: dict[str, bytes | Absent] = {
            "empty": b"",
            "cut": data[: len(data) // 2],
            "last byte off": data[:-1],
            "doubled": data + data,
            "a byte more": data + b"\n",
            "binary": bytes(range(256)),
            "brackets": b"[" * 30_000 + b"\n",
            "missing": Absent.MISSING,
            "unreachable": Absent.UNREACHABLE,
        }
        for at in range(0, len(data), max(1, len(data) // 17)):
            spoilt[f"bit at {at}"] = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        for how, bad in spoilt.items():
            yield path, how, Situation({**good.files, path: bad}, good.trust, seen=old)


def test_a_spoilt_file_never_raises_and_never_gives_another_state() -> None:
    """The truth is "suspended": a spoilt file leads to it, or to no answer, never to another one."""
    outcomes = {(look(situation).verdict) for _, _, situation in hostile_files()}
    assert outcomes == {"suspended", "not_checked", "inconsistent"}


def test_profiles_in_use_are_those_of_the_product() -> None:
    assert set(PROFILES) == set(profiles.names())
