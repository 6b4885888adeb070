"""Read a redacted copy again as a stranger would, and refuse it where a removed word is left in it."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image

from conference.files.child import Made
from conference.files.faults import Fault, Unfit
from conference.files.pages import DOTS_PER_INCH, encoded, open_pdf
from conference.files.reading import ANYWHERE, IN_BLOCKS, read, text_of, words_of
from conference.files.tokens import found_in

_POINTS_PER_INCH = 72
_SHORTEST = 3  # below that, bytes mean nothing
_STREAM = re.compile(
    rb"<<(?P<head>(?:(?!>>\s*stream).){0,2000}?)>>\s*stream\r?\n(?P<body>.*?)endstream", re.DOTALL
)
_OWN_CHUNKS = frozenset({b"IHDR", b"PLTE", b"IDAT", b"IEND"})


def reread(values: dict[str, Any], parts: list[bytes]) -> Made:
    """What can be read on each page of the copy; parts: the pages' pictures, then the PDF.

    Raises Unfit with the page on which one of `words` is left; BROKEN for a copy that holds more than pixels.
    """
    *pictures, pdf = parts
    words: list[str] = values["words"]
    for picture in pictures:
        _only_pixels(picture)
    document = open_pdf(pdf)
    if len(document) != len(pictures):
        raise Unfit(Fault.BROKEN)
    texts = []
    for number, (page, picture) in enumerate(zip(document, pictures, strict=True), start=1):
        if page.get_textpage().count_chars() or any(one.type != _IMAGE for one in page.get_objects()):
            raise Unfit(Fault.BROKEN)
        size = Image.open(io.BytesIO(picture), formats=["PNG", "JPEG"]).size
        seen = page.render(scale=DOTS_PER_INCH / _POINTS_PER_INCH, rev_byteorder=True).to_pil()
        lines = read(picture, size, way=IN_BLOCKS)
        again = read(encoded(seen), seen.size, way=ANYWHERE) if words else []
        for tokens in (words_of(lines), words_of(again)):
            if found_in(tokens, words):
                raise Unfit(Fault.SURVIVES, number)
        texts.append(text_of(lines))
    _refuse_bytes(pdf, document.get_metadata_dict().values(), words)
    return Made({"texts": texts}, [])


_IMAGE = 3  # FPDF_PAGEOBJ_IMAGE


def _only_pixels(picture: bytes) -> None:
    """Raises Unfit where a picture holds anything beside pixels."""
    if picture.startswith(b"\x89PNG"):
        at = 8
        while at < len(picture):
            length, kind = int.from_bytes(picture[at : at + 4], "big"), picture[at + 4 : at + 8]
            if kind not in _OWN_CHUNKS:
                raise Unfit(Fault.BROKEN)
            at += 12 + length
    elif b"Exif\x00" in picture[:4096] or b"http://ns.adobe.com" in picture[:4096]:
        raise Unfit(Fault.BROKEN)


def _refuse_bytes(pdf: bytes, told: Sequence[str] | Any, words: Sequence[str]) -> None:
    """Raises Unfit where a word stands in the bytes, in a stream that is no picture, or in the properties."""
    places = [*_outside_pictures(pdf), *(one.encode("utf-8") for one in told)]
    for word in words:
        if len(word) >= _SHORTEST and any(one in place.lower() for place in places for one in _spelt(word)):
            raise Unfit(Fault.SURVIVES)


def _outside_pictures(pdf: bytes) -> Iterator[bytes]:
    at = 0
    for stream in _STREAM.finditer(pdf):
        yield pdf[at : stream.start("body")]
        at = stream.end("body")
        if b"/Subtype /Image" not in stream["head"]:
            yield stream["body"]
            try:
                yield zlib.decompress(stream["body"])
            except zlib.error:
                raise Unfit(Fault.BROKEN) from None  # we write no other kind of stream
    yield pdf[at:]


def _spelt(word: str) -> tuple[bytes, ...]:
    plain = word.lower()
    return (
        plain.encode("utf-8"),
        plain.encode("utf-16-be"),
        plain.encode("utf-16-le"),
        plain.encode().hex().encode(),
    )
