"""Thumbnails: what sealed details hold of a photo. At most WIDTH by HEIGHT, JPEG without metadata.

As a rule no more than MAX_BYTES, so that sealed details with a photo have one size. Pillow is needed (the extra
`photo`).
"""

import io

from PIL import Image, ImageOps

from ledger.core.errors import FormatError

__all__ = ["HEIGHT", "MAX_BYTES", "WIDTH", "thumbnail"]

WIDTH, HEIGHT = 240, 336  # pixels; a photo of two inches (35 by 49 mm) at 174 dpi
MAX_BYTES = 12_000
_KINDS = ("JPEG", "PNG")
_PIXELS = 100_000_000  # a picture of more is not unpacked
_QUALITIES = (85, 75, 65, 55, 45, 35, 25, 15)


def thumbnail(data: bytes) -> bytes:
    """Return a picture made small. Raises FormatError for what is no JPEG or PNG picture."""
    try:
        with Image.open(io.BytesIO(data), formats=_KINDS) as picture:
            if picture.width * picture.height > _PIXELS:
                raise FormatError("photo", "has too many pixels")
            picture.draft("RGB", (WIDTH, HEIGHT))  # a JPEG is unpacked no larger than needed
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise FormatError("photo", "is not a JPEG or PNG picture") from error
    upright.thumbnail((WIDTH, HEIGHT))
    paper = Image.new("RGB", upright.size, "white")
    paper.paste(upright, mask=upright)
    for quality in _QUALITIES:
        small = io.BytesIO()
        paper.save(small, "JPEG", quality=quality, optimize=True)
        if small.tell() <= MAX_BYTES:
            break
    return small.getvalue()
