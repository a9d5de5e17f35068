import pytest

from ledger.core.errors import FormatError, LedgerError, ProofError, RuleError, SignatureError


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (FormatError("entry", "not UTF-8"), "entry: not UTF-8"),
        (FormatError("entry", "not UTF-8", 0), "entry: not UTF-8 (at byte 0)"),
        (SignatureError("example.org", "does not verify"), "example.org: does not verify"),
        (ProofError("2 hashes instead of 3"), "2 hashes instead of 3"),
        (RuleError("code.year", "not the year of the batch"), "code.year: not the year of the batch"),
    ],
)
def test_every_error_is_a_ledger_error_with_one_message(error: LedgerError, message: str) -> None:
    assert isinstance(error, LedgerError)
    assert str(error) == message
    assert error.args == (message,)


def test_attributes_are_typed_parts_of_the_message() -> None:
    bytes_error = FormatError("entry", "not UTF-8", 3)
    assert (bytes_error.what, bytes_error.reason, bytes_error.offset) == ("entry", "not UTF-8", 3)
    signature_error = SignatureError("example.org", "unknown")
    assert (signature_error.name, signature_error.reason) == ("example.org", "unknown")
    rule_error = RuleError("A1", "too early")
    assert (rule_error.rule, rule_error.reason) == ("A1", "too early")
    assert ProofError("short").reason == "short"
