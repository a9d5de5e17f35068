"""Details: one form, one place and key for number and code; nothing opens with another, and the example holds."""

from collections.abc import Callable

import pytest

from ledger.core.details import (
    NONCE,
    SIZES,
    Details,
    access_of,
    format_details,
    is_details_path,
    open_details,
    parse_details,
    seal_details,
)
from ledger.core.digest import sha256
from ledger.core.disclosure import digest_of, match_disclosures, private_disclosures
from ledger.core.encoding import format_base64url
from ledger.core.errors import FormatError, LedgerError, RuleError
from ledger.crypto.detailseal import DetailsSealError, seal, unseal
from tests.unit.test_spec_bytes import SPEC, blocks

CODE, OTHER = "S000050000001263000001", "S000050000001263000002"
VERIFICATION, WRONG = "0123456789ABCDEFGHJK", "0123456789ABCDEFGHJM"
PHOTO = b"\xff\xd8\xff\xd9"
ZEROS = bytes(NONCE)


def details(photo: bytes = PHOTO, **fields: str) -> Details:
    shown = {"name": "张三", **({"photo": format_base64url(sha256(photo))} if photo else {}), **fields}
    return Details(CODE, tuple(private_disclosures(VERIFICATION, dict(shown)).values()), photo)


SHOWN = details()
CONTENT = format_details(SHOWN)


def test_the_example_of_the_page() -> None:
    facts, content = blocks("details")[0].split("\n\n")
    values = [line.split("  ")[-1].strip() for line in facts.replace("verification code ", "code  ").splitlines()]
    path, data = seal_details(SHOWN, VERIFICATION, ZEROS, seal)
    access = access_of(CODE, VERIFICATION)
    size = f"{len(data)} bytes, SHA-256 {sha256(data).hex()}"
    assert values == [CODE, VERIFICATION, path, access.key.hex(), ZEROS.hex(), size]
    assert content.encode() + b"\n" + PHOTO == CONTENT.rstrip(b"\0")
    text = (SPEC / "details.md").read_text("utf-8")
    filling = len(CONTENT) - len(CONTENT.rstrip(b"\0"))
    assert f"照片的 4 个字节、{filling:,} 个零字节" in text
    assert f"4 bytes of the photo and {filling:,} zeros" in text


@pytest.mark.parametrize(
    "made", [SHOWN, details(b""), details(bytes(range(256)) * 230, employer="单" * 300)], ids="pnl"
)
def test_it_opens_with_number_and_code_and_with_nothing_else(made: Details) -> None:
    path, data = seal_details(made, VERIFICATION, ZEROS, seal)
    assert is_details_path(path)
    assert len(data) in SIZES
    assert open_details(data, CODE, VERIFICATION, unseal) == made
    for code, verification in ((OTHER, VERIFICATION), (CODE, WRONG)):
        assert access_of(code, verification).path != path
        with pytest.raises(DetailsSealError):
            open_details(data, code, verification, unseal)
    with pytest.raises(DetailsSealError):
        open_details(data[:-1] + bytes([data[-1] ^ 1]), CODE, VERIFICATION, unseal)


def test_what_is_opened_is_held_to_the_record() -> None:
    assert match_disclosures([digest_of(text) for text in SHOWN.disclosures], SHOWN.disclosures)["name"] == "张三"
    with pytest.raises(RuleError):
        match_disclosures([digest_of(SHOWN.disclosures[0])], SHOWN.disclosures)


def test_sizes_tell_no_length() -> None:
    assert {len(format_details(details(b"", name=name))) for name in ("李", "阿卜杜热合曼·买买提伊明")} == {
        SIZES[0] - 28
    }
    assert len(format_details(details(b"\xff" * 9000))) == len(format_details(details(b"\xff" * 14000)))


def test_nothing_secret_is_shown() -> None:
    assert VERIFICATION not in repr(access_of(CODE, VERIFICATION))
    assert access_of(CODE, VERIFICATION).key.hex() not in repr(access_of(CODE, VERIFICATION))
    assert SHOWN.disclosures[0] not in repr(SHOWN)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.replace(b"v1", b"v2", 1),
        lambda content: content.replace(b"code ", b"kode ", 1),
        lambda content: content.replace(b"\n\n", b"\n", 1),
        lambda content: content.replace(b"v1", b"v\xb1", 1),
        lambda content: content[:24] + b"\n" + bytes(1995),
        lambda content: content.replace(b"disclosure ", b"discovered ", 2),
        lambda content: content.replace(b"disclosure W", b"disclosure .", 1),
        lambda content: content.replace(b"photo 4", b"photo 04", 1),
        lambda content: content.replace(b"photo 4", b"photo 3", 1),
        lambda content: content.replace(b"photo 4", b"photo 999999", 1),
        lambda content: content.replace(b"photo 4\n", b"photo 4\nphoto 4\n", 1),
        lambda content: content[:-1],
        lambda content: content[:-1] + b"x",
        lambda content: content + bytes(16_384 - 2048),
        lambda content: content.replace(PHOTO, b"\xff\xd8\xff\xd8", 1),
        lambda content: content.replace(b"photo 4\n", b"", 1).replace(PHOTO, bytes(12), 1),
    ],
    ids=range(16),
)
def test_other_contents_are_refused(change: Callable[[bytes], bytes]) -> None:
    assert parse_details(CONTENT) == SHOWN
    changed = change(CONTENT)
    assert changed != CONTENT
    with pytest.raises(LedgerError):
        parse_details(changed)


def test_what_would_not_be_read_back_is_not_written() -> None:
    with pytest.raises(FormatError, match="more than 65536 bytes"):
        format_details(details(bytes(65_536)))
    with pytest.raises(FormatError):
        format_details(Details(CODE, ()))
    with pytest.raises(RuleError):
        format_details(Details(CODE, SHOWN.disclosures[:1], PHOTO))
    with pytest.raises(FormatError):
        format_details(Details(f"{CODE}\n", SHOWN.disclosures[:1]))


def test_files_of_other_sizes_and_of_other_numbers_are_refused() -> None:
    path, data = seal_details(SHOWN, VERIFICATION, ZEROS, seal)
    with pytest.raises(FormatError, match="another size"):
        open_details(data + b"\0", CODE, VERIFICATION, unseal)
    access = access_of(OTHER, VERIFICATION)
    moved = ZEROS + seal(access.key, ZEROS, CONTENT, access.path.encode())
    with pytest.raises(FormatError, match="another number"):
        open_details(moved, OTHER, VERIFICATION, unseal)
    assert not is_details_path(path.upper())
    assert not is_details_path(path + "0")
