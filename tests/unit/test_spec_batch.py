"""The page on batch files: its example is what the code makes and reads, with the key that the page names."""

import re
from pathlib import Path

import pytest

from ledger.core.batchfile import (
    CERTIFICATES,
    MAX_BYTES,
    MAX_ROWS,
    BatchHead,
    BatchRow,
    check_batch,
    format_batch,
    parse_batch,
)
from ledger.core.canonical import Value
from ledger.core.checkpoint import Checkpoint
from ledger.core.digest import sha256
from ledger.core.disclosure import digest_of, make_disclosure, match_disclosures, private_disclosures
from ledger.core.ed25519_portable import verify
from ledger.core.encoding import format_base64url
from ledger.core.note import format_vkey, parse_vkey
from ledger.core.record import check_record, sign_record
from ledger.crypto.signer import Ed25519Signer

PAGE = Path(__file__).resolve().parents[2] / "site/docs/spec/batch.md"
ORG = "S000050000001"
SIGNER = Ed25519Signer(ORG, sha256(b"TEST key of the page on batch files"))  # a TEST key, used nowhere else


def example() -> bytes:
    """The example: one fictional certificate."""
    batch = sha256(b"a roster").hex()
    view = make_disclosure(format_base64url(sha256(b"a salt")[:16]), "masked", {"name": "张**"})
    private = private_disclosures("0123456789ABCDEFGHJK", {"name": "张三", "doc_type": "299", "doc_no": "测试1"})
    body: dict[str, Value] = {
        "batch": batch,
        "code": f"{ORG}263000001",
        "disclosures": list[Value](sorted(map(digest_of, (view, *private.values())))),
        "evaluator": "示例技师学院",
        "evidence": [42, 44, 46],
        "issued": "2026-11-20",
        "level": "3",
        "occupation": {"code": "6-18-01-01", "job": "数控车工", "name": "车工"},
        "profile": "cn-chongqing-2020-1",
    }
    seen = Checkpoint("ledger.example/demo", 48, sha256(b"a root"))
    head = BatchHead(batch, 1, seen, ORG, CERTIFICATES, 42, "cn-chongqing-2020-1")
    return format_batch(head, [BatchRow(sign_record("certificate.issue", body, SIGNER), view)], SIGNER)


def blocks() -> list[str]:
    return re.findall(r"^```\w*\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


def test_the_example_is_what_the_code_makes() -> None:
    assert blocks()[0].encode() == example()


def test_the_example_verifies_with_the_key_on_the_page() -> None:
    key = parse_vkey(blocks()[1].strip())
    assert format_vkey(SIGNER.key) == blocks()[1].strip()
    batch = parse_batch(blocks()[0].encode())
    assert check_batch(batch, [key], verify) == key
    [(line, row)] = batch.rows()
    check_record(row.record, key, verify)
    digests = row.record.body["disclosures"]
    assert line == 3
    assert isinstance(digests, list)
    assert match_disclosures([str(one) for one in digests], [str(row.disclosure)]) == {"masked": {"name": "张**"}}


@pytest.mark.parametrize("half", [0, 1])
def test_both_halves_say_the_limits(half: int) -> None:
    text = PAGE.read_text("utf-8").split("\n## English\n")[half]
    assert f"{MAX_ROWS:,}" in text
    assert f"{MAX_BYTES >> 20} MiB" in text
