"""Attachments deflated in pieces, and grey pictures that stand for photos."""

import io
import zlib

import pytest
from PIL import Image

from ledger.core.receipt import Receipt, format_receipt
from ledger.forms.jpeg import Shape, grey, shape_of
from ledger.forms.pdfparts import pack
from tests.unit.forms.test_certificate import PAPER

RECEIPT = format_receipt(Receipt(PAPER.code, {"head": b"a head\n" * 999, "shard/0/000.txt": b"x"})).decode()


def picture(
    kind: str = "JPEG", mode: str = "RGB", size: tuple[int, int] = (413, 579), *, colour: int = 60, **how: object
) -> bytes:
    data = io.BytesIO()
    Image.new(mode, size, colour).save(data, kind, **how)
    return data.getvalue()


PHOTO = picture()


def test_lines_that_are_packed_one_by_one_inflate_to_the_text() -> None:
    for text in ("", "one", RECEIPT, "a\nb\n\nc", "测试\n"):
        packed, size = pack(text)
        assert (zlib.decompress(packed), size) == (text.encode(), len(text.encode()))


class TestJpeg:
    @pytest.mark.parametrize("size", [(413, 579), (1, 1), (8, 16), (295, 413)])
    @pytest.mark.parametrize("mode", ["RGB", "L"])
    def test_a_grey_picture_has_the_shape_that_was_asked_for(self, mode: str, size: tuple[int, int]) -> None:
        shape = shape_of(picture(mode=mode, size=size, optimize=True, progressive=True))
        assert shape == Shape(*size, len(mode))
        assert shape_of(grey(shape)) == shape
        with Image.open(io.BytesIO(grey(shape))) as made:
            assert (made.format, made.size, made.mode) == ("JPEG", size, mode)
            assert len(made.convert("L").getcolors() or []) == 1

    def test_what_is_not_plain(self) -> None:
        scan, frame, tables = (PHOTO.index(bytes([0xFF, kind])) for kind in (0xDA, 0xC0, 0xDB))
        codes = PHOTO.index(b"\xff\xc4")
        for data in (
            b"",
            PHOTO[:-2],
            PHOTO[:300] + b"\xff\xd9",
            PHOTO[:2] + b"\0" + PHOTO[3:],
            PHOTO[:2] + b"\xff\xe0\x00\x01" + PHOTO[2:],
            PHOTO[:scan] + b"\xff\xd9",
            PHOTO[: scan + 14] + b"\xff\xd9",
            PHOTO[:tables] + PHOTO[frame:],
            PHOTO[:codes] + PHOTO[scan:],
            PHOTO[:frame] + PHOTO[codes:],
            PHOTO[: frame + 4] + b"\x0c" + PHOTO[frame + 5 :],
            PHOTO[: frame + 5] + b"\0\0" + PHOTO[frame + 7 :],
            PHOTO[: frame + 10] + b"R" + PHOTO[frame + 11 :],
            PHOTO[: frame + 2] + b"\0\x06" + PHOTO[frame + 4 :],
            PHOTO[: tables + 2] + b"\0\x44" + PHOTO[tables + 4 :],
            picture(mode="CMYK", colour=0),
            picture(icc_profile=b"profile"),
        ):
            assert shape_of(data) is None
