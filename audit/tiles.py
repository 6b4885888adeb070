"""The log as static files: which tiles and bundles a size has, their paths, their bytes.

Source: C2SP tlog-tiles.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from audit.encoding import from_decimal
from audit.errors import BadEncoding, BadTile
from audit.leaf import LEAF_LIMIT
from audit.tree import HASH_BYTES

WIDTH = 256
HEIGHT = 8
BUNDLE_LIMIT = WIDTH * (2 + LEAF_LIMIT)
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?", re.ASCII)


class Tile(NamedTuple):
    """One file: `level` 0 to 63, or None for an entry bundle; its `number` there; how many it holds."""

    level: int | None
    number: int
    width: int

    @property
    def path(self) -> str:
        """Where the file stands below the log's prefix, such as `tile/0/x001/x234/067.p/8`."""
        level = "entries" if self.level is None else str(self.level)
        return f"tile/{level}/{index_path(self.number)}" + (f".p/{self.width}" if self.width < WIDTH else "")


def index_path(index: int) -> str:
    """`index` in groups of three digits, all but the last prefixed `x`: 1234067 is `x001/x234/067`."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups)


def parse_path(path: str) -> Tile:
    """The tile that `path` names. Raises BadTile unless it is written exactly as `Tile.path` writes it."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise BadTile(f"{ascii(path)[:200]}: not the path of a tile")
    level, groups, width = found.groups()
    index = int(groups.replace("x", "").replace("/", ""))
    try:
        tile = Tile(None if level == "entries" else from_decimal(level, path), index, int(width or WIDTH))
    except BadEncoding as error:
        raise BadTile(str(error)) from None
    if tile.path != path or not 1 <= tile.width <= WIDTH or (tile.level or 0) > 63:
        raise BadTile(f"{path}: not the path of a tile")
    return tile


def width_at(level: int | None, index: int, size: int) -> int:
    """How many entries tile `index` of `level` has in a log of `size` leaves; 0 if it has no such tile."""
    count = size >> (HEIGHT * (level or 0))
    return max(0, min(WIDTH, count - index * WIDTH))


def tiles_at(size: int) -> Iterator[Tile]:
    """Every file of a log of `size` leaves: bundles, then hash tiles from level 0 up. None is empty."""
    for level in (None, *range(8)):
        count = size >> (HEIGHT * (level or 0))
        for index in range(-(-count // WIDTH)):
            yield Tile(level, index, width_at(level, index, size))


def encode_tile(hashes: Sequence[bytes]) -> bytes:
    """1 to 256 hashes of 32 bytes as a tile."""
    if not 1 <= len(hashes) <= WIDTH or any(len(one) != HASH_BYTES for one in hashes):
        raise BadTile("a tile holds 1 to 256 hashes of 32 bytes")
    return b"".join(hashes)


def decode_tile(data: bytes, width: int) -> list[bytes]:
    """The `width` hashes of a tile."""
    if len(data) != width * HASH_BYTES:
        raise BadTile(f"tile has {len(data)} bytes, not {width * HASH_BYTES}")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def encode_bundle(leaves: Sequence[bytes]) -> bytes:
    """1 to 256 leaves as a bundle: each with its length in two bytes, big-endian, before it."""
    if not 1 <= len(leaves) <= WIDTH or any(len(leaf) > LEAF_LIMIT for leaf in leaves):
        raise BadTile(f"a bundle holds 1 to 256 leaves of at most {LEAF_LIMIT} bytes")
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The `width` leaves of a bundle, which must end where the last of them ends."""
    leaves, at = [], 0
    for _ in range(width):
        length = int.from_bytes(data[at : at + 2], "big")
        leaf = data[at + 2 : at + 2 + length]
        if at + 2 > len(data) or len(leaf) < length:
            raise BadTile(f"bundle ends before its {width} leaves do")
        leaves.append(leaf)
        at += 2 + length
    if at != len(data):
        raise BadTile(f"bundle goes on after its {width} leaves")
    return leaves
