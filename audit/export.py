"""The log as a folder of static files, complete at one checkpoint.

checkpoint                       the signed checkpoint
vkey                             the log's verifier key, one line
tile/entries/<N>[.p/<W>]         the leaves, 256 to a bundle
tile/<L>/<N>[.p/<W>]             the hashes, every level
minimum                          where the front was cut: from which index on the log is kept (see `pruning`)
parts.jsonl                      with an agency: what opens its own parts (see `parts`)
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from audit.checkpoint import Checkpoint, open_checkpoint
from audit.errors import BadFolder
from audit.note import VerifierKey
from audit.parts import OpenedPart, part_line
from audit.pruning import MINIMUM, is_cut, kept_from, open_minimum
from audit.store import Store
from audit.tiles import HEIGHT, WIDTH, Tile, encode_bundle, encode_tile, tiles_at

Progress = Callable[[int, int], None]
"""Is told how many leaves are done, of how many."""

CHECKPOINT, VKEY, PARTS = "checkpoint", "vkey", "parts.jsonl"


def export_log(
    store: Store,
    folder: Path,
    key: VerifierKey,
    *,
    parts: Iterable[OpenedPart | None] | None = None,
    minimum: bytes | None = None,
    progress: Progress | None = None,
) -> Checkpoint:
    """Write the log as `store` has it now to `folder`, which must be empty or not there yet.

    parts: an agency's own parts, one for each leaf in order (more are not read), None for a leaf without one.
    minimum: a note that the log is kept from an index on (see `pruning`): what ends before is left out, and
             `parts` begins with the first leaf of the bundle that holds that index.
    All is written beside `folder` first and moved there whole, so a broken export leaves nothing behind.
    Raises BadFolder if the folder is in use or parts are missing; BadNote if `key` did not sign the
    checkpoint.
    """
    folder = folder.absolute()
    note = store.checkpoint()
    checkpoint, _ = open_checkpoint(note, key)
    cut = 0 if minimum is None else open_minimum(minimum, key)
    if cut > checkpoint.size:
        raise BadFolder(f"a log of {checkpoint.size} entries cannot be kept from {cut} on")
    check_empty(folder)
    draft = folder.parent / f".{folder.name}.{secrets.token_hex(8)}.partial"
    draft.mkdir(mode=0o700, parents=True)
    try:
        (draft / CHECKPOINT).write_bytes(note)
        (draft / VKEY).write_text(f"{key}\n", encoding="utf-8")
        if minimum is not None:
            (draft / MINIMUM).write_bytes(minimum)
        _write_tiles(store, draft, checkpoint.size, cut, progress)
        if parts is not None:
            _write_parts(draft / PARTS, kept_from(cut), checkpoint.size, parts)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return checkpoint


def check_empty(folder: Path) -> None:
    """Raise BadFolder unless nothing is at `folder`, or an empty folder."""
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise BadFolder("the folder to export to is not empty")


def _write_tiles(store: Store, draft: Path, size: int, cut: int, progress: Progress | None) -> None:
    for tile in tiles_at(size):
        if is_cut(tile, cut):
            continue
        path = draft / tile.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tile_bytes(store, tile))
        if progress is not None and tile.level is None:
            progress(tile.number * WIDTH + tile.width, size)


def tile_bytes(store: Store, tile: Tile) -> bytes:
    """One file of the log, as it would be served at `tile.path`."""
    start = tile.number * WIDTH
    if tile.level is None:
        return encode_bundle(store.leaves(start, start + tile.width))
    return encode_tile(store.nodes(tile.level * HEIGHT, start, start + tile.width))


def _write_parts(path: Path, start: int, size: int, parts: Iterable[OpenedPart | None]) -> None:
    given = iter(parts)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        for index in range(start, size):
            try:
                stream.write(part_line(index, next(given)))
            except StopIteration:
                raise BadFolder(f"no part is given for leaf {index}") from None
