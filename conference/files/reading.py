"""What tesseract reads in a picture: two ways, because each finds what the other passes over."""

from __future__ import annotations

import shutil
import subprocess

from conference.files.faults import Fault, Unfit
from conference.files.pages import DOTS_PER_INCH
from conference.files.tokens import WHOLE, Box, Token

IN_BLOCKS = "3"
ANYWHERE = "11"
SECONDS = 60
_UNSURE = 30


def read(picture: bytes, size: tuple[int, int], *, way: str) -> list[list[Token]]:
    """The words of a picture, line by line. Raises Unfit: NO_READER, SLOW."""
    program = shutil.which("tesseract")
    if program is None:
        raise Unfit(Fault.NO_READER)
    command = (program, "stdin", "stdout", "--dpi", str(DOTS_PER_INCH), "--psm", way, "-l", "eng", "tsv")
    try:
        done = subprocess.run(  # noqa: S603 - no part of it is anybody's input
            command, input=picture, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unfit(Fault.SLOW) from None
    if done.returncode != 0:
        raise Unfit(Fault.NO_READER)
    return _lines(done.stdout.decode("utf-8", "replace"), size)


def words_of(lines: list[list[Token]]) -> list[Token]:
    """The words alone."""
    return [token for line in lines for token in line]


def text_of(lines: list[list[Token]]) -> str:
    """The words as text, without what was hardly read at all."""
    told = (" ".join(token.text for token in line if token.sure >= _UNSURE) for line in lines)
    return "\n".join(line for line in told if line)


def _lines(table: str, size: tuple[int, int]) -> list[list[Token]]:
    lines: dict[tuple[str, ...], list[Token]] = {}
    for row in table.splitlines()[1:]:
        cells = row.split("\t")
        if len(cells) == 12 and cells[0] == "5" and cells[11].strip():
            left, top, width, height = map(int, cells[6:10])
            box = _box(left, top, left + width, top + height, size)
            lines.setdefault(tuple(cells[1:5]), []).append(
                Token(cells[11].strip(), box, int(float(cells[10])))
            )
    return list(lines.values())


def _box(left: int, top: int, right: int, bottom: int, size: tuple[int, int]) -> Box:
    width, height = size
    return Box(
        left * WHOLE // width,
        top * WHOLE // height,
        -(-right * WHOLE // width),
        -(-bottom * WHOLE // height),
    )
