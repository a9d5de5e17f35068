"""QR codes as people photograph them: turned, blurred, faded, inverted, small on a large page. Made, never stored."""

import io
import random

import segno
from PIL import Image, ImageDraw, ImageFilter, ImageOps

GREY = 128


def plain(text: str, scale: int = 8) -> Image.Image:
    """The code as segno draws it, error correction M, with its quiet zone."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=scale, border=4)
    return Image.open(drawn).convert("L")


def turned(text: str, angle: float) -> Image.Image:
    return plain(text).rotate(angle, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)


def blurred(text: str, radius: float) -> Image.Image:
    return plain(text).filter(ImageFilter.GaussianBlur(radius))


def faded(text: str, share: float) -> Image.Image:
    """Black and white only this share of the way apart."""
    return plain(text).point([int(GREY + (value - GREY) * share) for value in range(256)])


def inverted(text: str) -> Image.Image:
    return ImageOps.invert(plain(text))


def photograph(text: str, *, width: int = 4032, height: int = 3024, angle: float = 4, blur: float = 2) -> Image.Image:
    """A certificate on a table, 12 million pixels: a frame, lines of print, a code of a tenth of its width."""
    page = Image.new("L", (width, height), 236)
    draw = ImageDraw.Draw(page)
    rng = random.Random(1)
    draw.rectangle([width * 0.04, height * 0.04, width * 0.96, height * 0.96], outline=30, width=width // 300)
    for line in range(55):
        left, top = width * 0.1, height * (0.1 + line * 0.014)
        draw.rectangle([left, top, left + width * (0.1 + 0.5 * rng.random()), top + height // 300], fill=60)
    side = width // 10
    page.paste(plain(text, 16).resize((side, side), Image.Resampling.LANCZOS), (int(width * 0.8), int(height * 0.8)))
    table = page.rotate(angle, expand=True, fillcolor=110, resample=Image.Resampling.BICUBIC)
    return table.filter(ImageFilter.GaussianBlur(blur))


def side_by_side(*texts: str) -> Image.Image:
    """Several codes on one white sheet, as a certificate with the national code beside ours."""
    codes = [plain(text, 6) for text in texts]
    sheet = Image.new("L", (sum(code.width + 60 for code in codes), max(code.height for code in codes) + 60), 255)
    left = 30
    for code in codes:
        sheet.paste(code, (left, 30))
        left += code.width + 60
    return sheet


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def jpeg(image: Image.Image, quality: int = 70) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def scanned_pdf(image: Image.Image) -> bytes:
    """A PDF whose only page is a JPEG, as scanners and phones make them."""
    file = io.BytesIO()
    image.convert("RGB").save(file, "PDF", resolution=150)
    return file.getvalue()


def film(image: Image.Image, width: int = 640, height: int = 480, frames: int = 10) -> bytes:
    """YUV4MPEG2 for Chromium's fake camera: the picture in the middle of a grey field."""
    field = Image.new("L", (width, height), 150)
    side = int(height * 0.8)
    field.paste(image.resize((side, side)), ((width - side) // 2, (height - side) // 2))
    colour = bytes([GREY]) * (width * height // 2)
    frame = b"FRAME\n" + field.tobytes() + colour
    return f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420mpeg2\n".encode() + frame * frames
