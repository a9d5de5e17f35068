"""Thumbnails: small whatever the picture, upright, on white, and nothing but a picture."""

import io
import random

import pytest
from PIL import Image

from ledger.core.errors import FormatError
from ledger.forms import thumbnail as module
from ledger.forms.thumbnail import HEIGHT, MAX_BYTES, WIDTH, thumbnail


def packed(image: Image.Image, kind: str = "PNG", **more: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **more)
    return data.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(thumbnail(data)))


def test_noise_is_the_largest_there_is_and_still_small() -> None:
    noise = random.Random(1).randbytes(WIDTH * HEIGHT * 3)
    data = thumbnail(packed(Image.frombytes("RGB", (WIDTH, HEIGHT), noise)))
    assert len(data) <= MAX_BYTES


def test_it_is_no_larger_than_the_picture_and_keeps_its_shape() -> None:
    assert opened(packed(Image.new("L", (413, 579)), "JPEG")).size == (240, 336)
    assert opened(packed(Image.new("RGB", (1000, 100)))).size == (240, 24)
    assert opened(packed(Image.new("P", (30, 40)))).size == (30, 40)


def test_what_a_camera_turned_stands_upright_and_its_metadata_is_gone() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "taken at home"  # to be turned by a quarter
    made = opened(packed(Image.new("RGB", (400, 200)), "JPEG", exif=exif))
    assert (made.size, made.format, dict(made.getexif())) == ((168, 336), "JPEG", {})
    assert b"home" not in thumbnail(packed(Image.new("RGB", (400, 200)), "JPEG", exif=exif))


def test_what_is_transparent_is_white() -> None:
    pixel = opened(packed(Image.new("RGBA", (40, 40), (0, 0, 0, 0)))).getpixel((20, 20))
    assert isinstance(pixel, tuple)
    assert min(pixel) > 250


@pytest.mark.parametrize(
    "data", [b"", b"no picture", packed(Image.new("L", (9, 9)), "GIF"), packed(Image.new("L", (99, 99)))[:60]]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="not a JPEG or PNG picture"):
        thumbnail(data)


def test_a_picture_of_very_many_pixels_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PIXELS", 99)
    with pytest.raises(FormatError, match="too many pixels"):
        thumbnail(packed(Image.new("L", (10, 10))))
