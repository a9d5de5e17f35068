"""Status lists: read back with the standard library alone."""

import base64
import gzip

import pytest

from ledger.forms.statuslist import PURPOSES, SIZE, format_list, format_status_list, list_path


def read(encoded: str) -> set[int]:
    """The bits that are set, from the left."""
    assert encoded[0] == "u"
    bits = gzip.decompress(base64.urlsafe_b64decode(encoded[1:] + "=" * (-(len(encoded) - 1) % 4)))
    assert len(bits) == SIZE // 8 == 16_384
    return {index for index in range(SIZE) if bits[index // 8] >> (7 - index % 8) & 1}


@pytest.mark.parametrize("bits", [set(), {0}, {7, 8, SIZE - 1}, set(range(0, SIZE, 3)), set(range(SIZE))], ids=len)
def test_round_trip(bits: set[int]) -> None:
    assert read(format_list(bits)) == bits


def test_the_header_names_neither_time_nor_machine() -> None:
    raw = base64.urlsafe_b64decode(format_list({1})[1:17])
    assert raw[:10] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"


def test_the_document() -> None:
    did = "did:key:z6Mk"
    address = f"https://a.example/{list_path(did, PURPOSES[0], 3)}"
    made = format_status_list(address, PURPOSES[0], {5}, did, since=0, until=60)
    assert made["id"] == "https://a.example/credentials/z6Mk/revocation/3.json"
    assert (made["validFrom"], made["validUntil"]) == ("1970-01-01T00:00:00Z", "1970-01-01T00:01:00Z")
    assert made["credentialSubject"]["id"] == f"{made['id']}#list"
    assert read(made["credentialSubject"]["encodedList"]) == {5}
