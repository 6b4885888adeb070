"""A log whose front was cut: which files may be missing, and the note that says from where on it is kept.

Source: C2SP tlog-tiles, "Pruning": a full tile or bundle may be gone if it ends at or before the minimum
index. The format of the note is ours: origin, `minimum-index`, the index. It can never be taken for a
checkpoint, whose second line is a number.
"""

from collections.abc import Sequence

from audit.encoding import from_decimal
from audit.errors import BadEncoding, BadNote
from audit.note import Note, SigningKey, VerifierKey, sign_note
from audit.tiles import HEIGHT, WIDTH, Tile

MINIMUM = "minimum"
"""Where the note stands in the folder of a log."""

_TITLE = "minimum-index"


def sign_minimum(index: int, keys: Sequence[SigningKey]) -> Note:
    """That the log keeps its entries from `index` on, signed by its keys."""
    return sign_note(f"{keys[0].name}\n{_TITLE}\n{index}\n", keys)


def open_minimum(data: bytes, key: VerifierKey) -> int:
    """The minimum index in a note that `key` signed for the log of its own name. Raises BadNote."""
    note = Note.parse(data)
    note.verify(key)
    lines = note.text.split("\n")
    if len(lines) != 4 or lines[0] != key.name or lines[1] != _TITLE:
        raise BadNote(f"{MINIMUM}: not a minimum index of {key.name!a}")
    try:
        return from_decimal(lines[2], MINIMUM)
    except BadEncoding as error:
        raise BadNote(str(error)) from None


def is_cut(tile: Tile, minimum: int) -> bool:
    """Whether this file is gone where the log is kept from `minimum` on."""
    return tile.width == WIDTH and tile.number < cut_at(tile.level, minimum)


def cut_at(level: int | None, minimum: int) -> int:
    """How many full tiles of a level are gone from the front."""
    return minimum >> (HEIGHT * ((level or 0) + 1))


def kept_from(minimum: int) -> int:
    """The index of the first leaf that is still there: the first of the bundle that holds `minimum`."""
    return cut_at(None, minimum) * WIDTH
