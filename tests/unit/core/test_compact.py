"""Compact proofs: small, one spelling, and nothing in them stands that was not signed."""

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.core.canonical import Value
from ledger.core.compact import (
    DICTIONARY,
    MAX_JSON,
    Compact,
    Grant,
    check_compact,
    format_compact,
    open_link,
    parse_compact,
)
from ledger.core.encoding import parse_base64url
from ledger.core.entry import parse_entry
from ledger.core.errors import FormatError, LedgerError
from ledger.core.merkle import leaf_hash, prove_inclusion
from ledger.core.note import parse_note
from ledger.core.report import Report
from ledger.crypto.pynacl_verify import verify
from tests.simulator import HOLDER, LATER, PROFILES, VERIFICATION_CODE, Simulator, number, replaced
from tests.vectors.ledger_cases import THIEF, base, rotated

CODE = number(1)
SHOWN: dict[str, Value] = {**HOLDER, "name": f"张{CODE[-1]}"}


def compact_of(ledger: Simulator, **changes: object) -> Compact:
    """The proof of CODE's newest whole record, made of the entries of a ledger."""
    entries = [parse_entry(raw) for raw in ledger.raws]
    about = [one for one in entries if one.record.subject == CODE and "disclosures" in one.record.body]
    grant = next(one.record for one in entries if one.record.type == "key.add")
    leaves = [leaf_hash(raw) for raw in ledger.raws]
    made = Compact(
        entry=about[-1],
        grant=Grant(
            ledger.key(CODE[:13]).key.public,
            grant.issuer,
            bytes.fromhex(grant.key),
            parse_base64url(grant.sig, "sig", 64),
        ),
        path=tuple(prove_inclusion(about[-1].seq, leaves)),
        size=len(leaves),
        log_sig=parse_note(ledger.sealed[-1].note).signatures[0].payload,
        shown=SHOWN,
        verification_code=VERIFICATION_CODE,
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # names are checked when it runs


def checked(compact: Compact, ledger: Simulator) -> Report:
    return check_compact(compact, trust=ledger.trust, profiles=PROFILES, verify=verify, now=LATER)


def states(report: Report) -> dict[str, str]:
    return {step.id: step.state for step in report.steps}


class TestForm:
    def test_it_reads_back_and_is_small(self) -> None:
        compact = compact_of(base())
        text = format_compact(compact)
        assert parse_compact(text, CODE, VERIFICATION_CODE) == compact
        assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")  # letters and digits: the small mode of QR codes
        assert len(text) < 1500

    def test_a_correction_and_part_of_what_can_be_shown(self) -> None:
        ledger = base()
        ledger.correct(CODE, level="4")
        compact = compact_of(ledger, shown={"name": SHOWN["name"]})
        assert parse_compact(format_compact(compact), CODE, VERIFICATION_CODE) == compact
        report = checked(compact, ledger)
        assert report.sections["disclosed"] == {"name": "张1"}
        assert report.sections["facts"]["level"] == "4"  # type: ignore[index, call-overload]  # an object

    def test_a_link_of_any_site(self) -> None:
        compact = compact_of(base())
        text = format_compact(compact)
        assert open_link(f"https://any.example/x#{CODE}.{VERIFICATION_CODE.lower()}.{text}\n") == compact
        for link in (f"#{CODE}.{VERIFICATION_CODE}", f"#{CODE}.{VERIFICATION_CODE}.{text}.A", f"#{CODE}.X.{text}", ""):
            with pytest.raises(FormatError):
                open_link(link)

    def test_what_cannot_be_given_back_is_not_written(self) -> None:
        with pytest.raises(FormatError):
            format_compact(compact_of(base(), log_sig=bytes(65)))

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda data: data[:0],
            lambda data: data[:40],
            lambda data: data[:-1],
            lambda data: data[: -32 * 3] + data[-32 * 3 + 1 :],
            lambda data: data[:500],
            lambda data: b"\0\x05" + data[2:],
            lambda data: b"\0\x01" + data[2:],
            lambda data: data[:2] + b"\xff" * 20 + data[22:],
        ],
        ids=range(8),
    )
    def test_what_is_cut_or_spoilt_is_refused(self, spoil: Callable[[bytes], bytes]) -> None:
        text = format_compact(compact_of(base()))
        data = base64.b32decode(text + "=" * (-len(text) % 8))
        spoilt = base64.b32encode(spoil(data)).decode().rstrip("=")
        with pytest.raises(LedgerError):
            parse_compact(spoilt, CODE, VERIFICATION_CODE)

    @pytest.mark.parametrize(
        "json",
        [
            b"[]",
            b"{}",
            b'{"a":"x","b":{},"h":{},"n":1,"s":1,"t":"","y":""}',
            b'{"a":"x","b":{},"h":{},"n":"1","s":1,"t":"","y":""}',
            b'{"a":"x","b":[],"h":{},"n":2,"s":1,"t":"","y":""}',
            b'{"a":"x","b":{},"h":{},"n":2,"s":1,"t":"","y":""}',
            b'{"a":"x","b":{},"h":{"unknown":"x"},"n":2,"s":1,"t":"","y":""}',
            b'{"a":"' + b"x" * MAX_JSON + b'"}',
        ],
        ids=range(8),
    )
    def test_members_of_another_kind_are_refused(self, json: bytes) -> None:
        import zlib

        packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=DICTIONARY)
        packed = packer.compress(json) + packer.flush()
        data = len(packed).to_bytes(2, "big") + packed + bytes(129 + 164)
        with pytest.raises(LedgerError):
            parse_compact(base64.b32encode(data).decode().rstrip("="), CODE, VERIFICATION_CODE)

    @pytest.mark.parametrize("text", ["A" * 6001, "A", "1", "aaaa", "AB", "é"])
    def test_other_texts_are_refused(self, text: str) -> None:
        with pytest.raises(FormatError):
            parse_compact(text, CODE, VERIFICATION_CODE)


