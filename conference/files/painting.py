"""Paint over what is to be removed, and build a copy of what is left: pixels, and nothing else."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from PIL import Image, ImageDraw
from reportlab import rl_config
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from conference.files.child import Made
from conference.files.pages import DOTS_PER_INCH, encoded
from conference.files.reading import ANYWHERE, IN_BLOCKS, read, words_of
from conference.files.tokens import WHOLE, Box, Token, found_in

_MARGIN = 20  # parts of WHOLE that are painted around a word, for what hangs over its box
_STEP = 500  # boxes over words are so wide or a multiple of it: their width tells little of the word
_POINTS_PER_INCH = 72

rl_config.useA85 = 0  # so that what is in a stream can be read again as it is


def painted(values: dict[str, Any], pictures: list[bytes]) -> Made:
    """The pages with everything painted over, then the PDF made of them.

    values: `regions`, places by page; `words` to remove; `layer`, the words of each page's text layer.
    """
    out = []
    for number, picture in enumerate(pictures):
        image = Image.open(io.BytesIO(picture), formats=["PNG", "JPEG"]).convert("RGB")
        boxes = [Box(*place) for page, *place in values["regions"] if page == number + 1]
        layer = [Token(text, Box(*box)) for text, box in values["layer"][number]]
        boxes += _said(picture, image.size, layer, values["words"])
        out.append(encoded(_covered(image, boxes)))
    return Made({}, [*out, built(out)])


def _said(picture: bytes, size: tuple[int, int], layer: list[Token], words: Sequence[str]) -> Iterator[Box]:
    """Where the words stand: by the text layer, and by two readings of the picture."""
    if not words:
        return
    readings = (words_of(read(picture, size, way=way)) for way in (IN_BLOCKS, ANYWHERE))
    for tokens in (layer, *readings):
        for number in sorted(found_in(tokens, words)):
            yield _around(tokens[number].box)


def _around(word: Box) -> Box:
    """A box over a word that says little of how long the word is."""
    left, right = word.left - _MARGIN, word.right + _MARGIN
    width = -(-(right - left) // _STEP) * _STEP
    left = max(0, min(left, WHOLE - width))
    return Box(left, word.top - _MARGIN, left + width, word.bottom + _MARGIN)


def _covered(image: Image.Image, boxes: Iterable[Box]) -> Image.Image:
    draw = ImageDraw.Draw(image)
    width, height = image.size
    for left, top, right, bottom in boxes:
        corners = (left * width // WHOLE, top * height // WHOLE, -(-right * width // WHOLE))
        draw.rectangle((*corners, -(-bottom * height // WHOLE)), fill="black")
    return image


def built(pictures: Sequence[bytes]) -> bytes:
    """A PDF of these pictures, without text, date or name; the same each time."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1, pageCompression=1)
    canvas.setTitle("Redacted copy")
    canvas.setAuthor("")
    canvas.setCreator("")
    canvas.setProducer("Conference")
    for picture in pictures:
        image = ImageReader(io.BytesIO(picture))
        width, height = (side * _POINTS_PER_INCH / DOTS_PER_INCH for side in image.getSize())
        canvas.setPageSize((width, height))
        canvas.drawImage(image, 0, 0, width, height)
        canvas.showPage()
    canvas.save()
    return out.getvalue()
