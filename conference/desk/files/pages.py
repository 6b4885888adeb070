"""What the pages about documents show."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image

from conference.files.tokens import WHOLE
from conference.sharing.files.document import Document

WIDTH = 800
"""How wide a page is on the screen: a point on it comes back in these."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as it is put into HTML: within it, so that showing it is one answer, logged once."""

    data: str
    width: int
    height: int
    text: str


def picture_of(document: Document) -> Picture:
    """The picture of a page."""
    with Image.open(io.BytesIO(document.content), formats=["PNG", "JPEG"]) as image:
        wide, high = image.size
    encoded = base64.b64encode(document.content).decode("ascii")
    height = max(1, round(WIDTH * high / wide))
    return Picture(f"data:{document.mime};base64,{encoded}", WIDTH, height, document.text)


def point_in(form: Mapping[str, str]) -> tuple[int, int] | None:
    """Where a picture was chosen, in parts of WHOLE; None where it was not, or by a key.

    How high it was shown comes back with it: the picture need not be opened for that.
    """
    try:
        across, down, height = int(form["at.x"]), int(form["at.y"]), int(form["height"])
    except (KeyError, ValueError):
        return None
    if (across, down) == (0, 0) or not 0 < height < WHOLE * WHOLE:  # nought is what the Enter key sends
        return None
    return (across * WHOLE // WIDTH, down * WHOLE // height)


def percent(part: int) -> int:
    """Parts of WHOLE as a whole percentage."""
    return round(part * 100 / WHOLE)


def page_asked(given: str | None) -> int:
    """The page that an address asks for: the first where it names none, none that there is for nonsense."""
    if given is None:
        return 1
    return int(given) if given.isdecimal() and len(given) < 5 else 0
