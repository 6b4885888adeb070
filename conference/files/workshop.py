"""What is done with a file, each step in a process of its own. Slow: never inside a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from conference.files import child
from conference.files.kinds import Media

_SECONDS = 60.0
_SECONDS_OF_PAGE = 40.0


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as pictures of its pages. layer: the words of each page's text layer, with their places."""

    pictures: list[bytes]
    layer: list[Any]


@dataclass(frozen=True, slots=True)
class Copy:
    """A redacted copy that was read again. texts: what a machine reads on each page of it."""

    pictures: list[bytes]
    pdf: bytes
    texts: list[str]


def open_file(media: Media, content: bytes) -> Opened:
    """Pages of a file. Raises Unfit."""
    if media is Media.DOCX:
        content = child.run("office", {}, [content], seconds=2 * _SECONDS).parts[0]
        media = Media.PDF
    made = child.run("open", {"media": media.value}, [content], seconds=_SECONDS)
    return Opened(made.parts, made.values["words"])


def redact(
    opened: Opened, *, regions: Sequence[tuple[int, int, int, int, int]], words: Sequence[str]
) -> Copy:
    """A copy without these regions (page from 1, then a box) and words. Raises Unfit where a word is left.

    What was made is read again by another process than the one that made it.
    """
    seconds = _SECONDS + _SECONDS_OF_PAGE * len(opened.pictures)
    asked = {"regions": list(regions), "words": list(words), "layer": opened.layer}
    made = child.run("paint", asked, opened.pictures, seconds=seconds)
    again = child.run("reread", {"words": list(words)}, made.parts, seconds=seconds)
    return Copy(made.parts[:-1], made.parts[-1], again.values["texts"])
