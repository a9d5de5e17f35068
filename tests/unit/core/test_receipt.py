"""Receipts: one form; the answer of then, whatever happened since; nothing in them vouches for itself."""

import pytest

from ledger.core.errors import FormatError
from ledger.core.receipt import MAX_FILES, MAX_SIZE, Checked, Receipt, check_receipt, format_receipt, parse_receipt
from ledger.core.report import format_report
from ledger.crypto.pynacl_verify import verify
from tests.simulator import LATER, PROFILES, Simulator, look_up, number, private, replaced
from tests.vectors.ledger_cases import THIEF, WITNESSES, base, witnessed_ledger

CODE = number(1)
DAY = 86_400
SMALL = Receipt(CODE, {"head": b"\x00\xff", "shard/0/000.txt": b"", "tile/0/000.p/7": b"x"})


def receipt_of(ledger: Simulator, code: str = CODE) -> Receipt:
    """The files that a lookup asks for, and no others."""
    asked: list[tuple[str, ...]] = []
    files = ledger.files()
    look_up(files, code, ledger, asked=asked)
    return Receipt(code, {path: files[path] for paths in asked for path in paths if path in files})


def checked(receipt: Receipt, ledger: Simulator, now: int = LATER) -> Checked:
    return check_receipt(receipt, trust=ledger.trust, profiles=PROFILES, verify=verify, now=now)


class TestForm:
    def test_it_reads_back(self) -> None:
        assert parse_receipt(format_receipt(SMALL)) == SMALL
        with_disclosures = Receipt(CODE, SMALL.files, tuple(private(CODE).values()))
        assert parse_receipt(format_receipt(with_disclosures)) == with_disclosures
        assert format_receipt(Receipt(CODE, dict(sorted(SMALL.files.items(), reverse=True)))) == format_receipt(SMALL)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"x" * (MAX_SIZE + 1),
            format_receipt(SMALL)[:-1],
            format_receipt(SMALL).replace(b"v1", b"v2"),
            format_receipt(SMALL).replace(b"code ", b"kode "),
            format_receipt(SMALL).replace(CODE.encode(), b"a"),
            format_receipt(SMALL).replace(b"file head", b"data head"),
            format_receipt(SMALL).replace(b"head", b"../head"),
            format_receipt(SMALL).replace(b"file head", b"file trust.json"),
            format_receipt(SMALL).replace(b"AP8=", b"AP9="),
            format_receipt(SMALL).replace(b"file head AP8=\n", b"file head AP8=\n" * 2),
            format_receipt(SMALL) + b"file masked/0/000.txt \n",
            format_receipt(SMALL).replace(b"\n", b"\r\n"),
            "skill-ledger/receipt/v1\ncode é\n".encode(),
            f"skill-ledger/receipt/v1\ncode {CODE}\n".encode(),
            b"skill-ledger/receipt/v1\n",
            format_receipt(Receipt(CODE, SMALL.files, ("x",))).replace(b"disclosure x", b"disclosure x y"),
            format_receipt(Receipt(CODE, SMALL.files, ("x",))).replace(b"disclosure x\n", b"disclosure x\n" * 17),
            format_receipt(SMALL) + b"disclosure x\n",
        ],
    )
    def test_other_forms_are_refused(self, data: bytes) -> None:
        with pytest.raises(FormatError):
            parse_receipt(data)

    @pytest.mark.parametrize(
        "receipt",
        [
            Receipt(CODE, {f"tile/{n}": b"" for n in range(MAX_FILES + 1)}),
            Receipt(CODE, {}),
            Receipt(CODE, {"trust.json": b""}),
            Receipt(CODE, {"head": b"x" * MAX_SIZE}),
            Receipt("a", SMALL.files),
            Receipt(CODE, SMALL.files, ("x y",)),
            Receipt(CODE, SMALL.files, ("x",) * 17),
        ],
        ids=range(7),
    )
    def test_what_would_not_be_read_back_is_not_written(self, receipt: Receipt) -> None:
        with pytest.raises(FormatError):
            format_receipt(receipt)


class TestAnswer:
    def test_the_lookup_of_then_is_followed_again_byte_for_byte(self) -> None:
        ledger = base()
        receipt = parse_receipt(format_receipt(receipt_of(ledger)))
        result = checked(receipt, ledger)
        assert result.age == LATER - ledger.now
        assert format_report(result.report) == format_report(look_up(ledger.files(), CODE, ledger, now=ledger.now))
        assert result.report.verdict == "valid"

    def test_it_stays_true_when_it_is_old_and_the_ledger_went_on(self) -> None:
        ledger = base()
        receipt = receipt_of(ledger)
        ledger.event("revoke", CODE)
        result = checked(receipt, ledger, LATER + 999 * DAY)
        assert (result.report.verdict, result.age) == ("valid", LATER + 999 * DAY - ledger.now + 60)
        assert checked(receipt_of(ledger), ledger).report.verdict == "revoked"

    def test_what_the_holder_shows_is_proven_with_it(self) -> None:
        ledger = base()
        shown = private(CODE)["name"]
        whole = receipt_of(ledger)
        result = checked(Receipt(CODE, whole.files, (shown,)), ledger)
        assert (result.report.verdict, result.report.sections["disclosed"]) == ("valid", {"name": "张1"})
        other = private(number(2))["name"]
        assert checked(Receipt(CODE, whole.files, (other,)), ledger).report.reason == "disclosure_differs"

    def test_the_time_is_the_witnesses(self) -> None:
        ledger = witnessed_ledger((WITNESSES[0], 10), (WITNESSES[1], 20))
        assert checked(receipt_of(ledger), ledger).age == LATER - ledger.now - 10

    def test_of_an_absent_number(self) -> None:
        ledger = base()
        assert checked(receipt_of(ledger, number(2)), ledger).report.verdict == "absent"

    @pytest.mark.parametrize("missing", ["shard/0/000.txt", "masked/0/000.txt"])
    def test_a_file_left_out_proves_nothing(self, missing: str) -> None:
        ledger = base()
        whole = receipt_of(ledger)
        files = {path: data for path, data in whole.files.items() if path != missing}
        assert checked(Receipt(CODE, files), ledger).report.verdict == "not_checked"

    def test_a_shard_without_its_revocation_is_found_out(self) -> None:
        ledger = base()
        earlier = receipt_of(ledger).files["shard/0/000.txt"]
        ledger.event("revoke", CODE)
        files = {**receipt_of(ledger).files, "shard/0/000.txt": earlier}
        assert checked(Receipt(CODE, files), ledger).report.verdict != "valid"

    def test_under_other_keys_it_is_a_forgery(self) -> None:
        ledger = base()
        other = base()
        other.trust = replaced(other.trust, log=THIEF.key)
        result = checked(receipt_of(ledger), other)
        assert (result.report.verdict, result.age) == ("inconsistent", None)

    def test_a_clock_that_is_behind_is_told(self) -> None:
        ledger = base()
        assert checked(receipt_of(ledger), ledger, ledger.now - DAY).report.reason == "clock"

    def test_a_receipt_of_a_missing_head(self) -> None:
        assert checked(Receipt(CODE, {"shard/0/000.txt": b""}), base()).report.reason == "file_missing"
