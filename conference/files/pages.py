"""A file as pictures of its pages, and the words that its text layer says, with their places."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Any

import pypdfium2 as pdfium
from PIL import Image, ImageOps, UnidentifiedImageError

from conference.files.child import Made
from conference.files.faults import MOST_PAGES, MOST_PIXELS, Fault, Unfit
from conference.files.kinds import Media
from conference.files.tokens import WHOLE

DOTS_PER_INCH = 150
LONGEST_SIDE = 2_000
_POINTS_PER_INCH = 72
_MOST_SIGNS = 30_000  # of one page's text layer
_BULKY = 400_000

Image.MAX_IMAGE_PIXELS = MOST_PIXELS


def opened(values: dict[str, Any], parts: list[bytes]) -> Made:
    """Pictures of all pages; values: the words of each page's text layer. Raises Unfit."""
    if values["media"] in {Media.PNG, Media.JPEG}:
        return Made({"words": [[]]}, [_picture(parts[0], values["media"])])
    document = open_pdf(parts[0])
    if len(document) > MOST_PAGES:
        raise Unfit(Fault.PAGES)
    pictures, words = [], []
    for page in document:
        width, height = page.get_size()
        if not (math.isfinite(width) and math.isfinite(height) and min(width, height) > 0):
            raise Unfit(Fault.BROKEN)
        bitmap = page.render(scale=scale_of(width, height), rev_byteorder=True)
        pictures.append(encoded(bitmap.to_pil()))
        words.append(list(_words(page, bitmap)))
    return Made({"words": words}, pictures)


def open_pdf(content: bytes) -> pdfium.PdfDocument:
    """The document. Raises Unfit."""
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        raise Unfit(Fault.LOCKED if "password" in str(error).lower() else Fault.BROKEN) from None
    if len(document) == 0:
        raise Unfit(Fault.BROKEN)
    return document


def scale_of(width: float, height: float) -> float:
    """How far a page of so many points is magnified: large ones less, so that no picture is too large."""
    return min(DOTS_PER_INCH / _POINTS_PER_INCH, LONGEST_SIDE / max(width, height))


def encoded(image: Image.Image) -> bytes:
    """A picture of pixels alone: PNG, or JPEG where that is much smaller."""
    plain = _plain(image)
    out = io.BytesIO()
    plain.save(out, "PNG")
    if out.tell() > _BULKY:
        smaller = io.BytesIO()
        plain.save(smaller, "JPEG", quality=85)
        if smaller.tell() < out.tell() // 2:
            return smaller.getvalue()
    return out.getvalue()


def _plain(image: Image.Image) -> Image.Image:
    """Three colours or shades of grey, on white; made anew, so that nothing but pixels is carried over."""
    full = image.convert("RGBA")
    white = Image.new("RGBA", full.size, "white")
    flat = Image.alpha_composite(white, full).convert("RGB")
    red, green, blue = flat.split()
    is_grey = red.tobytes() == green.tobytes() == blue.tobytes()
    return Image.frombytes("L", flat.size, red.tobytes()) if is_grey else flat


def _picture(content: bytes, media: str) -> bytes:
    try:
        with Image.open(io.BytesIO(content), formats=[media.upper()]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Unfit(Fault.PIXELS)
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            return encoded(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unfit(Fault.PIXELS) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise Unfit(Fault.BROKEN) from None


def _words(page: pdfium.PdfPage, bitmap: pdfium.PdfBitmap) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Words of the text layer with their places on the picture, in parts of WHOLE."""
    text = page.get_textpage()
    place = bitmap.get_posconv(page)
    count = min(text.count_chars(), _MOST_SIGNS)
    signs = text.get_text_range(0, count) if count else ""
    word, boxes = "", []
    for number in range(count):
        sign = signs[number] if len(signs) == count else text.get_text_range(number, 1)
        if sign.strip():
            left, bottom, right, top = text.get_charbox(number, loose=True)
            word += sign
            boxes += [place.to_bitmap(left, top), place.to_bitmap(right, bottom)]
        elif word:
            yield word, _around(boxes, bitmap.width, bitmap.height)
            word, boxes = "", []
    if word:
        yield word, _around(boxes, bitmap.width, bitmap.height)


def _around(points: list[tuple[int, int]], width: int, height: int) -> tuple[int, ...]:
    across, down = [x for x, _ in points], [y for _, y in points]
    sides = (min(across) / width, min(down) / height, max(across) / width, max(down) / height)
    return tuple(round(min(max(side, 0.0), 1.0) * WHOLE) for side in sides)