class TestCheck:
    def test_what_it_proves_and_what_it_does_not(self) -> None:
        ledger = base()
        report = checked(compact_of(ledger), ledger)
        assert (report.verdict, report.reason) == ("not_checked", "compact")
        found = states(report)
        assert {step for step, state in found.items() if state == "pass"} == {"V1", "V2", "V9", "V12"}
        assert {step for step, state in found.items() if state == "unknown"} == {"V3", "V4", "V7", "V8", "V10", "V11"}
        assert report.sections["disclosed"] == SHOWN
        assert report.sections["facts"]["code"] == CODE  # type: ignore[index, call-overload]  # an object

    def test_every_bit_counts(self) -> None:
        """One bit changed in each byte, in turn: refused, or a step fails."""
        ledger = base()
        text = format_compact(compact_of(ledger))
        data = base64.b32decode(text + "=" * (-len(text) % 8))
        for at in range(len(data)):
            spoilt = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            try:
                compact = parse_compact(base64.b32encode(spoilt).decode().rstrip("="), CODE, VERIFICATION_CODE)
            except LedgerError:
                continue
            assert "fail" in states(checked(compact, ledger)).values(), at

    def test_another_number_or_code_proves_nothing(self) -> None:
        ledger = base()
        text = format_compact(compact_of(ledger))
        for code, key in ((number(2), VERIFICATION_CODE), (CODE, "0" * 20)):
            assert states(checked(parse_compact(text, code, key), ledger))["V2"] == "fail"

    def test_keys_that_nobody_pinned(self) -> None:
        ledger = base()
        compact = compact_of(ledger)
        other = replaced(ledger.trust, registrars=(THIEF.key,))
        report = check_compact(compact, trust=other, profiles=PROFILES, verify=verify, now=LATER)
        assert (report.verdict, report.reason) == ("inconsistent", "record_signature")
        report = check_compact(compact, trust=ledger.trust, profiles={}, verify=verify, now=LATER)
        assert (report.verdict, report.reason) == ("unreadable", "code_form")

    def test_a_key_filed_by_a_registrar_of_before_is_neither_green_nor_red(self) -> None:
        """When the registrar's old key signed it cannot be told from the code: it may have been stolen since."""
        ledger = base()
        compact = compact_of(ledger)
        report = check_compact(compact, trust=rotated().trust, profiles=PROFILES, verify=verify, now=LATER)
        assert (report.verdict, states(report)["V2"], states(report)["V9"]) == ("not_checked", "pass", "unknown")

    def test_a_key_of_its_own(self) -> None:
        """The log took a record that another key signed: the registrar never filed that key."""
        ledger = Simulator()
        ledger.batch(ledger.issued(1, by=ledger.key("S000050000002")))
        with pytest.raises(LedgerError):
            format_compact(compact_of(ledger))

    def test_what_is_shown_must_be_committed_to(self) -> None:
        ledger = base()
        report = checked(compact_of(ledger, shown={**SHOWN, "name": "李四"}), ledger)
        assert (report.verdict, report.reason) == ("inconsistent", "disclosure_differs")
        assert "disclosed" not in report.sections
